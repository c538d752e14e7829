//! Our canonicalization beside another one, on documents that providers in order never send.

use bergshamra::{
    c14n::{C14nMode, canonicalize_doc},
    xml::nodeset::NodeSet,
};
use proptest::prelude::*;

use crate::saml::{canonical, xml};

/// Every element of the document is canonicalized by both, with and without a prefix list.
fn agree(text: &str) {
    let Ok(doc) = xml::parse(text, 2_000) else { panic!("not parsed: {text}") };
    for node in doc.descendants(doc.root()) {
        if doc.element(node).is_none() {
            continue;
        }
        for prefixes in [&[][..], &["a", "xs"], &["#default", "b"]] {
            let set = NodeSet::tree_without_comments(node, &doc);
            let theirs = canonicalize_doc(&doc, C14nMode::Exclusive, Some(&set), prefixes).unwrap();
            let ours = canonical::exclusive(&doc, node, None, prefixes).unwrap();
            assert_eq!(ours, String::from_utf8(theirs).unwrap(), "{prefixes:?} of {text}");
        }
    }
}

#[test]
fn awkward_documents() {
    for text in [
        "<a/>",
        r#"<r xmlns="urn:d"><c xmlns=""><d/><e xmlns="urn:d"/></c></r>"#,
        r#"<r xmlns=""><c xmlns=""/></r>"#,
        r#"<a:r xmlns:a="urn:a" xmlns:b="urn:b"><a:c xmlns:a="urn:x"><a:d xmlns:a="urn:a"/></a:c><b:e/></a:r>"#,
        r#"<r xmlns:xs="urn:s" xmlns:a="urn:a" z="1" a:y="2" b="3" xml:lang="en"><c a:y="1"/></r>"#,
        r#"<r xmlns:b="urn:1" xmlns:a="urn:2" b:x="1" a:x="2"/>"#,
        "<r a=\"&#9;&#10;&#13;&quot;&amp;&lt;>\">&#13;&amp;&lt;&gt;<![CDATA[<&>]]></r>",
        "<r a='\"'>\r\n<!-- no --> x<c/>\u{e9}\u{1f680}</r>",
        r#"<r xmlns="urn:d" xmlns:a="urn:d"><a:c/><d a:x="" x=""/></r>"#,
        r#"<r xml:space="preserve" xml:id="i" id="j"/>"#,
    ] {
        agree(text);
    }
}

#[test]
fn what_is_enveloped_is_left_out() {
    let doc = xml::parse("<r><a/>x<s><t/></s>y</r>", 100).unwrap();
    let root = doc.document_element().unwrap();
    let without =
        xml::named(&doc, root, "", "s").next().or_else(|| xml::elements(&doc, root).nth(1));
    assert_eq!(canonical::exclusive(&doc, root, without, &[]).unwrap(), "<r><a></a>xy</r>");
}

#[test]
fn namespaces_written_again_and_again_have_an_end() {
    let long = format!("urn:{}", "x".repeat(250));
    let list: Vec<String> = (0..16).map(|nth| format!("p{nth}")).collect();
    let declared: Vec<String> =
        list.iter().map(|it| format!(" xmlns:{it}=\"{long}{it}\"")).collect();
    let declared = declared.concat();
    let elements = "<a/>".repeat(10_000);
    let text = format!("<r{}>{elements}</r>", declared.replace(&long, &long[..200]));
    let doc = xml::parse(&text, 20_000).unwrap();
    let prefixes: Vec<&str> = list.iter().map(String::as_str).collect();
    let root = doc.document_element().unwrap();
    // The root renders them once for all.
    assert!(canonical::exclusive(&doc, root, None, &prefixes).is_ok());
    let used: Vec<String> = list.iter().map(|it| format!("<{it}:a/>")).collect();
    let used = used.concat();
    let text = format!("<r{}>{}</r>", declared.replace(&long, &long[..200]), used.repeat(600));
    let doc = xml::parse(&text, 20_000).unwrap();
    let no = canonical::exclusive(&doc, doc.document_element().unwrap(), None, &[]).unwrap_err();
    assert_eq!(no.code, "too_complex");
}

/// A document of random nesting, prefixes and declarations.
fn element(depth: u32) -> BoxedStrategy<String> {
    let name = prop::sample::select(vec!["x", "a:x", "b:x", "c:x"]);
    let declarations = prop::collection::btree_map(
        prop::sample::select(vec!["xmlns", "xmlns:a", "xmlns:b", "xmlns:xs"]),
        prop::sample::select(vec!["urn:1", "urn:2", "urn:3"]),
        0..3,
    );
    let attributes = prop::collection::btree_map(
        prop::sample::select(vec!["p", "q", "a:p", "c:q", "xml:lang"]),
        "[a-z&<\"\t ]{0,4}",
        0..3,
    );
    let children = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        prop::collection::vec(element(depth - 1), 0..3).boxed()
    };
    (name, declarations, attributes, children, "[a-z>&]{0,3}")
        .prop_map(|(name, declarations, attributes, children, text)| {
            let escaped =
                |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let mut out = format!("<{name}");
            for (name, value) in declarations {
                out = format!("{out} {name}=\"{value}\"");
            }
            for (name, value) in attributes {
                out = format!("{out} {name}=\"{}\"", escaped(&value));
            }
            format!("{out}>{}{}<!-- c --></{name}>", escaped(&text), children.concat())
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_document(inside in element(3)) {
        agree(&format!("<r xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" xmlns:c=\"urn:c\">{inside}</r>"));
    }
}

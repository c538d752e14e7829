//! Signatures that are built otherwise than they should be: parts twice or missing, references to
//! something else, transforms that show the verifier another document than the reader.

use super::{Attack, Stage, element, emptied, extended, replaced, row};
use crate::{
    corpus::{Signer, with_signature},
    idp::EXC_C14N,
};

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

pub(super) fn attacks(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    empty(stage, all);
    double(stage, all);
    references(stage, all);
    outward(stage, all);
    transforms(stage, all);
}

fn signed_by(stage: &Stage<'_>, signer: Signer<'_>) -> String {
    stage.ada().assertion_signed(&signer)
}

fn empty(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, signature) = stage.parts();
    let ada = stage.ada();
    let response = ada.response(&signed);
    let bare = format!("<ds:Signature xmlns:ds=\"{DS}\"></ds:Signature>");
    let without = |name: &str| replaced(&response, element(&signature, name), "");
    row(all, "empty signature", "signature_shape")
        .add("Signature", ada.response(&with_signature(&plain, &bare)))
        .add("SignatureValue", emptied(&response, "ds:SignatureValue"))
        .add("SignedInfo", emptied(&response, "ds:SignedInfo"))
        .add("no SignedInfo", without("ds:SignedInfo"))
        .add("no SignatureValue", without("ds:SignatureValue"))
        .add("no Reference", without("ds:Reference"))
        .add("DigestValue", emptied(&response, "ds:DigestValue"))
        .add("no DigestValue", without("ds:DigestValue"));
}

fn double(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, _, signature) = stage.parts();
    let (ada, eve) = (stage.ada(), stage.eve());
    let response = ada.response(&signed);
    let forged = stage.signer().signature(&ada.assertion_id, &eve.assertion());
    let (genuine, forged) =
        (element(&signature, "ds:SignedInfo"), element(&forged, "ds:SignedInfo"));
    let both =
        |first: &str, second: &str| replaced(&response, genuine, &format!("{first}{second}"));
    let before = |place: &str, what: &str| replaced(&response, place, &format!("{what}{place}"));
    row(all, "two SignedInfo", "signature_shape")
        .add("the genuine one first", both(genuine, forged))
        .add("the forged one first", both(forged, genuine))
        .add(
            "the genuine one in an Object",
            replaced(
                &response,
                "</ds:Signature>",
                &format!("<ds:Object>{genuine}</ds:Object></ds:Signature>"),
            ),
        );
    let other = element(forged, "ds:DigestValue");
    row(all, "digest comment", "signature_shape")
        .add("comment", replaced(&response, "<ds:DigestValue>", "<ds:DigestValue><!-- x -->"))
        .add(
            "a comment that hides another digest",
            replaced(
                &response,
                "<ds:DigestValue>",
                &format!("<ds:DigestValue><!--{}-->", text_of(other)),
            ),
        )
        .add("two DigestValues", before("<ds:DigestValue>", other))
        .add("an element", replaced(&response, "<ds:DigestValue>", "<ds:DigestValue><x/>"))
        .add(
            "a comment in SignatureValue",
            replaced(&response, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA<!-- x -->"),
        );
}

/// The text of an element without children.
fn text_of(element: &str) -> &str {
    let from = element.find('>').unwrap() + 1;
    &element[from..from + element[from..].find('<').unwrap()]
}

fn references(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let (signed, plain, signature) = stage.parts();
    let ada = stage.ada();
    let response = ada.response(&signed);
    let reference = element(&signature, "ds:Reference");
    let to = |uri: &'static str| signed_by(stage, Signer { uri: Some(uri), ..stage.signer() });
    let other = "<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" ID=\"_o\"></ds:Object>";
    let over_other = Signer { uri: Some("#_o"), ..stage.signer() }.signed("_o", &plain);
    row(all, "many references", "signature_shape")
        .add("two", replaced(&response, reference, &reference.repeat(2)))
        .add(
            "a second to something harmless",
            replaced(
                &response,
                reference,
                &format!("{reference}{}", reference.replace(&ada.assertion_id, "_o")),
            ),
        )
        .add(
            "a prefixed URI",
            replaced(&response, "<ds:Reference ", "<ds:Reference ds:URI=\"#_o\" "),
        )
        .add_as(
            "not the parent",
            "reference_not_parent",
            extended(&ada.response(&over_other), "<x ID=\"_o\"/>"),
        );
    let conditions = plain.replace("<saml:Conditions ", "<saml:Conditions ID=\"_c\" ");
    let over_conditions = Signer { uri: Some("#_c"), ..stage.signer() };
    let over_object = Signer { uri: Some("#_o"), ..stage.signer() };
    row(all, "partial", "reference_not_parent")
        .add("Conditions", ada.response(&over_conditions.signed("_c", &conditions)))
        .add(
            "an Object",
            extended(
                &ada.response(&with_signature(&plain, &over_object.signature("_o", other))),
                other,
            ),
        )
        .add_as(
            "an Object inside",
            "signature_shape",
            ada.response(&with_signature(
                &plain,
                &replaced(
                    &over_object.signature("_o", other),
                    "</ds:Signature>",
                    &format!("{other}</ds:Signature>"),
                ),
            )),
        )
        .add("an XPointer to all", to("#xpointer(/)"))
        .add("an XPointer to the ID", to("#xpointer(id('_assertion'))"))
        .add("an XPointer to the Subject", to("#xpointer(//*[local-name()='Subject'])"))
        .add("the whole document", to(""));
}

/// Nothing of this may be fetched, nor read from disk.
fn outward(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let to = |uri: &'static str| signed_by(stage, Signer { uri: Some(uri), ..stage.signer() });
    let id = &stage.ada().assertion_id;
    let missing = replaced(
        &signed_by(stage, stage.signer()),
        &format!("<ds:Reference URI=\"#{id}\">"),
        "<ds:Reference>",
    );
    row(all, "external reference", "reference_not_parent")
        .add("file", to("file:///etc/passwd"))
        .add("a relative file", to("Cargo.toml"))
        .add("http", to("http://attacker.test/"))
        .add("cid", to("cid:x"))
        .add("missing", missing);
}

fn transforms(stage: &Stage<'_>, all: &mut Vec<Attack>) {
    let through =
        |list: &str| signed_by(stage, Signer { transforms: Some(list), ..stage.signer() });
    let transform = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"></ds:Transform>");
    let enveloped = transform("http://www.w3.org/2000/09/xmldsig#enveloped-signature");
    let exclusive = transform(EXC_C14N);
    let then = |more: &str| through(&format!("{enveloped}{}", transform(more)));
    let prefixes = |list: &str| {
        format!(
            r#"<ds:Transform Algorithm="{EXC_C14N}"><ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="{list}"></ec:InclusiveNamespaces></ds:Transform>"#
        )
    };
    let xpath = format!(
        "{enveloped}<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>not(ancestor-or-self::node()[local-name()='NameID'])</ds:XPath></ds:Transform>{exclusive}"
    );
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"><xsl:template match=\"/\"><xsl:copy-of select=\"document('file:///etc/passwd')\"></xsl:copy-of></xsl:template></xsl:stylesheet></ds:Transform>";
    let other_canon = |uri: &str| {
        replaced(
            &signed_by(stage, stage.signer()),
            &format!("<ds:CanonicalizationMethod Algorithm=\"{EXC_C14N}\">"),
            &format!("<ds:CanonicalizationMethod Algorithm=\"{uri}\">"),
        )
    };
    row(all, "transforms", "transform_not_allowed")
        .add("XPath", through(&xpath))
        .add("XPath at the end", then("http://www.w3.org/TR/1999/REC-xpath-19991116"))
        .add("XPath Filter 2", then("http://www.w3.org/2002/06/xmldsig-filter2"))
        .add("XSLT", through(&format!("{enveloped}{xslt}")))
        .add("base64", then("http://www.w3.org/2000/09/xmldsig#base64"))
        .add("2,000", through(&exclusive.repeat(2_000)))
        .add("inclusive", then("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"))
        .add("with comments", then("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"))
        .add("the other way round", through(&format!("{exclusive}{enveloped}")))
        .add("only one", through(&enveloped))
        .add("none", through(""))
        .add("many prefixes", through(&format!("{enveloped}{}", prefixes(&"q ".repeat(17)))))
        .add("long prefixes", through(&format!("{enveloped}{}", prefixes(&"q".repeat(1025)))))
        .add(
            "SignedInfo with comments",
            other_canon("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        )
        .add("SignedInfo in 1.1", other_canon("http://www.w3.org/2006/12/xml-c14n11"));
}

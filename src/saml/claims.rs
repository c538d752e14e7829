//! Rules 14 to 16: what a verified Assertion says, read from its canonical bytes.
//! Only reading: whether it may be believed is judged in `conditions.rs`.

use uppsala::{Document, NodeId};

use super::{
    rejected::Rejected,
    xml::{self, SAML},
};

/// The most attributes (rule 31).
pub(super) const MAX_ATTRIBUTES: usize = 256;
/// The bearer confirmation method (SAML Profiles §3.3).
pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// An Assertion as it was written; times are still text.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) id: String,
    pub(super) version: Option<String>,
    pub(super) issue_instant: Option<String>,
    pub(super) issuers: Vec<Issuer>,
    /// How many Subjects there are, and every `NameID` directly in them.
    pub(super) subjects: usize,
    pub(super) names: Vec<NameId>,
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) conditions: Vec<Conditions>,
    pub(super) statements: Vec<Statement>,
    pub(super) attributes: Vec<Attribute>,
}

/// An Issuer of the Response or of the Assertion.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) value: String,
    pub(super) format: Option<String>,
}

/// Who the assertion is about (SAML Core §2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The name, exactly as the identity provider wrote it.
    pub value: String,
    /// What sort of name it is: a URI, when the provider says.
    pub format: Option<String>,
}

/// A `SubjectConfirmation` with its data.
#[derive(Debug)]
pub(super) struct Confirmation {
    pub(super) method: Option<String>,
    pub(super) has_data: bool,
    pub(super) recipient: Option<String>,
    pub(super) not_before: Option<String>,
    pub(super) not_on_or_after: Option<String>,
    pub(super) in_response_to: Option<String>,
}

/// The Conditions.
#[derive(Debug)]
pub(super) struct Conditions {
    pub(super) not_before: Option<String>,
    pub(super) not_on_or_after: Option<String>,
    /// The audiences of each `AudienceRestriction`.
    pub(super) audiences: Vec<Vec<String>>,
    /// The name of the first condition that we do not know.
    pub(super) unknown: Option<String>,
}

/// An `AuthnStatement`.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) instant: Option<String>,
    pub(super) session_index: Option<String>,
    pub(super) session_not_on_or_after: Option<String>,
}

/// One attribute with all values that were given under its name (SAML Core §2.7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, by which it is matched exactly.
    pub name: String,
    /// A name for people, when the provider gives one.
    pub friendly_name: Option<String>,
    /// Its values, in the order in which they came.
    pub values: Vec<String>,
}

/// Reads this Assertion, which is all or a part of `doc`.
pub(super) fn read(doc: &Document<'_>, assertion: Option<NodeId>) -> Result<Claims, Rejected> {
    let root = assertion
        .filter(|&node| xml::is(doc, node, SAML, "Assertion"))
        .ok_or_else(|| Rejected::new(14, "one_assertion", "something else", "an Assertion"))?;
    nothing_encrypted(doc)?;
    let owned = |node, name| xml::attribute(doc, node, name).map(str::to_owned);
    let mut claims = Claims {
        id: owned(root, "ID").unwrap_or_default(),
        version: owned(root, "Version"),
        issue_instant: owned(root, "IssueInstant"),
        issuers: issuers(doc, root)?,
        subjects: 0,
        names: Vec::new(),
        confirmations: Vec::new(),
        conditions: Vec::new(),
        statements: Vec::new(),
        attributes: Vec::new(),
    };
    for subject in xml::named(doc, root, SAML, "Subject") {
        claims.subjects += 1;
        for name in xml::named(doc, subject, SAML, "NameID") {
            let value = xml::text(doc, name)?;
            claims.names.push(NameId { value, format: owned(name, "Format") });
        }
        for node in xml::named(doc, subject, SAML, "SubjectConfirmation") {
            claims.confirmations.push(confirmation(doc, node));
        }
    }
    for node in xml::named(doc, root, SAML, "Conditions") {
        claims.conditions.push(conditions(doc, node)?);
    }
    for node in xml::named(doc, root, SAML, "AuthnStatement") {
        claims.statements.push(Statement {
            instant: owned(node, "AuthnInstant"),
            session_index: owned(node, "SessionIndex"),
            session_not_on_or_after: owned(node, "SessionNotOnOrAfter"),
        });
    }
    for statement in xml::named(doc, root, SAML, "AttributeStatement") {
        for node in xml::named(doc, statement, SAML, "Attribute") {
            attribute(doc, node, &mut claims.attributes)?;
        }
    }
    Ok(claims)
}

/// Rule 16: nothing inside is encrypted on its own.
fn nothing_encrypted(doc: &Document<'_>) -> Result<(), Rejected> {
    for node in doc.descendants(doc.root()) {
        for name in ["EncryptedID", "EncryptedAttribute", "NewEncryptedID"] {
            if xml::is(doc, node, SAML, name) {
                return Err(Rejected::new(16, "encrypted_attribute", name, "a plain one"));
            }
        }
    }
    Ok(())
}

/// The Issuers directly in `node`.
pub(super) fn issuers(doc: &Document<'_>, node: NodeId) -> Result<Vec<Issuer>, Rejected> {
    xml::named(doc, node, SAML, "Issuer")
        .map(|issuer| {
            let format = xml::attribute(doc, issuer, "Format").map(str::to_owned);
            Ok(Issuer { value: xml::text(doc, issuer)?, format })
        })
        .collect()
}

fn confirmation(doc: &Document<'_>, node: NodeId) -> Confirmation {
    let data = xml::named(doc, node, SAML, "SubjectConfirmationData").next();
    let of_data = |name| data.and_then(|data| xml::attribute(doc, data, name)).map(str::to_owned);
    Confirmation {
        method: xml::attribute(doc, node, "Method").map(str::to_owned),
        has_data: data.is_some(),
        recipient: of_data("Recipient"),
        not_before: of_data("NotBefore"),
        not_on_or_after: of_data("NotOnOrAfter"),
        in_response_to: of_data("InResponseTo"),
    }
}

fn conditions(doc: &Document<'_>, node: NodeId) -> Result<Conditions, Rejected> {
    let mut audiences = Vec::new();
    let mut unknown = None;
    for child in xml::elements(doc, node) {
        if xml::is(doc, child, SAML, "AudienceRestriction") {
            let texts = xml::named(doc, child, SAML, "Audience").map(|it| xml::text(doc, it));
            audiences.push(texts.collect::<Result<Vec<_>, _>>()?);
        } else if !["OneTimeUse", "ProxyRestriction"].iter().any(|it| xml::is(doc, child, SAML, it))
        {
            unknown.get_or_insert_with(|| xml::name(doc, child).to_owned());
        }
    }
    let owned = |name| xml::attribute(doc, node, name).map(str::to_owned);
    Ok(Conditions {
        not_before: owned("NotBefore"),
        not_on_or_after: owned("NotOnOrAfter"),
        audiences,
        unknown,
    })
}

/// Adds one Attribute; what came before under the same name gets its values too (rule 31).
fn attribute(
    doc: &Document<'_>,
    node: NodeId,
    attributes: &mut Vec<Attribute>,
) -> Result<(), Rejected> {
    let Some(name) = xml::attribute(doc, node, "Name") else { return Ok(()) };
    let mut values = Vec::new();
    for value in xml::named(doc, node, SAML, "AttributeValue") {
        if !xml::is_nil(doc, value) && !is_structured(doc, value) {
            values.push(xml::text(doc, value)?);
        }
    }
    let full = attributes.len() > MAX_ATTRIBUTES;
    match attributes.iter_mut().find(|known| known.name == name) {
        Some(known) => known.values.append(&mut values),
        // Too many are refused in the end; until then they may not cost more than others.
        None if full => {}
        None => attributes.push(Attribute {
            name: name.to_owned(),
            friendly_name: xml::attribute(doc, node, "FriendlyName").map(str::to_owned),
            values,
        }),
    }
    Ok(())
}

/// Whether a value is made of elements alone (eduPersonTargetedID holds a NameID): it is no text
/// and is left out. Text beside an element is neither, and refuses.
fn is_structured(doc: &Document<'_>, value: NodeId) -> bool {
    let only_blank = doc
        .children_iter(value)
        .filter_map(|child| doc.text_content(child))
        .all(|text| text.trim().is_empty());
    only_blank && xml::elements(doc, value).next().is_some()
}

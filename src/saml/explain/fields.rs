//! What each sort of message says, by the names of the standard.

use uppsala::{Document, NodeId};

use super::Kind;
use crate::saml::{
    envelope,
    xml::{self, DS, MD, SAML, SAMLP},
};

/// The longest value that is shown, in characters, and the most fields.
const MAX_SHOWN: usize = 1024;
const MAX_FIELDS: usize = 400;

/// A name of the standard and what stands there.
type Field = (&'static str, String);

/// The fields of this message.
pub(super) fn of(doc: &Document<'_>, root: NodeId, kind: Kind) -> Vec<Field> {
    let mut reader = Reader { doc, fields: Vec::new() };
    if kind == Kind::Metadata {
        reader.metadata(root);
    } else {
        reader.message(root, kind);
    }
    reader.fields.truncate(MAX_FIELDS);
    reader.fields
}

struct Reader<'r, 'd> {
    doc: &'r Document<'d>,
    fields: Vec<Field>,
}

impl Reader<'_, '_> {
    fn push(&mut self, name: &'static str, value: &str) {
        let value = value.trim();
        if !value.is_empty() && self.fields.len() < MAX_FIELDS {
            self.fields.push((name, value.chars().take(MAX_SHOWN).collect()));
        }
    }

    fn attributes(&mut self, node: NodeId, names: &[&'static str]) {
        for name in names {
            let value = xml::attribute(self.doc, node, name).unwrap_or_default();
            self.push(name, value);
        }
    }

    /// The text of every element of this name directly in `node`.
    fn texts(&mut self, node: NodeId, namespace: &str, name: &'static str) {
        for child in xml::named(self.doc, node, namespace, name) {
            let text = self.doc.text_content_deep(child);
            self.push(name, &text);
        }
    }

    fn first(&self, node: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
        xml::named(self.doc, node, namespace, name).next()
    }

    fn message(&mut self, root: NodeId, kind: Kind) {
        let doc = self.doc;
        self.attributes(root, &["ID", "Version", "IssueInstant"]);
        self.texts(root, SAML, "Issuer");
        self.attributes(root, &["Destination", "InResponseTo", "NotOnOrAfter", "Reason"]);
        self.signature(root);
        if let Some(status) = self.first(root, SAMLP, "Status") {
            if let Some(code) = self.first(status, SAMLP, "StatusCode") {
                self.push("Status", &envelope::short_status(doc, code));
            }
            self.texts(status, SAMLP, "StatusMessage");
        }
        match kind {
            Kind::AuthnRequest => self.authn_request(root),
            Kind::LogoutRequest => self.name_id(root),
            Kind::Response => self.assertion(root),
            Kind::LogoutResponse | Kind::Metadata => {}
        }
        self.texts(root, SAMLP, "SessionIndex");
    }

    fn authn_request(&mut self, root: NodeId) {
        self.attributes(
            root,
            &[
                "AssertionConsumerServiceURL",
                "AssertionConsumerServiceIndex",
                "ProtocolBinding",
                "ForceAuthn",
                "IsPassive",
                "ProviderName",
            ],
        );
        if let Some(policy) = self.first(root, SAMLP, "NameIDPolicy") {
            self.attributes(policy, &["Format", "AllowCreate", "SPNameQualifier"]);
        }
        if let Some(subject) = self.first(root, SAML, "Subject") {
            self.name_id(subject);
        }
        if let Some(context) = self.first(root, SAMLP, "RequestedAuthnContext") {
            self.attributes(context, &["Comparison"]);
            self.texts(context, SAML, "AuthnContextClassRef");
        }
    }

    fn name_id(&mut self, node: NodeId) {
        self.texts(node, SAML, "NameID");
        if let Some(name) = self.first(node, SAML, "NameID") {
            self.attributes(name, &["Format", "NameQualifier", "SPNameQualifier"]);
        }
    }

    /// The first Assertion that stands where one belongs; what it says is in [`super::Seen`], and
    /// here is what that leaves out.
    fn assertion(&mut self, root: NodeId) {
        if self.first(root, SAML, "EncryptedAssertion").is_some() {
            self.push("EncryptedAssertion", "present");
        }
        let Some(assertion) = self.first(root, SAML, "Assertion") else { return };
        self.push("Assertion", xml::attribute(self.doc, assertion, "ID").unwrap_or_default());
        self.signature(assertion);
        if let Some(subject) = self.first(assertion, SAML, "Subject") {
            self.name_id(subject);
            if let Some(confirmation) = self.first(subject, SAML, "SubjectConfirmation") {
                self.attributes(confirmation, &["Method"]);
                if let Some(data) = self.first(confirmation, SAML, "SubjectConfirmationData") {
                    self.attributes(data, &["Recipient", "NotOnOrAfter", "InResponseTo"]);
                }
            }
        }
        if let Some(conditions) = self.first(assertion, SAML, "Conditions") {
            self.attributes(conditions, &["NotBefore", "NotOnOrAfter"]);
            if let Some(restriction) = self.first(conditions, SAML, "AudienceRestriction") {
                self.texts(restriction, SAML, "Audience");
            }
        }
        if let Some(statement) = self.first(assertion, SAML, "AuthnStatement") {
            let names = ["AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"];
            self.attributes(statement, &names);
            if let Some(context) = self.first(statement, SAML, "AuthnContext") {
                self.texts(context, SAML, "AuthnContextClassRef");
            }
        }
    }

    fn signature(&mut self, node: NodeId) {
        let Some(signature) = self.first(node, DS, "Signature") else { return };
        let info = self.first(signature, DS, "SignedInfo");
        let method = info.and_then(|info| self.first(info, DS, "SignatureMethod"));
        let method = method.and_then(|it| xml::attribute(self.doc, it, "Algorithm"));
        self.push("SignatureMethod", method.unwrap_or("none"));
    }

    fn metadata(&mut self, root: NodeId) {
        let doc = self.doc;
        let all = std::iter::once(root).chain(doc.descendants(root));
        for entity in all.filter(|&node| xml::is(doc, node, MD, "EntityDescriptor")) {
            if self.fields.len() >= MAX_FIELDS {
                return;
            }
            self.attributes(entity, &["entityID", "validUntil"]);
            for role in xml::elements(doc, entity) {
                self.role(role);
            }
        }
    }

    fn role(&mut self, role: NodeId) {
        let doc = self.doc;
        let name = xml::name(doc, role);
        if !["IDPSSODescriptor", "SPSSODescriptor"].contains(&name) {
            return;
        }
        self.push("Role", name);
        let names = [
            "validUntil",
            "WantAuthnRequestsSigned",
            "AuthnRequestsSigned",
            "WantAssertionsSigned",
        ];
        self.attributes(role, &names);
        for service in ["SingleSignOnService", "SingleLogoutService", "AssertionConsumerService"] {
            for node in xml::named(doc, role, MD, service) {
                let of = |name| xml::attribute(doc, node, name).unwrap_or_default();
                let binding = of("Binding").rsplit(':').next().unwrap_or_default();
                self.push(service, &format!("{binding} {}", of("Location")));
            }
        }
        self.texts(role, MD, "NameIDFormat");
    }
}

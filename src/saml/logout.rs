//! Single logout (SAML Profiles §4.4): the messages, and how ours are made and signed.
//! A provider's are judged in `logout/verify.rs`; what a session is, is known elsewhere.

mod verify;

use base64::{Engine, engine::general_purpose::STANDARD};

pub use self::verify::{verify_request, verify_response};
use super::{
    claims::NameId,
    key_pair::KeyPair,
    rejected::Rejected,
    signing::{self, Message},
    write,
    xml::{SAML, SAMLP},
};
use crate::kit::time::Timestamp;

/// A message about the end of a session, as it came.
#[derive(Debug, Clone, Copy)]
pub enum Arrived<'a> {
    /// In the query of an address.
    Redirect {
        /// The query exactly as the browser sent it, without its `?`: its bytes are signed.
        raw_query: &'a str,
    },
    /// In a posted form.
    Post {
        /// The value of `SAMLRequest` or `SAMLResponse`.
        form_value: &'a str,
        /// The relay state, when there is one; it is not signed.
        relay_state: Option<&'a str>,
    },
}

/// The wish to end sessions (SAML Core §3.7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its ID.
    pub id: String,
    /// When it was made; sent in whole seconds.
    pub issued_at: Timestamp,
    /// Where it is sent.
    pub destination: String,
    /// Whose wish it is: an entity ID.
    pub issuer: String,
    /// Whose sessions.
    pub name_id: NameId,
    /// Which of them; all when empty.
    pub session_indexes: Vec<String>,
    /// Until when it may be acted on.
    pub not_on_or_after: Option<Timestamp>,
}

/// The answer to a [`LogoutRequest`] (SAML Core §3.7.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// Its ID.
    pub id: String,
    /// When it was made; sent in whole seconds.
    pub issued_at: Timestamp,
    /// Where it is sent.
    pub destination: String,
    /// Whose answer it is: an entity ID.
    pub issuer: String,
    /// The request that it answers.
    pub in_response_to: String,
    /// Whether all sessions ended.
    pub success: bool,
}

impl LogoutRequest {
    /// The address to send the browser to, signed over its exact bytes.
    pub fn redirect_url(&self, relay_state: &str, signer: &KeyPair) -> Result<String, Rejected> {
        let message = Message { parameter: "SAMLRequest", xml: &self.xml(), relay_state };
        message.redirect_url(&self.destination, &[], Some(signer))
    }

    /// The value of the form field `SAMLRequest`, signed.
    pub fn post_form(&self, signer: &KeyPair) -> Result<String, Rejected> {
        Ok(STANDARD.encode(signing::enveloped(&self.xml(), &self.id, Some(signer))?))
    }

    fn xml(&self) -> String {
        let (id, destination) = (write::value(&self.id), write::value(&self.destination));
        let (issuer, name) = (write::text(&self.issuer), write::text(&self.name_id.value));
        let instant = self.issued_at.to_seconds_text();
        let format = write::optional("Format", self.name_id.format.as_deref());
        let end = self.not_on_or_after.map(Timestamp::to_seconds_text);
        let end = write::optional("NotOnOrAfter", end.as_deref());
        let (open, close) = ("<samlp:SessionIndex>", "</samlp:SessionIndex>");
        let sessions: Vec<String> = self
            .session_indexes
            .iter()
            .map(|it| format!("{open}{}{close}", write::text(it)))
            .collect();
        let sessions = sessions.concat();
        format!(
            r#"<samlp:LogoutRequest xmlns:samlp="{SAMLP}" Destination="{destination}" ID="{id}" IssueInstant="{instant}"{end} Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{issuer}</saml:Issuer><saml:NameID xmlns:saml="{SAML}"{format}>{name}</saml:NameID>{sessions}</samlp:LogoutRequest>"#
        )
    }
}

impl LogoutResponse {
    /// The address to send the browser to, signed over its exact bytes.
    pub fn redirect_url(&self, relay_state: &str, signer: &KeyPair) -> Result<String, Rejected> {
        let message = Message { parameter: "SAMLResponse", xml: &self.xml(), relay_state };
        message.redirect_url(&self.destination, &[], Some(signer))
    }

    /// The value of the form field `SAMLResponse`, signed.
    pub fn post_form(&self, signer: &KeyPair) -> Result<String, Rejected> {
        Ok(STANDARD.encode(signing::enveloped(&self.xml(), &self.id, Some(signer))?))
    }

    fn xml(&self) -> String {
        const STATUS: &str = "urn:oasis:names:tc:SAML:2.0:status:";
        let (id, destination) = (write::value(&self.id), write::value(&self.destination));
        let (issuer, request) = (write::text(&self.issuer), write::value(&self.in_response_to));
        let instant = self.issued_at.to_seconds_text();
        let status = if self.success {
            format!(r#"<samlp:StatusCode Value="{STATUS}Success"></samlp:StatusCode>"#)
        } else {
            format!(
                r#"<samlp:StatusCode Value="{STATUS}Responder"><samlp:StatusCode Value="{STATUS}PartialLogout"></samlp:StatusCode></samlp:StatusCode>"#
            )
        };
        format!(
            r#"<samlp:LogoutResponse xmlns:samlp="{SAMLP}" Destination="{destination}" ID="{id}" InResponseTo="{request}" IssueInstant="{instant}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{issuer}</saml:Issuer><samlp:Status>{status}</samlp:Status></samlp:LogoutResponse>"#
        )
    }
}

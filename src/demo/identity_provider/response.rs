//! The `samlp:Response` with one signed `saml:Assertion`, written canonically from the first byte.

use std::{fmt::Write as _, time::Duration};

use super::{
    ENTITY_ID, IdentityProvider,
    canonical::{attribute, text},
    signature,
};
use crate::{
    demo::employee::Employee,
    kit::{chance::Chance, error::Error, time::Timestamp},
    saml::request::AuthnRequest,
};

/// How long an answer is good.
const LIFE: Duration = Duration::from_mins(5);
/// How far the relying party's clock may be behind.
const SKEW: Duration = Duration::from_mins(1);

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const BASIC: &str = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

/// The response to `request`: this is `employee`.
pub(super) fn write(
    idp: &IdentityProvider,
    request: &AuthnRequest,
    employee: &Employee,
    now: Timestamp,
    chance: &Chance,
) -> Result<String, Error> {
    let id = fresh_id(chance);
    let (issuer, claims) = (issuer(), claims(request, employee, now, &id));
    let (open, close) = (open(&id, now), "</saml:Assertion>");
    let signature = signature::over(idp, &id, &format!("{open}{issuer}{claims}{close}"))?;
    Ok(format!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Destination="{acs}" ID="{response_id}" InResponseTo="{request_id}" IssueInstant="{now}" Version="2.0"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{name}</saml:Issuer><samlp:Status><samlp:StatusCode Value="{SUCCESS}"></samlp:StatusCode></samlp:Status>{open}{issuer}{signature}{claims}{close}</samlp:Response>"#,
        acs = attribute(&request.acs_url),
        response_id = fresh_id(chance),
        request_id = attribute(&request.id),
        now = now.to_seconds_text(),
        name = text(ENTITY_ID),
    ))
}

fn fresh_id(chance: &Chance) -> String {
    format!("_{:032x}", chance.bits())
}

fn open(id: &str, now: Timestamp) -> String {
    format!(
        r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" IssueInstant="{}" Version="2.0">"#,
        now.to_seconds_text()
    )
}

fn issuer() -> String {
    format!("<saml:Issuer>{}</saml:Issuer>", text(ENTITY_ID))
}

/// Everything that comes after the signature: subject, conditions, statements.
fn claims(request: &AuthnRequest, employee: &Employee, now: Timestamp, session: &str) -> String {
    format!(
        r#"<saml:Subject><saml:NameID Format="{PERSISTENT}">{name_id}</saml:NameID><saml:SubjectConfirmation Method="{BEARER}"><saml:SubjectConfirmationData InResponseTo="{request_id}" NotOnOrAfter="{end}" Recipient="{acs}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="{instant}" SessionIndex="{session}"><saml:AuthnContext><saml:AuthnContextClassRef>{PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement>"#,
        name_id = text(&employee.id),
        request_id = attribute(&request.id),
        acs = attribute(&request.acs_url),
        begin = (now - SKEW).to_seconds_text(),
        end = (now + LIFE).to_seconds_text(),
        instant = now.to_seconds_text(),
        audience = text(&request.issuer),
        attributes = attributes(employee),
    )
}

fn attributes(employee: &Employee) -> String {
    let groups: Vec<&str> = employee.groups.iter().map(String::as_str).collect();
    let mut xml = String::new();
    for (name, values) in [
        ("id", &[employee.id.as_str()][..]),
        ("email", &[employee.email.as_str()]),
        ("firstName", &[employee.first_name.as_str()]),
        ("lastName", &[employee.last_name.as_str()]),
        ("groups", &groups),
    ] {
        let _ = write!(xml, r#"<saml:Attribute Name="{name}" NameFormat="{BASIC}">"#);
        for value in values {
            let _ = write!(xml, "<saml:AttributeValue>{}</saml:AttributeValue>", text(value));
        }
        xml.push_str("</saml:Attribute>");
    }
    xml
}

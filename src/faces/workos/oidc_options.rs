//! `oidc_options` of a connection: parsed, the provider asked what it publishes. Every field at
//! fault is named, all of them at once.

use serde::Deserialize;

use super::{
    saml_options::{PemPair, brought_pair},
    shape::{Faults, field, object, present},
};
use crate::{
    app::{self, App},
    kit::{
        environment::Environment,
        error::{Error, FieldFault, Refused},
        secret::Secret,
        text::{Domain, WebAddress},
    },
    oidc::Algorithm,
    sso::{
        key_pair::{NewKeyPair, Purpose},
        oidc_settings::{Change, Discovered, TokenAuthenticationMethod, takes_answers},
    },
};

/// The longest client id and client secret, in bytes.
const MAX_CREDENTIAL: usize = 1024;
/// The most scopes, and the most Google Workspace domains.
const MOST: usize = 50;
/// The longest scope, in bytes.
const MAX_SCOPE: usize = 256;

/// `null` and absence differ only when a connection is changed: `null` is "back to the default".
#[derive(Deserialize, Default)]
pub(super) struct OidcOptions {
    #[serde(default)]
    discovery_endpoint: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    client_secret: Option<Option<Secret>>,
    #[serde(default, deserialize_with = "present")]
    redirect_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    pkce: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    token_authentication_method: Option<Option<String>>,
    #[serde(default, deserialize_with = "object")]
    jwt_signing_key_pair: Option<PemPair>,
    #[serde(default, deserialize_with = "present")]
    id_token_signature_algorithm: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    fetch_user_info: Option<Option<bool>>,
    // Kernia's own from here on.
    #[serde(default, deserialize_with = "present")]
    scopes: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    hosted_domains: Option<Option<Vec<String>>>,
}

/// What a new connection is made of.
pub(super) struct Given {
    pub(super) client_id: String,
    pub(super) change: Change,
    pub(super) discovered: Discovered,
    pub(super) key_pair: Option<NewKeyPair>,
}

fn secret<'de, D>(deserializer: D) -> Result<Option<Option<Secret>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    present::<String, D>(deserializer).map(|given| given.map(|text| text.map(Secret::new)))
}

/// The field's full name.
fn name(of: &str) -> String {
    format!("oidc_options.{of}")
}

fn invalid(of: &str, code: &'static str, why: impl Into<String>) -> Error {
    Refused::field(&name(of), code, why)
}

/// The refusal of a noun, its fields by their full names.
pub(super) fn named(error: Error) -> Error {
    match error {
        Error::Refused(refused) if !refused.fields.is_empty() => {
            let full = |it: FieldFault| FieldFault { field: name(&it.field), ..it };
            Refused::fields(refused.fields.into_iter().map(full).collect())
        }
        other => other,
    }
}

impl OidcOptions {
    /// What a new connection is to be made of; nothing where a field is at fault, which is noted.
    pub(super) async fn given(
        &self,
        app: &App,
        faults: &mut Faults,
    ) -> Result<Option<Given>, Error> {
        let missing = |of| invalid(of, "required", "it may not be missing");
        if self.discovery_endpoint.is_none() {
            faults.note::<()>(Err(missing("discovery_endpoint")))?;
        }
        if self.client_id.is_none() {
            faults.note::<()>(Err(missing("client_id")))?;
        }
        let pair = self.jwt_signing_key_pair.as_ref();
        let pair = pair
            .map(|it| brought_pair(&name("jwt_signing_key_pair"), Purpose::ClientAssertion, it));
        let key_pair = pair.map(|pair| faults.note(pair)).transpose()?.flatten();
        let mut change = self.parsed(app, faults)?;
        let (Some(client_id), true) = (change.client_id.clone(), faults.are_none()) else {
            return Ok(None);
        };
        let Some(discovered) = self.discovered(app, faults).await? else { return Ok(None) };
        change.discovered = Some(discovered.clone());
        Ok(Some(Given { client_id, change, discovered, key_pair }))
    }

    /// What is to change of a connection. The provider is asked again whenever its address is
    /// given, be it the same one: that is also how an operator takes over an issuer that changed.
    pub(super) async fn change(&self, app: &App, faults: &mut Faults) -> Result<Change, Error> {
        if self.jwt_signing_key_pair.is_some() {
            let why = "change keys through `/kernia/v1/connections/{id}/key_pairs`, where the next \
                       one stands beside the present one";
            let no = invalid("jwt_signing_key_pair", "key_pairs_not_patchable", why);
            faults.note::<()>(Err(no))?;
        }
        let mut change = self.parsed(app, faults)?;
        if faults.are_none() && self.discovery_endpoint.is_some() {
            change.discovered = self.discovered(app, faults).await?;
        }
        Ok(change)
    }

    async fn discovered(
        &self,
        app: &App,
        faults: &mut Faults,
    ) -> Result<Option<Discovered>, Error> {
        let Some(text) = self.discovery_endpoint.as_deref() else { return Ok(None) };
        let of = name("discovery_endpoint");
        let Some(address) = faults.note(field(&of, discovery_endpoint(text)))? else {
            return Ok(None);
        };
        let discovered = app::openid::discover(app, &address).await;
        faults.note(discovered.map_err(|no| Refused::field(&of, no.code, no.detail)))
    }

    fn parsed(&self, app: &App, faults: &mut Faults) -> Result<Change, Error> {
        let client_id = self.client_id.as_deref().map(client_id);
        Ok(Change {
            client_id: client_id.map(|it| faults.note(it)).transpose()?.flatten(),
            client_secret: nullable(self.client_secret.as_ref(), faults, client_secret)?,
            redirect_uri: nullable(self.redirect_uri.as_ref(), faults, |text| {
                redirect_uri(app, text)
            })?,
            pkce: self.pkce,
            token_authentication_method: nullable(
                self.token_authentication_method.as_ref(),
                faults,
                |text| method(text),
            )?,
            id_token_signature_algorithm: nullable(
                self.id_token_signature_algorithm.as_ref(),
                faults,
                |text| algorithm(text),
            )?,
            fetch_user_info: self.fetch_user_info,
            scopes: nullable(self.scopes.as_ref(), faults, |given| scopes(given))?,
            hosted_domains: nullable(self.hosted_domains.as_ref(), faults, |given| {
                hosted_domains(given)
            })?,
            discovered: None,
        })
    }
}

/// A field whose `null` is the default: its value taken over, or noted as a fault.
fn nullable<T, V>(
    given: Option<&Option<V>>,
    faults: &mut Faults,
    parse: impl Fn(&V) -> Result<T, Error>,
) -> Result<Option<Option<T>>, Error> {
    match given {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(value)) => faults.note(parse(value)).map(|parsed| parsed.map(Some)),
    }
}

/// The address of a discovery document. Whoever gives the issuer means the document below it.
fn discovery_endpoint(text: &str) -> Result<WebAddress, Error> {
    const WELL_KNOWN: &str = "/.well-known/";
    let address = WebAddress::parse(text)?;
    if address.url().path().contains(WELL_KNOWN) || address.url().query().is_some() {
        return Ok(address);
    }
    WebAddress::parse(&format!("{}{WELL_KNOWN}openid-configuration", text.trim_end_matches('/')))
}

/// RFC 6749 §2.2 leaves its form to the provider; it has to fit into an address and a header.
fn client_id(text: &str) -> Result<String, Error> {
    let shaped = (1..=MAX_CREDENTIAL).contains(&text.len())
        && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && text.trim() == text;
    if shaped {
        return Ok(text.to_owned());
    }
    let why = "a client id has 1 to 1,024 letters, digits and signs, and no white space around it";
    Err(invalid("client_id", "invalid_client_id", why))
}

/// The text itself never goes into a refusal.
fn client_secret(given: &Secret) -> Result<Secret, Error> {
    let text = given.expose();
    let shaped = (1..=MAX_CREDENTIAL).contains(&text.len())
        && !text.chars().any(char::is_control)
        && text.trim() == text;
    if shaped {
        return Ok(given.clone());
    }
    let why = "a client secret has 1 to 1,024 characters, in one line and without white space \
               around it";
    Err(invalid("client_secret", "invalid_client_secret", why))
}

fn redirect_uri(app: &App, text: &str) -> Result<String, Error> {
    let address = field(&name("redirect_uri"), WebAddress::parse(text))?;
    let is_ours = text.strip_prefix(app.base.as_str()).is_some_and(|rest| rest.starts_with('/'));
    let path = address.url().path();
    if (is_ours || path.starts_with("/sso/oidc/")) && !takes_answers(path) {
        let why = "answers are taken below `/sso/oidc/`, and there not below `initiate/`, \
                   `idp-logout/` and `jwks/`";
        return Err(invalid("redirect_uri", "redirect_uri_not_served", why));
    }
    if address.is_https() || is_ours || app.environment == Environment::Test {
        return Ok(text.to_owned());
    }
    let why = "a redirect URI must be https in a live environment";
    Err(invalid("redirect_uri", "url_not_https", why))
}

fn method(text: &str) -> Result<TokenAuthenticationMethod, Error> {
    let of = "token_authentication_method";
    let why = "it is `client_secret_basic`, `client_secret_post` or `private_key_jwt`";
    let known = TokenAuthenticationMethod::parse(text);
    known.ok_or_else(|| invalid(of, "invalid_token_authentication_method", why))
}

fn algorithm(text: &str) -> Result<Algorithm, Error> {
    Algorithm::parse(text).ok_or_else(|| {
        let all: Vec<_> = Algorithm::ALL.iter().map(|it| it.as_str()).collect();
        let why = format!("it is one of {}; `none` is never taken", all.join(", "));
        invalid("id_token_signature_algorithm", "invalid_algorithm", why)
    })
}

fn scopes(given: &[String]) -> Result<Vec<String>, Error> {
    // RFC 6749 §3.3.
    let shaped = |scope: &String| {
        (1..=MAX_SCOPE).contains(&scope.len())
            && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
    };
    if given.len() <= MOST && given.iter().all(shaped) {
        return Ok(distinct(given.iter().cloned()));
    }
    let why = "scopes are a list of at most 50 words without white space";
    Err(invalid("scopes", "invalid_scopes", why))
}

fn hosted_domains(given: &[String]) -> Result<Vec<String>, Error> {
    if given.len() > MOST {
        let why = format!("there are at most {MOST}");
        return Err(invalid("hosted_domains", "too_many_domains", why));
    }
    let parsed = given.iter().map(|text| field(&name("hosted_domains"), Domain::parse(text)));
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    Ok(distinct(parsed.iter().map(ToString::to_string)))
}

fn distinct(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut once = Vec::new();
    for text in all {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}

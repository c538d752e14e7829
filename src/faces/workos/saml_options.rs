//! `saml_options` of a connection: what is ours of it. The other side stands in `provider_side`,
//! keys in `key_pairs`. Every field at fault is named, all of them at once.

mod key_pairs;
mod provider_side;

use serde::Deserialize;

pub(super) use self::{
    key_pairs::{PemPair, brought_pair, certificate},
    provider_side::{change_of, identity_provider},
};
use super::shape::{Faults, field, object, objects, present};
use crate::{
    app::App,
    kit::{
        environment::Environment,
        error::{Error, Refused},
        text::WebAddress,
    },
    sso::{
        AcsUrl, EntityId,
        key_pair::NewKeyPair,
        settings::{self, Binding, IdpInitiated, LogoutService},
    },
};

/// The most further ACS addresses, and the most further entity IDs.
const MOST_ALIASES: usize = 10;
/// The longest `NameID` format, in bytes.
const MAX_FORMAT: usize = 256;

/// `null` and absence differ only when a connection is changed: `null` is "back to the default".
#[derive(Deserialize, Default)]
pub(super) struct SamlOptions {
    #[serde(default, deserialize_with = "present")]
    idp_metadata_url: Option<Option<String>>,
    #[serde(default)]
    idp_entity_id: Option<String>,
    #[serde(default)]
    idp_sso_url: Option<String>,
    #[serde(default)]
    idp_signing_certs: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    acs_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    sp_entity_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "object")]
    sp_signing_key_pair: Option<PemPair>,
    #[serde(default, deserialize_with = "objects")]
    sp_encryption_key_pairs: Option<Vec<PemPair>>,
    // Kernia's own from here on: the metadata itself, and what WorkOS has no word for.
    #[serde(default)]
    idp_metadata_xml: Option<String>,
    #[serde(default, deserialize_with = "present")]
    idp_sso_binding: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    idp_slo_url: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    idp_initiated: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    require_signed_assertion: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    allow_sha1: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    sign_requests: Option<Option<bool>>,
    #[serde(default, deserialize_with = "present")]
    name_id_format: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    acs_url_aliases: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    sp_entity_id_aliases: Option<Option<Vec<String>>>,
}

/// What is ours of the options, taken over.
pub(super) struct Ours {
    pub(super) acs_url: Option<Option<AcsUrl>>,
    pub(super) sp_entity_id: Option<Option<EntityId>>,
    pub(super) settings: settings::Change,
}

/// The field's full name.
fn name(of: &str) -> String {
    format!("saml_options.{of}")
}

impl SamlOptions {
    /// What is ours, or every field of it that may not stand.
    pub(super) fn ours(&self, app: &App, faults: &mut Faults) -> Result<Ours, Error> {
        Ok(Ours {
            acs_url: nullable(self.acs_url.as_ref(), faults, |url| acs_url(app, "acs_url", url))?,
            sp_entity_id: nullable(self.sp_entity_id.as_ref(), faults, |text| {
                entity_id("sp_entity_id", text)
            })?,
            settings: self.settings(app, faults)?,
        })
    }

    fn settings(&self, app: &App, faults: &mut Faults) -> Result<settings::Change, Error> {
        let idp_initiated = nullable(self.idp_initiated.as_ref(), faults, |text| {
            let why = "it is `restart`, `refuse` or `accept`";
            let parsed = IdpInitiated::parse(text);
            parsed.ok_or_else(|| invalid("idp_initiated", "invalid_policy", why))
        })?;
        let idp_sso_binding = nullable(self.idp_sso_binding.as_ref(), faults, |text| {
            let why = "it is `redirect` or `post`";
            Binding::parse(text).ok_or_else(|| invalid("idp_sso_binding", "invalid_binding", why))
        })?;
        let idp_logout = nullable(self.idp_slo_url.as_ref(), faults, |url| {
            web_address(app, "idp_slo_url", url).map(|url| LogoutService {
                url: url.to_string(),
                response_url: None,
                binding: Binding::Redirect,
            })
        })?;
        Ok(settings::Change {
            idp_initiated: idp_initiated.map(Option::unwrap_or_default),
            require_signed_assertion: self.require_signed_assertion.map(Option::unwrap_or_default),
            allow_sha1: self.allow_sha1.map(Option::unwrap_or_default),
            sign_requests: self.sign_requests.map(Option::unwrap_or_default),
            idp_sso_binding: idp_sso_binding.map(Option::unwrap_or_default),
            name_id_format: nullable(self.name_id_format.as_ref(), faults, |text| format(text))?,
            idp_logout,
            acs_url_aliases: aliases(self.acs_url_aliases.as_ref(), faults, |url| {
                acs_url(app, "acs_url_aliases", url).map(|url| url.as_str().to_owned())
            })?,
            sp_entity_id_aliases: aliases(self.sp_entity_id_aliases.as_ref(), faults, |text| {
                entity_id("sp_entity_id_aliases", text).map(EntityId::into_text)
            })?,
            ..settings::Change::default()
        })
    }

    /// The key pairs that the customer brings along.
    pub(super) fn key_pairs(&self, faults: &mut Faults) -> Result<Vec<NewKeyPair>, Error> {
        key_pairs::given(self.sp_signing_key_pair.as_ref(), self.encryption_pairs(), faults)
    }

    fn encryption_pairs(&self) -> &[PemPair] {
        self.sp_encryption_key_pairs.as_deref().unwrap_or_default()
    }
}

fn invalid(of: &str, code: &'static str, why: &str) -> Error {
    Refused::field(&name(of), code, why)
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

fn aliases(
    given: Option<&Option<Vec<String>>>,
    faults: &mut Faults,
    parse: impl Fn(&str) -> Result<String, Error>,
) -> Result<Option<Vec<String>>, Error> {
    let Some(given) = given else { return Ok(None) };
    let mut taken = Vec::new();
    for text in given.as_deref().unwrap_or_default() {
        if let Some(alias) = faults.note(parse(text))?.filter(|alias| !taken.contains(alias)) {
            taken.push(alias);
        }
    }
    if taken.len() > MOST_ALIASES {
        let why = format!("there are at most {MOST_ALIASES}");
        faults.note::<()>(Err(invalid("acs_url_aliases", "too_many_aliases", &why)))?;
    }
    Ok(Some(taken))
}

fn acs_url(app: &App, of: &str, text: &str) -> Result<AcsUrl, Error> {
    let url = field(&name(of), AcsUrl::parse(text))?;
    let is_ours = text.strip_prefix(app.base.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if url.is_https() || is_ours || app.environment == Environment::Test {
        return Ok(url);
    }
    Err(invalid(of, "url_not_https", "an ACS address must be https in a live environment"))
}

fn entity_id(of: &str, text: &str) -> Result<EntityId, Error> {
    let why = "an entity ID has 1 to 1,024 characters and no white space";
    EntityId::parse(text).ok_or_else(|| invalid(of, "invalid_entity_id", why))
}

/// Employees' requests do not travel in clear, but in a test environment.
fn web_address(app: &App, of: &str, text: &str) -> Result<WebAddress, Error> {
    let address = field(&name(of), WebAddress::parse(text))?;
    require_secure(app, of, &address)?;
    Ok(address)
}

fn require_secure(app: &App, of: &str, address: &WebAddress) -> Result<(), Error> {
    if address.is_https() || app.environment == Environment::Test {
        return Ok(());
    }
    let why = "the addresses of an identity provider must be https in a live environment";
    Err(invalid(of, "url_not_https", why))
}

/// A URI, as SAML names formats (Core §8.3).
fn format(text: &str) -> Result<String, Error> {
    let shaped = (1..=MAX_FORMAT).contains(&text.len())
        && text.contains(':')
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'&'));
    if shaped {
        return Ok(text.to_owned());
    }
    let why = "it is a URI, such as `urn:oasis:names:tc:SAML:2.0:nameid-format:persistent`";
    Err(invalid("name_id_format", "invalid_name_id_format", why))
}

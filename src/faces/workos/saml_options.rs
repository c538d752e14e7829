//! `saml_options` of a connection: the other side told by metadata, its address, or fields.
//! What is not supported yet is refused with its own reason.

use serde::Deserialize;
use serde_json::Value as Json;

use super::shape::{field, present};
use crate::{
    app::{App, metadata},
    kit::{
        environment::Environment,
        error::{Error, Refused},
        text::WebAddress,
    },
    saml::{self, Certificate},
    sso::{
        EntityId, ExternalKey,
        connection::{Change, IdentityProvider},
    },
};

/// `null` and absence differ only when a connection is changed: `null` is "back to the default".
#[derive(Deserialize, Default)]
pub(super) struct SamlOptions {
    #[serde(default, deserialize_with = "present")]
    idp_metadata_url: Option<Option<String>>,
    /// Kernia's own: the metadata itself.
    #[serde(default)]
    idp_metadata_xml: Option<String>,
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
    #[serde(default)]
    sp_signing_key_pair: Option<Json>,
    #[serde(default)]
    sp_encryption_key_pairs: Option<Vec<Json>>,
}

/// A certificate under the field's name.
pub(super) fn certificate(name: &str, text: &str) -> Result<Certificate, Error> {
    Certificate::parse(text)
        .map_err(|no| Refused::field(name, no.code, format!("{} ({no})", no.reason())))
}

/// A change of the other side: new metadata replaces what it tells, fields replace one by one.
pub(super) async fn change_of(app: &App, options: &SamlOptions) -> Result<Change, Error> {
    options.refuse_unsupported()?;
    let mut change = Change {
        sp_entity_id: options.sp_entity_id()?,
        idp_metadata_url: options.idp_metadata_url.as_ref().and_then(|given| match given {
            None => Some(None),
            Some(_) => None,
        }),
        ..Change::default()
    };
    if options.has_metadata() {
        let idp = identity_provider(app, options).await?;
        change.idp_entity_id = EntityId::parse(&idp.entity_id);
        change.idp_sso_url = Some(idp.sso_url);
        change.certificates = idp.certificates;
        if idp.metadata_url.is_some() {
            change.idp_metadata_url = Some(idp.metadata_url);
        }
        return Ok(change);
    }
    change.idp_entity_id = options.idp_entity_id.as_deref().map(entity_id).transpose()?;
    change.idp_sso_url = options.idp_sso_url.as_deref().map(|url| sso_url(app, url)).transpose()?;
    if options.idp_signing_certs.is_some() {
        let why = "change certificates through `/connections/{id}/saml_idp_signing_certs`";
        let name = "saml_options.idp_signing_certs";
        return Err(Refused::field(name, "certificates_not_patchable", why));
    }
    Ok(change)
}

/// The other side, from whichever of the three ways the request tells it.
pub(super) async fn identity_provider(
    app: &App,
    options: &SamlOptions,
) -> Result<IdentityProvider, Error> {
    options.refuse_unsupported()?;
    let entity = options.idp_entity_id.as_deref();
    let url = options.idp_metadata_url.clone().flatten();
    let (name, metadata_url, text) = match (url, &options.idp_metadata_xml) {
        (Some(_), Some(_)) => {
            let why = "give the metadata or its address, not both";
            return Err(Refused::field("saml_options.idp_metadata_xml", "ambiguous_metadata", why));
        }
        (Some(url), None) => {
            let name = "saml_options.idp_metadata_url";
            let address = field(name, WebAddress::parse(&url))?;
            let body = metadata::fetched(app, &address).await;
            let body = body.map_err(|no| Refused::field(name, no.code, no.detail))?;
            (name, Some(address), body)
        }
        (None, Some(xml)) => ("saml_options.idp_metadata_xml", None, xml.clone().into_bytes()),
        (None, None) => return by_fields(app, options),
    };
    let entity = entity.map(str::to_owned);
    let parsed = app
        .cpu
        .run(move || saml::metadata::IdentityProvider::parse(&text, entity.as_deref()))
        .await?
        .map_err(|no| Refused::field(name, no.code, format!("{} ({no})", no.reason())))?;
    if parsed.want_authn_requests_signed {
        let why = "this identity provider wants signed requests, which Kernia cannot send yet; \
                   switch that off at the provider (`WantAuthnRequestsSigned`)";
        return Err(Refused::field(name, "signed_requests_unsupported", why));
    }
    require_secure(app, name, &parsed.sso_url)?;
    if let Some(until) = parsed.valid_until.filter(|until| *until < app.clock.now()) {
        let provider = parsed.entity_id.as_str();
        tracing::warn!(provider, valid_until = %until, "metadata has expired; taken all the same");
    }
    Ok(IdentityProvider {
        entity_id: parsed.entity_id,
        sso_url: parsed.sso_url,
        metadata_url,
        certificates: parsed.signing_certificates,
    })
}

fn by_fields(app: &App, options: &SamlOptions) -> Result<IdentityProvider, Error> {
    let missing = |name: &str| {
        Refused::field(&format!("saml_options.{name}"), "required", "it may not be missing")
    };
    let entity = options.idp_entity_id.as_deref().ok_or_else(|| missing("idp_entity_id"))?;
    let url = options.idp_sso_url.as_deref().ok_or_else(|| missing("idp_sso_url"))?;
    let certificates = options.idp_signing_certs.as_deref().unwrap_or_default();
    if certificates.is_empty() {
        return Err(missing("idp_signing_certs"));
    }
    Ok(IdentityProvider {
        entity_id: entity_id(entity)?.as_str().to_owned(),
        sso_url: sso_url(app, url)?,
        metadata_url: None,
        certificates: certificates
            .iter()
            .map(|text| certificate("saml_options.idp_signing_certs", text))
            .collect::<Result<_, _>>()?,
    })
}

fn entity_id(text: &str) -> Result<EntityId, Error> {
    EntityId::parse(text).ok_or_else(|| {
        let why = "an entity ID has 1 to 1,024 characters and no white space";
        Refused::field("saml_options.idp_entity_id", "invalid_entity_id", why)
    })
}

fn sso_url(app: &App, text: &str) -> Result<WebAddress, Error> {
    let name = "saml_options.idp_sso_url";
    let address = field(name, WebAddress::parse(text))?;
    require_secure(app, name, &address)?;
    Ok(address)
}

/// Employees' requests do not travel in clear, but in a test environment.
fn require_secure(app: &App, name: &str, address: &WebAddress) -> Result<(), Error> {
    if address.is_https() || app.environment == Environment::Test {
        return Ok(());
    }
    let why = "the single sign-on address must be https in a live environment";
    Err(Refused::field(name, "url_not_https", why))
}

impl SamlOptions {
    fn has_metadata(&self) -> bool {
        self.idp_metadata_xml.is_some() || matches!(self.idp_metadata_url, Some(Some(_)))
    }

    pub(super) fn sp_entity_id(&self) -> Result<Option<Option<EntityId>>, Error> {
        let parse = |text: &String| {
            EntityId::parse(text).ok_or_else(|| {
                let why = "an entity ID has 1 to 1,024 characters and no white space";
                Refused::field("saml_options.sp_entity_id", "invalid_entity_id", why)
            })
        };
        self.sp_entity_id.as_ref().map(|given| given.as_ref().map(parse).transpose()).transpose()
    }

    /// An ACS address that the customer's provider knows already keeps its last segment; it must
    /// lead here, because nothing else could answer it.
    pub(super) fn external_key(&self, base: &str) -> Result<Option<ExternalKey>, Error> {
        let Some(Some(url)) = &self.acs_url else { return Ok(None) };
        let key = url
            .strip_prefix(base)
            .and_then(|path| path.strip_prefix("/sso/saml/acs/"))
            .and_then(ExternalKey::parse);
        key.map(Some).ok_or_else(|| {
            let why = format!("it must be `{base}/sso/saml/acs/` and a key of letters and digits");
            Refused::field("saml_options.acs_url", "acs_url_unsupported", why)
        })
    }

    fn refuse_unsupported(&self) -> Result<(), Error> {
        if self.sp_signing_key_pair.is_some() {
            let why = "signed requests are not supported yet";
            let name = "saml_options.sp_signing_key_pair";
            return Err(Refused::field(name, "signed_requests_unsupported", why));
        }
        if self.sp_encryption_key_pairs.as_ref().is_some_and(|pairs| !pairs.is_empty()) {
            let why = "encrypted assertions are not supported yet";
            let name = "saml_options.sp_encryption_key_pairs";
            return Err(Refused::field(name, "encrypted_unsupported", why));
        }
        Ok(())
    }
}

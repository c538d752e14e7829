//! The identity provider's side of `saml_options`: told by metadata, its address, or fields.

use super::{SamlOptions, certificate, entity_id, invalid, name, require_secure, web_address};
use crate::{
    app::{self, App},
    faces::workos::shape::{Faults, field},
    kit::{
        environment::Environment,
        error::{Error, Refused},
        text::WebAddress,
    },
    saml::{self, metadata},
    sso::{
        EntityId,
        connection::{Change, IdentityProvider},
        settings,
    },
};

/// A change of the other side: new metadata replaces what it tells, fields replace one by one.
pub(in crate::faces::workos) async fn change_of(
    app: &App,
    options: &SamlOptions,
    faults: &mut Faults,
) -> Result<Change, Error> {
    options.refuse_what_has_its_own_endpoint(faults)?;
    let ours = options.ours(app, faults)?;
    let mut change = Change {
        acs_url: ours.acs_url,
        sp_entity_id: ours.sp_entity_id,
        settings: ours.settings,
        idp_metadata_url: options.idp_metadata_url.as_ref().and_then(|given| match given {
            None => Some(None),
            Some(_) => None,
        }),
        ..Change::default()
    };
    if options.has_metadata() {
        let Some((idp, told)) = faults.note(read_metadata(app, options).await)? else {
            return Ok(change);
        };
        change.idp_entity_id = EntityId::parse(&idp.entity_id);
        change.idp_sso_url = Some(idp.sso_url);
        change.certificates = idp.certificates;
        if idp.metadata_url.is_some() {
            change.idp_metadata_url = Some(idp.metadata_url);
        }
        change.settings = told.under(change.settings);
        return Ok(change);
    }
    let entity = options.idp_entity_id.as_deref().map(|text| entity_id("idp_entity_id", text));
    let url = options.idp_sso_url.as_deref().map(|url| web_address(app, "idp_sso_url", url));
    change.idp_entity_id = entity.map(|parsed| faults.note(parsed)).transpose()?.flatten();
    change.idp_sso_url = url.map(|parsed| faults.note(parsed)).transpose()?.flatten();
    Ok(change)
}

/// The other side, from whichever of the three ways the request tells it, and the settings: what
/// the metadata tells, and what the request says.
pub(in crate::faces::workos) async fn identity_provider(
    app: &App,
    options: &SamlOptions,
    asked: settings::Change,
    faults: &mut Faults,
) -> Result<Option<(IdentityProvider, settings::Change)>, Error> {
    if options.has_metadata() {
        let read = faults.note(read_metadata(app, options).await)?;
        return Ok(read.map(|(idp, told)| (idp, told.under(asked))));
    }
    Ok(by_fields(app, options, faults)?.map(|idp| (idp, asked)))
}

/// What metadata tells beside the provider's own side.
struct Told {
    sso_binding: metadata::Binding,
    logout: Option<metadata::LogoutService>,
    wants_signed_requests: bool,
}

impl Told {
    /// The settings: what the request says goes before what the metadata tells.
    fn under(self, asked: settings::Change) -> settings::Change {
        settings::Change {
            idp_sso_binding: asked.idp_sso_binding.or(Some(self.sso_binding.into())),
            idp_logout: asked.idp_logout.or_else(|| Some(self.logout.map(Into::into))),
            idp_wants_signed_requests: Some(self.wants_signed_requests),
            ..asked
        }
    }
}

async fn read_metadata(
    app: &App,
    options: &SamlOptions,
) -> Result<(IdentityProvider, Told), Error> {
    let url = options.idp_metadata_url.clone().flatten();
    let (of, metadata_url, text) = match (url, &options.idp_metadata_xml) {
        (Some(_), Some(_)) => {
            let why = "give the metadata or its address, not both";
            return Err(invalid("idp_metadata_xml", "ambiguous_metadata", why));
        }
        (Some(url), _) => {
            let of = name("idp_metadata_url");
            let address = field(&of, WebAddress::parse(&url))?;
            let body = app::metadata::fetched(app, &address).await;
            let body = body.map_err(|no| Refused::field(&of, no.code, no.detail))?;
            ("idp_metadata_url", Some(address), body)
        }
        (None, xml) => ("idp_metadata_xml", None, xml.clone().unwrap_or_default().into_bytes()),
    };
    let entity = options.idp_entity_id.clone();
    let parsed = app
        .cpu
        .run(move || saml::metadata::IdentityProvider::parse(&text, entity.as_deref()))
        .await?
        .map_err(|no| Refused::field(&name(of), no.code, format!("{} ({no})", no.reason())))?;
    require_secure(app, of, &parsed.sso_url)?;
    let parsed = match app.environment {
        Environment::Test => parsed,
        Environment::Live => parsed.without_logout_in_clear(),
    };
    if let Some(until) = parsed.valid_until.filter(|until| *until < app.clock.now()) {
        let provider = parsed.entity_id.as_str();
        tracing::warn!(provider, valid_until = %until, "metadata has expired; taken all the same");
    }
    let told = Told {
        sso_binding: parsed.sso_binding,
        logout: parsed.logout,
        wants_signed_requests: parsed.want_authn_requests_signed,
    };
    let idp = IdentityProvider {
        entity_id: parsed.entity_id,
        sso_url: parsed.sso_url,
        metadata_url,
        certificates: parsed.signing_certificates,
    };
    Ok((idp, told))
}

/// Nothing where a field is at fault; that is noted.
fn by_fields(
    app: &App,
    options: &SamlOptions,
    faults: &mut Faults,
) -> Result<Option<IdentityProvider>, Error> {
    let missing = |of| invalid(of, "required", "it may not be missing");
    let entity = options.idp_entity_id.as_deref().ok_or_else(|| missing("idp_entity_id"));
    let entity = faults.note(entity.and_then(|text| entity_id("idp_entity_id", text)))?;
    let url = options.idp_sso_url.as_deref().ok_or_else(|| missing("idp_sso_url"));
    let url = faults.note(url.and_then(|url| web_address(app, "idp_sso_url", url)))?;
    let given = options.idp_signing_certs.as_deref().unwrap_or_default();
    if given.is_empty() {
        faults.note::<()>(Err(missing("idp_signing_certs")))?;
    }
    let mut certificates = Vec::new();
    for text in given {
        certificates.extend(faults.note(certificate(&name("idp_signing_certs"), text))?);
    }
    let (Some(entity), Some(sso_url)) = (entity, url) else { return Ok(None) };
    Ok(Some(IdentityProvider {
        entity_id: entity.into_text(),
        sso_url,
        metadata_url: None,
        certificates,
    }))
}

impl SamlOptions {
    fn has_metadata(&self) -> bool {
        self.idp_metadata_xml.is_some() || matches!(self.idp_metadata_url, Some(Some(_)))
    }

    /// Certificates and keys of a connection that exists come and go one by one.
    fn refuse_what_has_its_own_endpoint(&self, faults: &mut Faults) -> Result<(), Error> {
        if self.idp_signing_certs.is_some() {
            let why = "change certificates through `/connections/{id}/saml_idp_signing_certs`";
            let no = invalid("idp_signing_certs", "certificates_not_patchable", why);
            faults.note::<()>(Err(no))?;
        }
        let why = "change keys through `/kernia/v1/connections/{id}/key_pairs`, or \
                   `/connections/{id}/saml_sp_signing_cert` and `…/saml_sp_encryption_certs`";
        for (given, of) in [
            (self.sp_signing_key_pair.is_some(), "sp_signing_key_pair"),
            (!self.encryption_pairs().is_empty(), "sp_encryption_key_pairs"),
        ] {
            if given {
                faults.note::<()>(Err(invalid(of, "key_pairs_not_patchable", why)))?;
            }
        }
        Ok(())
    }
}

//! A connection as the APIs show it: both sides and every option, no secret.

use super::{Connection, RESTORABLE};
use crate::{
    kit::{error::Error, id::Id},
    objects,
    sso::{AttributeMap, Protocol, Settings, oidc_settings},
    store::Tx,
    vault::Vault,
};

/// A connection as the APIs show it.
pub fn published(
    tx: &Tx<'_>,
    vault: &Vault,
    (base, found): (&str, Connection),
) -> Result<objects::Connection, Error> {
    let is_saml = found.connection_type.protocol() == Protocol::Saml;
    let saml_options = is_saml.then(|| found.saml_options(base));
    let oidc_options =
        if is_saml { None } else { Some(oidc_settings::published(tx, vault, (&found, base))?) };
    let domains = super::domains(tx, &found)?;
    Ok(objects::Connection {
        saml_options,
        oidc_options,
        attribute_maps: found.settings.attribute_map.published(),
        id: found.id.to_string(),
        organization_id: found.organization.as_ref().map(Id::to_string),
        status: if found.is_active() { "linked" } else { "unlinked" },
        state: found.state.as_str(),
        external_id: found.external_id,
        connection_type: found.connection_type.as_str().to_owned(),
        name: found.name,
        domains: domains
            .into_iter()
            .map(|domain| objects::ConnectionDomain {
                id: domain.id.as_str().replacen("org_domain_", "conn_domain_", 1),
                domain: domain.domain.to_string(),
            })
            .collect(),
        created_at: found.created_at,
        updated_at: found.updated_at,
    })
}

/// A deleted connection as Kernia's own API shows it.
pub fn published_deleted(
    tx: &Tx<'_>,
    vault: &Vault,
    (base, found): (&str, Connection),
) -> Result<objects::DeletedConnection, Error> {
    let deleted_at = found.deleted_at.unwrap_or(found.updated_at);
    let connection = objects::Connection {
        external_id: found.settings.released_external_id.clone(),
        state: "deleting",
        status: "unlinked",
        ..published(tx, vault, (base, found))?
    };
    Ok(objects::DeletedConnection { connection, deleted_at, erased_at: deleted_at + RESTORABLE })
}

impl Connection {
    fn saml_options(&self, base: &str) -> objects::SamlOptions {
        let Settings { idp_logout, name_id_format, .. } = &self.settings;
        objects::SamlOptions {
            acs_url: self.acs_url(base),
            sp_metadata_url: self.metadata_url(base),
            sp_entity_id: self.sp_entity_id.clone(),
            idp_entity_id: self.idp_entity_id.clone(),
            idp_sso_url: self.idp_sso_url.to_string(),
            idp_metadata_url: self.idp_metadata_url.clone(),
            idp_sso_binding: self.settings.idp_sso_binding.as_str(),
            idp_slo_url: idp_logout.as_ref().map(|service| service.url.clone()),
            idp_initiated: self.settings.idp_initiated.as_str(),
            require_signed_assertion: self.settings.require_signed_assertion,
            allow_sha1: self.settings.allow_sha1,
            sign_requests: self.settings.signs_requests(),
            name_id_format: name_id_format.clone(),
            acs_url_aliases: self.settings.acs_url_aliases.clone(),
            sp_entity_id_aliases: self.settings.sp_entity_id_aliases.clone(),
        }
    }
}

impl AttributeMap {
    fn published(&self) -> objects::AttributeMaps {
        let map = self.clone();
        objects::AttributeMaps {
            standard_attributes: objects::StandardAttributes {
                idp_id: map.idp_id,
                email: map.email,
                first_name: map.first_name,
                last_name: map.last_name,
                groups: map.groups,
                name: map.name,
            },
            custom_attributes: map.custom,
        }
    }
}

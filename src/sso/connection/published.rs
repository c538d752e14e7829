//! A connection as the APIs show it: both sides and every option, no secret.

use super::{Connection, RESTORABLE};
use crate::{
    kit::id::Id,
    objects,
    organizations::OrganizationDomain,
    sso::{AttributeMap, Settings},
};

impl Connection {
    /// As the APIs show it.
    #[must_use]
    pub fn published(self, base: &str, domains: Vec<OrganizationDomain>) -> objects::Connection {
        let status = if self.is_active() { "linked" } else { "unlinked" };
        let saml_options = self.saml_options(base);
        objects::Connection {
            saml_options,
            attribute_maps: self.settings.attribute_map.published(),
            id: self.id.to_string(),
            organization_id: self.organization.as_ref().map(Id::to_string),
            external_id: self.external_id,
            connection_type: self.connection_type.as_str().to_owned(),
            name: self.name,
            state: self.state.as_str(),
            status,
            domains: domains
                .into_iter()
                .map(|domain| objects::ConnectionDomain {
                    id: domain.id.as_str().replacen("org_domain_", "conn_domain_", 1),
                    domain: domain.domain.to_string(),
                })
                .collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// As Kernia's own API shows it when it is deleted.
    #[must_use]
    pub fn published_deleted(
        self,
        base: &str,
        domains: Vec<OrganizationDomain>,
    ) -> objects::DeletedConnection {
        let deleted_at = self.deleted_at.unwrap_or(self.updated_at);
        let connection = objects::Connection {
            external_id: self.settings.released_external_id.clone(),
            state: "deleting",
            status: "unlinked",
            ..self.published(base, domains)
        };
        objects::DeletedConnection { connection, deleted_at, erased_at: deleted_at + RESTORABLE }
    }

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

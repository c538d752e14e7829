//! An OIDC connection's own options as the APIs show them: both sides, no secret.

use super::{prepared::callback_url, stored};
use crate::{
    kit::{error::Error, text::WebAddress},
    objects,
    sso::{
        Connection,
        key_pair::{self, Purpose},
    },
    store::Tx,
    vault::Vault,
};

/// As the APIs show it.
pub fn published(
    tx: &Tx<'_>,
    vault: &Vault,
    (connection, base): (&Connection, &str),
) -> Result<objects::OidcOptions, Error> {
    let found = stored::find(tx, vault, connection)?;
    let keys = key_pair::of_purpose(tx, &connection.id, Purpose::ClientAssertion)?;
    let jwks = || format!("{base}/sso/oidc/jwks/{}", connection.external_key.as_str());
    let settings = found.settings;
    let provider = found.provider.as_ref();
    let address = |address: Option<&WebAddress>| address.map(ToString::to_string);
    Ok(objects::OidcOptions {
        discovery_endpoint: address(settings.discovery_endpoint.as_ref()),
        client_id: settings.client_id.clone(),
        redirect_uri: callback_url(&settings, base, &connection.external_key),
        pkce: settings.pkce,
        token_authentication_method: settings.token_authentication_method.as_str(),
        id_token_signature_algorithm: settings
            .id_token_signature_algorithm
            .map(crate::oidc::Algorithm::as_str),
        fetch_user_info: settings.fetch_user_info,
        client_jwks_uri: (!keys.is_empty()).then(jwks),
        jwt_signing_certs: keys.iter().map(|pair| pair.certificate.pem()).collect(),
        has_client_secret: found.client_secret.is_some(),
        scopes: settings.scopes,
        hosted_domains: settings.hosted_domains,
        issuer: provider.map(|provider| provider.issuer.clone()),
        authorization_endpoint: address(provider.map(|it| &it.authorization_endpoint)),
        token_endpoint: address(provider.map(|it| &it.token_endpoint)),
        userinfo_endpoint: address(provider.and_then(|it| it.userinfo_endpoint.as_ref())),
        end_session_endpoint: address(provider.and_then(|it| it.end_session_endpoint.as_ref())),
    })
}

//! `/sso/saml/metadata/{key}`: what the customer's administrator gives to the identity provider.

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::{Error, Refused},
    saml::metadata::{ServiceProvider, service_provider_metadata},
    sso::{
        ExternalKey, connection,
        key_pair::{self, Purpose, SpKeyPair},
    },
};

pub(super) async fn show(app: &App, request: Request) -> Result<Response, Error> {
    let missing = || Refused::missing("connection_invalid", "there is no such connection");
    let key = ExternalKey::parse(request.param("key")).ok_or_else(missing)?;
    let (connection, key_pairs) = app
        .store
        .read(move |tx| {
            let found = connection::lookup_saml_by_key(tx, &key)?.ok_or_else(missing)?;
            let key_pairs = key_pair::of_connection(tx, &found.id)?;
            Ok((found, key_pairs))
        })
        .await?;
    let base = app.base.as_str();
    let certificates = |purpose| {
        let pairs = key_pairs.iter().filter(|pair: &&SpKeyPair| pair.purpose == purpose);
        pairs.map(|pair| &pair.certificate).collect::<Vec<_>>()
    };
    let (signing, encryption) = (certificates(Purpose::Signing), certificates(Purpose::Encryption));
    let logout_url = connection.settings.idp_logout.is_some().then(|| connection.logout_url(base));
    let text = service_provider_metadata(&ServiceProvider {
        entity_id: &connection.sp_entity_id,
        acs_urls: &connection.acs_urls(base),
        logout_url: logout_url.as_deref(),
        signing: &signing,
        encryption: &encryption,
        sign_requests: connection.settings.signs_requests() && !signing.is_empty(),
        name_id_format: connection.settings.name_id_format.as_deref(),
    });
    Ok(Response::bytes(200, "application/samlmetadata+xml", text))
}

//! `/sso/saml/metadata/{key}`: what the customer's administrator gives to the identity provider.

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::{Error, Refused},
    saml,
    sso::{ExternalKey, connection},
};

pub(super) async fn show(app: &App, request: Request) -> Result<Response, Error> {
    let missing = || Refused::missing("connection_invalid", "there is no such connection");
    let key = ExternalKey::parse(request.param("key")).ok_or_else(missing)?;
    let found = app.store.read(move |tx| connection::lookup_by_key(tx, &key)).await?;
    let connection = found.ok_or_else(missing)?;
    let acs_url = connection.acs_url(app.base.as_str());
    let text = saml::metadata::service_provider_metadata(&saml::metadata::ServiceProvider {
        entity_id: &connection.sp_entity_id,
        acs_urls: &[acs_url],
        logout_url: None,
        signing: &[],
        encryption: &[],
        sign_requests: false,
        name_id_format: None,
    });
    Ok(Response::bytes(200, "application/samlmetadata+xml", text))
}

//! Kernia's own API, `/kernia/v1`: what WorkOS has no API for. Errors are problem documents.

mod api_keys;
mod clients;
mod connections;
mod directories;
mod directory_tokens;
mod metadata;
mod notices;
mod openid_clients;
mod openid_keys;
mod organization_domains;
mod redirect_uris;
mod test_sign_ins;
mod traces;

use serde_json::json;

use super::{Handler, fault_text, status_of, with_api_key};
use crate::{
    http::{
        Response, Route, Seen,
        route::{delete, get, patch, post},
    },
    kit::error::Error,
};

/// The whole table.
pub const ROUTES: &[Route<Handler>] = &[
    get("/kernia/v1/clients", with_api_key!(clients::list)),
    post("/kernia/v1/clients", with_api_key!(clients::create)),
    get("/kernia/v1/clients/{client}", with_api_key!(clients::find)),
    patch("/kernia/v1/clients/{client}", with_api_key!(clients::rename)),
    delete("/kernia/v1/clients/{client}", with_api_key!(clients::delete)),
    get("/kernia/v1/clients/{client}/redirect_uris", with_api_key!(redirect_uris::list)),
    post("/kernia/v1/clients/{client}/redirect_uris", with_api_key!(redirect_uris::create)),
    delete("/kernia/v1/clients/{client}/redirect_uris/{id}", with_api_key!(redirect_uris::delete)),
    get("/kernia/v1/clients/{client}/api_keys", with_api_key!(api_keys::list)),
    post("/kernia/v1/clients/{client}/api_keys", with_api_key!(api_keys::issue)),
    delete("/kernia/v1/clients/{client}/api_keys/{id}", with_api_key!(api_keys::revoke)),
    get("/kernia/v1/openid_clients", with_api_key!(openid_clients::list)),
    post("/kernia/v1/openid_clients", with_api_key!(openid_clients::create)),
    get("/kernia/v1/openid_clients/{client}", with_api_key!(openid_clients::find)),
    patch("/kernia/v1/openid_clients/{client}", with_api_key!(openid_clients::update)),
    delete("/kernia/v1/openid_clients/{client}", with_api_key!(openid_clients::delete)),
    post("/kernia/v1/openid_clients/{client}/secrets", with_api_key!(openid_clients::rotate)),
    delete(
        "/kernia/v1/openid_clients/{client}/secrets/{secret}",
        with_api_key!(openid_clients::revoke),
    ),
    get("/kernia/v1/openid_keys", with_api_key!(openid_keys::list)),
    post("/kernia/v1/openid_keys/rotate", with_api_key!(openid_keys::rotate)),
    get("/kernia/v1/connections/{id}/metadata", with_api_key!(metadata::find)),
    post("/kernia/v1/connections/{id}/metadata/refresh", with_api_key!(metadata::refresh)),
    post("/kernia/v1/connections/{id}/metadata/confirm", with_api_key!(metadata::confirm)),
    post("/kernia/v1/connections/{id}/metadata/reject", with_api_key!(metadata::reject)),
    get("/kernia/v1/notices", with_api_key!(notices::list)),
    get("/kernia/v1/organization_domains", with_api_key!(organization_domains::list)),
    get("/kernia/v1/organization_domains/{id}", with_api_key!(organization_domains::find)),
    post(
        "/kernia/v1/organization_domains/{id}/verify",
        with_api_key!(organization_domains::verify),
    ),
    get("/kernia/v1/connections", with_api_key!(connections::list)),
    post("/kernia/v1/connections/{id}/restore", with_api_key!(connections::restore)),
    get("/kernia/v1/connections/{id}/key_pairs", with_api_key!(connections::key_pairs)),
    post("/kernia/v1/connections/{id}/key_pairs", with_api_key!(connections::add_key_pair)),
    post(
        "/kernia/v1/connections/{id}/key_pairs/{key_pair}/activate",
        with_api_key!(connections::activate_key_pair),
    ),
    delete(
        "/kernia/v1/connections/{id}/key_pairs/{key_pair}",
        with_api_key!(connections::remove_key_pair),
    ),
    post("/kernia/v1/connections/{id}/tests", with_api_key!(test_sign_ins::create)),
    get("/kernia/v1/connections/{id}/tests/{test}", with_api_key!(test_sign_ins::find)),
    get("/kernia/v1/connections/{id}/traces", with_api_key!(traces::list)),
    post("/kernia/v1/connections/{id}/check", with_api_key!(traces::check)),
    get("/kernia/v1/directories", with_api_key!(directories::list)),
    post("/kernia/v1/directories", with_api_key!(directories::create)),
    get("/kernia/v1/directories/{id}", with_api_key!(directories::find)),
    patch("/kernia/v1/directories/{id}", with_api_key!(directories::update)),
    get("/kernia/v1/directories/{id}/tokens", with_api_key!(directory_tokens::list)),
    post("/kernia/v1/directories/{id}/tokens", with_api_key!(directory_tokens::issue)),
    post("/kernia/v1/directories/{id}/tokens/rotate", with_api_key!(directory_tokens::rotate)),
    delete("/kernia/v1/directories/{id}/tokens/{token}", with_api_key!(directory_tokens::revoke)),
    get("/kernia/v1/incidents/{incident}/trace", with_api_key!(traces::of_incident)),
    get("/kernia/v1/sign_ins/{sign_in}/trace", with_api_key!(traces::of_sign_in)),
    get("/kernia/v1/traces/{trace}", with_api_key!(traces::find)),
];

/// A no as a problem document (RFC 9457), with a pointer to each field at fault.
#[must_use]
pub fn refuse(seen: &Seen, error: &Error) -> Response {
    let status = status_of(error);
    let mut problem = match error {
        Error::Refused(refused) => json!({
            "type": "about:blank",
            "title": refused.detail,
            "status": status,
            "code": refused.code,
            "errors": refused.fields.iter().map(|fault| json!({
                "pointer": format!("#/{}", fault.field.replace('.', "/")),
                "code": fault.code,
                "detail": fault.message,
            })).collect::<Vec<_>>(),
        }),
        Error::Fault(fault) => json!({
            "type": "about:blank",
            "title": fault_text(seen, fault),
            "status": status,
            "code": "internal",
        }),
    };
    problem["request_id"] = seen.id.as_str().into();
    Response::bytes(status, "application/problem+json", problem.to_string())
}

//! Which paths the WorkOS-compatible API has.

use super::{
    certificates, connections, directories, directory_users, health, it_contacts, logout,
    organization_domains, organizations, redirect_uris, sp_certificates, sso,
};
use crate::{
    faces::{Handler, public, with_api_key},
    http::{
        Route,
        route::{delete, get, patch, post, put},
    },
};

/// The whole table.
pub const ROUTES: &[Route<Handler>] = &[
    get("/organizations", with_api_key!(organizations::list)),
    post("/organizations", with_api_key!(organizations::create)),
    get("/organizations/external_id/{external_id}", with_api_key!(organizations::by_external_id)),
    get("/organizations/{id}", with_api_key!(organizations::find)),
    put("/organizations/{id}", with_api_key!(organizations::update)),
    delete("/organizations/{id}", with_api_key!(organizations::delete)),
    get("/organizations/{id}/roles", with_api_key!(organizations::roles)),
    get("/organizations/{id}/it_contacts", with_api_key!(it_contacts::list)),
    post("/organizations/{id}/it_contacts", with_api_key!(it_contacts::add)),
    delete("/organizations/{id}/it_contacts/{contact}", with_api_key!(it_contacts::remove)),
    post("/organizations/{id}/it_contacts/{contact}/invite", with_api_key!(it_contacts::portal)),
    post("/organizations/{id}/it_contacts/{contact}/revoke", with_api_key!(it_contacts::portal)),
    post("/organization_domains", with_api_key!(organization_domains::create)),
    get("/organization_domains/{id}", with_api_key!(organization_domains::find)),
    delete("/organization_domains/{id}", with_api_key!(organization_domains::delete)),
    post("/organization_domains/{id}/verify", with_api_key!(organization_domains::verify)),
    get("/connections", with_api_key!(connections::list)),
    post("/connections", with_api_key!(connections::create)),
    get("/connections/{id}", with_api_key!(connections::find)),
    patch("/connections/{id}", with_api_key!(connections::update)),
    delete("/connections/{id}", with_api_key!(connections::delete)),
    get("/connections/{id}/saml_idp_signing_certs", with_api_key!(certificates::list)),
    post("/connections/{id}/saml_idp_signing_certs", with_api_key!(certificates::add)),
    delete(
        "/connections/{id}/saml_idp_signing_certs/{certificate}",
        with_api_key!(certificates::remove),
    ),
    get(
        "/connections/{id}/saml_sp_encryption_certs",
        with_api_key!(sp_certificates::list_encryption),
    ),
    post(
        "/connections/{id}/saml_sp_encryption_certs",
        with_api_key!(sp_certificates::add_encryption),
    ),
    delete(
        "/connections/{id}/saml_sp_encryption_certs/{certificate}",
        with_api_key!(sp_certificates::remove_encryption),
    ),
    get("/connections/{id}/saml_sp_signing_cert", with_api_key!(sp_certificates::find_signing)),
    post("/connections/{id}/saml_sp_signing_cert", with_api_key!(sp_certificates::add_signing)),
    delete(
        "/connections/{id}/saml_sp_signing_cert/{certificate}",
        with_api_key!(sp_certificates::remove_signing),
    ),
    get("/directories", with_api_key!(directories::list)),
    get("/directories/{id}", with_api_key!(directories::find)),
    delete("/directories/{id}", with_api_key!(directories::delete)),
    post("/directories/{id}/sync", with_api_key!(directories::sync)),
    get("/directory_users", with_api_key!(directory_users::list)),
    get("/directory_users/{id}", with_api_key!(directory_users::find)),
    get("/directory_groups", with_api_key!(directory_users::list_groups)),
    get("/directory_groups/{id}", with_api_key!(directory_users::find_group)),
    get("/user_management/redirect_uris", with_api_key!(redirect_uris::list)),
    post("/user_management/redirect_uris", with_api_key!(redirect_uris::create)),
    delete("/user_management/redirect_uris/{id}", with_api_key!(redirect_uris::delete)),
    // These check for themselves: a code, an access token, or nothing but a public key.
    post("/sso/token", public!(sso::token)).with_body(16 * 1024),
    post("/sso/logout/authorize", with_api_key!(logout::authorize)).with_body(16 * 1024),
    get("/sso/profile", public!(sso::profile)),
    get("/sso/jwks/{client}", public!(sso::jwks)),
    get("/healthz", public!(health::alive)),
    get("/readyz", public!(health::ready)),
];

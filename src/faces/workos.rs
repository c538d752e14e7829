//! The WorkOS-compatible API: the official SDKs speak to it when only their base URL and key
//! change. Shapes to the letter of the wire contract; every path that nobody claims is here.

mod attribute_maps;
mod certificates;
mod connections;
mod directories;
mod directory_users;
mod health;
mod it_contacts;
mod logout;
mod oidc_options;
mod organization_domains;
mod organizations;
mod redirect_uris;
mod refuse;
mod routes;
mod saml_options;
mod shape;
mod sp_certificates;
mod sso;

pub use self::{refuse::refuse, routes::ROUTES};

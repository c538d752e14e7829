//! The OpenID provider as applications' programs speak to it: discovery, keys, tokens, userinfo. What a
//! browser meets on its way (authorization, signing out) is in `login`.

mod client_authentication;
mod cross_origin;
mod discovery;
mod refuse;
mod token;
mod user_info;

pub use self::refuse::refuse;
use super::{Handler, public};
use crate::http::{
    Route,
    route::{get, options, post},
};

/// Every path that is answered in OAuth's dialect.
pub const ROOTS: &[&str] =
    &["/oauth2/", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

/// The most bytes of a form.
const FORM_BODY: usize = 16 * 1024;

/// The whole table.
pub const ROUTES: &[Route<Handler>] = &[
    get("/.well-known/openid-configuration", public!(discovery::configuration)),
    get("/.well-known/oauth-authorization-server", public!(discovery::configuration)),
    get("/oauth2/jwks", public!(discovery::keys)),
    post("/oauth2/token", public!(token::token)).with_body(FORM_BODY),
    options("/oauth2/token", public!(cross_origin::preflight)),
    get("/oauth2/userinfo", public!(user_info::show)),
    post("/oauth2/userinfo", public!(user_info::show)).with_body(FORM_BODY),
    options("/oauth2/userinfo", public!(cross_origin::preflight)),
];

//! What an employee's browser meets: the way to the identity provider, the way back, and calm
//! pages when that fails. The reason stands in the operator's log, under the incident id.

mod assertion;
mod assets;
mod authorize;
mod browser;
mod consent;
mod discovery;
mod jwks;
mod last;
mod logout;
mod metadata;
mod oidc;
mod onward;
mod openid;
mod page;
mod refuse;
mod request;
mod test_sign_in;
mod traced;
mod unsolicited;

pub use self::refuse::refuse;
use super::{Handler, Pace, beginning, paced, public};
use crate::http::{
    Route,
    route::{get, post},
};

/// Every path that begins so is answered with pages.
pub const ROOTS: &[&str] = &[
    "/login",
    "/sso/authorize",
    "/sso/logout",
    "/sso/signed-out",
    "/sso/saml/",
    "/sso/oidc/",
    "/oauth2/authorize",
    "/oauth2/logout",
    "/oauth2/logout/",
    "/assets/",
];

/// The most bytes of a posted response: 512 kB of base64, and what a form adds (rule 1).
const RESPONSE_BODY: usize = 800 * 1024;

/// The most bytes of a posted logout message.
const LOGOUT_BODY: usize = 128 * 1024;
/// The most bytes of an OpenID provider's answer in a form.
const CALLBACK_BODY: usize = 32 * 1024;
/// The most bytes of a form that becomes an address: a head has room for no more.
const ADDRESS_BODY: usize = 12 * 1024;
/// The most bytes of a form of our own.
const SMALL_BODY: usize = 4 * 1024;

/// The most bytes of the sign-in page's form, which carries the application's request.
const CARRYING_BODY: usize = 64 * 1024;

/// The whole table.
pub const ROUTES: &[Route<Handler>] = &[
    get("/login", paced!(Pace::All, discovery::show)),
    post("/login", paced!(Pace::Failures, discovery::answer)).with_body(CARRYING_BODY),
    get("/sso/authorize", paced!(Pace::All, authorize::authorize)),
    post("/sso/saml/acs/{key}", beginning!(assertion::consume)).with_body(RESPONSE_BODY),
    get("/sso/oidc/callback/{key}", paced!(Pace::Failures, oidc::callback)),
    post("/sso/oidc/callback/{key}", paced!(Pace::Failures, oidc::callback))
        .with_body(CALLBACK_BODY),
    // Where a provider was told to answer before Kernia was there.
    get("/sso/oidc/{*path}", paced!(Pace::Failures, oidc::callback_elsewhere)),
    post("/sso/oidc/{*path}", paced!(Pace::Failures, oidc::callback_elsewhere))
        .with_body(CALLBACK_BODY),
    get("/sso/oidc/initiate/{key}", paced!(Pace::All, oidc::initiate)),
    post("/sso/oidc/initiate/{key}", paced!(Pace::All, oidc::initiate)).with_body(SMALL_BODY),
    get("/sso/oidc/idp-logout/{key}", paced!(Pace::Failures, oidc::from_provider)),
    get(oidc::SIGNED_OUT, public!(logout::over)),
    post("/sso/saml/consent", paced!(Pace::Failures, consent::answer)).with_body(SMALL_BODY),
    get("/sso/saml/test/{token}", paced!(Pace::All, test_sign_in::begin)),
    get("/sso/saml/slo/{key}", paced!(Pace::Failures, logout::from_provider)),
    post("/sso/saml/slo/{key}", paced!(Pace::Failures, logout::from_provider))
        .with_body(LOGOUT_BODY),
    get("/sso/logout", paced!(Pace::Failures, logout::leave)),
    get("/sso/saml/metadata/{key}", public!(metadata::show)),
    get("/sso/oidc/jwks/{key}", public!(jwks::show)),
    get("/oauth2/authorize", paced!(Pace::All, openid::authorize)),
    post("/oauth2/authorize", public!(openid::authorize_by_post)).with_body(ADDRESS_BODY),
    get("/oauth2/logout", paced!(Pace::Failures, openid::logout::leave)),
    post("/oauth2/logout", paced!(Pace::Failures, openid::logout::leave)).with_body(LOGOUT_BODY),
    post("/oauth2/logout/confirm", paced!(Pace::Failures, openid::logout::confirm))
        .with_body(LOGOUT_BODY),
    get("/assets/{name}", public!(assets::show)),
];

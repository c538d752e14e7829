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
pub const ROOTS: &[&str] = &["/login", "/sso/authorize", "/sso/logout", "/sso/saml/", "/assets/"];

/// The most bytes of a posted response: 512 kB of base64, and what a form adds (rule 1).
const RESPONSE_BODY: usize = 800 * 1024;

/// The most bytes of a posted logout message.
const LOGOUT_BODY: usize = 128 * 1024;
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
    post("/sso/saml/consent", paced!(Pace::Failures, consent::answer)).with_body(SMALL_BODY),
    get("/sso/saml/test/{token}", paced!(Pace::All, test_sign_in::begin)),
    get("/sso/saml/slo/{key}", paced!(Pace::Failures, logout::from_provider)),
    post("/sso/saml/slo/{key}", paced!(Pace::Failures, logout::from_provider))
        .with_body(LOGOUT_BODY),
    get("/sso/logout", paced!(Pace::Failures, logout::leave)),
    get("/sso/saml/metadata/{key}", public!(metadata::show)),
    get("/sso/oidc/jwks/{key}", public!(jwks::show)),
    get("/assets/{name}", public!(assets::show)),
];

//! Which browser this is: one random value in one cookie, many sign-ins under way (rule 22).

use crate::{
    app::App,
    http::{Cookie, Head, Response, cookie_name},
    kit::secret::Secret,
    sso::sign_in::LIFETIME,
    vault::Digest,
};

/// The cookie's name before its prefix or port.
const NAME: &str = "kernia_browser";

/// A browser's value: as it is for the cookie, as a digest for the store.
pub(super) struct Browser(Secret);

impl Browser {
    /// The value that the browser brought, if it is one of ours.
    pub(super) fn known(app: &App, head: &Head) -> Option<Self> {
        let value = head.cookie(&name(app))?;
        let shaped = value.len() == 43
            && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        shaped.then(|| Self(Secret::new(value.to_owned())))
    }

    /// A browser that came for the first time.
    pub(super) fn fresh(app: &App) -> Self {
        Self(app.chance.token(""))
    }

    /// What the store keeps.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    /// The response with the cookie, good for as long as a sign-in may take.
    pub(super) fn remember(&self, app: &App, response: Response) -> Response {
        let cookie = Cookie::new(name(app), self.0.expose(), app.base.is_https());
        response.with_cookie(&cookie.lasting(LIFETIME))
    }
}

fn name(app: &App) -> String {
    cookie_name(NAME, app.base.is_https(), app.base.port())
}

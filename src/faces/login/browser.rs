//! Which browser this is: one random value in one cookie, many sign-ins under way (rule 22). Another
//! cookie, which lives for a year, is what a yes to a sign-in is remembered by, and a third one shows
//! that a browser keeps cookies at all before a sign-in is begun for it (rule 23).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    app::App,
    http::{Cookie, Head, Response, cookie_name},
    kit::secret::Secret,
    sso::{consent::REMEMBERED_FOR, sign_in::LIFETIME},
    vault::{self, Digest},
};

/// A cookie: its name before prefix or port, and how long it lives.
struct Kind(&'static str, Duration);

const SIGNING_IN: &Kind = &Kind("kernia_browser", LIFETIME);
/// Of the OpenID provider alone; until the browser is closed, or its session is over.
const SESSION: &str = "kernia_session";
const CONSENTING: &Kind = &Kind("kernia_consent", REMEMBERED_FOR);
/// Not the first one: a browser that did not send that one from another site may yet have it.
const ARRIVING: &Kind = &Kind("kernia_arriving", LIFETIME);

/// A browser's value: as it is for the cookie, as a digest for the store.
pub(super) struct Browser {
    kind: &'static Kind,
    value: Secret,
}

impl Browser {
    /// The value that the browser brought, if it is one of ours.
    pub(super) fn known(app: &App, head: &Head) -> Option<Self> {
        Self::brought(app, head, SIGNING_IN)
    }

    /// A browser that came for the first time.
    pub(super) fn fresh(app: &App) -> Self {
        Self { kind: SIGNING_IN, value: app.chance.token("") }
    }

    /// A browser that came from another site, of which it is not known yet whether it keeps cookies.
    pub(super) fn arriving(app: &App) -> Self {
        Self { kind: ARRIVING, value: app.chance.token("") }
    }

    /// A browser that came for the first time, if it kept what it got as [`Self::arriving`].
    pub(super) fn arrived(app: &App, head: &Head) -> Option<Self> {
        Self::brought(app, head, ARRIVING).map(|_| Self::fresh(app))
    }

    /// The value that a yes was remembered by, if the browser brought one.
    pub(super) fn consenting(app: &App, head: &Head) -> Option<Self> {
        Self::brought(app, head, CONSENTING)
    }

    /// A browser in which somebody says yes for the first time.
    pub(super) fn fresh_consenting(app: &App) -> Self {
        Self { kind: CONSENTING, value: app.chance.token("") }
    }

    fn brought(app: &App, head: &Head, kind: &'static Kind) -> Option<Self> {
        Some(Self { kind, value: value(head, &name(app, kind.0))? })
    }

    /// What a page of ours puts into its form, so that no other site can send one: another digest of
    /// the value than the one that the store keeps.
    pub(super) fn form_token(&self) -> Secret {
        let bound = format!("a form of the sign-in page\n{}", self.value.expose());
        let digest = Digest::of(&Secret::new(bound));
        Secret::new(URL_SAFE_NO_PAD.encode(digest.as_bytes()))
    }

    /// What the store keeps.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.value)
    }

    /// What follows from this browser's value for one sign-in, and from nothing that is at rest.
    pub(super) fn derived(&self, purpose: &'static str, state: &str) -> Secret {
        vault::derived(&self.value, purpose, state)
    }

    /// The response with the cookie, good for as long as a sign-in may take, or a yes is remembered.
    pub(super) fn remember(&self, app: &App, response: Response) -> Response {
        let cookie = Cookie::new(name(app, self.kind.0), self.value.expose(), app.base.is_https());
        response.with_cookie(&cookie.lasting(self.kind.1))
    }
}

/// The value that stands for a session of the OpenID provider's, if the browser brought one.
pub(super) fn session_cookie(app: &App, head: &Head) -> Option<Secret> {
    value(head, &name(app, SESSION))
}

/// What the store keeps of that.
pub(super) fn session(app: &App, head: &Head) -> Option<Digest> {
    session_cookie(app, head).map(|cookie| Digest::of(&cookie))
}

/// The response with the cookie of a session.
pub(super) fn with_session(app: &App, response: Response, cookie: &Secret) -> Response {
    let secure = app.base.is_https();
    response.with_cookie(&Cookie::new(name(app, SESSION), cookie.expose(), secure))
}

/// The response that takes the cookie of a session away.
pub(super) fn without_session(app: &App, response: Response) -> Response {
    response.with_cookie(&Cookie::removed(name(app, SESSION), app.base.is_https()))
}

/// The value of a cookie, if it is one of ours.
fn value(head: &Head, name: &str) -> Option<Secret> {
    let value = head.cookie(name)?;
    let shaped = value.len() == 43
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    shaped.then(|| Secret::new(value.to_owned()))
}

fn name(app: &App, base: &str) -> String {
    cookie_name(base, app.base.is_https(), app.base.port())
}

/// What the sign-in page is filled in with the next time; see [`super::last`].
const LAST: &Kind = &Kind("kernia_last", REMEMBERED_FOR);

/// The cookie in which the sign-in page's last answer is remembered.
pub(super) fn name_of_last(app: &App) -> String {
    name(app, LAST.0)
}

/// The response with that cookie, or without it.
pub(super) fn with_last(app: &App, response: Response, value: Option<&str>) -> Response {
    let (name, secure) = (name(app, LAST.0), app.base.is_https());
    let cookie = match value {
        Some(value) => Cookie::new(name, value, secure).lasting(LAST.1),
        None => Cookie::removed(name, secure),
    };
    response.with_cookie(&cookie)
}

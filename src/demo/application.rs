//! Acme Analytics, the sample application: what a vendor writes to sign companies in. It knows
//! Kernia by its WorkOS-compatible API alone, over HTTP, and calls nothing of the house.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{CALLBACK_PATH, Demo, page, problem};
use crate::{
    http::{Cookie, Request, Response, cookie_name},
    kit::{
        error::{Error, Fault},
        secret::Secret,
        text::WebAddress,
    },
};

/// What the application calls itself.
pub const NAME: &str = "Acme Analytics";

/// How long a sign-in may take.
const SIGN_IN: Duration = Duration::from_mins(15);
/// How long the application waits for Kernia.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many people may be signed in at once; the one who came first goes first.
const SEATS: usize = 256;

/// What the application was given when it became a client of Kernia.
#[derive(Debug, Clone)]
pub struct Application {
    /// Its client id.
    pub client_id: String,
    /// Its API key, which is its client secret.
    pub api_key: Secret,
    /// The customer's connection that speaks SAML.
    pub saml_connection_id: String,
    /// The customer's connection that speaks OpenID Connect.
    pub oidc_connection_id: String,
    /// The customer's directory.
    pub directory_id: String,
    /// Where the customer's provider sends its people: the path of its SCIM address.
    pub scim_path: String,
}

/// Who is signed in, in memory: a restart signs everybody out.
#[derive(Default)]
pub struct Sessions(Mutex<VecDeque<(Secret, Value)>>);

impl Sessions {
    fn open(&self, token: Secret, profile: Value) {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() == SEATS {
            seats.pop_front();
        }
        seats.push_back((token, profile));
    }

    fn find(&self, token: &str) -> Option<Value> {
        let seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seats.iter().find(|(held, _)| held.same_as(token)).map(|(_, profile)| profile.clone())
    }

    fn close(&self, token: &str) {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seats.retain(|(held, _)| !held.same_as(token));
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(…)")
    }
}

#[derive(Template)]
#[template(path = "demo/home.html", config = "src/pages/askama.toml")]
struct Home;

#[derive(Template)]
#[template(path = "demo/signed_in.html", config = "src/pages/askama.toml")]
struct SignedIn<'a> {
    name: String,
    email: &'a str,
    organization: &'a str,
    connection: &'a str,
    connection_type: &'a str,
    groups: Vec<&'a str>,
    raw: String,
}

/// `GET /demo`: who is signed in, or how to sign in.
pub(super) fn home(demo: &Demo, request: &Request) -> Result<Response, Error> {
    let profile = request.cookie(&session_cookie(demo)).and_then(|token| demo.sessions.find(token));
    match profile {
        Some(profile) => signed_in(&profile),
        None => page(200, &Home, "'none'"),
    }
}

fn signed_in(profile: &Value) -> Result<Response, Error> {
    let text = |name: &str| profile[name].as_str().unwrap_or_default();
    let name = format!("{} {}", text("first_name"), text("last_name")).trim().to_owned();
    let groups = profile["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = SignedIn {
        name: if name.is_empty() { text("email").to_owned() } else { name },
        email: text("email"),
        organization: text("organization_id"),
        connection: text("connection_id"),
        connection_type: text("connection_type"),
        groups: groups.iter().filter_map(Value::as_str).collect(),
        raw: serde_json::to_string_pretty(profile).map_err(Fault::internal)?,
    };
    page(200, &shown, "'self'")
}

/// `GET /demo/sign-in`: sends the browser to Kernia, and remembers in a cookie what for.
pub(super) fn sign_in(demo: &Demo, request: &Request) -> Result<Response, Error> {
    let (state, verifier) = (demo.chance.token(""), demo.chance.token(""));
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()));
    let connection = match request.query.one("with")? {
        Some("oidc") => &demo.application.oidc_connection_id,
        _ => &demo.application.saml_connection_id,
    };
    let authorize = demo.url("/sso/authorize?");
    let query = authorize.len();
    let mut address = form_urlencoded::Serializer::for_suffix(authorize, query);
    address
        .append_pair("client_id", &demo.application.client_id)
        .append_pair("redirect_uri", &demo.url(CALLBACK_PATH))
        .append_pair("response_type", "code")
        .append_pair("connection", connection)
        .append_pair("state", state.expose())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if let Some(hint) = request.query.one("login_hint")? {
        address.append_pair("login_hint", hint);
    }
    let remembered = format!("{}.{}", state.expose(), verifier.expose());
    let cookie = Cookie::new(state_cookie(demo), remembered, demo.base_url.is_https());
    Ok(Response::redirect(302, &address.finish()).with_cookie(&cookie.lasting(SIGN_IN)))
}

/// `GET /demo/callback`: Kernia sends the browser back, with a code or with an error.
pub(super) async fn callback(demo: &Demo, request: Request) -> Result<Response, Error> {
    if let Some(code) = request.query.one("error")? {
        let why = request.query.one("error_description")?.unwrap_or("No reason was given.");
        return failed(&request, format!("{NAME} was told “{code}”: {why}"));
    }
    let state = request.query.one("state")?.unwrap_or_default();
    let remembered = request.cookie(&state_cookie(demo)).and_then(|both| both.split_once('.'));
    let Some((expected, verifier)) = remembered else {
        return failed(&request, "This sign-in did not begin in this browser.".to_owned());
    };
    if !Secret::new(expected.to_owned()).same_as(state) {
        return failed(&request, "This answer belongs to another sign-in.".to_owned());
    }
    let Some(code) = request.query.one("code")? else {
        return failed(&request, "The answer holds no code.".to_owned());
    };
    match exchange(demo, code, verifier).await? {
        Err(why) => failed(&request, why),
        Ok(profile) => {
            let (secure, token) = (demo.base_url.is_https(), demo.chance.token(""));
            let session = Cookie::new(session_cookie(demo), token.expose(), secure);
            demo.sessions.open(token, profile);
            Ok(Response::redirect(303, "/demo")
                .with_cookie(&session)
                .with_cookie(&Cookie::removed(state_cookie(demo), secure)))
        }
    }
}

/// Turns the code into a profile, as any client of the API does. The inner error is a
/// sentence for the person.
async fn exchange(demo: &Demo, code: &str, verifier: &str) -> Result<Result<Value, String>, Error> {
    let address = WebAddress::parse(&demo.url("/sso/token"))?;
    let fields = [
        ("client_id", demo.application.client_id.as_str()),
        ("client_secret", demo.application.api_key.expose()),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
    ];
    let fetched = demo.client.post_form(&address, &fields, 256 * 1024, PATIENCE).await;
    let fetched = fetched.map_err(Fault::internal)?;
    let answer: Value = serde_json::from_slice(&fetched.body).unwrap_or_default();
    if fetched.status == 200 && answer["profile"].is_object() {
        return Ok(Ok(answer["profile"].clone()));
    }
    let word = answer["error"].as_str().unwrap_or("no known error");
    let why = answer["error_description"].as_str().unwrap_or("No reason was given.");
    Ok(Err(format!(
        "Kernia did not take the code and answered {}, “{word}”: {why}",
        fetched.status
    )))
}

/// `POST /demo/sign-out`.
pub(super) fn sign_out(demo: &Demo, request: &Request) -> Response {
    let name = session_cookie(demo);
    if let Some(token) = request.cookie(&name) {
        demo.sessions.close(token);
    }
    let removed = Cookie::removed(name, demo.base_url.is_https());
    Response::redirect(303, "/demo").with_cookie(&removed)
}

fn failed(request: &Request, why: String) -> Result<Response, Error> {
    let next = "Sign in again. If it happens again, ask your IT team.";
    let link = ("/demo/sign-in", "Sign in again");
    problem(request, ("You are not signed in", why, next), Some(link))
}

fn session_cookie(demo: &Demo) -> String {
    cookie(demo, "acme_session")
}

fn state_cookie(demo: &Demo) -> String {
    cookie(demo, "acme_sign_in")
}

fn cookie(demo: &Demo, base: &str) -> String {
    let port = demo.base_url.url().port_or_known_default().unwrap_or_default();
    cookie_name(base, demo.base_url.is_https(), port)
}

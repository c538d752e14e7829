//! The OpenID provider's endpoints: what a browser and what Kernia meet there.

use serde_json::json;

use super::{
    Demo,
    employee::{self, Employee},
    openid_provider::{
        AUTHORIZE_PATH, Asked, CLIENT_ID, OpenIdProvider, PATH, Presented, jwks as key_set,
    },
    page, problem,
    sign_in::SignIn,
};
use crate::{
    http::{Pairs, Request, Response},
    kit::{error::Error, secret::Secret, text::WebAddress},
};

/// `GET /demo/op/.well-known/openid-configuration`.
pub(super) fn discovery(demo: &Demo) -> Response {
    Response::json(200, &OpenIdProvider::document(demo.base()))
}

/// `GET /demo/op/jwks`.
pub(super) fn jwks(demo: &Demo) -> Response {
    Response::json(200, &key_set(&demo.identity_provider))
}

/// `GET /demo/op/authorize`: as at the SAML side, a `login_hint` that is somebody here signs them in
/// at once.
pub(super) fn ask(demo: &Demo, request: &Request) -> Result<Response, Error> {
    let asked = match asked(demo, &request.query) {
        Ok(asked) => asked,
        Err(why) => return unreadable(request, why),
    };
    let hint = request.query.one("login_hint")?.unwrap_or_default();
    match employee::find(&demo.employees, hint) {
        Some(employee) => Ok(answer(demo, employee, asked)),
        None => sign_in_page(demo, 200, &request.query, (hint, false)),
    }
}

/// `POST /demo/op/authorize`: the email and the password, the request in hidden fields.
pub(super) async fn check(demo: &Demo, request: Request) -> Result<Response, Error> {
    let form = request.form()?;
    let asked = match asked(demo, &form) {
        Ok(asked) => asked,
        Err(why) => return unreadable(&request, why),
    };
    let email = form.one("email")?.unwrap_or_default();
    let password = Secret::new(form.one("password")?.unwrap_or_default().to_owned());
    match employee::recognize(&demo.employees, &demo.cpu, email, password).await? {
        Some(employee) => Ok(answer(demo, employee, asked)),
        None => sign_in_page(demo, 422, &form, (email, true)),
    }
}

/// `POST /demo/op/token`.
pub(super) fn token(demo: &Demo, request: &Request) -> Result<Response, Error> {
    let form = request.form()?;
    let text = |name| form.one(name).map(|text| text.unwrap_or_default().to_owned());
    let (code, redirect_uri, code_verifier) =
        (text("code")?, text("redirect_uri")?, text("code_verifier")?);
    let authorization = request.header("authorization").unwrap_or_default().to_owned();
    // A signature takes the processor a millisecond; the demo has it to spare.
    let presented = Presented {
        authorization: &authorization,
        code: &code,
        redirect_uri: &redirect_uri,
        code_verifier: &code_verifier,
    };
    let company = (&*demo.identity_provider, demo.employees.as_slice());
    let occasion = (&demo.chance, demo.clock.now());
    let answer = demo.openid_provider.exchange(company, demo.base(), &presented, occasion)?;
    Ok(match answer {
        Ok(answer) => Response::json(200, &answer).with_header("cache-control", "no-store"),
        Err("invalid_client") => Response::json(401, &json!({ "error": "invalid_client" }))
            .with_header("www-authenticate", "Basic realm=\"demo\""),
        Err(word) => Response::json(400, &json!({ "error": word })),
    })
}

/// `GET /demo/op/userinfo`.
pub(super) fn user_info(demo: &Demo, request: &Request) -> Response {
    let authorization = request.header("authorization").unwrap_or_default();
    let told = demo.openid_provider.user_info(&demo.employees, authorization, demo.clock.now());
    match told {
        Some(claims) => Response::json(200, &claims),
        None => Response::json(401, &json!({ "error": "invalid_token" }))
            .with_header("www-authenticate", "Bearer error=\"invalid_token\""),
    }
}

/// `GET /demo/op/logout`: nobody is signed in here for longer than a moment; the browser goes on.
pub(super) fn leave(demo: &Demo, request: &Request) -> Result<Response, Error> {
    let Some(onward) = request.query.one("post_logout_redirect_uri")? else {
        return unreadable(request, "It does not say where to go on to.".to_owned());
    };
    if !is_answered(demo, onward) {
        return unreadable(request, "It wants to go on to another machine.".to_owned());
    }
    let pairs: Vec<_> =
        request.query.one("state")?.map(|state| ("state", state)).into_iter().collect();
    Ok(Response::redirect(302, &with(onward, &pairs)))
}

/// Reads a request; it answers only Kernia, and only on this machine or where Kernia is reached.
fn asked(demo: &Demo, pairs: &Pairs) -> Result<Asked, String> {
    let one = |name| {
        let value = pairs.one(name).map_err(|error| error.to_string())?;
        Ok::<_, String>(value.filter(|text| !text.is_empty()).map(str::to_owned))
    };
    if one("client_id")?.as_deref() != Some(CLIENT_ID) {
        return Err("It comes from a client that nobody knows here.".to_owned());
    }
    let redirect_uri = one("redirect_uri")?.ok_or("It names no redirect URI.")?;
    if !is_answered(demo, &redirect_uri) {
        return Err("It wants the answer sent to another machine.".to_owned());
    }
    if one("response_type")?.as_deref() != Some("code") {
        return Err("It asks for something else than a code.".to_owned());
    }
    Ok(Asked {
        redirect_uri,
        state: one("state")?,
        nonce: one("nonce")?,
        code_challenge: one("code_challenge")?,
    })
}

fn is_answered(demo: &Demo, address: &str) -> bool {
    WebAddress::parse(address).is_ok_and(|address| {
        address.is_loopback() || address.url().origin() == demo.base_url.url().origin()
    })
}

fn answer(demo: &Demo, employee: &Employee, asked: Asked) -> Response {
    tracing::info!(issuer = PATH, employee = employee.id, "demo employee signed in");
    let (redirect_uri, state) = (asked.redirect_uri.clone(), asked.state.clone());
    let code = demo.openid_provider.grant(employee, asked, (&demo.chance, demo.clock.now()));
    let issuer = demo.url(PATH);
    let mut pairs = vec![("code", code.expose()), ("iss", issuer.as_str())];
    pairs.extend(state.as_deref().map(|state| ("state", state)));
    Response::redirect(303, &with(&redirect_uri, &pairs))
}

fn with(address: &str, pairs: &[(&str, &str)]) -> String {
    let mut address = address.to_owned();
    if !pairs.is_empty() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address += &form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    }
    address
}

fn sign_in_page(
    demo: &Demo,
    status: u16,
    pairs: &Pairs,
    (email, wrong): (&str, bool),
) -> Result<Response, Error> {
    const CARRIED: [&str; 6] =
        ["client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge"];
    let mut carried = Vec::new();
    for name in CARRIED {
        carried.extend(pairs.one(name)?.map(|value| (name, value)));
    }
    let people = demo.employees.iter().map(|employee| employee.email.as_str()).collect();
    let form = SignIn { action: AUTHORIZE_PATH, carried, email, wrong, people };
    // The redirect that answers the form leads to Kernia, and from there to the application, on a
    // port that nobody here knows.
    page(status, &form, "'self' http://localhost:* http://127.0.0.1:*")
}

fn unreadable(request: &Request, why: String) -> Result<Response, Error> {
    let told = ("This sign-in request cannot be read", why, "Start again from the application.");
    problem(request, told, None)
}

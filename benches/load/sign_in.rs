//! One complete sign-in, walked as a browser and an application walk it: authorize, the identity
//! provider's page, the post to Kernia, the way back with a code, and the code's exchange.

use std::sync::Arc;

use url::Url;

use crate::{
    Outcome,
    drive::Work,
    wire::{self, Wire},
};

/// More hops than any sign-in has.
const HOPS: usize = 10;

/// What the application and its employee know.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) authority: String,
    pub(crate) client_id: String,
    pub(crate) api_key: String,
    pub(crate) connection: String,
    pub(crate) redirect_uri: String,
    pub(crate) employees: Vec<String>,
}

/// One employee after another, each in a fresh browser.
pub(crate) struct SignIns {
    application: Arc<Application>,
    nth: usize,
}

impl SignIns {
    pub(crate) fn new(application: &Arc<Application>, nth: usize) -> Self {
        Self { application: Arc::clone(application), nth }
    }
}

impl Work for SignIns {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let application = &self.application;
        let employee = &application.employees[self.nth % application.employees.len()];
        self.nth += 1;
        let state = format!("state-{}", self.nth);
        let (code, hops) = obtain_code(application, wire, employee, &state).await?;
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &application.client_id)
            .append_pair("client_secret", &application.api_key)
            .append_pair("code", &code)
            .finish();
        let request = wire::post(&application.authority, "/sso/token", FORM, "", &body);
        let answer = wire.ask(&request).await?.expect(200)?;
        if answer.text()?.contains(employee.as_str()) {
            return Ok(hops + 1);
        }
        Err(format!("signed in, but not as {employee}").into())
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Follows redirects and posts forms until the application gets its code.
async fn obtain_code(
    application: &Application,
    wire: &mut Wire,
    employee: &str,
    state: &str,
) -> Outcome<(String, usize)> {
    let authority = &application.authority;
    let mut page = authorization(application, employee, state)?;
    let mut request = wire::get(authority, target(&page), "");
    let mut jar: Vec<String> = Vec::new();
    for hop in 1..=HOPS {
        let answer = wire.ask(&request).await?;
        keep(&mut jar, answer.cookies());
        let cookies = match jar.as_slice() {
            [] => String::new(),
            jar => format!("cookie: {}\r\n", jar.join("; ")),
        };
        if (300..400).contains(&answer.status) {
            page = page.join(answer.header("location").ok_or("a redirect to nowhere")?)?;
            if page.as_str().starts_with(&application.redirect_uri) {
                return Ok((code(&page, state)?, hop));
            }
            request = wire::get(authority, target(&page), &cookies);
        } else {
            let html = answer.expect(200)?.text()?;
            let (action, fields) = form(html).ok_or_else(|| format!("no form in: {html}"))?;
            page = page.join(&action)?;
            request = wire::post(authority, target(&page), FORM, &cookies, &fields);
        }
        if page.authority() != authority {
            return Err(format!("left for {page}").into());
        }
    }
    Err("a sign-in that does not end".into())
}

fn authorization(application: &Application, employee: &str, state: &str) -> Outcome<Url> {
    Ok(Url::parse_with_params(
        &format!("http://{}/sso/authorize", application.authority),
        [
            ("response_type", "code"),
            ("client_id", &application.client_id),
            ("redirect_uri", &application.redirect_uri),
            ("connection", &application.connection),
            ("login_hint", employee),
            ("state", state),
        ],
    )?)
}

/// The code of the address that Kernia sent the browser back to.
fn code(back: &Url, state: &str) -> Outcome<String> {
    let value =
        |wanted| back.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value);
    match (value("code"), value("state")) {
        (Some(code), Some(told)) if told == state => Ok(code.into_owned()),
        _ => Err(format!("sent back without a code: {back}").into()),
    }
}

fn target(page: &Url) -> &str {
    &page[url::Position::BeforePath..url::Position::AfterQuery]
}

/// A browser's cookies, simple as those of one host are: the last of a name counts.
fn keep<'a>(jar: &mut Vec<String>, set: impl Iterator<Item = &'a str>) {
    for cookie in set {
        let name = cookie.split('=').next().unwrap_or(cookie);
        jar.retain(|kept| kept.split('=').next() != Some(name));
        jar.push(cookie.to_owned());
    }
}

/// Where the page's one form goes, and its hidden fields as a body.
fn form(html: &str) -> Option<(String, String)> {
    let form = &html[html.find("<form")?..];
    let form = &form[..form.find("</form>")?];
    let action = attribute(&form[..form.find('>')?], "action")?;
    let mut body = form_urlencoded::Serializer::new(String::new());
    for input in form.split("<input").skip(1) {
        let input = &input[..input.find('>')?];
        if let Some(name) = attribute(input, "name") {
            body.append_pair(&name, &attribute(input, "value").unwrap_or_default());
        }
    }
    Some((action, body.finish()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let from = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[from..];
    Some(unescape(&value[..value.find('"')?]))
}

/// HTML's escapes, as far as a template writes them in an attribute.
fn unescape(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, rest) = piece.split_once(';').unwrap_or((piece, ""));
        let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
        let meant = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => entity
                .strip_prefix("#x")
                .and_then(|hex| number(hex, 16))
                .or_else(|| entity.strip_prefix('#').and_then(|decimal| number(decimal, 10)))
                .and_then(char::from_u32),
        };
        out.extend(meant);
        out.push_str(rest);
    }
    out
}

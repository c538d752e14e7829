//! A running demo, and a browser small enough to sign in with: cookies, redirects, forms.

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use reqwest::{Url, header, redirect::Policy};
use serde_json::Value;
use workos::Client;

/// Where the browser stops: the application's own address.
pub const CALLBACK: &str = "http://127.0.0.1:9/callback";

/// A demo process; it ends with the test.
pub struct Demo {
    process: Child,
    /// The one line it prints.
    pub says: Value,
}

impl Demo {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let mut process =
            Command::new(env::var_os("KERNIA_BIN").expect("KERNIA_BIN names the binary"))
                .args(["demo", "--port", "0", "--json"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, says: serde_json::from_str(&line).expect("one line of JSON") }
    }

    /// A field of that line.
    pub fn said(&self, field: &str) -> &str {
        self.says[field].as_str().unwrap_or_else(|| panic!("{field} is said: {}", self.says))
    }

    /// The address of an employee whom the built-in provider knows.
    pub fn employee(&self, number: usize) -> String {
        self.says["idp"]["users"][number]["email"].as_str().unwrap().to_owned()
    }

    /// The official client. It never tries again, so that a fault of the server shows at once.
    pub fn workos(&self) -> Client {
        self.workos_with(self.said("api_key"))
    }

    /// The same with another key.
    pub fn workos_with(&self, key: &str) -> Client {
        Client::builder()
            .api_key(key)
            .client_id(self.said("client_id"))
            .base_url(self.said("base_url"))
            .max_retries(0)
            .build()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Walks through redirects and self-posting forms until the application's address; its query comes back.
pub async fn sign_in_at(url: &str) -> BTreeMap<String, String> {
    sign_in_until(url, CALLBACK).await
}

/// The same, until this address.
pub async fn sign_in_until(url: &str, callback: &str) -> BTreeMap<String, String> {
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let mut cookies = BTreeMap::new();
    let mut url = Url::parse(url).unwrap();
    let mut form: Option<Vec<(String, String)>> = None;
    for _ in 0..20 {
        if url.as_str().starts_with(callback) {
            return url.query_pairs().into_owned().collect();
        }
        let request = match form.take() {
            Some(fields) => http.post(url.clone()).form(&fields),
            None => http.get(url.clone()),
        };
        let sent: Vec<String> =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, sent.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            cookies.insert(name.to_owned(), value.to_owned());
        }
        if answer.status().is_redirection() {
            url = url.join(answer.headers()[header::LOCATION].to_str().unwrap()).unwrap();
            continue;
        }
        let (status, page) = (answer.status(), answer.text().await.unwrap());
        let (action, fields) = form_with(&page, "SAMLResponse")
            .or_else(|| first_choice(&page))
            .unwrap_or_else(|| panic!("stopped at {url} ({status}):\n{page}"));
        url = url.join(&action).unwrap();
        form = Some(fields);
    }
    panic!("too many steps, the last to {url}");
}

/// Where a person chooses between several ways to sign in: the form with the first of them pressed.
fn first_choice(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let (before, button) = page.split_once("<button name=\"chosen\"")?;
    let form = &before[before.rfind("<form")?..];
    let fields = form.split("<input").skip(1).filter_map(|input| {
        let tag = input.split('>').next()?;
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    let chosen = attribute(button.split('>').next()?, "value")?;
    let pressed = [("chosen".to_owned(), chosen)];
    Some((attribute(form.split('>').next()?, "action")?, fields.chain(pressed).collect()))
}

/// The form that has a field of this name: where it goes, and its fields.
fn form_with(page: &str, name: &str) -> Option<(String, Vec<(String, String)>)> {
    page.split("<form").skip(1).find_map(|form| {
        let form = form.split("</form>").next()?;
        let action = attribute(form.split('>').next()?, "action")?;
        let fields: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter_map(|input| {
                let tag = input.split('>').next()?;
                Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
            })
            .collect();
        fields.iter().any(|(field, _)| field == name).then_some((action, fields))
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(
        [
            "&#38;:&",
            "&#x26;:&",
            "&#34;:\"",
            "&#39;:'",
            "&#60;:<",
            "&#62;:>",
            "&quot;:\"",
            "&lt;:<",
            "&gt;:>",
        ]
        .iter()
        .fold(value.to_owned(), |text, pair| {
            let (escaped, plain) = pair.split_once(";:").unwrap();
            text.replace(&format!("{escaped};"), plain)
        })
        .replace("&#x2B;", "+")
        .replace("&#x3D;", "=")
        .replace("&amp;", "&"),
    )
}

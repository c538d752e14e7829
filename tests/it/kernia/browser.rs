//! A browser: a cookie jar, each cookie for its host, and no redirect followed unless it is told so.

use std::{io::Read as _, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::DeflateDecoder;
use serde_json::Value;

use super::{Answer, Application, encoded, from, sends};

/// Somebody's browser.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    base: String,
    /// The address that it comes from, as a proxy tells it.
    from: Option<&'static str>,
    keeps_cookies: bool,
    jar: Vec<Kept>,
}

/// A cookie, which goes to its own host only.
#[derive(Debug, Clone)]
struct Kept {
    host: String,
    name: String,
    value: String,
}

/// From where a form is posted: a Lax cookie does not come along from another site.
#[derive(Clone, Copy, PartialEq)]
enum From {
    SameSite,
    OtherSite,
}

/// Where a browser was sent: what the identity provider is asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The ID of the request.
    pub(crate) id: String,
    pub(crate) acs_url: String,
    /// Who asks; the audience of the answer.
    pub(crate) issuer: String,
    pub(crate) xml: String,
    pub(crate) relay_state: String,
    /// The whole address.
    pub(crate) location: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, base: &str) -> Self {
        Self { address, base: base.to_owned(), from: None, keeps_cookies: true, jar: Vec::new() }
    }

    /// Another browser of the same kind, with nothing in its jar.
    pub(crate) fn another(&self) -> Self {
        Self { jar: Vec::new(), ..self.clone() }
    }

    /// The same browser, behind a proxy that says where it comes from.
    pub(crate) fn comes_from(self, from: &'static str) -> Self {
        Self { from: Some(from), ..self }
    }

    /// The same browser, whose owner allows no cookies.
    pub(crate) fn without_cookies(self) -> Self {
        Self { keeps_cookies: false, jar: Vec::new(), ..self }
    }

    /// Names and values of the cookies, whatever their host.
    pub(crate) fn cookies(&self) -> Vec<(String, String)> {
        self.jar.iter().map(|kept| (kept.name.clone(), kept.value.clone())).collect()
    }

    pub(crate) async fn goes(&mut self, path: &str) -> Answer {
        self.sends("GET", path, &[], b"").await
    }

    /// Sends a form to an address of ours.
    pub(crate) async fn posts(&mut self, url: &str, fields: &[(&str, &str)]) -> Answer {
        self.submits(url, fields, From::SameSite).await
    }

    /// Sends a form to an address of ours from the page of another site: no cookie comes along.
    pub(crate) async fn posts_from_elsewhere(
        &mut self,
        url: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        self.submits(url, fields, From::OtherSite).await
    }

    /// Goes to an address that leads to Kernia, whatever its host.
    pub(crate) async fn visits(&mut self, url: &str) -> Answer {
        self.exchanges("GET", (url, From::SameSite), &[], b"").await
    }

    async fn submits(&mut self, url: &str, fields: &[(&str, &str)], from: From) -> Answer {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.exchanges("POST", (url, from), &form, encoded(fields).as_bytes()).await
    }

    /// A request with this browser's cookies, whatever else stands in it.
    pub(crate) async fn sends(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let url = format!("{}{path}", self.base);
        self.exchanges(method, (&url, From::SameSite), headers, body).await
    }

    /// Whatever the host of the address: DNS or a proxy leads it to the same Kernia.
    async fn exchanges(
        &mut self,
        method: &str,
        (url, from): (&str, From),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let (authority, host) = (authority(url), host(url));
        let mine = self.jar.iter().filter(|it| it.host == host && from == From::SameSite);
        let jar: Vec<_> = mine.map(|it| format!("{}={}", it.name, it.value)).collect();
        let jar = jar.join("; ");
        let mut headers = [headers, &[("host", authority)]].concat();
        if !jar.is_empty() {
            headers.push(("cookie", jar.as_str()));
        }
        headers.extend(self.from.map(|from| ("x-forwarded-for", from)));
        let path = &url[url.find(authority).unwrap() + authority.len()..];
        let answer = sends(self.address, method, path, &headers, body).await;
        for (_, set) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.jar.retain(|kept| kept.name != name || kept.host != host);
            let [host, name, value] = [host, name, value].map(str::to_owned);
            if self.keeps_cookies {
                self.jar.push(Kept { host, name, value });
            }
        }
        answer
    }

    /// Begins a sign-in and is sent to the identity provider.
    pub(crate) async fn begins(&mut self, app: &Application, more: &[(&str, &str)]) -> Asked {
        let answer = self.goes(&app.authorize(more)).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        Asked::parse(answer.location())
    }

    /// Brings the identity provider's answer back.
    pub(crate) async fn returns(&mut self, asked: &Asked, response: &str) -> Answer {
        let fields = [("SAMLResponse", response), ("RelayState", asked.relay_state.as_str())];
        self.posts(&asked.acs_url, &fields).await
    }

    /// Brings an answer from the provider's own site, without a cookie, and sends on what our pages
    /// post then, with the cookies where a page comes from the host that it posts to.
    pub(crate) async fn brings(&mut self, acs_url: &str, response: &str, state: &str) -> Answer {
        let fields = [("SAMLResponse", response), ("RelayState", state)];
        let mut answer = self.submits(acs_url, &fields, From::OtherSite).await;
        let mut at = acs_url.to_owned();
        for _ in 0..4 {
            if answer.status != 200 || !answer.body.contains("name=\"SAMLResponse\"") {
                return answer;
            }
            let (action, fields) = hidden_fields(&answer.body);
            assert!(allows(&answer, &at, &action), "from {at} to {action}: {answer:?}");
            let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let from = if host(&at) == host(&action) { From::SameSite } else { From::OtherSite };
            answer = self.submits(&action, &fields, from).await;
            at = action;
        }
        panic!("round in circles: {answer:?}")
    }

    /// The path of an address of ours.
    pub(crate) fn path_of(&self, url: &str) -> String {
        url.strip_prefix(&self.base).unwrap_or_else(|| panic!("{url} is not ours")).to_owned()
    }
}

impl Asked {
    /// The question that nobody asked: only where an answer goes and whom it is for.
    pub(crate) fn unasked(connection: &Value) -> Self {
        let option = |name: &str| connection["saml_options"][name].as_str().unwrap().to_owned();
        let (id, xml, relay_state, location) = Default::default();
        let (acs_url, issuer) = (option("acs_url"), option("sp_entity_id"));
        Self { id, acs_url, issuer, xml, relay_state, location }
    }

    /// The question in a redirect.
    pub(crate) fn parse(location: &str) -> Self {
        let xml = inflated(&from(location, "SAMLRequest").unwrap());
        let relay_state = from(location, "RelayState").unwrap_or_default();
        Self::of(xml, relay_state, location)
    }

    /// The question in a page that posts itself.
    pub(crate) fn posted(page: &str) -> Self {
        let (action, fields) = hidden_fields(page);
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).unwrap().1.clone();
        let xml = STANDARD.decode(field("SAMLRequest")).unwrap();
        Self::of(String::from_utf8(xml).unwrap(), field("RelayState"), &action)
    }

    fn of(xml: String, relay_state: String, location: &str) -> Self {
        let value = |name: &str| {
            let (_, rest) =
                xml.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{xml}"));
            rest.split_once('"').unwrap().0.to_owned()
        };
        let issuer = xml
            .split_once("Issuer")
            .and_then(|(_, rest)| Some(rest.split_once('>')?.1.split_once('<')?.0.to_owned()));
        Self {
            id: value("ID"),
            acs_url: value("AssertionConsumerServiceURL"),
            issuer: issuer.unwrap_or_else(|| panic!("{xml}")),
            relay_state,
            location: location.to_owned(),
            xml,
        }
    }
}

/// `host:port` of an address.
fn authority(url: &str) -> &str {
    url.split('/').nth(2).unwrap_or_else(|| panic!("{url} is no address"))
}

fn host(url: &str) -> &str {
    authority(url).split(':').next().unwrap()
}

/// Whether a page at this address may post its form there.
fn allows(page: &Answer, at: &str, action: &str) -> bool {
    let policy = page.header("content-security-policy").unwrap_or_default();
    let targets = policy.split(';').find_map(|it| it.trim().strip_prefix("form-action "));
    targets.unwrap_or_default().split(' ').any(|target| match target {
        "'self'" => authority(at) == authority(action),
        "https:" => action.starts_with("https:"),
        origin => action.starts_with(origin),
    })
}

fn inflated(request: &str) -> String {
    let mut xml = String::new();
    let deflated = STANDARD.decode(request).unwrap();
    DeflateDecoder::new(&deflated[..]).read_to_string(&mut xml).unwrap();
    xml
}

/// The hidden fields of a page's first form, and where it goes.
pub(crate) fn hidden_fields(page: &str) -> (String, Vec<(String, String)>) {
    let between = |text: &str, open: &str| {
        let (_, rest) = text.split_once(open)?;
        Some(unescaped(rest.split_once('"')?.0))
    };
    let (_, form) = page.split_once("<form").unwrap_or_else(|| panic!("no form: {page}"));
    let form = form.split("</form>").next().unwrap();
    let fields = form
        .split("<input type=\"hidden\"")
        .skip(1)
        .map(|input| (between(input, "name=\"").unwrap(), between(input, "value=\"").unwrap()))
        .collect();
    (between(form, "action=\"").unwrap(), fields)
}

fn unescaped(text: &str) -> String {
    let pairs = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

//! A request: its [`Head`], which is there first, and the whole [`Request`] with its body.
//! Query, headers and body may hold secrets, so none of them ever prints.

use std::{fmt, net::IpAddr, ops::Deref};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;

use super::{Bytes, pairs::Pairs};
use crate::kit::{
    error::{Error, Kind, Refused},
    id::{Id, Prefixed},
    secret::Secret,
    time::Timestamp,
};

/// The id of a request, `req_…`: in `X-Request-ID`, in the log, and shown as the incident id.
pub type RequestId = Id<Request>;

impl Prefixed for Request {
    const PREFIX: &'static str = "req_";
}

/// The methods that anything here answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 9110 §9.3 and RFC 5789 say what they mean")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// Takes a method by its name; any other one is refused.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => {
                let detail = "nothing here answers to this method";
                return Err(Refused::new(Kind::Method, "method_unknown", detail).into());
            }
        })
    }

    /// The name of the method.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Everything of a request but its body.
pub struct Head {
    /// Its id, made here.
    pub id: RequestId,
    /// The method.
    pub method: Method,
    /// The path as it was sent, not decoded, without the query; begins with `/`.
    pub path: String,
    /// The query, decoded.
    pub query: Pairs,
    /// The query as it was sent: what a signature over it covers.
    pub raw_query: String,
    /// The headers.
    pub headers: Headers,
    /// The address of the caller: the peer, or what a trusted proxy says.
    pub peer: IpAddr,
    /// Whether it came over the socket on this machine, from the owner of the process or root.
    pub is_owner: bool,
    /// When the head was here.
    pub received: Timestamp,
    /// The parameters of the path; the router's [`Params`] belong here.
    pub params: Params,
}

impl Head {
    /// Takes over what hyper parsed. Refused are methods that nothing answers to, targets that are
    /// no path, a missing or repeated `Host` (RFC 9112 §3.2), and queries that do not decode.
    pub(crate) fn read(
        parts: hyper::http::request::Parts,
        id: RequestId,
        peer: IpAddr,
        received: Timestamp,
    ) -> Result<Self, Error> {
        let headers = Headers(parts.headers);
        let hosts = headers.count("host");
        if hosts > 1 || (hosts == 0 && parts.version >= hyper::Version::HTTP_11) {
            return Err(Refused::malformed(
                "host_malformed",
                "exactly one `Host` header is needed",
            ));
        }
        let method = Method::parse(parts.method.as_str())?;
        let path = parts.uri.path().to_owned();
        if !path.starts_with('/') {
            return Err(Refused::malformed("path_malformed", "a path begins with `/`"));
        }
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let query = Pairs::parse(raw_query.as_bytes())?;
        let params = Params::default();
        let is_owner = false;
        Ok(Self { id, method, path, query, raw_query, headers, peer, is_owner, received, params })
    }

    /// A header's value, by its name in lower case; none if it stands twice or is not ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.one(name)
    }

    /// A parameter of the path, decoded; empty if the pattern has none of this name.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
    #[must_use]
    pub fn bearer(&self) -> Option<Secret> {
        self.authorization("bearer").map(|token| Secret::new(token.to_owned()))
    }

    /// Name and password of `Authorization: Basic …` (RFC 7617 §2).
    #[must_use]
    pub fn basic(&self) -> Option<(String, Secret)> {
        let bytes = STANDARD.decode(self.authorization("basic")?).ok()?;
        let text = Secret::new(String::from_utf8(bytes).ok()?);
        let (name, password) = text.expose().split_once(':')?;
        Some((name.to_owned(), Secret::new(password.to_owned())))
    }

    fn authorization(&self, scheme: &str) -> Option<&str> {
        let (given, rest) = self.header("authorization")?.split_once(' ')?;
        let rest = rest.trim();
        (given.eq_ignore_ascii_case(scheme) && !rest.is_empty()).then_some(rest)
    }

    /// The value of a cookie; the first one, if the browser sends several of this name.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .all("cookie")
            .flat_map(|line| line.split(';'))
            .filter_map(|piece| piece.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Whether the body is declared as a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        let declared = self.header("content-type").unwrap_or_default();
        let media = declared.split(';').next().unwrap_or_default().trim();
        media.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("query", &self.query)
            .finish_non_exhaustive()
    }
}

/// A whole request.
pub struct Request {
    /// What came before the body.
    pub head: Head,
    /// The body, no longer than its route takes.
    pub body: Bytes,
}

impl Request {
    /// The body as a `T`, from JSON. An empty body counts as an empty object. What is no JSON is
    /// malformed; JSON of another shape is refused by the field at fault.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        // serde would take a list for a struct, one field after the other.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Refused::field("body", "invalid_type", "it is an object, not a list"));
        }
        let mut reader = serde_json::Deserializer::from_slice(body);
        let broken = |error: &serde_json::Error| {
            Refused::malformed("invalid_json", format!("the body is no JSON: {error}"))
        };
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            if !error.inner().is_data() {
                return broken(error.inner());
            }
            let path = match error.path().to_string() {
                root if root == "." => "body".to_owned(),
                path => path,
            };
            // serde_json ends with the place in the text; the path says it better.
            let message = error.inner().to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            match message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
                Some(name) if path == "body" => Refused::field(name, "required", "it is missing"),
                Some(name) => {
                    Refused::field(&format!("{path}.{name}"), "required", "it is missing")
                }
                None => Refused::field(&path, "invalid_type", message),
            }
        })?;
        reader.end().map_err(|error| broken(&error))?;
        Ok(value)
    }

    /// The body as a form.
    pub fn form(&self) -> Result<Pairs, Error> {
        Pairs::parse(&self.body)
    }
}

#[cfg(test)]
impl Request {
    /// A request as a test wants it.
    pub(crate) fn made(
        method: Method,
        address: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Self {
        let mut parts = hyper::Request::builder().method(method.as_str()).uri(address);
        for (name, value) in [("host", "127.0.0.1")].iter().chain(headers) {
            parts = parts.header(*name, *value);
        }
        let (parts, body) = parts.body(Bytes::from(body.to_owned())).unwrap().into_parts();
        let (id, peer) = (Id::parse("req_1").unwrap(), IpAddr::from([127, 0, 0, 1]));
        Self { head: Head::read(parts, id, peer, Timestamp::from_millis(0)).unwrap(), body }
    }
}

impl Deref for Request {
    type Target = Head;
    fn deref(&self) -> &Head {
        &self.head
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Request");
        out.field("head", &self.head).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// The headers of a request.
#[derive(Clone, Default)]
pub struct Headers(hyper::HeaderMap);

impl Headers {
    /// A header's value, by its name in lower case; none if it stands twice or is not ASCII.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.get_all(name).iter();
        let first = values.next()?;
        if values.next().is_some() { None } else { first.to_str().ok() }
    }

    /// All values of a header that are ASCII, in the order they came.
    #[must_use]
    pub fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.0.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }

    /// All values of a header as bytes, in the order they came.
    pub fn bytes(&self, name: &str) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.get_all(name).into_iter().map(hyper::header::HeaderValue::as_bytes)
    }

    /// How often the header stands there.
    fn count(&self, name: &str) -> usize {
        self.0.get_all(name).iter().count()
    }
}

/// The names only.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

/// The parameters of a path, by the names that the pattern gives them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(&'static str, String)>);

impl Params {
    pub(super) fn new(pairs: Vec<(&'static str, String)>) -> Self {
        Self(pairs)
    }

    /// Names and decoded values, in the order of the pattern.
    #[must_use]
    pub fn pairs(&self) -> &[(&'static str, String)] {
        &self.0
    }

    /// The decoded value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }
}

/// The names only: a value may be a token.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn request(headers: &[(&'static str, &str)], body: &str) -> Request {
        let mut builder = hyper::Request::get("/a?code=hush").header("host", "h");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let (parts, ()) = builder.body(()).unwrap().into_parts();
        let id = RequestId::parse("req_1").unwrap();
        let head = Head::read(parts, id, IpAddr::from([127, 0, 0, 1]), Timestamp::default());
        Request { head: head.unwrap(), body: body.to_owned().into() }
    }

    #[test]
    fn credentials_are_read_and_never_print() {
        let bearer = |value: &str| {
            let request = request(&[("authorization", value)], "");
            request.bearer().map(|secret| secret.expose().to_owned())
        };
        assert_eq!(bearer("Bearer hush").as_deref(), Some("hush"));
        assert_eq!(bearer("bearer  hush ").as_deref(), Some("hush"));
        for value in ["Bearer", "Bearer ", "hush", "Basic hush", "Bearerhush"] {
            assert_eq!(bearer(value), None, "{value}");
        }
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        assert!(request(&twice, "").bearer().is_none());

        // "client:se:cret"
        let basic = request(&[("authorization", "Basic Y2xpZW50OnNlOmNyZXQ=")], "hush");
        let (name, password) = basic.basic().unwrap();
        assert_eq!((name.as_str(), password.expose()), ("client", "se:cret"));
        let printed = format!("{basic:?}");
        assert!(!printed.contains("hush") && !printed.contains("Y2xp"), "{printed}");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let request = request(&[("cookie", "aa=1; a=2=3;b="), ("cookie", "c=4; a=5")], "");
        let cookies = ["a", "aa", "b", "c", "d"].map(|name| request.cookie(name));
        assert_eq!(cookies, [Some("2=3"), Some("1"), Some(""), Some("4"), None]);
    }

    #[test]
    fn content_types_are_told_apart() {
        for (declared, form) in [
            ("application/json", false),
            ("Application/X-WWW-Form-Urlencoded", true),
            ("application/x-www-form-urlencoded;charset=UTF-8", true),
            ("text/plain", false),
        ] {
            let request = request(&[("content-type", declared)], "");
            assert_eq!(request.is_form(), form, "{declared}");
        }
    }

    #[test]
    fn a_body_is_json_or_says_where_it_is_not() {
        let known = |body| request(&[], body).json::<BTreeMap<String, u8>>();
        assert_eq!(known("{\"a\":1}").unwrap(), BTreeMap::from([("a".to_owned(), 1)]));
        for (body, code) in [
            ("{\"a\":1", "invalid_json"),
            ("{} 2", "invalid_json"),
            ("2", "invalid_type"),
            (" [\"a\"]", "invalid_type"),
            ("{\"a\":\"b\"}", "invalid_type"),
        ] {
            let Err(Error::Refused(refused)) = known(body) else {
                panic!("{body:?} is refused");
            };
            assert_eq!(refused.code, code, "{body:?}");
        }
    }
}

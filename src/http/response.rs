//! [`Response`]: a status, headers and the whole body. Nothing is streamed.

use http_body_util::Full;
use hyper::{
    StatusCode,
    header::{HeaderName, HeaderValue},
};
use serde::Serialize;

use super::{Bytes, cookie::Cookie};

/// An answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case and their values; control characters never get into a value.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// JSON, in `application/json`.
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::bytes(status, "application/json; charset=utf-8", body),
            // Our own shapes always serialize; should one not, it is a fault and shows nothing.
            Err(error) => {
                tracing::error!(%error, "a response did not serialize");
                Self::empty(500)
            }
        }
    }

    /// Plain text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::bytes(status, "text/plain; charset=utf-8", text.into())
    }

    /// A page.
    pub fn html(status: u16, page: impl Into<String>) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", page.into())
    }

    /// Bytes of any type.
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let response = Self { status, headers: Vec::with_capacity(4), body: body.into() };
        response.with_header("content-type", content_type)
    }

    /// Nothing but a status.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// Sends the browser elsewhere: 302 or 303.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        debug_assert!(matches!(status, 302 | 303), "a redirect is 302 or 303");
        Self::empty(status).with_header("location", location)
    }

    /// Adds a header; control characters in the value are left out, so that it cannot begin
    /// another one.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let mut value = value.into();
        value.retain(|c| !c.is_control());
        self.headers.push((name, value));
        self
    }

    /// Sets a cookie.
    #[must_use]
    pub fn with_cookie(self, cookie: &Cookie) -> Self {
        self.with_header("set-cookie", cookie.header())
    }

    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Adds a header unless it stands there already.
    pub(crate) fn default_header(&mut self, name: &'static str, value: &str) {
        if self.header(name).is_none() {
            self.headers.push((name, value.to_owned()));
        }
    }

    /// The response as hyper sends it. A header that HTTP cannot carry is left out.
    pub(crate) fn into_hyper(self) -> hyper::Response<Full<Bytes>> {
        let mut response = hyper::Response::new(Full::new(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value));
            if let (Ok(name), Ok(value)) = parsed {
                response.headers_mut().append(name, value);
            } else {
                tracing::error!(header = name, "a header could not be sent");
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_cannot_begin_another_header() {
        let response = Response::redirect(302, "https://a.test/\r\nSet-Cookie: x=1");
        assert_eq!(response.header("location"), Some("https://a.test/Set-Cookie: x=1"));
        assert_eq!(response.into_hyper().headers().len(), 1);
    }
}

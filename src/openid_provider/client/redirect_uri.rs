//! Redirect URIs of OpenID clients: compared character by character (RFC 9700 §4.1.3), without
//! wildcards. One exception: at a public client's loopback address the port is free, for a native
//! application takes the one that it gets (RFC 8252 §7.3).

use crate::kit::{
    environment::Environment,
    error::{Error, Fault, FieldFault, Refused},
    text::WebAddress,
};

/// The most addresses of a list.
const MOST: usize = 200;

/// An address as it is listed: in its normal form, so that there is one way to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Takes an address, or says why it may not stand.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, String> {
        if text.contains('*') {
            return Err("an OpenID client has no wildcards: list each address".to_owned());
        }
        let address = WebAddress::parse(text).map_err(|_| {
            "it must be an absolute http or https address without fragment, such as \
             `https://app.example.com/callback`"
                .to_owned()
        })?;
        if address.as_str() != text {
            return Err(format!("write it as `{address}`"));
        }
        if environment == Environment::Live && !address.is_https() && !address.is_loopback() {
            return Err("it must be https, or on loopback for a native application".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole list of a field, or every fault in it.
    pub fn parse_all(
        field: &str,
        texts: &[String],
        environment: Environment,
    ) -> Result<Vec<Self>, Error> {
        let mut faults = Vec::new();
        let mut refuse = |at: String, message: String| {
            faults.push(FieldFault { field: at, code: "invalid_redirect_uri", message });
        };
        if texts.len() > MOST {
            refuse(field.to_owned(), format!("at most {MOST} addresses"));
        }
        let mut taken: Vec<Self> = Vec::new();
        for (nth, text) in texts.iter().take(MOST).enumerate() {
            match Self::parse(text, environment) {
                Ok(uri) if taken.contains(&uri) => {}
                Ok(uri) => taken.push(uri),
                Err(why) => refuse(format!("{field}.{nth}"), why),
            }
        }
        if faults.is_empty() { Ok(taken) } else { Err(Refused::fields(faults)) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The address asked for, if it is one of these.
pub(super) fn allowed(listed: &[String], asked: &str, is_public: bool) -> Option<WebAddress> {
    let address = WebAddress::parse(asked).ok()?;
    if listed.iter().any(|uri| uri == asked) {
        return Some(address);
    }
    // In its normal form too, but for the port.
    let native = is_public && !address.is_https() && address.is_loopback();
    if !native || address.as_str() != asked {
        return None;
    }
    let asked = without_port(&address)?;
    listed
        .iter()
        .filter_map(|uri| WebAddress::parse(uri).ok())
        .any(|uri| without_port(&uri).as_ref() == Some(&asked))
        .then_some(address)
}

fn without_port(address: &WebAddress) -> Option<String> {
    let mut url = address.url().clone();
    url.set_port(None).ok()?;
    Some(url.into())
}

/// As it is stored.
pub(super) fn list(uris: &[RedirectUri]) -> Result<String, Error> {
    json(&uris.iter().map(|uri| uri.0.clone()).collect::<Vec<_>>())
}

/// As it is stored.
pub(super) fn json(uris: &[String]) -> Result<String, Error> {
    serde_json::to_string(uris).map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_way_to_be_written() {
        let parse = |text: &str| RedirectUri::parse(text, Environment::Live);
        for good in [
            "https://app.example.com/callback",
            "https://app.example.com/",
            "https://app.example.com:8443/a/b?c=d",
            "http://127.0.0.1/cb",
            "http://localhost:3000/cb",
            "http://[::1]/",
        ] {
            assert_eq!(parse(good).map(|uri| uri.0).as_deref(), Ok(good));
        }
        for bad in [
            "https://app.example.com",
            "HTTPS://app.example.com/",
            "https://APP.example.com/",
            "https://app.example.com:443/",
            "https://app.example.com/a/../b",
            "https://app.example.com/a/%2e%2e/b",
            "https://app.example.com\\@evil.test/",
            "https://*.example.com/",
            "https://app.example.com/*",
            "https://ada@app.example.com/",
            "https://app.example.com/#a",
            "http://app.example.com/",
            "com.example.app:/callback",
            "//app.example.com/",
            "/callback",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(RedirectUri::parse("http://app.example.com/", Environment::Test).is_ok());
    }

    #[test]
    fn only_what_is_listed_is_allowed_to_the_letter() {
        let listed = ["https://app.example.com/cb".to_owned(), "http://127.0.0.1/cb".to_owned()];
        let allows = |asked: &str, public| allowed(&listed, asked, public).is_some();
        assert!(allows("https://app.example.com/cb", false));
        assert!(allows("http://127.0.0.1/cb", false));
        assert!(allows("http://127.0.0.1:51004/cb", true), "a native application");
        for (asked, public) in [
            ("http://127.0.0.1:51004/cb", false),
            ("http://127.0.0.1:51004/cb/", true),
            ("http://127.0.0.1:51004/./cb", true),
            ("http://127.0.0.1:51004/cb?a", true),
            ("http://localhost:51004/cb", true),
            ("http://[::1]:51004/cb", true),
            ("http://127.0.0.1.evil.test:51004/cb", true),
            ("https://app.example.com:8443/cb", true),
            ("https://app.example.com/CB", true),
            ("https://app.example.com/cb/", true),
            ("https://app.example.com/cb?", true),
            ("https://app.example.com/cb#", true),
            ("https://app.example.com/x/../cb", true),
            ("https://app.example.com/%63b", true),
            ("https://app.example.com:443/cb", true),
            ("https://app.example.com@evil.test/cb", true),
            ("https://app.example.com.evil.test/cb", true),
            ("https://evil.test/https://app.example.com/cb", true),
            ("http://app.example.com/cb", true),
            (" https://app.example.com/cb", true),
            ("https://app.example.com/cb ", true),
            ("", true),
        ] {
            assert!(!allows(asked, public), "{asked}");
        }
    }
}

//! [`Cookie`]: what is set in a browser. Always `HttpOnly` and `SameSite=Lax`; `Secure` except on
//! plain HTTP, which is only for loopback.

use std::time::Duration;

/// A cookie to set.
#[derive(Clone)]
pub struct Cookie {
    /// See [`cookie_name`].
    pub name: String,
    /// Letters, digits and marks; what may not stand in a cookie is left out when it is written.
    pub value: String,
    /// How long it lives; none means until the browser is closed, zero takes it away.
    pub max_age: Option<Duration>,
    /// Below which path it is sent; a `__Host-` cookie has `/`.
    pub path: &'static str,
    /// Whether it is only sent over https.
    pub secure: bool,
}

impl Cookie {
    /// A cookie for the whole host that lasts until the browser is closed.
    #[must_use]
    pub fn new(name: String, value: impl Into<String>, secure: bool) -> Self {
        Self { name, value: value.into(), max_age: None, path: "/", secure }
    }

    /// Lives so long.
    #[must_use]
    pub fn lasting(mut self, span: Duration) -> Self {
        self.max_age = Some(span);
        self
    }

    /// Takes the cookie of this name away.
    #[must_use]
    pub fn removed(name: String, secure: bool) -> Self {
        Self::new(name, "", secure).lasting(Duration::ZERO)
    }

    /// The value of the `Set-Cookie` header (RFC 6265 §4.1).
    pub(super) fn header(&self) -> String {
        // RFC 6265 §4.1.1, cookie-octet; a name is narrower still, and ours are constants.
        let octet = |c: &char| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';' | '\\');
        let value: String = self.value.chars().filter(octet).collect();
        let mut text = format!("{}={value}; Path={}; HttpOnly; SameSite=Lax", self.name, self.path);
        if self.secure {
            text.push_str("; Secure");
        }
        if let Some(span) = self.max_age {
            text.extend(["; Max-Age=", &span.as_secs().to_string()]);
        }
        text
    }
}

/// The value may be a session: only the name prints.
impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cookie").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The name of a cookie of ours: `__Host-` in front where https binds it to this very host; on
/// plain loopback the port behind, because browsers share cookies between the ports of a host.
#[must_use]
pub fn cookie_name(base: &str, secure: bool, port: u16) -> String {
    if secure { format!("__Host-{base}") } else { format!("{base}_{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_bound_to_the_host_and_cannot_be_split() {
        let name = cookie_name("kernia", true, 443);
        let cookie = Cookie::new(name, "a; Domain=evil.test\r\nb", true);
        assert_eq!(
            cookie.lasting(Duration::from_mins(10)).header(),
            "__Host-kernia=aDomain=evil.testb; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"
        );
    }

    #[test]
    fn on_loopback_the_port_tells_cookies_apart() {
        let cookie = Cookie::removed(cookie_name("kernia", false, 4007), false);
        let expected = "kernia_4007=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
        assert_eq!(cookie.header(), expected);
    }
}

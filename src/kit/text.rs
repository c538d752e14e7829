//! Text from outside as typed values: email addresses, domain names, labels, web addresses.
//! Each has one way in, `parse`, and nobody checks again.

use std::fmt;

use super::error::{Error, Refused};

/// An email address as it was written, at most 254 bytes (RFC 5321 §4.5.3.1.3).
///
/// Only its shape is checked: one `@`, a local part of 1 to 64 bytes, a host name, no control
/// characters and no white space. Two addresses are the same without regard to case.
#[derive(Debug, Clone)]
pub struct Email {
    text: String,
    domain: Domain,
}

impl Email {
    /// Takes an address, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = || Refused::invalid("email_malformed", "this is not an email address");
        let (local, host) = text.rsplit_once('@').ok_or_else(refuse)?;
        let shaped = (1..=64).contains(&local.len())
            && text.len() <= 254
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'))
            && !local.contains('@');
        if !shaped {
            return Err(refuse());
        }
        let domain = Domain::parse(host).map_err(|_| refuse())?;
        Ok(Self { text: text.to_owned(), domain })
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host part.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.text.to_lowercase() == other.text.to_lowercase()
    }
}

impl Eq for Email {}

/// A host name with at least two labels, in lower case (RFC 1035 §2.3.1, RFC 5891 in A-labels).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Domain(String);

impl Domain {
    /// Takes a domain name, or says why it is none; surrounding white space and a trailing dot go.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Refused::invalid("domain_malformed", why.to_owned());
        let name = text.trim();
        let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
        if let Some(why) = no_name(&name) {
            return Err(refuse(why));
        }
        let name = match url::Host::parse(&name) {
            Ok(url::Host::Domain(name)) => name,
            Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => {
                return Err(refuse("this is an IP address, and a domain name is wanted"));
            }
            Err(_) => return Err(refuse("this is not a domain name")),
        };
        if !name.contains('.') {
            return Err(refuse("a domain name has at least two labels, such as `acme.com`"));
        }
        if name.len() > 253 {
            return Err(refuse("a domain name has at most 253 characters"));
        }
        if !name.split('.').all(is_label) {
            let why = "each label of a domain name has 1 to 63 letters, digits and hyphens, and no \
                       hyphen at its ends";
            return Err(refuse(why));
        }
        Ok(Self(name))
    }

    /// The name in lower case and A-labels.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people write it: with the letters of their language (RFC 5890, U-labels).
    #[must_use]
    pub fn for_people(&self) -> String {
        match idna::domain_to_unicode(&self.0) {
            (name, Ok(())) => name,
            (_, Err(_)) => self.0.clone(),
        }
    }
}

/// What somebody gave in place of a domain name, where that can be told.
fn no_name(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it may not be empty");
    }
    if text.contains("://") || text.contains('/') {
        return Some("this is a web address, and only the domain name in it is wanted");
    }
    if text.contains('@') {
        return Some("this is an email address, and only what follows its `@` is wanted");
    }
    if text.contains('_') {
        return Some("a domain name has no underscores");
    }
    // A host in an address would be decoded; a name is taken as it stands.
    let is_odd = |c: char| c == '%' || c.is_whitespace() || c.is_control();
    text.contains(is_odd).then_some("a domain name has no white space and no `%`")
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A label that people read: trimmed, 1 to `MAX` characters, no control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label<const MAX: usize = 255>(String);

impl<const MAX: usize> Label<MAX> {
    /// Takes a label, or says why it may not stand.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Refused::invalid("label_empty", "it may not be empty"));
        }
        if text.chars().count() > MAX {
            return Err(Refused::invalid(
                "label_too_long",
                format!("it has at most {MAX} characters"),
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(Refused::invalid("label_malformed", "it may not hold control characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An absolute `http` or `https` address with a host, without user name, password or fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(url::Url);

impl WebAddress {
    /// Takes an address of at most 2,048 bytes.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Refused::invalid("url_malformed", why.to_owned());
        if text.len() > 2048 {
            return Err(refuse("an address has at most 2,048 bytes"));
        }
        if text.bytes().any(|b| b.is_ascii_control() || b == b' ') {
            return Err(refuse("an address has no white space"));
        }
        let address =
            url::Url::parse(text).map_err(|_| refuse("this is not an absolute address"))?;
        if !matches!(address.scheme(), "http" | "https") || address.host().is_none() {
            return Err(refuse("this is not an http or https address"));
        }
        if !address.username().is_empty() || address.password().is_some() {
            return Err(refuse("an address may not hold a user name or password"));
        }
        if address.fragment().is_some() {
            return Err(refuse("an address may not hold a fragment"));
        }
        Ok(Self(address))
    }

    /// The parsed address.
    #[must_use]
    pub fn url(&self) -> &url::Url {
        &self.0
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether its host is this machine itself: `localhost`, 127.0.0.0/8 or `[::1]`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl serde::Serialize for WebAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for WebAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses() {
        for good in ["ada@acme.test", "Ada.Byron+x@Acme.Example", "a_b#EXT#@tenant.onmicrosoft.com"]
        {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in
            ["", "ada", "@acme.test", "ada@", "ada@acme", "a@b@c.test", "a b@c.test", "a@b.test\n"]
        {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Email::parse("Ada@ACME.test").unwrap(), Email::parse("ada@acme.TEST").unwrap());
    }

    #[test]
    fn domain_names() {
        assert_eq!(Domain::parse(" Acme.Test. ").unwrap().as_str(), "acme.test");
        for (given, name, for_people) in [
            ("Bücher.Example", "xn--bcher-kva.example", "bücher.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"),
            ("bu\u{308}cher。example", "xn--bcher-kva.example", "bücher.example"),
            ("acme.com", "acme.com", "acme.com"),
        ] {
            let domain = Domain::parse(given).unwrap();
            assert_eq!((domain.as_str(), domain.for_people().as_str()), (name, for_people));
        }
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "b".repeat(61));
        assert_eq!(Domain::parse(&longest).unwrap().as_str().len(), 253);
        let (longer, long_label) = (format!("{longest}b"), format!("a{label}.test"));
        for bad in [
            &longer,
            &long_label,
            "acme.test..",
            ".acme.test",
            "*.acme.test",
            "a_b.acme.test",
            "ada@acme.test",
            "acme.test/x",
            "xn--a.test",
            "0x7f.1",
            "acme.test\0",
            "",
            "acme",
            "a..b",
            "-a.test",
            "a-.test",
            "a b.test",
            "http://a.test",
            "1.2.3.4",
            "[::1]",
        ] {
            assert!(Domain::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn web_addresses() {
        assert!(WebAddress::parse("https://acme.test/a?b=c").unwrap().is_https());
        assert!(WebAddress::parse("http://127.0.0.1:3/x").unwrap().is_loopback());
        for bad in [
            "",
            "acme.test",
            "ftp://a.test",
            "https://u:p@a.test",
            "https://a.test/#x",
            "https:///x y",
        ] {
            assert!(WebAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}

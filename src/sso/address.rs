//! What a connection is called in addresses and in SAML: assertion consumer service
//! addresses and entity IDs.

use crate::kit::{error::Error, external_key::ExternalKey, text::WebAddress};

/// What stands before the key in the path of an assertion consumer service address of ours.
const ACS_PATH: &str = "/sso/saml/acs/";

/// An entity ID, ours or a provider's: 1 to 1,024 characters without white space (SAML Core §8.3.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityId(String);

impl EntityId {
    /// Takes an entity ID; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (1..=1024).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        shaped.then(|| Self(text.to_owned()))
    }

    /// The entity ID itself.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    /// The entity ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An assertion consumer service address that a customer's provider was given. It is kept as it was
/// given, because providers compare every character; its host may be another than ours, as long as
/// what is posted there arrives here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcsUrl {
    text: String,
    address: WebAddress,
}

impl AcsUrl {
    /// Takes an address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        WebAddress::parse(text).map(|address| Self { text: text.to_owned(), address })
    }

    /// The address under our own base URL.
    #[must_use]
    pub fn of(base: &str, key: &ExternalKey) -> String {
        format!("{base}{ACS_PATH}{}", key.as_str())
    }

    /// The key that it ends with, where its path is one of ours: then that key leads here.
    #[must_use]
    pub fn key(&self) -> Option<ExternalKey> {
        self.address.url().path().strip_prefix(ACS_PATH).and_then(ExternalKey::parse)
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.address.is_https()
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_names_its_key_whatever_the_host() {
        let key =
            |text: &str| AcsUrl::parse(text).unwrap().key().map(|key| key.as_str().to_owned());
        assert_eq!(
            key("https://auth.example.com/sso/saml/acs/wz5Sp-1").as_deref(),
            Some("wz5Sp-1")
        );
        assert_eq!(key("https://h.test:8443/sso/saml/acs/a?x=1").as_deref(), Some("a"));
        for other in [
            "https://h.test/sso/saml/acs/",
            "https://h.test/x/sso/saml/acs/a",
            "https://h.test/acs",
        ] {
            assert_eq!(key(other), None, "{other}");
        }
        for bad in
            ["", "/sso/saml/acs/a", "ftp://h.test/a", "https://u:p@h.test/a", "https://h.test/#a"]
        {
            assert!(AcsUrl::parse(bad).is_err(), "{bad}");
        }
        let kept = "https://H.test/a b".replace(' ', "%20");
        assert_eq!(AcsUrl::parse(&kept).unwrap().as_str(), kept, "as it was given");
    }
}

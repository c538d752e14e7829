//! Which domains somebody can own at all: none under which strangers have their own names, and none
//! whose addresses anybody can get.

use std::fmt;

use crate::kit::{
    error::{Error, Refused},
    text::Domain,
};

/// Where anybody can get an email address: one domain a line, `#` begins a remark.
const FREE_MAIL: &str = include_str!("free_mail.txt");

/// A domain that an organization can own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claimable(Domain);

impl Claimable {
    /// Takes a domain name, or says why nobody can own it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let domain = Domain::parse(text)?;
        if psl::domain_str(domain.as_str()).is_none() {
            let why = format!(
                "`{domain}` is a public suffix: strangers have their own names under it, so no \
                 organization owns it; give the organization's own domain, such as `acme.{domain}`"
            );
            return Err(Refused::invalid("domain_is_public_suffix", why));
        }
        if providers().any(|provider| provider == domain.as_str()) {
            let why = format!(
                "anybody can get an email address at `{domain}`, so no organization owns it; give \
                 the domain of the organization's own addresses"
            );
            return Err(Refused::invalid("domain_is_free_mail", why));
        }
        Ok(Self(domain))
    }

    /// The name.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.0
    }
}

impl fmt::Display for Claimable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn providers() -> impl Iterator<Item = &'static str> {
    FREE_MAIL.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> &'static str {
        match Claimable::parse(text).unwrap_err() {
            Error::Refused(refused) => refused.code,
            Error::Fault(fault) => panic!("{text}: {fault}"),
        }
    }

    #[test]
    fn own_domains_can_be_claimed() {
        for good in [
            "acme.com",
            "ACME.co.uk.",
            "eu.acme.com",
            "acme.test",
            "acme.github.io",
            "bücher.example",
            "食狮.公司.cn",
            "notgmail.com",
            "gmail.com.acme.com",
        ] {
            assert!(Claimable::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_everybody_s_cannot() {
        for suffix in ["co.uk", "github.io", "公司.cn", "xn--55qx5d.cn", "CO.UK", "herokuapp.com"]
        {
            assert_eq!(refused(suffix), "domain_is_public_suffix", "{suffix}");
        }
        for mail in ["gmail.com", "GMail.com.", "gmx.de", "qq.com", "yahoo.co.uk"] {
            assert_eq!(refused(mail), "domain_is_free_mail", "{mail}");
        }
        for none in ["acme", "10.0.0.1", "[::1]", "a_b.acme.com", "ada@acme.com", ""] {
            assert_eq!(refused(none), "domain_malformed", "{none}");
        }
    }

    #[test]
    fn the_list_is_one_of_domains() {
        let mut seen = std::collections::BTreeSet::new();
        for provider in providers() {
            assert_eq!(Domain::parse(provider).unwrap().as_str(), provider);
            assert!(seen.insert(provider), "{provider} stands there twice");
        }
        assert!(seen.len() > 100);
    }
}

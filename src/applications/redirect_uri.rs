//! Redirect URIs: where a client may be answered, and nowhere else (contract.md, part 6).
//!
//! Compared exactly, but for two wildcards: `*` once within the left-most label of the host (one
//! level, never above a public-looking suffix), and `*` as the port of a loopback host.

use url::Url;

use super::{Client, sql};
use crate::{
    kit::{
        environment::Environment,
        error::{Error, Refused},
        id::{Id, Prefixed},
        page::{Listed, Page},
        text::WebAddress,
        time::Timestamp,
    },
    objects,
    store::{Placed, Row, Tx, params},
};

/// Stands for the wildcard while the rest is parsed as an address; no host may hold it otherwise.
const STAND_IN: &str = "kernia-wildcard-9f";
/// Stands for the wildcard of a port.
const PORT_STAND_IN: u16 = 1;

/// A redirect URI of a client.
#[derive(Debug, Clone)]
pub struct RedirectUri {
    /// `redir_…`.
    pub id: Id<RedirectUri>,
    pattern: Pattern,
    /// Whether answers go here when a request names no address.
    pub default: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A redirect URI as an administrator writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    scheme: String,
    host: HostPattern,
    /// `None`: any port.
    port: Option<Option<u16>>,
    rest: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Exact(String),
    /// What stands before and after the wildcard; the text after it begins within the first label.
    Label {
        before: String,
        after: String,
    },
}

impl Pattern {
    /// Takes a pattern, or says why it may not stand.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, Error> {
        let refuse = |why: &str| Refused::field("uri", "invalid_redirect_uri", why.to_owned());
        let any_port = text.contains(":*");
        let plain = text.replacen(":*", &format!(":{PORT_STAND_IN}"), 1);
        let wildcards = plain.matches('*').count();
        let plain = plain.replacen('*', STAND_IN, 1);
        let address = WebAddress::parse(&plain).map_err(|_| {
            refuse(
                "it must be an absolute http or https address without fragment, such as \
                    `https://app.example.com/callback`",
            )
        })?;
        let url = address.url();
        if environment == Environment::Live && !address.is_https() {
            return Err(refuse("it must be https in a live environment"));
        }
        if any_port && !address.is_loopback() {
            return Err(refuse("`*` as the port is for loopback hosts only"));
        }
        let host = url.host_str().unwrap_or_default();
        let host = match (wildcards, host.split_once(STAND_IN)) {
            (0, _) => HostPattern::Exact(host.to_owned()),
            (1, Some((before, after)))
                if !before.contains('.') && after.matches('.').count() >= 2 =>
            {
                HostPattern::Label { before: before.to_owned(), after: after.to_owned() }
            }
            _ => {
                return Err(refuse(
                    "`*` may stand once, in the left-most label of a host such as \
                     `*.app.example.com`",
                ));
            }
        };
        Ok(Self {
            text: if wildcards == 0 && !any_port { url.to_string() } else { text.to_owned() },
            scheme: url.scheme().to_owned(),
            host,
            port: if any_port { None } else { Some(url.port_or_known_default()) },
            rest: rest_of(url),
        })
    }

    /// Whether `asked` is one of the addresses that this pattern stands for.
    #[must_use]
    pub fn allows(&self, asked: &WebAddress) -> bool {
        let url = asked.url();
        let host = url.host_str().unwrap_or_default();
        let host_fits = match &self.host {
            HostPattern::Exact(exact) => host == exact,
            HostPattern::Label { before, after } => host
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
        };
        host_fits
            && url.scheme() == self.scheme
            && self.port.is_none_or(|port| url.port_or_known_default() == port)
            && rest_of(url) == self.rest
    }

    fn has_wildcard(&self) -> bool {
        self.port.is_none() || matches!(self.host, HostPattern::Label { .. })
    }
}

fn rest_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

impl Prefixed for RedirectUri {
    const PREFIX: &'static str = "redir_";
}

impl Placed for RedirectUri {
    type Kind = Self;
    fn place(&self) -> (Timestamp, &str) {
        (self.created_at, self.id.as_str())
    }
}

impl RedirectUri {
    /// As the API shows it.
    #[must_use]
    pub fn published(self) -> objects::RedirectUri {
        objects::RedirectUri {
            id: self.id.to_string(),
            uri: self.pattern.text,
            default: self.default,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

/// Allows another address. The first one of a client is its default, and so is one that says so.
pub fn allow(
    tx: &Tx<'_>,
    client: &Id<Client>,
    pattern: &Pattern,
    default: Option<bool>,
) -> Result<RedirectUri, Error> {
    if default == Some(true) && pattern.has_wildcard() {
        return Err(Refused::field("default", "invalid_redirect_uri", "a default has no wildcard"));
    }
    let others = of_client(tx, client)?;
    let default = default.unwrap_or(others.is_empty() && !pattern.has_wildcard());
    if default {
        tx.run(sql::REDIRECT_CLEAR_DEFAULT, params![client, tx.now])?;
    }
    let id = tx.id();
    let params = params![&id, client, &pattern.text, default, tx.now];
    if tx.run(sql::REDIRECT_INSERT, params)? == 0 {
        let text = format!("Redirect URI '{}' already exists.", pattern.text);
        return Err(Refused::field("uri", "redirect_uri_already_exists", text));
    }
    let (created_at, updated_at) = (tx.now, tx.now);
    Ok(RedirectUri { id, pattern: pattern.clone(), default, created_at, updated_at })
}

/// A page of a client's redirect URIs.
pub fn list(tx: &Tx<'_>, client: &Id<Client>, page: &Page) -> Result<Listed<RedirectUri>, Error> {
    tx.page(&sql::REDIRECTS, page, params![client], from_row)
}

/// All redirect URIs of a client, oldest first.
pub fn of_client(tx: &Tx<'_>, client: &Id<Client>) -> Result<Vec<RedirectUri>, Error> {
    tx.list(sql::REDIRECTS_OF_CLIENT, params![client], from_row)
}

/// Whether the client may be answered at `asked`.
pub fn is_allowed(tx: &Tx<'_>, client: &Id<Client>, asked: &WebAddress) -> Result<bool, Error> {
    Ok(of_client(tx, client)?.iter().any(|uri| uri.pattern.allows(asked)))
}

/// Takes an address from the list; the default one stays until another is the default.
pub fn remove(tx: &Tx<'_>, client: &Id<Client>, id: &Id<RedirectUri>) -> Result<(), Error> {
    let uri = tx.find(sql::REDIRECT_BY_ID, params![client, id], from_row)?.ok_or_else(|| {
        Refused::missing("entity_not_found", format!("Redirect URI not found: '{id}'."))
    })?;
    if uri.default {
        return Err(Refused::conflict(
            "default_redirect_uri",
            "The default redirect URI cannot be deleted; make another one the default first.",
        ));
    }
    tx.run(sql::REDIRECT_DELETE, params![id])?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> Result<RedirectUri, Error> {
    Ok(RedirectUri {
        id: row.get("id")?,
        // What was taken once is not refused because the environment is stricter now.
        pattern: row.parse("uri", |text| Pattern::parse(text, Environment::Test).ok())?,
        default: row.get("is_default")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, asked: &str) -> bool {
        let pattern = Pattern::parse(pattern, Environment::Test).unwrap();
        pattern.allows(&WebAddress::parse(asked).unwrap())
    }

    #[test]
    fn an_address_is_compared_exactly() {
        let listed = "https://app.test/callback?x=1";
        assert!(allows(listed, "https://app.test/callback?x=1"));
        assert!(allows(listed, "https://APP.test:443/callback?x=1"));
        for other in [
            "https://app.test/callback",
            "https://app.test/callback?x=1&y=2",
            "https://app.test/callback/?x=1",
            "https://app.test.evil.test/callback?x=1",
            "http://app.test/callback?x=1",
            "https://app.test:8443/callback?x=1",
        ] {
            assert!(!allows(listed, other), "{other}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(allows("https://*.app.test/cb", "https://acme.app.test/cb"));
        assert!(allows("https://pr-*-x.app.test/cb", "https://pr-17-x.app.test/cb"));
        for other in ["https://app.test/cb", "https://a.b.app.test/cb", "https://acme.evil.test/cb"]
        {
            assert!(!allows("https://*.app.test/cb", other), "{other}");
        }
        assert!(!allows("https://pr-*-x.app.test/cb", "https://pr--x.app.test/cb"));
    }

    #[test]
    fn any_port_is_for_loopback() {
        assert!(allows("http://127.0.0.1:*/cb", "http://127.0.0.1:50123/cb"));
        assert!(allows("http://localhost:*/cb", "http://localhost/cb"));
        assert!(Pattern::parse("https://app.test:*/cb", Environment::Test).is_err());
    }

    #[test]
    fn what_may_not_be_listed() {
        for bad in [
            "",
            "*",
            "https://*",
            "https://*.test/cb",
            "https://a.*.app.test/",
            "https://*.*.app.test/",
            "https://app.test/*",
            "ftp://a.test",
            "https://a.test/#f",
            "https://u@a.test/",
            "javascript:alert(1)",
        ] {
            assert!(Pattern::parse(bad, Environment::Test).is_err(), "{bad}");
        }
        assert!(Pattern::parse("http://localhost/cb", Environment::Live).is_err());
    }
}

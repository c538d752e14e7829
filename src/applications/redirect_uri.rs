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

/// A redirect URI of a client.
#[derive(Debug, Clone)]
pub struct RedirectUri {
    /// `redir_…`.
    pub id: Id<RedirectUri>,
    pattern: Pattern,
    /// Whether this is where people go who come without a request of the application's.
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
    port: PortPattern,
    /// Path and query.
    rest: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostPattern {
    Exact(String),
    /// What stands before the wildcard in the first label, and all that follows it.
    Label {
        before: String,
        after: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PortPattern {
    Exact(Option<u16>),
    Any,
}

impl Pattern {
    /// Takes a pattern, or says why it may not stand.
    ///
    /// The wildcards are taken out of the authority before anything is parsed as an address, so
    /// that no part of an address can be taken for one.
    pub fn parse(text: &str, environment: Environment) -> Result<Self, Error> {
        let refuse = |why: &str| Refused::field("uri", "invalid_redirect_uri", why.to_owned());
        let shape = "it must be an absolute http or https address without fragment, such as \
                     `https://app.example.com/callback`";
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refuse(shape))?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        if scheme.contains('*') || rest.contains('*') {
            return Err(refuse("`*` may stand in the host or as the port, nowhere else"));
        }
        let (host, any_port) =
            authority.strip_suffix(":*").map_or((authority, false), |host| (host, true));
        let (before, host) = match host.split_once('*') {
            Some((before, after)) => (Some(before), after),
            None => (None, host),
        };
        // A wildcard's label gets letters in its place, for the parser's sake only.
        let stand_in = before.map_or(String::new(), |before| format!("{before}x"));
        let plain = format!("{scheme}://{stand_in}{host}{rest}");
        let address = WebAddress::parse(&plain).map_err(|_| refuse(shape))?;
        let url = address.url();
        if environment == Environment::Live && !address.is_https() {
            return Err(refuse("it must be https in a live environment"));
        }
        if any_port && (!address.is_loopback() || url.port().is_some()) {
            return Err(refuse("`*` as the port is for loopback hosts only"));
        }
        let parsed_host = url.host_str().unwrap_or_default();
        let host = match before {
            None => HostPattern::Exact(parsed_host.to_owned()),
            Some(before) => host_pattern(before, parsed_host).ok_or_else(|| {
                refuse(
                    "`*` may stand once, in the left-most label of a host such as \
                        `*.app.example.com`, and not above a public suffix",
                )
            })?,
        };
        let wildcard = any_port || matches!(host, HostPattern::Label { .. });
        Ok(Self {
            text: if wildcard { text.to_owned() } else { url.to_string() },
            scheme: url.scheme().to_owned(),
            host,
            port: if any_port {
                PortPattern::Any
            } else {
                PortPattern::Exact(url.port_or_known_default())
            },
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
        let port_fits = match self.port {
            PortPattern::Exact(port) => url.port_or_known_default() == port,
            PortPattern::Any => true,
        };
        host_fits && port_fits && url.scheme() == self.scheme && rest_of(url) == self.rest
    }

    fn has_wildcard(&self) -> bool {
        self.port == PortPattern::Any || matches!(self.host, HostPattern::Label { .. })
    }
}

/// The pattern for a host whose first label is `before`, the wildcard, and more. What follows the
/// label must be a domain that somebody can own: `*.co.uk` and `*.github.io` would be everybody's.
fn host_pattern(before: &str, parsed: &str) -> Option<HostPattern> {
    let before = before.to_lowercase();
    let after = parsed.strip_prefix(before.as_str())?.strip_prefix('x')?;
    let (label, domain) = after.split_once('.')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    psl::domain_str(domain)?;
    (plain(&before) && plain(label) && !domain.contains('*'))
        .then(|| HostPattern::Label { before, after: after.to_owned() })
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

/// The most redirect URIs of one client.
const MOST: usize = 200;

/// Allows another address. The first one of a client is its default, and so is one that says so;
/// one that is there already can be made the default.
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
    if let Some(present) = others.iter().find(|other| other.pattern.text == pattern.text) {
        if default == Some(true) {
            return make_default(tx, client, present);
        }
        let text = format!("Redirect URI '{}' already exists.", pattern.text);
        return Err(Refused::field("uri", "redirect_uri_already_exists", text));
    }
    if others.len() >= MOST {
        let why = format!("a client has at most {MOST} redirect URIs");
        return Err(Refused::field("uri", "too_many_redirect_uris", why));
    }
    let default = default.unwrap_or(others.is_empty() && !pattern.has_wildcard());
    if default {
        tx.run(sql::REDIRECT_CLEAR_DEFAULT, params![client, tx.now])?;
    }
    let id = tx.id();
    tx.run(sql::REDIRECT_INSERT, params![&id, client, &pattern.text, default, tx.now])?;
    let (created_at, updated_at) = (tx.now, tx.now);
    Ok(RedirectUri { id, pattern: pattern.clone(), default, created_at, updated_at })
}

fn make_default(
    tx: &Tx<'_>,
    client: &Id<Client>,
    present: &RedirectUri,
) -> Result<RedirectUri, Error> {
    tx.run(sql::REDIRECT_CLEAR_DEFAULT, params![client, tx.now])?;
    tx.run(sql::REDIRECT_MAKE_DEFAULT, params![&present.id, tx.now])?;
    Ok(RedirectUri { default: true, updated_at: tx.now, ..present.clone() })
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

/// The oldest client that may be answered at `asked`, if there is one.
pub fn oldest_client_with(tx: &Tx<'_>, asked: &WebAddress) -> Result<Option<Id<Client>>, Error> {
    let listed = tx.list(sql::REDIRECTS_BY_AGE, &[], |row| {
        Ok((row.get::<Id<Client>>("client_id")?, from_row(row)?))
    })?;
    Ok(listed.into_iter().find(|(_, uri)| uri.pattern.allows(asked)).map(|(client, _)| client))
}

/// The default address of the oldest client that has one.
pub fn oldest_default(tx: &Tx<'_>) -> Result<Option<(Id<Client>, WebAddress)>, Error> {
    tx.find(sql::REDIRECT_OLDEST_DEFAULT, &[], |row| {
        Ok((row.get("client_id")?, row.parse("uri", |text| WebAddress::parse(text).ok())?))
    })
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
            "http://localhost:8080/cb?next=:*",
            "http://localhost:*0/cb",
            "https://*.co.uk/cb",
            "https://*.github.io/cb",
            "https://*.app.test/*",
            "ht*://app.test/",
            "http://[::*]/",
            "https://a@*.app.test/",
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

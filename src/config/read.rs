//! How the value of a key is read: each type says what it wants, and why a text is not it.

use std::{fmt, marker::PhantomData, net::SocketAddr, path::PathBuf, time::Duration};

use serde::de::{Deserialize, Deserializer, Visitor};
use tracing_subscriber::filter::EnvFilter;

use super::{Identifier, LogFormat, mask::AGE_KEY, nearest::nearest};
use crate::kit::{
    environment::Environment,
    error::Error,
    id::Id,
    network::Network,
    text::{Label, WebAddress},
};

/// A type that is written as text.
pub(super) trait FromText: Sized {
    /// What is wanted, to stand after "expected".
    const WANTED: &'static str;

    /// Parses the text, or says in a sentence why not.
    fn from_text(text: &str) -> Result<Self, String>;
}

/// Reads a text.
pub(super) fn text<'de, D: Deserializer<'de>, T: FromText>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WANTED)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(E::custom)
    }
}

/// Reads a text that may be missing.
pub(super) fn given<'de, D: Deserializer<'de>, T: FromText>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    text(deserializer).map(Some)
}

/// Reads a whole number from `MIN` to `MAX`.
pub(super) fn count<'de, D: Deserializer<'de>, const MIN: usize, const MAX: usize>(
    deserializer: D,
) -> Result<usize, D::Error> {
    deserializer.deserialize_u64(CountVisitor::<MIN, MAX>)
}

struct CountVisitor<const MIN: usize, const MAX: usize>;

impl<const MIN: usize, const MAX: usize> Visitor<'_> for CountVisitor<MIN, MAX> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<usize, E> {
        usize::try_from(number)
            .ok()
            .filter(|number| (MIN..=MAX).contains(number))
            .ok_or_else(|| E::custom(format!("expected a whole number from {MIN} to {MAX}")))
    }
}

/// Reads a client id.
pub(super) fn client_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text::<D, ClientId>(deserializer).map(|ClientId(id)| id)
}

struct ClientId(String);

impl FromText for ClientId {
    const WANTED: &'static str = "a client id such as `wiki`";

    fn from_text(text: &str) -> Result<Self, String> {
        match Id::<()>::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err("it is 1 to 128 characters of A-Z, a-z, 0-9, _ and -".to_owned()),
        }
    }
}

/// Reads a name.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text::<D, Name>(deserializer).map(|Name(name)| name)
}

struct Name(String);

impl FromText for Name {
    const WANTED: &'static str = "a name such as `Wiki`";

    fn from_text(text: &str) -> Result<Self, String> {
        match Label::<255>::parse(text) {
            Ok(label) => Ok(Self(label.as_str().to_owned())),
            Err(_) => Err("it is 1 to 255 characters without control characters".to_owned()),
        }
    }
}

/// Reads the path of a file.
pub(super) fn path<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    text::<D, PathBuf>(deserializer).map(Some)
}

/// Reads addresses of an application.
pub(super) fn addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    let all = Vec::<Address>::deserialize(deserializer)?;
    Ok(all.into_iter().map(|Address(text)| text).collect())
}

/// In its normal form: it is compared to the letter.
struct Address(String);

impl FromText for Address {
    const WANTED: &'static str = "an address such as `https://app.example.com/callback`";

    fn from_text(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return Err("there are no wildcards here: list each address".to_owned());
        }
        match WebAddress::parse(text) {
            Ok(address) if address.as_str() == text => Ok(Self(text.to_owned())),
            Ok(address) => Err(format!("write it as `{address}`")),
            Err(_) => Err(format!("expected {}", Self::WANTED)),
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)
    }
}

/// Reads a public address.
pub(super) fn base_url<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<WebAddress>, D::Error> {
    text::<D, BaseUrl>(deserializer).map(|BaseUrl(address)| Some(address))
}

struct BaseUrl(WebAddress);

impl FromText for BaseUrl {
    const WANTED: &'static str = "an address such as `https://sso.example.com`";

    fn from_text(text: &str) -> Result<Self, String> {
        let address = WebAddress::parse(text).map_err(|error| match error {
            Error::Refused(refused) => refused.detail,
            Error::Fault(fault) => fault.to_string(),
        })?;
        if address.url().path() != "/" || address.url().query().is_some() {
            return Err("the public address has no path: Kernia answers at its root".to_owned());
        }
        Ok(Self(address))
    }
}

impl FromText for WebAddress {
    const WANTED: &'static str = "an address such as `https://id.example.com/path`";

    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| match error {
            Error::Refused(refused) => refused.detail,
            Error::Fault(fault) => fault.to_string(),
        })
    }
}

impl FromText for Identifier {
    const WANTED: &'static str = "an identifier, without white space";

    fn from_text(text: &str) -> Result<Self, String> {
        let shaped = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if shaped { Ok(Self(text.to_owned())) } else { Err(format!("expected {}", Self::WANTED)) }
    }
}

impl FromText for SocketAddr {
    const WANTED: &'static str = "an address and port such as `127.0.0.1:8080`";

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected {}", Self::WANTED))
    }
}

impl FromText for Duration {
    const WANTED: &'static str = "a time such as `500ms`, `20s`, `10m` or `2h`";

    fn from_text(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let millis =
            number.parse().ok().zip(unit).and_then(|(n, unit): (u64, u64)| n.checked_mul(unit));
        millis.map(Self::from_millis).ok_or_else(|| format!("expected {}", Self::WANTED))
    }
}

impl FromText for PathBuf {
    const WANTED: &'static str = "the path of a file";

    fn from_text(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains('\0') {
            return Err(format!("expected {}", Self::WANTED));
        }
        if text.to_ascii_uppercase().contains(AGE_KEY) {
            return Err("this is the master key itself, and the path of its file is wanted".into());
        }
        Ok(Self::from(text))
    }
}

impl FromText for Environment {
    const WANTED: &'static str = "`live` or `test`";

    fn from_text(text: &str) -> Result<Self, String> {
        choose(text, &[("live", Self::Live), ("test", Self::Test)])
    }
}

impl FromText for LogFormat {
    const WANTED: &'static str = "`auto`, `human` or `json`";

    fn from_text(text: &str) -> Result<Self, String> {
        choose(text, &[("auto", Self::Auto), ("human", Self::Human), ("json", Self::Json)])
    }
}

/// The choice that has this name, or a refusal with the nearest one.
fn choose<T: FromText + Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text) {
        return Ok(*choice);
    }
    let near = nearest(text, choices.iter().map(|(name, _)| *name));
    let hint = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(format!("expected {}{hint}", T::WANTED))
}

/// What is logged: a level, or levels by part of the program (`tracing`'s directives).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives, which `tracing_subscriber` takes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromText for LogFilter {
    const WANTED: &'static str =
        "a level such as `info`, or levels by part: `info,kernia::saml=debug`";

    /// Stricter than `tracing`: it takes a mistyped level for the name of a part, and logs all of
    /// that.
    fn from_text(text: &str) -> Result<Self, String> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        for directive in text.split(',').map(str::trim) {
            let level = directive.rsplit_once('=').map_or(directive, |(_, level)| level);
            if !LEVELS.contains(&level) {
                let near = nearest(level, LEVELS);
                let hint = near.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
                return Err(format!("`{level}` is not a level{hint}"));
            }
        }
        match EnvFilter::builder().parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(format!("expected {}", Self::WANTED)),
        }
    }
}

impl FromText for Network {
    const WANTED: &'static str = "an address or network such as `10.0.0.0/8`";

    fn from_text(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| match error {
            Error::Refused(refused) => refused.detail,
            Error::Fault(_) => format!("expected {}", Self::WANTED),
        })
    }
}

/// Reads addresses of name servers.
pub(super) fn name_servers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<SocketAddr>, D::Error> {
    let servers = Vec::<NameServer>::deserialize(deserializer)?;
    Ok(servers.into_iter().map(|NameServer(address)| address).collect())
}

struct NameServer(SocketAddr);

impl FromText for NameServer {
    const WANTED: &'static str = "the address of a name server such as `9.9.9.9` or `[::1]:5353`";

    fn from_text(text: &str) -> Result<Self, String> {
        let alone = || text.parse().map(|ip| SocketAddr::new(ip, 53)).ok();
        let server = text.parse().ok().or_else(alone);
        let usable = server.filter(|server| server.port() != 0 && !server.ip().is_unspecified());
        usable.map(Self).ok_or_else(|| format!("expected {}", Self::WANTED))
    }
}

impl<'de> Deserialize<'de> for NameServer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer)
    }
}

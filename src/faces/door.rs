//! The doors through which applications send somebody, and a request that waits at one while a page
//! of ours asks the person. Its parameters are carried along as they came and judged at the door
//! again, by its own rules.

use super::{asker::Asker, selector};
use crate::{
    app::{App, Base},
    http::Pairs,
    kit::error::{Error, Refused},
};

/// Where a person is asked.
const PAGE: &str = "/login";

/// What the page itself sends, beside the parameters that it carries.
const ITS_OWN: [&str; 5] = ["door", "token", "email", "chosen", "another"];

/// A path that takes requests for a sign-in.
#[derive(Debug)]
pub(super) struct Door {
    /// What it is called where a page carries its requests.
    name: &'static str,
    /// Where a request goes on once its person was asked.
    path: &'static str,
    /// Who asks, by the rules of this door.
    asker: fn(&App, &Pairs) -> Result<Asker, Error>,
    /// Whether an answer says whose it is (RFC 9207).
    names_issuer: bool,
}

/// `GET /sso/authorize`.
pub(super) const SSO: Door =
    Door { name: "sso", path: "/sso/authorize", asker: Asker::parse, names_issuer: false };

/// `GET /oauth2/authorize`.
pub(super) const OPENID: Door = Door {
    name: "openid",
    path: "/oauth2/authorize",
    asker: |_, pairs| Asker::of_openid(pairs),
    names_issuer: true,
};

/// All of them; the first one where nobody says.
const DOORS: &[&Door] = &[&SSO, &OPENID];

/// A request whose person is asked first.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Who sent it, not verified yet.
    pub(super) asker: Asker,
    door: &'static Door,
    pairs: Vec<(String, String)>,
}

impl Door {
    fn is_first(&self) -> bool {
        self.name == DOORS[0].name
    }

    /// The page that asks, with a request as it came to this door.
    pub(super) fn asks(&self, base: &Base, raw_query: &str) -> String {
        let base = base.as_str();
        if self.is_first() {
            return format!("{base}{PAGE}?{raw_query}");
        }
        format!("{base}{PAGE}?door={}&{raw_query}", self.name)
    }
}

impl Waiting {
    /// What a page carries. Refusals: those of [`Asker::parse`].
    pub(super) fn parse(app: &App, pairs: &Pairs) -> Result<Self, Error> {
        let door = match pairs.one("door")? {
            None => DOORS[0],
            Some(name) => *DOORS.iter().find(|door| door.name == name).ok_or_else(|| {
                Refused::malformed("client_unknown", "there is no door of this name")
            })?,
        };
        let carried = pairs.entries().filter(|(name, _)| !ITS_OWN.contains(name));
        Ok(Self {
            asker: (door.asker)(app, pairs)?,
            door,
            pairs: carried.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// The client's address, for a person who changed their mind.
    pub(super) fn cancelled(&self, base: &Base) -> String {
        let issuer = self.door.names_issuer.then(|| ("iss", base.as_str()));
        let why = "The person chose not to sign in.";
        let pairs = [("error", "access_denied"), ("error_description", why)];
        self.asker.answer_url(&pairs.into_iter().chain(issuer).collect::<Vec<_>>())
    }

    /// A parameter of the request.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The same request with another word for who the person is.
    #[must_use]
    pub(super) fn of_person(mut self, email: &str) -> Self {
        self.pairs.retain(|(name, _)| name != "login_hint");
        self.pairs.push(("login_hint".to_owned(), email.to_owned()));
        self
    }

    /// What a form carries.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let door = (!self.door.is_first()).then(|| ("door".to_owned(), self.door.name.to_owned()));
        door.into_iter().chain(self.pairs.iter().cloned()).collect()
    }

    /// Where it goes on as it is.
    pub(super) fn goes_on(&self, base: &Base) -> String {
        let all = self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        address(base, self.door.path, all)
    }

    /// Where it goes on, through this connection and no other.
    pub(super) fn goes_through(&self, base: &Base, connection: &str) -> String {
        let rest = self.pairs.iter().filter(|(name, _)| !selector::NAMES.contains(&name.as_str()));
        let rest = rest.map(|(name, value)| (name.as_str(), value.as_str()));
        address(base, self.door.path, rest.chain([("connection", connection)]))
    }

    /// The page that asks anew, forgetting whom it was told to expect.
    pub(super) fn asks_anew(&self, base: &Base) -> String {
        let fields = self.fields();
        let rest = fields.iter().filter(|(name, _)| {
            !selector::NAMES.contains(&name.as_str())
                && !matches!(name.as_str(), "login_hint" | "domain_hint")
        });
        let rest = rest.map(|(name, value)| (name.as_str(), value.as_str()));
        address(base, PAGE, rest.chain([("another", "yes")]))
    }

    /// Where a form of the page goes.
    pub(super) fn action(base: &Base) -> String {
        format!("{}{PAGE}", base.as_str())
    }
}

fn address<'a>(
    base: &Base,
    path: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{}{path}?{query}", base.as_str())
}

//! Who asks for a sign-in, and where the answer goes: a client and one of its redirect URIs. Until
//! both are known to belong together, a no is a page; nothing is sent to an address that the client
//! has not listed.

use crate::{
    app::App,
    applications::{Client, client, redirect_uri},
    http::Pairs,
    kit::{
        error::{Error, Refused},
        id::Id,
        text::WebAddress,
    },
    openid_provider,
    store::Tx,
};

/// The longest state that is carried, in bytes.
const MAX_STATE: usize = 8 * 1024;

/// An application, as a request names it.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// Which client it says that it is.
    pub(super) client: Id<Client>,
    /// Where it wants to be answered.
    pub(super) redirect_uri: WebAddress,
    /// Its own word, given back as it came.
    pub(super) state: Option<String>,
    list: List,
}

/// Which of a client's lists has the address.
#[derive(Debug, Clone, Copy)]
enum List {
    /// The WorkOS API's.
    RedirectUris {
        /// Whether any address on this machine is allowed.
        loopback: bool,
    },
    /// The one of OpenID Connect.
    OpenId,
}

impl Asker {
    /// What a request says. Refusals: `client_unknown`, `redirect_uri_not_allowed`,
    /// `duplicate_parameter`.
    pub(super) fn parse(app: &App, query: &Pairs) -> Result<Self, Error> {
        let client = query.one("client_id")?.unwrap_or_default();
        let client = Id::parse(client).map_err(|_| unknown())?;
        let redirect_uri = query.one("redirect_uri")?.unwrap_or_default();
        let redirect_uri = WebAddress::parse(redirect_uri).map_err(|_| not_allowed())?;
        let state = query.one("state")?.map(str::to_owned);
        let list = List::RedirectUris { loopback: app.loopback_allowed };
        Ok(Self { client, redirect_uri, state, list })
    }

    /// As [`Self::parse`], of a request by OpenID Connect: its address is compared to the letter, and
    /// of two states none is given back.
    pub(super) fn of_openid(query: &Pairs) -> Result<Self, Error> {
        let client = query.one("client_id")?.unwrap_or_default();
        let client = Id::parse(client).map_err(|_| unknown())?;
        let asked = query.one("redirect_uri")?.unwrap_or_default();
        let redirect_uri = WebAddress::parse(asked)
            .ok()
            .filter(|address| address.as_str() == asked)
            .ok_or_else(not_allowed)?;
        let state = query.one("state").ok().flatten().map(str::to_owned);
        Ok(Self { client, redirect_uri, state, list: List::OpenId })
    }

    /// The client, if it has listed the address. Refusals as above.
    pub(super) fn verify(&self, tx: &Tx<'_>) -> Result<Client, Error> {
        let client = client::lookup(tx, &self.client)?.ok_or_else(unknown)?;
        let asked = &self.redirect_uri;
        let allowed = match self.list {
            List::RedirectUris { loopback } if loopback && asked.is_loopback() => true,
            List::RedirectUris { .. } => redirect_uri::is_allowed(tx, &self.client, asked)?,
            List::OpenId => {
                let client = openid_provider::client::lookup(tx, &self.client)?;
                client.ok_or_else(unknown)?.redirect_uri(asked.as_str()).is_some()
            }
        };
        if allowed { Ok(client) } else { Err(not_allowed()) }
    }

    /// Whether its state is not too long to be carried.
    pub(super) fn state_fits(&self) -> bool {
        self.state.as_ref().is_none_or(|state| state.len() <= MAX_STATE)
    }

    /// Its address with an answer and its own state.
    pub(super) fn answer_url(&self, pairs: &[(&str, &str)]) -> String {
        answer_url(&self.redirect_uri, self.state.as_deref(), pairs)
    }

    /// Notes in the log that a request came to nothing before it was known whose it was.
    pub(super) fn unknown(request_id: &impl std::fmt::Display, query: &Pairs, error: &Error) {
        let asked = |name| query.one(name).ok().flatten().unwrap_or_default();
        let address = asked("redirect_uri").split(['?', '#']).next().unwrap_or_default();
        tracing::warn!(
            %request_id, client = shown(asked("client_id")), redirect_uri = shown(address),
            reason = %error, "authorization request refused"
        );
    }
}

fn unknown() -> Error {
    Refused::malformed("client_unknown", "the client_id is missing or unknown")
}

fn not_allowed() -> Error {
    Refused::malformed("redirect_uri_not_allowed", "the client has not listed this address")
}

/// What a caller sent, as far as it may stand in a log.
pub(super) fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A description of a no as OAuth writes it: without quotes, backslashes and letters beyond ASCII
/// (RFC 6749 §4.1.2.1, §5.2).
pub(super) fn plain(text: &str) -> String {
    let plain = |c: char| matches!(c, ' '..='~') && c != '\\';
    text.chars().filter(|c| plain(*c)).map(|c| if c == '"' { '\'' } else { c }).collect()
}

/// The application's address with an answer and its own state, as it came.
pub(super) fn answer_url(
    redirect_uri: &WebAddress,
    state: Option<&str>,
    pairs: &[(&str, &str)],
) -> String {
    let mut url = redirect_uri.url().clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(pairs);
        if let Some(state) = state {
            query.append_pair("state", state);
        }
    }
    url.into()
}

//! What stands in an authorization request (OpenID Connect Core §3.1.2.1), parameter by parameter.

use std::time::Duration;

use super::super::authorize;
use crate::{
    faces::{asker::shown, selector::Selector},
    http::Pairs,
    kit::error::{Error, Refused},
    objects,
    openid_provider::Scope,
};

/// The longest state and nonce that are carried, in bytes.
const MAX_STATE: usize = 8 * 1024;
const MAX_NONCE: usize = 1024;
/// The longest scope that is looked at.
const MAX_SCOPE: usize = 1024;

/// What may be refused only with an error of its own, and which.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("request", "request_not_supported"),
    ("request_uri", "request_uri_not_supported"),
    ("registration", "registration_not_supported"),
    ("claims", "invalid_request"),
    ("resource", "invalid_target"),
];

/// Whether and how a person is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prompt {
    /// Nothing is said: only who is not signed in.
    Unsaid,
    /// Nobody may be asked anything.
    None,
    /// They sign in anew.
    Login,
    /// They say who they are, for somebody else may be signed in.
    SelectAccount,
}

/// A request's parameters.
pub(super) struct Ask {
    pub(super) scope: Scope,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) prompt: Prompt,
    pub(super) max_age: Option<Duration>,
    pub(super) id_token_hint: Option<String>,
    pub(super) login_hint: Option<String>,
    pub(super) domain_hint: Option<String>,
    /// Which connection the person is to sign in through.
    pub(super) selector: Selector,
}

impl Ask {
    /// Looks everything over. Refusals are the ones that a client knows.
    pub(super) fn parse(query: &Pairs, is_public: bool) -> Result<Self, Error> {
        if let Some(name) = query.repeated() {
            return Err(invalid(format!("{} may be given only once.", shown(name))));
        }
        let query = &query.with_values();
        let given = |name| query.one(name);
        for (name, code) in UNSUPPORTED {
            if given(name)?.is_some() {
                return Err(Refused::malformed(code, format!("{name} is not supported.")));
            }
        }
        response(given("response_type")?, given("response_mode")?)?;
        let owned = |name| Ok::<_, Error>(given(name)?.map(str::to_owned));
        let short = |name: &'static str, most: usize| {
            let text = owned(name)?;
            if text.as_ref().is_some_and(|text| text.len() > most) {
                return Err(invalid(format!("{name} is longer than {most} bytes.")));
            }
            Ok(text)
        };
        short("state", MAX_STATE)?;
        let scope = short("scope", MAX_SCOPE)?;
        Ok(Self {
            scope: Scope::parse(scope.as_deref().unwrap_or_default())?,
            nonce: short("nonce", MAX_NONCE)?,
            code_challenge: challenge(query, is_public)?,
            prompt: prompt(given("prompt")?)?,
            max_age: max_age(given("max_age")?)?,
            id_token_hint: owned("id_token_hint")?,
            login_hint: owned("login_hint")?,
            domain_hint: owned("domain_hint")?,
            selector: Selector::parse(query)?,
        })
    }

    /// Whether the request can be about this person, as far as it says about whom it is. What it says
    /// of domains is not looked at.
    pub(super) fn is_about(&self, profile: &objects::Profile) -> bool {
        let hinted = match &self.login_hint {
            Some(hint) if hint.contains('@') => hint.to_lowercase() == profile.email.to_lowercase(),
            _ => true,
        };
        let selected = match &self.selector {
            Selector::Connection(id) => *id == profile.connection_id,
            Selector::Organization(id) => profile.organization_id.as_ref() == Some(id),
            Selector::Provider(name) => *name == profile.connection_type,
            Selector::Domain(_) | Selector::Hinted(_) => true,
        };
        selected && hinted
    }

    /// The domains to which the person has to belong.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        let selected = match &self.selector {
            Selector::Domain(name) => Some(name.as_str()),
            _ => None,
        };
        selected.into_iter().chain(self.domain_hint.as_deref())
    }
}

fn response(response_type: Option<&str>, mode: Option<&str>) -> Result<(), Error> {
    match response_type {
        Some("code") => {}
        None => return Err(invalid("The response_type is missing.".to_owned())),
        Some(_) => {
            let why = "The response_type must be `code`.";
            return Err(Refused::malformed("unsupported_response_type", why));
        }
    }
    match mode {
        None | Some("query") => Ok(()),
        Some(_) => Err(invalid("The response_mode must be `query`.".to_owned())),
    }
}

/// PKCE: a public client has no other proof. A method without a challenge is half of one.
fn challenge(query: &Pairs, is_public: bool) -> Result<Option<String>, Error> {
    let challenge = authorize::code_challenge(query)?;
    if challenge.is_none() && query.one("code_challenge_method")?.is_some() {
        return Err(invalid("The code_challenge is missing.".to_owned()));
    }
    if challenge.is_none() && is_public {
        return Err(invalid("A public client must send a code_challenge (S256).".to_owned()));
    }
    Ok(challenge)
}

/// `consent` asks for nothing: whoever runs this Kernia has said yes for its people when they set up
/// the client, and there is no page that could ask them again.
fn prompt(text: Option<&str>) -> Result<Prompt, Error> {
    let asked: Vec<_> = text.unwrap_or_default().split(' ').filter(|it| !it.is_empty()).collect();
    let known = ["none", "login", "select_account", "consent"];
    if let Some(other) = asked.iter().find(|word| !known.contains(word)) {
        return Err(invalid(format!("prompt cannot be `{}`.", shown(other))));
    }
    let has = |word| asked.contains(&word);
    match (has("none"), has("login"), has("select_account")) {
        (true, ..) if asked.iter().any(|word| *word != "none") => {
            Err(invalid("prompt=none stands alone.".to_owned()))
        }
        (true, ..) => Ok(Prompt::None),
        (_, true, _) => Ok(Prompt::Login),
        (_, _, true) => Ok(Prompt::SelectAccount),
        _ => Ok(Prompt::Unsaid),
    }
}

fn max_age(text: Option<&str>) -> Result<Option<Duration>, Error> {
    let Some(text) = text else { return Ok(None) };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u32>().ok().filter(|_| plain);
    let seconds =
        seconds.ok_or_else(|| invalid("max_age must be a number of seconds.".to_owned()))?;
    Ok(Some(Duration::from_secs(u64::from(seconds))))
}

fn invalid(why: String) -> Error {
    Refused::malformed("invalid_request", why)
}

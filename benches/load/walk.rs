//! The walk of a sign-in in two halves, because a response can only be signed when its request is
//! known: many are begun, their responses are signed while no clock runs, and all are finished.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use kernia::{
    demo::{employee::Employee, identity_provider::IdentityProvider},
    kit::{chance::Chance, text::Email, time::Clock},
    saml::AuthnRequest,
};
use serde_json::Value;
use url::Url;

use crate::{
    Outcome,
    drive::Work,
    openid::OpenIdProvider,
    side::{self, Provider, Side},
    wire::{self, Wire},
};

const FORM: &str = "application/x-www-form-urlencoded";

/// So many a second, from one moment on; without it, as fast as it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) from: Instant,
    pub(crate) every: Duration,
}

/// A sign-in that waits for the identity provider.
pub(crate) struct Begun {
    nth: usize,
    location: String,
    cookie: Option<String>,
}

/// A sign-in whose answer is signed.
pub(crate) struct Answered {
    /// The posts to the assertion consumer; the last is answered with the way back.
    posts: Vec<Vec<u8>>,
    email: String,
}

/// Begins sign-ins.
pub(crate) struct Begin {
    side: Arc<Side>,
    left: Range<usize>,
    pace: Option<Pace>,
    done: u32,
    begun: Arc<Mutex<Vec<Begun>>>,
}

impl Begin {
    pub(crate) fn new(
        side: &Arc<Side>,
        left: Range<usize>,
        pace: Option<Pace>,
        begun: &Arc<Mutex<Vec<Begun>>>,
    ) -> Self {
        Self { side: Arc::clone(side), left, pace, done: 0, begun: Arc::clone(begun) }
    }
}

impl Work for Begin {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let nth = self.left.next().ok_or("none is left")?;
        self.done += 1;
        let answer = wire.ask(&self.side.begin(nth)).await?.expect(302)?;
        let location = answer.header("location").ok_or("a redirect to nowhere")?.to_owned();
        let cookie = answer.cookies().next().map(str::to_owned);
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).push(Begun {
            nth,
            location,
            cookie,
        });
        Ok(1)
    }

    fn due(&self) -> Option<Instant> {
        self.pace.map(|pace| pace.from + pace.every * self.done)
    }

    fn is_done(&self) -> bool {
        self.left.is_empty()
    }
}

/// Signs the answers to all that were begun, on two threads.
pub(crate) fn sign(
    side: &Side,
    idp: &Provider,
    begun: &[Begun],
    people: usize,
) -> Outcome<Vec<Answered>> {
    let halves = begun.split_at(begun.len() / 2);
    let some = |part: &[Begun]| {
        let one = |begun| match idp {
            Provider::Saml(idp) => answer(side, idp, begun, people),
            Provider::Oidc(provider) => code(side, provider, begun, people),
        };
        part.iter().map(one).collect::<Outcome<Vec<_>>>()
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| some(halves.1));
        let mut all = some(halves.0)?;
        all.extend(other.join().map_err(|_| "signing panicked")??);
        Ok(all)
    })
}

/// An OpenID provider's answer is an address with a code; its tokens wait for that.
fn code(side: &Side, provider: &OpenIdProvider, begun: &Begun, people: usize) -> Outcome<Answered> {
    let asked = Url::parse(&begun.location)?;
    let value = |wanted: &str| {
        let found = asked.query_pairs().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).ok_or_else(|| format!("no {wanted}: {asked}"))
    };
    let (id, email) = side.person(begun.nth, people);
    let code = provider.prepare(begun.nth, &value("nonce")?, (&id, &email))?;
    let mut back = Url::parse(&value("redirect_uri")?)?;
    back.query_pairs_mut().append_pair("code", &code).append_pair("state", &value("state")?);
    let target = &back[url::Position::BeforePath..url::Position::AfterQuery];
    let cookie = begun.cookie.as_ref().map_or_else(String::new, |it| format!("cookie: {it}\r\n"));
    Ok(Answered { posts: vec![wire::get(&side.authority, target, &cookie)], email })
}

fn answer(side: &Side, idp: &IdentityProvider, begun: &Begun, people: usize) -> Outcome<Answered> {
    let asked = Url::parse(&begun.location)?;
    let value =
        |wanted| asked.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let request = value("SAMLRequest").ok_or_else(|| format!("no request: {asked}"))?;
    let request = AuthnRequest::parse_redirect(&request).map_err(|no| format!("{no}"))?;
    let relay_state = value("RelayState").ok_or("no relay state")?;
    let (id, email) = side.person(begun.nth, people);
    let employee = Employee {
        id,
        email: Email::parse(&email).map_err(|error| format!("{error}"))?,
        first_name: "Ada".to_owned(),
        last_name: "Lovelace".to_owned(),
        groups: vec!["Engineering".to_owned(), "Admins".to_owned()],
        password: String::new(),
    };
    let response = idp
        .answer(&request, &employee, Clock::system().now(), &Chance::system())
        .map_err(|error| format!("{error}"))?;
    let acs = Url::parse(&request.acs_url)?;
    let body = |again: bool| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("SAMLResponse", &response).append_pair("RelayState", &relay_state);
        if again {
            form.append_pair("Again", "1");
        }
        form.finish()
    };
    let cookie = begun.cookie.as_ref().map_or_else(String::new, |it| format!("cookie: {it}\r\n"));
    let post =
        |cookie: &str, body: &str| wire::post(&side.authority, acs.path(), FORM, cookie, body);
    let posts = if side.twice {
        vec![post("", &body(false)), post(&cookie, &body(true))]
    } else {
        vec![post(&cookie, &body(false))]
    };
    Ok(Answered { posts, email })
}

/// Finishes sign-ins: the answer, the code's exchange, the profile.
pub(crate) struct Finish {
    side: Arc<Side>,
    left: std::vec::IntoIter<Answered>,
    pace: Option<Pace>,
    done: u32,
}

impl Finish {
    pub(crate) fn new(side: &Arc<Side>, left: Vec<Answered>, pace: Option<Pace>) -> Self {
        Self { side: Arc::clone(side), left: left.into_iter(), pace, done: 0 }
    }
}

impl Work for Finish {
    async fn once(&mut self, wire: &mut Wire) -> Outcome<usize> {
        let Answered { posts, email } = self.left.next().ok_or("none is left")?;
        self.done += 1;
        let side = &self.side;
        let (last, first) = posts.split_last().ok_or("no answer")?;
        for post in first {
            wire.ask(post).await?.expect(200)?;
        }
        let answer = wire.ask(last).await?;
        let status = if answer.status == 302 { 302 } else { 303 };
        let answer = answer.expect(status)?;
        let location = answer.header("location").filter(|it| side::is_callback(it));
        let location = Url::parse(location.ok_or("not sent back to the application")?)?;
        let code = location.query_pairs().find(|(name, _)| name == "code");
        let (_, code) = code.ok_or_else(|| format!("no code: {location}"))?;
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &side.client_id)
            .append_pair("client_secret", &side.client_secret)
            .append_pair("redirect_uri", side::REDIRECT_URI)
            .append_pair("code", &code)
            .finish();
        let request = wire::post(&side.authority, side.token, FORM, "", &body);
        let token: Value = serde_json::from_str(wire.ask(&request).await?.expect(200)?.text()?)?;
        let token = token["access_token"].as_str().ok_or("no access token")?;
        let bearer = format!("authorization: Bearer {token}\r\n");
        let request = wire::get(&side.authority, side.profile, &bearer);
        let profile = wire.ask(&request).await?.expect(200)?;
        if profile.text()?.contains(&email) {
            return Ok(posts.len() + 2);
        }
        Err(format!("signed in, but not as {email}").into())
    }

    fn due(&self) -> Option<Instant> {
        self.pace.map(|pace| pace.from + pace.every * self.done)
    }

    fn is_done(&self) -> bool {
        self.left.as_slice().is_empty()
    }
}

//! A sign-in: begun when an application sends somebody here, finished when the customer's identity
//! provider vouches for them. Only success consumes one.

use std::time::Duration;

use super::{
    Connection, Profile, Statement, TestSignIn,
    access::Grant,
    attributes::{self, Person},
    connection, profile, session, sql,
};
use crate::{
    applications::{Client, redirect_uri},
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    organizations::{self, domain},
    saml,
    sso::access,
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long an identity provider may take (rule 22).
pub const LIFETIME: Duration = Duration::from_mins(15);
/// For how long another restart in the same browser counts as going round in circles.
const CIRCLE: Duration = Duration::from_mins(2);

/// What a sign-in is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// An application asked for it.
    Application,
    /// The identity provider began it by itself and was asked anew (rule 23).
    Restart,
    /// It is a test of the connection: nobody is signed in.
    Test(Id<TestSignIn>),
    /// An application asked for it by OpenID Connect, in the request of this id.
    OpenId(Id<OpenIdRequest>),
}

/// Names the requests of `openid_provider`, which this room does not know.
pub struct OpenIdRequest;

impl Prefixed for OpenIdRequest {
    const PREFIX: &'static str = "openid_request_";
}

impl Purpose {
    fn as_str(&self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Restart => "restart",
            Self::Test(_) => "test",
            Self::OpenId(_) => "openid",
        }
    }
}

/// A sign-in under way.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Goes to the identity provider and back as the relay state.
    pub id: Id<SignIn>,
    /// Through which connection.
    pub connection: Id<Connection>,
    /// For which application.
    pub client: Id<Client>,
    /// The ID of our `AuthnRequest`.
    pub request_id: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Where the application is answered; empty for a test.
    pub redirect_uri: String,
    /// The application's own word, given back as it came.
    pub state: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// Whether the person must sign in anew (`prompt=login`).
    pub force_authn: bool,
    /// Whether it was finished: an answer to it comes for the second time.
    pub is_finished: bool,
    browser: Digest,
    code_challenge: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Through which connection.
    pub connection: Id<Connection>,
    /// For which application; for a test, whose key made it.
    pub client: Id<Client>,
    /// What for.
    pub purpose: Purpose,
    /// Where the answer goes; it was compared with the client's list. A test has none.
    pub redirect_uri: Option<WebAddress>,
    /// The application's own word, given back as it came.
    pub state: Option<String>,
    /// The S256 challenge of PKCE (RFC 7636 §4.2).
    pub code_challenge: Option<String>,
    /// Whether the person must sign in anew (`prompt=login`).
    pub force_authn: bool,
    /// What this browser's cookie holds.
    pub browser: Digest,
}

impl Prefixed for SignIn {
    const PREFIX: &'static str = "sign_in_";
}

impl SignIn {
    /// Whether `browser` is the one that began it.
    #[must_use]
    pub fn is_of(&self, browser: &Digest) -> bool {
        self.browser == *browser
    }

    /// Where the application is answered; a test has no such address.
    #[must_use]
    pub fn answer_address(&self) -> Option<WebAddress> {
        WebAddress::parse(&self.redirect_uri).ok()
    }

    /// Whether it is a test of the connection.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(self.purpose, Purpose::Test(_))
    }

    /// The id of a sign-in that a relay state of ours is.
    #[must_use]
    pub fn id_of(relay_state: &str) -> Option<Id<Self>> {
        Id::parse(relay_state).ok().filter(|_| relay_state.starts_with(Self::PREFIX))
    }

    /// What the application gets when it ends well.
    fn grant(&self) -> Grant<'_> {
        Grant {
            client: &self.client,
            redirect_uri: &self.redirect_uri,
            code_challenge: self.code_challenge.as_deref(),
        }
    }

    /// What verification compares the response with.
    #[must_use]
    pub fn pending(&self) -> saml::Pending {
        saml::Pending {
            request_id: self.request_id.clone(),
            force_authn: self.force_authn,
            issued_at: self.created_at,
        }
    }
}

/// Begins a sign-in.
pub fn begin(tx: &Tx<'_>, asked: &Asked) -> Result<SignIn, Error> {
    let sign_in = SignIn {
        id: tx.id(),
        connection: asked.connection.clone(),
        client: asked.client.clone(),
        request_id: saml::request_id(tx.chance().bytes()),
        purpose: asked.purpose.clone(),
        redirect_uri: asked.redirect_uri.as_ref().map(WebAddress::to_string).unwrap_or_default(),
        state: asked.state.clone(),
        created_at: tx.now,
        is_finished: false,
        browser: asked.browser,
        code_challenge: asked.code_challenge.clone(),
        force_authn: asked.force_authn,
    };
    // A test has no application whose state could stand there, and the one of OpenID Connect stands in
    // its own request.
    let state = match &sign_in.purpose {
        Purpose::Test(test) => Some(test.as_str()),
        Purpose::OpenId(request) => Some(request.as_str()),
        Purpose::Application | Purpose::Restart => sign_in.state.as_deref(),
    };
    tx.run(
        sql::SIGN_IN_INSERT,
        params![
            &sign_in.id,
            &sign_in.connection,
            &sign_in.client,
            &sign_in.request_id,
            sign_in.browser.as_bytes().as_slice(),
            &sign_in.redirect_uri,
            state,
            sign_in.code_challenge.as_deref(),
            sign_in.force_authn,
            sign_in.purpose.as_str(),
            tx.now
        ],
    )?;
    Ok(sign_in)
}

/// The sign-in at this connection whose request has this ID, finished or not: one that is finished
/// lets a second answer be told from a strange one ([`finish`] refuses both).
pub fn lookup(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    request_id: &str,
) -> Result<Option<SignIn>, Error> {
    tx.find(sql::SIGN_IN_BY_REQUEST, params![connection, request_id], from_row)
}

/// The sign-in of this id at this connection: what an identity provider that forgot the request may
/// still name in its relay state.
pub fn lookup_by_id(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    id: &Id<SignIn>,
) -> Result<Option<SignIn>, Error> {
    tx.find(sql::SIGN_IN_BY_ID, params![connection, id], from_row)
}

/// Where somebody goes on to who did not come from an application: to the first of `wished` that a
/// client has listed, else to the default redirect URI of the oldest client that has one.
#[derive(Debug, Clone)]
pub struct Target {
    /// Which application.
    pub client: Id<Client>,
    /// Where it is answered.
    pub redirect_uri: WebAddress,
}

impl Target {
    /// Finds it; there is none while no client has a default.
    pub fn lookup(tx: &Tx<'_>, wished: &[WebAddress]) -> Result<Option<Self>, Error> {
        for redirect_uri in wished {
            if let Some(client) = redirect_uri::oldest_client_with(tx, redirect_uri)? {
                return Ok(Some(Self { client, redirect_uri: redirect_uri.clone() }));
            }
        }
        let default = redirect_uri::oldest_default(tx)?;
        Ok(default.map(|(client, redirect_uri)| Self { client, redirect_uri }))
    }
}

/// Begins a sign-in anew that the identity provider began by itself (rule 23): nothing of its answer
/// goes in. Refusals: `unsolicited`, where there is nowhere to go on to, or where a restart in this
/// browser has just come to nothing.
pub fn restart(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    (wished, browser): (&[WebAddress], &Digest),
) -> Result<SignIn, Error> {
    let params = params![connection, browser.as_bytes().as_slice(), tx.now - CIRCLE];
    if tx.find(sql::RESTART_UNDER_WAY, params, |row| row.get::<Id<SignIn>>("id"))?.is_some() {
        return Err(Refused::conflict(
            "unsolicited",
            "rule 23: the identity provider was asked a moment ago and answered by itself again; \
             it does not put the ID of our request into its answer",
        ));
    }
    let Some(target) = Target::lookup(tx, wished)? else {
        let why = "rule 23: no application has a default redirect URI to go on to";
        return Err(Refused::malformed("unsolicited", why));
    };
    let asked = Asked {
        connection: connection::find(tx, connection)?.id,
        client: target.client,
        purpose: Purpose::Restart,
        redirect_uri: Some(target.redirect_uri),
        state: None,
        code_challenge: None,
        force_authn: false,
        browser: *browser,
    };
    begin(tx, &asked)
}

/// Finishes a sign-in: consumes it and the assertion, records the profile, and gives the one-time
/// code for the application. All of it or nothing.
///
/// Refusals: `in_response_to` and `replay` (rules 22 and 29), `transient_name_id` and
/// `email_missing` (rule 30), `profile_not_allowed_outside_organization`, `connection_unlinked`.
pub fn finish(tx: &Tx<'_>, sign_in: &SignIn, who: &Statement) -> Result<Secret, Error> {
    let signed_in = vouch(tx, sign_in, who)?;
    access::issue_code(tx, &sign_in.grant(), &signed_in.profile)
}

/// Who signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub profile: Id<Profile>,
    /// Through which connection.
    pub connection: Id<Connection>,
    /// When they did so at their identity provider; now, where it does not say.
    pub at: Timestamp,
    /// When that has to be taken as over (SAML Core §2.7.2), where the provider says.
    pub until: Option<Timestamp>,
}

/// As [`finish`], for whoever gives the application something else than our own code.
pub fn vouch(tx: &Tx<'_>, sign_in: &SignIn, who: &Statement) -> Result<SignedIn, Error> {
    let connection = enabled(tx, &sign_in.connection)?;
    spend(tx, &connection, who)?;
    consume(tx, sign_in)?;
    let (profile, _) = admit(tx, &connection, who)?;
    // A provider's clock may be ahead of ours.
    let at = who.authenticated_at.unwrap_or(tx.now).min(tx.now);
    Ok(SignedIn { profile, connection: connection.id, at, until: who.session.until })
}

/// The connection, which nobody has switched off or deleted meanwhile.
pub fn enabled(tx: &Tx<'_>, id: &Id<Connection>) -> Result<Connection, Error> {
    let found = connection::lookup(tx, id)?.filter(Connection::is_enabled);
    found.ok_or_else(|| {
        let why = "the connection was switched off or deleted meanwhile";
        Refused::forbidden("connection_unlinked", why)
    })
}

/// Takes what is good once: an assertion's ID (rule 29). An ID token has the nonce of its sign-in, and
/// that is consumed.
pub(super) fn spend(
    tx: &Tx<'_>,
    connection: &Connection,
    statement: &Statement,
) -> Result<(), Error> {
    let Some((id, until)) = &statement.once else { return Ok(()) };
    let params = params![&connection.id, id, rounded_up(*until)];
    if tx.run(sql::REPLAY_INSERT, params)? == 0 {
        return Err(Refused::conflict("replay", "this assertion was accepted before (rule 29)"));
    }
    Ok(())
}

/// To the next minute, so that those of one minute lie together in the index.
fn rounded_up(until: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000;
    Timestamp::from_millis(until.millis().div_euclid(MINUTE).saturating_add(1) * MINUTE)
}

/// Marks the sign-in as finished, once (rule 22).
pub(super) fn consume(tx: &Tx<'_>, sign_in: &SignIn) -> Result<(), Error> {
    if tx.run(sql::SIGN_IN_FINISH, params![&sign_in.id, tx.now])? == 0 {
        let why = "this sign-in was finished meanwhile (rule 22)";
        return Err(Refused::conflict("in_response_to", why));
    }
    Ok(())
}

/// The profile of the person that the statement is about, if the organization lets them in; the
/// first one makes the connection active.
pub(super) fn admit(
    tx: &Tx<'_>,
    connection: &Connection,
    statement: &Statement,
) -> Result<(Id<Profile>, Person), Error> {
    let person = attributes::read(connection, statement)?;
    belongs(tx, connection, &person)?;
    let profile = profile::record(tx, &connection.id, statement, &person)?;
    connection::signed_in(tx, connection)?;
    if connection.settings.idp_logout.is_some() || statement.session.is_kept {
        session::remember(tx, connection, &profile, statement)?;
    }
    Ok((profile, person))
}

/// Whether the person's email address is in a domain that the organization owns, where it must be.
pub(super) fn belongs(tx: &Tx<'_>, connection: &Connection, person: &Person) -> Result<(), Error> {
    // A provider for everybody has no domains to ask for.
    let Some(organization) = &connection.organization else { return Ok(()) };
    if domain::owns(tx, organization, &person.email)?
        || organizations::find(tx, organization)?.allow_profiles_outside_organization
    {
        return Ok(());
    }
    Err(Refused::forbidden(
        "profile_not_allowed_outside_organization",
        "The email domain of this profile is not a verified domain of the organization.",
    ))
}

fn from_row(row: &Row<'_>) -> Result<SignIn, Error> {
    let state: Option<String> = row.get("state")?;
    let test = || state.as_deref().and_then(|id| Id::parse(id).ok());
    let request = || state.as_deref().and_then(|id| Id::parse(id).ok());
    let purpose = row.parse("purpose", |text| match text {
        "application" => Some(Purpose::Application),
        "restart" => Some(Purpose::Restart),
        "test" => test().map(Purpose::Test),
        "openid" => request().map(Purpose::OpenId),
        _ => None,
    })?;
    Ok(SignIn {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        client: row.get("client_id")?,
        request_id: row.get("request_id")?,
        redirect_uri: row.get("redirect_uri")?,
        state: state.filter(|_| !matches!(purpose, Purpose::Test(_) | Purpose::OpenId(_))),
        purpose,
        created_at: row.get("created_at")?,
        is_finished: row.get::<Option<Timestamp>>("finished_at")?.is_some(),
        browser: row.get("browser")?,
        code_challenge: row.get("code_challenge")?,
        force_authn: row.get("force_authn")?,
    })
}

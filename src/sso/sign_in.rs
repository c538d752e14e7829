//! A sign-in: begun when an application sends somebody here, finished when the customer's identity
//! provider vouches for them. Only success consumes one.

use std::time::Duration;

use super::{Connection, attributes, connection, profile, sql};
use crate::{
    applications::Client,
    kit::{
        error::{Error, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    organizations::{self, domain},
    saml::{self, Assertion, Verified},
    sso::access,
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long an identity provider may take (rule 22).
pub const LIFETIME: Duration = Duration::from_mins(15);

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
    /// Where the application is answered.
    pub redirect_uri: String,
    /// The application's own word, given back as it came.
    pub state: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    browser: Digest,
    code_challenge: Option<String>,
    force_authn: bool,
}

/// What an application asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Through which connection.
    pub connection: Id<Connection>,
    /// For which application.
    pub client: Id<Client>,
    /// Where the answer goes; it was compared with the client's list.
    pub redirect_uri: WebAddress,
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
        redirect_uri: asked.redirect_uri.to_string(),
        state: asked.state.clone(),
        created_at: tx.now,
        browser: asked.browser,
        code_challenge: asked.code_challenge.clone(),
        force_authn: asked.force_authn,
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
            sign_in.state.as_deref(),
            sign_in.code_challenge.as_deref(),
            sign_in.force_authn,
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

/// Finishes a sign-in: consumes it and the assertion, records the profile, and gives the one-time
/// code for the application. All of it or nothing.
///
/// Refusals: `in_response_to` and `replay` (rules 22 and 29), `transient_name_id` and
/// `email_missing` (rule 30), `profile_not_allowed_outside_organization`, `connection_unlinked`.
pub fn finish(tx: &Tx<'_>, sign_in: &SignIn, who: &Verified<Assertion>) -> Result<Secret, Error> {
    let assertion = who.get();
    let connection = connection::find(tx, &sign_in.connection)?;
    if !connection.is_enabled() {
        let why = "the connection was switched off meanwhile";
        return Err(Refused::forbidden("connection_unlinked", why));
    }
    let params = params![&sign_in.connection, &assertion.id, assertion.replayable_until];
    if tx.run(sql::REPLAY_INSERT, params)? == 0 {
        return Err(Refused::conflict("replay", "this assertion was accepted before (rule 29)"));
    }
    if tx.run(sql::SIGN_IN_FINISH, params![&sign_in.id, tx.now])? == 0 {
        let why = "this sign-in was finished meanwhile (rule 22)";
        return Err(Refused::conflict("in_response_to", why));
    }
    let person = attributes::read(&connection, assertion)?;
    let organization = organizations::find(tx, &connection.organization)?;
    if !organization.allow_profiles_outside_organization
        && !domain::owns(tx, &organization.id, &person.email)?
    {
        return Err(Refused::forbidden(
            "profile_not_allowed_outside_organization",
            "The email domain of this profile is not a verified domain of the organization.",
        ));
    }
    let profile = profile::record(tx, &connection.id, assertion, &person)?;
    connection::signed_in(tx, &connection)?;
    access::issue_code(tx, sign_in, &profile)
}

impl SignIn {
    pub(super) fn code_challenge(&self) -> Option<&str> {
        self.code_challenge.as_deref()
    }
}

fn from_row(row: &Row<'_>) -> Result<SignIn, Error> {
    Ok(SignIn {
        id: row.get("id")?,
        connection: row.get("connection_id")?,
        client: row.get("client_id")?,
        request_id: row.get("request_id")?,
        redirect_uri: row.get("redirect_uri")?,
        state: row.get("state")?,
        created_at: row.get("created_at")?,
        browser: Digest::from_bytes(&row.get::<Vec<u8>>("browser")?)
            .ok_or_else(|| row.inconsistent("browser"))?,
        code_challenge: row.get("code_challenge")?,
        force_authn: row.get("force_authn")?,
    })
}

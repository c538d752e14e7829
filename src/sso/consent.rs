//! Answers that an identity provider sent by itself, where that is accepted (rule 23): held until the
//! person says yes in this browser. A yes is remembered there, for this profile and application.

use std::time::Duration;

use super::{
    Connection, Profile, Statement,
    access::{self, Grant},
    profile,
    sign_in::{self, Target},
    sql,
};
use crate::{
    applications::{Client, client},
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
        text::WebAddress,
    },
    store::{Row, Tx, params},
    vault::Digest,
};

/// How long an answer waits for the person.
pub const HELD_FOR: Duration = Duration::from_mins(10);
/// How long a yes is remembered.
pub const REMEMBERED_FOR: Duration = Duration::from_hours(365 * 24);

/// In which browser an answer came.
#[derive(Debug, Clone, Copy)]
pub struct Browsers {
    /// By the value that lives for as long as a sign-in.
    pub signing_in: Digest,
    /// By the value under which a yes is remembered, if it has one.
    pub consenting: Option<Digest>,
}

/// What becomes of an answer.
pub enum Accepted {
    /// The person said yes before: the code for the application.
    Known(Secret),
    /// It waits for a yes.
    Held(Held),
}

/// What the person is asked.
pub struct Held {
    /// Opens the held answer once, together with the browser that it came in.
    pub token: Secret,
    /// Who they would be signed in as.
    pub email: String,
    /// Which application they would be signed in to.
    pub application: String,
}

/// What an application is told in the end.
#[derive(Debug)]
pub struct Answered {
    /// Which application.
    pub client: Id<Client>,
    /// Where it is answered.
    pub redirect_uri: WebAddress,
    /// The code, after a yes.
    pub code: Option<Secret>,
}

/// Takes an answer that nobody asked for: the assertion is spent, the profile recorded, and what the
/// application gets waits for the person unless they said yes before.
///
/// Refusals: those of [`sign_in::finish`] but for the ones about a request.
pub fn accept(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    (target, browsers): (&Target, &Browsers),
    who: &Statement,
) -> Result<Accepted, Error> {
    let connection = sign_in::enabled(tx, connection)?;
    sign_in::spend(tx, &connection, who)?;
    let (profile, person) = sign_in::admit(tx, &connection, who)?;
    if let Some(browser) = &browsers.consenting
        && is_remembered(tx, (&profile, &target.client), browser)?
    {
        return code(tx, &target.client, &target.redirect_uri, &profile).map(Accepted::Known);
    }
    let token = tx.token("");
    tx.run(
        sql::HELD_INSERT,
        params![
            Digest::of(&token).as_bytes().as_slice(),
            browsers.signing_in.as_bytes().as_slice(),
            &target.client,
            &profile,
            target.redirect_uri.as_str(),
            tx.now
        ],
    )?;
    let application = client::find(tx, &target.client)?.name;
    Ok(Accepted::Held(Held { token, email: person.email.as_str().to_owned(), application }))
}

/// The person's answer about what is held. It is gone then, whatever they say. A yes is remembered
/// for the browser of `remember`.
///
/// Refusals: `consent_over`, when nothing is held under this token in this browser (any more).
pub fn answer(
    tx: &Tx<'_>,
    (token, browser): (&Secret, &Digest),
    remember: Option<&Digest>,
) -> Result<Answered, Error> {
    let over = || Refused::malformed("consent_over", "nothing waits for this consent any more");
    let params = params![
        Digest::of(token).as_bytes().as_slice(),
        browser.as_bytes().as_slice(),
        tx.now - HELD_FOR
    ];
    let (profile, mut answered) = tx.find(sql::HELD_TAKE, params, from_row)?.ok_or_else(over)?;
    if let Some(browser) = remember {
        // A connection that was switched off meanwhile has no profiles.
        profile::lookup(tx, &profile)?.ok_or_else(over)?;
        let params = params![&profile, &answered.client, browser.as_bytes().as_slice(), tx.now];
        tx.run(sql::CONSENT_UPSERT, params)?;
        answered.code = Some(code(tx, &answered.client, &answered.redirect_uri, &profile)?);
    }
    Ok(answered)
}

fn is_remembered(
    tx: &Tx<'_>,
    (profile, client): (&Id<Profile>, &Id<Client>),
    browser: &Digest,
) -> Result<bool, Error> {
    let params = params![profile, client, browser.as_bytes().as_slice(), tx.now - REMEMBERED_FOR];
    Ok(tx.find(sql::CONSENT, params, |_| Ok(()))?.is_some())
}

fn code(
    tx: &Tx<'_>,
    client: &Id<Client>,
    redirect_uri: &WebAddress,
    profile: &Id<Profile>,
) -> Result<Secret, Error> {
    let grant = Grant { client, redirect_uri: redirect_uri.as_str(), code_challenge: None };
    access::issue_code(tx, &grant, profile)
}

fn from_row(row: &Row<'_>) -> Result<(Id<Profile>, Answered), Error> {
    let answered = Answered {
        client: row.get("client_id")?,
        redirect_uri: row.parse("redirect_uri", |text| WebAddress::parse(text).ok())?,
        code: None,
    };
    Ok((row.get("profile_id")?, answered))
}

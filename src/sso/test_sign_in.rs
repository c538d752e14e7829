//! Tests of a connection: somebody signs in at the identity provider by an address that is made for
//! it, and sees what came. Nobody is signed in by that: no code, no profile.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    Connection, ConnectionType, Rejection, Statement,
    attributes::{self, Person},
    connection, preset,
    sign_in::{self, Asked, Purpose, SignIn},
    sql,
};
use crate::{
    applications::Client,
    kit::{
        error::{Error, Fault, Refused},
        id::{Id, Prefixed},
        secret::Secret,
        time::Timestamp,
    },
    objects,
    store::{Row, Tx, params},
    vault::{Digest, Place, Sealed, Vault},
};

/// How long the address of a test works.
pub const LIFETIME: Duration = Duration::from_hours(1);
/// How long its result can be read.
pub const KEPT: Duration = Duration::from_hours(24);

/// A test of a connection.
#[derive(Debug, Clone)]
pub struct TestSignIn {
    /// `test_sign_in_…`.
    pub id: Id<TestSignIn>,
    /// Of which connection.
    pub connection: Id<Connection>,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub created_at: Timestamp,
    client: Id<Client>,
}

/// Where a test stands.
#[derive(Debug, Clone)]
pub enum State {
    /// Nobody has come back from the identity provider yet.
    Pending,
    /// Nobody came back in time.
    Expired,
    /// It is over.
    Finished {
        /// When.
        at: Timestamp,
        /// How.
        result: Box<TestResult>,
    },
}

/// What came of a test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestResult {
    /// The sign-in at the identity provider, under which the trace is found.
    pub sign_in_id: Option<String>,
    /// Why it failed; none where it succeeded.
    pub failure: Option<Failure>,
    /// Who would have signed in, where that could be read.
    pub profile: Option<Fields>,
    /// The attributes that came, by name.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// Why a test failed, for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The code of the refusal.
    pub code: String,
    /// The rule, where one was broken.
    pub rule: Option<u8>,
    /// What came.
    pub got: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What that means.
    pub reason: String,
    /// What to do, where more than that is known.
    pub fix: Option<String>,
}

/// The fields of the profile that a sign-in would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a profile")]
pub struct Fields {
    pub idp_id: String,
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub name: Option<String>,
    pub groups: Vec<String>,
    pub custom_attributes: BTreeMap<String, Json>,
}

impl Prefixed for TestSignIn {
    const PREFIX: &'static str = "test_sign_in_";
}

impl TestSignIn {
    /// As the API shows it; the address only to whoever made it.
    #[must_use]
    pub fn published(self, url: Option<String>) -> objects::TestSignIn {
        let expires_at = self.expires_at();
        let (state, finished_at, result) = match self.state {
            State::Pending => ("pending", None, TestResult::default()),
            State::Expired => ("expired", None, TestResult::default()),
            State::Finished { at, result } if result.failure.is_none() => {
                ("succeeded", Some(at), *result)
            }
            State::Finished { at, result } => ("failed", Some(at), *result),
        };
        let TestResult { sign_in_id, failure, profile, attributes } = result;
        let (rule, code) =
            (failure.as_ref().and_then(|it| it.rule), failure.as_ref().map(|it| it.code.clone()));
        let (got, expected, reason, fix) = failure
            .map_or((None, None, None, None), |it| (it.got, it.expected, Some(it.reason), it.fix));
        objects::TestSignIn {
            id: self.id.to_string(),
            connection_id: self.connection.to_string(),
            state,
            url,
            sign_in_id,
            trace: None,
            code,
            rule,
            got,
            expected,
            reason,
            fix,
            profile: profile.map(|it| objects::TestProfile {
                idp_id: it.idp_id,
                email: it.email,
                first_name: it.first_name,
                last_name: it.last_name,
                name: it.name,
                groups: it.groups,
                custom_attributes: it.custom_attributes,
            }),
            attributes,
            created_at: self.created_at,
            expires_at,
            finished_at,
        }
    }

    /// Until when its address works.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.created_at + LIFETIME
    }
}

impl Fields {
    /// What there is of them, for a page: name, value.
    #[must_use]
    pub fn shown(self) -> Vec<(String, String)> {
        let groups = Some(self.groups.join(", ")).filter(|groups| !groups.is_empty());
        let custom = self.custom_attributes.into_iter().map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name, text)
        });
        let fields = [
            ("Id", Some(self.idp_id)),
            ("Email", Some(self.email)),
            ("First name", self.first_name),
            ("Last name", self.last_name),
            ("Name", self.name),
            ("Groups", groups),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        fields.chain(custom).collect()
    }
}

impl Failure {
    /// A refusal by the kernel, with advice on a provider of this type.
    #[must_use]
    pub fn rejected(rejected: &Rejection, connection_type: ConnectionType) -> Self {
        Self {
            code: rejected.code.to_owned(),
            rule: Some(rejected.rule).filter(|rule| *rule > 0),
            got: Some(rejected.got.clone()).filter(|got| !got.is_empty()),
            expected: Some(rejected.expected.clone()),
            reason: rejected.reason.to_owned(),
            fix: advice(rejected.code, connection_type),
        }
    }

    /// A refusal after the answer itself was found good.
    #[must_use]
    pub fn refused(refused: &Refused, connection_type: ConnectionType) -> Self {
        Self {
            code: refused.code.to_owned(),
            rule: None,
            got: None,
            expected: None,
            reason: refused.detail.clone(),
            fix: advice(refused.code, connection_type),
        }
    }
}

fn advice(code: &str, connection_type: ConnectionType) -> Option<String> {
    preset::of(connection_type).fix(code).map(str::to_owned)
}

/// Makes a test, and the secret in its address.
pub fn create(
    tx: &Tx<'_>,
    connection: &Id<Connection>,
    client: &Id<Client>,
) -> Result<(TestSignIn, Secret), Error> {
    let connection = connection::find(tx, connection)?.id;
    let (id, token) = (tx.id(), tx.token(""));
    let digest = Digest::of(&token);
    tx.run(
        sql::TEST_INSERT,
        params![&id, &connection, client, digest.as_bytes().as_slice(), tx.now],
    )?;
    let (client, created_at) = (client.clone(), tx.now);
    Ok((TestSignIn { id, connection, state: State::Pending, created_at, client }, token))
}

/// The test `id` of this connection, or `entity_not_found`.
pub fn find(
    tx: &Tx<'_>,
    vault: &Vault,
    (connection, id): (&Id<Connection>, &Id<TestSignIn>),
) -> Result<TestSignIn, Error> {
    let found =
        tx.find(sql::TEST_BY_ID, params![connection, id], |row| from_row(row, vault, tx.now));
    found?.ok_or_else(|| {
        Refused::missing("entity_not_found", format!("Test sign-in not found: '{id}'."))
    })
}

/// Somebody opened the address of a test: begins its sign-in in this browser.
///
/// Refusals: `test_over`, for an address that is unknown, too old, or whose test is finished.
pub fn begin(
    tx: &Tx<'_>,
    vault: &Vault,
    (token, browser): (&Secret, &Digest),
) -> Result<(Connection, SignIn), Error> {
    let over = || Refused::malformed("test_over", "no test waits under this address");
    let digest = Digest::of(token);
    let params = params![digest.as_bytes().as_slice()];
    let test = tx
        .find(sql::TEST_BY_DIGEST, params, |row| from_row(row, vault, tx.now))?
        .filter(|test| matches!(test.state, State::Pending))
        .ok_or_else(over)?;
    let connection = sign_in::enabled(tx, &test.connection)?;
    let asked = Asked {
        connection: connection.id.clone(),
        client: test.client,
        purpose: Purpose::Test(test.id),
        redirect_uri: None,
        state: None,
        code_challenge: None,
        force_authn: false,
        browser: *browser,
    };
    let sign_in = sign_in::begin(tx, &asked)?;
    Ok((connection, sign_in))
}

/// The identity provider's answer to a test was believed: it is spent, and where a sign-in
/// would have come of it, the connection is active from now on. Answers with the refusal that a
/// sign-in would have met beside the result.
pub fn succeed(
    tx: &Tx<'_>,
    vault: &Vault,
    (sign_in, test): (&SignIn, &Id<TestSignIn>),
    who: &Statement,
) -> Result<(TestResult, Option<Refused>), Error> {
    let connection = sign_in::enabled(tx, &sign_in.connection)?;
    sign_in::spend(tx, &connection, who)?;
    sign_in::consume(tx, sign_in)?;
    let mut result = TestResult {
        sign_in_id: Some(sign_in.id.to_string()),
        attributes: who.shown(),
        ..TestResult::default()
    };
    let admitted = attributes::read(&connection, who).and_then(|person| {
        result.profile = Some(fields(&person));
        sign_in::belongs(tx, &connection, &person)
    });
    let refused = match admitted {
        Ok(()) => {
            connection::signed_in(tx, &connection)?;
            None
        }
        Err(error) => Some(failure(error)?),
    };
    let failed = |refused| Failure::refused(refused, connection.connection_type);
    result.failure = refused.as_ref().map(failed);
    finish(tx, vault, test, &result)?;
    Ok((result, refused))
}

/// What is refused is a result; a fault is not.
fn failure(error: Error) -> Result<Refused, Error> {
    match error {
        Error::Refused(refused) => Ok(refused),
        fault @ Error::Fault(_) => Err(fault),
    }
}

fn fields(person: &Person) -> Fields {
    Fields {
        idp_id: person.idp_id.clone(),
        email: person.email.as_str().to_owned(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        name: person.name.clone(),
        groups: person.groups.clone(),
        custom_attributes: person.custom.clone(),
    }
}

/// Keeps the result of a test, which is over with that.
///
/// Refusals: `test_over`, where it was over before.
pub fn finish(
    tx: &Tx<'_>,
    vault: &Vault,
    test: &Id<TestSignIn>,
    result: &TestResult,
) -> Result<(), Error> {
    let json = serde_json::to_vec(result).map_err(Fault::internal)?;
    let sealed = vault.seal_bytes(&place(test), &json);
    let params = params![test, result.failure.is_none(), sealed.as_bytes(), tx.now];
    if tx.run(sql::TEST_FINISH, params)? == 0 {
        return Err(Refused::malformed("test_over", "this test was finished meanwhile"));
    }
    Ok(())
}

fn place(id: &Id<TestSignIn>) -> Place<'_> {
    Place { table: "test_sign_ins", column: "result", row: id.as_str() }
}

fn from_row(row: &Row<'_>, vault: &Vault, now: Timestamp) -> Result<TestSignIn, Error> {
    let id = row.get("id")?;
    let created_at: Timestamp = row.get("created_at")?;
    let finished: Option<Timestamp> = row.get("finished_at")?;
    let state = match finished {
        Some(at) => {
            let bad = || row.inconsistent("result");
            let sealed = Sealed::from_bytes(row.get("result")?).ok_or_else(bad)?;
            let json = vault.open_bytes(&place(&id), &sealed)?;
            let result = serde_json::from_slice(json.expose()).map_err(|_| bad())?;
            State::Finished { at, result: Box::new(result) }
        }
        None if now >= created_at + LIFETIME => State::Expired,
        None => State::Pending,
    };
    let (connection, client) = (row.get("connection_id")?, row.get("client_id")?);
    Ok(TestSignIn { id, connection, state, created_at, client })
}

//! `GET /sso/saml/test/{token}`: somebody tests a connection, and sees what came of it. The page may
//! show details, for whoever has its address made the test.

use super::{
    assertion::{Ending, How, refused},
    browser::Browser,
    page,
    request::{Hints, Question},
};
use crate::{
    app::App,
    http::{Method, Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
    },
    pages::{TestFailure, Tested},
    sso::{
        Connection, Rejection, SignIn, Statement, TestSignIn,
        test_sign_in::{self, Failure, Fields, TestResult},
        trace::{self, Attempt},
    },
};

/// The result of a test, and what was refused.
type Concluded = (TestResult, Option<Refused>);

/// Begins the test in this browser.
pub(super) async fn begin(app: &App, request: Request) -> Result<Response, Error> {
    if request.method == Method::Head {
        return Ok(Response::empty(200));
    }
    let token = Secret::new(request.param("token").to_owned());
    let browser = Browser::known(app, &request).unwrap_or_else(|| Browser::fresh(app));
    let (digest, shared) = (browser.digest(), app.clone());
    let question = app
        .store
        .write(move |tx| {
            let (connection, sign_in) = test_sign_in::begin(tx, &shared.vault, (&token, &digest))?;
            Question::of(tx, &shared, connection, sign_in)
        })
        .await?;
    Ok(browser.remember(app, question.send(app, (302, &browser), Hints::default()).await?))
}

/// Ends a test, whatever came: the result is kept and shown.
pub(super) async fn conclude(
    app: &App,
    request: &Request,
    (connection, which): (&Connection, (&SignIn, &Id<TestSignIn>)),
    (outcome, attempt): (Result<Statement, Rejection>, &mut Attempt),
) -> Result<Ending, Error> {
    attempt.answers(which.0);
    let concluded = match outcome {
        Ok(statement) => succeed(app, which, statement, attempt).await,
        Err(rejected) => {
            let no = refused(attempt, &rejected);
            fail(
                app,
                which,
                (Failure::rejected(&rejected, connection.connection_type), attempt),
                no,
            )
            .await
        }
    };
    let (result, no) = match concluded {
        Err(Error::Refused(no)) if no.code != "test_over" => {
            let failure = Failure::refused(&no, connection.connection_type);
            fail(app, which, (failure, attempt), no.into()).await?
        }
        concluded => concluded?,
    };
    attempt.was_kept();
    let response = page::shown(&tested(app, request, result), "'none'")?;
    Ok(Ending { how: no.map_or(How::Tested, How::Refused), response })
}

async fn succeed(
    app: &App,
    (sign_in, test): (&SignIn, &Id<TestSignIn>),
    statement: Statement,
    attempt: &Attempt,
) -> Result<Concluded, Error> {
    let (vault, sign_in, test) = (app.vault.clone(), sign_in.clone(), test.clone());
    let (traces, attempt) = (app.traces.clone(), attempt.clone());
    app.store
        .write(move |tx| {
            let concluded = test_sign_in::succeed(tx, &vault, (&sign_in, &test), &statement)?;
            // How a test went is known only here; there are few, so their traces are sealed here too.
            trace::insert(tx, &traces.tested(&attempt, concluded.1.as_ref(), tx.now)?)?;
            Ok(concluded)
        })
        .await
}

/// Keeps what is known of an answer that was refused. Attributes are shown only where a signature that
/// was verified covers them.
async fn fail(
    app: &App,
    (sign_in, test): (&SignIn, &Id<TestSignIn>),
    (failure, attempt): (Failure, &Attempt),
    no: Error,
) -> Result<Concluded, Error> {
    let Error::Refused(no) = no else { return Err(no) };
    let result = TestResult {
        sign_in_id: Some(sign_in.id.to_string()),
        failure: Some(failure),
        profile: None,
        attributes: attempt.believed_attributes(),
    };
    let (vault, test, kept) = (app.vault.clone(), test.clone(), result.clone());
    let trace = app.traces.tested(attempt, Some(&no), app.clock.now())?;
    app.store
        .write(move |tx| {
            test_sign_in::finish(tx, &vault, &test, &kept)?;
            trace::insert(tx, &trace)
        })
        .await?;
    Ok((result, Some(no)))
}

fn tested(app: &App, request: &Request, result: TestResult) -> Tested {
    let (title, message) = match &result.failure {
        None => (
            "This connection works",
            "The identity provider’s answer was accepted. Nobody was signed in: this was a test.",
        ),
        Some(_) => (
            "This connection does not work yet",
            "The identity provider answered, but a sign-in would have been refused.",
        ),
    };
    Tested {
        title: title.to_owned(),
        message: message.to_owned(),
        failure: result.failure.map(|it| TestFailure {
            code: it.code,
            got: it.got,
            expected: it.expected,
            reason: it.reason,
            fix: it.fix,
        }),
        profile: result.profile.map(Fields::shown).unwrap_or_default(),
        attributes: result
            .attributes
            .into_iter()
            .map(|(name, values)| (name, values.join(", ")))
            .collect(),
        incident: request.id.to_string(),
        at: app.clock.now(),
    }
}

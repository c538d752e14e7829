//! A code becomes a statement: the provider is asked for tokens, the ID token is verified, and more is
//! asked about the person where that is wanted. All that a sign-in through OpenID Connect does over the
//! network stands here.

use std::{sync::Arc, time::Duration};

use super::{
    App,
    openid::{self, KeysRead},
};
use crate::{
    http::{Call, FetchRefused, Fetched},
    kit::{
        error::{Error, Fault},
        id::Id,
        secret::Secret,
        text::WebAddress,
        time::Timestamp,
    },
    oidc::{
        self, Account, Algorithm, Claims, Journal, Terms, TokenRequest, TokenRequestParts,
        TokenResponse, UserInfo, Verified,
    },
    sso::{Connection, OidcConnection, Rejection, Statement, connection, refresh::Failure},
};

/// How long each answer of the provider may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const MOST: usize = 256 * 1024;
/// How far a provider's clock may be behind when it says when somebody signed in.
const SKEW: Duration = Duration::from_mins(2);

/// A code, and the sign-in that it answers.
pub struct Presented {
    /// Through which connection.
    pub connection: Connection,
    /// What is known of its provider.
    pub oidc: Arc<OidcConnection>,
    /// The code.
    pub code: Secret,
    /// What the ID token must repeat.
    pub nonce: Secret,
    /// What the challenge was made of, where there was one.
    pub code_verifier: Option<Secret>,
    /// When the person was sent there, where they had to sign in anew.
    pub fresh_since: Option<Timestamp>,
}

/// Why there is no statement: the provider's fault, or ours.
enum No {
    Rejected(Rejection),
    Error(Error),
}

impl From<Rejection> for No {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<oidc::Rejected> for No {
    fn from(rejected: oidc::Rejected) -> Self {
        Self::Rejected(rejected.into())
    }
}

impl From<Error> for No {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Presented {
    /// Exchanges the code. What was done and seen stands in `journal`, whatever came of it.
    pub async fn exchange(
        &self,
        app: &App,
        journal: &mut Journal,
    ) -> Result<Result<Statement, Rejection>, Error> {
        let outcome = match self.oidc.person_api() {
            None => self.identified(app, journal).await,
            Some(_) => self.asked(app, journal).await.map(Statement::from),
        };
        match outcome {
            Ok(statement) => Ok(Ok(statement)),
            Err(No::Rejected(rejection)) => Ok(Err(rejection)),
            Err(No::Error(error)) => Err(error),
        }
    }

    /// What a verified ID token says, and the userinfo endpoint beside it.
    async fn identified(&self, app: &App, journal: &mut Journal) -> Result<Statement, No> {
        let tokens = self.tokens(app, journal).await?;
        let id_token = tokens.id_token()?.to_owned();
        let both = (id_token.clone(), tokens.access_token.clone());
        let verified = self.verified(app, both, journal).await?;
        self.is_fresh(verified.get())?;
        let address = self.oidc.provider.userinfo_endpoint.as_ref();
        let verified = match (address, tokens.access_token.as_ref()) {
            (Some(address), Some(token)) if self.wants_user_info(verified.get()) => {
                let came = self.user_info(app, (address, token)).await;
                let told = came.and_then(|info| Ok(verified.with(info)?));
                let told = journal.step("user info", told)?;
                // Who reads the trace sees all that is believed.
                for (name, value) in &told.get().all {
                    journal.seen.claims.entry(name.clone()).or_insert_with(|| value.clone());
                }
                told
            }
            _ => verified,
        };
        let (statement, ends) =
            (Statement::from(verified), &self.oidc.provider.end_session_endpoint);
        if ends.is_none() {
            return Ok(statement);
        }
        let id = Id::fresh(app.clock.now().millis(), app.chance.bits());
        Ok(statement.of_session(&app.vault, id, &id_token))
    }

    /// Whose access token it is, by a provider's API that is no OpenID Connect.
    async fn asked(&self, app: &App, journal: &mut Journal) -> Result<Account, No> {
        let tokens = self.tokens(app, journal).await?;
        let missing = || Rejection::new("access_token_missing", "none", "an access token");
        let token = tokens.access_token.as_ref().ok_or_else(missing)?;
        let account = journal.step("user info", self.account(app, token).await)?;
        // The provider said it over TLS to whoever holds its secret.
        journal.seen.verified = true;
        journal.seen.claims.clone_from(account.claims());
        Ok(account)
    }

    async fn account(&self, app: &App, token: &Secret) -> Result<Account, No> {
        let Some(api) = self.oidc.person_api() else {
            return Err(No::Error(Fault::internal("a connection without its API")));
        };
        let user = self.read(app, (&api.user, token)).await?;
        let account = Account::parse(user.status, &user.body)?;
        let emails = self.read(app, (&api.emails, token)).await?;
        Ok(account.with_emails(emails.status, &emails.body)?)
    }

    async fn tokens(&self, app: &App, journal: &mut Journal) -> Result<TokenResponse, No> {
        let parts = self.token_request(app).await.map_err(No::Error)?;
        let pairs = parts.form.iter().map(|(name, value)| (*name, value.expose()));
        let call = Call {
            url: &self.oidc.provider.token_endpoint,
            form: Some(
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish(),
            ),
            authorization: parts.authorization.as_ref(),
            accept: "application/json",
        };
        let answer = app.fetch.call(&call, (MOST, PATIENCE)).await;
        let answer = answer.map_err(|no| not_served("token_not_served", &no));
        let tokens = answer.and_then(|it| Ok(TokenResponse::parse(it.status, &it.body)?));
        journal.step("token request", tokens.map_err(No::from))
    }

    /// Signing an assertion takes a private key, and that the processor.
    async fn token_request(&self, app: &App) -> Result<TokenRequestParts, Error> {
        let (oidc, code) = (Arc::clone(&self.oidc), self.code.clone());
        let (code_verifier, now) = (self.code_verifier.clone(), app.clock.now());
        let redirect_uri = oidc.callback_url(app.base.as_str());
        let assertion_id = app.chance.token("");
        let work = move || {
            TokenRequest {
                endpoint: &oidc.provider.token_endpoint,
                client_id: &oidc.settings.client_id,
                authentication: &oidc.authentication(now)?,
                redirect_uri: &redirect_uri,
                code: &code,
                code_verifier: code_verifier.as_ref(),
                assertion_id: assertion_id.expose(),
                now,
            }
            .parts()
        };
        if self.oidc.signing_key.is_some() { app.cpu.run(work).await? } else { work() }
    }

    /// The ID token, judged; its provider's keys are read anew where it names one that is not known,
    /// or where none that is known fits.
    async fn verified(
        &self,
        app: &App,
        tokens: (String, Option<Secret>),
        journal: &mut Journal,
    ) -> Result<Verified<Claims>, No> {
        let mut oidc = Arc::clone(&self.oidc);
        let kid = oidc::peek(&tokens.0).and_then(|peeked| peeked.kid);
        // Where the secret is the key, none of the provider's is.
        let chosen = oidc.settings.id_token_signature_algorithm;
        let by_secret = chosen.is_some_and(Algorithm::is_symmetric);
        let is_unknown = !by_secret && kid.is_some_and(|kid| !oidc.keys.has(&kid));
        if is_unknown && let Some(fresh) = self.with_fresh_keys(app, journal).await?? {
            oidc = fresh;
        }
        let before = journal.clone();
        match self.judged(app, (Arc::clone(&oidc), &tokens), journal).await? {
            // Who rotates keys without names for them is believed the second time.
            Err(no) if !is_unknown && no.code == "signature_invalid" => {
                let mut anew = before;
                match self.with_fresh_keys(app, &mut anew).await? {
                    Ok(Some(fresh)) if !Arc::ptr_eq(&fresh, &oidc) => {
                        *journal = anew;
                        Ok(self.judged(app, (fresh, &tokens), journal).await??)
                    }
                    _ => Err(no.into()),
                }
            }
            judged => Ok(judged?),
        }
    }

    async fn judged(
        &self,
        app: &App,
        (oidc, tokens): (Arc<OidcConnection>, &(String, Option<Secret>)),
        journal: &mut Journal,
    ) -> Result<Result<Verified<Claims>, oidc::Rejected>, No> {
        let (id_token, access_token) = tokens.clone();
        let (nonce, code, now) = (self.nonce.clone(), self.code.clone(), app.clock.now());
        let mut record = journal.clone();
        let work = move || {
            let terms = Terms {
                issuer: &oidc.provider.issuer,
                client_id: &oidc.settings.client_id,
                algorithms: &oidc.algorithms(),
                keys: &oidc.keys,
                client_secret: oidc.client_secret.as_ref(),
                nonce: nonce.expose(),
                access_token: access_token.as_ref(),
                code: Some(&code),
                hosted_domains: &oidc.settings.hosted_domains,
                max_age: None,
                now,
            };
            (oidc::verify(&id_token, &terms, &mut record), record)
        };
        let (verified, record) = app.cpu.run(work).await.map_err(No::Error)?;
        *journal = record;
        Ok(verified)
    }

    /// The connection with its provider's present keys; nothing where they were read a moment ago, a
    /// rejection where they cannot be read.
    async fn with_fresh_keys(
        &self,
        app: &App,
        journal: &mut Journal,
    ) -> Result<Result<Option<Arc<OidcConnection>>, Rejection>, Error> {
        let id = self.connection.id.clone();
        let read = openid::refresh_keys(app, &id).await?;
        let is_anew = read == KeysRead::Anew;
        let _: Result<(), ()> = journal.step("keys", if is_anew { Ok(()) } else { Err(()) });
        match read {
            KeysRead::Lately => return Ok(Ok(None)),
            KeysRead::Failed(failure) => return Ok(Err(no_keys(&failure))),
            KeysRead::Anew => {}
        }
        let (vault, ready) = (app.vault.clone(), app.oidc_connections.clone());
        let fresh = app.store.read(move |tx| ready.of(tx, &vault, &connection::find(tx, &id)?));
        fresh.await.map(|fresh| Ok(Some(fresh)))
    }

    /// Where `prompt=login` was asked for. Not every provider says when somebody signed in (Google
    /// never does, Entra only when it is told to), and one that does not is believed to have obeyed.
    fn is_fresh(&self, claims: &Claims) -> Result<(), No> {
        let (Some(since), Some(at)) = (self.fresh_since, claims.auth_time) else { return Ok(()) };
        if at + SKEW >= since {
            return Ok(());
        }
        let (got, expected) = (format!("signed in at {at}"), format!("{since} or later"));
        Err(oidc::Rejected::new("reauthentication", got, expected).into())
    }

    /// Whether more has to be asked: where that is set, or where no email address came.
    fn wants_user_info(&self, claims: &Claims) -> bool {
        let mapped = self.connection.settings.attribute_map.email.as_deref().unwrap_or("email");
        // A claim inside of another one is named by its path.
        let inside = || {
            let mut steps = mapped.split('.');
            let outer = claims.all.get(steps.next()?)?;
            steps.try_fold(outer, |claim, step| claim.get(step))
        };
        let is_there = claims.all.contains_key(mapped) || inside().is_some();
        self.oidc.settings.fetch_user_info || !is_there
    }

    async fn user_info(&self, app: &App, from: (&WebAddress, &Secret)) -> Result<UserInfo, No> {
        let answer = self.read(app, from).await?;
        Ok(UserInfo::parse(answer.status, &answer.body)?)
    }

    async fn read(
        &self,
        app: &App,
        (url, token): (&WebAddress, &Secret),
    ) -> Result<Fetched, Rejection> {
        let authorization = Secret::new(format!("Bearer {}", token.expose()));
        let call = Call {
            authorization: Some(&authorization),
            accept: "application/json",
            ..Call::to(url)
        };
        let answer = app.fetch.call(&call, (MOST, PATIENCE)).await;
        answer.map_err(|no| not_served("user_info_not_served", &no))
    }
}

fn not_served(code: &'static str, no: &FetchRefused) -> Rejection {
    Rejection::new(code, no.to_string(), "an answer")
}

/// A key set that is none has its own code, whatever else went wrong stands beside.
fn no_keys(failure: &Failure) -> Rejection {
    let of_kernel = oidc::REASONS.iter().map(|(code, _)| *code);
    let code = of_kernel.filter(|code| code.starts_with("keys_")).find(|it| *it == failure.code);
    let got = format!("{}: {}", failure.code, failure.message);
    Rejection::new(code.unwrap_or("keys_not_served"), got, "the key that the ID token names")
}

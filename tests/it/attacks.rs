//! Somebody hostile at the assertion consumer service: each attempt meets a calm page, leaves one
//! line in the log, and changes nothing.

mod brought;
mod documents;
mod others;
mod slowed;
mod table;

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    corpus::{ADA, EVE, Keys, Stage},
    idp::Answer as Spoken,
    kernia::{Answer, Application, Asked, Browser, IdentityProvider, Kernia, Log, logging},
};

/// A sign-in under way, at a Kernia whose log is read.
struct Scene {
    kernia: Kernia,
    app: Application,
    acme: IdentityProvider,
    connection: String,
    /// Our certificate that assertions can be encrypted for.
    encrypting_to: Vec<u8>,
    browser: Browser,
    asked: Asked,
    before: BTreeMap<String, Vec<String>>,
    log: Log,
    _logging: tracing::subscriber::DefaultGuard,
}

impl Scene {
    async fn set() -> Self {
        let (log, logging) = logging();
        let kernia = Kernia::start().await;
        let (app, acme) = (kernia.application(), IdentityProvider::acme());
        let connection = app.is_ready_for(&acme).await;
        let encrypting_to = encryption_certificate(&app, &connection).await;
        let mut browser = kernia.browser();
        let asked = browser.begins(&app, &[("connection", &connection)]).await;
        let before = facts(&kernia);
        Self {
            kernia,
            app,
            acme,
            connection,
            encrypting_to,
            browser,
            asked,
            before,
            log,
            _logging: logging,
        }
    }

    /// An honest answer about Ada, to be spoiled.
    fn honest(&self) -> Spoken {
        self.acme.answer(&self.asked, ADA, self.kernia.clock.now())
    }

    /// The present sign-in, as the corpus of attacks wants to know it.
    fn stage(&self) -> Stage<'static> {
        stage(&self.kernia, &self.acme, &self.asked).encrypting_to(&self.encrypting_to)
    }

    /// An honest answer that is changed before it is signed.
    fn spoiled(&self, change: impl Fn(&mut Spoken)) -> String {
        let mut spoken = self.honest();
        change(&mut spoken);
        self.acme.signs(&spoken)
    }

    /// Brings an answer to where the sign-in began; it must be refused by this code.
    async fn refuses(&mut self, name: &str, code: &str, response: &str) {
        let answer = self.browser.returns(&self.asked.clone(), response).await;
        self.was_refused(name, code, &answer);
    }

    /// The page is calm, the log tells, and nothing has changed.
    fn was_refused(&self, name: &str, code: &str, answer: &Answer) {
        assert_eq!(answer.status, 400, "{name}: {}", answer.body);
        assert!(answer.content_type().starts_with("text/html"), "{name}: {answer:?}");
        assert_eq!(answer.header("location"), None, "{name}");
        assert_eq!(answer.header("set-cookie"), None, "{name}");
        let page = answer.body.as_str();
        assert!(page.contains(answer.request_id()), "{name}: no incident id in {page}");
        for inside in [
            code,
            "rule ",
            "SAML",
            "saml",
            "Assertion",
            "expected",
            "src/",
            "panicked",
            ADA,
            EVE,
            "idp.acme.test",
            "idp.other.test",
            "&lt;",
            "&#60;",
        ] {
            assert!(!page.contains(inside), "{name}: `{inside}` stands in {page}");
        }
        let line = self.log.line(answer.request_id(), "sign-in refused");
        assert_eq!(line["code"], code, "{name}: {line}");
        assert_eq!(line["level"], "WARN");
        assert!(line["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{name}: {line}");
        let now = facts(&self.kernia);
        let changed: Vec<_> =
            now.iter().filter(|(table, rows)| self.before[*table] != **rows).collect();
        assert!(changed.is_empty(), "{name} changed something: {changed:?}");
    }

    /// After all that, the honest answer still signs in.
    async fn ends_well(mut self) {
        let response = self.acme.signs(&self.honest());
        let back = self.browser.returns(&self.asked, &response).await;
        assert_eq!(back.status, 303, "{}", back.body);
        let profile = self.app.exchanges(&back.leads_with("code").unwrap()).await.profile;
        assert_eq!(profile["email"], ADA);
    }
}

/// Everything that is known, but not what was noted about attempts to sign in, nor when a
/// certificate has verified a signature last.
fn facts(kernia: &Kernia) -> BTreeMap<String, Vec<String>> {
    let mut contents = kernia.database().contents();
    contents.retain(|table, _| !table.starts_with("trace"));
    for row in contents.get_mut("saml_certificates").into_iter().flatten() {
        row.truncate(row.find("Blob(").unwrap());
    }
    contents
}

/// A fresh certificate of ours at this connection, for encrypting.
pub(crate) async fn encryption_certificate(app: &Application, connection: &str) -> Vec<u8> {
    let path = format!("/connections/{connection}/saml_sp_encryption_certs");
    let made = app.asks("POST", &path, None).await.is(201);
    let lines = made["value"].as_str().unwrap().lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

/// A sign-in at this provider, as the corpus wants to know it.
pub(crate) fn stage(kernia: &Kernia, idp: &IdentityProvider, asked: &Asked) -> Stage<'static> {
    Stage::new(
        (idp.entity_id, &asked.id, &asked.acs_url, &asked.issuer),
        &kernia.clock.now().to_seconds_text(),
        Keys { rsa: idp.key, stranger: IdentityProvider::another().key, ..Keys::usual() },
    )
}

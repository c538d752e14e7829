//! Somebody hostile at the assertion consumer service: each attempt meets a calm page, leaves one
//! line in the log, and changes nothing.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    idp::{Answer as Spoken, Hash, Signer, attribute, form_value, with_signature},
    kernia::{
        Answer, Application, Asked, Browser, IdentityProvider, Kernia, Log, encoded, logging,
    },
};

const ADA: &str = "ada@acme.test";
const EVE: &str = "eve@acme.test";

/// A sign-in under way, at a Kernia whose log is read.
struct Scene {
    kernia: Kernia,
    app: Application,
    acme: IdentityProvider,
    connection: String,
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
        let mut browser = kernia.browser();
        let asked = browser.begins(&app, &[("connection", &connection)]).await;
        let before = kernia.database().contents();
        Self { kernia, app, acme, connection, browser, asked, before, log, _logging: logging }
    }

    /// An honest answer about Ada, to be spoiled.
    fn honest(&self) -> Spoken {
        self.acme.answer(&self.asked, ADA, self.kernia.clock.now())
    }

    /// What an attacker would like to be believed.
    fn forged(&self) -> Spoken {
        self.acme.answer(&self.asked, EVE, self.kernia.clock.now())
    }

    fn signer(&self) -> Signer<'static> {
        Signer::new(self.acme.key)
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
        assert_eq!(self.kernia.database().contents(), self.before, "{name} changed something");
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

/// Replaces exactly one place, so that a case that no longer fits is a failure and not a pass.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}

#[tokio::test]
async fn unsigned_tampered_and_signed_by_a_stranger() {
    let mut scene = Scene::set().await;
    let honest = scene.honest();
    let signed = honest.assertion_signed(&scene.signer());
    let stranger = Signer::new(IdentityProvider::another().key);
    let certificate = format!(
        "<ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data>",
        IdentityProvider::another().key.certificate_base64()
    );
    let brings_its_own = Signer { key_info: Some(&certificate), ..stranger };
    let sha1 = Signer { hash: Hash::Sha1, ..scene.signer() };
    let sha1_digest = Signer { digest: Hash::Sha1, ..scene.signer() };
    for (name, code, xml) in [
        ("unsigned", "unsigned", honest.response(&honest.assertion())),
        ("another name", "signature_invalid", replaced(&signed, ">ada@", ">eve@")),
        ("another attribute", "signature_invalid", replaced(&signed, "<saml:AttributeValue>ada@", "<saml:AttributeValue>eve@")),
        ("another key", "signature_invalid", honest.assertion_signed(&stranger)),
        ("another key with its certificate", "signature_invalid", honest.assertion_signed(&brings_its_own)),
        ("SHA-1", "algorithm_not_allowed", honest.assertion_signed(&sha1)),
        ("a SHA-1 digest", "algorithm_not_allowed", honest.assertion_signed(&sha1_digest)),
        ("a DTD", "dtd_forbidden", format!("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{signed}")),
        ("a comment in the name", "signature_invalid", replaced(&signed, ">ada@", ">eve<!-- -->ada@")),
        ("encrypted", "encrypted_unsupported", honest.response("<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"></saml:EncryptedAssertion>")),
    ] {
        scene.refuses(name, code, &form_value(&xml)).await;
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn wrapped() {
    let mut scene = Scene::set().await;
    let (honest, forged) = (scene.honest(), scene.forged());
    let (plain, evil) = (honest.assertion(), forged.assertion());
    let signature = scene.signer().signature(&honest.assertion_id, &plain);
    let signed = with_signature(&plain, &signature);
    let object = format!("<ds:Object>{plain}</ds:Object></ds:Signature>");
    let in_object = replaced(&signature, "</ds:Signature>", &object);
    let nested = replaced(&evil, "</saml:Assertion>", &format!("{signed}</saml:Assertion>"));
    let advice = format!("<saml:Advice>{signed}</saml:Advice><saml:AuthnStatement");
    let extensions = format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>");
    let moved = replaced(&forged.response(&evil), "<samlp:Status>", &extensions);
    for (name, code, xml) in [
        ("the forged one first", "one_assertion", honest.response(&format!("{evil}{signed}"))),
        ("the forged one behind", "one_assertion", honest.response(&format!("{signed}{evil}"))),
        ("the honest one inside", "one_assertion", honest.response(&nested)),
        ("in an Object", "one_assertion", honest.response(&with_signature(&evil, &in_object))),
        (
            "in Advice",
            "one_assertion",
            honest.response(&replaced(&evil, "<saml:AuthnStatement", &advice)),
        ),
        ("in Extensions", "one_assertion", moved),
        (
            "the signature moved",
            "signature_misplaced",
            honest.response(&with_signature(&evil, &signature)),
        ),
        (
            "the ID borrowed",
            "signature_invalid",
            honest.response(&with_signature(
                &evil.replace(&forged.assertion_id, &honest.assertion_id),
                &signature,
            )),
        ),
    ] {
        scene.refuses(name, code, &form_value(&xml)).await;
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn honest_words_for_another_time_place_or_person() {
    let mut scene = Scene::set().await;
    let now = scene.kernia.clock.now();
    let at = |from: Duration| (now - from).to_seconds_text();
    let (text, acs) = (now.to_seconds_text(), scene.asked.acs_url.clone());
    let until = (now + Duration::from_secs(300)).to_seconds_text();
    let spoil = |change: &dyn Fn(&mut Spoken)| {
        let mut spoken = scene.honest();
        change(&mut spoken);
        scene.acme.signs(&spoken)
    };
    let in_subject =
        |from: &str, to: &str| spoil(&|it| it.subject = replaced(&it.subject, from, to));
    let in_conditions =
        |from: &str, to: &str| spoil(&|it| it.conditions = replaced(&it.conditions, from, to));
    let cases = [
        ("expired confirmation", "expired", in_subject(&until, &at(Duration::from_secs(181)))),
        ("expired conditions", "expired", in_conditions(&until, &at(Duration::from_secs(181)))),
        (
            "from the future",
            "not_yet_valid",
            in_conditions(&text, &(now + Duration::from_secs(200)).to_seconds_text()),
        ),
        ("too old", "expired", spoil(&|it| it.issue_instant = at(Duration::from_secs(3700)))),
        (
            "another audience",
            "audience",
            in_conditions(&scene.asked.issuer, "https://other.test/metadata"),
        ),
        ("no audience", "audience", spoil(&|it| it.conditions = String::new())),
        ("another recipient", "recipient", in_subject(&acs, "https://other.test/acs")),
        (
            "another destination",
            "destination",
            spoil(&|it| it.destination = replaced(&it.destination, &acs, "https://other.test/acs")),
        ),
        (
            "another issuer",
            "issuer",
            spoil(&|it| it.issuer = replaced(&it.issuer, "idp.acme.test", "idp.other.test")),
        ),
        (
            "a refusal",
            "status",
            spoil(&|it| it.status = replaced(&it.status, ":Success", ":Responder")),
        ),
        (
            "unsolicited",
            "unsolicited",
            spoil(&|it| {
                it.in_response_to = String::new();
                it.subject =
                    replaced(&it.subject, &format!(" InResponseTo=\"{}\"", scene.asked.id), "");
            }),
        ),
        (
            "another request",
            "in_response_to",
            spoil(&|it| {
                it.subject = replaced(&it.subject, &scene.asked.id, "_another");
                it.in_response_to = replaced(&it.in_response_to, &scene.asked.id, "_another");
            }),
        ),
        ("two requests", "in_response_to", in_subject(&scene.asked.id, "_another")),
        ("no sign-in", "authn_statement", spoil(&|it| it.statement = String::new())),
        ("nobody", "name_id", in_subject(">ada@acme.test<", "><")),
        (
            "nobody twice",
            "transient_name_id",
            in_subject("1.1:nameid-format:emailAddress", "2.0:nameid-format:transient"),
        ),
        (
            "no address",
            "email_missing",
            spoil(&|it| {
                it.subject = replaced(&it.subject, ADA, "employee-7");
                it.attributes = attribute("title", &["Countess"]);
            }),
        ),
    ];
    for (name, code, response) in cases {
        scene.refuses(name, code, &response).await;
    }
    let line = scene.log.text();
    let line = line.lines().find(|line| line.contains("rule 25")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    let reason = line["reason"].as_str().unwrap();
    let told = format!("got https://other.test/metadata; expected {}", scene.asked.issuer);
    assert!(reason.contains(&told), "{reason}");
    scene.ends_well().await;
}

#[tokio::test]
async fn what_is_no_answer_at_all() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let mut padded = scene.honest();
    padded.attributes.push_str(&attribute("x", &["a".repeat(300 * 1024).as_str()]));
    let padded = scene.acme.signs(&padded);
    for (name, code, response) in [
        ("not base64", "not_base64", "no base64!".to_owned()),
        ("cut", "not_base64", signed[1..].to_owned()),
        ("not UTF-8", "not_utf8", "/////w==".to_owned()),
        ("not XML", "bad_xml", form_value("hello")),
        ("another message", "not_a_response", form_value("<Response/>")),
        ("empty", "bad_xml", String::new()),
        ("huge", "too_large", padded),
        ("600 kB of nothing", "too_large", "A".repeat(600 * 1024)),
    ] {
        scene.refuses(name, code, &response).await;
    }
    let path = scene.browser.path_of(&scene.asked.acs_url);
    let form = encoded(&[("SAMLResponse", &signed)]);
    let twice = format!("{form}&{form}");
    let states = format!("{form}&RelayState=a&RelayState=b");
    let long = format!("{form}&RelayState={}", "x".repeat(2049));
    let urlencoded = "application/x-www-form-urlencoded";
    let json = json!({ "SAMLResponse": signed }).to_string();
    for (name, content_type, body) in [
        ("two answers", urlencoded, twice.as_str()),
        ("two relay states", urlencoded, &states),
        ("a long relay state", urlencoded, &long),
        ("none", urlencoded, "RelayState=x"),
        ("nothing", urlencoded, ""),
        ("JSON", "application/json", &json),
        ("multipart", "multipart/form-data; boundary=x", &form),
        ("plain", "text/plain", &form),
        ("no type", "", &form),
    ] {
        let headers = [("content-type", content_type)];
        let answer = scene.browser.sends("POST", &path, &headers, body.as_bytes()).await;
        scene.was_refused(name, "bad_form", &answer);
    }
    let immense = "A".repeat(900 * 1024);
    let answer = scene.browser.returns(&scene.asked.clone(), &immense).await;
    assert_eq!(answer.status, 413);
    assert!(answer.content_type().starts_with("text/html"), "{answer:?}");
    assert_eq!(scene.kernia.database().contents(), scene.before);
    scene.ends_well().await;
}

#[tokio::test]
async fn an_answer_brought_to_another_door() {
    let mut scene = Scene::set().await;
    let signed = scene.acme.signs(&scene.honest());
    let found = scene.app.gets(&format!("/connections/{}", scene.connection)).await.is(200);
    let organization = found["organization_id"].as_str().unwrap();
    // A connection to the same provider, and one to another.
    for idp in [IdentityProvider::acme(), IdentityProvider::another()] {
        let other = scene.app.connection(organization, &idp).await;
        scene.before = scene.kernia.database().contents();
        let door = Asked {
            acs_url: other["saml_options"]["acs_url"].as_str().unwrap().to_owned(),
            ..scene.asked.clone()
        };
        let answer = scene.browser.returns(&door, &signed).await;
        let code = if idp.key.certificate() == scene.acme.key.certificate() {
            "destination"
        } else {
            "signature_invalid"
        };
        scene.was_refused("another connection's door", code, &answer);
    }
    for key in ["nobody", "no_key", "%00", "..%2fmetadata"] {
        let url = scene.asked.acs_url.rsplit_once('/').unwrap().0.to_owned();
        let door = Asked { acs_url: format!("{url}/{key}"), ..scene.asked.clone() };
        let answer = scene.browser.returns(&door, &signed).await;
        assert!(matches!(answer.status, 400 | 404), "{key}: {answer:?}");
        assert!(answer.content_type().starts_with("text/html"), "{key}: {answer:?}");
        assert_eq!(scene.kernia.database().contents(), scene.before);
    }
    scene.ends_well().await;
}

#[tokio::test]
async fn replayed() {
    let mut scene = Scene::set().await;
    let response = scene.acme.signs(&scene.honest());
    let first = scene.browser.returns(&scene.asked.clone(), &response).await;
    assert_eq!(first.status, 303);
    scene.before = scene.kernia.database().contents();
    scene.refuses("the same again", "replay", &response).await;
    // Another assertion for the sign-in that is over.
    let another = scene.acme.signs(&scene.honest());
    scene.refuses("another for the same", "in_response_to", &another).await;
    // The same assertion for a new sign-in: its request is not the new one's.
    let mut begun = scene.browser.clone();
    let asked = begun.begins(&scene.app, &[("connection", &scene.connection)]).await;
    scene.before = scene.kernia.database().contents();
    let answer = begun.returns(&asked, &response).await;
    scene.was_refused("for a new sign-in", "replay", &answer);
    scene.app.exchanges(&first.leads_with("code").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replayed_eight_times_at_once() {
    let kernia = Kernia::start().await;
    let (app, acme) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&acme).await;
    let mut browser = kernia.browser();
    let asked = browser.begins(&app, &[("connection", &connection)]).await;
    let response = acme.vouches(&asked, ADA, kernia.clock.now());
    let attempts: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, asked, response) = (browser.clone(), asked.clone(), response.clone());
            tokio::spawn(async move { browser.returns(&asked, &response).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400, 400, 400, 400, 400, 400, 400]);
    assert_eq!(kernia.database().count("codes"), 1);
}

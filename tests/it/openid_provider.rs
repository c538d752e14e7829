//! Kernia as an OpenID provider: applications sign their users in by OpenID Connect. What they may
//! not do stands in the stories beside.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Browser, IdentityProvider, Kernia, RelyingParty, from};

mod clients;
mod codes;
mod discovery;
mod keys;
mod logout;
mod refresh;
mod requests;
mod sessions;

const ADA: &str = "ada@acme.test";
const GRACE: &str = "grace@acme.test";

/// A Kernia with an organization that owns `acme.test`, its connection, and a confidential client.
struct Stage {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    organization: String,
    connection: String,
    rp: RelyingParty,
}

impl Stage {
    async fn set() -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        let organization = app.organization("acme.test").await;
        let connection =
            app.connection(&organization, &idp).await["id"].as_str().unwrap().to_owned();
        let rp = RelyingParty::confidential(&app).await;
        Self { kernia, app, idp, organization, connection, rp }
    }

    /// The answer at the client's address after a sign-in of this person.
    async fn signs_in(&self, browser: &mut Browser, who: &str, more: &[(&str, &str)]) -> Answer {
        self.signs_in_to(&self.rp, browser, who, more).await
    }

    async fn signs_in_to(
        &self,
        rp: &RelyingParty,
        browser: &mut Browser,
        who: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let here = [("connection", self.connection.as_str())];
        let chosen = more.iter().any(|(name, _)| ["connection", "organization"].contains(name));
        let more = if chosen { more.to_vec() } else { [&here, more].concat() };
        rp.signs_in(browser, (&self.idp, who, self.kernia.clock.now()), &more).await
    }

    /// A fresh code, of Ada in a browser of her own.
    async fn code(&self, more: &[(&str, &str)]) -> String {
        code_of(&self.signs_in(&mut self.kernia.browser(), ADA, more).await)
    }

    fn seconds(&self) -> i64 {
        self.kernia.clock.now().seconds()
    }
}

/// The code that the client is answered with, and its own state and our name with it.
fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.location().starts_with(RelyingParty::CALLBACK), "{answer:?}");
    answer.leads_with("code").unwrap_or_else(|| panic!("{answer:?}"))
}

/// The error that the client is answered with.
fn error_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    assert!(answer.location().starts_with(RelyingParty::CALLBACK), "{answer:?}");
    assert!(answer.leads_with("iss").is_some() && answer.leads_with("code").is_none());
    answer.leads_with("error").unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn an_employee_signs_in_and_the_client_learns_who_it_is() {
    let stage = Stage::set().await;
    let back = stage.signs_in(&mut stage.kernia.browser(), ADA, &[]).await;
    let code = code_of(&back);
    assert_eq!(back.leads_with("state").as_deref(), Some("the state"));
    assert_eq!(back.leads_with("iss"), Some(stage.kernia.base()));
    let tokens = stage.rp.exchanges(&code).await;
    assert_eq!(tokens.body["token_type"], "Bearer");
    assert_eq!(tokens.body["expires_in"], 600);
    assert_eq!(tokens.body["scope"], "openid profile email");
    assert_eq!(tokens.body["refresh_token"], Value::Null, "nobody asked for one");
    let (claims, now) = (&tokens.claims, stage.seconds());
    assert_eq!(claims["iss"], stage.kernia.base());
    assert_eq!(claims["aud"], stage.rp.id);
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["email"], ADA);
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["groups"], json!([]));
    assert_eq!(claims["roles"], json!([]));
    assert_eq!(claims["org_id"], stage.organization);
    assert_eq!(claims["connection_id"], stage.connection);
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 3600)));
    assert_eq!(claims["auth_time"], now);
    assert!(claims["sub"].as_str().unwrap().starts_with("prof_"));
    assert!(claims["sid"].as_str().unwrap().starts_with("session_"));
    assert_eq!(claims["at_hash"], half_hash(&tokens.access));
    let told = stage.rp.user_info(&tokens.access).await;
    assert_eq!(told.header("cache-control"), Some("no-store"));
    let told = told.is(200);
    for claim in ["sub", "email", "email_verified", "groups", "org_id", "connection_id"] {
        assert_eq!(told[claim], claims[claim], "{claim}");
    }
    assert_eq!(told["nonce"], Value::Null);
}

fn half_hash(token: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, token.as_bytes()).as_ref()[..16])
}

#[tokio::test]
async fn a_client_learns_what_its_scope_opens() {
    let stage = Stage::set().await;
    let change = json!({ "external_id": "acme-1" });
    let path = format!("/organizations/{}", stage.organization);
    stage.app.puts(&path, change).await.is(200);
    let people = ["name", "given_name", "email", "email_verified", "groups", "roles"];
    for (scope, opened) in [
        ("openid", &[][..]),
        ("openid email", &["email", "email_verified"]),
        ("openid groups", &["groups", "roles"]),
        ("openid profile unheard_of", &["groups", "roles"]),
        ("openid profile email", &["email", "email_verified", "groups", "roles"]),
    ] {
        let tokens = stage.rp.exchanges(&stage.code(&[("scope", scope)]).await).await;
        let told = stage.rp.user_info(&tokens.access).await.is(200);
        for claims in [&tokens.claims, &told] {
            let known: Vec<_> = people.iter().filter(|name| !claims[**name].is_null()).collect();
            assert_eq!(known, opened.iter().collect::<Vec<_>>(), "{scope}");
            assert_eq!(claims["org_external_id"], "acme-1", "{scope}");
        }
    }
}

#[tokio::test]
async fn an_address_outside_of_the_organizations_domains_is_not_verified() {
    let stage = Stage::set().await;
    let path = format!("/organizations/{}", stage.organization);
    let outside = stage.signs_in(&mut stage.kernia.browser(), "eve@gmail.test", &[]).await;
    assert_eq!(error_of(&outside), "access_denied");
    assert_eq!(outside.leads_with("state").as_deref(), Some("the state"));
    let change = json!({ "allow_profiles_outside_organization": true });
    stage.app.puts(&path, change).await.is(200);
    let outside = stage.signs_in(&mut stage.kernia.browser(), "eve@gmail.test", &[]).await;
    let tokens = stage.rp.exchanges(&code_of(&outside)).await;
    assert_eq!(tokens.claims["email"], "eve@gmail.test");
    assert_eq!(tokens.claims["email_verified"], false);
}

#[tokio::test]
async fn the_same_person_has_the_same_sub_at_every_client() {
    let stage = Stage::set().await;
    let other = RelyingParty::public(&stage.app).await;
    let first = stage.rp.exchanges(&stage.code(&[]).await).await;
    let mut browser = stage.kernia.browser();
    let second = stage.signs_in_to(&other, &mut browser, ADA, &[]).await;
    let second = other.exchanges(&code_of(&second)).await;
    assert_eq!(first.claims["sub"], second.claims["sub"]);
    assert_eq!(second.claims["aud"], other.id);
    let third = stage.signs_in(&mut stage.kernia.browser(), GRACE, &[]).await;
    let third = stage.rp.exchanges(&code_of(&third)).await;
    assert_ne!(first.claims["sub"], third.claims["sub"]);
}

#[tokio::test]
async fn a_sign_in_for_one_face_is_none_for_the_other() {
    let stage = Stage::set().await;
    let code = stage.code(&[]).await;
    assert_eq!(stage.app.offers(&code, &[]).await.code(400), "invalid_grant");
    let foreign = Application { client_id: stage.rp.id.clone(), ..stage.app.clone() };
    assert_ne!(foreign.offers(&code, &[("client_secret", "")]).await.status, 200);
    let page = stage.kernia.browser().goes(&foreign.authorize(&[])).await;
    assert_eq!(page.status, 400, "the client has no address at the other face");
    let ours = RelyingParty { id: stage.app.client_id.clone(), ..stage.rp.clone() };
    let page = stage.kernia.browser().goes(&ours.authorize(&[])).await;
    assert_eq!(page.status, 400, "nor the other one here");
    stage.rp.exchanges(&code).await;
    assert!(from("https://a.test/?a=1", "b").is_none());
    stage.kernia.advance(Duration::from_secs(1));
}

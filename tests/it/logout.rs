//! Single logout, both ways: the identity provider ends sessions, and an application does.

use std::{io::Write as _, time::Duration};

use aws_lc_rs::signature::{self, RsaPublicKeyComponents};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::{Compression, write::DeflateEncoder};
use kernia::{saml::Certificate, vault::signing_key::rsa_parts};
use serde_json::{Value, json};

use crate::{
    idp::{Hash, Signer},
    kernia::{
        Answer, Application, Browser, Exchanged, IdentityProvider, Kernia, RelyingParty, encoded,
        from, hidden_fields,
    },
};

const ADA: &str = "ada@acme.test";
const SLO: &str = "https://idp.acme.test/slo";
const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

struct Scene {
    kernia: Kernia,
    app: Application,
    idp: IdentityProvider,
    connection: Value,
}

impl Scene {
    /// A connection whose provider takes part in single logout by this binding.
    async fn set(binding: &str) -> Self {
        let kernia = Kernia::start().await;
        let (app, idp) = (kernia.application(), IdentityProvider::acme());
        app.is_ready_for(&idp).await;
        let organization = app.organization("logout.test").await;
        let open = json!({ "allow_profiles_outside_organization": true });
        app.puts(&format!("/organizations/{organization}"), open).await.is(200);
        let service = format!(
            r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-{binding}" Location="{SLO}"/><md:SingleSignOnService "#
        );
        let metadata = idp.metadata().replacen("<md:SingleSignOnService ", &service, 1);
        let body = json!({
            "organization_id": organization, "saml_options": { "idp_metadata_xml": metadata },
        });
        let connection = app.posts("/connections", body).await.is(201);
        Self { kernia, app, idp, connection }
    }

    fn id(&self) -> &str {
        self.connection["id"].as_str().unwrap()
    }

    /// Somebody signs in; the answer is what the application has then.
    async fn signs_in(&self, who: &str) -> (Browser, Exchanged) {
        let mut browser = self.kernia.browser();
        let asked = browser.begins(&self.app, &[("connection", self.id())]).await;
        let response = self.idp.vouches(&asked, who, self.kernia.clock.now());
        let back = browser.returns(&asked, &response).await;
        let exchanged = self.app.exchanges(&back.leads_with("code").unwrap()).await;
        (browser, exchanged)
    }

    fn slo_url(&self) -> String {
        let acs_url = self.connection["saml_options"]["acs_url"].as_str().unwrap();
        acs_url.replace("/acs/", "/slo/")
    }

    /// A `LogoutRequest` of the provider's about this person.
    fn request(&self, id: &str, who: &str, more: &str) -> String {
        let now = self.kernia.clock.now().to_seconds_text();
        format!(
            r#"<samlp:LogoutRequest xmlns:samlp="{SAMLP}" Destination="{}" ID="{id}" IssueInstant="{now}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{}</saml:Issuer><saml:NameID xmlns:saml="{SAML}" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{who}</saml:NameID>{more}</samlp:LogoutRequest>"#,
            self.slo_url(),
            self.idp.entity_id
        )
    }

    /// The provider's answer to our request.
    fn response(&self, id: &str, status: &str) -> String {
        let now = self.kernia.clock.now().to_seconds_text();
        format!(
            r#"<samlp:LogoutResponse xmlns:samlp="{SAMLP}" Destination="{}" ID="_answer{id}" InResponseTo="{id}" IssueInstant="{now}" Version="2.0"><saml:Issuer xmlns:saml="{SAML}">{}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"></samlp:StatusCode></samlp:Status></samlp:LogoutResponse>"#,
            self.slo_url(),
            self.idp.entity_id
        )
    }

    /// The path with this message in its query, signed by `key`.
    fn redirect(&self, name: &str, xml: &str, relay_state: &str, by: &IdentityProvider) -> String {
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        deflated.write_all(xml.as_bytes()).unwrap();
        let message = STANDARD.encode(deflated.finish().unwrap());
        let method = by.key.method(Hash::Sha256);
        let pairs = [(name, message.as_str()), ("RelayState", relay_state), ("SigAlg", &method)];
        let signed = encoded(&pairs);
        let value = STANDARD.encode(by.key.sign(Hash::Sha256, signed.as_bytes()));
        let path = self.slo_url().strip_prefix(&self.kernia.base()).unwrap().to_owned();
        format!("{path}?{signed}&{}", encoded(&[("Signature", &value)]))
    }

    async fn opens(&self, token: &str) -> bool {
        self.app.profile_by(token).await.status == 200
    }

    /// The path of the address that signs this profile out.
    async fn logout_path(&self, profile: &Value) -> String {
        let body = json!({ "profile_id": profile["id"] });
        let answer = self.app.posts("/sso/logout/authorize", body).await.is(200);
        let (url, token) =
            (answer["logout_url"].as_str().unwrap(), answer["logout_token"].as_str().unwrap());
        assert_eq!(url, format!("{}/sso/logout?token={token}", self.kernia.base()));
        format!("/sso/logout?token={token}")
    }
}

/// The message that an address carries.
fn inflated(address: &str, name: &str) -> String {
    let mut xml = String::new();
    let bytes = STANDARD.decode(from(address, name).unwrap()).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::DeflateDecoder::new(&bytes[..]), &mut xml)
        .unwrap();
    xml
}

/// Our address is signed over its bytes by the key that the metadata shows.
async fn is_signed(scene: &Scene, location: &str) {
    let path = format!("/connections/{}/saml_sp_signing_cert", scene.id());
    let pem = scene.app.gets(&path).await.is(200)["value"].as_str().unwrap().to_owned();
    let certificate = Certificate::parse(&pem).unwrap();
    let (n, e) = rsa_parts(certificate.der()).unwrap();
    let (_, query) = location.split_once('?').unwrap();
    let (signed, _) = query.split_once("&Signature=").unwrap();
    let value = STANDARD.decode(from(location, "Signature").unwrap()).unwrap();
    let (key, scheme) = (RsaPublicKeyComponents { n, e }, &signature::RSA_PKCS1_2048_8192_SHA256);
    key.verify(scheme, signed.as_bytes(), &value).unwrap();
}

fn refused(answer: &Answer) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.body.contains("We could not sign you out"), "{}", answer.body);
}

#[tokio::test]
async fn the_provider_ends_a_session_and_is_told() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let (_, his) = scene.signs_in("bob@acme.test").await;
    assert_eq!(scene.kernia.database().count("sso_sessions"), 2);
    let session = "<samlp:SessionIndex>_session</samlp:SessionIndex>";
    let request = scene.request("_logout1", ADA, session);
    let path = scene.redirect("SAMLRequest", &request, "their state", &scene.idp);
    let answer = ada.goes(&path).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert!(
        answer.location().starts_with(&format!("{SLO}?SAMLResponse=")),
        "{}",
        answer.location()
    );
    assert_eq!(answer.leads_with("RelayState").as_deref(), Some("their state"));
    let xml = inflated(answer.location(), "SAMLResponse");
    assert!(xml.contains("InResponseTo=\"_logout1\"") && xml.contains("status:Success"), "{xml}");
    is_signed(&scene, answer.location()).await;
    assert!(!scene.opens(&hers.token).await, "her token is dead");
    assert!(scene.opens(&his.token).await, "his is not");
    assert_eq!(scene.kernia.database().count("sso_sessions"), 1);
    // The same request again is a replay.
    refused(&ada.goes(&path).await);
}

#[tokio::test]
async fn a_code_that_is_not_exchanged_yet_goes_too() {
    let scene = Scene::set("Redirect").await;
    let mut ada = scene.kernia.browser();
    let asked = ada.begins(&scene.app, &[("connection", scene.id())]).await;
    let response = scene.idp.vouches(&asked, ADA, scene.kernia.clock.now());
    let code = ada.returns(&asked, &response).await.leads_with("code").unwrap();
    let request = scene.request("_logout1", ADA, "");
    ada.goes(&scene.redirect("SAMLRequest", &request, "", &scene.idp)).await;
    assert_eq!(scene.app.offers(&code, &[]).await.code(400), "invalid_grant");
}

#[tokio::test]
async fn only_the_session_that_is_named_ends() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let other = "<samlp:SessionIndex>_another</samlp:SessionIndex>";
    let request = scene.request("_logout1", ADA, other);
    let answer = ada.goes(&scene.redirect("SAMLRequest", &request, "", &scene.idp)).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(answer.leads_with("RelayState"), None);
    assert!(scene.opens(&hers.token).await);
}

#[tokio::test]
async fn by_post_both_ways() {
    let scene = Scene::set("POST").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let request = scene.request("_logout1", ADA, "");
    let signed = STANDARD.encode(Signer::new(scene.idp.key).signed("_logout1", &request));
    let fields = [("SAMLRequest", signed.as_str()), ("RelayState", "s")];
    let page = ada.posts(&scene.slo_url(), &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Signing you out"), "{}", page.body);
    let (action, fields) = hidden_fields(&page.body);
    assert_eq!((action.as_str(), fields[0].0.as_str()), (SLO, "SAMLResponse"));
    assert_eq!(fields[1], ("RelayState".to_owned(), "s".to_owned()));
    let xml = String::from_utf8(STANDARD.decode(&fields[0].1).unwrap()).unwrap();
    assert!(xml.contains("status:Success") && xml.contains("<ds:Signature"), "{xml}");
    assert!(!scene.opens(&hers.token).await);
    // And an application's logout, by a page that posts itself.
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let page = ada.goes(&scene.logout_path(&hers.profile).await).await;
    let (action, fields) = hidden_fields(&page.body);
    assert_eq!((action.as_str(), fields[0].0.as_str()), (SLO, "SAMLRequest"));
    let id = fields[1].1.clone();
    let response = scene.response(&id, "Success");
    let signed = Signer::new(scene.idp.key).signed(&format!("_answer{id}"), &response);
    let signed = STANDARD.encode(signed);
    let fields = [("SAMLResponse", signed.as_str()), ("RelayState", id.as_str())];
    let done = ada.posts(&scene.slo_url(), &fields).await;
    assert!(done.status == 200 && done.body.contains("You are signed out"), "{done:?}");
}

#[tokio::test]
async fn nobody_else_can_end_a_session() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let request = scene.request("_logout1", ADA, "");
    let good = scene.redirect("SAMLRequest", &request, "", &scene.idp);
    let late = good.clone();
    let elsewhere = scene.request("_logout2", ADA, "").replace("/slo/", "/slo/x");
    let issuer = scene.request("_logout3", ADA, "").replace(scene.idp.entity_id, "https://a.test");
    let unsigned = good.split_once("&SigAlg=").unwrap().0.to_owned();
    for path in [
        scene.redirect("SAMLRequest", &request, "", &IdentityProvider::another()),
        scene.redirect("SAMLRequest", &elsewhere, "", &scene.idp),
        scene.redirect("SAMLRequest", &issuer, "", &scene.idp),
        unsigned,
        good.replace("RelayState=", "RelayState=changed"),
        format!("{good}&SAMLResponse=x"),
        good.split_once('?').unwrap().0.to_owned(),
    ] {
        refused(&ada.goes(&path).await);
    }
    assert!(scene.opens(&hers.token).await);
    scene.kernia.advance(Duration::from_hours(2));
    refused(&ada.goes(&late).await);
    // Where single logout is not set up, there is nothing.
    let plain = scene.app.gets("/connections").await.is(200)["data"].clone();
    let plain = plain.as_array().unwrap().iter().find(|it| it["id"] != scene.connection["id"]);
    let acs_url = plain.unwrap()["saml_options"]["acs_url"].as_str().unwrap();
    let slo = acs_url.strip_prefix(&scene.kernia.base()).unwrap().replace("/acs/", "/slo/");
    refused(&ada.goes(&format!("{slo}?{}", late.split_once('?').unwrap().1)).await);
}

#[tokio::test]
async fn an_application_signs_somebody_out_here_and_at_the_provider() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let path = scene.logout_path(&hers.profile).await;
    assert!(!scene.opens(&hers.token).await, "what is ours ends first");
    assert_eq!(scene.kernia.anonymous("HEAD", &path).await.status, 200);
    let sent = ada.goes(&path).await;
    assert_eq!(sent.status, 302, "{}", sent.body);
    assert!(sent.location().starts_with(&format!("{SLO}?SAMLRequest=")), "{}", sent.location());
    is_signed(&scene, sent.location()).await;
    let xml = inflated(sent.location(), "SAMLRequest");
    for told in [ADA, "<samlp:SessionIndex>_session</samlp:SessionIndex>", "NotOnOrAfter="] {
        assert!(xml.contains(told), "{told}: {xml}");
    }
    assert_eq!(scene.kernia.database().count("sso_sessions"), 0);
    let id = sent.leads_with("RelayState").unwrap();
    let response = scene.response(&id, "Success");
    let answer = scene.redirect("SAMLResponse", &response, &id, &scene.idp);
    let done = ada.goes(&answer).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("You are signed out"), "{}", done.body);
    assert!(done.body.contains("You can close this page."), "{}", done.body);
    assert_eq!(scene.kernia.database().count("logouts"), 0);
    // Each of them is good once.
    refused(&ada.goes(&answer).await);
    let again = ada.goes(&path).await;
    assert_eq!(again.status, 400);
    assert!(again.body.contains("This sign-out link has ended"), "{}", again.body);
}

#[tokio::test]
async fn who_has_many_sessions_is_signed_out_of_all() {
    let scene = Scene::set("Redirect").await;
    let mut named = Vec::new();
    for sessions in [10, 11] {
        let mut who = (scene.kernia.browser(), Value::Null);
        for nth in 0..sessions {
            let asked = who.0.begins(&scene.app, &[("connection", scene.id())]).await;
            let mut answer = scene.idp.answer(&asked, ADA, scene.kernia.clock.now());
            answer.statement = answer.statement.replace("\"_session\"", &format!("\"_s{nth}\""));
            let back = who.0.returns(&asked, &scene.idp.signs(&answer)).await;
            who.1 = scene.app.exchanges(&back.leads_with("code").unwrap()).await.profile;
        }
        let sent = who.0.goes(&scene.logout_path(&who.1).await).await;
        let xml = inflated(sent.location(), "SAMLRequest");
        named.push(xml.matches("<samlp:SessionIndex>").count());
        assert_eq!(scene.kernia.database().count("sso_sessions"), 0);
    }
    assert_eq!(named, [10, 0], "no session named means all of them");
}

#[tokio::test]
async fn a_provider_that_fails_does_not_keep_anybody_signed_in() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let sent = ada.goes(&scene.logout_path(&hers.profile).await).await;
    let id = sent.leads_with("RelayState").unwrap();
    let forged = scene.response(&id, "Success");
    let forged = scene.redirect("SAMLResponse", &forged, &id, &IdentityProvider::another());
    refused(&ada.goes(&forged).await);
    let response = scene.response(&id, "Responder");
    let done = ada.goes(&scene.redirect("SAMLResponse", &response, &id, &scene.idp)).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("did not confirm"), "{}", done.body);
    assert!(!scene.opens(&hers.token).await);
    // With nothing open at the provider there is nobody to ask.
    let done = ada.goes(&scene.logout_path(&hers.profile).await).await;
    assert!(done.status == 200 && done.body.contains("You can close this page."), "{done:?}");
}

#[tokio::test]
async fn a_logout_token_lives_ten_minutes() {
    let scene = Scene::set("Redirect").await;
    let (mut ada, hers) = scene.signs_in(ADA).await;
    let path = scene.logout_path(&hers.profile).await;
    scene.kernia.advance(Duration::from_mins(10));
    assert_eq!(ada.goes(&path).await.status, 400);
    assert_eq!(ada.goes("/sso/logout?token=nonsense").await.status, 400);
    assert_eq!(ada.goes("/sso/logout").await.status, 400);
}

#[tokio::test]
async fn where_there_is_no_single_logout_the_application_is_told() {
    let scene = Scene::set("Redirect").await;
    let plain = scene.app.gets("/connections").await.is(200)["data"].clone();
    let plain = plain.as_array().unwrap().iter().find(|it| it["id"] != scene.connection["id"]);
    let id = plain.unwrap()["id"].as_str().unwrap();
    let mut ada = scene.kernia.browser();
    let asked = ada.begins(&scene.app, &[("connection", id)]).await;
    let response = scene.idp.vouches(&asked, ADA, scene.kernia.clock.now());
    let code = ada.returns(&asked, &response).await.leads_with("code").unwrap();
    let hers = scene.app.exchanges(&code).await;
    assert_eq!(scene.kernia.database().count("sso_sessions"), 0, "none is remembered there");
    let body = json!({ "profile_id": hers.profile["id"] });
    let told = scene.app.posts("/sso/logout/authorize", body).await.is(400);
    assert_eq!(told["error"], "connection_invalid");
    assert!(told["error_description"].is_string() && told.get("message").is_none(), "{told}");
    assert!(scene.opens(&hers.token).await, "what is refused changes nothing");
    let unknown = json!({ "profile_id": "prof_none" });
    let told = scene.app.posts("/sso/logout/authorize", unknown).await;
    assert_eq!(told.code(404), "entity_not_found");
}

#[tokio::test]
async fn sessions_of_openid_clients_end_too() {
    let scene = Scene::set("Redirect").await;
    let rp = RelyingParty::confidential(&scene.app).await;
    let more = [("connection", scene.id()), ("scope", "openid offline_access")];
    for by_the_provider in [true, false] {
        let (mut ada, mut bob) = (scene.kernia.browser(), scene.kernia.browser());
        let now = scene.kernia.clock.now();
        let answer = rp.signs_in(&mut ada, (&scene.idp, ADA, now), &more).await;
        let hers = rp.exchanges(&answer.leads_with("code").unwrap()).await;
        let answer = rp.signs_in(&mut bob, (&scene.idp, "bob@acme.test", now), &more).await;
        let his = rp.exchanges(&answer.leads_with("code").unwrap()).await;
        let again = rp.authorize(&[("prompt", "none")]);
        let waits = ada.goes(&again).await.leads_with("code").unwrap();
        if by_the_provider {
            let request = scene.request("_logout1", ADA, "");
            ada.goes(&scene.redirect("SAMLRequest", &request, "", &scene.idp)).await;
        } else {
            let profile = json!({ "id": hers.claims["sub"] });
            let path = scene.logout_path(&profile).await;
            // The application's word is enough, whether or not a browser follows.
            assert_eq!(rp.user_info(&hers.access).await.status, 401);
            ada.goes(&path).await;
        }
        let told = ada.goes(&again).await;
        assert_eq!(told.leads_with("error").as_deref(), Some("login_required"), "{told:?}");
        assert_eq!(rp.offers(&waits, &[]).await.code(400), "invalid_grant");
        assert_eq!(rp.user_info(&hers.access).await.status, 401);
        assert_eq!(rp.refreshes(&hers.refresh, &[]).await.code(400), "invalid_grant");
        // His go on.
        assert!(bob.goes(&again).await.leads_with("code").is_some());
        rp.tokens(rp.refreshes(&his.refresh, &[]).await).await;
    }
}

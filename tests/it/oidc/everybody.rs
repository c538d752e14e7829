//! Providers for everybody: Google and its like belong to no organization, so no domain says who may
//! come; GitHub has no ID tokens.

use std::{fs, os::unix::fs::PermissionsExt};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use kernia::config::Config;
use serde_json::{Value, json};

use crate::kernia::{
    Answer, Application, Browser, Kernia, OpenIdProvider, RelyingParty, encoded, from,
};

pub(super) struct Stage {
    kernia: Kernia,
    app: Application,
    pub(super) provider: OpenIdProvider,
    pub(super) browser: Browser,
    /// The public half of the key that makes Apple's secrets.
    pub(super) apple: Value,
    _folder: tempfile::TempDir,
}

/// A key as Apple gives one, in PEM, and its public half.
fn apples_key() -> (String, Value) {
    let how = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let der = EcdsaKeyPair::generate_pkcs8(how, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(how, der.as_ref()).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let pem = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    (pem, json!({ "kid": "KEY1", "alg": "ES256", "kty": "EC", "x": text(x), "y": text(y) }))
}

impl Stage {
    /// A Kernia whose configuration has this section; `{issuer}` is the provider's.
    pub(super) async fn set(section: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (pem, apple) = apples_key();
        let [secret, key] = [("secret", OpenIdProvider::CLIENT_SECRET), ("key.p8", pem.as_str())]
            .map(|(name, text)| {
                let file = folder.path().join(name);
                fs::write(&file, text).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
                file
            });
        // The provider's clock is the test's, which Kernia has; its address is needed before.
        let clock = Kernia::start().await.clock.clone();
        let provider = OpenIdProvider::start(&clock).await;
        provider.wants("client_secret_post");
        let text = section
            .replace("{issuer}", &provider.issuer)
            .replace("{client}", OpenIdProvider::CLIENT_ID)
            .replace("{secret}", secret.to_str().unwrap())
            .replace("{key}", key.to_str().unwrap());
        let file = folder.path().join("kernia.toml");
        fs::write(&file, text).unwrap();
        let read = Config::load(Some(&file), []).unwrap_or_else(|told| panic!("{told}")).config;
        let kernia = Kernia::start_with(|config| {
            config.fetch.allow_private_addresses = true;
            config.google_oauth = read.google_oauth.clone();
            config.github_oauth = read.github_oauth.clone();
            config.apple_oauth = read.apple_oauth.clone();
        })
        .await;
        let app = kernia.application();
        let uri = json!({ "uri": Application::CALLBACK });
        app.posts("/user_management/redirect_uris", uri).await.is(201);
        let browser = kernia.browser();
        Self { kernia, app, provider, browser, apple, _folder: folder }
    }

    pub(super) async fn begins(&mut self, provider: &str) -> String {
        let answer = self.browser.goes(&self.app.authorize(&[("provider", provider)])).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        answer.location().to_owned()
    }

    async fn returns(&mut self, location: &str) -> Answer {
        self.returns_with(location, &[]).await
    }

    /// As [`Self::returns`], with more in the answer.
    async fn returns_with(&mut self, location: &str, more: &[(&str, &str)]) -> Answer {
        let path = self.browser.path_of(&from(location, "redirect_uri").unwrap());
        let mut answer = self.provider.signs_in(location);
        answer.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let pairs: Vec<_> = answer.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.browser.goes(&format!("{path}?{}", encoded(&pairs))).await
    }

    pub(super) async fn profile(&self, back: &Answer) -> Value {
        let code = back.leads_with("code").unwrap_or_else(|| panic!("{back:?}"));
        self.app.exchanges(&code).await.profile
    }
}

const GOOGLE: &str = "[google_oauth]\nclient_id = \"{client}\"\nclient_secret_file = \"{secret}\"\n\
                      discovery_endpoint = \"{issuer}/.well-known/openid-configuration\"\n";
const GITHUB: &str = "[github_oauth]\nclient_id = \"{client}\"\nclient_secret_file = \"{secret}\"\n\
                      authorization_endpoint = \"{issuer}/login/oauth/authorize\"\n\
                      token_endpoint = \"{issuer}/token\"\napi_url = \"{issuer}/api\"\n";

#[tokio::test]
async fn whoever_has_an_account_at_google_signs_in() {
    let mut stage = Stage::set(GOOGLE).await;
    stage.provider.person(&json!({ "email": "ada@elsewhere.test" }));
    // It was never read: the first who comes waits for that.
    let location = stage.begins("GoogleOAuth").await;
    let back = stage.returns(&location).await;
    let profile = stage.profile(&back).await;
    assert_eq!(profile["email"], "ada@elsewhere.test");
    assert_eq!(profile["organization_id"], Value::Null);
    assert_eq!(profile["connection_type"], "GoogleOAuth");
    stage.provider.person(&json!({ "email_verified": false }));
    // Of two traces of one instant either may be the newest.
    stage.kernia.advance(std::time::Duration::from_millis(1));
    let location = stage.begins("GoogleOAuth").await;
    let back = stage.returns(&location).await;
    assert_eq!(back.status, 400, "{}", back.body);
    let connections = stage.app.gets("/connections?connection_type=GoogleOAuth").await.is(200);
    let id = connections["data"][0]["id"].as_str().unwrap();
    let traces =
        stage.app.gets(&format!("/kernia/v1/connections/{id}/traces?code=email_unverified")).await;
    let traces = traces.is(200);
    assert_eq!(traces["data"].as_array().unwrap().len(), 1, "{traces}");
    drop(stage.kernia);
}

#[tokio::test]
async fn a_client_by_openid_connect_gets_there_too() {
    let mut stage = Stage::set(GOOGLE).await;
    stage.provider.person(&json!({ "email": "ada@elsewhere.test" }));
    let rp = RelyingParty::confidential(&stage.app).await;
    // It was never read: the first who comes waits for that.
    let asked = rp.authorize(&[("provider", "GoogleOAuth")]);
    let sent = stage.browser.goes(&asked).await;
    assert_eq!(sent.status, 302, "{}", sent.body);
    let back = stage.returns(sent.location()).await;
    assert_eq!(back.leads_with("iss"), Some(stage.kernia.base()));
    let tokens = rp.exchanges(&back.leads_with("code").unwrap()).await;
    assert_eq!(tokens.claims["email"], "ada@elsewhere.test");
    assert_eq!(tokens.claims.get("org_id"), None);

    for (word, told) in [("access_denied", "access_denied"), ("server_error", "server_error")] {
        let asked = rp.authorize(&[("provider", "GoogleOAuth"), ("prompt", "login")]);
        let sent = stage.browser.goes(&asked).await;
        let request_id = from(sent.location(), "state").unwrap();
        let path = stage.browser.path_of(&from(sent.location(), "redirect_uri").unwrap());
        let answer = encoded(&[("error", word), ("state", request_id.as_str())]);
        let back = stage.browser.goes(&format!("{path}?{answer}")).await;
        assert!(back.location().starts_with(RelyingParty::CALLBACK), "{back:?}");
        assert_eq!(back.leads_with("error").as_deref(), Some(told));
        assert_eq!(back.leads_with("state").as_deref(), Some("the state"));
        assert_eq!(back.leads_with("iss"), Some(stage.kernia.base()));
    }
}

#[tokio::test]
async fn who_an_access_token_belongs_to_is_asked_of_github() {
    let mut stage = Stage::set(GITHUB).await;
    let says = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    stage.provider.answers(
        "/api/user",
        says(r#"{"id": 1815, "login": "ada", "name": "Ada Lovelace", "email": "eve@evil.test"}"#),
    );
    stage.provider.answers(
        "/api/user/emails",
        says(
            r#"[{"email": "eve@evil.test", "primary": false, "verified": false},
                {"email": "ada@home.test", "primary": true, "verified": true}]"#,
        ),
    );
    let location = stage.begins("GitHubOAuth").await;
    assert_eq!(from(&location, "scope").as_deref(), Some("read:user user:email"));
    let back = stage.returns(&location).await;
    let profile = stage.profile(&back).await;
    assert_eq!(profile["idp_id"], "1815");
    assert_eq!(profile["email"], "ada@home.test", "never the one that was not verified");
    assert_eq!(profile["name"], "Ada Lovelace");
    assert_eq!(profile["raw_attributes"]["login"], "ada");
    // It says in its answers whose they are (RFC 9207), and publishes that nowhere.
    let own = format!("{}/login/oauth", stage.provider.issuer);
    let location = stage.begins("GitHubOAuth").await;
    let back = stage.returns_with(&location, &[("iss", &own)]).await;
    stage.profile(&back).await;
    let location = stage.begins("GitHubOAuth").await;
    let issuer = stage.provider.issuer.clone();
    for other in [issuer.as_str(), "https://evil.test/login/oauth"] {
        let back = stage.returns_with(&location, &[("iss", other)]).await;
        assert_eq!(back.status, 400, "{other}: {}", back.body);
    }
    let asked = stage.provider.last("/api/user");
    assert!(asked.authorization.unwrap().starts_with("Bearer access-"));
    stage.provider.answers("/api/user/emails", says("[]"));
    let location = stage.begins("GitHubOAuth").await;
    assert_eq!(stage.returns(&location).await.status, 400);
    stage.provider.answers("/api/user", says(r#"{"login": "ada"}"#));
    let location = stage.begins("GitHubOAuth").await;
    let back = stage.returns(&location).await;
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"));
}

#[tokio::test]
async fn what_began_through_a_provider_ends_when_it_is_taken_out() {
    let mut stage = Stage::set(GOOGLE).await;
    stage.provider.person(&json!({ "email": "ada@elsewhere.test" }));
    let rp = RelyingParty::confidential(&stage.app).await;
    let more = [("provider", "GoogleOAuth"), ("scope", "openid offline_access")];
    let sent = stage.browser.goes(&rp.authorize(&more)).await;
    let back = stage.returns(sent.location()).await;
    let tokens = rp.exchanges(&back.leads_with("code").unwrap()).await;
    let none = rp.authorize(&[("prompt", "none")]);
    stage.kernia.restart().await;
    assert!(stage.browser.goes(&none).await.leads_with("code").is_some(), "a restart ends nothing");
    let tokens = rp.tokens(rp.refreshes(&tokens.refresh, &[]).await).await;
    let mut google = None;
    stage.kernia.changes(|config| google = config.google_oauth.client_id.take()).await;
    stage.kernia.changes(|config| config.google_oauth.client_id = google).await;
    let told = stage.browser.goes(&none).await;
    assert_eq!(told.leads_with("error").as_deref(), Some("login_required"), "{told:?}");
    assert_eq!(rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    assert_eq!(rp.user_info(&tokens.access).await.status, 401);
}

//! A sign-in under way at a provider of the tests' own, and who may look at its traces.

use std::time::Duration;

use serde_json::{Value, json};

use crate::kernia::{Answer, Application, Browser, Kernia, OpenIdProvider, encoded, from};

/// A Kernia with one OIDC connection, and a browser.
pub(crate) struct Scene {
    pub(crate) kernia: Kernia,
    pub(crate) app: Application,
    pub(crate) provider: OpenIdProvider,
    pub(crate) connection: String,
    pub(crate) browser: Browser,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        Self::with(&json!({})).await
    }

    /// One whose connection has these options beside the usual ones, or is of this type.
    pub(crate) async fn with(options: &Value) -> Self {
        let kernia = Self::kernia().await;
        let provider = OpenIdProvider::start(&kernia.clock).await;
        Self::at(kernia, provider, options).await
    }

    /// A Kernia that reaches the providers of the tests, which are on this machine.
    pub(crate) async fn kernia() -> Kernia {
        Kernia::start_with(|config| config.fetch.allow_private_addresses = true).await
    }

    /// One at this provider.
    pub(crate) async fn at(kernia: Kernia, provider: OpenIdProvider, options: &Value) -> Self {
        let app = kernia.application();
        let uri = json!({ "uri": Application::CALLBACK });
        app.posts("/user_management/redirect_uris", uri).await.is(201);
        let organization = app.organization("acme.test").await;
        let mut oidc = json!({
            "discovery_endpoint":
                format!("{}/.well-known/openid-configuration", provider.issuer),
            "client_id": OpenIdProvider::CLIENT_ID,
            "client_secret": OpenIdProvider::CLIENT_SECRET,
        });
        let mut options = options.as_object().unwrap().clone();
        let kind = options.remove("connection_type").unwrap_or_else(|| json!("GenericOIDC"));
        for (name, value) in options {
            oidc[name] = value;
        }
        let body = json!({
            "organization_id": organization, "connection_type": kind, "oidc_options": oidc,
        });
        let made = app.posts("/connections", body).await.is(201);
        let connection = made["id"].as_str().unwrap().to_owned();
        let browser = kernia.browser();
        Self { kernia, app, provider, connection, browser }
    }

    /// The browser is sent to the provider: to this address.
    pub(crate) async fn begins(&mut self, more: &[(&str, &str)]) -> String {
        let connection = self.connection.clone();
        let all = [&[("connection", connection.as_str())], more].concat();
        let answer = self.browser.goes(&self.app.authorize(&all)).await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        answer.location().to_owned()
    }

    /// The person signs in there, and the browser brings the answer back.
    pub(crate) async fn returns(&mut self, location: &str) -> Answer {
        let answer = self.provider.signs_in(location);
        self.brings(location, &answer).await
    }

    /// The browser brings this answer to where the request wanted it.
    pub(crate) async fn brings(&mut self, location: &str, answer: &[(String, String)]) -> Answer {
        let path = self.callback(location);
        let pairs: Vec<_> = answer.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        self.kernia.advance(Duration::from_millis(1));
        self.browser.goes(&format!("{path}?{}", encoded(&pairs))).await
    }

    /// The path of the redirect URI of a request.
    pub(crate) fn callback(&self, location: &str) -> String {
        self.browser.path_of(&from(location, "redirect_uri").unwrap())
    }

    /// A whole sign-in, which goes well: the profile.
    pub(crate) async fn signs_in(&mut self) -> Value {
        let location = self.begins(&[]).await;
        let back = self.returns(&location).await;
        self.profile(&back).await
    }

    /// What the code of this answer is exchanged for.
    pub(crate) async fn profile(&self, back: &Answer) -> Value {
        let trace = self.newest().await;
        assert_eq!(back.status, 303, "{}: {trace}", back.body);
        let code = back.leads_with("code");
        let code = code.unwrap_or_else(|| panic!("no code: {}", back.location()));
        self.app.exchanges(&code).await.profile
    }

    /// A whole sign-in, which is refused: the trace.
    pub(crate) async fn is_refused(&mut self) -> Value {
        let location = self.begins(&[]).await;
        let back = self.returns(&location).await;
        assert!(back.status == 303 || back.status == 400, "{back:?}");
        if back.status == 303 {
            assert_eq!(back.leads_with("code"), None);
        } else {
            assert!(back.content_type().starts_with("text/html"), "{back:?}");
            assert!(back.body.contains(back.request_id()), "{}", back.body);
        }
        let trace = self.newest().await;
        assert_eq!(trace["outcome"], "failed", "{trace}");
        trace
    }

    /// The newest trace at the connection.
    pub(crate) async fn newest(&self) -> Value {
        let path = format!("/kernia/v1/connections/{}/traces?limit=1", self.connection);
        self.app.gets(&path).await.is(200)["data"][0].clone()
    }
}

/// The names of the steps of a trace, each with `!` where it failed.
pub(crate) fn steps(trace: &Value) -> Vec<String> {
    let steps = trace["steps"].as_array().unwrap().iter();
    let mark = |step: &Value| if step["ok"] == json!(true) { "" } else { "!" };
    steps.map(|step| format!("{}{}", step["name"].as_str().unwrap(), mark(step))).collect()
}

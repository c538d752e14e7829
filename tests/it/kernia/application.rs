//! An application: it calls the API with its key, as the SDKs do.

use std::{net::SocketAddr, sync::atomic::AtomicU32, sync::atomic::Ordering};

use serde_json::{Value, json};

use super::{Answer, IdentityProvider, encoded, sends};

/// Numbers the organizations of all tests, so that domains and names differ.
static NTH: AtomicU32 = AtomicU32::new(1);

/// A client of Kernia.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    pub(crate) client_id: String,
    pub(crate) api_key: String,
}

/// What a code was exchanged for.
#[derive(Debug, Clone)]
pub(crate) struct Exchanged {
    pub(crate) token: String,
    pub(crate) profile: Value,
}

impl Application {
    /// Where answers go in the stories.
    pub(crate) const CALLBACK: &str = "https://app.example.com/callback";

    pub(crate) fn new(address: SocketAddr, client_id: &str, api_key: &str) -> Self {
        Self { address, client_id: client_id.to_owned(), api_key: api_key.to_owned() }
    }

    pub(crate) async fn asks(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let key = format!("Bearer {}", self.api_key);
        let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        sends(self.address, method, path, &headers, body.as_bytes()).await
    }

    pub(crate) async fn gets(&self, path: &str) -> Answer {
        self.asks("GET", path, None).await
    }

    pub(crate) async fn posts(&self, path: &str, body: Value) -> Answer {
        self.asks("POST", path, Some(&body)).await
    }

    pub(crate) async fn puts(&self, path: &str, body: Value) -> Answer {
        self.asks("PUT", path, Some(&body)).await
    }

    pub(crate) async fn patches(&self, path: &str, body: Value) -> Answer {
        self.asks("PATCH", path, Some(&body)).await
    }

    pub(crate) async fn deletes(&self, path: &str) -> Answer {
        self.asks("DELETE", path, None).await
    }

    /// An organization that owns `domain`.
    pub(crate) async fn organization(&self, domain: &str) -> String {
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let body = json!({
            "name": format!("Customer {nth}"),
            "domain_data": [{ "domain": domain, "state": "verified" }],
        });
        id_of(&self.posts("/organizations", body).await.is(201))
    }

    /// An organization that has nothing yet.
    pub(crate) async fn customer(&self) -> String {
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "name": format!("Customer {nth}") });
        id_of(&self.posts("/organizations", body).await.is(201))
    }

    /// A connection of the organization to the identity provider, from its metadata.
    pub(crate) async fn connection(&self, organization: &str, idp: &IdentityProvider) -> Value {
        let body = json!({
            "organization_id": organization,
            "saml_options": { "idp_metadata_xml": idp.metadata() },
        });
        self.posts("/connections", body).await.is(201)
    }

    /// A connection as [`Application::connection`] makes it, with these fields beside the usual ones.
    pub(crate) async fn connection_with(
        &self,
        organization: &str,
        idp: &IdentityProvider,
        more: &Value,
    ) -> Value {
        let mut body = json!({
            "organization_id": organization,
            "saml_options": { "idp_metadata_xml": idp.metadata() },
        });
        for (name, value) in more.as_object().unwrap() {
            match (&mut body[name], value) {
                (Value::Object(there), Value::Object(more)) => there.extend(more.clone()),
                (place, value) => *place = value.clone(),
            }
        }
        self.posts("/connections", body).await.is(201)
    }

    /// All that a sign-in needs: the redirect URI, an organization that owns `acme.test`, and a
    /// connection, whose id is the answer.
    pub(crate) async fn is_ready_for(&self, idp: &IdentityProvider) -> String {
        let uri = json!({ "uri": Self::CALLBACK });
        self.posts("/user_management/redirect_uris", uri).await.is(201);
        let organization = self.organization("acme.test").await;
        id_of(&self.connection(&organization, idp).await)
    }

    /// The path of a sign-in, with these parameters beside the usual ones.
    pub(crate) fn authorize(&self, more: &[(&str, &str)]) -> String {
        let mut pairs = vec![("client_id", self.client_id.as_str()), ("response_type", "code")];
        if !more.iter().any(|(name, _)| *name == "redirect_uri") {
            pairs.push(("redirect_uri", Self::CALLBACK));
        }
        pairs.extend_from_slice(more);
        format!("/sso/authorize?{}", encoded(&pairs))
    }

    /// `POST /sso/token` as a form, with these fields in place of or beside the usual ones.
    pub(crate) async fn offers(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let usual = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.api_key.as_str()),
            ("grant_type", "authorization_code"),
            ("code", code),
        ];
        let given = |name: &str| more.iter().any(|(other, _)| *other == name);
        let mut pairs: Vec<_> = usual.into_iter().filter(|(name, _)| !given(name)).collect();
        // An empty value stands for a field that is left out.
        pairs.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        let form = [("content-type", "application/x-www-form-urlencoded;charset=utf-8")];
        sends(self.address, "POST", "/sso/token", &form, encoded(&pairs).as_bytes()).await
    }

    /// A code for a token and a profile.
    pub(crate) async fn exchanges(&self, code: &str) -> Exchanged {
        let body = self.offers(code, &[]).await.is(200);
        let token = body["access_token"].as_str().unwrap().to_owned();
        Exchanged { token, profile: body["profile"].clone() }
    }

    /// Whose profile the token opens.
    pub(crate) async fn profile_by(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        sends(self.address, "GET", "/sso/profile", &headers, b"").await
    }
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

//! OIDC connections as data and through the API: what is given and what is answered, what a provider
//! publishes and when it is read again, and providers that belong to no organization.

mod fields;
mod providers;
mod reading;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernia::jobs::JOBS;
use serde_json::{Value, json};

use crate::kernia::{Application, Kernia, MetadataServer};

const SECRET: &str = "planted-client-secret-of-acme";
/// Numbers the organizations, so that no two have one domain.
static NTH: AtomicU32 = AtomicU32::new(1);

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object[name].as_str().unwrap_or_else(|| panic!("no {name} in {object}"))
}

/// What an OpenID provider publishes, on two ports of one host: a document and keys.
struct Publisher {
    discovery: MetadataServer,
    keys: MetadataServer,
}

impl Publisher {
    async fn start() -> Self {
        let publisher = Self {
            discovery: MetadataServer::start("").await,
            keys: MetadataServer::start("").await,
        };
        publisher.discovery.says(&publisher.document(&json!({})));
        publisher.keys.says(&jwks(&["one"]));
        publisher
    }

    /// Where everything lies.
    fn origin(&self) -> &str {
        self.discovery.url.strip_suffix("/metadata").unwrap()
    }

    fn endpoint(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.origin())
    }

    /// The document, with some of it otherwise; `null` leaves a part out.
    fn document(&self, otherwise: &Value) -> String {
        let origin = self.origin();
        let mut document = json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "userinfo_endpoint": format!("{origin}/userinfo"),
            "end_session_endpoint": format!("{origin}/logout"),
            "jwks_uri": self.keys.url,
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"],
            "token_endpoint_auth_methods_supported":
                ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email", "groups"],
        });
        for (name, value) in otherwise.as_object().unwrap() {
            document[name] = value.clone();
        }
        document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        document.to_string()
    }

    fn publishes(&self, otherwise: &Value) {
        self.discovery.says(&self.document(otherwise));
    }

    /// What has to be given, and what of it otherwise.
    fn options(&self, otherwise: &Value) -> Value {
        let mut options = json!({
            "discovery_endpoint": self.endpoint(), "client_id": "kernia-at-acme",
            "client_secret": SECRET,
        });
        for (name, value) in otherwise.as_object().unwrap() {
            options[name] = value.clone();
        }
        options.as_object_mut().unwrap().retain(|_, value| value != "absent");
        options
    }
}

/// A key set with an elliptic key of each of these names (RFC 7517, appendix A.1).
fn jwks(names: &[&str]) -> String {
    let key = |name: &&str| {
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": name,
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        })
    };
    json!({ "keys": names.iter().map(key).collect::<Vec<_>>() }).to_string()
}

/// A Kernia that may reach this machine's servers.
async fn open_kernia() -> Kernia {
    Kernia::start_with(|config| config.fetch.allow_private_addresses = true).await
}

/// An organization of its own.
async fn organization(app: &Application) -> String {
    let nth = NTH.fetch_add(1, Ordering::Relaxed);
    app.organization(&format!("oidc{nth}.test")).await
}

/// A connection with these options, and the whole answer.
async fn connected(app: &Application, options: Value) -> Value {
    let organization = organization(app).await;
    let body = json!({ "organization_id": organization, "oidc_options": options });
    app.posts("/connections", body).await.is(201)
}

fn path_of(connection: &Value) -> String {
    format!("/connections/{}", text(connection, "id"))
}

async fn runs(kernia: &Kernia, job: &str) {
    let job = JOBS.iter().find(|known| known.name == job).unwrap();
    (job.run)(Arc::clone(kernia.app())).await.unwrap();
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

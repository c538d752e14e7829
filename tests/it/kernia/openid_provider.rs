//! An OpenID provider of the tests' own, on a port of its own: it signs with AWS-LC and shares no line
//! with Kernia's kernel. It does what the standard says until it is told to say something else.

mod assertion;
mod key;
mod web;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kernia::kit::time::Clock;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

pub(crate) use self::key::Key;
use super::from;

/// What an ID token is made of, before it is signed.
pub(crate) struct Token {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signed_by: SignedBy,
}

/// What signs a token.
pub(crate) enum SignedBy {
    /// The provider's newest key.
    Ours,
    /// Another key, whoever has it.
    Other(Arc<Key>),
    /// A secret that both sides hold, or whatever is taken for one.
    Secret(Vec<u8>),
    /// Nobody: the signature is empty.
    Nobody,
}

type Spoil = Box<dyn Fn(&mut Token) + Send>;

/// One provider, until the test ends.
pub(crate) struct OpenIdProvider {
    pub(crate) issuer: String,
    inner: Arc<Inner>,
}

struct Inner {
    issuer: String,
    clock: Clock,
    state: Mutex<State>,
    is_open: watch::Sender<bool>,
}

struct State {
    keys: Vec<Arc<Key>>,
    codes: HashMap<String, Issued>,
    next: u32,
    spoil: Option<Spoil>,
    /// What a path says instead of what it should.
    raw: HashMap<String, Vec<u8>>,
    /// The path that keeps silent.
    silent: Option<String>,
    /// Requests: method, path, headers, body.
    asked: Vec<Asked>,
    person: Value,
    user_info: Option<Value>,
    metadata: Value,
    method: &'static str,
    /// The keys by which clients prove who they are.
    client_keys: Vec<Value>,
    /// The assertions that were taken, by their names.
    spent: HashSet<String>,
    /// How far its clock is ahead when it judges them, in seconds.
    ahead: i64,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// A code, and what it was given for.
#[derive(Clone)]
struct Issued {
    nonce: String,
    challenge: Option<String>,
    redirect_uri: String,
    max_age: bool,
    access_token: String,
}

impl OpenIdProvider {
    pub(crate) const CLIENT_ID: &'static str = "kernia-at-acme";
    pub(crate) const CLIENT_SECRET: &'static str = "a secret of 32 characters or more.";

    /// A provider with one RSA key, at which Ada has an account.
    pub(crate) async fn start(clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            keys: vec![Arc::new(Key::rsa("RS256", "first"))],
            codes: HashMap::new(),
            next: 1,
            spoil: None,
            raw: HashMap::new(),
            silent: None,
            asked: Vec::new(),
            person: json!({
                "sub": "ada-1815", "email": "ada@acme.test", "email_verified": true,
                "given_name": "Ada", "family_name": "Lovelace", "name": "Ada Lovelace",
                "groups": ["Engineering", "Admins"],
            }),
            user_info: None,
            metadata: json!({}),
            method: "client_secret_basic",
            client_keys: Vec::new(),
            spent: HashSet::new(),
            ahead: 0,
        };
        let inner = Arc::new(Inner {
            issuer: issuer.clone(),
            clock: clock.clone(),
            state: Mutex::new(state),
            is_open: watch::Sender::new(true),
        });
        let serving = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { issuer, inner }
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.inner.state.lock().unwrap())
    }

    /// From now on ID tokens are changed so before they are signed.
    pub(crate) fn spoils(&self, spoil: impl Fn(&mut Token) + Send + 'static) {
        self.with(|state| state.spoil = Some(Box::new(spoil)));
    }

    /// It is honest again.
    pub(crate) fn reforms(&self) {
        self.with(|state| {
            state.spoil = None;
            state.raw.clear();
            state.silent = None;
            state.user_info = None;
        });
        self.inner.is_open.send_replace(true);
    }

    /// From now on this path sends just these bytes.
    pub(crate) fn answers(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.with(|state| state.raw.insert(path.to_owned(), bytes.into()));
    }

    /// From now on this path takes requests and keeps silent.
    pub(crate) fn holds_back(&self, path: &str) {
        self.with(|state| state.silent = Some(path.to_owned()));
        self.inner.is_open.send_replace(false);
    }

    /// Who signs in.
    pub(crate) fn person(&self, claims: &Value) {
        self.with(|state| {
            for (name, value) in claims.as_object().unwrap() {
                match value {
                    Value::Null => _ = state.person.as_object_mut().unwrap().remove(name),
                    value => state.person[name] = value.clone(),
                }
            }
        });
    }

    /// What the userinfo endpoint says; what the ID token does, when nobody says.
    pub(crate) fn user_info(&self, claims: Value) {
        self.with(|state| state.user_info = Some(claims));
    }

    /// More that stands in the discovery document, or something else.
    pub(crate) fn publishes(&self, more: Value) {
        self.with(|state| state.metadata = more);
    }

    /// How clients have to prove who they are.
    pub(crate) fn wants(&self, method: &'static str) {
        self.with(|state| state.method = method);
    }

    /// Clients prove who they are by these keys.
    pub(crate) fn knows(&self, keys: Vec<Value>) {
        self.with(|state| state.client_keys = keys);
    }

    /// It judges what clients show it by a clock that is ahead.
    pub(crate) fn lives_ahead(&self, seconds: i64) {
        self.with(|state| state.ahead = seconds);
    }

    /// It signs with this key from now on; those before it are published with it, or not.
    pub(crate) fn rotates(&self, key: Key, keeps_old: bool) {
        self.with(|state| {
            if !keeps_old {
                state.keys.clear();
            }
            state.keys.push(Arc::new(key));
        });
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> Arc<Key> {
        self.with(|state| Arc::clone(state.keys.last().unwrap()))
    }

    /// How often a path was asked for.
    pub(crate) fn asked_for(&self, path: &str) -> usize {
        self.with(|state| state.asked.iter().filter(|it| it.path == path).count())
    }

    /// The last request to a path.
    pub(crate) fn last(&self, path: &str) -> Asked {
        self.with(|state| state.asked.iter().rfind(|it| it.path == path).unwrap().clone())
    }

    /// The person signs in: what the browser brings back, without the issuer.
    pub(crate) fn signs_in(&self, location: &str) -> Vec<(String, String)> {
        let asked = |name: &str| from(location, name);
        let endpoint = location.split('?').next().unwrap();
        assert!(
            endpoint.starts_with(&self.issuer) && endpoint.ends_with("/authorize"),
            "{location}"
        );
        assert_eq!(asked("response_type").as_deref(), Some("code"));
        assert_eq!(asked("client_id").as_deref(), Some(Self::CLIENT_ID));
        assert!(!asked("scope").unwrap().is_empty());
        let state = asked("state").unwrap();
        let code = self.with(|now| {
            let code = format!("code-{}", now.next);
            let issued = Issued {
                nonce: asked("nonce").unwrap(),
                challenge: asked("code_challenge"),
                redirect_uri: asked("redirect_uri").unwrap(),
                max_age: asked("max_age").is_some(),
                access_token: format!("access-{}", now.next),
            };
            now.next += 1;
            now.codes.insert(code.clone(), issued);
            code
        });
        vec![("code".to_owned(), code), ("state".to_owned(), state)]
    }
}

impl Inner {
    /// The ID token for a code.
    fn id_token(state: &State, (issuer, clock): (&str, &Clock), code: &Issued) -> String {
        let now = clock.now().millis() / 1000;
        let key = state.keys.last().unwrap();
        let mut claims = json!({
            "iss": issuer, "aud": OpenIdProvider::CLIENT_ID, "nonce": code.nonce,
            "iat": now, "exp": now + 300, "sid": "session-1",
        });
        for (name, value) in state.person.as_object().unwrap() {
            claims[name] = value.clone();
        }
        if code.max_age {
            claims["auth_time"] = json!(now);
        }
        claims["at_hash"] = json!(key.half_hash(&code.access_token));
        let header = json!({ "alg": key.algorithm, "kid": key.kid, "typ": "JWT" });
        let mut token = Token { header, claims, signed_by: SignedBy::Ours };
        if let Some(spoil) = &state.spoil {
            spoil(&mut token);
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&token.header), part(&token.claims));
        let signature = match &token.signed_by {
            SignedBy::Ours => key.sign(signed.as_bytes()),
            SignedBy::Other(other) => other.sign(signed.as_bytes()),
            SignedBy::Secret(secret) => key::hmac(&token.header, secret, signed.as_bytes()),
            SignedBy::Nobody => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A moment of the provider's clock that differs from ours.
pub(crate) fn shifted(seconds: i64) -> impl Fn(&mut Token) + Send + 'static {
    move |token| {
        for name in ["iat", "exp", "auth_time"] {
            if let Some(time) = token.claims[name].as_i64() {
                token.claims[name] = json!(time + seconds);
            }
        }
    }
}

/// Long enough to be refused, short enough for a test.
pub(crate) const LATE: Duration = Duration::from_mins(20);

//! The OpenID provider of the bench `sso --oidc`: what it says is prepared before any clock runs, and
//! handed out by code. It lives in a thread of its own.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use kernia::{kit::time::Clock, oidc::SigningKey};
use serde_json::{Value, json};

use crate::Outcome;

/// Our name at it, and the secret that goes with it.
pub(crate) const CLIENT: (&str, &str) = ("bench", "a secret of the bench, long enough for all");

/// One provider, until the bench ends.
pub(crate) struct OpenIdProvider {
    pub(crate) issuer: String,
    key: SigningKey,
    prepared: Arc<Prepared>,
}

/// What is said: documents by path, answers of the token endpoint by code, people by access token.
struct Prepared {
    documents: HashMap<&'static str, String>,
    tokens: Mutex<HashMap<String, String>>,
    people: Mutex<HashMap<String, String>>,
}

impl OpenIdProvider {
    /// Starts it, under a name that the peer takes without TLS.
    pub(crate) fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let issuer = format!("http://localhost:{}", listener.local_addr()?.port());
        let der = SigningKey::generate().map_err(|no| no.to_string())?;
        let key = SigningKey::from_der(&der).map_err(|no| no.to_string())?;
        let documents = HashMap::from([
            ("/.well-known/openid-configuration", metadata(&issuer).to_string()),
            ("/jwks", json!({ "keys": [key.public_jwk("bench")] }).to_string()),
        ]);
        let prepared =
            Arc::new(Prepared { documents, tokens: Mutex::default(), people: Mutex::default() });
        let serving = Arc::clone(&prepared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.serve(stream));
            }
        });
        Ok(Self { issuer, key, prepared })
    }

    /// What it publishes of itself.
    pub(crate) fn metadata(&self) -> Value {
        metadata(&self.issuer)
    }

    /// Signs somebody in: the code that its tokens are handed out for.
    pub(crate) fn prepare(&self, nth: usize, nonce: &str, who: (&str, &str)) -> Outcome<String> {
        let now = Clock::system().now().millis() / 1000;
        let person = json!({
            "sub": who.0, "email": who.1, "email_verified": true, "given_name": "Ada",
            "family_name": "Lovelace", "groups": ["Engineering", "Admins"],
        });
        let mut claims = person.clone();
        for (name, value) in [
            ("iss", json!(self.issuer)),
            ("aud", json!(CLIENT.0)),
            ("nonce", json!(nonce)),
            ("iat", json!(now)),
            ("exp", json!(now + 3600)),
        ] {
            claims[name] = value;
        }
        let id_token = self.key.sign("bench", "JWT", &claims).map_err(|no| no.to_string())?;
        let (code, access) = (format!("code-{nth}-{nonce}"), format!("access-{nth}-{nonce}"));
        let tokens = json!({
            "access_token": access, "token_type": "Bearer", "expires_in": 3600,
            "id_token": id_token,
        });
        let lock = |map: &Mutex<HashMap<String, String>>, key: &str, value: String| {
            map.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value);
        };
        lock(&self.prepared.tokens, &code, tokens.to_string());
        lock(&self.prepared.people, &access, person.to_string());
        Ok(code)
    }
}

fn metadata(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "userinfo_endpoint": at("/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    })
}

impl Prepared {
    /// One connection, until the other side closes it, as providers do.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut text, mut piece) = (String::new(), [0; 8192]);
        loop {
            match stream.read(&mut piece)? {
                0 => return Ok(()),
                read => text.push_str(&String::from_utf8_lossy(&piece[..read])),
            }
            if is_whole(&text) {
                self.say(&mut stream, &std::mem::take(&mut text))?;
            }
        }
    }

    fn say(&self, stream: &mut TcpStream, request: &str) -> std::io::Result<()> {
        let answer = self.answer(request).unwrap_or_default();
        let status = if answer.is_empty() { "404 Nothing" } else { "200 OK" };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        stream.write_all(&[head.as_bytes(), answer.as_bytes()].concat())
    }

    fn answer(&self, request: &str) -> Option<String> {
        let path = request.split(' ').nth(1)?.split('?').next()?;
        let take = |map: &Mutex<HashMap<String, String>>, key: &str| {
            map.lock().unwrap_or_else(PoisonError::into_inner).remove(key)
        };
        match path {
            "/token" => {
                let (_, body) = request.split_once("\r\n\r\n")?;
                let mut pairs = form_urlencoded::parse(body.as_bytes());
                let (_, code) = pairs.find(|(name, _)| name == "code")?;
                take(&self.tokens, &code)
            }
            "/userinfo" => {
                let header = request.lines().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("authorization").then_some(value)
                })?;
                take(&self.people, header.strip_prefix("Bearer ")?)
            }
            document => self.documents.get(document).cloned(),
        }
    }
}

/// Whether head and body are there.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}

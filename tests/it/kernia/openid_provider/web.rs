//! What the tests' provider says over HTTP.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Asked, Inner, OpenIdProvider, State, assertion};

impl Inner {
    pub(super) async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let Some((method, asked)) = request(&mut stream).await else { return };
        let path = asked.path.clone();
        let silent = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(asked.clone());
            state.silent.as_deref() == Some(&path)
        };
        if silent {
            drop(self.is_open.subscribe().wait_for(|open| *open).await);
        }
        let answer = {
            let mut state = self.state.lock().unwrap();
            match state.raw.get(&path) {
                Some(raw) => raw.clone(),
                None => self.answer(&mut state, &method, &asked),
            }
        };
        // Who has heard enough hangs up.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }

    fn answer(&self, state: &mut State, method: &str, asked: &Asked) -> Vec<u8> {
        match (method, asked.path.as_str()) {
            ("GET", path) if path.ends_with("/.well-known/openid-configuration") => {
                http(200, &self.metadata(state))
            }
            ("GET", "/jwks") => {
                let keys: Vec<_> = state.keys.iter().map(|key| key.jwk()).collect();
                http(200, &json!({ "keys": keys }))
            }
            ("POST", "/token") => match self.tokens(state, asked) {
                Ok(tokens) => http(200, &tokens),
                Err((status, error)) => http(status, &json!({ "error": error })),
            },
            ("GET", "/userinfo") => {
                let token = asked.authorization.as_deref().unwrap_or_default();
                let known =
                    state.codes.values().any(|it| token == format!("Bearer {}", it.access_token));
                let claims = state.user_info.clone().unwrap_or_else(|| state.person.clone());
                if known { http(200, &claims) } else { http(401, &json!({})) }
            }
            _ => http(404, &json!({})),
        }
    }

    fn metadata(&self, state: &State) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "userinfo_endpoint": at("/userinfo"),
            "end_session_endpoint": at("/end"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [
                "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
                "EdDSA", "HS256", "HS384", "HS512",
            ],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic", "client_secret_post", "private_key_jwt",
            ],
            "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in state.metadata.as_object().unwrap() {
            document[name] = value.clone();
        }
        document
    }

    /// RFC 7523 §3, as strict as it can be.
    fn believes(&self, state: &mut State, token: &str) -> bool {
        let Some(claims) = assertion::signed_by(&state.client_keys, token) else { return false };
        let us = OpenIdProvider::CLIENT_ID;
        self.is_in_time(state, &claims)
            && claims["iss"] == us
            && claims["sub"] == us
            && claims["aud"] == format!("{}/token", self.issuer)
            && claims["jti"].as_str().is_some_and(|jti| state.spent.insert(jti.to_owned()))
    }

    /// What Apple takes for a secret.
    fn is_apples_secret(&self, state: &State, token: &str) -> bool {
        let Some(claims) = assertion::signed_by(&state.client_keys, token) else { return false };
        self.is_in_time(state, &claims)
            && claims["iss"] == "TEAM"
            && claims["sub"] == OpenIdProvider::CLIENT_ID
            && claims["aud"] == "https://appleid.apple.com"
    }

    /// Made a moment ago, and soon over.
    fn is_in_time(&self, state: &State, claims: &Value) -> bool {
        let now = self.clock.now().seconds() + state.ahead;
        let time = |name: &str| claims[name].as_i64().unwrap_or_default();
        (now - 60..=now + 60).contains(&time("iat")) && (now..=now + 600).contains(&time("exp"))
    }

    /// RFC 6749 §4.1.3, as strict as it can be.
    fn tokens(&self, state: &mut State, asked: &Asked) -> Result<Value, (u16, &'static str)> {
        let fields: Vec<(String, String)> =
            form_urlencoded::parse(asked.body.as_bytes()).into_owned().collect();
        let field = |name: &str| {
            let mut all = fields.iter().filter(|(key, _)| key == name);
            all.next().map(|(_, value)| value.as_str())
        };
        let basic = format!(
            "Basic {}",
            STANDARD.encode(format!(
                "{}:{}",
                OpenIdProvider::CLIENT_ID,
                form_urlencoded::byte_serialize(OpenIdProvider::CLIENT_SECRET.as_bytes())
                    .collect::<String>()
            ))
        );
        let proved = match state.method {
            "client_secret_basic" => {
                asked.authorization.as_deref() == Some(&basic) && field("client_secret").is_none()
            }
            "client_secret_post" => {
                asked.authorization.is_none()
                    && field("client_id") == Some(OpenIdProvider::CLIENT_ID)
                    && field("client_secret") == Some(OpenIdProvider::CLIENT_SECRET)
            }
            "private_key_jwt" => {
                field("client_assertion_type")
                    == Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
                    && field("client_id") == Some(OpenIdProvider::CLIENT_ID)
                    && field("client_assertion").is_some_and(|it| self.believes(state, it))
            }
            "apple" => {
                field("client_id") == Some(OpenIdProvider::CLIENT_ID)
                    && field("client_secret").is_some_and(|it| self.is_apples_secret(state, it))
            }
            other => panic!("nobody proves who they are by {other}"),
        };
        if !proved {
            return Err((401, "invalid_client"));
        }
        if field("grant_type") != Some("authorization_code") {
            return Err((400, "unsupported_grant_type"));
        }
        let issued = state.codes.get(field("code").unwrap_or_default()).cloned();
        let issued = issued.ok_or((400, "invalid_grant"))?;
        let verifier = field("code_verifier").unwrap_or_default();
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref());
        let fits = issued.challenge.as_ref().is_none_or(|challenge| *challenge == hash);
        if !fits || field("redirect_uri") != Some(&issued.redirect_uri) {
            return Err((400, "invalid_grant"));
        }
        let id_token = Self::id_token(state, (&self.issuer, &self.clock), &issued);
        let access_token = issued.access_token;
        Ok(json!({
            "access_token": access_token, "token_type": "Bearer", "expires_in": 300,
            "id_token": id_token,
        }))
    }
}

async fn request(stream: &mut TcpStream) -> Option<(String, Asked)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
        })
    };
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?.to_owned(), line.next()?);
    let path = target.split('?').next()?.to_owned();
    let body = String::from_utf8_lossy(&bytes[end..end + length]).into_owned();
    Some((method, Asked { path, authorization: header("authorization"), body }))
}

fn http(status: u16, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

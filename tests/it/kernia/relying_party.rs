//! An application that signs its users in by OpenID Connect, and reads what it is given as strictly as
//! a good library does.

use std::net::SocketAddr;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rsa::PublicKeyComponents,
    signature::RSA_PKCS1_2048_8192_SHA256,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{Answer, Application, Asked, Browser, IdentityProvider, encoded, sends};

/// A client that speaks OpenID Connect.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    pub(crate) address: SocketAddr,
    pub(crate) id: String,
    /// None for a public client.
    pub(crate) secret: Option<String>,
}

/// What a code or a refresh token was exchanged for.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) id: String,
    /// What the ID token says; its signature was verified.
    pub(crate) claims: Value,
    pub(crate) body: Value,
}

impl RelyingParty {
    pub(crate) const CALLBACK: &str = "https://rp.example.com/callback";
    pub(crate) const SIGNED_OUT: &str = "https://rp.example.com/signed-out";
    pub(crate) const VERIFIER: &str = "a-verifier-of-the-forty-three-letters-it-must-have";

    /// A confidential one.
    pub(crate) async fn confidential(app: &Application) -> Self {
        Self::made(app, json!({ "name": "Wiki" })).await
    }

    /// A public one.
    pub(crate) async fn public(app: &Application) -> Self {
        Self::made(app, json!({ "name": "Shell", "public": true })).await
    }

    /// One of these fields, beside the usual addresses.
    pub(crate) async fn made(app: &Application, mut body: Value) -> Self {
        if body["redirect_uris"].is_null() {
            body["redirect_uris"] = json!([Self::CALLBACK]);
        }
        body["post_logout_redirect_uris"] = json!([Self::SIGNED_OUT]);
        let made = app.posts("/kernia/v1/openid_clients", body).await.is(201);
        Self {
            address: app.address,
            id: made["id"].as_str().unwrap().to_owned(),
            secret: made["client_secret"].as_str().map(str::to_owned),
        }
    }

    pub(crate) fn challenge() -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, Self::VERIFIER.as_bytes()))
    }

    /// The path of a sign-in, with these parameters in place of or beside the usual ones; one that is
    /// empty is left out.
    pub(crate) fn authorize(&self, more: &[(&str, &str)]) -> String {
        let challenge = Self::challenge();
        let usual = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", Self::CALLBACK),
            ("response_type", "code"),
            ("scope", "openid email profile"),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        format!("/oauth2/authorize?{}", encoded(&merged(&usual, more)))
    }

    /// Sends a person to sign in, who is asked by their identity provider, and takes the code.
    pub(crate) async fn signs_in(
        &self,
        browser: &mut Browser,
        (idp, who, now): (&IdentityProvider, &str, kernia::kit::time::Timestamp),
        more: &[(&str, &str)],
    ) -> Answer {
        let sent = browser.goes(&self.authorize(more)).await;
        assert_eq!(sent.status, 302, "{sent:?}");
        let asked = Asked::parse(sent.location());
        browser.returns(&asked, &idp.vouches(&asked, who, now)).await
    }

    /// What the token endpoint says to this form.
    pub(crate) async fn asks(&self, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let form_type = [("content-type", "application/x-www-form-urlencoded")];
        let headers = [headers, &form_type].concat();
        sends(self.address, "POST", "/oauth2/token", &headers, encoded(form).as_bytes()).await
    }

    /// The `Authorization` header of this client.
    pub(crate) fn basic(&self) -> String {
        let secret = self.secret.as_deref().unwrap_or_default();
        format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)))
    }

    /// Offers a code, with these fields in place of or beside the usual ones.
    pub(crate) async fn offers(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", Self::CALLBACK),
            ("code_verifier", Self::VERIFIER),
        ];
        self.asks_as_itself(&usual, more).await
    }

    /// Offers a refresh token.
    pub(crate) async fn refreshes(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        let usual = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.asks_as_itself(&usual, more).await
    }

    async fn asks_as_itself(&self, usual: &[(&str, &str)], more: &[(&str, &str)]) -> Answer {
        let basic = self.basic();
        let (own, headers): (Vec<_>, Vec<_>) = match &self.secret {
            Some(_) => (vec![], vec![("authorization", basic.as_str())]),
            None => (vec![("client_id", self.id.as_str())], vec![]),
        };
        self.asks(&merged(&[usual, &own].concat(), more), &headers).await
    }

    /// A code for tokens; the ID token's signature is verified with the published keys.
    pub(crate) async fn exchanges(&self, code: &str) -> Tokens {
        self.tokens(self.offers(code, &[]).await).await
    }

    /// The tokens of an answer.
    pub(crate) async fn tokens(&self, answer: Answer) -> Tokens {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
        let body = answer.is(200);
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let id = text("id_token");
        Tokens {
            access: text("access_token"),
            refresh: text("refresh_token"),
            claims: self.verified(&id).await,
            id,
            body: body.clone(),
        }
    }

    /// What an ID token says, if a published key made its signature.
    pub(crate) async fn verified(&self, token: &str) -> Value {
        let keys = sends(self.address, "GET", "/oauth2/jwks", &[], b"").await.is(200);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let json = |text: &str| serde_json::from_slice::<Value>(&part(text)).unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let header = json(header);
        assert_eq!(header["alg"], "RS256");
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
        let key = key.unwrap_or_else(|| panic!("no key {header} in {keys}"));
        let number = |name: &str| part(key[name].as_str().unwrap());
        PublicKeyComponents { n: number("n"), e: number("e") }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message.as_bytes(), &part(signature))
            .unwrap();
        json(claims)
    }

    pub(crate) async fn user_info(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        sends(self.address, "GET", "/oauth2/userinfo", &[("authorization", &bearer)], b"").await
    }
}

/// The usual fields, but for those that are given otherwise; an empty one is left out.
fn merged<'a>(
    usual: &[(&'a str, &'a str)],
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let given = |name: &str| more.iter().any(|(other, _)| *other == name);
    let mut all: Vec<_> = usual.iter().copied().filter(|(name, _)| !given(name)).collect();
    all.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    all
}

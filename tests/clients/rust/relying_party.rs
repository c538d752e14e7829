//! The crate `openidconnect` signs people in through Kernia as an OpenID provider, and knows nothing but
//! the issuer. It refuses a discovery document, a key set or an ID token that is not as it should be.

#[expect(dead_code, reason = "the SDK's tests use the rest of it")]
mod demo;

use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LoginHint,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
    reqwest,
};

use demo::{Demo, sign_in_until};

async fn signs_in(demo: &Demo, id: &str, secret: Option<&str>) {
    let http =
        reqwest::ClientBuilder::new().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let oidc = &demo.says["oidc"];
    let issuer = IssuerUrl::new(oidc["issuer"].as_str().unwrap().to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(id.to_owned()),
        secret.map(|secret| ClientSecret::new(secret.to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(demo.said("redirect_uri").to_owned()).unwrap());

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_login_hint(LoginHint::new(demo.employee(0)))
        .set_pkce_challenge(challenge)
        .url();
    let back = sign_in_until(url.as_str(), demo.said("redirect_uri")).await;
    assert_eq!(&back["state"], state.secret());
    assert_eq!(back["iss"], oidc["issuer"].as_str().unwrap());

    let code = AuthorizationCode::new(back["code"].clone());
    let tokens = client
        .exchange_code(code.clone())
        .unwrap()
        .set_pkce_verifier(verifier)
        .request_async(&http)
        .await
        .unwrap();
    let (id_token, verifies) = (tokens.id_token().unwrap(), client.id_token_verifier());
    let claims = id_token.claims(&verifies, &nonce).unwrap();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&verifies).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
    assert_eq!(claims.email().unwrap().as_str(), demo.employee(0));
    assert_eq!(claims.email_verified(), Some(true));
    assert!(id_token.claims(&verifies, &Nonce::new("another".to_owned())).is_err());

    let subject = claims.subject().clone();
    let told: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(subject.clone()))
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(told.email().unwrap().as_str(), demo.employee(0));

    let refreshed = client
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    let whatever = |_: Option<&Nonce>| Ok(());
    let again = refreshed.id_token().unwrap().claims(&verifies, whatever).unwrap();
    assert_eq!(again.subject(), &subject);

    let twice = client.exchange_code(code).unwrap().request_async(&http).await.unwrap_err();
    let openidconnect::RequestTokenError::ServerResponse(told) = twice else {
        panic!("no answer: {twice:?}");
    };
    assert_eq!(told.error(), &CoreErrorResponseType::InvalidGrant);
}

#[tokio::test]
async fn a_client_with_a_secret_signs_in() {
    let demo = Demo::start();
    let oidc = &demo.says["oidc"];
    let text = |name: &str| oidc[name].as_str().unwrap();
    signs_in(&demo, text("client_id"), Some(text("client_secret"))).await;
}

#[tokio::test]
async fn a_public_client_signs_in() {
    let demo = Demo::start();
    signs_in(&demo, demo.says["oidc"]["public_client_id"].as_str().unwrap(), None).await;
}

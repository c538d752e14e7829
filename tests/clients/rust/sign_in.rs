//! An employee signs in: authorize, token, profile.

use workos::{
    enums::{SSOProvider, TokenQueryGrantType},
    helpers::{SsoAuthorizationUrlParams, SsoPkceCodeExchangeParams},
    models::{CreateRedirectUri, SSOLogoutAuthorizeRequest, TokenQuery},
    sso::{AuthorizeLogoutParams, GetAuthorizationUrlParams, GetProfileAndTokenParams},
    user_management::{CreateRedirectUriParams, ListRedirectUrisParams},
};

use crate::demo::{CALLBACK, Demo, sign_in_at};

fn exchange(demo: &Demo, code: &str) -> GetProfileAndTokenParams {
    GetProfileAndTokenParams::new(TokenQuery {
        client_id: demo.said("client_id").to_owned(),
        client_secret: demo.said("api_key").into(),
        code: Some(code.into()),
        grant_type: TokenQueryGrantType::AuthorizationCode,
        code_verifier: None,
        subject_token: None,
        subject_token_type: None,
        organization_id: None,
    })
}

#[tokio::test]
async fn an_employee_signs_in() {
    let demo = Demo::start();
    let client = demo.workos();
    let sso = client.sso();
    let state = "ä & = + % \"'!*";
    let url = sso
        .get_authorization_url(GetAuthorizationUrlParams {
            connection: Some(demo.said("saml_connection_id").to_owned()),
            login_hint: Some(demo.employee(0)),
            state: Some(state.to_owned()),
            ..GetAuthorizationUrlParams::new(CALLBACK)
        })
        .unwrap();
    let arrived = sign_in_at(&url).await;
    assert_eq!(arrived["state"], state);

    let token = sso.get_profile_and_token(exchange(&demo, &arrived["code"])).await.unwrap();
    assert_eq!((token.token_type.as_str(), token.expires_in), ("Bearer", 600));
    let profile = token.profile;
    assert_eq!((profile.object.as_str(), profile.email), ("profile", demo.employee(0)));
    assert_eq!(profile.connection_id, demo.said("saml_connection_id"));
    assert_eq!(profile.organization_id.as_deref(), Some(demo.said("organization_id")));
    assert!(!profile.idp_id.is_empty() && !profile.raw_attributes.is_empty());
    let again = sso.get_profile(token.access_token.expose()).await.unwrap();
    assert_eq!((again.id, again.raw_attributes), (profile.id.clone(), profile.raw_attributes));

    let spent = sso.get_profile_and_token(exchange(&demo, &arrived["code"])).await.unwrap_err();
    assert_eq!((spent.status(), spent.code()), (Some(400), Some("invalid_grant")), "{spent}");
    assert!(sso.get_profile("nonsense").await.unwrap_err().is_unauthorized());
    let body = SSOLogoutAuthorizeRequest { profile_id: profile.id };
    let saml = sso.authorize_logout(AuthorizeLogoutParams::new(body)).await.unwrap_err();
    assert_eq!((saml.status(), saml.code()), (Some(400), Some("connection_invalid")), "{saml}");
}

#[tokio::test]
async fn selectors_and_hints_lead_to_the_company() {
    let demo = Demo::start();
    let client = demo.workos();
    let usual = || GetAuthorizationUrlParams {
        login_hint: Some(demo.employee(0)),
        state: Some("s".to_owned()),
        ..GetAuthorizationUrlParams::new(CALLBACK)
    };
    let domain = || Some(demo.said("domain").to_owned());
    let page = || Some(SSOProvider::Unknown("authkit".to_owned()));
    #[expect(deprecated, reason = "applications that select by domain still do")]
    let selected = [
        GetAuthorizationUrlParams { domain: domain(), ..usual() },
        GetAuthorizationUrlParams { domain_hint: domain(), ..usual() },
        GetAuthorizationUrlParams { provider: page(), ..usual() },
        usual(),
    ];
    for params in selected {
        let url = client.sso().get_authorization_url(params).unwrap();
        let arrived = sign_in_at(&url).await;
        assert_eq!(arrived["state"], "s", "{url}");
        let found = client.sso().get_profile_and_token(exchange(&demo, &arrived["code"])).await;
        assert_eq!(found.unwrap().profile.connection_id, demo.said("saml_connection_id"));
    }
    for provider in [SSOProvider::GoogleOAuth, SSOProvider::GitHubOAuth, SSOProvider::AppleOAuth] {
        let params = GetAuthorizationUrlParams { provider: Some(provider), ..usual() };
        let arrived = sign_in_at(&client.sso().get_authorization_url(params).unwrap()).await;
        assert_eq!(arrived["error"], "connection_strategy_invalid");
    }
}

#[tokio::test]
async fn by_organization_with_pkce() {
    let demo = Demo::start();
    let client = demo.workos();
    let begun = client
        .sso_helpers()
        .pkce_authorization_url(SsoAuthorizationUrlParams {
            redirect_uri: CALLBACK.to_owned(),
            organization: Some(demo.said("organization_id").to_owned()),
            login_hint: Some(demo.employee(1)),
            ..SsoAuthorizationUrlParams::default()
        })
        .unwrap();
    let arrived = sign_in_at(&begun.url).await;
    assert_eq!(arrived["state"], begun.state);
    let refused =
        client.sso().get_profile_and_token(exchange(&demo, &arrived["code"])).await.unwrap_err();
    assert_eq!(refused.code(), Some("invalid_grant"), "without the verifier");
    let token = client
        .sso_helpers()
        .pkce_code_exchange(SsoPkceCodeExchangeParams {
            code: arrived["code"].clone(),
            code_verifier: begun.code_verifier,
        })
        .await
        .unwrap();
    assert_eq!(token.profile.email, demo.employee(1));
}

#[tokio::test]
async fn redirect_uris_and_the_clients_keys() {
    let demo = Demo::start();
    let client = demo.workos();
    let workos = client.user_management();
    let create = |uri: &str| {
        let body = CreateRedirectUri { uri: uri.to_owned() };
        workos.create_redirect_uri(CreateRedirectUriParams::new(body))
    };
    let uri = "https://app.rust.test/callback";
    let first = create(uri).await.unwrap();
    let second = create("https://app.rust.test/other").await.unwrap();
    assert_eq!((first.object.as_str(), first.uri.as_str()), ("redirect_uri", uri));
    assert!(!second.default, "there is one already");
    let listed = workos.list_redirect_uris(ListRedirectUrisParams::default()).await.unwrap();
    assert!(listed.data.iter().any(|one| one.id == first.id && one.default));
    workos.delete_redirect_uris(&second.id).await.unwrap();

    let keys = workos.get_jwks(demo.said("client_id")).await.unwrap().keys;
    assert!(!keys.is_empty() && keys.iter().all(|key| key.alg == "RS256" && !key.x_5_c.is_empty()));
}

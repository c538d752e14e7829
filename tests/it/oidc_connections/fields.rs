//! Every field, what it becomes and how it is refused.

use serde_json::{Value, json};

use super::{Publisher, SECRET, connected, open_kernia, organization, path_of, text};
use crate::kernia::{IdentityProvider, Kernia};

#[tokio::test]
async fn a_connection_has_what_was_given_and_what_the_provider_says() {
    let mut kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let made = connected(&app, provider.options(&json!({}))).await;
    assert_eq!(made["connection_type"], "GenericOIDC");
    assert_eq!((&made["state"], &made["status"]), (&json!("validating"), &json!("unlinked")));
    assert!(made.get("saml_options").is_none(), "{made}");
    let redirect_uri = text(&made["oidc_options"], "redirect_uri").to_owned();
    let key = redirect_uri.strip_prefix(&format!("{}/sso/oidc/callback/", kernia.base())).unwrap();
    assert!(key.len() == 16, "{key}");
    let origin = provider.origin();
    assert_eq!(
        made["oidc_options"],
        json!({
            "discovery_endpoint": provider.endpoint(), "client_id": "kernia-at-acme",
            "redirect_uri": redirect_uri, "pkce": true,
            "token_authentication_method": "client_secret_basic",
            "id_token_signature_algorithm": null, "fetch_user_info": true,
            "jwt_signing_certs": [], "client_jwks_uri": null, "has_client_secret": true,
            "scopes": ["openid", "profile", "email"], "hosted_domains": [],
            "issuer": origin, "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "userinfo_endpoint": format!("{origin}/userinfo"),
            "end_session_endpoint": format!("{origin}/logout"),
        })
    );
    // The restart needs no network.
    let asked = provider.discovery.asked();
    kernia.restart().await;
    assert_eq!(app.gets(&path_of(&made)).await.is(200), made);
    let listed = app.gets("/connections?connection_type=GenericOIDC").await.is(200);
    assert_eq!(listed["data"], json!([made]));
    assert_eq!(provider.discovery.asked(), asked);
    // The addresses of SAML do not lead to it.
    for (path, status) in
        [(format!("/sso/saml/metadata/{key}"), 404), (format!("/sso/saml/slo/{key}"), 400)]
    {
        assert_eq!(kernia.anonymous("GET", &path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_secret_is_never_shown_and_lies_sealed() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let made = connected(&app, provider.options(&json!({}))).await;
    let id = text(&made, "id");
    let key = json!({ "oidc_options": { "token_authentication_method": "private_key_jwt" } });
    let mut answers = vec![made.to_string()];
    for path in [
        path_of(&made),
        "/connections".to_owned(),
        "/kernia/v1/connections".to_owned(),
        format!("/kernia/v1/connections/{id}/metadata"),
    ] {
        answers.push(app.gets(&path).await.is(200).to_string());
    }
    let longer = format!("{SECRET}{}", "x".repeat(2000));
    let refused = json!({ "oidc_options": { "client_secret": longer } });
    let refused = app.patches(&path_of(&made), refused).await;
    answers.push(refused.body.clone());
    assert_eq!(refused.code(422), "invalid_client_secret");
    answers.push(app.patches(&path_of(&made), key).await.is(200).to_string());
    for answer in &answers {
        assert!(!answer.contains("planted"), "{answer}");
    }
    for (table, rows) in kernia.database().contents() {
        assert!(!rows.join("\n").contains("planted"), "{table}");
    }
}

#[tokio::test]
async fn every_field_is_taken() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let given = json!({
        "redirect_uri": "https://auth.workos.com/sso/oidc/wz5Sp/callback", "pkce": false,
        "token_authentication_method": "client_secret_post",
        "id_token_signature_algorithm": "ES256", "fetch_user_info": false,
        "scopes": ["email", "groups", "email"], "hosted_domains": ["Acme.test"],
    });
    let made = connected(&app, provider.options(&given)).await;
    let options = &made["oidc_options"];
    for name in
        ["redirect_uri", "pkce", "token_authentication_method", "id_token_signature_algorithm"]
    {
        assert_eq!(options[name], given[name], "{name}");
    }
    assert_eq!(options["fetch_user_info"], false);
    assert_eq!(options["scopes"], json!(["openid", "email", "groups"]));
    assert_eq!(options["hosted_domains"], json!(["acme.test"]));
    // What `null` says: back to the default.
    let back = json!({ "oidc_options": {
        "redirect_uri": null, "pkce": null, "token_authentication_method": null,
        "id_token_signature_algorithm": null, "fetch_user_info": null, "scopes": null,
        "hosted_domains": null,
    } });
    let changed = app.patches(&path_of(&made), back).await.is(200);
    let usual = connected(&app, provider.options(&json!({}))).await;
    let mut wanted = usual["oidc_options"].clone();
    wanted["redirect_uri"] = changed["oidc_options"]["redirect_uri"].clone();
    assert_eq!(changed["oidc_options"], wanted);
    // What is absent stays.
    let same = app.patches(&path_of(&made), json!({ "oidc_options": {} })).await.is(200);
    assert_eq!(same["oidc_options"], wanted);
    assert_eq!(same["oidc_options"]["has_client_secret"], true);
}

#[tokio::test]
async fn a_key_takes_the_place_of_the_secret_and_gives_it_back() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let by_key = json!({
        "token_authentication_method": "private_key_jwt", "client_secret": "absent",
    });
    let made = connected(&app, provider.options(&by_key)).await;
    let options = &made["oidc_options"];
    assert_eq!(options["has_client_secret"], false);
    let certificate = options["jwt_signing_certs"][0].as_str().unwrap();
    assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"), "{certificate}");
    let keys = kernia.anonymous("GET", &kernia_path(&kernia, options)).await.is(200);
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["use"], &key["alg"]),
        (&json!("RSA"), &json!("sig"), &json!("RS256"))
    );
    assert!(key["kid"].is_string() && key.get("d").is_none(), "{key}");

    // The next key stands beside it and signs once it is activated.
    let pairs = format!("/kernia/v1{}/key_pairs", path_of(&made));
    let next = app.posts(&pairs, json!({ "purpose": "client_assertion" })).await.is(201);
    assert_eq!(next["active"], false);
    let keys = kernia.anonymous("GET", &kernia_path(&kernia, options)).await.is(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    let activate = format!("{pairs}/{}/activate", text(&next, "id"));
    assert_eq!(app.posts(&activate, json!({})).await.is(200)["active"], true);
    let first = app.gets(&pairs).await.is(200)["data"][0].clone();
    app.deletes(&format!("{pairs}/{}", text(&first, "id"))).await.is(204);
    let last = app.deletes(&format!("{pairs}/{}", text(&next, "id"))).await;
    assert_eq!(last.code(409), "key_pair_signs", "who we are is proved with it");
    let other = app.posts(&pairs, json!({ "purpose": "signing" })).await;
    assert_eq!(other.code(409), "connection_not_saml");

    let method = |method: &str, more: Value| {
        let mut options = json!({ "token_authentication_method": method });
        options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "oidc_options": options })
    };
    let path = path_of(&made);
    let refused = app.patches(&path, method("client_secret_post", json!({}))).await;
    assert_eq!(refused.code(422), "required");
    assert_eq!(refused.json()["errors"][0]["field"], "oidc_options.client_secret");
    let by_secret = method("client_secret_post", json!({ "client_secret": SECRET }));
    assert_eq!(
        app.patches(&path, by_secret).await.is(200)["oidc_options"]["has_client_secret"],
        true
    );
    let both = method("private_key_jwt", json!({ "client_secret": SECRET }));
    assert_eq!(app.patches(&path, both).await.code(422), "client_secret_not_accepted");
    let back = app.patches(&path, method("private_key_jwt", json!({}))).await.is(200);
    assert_eq!(back["oidc_options"]["has_client_secret"], false, "the secret is left behind");
    // A connection that never had a key gets one.
    let plain = connected(&app, provider.options(&json!({}))).await;
    let moved = app.patches(&path_of(&plain), method("private_key_jwt", json!({}))).await.is(200);
    assert_eq!(moved["oidc_options"]["jwt_signing_certs"].as_array().unwrap().len(), 1);
}

fn kernia_path(kernia: &Kernia, options: &Value) -> String {
    text(options, "client_jwks_uri").strip_prefix(&kernia.base()).unwrap().to_owned()
}

/// What may not stand, where, and why.
fn refusals(provider: &Publisher) -> Vec<(Value, &'static str, &'static str)> {
    let with = |name: &str, value: Value| {
        let field = match name {
            "discovery_endpoint" => "discovery_endpoint",
            "client_id" => "client_id",
            "client_secret" => "client_secret",
            "redirect_uri" => "redirect_uri",
            "token_authentication_method" => "token_authentication_method",
            "id_token_signature_algorithm" => "id_token_signature_algorithm",
            "scopes" => "scopes",
            "hosted_domains" => "hosted_domains",
            _ => "jwt_signing_key_pair",
        };
        (provider.options(&json!({ name: value })), field)
    };
    let case = |(options, field): (Value, &'static str), code| (options, field, code);
    let long = "x".repeat(1025);
    vec![
        case(with("discovery_endpoint", json!("absent")), "required"),
        case(with("discovery_endpoint", json!("ftp://idp.test")), "url_malformed"),
        case(with("client_id", json!("absent")), "required"),
        case(with("client_id", json!("")), "invalid_client_id"),
        case(with("client_id", json!(" a")), "invalid_client_id"),
        case(with("client_id", json!(long)), "invalid_client_id"),
        case(with("client_secret", json!("absent")), "required"),
        case(with("client_secret", json!("")), "invalid_client_secret"),
        case(with("client_secret", json!("two\nlines")), "invalid_client_secret"),
        case(with("redirect_uri", json!("javascript:alert(1)")), "url_malformed"),
        case(
            with("redirect_uri", json!("https://a.test/sso/oidc/jwks/k")),
            "redirect_uri_not_served",
        ),
        case(with("redirect_uri", json!("https://a.test/sso/oidc/")), "redirect_uri_not_served"),
        case(
            with("token_authentication_method", json!("none")),
            "invalid_token_authentication_method",
        ),
        case(
            with("token_authentication_method", json!("tls_client_auth")),
            "invalid_token_authentication_method",
        ),
        case(with("id_token_signature_algorithm", json!("none")), "invalid_algorithm"),
        case(with("id_token_signature_algorithm", json!("rs256")), "invalid_algorithm"),
        case(with("id_token_signature_algorithm", json!("PS512")), "algorithm_not_offered"),
        case(with("scopes", json!(["two words"])), "invalid_scopes"),
        case(with("hosted_domains", json!(["not a domain"])), "domain_malformed"),
        case(
            with("jwt_signing_key_pair", json!({ "key": "k", "cert": "c" })),
            "certificate_unreadable",
        ),
    ]
}

#[tokio::test]
async fn every_field_at_fault_is_named_and_nothing_is_kept() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let organization = organization(&app).await;
    let before = kernia.database().contents();
    for (options, field, code) in refusals(&provider) {
        let body = json!({ "organization_id": organization, "oidc_options": options });
        let answer = app.posts("/connections", body).await;
        assert_eq!(answer.code(422), code, "{field}: {}", answer.body);
        let named = &answer.json()["errors"][0]["field"];
        assert_eq!(*named, format!("oidc_options.{field}"));
    }
    // At our own address nothing else takes an answer either.
    let elsewhere = json!({ "redirect_uri": format!("{}/callback", kernia.base()) });
    let body =
        json!({ "organization_id": organization, "oidc_options": provider.options(&elsewhere) });
    assert_eq!(app.posts("/connections", body).await.code(422), "redirect_uri_not_served");
    let several = json!({ "client_id": "", "scopes": ["a b"], "redirect_uri": "x" });
    let body =
        json!({ "organization_id": organization, "oidc_options": provider.options(&several) });
    let answer = app.posts("/connections", body).await.is(422);
    assert_eq!(answer["errors"].as_array().unwrap().len(), 3, "{answer}");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn one_protocol_or_the_other() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let organization = organization(&app).await;
    let posts = |more: Value| {
        let mut body = json!({ "organization_id": organization });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let app = app.clone();
        async move { app.posts("/connections", body).await }
    };
    let options = provider.options(&json!({}));
    let saml = json!({ "idp_metadata_xml": IdentityProvider::acme().metadata() });
    let both = posts(json!({ "saml_options": saml, "oidc_options": options })).await;
    assert_eq!(both.code(422), "ambiguous_options");
    assert_eq!(posts(json!({})).await.code(422), "saml_options_required");
    for wrong in ["OktaSAML", "GoogleOAuth", "GitHubOAuth", "OktaOidc"] {
        let answer = posts(json!({ "connection_type": wrong, "oidc_options": options })).await;
        assert_eq!(answer.code(422), "connection_type_unsupported", "{wrong}");
    }
    let wrong = posts(json!({ "connection_type": "OktaOIDC", "saml_options": saml })).await;
    assert_eq!(wrong.code(422), "connection_type_unsupported");
    let pair = json!({ "key": "k", "cert": "c" });
    assert_eq!(
        posts(json!({ "oidc_options": options, "saml_options": { "sp_signing_key_pair": pair } }))
            .await
            .code(422),
        "ambiguous_options"
    );

    let okta =
        posts(json!({ "connection_type": "OktaOIDC", "oidc_options": options })).await.is(201);
    assert_eq!(okta["oidc_options"]["scopes"], json!(["openid", "profile", "email", "groups"]));
    let login = posts(json!({ "connection_type": "LoginGovOidc", "oidc_options": options }));
    assert_eq!(login.await.is(201)["oidc_options"]["scopes"], json!(["openid", "email"]));
    let path = path_of(&okta);
    let other = app.patches(&path, json!({ "saml_options": {} })).await;
    assert_eq!(other.code(422), "connection_not_saml");
    let other = app.patches(&path, json!({ "connection_type": "GenericOIDC" })).await;
    assert_eq!(other.code(422), "connection_type_immutable");
    let certificate = json!({ "value": IdentityProvider::acme().certificate_pem() });
    let other = app.posts(&format!("{path}/saml_idp_signing_certs"), certificate).await;
    assert_eq!(other.code(409), "connection_not_saml");
    let saml = posts(json!({ "saml_options": saml })).await.is(201);
    let other = app.patches(&path_of(&saml), json!({ "oidc_options": {} })).await;
    assert_eq!(other.code(422), "connection_not_oidc");
    let pairs = format!("/kernia/v1{}/key_pairs", path_of(&saml));
    let other = app.posts(&pairs, json!({ "purpose": "client_assertion" })).await;
    assert_eq!(other.code(409), "connection_not_oidc");
}

#[tokio::test]
async fn a_connection_is_found_again_switched_deleted_restored_and_erased() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let (organization, others) = (organization(&app).await, organization(&app).await);
    let body = |organization: &str| {
        json!({
            "organization_id": organization, "external_id": "main", "name": "Acme's provider",
            "oidc_options": provider.options(&json!({})),
            "attribute_maps": { "standard_attributes": { "idp_id": "oid" } },
        })
    };
    let made = app.posts("/connections", body(&organization)).await.is(201);
    assert_eq!(made["attribute_maps"]["standard_attributes"]["idp_id"], "oid");
    assert_eq!(app.posts("/connections", body(&organization)).await.is(201), made, "the same one");
    // Another company's connection may have the same provider and client, and is another one.
    let theirs = app.posts("/connections", body(&others)).await.is(201);
    assert_ne!(theirs["id"], made["id"]);
    let listed = app.gets(&format!("/connections?organization_id={organization}")).await.is(200);
    assert_eq!(listed["data"], json!([made]));

    let path = path_of(&made);
    let off = app.patches(&path, json!({ "state": "inactive" })).await.is(200);
    assert_eq!(off["state"], "inactive");
    app.patches(&path, json!({ "state": "active", "name": "Acme" })).await.is(200);
    let before = app.gets(&path).await.is(200);
    app.deletes(&path).await.is(204);
    assert_eq!(app.gets(&path).await.status, 404);
    let deleted = app.gets("/kernia/v1/connections?deleted=true").await.is(200);
    assert_eq!(deleted["data"][0]["oidc_options"]["client_id"], "kernia-at-acme");
    super::runs(&kernia, "refresh_providers").await;
    let restored = app.posts(&format!("/kernia/v1{path}/restore"), json!({})).await.is(200);
    assert_eq!(restored["oidc_options"], before["oidc_options"]);
    assert_eq!(restored["external_id"], "main");

    app.deletes(&path).await.is(204);
    kernia.advance(std::time::Duration::from_hours(31 * 24));
    super::runs(&kernia, "erase_deleted").await;
    assert_eq!(kernia.database().number("SELECT COUNT(*) FROM oidc_connections"), 1);
    app.deletes(&format!("/organizations/{others}")).await.is(202);
    assert_eq!(kernia.database().number("SELECT COUNT(*) FROM oidc_connections"), 0);
}

#[tokio::test]
async fn a_callback_address_of_their_own_leads_to_one_connection() {
    let kernia = open_kernia().await;
    let (app, provider) = (kernia.application(), Publisher::start().await);
    let at = |uri: &str| provider.options(&json!({ "redirect_uri": uri }));
    let mine = connected(&app, at("https://auth.workos.com/sso/oidc/abc/callback")).await;
    let organization = organization(&app).await;
    let body = |options: Value| json!({ "organization_id": organization, "oidc_options": options });
    let key = text(&mine["oidc_options"], "redirect_uri");
    assert_eq!(key, "https://auth.workos.com/sso/oidc/abc/callback");
    let taken = app.posts("/connections", body(at("https://b.test/sso/oidc/abc/callback"))).await;
    assert_eq!(taken.code(422), "redirect_uri_already_used");
    assert_eq!(taken.json()["errors"][0]["field"], "oidc_options.redirect_uri");
    // Nor an address under which another connection is found by its key.
    let plain = connected(&app, provider.options(&json!({}))).await;
    let theirs = text(&plain["oidc_options"], "redirect_uri");
    let taken = app.posts("/connections", body(at(theirs))).await;
    assert_eq!(taken.code(422), "redirect_uri_already_used");
    let path = json!({ "oidc_options": { "redirect_uri": theirs } });
    app.patches(&path_of(&plain), path).await.is(200);
}

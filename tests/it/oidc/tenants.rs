//! Providers that many companies share: Entra's issuer for all tenants, Google's `hd`.

use serde_json::{Value, json};

use super::setup::Scene;
use crate::kernia::{OpenIdProvider, Token};

const ACME: &str = "8e3c1f0a-1815-4000-8000-0000000000ac";
const EVIL: &str = "8e3c1f0a-1815-4000-8000-0000000000ef";

/// A connection at a provider whose issuer holds `{tenantid}`, as Entra's `common` has it.
async fn entra() -> Scene {
    let kernia = Scene::kernia().await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    at_entra(kernia, provider).await
}

async fn at_entra(kernia: crate::kernia::Kernia, provider: OpenIdProvider) -> Scene {
    let issuer = provider.issuer.clone();
    provider.publishes(json!({ "issuer": format!("{issuer}/{{tenantid}}/v2.0") }));
    let endpoint = format!("{issuer}/common/v2.0/.well-known/openid-configuration");
    Scene::at(kernia, provider, &json!({ "discovery_endpoint": endpoint })).await
}

/// A token of this tenant's, which names that one.
fn of_tenant(scene: &Scene, issuer: &str, tenant: Value) -> impl Fn(&mut Token) + Send + 'static {
    let issuer = format!("{}/{issuer}/v2.0", scene.provider.issuer);
    move |token| {
        token.claims["iss"] = json!(issuer);
        token.claims["tid"] = tenant.clone();
    }
}

#[tokio::test]
async fn each_tenant_of_a_shared_issuer_speaks_for_itself() {
    let mut scene = entra().await;
    scene.provider.spoils(of_tenant(&scene, ACME, json!(ACME)));
    assert_eq!(scene.signs_in().await["raw_attributes"]["tid"], ACME);
    for (name, issuer, tenant) in [
        ("another tenant's name", ACME, json!(EVIL)),
        ("no tenant", ACME, json!(null)),
        ("the template", "{tenantid}", json!("{tenantid}")),
        ("a path", "acme/../evil", json!("acme/../evil")),
        ("a number", "7", json!(7)),
    ] {
        scene.provider.spoils(of_tenant(&scene, issuer, tenant));
        assert_eq!(scene.is_refused().await["code"], "issuer", "{name}");
    }
    // Its answer names the tenant too (RFC 9207), or nobody.
    for (named, code) in [(ACME, None), ("acme/../evil", Some("callback_issuer"))] {
        scene.provider.spoils(of_tenant(&scene, ACME, json!(ACME)));
        let location = scene.begins(&[]).await;
        let mut answer = scene.provider.signs_in(&location);
        answer.push(("iss".to_owned(), format!("{}/{named}/v2.0", scene.provider.issuer)));
        let back = scene.brings(&location, &answer).await;
        match code {
            None => _ = scene.profile(&back).await,
            Some(code) => assert_eq!(scene.newest().await["code"], code),
        }
    }
}

#[tokio::test]
async fn a_key_of_one_tenant_signs_for_no_other() {
    let kernia = Scene::kernia().await;
    let provider = OpenIdProvider::start(&kernia.clock).await;
    let mut key = provider.key().jwk();
    key["issuer"] = json!(format!("{}/{EVIL}/v2.0", provider.issuer));
    let keys = json!({ "keys": [key] }).to_string();
    let length = keys.len();
    provider.answers("/jwks", format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{keys}"));
    let mut scene = at_entra(kernia, provider).await;
    scene.provider.spoils(of_tenant(&scene, ACME, json!(ACME)));
    let trace = scene.is_refused().await;
    assert_eq!(trace["code"], "issuer", "{trace}");
    scene.provider.spoils(of_tenant(&scene, EVIL, json!(EVIL)));
    scene.signs_in().await;
}

/// The administrator of any tenant can write any address into it: an organization's domains are no
/// guard against that, the provider's own word is.
#[tokio::test]
async fn an_address_that_a_shared_provider_never_verified_is_not_believed() {
    let mut scene = entra().await;
    for claim in ["email_verified", "xms_edov"] {
        for value in [json!(false), json!("false"), json!(0), json!("0")] {
            let evil = of_tenant(&scene, EVIL, json!(EVIL));
            scene.provider.spoils(move |token| {
                evil(token);
                token.claims[claim] = value.clone();
            });
            assert_eq!(scene.is_refused().await["code"], "email_unverified", "{claim}");
        }
    }
    scene.provider.spoils(of_tenant(&scene, ACME, json!(ACME)));
    scene.signs_in().await;
    // At a company's own provider its administrator answers for addresses.
    let mut own = Scene::set().await;
    own.provider.person(&json!({ "email_verified": false }));
    own.signs_in().await;
}

#[tokio::test]
async fn an_account_of_another_company_at_google_is_refused() {
    let mut scene = Scene::with(&json!({ "hosted_domains": ["acme.test", "acme.example"] })).await;
    for hd in [json!("acme.test"), json!("ACME.example")] {
        scene.provider.person(&json!({ "hd": hd }));
        scene.signs_in().await;
    }
    for hd in [json!("evil.test"), json!("acme.test.evil.test"), json!(["acme.test"]), json!(null)]
    {
        scene.provider.person(&json!({ "hd": hd }));
        let trace = scene.is_refused().await;
        assert_eq!(trace["code"], "hosted_domain", "{hd}");
        assert_eq!(trace["failure"]["expected"], "acme.test, acme.example");
    }
    // Whoever has no company there says so in its userinfo in vain.
    scene.provider.user_info(json!({ "sub": "ada-1815", "hd": "acme.test" }));
    assert_eq!(scene.is_refused().await["code"], "hosted_domain");
}

/// Somebody who left a company may still have a private account with its address.
#[tokio::test]
async fn a_private_account_at_google_is_none_of_the_companys() {
    let mut scene = Scene::with(&json!({ "connection_type": "GoogleOIDC" })).await;
    for hd in [json!(null), json!("")] {
        scene.provider.person(&json!({ "hd": hd }));
        assert_eq!(scene.is_refused().await["code"], "hosted_domain", "{hd}");
    }
    scene.provider.person(&json!({ "hd": "acme.test" }));
    scene.signs_in().await;
}

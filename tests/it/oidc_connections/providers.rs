//! Providers for everybody: from the configuration into connections that belong to no organization.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernia::{
    app::openid,
    config::Config,
    oidc::ClientAuthentication,
    sso::{Connection, connection},
};
use serde_json::{Value, json};

use super::{Publisher, SECRET, claims, path_of, runs, text};
use crate::kernia::{Application, Kernia, run};

/// What a `kernia.toml` says.
fn config(text: &str, folder: &Path) -> Config {
    let file = folder.join("providers.toml");
    fs::write(&file, text).unwrap();
    Config::load(Some(&file), []).unwrap_or_else(|told| panic!("{told}")).config
}

fn secret_file(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::write(&file, format!("{text}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

fn apple_key() -> String {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let base64 = STANDARD.encode(der.unwrap().as_ref());
    format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----")
}

/// A configuration with all four, whose documents one publisher serves.
fn all_four(publisher: &Publisher, folder: &Path) -> Config {
    secret_file(folder, "google", SECRET);
    secret_file(folder, "microsoft", SECRET);
    secret_file(folder, "github", SECRET);
    secret_file(folder, "apple.p8", &apple_key());
    let (origin, endpoint) = (publisher.origin(), publisher.endpoint());
    let openid = |name: &str| {
        format!(
            "[{name}_oauth]\nclient_id = \"at-{name}\"\nclient_secret_file = \"{name}\"\n\
             discovery_endpoint = \"{endpoint}\"\n"
        )
    };
    let (google, microsoft) = (openid("google"), openid("microsoft"));
    let text = format!(
        "{google}{microsoft}[github_oauth]\nclient_id = \"at-github\"\n\
         client_secret_file = \"github\"\nauthorization_endpoint = \"{origin}/authorize\"\n\
         token_endpoint = \"{origin}/token\"\napi_url = \"{origin}/api/\"\n\
         [apple_oauth]\nclient_id = \"at-apple\"\nteam_id = \"TEAM\"\nkey_id = \"KEY1\"\n\
         key_file = \"apple.p8\"\ndiscovery_endpoint = \"{endpoint}\"\n"
    );
    config(&text, folder)
}

fn take_providers(config: &mut Config, from: &Config) {
    config.fetch.allow_private_addresses = true;
    config.google_oauth = from.google_oauth.clone();
    config.microsoft_oauth = from.microsoft_oauth.clone();
    config.github_oauth = from.github_oauth.clone();
    config.apple_oauth = from.apple_oauth.clone();
}

async fn of_provider(kernia: &Kernia, name: &'static str) -> Connection {
    let found = kernia.app().store.read(move |tx| connection::of_provider(tx, name)).await.unwrap();
    found.unwrap_or_else(|| panic!("no {name}"))
}

async fn listed_by_name(app: &Application) -> Vec<Value> {
    let listed = app.gets("/connections").await.is(200);
    let mut all = listed["data"].as_array().unwrap().clone();
    all.sort_by_key(|one| text(one, "connection_type").to_owned());
    all
}

#[tokio::test]
async fn each_has_a_connection_that_stays_the_same() {
    let (folder, publisher) = (tempfile::tempdir().unwrap(), Publisher::start().await);
    let wanted = all_four(&publisher, folder.path());
    let mut kernia = Kernia::start_with(|config| take_providers(config, &wanted)).await;
    let app = kernia.application();
    // Nothing was asked at the start: it needs no network.
    assert_eq!(publisher.discovery.asked(), 0);
    let data = &listed_by_name(&app).await;
    let names: Vec<_> = data.iter().map(|one| text(one, "connection_type")).collect();
    assert_eq!(names, ["AppleOAuth", "GitHubOAuth", "GoogleOAuth", "MicrosoftOAuth"]);
    for one in data {
        assert!(one.get("organization_id").is_none(), "{one}");
        let redirect_uri = text(&one["oidc_options"], "redirect_uri");
        let name = text(one, "connection_type");
        assert_eq!(redirect_uri, format!("{}/sso/oidc/callback/{name}", kernia.base()));
        assert!(!one.to_string().contains("planted"), "{one}");
    }
    let filtered = app.gets("/connections?connection_type=GithubOAuth").await.is(200);
    assert_eq!(filtered["data"][0], data[1], "WorkOS's other spelling");

    runs(&kernia, "refresh_providers").await;
    let google = of_provider(&kernia, "GoogleOAuth").await;
    assert_eq!(google.idp_entity_id, publisher.origin());
    let ids: Vec<_> = data.iter().map(|one| text(one, "id").to_owned()).collect();
    let revision = google.revision;
    kernia.restart().await;
    assert_eq!(of_provider(&kernia, "GoogleOAuth").await.revision, revision, "nothing changed");
    let again = listed_by_name(&app).await;
    let again: Vec<_> = again.iter().map(|one| text(one, "id").to_owned()).collect();
    assert_eq!(again, ids);
    let asked = publisher.discovery.asked();
    let ready = openid::ready(kernia.app(), &of_provider(&kernia, "GoogleOAuth").await).await;
    assert_eq!(ready.unwrap().client_secret.as_ref().unwrap().expose(), SECRET);
    assert_eq!(publisher.discovery.asked(), asked, "a restart needs no network");

    // They are changed in the configuration and nowhere else.
    let path = format!("/connections/{}", ids[2]);
    let refused = app.patches(&path, json!({ "name": "Ours" })).await;
    assert_eq!(refused.code(409), "connection_is_configured");
    assert_eq!(app.deletes(&path).await.code(409), "connection_is_configured");
    kernia.changes(|config| config.google_oauth.client_id = None).await;
    assert_eq!(app.gets(&path).await.is(200)["state"], "inactive");
    kernia.changes(|config| take_providers(config, &wanted)).await;
    assert_eq!(app.gets(&path).await.is(200)["state"], "validating");
}

#[tokio::test]
async fn a_provider_that_was_never_read_is_read_when_somebody_signs_in() {
    let (folder, publisher) = (tempfile::tempdir().unwrap(), Publisher::start().await);
    let wanted = all_four(&publisher, folder.path());
    let kernia = Kernia::start_with(|config| take_providers(config, &wanted)).await;
    publisher.discovery.answers("nonsense");
    let google = of_provider(&kernia, "GoogleOAuth").await;
    let refused = openid::ready(kernia.app(), &google).await.unwrap_err().to_string();
    assert!(refused.starts_with("provider_not_read"), "{refused}");
    let refused = openid::ready(kernia.app(), &google).await.unwrap_err().to_string();
    assert!(refused.starts_with("provider_not_read"), "{refused}");
    assert_eq!(publisher.discovery.asked(), 1, "not at every click");
    publisher.publishes(&json!({}));
    kernia.advance(std::time::Duration::from_secs(30));
    let ready = openid::ready(kernia.app(), &google).await.unwrap();
    assert_eq!(ready.provider.issuer, publisher.origin());
    assert_eq!(ready.settings.scope(), "openid profile email");
}

#[tokio::test]
async fn apple_s_secret_is_made_when_it_is_needed_and_github_has_an_api() {
    let (folder, publisher) = (tempfile::tempdir().unwrap(), Publisher::start().await);
    let wanted = all_four(&publisher, folder.path());
    let kernia = Kernia::start_with(|config| take_providers(config, &wanted)).await;
    let apple =
        openid::ready(kernia.app(), &of_provider(&kernia, "AppleOAuth").await).await.unwrap();
    let now = kernia.clock.now();
    let ClientAuthentication::Post(secret) = apple.authentication(now).unwrap() else {
        panic!("a secret in the form");
    };
    let said = claims(secret.expose());
    assert_eq!(
        said,
        json!({
            "iss": "TEAM", "sub": "at-apple", "aud": "https://appleid.apple.com",
            "iat": now.seconds(), "exp": now.seconds() + 300,
        })
    );
    let header = secret.expose().split('.').next().unwrap();
    let header: Value = serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap(),
    )
    .unwrap();
    assert_eq!((&header["alg"], &header["kid"]), (&json!("ES256"), &json!("KEY1")));
    assert!(apple.client_secret.is_none());

    let asked = publisher.discovery.asked();
    let github = of_provider(&kernia, "GitHubOAuth").await;
    let github = openid::ready(kernia.app(), &github).await.unwrap();
    let api = github.person_api().unwrap();
    assert_eq!(api.user.as_str(), format!("{}/api/user", publisher.origin()));
    assert_eq!(api.emails.as_str(), format!("{}/api/user/emails", publisher.origin()));
    assert_eq!(publisher.discovery.asked(), asked, "GitHub publishes nothing");
    for (table, rows) in kernia.database().contents() {
        let rows = rows.join("\n");
        assert!(!rows.contains("planted") && !rows.contains("PRIVATE"), "{table}");
    }
}

#[test]
fn a_check_names_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let made = run(&["init", "--json", "--dir", dir]);
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let file = text(&made, "config");
    let plain = fs::read_to_string(file).unwrap();
    let set = |section: &str, keys: &str| {
        fs::write(file, format!("{plain}\n[{section}]\n{keys}\n")).unwrap();
        let output = run(&["check", "--config", file]);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = set("fetch", "");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("ok       providers: none is set"), "{said}");
    for (section, keys, wanted) in [
        (
            "google_oauth",
            "client_id = \"x\"",
            "`google_oauth.client_secret_file` is not set, and `client_id` is",
        ),
        (
            "google_oauth",
            "client_id = \"x\"\nclient_secret_file = \"nowhere\"",
            "`google_oauth`: there is no file",
        ),
        (
            "apple_oauth",
            "client_id = \"x\"",
            "`apple_oauth.key_file` is not set, and `client_id` is",
        ),
    ] {
        let (code, said) = set(section, keys);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("problem  providers: ") && said.contains(wanted), "{said}");
    }
    fs::write(file, format!("{plain}\n[saml]\nallow_private_metadata = true\n")).unwrap();
    let output = run(&["check", "--config", file]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("is called `fetch.allow_private_addresses` now"), "{said}");
}

#[tokio::test]
async fn what_belongs_to_no_organization_is_in_no_organization_s_list() {
    let (folder, publisher) = (tempfile::tempdir().unwrap(), Publisher::start().await);
    let wanted = all_four(&publisher, folder.path());
    let kernia = Kernia::start_with(|config| take_providers(config, &wanted)).await;
    let app = kernia.application();
    let organization = app.organization("nobody.test").await;
    let listed = app.gets(&format!("/connections?organization_id={organization}")).await.is(200);
    assert_eq!(listed["data"], json!([]));
    app.deletes(&format!("/organizations/{organization}")).await.is(202);
    assert_eq!(kernia.database().number("SELECT COUNT(*) FROM oidc_connections"), 4);
    let google = app.gets("/connections?connection_type=GoogleOAuth").await.is(200);
    let path = path_of(&google["data"][0]);
    let test = app.gets(&path).await.is(200);
    assert_eq!(test["domains"], json!([]));
}

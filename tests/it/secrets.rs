//! After real use no secret stands in clear in any file, nor in the log of the whole session.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use kernia::{
    kit::{chance::Chance, time::Clock},
    store::{Options, Store},
};

use crate::kernia::{
    Application, Asked, Browser, IdentityProvider, Program, hidden_fields, kernia,
};

/// Every file below a folder. They are read from a copy: closing a file that SQLite has open in
/// the same process would give up its locks.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}

fn copied(folder: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").arg(folder).arg(to).status().unwrap();
    assert!(status.success());
}

/// The copy that is made beside a database before its schema moves on. The last step is taken from
/// its history: Kernia copies what is there, and then finds that the step was done already.
fn copy_before_an_upgrade(database: &Path) -> PathBuf {
    let file = rusqlite::Connection::open(database).unwrap();
    let last = "DELETE FROM refinery_schema_history \
                WHERE version = (SELECT MAX(version) FROM refinery_schema_history)";
    assert_eq!(file.execute(last, []).unwrap(), 1);
    drop(file);
    let refused = Store::open(&Options {
        path: database.to_owned(),
        readers: 1,
        queue: 1,
        clock: Clock::system(),
        chance: Chance::system(),
    });
    assert!(refused.is_err(), "the step is not done twice");
    let mut beside = fs::read_dir(database.parent().unwrap()).unwrap().map(|it| it.unwrap().path());
    beside.find(|path| path.to_str().unwrap().contains(".schema-")).unwrap()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// What every RSA key in PKCS#8 holds, in DER and in the base64 of PEM (RFC 5208 §5).
const PKCS8: [u8; 20] = [
    0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
    0x05, 0x00, 0x04, 0x82,
];
const PKCS8_BASE64: &[u8] = b"IBADANBgkqhkiG9w0BAQEFAASC";

/// No private key stands here, whoever's it may be.
fn no_private_key(what: &Path, bytes: &[u8]) {
    for mark in [&b"PRIVATE KEY"[..], &PKCS8, PKCS8_BASE64] {
        assert!(!holds(bytes, mark), "a private key stands in clear in {}", what.display());
    }
}

/// What must not be found: a name for it, and its bytes.
#[derive(Default)]
struct Planted(Vec<(String, Vec<u8>)>);

impl Planted {
    fn text(&mut self, name: &str, secret: &str) {
        assert!(secret.len() >= 12, "{name} is too short to be looked for: {secret}");
        self.0.push((name.to_owned(), secret.as_bytes().to_vec()));
    }

    /// DER, in itself and in the base64 of PEM; the first bytes are the same in many.
    fn der(&mut self, name: &str, der: &[u8]) {
        let middle = der.len() / 3 * 3 / 2 / 3 * 3;
        self.0.push((format!("{name} (DER)"), der[middle..middle + 48].to_vec()));
        let base64 = STANDARD.encode(&der[middle..middle + 33]);
        self.0.push((format!("{name} (base64)"), base64.into_bytes()));
        let bytes = der[middle..middle + 16].try_into().unwrap();
        let hex = format!("{:032x}", u128::from_be_bytes(bytes));
        self.0.push((format!("{name} (hex)"), hex.into_bytes()));
    }

    fn stand_nowhere(&self, what: &str, bytes: &[u8]) {
        for (name, secret) in &self.0 {
            assert!(!holds(bytes, secret), "{name} stands in clear in {what}");
        }
    }
}

/// Ada signs in at a real server; what came along is planted.
async fn signs_in(
    app: &Application,
    base: &str,
    connection: &str,
    planted: &mut Planted,
) -> (Browser, Asked) {
    let idp = IdentityProvider::acme();
    let now = Clock::system().now();
    let mut ada = Browser::new(app.address, base);
    let verifier = "planted-verifier-of-forty-three-characters-1";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let more = [
        ("connection", connection),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ];
    let asked = ada.begins(app, &more).await;
    let response = idp.vouches(&asked, "ada@acme.test", now);
    let page = ada.another().returns(&asked, &response).await;
    assert_eq!(hidden_fields(&page.body).0, asked.acs_url);
    let back = ada.returns(&asked, &response).await;
    let bound = back.leads_with("code").unwrap();
    assert_eq!(app.offers(&bound, &[("code_verifier", verifier)]).await.status, 400);
    let asked = ada.begins(app, &[("connection", connection)]).await;
    let response = idp.vouches(&asked, "ada@acme.test", now);
    let code = ada.returns(&asked, &response).await.leads_with("code").unwrap();
    let token = app.exchanges(&code).await.token;
    app.profile_by(&token).await.is(200);
    planted.text("a code", &code);
    planted.text("a code that was never spent", &bound);
    planted.text("a token", &token);
    planted.text("a verifier", verifier);
    planted.text("an answer of the identity provider", &response[response.len() - 400..]);
    planted.text("a browser's value", &ada.cookies()[0].1);
    (ada, asked)
}

/// The client secret of a connection that could not be made.
async fn refused_client_secret(app: &Application) -> &'static str {
    let client_secret = "planted-client-secret-of-nowhere";
    let organization = app.organization("oidc.test").await;
    let nowhere = json!({
        "organization_id": organization,
        "oidc_options": {
            "discovery_endpoint": "https://127.0.0.1:1", "client_id": "x",
            "client_secret": client_secret,
        },
    });
    app.posts("/connections", nowhere).await.is(422);
    client_secret
}

/// A provider comes with the tokens of a directory: the first, the next, and one that opens nothing.
async fn provisions(app: &Application, planted: &mut Planted) {
    let organization = app.organization("scim.test").await;
    let body = json!({ "organization_id": organization });
    let made = app.posts("/kernia/v1/directories", body).await.is(201);
    let text = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    let rotate = format!("/kernia/v1/directories/{}/tokens/rotate", text(&made, "id"));
    let next = app.posts(&rotate, json!({})).await.is(201);
    let path = format!("/scim/v2/{}/Users", text(&made, "external_key"));
    let wrong = "scim_planted-wrong-token".to_owned();
    for (token, status) in
        [(text(&made, "scim_token"), 200), (text(&next, "scim_token"), 200), (wrong, 401)]
    {
        let provider = Application { api_key: token.clone(), ..app.clone() };
        assert_eq!(provider.gets(&path).await.status, status);
        planted.text("a directory's token", &token);
        planted.text("a directory's token's random part", &token[5..]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_server_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let made = kernia(&["init", "--json", "--dir", dir]).output().unwrap();
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let config = fs::read_to_string(text("config")).unwrap();
    let config = config.replace("127.0.0.1:8080", "127.0.0.1:0") + "\n[log]\nlevel = \"trace\"\n";
    fs::write(text("config"), config).unwrap();
    let (mut server, address) = Program::serve(Path::new(&text("config")));
    let (app, idp) =
        (Application::new(address, &text("client_id"), &text("api_key")), IdentityProvider::acme());
    let mut planted = Planted::default();
    planted.text("the first API key", &app.api_key);
    planted.text("the first API key's random part", &app.api_key[8..40]);
    planted.der("the identity provider's certificate", idp.key.certificate());

    let connection = app.is_ready_for(&idp).await;
    let keys = format!("/kernia/v1/clients/{}/api_keys", app.client_id);
    let key = app.posts(&keys, json!({ "name": "Second" })).await.is(201);
    planted.text("another API key", key["value"].as_str().unwrap());
    let client = app.posts("/kernia/v1/clients", json!({ "name": "Second" })).await.is(201);
    app.gets(&format!("/sso/jwks/{}", client["id"].as_str().unwrap())).await.is(200);
    let private = "MIIEplantedprivatekeyplantedprivatekey";
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{private}\n-----END PRIVATE KEY-----\n");
    let certificates = format!("/connections/{connection}/saml_idp_signing_certs");
    app.posts(&certificates, json!({ "value": pem })).await.is(422);
    planted.text("a private key that somebody pasted", private);
    planted.text("a client secret that was refused", refused_client_secret(&app).await);
    let stranger = Application { api_key: "sk_test_planted-wrong-key".to_owned(), ..app.clone() };
    assert_eq!(stranger.gets("/organizations").await.status, 401);
    planted.text("a wrong API key", &stranger.api_key);
    signs_in(&app, &format!("http://{address}"), &connection, &mut planted).await;
    provisions(&app, &mut planted).await;
    let master = fs::read_to_string(text("master_key")).unwrap();
    let master = master.lines().find(|line| line.starts_with("AGE-SECRET-KEY")).unwrap().to_owned();
    planted.text("the master key", &master);

    // Once while it runs, with its log beside it, and once after its end.
    let copies = tempfile::tempdir().unwrap();
    copied(&folder.path().join("data"), &copies.path().join("running"));
    server.signal("-TERM");
    server.waits();
    copied(&folder.path().join("data"), &copies.path().join("ended"));
    let copy = copy_before_an_upgrade(&copies.path().join("ended/kernia.db"));
    let seen = files(copies.path());
    let names: Vec<_> = seen.iter().map(|(path, _)| path.to_str().unwrap().to_owned()).collect();
    assert!(names.iter().any(|name| name.ends_with("running/kernia.db-wal")), "{names:?}");
    let all: Vec<u8> = seen.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    assert!(holds(&all, b"ada@acme.test"), "the search finds what does stand there");
    let copy = fs::read(copy).unwrap();
    assert!(holds(&copy, b"ada@acme.test"), "the copy holds all that the database held");
    for (path, bytes) in &seen {
        planted.stand_nowhere(path.to_str().unwrap(), bytes);
        no_private_key(path, bytes);
    }
    let log = server.said();
    assert!(log.contains("signed in") && log.contains("\"target\":\"access\""), "{log}");
    planted.stand_nowhere("the log", log.as_bytes());
    assert!(!log.contains("<saml") && !log.contains("ada@acme.test"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_demo() {
    let folder = tempfile::tempdir().unwrap();
    let (mut demo, document) = Program::demo(folder.path());
    let mut planted = Planted::default();
    planted.text("the API key", document["api_key"].as_str().unwrap());
    planted.text("the directory's token", document["scim_token"].as_str().unwrap());
    for user in document["idp"]["users"].as_array().unwrap() {
        planted.text("a password", user["password"].as_str().unwrap());
    }
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let base = text("base_url");
    let address = base.strip_prefix("http://").unwrap().parse().unwrap();
    let app = Application::new(address, &text("client_id"), &text("api_key"));
    let client_secret = "planted-client-secret-of-the-demo";
    let options = json!({
        "discovery_endpoint": format!("{base}/demo/op/.well-known/openid-configuration"),
        "client_id": "another", "client_secret": client_secret,
    });
    let body = json!({ "organization_id": text("organization_id"), "oidc_options": options });
    let made = app.posts("/connections", body).await.is(201);
    assert!(!made.to_string().contains("planted"), "{made}");
    let keys = format!("/kernia/v1/connections/{}/key_pairs", made["id"].as_str().unwrap());
    app.posts(&keys, json!({ "purpose": "client_assertion" })).await.is(201);
    planted.text("a client secret", client_secret);
    demo.kill();
    for (path, bytes) in files(folder.path()) {
        planted.stand_nowhere(path.to_str().unwrap(), &bytes);
        no_private_key(&path, &bytes);
    }
    planted.stand_nowhere("the log", demo.said().as_bytes());
}

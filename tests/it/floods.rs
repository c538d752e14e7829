//! Very much of something at once: sign-ins that nobody finishes, bad answers without end, private
//! keys in every place where a certificate belongs. All of it is bounded, and others do not notice.

use std::{fs, path::Path, sync::Arc, time::Duration};

use aws_lc_rs::{encoding::AsDer as _, rsa};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kernia::{jobs::JOBS, kit::network::Network};
use serde_json::{Value, json};

use crate::kernia::{
    Application, Asked, Browser, IdentityProvider, Kernia, Program, encoded, kernia, metadata,
    sends,
};

const ADA: &str = "ada@acme.test";
const FLOOD: usize = 10_000;

/// So many browsers begin a sign-in each, 100 at a time, and never come back.
async fn begin(app: &Application, connection: &str, count: usize) {
    let path = app.authorize(&[("connection", connection)]);
    let mut begun = 0;
    while begun < count {
        let browsers: Vec<_> = (0..100)
            .map(|_| {
                let (address, path) = (app.address, path.clone());
                tokio::spawn(async move { sends(address, "GET", &path, &[], b"").await.status })
            })
            .collect();
        for browser in browsers {
            assert_eq!(browser.await.unwrap(), 302);
            begun += 1;
        }
    }
}

#[tokio::test]
async fn ten_thousand_sign_ins_that_never_finish_are_purged() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let connection = app.is_ready_for(&idp).await;
    begin(&app, &connection, FLOOD).await;
    assert_eq!(kernia.database().count("sign_ins"), FLOOD);
    // Somebody honest between all of them.
    let mut ada = kernia.browser();
    let asked = ada.begins(&app, &[("connection", &connection)]).await;
    let back = ada.returns(&asked, &idp.vouches(&asked, ADA, kernia.clock.now())).await;
    assert_eq!(back.status, 303);
    kernia.advance(Duration::from_secs(15 * 60 + 1));
    for job in JOBS {
        (job.run)(Arc::clone(kernia.app())).await.unwrap();
    }
    assert_eq!(kernia.database().count("sign_ins"), 0);
    assert!(kernia.database().count("traces") <= 100, "what is told of a flood is bounded");
}

/// What the program holds in memory, in MB.
fn resident(program: &Program) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let text = line.split_ascii_whitespace().nth(1).unwrap();
    text.parse::<usize>().unwrap() / 1024
}

fn megabytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().metadata().unwrap());
    files.map(|file| file.len()).sum::<u64>() >> 20
}

#[tokio::test]
async fn ten_thousand_sign_ins_that_never_finish_take_little_room() {
    let folder = tempfile::tempdir().unwrap();
    let made = kernia(&["init", "--json", "--dir", folder.path().to_str().unwrap()]).output();
    let made: Value = serde_json::from_slice(&made.unwrap().stdout).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let config = fs::read_to_string(text("config")).unwrap();
    fs::write(text("config"), config.replace("127.0.0.1:8080", "127.0.0.1:0")).unwrap();
    let (mut server, address) = Program::serve(Path::new(&text("config")));
    let app = Application::new(address, &text("client_id"), &text("api_key"));
    let connection = app.is_ready_for(&IdentityProvider::acme()).await;
    begin(&app, &connection, 500).await;
    let before = resident(&server);
    begin(&app, &connection, FLOOD).await;
    let after = resident(&server);
    assert!(after < before + 64, "from {before} to {after} MB for {FLOOD} sign-ins");
    // The log is folded into the file at the end.
    server.signal("-TERM");
    assert!(server.waits().success());
    let data = megabytes(&folder.path().join("data"));
    assert!(data < 16, "{data} MB on disk for {FLOOD} sign-ins");
}

/// Brings an answer as if from this address.
async fn brings(from: &str, browser: &mut Browser, asked: &Asked, response: &str) -> u16 {
    let headers =
        [("x-forwarded-for", from), ("content-type", "application/x-www-form-urlencoded")];
    let body = encoded(&[("SAMLResponse", response), ("RelayState", &asked.relay_state)]);
    let path = browser.path_of(&asked.acs_url);
    browser.sends("POST", &path, &headers, body.as_bytes()).await.status
}

#[tokio::test]
async fn a_thousand_bad_answers_a_minute_hold_up_nobody_else() {
    let kernia = Kernia::start_with(|config| {
        config.server.trusted_proxies = vec![Network::parse("127.0.0.0/8").unwrap()];
    })
    .await;
    let (app, acme, other) =
        (kernia.application(), IdentityProvider::acme(), IdentityProvider::another());
    let flooded = app.is_ready_for(&acme).await;
    let organization = app.organization("other.test").await;
    let quiet = app.connection(&organization, &other).await["id"].as_str().unwrap().to_owned();
    let mut eve = kernia.browser();
    let target = eve.begins(&app, &[("connection", &flooded)]).await;
    let bad = acme.vouches(
        &Asked { id: "_unknown".to_owned(), ..target.clone() },
        ADA,
        kernia.clock.now(),
    );
    let (mut waits, mut refused) = (0, 0);
    for round in 0..10_u8 {
        for nth in 0..100_u8 {
            // Half of it from one address, half from many.
            let from = if nth % 2 == 0 {
                "203.0.113.66".to_owned()
            } else {
                format!("198.51.{round}.{nth}")
            };
            match brings(&from, &mut eve, &target, &bad).await {
                429 => waits += 1,
                400 => refused += 1,
                other => panic!("{other}"),
            }
        }
        // In between people sign in, at the same connection and at another one.
        for (connection, idp, who) in [(&flooded, &acme, ADA), (&quiet, &other, "bob@other.test")] {
            let mut browser = kernia.browser();
            let asked = browser.begins(&app, &[("connection", connection)]).await;
            let good = idp.vouches(&asked, who, kernia.clock.now());
            let from = format!("192.0.2.{round}");
            assert_eq!(brings(&from, &mut browser, &asked, &good).await, 303, "{who}");
        }
    }
    assert_eq!(waits + refused, 1_000);
    assert!(waits >= 200, "one address alone has to wait: {waits}");
    assert!(refused >= 500, "the others are heard: {refused}");
    let traces = kernia.database().count("traces");
    assert!(traces <= 20 + 60, "a flood is counted and not kept: {traces} traces");
}

#[tokio::test]
async fn a_private_key_is_kept_nowhere_wherever_it_is_given() {
    let kernia = Kernia::start().await;
    let (app, idp) = (kernia.application(), IdentityProvider::acme());
    let organization = app.organization("acme.test").await;
    let made = app.connection(&organization, &idp).await;
    let connection = format!("/connections/{}", made["id"].as_str().unwrap());
    let key = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
    let key: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let base64 = STANDARD.encode(key.as_ref());
    let pem = |label: &str| format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n");
    let options = |name: &str, value: Value| {
        let mut options = json!({
            "idp_entity_id": idp.entity_id, "idp_sso_url": IdentityProvider::SSO_URL,
            "idp_signing_certs": [idp.certificate_pem()],
        });
        options[name] = value;
        json!({ "organization_id": organization, "saml_options": options })
    };
    let both = format!("{}{}", idp.certificate_pem(), pem("PRIVATE KEY"));
    let mut attempts = Vec::new();
    for text in
        [pem("PRIVATE KEY"), pem("RSA PRIVATE KEY"), pem("CERTIFICATE"), both, base64.clone()]
    {
        attempts.push((format!("{connection}/saml_idp_signing_certs"), json!({ "value": text })));
        attempts.push(("/connections".to_owned(), options("idp_signing_certs", json!([text]))));
        let pasted = metadata(idp.entity_id, &text);
        let body = json!({ "organization_id": organization, "saml_options": { "idp_metadata_xml": pasted } });
        attempts.push(("/connections".to_owned(), body));
    }
    for (path, body) in attempts {
        let answer = app.posts(&path, body).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        assert!(!answer.body.contains(&base64[100..140]), "it came back: {}", answer.body);
    }
    let copies = tempfile::tempdir().unwrap();
    let mut copy = std::process::Command::new("cp");
    let done = copy.arg("-r").arg(kernia.folder()).arg(copies.path()).status().unwrap();
    assert!(done.success());
    let middle = key.as_ref().len() / 6 * 3;
    let marks = [&key.as_ref()[middle..middle + 24], &base64.as_bytes()[100..140]];
    let folder = copies.path().join(kernia.folder().file_name().unwrap());
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        seen += bytes.len();
        for mark in marks {
            assert!(!bytes.windows(mark.len()).any(|window| window == mark), "a key was kept");
        }
    }
    assert!(seen > 10_000, "the database was looked at");
}

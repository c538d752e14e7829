//! `kernia domain …` at a shell, beside a server that checks by itself.

use std::{fs, path::Path, process::Output};

use super::*;
use crate::kernia::{Program, kernia, run, sends};

/// A server of the test's own that asks this name server.
struct Machine {
    _folder: tempfile::TempDir,
    config: String,
    api_key: String,
    program: Program,
    address: std::net::SocketAddr,
    dns: NameServer,
}

impl Machine {
    async fn start() -> Self {
        let dns = NameServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().canonicalize().unwrap();
        let made = run(&["init", "--json", "--dir", dir.to_str().unwrap()]);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let config = made["config"].as_str().unwrap().to_owned();
        let written = fs::read_to_string(&config).unwrap();
        let written = written.replace("127.0.0.1:8080", "127.0.0.1:0");
        let servers = format!("\n[dns]\nservers = [\"{}\"]\n", dns.address);
        fs::write(&config, written + &servers).unwrap();
        let (program, address) = Program::serve(Path::new(&config));
        let api_key = text(&made, "api_key").to_owned();
        Self { _folder: folder, config, api_key, program, address, dns }
    }

    /// `kernia domain` as the owner of the machine; the name server goes on answering meanwhile.
    async fn domain(&self, arguments: &[&str]) -> Output {
        let arguments = [&["domain", "--config", &self.config], arguments].concat();
        let mut command = kernia(&arguments);
        command.env_remove("KERNIA_URL");
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        let output = self.domain(&[arguments, &["--json"]].concat()).await;
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn organization(&self) -> String {
        let bearer = format!("Bearer {}", self.api_key);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = br#"{"name": "Acme"}"#;
        let made = sends(self.address, "POST", "/organizations", &headers, body).await.is(201);
        text(&made, "id").to_owned()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_proves_a_domain_at_a_shell() {
    let machine = Machine::start().await;
    let organization = machine.organization().await;
    let made = machine.domain(&["create", "--organization", &organization, "Bücher.example"]).await;
    assert!(made.status.success(), "{}", stderr(&made));
    let shown = stdout(&made);
    let field = |name: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(&format!("{name}\t")));
        line.unwrap_or_else(|| panic!("no {name} in {shown}")).to_owned()
    };
    assert_eq!(field("domain"), "bücher.example (xn--bcher-kva.example)");
    assert_eq!(field("state"), "pending");
    assert_eq!(field("record type"), "TXT");
    assert_eq!(field("record name"), "xn--bcher-kva.example");
    let (id, value) = (field("id"), field("record value"));
    assert!(stderr(&made).contains(&format!("kernia domain verify {id}")), "{}", stderr(&made));

    let not_yet = machine.domain(&["verify", "bücher.example", "--wait", "0"]).await;
    assert_eq!(not_yet.status.code(), Some(1));
    let line = format!("xn--bcher-kva.example. IN TXT \"{value}\"");
    assert_eq!(stdout(&not_yet).trim_end(), line);
    let told = stderr(&not_yet);
    assert!(told.contains("error: bücher.example (xn--bcher-kva.example) is not verified yet"));
    assert!(told.contains("there is no name") && told.contains("hint:"), "{told}");

    machine.dns.has("xn--bcher-kva.example", &[&value]);
    let verified = machine.domain(&["verify", &id]).await;
    assert!(verified.status.success(), "{}", stderr(&verified));
    assert!(stdout(&verified).contains("state\tverified"), "{}", stdout(&verified));
    machine.program.hears("domain verified by DNS");
    let again = machine.json(&["verify", &id]).await;
    assert_eq!(again["organization_domain"]["state"], "verified");

    let listed = machine.domain(&["list", "--state", "verified"]).await;
    let cells: Vec<_> = stdout(&listed).trim_end().split('\t').map(str::to_owned).collect();
    let domain = "bücher.example (xn--bcher-kva.example)";
    assert_eq!(cells, [id.as_str(), domain, "verified", "dns", organization.as_str()]);
    let deleted = machine.domain(&["delete", &id]).await;
    assert!(deleted.status.success(), "{}", stderr(&deleted));
    assert_eq!(machine.domain(&["get", &id]).await.status.code(), Some(4));
    assert_eq!(machine.json(&["list"]).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_over_the_api_is_checked_at_once() {
    let machine = Machine::start().await;
    let organization = machine.organization().await;
    machine.dns.says("acme.com", Says::Nothing);
    let made = machine.json(&["create", "--organization", &organization, "acme.com"]).await;
    let value = text(&made["record"], "value");
    machine.dns.has("acme.com", &[value]);
    // The job would come by itself only every ten seconds, and the next check only in a minute.
    machine.program.hears("domain verified by DNS");
    let seen = machine.json(&["get", "acme.com"]).await;
    assert_eq!(seen["organization_domain"]["state"], "verified");
}

/// Who waits only looks: the claim goes its own way.
#[tokio::test(flavor = "multi_thread")]
async fn waiting_changes_nothing() {
    let machine = Machine::start().await;
    let organization = machine.organization().await;
    machine.json(&["create", "--organization", &organization, "acme.com"]).await;
    let waited = machine.domain(&["verify", "acme.com", "--wait", "17"]).await;
    assert_eq!(waited.status.code(), Some(1), "{}", stderr(&waited));
    let said = machine.program.said();
    let asked = said.lines().filter(|line| {
        line.contains("/organization_domains/{id}/verify") && line.contains("\"POST\"")
    });
    assert_eq!(asked.count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_is_taken_and_a_no_teaches() {
    let machine = Machine::start().await;
    let (one, other) = (machine.organization().await, machine.organization().await);
    for organization in [&one, &other] {
        machine.json(&["create", "--organization", organization, "acme.com"]).await;
    }
    let several = machine.domain(&["verify", "acme.com", "--manual"]).await;
    assert_eq!(several.status.code(), Some(2));
    assert!(stderr(&several).contains("2 organizations claim the domain"), "{}", stderr(&several));
    assert!(stderr(&several).contains(&one), "{}", stderr(&several));
    let claims = machine.json(&["list", "--organization", &one]).await;
    let id = text(&claims[0]["organization_domain"], "id");
    let word = machine.domain(&["verify", id, "--manual"]).await;
    assert!(word.status.success(), "{}", stderr(&word));
    assert!(stdout(&word).contains("verification_strategy\tmanual"), "{}", stdout(&word));
    machine.program.hears("domain verified by the operator's word");

    let taken = machine.domain(&["create", "--organization", &other, "acme.com"]).await;
    assert_eq!(taken.status.code(), Some(6), "{}", stderr(&taken));
    for (arguments, code, says) in [
        (&["create", "--organization", &one, "gmail.com"][..], 1, "anybody can get"),
        (&["create", "--organization", &one, "co.uk"][..], 1, "public suffix"),
        (&["create", "--organization", "org_nobody", "b.test"][..], 4, "not found"),
        (&["get", "nobody.test"][..], 4, "kernia domain create"),
        (&["get", "nobody"][..], 4, "not found"),
        (&["delete", ""][..], 2, "empty"),
        (&["verify", id, "--manual", "--wait", "3"][..], 2, "cannot be used with"),
    ] {
        let refused = machine.domain(arguments).await;
        assert_eq!(refused.status.code(), Some(code), "{arguments:?}: {}", stderr(&refused));
        assert!(stderr(&refused).contains(says), "{arguments:?}: {}", stderr(&refused));
        assert_eq!(stdout(&refused), "");
    }
}

//! `kernia directory …` at a shell, beside a demo.

use std::process::Output;

use super::*;
use crate::kernia::{Program, kernia};

struct Machine {
    _folder: tempfile::TempDir,
    _program: Program,
    demo: Value,
}

impl Machine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (program, demo) = Program::demo(folder.path());
        Self { _folder: folder, _program: program, demo }
    }

    fn directory(&self, arguments: &[&str]) -> Output {
        let mut command = kernia(&[&["directory"], arguments].concat());
        command.env("KERNIA_URL", text(&self.demo, "base_url"));
        command.env("KERNIA_API_KEY", text(&self.demo, "api_key"));
        command.output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.directory(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_cares_for_a_directory_at_a_shell() {
    let machine = Machine::start();
    let organization = text(&machine.demo, "organization_id");
    let first = machine.json(&["get", text(&machine.demo, "directory_id")]);
    assert_eq!(first["scim_url"], machine.demo["scim_url"]);

    let made = machine.json(&["create", "--organization", organization, "--type", "okta"]);
    assert_eq!((text(&made, "type"), text(&made, "name")), ("okta scim v2.0", "Example Company"));
    let id = text(&made, "id");
    assert!(text(&made, "scim_token").starts_with("scim_"));
    let base = text(&machine.demo, "base_url");
    let entered = Entered {
        id: id.to_owned(),
        path: text(&made, "scim_url").strip_prefix(base).unwrap().to_owned(),
        token: text(&made, "scim_token").to_owned(),
        address: base.strip_prefix("http://").unwrap().parse().unwrap(),
    };
    assert_eq!(entered.with(&entered.token).await, 200);
    let changed = machine.json(&["update", id, "--name", "Staff", "--type", "azure"]);
    assert_eq!((text(&changed, "name"), text(&changed, "type")), ("Staff", "azure scim v2.0"));
    let listed = machine.json(&["list", "--organization", organization]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let lines = stdout(&machine.directory(&["list"]));
    assert!(lines.lines().next().unwrap().starts_with(&format!("{id}\tStaff\tazure scim v2.0\t")));

    let rotated = machine.directory(&["rotate-token", id]);
    let second = stdout(&rotated).trim().to_owned();
    assert!(second.starts_with("scim_") && !second.contains(char::is_whitespace), "{second}");
    assert!(stderr(&rotated).contains("86400 s"), "{}", stderr(&rotated));
    let tokens = machine.json(&["tokens", id]);
    assert_eq!(tokens.as_array().unwrap().len(), 2);
    assert!(tokens[0]["expires_at"].is_string() && tokens[1]["expires_at"].is_null());
    let revoked = machine.directory(&["revoke-token", id, text(&tokens[0], "id")]);
    assert!(revoked.status.success(), "{}", stderr(&revoked));
    assert_eq!(entered.with(&entered.token).await, 401);
    assert_eq!(entered.with(&second).await, 200);

    for (arguments, code) in [
        (&["get", "directory_nobody"][..], 4),
        (&["create", "--organization", organization, "--type", "workday"], 1),
        (&["revoke-token", id, "directory_token_nobody"], 4),
        (&["rotate-token", id, "--overlap", "soon"], 2),
        (&["get", ""], 2),
    ] {
        let output = machine.directory(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    }
    let deleted = machine.directory(&["delete", id]);
    assert!(deleted.status.success());
    assert_eq!(machine.directory(&["get", id]).status.code(), Some(4));
    assert_eq!(entered.with(&second).await, 401);
}

//! An operator at a shell: the real binary, its exit codes and what it writes where.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Output};

use serde_json::{Value, json};

use crate::kernia::{Application, Program, kernia, run, sends};

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// `kernia init --json` in this folder.
fn init(folder: &Path) -> Value {
    let output = run(&["init", "--json", "--dir", folder.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The same, with a configuration that takes a free port.
fn init_on_a_free_port(folder: &Path) -> Value {
    let made = init(folder);
    let config = made["config"].as_str().unwrap();
    let text = fs::read_to_string(config).unwrap();
    fs::write(config, text.replace("127.0.0.1:8080", "127.0.0.1:0")).unwrap();
    made
}

fn check(made: &Value) -> (i32, Value) {
    let output = run(&["check", "--json", "--config", made["config"].as_str().unwrap()]);
    (code(&output), serde_json::from_str(&stdout(&output)).unwrap())
}

#[test]
fn init_writes_everything_for_its_owner_alone_and_never_twice() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().canonicalize().unwrap();
    let made = init(&dir);
    let names: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["api_key", "client_id", "config", "database", "master_key"]);
    assert!(made["api_key"].as_str().unwrap().starts_with("sk_test_"));
    assert!(made["client_id"].as_str().unwrap().starts_with("client_"));
    for (name, path, mode) in [
        ("config", "kernia.toml", 0o640),
        ("master_key", "kernia.key", 0o600),
        ("database", "data/kernia.db", 0o600),
    ] {
        assert_eq!(made[name], dir.join(path).to_str().unwrap());
        let facts = fs::metadata(dir.join(path)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, mode, "{name}");
    }
    let text = fs::read_to_string(dir.join("kernia.toml")).unwrap();
    assert!(!text.contains("AGE-SECRET-KEY"), "the key never stands in the configuration");
    assert_eq!(check(&made), (0, json!({ "ok": true, "problems": [] })));

    let before = fs::read(dir.join("kernia.key")).unwrap();
    let again = run(&["init", "--dir", dir.to_str().unwrap()]);
    assert_eq!(code(&again), 6);
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
    assert_eq!(stdout(&again), "");
    assert_eq!(fs::read(dir.join("kernia.key")).unwrap(), before);
    assert_eq!(fs::read_to_string(dir.join("kernia.toml")).unwrap(), text);
}

#[test]
fn init_for_people_tells_the_key_once_and_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/folder");
    let arguments =
        ["init", "--base-url", "https://id.example.com", "--dir", dir.to_str().unwrap()];
    let output = run(&arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("sk_live_") && told.contains("kernia serve"), "{told}");
    let text = fs::read_to_string(dir.join("kernia.toml")).unwrap();
    assert!(
        text.contains("base_url = \"https://id.example.com\"") && text.contains("\"live\""),
        "{text}"
    );
    for bad in ["id.example.com", "https://id.example.com/api", "ftp://id.example.com"] {
        let other = folder.path().join("other");
        let output = run(&["init", "--base-url", bad, "--dir", other.to_str().unwrap()]);
        assert_eq!(code(&output), 2, "{bad}");
        assert!(stderr(&output).contains("hint:"), "{}", stderr(&output));
        assert!(!other.exists(), "{bad}: nothing is written");
    }
}

#[test]
fn check_tells_every_fault_of_a_configuration_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("kernia.toml");
    fs::write(
        &config,
        "[server]\nlistn = \"127.0.0.1:1\"\nmax_connections = \"many\"\n\n[stor]\npath = \"x\"\n",
    )
    .unwrap();
    let config = config.to_str().unwrap();
    for command in ["check", "serve"] {
        let output = run(&[command, "--config", config]);
        let told = stderr(&output);
        assert_eq!(code(&output), 3, "{told}");
        for word in [
            "listn",
            "listen",
            "max_connections",
            "stor",
            "store",
            "kernia.toml:2",
            "kernia.toml:3",
            "kernia.toml:5",
        ] {
            assert!(told.contains(word), "{command}: no `{word}` in {told}");
        }
        assert_eq!(stdout(&output), "");
    }
    let output = run(&["check", "--json", "--config", config]);
    assert_eq!(code(&output), 3);
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(told["ok"], false);
    let nowhere = run(&["check", "--config", "/nowhere/kernia.toml"]);
    assert_eq!(code(&nowhere), 3, "{}", stderr(&nowhere));
}

#[test]
fn check_finds_what_is_wrong_beside_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let made = init(folder.path());
    let (key, database) =
        (made["master_key"].as_str().unwrap(), made["database"].as_str().unwrap());
    let problem = |word: &str| {
        let (code, told) = check(&made);
        assert_eq!((code, &told["ok"]), (1, &json!(false)), "{told}");
        assert!(told["problems"].to_string().contains(word), "no `{word}` in {told}");
    };
    fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    problem("chmod 600");
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();

    // Another key than the one that wrapped the data keys.
    let other = tempfile::tempdir().unwrap();
    let other = init(other.path());
    let own = fs::read(key).unwrap();
    fs::copy(other["master_key"].as_str().unwrap(), key).unwrap();
    problem("not the master key of this database");
    let mut serve = kernia(&["serve", "--config", made["config"].as_str().unwrap()]);
    let output = serve.env("KERNIA_SERVER__LISTEN", "127.0.0.1:0").output().unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    fs::write(key, own).unwrap();
    assert_eq!(check(&made).0, 0);

    let file = rusqlite::Connection::open(database).unwrap();
    file.execute("INSERT INTO refinery_schema_history VALUES (99, 'tomorrow', '', '1')", [])
        .unwrap();
    drop(file);
    problem("99");
    let mut serve = kernia(&["serve", "--config", made["config"].as_str().unwrap()]);
    let output = serve.env("KERNIA_SERVER__LISTEN", "127.0.0.1:0").output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("newer kernia"), "{}", stderr(&output));

    fs::write(database, "this is no database, but it is long enough to look like one".repeat(99))
        .unwrap();
    problem("database");
    fs::remove_file(database).unwrap();
    problem("is not there");
    fs::remove_file(key).unwrap();
    problem("kernia.key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_listens_reloads_and_drains() {
    let folder = tempfile::tempdir().unwrap();
    let made = init_on_a_free_port(folder.path());
    let config = Path::new(made["config"].as_str().unwrap());
    let (mut server, address) = Program::serve(config);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let app = Application::new(address, &text("client_id"), &text("api_key"));
    let organization = app.organization("acme.test").await;

    // A second one finds the database in use, and says so; `check` works beside a running server.
    let second = run(&["serve", "--config", &text("config")]);
    assert_eq!(code(&second), 1);
    assert!(stderr(&second).contains("in use by another kernia"), "{}", stderr(&second));
    assert_eq!(check(&made).0, 0);
    // The test identity provider is the demo's alone.
    assert_eq!(sends(address, "GET", "/demo/idp/metadata", &[], b"").await.status, 404);

    let original = fs::read_to_string(config).unwrap();
    fs::write(config, format!("{original}\n[log]\nlevel = \"debug\"\n")).unwrap();
    server.signal("-HUP");
    let line = server.hears("log level read anew");
    assert!(line.contains("debug"), "{line}");
    fs::write(config, "nonsense").unwrap();
    server.signal("-HUP");
    server.hears("not reloaded");
    fs::write(config, original).unwrap();
    app.gets(&format!("/organizations/{organization}")).await.is(200);

    server.signal("-TERM");
    server.hears("draining");
    assert_eq!(server.waits().code(), Some(0), "{}", server.said());
    assert_eq!(server.rest_of_stdout(), Vec::<String>::new(), "stdout carries data only");
    let (_server, address) = Program::serve(config);
    let app = Application { address, ..app };
    app.gets(&format!("/organizations/{organization}")).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_goes_on_after_kill_9_as_if_nothing_had_been() {
    let folder = tempfile::tempdir().unwrap();
    let (mut demo, document) = Program::demo(folder.path());
    let names: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "api_key",
            "base_url",
            "client_id",
            "directory_id",
            "domain",
            "idp",
            "oidc",
            "oidc_connection_id",
            "organization_id",
            "redirect_uri",
            "saml_connection_id",
            "scim_token",
            "scim_url"
        ]
    );
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    let address = text("base_url").strip_prefix("http://").unwrap().parse().unwrap();
    let app = Application::new(address, &text("client_id"), &text("api_key"));
    let organization = app.organization("acme.test").await;
    demo.kill();
    let (mut demo, again) = Program::demo(folder.path());
    assert_eq!(again, document, "the same ids, keys, passwords and port");
    app.gets(&format!("/organizations/{organization}")).await.is(200);
    let found = app.gets(&format!("/connections/{}", text("saml_connection_id"))).await.is(200);
    assert_eq!(found["organization_id"], text("organization_id"));
    assert_eq!(sends(address, "GET", "/", &[], b"").await.status, 200);

    // When the port is taken, another one does, and the connection follows.
    demo.signal("-INT");
    assert_eq!(demo.waits().code(), Some(0));
    assert_eq!(demo.rest_of_stdout(), Vec::<String>::new(), "one line and no more");
    let squatter = std::net::TcpListener::bind(address).unwrap();
    let (_demo, moved) = Program::demo(folder.path());
    assert_ne!(moved["base_url"], document["base_url"]);
    let app =
        Application { address: moved["base_url"].as_str().unwrap()[7..].parse().unwrap(), ..app };
    let found = app.gets(&format!("/connections/{}", text("saml_connection_id"))).await.is(200);
    let sso_url = found["saml_options"]["idp_sso_url"].as_str().unwrap();
    assert!(sso_url.starts_with(moved["base_url"].as_str().unwrap()), "{sso_url}");
    let found = app.gets(&format!("/connections/{}", text("oidc_connection_id"))).await.is(200);
    let issuer = found["oidc_options"]["issuer"].as_str().unwrap();
    assert!(issuer.starts_with(moved["base_url"].as_str().unwrap()), "{issuer}");
    drop(squatter);
}

#[test]
fn a_demo_without_a_folder_leaves_nothing_behind() {
    let place = tempfile::tempdir().unwrap();
    let mut command = kernia(&["demo", "--json", "--port", "0"]);
    let mut demo = Program::start(command.env("TMPDIR", place.path()));
    demo.hears_json();
    let folder = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    demo.signal("-TERM");
    assert_eq!(demo.waits().code(), Some(0), "{}", demo.said());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn wrong_usage_is_told_and_help_is_there_for_every_command() {
    for arguments in [&["nonsense"][..], &["serve", "--nonsense"], &["demo", "--port", "x"], &[]] {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        assert!(!stderr(&output).is_empty());
    }
    for arguments in [
        &["--help"][..],
        &["demo", "--help"],
        &["init", "--help"],
        &["serve", "--help"],
        &["check", "--help"],
    ] {
        let output = run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(stdout(&output).contains("Usage: kernia"), "{}", stdout(&output));
    }
    let version = run(&["--version"]);
    assert_eq!(stdout(&version), format!("kernia {}\n", env!("CARGO_PKG_VERSION")));
}

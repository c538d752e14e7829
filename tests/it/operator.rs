//! The owner of the machine at a shell: commands that ask the running server, without a key over
//! its socket, with a key over the network.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::kernia::{IdentityProvider, Program, kernia, run};

/// A server of the test's own, with its configuration and API key.
struct Machine {
    folder: tempfile::TempDir,
    config: String,
    api_key: String,
    program: Program,
    address: String,
}

impl Machine {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().canonicalize().unwrap();
        let made = run(&["init", "--json", "--dir", dir.to_str().unwrap()]);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let config = made["config"].as_str().unwrap().to_owned();
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, text.replace("127.0.0.1:8080", "127.0.0.1:0")).unwrap();
        let (program, address) = Program::serve(Path::new(&config));
        let api_key = made["api_key"].as_str().unwrap().to_owned();
        Self { folder, config, api_key, program, address: format!("http://{address}") }
    }

    /// `kernia` as the owner of the machine, over the socket.
    fn kernia(&self, arguments: &[&str]) -> Output {
        let arguments = [arguments, &["--config", self.config.as_str()]].concat();
        kernia(&arguments).env_remove("KERNIA_URL").output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.kernia(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("data/kernia.sock")
    }

    /// An organization, made over the network as an application would.
    fn organization(&self) -> String {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let address = self.address.strip_prefix("http://").unwrap().parse().unwrap();
        let bearer = format!("Bearer {}", self.api_key);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = br#"{"name": "Acme", "allow_profiles_outside_organization": true}"#;
        let answer = runtime.block_on(crate::kernia::sends(
            address,
            "POST",
            "/organizations",
            &headers,
            body,
        ));
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// A connection from a file of metadata.
    fn connection(&self, organization: &str) -> Value {
        let file = self.folder.path().join("metadata.xml");
        fs::write(&file, IdentityProvider::acme().metadata()).unwrap();
        let file = file.to_str().unwrap();
        let create = ["connection", "create", "--organization", organization, "--metadata", file];
        self.json(&create)
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_owner_of_the_machine_needs_no_key() {
    let machine = Machine::start();
    let organization = machine.organization();
    let made = machine.connection(&organization);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["organization_id"], organization.as_str());

    let listed = machine.kernia(&["connection", "list"]);
    let row = stdout(&listed);
    assert_eq!(row.lines().count(), 1, "{row}");
    let cells: Vec<_> = row.trim_end().split('\t').collect();
    assert_eq!(cells, [id, "Acme", "GenericSAML", "validating", organization.as_str()]);

    let changed = machine.json(&["connection", "update", id, "--name", "Acme at work"]);
    assert_eq!(changed["name"], "Acme at work");
    let shown = stdout(&machine.kernia(&["connection", "get", id]));
    assert!(shown.contains("acs_url\thttp"), "{shown}");

    let deleted = machine.kernia(&["connection", "delete", id]);
    assert!(deleted.status.success(), "{}", stderr(&deleted));
    assert!(stderr(&deleted).contains("connection restore"), "{}", stderr(&deleted));
    assert_eq!(machine.json(&["connection", "list"]).as_array().unwrap().len(), 0);
    let waiting = machine.json(&["connection", "list", "--deleted"]);
    assert_eq!(waiting[0]["id"], id);
    let restored = machine.json(&["connection", "restore", id]);
    assert_eq!(restored["saml_options"]["acs_url"], made["saml_options"]["acs_url"]);
}

#[test]
fn a_command_says_no_with_a_code_of_its_own() {
    let machine = Machine::start();
    let code = |output: &Output| output.status.code().unwrap();
    let missing = machine.kernia(&["connection", "get", "conn_01JD0000000000000000000003"]);
    assert_eq!(code(&missing), 4, "{}", stderr(&missing));
    let wrong = machine.kernia(&["connection", "create", "--organization", "org_1"]);
    assert_eq!(code(&wrong), 2, "clap's own: {}", stderr(&wrong));

    let over_the_network = |key: Option<&str>| {
        let mut command = kernia(&["connection", "list", "--url", &machine.address]);
        command.env_remove("KERNIA_API_KEY");
        if let Some(key) = key {
            command.env("KERNIA_API_KEY", key);
        }
        command.output().unwrap()
    };
    assert_eq!(code(&over_the_network(Some(&machine.api_key))), 0);
    let refused = over_the_network(Some("sk_test_wrong"));
    assert_eq!(code(&refused), 5, "{}", stderr(&refused));
    assert!(!stderr(&refused).contains("sk_test_wrong"), "{}", stderr(&refused));
    let without = over_the_network(None);
    assert_eq!(code(&without), 2);
    assert!(stderr(&without).contains("KERNIA_API_KEY"), "{}", stderr(&without));

    let elsewhere = kernia(&["connection", "list", "--url", "http://127.0.0.1:9"])
        .env("KERNIA_API_KEY", "sk_test_any")
        .output()
        .unwrap();
    assert_eq!(code(&elsewhere), 69, "{}", stderr(&elsewhere));
}

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let mut machine = Machine::start();
    let socket = machine.socket();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);

    // Even where somebody opened the file to all, credentials decide. Only root can try.
    let folder = machine.folder.path();
    for path in [folder, &folder.join("data"), &socket] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let asks = |uid: u32| {
        let script = "import socket, sys\n\
            s = socket.socket(socket.AF_UNIX)\n\
            s.connect(sys.argv[1])\n\
            s.sendall(b'GET /organizations HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n')\n\
            data = b''\n\
            while True:\n\
            \x20   piece = s.recv(4096)\n\
            \x20   if not piece: break\n\
            \x20   data += piece\n\
            print(data.decode())";
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(&socket);
        if uid != 0 {
            command.uid(uid);
        }
        command.output().unwrap()
    };
    let owner = asks(0);
    assert!(stdout(&owner).starts_with("HTTP/1.1 200"), "{}{}", stdout(&owner), stderr(&owner));
    let we_are_root = fs::metadata("/proc/self")
        .is_ok_and(|facts| std::os::unix::fs::MetadataExt::uid(&facts) == 0);
    if we_are_root {
        let stranger = asks(65534);
        assert!(!stdout(&stranger).contains("HTTP/1.1"), "{}", stdout(&stranger));
        machine.program.hears("a stranger came to the local socket");
    }

    machine.program.kill();
    assert!(socket.exists(), "kill -9 leaves it");
    let (mut program, _) = Program::serve(Path::new(&machine.config));
    assert_eq!(machine.json(&["connection", "list"]).as_array().unwrap().len(), 0);
    program.signal("-TERM");
    assert!(program.waits().success());
    assert!(!socket.exists(), "a calm end takes it away");
    let gone = machine.kernia(&["connection", "list"]);
    assert_eq!(gone.status.code(), Some(69), "{}", stderr(&gone));
    assert!(stderr(&gone).contains("kernia serve"), "{}", stderr(&gone));
}

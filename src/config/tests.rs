//! What an operator is told: the whole text, as it stands on a terminal.

use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

mod accepted;
mod repeated;

/// A folder of its own for each test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NTH: AtomicU32 = AtomicU32::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("kernia-config-{}-{nth}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn load(&self, text: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> Result<Loaded, Faults> {
        let path = self.0.join("kernia.toml");
        fs::write(&path, text).unwrap();
        Config::load(Some(&path), owned(variables))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is told of this file and these variables, with the folder's name left out.
fn told(text: impl AsRef<[u8]>, variables: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    let faults = folder.load(text, variables).unwrap_err();
    faults.to_string().replace(&format!("{}/", folder.0.display()), "")
}

fn loaded(text: &str, variables: &[(&str, &str)]) -> Config {
    Folder::new().load(text, variables).unwrap().config
}

#[test]
fn an_unknown_key_is_told_with_the_nearest() {
    assert_snapshot!(told("[server]\nlisen = \"127.0.0.1:80\"\n", &[]), @r#"
    error: unknown key `lisen` in `[server]`
     --> kernia.toml:2:1
      |
    2 | lisen = "127.0.0.1:80"
      | ^^^^^ did you mean `listen`?

    1 problem in kernia.toml
    "#);
}

#[test]
fn a_misplaced_key_and_an_unknown_section_are_told() {
    let text = "\
drain = \"1s\"
store = 4
volt = 3

[sever]
listen = \"127.0.0.1:80\"

[environment]
listen = \"127.0.0.1:80\"
pth = \"x\"
colour = 1

[[log]]
level = \"info\"
";
    assert_snapshot!(told(text, &[]), @r#"
    error: unknown key `drain`
     --> kernia.toml:1:1
      |
    1 | drain = "1s"
      | ^^^^^ `drain` belongs in `[server]`

    error: `store` is a section
     --> kernia.toml:2:1
      |
    2 | store = 4
      | ^^^^^ write `[store]` on a line of its own

    error: unknown key `volt`
     --> kernia.toml:3:1
      |
    3 | volt = 3
      | ^^^^ there is nothing of this name

    error: unknown section `sever`
     --> kernia.toml:5:2
      |
    5 | [sever]
      |  ^^^^^ did you mean `server`?

    error: unknown key `listen` in `[environment]`
     --> kernia.toml:9:1
      |
    9 | listen = "127.0.0.1:80"
      | ^^^^^^ `listen` belongs in `[server]`

    error: unknown key `pth` in `[environment]`
      --> kernia.toml:10:1
       |
    10 | pth = "x"
       | ^^^ did you mean `path` in `[store]`?

    error: unknown key `colour` in `[environment]`
      --> kernia.toml:11:1
       |
    11 | colour = 1
       | ^^^^^^ there is nothing of this name

    error: `log` is a section
      --> kernia.toml:13:3
       |
    13 | [[log]]
       |   ^^^ write `[log]` on a line of its own

    8 problems in kernia.toml
    "#);
}

#[test]
fn a_value_of_the_wrong_type_is_told_with_what_is_wanted() {
    let text = "\
[server]
listen = 8080
max_connections = \"many\"
drain = 20

[store]
path = 1979-05-27
readers = -1
queue = 99999999999999999999

[saml]
allow_private_metadata = \"yes\"
";
    assert_snapshot!(told(text, &[]), @r#"
    error: bad value for `server.listen`
     --> kernia.toml:2:10
      |
    2 | listen = 8080
      |          ^^^^ expected an address and port such as `127.0.0.1:8080`, found a whole number

    error: bad value for `server.max_connections`
     --> kernia.toml:3:19
      |
    3 | max_connections = "many"
      |                   ^^^^^^ expected a whole number from 1 to 1000000, found text

    error: bad value for `server.drain`
     --> kernia.toml:4:9
      |
    4 | drain = 20
      |         ^^ expected a time such as `500ms`, `20s`, `10m` or `2h`, found a whole number

    error: bad value for `store.path`
     --> kernia.toml:7:8
      |
    7 | path = 1979-05-27
      |        ^^^^^^^^^^ expected the path of a file, found a date

    error: bad value for `store.readers`
     --> kernia.toml:8:11
      |
    8 | readers = -1
      |           ^^ expected a whole number from 0 to 64

    error: bad value for `store.queue`
     --> kernia.toml:9:9
      |
    9 | queue = 99999999999999999999
      |         ^^^^^^^^^^^^^^^^^^^^ expected a whole number from 1 to 1000000

    error: bad value for `saml.allow_private_metadata`
      --> kernia.toml:12:26
       |
    12 | allow_private_metadata = "yes"
       |                          ^^^^^ expected `true` or `false`, found text

    7 problems in kernia.toml
    "#);
}

#[test]
fn a_value_of_the_right_type_that_is_no_good_is_told() {
    let text = "\
[server]
listen = \"localhost\"
base_url = \"htp://sso.example.com\"
trusted_proxies = [\"10.0.0.0/8\", \"10.0.0.1/8\", 3]
drain = \"20 s\"

[environment]
kind = \"tset\"

[log]
level = \"inof\"
format = \"xml\"
";
    assert_snapshot!(told(text, &[]), @r#"
    error: bad value for `server.listen`
     --> kernia.toml:2:10
      |
    2 | listen = "localhost"
      |          ^^^^^^^^^^^ expected an address and port such as `127.0.0.1:8080`

    error: bad value for `server.base_url`
     --> kernia.toml:3:12
      |
    3 | base_url = "htp://sso.example.com"
      |            ^^^^^^^^^^^^^^^^^^^^^^^ this is not an http or https address

    error: bad value for `server.trusted_proxies`
     --> kernia.toml:4:34
      |
    4 | trusted_proxies = ["10.0.0.0/8", "10.0.0.1/8", 3]
      |                                  ^^^^^^^^^^^^ `10.0.0.1/8` has bits beyond its prefix; did you mean `10.0.0.0/8`?

    error: bad value for `server.trusted_proxies`
     --> kernia.toml:4:48
      |
    4 | trusted_proxies = ["10.0.0.0/8", "10.0.0.1/8", 3]
      |                                                ^ expected an address or network such as `10.0.0.0/8`, found a whole number

    error: bad value for `server.drain`
     --> kernia.toml:5:9
      |
    5 | drain = "20 s"
      |         ^^^^^^ expected a time such as `500ms`, `20s`, `10m` or `2h`

    error: bad value for `environment.kind`
     --> kernia.toml:8:8
      |
    8 | kind = "tset"
      |        ^^^^^^ expected `live` or `test`; did you mean `test`?

    error: bad value for `log.level`
      --> kernia.toml:11:9
       |
    11 | level = "inof"
       |         ^^^^^^ `inof` is not a level; did you mean `info`?

    error: bad value for `log.format`
      --> kernia.toml:12:10
       |
    12 | format = "xml"
       |          ^^^^^ expected `auto`, `human` or `json`

    8 problems in kernia.toml
    "#);
}

#[test]
fn what_is_no_toml_is_told_and_the_rest_is_still_read() {
    let text = "\
[server]
listen = 127.0.0.1:8080
drain = \"20s
drain = \"20s\"
drain = \"30s\"

[store]
path = 3
";
    assert_snapshot!(told(text, &[]), @r#"
    error: this is not TOML
     --> kernia.toml:2:15
      |
    2 | listen = 127.0.0.1:8080
      |               ^^^^^^^^^ invalid float, expected nothing
      |
      = help: text stands in quotes: `listen = "127.0.0.1:8080"`

    error: this is not TOML
     --> kernia.toml:3:13
      |
    3 | drain = "20s
      |             ^ invalid basic string, expected `"`

    error: `drain` stands here a second time
     --> kernia.toml:4:1
      |
    4 | drain = "20s"
      | ^^^^^ once is enough

    error: `drain` stands here a second time
     --> kernia.toml:5:1
      |
    5 | drain = "30s"
      | ^^^^^ once is enough

    error: bad value for `store.path`
     --> kernia.toml:8:8
      |
    8 | path = 3
      |        ^ expected the path of a file, found a whole number

    5 problems in kernia.toml
    "#);
}

#[test]
fn after_a_broken_header_nothing_is_guessed() {
    assert_snapshot!(told("[server\nlisen = 3\n", &[]), @r"
    error: this is not TOML
     --> kernia.toml:1:8
      |
    1 | [server
      |        ^ unclosed table, expected `]`

    1 problem in kernia.toml
    ");
    assert_snapshot!(told("[log]\n[store]\n[log]\nlevl = 3\n", &[]), @r"
    error: `log` stands here a second time
     --> kernia.toml:3:2
      |
    3 | [log]
      |  ^^^ once is enough

    1 problem in kernia.toml
    ");
}

#[test]
fn a_secret_in_the_file_is_told_where_it_belongs_and_never_shown() {
    let text = "\
[vault]
master_key = \"AGE-SECRET-KEY-1QQPZRY\"
master_key_file = \"AGE-SECRET-KEY-1QQPZRY\"

[server]
admin-password = '''hunter2'''
";
    let told = told(text, &[]);
    assert_snapshot!(told, @r#"
    error: `master_key` is a secret
     --> kernia.toml:2:1
      |
    2 | master_key = ************************
      | ^^^^^^^^^^ no secret belongs in this file
      |
      = help: the master key comes from the file that `vault.master_key_file` names (mode 0600), the systemd credential `kernia.key` or the variable `KERNIA_MASTER_KEY`

    error: `master_key_file` is a secret
     --> kernia.toml:3:1
      |
    3 | master_key_file = "**********************"
      | ^^^^^^^^^^^^^^^ no secret belongs in this file
      |
      = help: the master key comes from the file that `vault.master_key_file` names (mode 0600), the systemd credential `kernia.key` or the variable `KERNIA_MASTER_KEY`

    error: `admin-password` is a secret
     --> kernia.toml:6:1
      |
    6 | admin-password = *************
      | ^^^^^^^^^^^^^^ no secret belongs in this file
      |
      = help: Kernia keeps the secrets of applications and connections in its database, encrypted

    3 problems in kernia.toml
    "#);
}

#[test]
fn faults_of_the_environment_name_the_variable() {
    let variables = [
        ("KERNIA_SERVER__LISEN", "not shown"),
        ("KERNIA_VAULT__MASTER_KEY", "not shown"),
        ("KERNIA_VAULT__MASTER_KEY_FILE", "AGE-SECRET-KEY-1QQPZRY"),
        ("KERNIA_STORE__READERS", "65"),
        ("KERNIA_STORE__QUEUE", "long"),
        ("KERNIA_server__drain", "1s"),
        ("KERNIA_SERVER__TRUSTED_PROXIES", "::1, b"),
        ("KERNIA_SAML__ALLOW_PRIVATE_METADATA", "1"),
    ];
    assert_snapshot!(told("[log]\nlevl = 1\n", &variables), @r"
    error: unknown key `levl` in `[log]`
     --> kernia.toml:2:1
      |
    2 | levl = 1
      | ^^^^ did you mean `level`?

    error: bad value for `saml.allow_private_metadata`
     |
     | KERNIA_SAML__ALLOW_PRIVATE_METADATA=1
     |                                     ^ expected `true` or `false`, found text

    error: unknown variable `KERNIA_SERVER__LISEN`
     |
     | KERNIA_SERVER__LISEN
     | ^^^^^^^^^^^^^^^^^^^^ did you mean `KERNIA_SERVER__LISTEN`?

    error: bad value for `server.trusted_proxies`
     |
     | KERNIA_SERVER__TRUSTED_PROXIES=::1, b
     |                                ^^^^^^ `b` is not an address or network

    error: bad value for `store.queue`
     |
     | KERNIA_STORE__QUEUE=long
     |                     ^^^^ expected a whole number from 1 to 1000000, found text

    error: bad value for `store.readers`
     |
     | KERNIA_STORE__READERS=65
     |                       ^^ expected a whole number from 0 to 64

    error: unknown variable `KERNIA_VAULT__MASTER_KEY`
     |
     | KERNIA_VAULT__MASTER_KEY
     | ^^^^^^^^^^^^^^^^^^^^^^^^ the master key is not configuration
     |
     = help: set `KERNIA_MASTER_KEY`

    error: bad value for `vault.master_key_file`
     |
     | KERNIA_VAULT__MASTER_KEY_FILE=**********************
     |                               ^^^^^^^^^^^^^^^^^^^^^^ this is the master key itself, and the path of its file is wanted

    error: unknown variable `KERNIA_server__drain`
     |
     | KERNIA_server__drain
     | ^^^^^^^^^^^^^^^^^^^^ did you mean `KERNIA_SERVER__DRAIN`?

    9 problems in kernia.toml and the environment
    ");
}

#[test]
fn a_bad_value_is_told_even_where_the_environment_hides_it() {
    let variables = [("KERNIA_STORE__READERS", "4")];
    let told = told("[store]\nreaders = \"four\"\n", &variables);
    assert!(
        told.starts_with("error: bad value for `store.readers`\n --> kernia.toml:2:11"),
        "{told}"
    );
    assert!(told.ends_with("\n1 problem in kernia.toml"), "{told}");
}

#[test]
fn a_live_environment_wants_a_public_https_address() {
    assert_snapshot!(told("[server]\nbase_url = \"http://sso.example.com\"\n", &[]), @r#"
    error: `server.base_url` is plain http in a live environment
     --> kernia.toml:2:12
      |
    2 | base_url = "http://sso.example.com"
      |            ^^^^^^^^^^^^^^^^^^^^^^^^ assertions and codes would travel in clear
      |
      = help: use an `https` address, or set `kind = "test"` in `[environment]`

    1 problem in kernia.toml
    "#);
    assert_snapshot!(told("", &[("KERNIA_SERVER__LISTEN", "0.0.0.0:80")]), @r#"
    error: `server.base_url` is not set
     |
     | KERNIA_SERVER__LISTEN=0.0.0.0:80
     |                       ^^^^^^^^^^ others reach this address, by a name that Kernia must know
     |
     = help: set `base_url = "https://…"` in `[server]`, or `kind = "test"` in `[environment]`

    1 problem in the environment
    "#);
    let path = told("[server]\nbase_url = \"https://sso.example.com/x\"\n", &[]);
    assert!(path.contains("the public address has no path"), "{path}");

    for (text, kind) in [
        (
            "[server]\nbase_url = \"https://sso.example.com\"\nlisten = \"0.0.0.0:80\"",
            environment::Environment::Live,
        ),
        ("[server]\nbase_url = \"http://127.0.0.1:8080\"", environment::Environment::Live),
        (
            "server.base_url = \"http://sso.test\"\nenvironment.kind = \"test\"",
            environment::Environment::Test,
        ),
        (
            "server.listen = \"[::]:80\"\nenvironment.kind = \"test\"",
            environment::Environment::Test,
        ),
    ] {
        assert_eq!(loaded(text, &[]).environment.kind, kind);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    assert_snapshot!(told(b"[log]\n\nlevel = \"\xff\"\n", &[]), @r"
    error: the file is not UTF-8: see line 3
    --> kernia.toml

    1 problem in kernia.toml
    ");
    let missing = Config::load(Some(Path::new("missing/kernia.toml")), []).unwrap_err();
    assert_snapshot!(missing.to_string(), @r"
    error: there is no such file
    --> missing/kernia.toml
     = help: `kernia init` writes one

    1 problem in missing/kernia.toml
    ");
}

#[test]
fn colours_are_for_terminals() {
    let faults = Folder::new().load("x = 1", &[]).unwrap_err();
    assert_eq!(faults.count(), 1);
    assert!(faults.coloured().contains('\x1b'));
    assert!(!faults.to_string().contains('\x1b'));
    let sneaky = told("\"\\u001b[2J\" = 1\n", &[("KERNIA_STORE__READERS", "\x1b[2J")]);
    assert!(sneaky.contains("2 problems") && !sneaky.contains('\x1b'), "{sneaky:?}");
}

proptest! {
    /// Fragments of TOML in any order, whole letters and halves of syntax.
    #[test]
    fn any_text_is_answered(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40)) {
        let folder = Folder::new();
        if let Err(faults) = folder.load(parts.concat(), &[]) {
            prop_assert!(faults.count() > 0);
            let told = faults.to_string();
            prop_assert!(told.contains("error: "));
            prop_assert!(!told.contains('\x1b'), "{told:?}");
        }
    }
}

const PARTS: &[&str] = &[
    "[server]",
    "[[store]]",
    "[",
    "]",
    "{",
    "}",
    "listen",
    "path",
    "master_key",
    "key",
    "=",
    " = ",
    ".",
    ",",
    "\"",
    "'",
    "\"\"\"",
    "\"ü\"",
    "ü",
    "\u{feff}",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\t",
    "#",
    "\\",
    "\\u12",
    "1",
    "-",
    "_",
    "0x",
    "1e9",
    "nan",
    "true",
    "1979-05-27",
    "AGE-SECRET-KEY-",
    "\u{1b}[2J",
    "\"\\u001b[2J\"",
];

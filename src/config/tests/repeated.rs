//! Sections that may stand many times: what is taken, and every fault at once.

use super::*;

const GOOD: &str = "\
[server]
max_connections = 7

[[openid_clients]]
id = \"wiki\"
name = \"Wiki\"
redirect_uris = [\"https://wiki.example.com/cb\"]
client_secret_file = \"wiki.secret\"

[[openid_clients]]
id = \"shell\"
name = \"Shell\"
redirect_uris = [\"http://127.0.0.1/cb\"]
post_logout_redirect_uris = [\"http://127.0.0.1/\"]
public = true
";

#[test]
fn each_is_a_client_in_the_order_of_the_file() {
    let folder = Folder::new();
    let config = folder.load(GOOD, &[]).unwrap().config;
    let [wiki, shell] = &config.openid_clients[..] else { panic!("{config:?}") };
    assert_eq!((wiki.id.as_str(), wiki.name.as_str(), wiki.public), ("wiki", "Wiki", false));
    assert_eq!(wiki.redirect_uris, ["https://wiki.example.com/cb"]);
    assert_eq!(wiki.client_secret_file, Some(folder.0.join("wiki.secret")));
    assert!(wiki.post_logout_redirect_uris.is_empty());
    assert!(shell.public && shell.client_secret_file.is_none());
    assert_eq!(config.server.max_connections, 7);
    assert!(loaded("", &[]).openid_clients.is_empty());
}

#[test]
fn every_fault_is_told_with_its_place() {
    let text = "\
[[openid_clients]]
id = \"wi ki\"
nam = \"Wiki\"
redirect_uris = [\"https://wiki.example.com\"]
client_secret = \"hush-hush-hush-hush\"

[[openid_clients]]
id = \"shell\"
name = \"Shell\"
redirect_uris = \"http://127.0.0.1/cb\"
public = \"yes\"

[[openid_clients]]
id = \"both\"
name = \"Both\"
redirect_uris = [\"https://both.example.com/*\"]

[[openid_clients]]
id = \"odd\"
name = \"Odd\"
redirect_uris = []
public = true
client_secret_file = \"odd.secret\"

[[openid_clients]]
id = \"bare\"
name = \"Bare\"
redirect_uris = []
";
    let told = told(text, &[("KERNIA_OPENID_CLIENTS__NAME", "x")]);
    for (line, words) in [
        ("1:1", "`openid_clients.name` is missing"),
        ("2:6", "it is 1 to 128 characters of A-Z"),
        ("3:1", "did you mean `name`?"),
        ("4:18", "write it as `https://wiki.example.com/`"),
        ("5:1", "`client_secret` is a secret"),
        ("10:17", "expected a list, found text"),
        ("11:10", "expected `true` or `false`, found text"),
        ("16:18", "there are no wildcards here"),
        ("23:1", "the client `odd` is public and has a secret"),
        ("25:1", "the client `bare` has no secret"),
    ] {
        assert!(told.contains(words), "{words}:\n{told}");
        let (line, _) = line.split_once(':').unwrap();
        assert!(told.contains(&format!("kernia.toml:{line}:")), "{line}:\n{told}");
    }
    assert!(told.contains("unknown variable `KERNIA_OPENID_CLIENTS__NAME`"), "{told}");
    assert!(!told.contains("hush"), "{told}");
    assert!(told.ends_with("11 problems in kernia.toml and the environment"), "{told}");
}

#[test]
fn it_is_written_with_two_brackets_and_an_id_stands_once() {
    let told = |text: &str| super::told(text, &[]);
    assert!(told("[openid_clients]\nid = \"wiki\"\n").contains("write `[[openid_clients]]`"));
    assert!(told("openid_clients = 3\n").contains("write `[[openid_clients]]`"));
    assert!(told("openid_clients = [3]\n").contains("write `[[openid_clients]]`"));
    assert!(told("[[openid_client]]\nid = \"wiki\"\n").contains("did you mean `openid_clients`?"));
    let twice = told(&GOOD.replace("\"shell\"", "\"wiki\""));
    assert!(twice.contains("two clients have the id `wiki`"), "{twice}");
    assert!(twice.contains("kernia.toml:11:6"), "{twice}");
}

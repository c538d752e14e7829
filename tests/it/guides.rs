//! The guides say what the program says: the table of refusals is made from the program's own.

use std::{fs, path::Path};

use kernia::saml::rejected::REASONS;

const BEGIN: &str = "<!-- codes: made from the program's own table by `KERNIA_WRITE_GUIDES=1 cargo test guides`; do not edit -->\n";
const END: &str = "<!-- /codes -->";

#[test]
fn every_code_stands_in_the_guide_to_failures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/when-a-sign-in-fails.md");
    let guide = fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once("<!-- codes:").unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let rows = REASONS
        .iter()
        .map(|(code, sentence)| format!("| `{code}` | {} |\n", sentence.replace('|', "\\|")));
    let table: String = ["| code | what happened, and what to do |\n|---|---|\n".to_owned()]
        .into_iter()
        .chain(rows)
        .collect();
    let wanted = format!("{before}{BEGIN}{table}{END}{after}");
    if std::env::var_os("KERNIA_WRITE_GUIDES").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(guide, wanted, "write it anew: KERNIA_WRITE_GUIDES=1 cargo test guides");
}

#[test]
fn every_code_stands_in_the_guide_to_the_checks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/saml-checks.md");
    let guide = fs::read_to_string(path).unwrap();
    // Codes of certificates, key pairs, metadata and requests are no checks of a response.
    let of_responses =
        REASONS.iter().map(|(code, _)| *code).take_while(|code| *code != "private_key_given");
    let missing: Vec<_> =
        of_responses.filter(|code| !guide.contains(&format!("`{code}`"))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

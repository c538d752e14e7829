//! The guides say what the program says: the table of refusals is made from the program's own.

use std::{fs, path::Path};

use kernia::{oidc, saml::rejected::REASONS, sso::rejection};

/// What stands around a table of this name.
fn marks(name: &str) -> (String, String) {
    let how = "made from the program's own table by `KERNIA_WRITE_GUIDES=1 cargo test guides`";
    (format!("<!-- {name}: {how}; do not edit -->\n"), format!("<!-- /{name} -->"))
}

/// The guide with this table in its place.
fn with_table(guide: &str, name: &str, reasons: &[(&str, &str)]) -> String {
    let (begin, end) = marks(name);
    let (before, rest) = guide.split_once(&format!("<!-- {name}:")).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    let rows = reasons
        .iter()
        .map(|(code, sentence)| format!("| `{code}` | {} |\n", sentence.replace('|', "\\|")));
    let head = "| code | what happened, and what to do |\n|---|---|\n".to_owned();
    let table: String = [head].into_iter().chain(rows).collect();
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn every_code_stands_in_the_guide_to_failures() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/when-a-sign-in-fails.md");
    let guide = fs::read_to_string(&path).unwrap();
    let of_oidc = [rejection::REASONS, oidc::REASONS].concat();
    let wanted = with_table(&with_table(&guide, "codes", REASONS), "oidc-codes", &of_oidc);
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

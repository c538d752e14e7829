//! The guides say what the program says: the table of refusals is made from the program's own.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use kernia::{oidc, saml::rejected::REASONS, sso::rejection};

/// Two stories may write the same guide.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A guide of which a part is made by the stories.
pub(crate) struct Guide(PathBuf);

/// A table of a guide.
pub(crate) struct Table(String);

impl Guide {
    /// The guide at this path.
    pub(crate) fn of(path: &str) -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
    }

    /// The table of this name is what the guide says; with `KERNIA_WRITE_GUIDES` it is written.
    pub(crate) fn says(&self, name: &str, Table(table): &Table) {
        let _turn = ONE_AT_A_TIME.lock();
        let guide = fs::read_to_string(&self.0).unwrap();
        let how = "made from what the stories say by `KERNIA_WRITE_GUIDES=1 cargo test the_guide`";
        let (before, rest) = guide.split_once(&format!("<!-- {name}:")).unwrap();
        let (_, after) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
        let marks = (format!("<!-- {name}: {how}; do not edit -->"), format!("<!-- /{name} -->"));
        let wanted = format!("{before}{}\n{table}{}{after}", marks.0, marks.1);
        if std::env::var_os("KERNIA_WRITE_GUIDES").is_some() {
            fs::write(&self.0, &wanted).unwrap();
            return;
        }
        assert_eq!(guide, wanted, "write it anew: KERNIA_WRITE_GUIDES=1");
    }
}

impl Table {
    /// One without rows yet.
    pub(crate) fn new(heads: &[&str]) -> Self {
        let heads: Vec<_> = heads.iter().map(|it| (*it).to_owned()).collect();
        let mut table = Self(String::new());
        table.row(&heads);
        writeln!(table.0, "|{}", "---|".repeat(heads.len())).unwrap();
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[String]) {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        writeln!(self.0, "| {} |", cells.join(" | ")).unwrap();
    }
}

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

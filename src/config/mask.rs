//! Masks in texts that are shown: what stands behind a name that sounds secret, and age keys
//! wherever they stand. A mask is as long as what it hides, so that columns stay true.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// What every age secret key begins with, the master key above all.
pub(super) const AGE_KEY: &str = "AGE-SECRET-KEY-";

/// Whether a key of this name would hold a secret.
pub(super) fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 5] = ["key", "secret", "password", "passphrase", "token"];
    let name = name.to_ascii_lowercase();
    name.rsplit(['_', '-']).next().is_some_and(|last| WORDS.contains(&last))
}

/// The text of a `kernia.toml` without what looks like a secret.
pub(super) fn masked_file(source: &str) -> String {
    let mut spans = Vec::new();
    in_table(DeTable::parse_recoverable(source).0.get_ref(), &mut spans);
    // Lines too, for a file that does not parse.
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        if let Some((name, _)) = line.split_once('=') {
            let last = name.trim().rsplit('.').next().unwrap_or_default();
            if is_secret(last.trim_matches(['"', '\'', ' '])) {
                spans.push(start + name.len() + 1..start + line.trim_end().len());
            }
        }
        start += line.len();
    }
    masked(source, spans)
}

/// The text of a value without age keys.
pub(super) fn masked_value(text: &str) -> String {
    masked(text, Vec::new())
}

fn in_table(table: &DeTable<'_>, spans: &mut Vec<Range<usize>>) {
    for (name, item) in table {
        match item.get_ref() {
            // The span of a table is its header; what it holds has spans of its own.
            DeValue::Table(inner) => in_table(inner, spans),
            _ if is_secret(name.get_ref()) => spans.push(item.span()),
            DeValue::Array(items) => {
                for inner in items.iter().filter_map(|item| item.get_ref().as_table()) {
                    in_table(inner, spans);
                }
            }
            _ => {}
        }
    }
}

fn masked(source: &str, mut spans: Vec<Range<usize>>) -> String {
    for (at, _) in source.to_ascii_uppercase().match_indices(AGE_KEY) {
        let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        let length = source.as_bytes()[at..].iter().take_while(|byte| is_key(byte)).count();
        spans.push(at..at + length);
    }
    let mut text = String::with_capacity(source.len());
    for (at, letter) in source.char_indices() {
        let hidden = !letter.is_whitespace() && spans.iter().any(|span| span.contains(&at));
        if hidden {
            text.extend(std::iter::repeat_n('*', letter.len_utf8()));
        } else {
            text.push(letter);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_secret_is_masked_and_nothing_moves() {
        for (line, shown) in [
            ("master_key = \"abc\"", "master_key = *****"),
            ("vault.api-token='ü'", "vault.api-token=****"),
            (
                "vault = { password = \"x\", path = \"y\" }",
                "vault = { password = ***, path = \"y\" }",
            ),
            ("secret = \"unclosed", "secret = *********"),
            ("# AGE-SECRET-KEY-1QQ here", "# ****************** here"),
            ("x = \"age-secret-key-1qq\"", "x = \"******************\""),
            ("master_key_file = \"kernia.key\"", "master_key_file = \"kernia.key\""),
            ("monkey = 1", "monkey = 1"),
        ] {
            assert_eq!(masked_file(line), shown);
            assert_eq!(shown.len(), line.len());
        }
    }
}

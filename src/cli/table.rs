//! Rows for whoever looks: aligned under headings on a terminal, tab-separated into a pipe.

use std::io::IsTerminal;

use super::say;

/// Writes rows under these headings to stdout.
pub(super) fn print(headings: &[&str], rows: &[Vec<String>]) {
    if !std::io::stdout().is_terminal() {
        for row in rows {
            let cells: Vec<_> = row.iter().map(|cell| cell.replace(['\t', '\n'], " ")).collect();
            say(&cells.join("\t"));
        }
        return;
    }
    if rows.is_empty() {
        super::complain("none");
        return;
    }
    say(&aligned(headings, rows));
}

fn aligned(headings: &[&str], rows: &[Vec<String>]) -> String {
    let width = |nth: usize| {
        let cells = rows.iter().filter_map(|row| row.get(nth)).map(|cell| cell.chars().count());
        cells.chain([headings[nth].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heads: Vec<_> = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let mut lines = vec![line(heads.iter().map(String::as_str).collect())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows =
            [vec!["conn_1".to_owned(), "Ü".to_owned()], vec!["c".to_owned(), "b".to_owned()]];
        let text = super::aligned(&["id", "name"], &rows);
        assert_eq!(text, "ID      NAME\nconn_1  Ü\nc       b");
    }
}

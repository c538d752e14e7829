//! The envelope of a list (RFC 7644 §3.4.2), written around resources that are JSON already.

use std::io::Write;

/// The schema of a list.
pub const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A list that is being written.
#[derive(Debug)]
pub struct ListResponse {
    out: Vec<u8>,
    count: usize,
}

/// Where the page stands in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging<'a> {
    /// By number.
    Index {
        /// How many resources there are, on all pages.
        total: u64,
        /// The number of the first on this page, counted from 1.
        start: u64,
    },
    /// By cursor.
    Cursor {
        /// How many there are on all pages, where that is known.
        total: Option<u64>,
        /// Where the next page begins; none on the last.
        next: Option<&'a str>,
        /// Where the page before begins, where that is known.
        previous: Option<&'a str>,
    },
}

impl ListResponse {
    /// Begins a list that will have about so many bytes.
    #[must_use]
    pub fn begin(capacity: usize) -> Self {
        let mut out = Vec::with_capacity(capacity + 256);
        out.extend_from_slice(b"{\"schemas\":[\"");
        out.extend_from_slice(LIST_SCHEMA.as_bytes());
        out.extend_from_slice(b"\"],\"Resources\":[");
        Self { out, count: 0 }
    }

    /// The next resource is written by `write`, which writes one JSON object.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.count > 0 {
            self.out.push(b',');
        }
        self.count += 1;
        write(&mut self.out);
    }

    /// The next resource is this JSON object.
    pub fn push(&mut self, resource: &[u8]) {
        self.push_with(|out| out.extend_from_slice(resource));
    }

    /// Ends the list, and gives the body of the answer.
    #[must_use]
    pub fn finish(mut self, paging: Paging<'_>) -> Vec<u8> {
        let count = self.count;
        self.write(&format!("],\"itemsPerPage\":{count}"));
        match paging {
            Paging::Index { total, start } => {
                self.write(&format!(",\"totalResults\":{total},\"startIndex\":{start}"));
            }
            Paging::Cursor { total, next, previous } => {
                if let Some(total) = total {
                    self.write(&format!(",\"totalResults\":{total}"));
                }
                // Cursors are of letters that need no escape.
                if let Some(next) = next {
                    self.write(&format!(",\"nextCursor\":\"{next}\""));
                }
                if let Some(previous) = previous {
                    self.write(&format!(",\"previousCursor\":\"{previous}\""));
                }
            }
        }
        self.out.push(b'}');
        self.out
    }

    fn write(&mut self, text: &str) {
        // Into memory, which cannot fail.
        let _ = self.out.write_all(text.as_bytes());
    }
}

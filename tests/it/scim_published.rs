//! What two providers ask of a SCIM server in lists that they have published, asked here in our own
//! words and with people of our own. No file of theirs is here.
//!
//! Okta, "SCIM 2.0 SPEC Test", 12 tests, in `okta.rs` by their order:
//!
//! | theirs | asks |
//! |---|---|
//! | 1, 2 | a page of one user, and that user by its id, with all that Okta reads of it |
//! | 3, 4, 5 | who is not there: an empty list for a name, 404 for an id |
//! | 6, 7, 8 | a user is made, is there, and is not made twice |
//! | 9 | a name in capitals |
//! | 10 | groups are listed |
//! | 11, 12 | 401 without the right token and 404, both as SCIM's errors |
//!
//! Microsoft, "SCIM Tests" (Postman), 78 requests behind the one for a token, with 107 tests, in
//! `microsoft.rs` by their order:
//!
//! | theirs | asks | of these wrong |
//! |---|---|---|
//! | 1–5 | lists and discovery | 4: two tests |
//! | 6–17 | users: made, read, found, changed, replaced, deleted | |
//! | 18–36 | groups and members | |
//! | 37–42 | `attributes` with a condition in brackets | |
//! | 43–64 | text for a boolean, nulls, duplicates, broken bodies, paging, filters | 55, 56: one test each |
//! | 65–70 | a group with members that nobody knows, without its members, replaced | 66, 67: one test each |
//! | 71–78 | all is deleted, and nothing is left | |
//!
//! Wrong are six: request 4 asks `/serviceConfiguration`, where RFC 7644 §4 has
//! `/ServiceProviderConfig` (two tests); requests 55, 56, 66 and 67 want 204 of a change, where
//! §3.5.2 leaves the choice of 200 with the resource, which other testers insist on (four tests).

mod microsoft;
mod okta;

use crate::{
    guides::{Guide, Table},
    scim_stage::Stage,
};

/// What was asked of a published list, by its numbers.
#[derive(Debug, Default)]
struct Asked {
    /// How many of its tests hold.
    hold: usize,
    /// Those that are wrong: the number of the request, how many tests it has, and why.
    wrong: Vec<(u16, usize, &'static str)>,
    /// Those that do not hold.
    faults: Vec<String>,
}

impl Asked {
    /// The tests of this number, in their order.
    fn holds<const N: usize>(&mut self, number: u16, tests: [bool; N]) {
        for (nth, holds) in tests.into_iter().enumerate() {
            if holds {
                self.hold += 1;
            } else {
                self.faults.push(format!("request {number}, test {}", nth + 1));
            }
        }
    }

    /// Tests that a server by the RFC cannot pass.
    fn wrong(&mut self, number: u16, tests: usize, why: &'static str) {
        self.wrong.push((number, tests, why));
    }

    /// All tests of the list that were looked at.
    fn all(&self) -> usize {
        let wrong: usize = self.wrong.iter().map(|(_, tests, _)| tests).sum();
        self.hold + self.faults.len() + wrong
    }
}

#[tokio::test]
async fn oktas_list() {
    let asked = okta::asked(&Stage::start().await.directory().await).await;
    assert_eq!(asked.faults, Vec::<String>::new());
    assert_eq!((asked.hold, asked.all()), (12, 12));
}

#[tokio::test]
async fn microsofts_list() {
    let asked = microsoft::asked(&Stage::start().await.directory().await).await;
    assert_eq!(asked.faults, Vec::<String>::new());
    assert_eq!((asked.hold, asked.all()), (101, 107));
}

/// The table of the guide to compliance is what the lists say.
#[tokio::test]
async fn the_guide_says_what_the_lists_say() {
    let stage = Stage::start().await;
    let mut table = Table::new(&["published list", "tests", "hold", "wrong, and why"]);
    for (name, asked) in [
        ("Okta, SCIM 2.0 SPEC Test", okta::asked(&stage.directory().await).await),
        ("Microsoft, SCIM Tests (Postman)", microsoft::asked(&stage.directory().await).await),
    ] {
        let told = |(number, tests, why): &(u16, usize, &str)| {
            format!("request {number} ({tests}): {why}")
        };
        let wrong: Vec<_> = asked.wrong.iter().map(told).collect();
        table.row(&[
            name.to_owned(),
            asked.all().to_string(),
            asked.hold.to_string(),
            wrong.join("; "),
        ]);
    }
    Guide::of("docs/scim/compliance.md").says("lists", &table);
}

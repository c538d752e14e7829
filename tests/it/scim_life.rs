//! Whole lives of a user and a group, as identity providers play them: one fixture for each
//! provider, in its letters and with its forms. Whose they are, the server is not told.

mod fixture;
mod player;
mod subset;

use std::{collections::BTreeSet, fs};

use self::{
    fixture::{Fixture, STEPS},
    player::{Played, play},
};
use crate::{
    guides::{Guide, Table},
    scim_stage::Stage,
    source::project,
};

/// Plays one provider's life; every fault at once.
async fn lives(name: &str) {
    let stage = Stage::start().await;
    let fixture = Fixture::read(name);
    let Played { faults, .. } = play(&stage.directory().await, &fixture).await;
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

macro_rules! lives_of {
    ($($story:ident: $fixture:literal,)*) => {
        /// Every fixture that has a story, as its file is called.
        const FIXTURES: &[&str] = &[$($fixture,)*];
        $(#[tokio::test] async fn $story() { lives($fixture).await; })*
    };
}

lives_of! {
    okta_custom_app: "okta-put",
    okta_catalogue_app: "okta-patch",
    entra_without_its_flag: "entra",
    entra_with_its_flag: "entra-flag",
    onelogin: "onelogin",
    jumpcloud: "jumpcloud",
    pingone: "pingone",
    pingfederate: "pingfederate",
    rippling: "rippling",
    cyberark: "cyberark",
    google: "google",
    sailpoint: "sailpoint",
}

#[test]
fn every_fixture_has_a_story() {
    let folder = project().join("tests/it/fixtures/scim");
    let found: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let told: BTreeSet<_> = FIXTURES.iter().map(|name| format!("{name}.json")).collect();
    assert_eq!(found, told);
}

#[test]
fn every_life_is_whole() {
    for fixture in FIXTURES.iter().map(|name| Fixture::read(name)) {
        for step in STEPS {
            let played = fixture.life.iter().any(|it| it.kind == step);
            let never = fixture.never.iter().any(|(name, _)| name == step);
            assert!(
                played != never,
                "{}: `{step}` is played, or it is said why not",
                fixture.provider
            );
        }
        let unknown = fixture.life.iter().find(|it| !STEPS.contains(&it.kind.as_str()));
        assert!(unknown.is_none(), "{}: {unknown:?}", fixture.provider);
    }
}

/// A life that is not lived as it says is told by name, step, what came and what should have.
#[tokio::test]
async fn the_player_notices() {
    let stage = Stage::start().await;
    let fixture = Fixture::parse(
        r#"{"provider": "Nobody", "headers": {}, "never": {}, "names": {}, "life": [
            {"step": "test", "send": "GET /Users", "status": 201},
            {"step": "test", "send": "GET /Users", "answer": {"totalResults": 7}},
            {"step": "test", "send": "GET /Users", "without": ["/totalResults"]},
            {"step": "create", "send": "POST /Users", "body": {"schemas": ["${USER}"], "userName": "kim"},
             "status": 201, "keep": {"user": "/id"},
             "after": [{"get": "/Users/${user}", "answer": {"userName": "Kim"}}]},
            {"step": "test", "send": "GET /Users", "answer": {"Resources": [{"userName": "kim"}, {"userName": "kim"}]}}
        ]}"#,
    );
    let Played { faults, .. } = play(&stage.directory().await, &fixture).await;
    let told = faults.join("\n");
    assert_eq!(faults.len(), 5, "{told}");
    for part in [
        "Nobody, step 1 (test), GET /Users: status is 200, expected 201",
        "Nobody, step 2 (test), GET /Users: /totalResults is 0, expected 7",
        "Nobody, step 3 (test), GET /Users: /totalResults is 0, expected to be absent",
        "Nobody, step 4 (create), afterwards GET /Users/",
        "/userName is \"kim\", expected \"Kim\"",
        "Nobody, step 5 (test), GET /Users: /Resources has 1 values, expected 2",
    ] {
        assert!(told.contains(part), "{part}\nin\n{told}");
    }
}

/// The table of the guide to compliance is what the lives say.
#[tokio::test]
async fn the_guide_says_what_was_played() {
    let stage = Stage::start().await;
    let mut table = Table::new(&["as played by", "requests", "claims", "what it never does"]);
    for fixture in FIXTURES.iter().map(|name| Fixture::read(name)) {
        let target = stage.directory().await;
        let Played { requests, claims, faults } = play(&target, &fixture).await;
        assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
        let never: Vec<_> =
            fixture.never.iter().map(|(step, why)| format!("{step} ({why})")).collect();
        table.row(&[fixture.provider, requests.to_string(), claims.to_string(), never.join(", ")]);
    }
    Guide::of("docs/scim/compliance.md").says("lives", &table);
}

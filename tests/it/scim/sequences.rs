//! No sequence of requests corrupts what is kept beside: counts, blocks, addresses and memberships are
//! what one gets who counts anew.

use serde_json::{Value as Json, json};

use super::start;
use crate::{
    kernia::Database,
    scim_stage::{GROUP, Target, USER},
};

/// Numbers that look like chance, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most.max(1)
    }

    fn of<'a>(&mut self, all: &'a [String]) -> &'a str {
        if all.is_empty() { "nobody" } else { &all[self.below(all.len())] }
    }
}

/// What there is, as the client remembers it.
#[derive(Default)]
struct Known {
    users: Vec<String>,
    groups: Vec<String>,
}

fn user(dice: &mut Dice) -> Json {
    let emails: Vec<_> = (0..dice.below(4))
        .map(|_| json!({ "value": format!("{}@c.example", ["a", "A", "b", "c"][dice.below(4)]) }))
        .collect();
    json!({ "schemas": [USER], "userName": format!("u{}", dice.below(30)),
            "active": dice.below(3) > 0, "emails": emails })
}

fn members(dice: &mut Dice, known: &Known) -> Json {
    let from = |dice: &mut Dice| match dice.below(4) {
        0 => dice.of(&known.groups).to_owned(),
        _ => dice.of(&known.users).to_owned(),
    };
    (0..dice.below(5)).map(|_| json!({ "value": from(dice) })).collect()
}

/// One request; what it answers is whatever it is, but no fault.
async fn request(target: &Target, dice: &mut Dice, known: &mut Known) {
    let (user_path, group_path) = (
        format!("/Users/{}", dice.of(&known.users)),
        format!("/Groups/{}", dice.of(&known.groups)),
    );
    let group = |dice: &mut Dice, known: &Known| json!({ "schemas": [GROUP], "displayName": format!("g{}", dice.below(5)), "members": members(dice, known) });
    let what = dice.below(12);
    let answer = match what {
        0..=2 => target.asks("POST", "/Users", Some(&user(dice))).await,
        3 => target.asks("PUT", &user_path, Some(&user(dice))).await,
        4 => {
            let active = json!([{ "op": "replace", "path": "active", "value": dice.below(2) == 0 },
                                { "op": "add", "path": "emails", "value": user(dice)["emails"] }]);
            target.patches(&user_path, active).await
        }
        5 => target.deletes(&user_path).await,
        6 | 7 => target.asks("POST", "/Groups", Some(&group(dice, known))).await,
        8 => target.asks("PUT", &group_path, Some(&group(dice, known))).await,
        9 | 10 => {
            let op = ["add", "remove", "replace"][dice.below(3)];
            let other = dice.of(&known.users).to_owned();
            let operations = json!([
                { "op": op, "path": "members", "value": members(dice, known) },
                { "op": "remove", "path": format!("members[value eq \"{other}\"]") },
            ]);
            target.patches(&group_path, operations).await
        }
        _ => target.deletes(&group_path).await,
    };
    assert!(answer.status < 500, "{answer:?}");
    match (answer.status, answer.header("location")) {
        (201, Some(location)) => {
            let id = location.rsplit('/').next().unwrap().to_owned();
            if location.contains("/Users/") { known.users.push(id) } else { known.groups.push(id) }
        }
        (204, None) if what == 5 => known.users.retain(|id| !user_path.ends_with(id.as_str())),
        (204, None) if what == 11 => known.groups.retain(|id| !group_path.ends_with(id.as_str())),
        _ => {}
    }
}

/// Each is 0 where what is kept is what there is.
const RECOUNTS: [(&str, &str); 8] = [
    (
        "active users",
        "SELECT COUNT(*) FROM directories d WHERE active_users <> \
        (SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = d.id AND u.active = 1)",
    ),
    (
        "inactive users",
        "SELECT COUNT(*) FROM directories d WHERE inactive_users <> \
        (SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = d.id AND u.active = 0)",
    ),
    (
        "groups",
        "SELECT COUNT(*) FROM directories d WHERE groups <> \
        (SELECT COUNT(*) FROM directory_groups g WHERE g.directory_id = d.id)",
    ),
    (
        "blocks",
        "SELECT COUNT(*) FROM directory_user_blocks b WHERE users = 0 OR users <> \
        (SELECT COUNT(*) FROM directory_users u WHERE u.directory_id = b.directory_id \
        AND u.place / 1024 = b.block)",
    ),
    (
        "users without a block",
        "SELECT COUNT(*) FROM directory_users u WHERE NOT EXISTS \
        (SELECT 1 FROM directory_user_blocks b WHERE b.directory_id = u.directory_id \
        AND b.block = u.place / 1024)",
    ),
    (
        "members",
        "SELECT COUNT(*) FROM directory_groups g WHERE members <> \
        (SELECT COUNT(*) FROM directory_members m WHERE m.group_id = g.id)",
    ),
    (
        "members who are nobody",
        "SELECT COUNT(*) FROM directory_members m WHERE NOT EXISTS \
        (SELECT 1 FROM directory_users u WHERE u.id = m.member_id AND m.kind = 'User') AND NOT EXISTS \
        (SELECT 1 FROM directory_groups g WHERE g.id = m.member_id AND m.kind = 'Group')",
    ),
    (
        "groups in themselves",
        "WITH RECURSIVE above (id, of) AS \
        (SELECT group_id, member_id FROM directory_members WHERE kind = 'Group' \
        UNION SELECT m.group_id, above.of FROM above JOIN directory_members m ON m.member_id = above.id) \
        SELECT COUNT(*) FROM above WHERE id = of",
    ),
];

/// The addresses that are kept, against those that stand in the resources.
fn addresses(database: &Database) -> (Vec<String>, Vec<String>) {
    let kept = "SELECT COALESCE(GROUP_CONCAT(line, ','), '') FROM (SELECT user_id || ' ' || email_folded AS line \
        FROM directory_user_emails WHERE ?1 = '' ORDER BY line)";
    let said = "SELECT COALESCE(GROUP_CONCAT(line, ','), '') FROM (SELECT DISTINCT u.id || ' ' || \
        LOWER(JSON_EXTRACT(e.value, '$.value')) AS line FROM directory_users u, \
        JSON_EACH(JSON_EXTRACT(u.resource, '$.emails')) e WHERE ?1 = '' ORDER BY line)";
    let lines = |sql: &str| {
        let text = database.text(sql, "").unwrap();
        text.split(',').map(str::to_owned).collect()
    };
    (lines(kept), lines(said))
}

async fn sequence(seed: u64) {
    let (stage, target) = start().await;
    let (mut dice, mut known) = (Dice(seed), Known::default());
    for nth in 0..150 {
        request(&target, &mut dice, &mut known).await;
        if nth % 10 == 9 {
            let database = stage.kernia.database();
            for (what, sql) in RECOUNTS {
                assert_eq!(database.number(sql), 0, "{what}, seed {seed}, after {nth}");
            }
            let (kept, said) = addresses(&database);
            assert_eq!(kept, said, "addresses, seed {seed}, after {nth}");
        }
    }
    let list = target.gets("/Users?count=0").await.is(200);
    assert_eq!(list["totalResults"], known.users.len());
    let list = target.gets("/Groups?count=1000").await.is(200);
    assert_eq!(list["itemsPerPage"], known.groups.len());
}

#[tokio::test]
async fn what_is_kept_beside_is_what_one_counts_anew() {
    for seed in 1..=4 {
        sequence(seed).await;
    }
}

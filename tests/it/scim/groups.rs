//! Groups: members, groups in groups, what a user's groups are, versions.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{filtered, names, refused, start};
use crate::scim_stage::{GROUP, Target, USER};

fn ids(group: &Json) -> Vec<String> {
    let members = group["members"].as_array().cloned().unwrap_or_default();
    set(members.iter().map(|it| it["value"].as_str().unwrap()))
}

/// Who was made in the same instant stands in no order.
fn set<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().map(str::to_owned).collect();
    ids.sort();
    ids
}

async fn members(target: &Target, group: &str) -> Vec<String> {
    ids(&target.gets(&format!("/Groups/{group}")).await.is(200))
}

#[tokio::test]
async fn a_group_tells_who_is_in_it() {
    let (stage, target) = start().await;
    let (kim, lee) = (target.user("kim").await, target.user("lee").await);
    let inner = target.group("Inner", &[&lee]).await;
    let body = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "displayName": "Eng", "externalId": "g-1",
        "members": [{ "value": kim, "display": "Kim" }, { "value": inner, "type": "Group" }],
    });
    let made = target.asks("POST", "/Groups", Some(&body)).await.is(201);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("directory_group_"), "{id}");
    let base = format!("{}{}", stage.kernia.base(), target.base);
    let mut told = made["members"].as_array().unwrap().clone();
    told.sort_by_key(|it| it["type"].to_string());
    assert_eq!(
        told,
        [
            json!({ "value": inner, "$ref": format!("{base}/Groups/{inner}"), "type": "Group" }),
            json!({ "value": kim, "$ref": format!("{base}/Users/{kim}"), "type": "User", "display": "Kim" }),
        ]
    );
    assert_eq!(target.gets(&format!("/Groups/{id}")).await.is(200), made);
    let without = target.gets(&format!("/Groups/{id}?excludedAttributes=members")).await.is(200);
    assert_eq!((without.get("members"), &without["displayName"]), (None, &json!("Eng")));
    // A user's groups are computed: those by themselves, and those above.
    let groups = target.gets(&format!("/Users/{lee}")).await.is(200)["groups"].clone();
    assert_eq!(
        groups,
        json!([
            { "value": inner, "$ref": format!("{base}/Groups/{inner}"), "display": "Inner", "type": "direct" },
            { "value": id, "$ref": format!("{base}/Groups/{id}"), "display": "Eng", "type": "indirect" },
        ])
    );
    let hits = |filter: String| {
        let target = target.clone();
        async move { names(&target.gets(&format!("/Users?{}", filtered(&filter))).await.is(200)) }
    };
    assert_eq!(hits(format!("groups eq \"{id}\"")).await, ["kim", "lee"]);
    assert_eq!(hits("groups.display eq \"inner\"".to_owned()).await, ["lee"]);
    refused(
        &target.asks("POST", "/Groups", Some(&json!({ "schemas": [GROUP] }))).await,
        400,
        "invalidValue",
    );
}

#[tokio::test]
async fn members_join_and_leave_one_by_one() {
    let (stage, target) = start().await;
    let (kim, lee, max) =
        (target.user("kim").await, target.user("lee").await, target.user("max").await);
    let group = target.group("Eng", &[&kim, &lee]).await;
    let path = format!("/Groups/{group}");
    let version = |answer: crate::kernia::Answer| answer.header("etag").unwrap().to_owned();
    stage.kernia.advance(Duration::from_mins(1));
    let add =
        json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": max }] }]);
    let added = target.patches(&path, add.clone()).await;
    assert_eq!(version(added.clone()), "W/\"2\"");
    assert_eq!(added.is(200)["meta"]["lastModified"], "2026-01-02T03:05:05.678Z");
    assert_eq!(version(target.patches(&path, add).await), "W/\"2\"", "who is in it joins no more");
    // Entra: remove these, and nobody else.
    let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "value": kim }] }]);
    assert_eq!(version(target.patches(&path, remove.clone()).await), "W/\"3\"");
    assert_eq!(members(&target, &group).await, set([lee.as_str(), &max]));
    assert_eq!(version(target.patches(&path, remove).await), "W/\"3\"");
    let by_path = json!([{ "op": "remove", "path": format!("members[value eq \"{lee}\"]") }]);
    target.patches(&path, by_path).await.is(200);
    assert_eq!(members(&target, &group).await, set([max.as_str()]));
    let mixed = json!([
        { "op": "add", "path": "members", "value": { "value": kim } },
        { "op": "remove", "path": format!("members[value eq \"{max}\"]") },
        { "op": "replace", "value": { "id": group, "displayName": "Engineers" } },
    ]);
    assert_eq!(target.patches(&path, mixed).await.is(200)["displayName"], "Engineers");
    assert_eq!(members(&target, &group).await, set([kim.as_str()]));
    let replace = json!([{ "op": "replace", "path": "members", "value": [{ "value": lee }, { "value": max }] }]);
    target.patches(&path, replace).await.is(200);
    assert_eq!(members(&target, &group).await, set([lee.as_str(), &max]));
    let empty = json!([{ "op": "replace", "path": "members", "value": [] }]);
    target.patches(&path, empty).await.is(200);
    assert!(members(&target, &group).await.is_empty());
    let put = json!({ "schemas": [GROUP], "displayName": "E", "members": [{ "value": kim }, { "value": lee }] });
    assert_eq!(
        ids(&target.asks("PUT", &path, Some(&put)).await.is(200)),
        set([kim.as_str(), &lee])
    );
    let put = json!({ "schemas": [GROUP], "displayName": "E" });
    assert!(ids(&target.asks("PUT", &path, Some(&put)).await.is(200)).is_empty());
    let kept = "SELECT members FROM directory_groups";
    assert_eq!(stage.kernia.database().number(kept), 0);
}

#[tokio::test]
async fn a_member_is_somebody_of_this_directory() {
    let (stage, target) = start().await;
    let stranger = stage.directory().await.user("stranger").await;
    let kim = target.user("kim").await;
    let deleted = target.user("deleted").await;
    target.deletes(&format!("/Users/{deleted}")).await.is(204);
    for id in [stranger.as_str(), "nobody", &deleted] {
        let body = json!({ "schemas": [GROUP], "displayName": "G", "members": [{ "value": id }, { "value": kim }] });
        let group = target.asks("POST", "/Groups", Some(&body)).await.is(201);
        assert_eq!(ids(&group), [kim.as_str()]);
        let path = format!("/Groups/{}", group["id"].as_str().unwrap());
        assert_eq!(ids(&target.asks("PUT", &path, Some(&body)).await.is(200)), [kim.as_str()]);
        let remove = json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }]);
        assert_eq!(ids(&target.patches(&path, remove).await.is(200)), [kim.as_str()]);
        // Who joins nothing has changed nothing.
        let before = target.gets(&path).await.header("etag").unwrap().to_owned();
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
        let answer = target.patches(&path, add).await;
        assert_eq!(answer.header("etag"), Some(before.as_str()));
        assert_eq!(ids(&answer.is(200)), [kim.as_str()]);
    }
    let strangers = "SELECT COUNT(*) FROM directory_members WHERE member_id <> ?1";
    let strangers = strangers.replace("?1", &format!("'{kim}'"));
    assert_eq!(stage.kernia.database().number(&strangers), 0);
}

#[tokio::test]
async fn no_group_is_in_itself() {
    let (_stage, target) = start().await;
    let a = target.group("A", &[]).await;
    let b = target.group("B", &[&a]).await;
    let c = target.group("C", &[&b]).await;
    for (group, member) in [(&a, &a), (&a, &b), (&a, &c), (&b, &c)] {
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": member, "type": "Group" }] }]);
        refused(&target.patches(&format!("/Groups/{group}"), add).await, 400, "invalidValue");
        // Whatever the client calls it.
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": member, "type": "User" }] }]);
        refused(&target.patches(&format!("/Groups/{group}"), add).await, 400, "invalidValue");
    }
    // Two ways to one group are no loop.
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": a }] }]);
    target.patches(&format!("/Groups/{c}"), add).await.is(200);
    let kim = target.user("kim").await;
    let add = json!([{ "op": "add", "path": "members", "value": kim }]);
    target.patches(&format!("/Groups/{a}"), add).await.is(200);
    let told = target.gets(&format!("/Users/{kim}")).await.is(200);
    let kinds: Vec<_> =
        told["groups"].as_array().unwrap().iter().map(|it| it["type"].clone()).collect();
    assert_eq!(kinds, ["direct", "indirect", "indirect"]);
    // A group that goes leaves its groups.
    assert_eq!(target.deletes(&format!("/Groups/{b}")).await.status, 204);
    let told = target.gets(&format!("/Groups/{c}")).await.is(200);
    assert_eq!((ids(&told), told["meta"]["version"].clone()), (vec![a], json!("W/\"3\"")));
}

#[tokio::test]
async fn large_groups_are_not_told_unless_asked() {
    let (stage, target) = start().await;
    let users: Vec<_> = (0..300)
        .map(|n| {
            json!({ "method": "POST", "path": "/Users", "bulkId": format!("u{n}"),
                         "data": { "schemas": [USER], "userName": format!("u{n}") } })
        })
        .collect();
    let made = target.asks("POST", "/Bulk", Some(&json!({ "Operations": users }))).await.is(200);
    let all: Vec<_> = made["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| json!({ "value": it["location"].as_str().unwrap().rsplit('/').next().unwrap() }))
        .collect();
    let body = json!({ "schemas": [GROUP], "displayName": "All", "members": all[..200] });
    let group = target.makes("/Groups", &body).await;
    let path = format!("/Groups/{group}");
    let rename = |name: &str| json!([{ "op": "replace", "path": "displayName", "value": name }]);
    assert_eq!(ids(&target.patches(&path, rename("a")).await.is(200)).len(), 200);
    let add = json!([{ "op": "add", "path": "members", "value": all[200..] }]);
    let added = target.patches(&path, add).await;
    assert_eq!(
        (added.status, added.body.as_str(), added.header("etag")),
        (204, "", Some("W/\"3\""))
    );
    let told = target.patches(&format!("{path}?attributes=displayName"), rename("b")).await.is(200);
    assert_eq!((told["displayName"].as_str(), told.get("members")), (Some("b"), None));
    assert_eq!(
        ids(&target.patches(&format!("{path}?attributes=members"), rename("c")).await.is(200))
            .len(),
        300
    );
    let clear = json!([{ "op": "remove", "path": "members" }]);
    target.patches(&path, clear).await.is(200);
    assert_eq!(stage.kernia.database().count("directory_members"), 0);
}

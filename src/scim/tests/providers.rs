//! What identity providers really send, each a life of a user and a group: in their letters, with
//! their forms. One kernel reads them all, without knowing whose they are.

use super::*;
use crate::scim::{Group, Member, MemberChange, User};

fn value_of(operations: &Json, attribute: &str) -> Json {
    becomes(&kim(), operations, attribute)
}

fn is_active(operations: &Json) -> bool {
    let mut user = kim();
    let changed = patch(operations).unwrap().apply(&mut user, ID).unwrap();
    assert!(changed.members.is_empty());
    User::of(&user).is_active()
}

fn add(ids: &[&str]) -> MemberChange {
    let member = |id: &&str| Member { value: (*id).to_owned(), kind: None, display: None };
    MemberChange::Add(ids.iter().map(member).collect())
}

fn remove(ids: &[&str]) -> MemberChange {
    MemberChange::Remove(ids.iter().map(|id| (*id).to_owned()).collect())
}

#[test]
fn every_way_to_say_that_somebody_has_left() {
    for operations in [
        // Entra, with and without its flag.
        json!([{"op": "Replace", "path": "active", "value": "False"}]),
        json!([{"op": "replace", "path": "active", "value": false}]),
        json!([{"op": "Replace", "path": "active", "value": "false"}]),
        json!([{"op": "Add", "path": "active", "value": "False"}]),
        json!([{"op": "Replace", "path": "active", "value": [{"$ref": null, "value": "False"}]}]),
        json!([{"op": "replace", "path": format!("{USER}:active"), "value": "False"}]),
        // Okta.
        json!([{"op": "replace", "value": {"active": false}}]),
        // OneLogin, JumpCloud, others.
        json!([{"op": "replace", "value": {"ACTIVE": "FALSE"}}]),
        json!([{"op": "replace", "value": {USER: {"active": false}}}]),
        json!([{"op": "replace", "value": "{\"active\": false}"}]),
        json!([{"op": "replace", "value": [{"active": false}]}]),
        json!([{"op": "REPLACE", "path": "", "value": {"active": [false]}}]),
    ] {
        assert!(!is_active(&operations), "{operations}");
    }
    assert!(is_active(&json!([{"op": "Replace", "path": "active", "value": "True"}])));
}

#[test]
fn entra_without_its_flag() {
    let body = json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "u-481",
        "userName": "kim@c.example",
        "active": "True",
        "displayName": "Kim Ng",
        "emails": [{"primary": true, "type": "work", "value": "kim@c.example"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Kim Ng", "familyName": "Ng", "givenName": "Kim"},
        "roles": [],
        ENTERPRISE: {"department": "R&D"},
    });
    let mut resource = user(&body);
    assert!(User::of(&resource).is_active());
    let operations = json!([
        {"op": "Replace", "value": {
            "displayName": "Kim N.",
            "name.givenName": "Kimberly",
            format!("{ENTERPRISE}:department"): "R1",
            "emails[type eq \"work\"].value": "kim2@c.example",
        }},
        {"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 1"},
        {"op": "Add", "path": "addresses[type eq \"work\"].country", "value": "NO"},
        {"op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "Oslo"},
        {"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "admin"},
        {"op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": [{"$ref": null, "value": "m-1"}]},
        {"op": "Add", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "7"},
    ]);
    assert!(patch(&operations).unwrap().apply(&mut resource, ID).unwrap().resource);
    let got = Json::Object(resource.attributes().clone());
    assert_eq!(got["displayName"], "Kim N.");
    assert_eq!(got["name"]["givenName"], "Kimberly");
    assert_eq!(
        got["emails"],
        json!([{"primary": true, "type": "work", "value": "kim2@c.example"}])
    );
    assert_eq!(got["phoneNumbers"], json!([{"type": "mobile", "value": "+47 1"}]));
    assert_eq!(got["addresses"], json!([{"type": "work", "country": "NO", "locality": "Oslo"}]));
    assert_eq!(got["roles"], json!([{"primary": true, "value": "admin"}]));
    assert_eq!(
        got[ENTERPRISE],
        json!({"department": "R1", "manager": {"value": "m-1"}, "employeeNumber": "7"})
    );
    assert!(!got.to_string().contains("name.givenName"));
    for manager in [json!("m-2"), json!({"value": "m-2"}), json!([{"value": "m-2"}])] {
        let path = format!("{ENTERPRISE}:manager");
        let change = json!([{"op": "Replace", "path": path, "value": manager}]);
        assert_eq!(becomes(&resource, &change, ENTERPRISE)["manager"], json!({"value": "m-2"}));
    }
    for gone in [
        json!([{"op": "Remove", "path": format!("{ENTERPRISE}:manager")}]),
        json!([{"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": ""}]),
        json!([{"op": "Replace", "path": format!("{ENTERPRISE}:manager"), "value": null}]),
    ] {
        assert_eq!(becomes(&resource, &gone, ENTERPRISE).get("manager"), None);
    }
}

#[test]
fn entra_writes_an_applications_role_as_json_in_a_text() {
    let role = json!({"id": "0-1", "value": "admin", "displayName": "Admin"}).to_string();
    let want = json!([{"value": "admin", "display": "Admin"}]);
    let list = json!([{"op": "Add", "path": "roles", "value": [{"value": role}]}]);
    assert_eq!(value_of(&list, "roles"), want);
    let text =
        json!([{"op": "Add", "path": "roles", "value": json!([{"value": role}]).to_string()}]);
    assert_eq!(value_of(&text, "roles"), want);
    let primary = json!([{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": role}]);
    assert_eq!(
        value_of(&primary, "roles"),
        json!([{"primary": true, "value": "admin", "display": "Admin"}])
    );
}

#[test]
fn entra_and_groups() {
    let adscim = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";
    let group = group(&json!({
        "schemas": [GROUP, adscim],
        "externalId": "g-1",
        "displayName": "Engineers",
        "meta": {"resourceType": "Group"},
    }));
    assert_eq!(Group::of(&group).display_name(), "Engineers");
    let members = |operations: &Json| patched(&group, operations).unwrap().1.members;
    let joins =
        json!([{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "u-1"}]}]);
    assert_eq!(members(&joins), [add(&["u-1"])]);
    // The most reported defect of all: those, and not all.
    let leaves =
        json!([{"op": "Remove", "path": "members", "value": [{"value": "u-1"}, {"value": "u-2"}]}]);
    assert_eq!(members(&leaves), [remove(&["u-1", "u-2"])]);
    let with_flag = json!([
        {"op": "remove", "path": "members[value eq \"u-1\"]"},
        {"op": "remove", "path": "members[value eq \"u-2\"]"},
    ]);
    assert_eq!(members(&with_flag), [remove(&["u-1"]), remove(&["u-2"])]);
}

#[test]
fn okta() {
    let put = json!({
        "schemas": [USER],
        "id": ID,
        "userName": "kim@c.example",
        "name": {"givenName": "Kim", "familyName": "Ng"},
        "emails": [{"primary": true, "value": "kim@c.example", "type": "work"}],
        "displayName": "Kim Ng",
        "locale": "en-US",
        "externalId": "00u1",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
        "meta": {"resourceType": "User", "version": "W/\"1\""},
        "secondEmail": "kim@home.example",
        "urn:okta:custom:1.0:User:badge": "7",
    });
    let user = user(&put);
    assert!(!user.stored().contains("1mz050nq"));
    assert_eq!(user.attributes()["secondEmail"], "kim@home.example");
    assert_eq!(user.schemas(), [USER, "urn:okta:custom:1.0:User"]);
    // A group that is pushed, renamed (its own id inside), filled, emptied.
    let group = engineers();
    let renamed = json!([{"op": "replace", "value": {"id": ID, "displayName": "Builders"}}]);
    assert_eq!(becomes(&group, &renamed, "displayName"), "Builders");
    let other = json!([{"op": "replace", "value": {"id": "other", "displayName": "Builders"}}]);
    assert_eq!(refused(&group, &other), "400 mutability");
    let mixed = json!([
        {"op": "remove", "path": "members[value eq \"u-1\"]"},
        {"op": "add", "path": "members", "value": [{"value": "u-2", "display": ""}]},
    ]);
    assert_eq!(patched(&group, &mixed).unwrap().1.members, [remove(&["u-1"]), add(&["u-2"])]);
    let emptied = json!([{"op": "replace", "path": "members", "value": []}]);
    assert_eq!(patched(&group, &emptied).unwrap().1.members, [MemberChange::Clear]);
}

#[test]
fn onelogin_jumpcloud_sailpoint_and_others() {
    // OneLogin: a member by itself.
    let one = json!([{"op": "add", "path": "members", "value": {"value": "u-1"}}]);
    assert_eq!(patched(&engineers(), &one).unwrap().1.members, [add(&["u-1"])]);
    // SailPoint: one change for each part of a name.
    let parts = json!([
        {"op": "replace", "value": {"name": {"familyName": "Nguyen"}}},
        {"op": "replace", "value": {"name": {"givenName": "Kimberly"}}},
    ]);
    assert_eq!(value_of(&parts, "name"), json!({"familyName": "Nguyen", "givenName": "Kimberly"}));
    // A whole resource as the value of a change, with what is the server's.
    let whole = json!([{"op": "replace", "value": {
        "schemas": [USER], "id": ID, "meta": {"version": "W/\"1\""}, "groups": [],
        "userName": "kim@c.example", "active": true,
    }}]);
    assert_eq!(value_of(&whole, "userName"), "kim@c.example");
    // A dot behind the URN.
    let dotted = json!([{"op": "add", "path": format!("{ENTERPRISE}.division"), "value": "North"}]);
    assert_eq!(value_of(&dotted, ENTERPRISE)["division"], "North");
    // CyberArk, Rippling: members by their addresses.
    let reference = json!([{"op": "add", "path": "members", "value": [{"$ref": "../Users/u-9"}]}]);
    let changed = patched(&engineers(), &reference).unwrap().1;
    assert_eq!(changed.members.len(), 1);
    // A change of a name and of an address at once.
    let renamed = json!([
        {"op": "replace", "path": "userName", "value": "new@c.example"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@c.example"},
    ]);
    assert_eq!(value_of(&renamed, "emails")[0]["value"], "new@c.example");
}

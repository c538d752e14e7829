//! What becomes of the body of a POST or a PUT.

use super::*;
use crate::scim::{AttributePath, Group, Member, User};

fn refused(of: ResourceType, body: &[u8]) -> String {
    let refusal = Resource::receive(of, body).unwrap_err();
    format!("{} {}", refusal.status, refusal.scim_type.map_or("", |it| it.as_str()))
}

fn attributes(body: &Json) -> Json {
    Json::Object(user(body).attributes().clone())
}

#[test]
fn names_become_canonical_and_what_is_the_servers_goes() {
    let got = attributes(&json!({
        "SCHEMAS": [USER.to_uppercase()],
        "USERNAME": "kim",
        "ID": "mine",
        "meta": {"resourceType": "User", "version": "1"},
        "groups": [{"value": "g"}],
        "password": "s3cret",
        "EXTERNALID": null,
        "displayName": "Kim",
        "Name": {"GIVENNAME": "Kim", "familyName": null},
        "EMAILS": {"VALUE": "kim@c.example", "Primary": "TRUE", "verified": true},
        "roles": [],
        "title": [],
        "ACTIVE": "False",
    }));
    let want = json!({
        "userName": "kim",
        "displayName": "Kim",
        "name": {"givenName": "Kim"},
        "emails": [{"value": "kim@c.example", "primary": true, "verified": true}],
        "active": false,
    });
    assert_eq!(got, want);
}

#[test]
fn what_no_schema_describes_is_kept() {
    let got = attributes(&json!({
        "userName": "kim",
        "favoriteColor": "blue",
        "nested": {"a": [null, {"b": null}], "c": 1},
        "urn:acme:2.0:User": {"badge": 7, "none": null},
        "http://acme.example/schema": {"x": "y"},
        "urn:acme:3.0:User:badge": "direct",
        ENTERPRISE.to_lowercase(): {
            "DEPARTMENT": "R&D",
            "employeeNumber": 701_984,
            "manager": "m-1",
            "custom": "x",
        },
        "a name with spaces": "kept",
    }));
    let want = json!({
        "userName": "kim",
        "active": true,
        "favoriteColor": "blue",
        "nested": {"c": 1},
        "urn:acme:2.0:User": {"badge": 7},
        "http://acme.example/schema": {"x": "y"},
        "urn:acme:3.0:User": {"badge": "direct"},
        ENTERPRISE: {
            "department": "R&D",
            "employeeNumber": "701984",
            "manager": {"value": "m-1"},
            "custom": "x",
        },
        "a name with spaces": "kept",
    });
    assert_eq!(got, want);
}

#[test]
fn paths_as_names_are_spread() {
    let got = attributes(&json!({
        "userName": "kim",
        "name.givenName": "Kim",
        "name": {"familyName": "Ng"},
        format!("{ENTERPRISE}:department"): "R1",
        format!("{ENTERPRISE}:manager.value"): "m-1",
        format!("{ENTERPRISE}:manager.displayName"): "ignored",
        format!("{USER}:title"): "Analyst",
        USER: {"nickName": "K", "id": "ignored"},
        "meta.version": "ignored",
    }));
    let want = json!({
        "userName": "kim",
        "active": true,
        "name": {"givenName": "Kim", "familyName": "Ng"},
        "title": "Analyst",
        "nickName": "K",
        ENTERPRISE: {"department": "R1", "manager": {"value": "m-1"}},
    });
    assert_eq!(got, want);
}

#[test]
fn one_value_is_primary_and_each_stands_once() {
    let got = attributes(&json!({
        "userName": "kim",
        "emails": [
            {"value": "a@c.example", "primary": true},
            "b@c.example",
            {"value": "c@c.example", "primary": "true"},
            {"value": "a@c.example", "primary": true},
            null,
            {"value": null},
        ],
        "roles": "[{\"value\": \"x\"}]",
    }));
    assert_eq!(
        got["emails"],
        json!([
            {"value": "a@c.example", "primary": true},
            {"value": "b@c.example"},
            {"value": "c@c.example", "primary": false},
            {"value": "a@c.example", "primary": false},
        ])
    );
    assert_eq!(got["roles"], json!([{"value": "x"}]));
}

#[test]
fn what_does_not_fit_is_refused() {
    use ResourceType::{Group, User};
    let long = "x".repeat(1025);
    for (body, want) in [
        (json!({}), "400 invalidValue"),
        (json!({"userName": ""}), "400 invalidValue"),
        (json!({"userName": " "}), "400 invalidValue"),
        (json!({"userName": null}), "400 invalidValue"),
        (json!({"userName": 5}), "400 invalidValue"),
        (json!({"userName": ["a", "b"]}), "400 invalidValue"),
        (json!({"userName": "a", "active": "maybe"}), "400 invalidValue"),
        (json!({"userName": "a", "active": 1}), "400 invalidValue"),
        (json!({"userName": "a", "name": "Kim Ng"}), "400 invalidValue"),
        (json!({"userName": "a", "emails": true}), "400 invalidValue"),
        (json!({"userName": "a", "emails": [["x"]]}), "400 invalidValue"),
        (json!({"userName": "a", "title": {"x": 1}}), "400 invalidValue"),
        (json!({"userName": "a", "title": true}), "400 invalidValue"),
        (json!({"userName": "a", "USERNAME": "b"}), "400 invalidSyntax"),
        (
            json!({"userName": "a", "name": {"givenName": "x", "GivenName": "y"}}),
            "400 invalidSyntax",
        ),
        (json!({"userName": "a", "schemas": ["urn:unknown"]}), "400 invalidSyntax"),
        (json!({"userName": "a", "schemas": [GROUP]}), "400 invalidSyntax"),
        (json!({"userName": "a", "schemas": 5}), "400 invalidSyntax"),
        (json!({"userName": long.as_str()}), "400 invalidValue"),
        (json!({"userName": "a", "displayName": long.as_str()}), "400 invalidValue"),
        (json!({"userName": "a", "name.foo.bar": "b", "title.x": "y"}), "400 invalidPath"),
        (json!({"userName": "a", "photo": "x".repeat(300_000)}), "413 "),
        (json!({"userName": "a", "emails": vec!["x"; 1001]}), "400 invalidValue"),
    ] {
        let body = body.to_string();
        assert_eq!(refused(User, body.as_bytes()), want, "{}", &body[..body.len().min(80)]);
    }
    assert_eq!(refused(User, b"{\"userName\":\"a\\u0000\"}"), "400 invalidSyntax");
    assert_eq!(refused(User, b"[]"), "400 invalidSyntax");
    assert_eq!(refused(Group, b"{}"), "400 invalidValue");
    assert_eq!(refused(Group, b"{\"displayName\":\"a\",\"members\":[5]}"), "400 invalidValue");
    assert_eq!(refused(Group, b"{\"displayName\":\"a\",\"members\":[{}]}"), "400 invalidValue");
}

#[test]
fn a_group_comes_with_its_members() {
    let body = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "g-1",
        "displayName": "Engineers",
        "Members": [
            {"value": "u-1", "$ref": null, "display": "Kim"},
            {"value": "u-5", "displayName": "Lee"},
            {"value": "g-2", "type": "group"},
            "u-3",
            {"$ref": "https://x.test/scim/v2/Users/u-4"},
            {"value": "u-1"},
        ],
    });
    let received = Resource::receive(ResourceType::Group, body.to_string().as_bytes()).unwrap();
    let member = |value: &str, kind| Member { value: value.to_owned(), kind, display: None };
    let kim = Member { display: Some("Kim".to_owned()), ..member("u-1", None) };
    let lee = Member { display: Some("Lee".to_owned()), ..member("u-5", None) };
    assert_eq!(
        received.members,
        Some(vec![
            kim,
            lee,
            member("g-2", Some(ResourceType::Group)),
            member("u-3", None),
            member("u-4", Some(ResourceType::User)),
        ])
    );
    let group = Group::of(&received.resource);
    assert_eq!((group.display_name(), group.external_id()), ("Engineers", Some("g-1")));
    assert_eq!(received.resource.schemas(), [GROUP]);
    assert_eq!(
        received.resource.stored(),
        format!(r#"{{"schemas":["{GROUP}"],"displayName":"Engineers","externalId":"g-1"}}"#)
    );
    let none = Resource::receive(ResourceType::Group, b"{\"displayName\":\"a\"}").unwrap();
    assert_eq!(none.members, None);
    let empty = Resource::receive(ResourceType::Group, b"{\"displayName\":\"a\",\"members\":[]}");
    assert_eq!(empty.unwrap().members, Some(Vec::new()));
}

#[test]
fn a_user_is_read_by_words() {
    let resource = kim();
    let kim = User::of(&resource);
    assert_eq!(kim.user_name(), "Kim@C.example");
    assert_eq!(kim.external_id(), Some("u-481"));
    assert!(kim.is_active());
    assert_eq!((kim.given_name(), kim.family_name()), (Some("Kim"), Some("Ng")));
    assert_eq!((kim.formatted_name(), kim.display_name()), (None, None));
    assert_eq!(kim.title(), Some("Analyst"));
    assert_eq!(kim.primary_email(), Some("kim@c.example"));
    assert_eq!(kim.emails().count(), 2);
    assert_eq!(kim.enterprise().department, Some("R&D"));
    assert_eq!(kim.enterprise().manager, Some("m-1"));
    assert_eq!(kim.roles().count(), 0);
    let at = |path: &str| resource.at(&AttributePath::parse(path).unwrap()).cloned();
    assert_eq!(at("EMAILS.value"), Some("kim@c.example".into()));
    assert_eq!(at(&format!("{ENTERPRISE}:manager.value")), Some("m-1".into()));
    assert_eq!(at("name.middleName"), None);
    let off =
        user(&json!({"userName": "a", "active": false, "emails": [{"value": "h", "type": "home"},
        {"value": "w", "type": "Work"}]}));
    assert!(!User::of(&off).is_active());
    assert_eq!(User::of(&off).primary_email(), Some("w"));
    assert_eq!(User::of(&user(&json!({"userName": "a"}))).primary_email(), None);
}

#[test]
fn differences_are_told_attribute_by_attribute() {
    let (before, mut after) = (kim(), kim());
    let changes = json!([
        {"op": "replace", "value": {"title": "Lead", "nickName": "K"}},
        {"op": "remove", "path": "externalId"},
        {"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Sales"},
    ]);
    assert!(patch(&changes).unwrap().apply(&mut after, ID).unwrap().resource);
    let found: Vec<(String, Json, Json)> = before
        .differences(&after)
        .into_iter()
        .map(|it| (it.attribute, it.before.unwrap_or_default(), it.after.unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [
            ("externalId".to_owned(), "u-481".into(), Json::Null),
            ("title".to_owned(), "Analyst".into(), "Lead".into()),
            (format!("{ENTERPRISE}:department"), "R&D".into(), "Sales".into()),
            ("nickName".to_owned(), Json::Null, "K".into()),
        ]
    );
}

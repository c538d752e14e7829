//! What is told of a resource, and what is not.

use super::*;
use crate::scim::Projection;

fn told(attributes: Option<&str>, excluded: Option<&str>) -> Json {
    let links = [link("g-1", LinkKind::Direct, "Engineers")];
    let served = Served { links: &links, ..served() };
    let mut out = Vec::new();
    Projection::parse(attributes, excluded).unwrap().render(&kim(), &served, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn only(attributes: &str) -> Json {
    told(Some(attributes), None)
}

fn without(excluded: &str) -> Json {
    told(None, Some(excluded))
}

#[test]
fn all_of_a_user() {
    assert_eq!(
        told(None, None),
        json!({
            "schemas": [USER, ENTERPRISE],
            "id": ID,
            "externalId": "u-481",
            "userName": "Kim@C.example",
            "active": true,
            "name": {"givenName": "Kim", "familyName": "Ng"},
            "emails": [
                {"value": "kim@c.example", "type": "work", "primary": true},
                {"value": "kim@home.example", "type": "home"},
            ],
            "title": "Analyst",
            "groups": [{
                "value": "g-1",
                "$ref": format!("{BASE}/Groups/g-1"),
                "display": "Engineers",
                "type": "direct",
            }],
            ENTERPRISE: {"department": "R&D", "manager": {"value": "m-1"}},
            "meta": {
                "resourceType": "User",
                "created": "2026-01-02T03:04:05.678Z",
                "lastModified": "2026-02-03T04:05:06.000Z",
                "location": format!("{BASE}/Users/{ID}"),
                "version": "W/\"3\"",
            },
        })
    );
}

#[test]
fn all_of_a_group() {
    let links =
        [link("u-1", LinkKind::User, "Kim \"K\""), link("g-2", LinkKind::Group, "Operators")];
    let served = Served { links: &links, id: "g-1", ..served() };
    let mut out = Vec::new();
    Projection::Default.render(&engineers(), &served, &mut out);
    let group: Json = serde_json::from_slice(&out).unwrap();
    assert_eq!(group["members"][0]["$ref"], format!("{BASE}/Users/u-1"));
    assert_eq!(group["members"][0]["display"], "Kim \"K\"");
    assert_eq!(group["members"][1]["type"], "Group");
    assert_eq!(group["meta"]["location"], format!("{BASE}/Groups/g-1"));
    let mut out = Vec::new();
    Projection::parse(None, Some("MEMBERS")).unwrap().render(&engineers(), &served, &mut out);
    let bare: Json = serde_json::from_slice(&out).unwrap();
    assert_eq!(bare.get("members"), None);
    assert_eq!((&bare["displayName"], &bare["meta"]), (&group["displayName"], &group["meta"]));
}

#[test]
fn some_alone() {
    let always = |mut json: Json| {
        json["id"] = ID.into();
        json["schemas"] = json!([USER, ENTERPRISE]);
        json
    };
    for (names, want) in [
        ("userName", json!({"userName": "Kim@C.example"})),
        ("USERNAME,Title", json!({"userName": "Kim@C.example", "title": "Analyst"})),
        (" id , ", json!({})),
        ("nickName,unknown,password,name.unknown", json!({})),
        ("name.givenName", json!({"name": {"givenName": "Kim"}})),
        (
            "name.givenName,name.familyName",
            json!({"name": {"givenName": "Kim", "familyName": "Ng"}}),
        ),
        ("emails.type", json!({"emails": [{"type": "work"}, {"type": "home"}]})),
        (
            "emails.type,emails.primary",
            json!({"emails": [{"type": "work", "primary": true}, {"type": "home"}]}),
        ),
        ("emails,emails.type", json!({"emails": told(None, None)["emails"]})),
        ("groups.value", json!({"groups": [{"value": "g-1"}]})),
        ("meta.version", json!({"meta": {"version": "W/\"3\""}})),
        (ENTERPRISE, json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "m-1"}}})),
        (&format!("{ENTERPRISE}:department"), json!({ENTERPRISE: {"department": "R&D"}})),
        (
            &format!("{ENTERPRISE}:department,{ENTERPRISE}:manager.value"),
            json!({ENTERPRISE: {"department": "R&D", "manager": {"value": "m-1"}}}),
        ),
        (&format!("{USER}:title"), json!({"title": "Analyst"})),
    ] {
        assert_eq!(only(names), always(want), "{names}");
    }
    let core = only(USER);
    assert_eq!(core.get(ENTERPRISE), None);
    assert_eq!(core["title"], "Analyst");
}

#[test]
fn all_but_some() {
    let all = told(None, None);
    let less = |names: &str| {
        let less = without(names);
        let all = all.as_object().unwrap();
        all.keys()
            .filter(|name| less.get(name.as_str()) != all.get(*name))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(less("id,schemas,ID"), Vec::<String>::new());
    assert_eq!(less("groups"), ["groups"]);
    assert_eq!(less("TITLE,meta"), ["meta", "title"]);
    assert_eq!(less(ENTERPRISE), [ENTERPRISE]);
    assert_eq!(without("emails.type")["emails"][1], json!({"value": "kim@home.example"}));
    assert_eq!(
        without(&format!("{ENTERPRISE}:department"))[ENTERPRISE],
        json!({"manager": {"value": "m-1"}})
    );
    let keys = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&without(USER)), ["id", "schemas", ENTERPRISE]);
}

#[test]
fn what_need_not_be_looked_for() {
    let parse = |a, b| Projection::parse(a, b).unwrap();
    let group = |it: Projection| it.wants_links(ResourceType::Group);
    assert!(group(parse(None, None)));
    assert!(group(parse(Some("members.value"), None)));
    assert!(group(parse(Some(GROUP), None)));
    assert!(group(parse(None, Some("members.display"))));
    assert!(!group(parse(Some("displayName"), None)));
    assert!(!group(parse(None, Some("Members"))));
    assert!(!parse(Some("userName,members"), None).wants_links(ResourceType::User));
    assert!(parse(Some("groups"), None).wants_links(ResourceType::User));
}

#[test]
fn a_condition_on_what_is_told_tells_all_of_it() {
    assert_eq!(only("emails[type eq \"work\"]"), only("emails"));
    assert_eq!(only("Emails[type eq \"work\"].value"), only("emails.value"));
}

#[test]
fn what_is_no_projection_is_refused() {
    for (attributes, excluded) in [
        (Some("a"), Some("b")),
        (Some("a b"), None),
        (Some("emails[type]"), None),
        (None, Some("emails[type eq \"work\"]")),
        (None, Some("a.b.c")),
        (Some(vec!["a"; 101].join(",").as_str()), None),
    ] {
        assert_eq!(Projection::parse(attributes, excluded).unwrap_err().status, 400);
    }
    assert_eq!(Projection::parse(Some(" ,"), Some("")).unwrap(), Projection::Default);
}

//! What changes do, rule by rule (RFC 7644 §3.5.2).

use super::*;
use crate::scim::{Filter, Member, MemberChange, Path};

fn members(operations: &Json) -> Vec<MemberChange> {
    patched(&engineers(), operations).unwrap().1.members
}

fn named(ids: &[&str]) -> Vec<Member> {
    let member = |id: &&str| Member { value: (*id).to_owned(), kind: None, display: None };
    ids.iter().map(member).collect()
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn paths_of_every_form_are_read_and_printed() {
    for (text, printed) in [
        ("userName", "userName"),
        (" name.givenName ", "name.givenName"),
        ("/members", "members"),
        ("emails[type eq \"work\"]", "emails[type eq \"work\"]"),
        ("emails[ type EQ \"work\" ].value", "emails[type eq \"work\"].value"),
        ("members[value eq \"a\\\"]b\"]", "members[value eq \"a\\\"]b\"]"),
        (ENTERPRISE, ENTERPRISE),
        (&USER.to_uppercase(), USER),
        (&format!("{ENTERPRISE}:manager"), &format!("{ENTERPRISE}:manager")),
        (&format!("{ENTERPRISE}.department"), &format!("{ENTERPRISE}:department")),
        (
            &format!("{USER}:emails[type eq \"work\"].value"),
            &format!("{USER}:emails[type eq \"work\"].value"),
        ),
        ("urn:acme:2.0:User:badge.no", "urn:acme:2.0:User:badge.no"),
        ("members.$ref", "members.$ref"),
    ] {
        let path = Path::parse(text).unwrap();
        assert_eq!(path.to_string(), printed);
        assert_eq!(Path::parse(printed).unwrap(), path);
    }
    for (text, word) in [
        ("", "invalidPath"),
        ("a.b.c", "invalidPath"),
        ("1a", "invalidPath"),
        ("urn:x:", "invalidPath"),
        ("emails[type eq \"work\"]x", "invalidPath"),
        ("emails[type eq \"work\"].a.b", "invalidPath"),
        ("emails.value[type eq \"work\"]", "invalidPath"),
        ("[type eq \"work\"]", "invalidPath"),
        ("emails[type eq \"work\"", "invalidFilter"),
        ("emails[type like \"work\"]", "invalidFilter"),
        ("emails[a[b pr]]", "invalidFilter"),
        (&"a".repeat(5000), "invalidPath"),
    ] {
        let refusal = Path::parse(text).unwrap_err();
        assert_eq!(refusal.scim_type.unwrap().as_str(), word, "{text}");
    }
}

#[test]
fn a_document_that_is_no_patch_is_refused() {
    let said = |body: &Json| {
        let refusal = Patch::parse(body.to_string().as_bytes()).unwrap_err();
        format!("{} {}", refusal.status, refusal.scim_type.map_or("", |it| it.as_str()))
    };
    let add = json!({"op": "add", "path": "title", "value": "x"});
    for (body, want) in [
        (json!({}), "400 invalidSyntax"),
        (json!({"Operations": []}), "400 invalidSyntax"),
        (json!({"Operations": "x"}), "400 invalidSyntax"),
        (json!({"Operations": ["x"]}), "400 invalidSyntax"),
        (json!({"schemas": ["urn:x"], "Operations": [add]}), "400 invalidSyntax"),
        (json!({"Operations": [{"op": "move", "path": "title"}]}), "400 invalidSyntax"),
        (json!({"Operations": [{"path": "title"}]}), "400 invalidSyntax"),
        (json!({"Operations": [{"op": "add", "path": 5, "value": 1}]}), "400 invalidPath"),
        (json!({"Operations": [{"op": "add", "path": "title"}]}), "400 invalidValue"),
        (json!({"Operations": [{"op": "add", "value": "x"}]}), "400 invalidValue"),
        (json!({"Operations": [{"op": "replace"}]}), "400 invalidValue"),
        (json!({"Operations": [{"op": "remove"}]}), "400 noTarget"),
        (json!({"Operations": [{"op": "remove", "path": ""}]}), "400 noTarget"),
        (json!({"Operations": vec![add.clone(); 1001]}), "413 "),
    ] {
        assert_eq!(said(&body), want);
    }
    assert!(Patch::parse(b"{").is_err());
    for body in [
        json!({"operations": [{"OP": "ADD", "Path": "title", "VALUE": "x"}]}),
        json!({"schemas": [], "Operations": add}),
        json!({"Operations": vec![add.clone(); 1000]}),
    ] {
        assert!(Patch::parse(body.to_string().as_bytes()).is_ok());
    }
}

#[test]
fn add() {
    let kim = kim();
    let one = |path: &str, value: Json, attribute: &str| {
        becomes(&kim, &json!([{"op": "add", "path": path, "value": value}]), attribute)
    };
    assert_eq!(one("nickName", "K".into(), "nickName"), "K");
    assert_eq!(one("name.middleName", "J".into(), "name")["givenName"], "Kim");
    assert_eq!(one("name", json!({"middleName": "J"}), "name")["familyName"], "Ng");
    assert_eq!(
        one("roles", json!([{"value": "a"}, {"value": "A"}]), "roles"),
        json!([{"value": "a"}])
    );
    // A new primary value takes it from the other.
    let emails = one("emails", json!({"value": "new@c.example", "primary": true}), "emails");
    assert_eq!(emails[0]["primary"], false);
    assert_eq!(emails[2], json!({"value": "new@c.example", "primary": true}));
    // What is there is there.
    for value in [
        json!([{"value": "KIM@c.example", "type": "work"}]),
        json!("kim@home.example"),
        json!([{"value": "kim@c.example", "type": "work", "primary": true}]),
    ] {
        let (_, changed) =
            patched(&kim, &json!([{"op": "add", "path": "emails", "value": value}])).unwrap();
        assert!(changed.is_nothing());
    }
    // The same address for another purpose is another.
    assert_eq!(
        one("emails", json!({"value": "kim@c.example", "type": "other"}), "emails")[2]["type"],
        "other"
    );
    let whole = json!([{"op": "add", "value": {
        "title": "Lead",
        "emails": [{"value": "x@c.example"}],
        ENTERPRISE: {"costCenter": "7"},
        "favoriteColor": "blue",
    }}]);
    let (after, _) = patched(&kim, &whole).unwrap();
    assert_eq!((&after["title"], &after["favoriteColor"]), (&"Lead".into(), &"blue".into()));
    assert_eq!(after["emails"].as_array().unwrap().len(), 3);
    assert_eq!(after[ENTERPRISE]["costCenter"], "7");
    assert_eq!(after[ENTERPRISE]["department"], "R&D");
    let extension = one(ENTERPRISE, json!({"division": "North"}), ENTERPRISE);
    assert_eq!(
        (&extension["division"], &extension["department"]),
        (&"North".into(), &"R&D".into())
    );
    assert_eq!(one("urn:acme:1.0", json!({"badge": 1}), "urn:acme:1.0"), json!({"badge": 1}));
    assert_eq!(one("urn:acme:1.0:badge", json!(7), "urn:acme:1.0"), json!({"badge": 7}));
}

#[test]
fn remove() {
    let kim = kim();
    let one = |path: &str, attribute: &str| {
        becomes(&kim, &json!([{"op": "remove", "path": path}]), attribute)
    };
    assert_eq!(one("title", "title"), Json::Null);
    assert_eq!(one("name.givenName", "name"), json!({"familyName": "Ng"}));
    assert_eq!(one("emails", "emails"), Json::Null);
    assert_eq!(one("emails[type eq \"work\"]", "emails").as_array().unwrap().len(), 1);
    assert_eq!(one("emails[type pr]", "emails"), Json::Null);
    assert_eq!(one("emails[type eq \"none\"]", "emails").as_array().unwrap().len(), 2);
    assert_eq!(
        one("emails[type eq \"home\"].type", "emails")[1],
        json!({"value": "kim@home.example"})
    );
    assert_eq!(one("emails.type", "emails")[0].get("type"), None);
    assert_eq!(one(ENTERPRISE, ENTERPRISE), Json::Null);
    assert_eq!(one(&format!("{ENTERPRISE}:manager"), ENTERPRISE), json!({"department": "R&D"}));
    assert_eq!(one("active", "active"), Json::Null);
    for (path, want) in [
        ("userName", "400 mutability"),
        ("id", "400 mutability"),
        ("meta", "400 mutability"),
        ("groups", "400 mutability"),
        ("schemas", "400 mutability"),
        ("title.x", "400 invalidPath"),
        ("name[givenName eq \"Kim\"]", "400 invalidPath"),
        (USER, "400 mutability"),
        (&format!("{ENTERPRISE}:manager.displayName"), "400 mutability"),
    ] {
        assert_eq!(refused(&kim, &json!([{"op": "remove", "path": path}])), want, "{path}");
    }
    for path in ["nickName", "unknown", "urn:acme:1.0:badge", "unknown[value eq \"x\"]", "roles"] {
        let (_, changed) = patched(&kim, &json!([{"op": "remove", "path": path}])).unwrap();
        assert!(changed.is_nothing(), "{path}");
    }
    // With values, no more than those.
    let some =
        json!([{"op": "remove", "path": "emails", "value": [{"value": "KIM@home.example"}]}]);
    assert_eq!(becomes(&kim, &some, "emails").as_array().unwrap().len(), 1);
    let none = json!([{"op": "remove", "path": "emails", "value": []}]);
    assert_eq!(becomes(&kim, &none, "emails").as_array().unwrap().len(), 2);
    assert_eq!(
        refused(&engineers(), &json!([{"op": "remove", "path": "displayName"}])),
        "400 mutability"
    );
}

#[test]
fn replace() {
    let kim = kim();
    let one = |path: &str, value: Json, attribute: &str| {
        becomes(&kim, &json!([{"op": "replace", "path": path, "value": value}]), attribute)
    };
    assert_eq!(one("title", "Lead".into(), "title"), "Lead");
    assert_eq!(
        one("name", json!({"givenName": "K"}), "name"),
        json!({"givenName": "K", "familyName": "Ng"})
    );
    assert_eq!(one("name", json!({"givenName": null}), "name"), json!({"familyName": "Ng"}));
    assert_eq!(one("nickName", "K".into(), "nickName"), "K");
    assert_eq!(one("emails", json!([{"value": "x"}]), "emails"), json!([{"value": "x"}]));
    assert_eq!(one("emails", json!([]), "emails"), Json::Null);
    assert_eq!(one("emails", Json::Null, "emails"), Json::Null);
    assert_eq!(one("title", Json::Null, "title"), Json::Null);
    assert_eq!(one("emails[type eq \"work\"].value", "w".into(), "emails")[0]["value"], "w");
    assert_eq!(
        one("emails[type eq \"home\"]", json!({"value": "h", "primary": true}), "emails"),
        json!([
            {"value": "kim@c.example", "type": "work", "primary": false},
            {"value": "h", "type": "home", "primary": true},
        ])
    );
    // Every value that fits.
    let both = one("emails[value co \"@\"].display", "Kim".into(), "emails");
    assert_eq!((&both[0]["display"], &both[1]["display"]), (&"Kim".into(), &"Kim".into()));
    assert_eq!(one("emails.value", "p".into(), "emails")[0]["value"], "p");
    assert_eq!(one("phoneNumbers.value", "1".into(), "phoneNumbers"), json!([{"value": "1"}]));
    // What a condition describes, and nothing fits: made, where it is of a usual kind.
    assert_eq!(
        one("phoneNumbers[type eq \"mobile\"].value", "1".into(), "phoneNumbers"),
        json!([{"type": "mobile", "value": "1"}])
    );
    for (path, value, want) in [
        ("emails[type eq \"nowhere\"].value", json!("x"), "400 noTarget"),
        ("emails[value eq \"nobody\"]", json!({"value": "x"}), "400 noTarget"),
        ("emails[type eq \"other\"]", json!({"value": "x"}), "400 noTarget"),
        ("userName", json!(""), "400 invalidValue"),
        ("userName", Json::Null, "400 mutability"),
        ("userName", json!([]), "400 invalidValue"),
        ("active", json!("perhaps"), "400 invalidValue"),
        ("name", json!("Kim"), "400 invalidValue"),
        ("id", json!("other"), "400 mutability"),
        ("meta.version", json!("1"), "400 mutability"),
        ("groups", json!([{"value": "g"}]), "400 mutability"),
        ("favoriteColor", json!("blue"), "400 invalidPath"),
        ("name.unknown", json!("x"), "400 invalidPath"),
        ("title.part", json!("x"), "400 invalidPath"),
        (&format!("{ENTERPRISE}:unknown"), json!("x"), "400 invalidPath"),
        ("emails[primary gt true].value", json!("x"), "400 invalidFilter"),
        (ENTERPRISE, json!("x"), "400 invalidValue"),
    ] {
        let changes = json!([{"op": "replace", "path": path, "value": value}]);
        assert_eq!(refused(&kim, &changes), want, "{path}");
    }
    let (_, changed) =
        patched(&kim, &json!([{"op": "replace", "path": "id", "value": ID}])).unwrap();
    assert!(changed.is_nothing());
    let (after, _) =
        patched(&kim, &json!([{"op": "replace", "path": "password", "value": "secret"}])).unwrap();
    assert!(!after.to_string().contains("secret"));
}

#[test]
fn what_was_kept_can_be_changed() {
    let before = user(&json!({"userName": "a", "favoriteColor": "blue", "tags": ["x"],
        "urn:acme:1.0:User": {"badge": {"no": 1}}}));
    let one = |op: &str, path: &str, value: Json, attribute: &str| {
        becomes(&before, &json!([{"op": op, "path": path, "value": value}]), attribute)
    };
    assert_eq!(one("replace", "FavoriteColor", "red".into(), "favoriteColor"), "red");
    assert_eq!(one("add", "tags", json!(["x", "y"]), "tags"), json!(["x", "y"]));
    assert_eq!(one("remove", "tags[value eq \"x\"]", Json::Null, "tags"), Json::Null);
    assert_eq!(one("remove", "tags", json!(["x"]), "tags"), Json::Null);
    let ext = "urn:acme:1.0:User";
    assert_eq!(one("add", ext, json!({"level": 2}), ext), json!({"badge": {"no": 1}, "level": 2}));
    assert_eq!(
        one("replace", &format!("{ext}:badge.no"), json!(2), ext),
        json!({"badge": {"no": 2}})
    );
    assert_eq!(one("remove", ext, Json::Null, ext), Json::Null);
    assert_eq!(one("remove", &format!("{ext}:badge.no"), Json::Null, ext), Json::Null);
}

#[test]
fn all_or_nothing() {
    let kim = kim();
    let changes = json!([
        {"op": "replace", "path": "title", "value": "Lead"},
        {"op": "replace", "path": "emails[value eq \"none\"].display", "value": "x"},
    ]);
    assert_eq!(refused(&kim, &changes), "400 noTarget");
    let there_and_back = json!([
        {"op": "replace", "path": "title", "value": "Lead"},
        {"op": "replace", "path": "title", "value": "Analyst"},
    ]);
    assert!(patched(&kim, &there_and_back).unwrap().1.is_nothing());
    let large = json!([{"op": "add", "path": "title", "value": "x".repeat(300_000)}]);
    assert_eq!(refused(&kim, &large), "413 ");
    let wide = json!([
        {"op": "add", "path": "roles", "value": (0..200).collect::<Vec<u32>>()},
        {"op": "add", "path": "roles[value pr].display", "value": "x".repeat(2000)},
    ]);
    assert_eq!(refused(&kim, &wide), "413 ");
    let many = json!({"op": "add", "path": "roles", "value": vec!["x"; 1000]});
    assert_eq!(refused(&kim, &json!(vec![many; 6])), "413 ");
    let single = |n: u32| json!({"op": "add", "path": "roles", "value": n});
    assert!(patched(&kim, &(0..1000).map(single).collect()).is_ok());
}

#[test]
fn members_are_told_and_not_done() {
    use MemberChange::{Add, Clear, Remove, RemoveMatching, Replace};
    let one = |op: &str, path: &str, value: Json| {
        members(&json!([{"op": op, "path": path, "value": value}]))
    };
    let list = json!([{"value": "u-1", "$ref": null}, {"value": "u-2"}]);
    assert_eq!(one("add", "members", list.clone()), [Add(named(&["u-1", "u-2"]))]);
    assert_eq!(one("Add", "members", json!({"value": "u-1"})), [Add(named(&["u-1"]))]);
    assert_eq!(one("add", "members", json!("u-1")), [Add(named(&["u-1"]))]);
    assert_eq!(one("add", "members", json!([])), []);
    assert_eq!(one("add", &format!("{GROUP}:members"), json!("u-1")), [Add(named(&["u-1"]))]);
    assert_eq!(
        one("add", "members[value eq \"u-1\"]", json!({"value": "u-1"})),
        [Add(named(&["u-1"]))]
    );
    assert_eq!(one("replace", "members", list.clone()), [Replace(named(&["u-1", "u-2"]))]);
    assert_eq!(one("replace", "members", json!([])), [Clear]);
    assert_eq!(one("remove", "members", Json::Null), [Clear]);
    assert_eq!(one("remove", "members", list.clone()), [Remove(ids(&["u-1", "u-2"]))]);
    assert_eq!(one("remove", "members", json!([])), []);
    assert_eq!(one("remove", "members[value eq \"u-1\"]", Json::Null), [Remove(ids(&["u-1"]))]);
    assert_eq!(
        one("remove", "members[value eq \"u-1\" or value eq \"u-2\"]", Json::Null),
        [Remove(ids(&["u-1", "u-2"]))]
    );
    let condition = Filter::parse("type eq \"Group\"").unwrap();
    assert_eq!(
        one("remove", "members[type eq \"Group\"]", Json::Null),
        [RemoveMatching(condition.clone())]
    );
    assert!(link("g", LinkKind::Group, "Ops").matches(&condition));
    assert!(!link("u", LinkKind::User, "Kim").matches(&condition));
    assert_eq!(one("replace", "members[value eq \"u-1\"].display", json!("Kim")), []);
}

#[test]
fn members_in_their_order_and_with_other_changes() {
    use MemberChange::{Add, Remove, Replace};
    let (after, changed) = patched(
        &engineers(),
        &json!([
            {"op": "remove", "path": "members[value eq \"u-1\"]"},
            {"op": "replace", "value": {"displayName": "Eng", "members": [{"value": "u-3", "type": "User"}]}},
            {"op": "add", "value": {"members": ["u-4"]}},
        ]),
    )
    .unwrap();
    assert_eq!(after["displayName"], "Eng");
    assert_eq!(after.get("members"), None);
    assert!(changed.resource);
    let user = Member { value: "u-3".to_owned(), kind: Some(ResourceType::User), display: None };
    assert_eq!(changed.members, [Remove(ids(&["u-1"])), Replace(vec![user]), Add(named(&["u-4"]))]);
    for (op, path, value, want) in [
        ("replace", "members[value eq \"u-1\"].value", json!("u-2"), "400 mutability"),
        ("replace", "members[value eq \"u-1\"]", json!({"value": "u-2"}), "400 mutability"),
        ("replace", "members.type", json!("Group"), "400 mutability"),
        ("add", "members", json!([{"display": "Kim"}]), "400 invalidValue"),
        ("add", "members", json!([5]), "400 invalidValue"),
    ] {
        let asked = json!([{"op": op, "path": path, "value": value}]);
        assert_eq!(refused(&engineers(), &asked), want, "{path}");
    }
    // Of a user, `members` is nothing.
    let asked = json!([{"op": "add", "path": "members", "value": "u-1"}]);
    assert_eq!(refused(&kim(), &asked), "400 invalidPath");
}

#[test]
fn ten_thousand_members_in_one_change() {
    let list: Vec<Json> = (0..10_000).map(|n| json!({"value": format!("u-{n}")})).collect();
    let changes = members(&json!([{"op": "add", "path": "members", "value": list}]));
    let [MemberChange::Add(members)] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(members.len(), 10_000);
}

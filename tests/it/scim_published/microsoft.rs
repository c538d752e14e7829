//! What Microsoft's published list asks, by the numbers of its requests; each has its tests in
//! their order. What has no test in it is asked all the same.

use serde_json::{Value as Json, json};

use super::Asked;
use crate::{
    kernia::Answer,
    scim_stage::{ENTERPRISE, GROUP, PATCH, Target, USER},
};

const NOT_THE_PATH: &str = "asks `/serviceConfiguration`; RFC 7644 §4 has `/ServiceProviderConfig`";
const NOT_THE_STATUS: &str = "wants 204 of a change; it is 200 with the resource (RFC 7644 §3.5.2)";

/// Asks all of it, in its order: later requests count what earlier ones made.
pub(super) async fn asked(target: &Target) -> Asked {
    let mut asked = Asked::default();
    endpoints(target, &mut asked).await;
    users(target, &mut asked).await;
    groups(target, &mut asked).await;
    conditions_in_attributes(target, &mut asked).await;
    let made = awkward_users(target, &mut asked).await;
    refusals(target, &mut asked, &made[0]).await;
    changes(target, &mut asked, &made[0]).await;
    lists(target, &mut asked).await;
    awkward_groups(target, &mut asked, &made).await;
    asked
}

async fn get(target: &Target, path: &str) -> Answer {
    target.asks("GET", path, None).await
}

async fn change(target: &Target, path: &str, operations: Json) -> Answer {
    let body = json!({"schemas": [PATCH], "Operations": operations});
    target.asks("PATCH", path, Some(&body)).await
}

fn is_ok(answer: &Answer) -> bool {
    answer.status == 200
}

/// Made, and its id.
async fn made(target: &Target, path: &str, body: &Json) -> (bool, String) {
    let answer = target.asks("POST", path, Some(body)).await;
    let id = answer.json()["id"].as_str().unwrap_or_default().to_owned();
    (answer.status == 201, id)
}

async fn deletes(target: &Target, asked: &mut Asked, (from, paths): (u16, &[String])) {
    for (number, path) in (from..).zip(paths) {
        asked.holds(number, [target.asks("DELETE", path, None).await.status == 204]);
    }
}

/// A user with the attributes that the list sends, whose letters are not always the schema's.
fn user(name: &str, more: &Json) -> Json {
    let mut user = json!({
        "schemas": [USER],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "displayName": "Same For All",
        "active": true,
        "name": {"formatted": "Jo Dahl", "familyName": "Dahl", "givenName": "Jo"},
        "emails": [
            {"Primary": true, "type": "work", "value": format!("{name}@work.example")},
            {"Primary": false, "type": "home", "value": format!("{name}@home.example")},
        ],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        user[key] = value.clone();
    }
    user
}

async fn endpoints(target: &Target, asked: &mut Asked) {
    asked.holds(1, [is_ok(&get(target, "/Users").await)]);
    asked.holds(2, [is_ok(&get(target, "/Groups").await)]);
    let types = get(target, "/ResourceTypes").await;
    asked.holds(3, [is_ok(&types), types.json()["Resources"][0]["endpoint"] == "/Users"]);
    asked.wrong(4, 2, NOT_THE_PATH);
    let config = get(target, "/ServiceProviderConfig").await.is(200);
    assert_eq!(config["patch"]["supported"], true);
    let schemas = get(target, "/Schemas").await;
    asked.holds(5, [is_ok(&schemas), schemas.body.contains("User Account")]);
}

async fn users(target: &Target, asked: &mut Asked) {
    let (made_1, one) = made(target, "/Users", &user("m-one", &json!({}))).await;
    asked.holds(6, [made_1]);
    let manager = json!({"schemas": [ENTERPRISE, USER], ENTERPRISE: {"Department": "Tea", "Manager": {"Value": one}}});
    let (made_2, two) = made(target, "/Users", &user("m-two", &manager)).await;
    asked.holds(7, [made_2]);
    let (path_1, path_2) = (format!("/Users/{one}"), format!("/Users/{two}"));
    let read = get(target, &path_1).await;
    asked.holds(8, [is_ok(&read), read.json()["id"] == one.as_str()]);
    let read = get(target, &path_2).await;
    asked.holds(9, [is_ok(&read), read.json()["id"] == two.as_str()]);
    let extension = read.json()[ENTERPRISE].clone();
    assert_eq!(
        (&extension["department"], &extension["manager"]["value"]),
        (&json!("Tea"), &json!(one))
    );
    let some = get(target, "/Users?attributes=userName,emails").await;
    asked.holds(10, [is_ok(&some), some.body.contains(&one)]);
    let found = get(target, "/Users/?filter=DisplayName+eq+%22Same%20For%20All%22").await;
    asked.holds(11, [found.body.contains(&one)]);
    change(target, &path_1, json!([{"op": "replace", "path": "userName", "value": "m-three"}]))
        .await;
    let read = get(target, &path_1).await;
    let body = read.json();
    asked.holds(13, [is_ok(&read), body["id"] == one.as_str(), body["userName"] == "m-three"]);
    let other = user("m-four", &json!({"id": two, "name": {"formatted": "Quite Another"}}));
    asked.holds(14, [is_ok(&target.asks("PUT", &path_2, Some(&other)).await)]);
    let read = get(target, &path_2).await;
    asked.holds(15, [is_ok(&read), read.json()["name"]["formatted"] == "Quite Another"]);
    deletes(target, asked, (16, &[path_1, path_2])).await;
}

async fn groups(target: &Target, asked: &mut Asked) {
    let group = |name: &str, members: Json| json!({"schemas": [GROUP], "externalId": name, "displayName": name, "members": members});
    let (made_1, empty) = made(target, "/Groups", &group("Empty", json!([]))).await;
    asked.holds(18, [made_1]);
    let (made_3, three) = made(target, "/Users", &user("m-g3", &json!({}))).await;
    asked.holds(19, [made_3]);
    let (made_4, four) = made(target, "/Users", &user("m-g4", &json!({}))).await;
    asked.holds(20, [made_4]);
    let filled = group("Filled", json!([{"value": three, "display": "Head"}]));
    let (made_2, filled) = made(target, "/Groups", &filled).await;
    asked.holds(21, [made_2]);
    asked.holds(22, [is_ok(&get(target, "/Groups").await)]);
    let (made_5, third) = made(target, "/Groups", &group("Third", json!([]))).await;
    asked.holds(23, [made_5]);
    let third = format!("/Groups/{third}");
    let put = group(
        "Put",
        json!([{"value": three, "display": "Head"}, {"value": four, "display": "Hand"}]),
    );
    asked.holds(24, [is_ok(&target.asks("PUT", &third, Some(&put)).await)]);
    let read = get(target, &third).await;
    let is_it = read.json()["id"] == third["/Groups/".len()..];
    asked.holds(25, [is_ok(&read), is_it, read.body.contains(&three)]);
    members(target, asked, (&empty, &four)).await;
    let gone = [
        format!("/Users/{three}"),
        format!("/Users/{four}"),
        format!("/Groups/{empty}"),
        format!("/Groups/{filled}"),
        third,
    ];
    deletes(target, asked, (32, &gone)).await;
}

async fn members(target: &Target, asked: &mut Asked, (group, user): (&str, &str)) {
    let path = format!("/Groups/{group}");
    // The name of a member stands under `displayName`, and the operation has one, too.
    let add = json!([{"name": "addMember", "op": "add", "path": "members", "value": [{"displayName": "Newly Come", "value": user}]}]);
    let remove = json!([{"op": "remove", "path": format!("members[value eq \"{user}\"]")}]);
    change(target, &path, add.clone()).await;
    change(target, &path, remove).await;
    assert!(!get(target, &path).await.body.contains(user), "one member was removed");
    change(target, &path, add).await;
    let read = get(target, &path).await;
    asked.holds(29, [is_ok(&read), read.json()["id"] == group, read.body.contains("Newly Come")]);
    assert_eq!(read.json()["members"][0]["value"], user);
    change(target, &path, json!([{"op": "remove", "path": "members"}])).await;
    let read = get(target, &path).await;
    asked.holds(31, [is_ok(&read), read.json()["id"] == group, !read.body.contains("Newly Come")]);
}

async fn conditions_in_attributes(target: &Target, asked: &mut Asked) {
    let (made_1, one) = made(target, "/Users", &user("m-c1", &json!({}))).await;
    asked.holds(37, [made_1]);
    let (made_2, two) = made(target, "/Users", &user("m-c2", &json!({}))).await;
    asked.holds(38, [made_2]);
    for (number, condition) in
        [(39, "type+eq+%22work%22"), (40, "value+eq+%22m-c1@work.example%22")]
    {
        let read = get(target, &format!("/Users?attributes=emails%5B{condition}%5D")).await;
        let told = read.json()["Resources"][0]["emails"].to_string();
        asked.holds(number, [is_ok(&read), told.contains("m-c1@work.example")]);
    }
    deletes(target, asked, (41, &[format!("/Users/{one}"), format!("/Users/{two}")])).await;
}

/// What the list's people have: nulls, several of a kind, what is the server's.
fn awkward() -> Json {
    json!({
        "externalId": "the same for all",
        "name": {"formatted": "Al Employee", "familyName": "Employee", "givenName": "Al", "honorificPrefix": null},
        "addresses": [
            {"type": "work", "country": "Iceland", "formatted": "1 Street\nTown", "primary": false},
            {"type": "other", "country": null, "formatted": "2 Street\nTown", "locality": null, "primary": false},
        ],
        "emails": [
            {"type": "work", "primary": true, "value": "al@example.org"},
            {"type": "work", "primary": false, "value": "al@example.com"},
        ],
        "phoneNumbers": [
            {"type": "fax", "primary": false, "value": "1"},
            {"type": "work", "primary": true, "value": "2"},
        ],
        "meta": {"created": "2019-09-18T18:15:26.5788954+00:00", "resourceType": "User"},
        "preferredLanguage": "is", "roles": [], "title": "Engineer",
    })
}

async fn awkward_users(target: &Target, asked: &mut Asked) -> Vec<String> {
    let mut odd = user("ODell", &awkward());
    odd["name"]["familyName"] = json!("ODell");
    let first = target.asks("POST", "/Users", Some(&odd)).await;
    let body = first.json();
    asked.holds(43, [first.status == 201, body["userName"] == "ODell", body["active"] == true]);
    let mut text = user("w1", &awkward());
    text["active"] = json!("True");
    let second = target.asks("POST", "/Users", Some(&text)).await;
    asked.holds(44, [second.status == 201, second.json()["active"] == true]);
    let all = get(target, "/Users").await;
    let two = all.json()["totalResults"] == 2;
    asked.holds(45, [is_ok(&all), two, all.body.contains("ODell")]);
    let mut ids: Vec<_> =
        [body, second.json()].iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    for (number, name) in [(46, "w2"), (47, "w3")] {
        let (is_made, id) = made(target, "/Users", &user(name, &awkward())).await;
        asked.holds(number, [is_made]);
        ids.push(id);
    }
    ids
}

async fn refusals(target: &Target, asked: &mut Asked, first: &str) {
    let mut nameless = user("", &awkward());
    nameless.as_object_mut().unwrap().remove("userName");
    asked.holds(48, [target.asks("POST", "/Users", Some(&nameless)).await.status == 400]);
    let broken = format!("{{ \"acve\": tre, {}", user("w9", &awkward()));
    let answer = target.asks_raw("POST", "/Users", broken.as_bytes()).await;
    asked.holds(49, [answer.status == 400]);
    for number in [50, 51] {
        let twice = target.asks("POST", "/Users", Some(&user("w3", &awkward()))).await;
        asked.holds(number, [twice.status == 409, twice.body.contains("detail")]);
    }
    let path = format!("/Users/{first}");
    let mut misspelt = nameless;
    misspelt["userame"] = json!("ODell");
    asked.holds(52, [target.asks("PUT", &path, Some(&misspelt)).await.status == 400]);
    let mut misspelt = user("ODell", &awkward());
    let map = misspelt.as_object_mut().unwrap();
    let addresses = map.remove("addresses").unwrap();
    map.insert("adreses".to_owned(), addresses);
    let put = target.asks("PUT", &path, Some(&misspelt)).await;
    asked.holds(53, [is_ok(&put), !put.body.to_lowercase().contains("addresses")]);
}

async fn changes(target: &Target, asked: &mut Asked, first: &str) {
    let more = json!({"schemas": [USER, ENTERPRISE], ENTERPRISE: {"Department": "Tea"}});
    let mut enterprise = user("enterprise", &awkward());
    for (key, value) in more.as_object().unwrap() {
        enterprise[key] = value.clone();
    }
    asked.holds(54, [made(target, "/Users", &enterprise).await.0]);
    let path = format!("/Users/{first}");
    for (number, name, value) in [(55, "userName", json!("o.dell")), (56, "active", json!(false))] {
        let answer =
            change(target, &path, json!([{"op": "Replace", "path": name, "value": value}])).await;
        assert_eq!(answer.is(200)[name], value);
        asked.wrong(number, 1, NOT_THE_STATUS);
    }
    let read = get(target, &path).await.json();
    asked.holds(57, [read["userName"] == "o.dell", read["active"] == false]);
    let mut back = user("ODell", &awkward());
    back["active"] = json!(false);
    back["addresses"][0]["country"] = json!("Germany");
    back["name"]["familyName"] = json!("ODell");
    let put = target.asks("PUT", &path, Some(&back)).await;
    let body = put.json();
    asked.holds(
        58,
        [
            is_ok(&put),
            body["userName"] == "ODell",
            body["active"] == false,
            put.body.contains("Germany"),
        ],
    );
}

async fn lists(target: &Target, asked: &mut Asked) {
    let page = get(target, "/Users?startIndex=1&count=2").await.json();
    asked.holds(59, [page["totalResults"] == 5, page["itemsPerPage"] == 2]);
    let some = get(target, "/Users?attributes=userName,emails").await.json();
    asked.holds(60, [some["totalResults"] == 5]);
    let twice = target.asks("POST", "/Users", Some(&user("w3", &awkward()))).await;
    asked.holds(61, [twice.status == 409, twice.body.contains("detail")]);
    // Its literals stand without quotes, which no grammar has.
    for (number, filter, total) in [
        (
            62,
            "name.FamilyName%20eq%20Employee%20and%20(emails.Value%20co%20example.com%20or%20emails.Value%20co%20example.org)",
            4,
        ),
        (63, "userName%20sw%20O", 1),
        (64, "meta.Created%20gt%202015-10-10T14:38:21.8617979-07:00", 5),
    ] {
        let found = get(target, &format!("/Users?filter={filter}")).await.json();
        asked.holds(number, [found["totalResults"] == total]);
    }
}

async fn awkward_groups(target: &Target, asked: &mut Asked, users: &[String]) {
    let group = json!({"schemas": [GROUP], "displayName": "Awkward", "externalId": "x"});
    let (is_made, id) = made(target, "/Groups", &group).await;
    asked.holds(65, [is_made]);
    let path = format!("/Groups/{id}");
    for (number, user) in [(66, &users[0]), (67, &users[1])] {
        // Theirs are members that nobody knows; a member's id alone is what is asked here.
        let body = json!({"schemas": [PATCH], "id": id, "Operations": [{"op": "add", "path": "members", "value": user}]});
        assert_eq!(target.asks("PATCH", &path, Some(&body)).await.status, 200);
        asked.wrong(number, 1, NOT_THE_STATUS);
    }
    let read = get(target, &path).await;
    assert_eq!(read.json()["members"].as_array().map(Vec::len), Some(2));
    asked.holds(68, [is_ok(&read)]);
    let lean = get(target, &format!("{path}?excludedAttributes=members")).await;
    assert_eq!(lean.json().get("members"), None);
    asked.holds(69, [is_ok(&lean)]);
    let put = json!({"schemas": [GROUP], "id": id, "displayName": "Renamed", "externalId": "y"});
    let put = target.asks("PUT", &path, Some(&put)).await;
    asked.holds(70, [is_ok(&put), put.json()["displayName"] == "Renamed"]);
    let found = get(target, "/Users?filter=userName%20eq%20%22enterprise%22").await.json();
    let fifth = found["Resources"][0]["id"].as_str().unwrap_or_default().to_owned();
    let all = users.iter().chain([&fifth]).map(|id| format!("/Users/{id}"));
    let gone: Vec<_> = all.chain([path]).collect();
    deletes(target, asked, (71, &gone)).await;
    for (number, path) in [(77, "/Users?attributes=userName"), (78, "/Groups")] {
        let left = get(target, path).await;
        asked.holds(number, [is_ok(&left), left.json()["Resources"] == json!([])]);
    }
}

//! What Okta's published list asks, by its numbers.

use serde_json::{Value as Json, json};

use super::Asked;
use crate::{
    kernia::{Answer, sends},
    scim_stage::{ERROR, LIST, Target, USER},
};

/// Asks all of it.
pub(super) async fn asked(target: &Target) -> Asked {
    let mut asked = Asked::default();
    let first = target.makes("/Users", &person("Grete", "Holm", "grete@c.example")).await;
    somebody(target, &mut asked, &first).await;
    nobody(target, &mut asked).await;
    another(target, &mut asked).await;
    errors(target, &mut asked).await;
    asked
}

fn person(given: &str, family: &str, address: &str) -> Json {
    json!({
        "schemas": [USER],
        "userName": address,
        "name": {"givenName": given, "familyName": family},
        "emails": [{"primary": true, "value": address, "type": "work"}],
        "displayName": format!("{given} {family}"),
        "active": true,
    })
}

/// All that Okta reads of a user.
fn is_whole(user: &Json) -> bool {
    let text =
        |place: &str| user.pointer(place).and_then(Json::as_str).is_some_and(|it| !it.is_empty());
    ["/id", "/userName", "/name/givenName", "/name/familyName", "/emails/0/value"]
        .into_iter()
        .all(text)
        && user["active"].is_boolean()
}

fn is_list(answer: &Answer, total: u64) -> bool {
    let body = answer.json();
    answer.status == 200 && body["schemas"] == json!([LIST]) && body["totalResults"] == total
}

fn is_error(answer: &Answer, status: u16) -> bool {
    let body = answer.json();
    answer.status == status
        && body["schemas"] == json!([ERROR])
        && body["status"].as_str() == Some(status.to_string().as_str())
        && body["detail"].as_str().is_some_and(|it| !it.is_empty())
}

async fn somebody(target: &Target, asked: &mut Asked, first: &str) {
    let page = target.asks("GET", "/Users?count=1&startIndex=1", None).await;
    let body = page.json();
    let numbers = ["itemsPerPage", "startIndex", "totalResults"];
    let told = numbers.into_iter().all(|name| body[name] == 1);
    asked.holds(1, [is_list(&page, 1) && told && is_whole(&body["Resources"][0])]);
    let user = target.asks("GET", &format!("/Users/{first}"), None).await;
    let body = user.json();
    asked.holds(2, [user.status == 200 && body["id"] == first && is_whole(&body)]);
}

async fn nobody(target: &Target, asked: &mut Asked) {
    let by_name = "/Users?filter=userName%20eq%20%22nobody@c.example%22";
    asked.holds(3, [is_list(&target.asks("GET", by_name, None).await, 0)]);
    let by_id = target.asks("GET", "/Users/nobody-has-this-id", None).await;
    asked.holds(4, [is_error(&by_id, 404)]);
    let not_yet = "/Users?filter=userName%20eq%20%22ivar.moe@c.example%22";
    asked.holds(5, [is_list(&target.asks("GET", not_yet, None).await, 0)]);
}

async fn another(target: &Target, asked: &mut Asked) {
    let ivar = person("Ivar", "Moe", "ivar.moe@c.example");
    let made = target.asks("POST", "/Users", Some(&ivar)).await;
    let body = made.json();
    let as_sent =
        ["userName", "name", "active", "emails"].into_iter().all(|it| body[it] == ivar[it]);
    asked.holds(
        6,
        [made.status == 201 && as_sent && is_whole(&body) && body["schemas"] == json!([USER])],
    );
    let id = body["id"].as_str().unwrap_or_default().to_owned();
    let read = target.asks("GET", &format!("/Users/{id}"), None).await;
    let same = ["userName", "name"].into_iter().all(|it| read.json()[it] == ivar[it]);
    asked.holds(7, [read.status == 200 && same]);
    let twice = target.asks("POST", "/Users", Some(&ivar)).await;
    asked.holds(8, [is_error(&twice, 409) && twice.json()["scimType"] == "uniqueness"]);
    let loud = target.asks("GET", "/Users?filter=userName%20eq%20%22IVAR.MOE@C.EXAMPLE%22", None);
    let loud = loud.await;
    asked.holds(9, [is_list(&loud, 1) && loud.json()["Resources"][0]["id"] == id.as_str()]);
}

async fn errors(target: &Target, asked: &mut Asked) {
    let groups = target.asks("GET", "/Groups", None).await;
    asked.holds(10, [is_list(&groups, 0) && groups.json()["Resources"] == json!([])]);
    let path = format!("{}/Users", target.base);
    let stranger = [("authorization", "Bearer nobody-was-given-this")];
    let refused = sends(target.address, "GET", &path, &stranger, b"").await;
    asked.holds(11, [is_error(&refused, 401) && refused.header("www-authenticate").is_some()]);
    let gone = target.asks("GET", "/Users/00919288221112222", None).await;
    asked.holds(12, [is_error(&gone, 404)]);
}

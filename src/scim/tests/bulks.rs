//! Bulks: read, ordered, resolved, answered.

use std::collections::HashMap;

use super::*;
use crate::scim::{BulkAction, BulkLimits, BulkRequest, BulkResponse, BulkResult, Tags};

const LIMITS: BulkLimits = BulkLimits { operations: 10, bytes: 4096 };

fn bulk(operations: &Json) -> BulkRequest {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "failOnErrors": 1,
        "Operations": operations,
    });
    BulkRequest::parse(body.to_string().as_bytes(), &LIMITS).unwrap()
}

fn post(name: &str, path: &str, data: &Json) -> Json {
    json!({"method": "post", "path": path, "bulkId": name, "data": data})
}

fn made(ids: &[(&str, &str)]) -> HashMap<String, String> {
    ids.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
}

#[test]
fn a_bulk_is_read() {
    let bulk = bulk(&json!([
        post("q", "/Users", &json!({"userName": "a"})),
        {"method": "PUT", "path": "/Users/b7", "version": "W/\"3\"", "data": {"userName": "b"}},
        {"method": "PATCH", "path": "/groups/bulkId:g", "data": {"Operations": []}},
        {"method": "DELETE", "path": "/Users/e9"},
    ]));
    assert_eq!(bulk.fail_on_errors, Some(1));
    let actions: Vec<&BulkAction> = bulk.operations.iter().flat_map(|it| &it.action).collect();
    let BulkAction::Create { resource_type: ResourceType::User, .. } = actions[0] else { panic!() };
    let BulkAction::Replace { target, .. } = actions[1] else { panic!() };
    assert_eq!(target.id, "b7");
    assert!(target.version.as_ref().is_some_and(|it| it.matches(Version(3))));
    assert_ne!(target.version, Some(Tags::Any));
    let BulkAction::Change { target, .. } = actions[2] else { panic!() };
    assert_eq!(target.resource_type, ResourceType::Group);
    assert_eq!(target.id(&made(&[("g", "group_1")])).unwrap(), "group_1");
    assert_eq!(target.id(&made(&[])).unwrap_err().status, 400);
    assert!(matches!(actions[3], BulkAction::Delete { target } if target.id == "e9"));
}

#[test]
fn what_is_wrong_with_one_fails_that_one() {
    let word = |operation: Json| {
        let bulk = bulk(&json!([operation]));
        let refusal = bulk.operations[0].action.clone().unwrap_err();
        refusal.scim_type.unwrap().as_str()
    };
    assert_eq!(word(json!({"method": "POST", "path": "/Users", "data": {}})), "invalidValue");
    assert_eq!(word(json!({"method": "POST", "path": "/Users", "bulkId": "a"})), "invalidSyntax");
    assert_eq!(word(post("a", "/Users/x", &json!({}))), "invalidPath");
    assert_eq!(word(post("a", "/Things", &json!({}))), "invalidPath");
    assert_eq!(word(post("a", "Users", &json!({}))), "invalidPath");
    assert_eq!(word(json!({"method": "GET", "path": "/Users/x", "data": {}})), "invalidSyntax");
    assert_eq!(word(json!({"method": "DELETE", "path": "/Users"})), "invalidPath");
    assert_eq!(word(json!({"method": "DELETE", "path": "/Users/a/b"})), "invalidPath");
    assert_eq!(word(json!({"method": "PUT", "path": "/Users/a", "data": 5})), "invalidSyntax");
}

#[test]
fn what_is_wrong_with_the_whole_is_refused() {
    let status = |body: &str| BulkRequest::parse(body.as_bytes(), &LIMITS).unwrap_err().status;
    let delete = json!({"method": "DELETE", "path": "/Users/x"});
    assert_eq!(status(&json!({"Operations": vec![delete.clone(); 11]}).to_string()), 413);
    assert_eq!(status(&" ".repeat(4097)), 413);
    assert_eq!(status("{}"), 400);
    assert_eq!(status("{\"Operations\":[5]}"), 400);
    assert_eq!(status("{\"Operations\":[],\"failOnErrors\":\"x\"}"), 400);
    assert_eq!(status("{\"Operations\":[],\"schemas\":[\"urn:x\"]}"), 400);
    assert_eq!(status("{\"Operations\":[{\"method\":5}]}"), 400);
    let twice = json!([post("a", "/Users", &json!({})), post("a", "/Users", &json!({}))]);
    assert_eq!(status(&json!({"Operations": twice}).to_string()), 400);
    let zero = BulkRequest::parse(b"{\"Operations\":[],\"failOnErrors\":0}", &LIMITS).unwrap();
    assert_eq!(zero.fail_on_errors, None);
}

#[test]
fn what_another_needs_goes_first() {
    let group = |members: &[&str]| {
        let list: Vec<Json> =
            members.iter().map(|it| json!({"value": format!("bulkId:{it}")})).collect();
        json!({"displayName": "g", "members": list})
    };
    let forward = bulk(&json!([
        post("g", "/Groups", &group(&["a", "b"])),
        post("x", "/Users", &json!({"userName": "x"})),
        post("b", "/Users", &json!({"userName": "b", ENTERPRISE: {"manager": {"value": "bulkId:a"}}})),
        post("a", "/Users", &json!({"userName": "a"})),
        {"method": "DELETE", "path": "/Users/bulkId:x"},
    ]));
    assert_eq!(forward.order(), [3, 2, 0, 1, 4]);
    let plain = bulk(&json!([
        post("a", "/Users", &json!({})),
        post("g", "/Groups", &group(&["a", "unknown"])),
    ]));
    assert_eq!(plain.order(), [0, 1]);
    let circle = bulk(&json!([
        post("g", "/Groups", &group(&["h"])),
        post("h", "/Groups", &group(&["i"])),
        post("i", "/Groups", &group(&["g", "i"])),
    ]));
    assert_eq!(circle.order(), [2, 1, 0]);
    let chain: Vec<Json> =
        (0..10).map(|n| post(&n.to_string(), "/Groups", &group(&[&(n + 1).to_string()]))).collect();
    assert_eq!(bulk(&json!(chain)).order(), (0..10).rev().collect::<Vec<_>>());
}

#[test]
fn references_become_ids_now_or_later() {
    let bulk = bulk(&json!([
        post("a", "/Groups", &json!({"displayName": "A", "members": [
            {"value": "bulkId:b", "type": "Group"}, {"value": "bulkId:c"}, {"value": "u-1"},
        ]})),
        post("b", "/Groups", &json!({"displayName": "B", "members": [{"value": "bulkId:a"}]})),
        post("c", "/Users", &json!({"userName": "c", ENTERPRISE: {
            "department": "R&D", "manager": {"value": "bulkId:a"},
        }})),
        {"method": "PATCH", "path": "/Groups/g", "data": {"Operations": [
            {"op": "add", "path": "members", "value": [{"value": "bulkId:c"}]},
            {"op": "replace", "path": "displayName", "value": "G"},
        ]}},
        post("d", "/Groups", &json!({"members": ["bulkId:nobody"]})),
    ]));
    let resolve = |at: usize, made: &HashMap<String, String>| {
        bulk.resolve(bulk.operations[at].data().unwrap(), made)
    };
    let first = resolve(0, &made(&[("c", "user_c")])).unwrap();
    assert_eq!(
        first.data,
        json!({"displayName": "A", "members": [{"value": "user_c"}, {"value": "u-1"}]})
    );
    let later = first.later.unwrap();
    assert_eq!(
        later["Operations"],
        json!([{"op": "add", "path": "members", "value": [{"value": "bulkId:b", "type": "Group"}]}])
    );
    let all = made(&[("a", "group_a"), ("b", "group_b"), ("c", "user_c")]);
    let resolved = bulk.resolve(&later, &all).unwrap();
    assert_eq!(resolved.later, None);
    assert!(Patch::from_json(resolved.data).is_ok());
    let user = resolve(2, &made(&[])).unwrap();
    assert_eq!(user.data[ENTERPRISE], json!({"department": "R&D"}));
    assert_eq!(
        user.later.unwrap()["Operations"],
        json!([{"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "bulkId:a"}}])
    );
    let change = resolve(3, &made(&[])).unwrap();
    assert_eq!(change.data["Operations"].as_array().unwrap().len(), 1);
    assert_eq!(change.later.unwrap()["Operations"].as_array().unwrap().len(), 1);
    assert_eq!(resolve(3, &all).unwrap().later, None);
    assert_eq!(resolve(4, &all).unwrap_err().scim_type.unwrap().as_str(), "invalidValue");
}

#[test]
fn the_answer() {
    let mut response = BulkResponse::new();
    response.push(BulkResult {
        method: "POST".to_owned(),
        bulk_id: Some("q".to_owned()),
        location: Some(format!("{BASE}/Users/{ID}")),
        outcome: Ok((201, Some(Version(1)))),
    });
    response.push(BulkResult {
        method: "DELETE".to_owned(),
        bulk_id: None,
        location: None,
        outcome: Err(Rejected::not_found("no user `x`")),
    });
    assert_eq!(response.errors(), 1);
    let body: Json = serde_json::from_slice(&response.finish()).unwrap();
    assert_eq!(
        body,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
            "Operations": [
                {
                    "method": "POST",
                    "bulkId": "q",
                    "location": format!("{BASE}/Users/{ID}"),
                    "status": "201",
                    "version": "W/\"1\"",
                },
                {
                    "method": "DELETE",
                    "status": "404",
                    "response": {
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                        "status": "404",
                        "detail": "no user `x`",
                    },
                },
            ],
        })
    );
}

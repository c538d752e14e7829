//! Lists: what is asked for, in what order, and the envelope.

use super::*;
use crate::scim::{
    ListLimits, ListRequest, ListResponse, Page, Paging, Projection,
    list::{Sort, SortKey},
};

const LIMITS: ListLimits = ListLimits { default_count: 100, max_count: 200 };

fn asked(query: &str) -> Result<ListRequest, Rejected> {
    let pairs: Vec<(&str, &str)> = query
        .split('&')
        .filter(|it| !it.is_empty())
        .map(|it| it.split_once('=').unwrap_or((it, "")))
        .collect();
    ListRequest::from_pairs(pairs, Some(ResourceType::User), LIMITS)
}

fn searched(body: &Json) -> Result<ListRequest, Rejected> {
    ListRequest::from_search(body.to_string().as_bytes(), Some(ResourceType::User), LIMITS)
}

fn page(query: &str) -> Page {
    asked(query).unwrap().page
}

#[test]
fn pages_by_number() {
    let index = |start, count| Page::Index { start, count };
    for (query, want) in [
        ("", index(1, 100)),
        ("startIndex=3&count=2", index(3, 2)),
        ("STARTINDEX=0&Count=0", index(1, 0)),
        ("startIndex=-5&count=-1", index(1, 0)),
        ("count=201", index(1, 200)),
        ("count=99999999999999999999&startIndex=99999999999999999999", index(i64::MAX as u64, 200)),
        ("count=&startIndex=", index(1, 100)),
        ("unknown=5", index(1, 100)),
    ] {
        assert_eq!(page(query), want, "{query}");
    }
    for bad in ["count=x", "startIndex=1.5", "count=0x1", "count=1&count=2", "startIndex=-"] {
        assert!(asked(bad).unwrap_err().to_string().starts_with("invalidValue"), "{bad}");
    }
}

#[test]
fn pages_by_cursor() {
    let cursor =
        |cursor: Option<&str>, count| Page::Cursor { cursor: cursor.map(str::to_owned), count };
    assert_eq!(page("cursor="), cursor(None, 100));
    assert_eq!(page("cursor&count=10"), cursor(None, 10));
    assert_eq!(page("cursor=aZ0-._~&count=500"), cursor(Some("aZ0-._~"), 200));
    let word = |query: &str| asked(query).unwrap_err().scim_type.unwrap().as_str();
    assert_eq!(word("cursor=a/b"), "invalidCursor");
    assert_eq!(word("cursor=a%20b"), "invalidCursor");
    assert_eq!(word(&format!("cursor={}", "a".repeat(1025))), "invalidCursor");
    for count in ["x", "0", "-1"] {
        assert_eq!(word(&format!("cursor=&count={count}")), "invalidCount");
    }
}

#[test]
fn filters_sorts_and_projections() {
    let request = asked("filter=userName sw \"k\"&sortBy=name.familyName&sortOrder=Descending&attributes=id,userName").unwrap();
    assert_eq!(request.filter.unwrap().to_string(), "userName sw \"k\"");
    let sort = request.sort.unwrap();
    assert_eq!((sort.by.to_string().as_str(), sort.descending), ("name.familyName", true));
    assert!(matches!(request.projection, Projection::Only(paths) if paths.len() == 2));
    assert_eq!(asked("filter=&sortBy=").unwrap(), asked("").unwrap());
    for (bad, word) in [
        ("filter=userName", "invalidFilter"),
        ("filter=active gt true", "invalidFilter"),
        ("filter=password pr", "invalidFilter"),
        ("sortBy=a.b.c", "invalidPath"),
        ("sortBy=password", "invalidPath"),
        ("sortBy=title&sortOrder=up", "invalidValue"),
        ("attributes=a&excludedAttributes=b", "invalidValue"),
    ] {
        assert_eq!(asked(bad).unwrap_err().scim_type.unwrap().as_str(), word, "{bad}");
    }
    // Where users and groups are listed together, a filter must be one on both.
    let both = |query| ListRequest::from_pairs([("filter", query)], None, LIMITS);
    assert!(both("displayName sw \"a\"").is_ok());
    assert!(both("active gt true").is_err());
}

#[test]
fn a_search_says_the_same_in_json() {
    let search = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    let body = json!({
        "schemas": [search],
        "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\"",
        "StartIndex": 1,
        "count": "10",
        "sortBy": "userName",
        "sortOrder": "descending",
    });
    let pairs = "attributes=displayName,userName&filter=displayName sw \"smith\"&startIndex=1&count=10&sortBy=userName&sortOrder=descending";
    assert_eq!(searched(&body).unwrap(), asked(pairs).unwrap());
    assert_eq!(searched(&json!({})).unwrap(), asked("").unwrap());
    assert_eq!(
        searched(&json!({"cursor": "", "count": 5})).unwrap(),
        asked("cursor=&count=5").unwrap()
    );
    assert_eq!(searched(&json!({"cursor": null, "filter": null})).unwrap(), asked("").unwrap());
    assert_eq!(
        searched(&json!({"excludedAttributes": "title"})).unwrap(),
        asked("excludedAttributes=title").unwrap()
    );
    for bad in [
        json!({"schemas": ["urn:x"]}),
        json!({"filter": true}),
        json!({"count": "x"}),
        json!({"attributes": [5]}),
        json!({"attributes": 5}),
    ] {
        assert_eq!(searched(&bad).unwrap_err().status, 400, "{bad}");
    }
}

#[test]
fn what_a_list_is_sorted_by() {
    let key = |by: &str| {
        let query = format!("sortBy={by}");
        asked(&query).unwrap().sort.unwrap().key(&kim(), &served())
    };
    let text = |text: &str| SortKey::Text(text.to_owned());
    assert_eq!(key("userName"), text("kim@c.example"));
    assert_eq!(key("externalId"), text("u-481"));
    assert_eq!(key("id"), text(ID));
    assert_eq!(key("active"), SortKey::Bool(true));
    assert_eq!(key("meta.created"), SortKey::Instant(served().created));
    assert_eq!(key("emails"), text("kim@c.example"));
    assert_eq!(key("emails.type"), text("work"));
    assert_eq!(key(&format!("{ENTERPRISE}:department")), text("r&d"));
    assert_eq!(key("nickName"), SortKey::None);
    let second =
        user(&json!({"userName": "a", "emails": ["z@c", {"value": "a@c", "primary": true}]}));
    let by = Sort { by: crate::scim::AttributePath::parse("emails").unwrap(), descending: false };
    assert_eq!(by.key(&second, &served()), text("a@c"));
    let mut keys = [SortKey::None, text("b"), SortKey::Bool(true), text("a"), SortKey::Bool(false)];
    keys.sort();
    assert_eq!(
        keys,
        [SortKey::Bool(false), SortKey::Bool(true), text("a"), text("b"), SortKey::None]
    );
}

#[test]
fn the_envelope() {
    let read = |body: Vec<u8>| serde_json::from_slice::<Json>(&body).unwrap();
    let mut list = ListResponse::begin(0);
    list.push(b"{\"id\":\"1\"}");
    list.push_with(|out| out.extend_from_slice(b"{\"id\":\"2\"}"));
    assert_eq!(
        read(list.finish(Paging::Index { total: 7, start: 3 })),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 7,
            "startIndex": 3,
            "itemsPerPage": 2,
            "Resources": [{"id": "1"}, {"id": "2"}],
        })
    );
    let empty = read(ListResponse::begin(0).finish(Paging::Index { total: 0, start: 1 }));
    assert_eq!((&empty["Resources"], &empty["itemsPerPage"]), (&json!([]), &json!(0)));
    let cursor = |total, next, previous| {
        read(ListResponse::begin(0).finish(Paging::Cursor { total, next, previous }))
    };
    let first = cursor(Some(9), Some("n"), None);
    assert_eq!((&first["nextCursor"], &first["totalResults"]), (&json!("n"), &json!(9)));
    let end = cursor(None, None, Some("p"));
    assert_eq!((end.get("nextCursor"), &end["previousCursor"]), (None, &json!("p")));
    assert_eq!(end.get("totalResults"), None);
}

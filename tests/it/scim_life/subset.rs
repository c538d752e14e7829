//! Whether an answer has what is wanted of it: more is no fault, and the order of a list is none.

use serde_json::Value as Json;

/// Where `got` lacks something of `wanted`, in words. `"*"` is whatever there is.
pub(super) fn differences(got: &Json, wanted: &Json) -> Vec<String> {
    let mut found = Vec::new();
    compare(got, wanted, "", &mut found);
    found
}

/// How many single values are claimed.
pub(super) fn claims(wanted: &Json) -> usize {
    match wanted {
        Json::Object(map) => map.values().map(claims).sum(),
        // Its length is a claim of its own.
        Json::Array(list) => 1 + list.iter().map(claims).sum::<usize>(),
        _ => 1,
    }
}

fn compare(got: &Json, wanted: &Json, place: &str, found: &mut Vec<String>) {
    let here = if place.is_empty() { "/" } else { place };
    match (got, wanted) {
        (Json::Null, wanted) => found.push(format!("{here} is absent, expected {wanted}")),
        (_, Json::String(any)) if any == "*" => {}
        (Json::Object(got), Json::Object(wanted)) => {
            for (key, wanted) in wanted {
                let place = format!("{place}/{key}");
                compare(got.get(key).unwrap_or(&Json::Null), wanted, &place, found);
            }
        }
        (Json::Array(got), Json::Array(wanted)) if got.len() != wanted.len() => {
            let (is, should) = (got.len(), wanted.len());
            found.push(format!("{here} has {is} values, expected {should}: {}", brief(got)));
        }
        (Json::Array(got), Json::Array(wanted)) => {
            let mut left: Vec<&Json> = got.iter().collect();
            for wanted in wanted {
                match left.iter().position(|got| differences(got, wanted).is_empty()) {
                    Some(at) => drop(left.remove(at)),
                    None => {
                        found.push(format!("{here} is {}, expected {wanted} in it", brief(got)));
                    }
                }
            }
        }
        (got, wanted) if got != wanted => {
            found.push(format!("{here} is {got}, expected {wanted}"));
        }
        _ => {}
    }
}

/// So much of a list as fits into a sentence.
fn brief(list: &[Json]) -> String {
    let text = Json::Array(list.to_vec()).to_string();
    text.chars().take(300).collect()
}

#[test]
fn more_is_no_fault_and_less_is() {
    use serde_json::json;
    let got = json!({"a": 1, "list": [{"v": 1, "w": 2}, {"v": 2}], "deep": {"x": true}});
    for wanted in [
        json!({}),
        json!({"a": 1}),
        json!({"a": "*"}),
        json!({"list": [{"v": 2}, {"w": 2}]}),
        json!({"deep": {"x": true}}),
    ] {
        assert_eq!(differences(&got, &wanted), Vec::<String>::new(), "{wanted}");
    }
    for wanted in [
        json!({"a": 2}),
        json!({"a": "1"}),
        json!({"b": "*"}),
        json!({"list": [{"v": 2}]}),
        json!({"list": [{"v": 2}, {"v": 2}]}),
        json!({"list": [{"v": 2}, {"v": 3}]}),
        json!({"list": []}),
        json!({"deep": {"x": "true"}}),
        json!({"deep": {"y": true}}),
    ] {
        assert_eq!(differences(&got, &wanted).len(), 1, "{wanted}");
    }
}

//! Paths of SCIM changes: what is read prints, re-parses to the same, and changes a resource or does
//! not; names of attributes, sorts and cursors beside.
#![no_main]

use kernia_fuzz::{
    directory, play,
    scim::{ListLimits, ListRequest, Path, Projection, ResourceType, Tags},
};

libfuzzer_sys::fuzz_target!(
    init: play::plant(directory::paths),
    |data: &[u8]| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        if let Ok(path) = Path::parse(text) {
            let printed = path.to_string();
            if printed.len() <= 4096 {
                assert_eq!(Path::parse(&printed).as_ref(), Ok(&path));
            }
            for op in ["add", "replace", "remove"] {
                let value = serde_json::json!({"op": op, "path": text, "value": "x"});
                directory::change(&serde_json::json!({"Operations": [value]}).to_string());
            }
        }
        for (attributes, excluded) in [(Some(text), None), (None, Some(text))] {
            if let Ok(projection) = Projection::parse(attributes, excluded) {
                let mut out = Vec::new();
                projection.render(&directory::USER, &directory::served(), &mut out);
                let told: serde_json::Value = serde_json::from_slice(&out).unwrap();
                assert!(told["id"].is_string() && told["schemas"].is_array());
            }
        }
        let limits = ListLimits { default_count: 100, max_count: 200 };
        for name in ["sortBy", "cursor", "count", "startIndex", "filter"] {
            let request = ListRequest::from_pairs([(name, text)], Some(ResourceType::User), limits);
            if let Some(sort) = request.ok().and_then(|it| it.sort) {
                let _ = sort.key(&directory::USER, &directory::served());
            }
        }
        let _ = Tags::parse(text);
    }
);

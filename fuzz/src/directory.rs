//! What the SCIM targets play with: a user and a group, and the seeds for the fuzzer.

use std::sync::LazyLock;

use crate::{
    kit::time::Timestamp,
    scim::{
        Patch, Resource, ResourceType, Served, Version,
        schema::{ENTERPRISE, GROUP, USER as USER_SCHEMA},
    },
};

const ID: &str = "directory_user_01";

/// A user.
pub static USER: LazyLock<Resource> = LazyLock::new(|| {
    let body = format!(
        r#"{{"userName":"Kim@C.example","externalId":"u-481","name":{{"givenName":"Kim"}},"emails":[{{"value":"kim@c.example","type":"work","primary":true}},{{"value":"k@h.example","type":"home"}}],"tags":["a","b"],"{ENTERPRISE}":{{"department":"R&D","manager":{{"value":"m-1"}}}},"urn:acme:1.0:User":{{"badge":7}}}}"#
    );
    Resource::receive(ResourceType::User, body.as_bytes()).unwrap().resource
});

/// A group.
pub static GROUP_OF_ALL: LazyLock<Resource> = LazyLock::new(|| {
    Resource::receive(ResourceType::Group, br#"{"displayName":"All"}"#).unwrap().resource
});

/// What a server knows of them.
pub fn served() -> Served<'static> {
    Served {
        id: ID,
        created: Timestamp::from_millis(1_767_323_045_678),
        last_modified: Timestamp::from_millis(1_770_000_000_000),
        version: Version(3),
        base: "https://kernia.test/scim/v2/d",
        links: &[],
    }
}

/// A resource that is sound: it is stored, restored, and received again the same, and of several
/// values one is primary at most.
pub fn check(resource: &Resource) {
    let stored = resource.stored();
    assert_eq!(Resource::restore(resource.resource_type(), &stored).as_ref(), Some(resource));
    for (name, value) in resource.attributes() {
        let known = resource.resource_type().attribute(name).is_some();
        let list = value.as_array().into_iter().flatten();
        let primary = list.filter(|it| it.get("primary") == Some(&true.into())).count();
        assert!(primary <= 1 || !known);
    }
}

/// Makes a change, twice.
pub fn change(body: &str) {
    let Ok(patch) = Patch::parse(body.as_bytes()) else { return };
    for before in [&*USER, &*GROUP_OF_ALL] {
        let mut after = before.clone();
        match patch.apply(&mut after, ID) {
            Ok(changed) => {
                assert_eq!(changed.resource, after != *before);
                check(&after);
                let _ = patch.apply(&mut after, ID);
            }
            Err(_) => assert_eq!(after, *before),
        }
    }
}

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|it| it.as_bytes().to_vec()).collect()
}

/// Filters of every form.
pub fn filters() -> Vec<Vec<u8>> {
    bytes(&[
        r#"userName eq "kim@c.example""#,
        r#"emails[type eq "work"].value eq "kim@c.example""#,
        r#"title pr and not (userType eq "x" or emails[primary eq true and value co "@"])"#,
        r#"meta.lastModified gt "2026-01-02T03:04:05.678Z""#,
        &format!(r#"{ENTERPRISE}:manager.value ne null or {USER_SCHEMA}:active eq "False""#),
        r#"a eq -1.5e3 and b gt 5 or c eq "\u00e9\n\"""#,
        r#"id eq "g" and members eq "u""#,
    ])
}

/// Paths of every form.
pub fn paths() -> Vec<Vec<u8>> {
    bytes(&[
        "userName",
        "name.givenName",
        r#"emails[type eq "work"].value"#,
        r#"members[value eq "u" or value eq "v"]"#,
        &format!("{ENTERPRISE}:manager.value"),
        &format!("{ENTERPRISE}.department"),
        ENTERPRISE,
        "urn:acme:1.0:User:badge",
        "urn:acme:1.0",
        r#"roles[primary eq "True"].value"#,
        r#"tags[value eq "a"]"#,
    ])
}

/// Bodies of every request.
pub fn bodies() -> Vec<Vec<u8>> {
    bytes(&[
        &USER.stored(),
        &format!(r#"{{"schemas":["{GROUP}"],"displayName":"All","members":[{{"value":"u","$ref":null}}]}}"#),
        r#"{"Operations":[{"op":"Replace","path":"active","value":"False"}]}"#,
        r#"{"Operations":[{"op":"Add","path":"emails[type eq \"other\"].value","value":"x"},{"op":"remove","path":"emails","value":[{"value":"k@h.example"}]}]}"#,
        r#"{"Operations":[{"op":"replace","value":{"name.familyName":"Ng","emails":[{"value":"a","primary":true}],"id":"directory_user_01"}}]}"#,
        &format!(r#"{{"Operations":[{{"op":"add","path":"{ENTERPRISE}:manager","value":[{{"$ref":null,"value":"m"}}]}}]}}"#),
        r#"{"Operations":[{"op":"Remove","path":"members","value":[{"value":"u"}]},{"op":"add","path":"tags","value":["a","c"]}]}"#,
        r#"{"Operations":[{"op":"Add","path":"roles","value":[{"value":"{\"value\":\"x\",\"displayName\":\"X\"}"}]}]}"#,
        r#"{"filter":"userName pr","sortBy":"emails","count":5,"cursor":"","attributes":["emails.value"]}"#,
        r#"{"failOnErrors":1,"Operations":[{"method":"POST","path":"/Groups","bulkId":"a","data":{"members":[{"value":"bulkId:b"}]}},{"method":"POST","path":"/Groups","bulkId":"b","data":{"members":["bulkId:a"]}},{"method":"DELETE","path":"/Users/x","version":"W/\"1\""}]}"#,
    ])
}

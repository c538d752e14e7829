//! What the server says of itself, and how it says no.

use super::*;
use crate::scim::{
    Capabilities,
    rejected::ScimType,
    schema::{self, documents},
};

fn attribute<'a>(schema: &'a Json, name: &str) -> &'a Json {
    schema["attributes"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()
}

#[test]
fn every_attribute_has_every_characteristic() {
    fn check(attribute: &Json) {
        for name in ["name", "type", "description", "mutability", "returned", "uniqueness"] {
            assert!(attribute[name].as_str().is_some_and(|it| !it.is_empty()), "{attribute}");
        }
        for name in ["multiValued", "required", "caseExact"] {
            assert!(attribute[name].is_boolean(), "{attribute}");
        }
        assert_eq!(attribute["type"] == "complex", attribute.get("subAttributes").is_some());
        assert_eq!(attribute["type"] == "reference", attribute.get("referenceTypes").is_some());
        let subs = attribute.get("subAttributes").and_then(Json::as_array);
        subs.into_iter().flatten().for_each(check);
    }
    let schemas = documents::schemas(BASE);
    assert_eq!(
        schemas.iter().map(|it| it["id"].as_str().unwrap()).collect::<Vec<_>>(),
        [USER, GROUP, ENTERPRISE]
    );
    for schema in &schemas {
        assert_eq!(
            schema["meta"]["location"],
            format!("{BASE}/Schemas/{}", schema["id"].as_str().unwrap())
        );
        schema["attributes"].as_array().unwrap().iter().for_each(check);
    }
    let user = &schemas[0];
    assert_eq!(attribute(user, "userName")["uniqueness"], "server");
    assert_eq!(attribute(user, "userName")["required"], true);
    assert_eq!(attribute(user, "userName")["caseExact"], false);
    assert_eq!(attribute(user, "password")["returned"], "never");
    assert_eq!(attribute(user, "password")["mutability"], "writeOnly");
    assert_eq!(attribute(user, "groups")["mutability"], "readOnly");
    assert_eq!(attribute(&schemas[1], "displayName")["required"], true);
    assert_eq!(attribute(&schemas[1], "members")["subAttributes"][0]["mutability"], "immutable");
    assert_eq!(user["attributes"].as_array().unwrap().len(), 21);
}

#[test]
fn attributes_are_found_in_any_case() {
    assert_eq!(ResourceType::User.attribute("USERNAME").unwrap().name, "userName");
    assert_eq!(ResourceType::User.attribute("externalid").unwrap().name, "externalId");
    assert!(ResourceType::User.attribute("id").unwrap().case_exact);
    assert!(ResourceType::User.attribute("members").is_none());
    assert_eq!(
        ResourceType::Group.attribute("Members").unwrap().sub_attribute("$REF").unwrap().name,
        "$ref"
    );
    assert_eq!(schema::schema(&ENTERPRISE.to_uppercase()).unwrap().name, "EnterpriseUser");
    assert!(ResourceType::User.extension(&ENTERPRISE.to_lowercase()).is_some());
    assert!(ResourceType::Group.extension(ENTERPRISE).is_none());
    assert_eq!(ResourceType::from_endpoint("users"), Some(ResourceType::User));
    assert_eq!(ResourceType::from_endpoint("User"), None);
}

#[test]
fn types_and_configuration() {
    let types = documents::resource_types(BASE);
    assert_eq!(types[0]["schemaExtensions"], json!([{"schema": ENTERPRISE, "required": false}]));
    assert_eq!(
        (&types[0]["endpoint"], &types[1]["endpoint"]),
        (&"/Users".into(), &"/Groups".into())
    );
    assert_eq!(types[1].get("schemaExtensions"), None);
    let capabilities = Capabilities {
        bulk_operations: 1000,
        bulk_bytes: 1_048_576,
        max_page: 200,
        default_page: 100,
        cursor_timeout: 3600,
        oauth: true,
    };
    let config = capabilities.document(BASE);
    assert_eq!(
        config["bulk"],
        json!({"supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576})
    );
    assert_eq!(config["filter"], json!({"supported": true, "maxResults": 200}));
    assert_eq!(config["changePassword"], json!({"supported": false}));
    for name in ["patch", "sort", "etag"] {
        assert_eq!(config[name], json!({"supported": true}));
    }
    assert_eq!(
        config["pagination"],
        json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 100,
            "maxPageSize": 200,
            "cursorTimeout": 3600,
        })
    );
    assert_eq!(config["authenticationSchemes"].as_array().unwrap().len(), 2);
    let without = Capabilities { oauth: false, ..capabilities }.document(BASE);
    assert_eq!(without["authenticationSchemes"].as_array().unwrap().len(), 1);
}

#[test]
fn a_no_says_its_status_as_a_text() {
    assert_eq!(
        Rejected::uniqueness("`userName` is taken").document(),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": "409",
            "scimType": "uniqueness",
            "detail": "`userName` is taken",
        })
    );
    assert_eq!(Rejected::not_found("x").document().get("scimType"), None);
    for (scim_type, status) in [
        (ScimType::InvalidFilter, 400),
        (ScimType::TooMany, 400),
        (ScimType::Uniqueness, 409),
        (ScimType::Mutability, 400),
        (ScimType::InvalidSyntax, 400),
        (ScimType::InvalidPath, 400),
        (ScimType::NoTarget, 400),
        (ScimType::InvalidValue, 400),
        (ScimType::InvalidVers, 400),
        (ScimType::Sensitive, 403),
        (ScimType::InvalidCursor, 400),
        (ScimType::ExpiredCursor, 400),
        (ScimType::InvalidCount, 400),
    ] {
        assert_eq!(Rejected::new(scim_type, "x").status, status);
    }
    let long = Rejected::status(400, format!("a\n{}", "é".repeat(500)));
    assert_eq!(long.detail.chars().count(), 401);
    assert!(long.detail.starts_with("a é") && long.detail.ends_with('…'));
    assert_eq!(long.to_string().lines().count(), 1);
}

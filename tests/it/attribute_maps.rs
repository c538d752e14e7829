//! From what a provider says about a person to the profile that an application gets: the
//! connection's own map, the names of each kind of provider, and what is a person's id.

use serde_json::{Value, json};

use crate::{
    idp::{Answer as Spoken, attribute},
    kernia::{Answer, Application, IdentityProvider, Kernia, logging},
};

const ADA: &str = "ada@acme.test";

/// A Kernia in which everything is ready, and a connection with these fields beside the usual ones.
async fn ready(more: Value) -> (Kernia, Application, String) {
    let kernia = Kernia::start().await;
    let app = kernia.application();
    let uri = json!({ "uri": Application::CALLBACK });
    app.posts("/user_management/redirect_uris", uri).await.is(201);
    let organization = app.organization("acme.test").await;
    let made = app.connection_with(&organization, &IdentityProvider::acme(), &more).await;
    let path = format!("/connections/{}", made["id"].as_str().unwrap());
    (kernia, app, path)
}

/// Somebody signs in with an answer that was changed before it was signed.
async fn answered(
    kernia: &Kernia,
    app: &Application,
    path: &str,
    change: impl Fn(&mut Spoken),
) -> Answer {
    let (idp, mut browser) = (IdentityProvider::acme(), kernia.browser());
    let connection = path.rsplit('/').next().unwrap();
    let asked = browser.begins(app, &[("connection", connection)]).await;
    let mut spoken = idp.answer(&asked, ADA, kernia.clock.now());
    change(&mut spoken);
    browser.returns(&asked, &idp.signs(&spoken)).await
}

/// The profile of somebody whose provider sends these attributes.
async fn profile(
    kernia: &Kernia,
    app: &Application,
    path: &str,
    attributes: &[(&str, &[&str])],
) -> Value {
    let written: String = attributes.iter().map(|(name, values)| attribute(name, values)).collect();
    let back = answered(kernia, app, path, |spoken| spoken.attributes.clone_from(&written)).await;
    assert_eq!(back.status, 303, "{}", back.body);
    app.exchanges(&back.leads_with("code").unwrap()).await.profile
}

fn named(of: &str) -> Value {
    json!({ "attribute_maps": { "standard_attributes": of } })
}

#[tokio::test]
async fn a_map_changes_name_by_name() {
    let map = json!({
        "standard_attributes": { "email": "workEmail", "first_name": "vorname", "groups": null },
        "custom_attributes": { "cost_center": "kostenstelle", "floor": "etage" },
    });
    let (_kernia, app, path) = ready(json!({ "attribute_maps": map })).await;
    let shown = app.gets(&path).await.is(200)["attribute_maps"].clone();
    let nothing = json!({
        "idp_id": null, "email": null, "first_name": null, "last_name": null, "groups": null,
        "name": null,
    });
    let mut expected = json!({
        "standard_attributes": nothing,
        "custom_attributes": { "cost_center": "kostenstelle", "floor": "etage" },
    });
    expected["standard_attributes"]["email"] = json!("workEmail");
    expected["standard_attributes"]["first_name"] = json!("vorname");
    assert_eq!(shown, expected);

    // As the Python SDK sends it: `groups` and `name` are always there.
    let change = json!({ "attribute_maps": {
        "standard_attributes": { "first_name": "rufname", "groups": null, "name": null },
        "custom_attributes": { "floor": null, "desk": "platz" },
    } });
    let changed = app.patches(&path, change).await.is(200)["attribute_maps"].clone();
    expected["standard_attributes"]["first_name"] = json!("rufname");
    expected["custom_attributes"] = json!({ "cost_center": "kostenstelle", "desk": "platz" });
    assert_eq!(changed, expected);
    assert_eq!(app.patches(&path, json!({})).await.is(200)["attribute_maps"], expected);

    let standard = json!({ "attribute_maps": { "standard_attributes": null } });
    let changed = app.patches(&path, standard).await.is(200)["attribute_maps"].clone();
    expected["standard_attributes"] = nothing;
    assert_eq!(changed, expected);
    let all = app.patches(&path, json!({ "attribute_maps": null })).await.is(200);
    assert_eq!(all["attribute_maps"]["custom_attributes"], json!({}));
}

#[tokio::test]
async fn what_may_not_stand_in_a_map_is_named_field_by_field() {
    let (kernia, app, path) = ready(json!({})).await;
    let before = kernia.database().contents();
    let bad = json!({
        "name": "",
        "attribute_maps": {
            "standard_attributes": { "email": "", "idp_id": "a\u{7}b", "name": "n".repeat(1025) },
            "custom_attributes": { "": "x", "desk": " " },
        },
    });
    let answer = app.patches(&path, bad).await;
    assert_eq!(answer.code(422), "invalid_request_parameters");
    let faults = answer.json()["errors"].clone();
    let mut fields: Vec<_> =
        faults.as_array().unwrap().iter().map(|it| it["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "attribute_maps.custom_attributes",
            "attribute_maps.custom_attributes.desk",
            "attribute_maps.standard_attributes.email",
            "attribute_maps.standard_attributes.idp_id",
            "attribute_maps.standard_attributes.name",
            "name",
        ]
    );
    let many: serde_json::Map<_, _> = (0..51).map(|n| (format!("a{n}"), json!("x"))).collect();
    let many = json!({ "attribute_maps": { "custom_attributes": many } });
    assert_eq!(app.patches(&path, many).await.code(422), "too_many_attributes");
    assert_eq!(app.patches(&path, named("text")).await.code(422), "invalid_type");
    assert_eq!(kernia.database().contents(), before);
}

#[tokio::test]
async fn a_mapped_field_comes_from_its_attribute_and_no_other() {
    let map = json!({
        "standard_attributes": {
            "email": "workEmail", "last_name": "nachname", "groups": "gruppen", "name": "anzeige",
        },
        "custom_attributes": { "cost_center": "kostenstelle", "badges": "marken", "none": "nichts" },
    });
    let (kernia, app, path) = ready(json!({ "attribute_maps": map })).await;
    let attributes: &[(&str, &[&str])] = &[
        ("email", &["private@acme.test"]),
        ("workEmail", &[ADA]),
        ("firstName", &["Ada"]),
        ("lastName", &["Byron"]),
        ("groups", &["Admins"]),
        ("anzeige", &["Ada, Countess of Lovelace"]),
        ("kostenstelle", &["4711"]),
        ("marken", &["red", "blue"]),
    ];
    let ada = profile(&kernia, &app, &path, attributes).await;
    assert_eq!(ada["email"], ADA);
    assert_eq!((&ada["first_name"], &ada["last_name"]), (&json!("Ada"), &Value::Null));
    assert_eq!(ada["name"], "Ada, Countess of Lovelace");
    assert_eq!(ada["groups"], json!([]), "other groups are not these groups");
    assert_eq!(
        ada["custom_attributes"],
        json!({ "cost_center": "4711", "badges": ["red", "blue"] })
    );
    // A later sign-in takes away what no longer comes.
    let ada = profile(&kernia, &app, &path, &attributes[..2]).await;
    assert_eq!((&ada["name"], &ada["custom_attributes"]), (&Value::Null, &json!({})));

    let (log, _guard) = logging();
    let back = answered(&kernia, &app, &path, |spoken| {
        spoken.attributes = attribute("email", &[ADA]);
    });
    let back = back.await;
    assert_eq!(back.status, 400, "{}", back.body);
    let line = log.line(back.request_id(), "sign-in refused");
    assert_eq!(line["code"], "email_missing");
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("`workEmail`") && reason.contains("came: email"), "{reason}");
}

#[tokio::test]
async fn a_mapped_attribute_is_the_persons_id() {
    let map = json!({ "attribute_maps": { "standard_attributes": { "idp_id": "employee" } } });
    let (kernia, app, path) = ready(map).await;
    let spoken = |name_id: &'static str, ids: &'static [&'static str]| {
        move |spoken: &mut Spoken| {
            spoken.subject = spoken.subject.replace(ADA, name_id);
            spoken.attributes = attribute("email", &[ADA]) + &attribute("employee", ids);
        }
    };
    let mut profiles = Vec::new();
    for name_id in ["ada@acme.test", "ada.byron@acme.test"] {
        let back = answered(&kernia, &app, &path, spoken(name_id, &["E-1815"])).await;
        profiles.push(app.exchanges(&back.leads_with("code").unwrap()).await.profile);
    }
    assert_eq!(profiles[0]["id"], profiles[1]["id"], "the name changed, the person did not");
    assert_eq!(profiles[0]["idp_id"], "E-1815");
    // A transient NameID names nobody, but the attribute does.
    let back = answered(&kernia, &app, &path, |answer| {
        spoken("_3f7b", &["E-1815"])(answer);
        answer.subject = answer.subject.replace(
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        );
    });
    let back = back.await;
    let transient = app.exchanges(&back.leads_with("code").unwrap()).await.profile;
    assert_eq!(transient["id"], profiles[0]["id"]);

    let (log, _guard) = logging();
    for ids in [&[][..], &[" "], &["E-1", "E-2"]] {
        let back = answered(&kernia, &app, &path, |answer| {
            answer.attributes = attribute("email", &[ADA]);
            if !ids.is_empty() {
                answer.attributes += &attribute("employee", ids);
            }
        });
        let back = back.await;
        assert_eq!(back.status, 400, "{ids:?}: {}", back.body);
        assert_eq!(log.line(back.request_id(), "sign-in refused")["code"], "idp_id_missing");
    }
    // Without the map the NameID is the id, and a transient one is refused, with advice.
    let nobody = json!({ "attribute_maps": { "standard_attributes": { "idp_id": null } } });
    app.patches(&path, nobody).await.is(200);
    let plain = answered(&kernia, &app, &path, spoken("ada@acme.test", &["E-1815"])).await;
    let plain = app.exchanges(&plain.leads_with("code").unwrap()).await.profile;
    assert_eq!(plain["idp_id"], "ada@acme.test");
    assert_ne!(plain["id"], profiles[0]["id"]);
}

/// What a provider sends, by name.
type Sent = &'static [(&'static str, &'static [&'static str])];

/// What is read of it: first name, last name, groups.
type Read = (Option<&'static str>, Option<&'static str>, &'static [&'static str]);

/// A kind of provider, what it sends about Ada, and what is read.
const KINDS: &[(&str, Sent, Read)] = &[
    (
        "OneLoginSAML",
        &[
            ("User.email", &[ADA]),
            ("User.FirstName", &["Ada"]),
            ("User.LastName", &["Byron"]),
            ("memberOf", &["Engineering; Admins;"]),
        ],
        (Some("Ada"), Some("Byron"), &["Engineering", "Admins"]),
    ),
    (
        // Nobody's mail address: the user principal name is one.
        "AzureSAML",
        &[
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", &[ADA]),
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", &["Ada"]),
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", &["Byron"]),
            ("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", &["1b6c", "77ab"]),
        ],
        (Some("Ada"), Some("Byron"), &["1b6c", "77ab"]),
    ),
    (
        // More groups than Entra ID sends: a link comes in their place.
        "AzureSAML",
        &[
            ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", &[ADA]),
            ("http://schemas.microsoft.com/claims/groups.link", &["https://graph.example.com/g"]),
        ],
        (None, None, &[]),
    ),
    (
        "ShibbolethSAML",
        &[
            ("urn:oid:0.9.2342.19200300.100.1.3", &[ADA]),
            ("urn:oid:2.5.4.42", &["Ada"]),
            ("urn:oid:2.5.4.4", &["Byron"]),
            ("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", &["urn:mace:staff"]),
        ],
        (Some("Ada"), Some("Byron"), &["urn:mace:staff"]),
    ),
    (
        "GenericSAML",
        &[
            ("mail", &[ADA]),
            ("given_name", &["Ada"]),
            ("family_name", &["Byron"]),
            ("isMemberOf", &["a;b"]),
        ],
        (Some("Ada"), Some("Byron"), &["a;b"]),
    ),
];

#[tokio::test]
async fn each_kind_of_provider_is_read_in_its_own_names() {
    let (kernia, app, _) = ready(json!({})).await;
    for (nth, (connection_type, sent, expected)) in KINDS.iter().enumerate() {
        let organization = app.organization(&format!("kind{nth}.test")).await;
        let open = json!({ "allow_profiles_outside_organization": true });
        app.puts(&format!("/organizations/{organization}"), open).await.is(200);
        let more = json!({ "connection_type": connection_type });
        let made = app.connection_with(&organization, &IdentityProvider::acme(), &more).await;
        let path = format!("/connections/{}", made["id"].as_str().unwrap());
        let ada = profile(&kernia, &app, &path, sent).await;
        assert_eq!(ada["email"], ADA, "{connection_type}");
        let got = json!([ada["first_name"], ada["last_name"], ada["groups"]]);
        assert_eq!(got, json!([expected.0, expected.1, expected.2]), "{connection_type}");
    }
}

#[tokio::test]
async fn a_display_name_stands_in_where_neither_part_came() {
    let (kernia, app, path) = ready(json!({})).await;
    let ada =
        profile(&kernia, &app, &path, &[("email", &[ADA]), ("displayName", &["Ada B."])]).await;
    assert_eq!((&ada["first_name"], &ada["name"]), (&Value::Null, &json!("Ada B.")));
    let both = [("email", &[ADA][..]), ("displayName", &["Ada B."]), ("firstName", &["Ada"])];
    assert_eq!(profile(&kernia, &app, &path, &both).await["name"], "Ada");
}

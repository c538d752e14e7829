//! Metadata that is bad in any way changes nothing, when a connection is made and afterwards.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Stage, acme_rolled, acme_with, connected, document, refreshes, text};
use crate::kernia::{IdentityProvider, MetadataServer};

/// An answer with this body.
fn ok(content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A federation of so many providers, none of which is Acme.
fn federation(count: usize) -> String {
    let certificate = IdentityProvider::another().key.certificate_base64();
    let mut all =
        String::from(r#"<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">"#);
    for nth in 0..count {
        let entity_id = format!("https://idp{nth}.test");
        all += &document(&entity_id, &format!("https://idp{nth}.test/sso"), &[&certificate]);
    }
    all + "</md:EntitiesDescriptor>"
}

/// What a server may send in place of good metadata, and why it is refused.
fn bad_answers() -> Vec<(String, &'static str)> {
    let acme = IdentityProvider::acme();
    let good = acme_with(&[acme_rolled()]);
    let xml = "application/samlmetadata+xml";
    let weak = include_str!("../fixtures/weak.pem");
    let weak: String = weak.lines().filter(|line| !line.contains('-')).collect();
    let document =
        |certificates: &[&str]| document(acme.entity_id, IdentityProvider::SSO_URL, certificates);
    let mut lol = String::from("<!DOCTYPE lol [<!ENTITY lol \"lol\">");
    for nth in 1..200 {
        write!(lol, "<!ENTITY lol{nth} \"&lol;&lol;&lol;\">").unwrap();
    }
    vec![
        ("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n".to_owned(), "metadata_not_served"),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".to_owned(), "metadata_not_served"),
        (String::new(), "fetch_broken"),
        ("SSH-2.0-OpenSSH_9.2\r\n".to_owned(), "fetch_broken"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<md:Ent".to_owned(), "fetch_broken"),
        (ok(xml, &format!("{good}{}", " ".repeat(1024 * 1024))), "fetch_too_large"),
        (
            "HTTP/1.1 302 Found\r\nLocation: https://idp.elsewhere.test/m\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "fetch_redirect_refused",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/m\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "fetch_redirect_refused",
        ),
        (
            "HTTP/1.1 302 Found\r\nLocation: /metadata\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "fetch_redirect_refused",
        ),
        (ok("text/html", "<!DOCTYPE html><html>sign in</html>"), "metadata_is_html"),
        (ok(xml, "metadata"), "metadata_refused"),
        (ok(xml, &good[..good.len() / 2]), "metadata_refused"),
        (ok(xml, &format!("<!DOCTYPE a>{good}")), "metadata_refused"),
        (ok(xml, &format!("{lol}]>{good}")), "metadata_refused"),
        (ok(xml, &document(&[])), "metadata_no_certificate"),
        (ok(xml, &document(&[&weak])), "weak_key"),
        (ok(xml, &document(&["bm9uc2Vuc2U="])), "certificate_unreadable"),
        (ok(xml, &document(&["-----BEGIN PRIVATE KEY-----"])), "private_key_given"),
        (ok(xml, &federation(300)), "metadata_refused"),
    ]
}

#[tokio::test]
async fn bad_metadata_leaves_everything_as_it_was() {
    let stage = Stage::set().await;
    let connection = format!("/connections/{}", stage.connection);
    let before = (stage.app.gets(&connection).await.is(200), stage.certificates().await);
    for (answer, code) in bad_answers() {
        stage.server.answers(&answer);
        let said = stage.says("refresh", json!({})).await;
        assert_eq!(said["outcome"], "failed", "{code}: {said}");
        assert_eq!(said["metadata"]["failure"]["code"], code, "{said}");
        assert_eq!(said["metadata"]["proposal"], Value::Null, "{code}");
        let now = (stage.app.gets(&connection).await.is(200), stage.certificates().await);
        assert_eq!(now, before, "{code}");
    }
    // The same by the timer.
    stage.kernia.advance(2 * super::DAY);
    stage.refreshes().await;
    assert_eq!((stage.app.gets(&connection).await.is(200), stage.certificates().await), before);
    stage.lets_in(&IdentityProvider::acme()).await.unwrap();
    // Good metadata makes all of it forgotten.
    stage.server.says(&acme_with(&[IdentityProvider::acme(), acme_rolled()]));
    let said = stage.says("refresh", json!({})).await;
    assert_eq!((&said["outcome"], &said["metadata"]["failure"]), (&json!("changed"), &Value::Null));
}

#[tokio::test]
async fn bad_metadata_makes_no_connection() {
    let stage = Stage::set().await;
    let organization = stage.app.organization("bad.test").await;
    let body = json!({
        "organization_id": organization, "saml_options": { "idp_metadata_url": stage.server.url },
    });
    let before = stage.kernia.database().contents();
    for (answer, code) in bad_answers() {
        stage.server.answers(&answer);
        let refused = stage.app.posts("/connections", body.clone()).await;
        // Of several providers one has to be named.
        let code = if answer.contains("EntitiesDescriptor") { "metadata_several" } else { code };
        assert_eq!(refused.code(422), code);
        assert_eq!(refused.json()["errors"][0]["field"], "saml_options.idp_metadata_url");
    }
    assert_eq!(stage.kernia.database().contents(), before);
    // One of a federation is a provider like any other, and is looked for again under its name.
    stage.server.says(&federation(300));
    let mut named = body;
    named["saml_options"]["idp_entity_id"] = json!("https://idp77.test");
    let made = stage.app.posts("/connections", named).await.is(201);
    assert_eq!(made["saml_options"]["idp_sso_url"], "https://idp77.test/sso");
    let path = format!("/kernia/v1/connections/{}/metadata/refresh", text(&made, "id"));
    assert_eq!(stage.app.posts(&path, json!({})).await.is(200)["outcome"], "unchanged");
}

/// The one story that waits for real: five seconds, once, for both.
#[tokio::test]
async fn a_provider_that_keeps_silent_is_given_up() {
    let stage = Stage::set().await;
    let organization = stage.app.organization("slow.test").await;
    stage.server.holds_back();
    let body = json!({
        "organization_id": organization, "saml_options": { "idp_metadata_url": stage.server.url },
    });
    let (made, refreshed) =
        tokio::join!(stage.app.posts("/connections", body), stage.says("refresh", json!({})));
    assert_eq!(made.code(422), "fetch_too_slow");
    assert_eq!(refreshed["metadata"]["failure"]["code"], "fetch_too_slow");
    assert_eq!(stage.certificates().await.len(), 1);
}

#[tokio::test]
async fn a_slow_provider_holds_up_nobody() {
    let stage = Stage::set().await;
    let (slow, quick) = (&stage.server, MetadataServer::start(&acme_with(&[acme_rolled()])).await);
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(connected(&stage.app, &quick).await);
    }
    stage.kernia.advance(2 * super::DAY);
    slow.holds_back();
    let refreshing = refreshes(&stage.kernia);
    let meanwhile = async {
        slow.is_asked(2).await;
        // Every other one is read to its end while the slow one still waits.
        for id in &others {
            let path = format!("/kernia/v1/connections/{id}/metadata");
            let now = stage.kernia.clock.now().to_string();
            while stage.app.gets(&path).await.is(200)["fetched_at"] != *now {
                tokio::task::yield_now().await;
            }
        }
        assert_ne!(stage.metadata().await["attempted_at"], stage.kernia.clock.now().to_string());
        slow.lets_go();
    };
    tokio::join!(refreshing, meanwhile);
    assert_eq!(stage.metadata().await["failure"], Value::Null);
    assert_eq!((slow.asked(), quick.asked()), (2, 16));
}

#[tokio::test]
async fn what_the_operator_does_not_allow_is_refused_at_every_reading() {
    let mut stage = Stage::set().await;
    // The operator takes the permission back.
    stage.kernia.changes(|config| config.saml.allow_private_metadata = false).await;
    let asked = stage.server.asked();
    let said = stage.says("refresh", json!({})).await;
    assert_eq!(said["metadata"]["failure"]["code"], "fetch_address_refused");
    assert_eq!(stage.server.asked(), asked, "nobody was asked");
    stage.lets_in(&IdentityProvider::acme()).await.unwrap();
}

//! Identity providers in order, at the real assertion consumer service: whatever the dress of their
//! answers, the person is signed in, and the profile says what the answer said.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    attacks::{encryption_certificate, stage},
    corpus::{ENCRYPTED, GENUINE, Genuine, Keys, Person},
    kernia::{Answer, Application, IdentityProvider, Kernia, pem},
};

/// A connection that trusts all three keys of the provider, as during a rollover.
async fn ready(kernia: &Kernia, idp: &IdentityProvider) -> (Application, String) {
    let app = kernia.application();
    let connection = app.is_ready_for(idp).await;
    for key in [Keys::usual().p256, Keys::usual().p384] {
        let body = json!({ "value": pem(&key.certificate_base64()) });
        let path = format!("/connections/{connection}/saml_idp_signing_certs");
        app.posts(&path, body).await.is(201);
    }
    (app, connection)
}

/// What is wrong with an answer to a genuine document, if anything is.
async fn fault(app: &Application, back: &Answer, who: &Person) -> Option<String> {
    let code = (back.status == 303).then(|| back.leads_with("code")).flatten();
    let Some(code) = code else { return Some(format!("{}: {}", back.status, back.body)) };
    let profile = app.exchanges(&code).await.profile;
    let expected = json!({
        "idp_id": who.idp_id, "email": who.email, "first_name": who.first_name,
        "last_name": who.last_name, "groups": who.groups,
    });
    let said =
        expected.as_object().unwrap().keys().map(|name| (name.clone(), profile[name].clone()));
    let said = Value::Object(said.collect());
    (said != expected).then(|| format!("{said} instead of {expected}"))
}

#[tokio::test]
async fn every_genuine_answer_signs_its_person_in() {
    let (kernia, idp) = (Kernia::start().await, IdentityProvider::acme());
    let (app, connection) = ready(&kernia, &idp).await;
    let ours = encryption_certificate(&app, &connection).await;
    let variants = [GENUINE.concat(), ENCRYPTED.to_vec()].concat();
    let (mut signed_in, mut wrong) = (0, Vec::new());
    for &(name, make) in &variants {
        let mut browser = kernia.browser();
        let asked = browser.begins(&app, &[("connection", &connection)]).await;
        let Genuine { form, who, .. } = make(&stage(&kernia, &idp, &asked).encrypting_to(&ours));
        let back = browser.returns(&asked, &form).await;
        match fault(&app, &back, &who).await {
            None => signed_in += 1,
            Some(why) => wrong.push(format!("{name}: {why}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(signed_in >= 30, "{signed_in} variants were accepted");
    let names: BTreeSet<_> = variants.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), signed_in, "each variant has a name of its own");
}

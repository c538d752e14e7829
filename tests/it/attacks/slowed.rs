//! Somebody tries ciphertexts (saml.md, rule 15): after twenty failures the refusals wait, and nobody
//! else does.

use super::{ADA, Scene};
use crate::idp::form_value;

#[tokio::test]
async fn after_twenty_failures_to_decrypt_the_refusals_wait() {
    let mut scene = Scene::set().await;
    let nothing = "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
                   </saml:EncryptedAssertion>";
    let response = form_value(&scene.honest().response(nothing));
    for nth in 1..=21 {
        let asked = scene.asked.clone();
        let answer = scene.browser.returns(&asked, &response).await;
        assert_eq!(answer.status, 400);
        let log = scene.log.text();
        let waits = log.contains("this refusal waits") && log.contains(answer.request_id());
        assert_eq!(waits, nth == 21, "the failure number {nth}");
    }
    // An answer in order is taken at once: it is not looked at twice, nor counted.
    assert_eq!(scene.log.text().matches("this refusal waits").count(), 1);
    let response = scene.acme.vouches(&scene.asked, ADA, scene.kernia.clock.now());
    let back = scene.browser.returns(&scene.asked.clone(), &response).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(scene.log.text().matches("this refusal waits").count(), 1);
}

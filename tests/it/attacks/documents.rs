//! Every document of the corpus of attacks, brought to the real assertion consumer service.

use super::{Answer, Scene, facts, stage};
use crate::corpus::{self, Attack, Outcome};

#[tokio::test]
async fn every_document_of_the_corpus_meets_its_own_code() {
    let mut scene = Scene::set().await;
    let mut attacks = corpus::attacks(&scene.stage());
    let (mut refused, mut ciphertexts) = (0, 0);
    for nth in 0..attacks.len() {
        ciphertexts += usize::from(is_encrypted(&attacks[nth]));
        if ciphertexts > 20 {
            // More of these would wait at this connection.
            scene.ends_well().await;
            scene = Scene::set().await;
            attacks = corpus::attacks(&scene.stage());
            ciphertexts = 1;
        }
        let attack = &attacks[nth];
        if let Outcome::Refused(code) = attack.outcome {
            let name = format!("{}: {}", attack.row, attack.way);
            let answer = scene.browser.returns(&scene.asked.clone(), &attack.form).await;
            if code == "too_large" && answer.status == 413 {
                was_too_large(&scene, &name, &answer);
            } else {
                scene.was_refused(&name, code, &answer);
            }
            refused += 1;
        }
    }
    assert!(refused > 200, "is the corpus still read? {refused}");
    scene.ends_well().await;
}

fn is_encrypted(attack: &Attack) -> bool {
    String::from_utf8_lossy(&attack.xml).contains("EncryptedAssertion")
}

/// A body that is not even read: the door is the first to say no.
fn was_too_large(scene: &Scene, name: &str, answer: &Answer) {
    assert!(answer.content_type().starts_with("text/html"), "{name}: {answer:?}");
    assert!(answer.body.contains(answer.request_id()), "{name}: {answer:?}");
    assert_eq!(facts(&scene.kernia), scene.before, "{name} changed something");
}

#[tokio::test]
async fn what_changes_nothing_signs_in_whom_it_names_as_a_whole() {
    let mut scene = Scene::set().await;
    let harmless = |attack: &Attack| matches!(attack.outcome, Outcome::SignedIn(_));
    let count = corpus::attacks(&scene.stage()).iter().filter(|it| harmless(it)).count();
    assert!(count >= 4, "{count}");
    for nth in 0..count {
        let connection = scene.connection.clone();
        let asked = scene.browser.begins(&scene.app, &[("connection", &connection)]).await;
        let all = corpus::attacks(
            &stage(&scene.kernia, &scene.acme, &asked).encrypting_to(&scene.encrypting_to),
        );
        let attack = all.into_iter().filter(harmless).nth(nth).unwrap();
        let Outcome::SignedIn(whole) = attack.outcome else { unreachable!() };
        let back = scene.browser.returns(&asked, &attack.form).await;
        assert_eq!(back.status, 303, "{}: {}", attack.way, back.body);
        let profile = scene.app.exchanges(&back.leads_with("code").unwrap()).await.profile;
        assert_eq!(profile["idp_id"], whole, "{}", attack.way);
    }
}

//! Apple: the answer comes in a form from its own site, and the secret is a token of our making.

use serde_json::json;

use super::everybody::Stage;
use crate::kernia::{Answer, from, hidden_fields};

const APPLE: &str = "[apple_oauth]\nclient_id = \"{client}\"\nteam_id = \"TEAM\"\n\
                     key_id = \"KEY1\"\nkey_file = \"{key}\"\n\
                     discovery_endpoint = \"{issuer}/.well-known/openid-configuration\"\n";

/// A Kernia with Apple, at which Ada hides her address.
async fn stage() -> Stage {
    let stage = Stage::set(APPLE).await;
    stage.provider.wants("apple");
    stage.provider.knows(vec![stage.apple.clone()]);
    stage.provider.person(&json!({
        "sub": "001815.ada", "email": "x7k2@privaterelay.appleid.com", "email_verified": "true",
        "is_private_email": "true", "name": null, "given_name": null, "family_name": null,
        "groups": null,
    }));
    stage
}

/// Apple's page posts this answer, and no Lax cookie comes along.
async fn posted(stage: &mut Stage, location: &str, answer: &[(String, String)]) -> Answer {
    let redirect_uri = from(location, "redirect_uri").unwrap();
    let fields: Vec<_> = answer.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    stage.browser.posts_from_elsewhere(&redirect_uri, &fields).await
}

/// Our own page posts the same form once more.
async fn posted_again(stage: &mut Stage, page: &Answer) -> Answer {
    assert_eq!(page.status, 200, "{}", page.body);
    let (action, fields) = hidden_fields(&page.body);
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    stage.browser.posts(&action, &fields).await
}

#[tokio::test]
async fn an_answer_of_apples_comes_in_a_form_and_finds_its_browser() {
    let mut stage = stage().await;
    let location = stage.begins("AppleOAuth").await;
    assert_eq!(from(&location, "response_mode").as_deref(), Some("form_post"));
    assert_eq!(from(&location, "scope").as_deref(), Some("openid name email"));
    let mut answer = stage.provider.signs_in(&location);
    // What stands beside the code is signed by nobody.
    let user = json!({ "name": { "firstName": "Eve" }, "email": "eve@evil.test" });
    answer.push(("user".to_owned(), user.to_string()));
    let page = posted(&mut stage, &location, &answer).await;
    assert_eq!(stage.provider.asked_for("/token"), 0, "no code goes anywhere without its browser");
    let (action, fields) = hidden_fields(&page.body);
    assert_eq!(Some(action), from(&location, "redirect_uri"));
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["state", "code", "user", "Again"]);
    let back = posted_again(&mut stage, &page).await;
    let profile = stage.profile(&back).await;
    assert_eq!(profile["idp_id"], "001815.ada");
    assert_eq!(profile["email"], "x7k2@privaterelay.appleid.com");
    assert_eq!((&profile["first_name"], &profile["name"]), (&json!(null), &json!(null)));
    assert_eq!(profile["connection_type"], "AppleOAuth");
    assert_eq!(stage.provider.asked_for("/userinfo"), 0);
    // The form a second time is the end of it.
    let again = posted_again(&mut stage, &page).await;
    assert_eq!(again.status, 400, "{}", again.body);
    assert!(again.body.contains("This sign-in has ended"), "{}", again.body);
    assert_eq!(stage.provider.asked_for("/token"), 1);
}

#[tokio::test]
async fn who_changes_their_mind_at_apple_goes_back_to_the_application() {
    let mut stage = stage().await;
    let location = stage.begins("AppleOAuth").await;
    let request = from(&location, "state").unwrap();
    let no = [("error", "user_cancelled_authorize".to_owned()), ("state", request)];
    let no = no.map(|(name, value)| (name.to_owned(), value));
    let page = posted(&mut stage, &location, &no).await;
    let back = posted_again(&mut stage, &page).await;
    assert_eq!(back.status, 303, "{}", back.body);
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"));
}

#[tokio::test]
async fn a_secret_by_a_key_that_apple_does_not_know_is_no_secret() {
    let mut stage = stage().await;
    stage.provider.knows(Vec::new());
    let location = stage.begins("AppleOAuth").await;
    let answer = stage.provider.signs_in(&location);
    let page = posted(&mut stage, &location, &answer).await;
    let back = posted_again(&mut stage, &page).await;
    assert_eq!(back.leads_with("error").as_deref(), Some("oauth_failed"), "{}", back.body);
}

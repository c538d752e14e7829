//! Signing out: what proves whom it is about, what the person is asked, and where they go on to.

use std::time::Duration;

use super::{ADA, GRACE, Stage, code_of, error_of};
use crate::kernia::{Browser, RelyingParty, Tokens, encoded, hidden_fields};

const OFFLINE: (&str, &str) = ("scope", "openid offline_access");

async fn signed_in(stage: &Stage, browser: &mut Browser) -> Tokens {
    stage.rp.exchanges(&code_of(&stage.signs_in(browser, ADA, &[OFFLINE]).await)).await
}

fn path(fields: &[(&str, &str)]) -> String {
    format!("/oauth2/logout?{}", encoded(fields))
}

async fn is_over(stage: &Stage, browser: &mut Browser) -> bool {
    let answer = browser.goes(&stage.rp.authorize(&[("prompt", "none")])).await;
    answer.leads_with("code").is_none() && error_of(&answer) == "login_required"
}

#[tokio::test]
async fn an_id_token_signs_out_and_leads_back() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let tokens = signed_in(&stage, &mut browser).await;
    stage.kernia.advance(Duration::from_mins(90));
    let fields = [
        ("id_token_hint", tokens.id.as_str()),
        ("post_logout_redirect_uri", RelyingParty::SIGNED_OUT),
        ("state", "a state&"),
        ("client_id", stage.rp.id.as_str()),
    ];
    let answer = browser.goes(&path(&fields)).await;
    assert_eq!(answer.status, 303, "an ID token that is over proves it too: {answer:?}");
    assert_eq!(answer.location(), format!("{}?state=a+state%26", RelyingParty::SIGNED_OUT));
    let set = answer.headers.iter().find(|(name, _)| name == "set-cookie").unwrap().1.clone();
    assert!(set.starts_with("kernia_session") && set.contains("Max-Age=0"), "{set}");
    assert!(is_over(&stage, &mut browser).await);
    assert_eq!(stage.rp.refreshes(&tokens.refresh, &[]).await.code(400), "invalid_grant");
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
}

#[tokio::test]
async fn it_works_by_a_form_of_the_clients_own_page() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let tokens = signed_in(&stage, &mut browser).await;
    let url = format!("{}/oauth2/logout", stage.kernia.base());
    let fields = [("id_token_hint", tokens.id.as_str())];
    // From another site: no cookie comes along, so the browser comes once more. The token does not.
    let answer = browser.another().posts(&url, &fields).await;
    assert_eq!(answer.status, 303);
    assert!(is_over(&stage, &mut browser).await);
    let page = browser.path_of(answer.location());
    assert_eq!(page, format!("/oauth2/logout?client_id={}", stage.rp.id));
    let answer = browser.goes(&page).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("You are signed out"));
}

#[tokio::test]
async fn without_a_hint_the_person_is_asked() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let tokens = signed_in(&stage, &mut browser).await;
    let fields = [
        ("client_id", stage.rp.id.as_str()),
        ("post_logout_redirect_uri", RelyingParty::SIGNED_OUT),
        ("state", "a state"),
    ];
    let asked = browser.goes(&path(&fields)).await;
    assert_eq!(asked.status, 200);
    assert!(asked.body.contains("Sign out?") && asked.body.contains(ADA), "{}", asked.body);
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 200, "nothing is over yet");
    let (action, form) = hidden_fields(&asked.body);
    let form: Vec<_> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let stranger = browser.another().posts(&action, &form).await;
    assert_eq!(stranger.status, 400, "another browser");
    let forged: Vec<_> =
        form.iter().map(|(k, v)| (*k, if *k == "token" { "x" } else { v })).collect();
    assert_eq!(browser.posts(&action, &forged).await.status, 400, "a page of somebody else's");
    let blank: Vec<_> = form.iter().copied().filter(|(k, _)| *k != "token").collect();
    assert_eq!(browser.posts(&action, &blank).await.status, 400);
    let elsewhere: Vec<_> = form
        .iter()
        .map(|(k, v)| (*k, if k.starts_with("post_") { "https://evil.example.com/" } else { v }))
        .collect();
    assert_eq!(browser.posts(&action, &elsewhere).await.status, 400);
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 200, "nothing is over yet");
    let answer = browser.posts(&action, &form).await;
    assert_eq!(answer.location(), format!("{}?state=a+state", RelyingParty::SIGNED_OUT));
    assert!(is_over(&stage, &mut browser).await);
    assert_eq!(stage.rp.user_info(&tokens.access).await.status, 401);
    let again = browser.goes(&path(&fields)).await;
    assert_eq!(again.status, 303, "nobody is signed in: there is nothing to ask");
}

#[tokio::test]
async fn a_form_without_a_hint_comes_once_more() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    signed_in(&stage, &mut browser).await;
    let url = format!("{}/oauth2/logout", stage.kernia.base());
    let answer = browser.posts(&url, &[("client_id", &stage.rp.id)]).await;
    assert_eq!(answer.status, 303);
    let page = browser.path_of(answer.location());
    assert!(browser.goes(&page).await.body.contains("Sign out?"));
    assert!(!is_over(&stage, &mut browser).await);
}

#[tokio::test]
async fn a_link_that_is_no_good_ends_nothing_and_leads_nowhere() {
    let stage = Stage::set().await;
    let other = RelyingParty::confidential(&stage.app).await;
    let mut browser = stage.kernia.browser();
    let tokens = signed_in(&stage, &mut browser).await;
    let hint = ("id_token_hint", tokens.id.as_str());
    let to = |uri| ("post_logout_redirect_uri", uri);
    let cut = &tokens.id[..tokens.id.len() - 4];
    let (header, rest) = tokens.id.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", rest.split_once('.').unwrap().0);
    let swapped = format!("{header}.{}.{}", header, rest.split_once('.').unwrap().1);
    for fields in [
        &[hint, to("https://evil.example.com/")][..],
        &[hint, to("https://rp.example.com/signed-out/")],
        &[hint, to("https://rp.example.com/callback")],
        &[hint, to("//evil.example.com")],
        &[hint, to("javascript:alert(1)")],
        &[to(RelyingParty::SIGNED_OUT)],
        &[("client_id", "client_nobody"), to(RelyingParty::SIGNED_OUT)],
        &[("client_id", "a b"), to(RelyingParty::SIGNED_OUT)],
        &[hint, ("client_id", other.id.as_str()), to(RelyingParty::SIGNED_OUT)],
        &[("id_token_hint", cut)],
        &[("id_token_hint", unsigned.as_str())],
        &[("id_token_hint", swapped.as_str())],
        &[("id_token_hint", "nonsense")],
        &[("id_token_hint", tokens.access.as_str())],
        &[hint, hint],
        &[("state", "a"), ("state", "b")],
    ] {
        let answer = browser.goes(&path(fields)).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{fields:?}");
        assert!(answer.body.contains("This sign-out link does not work"), "{fields:?}");
    }
    assert!(!is_over(&stage, &mut browser).await);
}

#[tokio::test]
async fn a_hint_ends_its_own_session_and_no_other() {
    let stage = Stage::set().await;
    let (mut first, mut second) = (stage.kernia.browser(), stage.kernia.browser());
    let one = signed_in(&stage, &mut first).await;
    let two = stage.signs_in(&mut second, GRACE, &[OFFLINE]).await;
    let two = stage.rp.exchanges(&code_of(&two)).await;
    let fields = [
        ("id_token_hint", one.id.as_str()),
        ("post_logout_redirect_uri", RelyingParty::SIGNED_OUT),
        ("state", "s"),
    ];
    // Whoever is signed in here is somebody else: they are asked (RP-Initiated Logout §2).
    let answer = second.goes(&path(&fields)).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{answer:?}");
    assert!(answer.body.contains("Sign out?") && answer.body.contains(GRACE), "{}", answer.body);
    assert!(!answer.body.contains(&one.id));
    assert!(is_over(&stage, &mut first).await);
    assert!(!is_over(&stage, &mut second).await);
    assert_eq!(stage.rp.user_info(&two.access).await.status, 200);
    // By a form of another site the question comes too, one step later.
    let url = format!("{}/oauth2/logout", stage.kernia.base());
    let sent = second.another().posts(&url, &fields).await;
    let page = second.path_of(sent.location());
    assert!(!page.contains("id_token_hint"), "{page}");
    let answer = second.goes(&page).await;
    let (action, form) = hidden_fields(&answer.body);
    let form: Vec<_> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let answer = second.posts(&action, &form).await;
    assert_eq!(answer.location(), format!("{}?state=s", RelyingParty::SIGNED_OUT));
    assert!(is_over(&stage, &mut second).await);
}

#[tokio::test]
async fn who_signed_in_anew_meanwhile_is_signed_out_all_the_same() {
    let stage = Stage::set().await;
    let mut browser = stage.kernia.browser();
    let before = signed_in(&stage, &mut browser).await;
    stage.kernia.advance(Duration::from_hours(3));
    let again = signed_in(&stage, &mut browser).await;
    assert_ne!(before.claims["sid"], again.claims["sid"]);
    let answer = browser.goes(&path(&[("id_token_hint", &before.id)])).await;
    assert!(answer.status == 200 && answer.body.contains("You are signed out"), "{answer:?}");
    assert!(is_over(&stage, &mut browser).await);
    assert_eq!(stage.rp.user_info(&again.access).await.status, 401);
}

//! What the two players do with requests that are not as they should be.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::{
    http::{Found, Method, Reach, Router},
    kit::{secret::Secret, time::Timestamp},
    saml::request::AuthnRequest,
};

const NOW: Timestamp = Timestamp::from_millis(1_795_511_642_678);

fn demo() -> Demo {
    let chance = Chance::seeded(1);
    let [ada, grace] = ["analytical engine", "nanosecond"].map(|it| Secret::new(it.to_owned()));
    Demo {
        base_url: WebAddress::parse("http://127.0.0.1:8080").unwrap(),
        identity_provider: Arc::new(IdentityProvider::generate(NOW).unwrap()),
        openid_provider: OpenIdProvider::new(Secret::new("planted".to_owned())),
        employees: Employee::cast([&ada, &grace], &chance).unwrap(),
        application: Application {
            client_id: "client_1".to_owned(),
            api_key: Secret::new("sk_test_1".to_owned()),
            saml_connection_id: "conn_1".to_owned(),
            oidc_connection_id: "conn_2".to_owned(),
            directory_id: "directory_1".to_owned(),
            scim_path: "/scim/v2/1".to_owned(),
        },
        sessions: Sessions::default(),
        cpu: CpuPool::start(8).unwrap(),
        client: Client::new(Reach::PublicOnly),
        chance,
        clock: Clock::standing_at(NOW),
    }
}

async fn send(demo: &Demo, method: Method, address: &str, body: String) -> Response {
    with_cookie(demo, method, address, body, "").await
}

async fn with_cookie(
    demo: &Demo,
    method: Method,
    address: &str,
    body: String,
    cookie: &str,
) -> Response {
    let request = Request::made(method, address, &[("cookie", cookie)], &body);
    let router = Router::new(&[ROUTES]).unwrap();
    let Found::Route { route, .. } = router.find(method, &request.path) else {
        panic!("no route {address}")
    };
    (route.handler)(demo, request).await.unwrap()
}

fn question(acs_url: &str) -> String {
    let request = AuthnRequest {
        id: "_1".to_owned(),
        issued_at: NOW,
        destination: SSO_PATH.to_owned(),
        acs_url: acs_url.to_owned(),
        issuer: "urn:relying-party".to_owned(),
        force_authn: false,
        name_id_format: None,
        subject: None,
    };
    request.redirect_url("state & 1", &[], None).unwrap()
}

fn form(question: &str, email: &str, password: &str) -> String {
    let (_, query) = question.split_once('?').unwrap();
    form_urlencoded::Serializer::new(query.to_owned())
        .append_pair("email", email)
        .append_pair("password", password)
        .finish()
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

#[tokio::test]
async fn a_password_signs_in_and_the_answer_goes_to_the_relying_party() {
    let (demo, question) = (demo(), question("http://127.0.0.1:8080/sso/saml/acs/k1"));
    let asked = send(&demo, Method::Get, &question, String::new()).await;
    assert!(asked.status == 200 && text(&asked).contains("name=\"password\""));
    assert!(asked.header("content-security-policy").unwrap().ends_with("form-action 'self'"));

    let body = form(&question, "ADA@example.com ", "analytical engine");
    let answered = send(&demo, Method::Post, SSO_PATH, body).await;
    let page = text(&answered);
    assert_eq!(answered.status, 200, "{page}");
    assert!(page.contains("action=\"http://127.0.0.1:8080/sso/saml/acs/k1\""), "{page}");
    assert!(page.contains("name=\"RelayState\" value=\"state &#38; 1\""), "{page}");
    let (_, rest) = page.split_once("name=\"SAMLResponse\" value=\"").unwrap();
    let xml = STANDARD.decode(rest.split_once('"').unwrap().0).unwrap();
    assert!(String::from_utf8(xml).unwrap().contains("InResponseTo=\"_1\""));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_page() {
    let (demo, question) = (demo(), question("http://127.0.0.1:8080/acs"));
    let mut pages = Vec::new();
    for email in ["ada@example.com", "eve@example.com"] {
        for password in ["nanosecond", ""] {
            let body = form(&question, email, password);
            let refused = send(&demo, Method::Post, SSO_PATH, body).await;
            assert_eq!(refused.status, 422);
            pages.push(text(&refused).replace(&format!("value=\"{email}\""), ""));
        }
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
    assert!(pages[0].contains("id=\"wrong\" role=\"alert\">The email or the password is wrong."));
}

#[tokio::test]
async fn a_login_hint_is_enough_for_people_who_work_here() {
    let (demo, question) = (demo(), question("http://127.0.0.1:8080/acs"));
    for (email, at_once) in [("grace@example.com", true), ("eve@example.com", false)] {
        let hinted = format!("{question}&login_hint={email}");
        let response = send(&demo, Method::Get, &hinted, String::new()).await;
        assert_eq!(text(&response).contains("SAMLResponse"), at_once, "{email}");
    }
}

#[tokio::test]
async fn nobody_elsewhere_gets_an_answer() {
    let demo = demo();
    for asked in [
        question("https://evil.example/acs"),
        question("javascript:alert(1)"),
        format!("{SSO_PATH}?SAMLRequest=AAAA"),
        format!("{SSO_PATH}?RelayState=1"),
    ] {
        let hinted = format!("{asked}&login_hint=ada@example.com");
        let refused = send(&demo, Method::Get, &hinted, String::new()).await;
        assert_eq!(refused.status, 400, "{hinted}");
        assert!(text(&refused).contains("req_1") && !text(&refused).contains("SAMLResponse\""));
    }
}

#[tokio::test]
async fn the_application_takes_no_answer_that_this_browser_did_not_ask_for() {
    let demo = demo();
    let begun = send(&demo, Method::Get, "/demo/sign-in?login_hint=a%26b", String::new()).await;
    let location = begun.header("location").unwrap();
    assert!(location.starts_with("http://127.0.0.1:8080/sso/authorize?client_id=client_1&"));
    assert!(location.ends_with("&code_challenge_method=S256&login_hint=a%26b"), "{location}");
    let cookie = begun.header("set-cookie").unwrap().split(';').next().unwrap();

    for (cookie, query) in [
        ("", "code=1&state=2"),
        (cookie, "code=1&state=2"),
        (cookie, "code=1"),
        (cookie, "error=access_denied&error_description=%3Cscript%3E"),
    ] {
        let address = format!("{CALLBACK_PATH}?{query}");
        let refused = with_cookie(&demo, Method::Get, &address, String::new(), cookie).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.header("set-cookie").is_none() && !text(&refused).contains("<script>"));
        assert!(text(&refused).contains("<h1>You are not signed in</h1>"));
    }
}

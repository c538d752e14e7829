//! The provider's whole exchange, judged by the side that shares no code with it.

use serde_json::Value;

use super::*;
use crate::{
    kit::text::WebAddress,
    oidc::{self, Algorithm, Journal, Keys, Provider, Terms},
};

const NOW: Timestamp = Timestamp::from_millis(1_795_511_642_678);
const BASE: &str = "http://127.0.0.1:8080";
const CALLBACK: &str = "http://127.0.0.1:8080/sso/oidc/callback/k1";

struct Company {
    idp: IdentityProvider,
    employees: Vec<Employee>,
    provider: OpenIdProvider,
    chance: Chance,
}

impl Company {
    fn new() -> Self {
        let chance = Chance::seeded(1);
        let [ada, grace] = ["analytical", "nanosecond"].map(|it| Secret::new(it.to_owned()));
        Self {
            idp: IdentityProvider::generate(NOW).unwrap(),
            employees: Employee::cast([&ada, &grace], &chance).unwrap(),
            provider: OpenIdProvider::new(Secret::new("shared".to_owned())),
            chance,
        }
    }

    fn code(&self, code_challenge: Option<&str>) -> Secret {
        let asked = Asked {
            redirect_uri: CALLBACK.to_owned(),
            state: None,
            nonce: Some("n-1".to_owned()),
            code_challenge: code_challenge.map(str::to_owned),
        };
        self.provider.grant(&self.employees[0], asked, (&self.chance, NOW))
    }

    fn exchanges(&self, presented: &Presented<'_>, now: Timestamp) -> Result<Value, &'static str> {
        let company = (&self.idp, self.employees.as_slice());
        self.provider.exchange(company, BASE, presented, (&self.chance, now)).unwrap()
    }
}

fn basic(secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{secret}")))
}

#[test]
fn its_documents_and_its_tokens_are_believed() {
    let company = Company::new();
    let endpoint = WebAddress::parse(&format!("{BASE}{DISCOVERY_PATH}")).unwrap();
    let document = OpenIdProvider::document(BASE).to_string();
    let provider = Provider::parse(document.as_bytes(), &endpoint).unwrap();
    let keys = Keys::parse(jwks(&company.idp).to_string().as_bytes()).unwrap();
    let code = company.code(None);
    let authorization = basic("shared");
    let presented = Presented {
        authorization: &authorization,
        code: code.expose(),
        redirect_uri: CALLBACK,
        code_verifier: "",
    };
    let answer = company.exchanges(&presented, NOW).unwrap();
    let access_token = Secret::new(answer["access_token"].as_str().unwrap().to_owned());
    let terms = Terms {
        issuer: &provider.issuer,
        client_id: CLIENT_ID,
        algorithms: &[Algorithm::RS256],
        keys: &keys,
        client_secret: None,
        nonce: "n-1",
        access_token: Some(&access_token),
        code: Some(&code),
        hosted_domains: &[],
        max_age: None,
        now: NOW,
    };
    let id_token = answer["id_token"].as_str().unwrap();
    let verified = oidc::verify(id_token, &terms, &mut Journal::start()).unwrap();
    let said = verified.get();
    assert_eq!(
        (said.subject.as_str(), &said.all["email"]),
        ("employee-1815", &"ada@example.com".into())
    );
    let bearer = format!("Bearer {}", access_token.expose());
    let more = company.provider.user_info(&company.employees, &bearer, NOW).unwrap();
    assert_eq!(more["sub"], "employee-1815");
    assert!(company.provider.user_info(&company.employees, &bearer, NOW + TOKEN).is_none());
    assert!(company.provider.user_info(&company.employees, "Bearer nonsense", NOW).is_none());
    assert_eq!(company.exchanges(&presented, NOW), Err("invalid_grant"), "a code is good once");
}

#[test]
fn whoever_brings_the_wrong_thing_gets_nothing() {
    let company = Company::new();
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let (good, bad) = (basic("shared"), basic("guessed"));
    for (authorization, redirect_uri, code_verifier, now, outcome) in [
        (&bad, CALLBACK, verifier, NOW, Err("invalid_client")),
        (&good, "http://127.0.0.1:8080/other", verifier, NOW, Err("invalid_grant")),
        (&good, CALLBACK, "another", NOW, Err("invalid_grant")),
        (&good, CALLBACK, verifier, NOW + CODE, Err("invalid_grant")),
        (&good, CALLBACK, verifier, NOW, Ok(())),
    ] {
        let code = company.code(Some(challenge));
        let presented =
            Presented { authorization, code: code.expose(), redirect_uri, code_verifier };
        assert_eq!(company.exchanges(&presented, now).map(drop), outcome, "{code_verifier}");
    }
}

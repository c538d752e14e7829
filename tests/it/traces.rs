//! What is kept of each attempt to sign in: who looks at it finds what came and why it failed.

mod bounds;
mod check;
mod failures;
mod flows;

use std::{sync::Arc, time::Duration};

use kernia::jobs::JOBS;
use serde_json::{Value, json};

use crate::{
    idp::{Answer as Spoken, attribute},
    kernia::{Application, Asked, Browser, IdentityProvider, Kernia, encoded},
};

const ADA: &str = "ada@acme.test";

/// A sign-in under way, and who may look at its traces.
struct Stage {
    kernia: Kernia,
    app: Application,
    acme: IdentityProvider,
    connection: String,
    browser: Browser,
    asked: Asked,
}

impl Stage {
    async fn set() -> Self {
        Self::on(Kernia::start().await).await
    }

    async fn on(kernia: Kernia) -> Self {
        let (app, acme) = (kernia.application(), IdentityProvider::acme());
        let connection = app.is_ready_for(&acme).await;
        let mut browser = kernia.browser();
        let asked = browser.begins(&app, &[("connection", &connection)]).await;
        Self { kernia, app, acme, connection, browser, asked }
    }

    fn honest(&self) -> Spoken {
        self.acme.answer(&self.asked, ADA, self.kernia.clock.now())
    }

    /// An honest answer that is changed before it is signed.
    fn spoiled(&self, change: impl Fn(&mut Spoken)) -> String {
        let mut spoken = self.honest();
        change(&mut spoken);
        self.acme.signs(&spoken)
    }

    async fn begins(&mut self) {
        let connection = self.connection.clone();
        self.asked = self.browser.begins(&self.app, &[("connection", &connection)]).await;
    }

    /// Brings an answer, a moment after everything else; the trace of that attempt.
    async fn brings(&mut self, response: &str) -> Value {
        self.kernia.advance(Duration::from_millis(1));
        let answer = self.browser.returns(&self.asked.clone(), response).await;
        assert!(matches!(answer.status, 303 | 400 | 403), "{answer:?}");
        self.newest().await
    }

    async fn newest(&self) -> Value {
        self.list(&[("limit", "1")]).await["data"][0].clone()
    }

    async fn list(&self, query: &[(&str, &str)]) -> Value {
        let path = format!("/kernia/v1/connections/{}/traces", self.connection);
        self.app.gets(&format!("{path}?{}", encoded(query))).await.is(200)
    }

    async fn runs_jobs(&self) {
        for job in JOBS {
            (job.run)(Arc::clone(self.kernia.app())).await.unwrap();
        }
    }
}

/// The names of the steps, each with `!` where it failed.
fn steps(trace: &Value) -> Vec<String> {
    let steps = trace["steps"].as_array().unwrap().iter();
    let mark = |step: &Value| if step["ok"] == json!(true) { "" } else { "!" };
    steps.map(|step| format!("{}{}", step["name"].as_str().unwrap(), mark(step))).collect()
}

/// What an answer about Ada and her groups said.
fn tells_what_came(stage: &Stage, response: &Value) {
    assert_eq!(response["verified"], true);
    assert_eq!(response["name_id"], ADA);
    assert_eq!(response["issuer"], stage.acme.entity_id);
    assert_eq!(response["destination"], stage.asked.acs_url);
    assert_eq!(response["in_response_to"], stage.asked.id);
    assert_eq!(response["audiences"], json!([stage.asked.issuer]));
    assert_eq!(response["signed"], json!(["assertion"]));
    assert_eq!(response["encrypted"], false);
    assert_eq!(
        response["attributes"],
        json!([
            { "name": "email", "friendly_name": null, "values": [ADA], "values_left_out": 0 },
            { "name": "groups", "friendly_name": null, "values": ["Engineering", "Admins"],
              "values_left_out": 0 },
        ])
    );
}

#[tokio::test]
async fn a_success_tells_its_steps_and_what_came() {
    let mut stage = Stage::set().await;
    let mut spoken = stage.honest();
    spoken.attributes.push_str(&attribute("groups", &["Engineering", "Admins"]));
    stage.kernia.advance(Duration::from_secs(7));
    let response = stage.acme.signs(&spoken);
    let path = stage.browser.path_of(&stage.asked.acs_url);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", "Analytical Engine/1.0"),
    ];
    let form = encoded(&[("SAMLResponse", &response)]);
    let back = stage.browser.sends("POST", &path, &headers, form.as_bytes()).await;
    assert_eq!(back.status, 303, "{}", back.body);

    let trace = stage.newest().await;
    let found = stage.app.gets(&format!("/connections/{}", stage.connection)).await.is(200);
    let id = trace["id"].as_str().unwrap();
    assert!(id.starts_with("trace_"), "{id}");
    for (name, expected) in [
        ("object", json!("trace")),
        ("connection_id", found["id"].clone()),
        ("connection_type", json!("GenericSAML")),
        ("organization_id", found["organization_id"].clone()),
        ("sign_in_id", json!(stage.asked.relay_state)),
        ("client_id", json!(stage.app.client_id)),
        ("outcome", json!("succeeded")),
        ("code", Value::Null),
        ("incident_id", json!(back.request_id())),
        ("duration_ms", json!(7000)),
        ("failure", Value::Null),
        ("warnings", json!([])),
        ("user_agent", json!("Analytical Engine/1.0")),
        ("address", json!("127.0.0.1")),
        ("masked", json!(false)),
        ("left_out", json!(0)),
    ] {
        assert_eq!(trace[name], expected, "{name}");
    }
    assert_eq!(
        trace["request"],
        json!({
            "id": stage.asked.id, "binding": "redirect", "force_authn": false,
            "redirect_uri_origin": "https://app.example.com",
        })
    );
    let taken = steps(&trace);
    assert_eq!(taken[..2], ["request sent", "answer received"], "{taken:?}");
    assert_eq!(taken.last().unwrap(), "profile and code");
    assert!(taken.iter().any(|step| step == "signature"), "{taken:?}");
    assert!(taken.iter().all(|step| !step.ends_with('!')), "{taken:?}");
    let judged = trace["steps"].as_array().unwrap().iter().filter(|step| step["rules"].is_array());
    assert!(judged.clone().count() >= 4, "{trace}");
    assert!(judged.clone().all(|step| step["ms"].is_f64()), "{trace}");

    tells_what_came(&stage, &trace["response"]);

    // By itself, and by its sign-in.
    let by_id = stage.app.gets(&format!("/kernia/v1/traces/{id}")).await.is(200);
    assert_eq!(by_id, trace);
    let by_sign_in = format!("/kernia/v1/sign_ins/{}/trace", stage.asked.relay_state);
    assert_eq!(stage.app.gets(&by_sign_in).await.is(200), trace);
}

#[tokio::test]
async fn a_sign_in_that_is_under_way_has_no_trace_yet() {
    let mut stage = Stage::set().await;
    let path = format!("/kernia/v1/sign_ins/{}/trace", stage.asked.relay_state);
    assert_eq!(stage.app.gets(&path).await.code(404), "sign_in_pending");
    for nobody in ["/kernia/v1/sign_ins/sign_in_nobody/trace", "/kernia/v1/traces/trace_nobody"] {
        assert_eq!(stage.app.gets(nobody).await.code(404), "entity_not_found");
    }
    // What cannot be read is known by its relay state. The newest one is the one that is told.
    stage.brings("no base64!").await;
    assert_eq!(stage.app.gets(&path).await.is(200)["code"], "not_base64");
    let failed = stage.spoiled(|it| it.conditions = String::new());
    stage.brings(&failed).await;
    assert_eq!(stage.app.gets(&path).await.is(200)["code"], "audience");
    let good = stage.acme.signs(&stage.honest());
    stage.brings(&good).await;
    assert_eq!(stage.app.gets(&path).await.is(200)["outcome"], "succeeded");
}

#[tokio::test]
async fn who_never_comes_back_leaves_a_trace_too() {
    let mut stage = Stage::set().await;
    let (silent, began) = (stage.asked.clone(), stage.kernia.clock.now());
    stage.kernia.advance(Duration::from_millis(1));
    // Two that fail, and one that succeeds, have their traces.
    stage.begins().await;
    stage.brings("").await;
    stage.begins().await;
    let good = stage.acme.signs(&stage.honest());
    stage.brings(&good).await;
    stage.begins().await;
    let wrong = stage.spoiled(|it| it.conditions = String::new());
    stage.brings(&wrong).await;
    stage.kernia.clock.set(began + Duration::from_mins(15));
    stage.runs_jobs().await;
    assert_eq!(stage.list(&[("outcome", "timed_out")]).await["data"], json!([]), "not yet");

    stage.kernia.advance(Duration::from_millis(1));
    stage.runs_jobs().await;
    let trace = &stage.list(&[("outcome", "timed_out")]).await["data"][0];
    assert_eq!(trace["sign_in_id"], silent.relay_state.as_str());
    assert_eq!(steps(trace), ["request sent", "answer received!"]);
    assert_eq!(trace["client_id"], stage.app.client_id.as_str());
    assert_eq!(trace["duration_ms"], 15 * 60 * 1000 + 1);
    assert_eq!(trace["request"]["redirect_uri_origin"], "https://app.example.com");
    assert_eq!(trace["failure"]["code"], "no_answer");
    assert_eq!(trace["failure"]["expected"], "an answer within 15 minutes");
    assert!(trace["failure"]["fix"].as_str().unwrap().contains("assigned"), "{trace}");
    assert_eq!((&trace["response"], &trace["incident_id"]), (&Value::Null, &Value::Null));
    assert_eq!(steps(trace), ["request sent", "answer received!"]);

    stage.kernia.advance(Duration::from_secs(1));
    stage.runs_jobs().await;
    stage.runs_jobs().await;
    assert_eq!(stage.kernia.database().count("sign_ins"), 0);
    assert_eq!(stage.list(&[("outcome", "timed_out")]).await["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn traces_go_after_their_days() {
    let kernia = Kernia::start_with(|config| config.traces.keep_days = 2).await;
    let mut stage = Stage::on(kernia).await;
    let good = stage.acme.signs(&stage.honest());
    stage.brings(&good).await;
    stage.kernia.advance(Duration::from_hours(24));
    stage.begins().await;
    stage.brings("no base64!").await;
    stage.kernia.advance(Duration::from_hours(24) - Duration::from_millis(1));
    stage.runs_jobs().await;
    assert_eq!(stage.kernia.database().count("traces"), 2);
    stage.kernia.advance(Duration::from_millis(1));
    stage.runs_jobs().await;
    let left = stage.list(&[("order", "asc")]).await;
    let left: Vec<_> = left["data"].as_array().unwrap().iter().map(|it| &it["outcome"]).collect();
    assert_eq!(left, ["failed"]);
}

#[tokio::test]
async fn nobody_sees_the_traces_of_another_connection() {
    let mut stage = Stage::set().await;
    stage.brings("no base64!").await;
    let organization = stage.app.organization("other.test").await;
    let other = stage.app.connection(&organization, &IdentityProvider::another()).await;
    let path = format!("/kernia/v1/connections/{}/traces", other["id"].as_str().unwrap());
    assert_eq!(stage.app.gets(&path).await.is(200)["data"], json!([]));
    for query in ["?outcome=failed", "?code=not_base64", "?code=not_base64&outcome=failed"] {
        assert_eq!(stage.app.gets(&format!("{path}{query}")).await.is(200)["data"], json!([]));
    }
    let nobodys = "/kernia/v1/connections/conn_nobody/traces";
    assert_eq!(stage.app.gets(nobodys).await.code(404), "entity_not_found");
    // With the connection its traces go.
    let gone = stage.app.deletes(&format!("/connections/{}", stage.connection)).await;
    assert!(gone.status < 300, "{gone:?}");
    let path = format!("/kernia/v1/connections/{}/traces", stage.connection);
    assert_eq!(stage.app.gets(&path).await.code(404), "entity_not_found");
}

#[tokio::test]
async fn a_list_is_walked_and_filtered() {
    let mut stage = Stage::set().await;
    let mut expected = Vec::new();
    for nth in 0..9 {
        let trace = match nth % 3 {
            0 => stage.brings("no base64!").await,
            1 => {
                let wrong = stage.spoiled(|it| it.conditions = String::new());
                stage.brings(&wrong).await
            }
            _ => {
                let good = stage.acme.signs(&stage.honest());
                let trace = stage.brings(&good).await;
                stage.begins().await;
                trace
            }
        };
        expected.insert(0, trace["id"].as_str().unwrap().to_owned());
    }
    for (filter, wanted) in [
        (vec![], vec![0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (vec![("outcome", "failed")], vec![1, 2, 4, 5, 7, 8]),
        (vec![("outcome", "succeeded")], vec![0, 3, 6]),
        (vec![("code", "not_base64")], vec![2, 5, 8]),
        (vec![("code", "audience"), ("outcome", "failed")], vec![1, 4, 7]),
        (vec![("code", "audience"), ("outcome", "succeeded")], vec![]),
        (vec![("code", "replay")], vec![]),
    ] {
        let wanted: Vec<_> = wanted.iter().map(|nth: &usize| expected[*nth].as_str()).collect();
        for (order, by) in [("desc", "after"), ("asc", "after"), ("normal", "before")] {
            let (mut met, mut cursor) = (Vec::new(), None::<String>);
            loop {
                let mut query = filter.clone();
                query.extend([("limit", "2"), ("order", order)]);
                query.extend(cursor.as_deref().map(|cursor| (by, cursor)));
                let page = stage.list(&query).await;
                let ids = page["data"].as_array().unwrap().iter();
                met.extend(ids.map(|it| it["id"].as_str().unwrap().to_owned()));
                match page["list_metadata"][by].as_str() {
                    Some(next) => cursor = Some(next.to_owned()),
                    None => break,
                }
            }
            if order == "asc" {
                met.reverse();
            }
            assert_eq!(met, wanted, "{filter:?} {order}");
        }
    }
    let path = format!("/kernia/v1/connections/{}/traces", stage.connection);
    for (query, code) in [
        ("outcome=perhaps", "invalid_outcome"),
        ("limit=0", "invalid_limit"),
        ("after=conn_1", "invalid_cursor"),
    ] {
        assert_eq!(stage.app.gets(&format!("{path}?{query}")).await.code(422), code);
    }
}

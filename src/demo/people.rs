//! Whom the company provisioned, as the sample application sees them: read from Kernia's
//! WorkOS-compatible API, like any vendor would.

use askama::Template;
use serde_json::Value;

use super::{Demo, page};
use crate::{
    http::{ApiClient, Method, Response},
    kit::{
        error::{Error, Fault},
        text::WebAddress,
    },
};

#[derive(Template)]
#[template(path = "demo/people.html", config = "src/pages/askama.toml")]
struct People<'a> {
    scim_url: String,
    people: Vec<Person<'a>>,
}

struct Person<'a> {
    name: &'a str,
    email: &'a str,
    state: &'a str,
    groups: Vec<&'a str>,
}

/// `GET /demo/people`.
pub(super) async fn show(demo: &Demo) -> Result<Response, Error> {
    let application = &demo.application;
    let address = WebAddress::parse(&demo.url(""))?;
    let kernia = ApiClient::to(address, application.api_key.clone());
    let path = format!("/directory_users?limit=100&directory={}", application.directory_id);
    let answer = kernia.call(Method::Get, &path, None).await.map_err(Fault::internal)?;
    let people = answer.body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shown = People {
        scim_url: demo.url(&application.scim_path),
        people: people.iter().map(Person::of).collect(),
    };
    page(200, &shown, "'none'")
}

impl<'a> Person<'a> {
    fn of(user: &'a Value) -> Self {
        let text = |name: &str| user[name].as_str().unwrap_or_default();
        let groups = user["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self {
            name: user["name"].as_str().unwrap_or(text("username")),
            email: text("email"),
            state: text("state"),
            groups: groups.iter().filter_map(|group| group["name"].as_str()).collect(),
        }
    }
}

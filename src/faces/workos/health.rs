//! Whether the process lives, and whether it can serve.

use serde_json::json;

use crate::{
    app::App,
    http::{Request, Response},
    kit::error::Error,
};

/// `GET /healthz`: the process answers.
pub(super) async fn alive(_: &App, _: Request) -> Result<Response, Error> {
    Ok(Response::json(200, &json!({ "status": "ok" })))
}

/// `GET /readyz`: the database reads and takes writes. 503 with the part that does not.
pub(super) async fn ready(app: &App, _: Request) -> Result<Response, Error> {
    let reads = app.store.read(|_| Ok(())).await.is_ok();
    let writes = app.store.write(|_| Ok(())).await.is_ok();
    let word = |good: bool| if good { "ok" } else { "failing" };
    let body = json!({
        "status": word(reads && writes),
        "database": { "read": word(reads), "write": word(writes) },
    });
    Ok(Response::json(if reads && writes { 200 } else { 503 }, &body))
}

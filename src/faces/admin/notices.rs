//! `/kernia/v1/notices`: certificates that end, and who is to be told.

use crate::{
    app::App,
    applications::Caller,
    faces::paging::Asked,
    http::{Request, Response},
    kit::{
        error::{Error, Refused},
        id::Id,
        page::Listed,
    },
    sso::notice,
};

pub(super) async fn list(app: &App, request: Request, _: Caller) -> Result<Response, Error> {
    let asked = Asked::parse(&request.query)?;
    let connection = request.query.one("connection_id")?.filter(|text| !text.is_empty());
    let connection = connection.map(Id::parse).transpose().map_err(|_| {
        Refused::field("connection_id", "id_malformed", "it is the id of a connection")
    })?;
    let page = asked.page.clone();
    let listed = app
        .store
        .read(move |tx| {
            let listed = notice::list(tx, connection.as_ref(), &page)?;
            let data = listed.data.into_iter().map(|notice| notice.published(tx));
            Ok(Listed {
                data: data.collect::<Result<Vec<_>, _>>()?,
                before: listed.before,
                after: listed.after,
            })
        })
        .await?;
    Ok(Response::json(200, &asked.answer(listed, |published| published)))
}

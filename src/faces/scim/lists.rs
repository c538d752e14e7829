//! Lists and searches (RFC 7644 §3.4.2, §3.4.3, RFC 9865): users, groups, or both.

use super::{
    PAGES, answer, asked, base,
    cursor::{self, Question},
};
use crate::{
    app::App,
    directories::{Provisioner, Search, search::search as find},
    http::{Request, Response},
    kit::error::Error,
    scim::{ListRequest, Page, ResourceType},
};

pub(super) async fn list(
    types: &'static [ResourceType],
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let asked = ListRequest::from_pairs(request.query.entries(), one(types), PAGES)?;
    answer(types, app, asked, who).await
}

pub(super) async fn search(
    types: &'static [ResourceType],
    app: &App,
    request: Request,
    who: Provisioner,
) -> Result<Response, Error> {
    let read = move |body: &[u8]| ListRequest::from_search(body, one(types), PAGES);
    let asked = asked::read(app, request.body, read).await?;
    answer(types, app, asked, who).await
}

/// The type that is listed; none where all are.
fn one(types: &'static [ResourceType]) -> Option<ResourceType> {
    match types {
        [one] => Some(*one),
        _ => None,
    }
}

async fn answer(
    types: &'static [ResourceType],
    app: &App,
    request: ListRequest,
    who: Provisioner,
) -> Result<Response, Error> {
    let base = base(app, &who);
    let question = Question::of(&who.directory, types, &request);
    let now = app.clock.now();
    let from = match &request.page {
        Page::Cursor { cursor: Some(cursor), .. } => {
            Some(cursor::open(&app.vault, &question, cursor, now)?)
        }
        _ => None,
    };
    let (page, projection) = (request.page.clone(), request.projection.clone());
    let asked = Search { directory: who.directory, base: base.clone(), types, request, from };
    let found = find(&app.store, &app.cpu, &app.walks, asked).await?;
    let part = match page {
        Page::Index { start, .. } => answer::Part::Numbered { start },
        Page::Cursor { .. } => {
            let next = found.next.as_ref();
            let next = next.map(|mark| cursor::seal(&app.vault, &question, mark, now));
            answer::Part::Cursor { next }
        }
    };
    answer::list(app, base, (found, projection), part).await
}

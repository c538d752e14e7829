//! Pages of this face as responses: shown as they are, or posting their form on.

use askama::Template;

use crate::{
    http::Response,
    kit::{error::Error, text::WebAddress},
    pages::{self, Onward},
};

/// A page whose forms may end up at `form_action`.
pub(super) fn shown(page: &impl Template, form_action: &str) -> Result<Response, Error> {
    let mut response = Response::html(200, pages::html(page)?);
    for (name, value) in pages::headers(form_action) {
        response = response.with_header(name, value);
    }
    Ok(response)
}

/// A page that posts a message to an identity provider. Browsers hold every redirect that follows a
/// post against the form's targets, and a provider may send its people on to another host of its own.
pub(super) fn posted(page: &Onward, target: &WebAddress) -> Result<Response, Error> {
    let origin = target.url().origin().ascii_serialization();
    shown(page, &format!("{origin} https:"))
}

/// Where a form of ours may end up whose post is answered with a redirect to an application, or to an
/// identity provider: any https address, for where they send people on to is their own affair, and
/// http where one of them has none.
pub(super) fn onward_targets(plain: bool) -> &'static str {
    if plain { "'self' https: http:" } else { "'self' https:" }
}

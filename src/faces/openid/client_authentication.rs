//! How a client proves itself at the token endpoint (RFC 6749 §2.3): by HTTP Basic, or in the form, by
//! one of them; a public one names itself in the form. Nothing of it stands in an address.

use percent_encoding::percent_decode_str;

use crate::{
    faces::asker::shown,
    http::{Pairs, Request},
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
    },
    openid_provider::Credentials,
};

/// What the client shows.
pub(super) fn credentials(request: &Request, form: &Pairs) -> Result<Credentials, Error> {
    let invalid = |why: &str| Refused::malformed("invalid_request", why.to_owned());
    let client_id = form.one("client_id")?;
    let secret = form.one("client_secret")?.map(|secret| Secret::new(secret.to_owned()));
    if form.one("client_assertion")?.is_some() || form.one("client_assertion_type")?.is_some() {
        return Err(unknown("Client assertions are not taken; use the client's secret."));
    }
    if request.header("authorization").is_none() {
        let client_id = client_id.ok_or_else(|| invalid("The client_id is missing."))?;
        return of(client_id, secret);
    }
    let Some((name, password)) = basic(request) else {
        return Err(unknown("The Authorization header is no Basic one that can be read."));
    };
    if secret.is_some() {
        return Err(invalid("The client authenticates twice; send its secret in one place."));
    }
    if client_id.is_some_and(|client_id| client_id != name) {
        return Err(invalid("The client_id is not the one of the Authorization header."));
    }
    of(&name, Some(password))
}

/// Who a request says it comes from, for the log: nobody has proved it.
pub(super) fn claimed(request: &Request) -> Option<String> {
    let in_form = || Some(request.form().ok()?.one("client_id").ok()??.to_owned());
    basic(request).map(|(name, _)| name).or_else(in_form).map(|name| shown(&name))
}

fn of(client_id: &str, secret: Option<Secret>) -> Result<Credentials, Error> {
    let no = || unknown("There is no such client, or its secret is another one.");
    let client = Id::parse(client_id).map_err(|_| no())?;
    // An empty secret is none: some libraries send the field of a public client so.
    let secret = secret.filter(|secret| !secret.expose().is_empty());
    Ok(Credentials { client, secret })
}

fn unknown(why: &str) -> Error {
    Refused::unauthenticated("invalid_client", why)
}

/// Both parts are encoded as in a form before they are joined (RFC 6749 §2.3.1).
fn basic(request: &Request) -> Option<(String, Secret)> {
    let (name, password) = request.basic()?;
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8().map(std::borrow::Cow::into_owned).ok()
    };
    Some((decode(&name)?, Secret::new(decode(password.expose())?)))
}

//! Clients of `kernia.toml`: at each start the store is made to say what the file says.

use super::{Client, Draft, OpenIdClient, RedirectUri, secret, sql};
use crate::{
    applications,
    kit::{
        error::{Error, Refused},
        id::Id,
        secret::Secret,
    },
    sso,
    store::Tx,
};

/// A client as the file has it.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Its id, as the operator wrote it.
    pub id: Id<Client>,
    /// All else.
    pub draft: Draft,
    /// Its secrets: none for a public one.
    pub secrets: Vec<Secret>,
}

/// Makes these the clients that are configured, and no others. One that is no longer in the file goes
/// with all that it was given. An id that a client of the API has is refused.
pub fn set(tx: &Tx<'_>, wanted: &[Configured]) -> Result<(), Error> {
    let stored: Vec<Id<Client>> = tx.list(sql::CONFIGURED_CLIENTS, &[], |row| row.get("id"))?;
    for id in stored.iter().filter(|id| !wanted.iter().any(|client| client.id == **id)) {
        sso::delete_client(tx, id)?;
    }
    wanted.iter().try_for_each(|client| keep(tx, client))
}

fn keep(tx: &Tx<'_>, wanted: &Configured) -> Result<(), Error> {
    let Configured { id, draft, secrets } = wanted;
    let taken = || {
        let why = format!("the client `{id}` was made by the API; give this one another id");
        Refused::conflict("client_id_taken", why)
    };
    match super::lookup(tx, id)? {
        Some(found) if !found.is_configured => return Err(taken()),
        // Whoever changes from public to confidential, or back, starts anew.
        Some(found) if found.is_public != draft.is_public => sso::delete_client(tx, id)?,
        Some(found) => {
            applications::client::keep(tx, id, &draft.name)?;
            return change(tx, found, wanted);
        }
        None if applications::client::lookup(tx, id)?.is_some() => return Err(taken()),
        None => {}
    }
    applications::client::keep(tx, id, &draft.name)?;
    super::insert(tx, id, draft, true)?;
    secret::set(tx, id, secrets)
}

fn change(tx: &Tx<'_>, mut found: OpenIdClient, wanted: &Configured) -> Result<(), Error> {
    let Draft { redirect_uris, post_logout_redirect_uris, .. } = &wanted.draft;
    let texts = |uris: &[RedirectUri]| -> Vec<String> {
        uris.iter().map(|uri| uri.as_str().to_owned()).collect()
    };
    let (uris, after) = (texts(redirect_uris), texts(post_logout_redirect_uris));
    if found.redirect_uris != uris || found.post_logout_redirect_uris != after {
        (found.redirect_uris, found.post_logout_redirect_uris) = (uris, after);
        super::write(tx, &found)?;
    }
    secret::set(tx, &found.id, &wanted.secrets)
}

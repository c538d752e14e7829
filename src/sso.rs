//! Single sign-on: connections to customers' identity providers, sign-ins under way, profiles, and
//! the codes and tokens that tell an application who signed in.

pub mod access;
mod address;
mod attributes;
pub mod certificate;
pub mod connection;
mod connection_type;
pub mod consent;
pub mod key_pair;
pub mod notice;
pub mod oidc_settings;
pub mod preset;
pub mod profile;
pub mod provider;
pub mod refresh;
pub mod rejection;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod slowdown;
mod sql;
mod statement;
pub mod test_sign_in;
pub mod trace;
pub mod trust;
mod under_way;
mod uses;

pub use self::{
    address::{AcsUrl, EntityId},
    certificate::PinnedCertificate,
    connection::Connection,
    connection_type::{ConnectionType, Protocol},
    key_pair::SpKeyPair,
    notice::Notice,
    oidc_settings::{OidcConnection, OidcConnections, OidcSettings},
    preset::Preset,
    profile::Profile,
    rejection::Rejection,
    settings::{AttributeMap, Binding, IdpInitiated, LogoutService, Settings},
    sign_in::SignIn,
    slowdown::Slowdown,
    statement::Statement,
    test_sign_in::TestSignIn,
    trace::{Recorder, Trace},
    trust::Trusts,
    under_way::UnderWay,
    uses::Uses,
};
pub use crate::kit::external_key::ExternalKey;
use crate::{
    applications::{self, Client},
    kit::{error::Error, id::Id},
    organizations::{self, Organization},
    store::{Tx, params},
};

/// Begins to delete an organization: nobody signs in through it any more. There may be a million rows
/// behind it: [`connection::purge_of_organization`] takes them in portions, and then comes
/// [`delete_organization`]. Where that is broken off the connections go by themselves, and the
/// organization can be deleted again.
pub fn condemn_organization(tx: &Tx<'_>, id: &Id<Organization>) -> Result<(), Error> {
    organizations::find(tx, id)?;
    connection::condemn_of_organization(tx, id)
}

/// Deletes an organization with all that still stands on it, its deleted connections too.
pub fn delete_organization(tx: &Tx<'_>, id: &Id<Organization>) -> Result<(), Error> {
    connection::erase_of_organization(tx, id)?;
    organizations::delete(tx, id)
}

/// Deletes a client with all that stands on it.
pub fn delete_client(tx: &Tx<'_>, id: &Id<Client>) -> Result<(), Error> {
    for statement in [
        sql::CODES_OF_CLIENT,
        sql::SIGN_INS_OF_CLIENT,
        sql::HELD_OF_CLIENT,
        sql::CONSENTS_OF_CLIENT,
        sql::TESTS_OF_CLIENT,
    ] {
        tx.run(statement, params![id])?;
    }
    applications::client::delete(tx, id)
}

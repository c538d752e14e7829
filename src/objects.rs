//! The published objects, shaped as WorkOS's SDKs read them: serde structs and nothing else.
//! Nouns turn themselves into these; faces answer with them. Every documented key is always there:
//! the SDKs of Rust and Python refuse a whole response for one that is missing.

mod application;
mod connection;
mod directory;
mod key_pair;
mod metadata;
mod notice;
mod organization;
mod profile;
mod test_sign_in;
mod trace;

use serde::Serialize;

pub use self::{
    application::{
        ApiKey, Client, JsonWebKey, JsonWebKeys, OpenIdClient, OpenIdKey, OpenIdSecret, RedirectUri,
    },
    connection::{
        AttributeMaps, Certificate, Connection, ConnectionDomain, DeletedConnection, OidcOptions,
        SamlOptions, StandardAttributes,
    },
    directory::{
        DetailedDirectory, Directory, DirectoryGroup, DirectoryMetadata, DirectoryToken,
        DirectoryUser, DirectoryUserCounts, DirectoryUserEmail,
    },
    key_pair::{SpCertificate, SpKeyPair},
    metadata::{
        ConnectionMetadata, MetadataFailure, MetadataProposal, MetadataRefresh, OldAndNew,
        ProviderKeys,
    },
    notice::{CertificateNotice, NoticedCertificate, NoticedConnection},
    organization::{
        DomainFinding, DomainRecord, DomainVerification, ItContact, Organization,
        OrganizationDomain,
    },
    profile::{Profile, RoleSlug, Token},
    test_sign_in::{TestProfile, TestSignIn},
    trace::{
        Check, Trace, TraceAttribute, TraceFailure, TraceRequest, TraceResponse, TraceStep,
        TraceWarning,
    },
};
use crate::kit::page::Listed;

/// A page of a list.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the wire's own names")]
pub struct List<T> {
    object: &'static str,
    /// The objects, in the list's order.
    pub data: Vec<T>,
    list_metadata: ListMetadata,
}

#[derive(Debug, Serialize)]
struct ListMetadata {
    before: Option<String>,
    after: Option<String>,
}

impl<T> List<T> {
    /// The page as published, each item by `publish`.
    pub fn of<U>(listed: Listed<U>, publish: impl Fn(U) -> T) -> Self {
        Self {
            object: "list",
            data: listed.data.into_iter().map(publish).collect(),
            list_metadata: ListMetadata { before: listed.before, after: listed.after },
        }
    }

    /// Everything there is, on one page.
    #[must_use]
    pub fn whole(data: Vec<T>) -> Self {
        Self { object: "list", data, list_metadata: ListMetadata { before: None, after: None } }
    }
}

//! Directories: what customers' identity providers provision through SCIM, the tokens that they
//! prove themselves with, and what is seen of their requests.

mod block;
pub mod directory;
mod directory_type;
mod group;
mod live_tokens;
mod member;
mod observations;
pub mod published;
mod record;
pub mod resource;
pub mod search;
pub mod token;
mod user;

pub use self::{
    directory::Directory,
    directory_type::DirectoryType,
    group::{DirectoryGroup, GroupDraft},
    live_tokens::{Forgetting, LiveToken, LiveTokens},
    observations::Observations,
    record::{Links, Record},
    resource::{Draft, Target},
    search::{Found, Mark, Search, Walks},
    token::{DirectoryToken, Provisioner},
    user::{DirectoryUser, UserDraft},
};

//! Directories: what customers' identity providers provision through SCIM, the tokens that they
//! prove themselves with, and what is seen of their requests.

pub mod directory;
mod directory_type;
mod live_tokens;
mod observations;
pub mod token;

pub use self::{
    directory::Directory,
    directory_type::DirectoryType,
    live_tokens::{Forgetting, LiveToken, LiveTokens},
    observations::Observations,
    token::{DirectoryToken, Provisioner},
};

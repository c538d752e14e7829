//! Applications: the clients that sign their users in through Kernia, the addresses they may be
//! answered at, their API keys and the keys that sign for them.

pub mod api_key;
pub mod client;
pub mod redirect_uri;
pub mod signing_key;
mod sql;

pub use self::{
    api_key::{ApiKey, Caller},
    client::Client,
    redirect_uri::RedirectUri,
};

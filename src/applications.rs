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

/// What sort of environment this instance is. One instance is one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// For rehearsals: keys begin with `sk_test_`, plain http is tolerated.
    Test,
    /// For real: keys begin with `sk_live_`, https only.
    Live,
}

impl Environment {
    /// What API keys begin with.
    #[must_use]
    pub fn key_prefix(self) -> &'static str {
        match self {
            Self::Test => "sk_test_",
            Self::Live => "sk_live_",
        }
    }
}

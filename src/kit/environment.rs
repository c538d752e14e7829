//! What an instance is for. One instance is one environment.

/// The kind of an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Real people sign in: keys begin with `sk_live_`, and plain http is refused.
    Live,
    /// Staging and trials: keys begin with `sk_test_`, and plain http is tolerated.
    Test,
}

impl Environment {
    /// What API keys begin with.
    #[must_use]
    pub fn key_prefix(self) -> &'static str {
        match self {
            Self::Live => "sk_live_",
            Self::Test => "sk_test_",
        }
    }
}

//! The way to a provider's sign-out (OIDC RP-Initiated Logout §2).

use super::authorization::with_query;
use crate::kit::text::WebAddress;

/// A request that sends a browser to a provider to sign out there.
#[derive(Debug, Clone, Copy)]
pub struct EndSessionRequest<'a> {
    /// The provider's end session endpoint.
    pub endpoint: &'a WebAddress,
    /// The ID token of the session, where it was kept; it need not hold any more.
    pub id_token_hint: Option<&'a str>,
    /// Our name at the provider.
    pub client_id: &'a str,
    /// Where the browser goes afterwards, which the provider has to know.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// What it brings along then.
    pub state: Option<&'a str>,
}

impl EndSessionRequest<'_> {
    /// The address to send the browser to.
    #[must_use]
    pub fn url(&self) -> String {
        let asked = [
            ("id_token_hint", self.id_token_hint),
            ("client_id", Some(self.client_id)),
            ("post_logout_redirect_uri", self.post_logout_redirect_uri),
            ("state", self.state),
        ];
        let asked: Vec<(&str, &str)> =
            asked.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        with_query(self.endpoint, &asked)
    }
}

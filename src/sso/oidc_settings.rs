//! What an OIDC connection has beside what every connection has: its settings, the secret and keys
//! of ours, and what its provider publishes. Nothing is fetched here.

mod draft;
mod fit;
mod prepared;
mod published;
mod refresh;
mod sql;
mod stored;

use serde::{Deserialize, Serialize};

pub(super) use self::{
    draft::require_changeable,
    stored::{
        Stored, find as stored_of, insert as insert_row, require_without_key, write as write_row,
    },
};
pub use self::{
    draft::{Draft, create, update},
    prepared::{OidcConnection, OidcConnections, PersonApi, client_jwks, of},
    published::published,
    refresh::{
        Outcome, Plan, apply, apply_keys, due, key_plan, plan, published as published_metadata,
    },
    stored::{lookup_by_callback_path, takes_answers},
};
use super::{ConnectionType, preset};
use crate::{
    kit::{secret::Secret, text::WebAddress},
    oidc::{Algorithm, Keys, Provider},
};

/// What can be set on an OIDC connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OidcSettings {
    /// Our name at the provider; it stands in the connection's row.
    #[serde(skip)]
    pub client_id: String,
    /// Where the provider describes itself; it stands in the connection's row.
    #[serde(skip)]
    pub discovery_endpoint: Option<WebAddress>,
    /// The address that the provider sends people back to, when it is not the one under our base
    /// URL: as it was given, because providers compare every character.
    pub redirect_uri: Option<String>,
    /// Whether a code is bound to the request that asked for it (RFC 7636).
    pub pkce: bool,
    /// How we prove at the token endpoint who we are.
    pub token_authentication_method: TokenAuthenticationMethod,
    /// The one algorithm that ID tokens must be signed with; else any of the provider's that is not
    /// symmetric.
    pub id_token_signature_algorithm: Option<Algorithm>,
    /// Whether more about a person is asked of the userinfo endpoint.
    pub fetch_user_info: bool,
    /// What is asked for; `openid` is always among it.
    pub scopes: Vec<String>,
    /// The Google Workspace domains that people must come from; empty: any.
    pub hosted_domains: Vec<String>,
    /// At Apple the secret is made by a key, which has this name and belongs to this team.
    pub apple: Option<AppleKey>,
    /// Where who signed in is asked of an API, because there is no ID token.
    pub person_api: Option<PersonApi>,
}

/// The key that makes Apple's client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppleKey {
    /// The team that it belongs to.
    pub team_id: String,
    /// Its name.
    pub key_id: String,
}

/// How we prove at a token endpoint who we are (OIDC Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAuthenticationMethod {
    /// The secret in the header `Authorization`.
    #[default]
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// An assertion that a key of ours signs.
    PrivateKeyJwt,
}

impl TokenAuthenticationMethod {
    const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];

    /// Takes a method by its name in OpenID Connect.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether it takes a secret that both sides hold.
    #[must_use]
    pub fn takes_secret(self) -> bool {
        self != Self::PrivateKeyJwt
    }
}

/// What is to change of an OIDC connection; what is `None` stays, and `Some(None)` is the default.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields of OidcSettings")]
pub struct Change {
    pub client_id: Option<String>,
    pub redirect_uri: Option<Option<String>>,
    pub pkce: Option<Option<bool>>,
    pub token_authentication_method: Option<Option<TokenAuthenticationMethod>>,
    pub id_token_signature_algorithm: Option<Option<Algorithm>>,
    pub fetch_user_info: Option<Option<bool>>,
    pub scopes: Option<Option<Vec<String>>>,
    pub hosted_domains: Option<Option<Vec<String>>>,
    /// `Some(None)` takes the secret away.
    pub client_secret: Option<Option<Secret>>,
    /// What was found at the discovery endpoint, whether it is a new one or the old one.
    pub discovered: Option<Discovered>,
}

/// What a provider publishes, as it was read.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// From where.
    pub discovery_endpoint: WebAddress,
    /// What it says of itself.
    pub provider: Provider,
    /// Its key set, which was read once to see that it can be.
    pub keys: String,
}

impl Discovered {
    /// Takes a provider and its key set, which [`Keys::parse`] accepted.
    #[must_use]
    pub fn new(discovery_endpoint: WebAddress, provider: Provider, keys: String) -> Self {
        Self { discovery_endpoint, provider, keys }
    }
}

impl OidcSettings {
    /// What a fresh connection to this provider has where nobody says.
    #[must_use]
    pub fn usual(connection_type: ConnectionType, provider: &Provider) -> Self {
        let asked = preset::asked::of(connection_type);
        let mut scopes: Vec<_> = asked.scopes.iter().map(|&scope| scope.to_owned()).collect();
        // Of a provider that says what may be asked for, nothing else is.
        if !provider.scopes.is_empty() {
            scopes.retain(|scope| scope == "openid" || provider.scopes.contains(scope));
        }
        let offered = &provider.token_authentication_methods;
        let method = TokenAuthenticationMethod::ALL
            .into_iter()
            .find(|method| offered.iter().any(|name| name == method.as_str()));
        Self {
            pkce: true,
            token_authentication_method: method.unwrap_or_default(),
            fetch_user_info: asked.user_info && provider.userinfo_endpoint.is_some(),
            scopes,
            ..Self::default()
        }
    }

    /// Changes what is given and leaves the rest; what goes back to its default does so to the
    /// `usual` one.
    fn apply(&mut self, change: &Change, usual: &Self) {
        fn set<T: Clone>(field: &mut T, change: Option<&Option<T>>, usual: &T) {
            if let Some(change) = change {
                *field = change.as_ref().unwrap_or(usual).clone();
            }
        }
        if let Some(client_id) = &change.client_id {
            client_id.clone_into(&mut self.client_id);
        }
        if let Some(discovered) = &change.discovered {
            self.discovery_endpoint = Some(discovered.discovery_endpoint.clone());
        }
        if let Some(redirect_uri) = &change.redirect_uri {
            self.redirect_uri.clone_from(redirect_uri);
        }
        if let Some(algorithm) = change.id_token_signature_algorithm {
            self.id_token_signature_algorithm = algorithm;
        }
        set(&mut self.pkce, change.pkce.as_ref(), &usual.pkce);
        set(
            &mut self.token_authentication_method,
            change.token_authentication_method.as_ref(),
            &usual.token_authentication_method,
        );
        set(&mut self.fetch_user_info, change.fetch_user_info.as_ref(), &usual.fetch_user_info);
        set(&mut self.scopes, change.scopes.as_ref(), &usual.scopes);
        set(&mut self.hosted_domains, change.hosted_domains.as_ref(), &Vec::new());
        if !self.scopes.iter().any(|scope| scope == "openid") {
            self.scopes.insert(0, "openid".to_owned());
        }
    }

    /// The settings that a new connection has.
    #[must_use]
    pub fn new(change: &Change, connection_type: ConnectionType, provider: &Provider) -> Self {
        let usual = Self::usual(connection_type, provider);
        let mut settings = usual.clone();
        settings.apply(change, &usual);
        settings
    }

    /// What the scopes are in a request.
    #[must_use]
    pub fn scope(&self) -> String {
        self.scopes.join(" ")
    }
}

/// The key set that a stored text holds.
fn keys(document: &str) -> Option<Keys> {
    Keys::parse(document.as_bytes()).ok()
}

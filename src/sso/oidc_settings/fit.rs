//! Whether settings and provider fit: what is set must be something that the provider takes, and
//! what a method needs must be there. Every field at fault is named.

use super::{OidcSettings, TokenAuthenticationMethod};
use crate::{
    kit::error::{Error, FieldFault, Refused},
    oidc::{Algorithm, Provider},
};

/// What the settings can rely on beside the provider.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    /// Whether there is a secret.
    pub(super) secret: bool,
    /// Whether there is a key of ours.
    pub(super) key: bool,
}

/// Refuses settings that cannot work with this provider.
pub(super) fn require(
    settings: &OidcSettings,
    provider: &Provider,
    means: Means,
) -> Result<(), Error> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, code, message| {
        faults.push(FieldFault { field: field.to_owned(), code, message });
    };
    if let Some((code, why)) = method(settings.token_authentication_method, provider) {
        fault("token_authentication_method", code, why);
    }
    if !settings.token_authentication_method.takes_secret() && !means.key {
        let why =
            "`private_key_jwt` signs with a key of this connection, and it has none".to_owned();
        fault("token_authentication_method", "key_pair_missing", why);
    }
    if let Some((code, why)) = credentials(settings, means) {
        fault("client_secret", code, why.to_owned());
    }
    if let Some((code, why)) = algorithm(settings.id_token_signature_algorithm, provider) {
        fault("id_token_signature_algorithm", code, why);
    }
    let challenges = &provider.code_challenge_methods;
    if settings.pkce && !challenges.is_empty() && !challenges.iter().any(|it| it == "S256") {
        let offered = listed(challenges);
        let why = format!("the provider takes no S256 challenge ({offered}); set it to `false`");
        fault("pkce", "pkce_not_offered", why);
    }
    if settings.fetch_user_info && provider.userinfo_endpoint.is_none() {
        let why = "the provider has no userinfo endpoint; set it to `false`".to_owned();
        fault("fetch_user_info", "userinfo_not_offered", why);
    }
    if faults.is_empty() { Ok(()) } else { Err(Refused::fields(faults)) }
}

fn method(
    chosen: TokenAuthenticationMethod,
    provider: &Provider,
) -> Option<(&'static str, String)> {
    let offered = &provider.token_authentication_methods;
    if offered.is_empty() || offered.iter().any(|name| name == chosen.as_str()) {
        return None;
    }
    let usable: Vec<_> = offered
        .iter()
        .filter(|name| TokenAuthenticationMethod::parse(name).is_some())
        .cloned()
        .collect();
    let why = if usable.is_empty() {
        let offered = listed(offered);
        format!("the provider takes only {offered}, which Kernia does not speak")
    } else {
        let usable = listed(&usable);
        format!("the provider does not take `{}`; choose {usable}", chosen.as_str())
    };
    Some(("token_authentication_method_not_offered", why))
}

/// What the method, and a symmetric algorithm, need.
fn credentials(settings: &OidcSettings, means: Means) -> Option<(&'static str, &'static str)> {
    let symmetric = settings.id_token_signature_algorithm.is_some_and(Algorithm::is_symmetric);
    if settings.token_authentication_method.takes_secret() {
        let why = "the authentication method takes a secret: give it";
        return (!means.secret).then_some(("required", why));
    }
    if symmetric && !means.secret {
        let why = "ID tokens signed with HS… are verified with the secret: give it";
        return Some(("required", why));
    }
    if means.secret && !symmetric {
        let why = "`private_key_jwt` takes a key and no secret: leave it out, or set it to `null`";
        return Some(("client_secret_not_accepted", why));
    }
    None
}

fn algorithm(chosen: Option<Algorithm>, provider: &Provider) -> Option<(&'static str, String)> {
    let offered = &provider.id_token_algorithms;
    if offered.is_empty() {
        return None;
    }
    let has = |algorithm: Algorithm| offered.iter().any(|name| name == algorithm.as_str());
    let why = match chosen {
        Some(chosen) if has(chosen) => return None,
        None if Algorithm::ASYMMETRIC.into_iter().any(has) => return None,
        Some(chosen) => format!(
            "the provider does not sign with {chosen}, but with {}; choose one of these or leave \
             it out",
            listed(offered)
        ),
        None => format!(
            "the provider signs only with {}, which is taken only where it is asked for: name it, \
             if you trust everybody who has the secret",
            listed(offered)
        ),
    };
    Some(("algorithm_not_offered", why))
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

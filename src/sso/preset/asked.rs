//! What an OpenID provider is asked for where nobody says: scopes, and whether more than its ID
//! tokens hold is asked of its userinfo endpoint.

use super::ConnectionType;

/// What is asked of one kind of provider.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    connection_type: &'static str,
    /// The scopes, `openid` first.
    pub scopes: &'static [&'static str],
    /// Whether its ID tokens hold too little of a person.
    pub user_info: bool,
}

const USUAL: &[&str] = &["openid", "profile", "email"];

const fn asked(
    connection_type: &'static str,
    scopes: &'static [&'static str],
    user_info: bool,
) -> Asked {
    Asked { connection_type, scopes, user_info }
}

/// In the code flow the claims of `profile` and `email` may come from the userinfo endpoint alone
/// (OIDC Core §5.4), and most providers keep to that.
const GENERIC: Asked = asked("GenericOIDC", USUAL, true);

const ALL: &[Asked] = &[
    asked("AdpOidc", &["openid", "profile"], true),
    // Its API has a version of its own for each kind of person.
    asked("CleverOIDC", &["openid"], true),
    // What an administrator ticks stands in the ID token; userinfo (Graph) holds less.
    asked("EntraIdOIDC", USUAL, false),
    asked("GoogleOIDC", USUAL, false),
    // Names need a level of proofing that few have.
    asked("LoginGovOidc", &["openid", "email"], true),
    // The ID token of the code flow is thin; `groups` comes with a claim that is filtered for it.
    asked("OktaOIDC", &["openid", "profile", "email", "groups"], true),
    // It has no userinfo endpoint, and sends names in the first answer only.
    asked("AppleOAuth", &["openid", "name", "email"], false),
    asked("GitHubOAuth", &["read:user", "user:email"], true),
    asked("GoogleOAuth", USUAL, false),
    asked("MicrosoftOAuth", USUAL, false),
];

/// What a provider of this kind is asked for.
#[must_use]
pub fn of(connection_type: ConnectionType) -> Asked {
    let name = connection_type.as_str();
    ALL.iter().find(|it| it.connection_type == name).copied().unwrap_or(GENERIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known() {
        for asked in ALL.iter().chain([&GENERIC]) {
            assert!(ConnectionType::parse(asked.connection_type).is_some());
        }
    }
}

//! Providers for everybody: from the configuration, with their secrets from wherever those are, to
//! what `sso` keeps of them.

use std::path::Path;

use crate::{
    config::{Apple, Config, GitHub, Identifier, OpenIdProvider},
    kit::{error::Error, secret::Secret, text::WebAddress},
    oidc::{Provider, SigningKey},
    openid_provider::session,
    sso::{
        ConnectionType,
        oidc_settings::{AppleKey, OidcSettings, PersonApi, TokenAuthenticationMethod},
        preset::asked,
        provider::{self, Configured},
    },
    store::Store,
    vault::{SecretSources, Vault},
};

/// Every provider that the configuration has, or every fault of theirs.
pub fn configured(config: &Config) -> Result<Vec<Configured>, Vec<String>> {
    let credentials = config.vault.credentials_directory.as_deref();
    let found = [
        openid(("google_oauth", "GoogleOAuth"), &config.google_oauth, credentials),
        openid(("microsoft_oauth", "MicrosoftOAuth"), &config.microsoft_oauth, credentials),
        github(&config.github_oauth, credentials),
        apple(&config.apple_oauth, credentials),
    ];
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for one in found {
        match one {
            Ok(one) => all.extend(one),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

/// Brings the database to what the configuration says of providers. What began through one that is
/// gone does not go on if it comes back.
pub(super) async fn configure(
    store: &Store,
    vault: &Vault,
    wanted: Vec<Configured>,
) -> Result<(), Error> {
    let vault = vault.clone();
    store
        .write(move |tx| {
            let off = provider::configure(tx, &vault, &wanted)?;
            off.iter().try_for_each(|connection| session::end_of_connection(tx, connection))
        })
        .await
}

fn openid(
    (section, name): (&str, &str),
    config: &OpenIdProvider,
    credentials: Option<&Path>,
) -> Result<Option<Configured>, String> {
    let Some(client_id) = &config.client_id else { return Ok(None) };
    let client_secret = secret(
        section,
        &SecretSources {
            credential: &format!("{section}.client_secret"),
            credentials,
            environment: config.client_secret.as_ref(),
            file: config.client_secret_file.as_deref(),
        },
    )?;
    let (connection_type, settings) = settings(name, client_id)?;
    let settings =
        OidcSettings { discovery_endpoint: Some(config.discovery_endpoint.clone()), ..settings };
    Ok(Some(Configured { connection_type, settings, client_secret, provider: None }))
}

fn github(config: &GitHub, credentials: Option<&Path>) -> Result<Option<Configured>, String> {
    let Some(client_id) = &config.client_id else { return Ok(None) };
    let client_secret = secret(
        "github_oauth",
        &SecretSources {
            credential: "github_oauth.client_secret",
            credentials,
            environment: config.client_secret.as_ref(),
            file: config.client_secret_file.as_deref(),
        },
    )?;
    let below = |path: &str| {
        let address = format!("{}{path}", config.api_url.as_str().trim_end_matches('/'));
        WebAddress::parse(&address)
            .map_err(|_| format!("`github_oauth.api_url`: nothing can lie below `{address}`"))
    };
    let person_api = PersonApi { user: below("/user")?, emails: below("/user/emails")? };
    let (connection_type, settings) = settings("GitHubOAuth", client_id)?;
    let provider = Provider {
        issuer: above(&config.authorization_endpoint),
        authorization_endpoint: config.authorization_endpoint.clone(),
        token_endpoint: config.token_endpoint.clone(),
        // It signs nothing; the field has to hold something.
        jwks_uri: config.token_endpoint.clone(),
        userinfo_endpoint: Some(person_api.user.clone()),
        end_session_endpoint: None,
        token_authentication_methods: vec!["client_secret_post".to_owned()],
        id_token_algorithms: Vec::new(),
        sends_issuer: false,
        code_challenge_methods: vec!["S256".to_owned()],
        scopes: Vec::new(),
    };
    let settings = OidcSettings { person_api: Some(person_api), ..settings };
    Ok(Some(Configured { connection_type, settings, client_secret, provider: Some(provider) }))
}

/// What GitHub calls itself in its answers (RFC 9207), of which no document tells: the address under
/// which its endpoints lie, such as `https://github.com/login/oauth`.
fn above(endpoint: &WebAddress) -> String {
    let of_origin = || endpoint.url().origin().ascii_serialization();
    endpoint.as_str().strip_suffix("/authorize").map_or_else(of_origin, str::to_owned)
}

fn apple(config: &Apple, credentials: Option<&Path>) -> Result<Option<Configured>, String> {
    let Some(client_id) = &config.client_id else { return Ok(None) };
    let needed = |name: &str, value: &Option<Identifier>| {
        let missing = || format!("`apple_oauth.{name}` is not set, and `client_id` is");
        value.as_ref().map(|value| value.as_str().to_owned()).ok_or_else(missing)
    };
    let sources = SecretSources {
        credential: "apple_oauth.key",
        credentials,
        environment: config.key.as_ref(),
        file: config.key_file.as_deref(),
    };
    let key = sources.find().map_err(|fault| format!("`apple_oauth`: {fault}"))?;
    let key = key.ok_or("`apple_oauth.key_file` is not set, and `client_id` is")?;
    SigningKey::from_pem(key.expose()).map_err(|no| format!("`apple_oauth`, its key: {no}"))?;
    let apple = AppleKey {
        team_id: needed("team_id", &config.team_id)?,
        key_id: needed("key_id", &config.key_id)?,
    };
    let (connection_type, settings) = settings("AppleOAuth", client_id)?;
    let settings = OidcSettings {
        discovery_endpoint: Some(config.discovery_endpoint.clone()),
        apple: Some(apple),
        ..settings
    };
    Ok(Some(Configured { connection_type, settings, client_secret: key, provider: None }))
}

fn settings(name: &str, client_id: &Identifier) -> Result<(ConnectionType, OidcSettings), String> {
    let unknown = || format!("no provider is called {name}");
    let connection_type = ConnectionType::parse(name).ok_or_else(unknown)?;
    let asked = asked::of(connection_type);
    let settings = OidcSettings {
        client_id: client_id.as_str().to_owned(),
        pkce: true,
        token_authentication_method: TokenAuthenticationMethod::ClientSecretPost,
        fetch_user_info: asked.user_info,
        scopes: asked.scopes.iter().map(|&scope| scope.to_owned()).collect(),
        ..OidcSettings::default()
    };
    Ok((connection_type, settings))
}

fn secret(section: &str, sources: &SecretSources<'_>) -> Result<Secret, String> {
    let found = sources.find().map_err(|fault| format!("`{section}`: {fault}"))?;
    let found = found
        .ok_or_else(|| format!("`{section}.client_secret_file` is not set, and `client_id` is"))?;
    if found.expose().is_empty() {
        return Err(format!("`{section}`: the client secret is empty"));
    }
    Ok(found)
}

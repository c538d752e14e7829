//! What a person sees when the demo is ready: every address and key, and what to click first.

use super::{DOMAIN, State};

/// The box.
pub(super) fn text(base: &str, state: &State, kept: bool) -> String {
    let [ada, grace] = &state.passwords;
    let oidc = state.oidc.as_ref().map_or("", |oidc| oidc.connection_id.as_str());
    let directory = state.directory.as_ref();
    let path = directory.map_or("", |directory| directory.path.as_str());
    let token = directory.map_or("", |directory| directory.token.expose());
    let lines = [
        "Kernia demo".to_owned(),
        String::new(),
        format!("Open          {base}/demo"),
        "              and choose “Sign in with your company”, or the same with OpenID Connect"
            .to_owned(),
        String::new(),
        format!("Employees     ada@{DOMAIN}     password {}", ada.expose()),
        format!("              grace@{DOMAIN}   password {}", grace.expose()),
        String::new(),
        format!("API           {base}"),
        format!("API key       {}", state.api_key.expose()),
        format!("Client id     {}", state.client_id),
        format!("Organization  {}", state.organization_id),
        format!("Connections   {}   (SAML)", state.saml_connection_id),
        format!("              {oidc}   (OpenID Connect)"),
        format!("Directory     {base}{path}   (SCIM)"),
        format!("SCIM token    {token}"),
        String::new(),
        "Any redirect URI on loopback is allowed. Ctrl-C ends it; the data ".to_owned()
            + if kept { "stays." } else { "goes." },
    ];
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let bar = "─".repeat(width + 4);
    let boxed: Vec<_> = lines.iter().map(|line| format!("│  {line:width$}  │")).collect();
    format!("\n╭{bar}╮\n{}\n╰{bar}╯", boxed.join("\n"))
}

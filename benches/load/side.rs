//! The two that are measured by the same walk: Kernia, and the peer. Each is a program, what its
//! application knows, and where the walk goes.

use std::{fs, path::Path, sync::Arc};

use kernia::{demo::identity_provider::IdentityProvider, kit::time::Clock};
use serde_json::{Value, json};
use url::Url;

use crate::{
    Outcome,
    openid::{CLIENT, OpenIdProvider},
    programs::{Home, Program},
    wire::{self, Wire},
};

/// Where the application gets its codes.
const CALLBACK: &str = "https://app.example.com/callback";
/// Where the identity provider would be asked; nobody goes there.
const SSO_URL: &str = "https://idp.example.com/sso";

/// Who vouches for people: by SAML, or by OpenID Connect.
pub(crate) enum Provider {
    Saml(Box<IdentityProvider>),
    Oidc(OpenIdProvider),
}

impl Provider {
    /// A fresh one.
    pub(crate) fn generate(oidc: bool) -> Outcome<Self> {
        if oidc {
            return OpenIdProvider::start().map(Self::Oidc);
        }
        let made = IdentityProvider::generate(Clock::system().now());
        Ok(Self::Saml(Box::new(made.map_err(|no| no.to_string())?)))
    }

    /// What Kernia is told of it: the fields of a connection.
    fn options(&self) -> Value {
        match self {
            Self::Saml(idp) => json!({
                "saml_options": { "idp_metadata_xml": idp.metadata(SSO_URL) },
            }),
            Self::Oidc(provider) => json!({
                "connection_type": "GenericOIDC",
                "oidc_options": {
                    "discovery_endpoint":
                        format!("{}/.well-known/openid-configuration", provider.issuer),
                    "client_id": CLIENT.0, "client_secret": CLIENT.1,
                },
            }),
        }
    }

    /// What the peer is told of it: a file in its folder.
    fn tell(&self, folder: &Path) -> std::io::Result<()> {
        match self {
            Self::Saml(idp) => fs::write(folder.join("metadata.xml"), idp.metadata(SSO_URL)),
            Self::Oidc(provider) => {
                let told = json!({
                    "oidcMetadata": provider.metadata(),
                    "oidcClientId": CLIENT.0, "oidcClientSecret": CLIENT.1,
                });
                fs::write(folder.join("openid.json"), told.to_string())
            }
        }
    }
}

/// One that signs people in.
pub(crate) struct Side {
    pub(crate) authority: String,
    /// The addresses that a sign-in begins at, one for each connection; `state` is added.
    begins: Vec<Url>,
    pub(crate) token: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Whether the answer comes without the browser's cookie first, as browsers send it, and is
    /// then posted again from the page that this one answers with.
    pub(crate) twice: bool,
}

impl Side {
    /// What begins the nth sign-in.
    pub(crate) fn begin(&self, nth: usize) -> Vec<u8> {
        let mut url = self.begins[nth % self.begins.len()].clone();
        url.query_pairs_mut().append_pair("state", &format!("state-{nth}"));
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        wire::get(&self.authority, target, "")
    }

    /// Who the nth is: somebody of the nth connection's company.
    pub(crate) fn person(&self, nth: usize, people: usize) -> (String, String) {
        let connection = nth % self.begins.len();
        let person = nth / self.begins.len() % people;
        (name_id(connection, person), format!("person-{person}@{}", domain(connection)))
    }

    /// The same side, walked without the second post.
    pub(crate) fn once(self) -> Self {
        Self { twice: false, ..self }
    }
}

/// The nth company's domain.
pub(crate) fn domain(nth: usize) -> String {
    format!("company-{nth}.example")
}

/// How the nth company's identity provider calls somebody.
pub(crate) fn name_id(connection: usize, person: usize) -> String {
    format!("employee-{connection}-{person}")
}

/// What Kernia is told before the first sign-in.
pub(crate) struct SetUp {
    /// The ids of the connections, one for each company.
    pub(crate) connections: Vec<String>,
}

impl SetUp {
    /// Lists the callback, and makes the first company with its connection.
    pub(crate) async fn begin(home: &Home<'_>, authority: &str, idp: &Provider) -> Outcome<Self> {
        let uri = json!({ "uri": CALLBACK });
        let mut set_up = Self { connections: Vec::new() };
        let mut wire = Wire::connect(authority).await?;
        post(&mut wire, (home, authority), "/user_management/redirect_uris", &uri).await?;
        set_up.grow(home, authority, (idp, 1)).await?;
        Ok(set_up)
    }

    /// Makes companies until there are so many.
    pub(crate) async fn grow(
        &mut self,
        home: &Home<'_>,
        authority: &str,
        (idp, companies): (&Provider, usize),
    ) -> Outcome<()> {
        let mut wire = Wire::connect(authority).await?;
        let options = idp.options();
        for nth in self.connections.len()..companies {
            let organization = json!({
                "name": format!("Company {nth}"),
                "domain_data": [{ "domain": domain(nth), "state": "verified" }],
            });
            let made = post(&mut wire, (home, authority), "/organizations", &organization).await?;
            let mut connection = options.clone();
            connection["organization_id"] = made["id"].clone();
            let made = post(&mut wire, (home, authority), "/connections", &connection).await?;
            let id = made["id"].as_str().ok_or("a connection without an id")?;
            self.connections.push(id.to_owned());
        }
        Ok(())
    }

    /// Kernia as it listens now.
    pub(crate) fn side(&self, home: &Home<'_>, authority: &str) -> Outcome<Side> {
        let begins = self.connections.iter().map(|connection| {
            Url::parse_with_params(
                &format!("http://{authority}/sso/authorize"),
                [
                    ("response_type", "code"),
                    ("client_id", &home.client_id),
                    ("redirect_uri", CALLBACK),
                    ("connection", connection),
                ],
            )
        });
        Ok(Side {
            authority: authority.to_owned(),
            begins: begins.collect::<Result<_, _>>()?,
            token: "/sso/token",
            profile: "/sso/profile",
            client_id: home.client_id.clone(),
            client_secret: home.api_key.clone(),
            twice: true,
        })
    }
}

async fn post(
    wire: &mut Wire,
    (home, authority): (&Home<'_>, &str),
    target: &str,
    body: &Value,
) -> Outcome<Value> {
    let key = format!("authorization: Bearer {}\r\n", home.api_key);
    let request = wire::post(authority, target, "application/json", &key, &body.to_string());
    Ok(serde_json::from_str(wire.ask(&request).await?.expect(201)?.text()?)?)
}

/// Starts `@boxyhq/saml-jackson`.
pub(crate) fn jackson(peer: &Path, folder: &Path, idp: &Provider) -> Outcome<(Program, Arc<Side>)> {
    fs::create_dir_all(folder)?;
    idp.tell(folder)?;
    let (program, told) = Program::peer(peer, folder)?;
    let text = |name: &str| told[name].as_str().map(str::to_owned).ok_or("it told too little");
    let (authority, client_id) = (text("authority")?, text("client_id")?);
    let begin = Url::parse_with_params(
        &format!("http://{authority}/api/oauth/authorize"),
        [("response_type", "code"), ("client_id", client_id.as_str()), ("redirect_uri", CALLBACK)],
    )?;
    let side = Side {
        authority,
        begins: vec![begin],
        token: "/api/oauth/token",
        profile: "/api/oauth/userinfo",
        client_id,
        client_secret: text("client_secret")?,
        twice: false,
    };
    Ok((program, Arc::new(side)))
}

/// The address that both send codes to.
pub(crate) fn is_callback(location: &str) -> bool {
    location.starts_with(CALLBACK)
}

/// The redirect URI that codes are exchanged with.
pub(crate) const REDIRECT_URI: &str = CALLBACK;

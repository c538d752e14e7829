//! `kernia demo`: a complete Kernia on loopback, with a company's identity provider and a sample
//! application beside it.

mod boxed;
mod directory;
mod oidc;
mod openid;
mod site;
mod state;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::json;

use self::{site::DemoSite, state::State};
use super::{Failure, init::first_client, instance, log, say, serve::start_failure};
use crate::{
    app::{self, App, Opening},
    config::{Config, LogFormat},
    demo::{
        CALLBACK_PATH, Demo, SSO_PATH,
        application::{Application, Sessions},
        employee::Employee,
        identity_provider::{self, IdentityProvider},
        openid_provider::OpenIdProvider,
    },
    faces::Faces,
    http::{Client, Reach},
    kit::{
        chance::Chance,
        environment::Environment,
        error::{Error, Fault},
        id::Id,
        secret::Secret,
        text::{Label, WebAddress},
        time::Clock,
    },
    organizations::{self, Claimable, DomainState, Draft, Metadata, domain::Wanted},
    saml::Certificate,
    sso::{connection, settings},
};

/// Where the demo answers when nobody says.
const PORT: u16 = 8080;
/// The domain of the demo's company.
const DOMAIN: &str = "example.com";

pub(super) fn run(port: Option<u16>, data: Option<PathBuf>, as_json: bool) -> Result<(), Failure> {
    // A demo speaks through its page and its box; the log tells what goes wrong.
    log::start("warn", LogFormat::Auto)?;
    let folder = Folder::open(data)?;
    let runtime = instance::runtime()?;
    let outcome = runtime.block_on(serve(&folder, port, as_json));
    runtime.shutdown_timeout(instance::LAST_WORDS);
    outcome
}

async fn serve(folder: &Folder, port: Option<u16>, as_json: bool) -> Result<(), Failure> {
    let ending = instance::Ending::catch()?;
    let mut config = Config::default();
    config.environment.kind = Environment::Test;
    config.store.path = folder.path.join("demo.db");
    config.vault.master_key_file = folder.path.join("demo.key");
    let clock = Clock::system();
    state::prepare(&folder.path, clock.now())?;
    let (listener, base) = listen(&folder.path, port).await?;
    let opening =
        Opening { config: &config, base, clock, chance: Chance::system(), loopback_allowed: true };
    let app = Arc::new(app::open(opening).await.map_err(start_failure)?);
    let before = State::read(&folder.path, &app.vault)?;
    let mut state = match before {
        Some(state) => {
            move_identity_provider(&app, &state).await?;
            state
        }
        None => people_the_store(&app).await?,
    };
    let has_oidc = oidc::connect(&app, &mut state).await?;
    if directory::make(&app, &mut state).await? || has_oidc {
        state.write(&folder.path, &app.vault)?;
    }
    state.openid.follow(&app).await?;
    state::remember_port(&folder.path, app.base.port())?;
    let demo = Arc::new(players(&app, &state).await?);
    let site = Arc::new(DemoSite::new(Faces::new(Arc::clone(&app))?, demo)?);
    let document = document(&app, &state);
    let listeners = instance::listeners(listener, &config);
    if as_json {
        say(&document.to_string());
    } else {
        super::complain(&boxed::text(app.base.as_str(), &state, folder.is_kept()));
    }
    instance::serve(app, site, listeners, &config, ending).await
}

/// The port asked for; else the one of before, when it is free; else the usual one.
async fn listen(
    folder: &Path,
    port: Option<u16>,
) -> Result<(tokio::net::TcpListener, app::Base), Failure> {
    let on = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let (None | Some(0), Some(before)) = (port, state::remembered_port(folder))
        && let Ok(found) = instance::listen(on(before), None).await
    {
        return Ok(found);
    }
    instance::listen(on(port.unwrap_or(PORT)), None)
        .await
        .map_err(|failure| failure.hint("`kernia demo --port 0` takes a free port"))
}

/// The first start: one client, one organization, one connection to the identity provider.
async fn people_the_store(app: &App) -> Result<State, Failure> {
    let now = app.clock.now();
    // Two RSA keys, side by side: making one takes longer than all the rest together.
    let provider = app.cpu.run(move || IdentityProvider::generate(now));
    let (client, provider) = tokio::join!(first_client(app, "Acme Analytics"), provider);
    let ((client_id, api_key), provider) = (client?, provider??);
    let draft = Draft {
        name: Label::parse("Example Company")?,
        domains: Wanted::parse([(Claimable::parse(DOMAIN)?, Some(DomainState::Verified))])?,
        metadata: Metadata::default(),
        external_id: None,
        allow_profiles_outside_organization: false,
    };
    let idp = connection::IdentityProvider {
        entity_id: identity_provider::ENTITY_ID.to_owned(),
        sso_url: sso_url(app)?,
        metadata_url: None,
        certificates: vec![
            Certificate::parse(&provider.certificate_pem())
                .map_err(|rejected| Failure::new(rejected.to_string()))?,
        ],
    };
    let (vault, base) = (app.vault.clone(), app.base.clone());
    let (organization_id, connection_id) = app
        .store
        .write(move |tx| {
            let organization = organizations::create(tx, &draft)?;
            let connection = connection::Draft {
                organization: organization.id.clone(),
                name: None,
                external_id: None,
                connection_type: None,
                acs_url: None,
                sp_entity_id: None,
                identity_provider: idp.clone(),
                settings: settings::Change::default(),
                key_pairs: Vec::new(),
            };
            let connection = connection::create(tx, &vault, base.as_str(), &connection)?;
            Ok((organization.id.to_string(), connection.id.to_string()))
        })
        .await?;
    Ok(State {
        openid: openid::Clients::make(app).await?,
        client_id,
        api_key,
        organization_id,
        saml_connection_id: connection_id,
        oidc: None,
        directory: None,
        passwords: [password(app), password(app)],
        identity_provider_key: provider.private_key().clone(),
        identity_provider_certificate: provider.certificate_pem(),
    })
}

/// A later start may be on another port: the connection follows.
async fn move_identity_provider(app: &App, state: &State) -> Result<(), Failure> {
    let id = Id::parse(&state.saml_connection_id)?;
    let change = connection::Change { idp_sso_url: Some(sso_url(app)?), ..Default::default() };
    let (vault, base) = (app.vault.clone(), app.base.clone());
    app.store
        .write(move |tx| {
            // Whoever tries things out may have deleted it; then there is nothing to move.
            match connection::lookup(tx, &id)? {
                Some(found) if Some(&found.idp_sso_url) != change.idp_sso_url.as_ref() => {
                    connection::update(tx, &vault, base.as_str(), (&id, &change)).map(drop)
                }
                _ => Ok(()),
            }
        })
        .await?;
    Ok(())
}

fn sso_url(app: &App) -> Result<WebAddress, Error> {
    WebAddress::parse(&format!("{}{SSO_PATH}", app.base.as_str()))
}

fn password(app: &App) -> Secret {
    Secret::new(app.chance.alphanumeric(12))
}

async fn players(app: &App, state: &State) -> Result<Demo, Failure> {
    let (passwords, chance) = (state.passwords.clone(), app.chance.clone());
    let cast = move || Employee::cast([&passwords[0], &passwords[1]], &chance);
    let employees = app.cpu.run(cast).await??;
    Ok(Demo {
        base_url: WebAddress::parse(app.base.as_str())?,
        identity_provider: Arc::new(IdentityProvider::from_pem(
            state.identity_provider_key.clone(),
            &state.identity_provider_certificate,
        )?),
        openid_provider: OpenIdProvider::new(oidc::client_secret(state)?),
        employees,
        application: Application {
            client_id: state.client_id.clone(),
            api_key: state.api_key.clone(),
            saml_connection_id: state.saml_connection_id.clone(),
            oidc_connection_id: oidc::connection_id(state)?,
            directory_id: state.directory.as_ref().map_or_else(String::new, |it| it.id.clone()),
            scim_path: state.directory.as_ref().map_or_else(String::new, |it| it.path.clone()),
        },
        sessions: Sessions::default(),
        cpu: app.cpu.clone(),
        client: Client::new(Reach::public_and_loopback()),
        chance: app.chance.clone(),
        clock: app.clock.clone(),
    })
}

/// What `--json` prints: the contract of scripts and checks. A key appears when what it names does.
fn document(app: &App, state: &State) -> serde_json::Value {
    let base = app.base.as_str();
    let [ada, grace] = &state.passwords;
    let directory = state.directory.as_ref();
    json!({
        "base_url": base,
        "api_key": state.api_key.expose(),
        "client_id": state.client_id,
        "redirect_uri": format!("{base}{CALLBACK_PATH}"),
        "organization_id": state.organization_id,
        "domain": DOMAIN,
        "saml_connection_id": state.saml_connection_id,
        "oidc_connection_id": state.oidc.as_ref().map(|oidc| &oidc.connection_id),
        "oidc": state.openid.document(base),
        "directory_id": directory.map(|it| &it.id),
        "scim_url": directory.map(|it| format!("{base}{}", it.path)),
        "scim_token": directory.map(|it| it.token.expose()),
        "idp": { "users": [
            { "email": "ada@example.com", "password": ada.expose() },
            { "email": "grace@example.com", "password": grace.expose() },
        ] },
    })
}

/// Where the demo keeps its data; a temporary folder goes when the demo ends.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn open(data: Option<PathBuf>) -> Result<Self, Failure> {
        use std::os::unix::fs::DirBuilderExt as _;
        let temporary = data.is_none();
        let path = data.unwrap_or_else(|| {
            let name = format!("kernia-demo-{}", Chance::system().alphanumeric(12));
            std::env::temp_dir().join(name)
        });
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|error| {
            Fault::Internal(format!("cannot make `{}`: {error}", path.display()))
        })?;
        Ok(Self { path, temporary })
    }

    fn is_kept(&self) -> bool {
        !self.temporary
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed is in the system's temporary folder and goes with it.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

//! `kernia init`: a configuration, a master key and a database with one client and one API key.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{Failure, instance, say, serve::start_failure};
use crate::{
    app::{self, App, Base, Opening},
    applications::{api_key, client, signing_key},
    config::Config,
    kit::{
        chance::Chance, environment::Environment, error::Error, secret::Secret, text::Label,
        text::WebAddress, time::Clock,
    },
    vault::{MasterKey, signing_key::SigningKey},
};

pub(super) fn run(dir: &Path, base_url: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let base_url = base_url.map(parse_base_url).transpose()?;
    let places = Places::below(dir)?;
    places.require_empty()?;
    make(&places, base_url.as_ref(), as_json).inspect_err(|_| places.clear())
}

/// Makes everything, or fails with something made.
fn make(places: &Places, base_url: Option<&WebAddress>, as_json: bool) -> Result<(), Failure> {
    let (clock, chance) = (Clock::system(), Chance::system());
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&places.data)?;
    MasterKey::generate().write_new_file(&places.master_key, clock.now())?;
    write_new(&places.config, &text(base_url))?;
    // Only what was written here counts: a variable in the environment would lead elsewhere.
    let config = match Config::load(Some(&places.config), []) {
        Ok(loaded) => loaded.config,
        Err(faults) => return Err(Failure::new(faults.to_string()).code(3)),
    };
    let base = match base_url {
        Some(url) => Base::new(url),
        None => Base::new(&WebAddress::parse(&format!("http://{}", config.server.listen))?),
    };
    let opening =
        Opening { config: &config, base: base.clone(), clock, chance, loopback_allowed: false };
    let runtime = instance::runtime()?;
    let (client_id, key) = runtime.block_on(async {
        let app = app::open(opening).await.map_err(start_failure)?;
        first_client(&app, "First application").await.map_err(Failure::from)
    })?;
    drop(runtime);
    if as_json {
        say(&document(places, &client_id, &key).to_string());
    } else {
        say(&words(places, &base, &client_id, &key));
    }
    Ok(())
}

/// Where everything goes: the master key apart from the database, so that a copy of `data/` alone
/// opens nothing.
struct Places {
    config: PathBuf,
    master_key: PathBuf,
    data: PathBuf,
    database: PathBuf,
}

impl Places {
    fn below(dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        let data = dir.join("data");
        Ok(Self {
            config: dir.join("kernia.toml"),
            master_key: dir.join("kernia.key"),
            database: data.join("kernia.db"),
            data,
        })
    }

    fn require_empty(&self) -> Result<(), Failure> {
        for file in [&self.config, &self.master_key, &self.database] {
            if file.exists() {
                return Err(Failure::new(format!("`{}` is there already", file.display()))
                    .hint("nothing was changed; choose another folder with `--dir`")
                    .code(6));
            }
        }
        Ok(())
    }
}

impl Places {
    /// Takes away what an attempt that failed has made, so that the next one can begin anew.
    fn clear(&self) {
        let beside = ["", "-wal", "-shm", ".lock"].map(|end| {
            let mut name = self.database.as_os_str().to_owned();
            name.push(end);
            PathBuf::from(name)
        });
        for file in [&self.config, &self.master_key].into_iter().chain(&beside) {
            // What is not there need not go, and what cannot go is told by the next attempt.
            let _ = fs::remove_file(file);
        }
        // A folder that holds anything else stays.
        let _ = fs::remove_dir(&self.data);
    }
}

fn parse_base_url(text: &str) -> Result<WebAddress, Failure> {
    let bad = |why: &str| {
        Failure::new(format!("`--base-url {text}`: {why}"))
            .hint("it looks like `https://id.example.com`")
            .code(2)
    };
    let url = WebAddress::parse(text).map_err(|_| bad("this is not an address"))?;
    if url.url().path() != "/" || url.url().query().is_some() {
        return Err(bad("it may not have a path: the SDKs cannot express one"));
    }
    Ok(url)
}

/// The environment is live where the address is https; without one this is a trial on loopback.
fn text(base_url: Option<&WebAddress>) -> String {
    let kind = if base_url.is_some_and(WebAddress::is_https) { "live" } else { "test" };
    let base = match base_url {
        Some(url) => format!("base_url = \"{}\"", url.as_str().trim_end_matches('/')),
        None => "# base_url = \"https://id.example.com\"".to_owned(),
    };
    format!(
        "# Kernia's configuration. Every key with its default: kernia.toml.example.\n\
         # `kernia check` looks it over.\n\n\
         [server]\nlisten = \"127.0.0.1:8080\"\n{base}\n\n\
         [environment]\nkind = \"{kind}\"\n\n\
         [store]\npath = \"data/kernia.db\"\n\n\
         [vault]\nmaster_key_file = \"kernia.key\"\n"
    )
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o640).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(file.sync_all()?)
}

/// A client with its signing key and its first API key.
pub(super) async fn first_client(app: &App, name: &str) -> Result<(String, Secret), Error> {
    let name: Label = Label::parse(name)?;
    let (now, common_name) = (app.clock.now(), app.base.as_str().to_owned());
    let signing_key = app.cpu.run(move || SigningKey::generate(&common_name, now)).await??;
    let (vault, environment): (_, Environment) = (app.vault.clone(), app.environment);
    app.store
        .write(move |tx| {
            let client = client::create(tx, &name)?;
            signing_key::store(tx, &vault, &client.id, &signing_key)?;
            let key_name = Label::parse("First key")?;
            let (_, secret) = api_key::issue(tx, environment, &client.id, &key_name)?;
            Ok((client.id.to_string(), secret))
        })
        .await
}

fn document(places: &Places, client_id: &str, key: &Secret) -> serde_json::Value {
    json!({
        "config": places.config,
        "database": places.database,
        "master_key": places.master_key,
        "client_id": client_id,
        "api_key": key.expose(),
    })
}

fn words(places: &Places, base: &Base, client_id: &str, key: &Secret) -> String {
    format!(
        "Kernia is set up.\n\n  \
         configuration  {config}\n  \
         database       {database}\n  \
         master key     {master_key}   (keep a copy apart from the database)\n\n  \
         client id      {client_id}\n  \
         API key        {key}   (shown this once)\n\n\
         Next:\n  \
         1. kernia check --config {config}\n  \
         2. kernia serve --config {config}\n  \
         3. allow your application's callback address:\n     \
         curl {base}/user_management/redirect_uris \\\n       \
         -H 'authorization: Bearer <API key>' -H 'content-type: application/json' \\\n       \
         -d '{{\"uri\": \"https://app.example.com/callback\"}}'",
        config = places.config.display(),
        database = places.database.display(),
        master_key = places.master_key.display(),
        key = key.expose(),
        base = base.as_str(),
    )
}

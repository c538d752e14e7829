//! `kernia connection …`: what an operator does with connections, asked of the running server.

mod openid;
mod test;
mod traces;

pub(super) use self::traces::{failure, told};

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::{
    Failure, input, instance,
    remote::{Remote, Where},
    say, table,
};

/// A noun's command: where the server is, how to answer, and the verb.
#[derive(Debug, Args)]
pub(super) struct Connection {
    #[command(flatten)]
    server: Where,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List connections, newest first
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ORG")]
        organization: Option<String>,
        /// Those that were deleted and can still be restored
        #[arg(long, conflicts_with = "organization")]
        deleted: bool,
    },
    /// Show one connection, with both sides' addresses
    Get {
        /// Its id, `conn_…`
        connection: String,
    },
    /// Make a connection: to a SAML provider from its metadata, to an OpenID provider from its
    /// discovery document
    Create {
        /// Whose employees will sign in
        #[arg(long, value_name = "ORG")]
        organization: String,
        /// Where the metadata can be fetched
        #[arg(
            long,
            value_name = "URL",
            required_unless_present_any = ["metadata", "discovery_endpoint"]
        )]
        metadata_url: Option<String>,
        /// The metadata itself; `-` reads standard input
        #[arg(long, value_name = "FILE", conflicts_with = "metadata_url")]
        metadata: Option<PathBuf>,
        #[command(flatten)]
        openid: openid::OpenId,
        /// A name for people; the organization's, when none is given
        #[arg(long)]
        name: Option<String>,
        /// Such as `OktaSAML`; told from the metadata, when none is given
        #[arg(long = "type", value_name = "TYPE")]
        connection_type: Option<String>,
    },
    /// Change a connection; what is not named stays
    Update {
        connection: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// New metadata, by its address
        #[arg(long, value_name = "URL")]
        metadata_url: Option<String>,
        /// New metadata, from a file; `-` reads standard input
        #[arg(long, value_name = "FILE", conflicts_with = "metadata_url")]
        metadata: Option<PathBuf>,
        /// `active` or `inactive`
        #[arg(long)]
        state: Option<String>,
        /// What becomes of sign-ins that the provider begins: `restart`, `refuse` or `accept`
        #[arg(long, value_name = "POLICY")]
        idp_initiated: Option<String>,
    },
    /// Delete a connection; it can be restored for 30 days
    Delete { connection: String },
    /// Bring a deleted connection back, with the same addresses
    Restore { connection: String },
    /// Read the identity provider's metadata again, now
    Refresh { connection: String },
    /// What happened at the last sign-ins, and why one failed
    Traces {
        connection: String,
        /// Only those that failed
        #[arg(long)]
        failed: bool,
        /// How many, newest first
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
        /// One of them in full
        #[arg(long, value_name = "TRACE")]
        trace: Option<String>,
    },
    /// Sign in once, and have the result explained
    ///
    /// Prints an address, waits until somebody signed in there, and tells what came of it. Nobody
    /// is signed in to an application. Exits with 1 when the sign-in failed.
    Test {
        connection: String,
        /// How long to wait, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        wait: u64,
    },
}

pub(super) fn run(command: Connection) -> Result<(), Failure> {
    let server = command.server.server()?;
    instance::runtime()?.block_on(obey(&server, command.verb, command.json))
}

async fn obey(server: &Remote, verb: Verb, as_json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List { organization, deleted } => {
            list(server, organization.as_deref(), deleted, as_json).await
        }
        Verb::Get { connection } => {
            show(&server.get(&path(&connection)?).await?, as_json);
            Ok(())
        }
        Verb::Create { organization, metadata_url, metadata, openid, name, connection_type } => {
            let mut body = Map::from_iter([("organization_id".to_owned(), json!(organization))]);
            let (protocol, options) = match openid.options()? {
                Some(options) => ("oidc_options", options),
                None => ("saml_options", provider(metadata_url, metadata)?),
            };
            body.insert(protocol.to_owned(), options.into());
            given(&mut body, "name", name);
            given(&mut body, "connection_type", connection_type);
            show(&server.post("/connections", &body.into()).await?, as_json);
            Ok(())
        }
        Verb::Update { connection, name, metadata_url, metadata, state, idp_initiated } => {
            let mut options = provider(metadata_url, metadata)?;
            given(&mut options, "idp_initiated", idp_initiated);
            let mut body = Map::new();
            given(&mut body, "name", name);
            given(&mut body, "state", state);
            if !options.is_empty() {
                body.insert("saml_options".to_owned(), options.into());
            }
            show(&server.patch(&path(&connection)?, &body.into()).await?, as_json);
            Ok(())
        }
        Verb::Delete { connection } => {
            server.delete(&path(&connection)?).await?;
            super::complain(&format!(
                "deleted; `kernia connection restore {connection}` brings it back within 30 days"
            ));
            Ok(())
        }
        Verb::Restore { connection } => {
            let restored = server.post(&admin(&connection, "restore")?, &json!({})).await?;
            show(&restored, as_json);
            Ok(())
        }
        Verb::Refresh { connection } => {
            let outcome = server.post(&admin(&connection, "metadata/refresh")?, &json!({})).await?;
            say(&pretty(&outcome));
            Ok(())
        }
        Verb::Traces { trace: Some(trace), .. } => traces::one(server, &trace, as_json).await,
        Verb::Traces { connection, failed, limit, trace: None } => {
            traces::list(server, &admin(&connection, "traces")?, (failed, limit), as_json).await
        }
        Verb::Test { connection, wait } => {
            test::run(server, &admin(&connection, "tests")?, wait, as_json).await
        }
    }
}

async fn list(
    server: &Remote,
    organization: Option<&str>,
    deleted: bool,
    as_json: bool,
) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let mut query = vec!["limit=100".to_owned()];
        query.extend(organization.map(|id| format!("organization_id={}", segment(id))));
        query.extend(after.map(|id: String| format!("after={}", segment(&id))));
        let base = if deleted { "/kernia/v1/connections?deleted=true&" } else { "/connections?" };
        let mut page = server.get(&format!("{base}{}", query.join("&"))).await?;
        if let Json::Array(data) = page["data"].take() {
            found.extend(data);
        }
        after = page["list_metadata"]["after"].as_str().map(str::to_owned);
        if after.is_none() {
            break;
        }
    }
    if as_json {
        say(&pretty(&found.into()));
        return Ok(());
    }
    let rows: Vec<_> = found
        .iter()
        .map(|one| {
            ["id", "name", "connection_type", "state", "organization_id"]
                .map(|name| text(one, name))
                .to_vec()
        })
        .collect();
    table::print(&["id", "name", "type", "state", "organization"], &rows);
    Ok(())
}

fn show(connection: &Json, as_json: bool) {
    if as_json {
        say(&pretty(connection));
        return;
    }
    let mut rows = Vec::new();
    for name in ["id", "name", "connection_type", "state", "organization_id", "external_id"] {
        rows.push(vec![name.to_owned(), text(connection, name)]);
    }
    let options = ["saml_options", "oidc_options"].map(|name| connection[name].as_object());
    for (name, value) in options.into_iter().flatten().flatten() {
        let value = match value {
            Json::Null => continue,
            Json::String(value) => value.clone(),
            other => other.to_string(),
        };
        rows.push(vec![name.clone(), value]);
    }
    table::print(&["field", "value"], &rows);
}

/// The identity provider's side, when something of it was named.
fn provider(url: Option<String>, file: Option<PathBuf>) -> Result<Map<String, Json>, Failure> {
    let mut options = Map::new();
    given(&mut options, "idp_metadata_url", url);
    if let Some(file) = file {
        let bytes = input::read(Some(&file), 1024 * 1024)?;
        let xml =
            String::from_utf8(bytes).map_err(|_| Failure::new("the metadata is not UTF-8"))?;
        options.insert("idp_metadata_xml".to_owned(), xml.into());
    }
    Ok(options)
}

fn given(body: &mut Map<String, Json>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

fn path(connection: &str) -> Result<String, Failure> {
    Ok(format!("/connections/{}", id(connection)?))
}

fn admin(connection: &str, rest: &str) -> Result<String, Failure> {
    Ok(format!("/kernia/v1/connections/{}/{rest}", id(connection)?))
}

/// An id as it may stand in a path.
fn id(connection: &str) -> Result<String, Failure> {
    if connection.is_empty() {
        return Err(Failure::new("the connection's id is empty").code(2));
    }
    Ok(segment(connection))
}

pub(super) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn text(one: &Json, name: &str) -> String {
    one[name].as_str().unwrap_or_default().to_owned()
}

pub(super) fn pretty(document: &Json) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

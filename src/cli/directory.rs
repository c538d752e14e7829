//! `kernia directory …`: what an operator does with the directories that customers' identity
//! providers provision, asked of the running server.

mod token;

use clap::{Args, Subcommand};
use serde_json::{Map, Value as Json, json};

use super::{
    Failure,
    connection::{pretty, segment},
    remote::{Remote, Where},
    say, table,
};
use crate::directories::DirectoryType;

/// A noun's command: where the server is, how to answer, and the verb.
#[derive(Debug, Args)]
pub(super) struct Directory {
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
    /// List directories, newest first
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ORG")]
        organization: Option<String>,
    },
    /// Show one, with its SCIM address, what it holds, and its tokens
    Get {
        /// Its id, `directory_…`
        directory: String,
    },
    /// Make a directory, and its first token
    ///
    /// Prints the SCIM address and the token to enter at the customer's identity provider. The token
    /// is shown this once.
    Create {
        /// Whose people will be provisioned
        #[arg(long, value_name = "ORG")]
        organization: String,
        /// A name for people; the organization's, when none is given
        #[arg(long)]
        name: Option<String>,
        /// The provider: such as `okta`, `azure` (Entra ID), `onelogin`, `generic`
        #[arg(long = "type", value_name = "TYPE")]
        directory_type: Option<String>,
    },
    /// Change a directory; what is not named stays
    Update {
        /// Its id, `directory_…`
        directory: String,
        /// Another name
        #[arg(long)]
        name: Option<String>,
        /// Another sort of provider
        #[arg(long = "type", value_name = "TYPE")]
        directory_type: Option<String>,
    },
    /// Delete a directory with its tokens, users and groups; it cannot be restored
    Delete {
        /// Its id, `directory_…`
        directory: String,
    },
    /// Show the live tokens: when they end, and when they were last used
    Tokens {
        /// The directory's id, `directory_…`
        directory: String,
    },
    /// Issue the next token; the old one stays good for a day, or as long as you say
    ///
    /// Prints the new token, this once. Enter it at the customer's identity provider before the old one
    /// ends; `kernia directory tokens` shows when the provider first used it.
    RotateToken {
        /// The directory's id, `directory_…`
        directory: String,
        /// How long the old token stays good, in seconds; 0 ends it at once
        #[arg(long, value_name = "SECONDS", default_value_t = 24 * 60 * 60)]
        overlap: u64,
    },
    /// Revoke a token at once
    RevokeToken {
        /// The directory's id, `directory_…`
        directory: String,
        /// The token's id, `directory_token_…`
        token: String,
    },
}

pub(super) fn run(command: Directory) -> Result<(), Failure> {
    let server = command.server.server()?;
    super::instance::runtime()?.block_on(obey(&server, command.verb, command.json))
}

async fn obey(server: &Remote, verb: Verb, as_json: bool) -> Result<(), Failure> {
    match verb {
        Verb::List { organization } => list(server, organization.as_deref(), as_json).await,
        Verb::Get { directory } => {
            show(&server.get(&admin(&directory)?).await?, as_json);
            Ok(())
        }
        Verb::Create { organization, name, directory_type } => {
            let mut body = changes(name, directory_type);
            body.insert("organization_id".to_owned(), organization.into());
            let made = server.post("/kernia/v1/directories", &body.into()).await?;
            show(&made, as_json);
            if !as_json {
                super::complain(
                    "\nEnter scim_url and scim_token at the identity provider. The token is shown \
                     this once.",
                );
            }
            Ok(())
        }
        Verb::Update { directory, name, directory_type } => {
            let body = changes(name, directory_type).into();
            show(&server.patch(&admin(&directory)?, &body).await?, as_json);
            Ok(())
        }
        Verb::Delete { directory } => {
            server.delete(&format!("/directories/{}", id(&directory)?)).await?;
            super::complain(&format!("deleted {directory}"));
            Ok(())
        }
        Verb::Tokens { directory } => token::list(server, &admin(&directory)?, as_json).await,
        Verb::RotateToken { directory, overlap } => {
            token::rotate(server, &admin(&directory)?, overlap, as_json).await
        }
        Verb::RevokeToken { directory, token } => {
            token::revoke(server, &admin(&directory)?, &token).await
        }
    }
}

async fn list(server: &Remote, organization: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let mut query = vec!["limit=100".to_owned()];
        query.extend(organization.map(|id| format!("organization_id={}", segment(id))));
        query.extend(after.map(|id: String| format!("after={}", segment(&id))));
        let path = format!("/kernia/v1/directories?{}", query.join("&"));
        let mut page = server.get(&path).await?;
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
            vec![
                text(one, "id"),
                text(one, "name"),
                text(one, "type"),
                text(one, "state"),
                one["metadata"]["users"]["active"].to_string(),
                one["metadata"]["groups"].to_string(),
                text(one, "organization_id"),
            ]
        })
        .collect();
    let headings = ["id", "name", "type", "state", "users", "groups", "organization"];
    table::print(&headings, &rows);
    Ok(())
}

fn show(directory: &Json, as_json: bool) {
    if as_json {
        say(&pretty(directory));
        return;
    }
    let names = ["id", "name", "type", "state", "organization_id", "scim_url", "scim_token"];
    let mut rows: Vec<_> = names
        .iter()
        .filter(|name| directory[**name].is_string())
        .map(|name| vec![(*name).to_owned(), text(directory, name)])
        .collect();
    let users = &directory["metadata"]["users"];
    rows.push(vec!["active users".to_owned(), users["active"].to_string()]);
    rows.push(vec!["inactive users".to_owned(), users["inactive"].to_string()]);
    rows.push(vec!["groups".to_owned(), directory["metadata"]["groups"].to_string()]);
    let last = directory["last_request_at"].as_str().unwrap_or("never");
    rows.push(vec!["last request".to_owned(), last.to_owned()]);
    rows.push(vec!["refused tokens".to_owned(), directory["refused_tokens"].to_string()]);
    for token in directory["tokens"].as_array().into_iter().flatten() {
        rows.push(vec!["token".to_owned(), token::told(token)]);
    }
    table::print(&["field", "value"], &rows);
}

fn changes(name: Option<String>, directory_type: Option<String>) -> Map<String, Json> {
    let mut body = Map::new();
    if let Some(name) = name {
        body.insert("name".to_owned(), name.into());
    }
    if let Some(given) = directory_type {
        body.insert("type".to_owned(), json!(whole(given)));
    }
    body
}

/// `okta` is short for `okta scim v2.0`.
fn whole(given: String) -> String {
    let long = format!("{given} scim v2.0");
    if DirectoryType::names().contains(&long.as_str()) { long } else { given }
}

fn admin(directory: &str) -> Result<String, Failure> {
    Ok(format!("/kernia/v1/directories/{}", id(directory)?))
}

/// An id as it may stand in a path.
fn id(directory: &str) -> Result<String, Failure> {
    if directory.is_empty() {
        return Err(Failure::new("the directory's id is empty").code(2));
    }
    Ok(segment(directory))
}

fn text(one: &Json, name: &str) -> String {
    one[name].as_str().unwrap_or_default().to_owned()
}

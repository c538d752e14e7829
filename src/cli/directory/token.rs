//! The tokens of a directory at the shell.

use serde_json::{Value as Json, json};

use super::{Failure, Remote, pretty, say, segment, table, text};

pub(super) async fn list(server: &Remote, admin: &str, as_json: bool) -> Result<(), Failure> {
    let mut found = server.get(&format!("{admin}/tokens")).await?;
    let found = found["data"].take();
    if as_json {
        say(&pretty(&found));
        return Ok(());
    }
    let names = ["id", "obfuscated_value", "created_at", "expires_at", "last_used_at"];
    let rows: Vec<_> = found
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| names.map(|name| text(one, name)).to_vec())
        .collect();
    table::print(&["id", "token", "created", "ends", "last used"], &rows);
    Ok(())
}

pub(super) async fn rotate(
    server: &Remote,
    admin: &str,
    overlap: u64,
    as_json: bool,
) -> Result<(), Failure> {
    let body = json!({ "overlap_seconds": overlap });
    let issued = server.post(&format!("{admin}/tokens/rotate"), &body).await?;
    if as_json {
        say(&pretty(&issued));
        return Ok(());
    }
    say(&text(&issued, "scim_token"));
    let directory = text(&issued, "directory_id");
    super::super::complain(&match overlap {
        0 => "The old token has ended. Enter this one at the identity provider.".to_owned(),
        seconds => format!(
            "Enter this token at the identity provider, this once shown. The old one ends in \
             {seconds} s; `kernia directory tokens {directory}` shows both.",
        ),
    });
    Ok(())
}

pub(super) async fn revoke(server: &Remote, admin: &str, token: &str) -> Result<(), Failure> {
    if token.is_empty() {
        return Err(Failure::new("the token's id is empty").code(2));
    }
    server.delete(&format!("{admin}/tokens/{}", segment(token))).await?;
    super::super::complain(&format!("revoked {token}"));
    Ok(())
}

/// A token in one line.
pub(super) fn told(token: &Json) -> String {
    let mut told = vec![format!("{} {}", text(token, "id"), text(token, "obfuscated_value"))];
    for (name, words) in [("expires_at", "ends"), ("last_used_at", "last used")] {
        told.extend(token[name].as_str().map(|at| format!("{words} {at}")));
    }
    told.join(", ")
}

//! The demo's directory: made once, with a token that the demo remembers.

use super::{
    super::Failure,
    state::{Directory, State},
};
use crate::{
    app::App,
    directories::{
        DirectoryType,
        directory::{self, Draft},
        token,
    },
    kit::{id::Id, text::Label},
};

/// Makes the directory where there is none yet. Answers whether the demo has something new to remember.
pub(super) async fn make(app: &App, state: &mut State) -> Result<bool, Failure> {
    if state.directory.is_some() {
        return Ok(false);
    }
    let draft = Draft {
        organization: Id::parse(&state.organization_id)?,
        name: Some(Label::parse("Example Company")?),
        directory_type: DirectoryType::GENERIC,
    };
    let vault = app.vault.clone();
    let (made, secret) = app
        .store
        .write(move |tx| {
            let made = directory::create(tx, &draft)?;
            let (_, secret) = token::issue(tx, &vault, &made.id)?;
            Ok((made, secret))
        })
        .await?;
    state.directory =
        Some(Directory { id: made.id.to_string(), path: made.scim_url(""), token: secret });
    Ok(true)
}

//! Cursors (RFC 9865): a mark, sealed for the one question that it continues. Nobody reads or makes one,
//! and in another directory or for another filter it does not open.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::CURSOR_TIMEOUT;
use crate::{
    directories::{Directory, Mark},
    kit::{error::Error, id::Id, secret::Secret, time::Timestamp},
    scim::{ListRequest, Rejected, ResourceType},
    vault::{Place, Sealed, Vault},
};

/// What is asked, whichever page of it.
pub(super) struct Question(String);

impl Question {
    pub(super) fn of(
        directory: &Id<Directory>,
        types: &[ResourceType],
        request: &ListRequest,
    ) -> Self {
        let filter = request.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let sort = request.sort.as_ref().map(|it| format!("{} {}", it.by, it.descending));
        let types: Vec<_> = types.iter().map(|it| it.as_str()).collect();
        let sort = sort.unwrap_or_default();
        Self([directory.as_str(), &types.join(","), &sort, &filter].join("\n"))
    }

    fn place(&self) -> Place<'_> {
        Place { table: "directories", column: "cursor", row: &self.0 }
    }
}

/// The cursor of a mark.
pub(super) fn seal(vault: &Vault, question: &Question, mark: &Mark, now: Timestamp) -> String {
    let clear = Secret::new(format!("{} {}", now.millis(), mark.to_text()));
    URL_SAFE_NO_PAD.encode(vault.seal(&question.place(), &clear).as_bytes())
}

/// The mark of a cursor.
pub(super) fn open(
    vault: &Vault,
    question: &Question,
    cursor: &str,
    now: Timestamp,
) -> Result<Mark, Error> {
    let foreign = || Rejected::invalid_cursor("this cursor is none of this list; begin anew");
    let sealed = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(Sealed::from_bytes);
    let clear = vault.open(&question.place(), &sealed.ok_or_else(foreign)?);
    let clear = clear.map_err(|_| foreign())?;
    let (made, mark) = clear.expose().split_once(' ').ok_or_else(foreign)?;
    let made = made.parse().map(Timestamp::from_millis).map_err(|_| foreign())?;
    if now.since(made).as_secs() >= u64::from(CURSOR_TIMEOUT) {
        return Err(Rejected::expired_cursor("this cursor is too old; begin anew").into());
    }
    Ok(Mark::parse(mark).ok_or_else(foreign)?)
}

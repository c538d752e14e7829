//! What a browser remembers of the sign-in page: the address that was typed last, and the
//! connections that were chosen. It stays in the browser's own cookie; the store knows nothing of it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::browser;
use crate::{
    app::App,
    http::{Head, Response},
    kit::{id::Id, text::Email},
    sso::Connection,
};

/// How many chosen connections are remembered, one for each organization with several.
const MOST: usize = 8;

/// What was done last in this browser. What is not there any more is never looked for: it only says
/// what is offered first.
#[derive(Debug, Clone, Default)]
pub(super) struct Last {
    /// The address that was typed.
    pub(super) address: Option<Email>,
    /// The connections that were chosen, the last one first.
    chosen: Vec<Id<Connection>>,
}

impl Last {
    /// What the browser brought; nothing, where that cannot be read.
    pub(super) fn known(app: &App, head: &Head) -> Self {
        head.cookie(&browser::name_of_last(app)).and_then(Self::read).unwrap_or_default()
    }

    /// The first line is the address, each further one a connection.
    fn read(value: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(value).ok()?).ok()?;
        let mut lines = text.split('\n');
        let address = lines.next().and_then(|line| Email::parse(line).ok());
        let chosen = lines.filter_map(|line| Id::parse(line).ok()).take(MOST).collect();
        Some(Self { address, chosen })
    }

    fn written(&self) -> String {
        let mut text = self.address.as_ref().map(Email::as_str).unwrap_or_default().to_owned();
        for id in &self.chosen {
            text.push('\n');
            text.push_str(id.as_str());
        }
        URL_SAFE_NO_PAD.encode(text)
    }

    /// With the address that was typed now.
    pub(super) fn with_address(mut self, address: Email) -> Self {
        self.address = Some(address);
        self
    }

    /// Without the address, if it is this one.
    pub(super) fn without_address(mut self, address: &Email) -> Self {
        self.address = self.address.filter(|known| known != address);
        self
    }

    /// With the connection that was chosen now. Whoever chose a provider for everybody typed no
    /// address.
    pub(super) fn with_choice(mut self, connection: &Connection) -> Self {
        if connection.organization.is_none() {
            self.address = None;
        }
        self.chose(connection.id.clone());
        self
    }

    fn chose(&mut self, id: Id<Connection>) {
        self.chosen.retain(|known| *known != id);
        self.chosen.insert(0, id);
        self.chosen.truncate(MOST);
    }

    /// Which of these was chosen last.
    pub(super) fn choice_among<'a>(
        &self,
        candidates: &[&'a Id<Connection>],
    ) -> Option<&'a Id<Connection>> {
        self.chosen.iter().find_map(|known| candidates.iter().find(|id| **id == known).copied())
    }

    /// Lets the browser remember this, or forget where there is nothing to remember.
    pub(super) fn remember(&self, app: &App, response: Response) -> Response {
        let nothing = self.address.is_none() && self.chosen.is_empty();
        let value = if nothing { None } else { Some(self.written()) };
        browser::with_last(app, response, value.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_back_and_never_grows() {
        let mut last = Last::default().with_address(Email::parse("ada@acme.test").unwrap());
        for nth in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2] {
            last.chose(Id::parse(&format!("conn_{nth}")).unwrap());
        }
        let read = Last::read(&last.written()).unwrap();
        assert_eq!(read.address.as_ref().map(Email::as_str), Some("ada@acme.test"));
        let chosen: Vec<_> = read.chosen.iter().map(Id::as_str).collect();
        let expected =
            ["conn_2", "conn_10", "conn_9", "conn_8", "conn_7", "conn_6", "conn_5", "conn_4"];
        assert_eq!(chosen, expected);
        let candidates = ["conn_1", "conn_5", "conn_10"].map(|id| Id::parse(id).unwrap());
        assert_eq!(read.choice_among(&candidates.each_ref()).map(Id::as_str), Some("conn_10"));
    }

    #[test]
    fn nonsense_is_nothing() {
        for value in ["", "§", "////", "_w", "Cgo"] {
            let read = Last::read(value).unwrap_or_default();
            assert!(read.address.is_none() && read.chosen.is_empty(), "{value}");
        }
        let other = Email::parse("ADA@acme.test").unwrap();
        let last = Last::default().with_address(Email::parse("ada@acme.test").unwrap());
        assert!(last.without_address(&other).address.is_none());
    }
}

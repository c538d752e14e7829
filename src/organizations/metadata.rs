//! What an application keeps with an organization: metadata, and its own id for it.

use std::collections::BTreeMap;

use crate::kit::error::{Error, Refused};

/// The most keys.
const KEYS: usize = 50;
/// The most characters of a key.
const KEY: usize = 40;
/// The most characters of a value.
const VALUE: usize = 600;

/// Up to 50 texts by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// Takes an object of texts, or says what may not stand.
    pub fn parse(given: BTreeMap<String, String>) -> Result<Self, Error> {
        let refuse = |why: String| Err(Refused::malformed("invalid_metadata", why));
        if given.len() > KEYS {
            return refuse(format!("metadata has at most {KEYS} keys"));
        }
        for (key, value) in &given {
            if key.is_empty() || key.chars().count() > KEY || !key.is_ascii() {
                return refuse(format!("a metadata key has 1 to {KEY} ASCII characters"));
            }
            if value.chars().count() > VALUE {
                return refuse(format!(
                    "the metadata value `{key}` has more than {VALUE} characters"
                ));
            }
            if key.contains('\0') || value.contains('\0') {
                return refuse("metadata may not hold NUL".to_owned());
            }
        }
        Ok(Self(given))
    }

    /// The texts by name.
    #[must_use]
    pub fn into_inner(self) -> BTreeMap<String, String> {
        self.0
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

/// The application's own id for something here: 1 to 128 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// Takes an id, or says why it may not stand.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let shaped = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        if shaped {
            Ok(Self(text.to_owned()))
        } else {
            let why = "it has 1 to 128 printable ASCII characters";
            Err(Refused::field("external_id", "invalid_external_id", why))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

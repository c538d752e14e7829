//! Why an identity provider's answer was not believed, whichever protocol it speaks.

use std::fmt;

use crate::saml;

/// The verdict of a protocol kernel, when it is no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// A stable word.
    pub code: &'static str,
    /// The rule that failed, in the order in which a SAML response is judged; 0 for what is none.
    pub rule: u8,
    /// What came.
    pub got: String,
    /// What would have passed.
    pub expected: String,
    /// What that means.
    pub reason: &'static str,
}

impl From<saml::Rejected> for Rejection {
    fn from(rejected: saml::Rejected) -> Self {
        let reason = rejected.reason();
        let saml::Rejected { code, rule, got, expected } = rejected;
        Self { code, rule, got, expected, reason }
    }
}

/// `audience: got …; expected …`, in one line.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        let mut before = ": ";
        for (word, text) in [("got", &self.got), ("expected", &self.expected)] {
            if !text.is_empty() {
                write!(f, "{before}{word} {text}")?;
                before = "; ";
            }
        }
        Ok(())
    }
}

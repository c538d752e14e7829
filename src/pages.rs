//! What people see: the page frame that all faces share, the calm pages that more than one of them
//! needs, and the embedded assets. Knows no `App`, no HTTP type and no noun.

use askama::Template;

use crate::kit::{
    error::{Error, Fault},
    time::Timestamp,
};

mod asset;
mod login;

pub use self::{
    asset::{Asset, asset, asset_path},
    login::{Choice, Form, Login, Way},
};

/// Something went wrong, told to the person it happened to. Holds no internals: the operator's log
/// has them under the same incident.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/problem.html", config = "src/pages/askama.toml")]
pub struct Problem {
    /// Whose sign-in it was, where that is known.
    pub application: Option<String>,
    /// What happened, in a few words: "We could not sign you in".
    pub title: String,
    /// What happened, in a sentence.
    pub message: String,
    /// What the person does next, in a sentence.
    pub next_step: String,
    /// Where the next step begins, when it is an address.
    pub link: Option<Link>,
    /// The id to quote, which the log has too.
    pub incident: String,
    /// When it happened.
    pub at: Timestamp,
}

/// A link that looks like a button; its words begin with a verb.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// "Try again", "Back to Acme".
    pub words: String,
}

/// A form that the browser sends on by itself, or by its visible button: a SAML response on its
/// way, or the same response once more from our own origin (so that a Lax cookie comes along).
#[derive(Clone, Template)]
#[template(path = "pages/onward.html", config = "src/pages/askama.toml")]
pub struct Onward {
    /// What is going on, in a few words.
    pub title: String,
    /// What the person does when nothing happens by itself.
    pub message: String,
    /// Where the form goes.
    pub action: String,
    /// The hidden fields: name, value.
    pub fields: Vec<(&'static str, String)>,
}

impl Onward {
    /// A logout that goes on at `action`.
    #[must_use]
    pub fn sign_out(action: String, fields: Vec<(&'static str, String)>) -> Self {
        Self { title: "Signing you out".to_owned(), ..Self::sign_in(action, fields) }
    }

    /// A sign-in that goes on at `action`.
    #[must_use]
    pub fn sign_in(action: String, fields: Vec<(&'static str, String)>) -> Self {
        Self {
            title: "Signing you in".to_owned(),
            message: "This takes a moment. If nothing happens, choose Continue.".to_owned(),
            action,
            fields,
        }
    }
}

/// Something is done, and there is nothing to do next.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/notice.html", config = "src/pages/askama.toml")]
pub struct Notice {
    /// What is done, in a few words.
    pub title: String,
    /// What it means, in a sentence or two.
    pub message: String,
}

/// Asks a person whom their identity provider sent by itself whether they mean to sign in.
#[derive(Clone, Template)]
#[template(path = "pages/consent.html", config = "src/pages/askama.toml")]
pub struct Consent {
    /// Where they would be signed in.
    pub application: String,
    /// Who they would be signed in as.
    pub email: String,
    /// Who says so: the host of the identity provider.
    pub identity_provider: String,
    /// Where the answer goes.
    pub action: String,
    /// What opens the answer that is held.
    pub token: String,
}

/// Asks a person whether they mean to sign out.
#[derive(Clone, Template)]
#[template(path = "pages/leave.html", config = "src/pages/askama.toml")]
pub struct Leave {
    /// Who is signed in.
    pub email: String,
    /// Where the answer goes.
    pub action: String,
    /// The hidden fields: name, value.
    pub fields: Vec<(&'static str, String)>,
}

/// What came of a test of a connection, for the administrator who made it: the one page that shows
/// details.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/tested.html", config = "src/pages/askama.toml")]
pub struct Tested {
    /// What came of it, in a few words.
    pub title: String,
    /// What that means, in a sentence or two.
    pub message: String,
    /// Why it failed, if it did.
    pub failure: Option<TestFailure>,
    /// The fields of the profile: name, value.
    pub profile: Vec<(String, String)>,
    /// The attributes: name, values.
    pub attributes: Vec<(String, String)>,
    /// The id to quote, which the log has too.
    pub incident: String,
    /// When it happened.
    pub at: Timestamp,
}

/// Why a test failed.
#[derive(Debug, Clone)]
pub struct TestFailure {
    /// The code of the refusal.
    pub code: String,
    /// What came.
    pub got: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What that means, in a sentence.
    pub reason: String,
    /// What to do, where more than that is known.
    pub fix: Option<String>,
}

/// A page as HTML text.
pub fn html(page: &impl Template) -> Result<String, Error> {
    page.render().map_err(|error| Fault::internal(format!("a page does not render: {error}")))
}

/// The headers of every page, beside its content type. A window that an application opened for the
/// sign-in keeps its opener. `form_action` lists where its forms may end up, redirects included,
/// as CSP sources: `'none'`, `'self'`, `'self' https://app.example`.
#[must_use]
pub fn headers(form_action: &str) -> [(&'static str, String); 4] {
    [
        ("content-security-policy", csp(form_action)),
        ("referrer-policy", "no-referrer".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ]
}

/// The content security policy of every page: nothing from elsewhere, nothing inline.
#[must_use]
pub fn csp(form_action: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action {form_action}"
    )
}

/// The letter that stands for a name.
#[must_use]
pub fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(String::new, |c| c.to_uppercase().collect())
}

/// A reason as people read it: it begins with a capital letter and ends like a sentence.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(char::to_uppercase).into_iter().flatten();
    let ended = text.is_empty() || text.ends_with(['.', '!', '?']);
    first.chain(rest).chain((!ended).then_some('.')).collect()
}

/// An instant as people read it: `24 Nov 2026, 09:14:02 UTC`.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_seconds_text();
    let (year, month, day, clock) = (&text[..4], &text[5..7], &text[8..10], &text[11..19]);
    let month = month.parse().ok().and_then(|nth: usize| MONTHS.get(nth.wrapping_sub(1)));
    format!("{} {} {year}, {clock} UTC", day.trim_start_matches('0'), month.unwrap_or(&"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        Problem {
            application: Some("acme <b>".to_owned()),
            title: "We could not sign you in".to_owned(),
            message: "<script>".to_owned(),
            next_step: "Sign in again.".to_owned(),
            link: Some(Link { href: "/a?b=1&c=\"".to_owned(), words: "Try again".to_owned() }),
            incident: "01JD3KZQ4T".to_owned(),
            at: Timestamp::from_millis(1_795_511_642_678),
        }
    }

    #[test]
    fn a_problem_shows_its_incident_and_escapes_the_rest() {
        let html = html(&problem()).unwrap();
        assert!(html.contains("<code class=\"whole\">01JD3KZQ4T</code>"), "{html}");
        assert!(html.contains(">24 Nov 2026, 09:14:02 UTC</time>"), "{html}");
        assert!(!html.contains("<script>") && !html.contains("c=\""), "{html}");
    }

    #[test]
    fn nothing_in_a_page_needs_an_inline_style_or_script() {
        let fields = vec![("SAMLResponse", "PD94".to_owned()), ("RelayState", "a\"b".to_owned())];
        let onward = Onward::sign_in("https://acme.test/acs".to_owned(), fields);
        for html in [html(&problem()).unwrap(), html(&onward).unwrap()] {
            assert!(
                !html.contains(" style=") && !html.contains(" on") && !html.contains("<script>")
            );
            assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{html}");
        }
    }

    #[test]
    fn a_reason_is_told_as_a_sentence() {
        assert_eq!(sentence("the attribute `a` holds none"), "The attribute `a` holds none.");
        assert_eq!(sentence("Done."), "Done.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn an_initial_is_the_first_letter_or_digit() {
        assert_eq!(initial("(acme)"), "A");
        assert_eq!(initial("…"), "");
    }
}

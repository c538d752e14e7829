//! The pages on which a person says where they sign in: by their email address, or by choosing.

use askama::Template;

/// Asks for the email address.
#[derive(Clone, Template)]
#[template(path = "pages/login.html", config = "src/pages/askama.toml")]
pub struct Login {
    /// What both pages have.
    pub form: Form,
    /// What the field is filled in with.
    pub address: String,
    /// Whether that was typed in this browser before and only needs a yes.
    pub remembered: bool,
    /// What is wrong with what was typed, and what to do.
    pub error: Option<String>,
    /// Providers to sign in with instead.
    pub ways: Vec<Way>,
}

/// Lets the person choose between several connections.
#[derive(Clone, Template)]
#[template(path = "pages/choice.html", config = "src/pages/askama.toml")]
pub struct Choice {
    /// What both pages have.
    pub form: Form,
    /// Whose choice it is, where an address was typed.
    pub address: String,
    /// What became of the last choice.
    pub error: Option<String>,
    /// What there is to choose from, the last choice first.
    pub ways: Vec<Way>,
}

/// What goes along with every answer.
#[derive(Clone)]
pub struct Form {
    /// The application that sent the person.
    pub application: String,
    /// Where an answer goes.
    pub action: String,
    /// The hidden fields: name, value.
    pub fields: Vec<(String, String)>,
    /// The page for another address, where there may be another.
    pub another: Option<String>,
    /// Back to the application.
    pub cancel: String,
}

/// One way to sign in.
#[derive(Debug, Clone)]
pub struct Way {
    /// What a choice of it says.
    pub value: String,
    /// What people call it.
    pub name: String,
    /// What tells it from another of the same name: the kind of provider, and its host.
    pub about: String,
    /// Whether it was chosen the last time.
    pub last: bool,
}

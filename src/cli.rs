//! The command line. stdout carries data only; notes, progress and logs go to stderr. Exit codes:
//! 0 fine, 1 failed, 2 wrong usage, 3 bad configuration, 4 not found, 5 refused, 6 something is
//! there already, 69 no server answers, 75 try again later.

mod check;
mod connection;
mod demo;
mod directory;
mod domain;
mod init;
mod input;
mod instance;
mod log;
mod remote;
mod saml;
mod serve;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Enterprise identity in one binary: single sign-on for your customers' employees, WorkOS-compatible.
#[derive(Debug, Parser)]
#[command(name = "kernia", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "First time here?  kernia demo   shows a whole sign-in in one minute.\n\
                        For real:         kernia init   then   kernia serve")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a complete Kernia to try out: loopback only, nothing to configure
    ///
    /// Runs an organization with a SAML connection to a built-in identity provider, and a sample
    /// application that signs in through it. Everything lives in a fresh temporary folder, or in
    /// DIR, where a later start goes on with the same data.
    Demo {
        /// The port on 127.0.0.1; 0 takes a free one [default: that of the last start, else 8080]
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// Keep the data in this folder and go on with it next time
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print one line of JSON with every address and key
        #[arg(long)]
        json: bool,
    },
    /// Write kernia.toml, the master key and the database
    ///
    /// Makes one client with one API key, which is shown this once. Refuses to overwrite.
    Init {
        /// Where to write
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
        /// Where Kernia will be reached, such as <https://id.example.com>
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Run the server
    ///
    /// Logs `listening` with its addresses when it is ready, drains on SIGTERM, reads the log level
    /// anew on SIGHUP.
    Serve {
        /// The configuration
        #[arg(long, value_name = "FILE", env = "KERNIA_CONFIG", default_value = "kernia.toml")]
        config: PathBuf,
    },
    /// Look for every problem of the configuration and the database at once
    ///
    /// Changes nothing and works beside a running server. Exits with 3 when the configuration is
    /// bad, with 1 when something else is.
    Check {
        /// The configuration
        #[arg(long, value_name = "FILE", env = "KERNIA_CONFIG", default_value = "kernia.toml")]
        config: PathBuf,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Look at connections, set them up, test a sign-in, see why one failed
    ///
    /// Asks the running server: over its socket on this machine, which needs no key, or with --url
    /// and an API key in the environment.
    Connection(connection::Connection),
    /// Look at the domains of organizations, and prove them
    ///
    /// An organization proves a domain with a TXT record in its DNS. Asks the running server as
    /// `kernia connection` does.
    Domain(domain::Domain),
    /// Look at directories, set them up, rotate their tokens
    ///
    /// A directory is what a customer's identity provider provisions through SCIM. Asks the running
    /// server as `kernia connection` does.
    Directory(directory::Directory),
    /// Look into SAML messages
    #[command(subcommand)]
    Saml(saml::Saml),
}

/// Runs the command; says on stderr what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo { port, data, json } => demo::run(port, data, json),
        Command::Init { dir, base_url, json } => init::run(&dir, base_url.as_deref(), json),
        Command::Serve { config } => serve::run(&config),
        Command::Check { config, json } => check::run(&config, json),
        Command::Connection(command) => connection::run(command),
        Command::Domain(command) => domain::run(command),
        Command::Directory(command) => directory::run(command),
        Command::Saml(command) => saml::run(command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// Why a command failed, for the person who called it.
#[derive(Debug)]
struct Failure {
    code: u8,
    message: String,
    /// What to do next.
    hint: Option<String>,
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), hint: None }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    fn tell(self) -> ExitCode {
        if !self.message.is_empty() {
            complain(&format!("error: {}", self.message));
        }
        if let Some(hint) = self.hint {
            complain(&format!("hint: {hint}"));
        }
        ExitCode::from(self.code)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// Data for whoever called: the only place that writes to stdout.
#[expect(clippy::print_stdout, reason = "this is what stdout is for")]
fn say(text: &str) {
    println!("{text}");
}

/// Words for a person.
#[expect(clippy::print_stderr, reason = "this is what stderr is for")]
fn complain(text: &str) {
    eprintln!("{text}");
}

//! `kernia`: parse the arguments, run the command, tell how it went.

use std::process::ExitCode;

fn main() -> ExitCode {
    kernia::cli::run()
}

//! `kernia`: parse the arguments, run the command, tell how it went.

use std::process::ExitCode;

/// A sign-in makes and drops some thousand small values on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kernia::cli::run()
}

//! What a command reads: a file, or standard input; never more than it can use.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
};

use super::Failure;

/// All of the file, or of standard input for none and `-`; at most `limit` bytes.
pub(super) fn read(file: Option<&Path>, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let at_most = limit as u64 + 1;
    if let Some(file) = file.filter(|file| *file != Path::new("-")) {
        let name = file.display();
        let open = File::open(file).and_then(|open| open.take(at_most).read_to_end(&mut bytes));
        open.map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    } else {
        if io::stdin().is_terminal() {
            super::complain("reading standard input; paste, then Ctrl-D");
        }
        io::stdin().lock().take(at_most).read_to_end(&mut bytes)?;
    }
    if bytes.len() > limit {
        return Err(Failure::new(format!("that is more than {} kB", limit / 1024)));
    }
    Ok(bytes)
}

//! The real binary, run to its end or left running.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
};

use serde_json::Value;

use super::wire::PATIENCE;

/// `kernia` with these arguments, and nothing of our own environment that it would read.
pub(crate) fn kernia(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kernia"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["KERNIA_CONFIG", "KERNIA_MASTER_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command
}

/// Runs `kernia` to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    kernia(arguments).output().unwrap()
}

/// A `kernia` that runs until it is told to end, or killed.
pub(crate) struct Program {
    child: Child,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
    /// All that it wrote to stderr so far.
    said: Arc<Mutex<String>>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let stdout = lines_of(child.stdout.take().unwrap(), Arc::default());
        let stderr = lines_of(child.stderr.take().unwrap(), Arc::clone(&said));
        Self { child, stdout, stderr, said }
    }

    /// A demo on a free port; its one line of JSON is the answer.
    pub(crate) fn demo(folder: &Path) -> (Self, Value) {
        let folder = folder.to_str().unwrap();
        let program =
            Self::start(&mut kernia(&["demo", "--json", "--port", "0", "--data", folder]));
        let document = program.hears_json();
        (program, document)
    }

    /// A server with this configuration, once it listens; and where.
    pub(crate) fn serve(config: &Path) -> (Self, SocketAddr) {
        let mut command = kernia(&["serve", "--config", config.to_str().unwrap()]);
        let program = Self::start(&mut command);
        let line: Value = serde_json::from_str(&program.hears("listening")).unwrap();
        let address = line["address"].as_str().unwrap().parse().unwrap();
        (program, address)
    }

    /// The next line of its stdout, as JSON.
    pub(crate) fn hears_json(&self) -> Value {
        let line = self.stdout.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("nothing on stdout; stderr: {}", self.said()));
        serde_json::from_str(&line).unwrap()
    }

    /// The next line of its stderr that holds this word.
    pub(crate) fn hears(&self, word: &str) -> String {
        loop {
            match self.stderr.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(word) => return line,
                Ok(_) => {}
                Err(error) => panic!("{error}: no `{word}` in: {}", self.said()),
            }
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it wrote to stderr so far.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// What else came on stdout, once it has ended.
    pub(crate) fn rest_of_stdout(&self) -> Vec<String> {
        self.stdout.iter().collect()
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Ends it as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn waits(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// What a test forgets to end must not outlive it.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines_of(
    stream: impl Read + Send + 'static,
    said: Arc<Mutex<String>>,
) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.lock().unwrap().extend([line.as_str(), "\n"]);
            // Nobody listens any more: it is kept all the same.
            let _ = sender.send(line);
        }
    });
    receiver
}

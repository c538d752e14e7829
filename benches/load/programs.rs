//! The programs that are measured, each a child process of its own, and what the system says of them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{Outcome, sign_in::Application};

/// A running program; it ends when this is dropped.
pub(crate) struct Program {
    child: Child,
    /// Held open, so that a program that prints more is not ended by it.
    _stdout: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub(crate) said: String,
    /// From its start to that line.
    pub(crate) ready: Duration,
}

impl Program {
    /// Starts `command` and waits for the first line on its standard output; its log goes to a
    /// file in `folder`.
    pub(crate) fn start(command: &mut Command, folder: &Path) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let log = fs::File::options().append(true).create(true).open(folder.join("log"))?;
        let begin = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut said = String::new();
        stdout.read_line(&mut said)?;
        let program = Self { child, _stdout: stdout, said, ready: begin.elapsed() };
        if program.said.is_empty() {
            return Err(format!("{command:?} ended; see {}/log", folder.display()).into());
        }
        Ok(program)
    }

    /// Resident memory now (not its peak), in bytes.
    pub(crate) fn resident(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")).ok_or("no VmRSS")?;
        Ok(kilobytes.trim().parse::<u64>()? * 1024)
    }

    /// Processor time used so far, in user and system mode.
    pub(crate) fn processor(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        let used = ticks(11).zip(ticks(12)).ok_or("no times in stat")?;
        // Linux counts these in hundredths of a second on every machine that Kernia runs on.
        Ok(Duration::from_millis((used.0 + used.1) * 10))
    }

    /// Asks it to end, as systemd does, and waits until it did.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts this very program again as the ceiling.
pub(crate) fn ceiling(folder: &Path) -> Outcome<(Program, String)> {
    let mut command = Command::new(std::env::current_exe()?);
    fs::create_dir_all(folder)?;
    let program = Program::start(command.arg("ceiling").arg(folder), folder)?;
    let authority = program.said.trim().strip_prefix("http://").ok_or("no address")?.to_owned();
    Ok((program, authority))
}

/// Starts Kernia with its demo in `folder`.
pub(crate) fn kernia(binary: &Path, folder: &Path) -> Outcome<Program> {
    let mut command = Command::new(binary);
    command.args(["demo", "--port", "0", "--json", "--data"]).arg(folder.join("data"));
    Program::start(&mut command, folder)
}

/// Reads the line that the demo prints.
pub(crate) fn application(said: &str) -> Outcome<Arc<Application>> {
    let told: Value = serde_json::from_str(said)?;
    let text = |name: &str| {
        told[name].as_str().map(str::to_owned).ok_or_else(|| format!("the demo told no {name}"))
    };
    let users = told["idp"]["users"].as_array().ok_or("the demo told no users")?;
    let emails = users.iter().filter_map(|user| user["email"].as_str().map(str::to_owned));
    let base_url = text("base_url")?;
    Ok(Arc::new(Application {
        authority: base_url.strip_prefix("http://").ok_or("not http")?.to_owned(),
        client_id: text("client_id")?,
        api_key: text("api_key")?,
        connection: text("saml_connection_id")?,
        redirect_uri: text("redirect_uri")?,
        employees: emails.collect(),
    }))
}

/// How long one small append takes to lie on the disk: (half, one in a hundred takes longer).
pub(crate) fn disk(folder: &Path) -> Outcome<(Duration, Duration)> {
    use std::io::Write as _;
    fs::create_dir_all(folder)?;
    let path = folder.join("fsync");
    let mut file = fs::File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..300 {
        let begin = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok((times[150], times[297]))
}

/// The size of `binary` as it is, and without its symbols where `strip` is at hand.
pub(crate) fn sizes(binary: &Path, folder: &Path) -> Outcome<(u64, Option<u64>)> {
    let copy = folder.join("stripped");
    let done = Command::new("strip").arg("-o").arg(&copy).arg(binary).status();
    let stripped = done.is_ok_and(|status| status.success()).then(|| fs::metadata(&copy));
    let stripped = stripped.transpose()?.map(|found| found.len());
    let _ = fs::remove_file(copy);
    Ok((fs::metadata(binary)?.len(), stripped))
}

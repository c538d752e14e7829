//! The programs that are measured, each a child process of its own, and what the system says of them.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::Value;

use crate::{Outcome, sign_in::Application};

/// A running program; it ends when this is dropped.
pub(crate) struct Program {
    child: Child,
    /// Held open, so that a program that prints more is not ended by it.
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
    began: Instant,
}

impl Program {
    /// Starts `command`; its log goes to a file in `folder`, as a service manager would keep it.
    fn start(command: &mut Command, folder: &Path) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let log = folder.join("log");
        let _ = fs::remove_file(&log);
        let stderr = fs::File::create(&log)?;
        let began = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn()?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, stdout, log, began })
    }

    /// Starts Node's peer of Kernia, whose program and modules lie in `peer`; it tells of itself in
    /// one line of JSON.
    pub(crate) fn peer(peer: &Path, folder: &Path) -> Outcome<(Self, Value)> {
        if !peer.join("node_modules").is_dir() {
            return Err(format!("run `npm ci` in {} first", peer.display()).into());
        }
        let mut program =
            Self::start(Command::new("node").arg(peer.join("server.mjs")).arg(folder), folder)?;
        let told = serde_json::from_str(&program.says()?.0)?;
        Ok((program, told))
    }

    /// Waits for the first line on its standard output.
    fn says(&mut self) -> Outcome<(String, Duration)> {
        let mut said = String::new();
        self.stdout.read_line(&mut said)?;
        match said.as_str() {
            "" => Err(format!("it ended; see {}", self.log.display()).into()),
            _ => Ok((said, self.began.elapsed())),
        }
    }

    /// Waits for the line of its log that holds `mark`.
    fn logs(&mut self, mark: &str) -> Outcome<(String, Duration)> {
        loop {
            let log = fs::read_to_string(&self.log)?;
            let whole = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            if let Some(line) = whole.into_iter().find(|line| line.contains(mark)) {
                return Ok((line.to_owned(), self.began.elapsed()));
            }
            if self.child.try_wait()?.is_some() || self.began.elapsed() > Duration::from_secs(30) {
                return Err(format!("not ready; see {}", self.log.display()).into());
            }
            #[expect(clippy::disallowed_methods, reason = "another process's file tells nobody")]
            std::thread::sleep(Duration::from_micros(200));
        }
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
    let mut program = Program::start(command.arg("ceiling").arg(folder), folder)?;
    let authority =
        program.says()?.0.trim().strip_prefix("http://").ok_or("no address")?.to_owned();
    Ok((program, authority))
}

/// A Kernia that `kernia init` set up in a folder of its own.
pub(crate) struct Home<'run> {
    binary: &'run Path,
    folder: PathBuf,
    config: String,
    pub(crate) client_id: String,
    pub(crate) api_key: String,
    /// The database file.
    pub(crate) database: PathBuf,
    /// Whether it runs as a test environment.
    is_test: bool,
}

impl<'run> Home<'run> {
    /// Runs `kernia init`.
    pub(crate) fn set_up(binary: &'run Path, folder: PathBuf) -> Outcome<Self> {
        let made = Command::new(binary).args(["init", "--json", "--dir"]).arg(&folder).output()?;
        let told: Value = serde_json::from_slice(&made.stdout)
            .map_err(|_| String::from_utf8_lossy(&made.stderr).into_owned())?;
        let text =
            |name: &str| told[name].as_str().map(str::to_owned).ok_or("init told too little");
        Ok(Self {
            binary,
            config: text("config")?,
            client_id: text("client_id")?,
            api_key: text("api_key")?,
            database: text("database")?.into(),
            folder,
            is_test: false,
        })
    }

    /// The same, which runs as a test environment.
    pub(crate) fn for_tests(self) -> Self {
        Self { is_test: true, ..self }
    }

    /// Runs `kernia serve`, with its access log, as it runs in earnest. Answers the program, where
    /// it listens, and how long it took to get there.
    pub(crate) fn serve(&self) -> Outcome<(Program, String, Duration)> {
        let mut command = Command::new(self.binary);
        command.args(["serve", "--config", &self.config]);
        command.env("KERNIA_SERVER__LISTEN", "127.0.0.1:0").env("KERNIA_LOG__FORMAT", "json");
        if self.is_test {
            command.env("KERNIA_ENVIRONMENT__KIND", "test");
            command.env("KERNIA_FETCH__ALLOW_PRIVATE_ADDRESSES", "true");
        }
        let mut program = Program::start(&mut command, &self.folder)?;
        let (line, ready) = program.logs("\"listening\"")?;
        let told: Value = serde_json::from_str(&line)?;
        let address = told["address"].as_str().ok_or("it listens nowhere")?.to_owned();
        Ok((program, address, ready))
    }
}

/// Starts Kernia with its demo in `folder`.
pub(crate) fn demo(binary: &Path, folder: &Path) -> Outcome<(Program, Arc<Application>, Duration)> {
    let mut command = Command::new(binary);
    command.args(["demo", "--port", "0", "--json", "--data"]).arg(folder.join("data"));
    let mut program = Program::start(&mut command, folder)?;
    let (said, ready) = program.says()?;
    Ok((program, application(&said)?, ready))
}

/// Reads the line that the demo prints.
fn application(said: &str) -> Outcome<Arc<Application>> {
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

/// What one RSA-2048 signature costs: the demo's identity provider makes one for each sign-in.
pub(crate) fn signature() -> Outcome<Duration> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| "no key")?;
    let (random, mut out) = (SystemRandom::new(), vec![0; key.public_modulus_len()]);
    let begin = Instant::now();
    for _ in 0..200 {
        key.sign(&RSA_PKCS1_SHA256, &random, &out.clone(), &mut out).map_err(|_| "not signed")?;
    }
    Ok(begin.elapsed() / 200)
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

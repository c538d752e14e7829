//! The load tool: drives the ceiling and Kernia in turn, in one run on one disk, and prints what
//! Kernia reaches as a share of the ceiling. One command does it all:
//! `cargo bench --bench load`; `-- --help` tells the rest. `-- sso` measures sign-ins beside a peer, `-- scim` directory
//! sync.

#![expect(clippy::print_stdout, reason = "the table is this program's answer")]

#[path = "../ceiling.rs"]
mod ceiling;
mod drive;
mod fill;
mod openid;
mod programs;
mod scim;
mod side;
mod sign_in;
mod sso;
mod walk;
mod wire;

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Parser, Subcommand};

use crate::{
    drive::{Script, Tally, Work, drive, middle},
    programs::{Home, Program},
    sign_in::SignIns,
    wire::Wire,
};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Measures Kernia against the ceiling of this machine.
#[derive(Debug, Parser)]
#[command(name = "load", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    mode: Option<Mode>,
    /// Connections that ask at the same time.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// How long each round lasts.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each is measured; the round in the middle is printed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Rows that lie in each database before reading by key is measured.
    #[arg(long, default_value_t = 2000)]
    rows: usize,
    /// Measures only lines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// The program to measure.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_kernia"))]
    kernia: PathBuf,
    /// Where both databases lie while it runs: the disk that is measured.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
    /// What `cargo bench` adds.
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Measures complete sign-ins beside a peer.
    Sso(sso::Arguments),
    /// Measures directory sync.
    Scim(scim::Arguments),
}

fn main() -> Outcome<()> {
    if std::env::args().nth(1).is_some_and(|word| word == "ceiling") {
        return ceiling::main();
    }
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &arguments.mode {
        Some(Mode::Sso(arguments)) => return runtime.block_on(sso::measure(arguments)),
        Some(Mode::Scim(arguments)) => return runtime.block_on(scim::measure(arguments)),
        None => {}
    }
    let folder = arguments.folder.join(format!("load-{}", std::process::id()));
    let outcome = runtime.block_on(measure(&arguments, &folder));
    if outcome.is_ok() {
        fs::remove_dir_all(&folder)?;
    }
    outcome
}

async fn measure(arguments: &Arguments, folder: &Path) -> Outcome<()> {
    let (_ceiling, ceiling) = programs::ceiling(&folder.join("ceiling"))?;
    let home = Home::set_up(&arguments.kernia, folder.join("kernia"))?;
    let (kernia, authority) = quiet_facts(arguments, folder, &home).await?;
    let (demo, application, _) = programs::demo(&arguments.kernia, &folder.join("demo"))?;
    let (half, slow) = programs::disk(folder)?;
    let lines = Lines::prepare(arguments, &ceiling, &authority, &home.api_key).await?;
    println!(
        "{} clients, {} × {} s each; fsync of this disk: median {}, p99 {}\n",
        arguments.clients,
        arguments.rounds,
        arguments.seconds,
        shown(half),
        shown(slow),
    );
    let head = ["ceiling/s", "p50", "p99", "Kernia/s", "p50", "p99", "share", "processor"];
    println!("{:<28}{}", "", head.map(|name| format!("{name:>11}")).concat());
    let bench = Bench { arguments, ceiling: &ceiling };
    let side = (&kernia, authority.as_str());
    bench
        .line("hello (Kernia: /healthz)", &lines.hello, side, |nth| lines.health.from(nth))
        .await?;
    bench.line("organization writes", &lines.insert, side, |nth| lines.create.from(nth)).await?;
    bench.line("organization reads", &lines.read, side, |nth| lines.get.from(nth)).await?;
    let side = (&demo, application.authority.as_str());
    let sign_ins = |nth| SignIns::new(&application, nth);
    bench.line("complete sign-ins", &lines.skeleton, side, sign_ins).await?;
    println!(
        "\nThe clients run on the same cores. `processor` is the time of Kernia's process for each.\n\
         API lines: `kernia serve` with its access log. Sign-ins: `kernia demo`, whose identity \
         provider works in\nthe same process; its RSA-2048 signature alone takes {}. A sign-in's \
         ceiling is its requests and\ndurable writes and nothing else: insert, hello, insert, \
         insert.\nResident after the load: serve {}, demo {}",
        shown(programs::signature()?),
        megabytes(kernia.resident()?),
        megabytes(demo.resident()?),
    );
    kernia.stop()?;
    demo.stop()
}

/// What can be told before any load: sizes, memory, and the time to be ready again.
async fn quiet_facts(
    arguments: &Arguments,
    folder: &Path,
    home: &Home<'_>,
) -> Outcome<(Program, String)> {
    let (size, stripped) = programs::sizes(&arguments.kernia, folder)?;
    let stripped = stripped.map_or_else(|| "unknown (no `strip`)".to_owned(), megabytes);
    let (mut kernia, mut authority, first) = home.serve()?;
    let mut again = Vec::new();
    for _ in 0..5 {
        kernia.stop()?;
        let ready;
        (kernia, authority, ready) = home.serve()?;
        again.push(ready);
    }
    again.sort_unstable();
    #[expect(clippy::disallowed_methods, reason = "idle means that nothing happened for a while")]
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "binary {}, stripped {stripped}; serve: ready in {}, idle {}",
        megabytes(size),
        shown(again[2].min(first)),
        megabytes(kernia.resident()?),
    );
    Ok((kernia, authority))
}

/// The ready-made requests of both sides.
struct Lines {
    hello: Script,
    insert: Script,
    read: Script,
    skeleton: Script,
    health: Script,
    create: Script,
    get: Script,
}

impl Lines {
    async fn prepare(
        arguments: &Arguments,
        ceiling: &str,
        own: &str,
        api_key: &str,
    ) -> Outcome<Self> {
        let key = format!("authorization: Bearer {api_key}\r\n");
        let metadata = r#"{"plan":"enterprise","region":"eu-central-1","seats":"250"}"#;
        let named = format!(r#"{{"name":"Acme Corporation","metadata":{metadata}}}"#);
        let insert = wire::post(ceiling, "/insert", "application/json", "", metadata);
        let create = wire::post(own, "/organizations", "application/json", &key, &named);
        let hello = wire::get(ceiling, "/hello", "");
        let read = fill(arguments.rows, ceiling, &insert, 200).await?;
        let read = read.iter().map(|id| wire::get(ceiling, &format!("/read/{id}"), ""));
        let get = fill(arguments.rows, own, &create, 201).await?;
        let get = get.iter().map(|id| wire::get(own, &format!("/organizations/{id}"), &key));
        Ok(Self {
            read: Script::single(read.collect(), 200),
            get: Script::single(get.collect(), 200),
            skeleton: Script::unit(
                vec![insert.clone(), hello.clone(), insert.clone(), insert.clone()],
                200,
            ),
            hello: Script::single(vec![hello], 200),
            insert: Script::single(vec![insert], 200),
            health: Script::single(vec![wire::get(own, "/healthz", "")], 200),
            create: Script::single(vec![create], 201),
        })
    }
}

/// Sends `request` until `rows` rows are there; answers their ids.
async fn fill(rows: usize, authority: &str, request: &[u8], status: u16) -> Outcome<Vec<String>> {
    let mut wire = Wire::connect(authority).await?;
    let mut ids = Vec::with_capacity(rows);
    while ids.len() < rows {
        let answer = wire.ask(request).await?.expect(status)?;
        let made: serde_json::Value = serde_json::from_str(answer.text()?)?;
        ids.push(made["id"].as_str().ok_or("a row without an id")?.to_owned());
    }
    Ok(ids)
}

/// One ceiling, to be driven in turn with whatever stands below it.
struct Bench<'run> {
    arguments: &'run Arguments,
    ceiling: &'run str,
}

impl Bench<'_> {
    /// Measures and prints one line of the table.
    async fn line<W: Work>(
        &self,
        name: &str,
        ceiling: &Script,
        (program, authority): (&Program, &str),
        own: impl Fn(usize) -> W,
    ) -> Outcome<()> {
        if !name.contains(&self.arguments.only) {
            return Ok(());
        }
        let (clients, span) = (self.arguments.clients, Duration::from_secs(self.arguments.seconds));
        let (mut above, mut here, mut units) = (Vec::new(), Vec::new(), 0.0);
        let mut used = Duration::ZERO;
        for _ in 0..self.arguments.rounds {
            above.push(drive(self.ceiling, clients, span, |nth| ceiling.from(nth)).await?);
            let before = program.processor()?;
            let round = drive(authority, clients, span, &own).await?;
            used += program.processor()?.saturating_sub(before);
            units += round.rate * span.as_secs_f64();
            here.push(round);
        }
        let (above, here) = middle(above).zip(middle(here)).ok_or("no round")?;
        print(name, &above, &here, used.div_f64(units));
        Ok(())
    }
}

fn print(name: &str, above: &Tally, here: &Tally, processor: Duration) {
    println!(
        "{name:<28}{:>11.0}{:>11}{:>11}{:>11.0}{:>11}{:>11}{:>10.0}%{:>11}",
        above.rate,
        shown(above.median),
        shown(above.p99),
        here.rate,
        shown(here.median),
        shown(here.p99),
        100.0 * here.rate / above.rate,
        shown(processor),
    );
    if here.requests > here.rate * 1.5 {
        println!("{:<28}{:>11.0}{:>33.0}", "  as HTTP requests", above.requests, here.requests);
    }
}

pub(crate) fn shown(span: Duration) -> String {
    match span.as_micros() {
        micros @ 0..1000 => format!("{micros} µs"),
        micros => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

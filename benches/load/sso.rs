//! Complete sign-ins of Kernia beside those of `@boxyhq/saml-jackson`, in turn and in one run: the
//! same walk, the same identity provider, whose signing no clock counts. With `--fill`, Kernia once
//! more with many connections, profiles and traces.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    Outcome,
    drive::{Tally, Work, drive_each},
    fill,
    programs::{Home, Program},
    shown,
    side::{self, Provider, SetUp, Side},
    walk::{self, Answered, Begin, Finish, Pace},
};

/// Longer than any half of a round may take.
const PATIENCE: Duration = Duration::from_mins(5);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Connections that sign in at the same time.
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Sign-ins in each round of Kernia.
    #[arg(long, default_value_t = 6000)]
    sign_ins: usize,
    /// Sign-ins in each round of the peer; none leaves it out.
    #[arg(long, default_value_t = 200)]
    peer_sign_ins: usize,
    /// How often each is measured; the round in the middle is printed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Different people of each company.
    #[arg(long, default_value_t = 1000)]
    people: usize,
    /// Measures sign-ins through OpenID Connect in place of SAML: the provider's tokens are prepared,
    /// and it says them from a thread of its own.
    #[arg(long, conflicts_with = "fill")]
    oidc: bool,
    /// Measures Kernia also with so many connections, each with that many people on record and as
    /// many traces.
    #[arg(long, default_value_t = 0)]
    fill: usize,
    /// The size of a trace's sealed body in what is filled in; at its usual size a million take 4 GB.
    #[arg(long, default_value_t = 2300)]
    trace_bytes: usize,
    /// The peer's folder, in which `npm ci` was run.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/jackson"))]
    peer: PathBuf,
    /// The program to measure.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_kernia"))]
    kernia: PathBuf,
    /// Where both databases lie while it runs.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
}

/// What came of one round.
#[derive(Debug, Clone, Copy)]
struct Round {
    begin: Tally,
    finish: Tally,
    /// Processor time of the server for each.
    begin_used: Duration,
    finish_used: Duration,
}

impl Round {
    /// Complete sign-ins a second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn rate(&self) -> f64 {
        self.finish.units as f64 / (self.begin.took + self.finish.took).as_secs_f64()
    }
}

pub(crate) async fn measure(arguments: &Arguments) -> Outcome<()> {
    let folder = arguments.folder.join(format!("sso-{}", std::process::id()));
    let idp = Provider::generate(arguments.oidc)?;
    let bench = Bench { arguments, idp: &idp };
    let home = Home::set_up(&arguments.kernia, folder.join("kernia"))?;
    // An OpenID provider without TLS is taken in a test environment only.
    let home = if arguments.oidc { home.for_tests() } else { home };
    let (program, authority, _) = home.serve()?;
    let mut set_up = SetUp::begin(&home, &authority, &idp).await?;
    let once = Arc::new(set_up.side(&home, &authority)?.once());
    let twice = Arc::new(set_up.side(&home, &authority)?);
    head(arguments);
    let empty = bench.beside(&folder, &program, (&once, &twice)).await?;
    if arguments.fill > 0 {
        set_up.grow(&home, &authority, (&idp, arguments.fill)).await?;
    }
    program.stop()?;
    if arguments.fill > 0 {
        let size = (arguments.people, arguments.trace_bytes);
        fill::fill(&home.database, &set_up.connections, size)?;
        let (program, authority, _) = home.serve()?;
        let once = Arc::new(set_up.side(&home, &authority)?.once());
        let full = middle(bench.rounds((&program, &once)).await?)?;
        line("Kernia, filled", &full, Some(&empty));
        program.stop()?;
    }
    Ok(std::fs::remove_dir_all(&folder)?)
}

struct Bench<'run> {
    arguments: &'run Arguments,
    idp: &'run Provider,
}

impl Bench<'_> {
    /// Kernia and the peer in turn, then Kernia at half load. Answers Kernia's round.
    async fn beside(
        &self,
        folder: &Path,
        program: &Program,
        (once, twice): (&Arc<Side>, &Arc<Side>),
    ) -> Outcome<Round> {
        let jackson = match self.arguments.peer_sign_ins {
            0 => None,
            _ => Some(side::jackson(&self.arguments.peer, &folder.join("jackson"), self.idp)?),
        };
        let (mut peers, mut own, mut posted) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            if let Some((jackson, side)) = &jackson {
                let sign_ins = self.arguments.peer_sign_ins;
                peers.push(self.round((jackson, side), sign_ins, None).await?);
            }
            own.push(self.round((program, once), self.arguments.sign_ins, None).await?);
            // What comes in an address comes with its cookie the first time.
            if !self.arguments.oidc {
                posted.push(self.round((program, twice), self.arguments.sign_ins, None).await?);
            }
        }
        drop(jackson);
        let peer = middle(peers).ok();
        if let Some(peer) = &peer {
            line("saml-jackson, SQLite", peer, None);
        }
        let own = middle(own)?;
        line("Kernia", &own, peer.as_ref());
        if self.arguments.oidc {
            return Ok(own);
        }
        let posted = middle(posted)?;
        line("Kernia, posted twice", &posted, peer.as_ref());
        let half = self.round((program, twice), self.arguments.sign_ins, Some(&posted)).await?;
        line("Kernia, at half load", &half, None);
        Ok(own)
    }

    async fn rounds(&self, (program, side): (&Program, &Arc<Side>)) -> Outcome<Vec<Round>> {
        let mut rounds = Vec::new();
        for _ in 0..self.arguments.rounds {
            rounds.push(self.round((program, side), self.arguments.sign_ins, None).await?);
        }
        Ok(rounds)
    }

    /// Begins so many sign-ins, has their answers signed, and finishes them. With `half_of`, half
    /// as many a second as came in that round.
    async fn round(
        &self,
        (program, side): (&Program, &Arc<Side>),
        sign_ins: usize,
        half_of: Option<&Round>,
    ) -> Outcome<Round> {
        let clients = self.arguments.clients;
        let share = sign_ins / clients;
        let begun = Arc::new(Mutex::new(Vec::with_capacity(sign_ins)));
        let pace = |nth, of: Option<Tally>| of.map(|of| pace(of.rate / 2.0, nth, clients));
        let works = (0..clients).map(|nth| {
            let left = nth * share..(nth + 1) * share;
            Begin::new(side, left, pace(nth, half_of.map(|of| of.begin)), &begun)
        });
        let (beginning, begin_used) = timed(program, side, works.collect()).await?;
        let begun = std::mem::take(&mut *begun.lock().unwrap_or_else(PoisonError::into_inner));
        let answered = walk::sign(side, self.idp, &begun, self.arguments.people)?;
        // Answers come in the order in which people left, whoever brings them.
        let mut shares: Vec<Vec<Answered>> = (0..clients).map(|_| Vec::new()).collect();
        for (nth, one) in answered.into_iter().enumerate() {
            shares[nth % clients].push(one);
        }
        let works = shares
            .into_iter()
            .enumerate()
            .map(|(nth, left)| Finish::new(side, left, pace(nth, half_of.map(|of| of.finish))));
        let works = works.collect();
        let (finishing, finish_used) = timed(program, side, works).await?;
        Ok(Round { begin: beginning, finish: finishing, begin_used, finish_used })
    }
}

/// The nth client's share of so many a second, beginning now.
fn pace(rate: f64, nth: usize, clients: usize) -> Pace {
    let [nth, clients] = [nth, clients].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
    let one = Duration::from_secs_f64(1.0 / rate);
    Pace { from: Instant::now() + one * nth, every: one * clients }
}

async fn timed<W: Work>(
    program: &Program,
    side: &Side,
    works: Vec<W>,
) -> Outcome<(Tally, Duration)> {
    let before = program.processor()?;
    let tally = drive_each(&side.authority, PATIENCE, works).await?;
    let used = program.processor()?.saturating_sub(before);
    Ok((tally, used / u32::try_from(tally.units)?.max(1)))
}

fn middle(mut rounds: Vec<Round>) -> Outcome<Round> {
    rounds.sort_by(|one, other| one.rate().total_cmp(&other.rate()));
    Ok(*rounds.get(rounds.len() / 2).ok_or("no round")?)
}

fn head(arguments: &Arguments) {
    println!(
        "{} clients, {} rounds; `processor` is the server's time for one sign-in\n",
        arguments.clients, arguments.rounds
    );
    let head = ["sign-ins/s", "begin/s", "p99", "finish/s", "p50", "p99", "processor", "of which"];
    println!("{:<24}{}", "", head.map(|name| format!("{name:>11}")).concat());
}

fn line(name: &str, round: &Round, beside: Option<&Round>) {
    println!(
        "{name:<24}{:>11.0}{:>11.0}{:>11}{:>11.0}{:>11}{:>11}{:>11}{:>11}{}",
        round.rate(),
        round.begin.rate,
        shown(round.begin.p99),
        round.finish.rate,
        shown(round.finish.median),
        shown(round.finish.p99),
        shown(round.begin_used + round.finish_used),
        shown(round.finish_used),
        beside.map_or_else(String::new, |it| format!("{:>10.2} ×", round.rate() / it.rate())),
    );
}

//! Directory sync beside the ceiling and, where they are named, beside peers: what an identity
//! provider asks all day, in one run on one disk. With `--sizes`, what each costs as a directory grows.

mod sides;
mod work;

use std::{path::PathBuf, sync::Arc, time::Duration};

use self::{
    sides::{Member, Side},
    work::{Adding, Changing, Creating},
};
use crate::{
    Outcome,
    drive::{Script, Tally, Work, drive, drive_each, middle},
    megabytes,
    programs::{self, Home, Program},
    shown,
    wire::{self, Wire},
};

/// Longer than any sync may take.
const PATIENCE: Duration = Duration::from_mins(15);
/// How many resources stand on a page.
const PAGE: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Connections that ask at the same time.
    #[arg(long, default_value_t = 32)]
    clients: usize,
    /// How long each round lasts.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each is measured; the round in the middle is printed.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Users of the first sync, one size after another; the rest is measured at each of them.
    #[arg(long, value_delimiter = ',', default_value = "10000,100000")]
    sizes: Vec<usize>,
    /// Measures only lines whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// A peer that listens already: its name, address and token, such as
    /// `scimmy=http://127.0.0.1:9000/scim,secret`.
    #[arg(long)]
    peer: Vec<String>,
    /// Users that a peer has before it is asked: it makes some hundred a second.
    #[arg(long, default_value_t = 2000)]
    peer_users: usize,
    /// The program to measure.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_kernia"))]
    kernia: PathBuf,
    /// Where both databases lie while it runs.
    #[arg(long, default_value = env!("CARGO_TARGET_TMPDIR"))]
    folder: PathBuf,
}

pub(crate) async fn measure(arguments: &Arguments) -> Outcome<()> {
    let folder = arguments.folder.join(format!("scim-{}", std::process::id()));
    let (_ceiling, ceiling) = programs::ceiling(&folder.join("ceiling"))?;
    let ceiling = Ceiling::fill(ceiling).await?;
    let home = Home::set_up(&arguments.kernia, folder.join("kernia"))?;
    let (program, authority, _) = home.serve()?;
    let bench = Bench { arguments, ceiling };
    println!(
        "{} clients, {} × {} s each\n",
        arguments.clients, arguments.rounds, arguments.seconds
    );
    for peer in &arguments.peer {
        let side = Side::peer(peer)?;
        println!("{} with {} users", side.name, arguments.peer_users);
        bench.all(&side, None, arguments.peer_users).await?;
    }
    for size in &arguments.sizes {
        let side = Side::kernia(&home, &authority).await?;
        println!("Kernia with {size} users");
        bench.all(&side, Some(&program), *size).await?;
    }
    program.stop()?;
    Ok(std::fs::remove_dir_all(&folder)?)
}

/// What this machine's disk and cores give a program that does nothing else.
struct Ceiling {
    authority: String,
    insert: Script,
    read: Script,
}

impl Ceiling {
    async fn fill(authority: String) -> Outcome<Self> {
        let metadata = r#"{"plan":"enterprise","region":"eu-central-1","seats":"250"}"#;
        let insert = wire::post(&authority, "/insert", "application/json", "", metadata);
        let ids = crate::fill(2000, &authority, &insert, 200).await?;
        let read = ids.iter().map(|id| wire::get(&authority, &format!("/read/{id}"), "")).collect();
        let insert = Script::single(vec![insert], 200);
        Ok(Self { authority, insert, read: Script::single(read, 200) })
    }
}

struct Bench<'run> {
    arguments: &'run Arguments,
    ceiling: Ceiling,
}

impl Bench<'_> {
    /// One directory from its first sync on.
    async fn all(&self, side: &Side, program: Option<&Program>, users: usize) -> Outcome<()> {
        let side = Arc::new(side.clone());
        let ids = Arc::new(self.first_sync(&side, users).await?);
        if let Some(program) = program {
            println!("  {:<34}{:>10}", "resident after it", megabytes(program.resident()?));
        }
        let head = ["ceiling/s", "here/s", "p50", "p99", "share"];
        println!("  {:<34}{}", "", head.map(|name| format!("{name:>10}")).concat());
        let get = |paths: Vec<String>| {
            let requests = paths.iter().map(|path| side.get(path)).collect();
            Script::single(requests, 200)
        };
        let some: Vec<usize> = (0..2000.min(users)).map(|nth| nth * 7919 % users).collect();
        let by_id = get(some.iter().map(|nth| format!("/Users/{}", ids[*nth])).collect());
        self.line("GET by id", &self.ceiling.read, &side, |nth| by_id.from(nth)).await?;
        for (name, attribute, of) in [
            ("filter userName eq", "userName", "user"),
            ("filter externalId eq", "externalId", "external"),
        ] {
            let path = |nth: &usize| {
                let wanted = side.named(of, *nth);
                format!("/Users?filter={attribute}%20eq%20%22{wanted}%22")
            };
            let script = get(some.iter().map(path).collect());
            self.line(name, &self.ceiling.read, &side, |nth| script.from(nth)).await?;
        }
        for (name, start) in [("first page of 100", 1), ("deep page of 100", users - users / 10)] {
            let script = get(vec![format!("/Users?startIndex={start}&count={PAGE}")]);
            self.alone(name, &side, script).await?;
        }
        self.line("creates", &self.ceiling.insert, &side, |_| Creating::more(&side)).await?;
        self.line("PATCHes of a user", &self.ceiling.insert, &side, |nth| {
            Changing::new(&side, &ids, nth)
        })
        .await?;
        self.group(&side, &ids).await
    }

    /// All users come as fast as they are taken.
    async fn first_sync(&self, side: &Arc<Side>, users: usize) -> Outcome<Vec<String>> {
        let clients = self.arguments.clients;
        let made = Arc::default();
        let shares = (0..clients).map(|nth| {
            let range = users * nth / clients..users * (nth + 1) / clients;
            Creating::first(side, range, &made)
        });
        let tally = drive_each(&side.authority, PATIENCE, shares.collect()).await?;
        println!(
            "  {:<34}{:>10}{:>10.0}/s{:>8} p99",
            "first sync",
            shown(tally.took),
            tally.rate,
            shown(tally.p99)
        );
        let mut made = std::mem::take(&mut *made.lock().map_err(|_| "a client panicked")?);
        made.sort_unstable();
        Ok(made.into_iter().map(|(_, id)| id).collect())
    }

    /// A group of everybody, to which one more is added and from which it is taken again.
    async fn group(&self, side: &Arc<Side>, ids: &Arc<Vec<String>>) -> Outcome<()> {
        let mut wire = Wire::connect(&side.authority).await?;
        let group = side.make_group(&mut wire, ids.len()).await?;
        for some in ids[1..].chunks(1000) {
            side.add_members(&mut wire, &group, some).await?;
        }
        let member = Member { group: group.clone(), user: ids[0].clone() };
        let name = format!("PATCH of a member among {}", ids.len());
        self.alone(&name, side, Adding::new(side, member)).await
    }

    /// Measures and prints a line beside the ceiling.
    async fn line<W: Work>(
        &self,
        name: &str,
        above: &Script,
        side: &Arc<Side>,
        own: impl Fn(usize) -> W,
    ) -> Outcome<()> {
        if !name.contains(&self.arguments.only) {
            return Ok(());
        }
        let (clients, span) = (self.arguments.clients, Duration::from_secs(self.arguments.seconds));
        let (mut ceilings, mut here) = (Vec::new(), Vec::new());
        for _ in 0..self.arguments.rounds {
            let script = |nth| above.from(nth);
            ceilings.push(drive(&self.ceiling.authority, clients, span, script).await?);
            here.push(drive(&side.authority, clients, span, &own).await?);
        }
        let (above, here) = middle(ceilings).zip(middle(here)).ok_or("no round")?;
        let share = format!("{:.0} %", 100.0 * here.rate / above.rate);
        print(name, &format!("{:.0}", above.rate), &here, &share);
        Ok(())
    }

    /// Measures and prints what one client waits for.
    async fn alone<W: Work + Clone>(&self, name: &str, side: &Arc<Side>, own: W) -> Outcome<()> {
        if !name.contains(&self.arguments.only) {
            return Ok(());
        }
        let span = Duration::from_secs(self.arguments.seconds);
        let tally = drive(&side.authority, 1, span, |_| own.clone()).await?;
        print(&format!("{name}, alone"), "", &tally, "");
        Ok(())
    }
}

fn print(name: &str, above: &str, here: &Tally, share: &str) {
    println!(
        "  {name:<34}{above:>10}{:>10.0}{:>10}{:>10}{share:>10}",
        here.rate,
        shown(here.median),
        shown(here.p99),
    );
}

//! Processor time, for the benches: what one run of something costs, beside what `openssl speed`
//! says of the machine.

use std::{
    error::Error,
    process::Command,
    time::{Duration, Instant},
};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// One line of the answer.
pub(crate) fn print(name: &str, took: Option<Duration>, floor: Option<Duration>) {
    let Some(took) = took else { return };
    let ratio =
        floor.map_or_else(String::new, |floor| format!("{:.1} ×", took.div_duration_f64(floor)));
    println!("{name:<50}{:>9.1} µs{ratio:>9}", took.as_secs_f64() * 1e6);
}

/// The processor time of one run of `work`, over half a second of runs. Processor time is what
/// `openssl speed` counts too, and other programs do not disturb it much.
pub(crate) fn each(work: impl Fn() -> bool) -> Outcome<Duration> {
    let (begin, used) = (Instant::now(), processor()?);
    let mut runs = 0_u32;
    while begin.elapsed() < Duration::from_millis(500) {
        for _ in 0..50 {
            if !work() {
                return Err("what was measured failed".into());
            }
        }
        runs += 50;
    }
    Ok(processor()?.saturating_sub(used) / runs)
}

/// The processor time of this thread so far.
pub(crate) fn processor() -> Outcome<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = told.split_whitespace().next().ok_or("no schedstat")?.parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// The median.
pub(crate) fn middle(mut times: Vec<Duration>) -> Option<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

/// One verification as `openssl speed` measures it; nothing when there is no `openssl`.
pub(crate) fn openssl() -> Option<Duration> {
    let told = Command::new("openssl").args(["speed", "-seconds", "1", "rsa2048"]).output().ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    // rsa 2048 bits 0.000590s 0.000017s   1694.0  57431.0: the last column that counts is
    // verifications a second; newer versions add columns of encryption behind it.
    let line = text.lines().find(|line| line.starts_with("rsa 2048 bits"))?;
    let rates = line.split_whitespace().skip(3).filter(|word| !word.ends_with('s'));
    let rate: f64 = rates.map(str::parse).nth(1)?.ok()?;
    Some(Duration::from_secs_f64(1.0 / rate))
}

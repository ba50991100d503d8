//! `assay fuzz`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use assay_diff_fuzz::{BUDGETS, Campaign, State, run as campaign};
use assay_engines::{Engine, Features, Version, engine};

use crate::isolate::{self, Isolate};
use crate::output::{Failure, exit, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Engines to compare, the first with each other one; at least two
    #[arg(long, value_name = "ID", default_values_t = ["interp".to_owned(), "wasmtime:cranelift".to_owned()])]
    engine: Vec<String>,
    /// The version of the standard whose instructions modules are made of, 1.0, 2.0 or 3.0; without it 3.0
    #[arg(long, value_name = "VERSION")]
    spec: Option<Version>,
    /// How long, in seconds, or with s, m or h behind the number
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<Duration>,
    /// How many inputs, those of earlier campaigns in the folder included
    #[arg(long, value_name = "N")]
    execs: Option<u64>,
    /// Where inputs come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Inputs that are raced at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// The folder of findings and state; a campaign that is there already goes on
    #[arg(long, value_name = "DIR", default_value = "campaign")]
    out: PathBuf,
    #[command(flatten)]
    isolate: Isolate,
}

/// `90`, `90s`, `10m`, `2h`
fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let unit = match unit {
        "h" => 3600.0,
        "m" => 60.0,
        _ => 1.0,
    };
    let seconds = number.parse::<f64>().map(|n| n * unit).map_err(|_| "not a number of s, m or h".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|e| e.to_string())
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
    if args.time.is_none() && args.execs.is_none() {
        return Err(usage(&"a campaign has --time or --execs, or it would never end"));
    }
    let features = args.spec.map_or_else(Features::default, Features::from);
    let mut ids = Vec::new();
    for given in &args.engine {
        let id = engine(given, BUDGETS, features).map_err(|e| usage(&e))?.id();
        if ids.iter().any(|(other, _)| *other == id) {
            return Err(usage(&format!("engine {id:?} is given twice; with itself it would always agree")));
        }
        let runs = match isolate::isolates(args.isolate.whether(), given, true)? {
            true => isolate::driver(&id, "compare")?,
            false => given.clone(),
        };
        ids.push((id, runs));
    }
    if ids.len() < 2 {
        return Err(usage(&"a campaign needs two engines"));
    }
    let engines = || -> Vec<Box<dyn Engine>> {
        let new = |(_, runs): &(String, String)| engine(runs, BUDGETS, features).expect("it has been there before");
        ids.iter().map(new).collect()
    };
    let campaign_plan = Campaign {
        names: ids.iter().map(|(id, _)| id.clone()).collect(),
        engines: &engines,
        features,
        seed: args.seed,
        jobs: args.jobs,
        time: args.time,
        execs: args.execs,
        out: &args.out,
        progress: &progress,
    };
    let state = campaign(&campaign_plan).map_err(|e| usage(&e))?;
    if std::io::stderr().is_terminal() {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    say!("{state}")?;
    let total = state.total();
    Ok(match (state.findings.is_empty(), total.agreed) {
        (false, _) => exit::NO,
        (true, 0) => exit::UNDETERMINED,
        (true, _) => exit::YES,
    })
}

/// A line on a terminal, which the next one replaces.
fn progress(state: &State, elapsed: Duration) {
    let mut err = std::io::stderr().lock();
    if !err.is_terminal() {
        return;
    }
    let (total, seconds) = (state.total(), state.seconds.max(0.001));
    let line = format!(
        "{}s: {} inputs, {:.0}/s, {:.0} comparisons/s, {} findings",
        elapsed.as_secs(),
        total.inputs,
        total.inputs as f64 / seconds,
        (total.agreed + total.differed) as f64 / seconds,
        state.findings.len()
    );
    // If it can't be written, there is nobody to see how far it is.
    let _ = write!(err, "\r\x1b[K{line}").and_then(|()| err.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let seconds = |text: &str| time(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("90"), Ok(90.0));
        assert_eq!(seconds("1.5m"), Ok(90.0));
        assert_eq!(seconds("2h"), Ok(7200.0));
        assert_eq!(seconds("0.5s"), Ok(0.5));
        assert!(time("ten").is_err() && time("-1s").is_err() && time("").is_err());
    }
}

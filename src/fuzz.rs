//! `assay fuzz`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use assay_diff_fuzz::{Campaign, State, run_campaign};
use assay_engines::{Engine, Features, Version};

use crate::chosen::{Chosen, Isolate, Wanted, choose};
use crate::input;
use crate::output::{Failure, exit, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Engines to compare, the first with each other one; at least two. With a name in front, reports call it so
    #[arg(long, value_name = "[NAME=]ID", default_values_t = ["interp".to_owned(), "wasmtime:cranelift".to_owned()])]
    engine: Vec<String>,
    /// The version of the standard whose instructions modules are made of, 1.0, 2.0 or 3.0; without it 3.0
    #[arg(long, value_name = "VERSION")]
    spec: Option<Version>,
    /// How long, as 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = input::duration)]
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

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
    if args.time.is_none() && args.execs.is_none() {
        return Err(usage(&"a campaign has --time or --execs, or it would never end"));
    }
    let features = args.spec.map_or_else(Features::default, Features::from);
    let chosen = choose(&args.engine, &args.isolate, Wanted::compared(features, true))?;
    if chosen.len() < 2 {
        return Err(usage(&"a campaign needs two engines"));
    }
    let engines = || -> Vec<Box<dyn Engine>> { chosen.iter().map(Chosen::engine).collect() };
    let plan = Campaign {
        names: chosen.iter().map(|one| (one.name.clone(), one.id.clone())).collect(),
        engines: &engines,
        features,
        seed: args.seed,
        jobs: args.jobs,
        time: args.time,
        execs: args.execs,
        out: &args.out,
        progress: &progress,
    };
    let state = run_campaign(&plan).map_err(|e| usage(&e))?;
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

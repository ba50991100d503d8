//! `assay fuzz`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use assay_diff_fuzz::{Campaign, Made, State, regenerate, run_campaign};
use assay_engines::{Features, Version};

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
    /// Draws the options of each wasmtime that is given none anew after so many inputs: how it compiles, and for which
    /// processor; 0 for never
    #[arg(long, value_name = "N", default_value_t = 1)]
    vary: u64,
    /// Ends with the first finding
    #[arg(long)]
    first: bool,
    /// Writes input N of the campaign in the folder into inputs/N there, and races nothing
    #[arg(long, value_name = "N", conflicts_with_all = ["time", "execs", "first"])]
    input: Option<u64>,
    #[command(flatten)]
    isolate: Isolate,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
    let features = args.spec.map_or_else(Features::default, Features::from);
    if let Some(index) = args.input {
        return write_input(args, index, features);
    }
    if args.time.is_none() && args.execs.is_none() {
        return Err(usage(&"a campaign has --time or --execs, or it would never end"));
    }
    let chosen = choose(&args.engine, &args.isolate, Wanted::compared(features, true))?;
    if chosen.len() < 2 {
        return Err(usage(&"a campaign needs two engines"));
    }
    let engine = |place: usize, number: u64| -> Made {
        let one: &Chosen = &chosen[place];
        // Two that vary don't vary alike.
        let mut rng = fastrand::Rng::with_seed(number.wrapping_add(place as u64));
        if args.vary > 0 { one.varied(&mut rng) } else { one.made() }
    };
    let plan = Campaign {
        names: chosen.iter().map(|one| one.name.clone()).collect(),
        engine: &engine,
        varies: chosen.iter().map(|one| args.vary > 0 && one.plain().is_some()).collect(),
        every: args.vary.max(1),
        features,
        seed: args.seed,
        jobs: args.jobs,
        time: args.time,
        execs: args.execs,
        first: args.first,
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
    let total = state.total();
    let line = format!(
        "{}s: {} inputs, {:.0}/s, {:.0} comparisons/s, {:.0} % returned, {} rules, {} findings",
        elapsed.as_secs(),
        total.inputs,
        state.inputs_per_second(),
        state.comparisons_per_second(),
        100.0 * total.returned as f64 / total.calls.max(1) as f64,
        state.coverage.rules(),
        state.findings.len()
    );
    // If it can't be written, there is nobody to see how far it is.
    let _ = write!(err, "\r\x1b[K{line}").and_then(|()| err.flush());
}

/// Writes an input of the campaign as it was, and of what it is made.
fn write_input(args: &Args, index: u64, features: Features) -> Result<u8, Failure> {
    let input = regenerate(&args.out, index, features).map_err(|e| Failure::Usage(e.to_string()))?;
    let folder = args.out.join("inputs").join(index.to_string());
    let failed = |e: std::io::Error| Failure::Usage(format!("{}: {e}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    std::fs::write(folder.join("module.wasm"), &input.wasm).map_err(failed)?;
    for (name, wasm) in &input.linked {
        std::fs::write(folder.join(format!("{name}.wasm")), wasm).map_err(failed)?;
    }
    say!("{}\n{}", input.mix, folder.display())?;
    Ok(exit::YES)
}

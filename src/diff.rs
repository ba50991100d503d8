//! `assay diff`

use std::path::{Path, PathBuf};

use assay_diff_fuzz::{DiffError, Options, Report, Verdict, diff, diff_scenario};
use assay_engines::{ENGINES, Engine, Outcome};
use assay_interp::scenario::Scenario;

use crate::chosen::{Chosen, Isolate, Wanted, choose};
use crate::input::Language;
use crate::output::{Failure, exit, printable, say, tell};
use crate::{input, run};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wasm binary, a .wat text, or - for standard input
    module: String,
    #[command(flatten)]
    language: Language,
    /// Engines to compare, the first with each other one; without any, all of this build. With a name in front, reports
    /// call it so
    #[arg(long, value_name = "[NAME=]ID")]
    engine: Vec<String>,
    /// Takes the steps of a scenario, in which the module is called "module"
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Where arguments beyond the boundary values come from
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Calls of each exported function, at most
    #[arg(long, value_name = "N", default_value_t = Options::default().vectors)]
    calls: usize,
    #[command(flatten)]
    isolate: Isolate,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let wasm = input::module(&args.module)?;
    let ids = match args.engine.is_empty() {
        true => ENGINES.map(str::to_owned).to_vec(),
        false => args.engine.clone(),
    };
    let chosen = choose(&ids, &args.isolate, Wanted::compared(args.language.features(), false))?;
    let mut engines: Vec<Box<dyn Engine>> = chosen.iter().map(Chosen::engine).collect();
    let scenario = match &args.scenario {
        Some(file) => Some((file.as_path(), run::read(file)?)),
        None => None,
    };
    let report = match compare(&mut engines, &wasm, scenario, args) {
        Ok(report) => report,
        Err(DiffError::Refused(outcome)) => {
            tell!("error: {}: {outcome}", printable(&args.module));
            return Ok(match outcome {
                Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_) => exit::MODULE,
                _ => exit::UNDETERMINED,
            });
        }
        Err(error @ DiffError::Scenario(_)) => {
            let file = args.scenario.as_deref().unwrap_or(Path::new("")).to_string_lossy();
            return Err(Failure::Usage(format!("{}: {error}", printable(&file))));
        }
        Err(error @ DiffError::TooFewEngines) => {
            return Err(Failure::Usage(format!("{error}; there are {}", ENGINES.join(", "))));
        }
    };
    say!("{report}")?;
    Ok(match report.verdict() {
        Verdict::Agree => exit::YES,
        Verdict::Differ => exit::NO,
        Verdict::NothingCompared => exit::UNDETERMINED,
    })
}

fn compare(
    engines: &mut [Box<dyn Engine>],
    wasm: &[u8],
    scenario: Option<(&Path, Scenario)>,
    args: &Args,
) -> Result<Report, DiffError> {
    let options = Options { vectors: args.calls, seed: args.seed, ..Options::default() };
    let Some((file, scenario)) = scenario else { return diff(engines, wasm, &options) };
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let mut load = |name: &str| match name {
        "module" => Ok(wasm.to_vec()),
        other => input::module(&folder.join(other).to_string_lossy()).map_err(|e| e.to_string()),
    };
    diff_scenario(engines, &scenario, &mut load, &options)
}

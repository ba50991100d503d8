//! `assay conform`

use std::path::PathBuf;

use assay_engines::{Budgets, Features, Version, engine};
use assay_spec_tests::{KnownGaps, Proposal, Report, Script, from_path, official, run_all, run_group};

use crate::input;
use crate::output::{Failure, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wast files, or folders of them; without one, the official tests
    paths: Vec<PathBuf>,
    /// The version of the standard, 1.0, 2.0 or 3.0: its official tests, and what the engine takes; without it 3.0
    #[arg(long, value_name = "VERSION")]
    spec: Option<Version>,
    /// A proposal beyond 3.0: its tests, and the proposal switched on, on top of the version that the tests are for if
    /// --spec names none; threads (1.0), wide-arithmetic or custom-page-sizes (3.0)
    #[arg(long, value_name = "NAME")]
    proposal: Option<Proposal>,
    /// The engine to test
    #[arg(long, value_name = "ID", default_value = "interp")]
    engine: String,
    /// Only files in whose suite/name this occurs
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Failures that are known; others, and passes of these, are not as expected
    #[arg(long, value_name = "FILE")]
    expected: Option<PathBuf>,
    /// The files share one store, in the order given: what one registers, the next ones import
    #[arg(long, conflicts_with = "jobs")]
    together: bool,
    /// Number of files tested at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

/// No official assertion takes more; wasmtime's fuel counts the bytes of bulk operations, too.
const FUEL: u64 = 1 << 40;

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let budgets = Budgets { fuel: FUEL, ..Budgets::default() };
    let features = features(args);
    engine(&args.engine, budgets, features).map_err(|e| Failure::Usage(e.to_string()))?;
    let known = match &args.expected {
        Some(path) => {
            let path = path.to_string_lossy();
            let known = KnownGaps::parse(&input::text(&path)?);
            Some(known.map_err(|e| Failure::Usage(format!("{}: {}", printable(&path), e.to_string().trim_end())))?)
        }
        None => None,
    };
    let scripts = scripts(args)?;
    if scripts.is_empty() {
        let filter = args.filter.as_deref().unwrap_or_default();
        return Err(Failure::Usage(format!("no file is left by --filter {filter:?}")));
    }
    let new = || engine(&args.engine, budgets, features).expect("the same id has made an engine before");
    let report = match args.together {
        true => {
            let mut report = Report::default();
            report.extend(run_group(&mut *new(), &scripts, &mut |_, _, _| {}));
            report
        }
        false => run_all(&scripts, args.jobs, &new),
    };
    say!("{report}")?;
    if !report.errors.is_empty() {
        return Ok(exit::USAGE);
    }
    let as_expected = match known {
        Some(known) => {
            let check = known.check(&report);
            say!("{}", if check.is_ok() { "all as expected".to_owned() } else { check.to_string() })?;
            check.is_ok()
        }
        None => report.is_ok(),
    };
    Ok(match (as_expected, report.total().total()) {
        (_, 0) => exit::UNDETERMINED,
        (true, _) => exit::YES,
        (false, _) => exit::NO,
    })
}

fn features(args: &Args) -> Features {
    match args.proposal {
        Some(proposal) => proposal.features(args.spec.unwrap_or(proposal.version())),
        None => args.spec.unwrap_or_default().into(),
    }
}

fn scripts(args: &Args) -> Result<Vec<Script>, Failure> {
    let mut scripts = Vec::new();
    for path in &args.paths {
        scripts.extend(from_path(path).map_err(|e| Failure::Usage(e.to_string()))?);
    }
    if args.paths.is_empty() {
        scripts = match args.proposal {
            Some(proposal) => proposal.tests(),
            None => official(args.spec.unwrap_or_default()),
        };
    }
    scripts.retain(|s| args.filter.as_ref().is_none_or(|filter| s.file().contains(filter.as_str())));
    Ok(scripts)
}

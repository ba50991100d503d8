//! `assay conform`

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use assay_engines::{Budgets, Engine, Features, Interp, Version, engine};
use assay_interp::trace::Cut;
use assay_spec_tests::{
    Checked, KnownGaps, Proposal, Script, TraceError, cover, cover_validation, from_path, official, run_groups, trace,
};

use crate::input;
use crate::output::{Failure, Trace, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wast files, folders of them, or official tests by suite and name; FILE:LINE for the directive in one line;
    /// without one, all official tests
    #[arg(value_name = "PATH[:LINE]")]
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
    /// Says for each rule of execution how many directives exercise it, and which one first, and for each rule of
    /// validation how many modules it is applied to, and how many it refuses; only of our interpreter
    #[arg(long)]
    rules: bool,
    /// Shows each step of the directive at FILE:LINE with its rule, instruction, operands and results; with =config
    /// also what it leads to; only of our interpreter
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "rules",
          value_parser = ["rules", "config"])]
    trace: Option<String>,
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

fn usage(why: impl ToString) -> Failure {
    Failure::Usage(why.to_string())
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let budgets = Budgets { fuel: FUEL, ..Budgets::default() };
    let features = features(args);
    engine(&args.engine, budgets, features).map_err(usage)?;
    if (args.rules || args.trace.is_some()) && args.engine != "interp" {
        let option = if args.rules { "--rules" } else { "--trace" };
        return Err(usage(format!("{option} is of our interpreter: engine {:?} doesn't tell its steps", args.engine)));
    }
    let new = || engine(&args.engine, budgets, features).expect("the same id has made an engine before");
    let interp = || Interp::with_features(budgets, features);
    if let Some((path, line)) = place(args)? {
        return directive(args, &path, line, &new, &interp);
    }
    if args.trace.is_some() {
        return Err(usage("--trace shows one directive: FILE:LINE says which"));
    }
    let known = match &args.expected {
        Some(path) => {
            let path = path.to_string_lossy();
            let known = KnownGaps::parse(&input::text(&path)?);
            Some(known.map_err(|e| usage(format!("{}: {}", printable(&path), e.to_string().trim_end())))?)
        }
        None => None,
    };
    let scripts = scripts(args)?;
    if scripts.is_empty() {
        let filter = args.filter.as_deref().unwrap_or_default();
        return Err(usage(format!("no file is left by --filter {filter:?}")));
    }
    let groups: Vec<&[Script]> = if args.together { vec![&scripts] } else { scripts.chunks(1).collect() };
    let (report, coverage) = match args.rules {
        true => {
            let (report, coverage) = cover(&groups, args.jobs, &interp);
            (report, Some(coverage))
        }
        false => (run_groups(&groups, args.jobs, &new), None),
    };
    say!("{report}")?;
    if let Some(coverage) = coverage {
        say!("\n{coverage}")?;
        say!("\n{}", cover_validation(&scripts, args.jobs, features))?;
    }
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

/// The file and line, if the path is one.
fn place(args: &Args) -> Result<Option<(PathBuf, usize)>, Failure> {
    let split = |path: &PathBuf| {
        let text = path.to_str().filter(|_| !path.exists())?;
        let (file, line) = text.rsplit_once(':')?;
        Some((file.into(), line.parse().ok()?))
    };
    let mut places = args.paths.iter().filter_map(split);
    let place = places.next();
    let many = args.rules || args.together || args.expected.is_some() || args.filter.is_some();
    let alone = args.paths.len() == 1 && !many;
    match place {
        Some(_) if !alone => Err(usage("FILE:LINE is one directive: no other path, and no option for many, fits it")),
        place => Ok(place),
    }
}

/// Runs a file, and says how the directives of one line went.
fn directive(
    args: &Args,
    path: &Path,
    line: usize,
    new: &dyn Fn() -> Box<dyn Engine>,
    interp: &dyn Fn() -> Interp,
) -> Result<u8, Failure> {
    let [script] = &find(args, path)?[..] else {
        return Err(usage(format!("{}: FILE:LINE needs a file", printable(&path.to_string_lossy()))));
    };
    let report = match &args.trace {
        Some(what) => {
            let cut = Cut { configs: what == "config", ..Cut::default() };
            let out = BufWriter::new(Trace(std::io::stdout().lock()));
            trace(interp(), script, line, cut, out).map_err(|e| match e {
                TraceError::Output(error) => Failure::Output(error),
                TraceError::Script(error) => usage(error),
            })?
        }
        None => assay_spec_tests::run(&mut *new(), script).map_err(usage)?,
    };
    let there: Vec<&Checked> = report.checked.iter().filter(|c| c.place.line == line).collect();
    if there.is_empty() {
        let before = report.checked.iter().map(|c| c.place.line).filter(|l| *l < line).max();
        let before = before.map_or(String::new(), |l| format!("; the last one before it begins in line {l}"));
        return Err(usage(format!("{}: no directive begins in line {line}{before}", report.file)));
    }
    for c in &there {
        say!("{}:{} {}", report.file, c.place, c)?;
    }
    Ok(if there.iter().all(|c| c.verdict.is_ok()) { exit::YES } else { exit::NO })
}

fn features(args: &Args) -> Features {
    match args.proposal {
        Some(proposal) => proposal.on(Features::from(args.spec.unwrap_or(proposal.version()))),
        None => args.spec.unwrap_or_default().into(),
    }
}

/// The official tests that the options choose.
fn tests(args: &Args) -> Vec<Script> {
    match args.proposal {
        Some(proposal) => proposal.tests(),
        None => official(args.spec.unwrap_or_default()),
    }
}

/// The scripts at a path, or the official test of that name.
fn find(args: &Args, path: &Path) -> Result<Vec<Script>, Failure> {
    if !path.exists()
        && let Some(name) = path.to_str()
        && let Some(script) = tests(args).into_iter().find(|s| s.file() == name)
    {
        return Ok(vec![script]);
    }
    from_path(path).map_err(usage)
}

fn scripts(args: &Args) -> Result<Vec<Script>, Failure> {
    let mut scripts = Vec::new();
    for path in &args.paths {
        scripts.extend(find(args, path)?);
    }
    if args.paths.is_empty() {
        scripts = tests(args);
    }
    scripts.retain(|s| args.filter.as_ref().is_none_or(|filter| s.file().contains(filter.as_str())));
    Ok(scripts)
}

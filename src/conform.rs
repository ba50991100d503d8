//! `assay conform`

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assay_engines::{DEADLINE, Features, Interp, Version};
use assay_interp::trace::Cut;
use assay_spec_tests::{
    Changes, Checked, Coverage, Entrant, Format, KnownGaps, Matrix, Plan, Progress, Proposal, Record, Run, Script,
    ScriptError, TraceError, ValidCoverage, cover, cover_validation, from_path, html, junit, official, read_all,
    run_matrix, trace,
};
use glob::Pattern;

use crate::chosen::{Chosen, Isolate, TESTS, Wanted, budgets, choose};
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
    /// An engine to test; may be given more than once. With a name in front, reports call it so: v8=process:node …
    #[arg(long = "engine", value_name = "[NAME=]ID", default_value = "interp")]
    engines: Vec<String>,
    /// Only files whose suite/name matches; without *, ? and [ it is enough that this occurs in it
    #[arg(long, value_name = "GLOB")]
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
    /// Failures that are known; others, and passes of these, are not as expected. With an ID, those of that engine;
    /// "shipped" for the lists that come with assay. May be given more than once
    #[arg(long, value_name = "[ID=]FILE|shipped")]
    expected: Vec<String>,
    /// Writes what failed to a file that --expected takes, with its reasons as far as they are known there
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fail_fast", "expected"])]
    bless: Option<PathBuf>,
    /// The files share one store, in the order given: what one registers, the next ones import
    #[arg(long, conflicts_with = "jobs")]
    together: bool,
    /// How the report is written: text, json, junit or html; without it as the name of --out ends, else as text
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// The file to write the report to, in place of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An earlier report in JSON: what fails and passes otherwise than there stands first
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Ends with the first directive that goes otherwise than expected
    #[arg(long, conflicts_with = "rules")]
    fail_fast: bool,
    /// Number of files tested at the same time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Seconds that an engine in another process has for a directive, or less, like 0.5
    #[arg(long, value_name = "SECONDS", default_value_t = DEADLINE.as_secs_f64())]
    deadline: f64,
    #[command(flatten)]
    isolate: Isolate,
}

/// A pattern for names. `*` stands for slashes, too.
fn pattern(text: &str) -> Result<Pattern, Failure> {
    let whole = if text.contains(['*', '?', '[']) { text.to_owned() } else { format!("*{text}*") };
    Pattern::new(&whole).map_err(|error| usage(format!("--filter {text:?}: {error}")))
}

/// The module of nothing.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

fn usage(why: impl ToString) -> Failure {
    Failure::Usage(why.to_string())
}

fn chosen(args: &Args) -> Result<Vec<Chosen>, Failure> {
    let deadline = Duration::try_from_secs_f64(args.deadline).ok().filter(|deadline| !deadline.is_zero());
    let Some(deadline) = deadline else {
        return Err(usage(format!("--deadline {}: not a time in which there can be an answer", args.deadline)));
    };
    let several = args.jobs > 1 && !args.together;
    let wanted = Wanted { budgets: TESTS, features: features(args), deadline, several };
    let all = choose(&args.engines, &args.isolate, wanted)?;
    for one in &all {
        // An engine that has no answer at all would fail every test for the same reason.
        if let Err(outcome) = one.engine().validate(EMPTY)
            && outcome.is_breakdown()
        {
            return Err(usage(format!("engine {:?}: {outcome}", one.name)));
        }
    }
    Ok(all)
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let chosen = chosen(args)?;
    if let Some(other) = chosen.iter().map(|one| &one.id).find(|id| *id != "interp")
        && (args.rules || args.trace.is_some())
    {
        let option = if args.rules { "--rules" } else { "--trace" };
        return Err(usage(format!("{option} is of our interpreter: engine {other:?} doesn't tell its steps")));
    }
    if args.bless.is_some() && chosen.len() > 1 {
        return Err(usage("--bless is of one engine: what fails in which stands in a file for each"));
    }
    if let Some((path, line)) = place(args)? {
        return directive(args, &path, line, &chosen);
    }
    if args.trace.is_some() {
        return Err(usage("--trace shows one directive: FILE:LINE says which"));
    }
    let known = chosen.iter().map(|one| known(args, &chosen, one)).collect::<Result<Vec<_>, _>>()?;
    let mut known = known.into_iter();
    let baseline = args.baseline.as_deref().map(baseline).transpose()?;
    let format = format(args)?;
    let (scripts, unread) = scripts(args)?;
    let groups: Vec<&[Script]> = if args.together { vec![&scripts] } else { scripts.chunks(1).collect() };
    let mut coverage = None;
    let runs = match args.rules {
        true => {
            let interp = || Interp::with_features(budgets(TESTS), features(args));
            let (report, covered) = cover(&groups, args.jobs, &interp);
            coverage = Some((covered, cover_validation(&scripts, args.jobs, features(args))));
            let one = chosen.into_iter().map(|one| (one.name, one.version)).next();
            let (engine, version) = one.unwrap_or_default();
            vec![Run { engine, version, report, known: known.next().flatten(), not_run: 0 }]
        }
        false => {
            let enter = |(one, known): (Chosen, _)| {
                let (engine, version) = (one.name.clone(), one.version.clone());
                Entrant { engine, version, new: Box::new(move || one.engine()), known }
            };
            let entrants = chosen.into_iter().zip(known).map(enter).collect();
            let plan = Plan { jobs: args.jobs, fail_fast: args.fail_fast, progress: &progress };
            run_matrix(entrants, &groups, &plan)
        }
    };
    let matrix = Matrix { runs, unread };
    let record = || Record::new(&matrix, &scripts, coverage.as_ref(), baseline.as_ref());
    let report = match format {
        Format::Text => text(&matrix, coverage.as_ref(), baseline.as_ref().and_then(|_| record().changes)),
        Format::Json => record().json(),
        Format::Junit => junit(&matrix, &scripts),
        Format::Html => html(&record()),
    };
    match &args.out {
        None => std::io::stdout().write_all(report.as_bytes())?,
        Some(path) => write(path, &report)?,
    }
    if let (Some(path), [run]) = (&args.bless, &matrix.runs[..]) {
        bless(path, run)?;
        return Ok(if matrix.is_complete() { exit::YES } else { exit::USAGE });
    }
    Ok(match (matrix.is_ok(), matrix.checked()) {
        _ if !matrix.is_complete() => exit::USAGE,
        (_, 0) => exit::UNDETERMINED,
        (true, _) => exit::YES,
        (false, _) => exit::NO,
    })
}

/// What is expected of an engine, if anything is said of it.
fn known(args: &Args, chosen: &[Chosen], engine: &Chosen) -> Result<Option<KnownGaps>, Failure> {
    // An id may have an equals sign in it, if it is a command line.
    let of = |one: &Chosen, given: &str| {
        let path = |id: &str| given.strip_prefix(id)?.strip_prefix('=').map(str::to_owned);
        path(&one.name).or_else(|| path(&one.id))
    };
    let mut known = None;
    for given in &args.expected {
        let owner = chosen.iter().find_map(|one| Some((one, of(one, given)?)));
        let list = match owner {
            Some((one, path)) if one.name == engine.name => gaps(&path)?,
            Some(_) => continue,
            None if given == "shipped" => KnownGaps::shipped(&engine.name).unwrap_or_default(),
            None => gaps(given)?,
        };
        known.get_or_insert_with(KnownGaps::default).extend(list);
    }
    Ok(known)
}

/// Writes what an engine failed. The comment that the file begins with stays, and so do reasons.
fn bless(path: &Path, run: &Run) -> Result<(), Failure> {
    let name = path.to_string_lossy();
    let (heading, known) = match path.exists() {
        true => {
            let text = input::text(&name)?;
            let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
            (comment.join("\n"), gaps(&name)?)
        }
        false => (format!("# What {} {} fails, by reason.", run.engine, run.version), KnownGaps::default()),
    };
    let heading = if heading.is_empty() { heading } else { format!("{heading}\n\n") };
    let text = format!("{heading}{}", known.blessed(&run.report));
    write(path, &text)
}

fn gaps(path: &str) -> Result<KnownGaps, Failure> {
    let known = KnownGaps::parse(&input::text(path)?);
    known.map_err(|e| usage(format!("{}: {}", printable(path), e.to_string().trim_end())))
}

fn text(matrix: &Matrix, coverage: Option<&(Coverage, ValidCoverage)>, changes: Option<Changes>) -> String {
    let mut text = changes.map_or(String::new(), |changes| format!("{changes}\n\n"));
    text += &format!("{matrix}\n");
    if let Some((execution, validation)) = coverage {
        text += &format!("\n{execution}\n\n{validation}\n");
    }
    text
}

fn format(args: &Args) -> Result<Format, Failure> {
    let format = match (args.format, &args.out) {
        (Some(format), _) => format,
        (None, None) => Format::Text,
        (None, Some(path)) => Format::of(path).ok_or_else(|| {
            let path = path.to_string_lossy();
            usage(format!("--out {}: no format is known by this name; --format says which", printable(&path)))
        })?,
    };
    match (format, args.rules, &args.baseline) {
        (Format::Junit, true, _) => Err(usage("junit has no place for --rules")),
        (Format::Junit, _, Some(_)) => Err(usage("junit has no place for --baseline")),
        _ => Ok(format),
    }
}

fn baseline(path: &Path) -> Result<Record, Failure> {
    let name = path.to_string_lossy();
    let record = Record::parse(&input::text(&name)?);
    record.map_err(|error| usage(format!("{}: not a report of assay conform: {error}", printable(&name))))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let name = printable(&path.to_string_lossy());
    std::fs::write(path, text).map_err(|error| usage(format!("{name}: can't be written: {error}")))
}

/// A line on a terminal, which the next one replaces.
fn progress(progress: Progress) {
    let mut err = std::io::stderr().lock();
    if !err.is_terminal() {
        return;
    }
    let Progress { done, all, unexpected } = progress;
    let line = match (done == all, unexpected) {
        (true, _) => String::new(),
        (false, 0) => format!("{done} of {all}"),
        (false, n) => format!("{done} of {all}, {n} not as expected"),
    };
    // If it can't be written, there is nobody to see how far it is.
    let _ = write!(err, "\r\x1b[K{line}").and_then(|()| err.flush());
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
    let listed = !args.expected.is_empty() || args.bless.is_some() || args.fail_fast || args.baseline.is_some();
    let written = args.format.is_some() || args.out.is_some();
    let many = args.rules || args.together || listed || written || args.filter.is_some();
    let alone = args.paths.len() == 1 && !many;
    match place {
        Some(_) if !alone => Err(usage("FILE:LINE is one directive: no other path, and no option for many, fits it")),
        place => Ok(place),
    }
}

/// Runs a file, and says how the directives of one line went.
fn directive(args: &Args, path: &Path, line: usize, chosen: &[Chosen]) -> Result<u8, Failure> {
    let [script] = &find(args, path)?[..] else {
        return Err(usage(format!("{}: FILE:LINE needs a file", printable(&path.to_string_lossy()))));
    };
    let mut passed = true;
    for one in chosen {
        let report = match &args.trace {
            Some(what) => {
                let cut = Cut { configs: what == "config", ..Cut::default() };
                let out = BufWriter::new(Trace(std::io::stdout().lock()));
                let interp = Interp::with_features(budgets(TESTS), features(args));
                trace(interp, script, line, cut, out).map_err(|e| match e {
                    TraceError::Output(error) => Failure::Output(error),
                    TraceError::Script(error) => usage(error),
                })?
            }
            None => assay_spec_tests::run(&mut *one.engine(), script).map_err(usage)?,
        };
        let there: Vec<&Checked> = report.checked.iter().filter(|c| c.place.line == line).collect();
        if there.is_empty() {
            let before = report.checked.iter().map(|c| c.place.line).filter(|l| *l < line).max();
            let before = before.map_or(String::new(), |l| format!("; the last one before it begins in line {l}"));
            return Err(usage(format!("{}: no directive begins in line {line}{before}", report.file)));
        }
        let engine = if chosen.len() == 1 { String::new() } else { format!("{}: ", one.name) };
        for c in there {
            say!("{engine}{}:{} {c}", report.file, c.place)?;
            passed &= c.verdict.is_ok();
        }
    }
    Ok(if passed { exit::YES } else { exit::NO })
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

/// The official test of a name, where there is no such path.
fn named(args: &Args, path: &Path) -> Option<Script> {
    let name = path.to_str().filter(|_| !path.exists())?;
    tests(args).into_iter().find(|script| script.file() == name)
}

/// The scripts at a path, or the official test of that name.
fn find(args: &Args, path: &Path) -> Result<Vec<Script>, Failure> {
    match named(args, path) {
        Some(script) => Ok(vec![script]),
        None => from_path(path).map_err(usage),
    }
}

/// What is to be run, and what can't be read. If nothing is left to run, that is an error.
fn scripts(args: &Args) -> Result<(Vec<Script>, Vec<ScriptError>), Failure> {
    let (mut scripts, mut unread) = (Vec::new(), Vec::new());
    for path in &args.paths {
        match named(args, path) {
            Some(script) => scripts.push(script),
            None => {
                let (found, errors) = read_all(path);
                scripts.extend(found);
                unread.extend(errors);
            }
        }
    }
    if args.paths.is_empty() {
        scripts = tests(args);
    }
    if scripts.is_empty() {
        let errors: Vec<String> = unread.iter().map(ToString::to_string).collect();
        return Err(usage(errors.join("\n")));
    }
    if let Some(filter) = &args.filter {
        let pattern = pattern(filter)?;
        scripts.retain(|script| pattern.matches(&script.file()));
        if scripts.is_empty() {
            return Err(usage(format!("no file is left by --filter {filter:?}")));
        }
    }
    Ok((scripts, unread))
}

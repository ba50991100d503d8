//! `assay reduce`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assay_diff_fuzz::reduce::{Budget, End, ReducedDifference, instructions, reduce_difference};
use assay_diff_fuzz::{DiffError, Finding, Options, Origin, Target, diff, examine};
use assay_engines::{Engine, Outcome};
use assay_interp::scenario::Scenario;

use crate::chosen::{Chosen, Isolate, Wanted, choose};
use crate::input::Language;
use crate::output::{Failure, exit, printable, say, tell};
use crate::{input, run};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wasm binary, a .wat text, - for standard input, the folder of a finding of `assay fuzz`, or with --target the
    /// input that a fuzz target has failed on
    module: String,
    /// The fuzz target whose input it is: differential, decode, validate, execute, flat, script, policy or laws
    #[arg(long, value_name = "NAME")]
    target: Option<Target>,
    #[command(flatten)]
    language: Language,
    /// The two engines that differ, the one to be trusted first; without, those of the finding
    #[arg(long, value_name = "ID")]
    engine: Vec<String>,
    /// A scenario that shows the difference, in which the module is called "module"; without one, it is looked for as
    /// `assay diff` does
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Where the module is written to; beside it its text (.wat) and the scenario (.toml); without, reduced.wasm, in
    /// the finding's folder if there is one. With --target, the folder of the finding; without, finding
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How long it may take, as 90s, 5m or 1h
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = input::duration)]
    time: Duration,
    #[command(flatten)]
    isolate: Isolate,
}

/// What is to be reduced.
struct Task {
    module: String,
    engines: Vec<String>,
    scenario: Option<PathBuf>,
    out: PathBuf,
}

/// What the arguments say, and the finding if they name one.
fn task(args: &Args) -> Result<Task, Failure> {
    let folder = Path::new(&args.module);
    if !folder.is_dir() {
        return Ok(Task {
            module: args.module.clone(),
            engines: args.engine.clone(),
            scenario: args.scenario.clone(),
            out: args.out.clone().unwrap_or_else(|| "reduced.wasm".into()),
        });
    }
    let finding = Finding::read(folder).map_err(|e| Failure::Usage(e.to_string()))?;
    Ok(Task {
        module: folder.join("module.wasm").to_string_lossy().into_owned(),
        engines: if args.engine.is_empty() { finding.engines } else { args.engine.clone() },
        scenario: args.scenario.clone().or_else(|| Some(folder.join("scenario.toml"))),
        out: args.out.clone().unwrap_or_else(|| folder.join("reduced.wasm")),
    })
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    if let Some(target) = args.target {
        return artifact(args, target);
    }
    let task = task(args)?;
    let wasm = input::module(&task.module)?;
    let [left, right] = &task.engines[..] else {
        return Err(Failure::Usage("two engines are to be given: they differ, or there is nothing to reduce".into()));
    };
    if task.out.extension().is_some_and(|extension| extension == "wat" || extension == "toml") {
        return Err(Failure::Usage("--out names the binary; its text and the scenario are written beside it".into()));
    }
    let chosen = choose(&task.engines, &args.isolate, Wanted::compared(args.language.features(), true))?;
    let mut engines: Vec<Box<dyn Engine>> = chosen.iter().map(Chosen::engine).collect();
    let began = Instant::now();
    let reduced = match reduced(&mut engines, &wasm, task.scenario.as_deref(), args.time) {
        Ok(Some(reduced)) => reduced,
        Ok(None) => {
            say!("nothing to reduce: {left} and {right} don't differ on {}", printable(&task.module))?;
            return Ok(exit::UNDETERMINED);
        }
        Err(Stop::Failure(failure)) => return Err(failure),
        Err(Stop::Diff(error)) => return no_comparison(error, &task.module),
    };
    write(&task.out, &reduced)?;
    say!("{}\n\n{}", text(&reduced)?.trim_end(), reduced.difference)?;
    let size = |wasm: &[u8]| format!("{} instructions, {} bytes", instructions(wasm), wasm.len());
    say!("before: {}", size(&wasm))?;
    say!("after:  {}", size(&reduced.module.wasm))?;
    let ended = match reduced.module.end {
        End::Smallest => "nothing left to try",
        End::Budget => "out of time",
        End::NotInteresting => "the module by itself shows nothing",
        End::NotReducible => "the module can't be reduced",
    };
    say!("{} candidates in {:.1} s: {ended}", reduced.module.candidates, began.elapsed().as_secs_f64())?;
    Ok(exit::YES)
}

/// The exit code where there is nothing to compare.
fn no_comparison(error: DiffError, module: &str) -> Result<u8, Failure> {
    let DiffError::Refused(outcome) = error else { return Err(Failure::Usage(error.to_string())) };
    tell!("error: {}: {outcome}", printable(module));
    Ok(match outcome {
        Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_) => exit::MODULE,
        _ => exit::UNDETERMINED,
    })
}

/// What a fuzz target has failed on, as the folder of a finding.
fn artifact(args: &Args, target: Target) -> Result<u8, Failure> {
    let bytes = input::bytes(&args.module)?;
    let Some((input, seed)) = target.input(&bytes) else {
        say!("nothing to reduce: no module comes of it. The input of {} is {}", target.name(), target.takes())?;
        return Ok(exit::UNDETERMINED);
    };
    // Those that the target compares.
    let two = || ["interp", "wasmtime:cranelift"].map(String::from).to_vec();
    let ids = if args.engine.is_empty() { two() } else { args.engine.clone() };
    let chosen = choose(&ids, &args.isolate, Wanted::compared(args.language.features(), true))?;
    let mut engines: Vec<Box<dyn Engine>> = chosen.iter().map(Chosen::engine).collect();
    let options = Options { seed, keep: 1, linked: input.linked.clone(), ..Options::default() };
    let report = match diff(&mut engines, &input.wasm, &options) {
        Ok(report) => report,
        Err(error) => return no_comparison(error, &args.module),
    };
    let Some(difference) = report.differences.first() else {
        let (name, artifact) = (target.name(), printable(&args.module));
        say!("nothing to reduce: {} don't differ on {artifact}", ids.join(" and "))?;
        say!("it is {}; the target makes it smaller: cargo-fuzz fuzz tmin -O {name} {artifact}", target.takes())?;
        return Ok(exit::UNDETERMINED);
    };
    let examined = examine(&mut engines, &ids, Origin { seed, input: 0 }, &input, difference);
    let folder = args.out.clone().unwrap_or_else(|| "finding".into());
    examined.write(&folder).map_err(|e| Failure::Usage(e.to_string()))?;
    say!("{}\n{}", printable(&examined.finding.signature), folder.display())?;
    Ok(exit::YES)
}

/// Why there is no reduction.
enum Stop {
    Failure(Failure),
    Diff(DiffError),
}

fn reduced(
    engines: &mut [Box<dyn Engine>],
    wasm: &[u8],
    scenario: Option<&Path>,
    time: Duration,
) -> Result<Option<ReducedDifference>, Stop> {
    let (folder, scenario) = match scenario {
        Some(file) => (file.parent().unwrap_or(Path::new("")).to_owned(), run::read(file).map_err(Stop::Failure)?),
        None => match found(engines, wasm).map_err(Stop::Diff)? {
            Some(scenario) => (PathBuf::new(), scenario),
            None => return Ok(None),
        },
    };
    let mut load = |name: &str| match name {
        "module" => Ok(wasm.to_vec()),
        other => input::module(&folder.join(other).to_string_lossy()).map_err(|e| e.to_string()),
    };
    let budget = Budget { time, ..Budget::default() };
    reduce_difference(engines, &scenario, "module", &mut load, budget).map_err(Stop::Diff)
}

/// The steps of the first difference that calls of all exports show.
fn found(engines: &mut [Box<dyn Engine>], wasm: &[u8]) -> Result<Option<Scenario>, DiffError> {
    let report = diff(engines, wasm, &Options { keep: 1, ..Options::default() })?;
    Ok(report.differences.into_iter().next().map(|difference| difference.scenario))
}

/// The module in the text format.
fn text(reduced: &ReducedDifference) -> Result<String, Failure> {
    wasmprinter::print_bytes(&reduced.module.wasm).map_err(|e| Failure::Usage(format!("no text of the module: {e}")))
}

/// Writes the module, its text, and the scenario, side by side.
fn write(out: &Path, reduced: &ReducedDifference) -> Result<(), Failure> {
    let (text, scenario) = (text(reduced)?, reduced.difference.scenario.to_toml());
    let files = [
        (out.to_owned(), reduced.module.wasm.as_slice()),
        (out.with_extension("wat"), text.as_bytes()),
        (out.with_extension("toml"), scenario.as_bytes()),
    ];
    for (path, bytes) in files {
        let failure = |e| Failure::Usage(format!("{}: can't be written: {e}", printable(&path.to_string_lossy())));
        std::fs::write(&path, bytes).map_err(failure)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use assay_diff_fuzz::Difference;
    use assay_diff_fuzz::reduce::Reduced;
    use assay_interp::scenario::Step;

    use super::*;

    #[test]
    fn what_is_written_can_be_read_again() {
        let step = Step::Instantiate { module: "module".into(), register: None, answers: Vec::new() };
        let scenario = Scenario { steps: vec![step], ..Scenario::default() };
        let wasm = b"\0asm\x01\0\0\0".to_vec();
        let module = Reduced { wasm: wasm.clone(), candidates: 1, end: End::Smallest };
        let difference = Difference { scenario: scenario.clone(), points: Vec::new() };
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        write(&file("small.wasm"), &ReducedDifference { module, difference }).unwrap();
        assert_eq!(input::module(&file("small.wasm").to_string_lossy()).unwrap(), wasm);
        assert_eq!(input::module(&file("small.wat").to_string_lossy()).unwrap(), wasm);
        assert_eq!(run::read(&file("small.toml")).unwrap(), scenario);
    }

    #[test]
    fn times() {
        let seconds = |text| input::duration(text).ok().map(|time| time.as_secs());
        assert_eq!(["90s", "5m", "1h", "0s"].map(seconds), [90, 300, 3600, 0].map(Some));
        assert_eq!(["", "5", "m", "-1s", "1.5m", "99999999999999999999h"].map(seconds), [None; 6]);
    }
}

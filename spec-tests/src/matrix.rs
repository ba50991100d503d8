//! Several engines on the same scripts.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use assay_engines::Engine;

use crate::gaps::{GapCheck, KnownGaps};
use crate::report::{Counts, Report};
use crate::run::{Checked, Event, parallel, run_until};
use crate::script::{Script, ScriptError, directives};

/// An engine that is to be tested.
pub struct Entrant<'a> {
    /// Its name and options, as on the command line.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// Makes it, once for each group of scripts.
    pub new: Box<dyn Fn() -> Box<dyn Engine> + Sync + 'a>,
    /// Its failures that are known, if anybody says so: without, none is expected.
    pub known: Option<KnownGaps>,
}

/// How one engine went.
#[derive(Debug)]
pub struct Run {
    /// Its name and options, as on the command line.
    pub engine: String,
    /// Its version.
    pub version: String,
    /// How its scripts went.
    pub report: Report,
    /// What was known before.
    pub known: Option<KnownGaps>,
    /// Directives that weren't run, because it was enough to know of a failure.
    pub not_run: usize,
}

/// How engines went on the same scripts.
///
/// For one engine it prints as its [`Report`]; for several as a table of what each passes in each suite, and what
/// failed in each. What was expected comes last.
#[derive(Debug, Default)]
pub struct Matrix {
    /// Each engine.
    pub runs: Vec<Run>,
    /// What couldn't be read, so that no engine has run it.
    pub unread: Vec<ScriptError>,
}

/// How a directive stands to what was expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It passed.
    Passed,
    /// It failed, and that is news.
    Failed,
    /// It failed, as is known, for this reason.
    Known(&'a str),
    /// It passed, although it is known to fail, for this reason.
    UnexpectedPass(&'a str),
}

impl Standing<'_> {
    /// Whether it is what was expected.
    pub fn is_ok(self) -> bool {
        matches!(self, Standing::Passed | Standing::Known(_))
    }
}

impl Run {
    /// How a directive of a file went.
    pub fn standing(&self, file: &str, checked: &Checked) -> Standing<'_> {
        standing(self.known.as_ref(), file, checked)
    }

    /// Whether exactly those directives failed that are known to, and every script ran.
    pub fn is_ok(&self) -> bool {
        self.check().map_or_else(|| self.report.is_ok(), |check| check.is_ok())
    }

    /// How it differs from what is known, if anything is said to be.
    pub fn check(&self) -> Option<GapCheck> {
        let mut check = self.known.as_ref()?.check(&self.report);
        if self.not_run > 0 {
            // What wasn't run may be there.
            check.stale.clear();
        }
        Some(check)
    }
}

impl Matrix {
    /// Whether everything could be read and run.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.runs.iter().all(|run| run.report.errors.is_empty())
    }

    /// Whether each engine went as was expected of it, on everything.
    pub fn is_ok(&self) -> bool {
        self.unread.is_empty() && self.runs.iter().all(Run::is_ok)
    }

    /// Why scripts couldn't be run. Engines share them, and so say most of it with the same words, which stand here
    /// once.
    pub fn errors(&self) -> impl Iterator<Item = String> {
        let mut seen = BTreeSet::new();
        let errors = self.runs.iter().flat_map(|run| &run.report.errors);
        errors.map(ToString::to_string).filter(move |error| seen.insert(error.clone()))
    }

    /// How many directives went one way or the other, in all engines.
    pub fn checked(&self) -> usize {
        self.runs.iter().map(|run| run.report.total().total()).sum()
    }

    /// The suites that any engine has run, in the order of the scripts.
    pub fn suites(&self) -> Vec<&str> {
        let mut suites = Vec::new();
        for (suite, _) in self.runs.iter().flat_map(|run| run.report.suites()) {
            if !suites.contains(&suite) {
                suites.push(suite);
            }
        }
        suites
    }
}

fn standing<'k>(known: Option<&'k KnownGaps>, file: &str, checked: &Checked) -> Standing<'k> {
    match (&checked.verdict, known.and_then(|known| known.reason(file, checked.place))) {
        (Ok(()), None) => Standing::Passed,
        (Err(_), None) => Standing::Failed,
        (Err(_), Some(reason)) => Standing::Known(reason),
        (Ok(()), Some(reason)) => Standing::UnexpectedPass(reason),
    }
}

/// How far a run of engines is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Groups of scripts that an engine has been through.
    pub done: usize,
    /// Groups of scripts, times engines.
    pub all: usize,
    /// Directives that went otherwise than expected.
    pub unexpected: usize,
}

/// How engines are run.
pub struct Plan<'a> {
    /// Groups of scripts that run at the same time.
    pub jobs: usize,
    /// Whether to end with the first directive that goes otherwise than expected, or script that can't run. What runs
    /// beside it ends with the directive that is under way.
    pub fail_fast: bool,
    /// Is told after each group.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// Runs each group of scripts in each engine: engines and groups in their order, so many at the same time. The scripts
/// of a group share a store, as [`run_group`](crate::run_group) says.
pub fn run_matrix(entrants: Vec<Entrant<'_>>, groups: &[&[Script]], plan: &Plan<'_>) -> Vec<Run> {
    let cells: Vec<(usize, &[Script])> =
        (0..entrants.len()).flat_map(|e| groups.iter().map(move |group| (e, *group))).collect();
    let enough = AtomicBool::new(false);
    let progress = Mutex::new(Progress { all: cells.len(), ..Progress::default() });
    let results = parallel(&cells, plan.jobs, &|(e, group)| {
        if enough.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let entrant = &entrants[*e];
        let mut unexpected = 0;
        let is_enough = || enough.load(Ordering::Relaxed);
        let results = run_until(&mut *(entrant.new)(), group, &is_enough, &mut |_, file, event| {
            if let Event::Ended(checked) = event
                && !standing(entrant.known.as_ref(), file, checked).is_ok()
            {
                unexpected += 1;
                enough.fetch_or(plan.fail_fast, Ordering::Relaxed);
            }
        });
        let broken = results.iter().any(Result::is_err);
        enough.fetch_or(plan.fail_fast && broken, Ordering::Relaxed);
        let mut progress = progress.lock().unwrap_or_else(|e| e.into_inner());
        progress.done += 1;
        progress.unexpected += unexpected;
        (plan.progress)(*progress);
        results
    });
    let all = || groups.iter().flat_map(|group| group.iter().map(directives)).sum::<usize>();
    let all = if enough.into_inner() { Some(all()) } else { None };
    let mut results = results.into_iter();
    let run = |Entrant { engine, version, known, .. }| {
        let mut report = Report::default();
        results.by_ref().take(groups.len()).for_each(|results| report.extend(results));
        let not_run = all.map_or(0, |all| all - report.total().total());
        Run { engine, version, report, known, not_run }
    };
    entrants.into_iter().map(run).collect()
}

/// `480/483`, or only the number if all of them passed.
fn share(counts: Counts) -> String {
    match (counts.passed, counts.total()) {
        (_, 0) => "-".into(),
        (passed, total) if passed == total => total.to_string(),
        (passed, total) => format!("{passed}/{total}"),
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.runs[..] {
            [run] => {
                write!(f, "{}", run.report)?;
                run.rest(f)?;
            }
            runs => {
                self.table(f)?;
                for (i, run) in runs.iter().enumerate() {
                    let blank = if i == 0 { "\n" } else { "\n\n" };
                    writeln!(f, "{blank}== {} {}", run.engine, run.version)?;
                    run.report.faults(f)?;
                    let Counts { passed, failed, .. } = run.report.total();
                    write!(f, "\n{passed} passed, {failed} failed")?;
                    run.rest(f)?;
                }
                let errors: Vec<String> = self.errors().collect();
                if !errors.is_empty() {
                    write!(f, "\n\nnot run:")?;
                    errors.iter().try_for_each(|error| write!(f, "\n  {error}"))?;
                }
            }
        }
        if !self.unread.is_empty() {
            write!(f, "\n\nnot read:")?;
            self.unread.iter().try_for_each(|error| write!(f, "\n  {error}"))?;
        }
        Ok(())
    }
}

impl Matrix {
    /// A line for each suite, a column for each engine.
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suites = self.suites();
        let wide = suites.iter().map(|suite| suite.len()).max().unwrap_or_default().max(16);
        let columns: Vec<(usize, Vec<(&str, Counts)>)> =
            self.runs.iter().map(|run| (run.engine.len().max(13) + 2, run.report.suites())).collect();
        write!(f, "{:<wide$}", "")?;
        self.runs.iter().zip(&columns).try_for_each(|(run, (w, _))| write!(f, "{:>w$}", run.engine))?;
        writeln!(f)?;
        for suite in &suites {
            write!(f, "{suite:<wide$}")?;
            for (w, counts) in &columns {
                let counts = counts.iter().find(|(name, _)| name == suite).map_or(Counts::default(), |(_, c)| *c);
                write!(f, "{:>w$}", share(counts))?;
            }
            writeln!(f)?;
        }
        write!(f, "{:<wide$}", "all")?;
        self.runs.iter().zip(&columns).try_for_each(|(run, (w, _))| write!(f, "{:>w$}", share(run.report.total())))?;
        writeln!(f)
    }
}

impl Run {
    /// What is said behind the counts.
    fn rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.not_run > 0 {
            write!(f, "\nended early: {} directives weren't run", self.not_run)?;
        }
        match self.check() {
            Some(check) if check.is_ok() => write!(f, "\nall as expected"),
            Some(check) => write!(f, "\n{}", check.to_string().trim_end()),
            None => Ok(()),
        }
    }
}

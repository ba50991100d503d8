//! What a run found, counted and printed for people.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use crate::kind::Kind;
use crate::run::{Checked, ScriptReport};
use crate::script::ScriptError;

/// How many directives passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: usize,
    /// Failed, for whatever reason.
    pub failed: usize,
    /// Of those that failed: the engine doesn't support what they need.
    pub unsupported: usize,
}

impl Counts {
    /// Passed and failed.
    pub fn total(self) -> usize {
        self.passed + self.failed
    }
}

impl AddAssign<&Checked> for Counts {
    fn add_assign(&mut self, checked: &Checked) {
        match &checked.verdict {
            Ok(()) => self.passed += 1,
            Err(fault) => {
                self.failed += 1;
                self.unsupported += usize::from(fault.is_unsupported());
            }
        }
    }
}

/// How scripts went. It prints as a table of counts, what failed, what isn't supported, and `N passed, N failed`.
#[derive(Debug, Default)]
pub struct Report {
    /// The scripts that were run.
    pub scripts: Vec<ScriptReport>,
    /// Why others couldn't be run.
    pub errors: Vec<ScriptError>,
}

impl Report {
    /// Adds how more scripts went.
    pub fn extend(&mut self, results: impl IntoIterator<Item = Result<ScriptReport, ScriptError>>) {
        for result in results {
            match result {
                Ok(script) => self.scripts.push(script),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// The counts of each kind that occurs, in the order of [`Kind::ALL`].
    pub fn counts(&self) -> Vec<(Kind, Counts)> {
        let mut counts: BTreeMap<Kind, Counts> = BTreeMap::new();
        for (_, checked) in self.checked() {
            *counts.entry(checked.kind).or_default() += checked;
        }
        counts.into_iter().collect()
    }

    /// The counts of each suite, in the order of the scripts.
    pub fn suites(&self) -> Vec<(&str, Counts)> {
        let mut suites: Vec<(&str, Counts)> = Vec::new();
        for script in &self.scripts {
            let at = match suites.iter().position(|(suite, _)| *suite == script.suite()) {
                Some(at) => at,
                None => {
                    suites.push((script.suite(), Counts::default()));
                    suites.len() - 1
                }
            };
            script.checked.iter().for_each(|checked| suites[at].1 += checked);
        }
        suites
    }

    /// The counts of all kinds together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for (_, checked) in self.checked() {
            total += checked;
        }
        total
    }

    /// Whether there is nothing to complain of: every script ran, and every directive passed.
    pub fn is_ok(&self) -> bool {
        self.errors.is_empty() && self.total().failed == 0
    }

    /// All directives, each with the name of its file.
    fn checked(&self) -> impl Iterator<Item = (&str, &Checked)> {
        self.scripts.iter().flat_map(|script| script.checked.iter().map(|c| (script.file.as_str(), c)))
    }
}

fn row(f: &mut fmt::Formatter<'_>, wide: usize, name: &str, counts: Counts) -> fmt::Result {
    let Counts { passed, failed, unsupported } = counts;
    writeln!(f, "{name:<wide$} {passed:>7} {failed:>7} {unsupported:>12} {:>7}", counts.total())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suites = self.suites();
        let wide = suites.iter().map(|(suite, _)| suite.len()).max().unwrap_or_default().max(16);
        writeln!(f, "{:<wide$} {:>7} {:>7} {:>12} {:>7}", "", "passed", "failed", "unsupported", "total")?;
        for (kind, counts) in self.counts() {
            row(f, wide, kind.name(), counts)?;
        }
        // Of one folder it is the line for all.
        if suites.len() > 1 {
            writeln!(f)?;
            suites.iter().try_for_each(|(suite, counts)| row(f, wide, suite, *counts))?;
        }
        row(f, wide, "all", self.total())?;
        self.faults(f)?;
        if !self.errors.is_empty() {
            writeln!(f, "\nnot run:")?;
        }
        for error in &self.errors {
            writeln!(f, "  {error}")?;
        }
        let Counts { passed, failed, .. } = self.total();
        write!(f, "\n{passed} passed, {failed} failed")
    }
}

impl Report {
    /// What failed, and what isn't supported.
    pub(crate) fn faults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unsupported: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        let mut heading = "\nfailed:\n";
        for (file, Checked { kind, place, verdict }) in self.checked() {
            match verdict {
                Ok(()) => {}
                Err(fault) if fault.is_unsupported() => {
                    *unsupported.entry(fault.reason()).or_default().entry(file).or_default() += 1;
                }
                Err(fault) => {
                    writeln!(f, "{heading}  {file}:{} {kind}: {}", place.line, fault.why())?;
                    heading = "";
                }
            }
        }
        if !unsupported.is_empty() {
            writeln!(f, "\nunsupported, and failed for that:")?;
        }
        for (reason, files) in unsupported {
            let list: Vec<String> = files.iter().map(|(file, n)| format!("{file} ({n})")).collect();
            writeln!(f, "  {:>5} {reason}: {}", files.values().sum::<usize>(), list.join(", "))?;
        }
        Ok(())
    }
}

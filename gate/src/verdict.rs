//! A module held against a policy.

use std::fmt;

use assay_interp::binary::{self, ErrorKind};
use assay_interp::syntax::{Features, Module, PAGE, TableType};
use assay_proofs::module::{How, Report, Verdict as Proof};
use assay_proofs::{Budgets, ProveError, prove};

use crate::policy::Policy;

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as the policy allows.
    Allowed,
    /// It isn't.
    Denied,
    /// It can't be said, and so is denied.
    Unknown,
}

/// One line of the policy, held against the module.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was checked: `imports`, `memory_pages`, `proof memory`, …
    pub subject: String,
    /// What became of it.
    pub finding: Finding,
    /// What was found, and what is allowed. Names that come from the module are escaped.
    pub words: String,
}

/// The verdict on a module.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// All checks, in the order of the policy.
    pub checks: Vec<Check>,
    /// Whether anything had to be proved.
    pub proofs_required: bool,
    /// The counterexamples, for those who are to mend the module.
    pub counterexamples: Vec<String>,
}

/// Holds a module against a policy.
pub fn admit(wasm: &[u8], policy: &Policy, budgets: &Budgets) -> Verdict {
    let mut verdict =
        Verdict { checks: Vec::new(), proofs_required: !policy.proofs.require.is_empty(), counterexamples: Vec::new() };
    match binary::decode(wasm) {
        Ok(module) => {
            verdict.check("module", Finding::Allowed, "well-formed and valid".into());
            verdict.shape(&module, policy);
            verdict.proofs(wasm, policy, budgets);
        }
        Err(error) => {
            let finding = match error.kind {
                ErrorKind::Malformed | ErrorKind::Invalid => Finding::Denied,
                ErrorKind::Limit | ErrorKind::Unsupported => Finding::Unknown,
            };
            verdict.check("module", finding, error.to_string());
        }
    }
    verdict
}

impl Verdict {
    /// Whether the module is admitted: every check allowed it.
    pub fn admitted(&self) -> bool {
        self.checks.iter().all(|c| c.finding == Finding::Allowed)
    }

    /// Whether nothing speaks against the module but that something isn't known.
    pub fn only_unknown(&self) -> bool {
        !self.admitted() && self.checks.iter().all(|c| c.finding != Finding::Denied)
    }

    fn check(&mut self, subject: impl Into<String>, finding: Finding, words: String) {
        self.checks.push(Check { subject: subject.into(), finding, words });
    }

    fn limit(&mut self, subject: &str, found: u64, limit: Option<u64>) {
        let (finding, words) = match limit {
            Some(limit) if found <= limit => (Finding::Allowed, format!("{found} of at most {limit}")),
            Some(limit) => (Finding::Denied, format!("{found}, allowed are {limit}")),
            None if found == 0 => (Finding::Allowed, "none".into()),
            None => (Finding::Denied, format!("{found}, and the policy sets no limit")),
        };
        self.check(subject, finding, words);
    }

    fn shape(&mut self, module: &Module, policy: &Policy) {
        let denied: Vec<String> = module
            .imports
            .iter()
            .filter(|i| !policy.allows(&i.module, &i.name))
            .map(|i| format!("{} {}", i.module.escape_debug(), i.name.escape_debug()))
            .collect();
        let (finding, words) = match (denied.len(), module.imports.len()) {
            (0, 0) => (Finding::Allowed, "none".into()),
            (0, n) => (Finding::Allowed, format!("all {n} are allowed")),
            (d, n) => (Finding::Denied, format!("{d} of {n} are not allowed: {}", denied.join(", "))),
        };
        self.check("imports", finding, words);
        // Pages of another size count as what they make of pages of 64 KiB.
        let pages = module.mem_types().iter().map(|t| (t.greatest() * t.page).div_ceil(PAGE)).sum();
        self.limit("memory_pages", pages, policy.limits.memory_pages);
        // A table whose type has no greatest length grows only by table.grow or from outside; either may be.
        let elements = module.table_types().iter().map(TableType::greatest).fold(0, u64::saturating_add);
        self.limit("table_elements", elements, policy.limits.table_elements);
        self.limit("functions", module.funcs.len() as u64, policy.limits.functions);
        self.limit("code_bytes", module.code_size as u64, policy.limits.code_bytes);
    }

    fn proofs(&mut self, wasm: &[u8], policy: &Policy, budgets: &Budgets) {
        if !self.proofs_required {
            return;
        }
        match prove(wasm, Features::default(), &[], budgets) {
            Ok(report) => policy.proofs.require.iter().for_each(|group| self.proof(&report, group)),
            Err(ProveError::Module(error)) => self.check("proofs", Finding::Unknown, error.to_string()),
            Err(ProveError::NoEntry(_)) => unreachable!("no entry was asked for"),
        }
    }

    fn proof(&mut self, report: &Report, group: &str) {
        let (mut proved, mut solver) = (0, 0);
        let (mut refuted, mut unknown) = (Vec::new(), Vec::new());
        for (i, finding) in report.findings.iter().enumerate() {
            if finding.obligation.group() != group {
                continue;
            }
            let what = format!("{} ({})", report.describe(i), report.trap(i));
            match &finding.verdict {
                Proof::Proved(how) => {
                    proved += 1;
                    solver += usize::from(*how == How::Solver);
                }
                Proof::Refuted(witness) => {
                    self.counterexamples.push(format!("{what}\n{witness}"));
                    refuted.push(what);
                }
                Proof::Unknown(why) => unknown.push(format!("{what}: {why}")),
            }
        }
        let total = proved + refuted.len() + unknown.len();
        let subject = format!("proof {group}");
        if !refuted.is_empty() {
            let words = format!("{} of {total} refuted: {}", refuted.len(), few(&refuted));
            self.check(subject.clone(), Finding::Denied, words);
        }
        if !unknown.is_empty() {
            let words = format!("{} of {total} unknown: {}", unknown.len(), few(&unknown));
            self.check(subject, Finding::Unknown, words);
        } else if refuted.is_empty() {
            let words = format!("{proved} of {total} proved, {solver} of them by Z3");
            self.check(subject, Finding::Allowed, words);
        }
    }
}

/// The first few of a list.
fn few(list: &[String]) -> String {
    let shown: Vec<&str> = list.iter().take(3).map(String::as_str).collect();
    let more = list.len() - shown.len();
    let rest = if more == 0 { String::new() } else { format!("; and {more} more") };
    shown.join("; ") + &rest
}

/// The checks, the counterexamples, and the verdict as the last line.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let finding = match check.finding {
                Finding::Allowed => "allowed",
                Finding::Denied => "DENIED",
                Finding::Unknown => "UNKNOWN",
            };
            writeln!(f, "  {finding:<8} {:<20} {}", check.subject, check.words)?;
        }
        for counterexample in &self.counterexamples {
            writeln!(f, "\n  counterexample: {}", counterexample.trim_end())?;
        }
        if !self.counterexamples.is_empty() {
            writeln!(f)?;
        }
        let count = |finding| self.checks.iter().filter(|c| c.finding == finding).count();
        if !self.admitted() {
            let (denied, unknown) = (count(Finding::Denied), count(Finding::Unknown));
            return write!(f, "DENIED: {denied} of {} checks denied, {unknown} unknown", self.checks.len());
        }
        match self.proofs_required {
            true => write!(f, "ADMITTED: all {} checks allow it", self.checks.len()),
            false => {
                write!(f, "ADMITTED by shape and imports alone: nothing was proved of what it does")
            }
        }
    }
}

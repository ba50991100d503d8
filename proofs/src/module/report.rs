//! Verdicts and how they are told.

use std::collections::BTreeMap;
use std::fmt;

use assay_interp::syntax::Module;

use super::obligation::{Obligation, instruction};
use super::witness::Witness;

/// What is known about an obligation. Never a bool.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It holds for all arguments, in all states, whatever the host does.
    Proved(How),
    /// It doesn't: the interpreter has replayed this scenario and trapped at that very instruction.
    Refuted(Box<Witness>),
    /// Not known.
    Unknown(Why),
}

/// What decided a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// No call reaches the instruction.
    Unreached,
    /// Folding, assumptions and intervals.
    Intervals,
    /// Z3.
    Solver,
}

/// Why something isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The instruction may be executed again after a loop that was only unrolled, or a path that was only begun.
    Budget(&'static str),
    /// The solver ran out of its resource limit.
    Solver,
    /// A counterexample was found, but no scenario that brings it about: the state that it needs may never be reached,
    /// or needs a choice.
    NoScenario,
}

impl Why {
    /// One word or two.
    pub fn short(self) -> &'static str {
        match self {
            Why::Budget(_) => "not explored",
            Why::Solver => "solver's limit",
            Why::NoScenario => "no scenario",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Budget(what) => write!(f, "some path to it was left before its end by a budget: {what}"),
            Why::Solver => f.write_str("the solver ran out of its resource limit"),
            Why::NoScenario => f.write_str(
                "traps in some state that the world outside is allowed, but no scenario found brings it about",
            ),
        }
    }
}

/// An obligation and its verdict.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What must hold.
    pub obligation: Obligation,
    /// Whether it does.
    pub verdict: Verdict,
}

/// The verdicts on a module.
#[derive(Clone, Debug)]
pub struct Report {
    /// Verdicts, in the order of the code.
    pub findings: Vec<Finding>,
    /// The names of the functions that the outside was taken to call.
    pub entries: Vec<String>,
    /// For each obligation, in words: the function, the instruction, and what must hold.
    pub(crate) words: Vec<(String, String)>,
}

impl Report {
    pub(crate) fn new(module: &Module, entries: Vec<String>, findings: Vec<Finding>) -> Report {
        let name_of = module.namer();
        let words = findings
            .iter()
            .map(|finding| {
                let place = finding.obligation.place;
                let name = place.func.map(&name_of).unwrap_or_default();
                let instr = instruction(module, place).map(|i| i.to_string()).unwrap_or_default();
                // Names come from the module.
                (name.escape_debug().to_string(), instr)
            })
            .collect();
        Report { findings, entries, words }
    }

    /// Numbers of obligations proved, refuted and unknown.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |f: fn(&Verdict) -> bool| self.findings.iter().filter(|x| f(&x.verdict)).count();
        (
            count(|v| matches!(v, Verdict::Proved(_))),
            count(|v| matches!(v, Verdict::Refuted(_))),
            count(|v| matches!(v, Verdict::Unknown(_))),
        )
    }

    /// The findings of one group of obligations.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(move |f| f.obligation.group() == group)
    }

    /// What a finding is about, in words.
    pub fn describe(&self, finding: usize) -> String {
        let place = self.findings[finding].obligation.place;
        let (function, instr) = &self.words[finding];
        format!("{function} at byte {:#x}: {instr}", place.offset)
    }

    /// What it would mean if an obligation didn't hold.
    pub fn trap(&self, finding: usize) -> &'static str {
        self.findings[finding].obligation.kind.message()
    }
}

/// The obligations of each function with their verdicts, then the counterexamples, then the reasons for what is
/// unknown, then the numbers.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<_> = self.entries.iter().map(|e| e.escape_debug().to_string()).collect();
        writeln!(
            f,
            "Callable from outside: {}",
            if entries.is_empty() { "nothing".into() } else { entries.join(", ") }
        )?;
        let mut unknown: BTreeMap<Why, usize> = BTreeMap::new();
        let mut function = None;
        for (i, Finding { obligation, verdict }) in self.findings.iter().enumerate() {
            let (name, instr) = &self.words[i];
            if function != Some(obligation.place.func) {
                function = Some(obligation.place.func);
                writeln!(f, "\n{name}")?;
            }
            let (word, how) = match verdict {
                Verdict::Proved(How::Unreached) => ("proved", "nothing calls it"),
                Verdict::Proved(How::Intervals) => ("proved", "intervals"),
                Verdict::Proved(How::Solver) => ("proved", "Z3"),
                Verdict::Refuted(_) => ("REFUTED", "see below"),
                Verdict::Unknown(why) => {
                    *unknown.entry(*why).or_default() += 1;
                    ("unknown", why.short())
                }
            };
            let (offset, trap) = (obligation.place.offset, self.trap(i));
            writeln!(f, "  {word:<8} {offset:#7x}  {instr:<28} no {trap:<30} {how}")?;
        }
        for (i, finding) in self.findings.iter().enumerate() {
            if let Verdict::Refuted(witness) = &finding.verdict {
                write!(f, "\nRefuted: {} ({})\n{witness}", self.describe(i), self.trap(i))?;
            }
        }
        for (i, (why, count)) in unknown.iter().enumerate() {
            let line = if i == 0 { "\n" } else { "" };
            writeln!(f, "{line}Unknown, {count}: {}: {why}", why.short())?;
        }
        let how = |how| self.findings.iter().filter(|x| matches!(x.verdict, Verdict::Proved(h) if h == how)).count();
        let (proved, refuted, unknown) = self.counts();
        writeln!(
            f,
            "\nProved by intervals {}, by Z3 {}, because nothing calls it {}. Instantiation itself isn't covered.",
            how(How::Intervals),
            how(How::Solver),
            how(How::Unreached)
        )?;
        write!(f, "{} obligations: {proved} proved, {refuted} refuted, {unknown} unknown", self.findings.len())
    }
}

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

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Budget(what) => write!(f, "not explored to the end: {what}"),
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
        let words = findings
            .iter()
            .map(|finding| {
                let place = finding.obligation.place;
                let name = place.func.map(|x| module.func_name(x)).unwrap_or_default();
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

/// Function by function, then the reasons for what is unknown, then the counterexamples, then the numbers.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<_> = self.entries.iter().map(|e| e.escape_debug().to_string()).collect();
        writeln!(
            f,
            "Callable from outside: {}",
            if entries.is_empty() { "nothing".into() } else { entries.join(", ") }
        )?;
        let mut by_function: BTreeMap<_, (String, [usize; 3])> = BTreeMap::new();
        for (i, finding) in self.findings.iter().enumerate() {
            let name = || (self.words[i].0.clone(), [0; 3]);
            let (_, counts) = by_function.entry(finding.obligation.place.func).or_insert_with(name);
            counts[match finding.verdict {
                Verdict::Proved(_) => 0,
                Verdict::Refuted(_) => 1,
                Verdict::Unknown(_) => 2,
            }] += 1;
        }
        writeln!(f, "\n{:<40} {:>8} {:>8} {:>8}", "function", "proved", "refuted", "unknown")?;
        for (name, [proved, refuted, unknown]) in by_function.values() {
            writeln!(f, "{name:<40} {proved:>8} {refuted:>8} {unknown:>8}")?;
        }
        let mut unknown: BTreeMap<Why, Vec<usize>> = BTreeMap::new();
        for (i, finding) in self.findings.iter().enumerate() {
            match &finding.verdict {
                Verdict::Proved(_) => {}
                Verdict::Unknown(why) => unknown.entry(*why).or_default().push(i),
                Verdict::Refuted(witness) => {
                    writeln!(f, "\nRefuted: {} ({})\n{witness}", self.describe(i), self.trap(i))?;
                }
            }
        }
        for (why, findings) in unknown {
            writeln!(f, "\nUnknown, {}: {why}", findings.len())?;
            for i in findings.iter().take(10) {
                writeln!(f, "  {} ({})", self.describe(*i), self.trap(*i))?;
            }
            if findings.len() > 10 {
                writeln!(f, "  and {} more", findings.len() - 10)?;
            }
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

//! What a campaign has come to, as it is kept in its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;
use crate::generate::{Generator, Input, KEPT};
use crate::report::{Report, Why};

/// What a campaign has come to: it is kept in `state.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The seed.
    pub seed: u64,
    /// What the engines call themselves.
    pub engines: Vec<String>,
    /// The version of the standard whose instructions inputs are made of.
    pub version: String,
    /// Inputs below this number have been raced.
    pub next: u64,
    /// Those above it that have been, too.
    pub done: BTreeSet<u64>,
    /// By generator: inputs, and what became of them.
    pub generators: BTreeMap<String, Tally>,
    /// By signature: how often it was found.
    pub findings: BTreeMap<String, u64>,
    /// By what is seen of a difference before it is reduced.
    pub(crate) suspects: BTreeMap<String, Suspect>,
    /// Rules and pairs of rules that inputs have exercised.
    pub coverage: Coverage,
    /// Inputs that are mutated for the rare rules that they exercise, the oldest first.
    pub kept: Vec<u64>,
    /// Seconds that it has run.
    pub seconds: f64,
}

/// Differences that look alike before they are reduced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Suspect {
    /// How many.
    pub(crate) times: u64,
    /// The signature of the last one that was reduced.
    pub(crate) signature: String,
}

/// What became of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many inputs.
    pub inputs: u64,
    /// Those that every engine refuses.
    pub refused: u64,
    /// Instantiations and calls that were alike.
    pub agreed: u64,
    /// Of these, calls that returned.
    pub returned: u64,
    /// Calls, whatever became of them.
    pub calls: u64,
    /// Instantiations and calls that weren't alike.
    pub differed: u64,
    /// Those of which nothing can be said: a choice, a budget, what an engine doesn't do, a limit.
    pub inconclusive: [u64; Why::ALL.len()],
}

impl Tally {
    fn add(&mut self, report: Option<&Report>) {
        self.inputs += 1;
        let Some(report) = report else {
            self.refused += 1;
            return;
        };
        self.returned += report.returned;
        self.calls += report.calls.compared();
        for counts in [&report.instantiations, &report.calls] {
            self.agreed += counts.agreed;
            self.differed += counts.differed;
            for (sum, why) in self.inconclusive.iter_mut().zip(Why::ALL) {
                *sum += counts.inconclusive(why);
            }
        }
        self.calls += Why::ALL.into_iter().map(|why| report.calls.inconclusive(why)).sum::<u64>();
    }

    fn merge(&mut self, other: &Tally) {
        self.inputs += other.inputs;
        self.refused += other.refused;
        self.agreed += other.agreed;
        self.returned += other.returned;
        self.calls += other.calls;
        self.differed += other.differed;
        self.inconclusive.iter_mut().zip(other.inconclusive).for_each(|(sum, n)| *sum += n);
    }
}

impl State {
    /// The sum over all generators.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.generators.values().for_each(|tally| total.merge(tally));
        total
    }

    /// Inputs in a second.
    pub fn inputs_per_second(&self) -> f64 {
        self.total().inputs as f64 / self.seconds.max(0.001)
    }

    /// Steps that were compared, in a second.
    pub fn comparisons_per_second(&self) -> f64 {
        let total = self.total();
        (total.agreed + total.differed) as f64 / self.seconds.max(0.001)
    }

    /// Takes note of an input.
    pub(crate) fn note(&mut self, index: u64, input: &Input, report: Option<&Report>) {
        let name = input.mix.split(':').next().unwrap_or_default();
        self.generators.entry(name.to_owned()).or_default().add(report);
        self.done.insert(index);
        while self.done.remove(&self.next) {
            self.next += 1;
        }
    }
}

/// A line for each generator and one for all, what was found, and how much of it there was in a second.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        writeln!(
            f,
            "{:<12} {:>9} {:>10} {:>10} {:>8} {:>8} {:>10} {:>12} {:>7} {:>8}",
            "", "inputs", "alike", "returned", "differ", "choice", "exhausted", "unsupported", "limit", "refused"
        )?;
        let row = |f: &mut fmt::Formatter<'_>, name: &str, t: &Tally| {
            let [choice, exhausted, unsupported, limit] = t.inconclusive;
            writeln!(
                f,
                "{name:<12} {:>9} {:>10} {:>10} {:>8} {choice:>8} {exhausted:>10} {unsupported:>12} {limit:>7} {:>8}",
                t.inputs, t.agreed, t.returned, t.differed, t.refused
            )
        };
        for name in Generator::ALL.map(Generator::name).into_iter().chain([KEPT]) {
            if let Some(tally) = self.generators.get(name) {
                row(f, name, tally)?;
            }
        }
        row(f, "all", &total)?;
        for (signature, times) in &self.findings {
            writeln!(f, "found {times} times: {signature}")?;
        }
        writeln!(
            f,
            "{} of {} calls compared to a normal end ({:.0} %); {} rules and {} pairs of rules exercised",
            total.returned,
            total.calls,
            100.0 * total.returned as f64 / total.calls.max(1) as f64,
            self.coverage.rules(),
            self.coverage.pairs()
        )?;
        write!(
            f,
            "{:.0} inputs/s, {:.0} comparisons/s, {} findings in {:.0} s",
            self.inputs_per_second(),
            self.comparisons_per_second(),
            self.findings.len(),
            self.seconds
        )
    }
}

//! A run as a sequence of rules, and of configurations.

mod notation;

pub use notation::Notation;

use std::collections::VecDeque;
use std::fmt;

use crate::exec::{Config, Place, Redex, Value};
use crate::rule::Rule;
use crate::syntax::Idx;
use crate::value::Concrete;

/// Who watches a run. Nothing is spent on details that nobody asks for.
pub trait Observer {
    /// Whether [`rule`](Observer::rule) is to be called. A run whose rules nobody asks for may take its flat form.
    const RULES: bool = true;
    /// Whether [`before`](Observer::before) and [`step`](Observer::step) are to be called.
    const DETAIL: bool;
    /// A rule was applied.
    fn rule(&mut self, _rule: Rule) {}
    /// A step comes next, from this configuration.
    fn before(&mut self, _config: &Config<Concrete>) {}
    /// A rule was applied, and to what.
    fn step(&mut self, _step: &Step<'_>) {}
}

/// Nobody watches.
impl Observer for () {
    const RULES: bool = false;
    const DETAIL: bool = false;
}

/// One reduction.
pub struct Step<'a> {
    /// The rule that it is an instance of.
    pub rule: Rule,
    /// The instruction that was reduced.
    pub redex: Redex<Concrete>,
    /// Where in the module.
    pub place: Option<Place>,
    /// Number of frames around it.
    pub depth: usize,
    /// The operands that it took, deepest first.
    pub operands: &'a [Value],
    /// The values that it left.
    pub results: &'a [Value],
    /// The configuration after the step.
    pub config: &'a Config<Concrete>,
}

/// A line: rule, instruction, operands, results.
impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
        let line = format!(
            "{:<26} {:<24} [{}] -> [{}]",
            self.rule,
            self.redex.to_string(),
            list(self.operands),
            list(self.results)
        );
        f.write_str(&line)
    }
}

/// What a [`Writer`] writes of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Whether each step is followed by the configuration that it leads to.
    pub configs: bool,
    /// The first step that is written, from 1.
    pub from: u64,
    /// How many steps are written.
    pub steps: u64,
    /// Only the steps in this function, by its index.
    pub function: Option<Idx>,
}

impl Default for Cut {
    /// All steps, without configurations.
    fn default() -> Self {
        Cut { configs: false, from: 1, steps: u64::MAX, function: None }
    }
}

/// Writes each step as a line, as long as that succeeds.
pub struct Writer<W> {
    out: W,
    cut: Cut,
    number: u64,
    written: u64,
    error: Option<std::io::Error>,
}

impl<W: std::io::Write> Writer<W> {
    /// A writer of all steps.
    pub fn new(out: W) -> Self {
        Writer::cut(out, Cut::default())
    }

    /// A writer of some steps. They keep the numbers that they have in the whole run.
    pub fn cut(out: W, cut: Cut) -> Self {
        Writer { out, cut, number: 0, written: 0, error: None }
    }

    fn write(&mut self, step: &Step<'_>) -> std::io::Result<()> {
        let indent = 2 * step.depth.min(16);
        writeln!(self.out, "{:>6} {:indent$}{step}", self.number, "")?;
        match self.cut.configs {
            true => writeln!(self.out, "       ~> {}", notation::line(step.config)),
            false => Ok(()),
        }
    }

    /// The first error of the output, if there was one.
    pub fn error(self) -> Option<std::io::Error> {
        self.error
    }
}

impl<W: std::io::Write> Observer for Writer<W> {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        self.number += 1;
        let here = self.cut.function.is_none_or(|x| step.place.is_some_and(|place| place.func == Some(x)));
        if self.error.is_none() && here && self.number >= self.cut.from && self.written < self.cut.steps {
            self.written += 1;
            self.error = self.write(step).err();
        }
    }
}

/// Keeps the last steps, for a report on how a run ended.
pub struct Last {
    keep: usize,
    lines: VecDeque<String>,
    /// Number of all steps, but for a trap's way out.
    pub count: u64,
}

impl Last {
    /// Keeps `keep` steps.
    pub fn new(keep: usize) -> Self {
        Last { keep, lines: VecDeque::new(), count: 0 }
    }

    /// The steps kept, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

impl Observer for Last {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        // The way out of labels and frames says nothing about where the trap came from.
        if matches!(step.redex, Redex::Trap) {
            return;
        }
        self.count += 1;
        if self.lines.len() == self.keep {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{:>6} {step}", self.count));
    }
}

/// Counts how often each rule was applied, and at which step first.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Number of all steps.
    pub steps: u64,
    /// By the rule's number: how often, and the first step.
    rules: Vec<(u64, u64)>,
}

impl Seen {
    /// How often a rule was applied.
    pub fn count(&self, rule: Rule) -> u64 {
        self.rules.get(rule as usize).map_or(0, |(count, _)| *count)
    }

    /// The first step that is an instance of a rule, from 0.
    pub fn first(&self, rule: Rule) -> Option<u64> {
        self.rules.get(rule as usize).filter(|(count, _)| *count > 0).map(|(_, first)| *first)
    }
}

impl Observer for Seen {
    const DETAIL: bool = false;
    fn rule(&mut self, rule: Rule) {
        if self.rules.is_empty() {
            self.rules.resize(Rule::ALL.len(), (0, 0));
        }
        let (count, first) = &mut self.rules[rule as usize];
        if *count == 0 {
            *first = self.steps;
        }
        *count += 1;
        self.steps += 1;
    }
}

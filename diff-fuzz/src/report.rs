//! What a comparison found, and how people read it.

use std::fmt;

use assay_engines::Value;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::ValType;

/// Steps of a scenario that a printed report shows; the last ones say most.
const SHOWN: usize = 8;

/// What stands for an engine's id where an answer is held against the standard itself.
pub const THE_STANDARD: &str = "the standard";

/// Why a comparison says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// What differs depends on a choice of the standard's, or may.
    Choice,
    /// An engine ran out of a budget.
    Exhausted,
    /// An engine doesn't do it.
    Unsupported,
    /// It is beyond an engine's limits.
    Limit,
}

impl Why {
    /// All reasons.
    pub const ALL: [Why; 4] = [Why::Choice, Why::Exhausted, Why::Unsupported, Why::Limit];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Why::Choice => "choice",
            Why::Exhausted => "exhausted",
            Why::Unsupported => "unsupported",
            Why::Limit => "limit",
        }
    }
}

/// How comparisons ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Alike in every engine.
    pub agreed: u64,
    /// Not alike.
    pub differed: u64,
    inconclusive: [u64; Why::ALL.len()],
}

impl Counts {
    /// Comparisons that said something.
    pub fn compared(&self) -> u64 {
        self.agreed + self.differed
    }

    /// Comparisons that said nothing, for one reason.
    pub fn inconclusive(&self, why: Why) -> u64 {
        self.inconclusive[why as usize]
    }

    pub(crate) fn add_inconclusive(&mut self, why: Why) {
        self.inconclusive[why as usize] += 1;
    }

    /// `4 inconclusive (choice), …`, one part for each reason there was.
    fn reasons(&self) -> Vec<String> {
        let some = Why::ALL.into_iter().filter(|why| self.inconclusive(*why) > 0);
        some.map(|why| format!("{} inconclusive ({})", self.inconclusive(why), why.name())).collect()
    }
}

/// What could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Different exported functions that were called.
    pub functions: usize,
    /// Memories compared after each step.
    pub memories: usize,
    /// Tables compared after each step.
    pub tables: usize,
    /// Globals compared after each step.
    pub globals: usize,
    /// Whether private state is among it. If not, the module couldn't be copied with more exports.
    pub complete: bool,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Whether the module is valid.
    Validity,
    /// How the instantiation or the call ended.
    End,
    /// That an engine crashed, hung or answered nonsense, both of them perhaps.
    Breakdown,
    /// Whether the answer of a function of one instruction is one that the standard allows. What stands on the left is
    /// the standard, and no engine.
    Allowed,
    /// The kind of trap.
    Trap,
    /// A result, by its position from 0.
    Result(usize),
    /// A value of the payload of an exception, by its position from 0.
    Payload(usize),
    /// A call of the host, by its position from 0 in the step.
    HostCall(usize),
    /// The value of a global, by its label.
    Global(String),
    /// The size of a memory, by its label.
    MemorySize(String),
    /// A byte of a memory, by its label and offset.
    Memory(String, usize),
    /// The size of a table, by its label.
    TableSize(String),
    /// Whether an element of a table is null, by the table's label and the index.
    Table(String, usize),
    /// Whether an item is there to be looked at, by its label.
    Missing(String),
}

impl What {
    /// Whether it is state, which no result tells of by itself.
    pub(crate) fn is_state(&self) -> bool {
        use What::{Global, Memory, MemorySize, Table, TableSize};
        matches!(self, Memory(..) | MemorySize(_) | Global(_) | Table(..) | TableSize(_))
    }

    /// Its kind, without labels and positions.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Validity => "validity",
            What::End => "end",
            What::Breakdown => "breakdown",
            What::Allowed => "answer beyond the standard",
            What::Trap => "trap kind",
            What::Result(_) => "result",
            What::Payload(_) => "payload",
            What::HostCall(_) => "host call",
            What::Global(_) => "global",
            What::MemorySize(_) => "memory size",
            What::Memory(..) => "memory",
            What::TableSize(_) => "table size",
            What::Table(..) => "table",
            What::Missing(_) => "missing item",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Validity => f.write_str("validity"),
            What::End => f.write_str("end"),
            What::Breakdown => f.write_str("breakdown"),
            What::Allowed => f.write_str("what is allowed"),
            What::Trap => f.write_str("trap kind"),
            What::Result(i) => write!(f, "result {i}"),
            What::Payload(i) => write!(f, "payload {i}"),
            What::HostCall(i) => write!(f, "host call {i}"),
            What::Global(label) => f.write_str(label),
            What::MemorySize(label) => write!(f, "size of {label}"),
            What::Memory(label, offset) => write!(f, "{label} from byte {offset}"),
            What::TableSize(label) => write!(f, "size of {label}"),
            What::Table(label, index) => write!(f, "{label}, element {index}"),
            What::Missing(label) => write!(f, "access to {label}"),
        }
    }
}

/// One thing that two engines answer differently, or an engine otherwise than the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// What it is.
    pub what: What,
    /// An engine's id, and its answer in words; [`THE_STANDARD`], and the answers that it allows.
    pub left: (String, String),
    /// The other's.
    pub right: (String, String),
}

impl Point {
    /// Ids of the engines that answer: two, or one that is held against the standard.
    pub fn engines(&self) -> Vec<&str> {
        let ids = [&self.left, &self.right].map(|(id, _)| id.as_str());
        let engines = if self.what == What::Allowed { &ids[1..] } else { &ids };
        engines.to_vec()
    }
}

/// A step after which engines differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The steps that show it, from an empty store; the last is the one.
    pub scenario: Scenario,
    /// What differs after it, at least one thing.
    pub points: Vec<Point>,
}

/// The answer to the question whether engines agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In all that could be compared, and something could.
    Agree,
    /// In something they don't.
    Differ,
    /// Nothing could be compared.
    NothingCompared,
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Ids and versions of the engines that were compared.
    pub engines: Vec<(String, String)>,
    /// Ids of engines that took no part, and why.
    pub out: Vec<(String, String)>,
    /// Instantiations; an engine that refuses the module that another accepts counts here. Instantiations that only
    /// bring the engines back to a known state aren't counted again.
    pub instantiations: Counts,
    /// Calls, and the other steps of a given scenario.
    pub calls: Counts,
    /// Of the calls that were alike, those that returned.
    pub returned: u64,
    /// What could be looked at.
    pub observed: Observed,
    /// The first differences, as many as were to be kept.
    pub differences: Vec<Difference>,
    /// Steps of a given scenario that weren't compared any more, since engines had parted before.
    pub skipped: usize,
}

impl Report {
    /// The answer.
    pub fn verdict(&self) -> Verdict {
        if self.differed() > 0 {
            Verdict::Differ
        } else if self.instantiations.agreed + self.calls.agreed > 0 {
            Verdict::Agree
        } else {
            Verdict::NothingCompared
        }
    }

    /// Number of differences, those not kept included.
    pub fn differed(&self) -> u64 {
        self.instantiations.differed + self.calls.differed
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, difference) in self.differences.iter().enumerate() {
            writeln!(f, "difference {}:", i + 1)?;
            writeln!(f, "{difference}")?;
        }
        let more = self.differed() - self.differences.len() as u64;
        if more > 0 {
            writeln!(f, "{more} more not shown\n")?;
        }
        let engines: Vec<String> = self.engines.iter().map(|(id, version)| format!("{id} {version}")).collect();
        writeln!(f, "engines: {}", engines.join(", "))?;
        for (id, why) in &self.out {
            writeln!(f, "not compared: {id}: {}", escaped(why))?;
        }
        let Observed { functions, memories, tables, globals, complete } = self.observed;
        let counts = [(functions, "function"), (memories, "memory"), (tables, "table"), (globals, "global")];
        writeln!(f, "observed: {}", counts.map(|(n, word)| number(n as u64, word)).join(", "))?;
        if !complete {
            writeln!(f, "private state wasn't compared: there is no copy of the module that exports it")?;
        }
        if self.skipped > 0 {
            writeln!(
                f,
                "{} at the end not compared: engines may have parted before",
                number(self.skipped as u64, "step")
            )?;
        }
        f.write_str(&self.last_line())
    }
}

impl Report {
    fn last_line(&self) -> String {
        let mut parts = vec![match (self.verdict(), self.calls.compared()) {
            (Verdict::Differ, _) => return number(self.differed(), "difference"),
            (Verdict::Agree, 0) => "engines agree: instantiation compared, no call".to_owned(),
            (Verdict::Agree, n) => format!("engines agree: {} compared", number(n, "call")),
            (Verdict::NothingCompared, _) => "nothing compared".to_owned(),
        }];
        if self.verdict() == Verdict::NothingCompared {
            parts.extend(self.instantiations.reasons());
        }
        parts.extend(self.calls.reasons());
        parts.join(", ")
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = &self.scenario.steps;
        // The first instantiates, and the last ones lead here.
        let elided = steps.len().saturating_sub(SHOWN);
        for (i, step) in steps.iter().enumerate() {
            if i == 0 || i > elided {
                // Scripted answers stand on lines of their own.
                writeln!(f, "  {:>3}. {}", i + 1, step.to_string().replace('\n', "\n       "))?;
            } else if i == 1 {
                writeln!(f, "       … {} …", number(elided as u64, "step"))?;
            }
        }
        for point in &self.points {
            writeln!(f, "  {}:", point.what)?;
            let width = point.left.0.len().max(point.right.0.len());
            for (id, answer) in [&point.left, &point.right] {
                writeln!(f, "    {id:<width$}  {}", escaped(answer))?;
            }
        }
        Ok(())
    }
}

/// A value with its type, where a number alone wouldn't tell.
pub(crate) fn typed(value: &Value) -> String {
    match value.ty() {
        ValType::Num(t) => format!("{t}:{value}"),
        ValType::V128 | ValType::Ref(_) => value.to_string(),
    }
}

fn number(n: u64, word: &str) -> String {
    match (n, word.strip_suffix('y')) {
        (1, _) => format!("1 {word}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        _ => format!("{n} {word}s"),
    }
}

/// Text that may hold names of a module or an engine's own words, safe for a terminal.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => safe.push(c),
            _ => safe.extend(c.escape_debug()),
        }
    }
    safe
}

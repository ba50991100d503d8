//! The comparison: which steps the engines take, and what becomes of each.

use std::collections::{BTreeMap, BTreeSet};

use assay_engines::{Budgets, Ended, Engine, Outcome, ReplayError, Value};
use assay_interp::binary;
use assay_interp::scenario::{Answer, Scenario, Step};
use assay_interp::syntax::{ExternType, Import, Module};

use crate::args;
use crate::expose::Kind;
use crate::race::{Compared, Race, Subject};
use crate::report::{Counts, Difference, Observed, Point, Report, What, Why};

/// Budgets for engines that are compared: a module may loop for ever and ask for all memory there is, and its memories
/// are read after every call.
pub const BUDGETS: Budgets = Budgets { fuel: 1 << 20, stack: 1 << 16, store: 64 << 20, heap: 16 << 20 };

/// What a comparison may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the scenarios of the report call the module.
    pub module: String,
    /// Calls of each exported function, at most.
    pub vectors: usize,
    /// Where the arguments beyond the boundaries come from. The same seed gives the same calls.
    pub seed: u64,
    /// Differences kept in the report; the others are only counted.
    pub keep: usize,
    /// Modules that are instantiated before it, in this order, and registered under these names. The scenarios of the
    /// report call them so, with `.wasm` behind.
    pub linked: Vec<(String, Vec<u8>)>,
    /// Scripted answers of the host to each function that the module imports, at most; then it answers zeros.
    pub answers: usize,
    /// Calls of a function, one after another, that may run out of a budget. Its other calls are counted as if they did
    /// so too, and aren't made.
    pub patience: u32,
}

impl Default for Options {
    /// 32 calls of each function, 16 differences; the module by itself, with a host that answers zeros.
    fn default() -> Self {
        let (module, linked) = ("module".to_owned(), Vec::new());
        Options { module, vectors: 32, seed: 0, keep: 16, linked, answers: 0, patience: u32::MAX }
    }
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// Every engine refuses the module.
    #[error("the module is {0}")]
    Refused(Outcome),
    /// One engine alone can't differ.
    #[error("a comparison needs two engines")]
    TooFewEngines,
    /// The scenario names something that isn't there.
    #[error(transparent)]
    Scenario(#[from] ReplayError),
}

/// Instantiates a module in all engines, calls every exported function, and compares the others with the first after
/// each step. After a step that isn't alike, all of them begin again with a fresh instance.
///
/// # Errors
///
/// There are fewer than two engines, or all of them refuse the module.
pub fn diff(engines: &mut [Box<dyn Engine>], wasm: &[u8], options: &Options) -> Result<Report, DiffError> {
    let mut session = Session::new(engines, options.keep)?;
    let mut steps = Vec::new();
    for (name, wasm) in &options.linked {
        let module = format!("{name}.wasm");
        if session.admit(&module, wasm)?.is_none() {
            return Ok(session.report);
        }
        steps.push(Step::Instantiate { module, register: Some(name.clone()), answers: Vec::new() });
    }
    let Some(module) = session.admit(&options.module, wasm)? else { return Ok(session.report) };
    let answers = answers(&module, options);
    steps.push(Step::Instantiate { module: options.module.clone(), register: None, answers });
    if session.instantiate(&steps)? {
        session.calls(&steps, &calls(&module, options), options.patience)?;
    }
    Ok(session.report)
}

/// What the host answers to the functions that a module imports from it.
fn answers(module: &Module, options: &Options) -> Vec<Answer> {
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let mut answers = Vec::new();
    for import in &module.imports {
        let ExternType::Func(ty) = &import.ty else { continue };
        // What is imported twice by one name is one function in some engines and two in others: both answer zeros.
        let is_it = |other: &&Import| (&other.module, &other.name) == (&import.module, &import.name);
        let is_linked = options.linked.iter().any(|(name, _)| *name == import.module);
        if is_linked || module.imports.iter().filter(is_it).count() > 1 {
            continue;
        }
        let columns: Vec<Vec<Value>> = module.abs_func_type(ty).results.iter().map(|t| args::boundaries(*t)).collect();
        for _ in 0..options.answers {
            let throws = rng.u8(..16) == 0 || columns.iter().any(Vec::is_empty);
            let results = if throws { Vec::new() } else { columns.iter().map(|c| c[rng.usize(..c.len())]).collect() };
            answers.push(Answer { import: (import.module.clone(), import.name.clone()), results, throws });
        }
    }
    answers
}

/// Takes the steps of a scenario in all engines, and compares the others with the first after each; `load` gives the
/// bytes of a module by its name. The comparison ends at the first step that isn't alike, but goes on after one that a
/// choice explains.
///
/// # Errors
///
/// There are fewer than two engines, all of them refuse a module, or the scenario names something that isn't there.
pub fn diff_scenario(
    engines: &mut [Box<dyn Engine>],
    scenario: &Scenario,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    options: &Options,
) -> Result<Report, DiffError> {
    let mut session = Session::new(engines, options.keep)?;
    let mut called = BTreeSet::new();
    for (i, step) in scenario.steps.iter().enumerate() {
        session.report.skipped = scenario.steps.len() - i;
        if let Step::Instantiate { module, .. } = step
            && !session.race.subjects.contains_key(module)
        {
            let why = |why| ReplayError::Module { step: i + 1, module: module.clone(), why };
            let wasm = load(module).map_err(why)?;
            if session.admit(module, &wasm)?.is_none() {
                return Ok(session.report);
            }
        }
        session.report.skipped -= 1;
        let compared = session.race.step(step)?;
        let counts = match step {
            Step::Instantiate { .. } => &mut session.report.instantiations,
            Step::Call { instance, export, .. } => {
                called.insert((*instance, export));
                session.report.observed.functions = called.len();
                &mut session.report.calls
            }
            Step::Write(_) | Step::Set { .. } | Step::Start { .. } | Step::Advance { .. } | Step::Join { .. } => {
                &mut session.report.calls
            }
        };
        tally(counts, &compared);
        if !compared.goes_on() {
            session.keep(compared);
            break;
        }
    }
    Ok(session.report)
}

/// The calls, function by function in turn, so that each is called in states that the others left.
fn calls(module: &Module, options: &Options) -> Vec<(String, Vec<Value>)> {
    let mut lists = Vec::new();
    for (i, (name, ty)) in module.exported_funcs().enumerate() {
        // Functions of one type needn't all get the same arguments.
        let seed = options.seed.wrapping_add((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        lists.push((name, args::vectors(&ty, options.vectors, seed)));
    }
    let rows = lists.iter().map(|(_, vectors)| vectors.len()).max().unwrap_or(0);
    let row =
        |i: usize| lists.iter().filter_map(move |(name, vectors)| Some(((*name).to_owned(), vectors.get(i)?.clone())));
    (0..rows).flat_map(row).collect()
}

fn tally(counts: &mut Counts, compared: &Compared) {
    match compared {
        Compared::Agree => counts.agreed += 1,
        Compared::Differ(_) => counts.differed += 1,
        Compared::Inconclusive { why, .. } => counts.add_inconclusive(*why),
    }
}

/// A comparison under way.
struct Session<'a> {
    race: Race<'a>,
    report: Report,
    keep: usize,
}

impl<'a> Session<'a> {
    fn new(engines: &'a mut [Box<dyn Engine>], keep: usize) -> Result<Session<'a>, DiffError> {
        if engines.len() < 2 {
            return Err(DiffError::TooFewEngines);
        }
        let report = Report {
            engines: engines.iter().map(|engine| (engine.id(), engine.version())).collect(),
            out: Vec::new(),
            instantiations: Counts::default(),
            calls: Counts::default(),
            returned: 0,
            observed: Observed { functions: 0, memories: 0, tables: 0, globals: 0, complete: true },
            differences: Vec::new(),
            skipped: 0,
        };
        Ok(Session { race: Race::new(engines), report, keep })
    }

    /// Asks all engines whether a module is valid, and decodes it. `None` if there is nothing more to compare.
    fn admit(&mut self, name: &str, wasm: &[u8]) -> Result<Option<Module>, DiffError> {
        let features = self.race.players[0].engine().features();
        let module = match binary::decode_with(wasm, features).map_err(Outcome::from) {
            // What the interpreter doesn't know, nobody can be driven through; and an engine that refuses it may only
            // have it switched off.
            Err(outcome @ (Outcome::Unsupported(_) | Outcome::Limit(_))) => {
                let why = if matches!(outcome, Outcome::Limit(_)) { Why::Limit } else { Why::Unsupported };
                self.report.instantiations.add_inconclusive(why);
                self.report.out.push(("decoder".to_owned(), outcome.to_string()));
                return Ok(None);
            }
            other => other,
        };
        let verdicts: Vec<Result<(), Outcome>> =
            self.race.players.iter_mut().map(|player| player.engine().validate(wasm)).collect();
        let verdicts = self.drop_out(verdicts, |verdict| verdict.as_ref().err());
        if self.too_few() {
            return Ok(None);
        }
        let refused: Vec<&Outcome> = verdicts.iter().filter_map(|verdict| verdict.as_ref().err()).collect();
        let answered = !refused.iter().any(|outcome| outcome.is_breakdown());
        match (refused.len(), module) {
            (0, Ok(module)) => Ok(Some(self.subject(name, wasm, module))),
            (0, Err(outcome)) => Err(DiffError::Refused(outcome)),
            (n, module) if n == verdicts.len() && answered => {
                // Ours says whether it is malformed or invalid; another engine may not.
                let theirs = verdicts.into_iter().find_map(Result::err);
                Err(DiffError::Refused(module.err().or(theirs).expect("somebody refused it")))
            }
            (_, module) => {
                let step = Step::Instantiate { module: name.to_owned(), register: None, answers: Vec::new() };
                self.race.scenario.steps.push(step);
                let compared = Compared::Differ(self.validity(&verdicts));
                tally(&mut self.report.instantiations, &compared);
                self.keep(compared);
                self.race.scenario.steps.clear();
                // Those that accept it as the first one does are compared all the same.
                let accepts = verdicts[0].is_ok();
                let mut verdicts = verdicts.into_iter();
                self.race.players.retain(|_| verdicts.next().is_some_and(|verdict| verdict.is_ok()));
                let left = self.race.players.len();
                Ok(module.ok().filter(|_| accepts && left > 1).map(|module| self.subject(name, wasm, module)))
            }
        }
    }

    /// Takes note of a module that is valid for all.
    fn subject(&mut self, name: &str, wasm: &[u8], module: Module) -> Module {
        let subject = Subject::new(wasm, &module);
        let observed = &mut self.report.observed;
        for item in &subject.exposed.items {
            *match item.kind {
                Kind::Memory => &mut observed.memories,
                Kind::Table => &mut observed.tables,
                Kind::Global => &mut observed.globals,
            } += 1;
        }
        observed.complete &= subject.exposed.complete;
        self.race.subjects.insert(name.to_owned(), subject);
        module
    }

    /// The first engine's verdict on validity against each other one.
    fn validity(&mut self, verdicts: &[Result<(), Outcome>]) -> Vec<Point> {
        let words = |verdict: &Result<(), Outcome>| match verdict {
            Ok(()) => "valid".to_owned(),
            Err(outcome) => outcome.to_string(),
        };
        let ids = self.race.players.iter_mut().map(|player| player.engine().id());
        let answers: Vec<(String, String)> = ids.zip(verdicts.iter().map(words)).collect();
        let broken = |i: usize| verdicts[i].as_ref().is_err_and(Outcome::is_breakdown);
        let differs = |i: &usize| verdicts[*i].is_ok() != verdicts[0].is_ok() || broken(*i) || broken(0);
        let others = (1..answers.len()).filter(differs);
        let what = |i: usize| if broken(i) || broken(0) { What::Breakdown } else { What::Validity };
        others.map(|i| Point { what: what(i), left: answers[0].clone(), right: answers[i].clone() }).collect()
    }

    /// Takes the engines out that can't do it; what the others answered is left.
    fn drop_out<T>(&mut self, answers: Vec<T>, failure: impl Fn(&T) -> Option<&Outcome>) -> Vec<T> {
        let (mut left, mut players) = (Vec::new(), Vec::new());
        for (answer, mut player) in answers.into_iter().zip(self.race.players.drain(..)) {
            match failure(&answer) {
                Some(outcome @ (Outcome::Unsupported(_) | Outcome::Limit(_))) => {
                    let id = player.engine().id();
                    self.report.engines.retain(|(other, _)| *other != id);
                    self.report.out.push((id, outcome.to_string()));
                }
                _ => {
                    left.push(answer);
                    players.push(player);
                }
            }
        }
        self.race.players = players;
        left
    }

    /// Whether too few engines are left for anything to be compared.
    fn too_few(&mut self) -> bool {
        let too_few = self.race.players.len() < 2;
        if too_few {
            self.report.instantiations.add_inconclusive(Why::Unsupported);
        }
        too_few
    }

    /// Instantiates for the first time. `false` if there is no instance to go on with.
    fn instantiate(&mut self, steps: &[Step]) -> Result<bool, DiffError> {
        let (counts, mut taken) = (self.report.instantiations, 0);
        while let Some(step) = steps.get(taken) {
            let compared = self.race.step(step)?;
            let (ends, before) = (self.race.ends.clone(), self.race.players.len());
            let left = self.drop_out(ends, |ended| match ended {
                Ended::Outcome(outcome) => Some(outcome),
                _ => None,
            });
            if self.too_few() {
                return Ok(false);
            }
            if left.len() < before {
                // Those that are left are compared among themselves.
                self.race.restart();
                self.report.instantiations = counts;
                taken = 0;
                continue;
            }
            tally(&mut self.report.instantiations, &compared);
            // Instances that differ in the bits of a NaN are no state to begin with.
            let goes_on = matches!(compared, Compared::Agree) && matches!(left[0], Ended::Instantiated(_));
            self.keep(compared);
            if !goes_on {
                return Ok(false);
            }
            taken += 1;
        }
        Ok(true)
    }

    fn calls(&mut self, instantiate: &[Step], calls: &[(String, Vec<Value>)], patience: u32) -> Result<(), DiffError> {
        let names: BTreeSet<&String> = calls.iter().map(|(name, _)| name).collect();
        self.report.observed.functions = names.len();
        let mut stale = false;
        // A function that runs out of a budget each time only takes the time of others.
        let mut exhausted: BTreeMap<&String, u32> = BTreeMap::new();
        for (export, args) in calls {
            if exhausted.get(export) == Some(&patience) {
                self.report.calls.add_inconclusive(Why::Exhausted);
                continue;
            }
            let call = Step::Call { instance: instantiate.len() - 1, export: export.clone(), args: args.clone() };
            if stale && !self.again(instantiate)? {
                return Ok(());
            }
            let mut compared = self.race.step(&call)?;
            // A fresh instance shows a difference in two steps, or without the choices that earlier calls made.
            let is_clearer_afresh =
                matches!(compared, Compared::Differ(_) | Compared::Inconclusive { parted: true, .. });
            if is_clearer_afresh && self.race.scenario.steps.len() > instantiate.len() + 1 {
                let long = self.race.scenario.clone();
                if !self.again(instantiate)? {
                    tally(&mut self.report.calls, &compared);
                    self.race.scenario = long;
                    self.keep(compared);
                    return Ok(());
                }
                let afresh = self.race.step(&call)?;
                if matches!(compared, Compared::Inconclusive { .. }) || matches!(afresh, Compared::Differ(_)) {
                    compared = afresh;
                } else {
                    self.race.scenario = long;
                }
            }
            tally(&mut self.report.calls, &compared);
            match compared {
                Compared::Inconclusive { why: Why::Exhausted, .. } => *exhausted.entry(export).or_default() += 1,
                _ => _ = exhausted.remove(export),
            }
            self.report.returned += u64::from(self.race.all_returned() && matches!(compared, Compared::Agree));
            stale = !matches!(compared, Compared::Agree);
            self.keep(compared);
        }
        Ok(())
    }

    /// Instantiates afresh. `false` if that isn't alike any more, which is then a finding of its own.
    fn again(&mut self, steps: &[Step]) -> Result<bool, DiffError> {
        self.race.restart();
        for step in steps {
            let compared = self.race.step(step)?;
            let agree = matches!(compared, Compared::Agree);
            if !agree {
                tally(&mut self.report.instantiations, &compared);
                self.keep(compared);
            }
            if !agree || !matches!(self.race.ends[0], Ended::Instantiated(_)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Keeps a difference, with the steps that show it.
    fn keep(&mut self, compared: Compared) {
        if let Compared::Differ(points) = compared
            && self.report.differences.len() < self.keep
        {
            let scenario = self.race.scenario.clone();
            self.report.differences.push(Difference { scenario, points });
        }
    }
}

//! Reduction of a difference: the module and the scenario, for as long as the same engines differ in the same way.

use std::mem::discriminant;
use std::time::Instant;

use assay_engines::{Engine, Value};
use assay_interp::scenario::{Scenario, Step};

use super::constant::smaller_value;
use super::{Budget, End, Reduced, reduce};
use crate::compare::{DiffError, Options, diff_scenario};
use crate::report::{Difference, Point, Verdict, What};

/// Gives the bytes of a module by its name.
pub type Load<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// Whether engines still differ along a scenario in what `sought` says: the same pair of them, in the same kind of
/// thing, and by more than a choice explains. What the two answer needn't be the same. An answer of one of them that
/// the standard doesn't allow shows as much as another answer of the other.
pub fn still_differs(
    engines: &mut [Box<dyn Engine>],
    scenario: &Scenario,
    load: &mut Load<'_>,
    sought: &Point,
) -> Option<Difference> {
    let report = diff_scenario(engines, scenario, load, &Options { keep: 1, ..Options::default() }).ok()?;
    let is_answer = matches!(sought.what, What::End | What::Trap | What::Result(_));
    let alike = |point: &Point| {
        let same = discriminant(&point.what) == discriminant(&sought.what);
        same && point.engines() == sought.engines()
            || is_answer && point.what == What::Allowed && sought.engines().contains(&point.right.0.as_str())
    };
    report.differences.into_iter().find(|difference| difference.points.iter().any(alike))
}

/// A difference, made smaller.
#[derive(Clone, Debug, PartialEq)]
pub struct ReducedDifference {
    /// The module. Its candidates are those of the scenario as well.
    pub module: Reduced,
    /// The steps that show it, and what differs after them.
    pub difference: Difference,
}

/// Makes the module that a scenario calls `name`, and the scenario, as small as can be while the engines differ in the
/// first point of the difference that the scenario shows; `load` gives the bytes of the modules.
///
/// The steps that aren't needed are dropped first, then the module and the arguments become smaller in turns.
///
/// # Errors
///
/// There are fewer than two engines, all of them refuse a module, or the scenario names something that isn't there.
/// `Ok(None)` if nothing differs.
pub fn reduce_difference(
    engines: &mut [Box<dyn Engine>],
    scenario: &Scenario,
    name: &str,
    load: &mut Load<'_>,
    budget: Budget,
) -> Result<Option<ReducedDifference>, DiffError> {
    let report = diff_scenario(engines, scenario, load, &Options { keep: 1, ..Options::default() })?;
    let (Verdict::Differ, Some(difference)) = (report.verdict(), report.differences.into_iter().next()) else {
        return Ok(None);
    };
    let Ok(wasm) = load(name) else { return Ok(None) };
    let sought = difference.points[0].clone();
    let mut case = Case { engines, name, load, sought, budget, began: Instant::now(), tried: 0, wasm, difference };
    case.steps();
    let end = loop {
        let (wasm, scenario) = (case.wasm.clone(), case.difference.scenario.clone());
        let end = case.module();
        case.answers();
        case.arguments();
        if end != End::Smallest || (&case.wasm, &case.difference.scenario) == (&wasm, &scenario) {
            break end;
        }
    };
    let end = if case.is_spent() { End::Budget } else { end };
    let module = Reduced { wasm: case.wasm, candidates: case.tried, end };
    Ok(Some(ReducedDifference { module, difference: case.difference }))
}

/// A difference under reduction.
struct Case<'c, 'l> {
    engines: &'c mut [Box<dyn Engine>],
    name: &'c str,
    load: &'c mut Load<'l>,
    sought: Point,
    budget: Budget,
    began: Instant,
    tried: u64,
    /// The smallest module so far.
    wasm: Vec<u8>,
    /// The difference that it shows, with the steps that do.
    difference: Difference,
}

impl Case<'_, '_> {
    fn is_spent(&self) -> bool {
        self.tried >= self.budget.candidates || self.began.elapsed() >= self.budget.time
    }

    /// What is left of the budget.
    fn rest(&self) -> Budget {
        let time = self.budget.time.saturating_sub(self.began.elapsed());
        Budget { candidates: self.budget.candidates.saturating_sub(self.tried), time }
    }

    /// Takes a scenario if it still shows the difference.
    fn offer(&mut self, scenario: Scenario) -> bool {
        if self.is_spent() {
            return false;
        }
        self.tried += 1;
        let (wasm, name, others) = (&self.wasm, self.name, &mut *self.load);
        let mut load = |module: &str| if module == name { Ok(wasm.clone()) } else { others(module) };
        let found = still_differs(self.engines, &scenario, &mut load, &self.sought);
        found.is_some_and(|difference| {
            self.difference = difference;
            true
        })
    }

    /// The module by itself.
    fn module(&mut self) -> End {
        let (rest, scenario) = (self.rest(), self.difference.scenario.clone());
        let Case { engines, name, load, sought, difference, .. } = self;
        let reduced = reduce(&self.wasm, rest, &mut |wasm| {
            let mut load = |module: &str| if module == *name { Ok(wasm.to_vec()) } else { load(module) };
            let found = still_differs(engines, &scenario, &mut load, sought);
            found.is_some_and(|found| {
                *difference = found;
                true
            })
        });
        self.wasm = reduced.wasm;
        self.tried += reduced.candidates;
        reduced.end
    }

    /// Steps that aren't needed: all but the last and those that others rest on, then parts of them, then single ones.
    fn steps(&mut self) {
        let is_rested_on = |step: &Step| matches!(step, Step::Instantiate { .. } | Step::Start { .. });
        let mut size = self.difference.scenario.steps.len();
        while size > 0 {
            let mut end = self.difference.scenario.steps.len().saturating_sub(1);
            while end > 0 {
                let start = end.saturating_sub(size);
                let mut scenario = self.difference.scenario.clone();
                let mut i = 0..;
                scenario.steps.retain(|step| {
                    let i = i.next().expect("there is always one more");
                    !(start..end).contains(&i) || is_rested_on(step)
                });
                if scenario.steps.len() < self.difference.scenario.steps.len() {
                    self.offer(scenario);
                }
                end = start.min(self.difference.scenario.steps.len().saturating_sub(1));
            }
            size /= 2;
        }
    }

    /// Answers of the host, from the last to the first.
    fn answers(&mut self) {
        for i in 0..self.difference.scenario.steps.len() {
            let mut left = match self.difference.scenario.steps.get(i) {
                Some(Step::Instantiate { answers, .. }) => answers.len(),
                _ => 0,
            };
            while left > 0 {
                left -= 1;
                let mut scenario = self.difference.scenario.clone();
                if let Step::Instantiate { answers, .. } = &mut scenario.steps[i] {
                    answers.remove(left);
                }
                self.offer(scenario);
            }
        }
    }

    /// Arguments of calls.
    fn arguments(&mut self) {
        for step in 0..self.difference.scenario.steps.len() {
            let mut position = 0;
            // Fewer steps may be left by the time.
            while let Some(arg) = self.argument(step, position) {
                let found = smaller_value(&arg).into_iter().any(|value| {
                    let mut scenario = self.difference.scenario.clone();
                    if let Some(args) = arguments(&mut scenario.steps[step]) {
                        args[position] = value;
                    }
                    self.offer(scenario)
                });
                position += usize::from(!found);
            }
        }
    }

    fn argument(&mut self, step: usize, position: usize) -> Option<Value> {
        let steps = &mut self.difference.scenario.steps;
        arguments(steps.get_mut(step)?)?.get(position).copied()
    }
}

/// The arguments of a step that calls something.
fn arguments(step: &mut Step) -> Option<&mut Vec<Value>> {
    match step {
        Step::Call { args, .. } | Step::Start { args, .. } => Some(args),
        _ => None,
    }
}

//! What depends on a choice: the bits of a NaN, or the result of a relaxed operation, and whatever comes of them.
//!
//! A run without such a choice is determined; after one, a difference may come from the choice, however far it lies
//! from it (`f32.copysign` takes the sign of a NaN to a number). So whenever a difference is found in modules that
//! could have chosen, the interpreter takes the same steps over values with marks: a bit without one is the same by
//! all choices, and where engines differ in such a bit, one of them is wrong. Where a choice reaches a branch, an
//! address, a trap or the host, or a budget runs out, nothing can be said.
//!
//! Growth, which may fail as well, is no choice here: an engine that lacks the memory for it ends as exhausted.

use std::collections::BTreeMap;

use assay_engines::{Budgets, Ended, MarkedInterp, Outcome, Player};
use assay_interp::exec::chooses;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::Module;

use crate::compare::BUDGETS;
use crate::expose::Kind;
use crate::race::Owned;

/// Steps that the calls of a replayed scenario may take together. Bulk operations take some for each byte.
const FUEL: u64 = 1 << 23;

/// Whether there is an instruction in the module that may choose.
pub(crate) fn may_choose(module: &Module) -> bool {
    let mut known = BTreeMap::new();
    let instrs = module.funcs.iter().flat_map(|func| &func.body.expr().instrs);
    instrs.into_iter().any(|instr| *known.entry(instr.mnemonic()).or_insert_with(|| chooses(instr)))
}

/// Which bits depend on a choice after the last step of a scenario: ones stand for those that do.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Of the values that it returned or threw; none, if it ended otherwise.
    pub(crate) values: Vec<u128>,
    /// Of each item, in their order.
    pub(crate) state: Vec<StateMarks>,
}

/// Which bits of an item's state depend on a choice.
#[derive(Debug)]
pub(crate) enum StateMarks {
    /// Nothing of it: a table, or what isn't there.
    None,
    /// Of the value of a global.
    Global(u128),
    /// Of the bytes of a memory; those beyond its end have none.
    Memory(Vec<u8>),
}

impl Marks {
    /// Of a value that was returned or thrown, by its position.
    pub(crate) fn of_value(&self, i: usize) -> u128 {
        self.values.get(i).copied().unwrap_or(0)
    }
}

impl StateMarks {
    /// Of a global's value.
    pub(crate) fn of_value(&self) -> u128 {
        if let StateMarks::Global(marks) = self { *marks } else { 0 }
    }

    /// Of a memory's bytes.
    pub(crate) fn of_bytes(&self) -> &[u8] {
        if let StateMarks::Memory(marks) = self { marks } else { &[] }
    }
}

/// The marks after the last step of a scenario; `None` if a choice parts runs, or it can't be told.
pub(crate) fn marks(
    scenario: &Scenario,
    items: &[Owned<'_>],
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Option<Marks> {
    let mut interp = MarkedInterp::new(Budgets { fuel: FUEL, ..BUDGETS });
    let mut player = Player::new(&mut interp);
    for step in &scenario.steps {
        let replayed = player.play(step, load).ok()?;
        if let Ended::Outcome(Outcome::Exhausted(_) | Outcome::Unsupported(_) | Outcome::Limit(_)) = replayed.ended {
            return None;
        }
    }
    let instances: Vec<_> = items.iter().map(|owned| owned.id(&player)).collect();
    if interp.undecided().is_some() {
        return None;
    }
    let look = |(owned, id): (&Owned<'_>, Option<_>)| {
        let marks = id.and_then(|id| match owned.item.kind {
            Kind::Memory => Some(StateMarks::Memory(interp.memory_marks(id, &owned.item.export).ok()?.to_vec())),
            Kind::Global => Some(StateMarks::Global(interp.global_marks(id, &owned.item.export).ok()?)),
            Kind::Table => None,
        });
        marks.unwrap_or(StateMarks::None)
    };
    let state = items.iter().zip(instances).map(look).collect();
    Some(Marks { values: interp.value_marks().to_vec(), state })
}

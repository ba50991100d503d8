//! Whether a run was free to choose: the bits of a NaN, or the result of a relaxed operation.
//!
//! A run without such a choice is determined; after one, a difference may come from the choice, however far it lies
//! from it (`f32.copysign` takes the sign of a NaN to a number). So the interpreter is asked, whenever a difference is
//! found in modules that could have chosen. Growth, which may fail as well, is no choice here: an engine that lacks the
//! memory for it ends as exhausted.

use std::collections::BTreeMap;

use assay_engines::{Budgets, Ended, Features, Interp, Outcome};
use assay_interp::exec::chooses;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::Module;

/// Steps that a replayed call may take. Bulk operations take some for each byte.
const FUEL: u64 = 1 << 22;

/// Whether there is an instruction in the module that may choose.
pub(crate) fn may_choose(module: &Module) -> bool {
    let mut known = BTreeMap::new();
    let instrs = module.funcs.iter().flat_map(|func| &func.body.expr().instrs);
    instrs.into_iter().any(|instr| *known.entry(instr.mnemonic()).or_insert_with(|| chooses(instr)))
}

/// Whether a run of the scenario chooses, or is too long to tell.
pub(crate) fn chose(scenario: &Scenario, load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>) -> bool {
    let mut interp = Interp::with_features(Budgets { fuel: FUEL, ..Budgets::default() }, Features::ALL);
    let Ok(replayed) = assay_engines::replay(&mut interp, scenario, load) else { return true };
    let exhausted = |ended: &Ended| matches!(ended, Ended::Outcome(Outcome::Exhausted(_)));
    interp.chosen().numeric() || replayed.iter().any(|step| exhausted(&step.ended))
}

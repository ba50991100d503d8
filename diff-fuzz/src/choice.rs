//! Whether a run was free to choose the bits of a NaN.
//!
//! The result of a floating-point operation that is a NaN is one of a set (`nans`, 4.3.3). A run in which no operation
//! gave a NaN had no such choice, and its end is determined; after one that did, a difference may come from the choice,
//! however far it lies from it (`f32.copysign` takes the sign of a NaN to a number). So the interpreter is asked,
//! whenever a difference is found in a module that could have chosen.

use assay_engines::{Budgets, Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value};
use assay_interp::exec::Redex;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::{Instr, Module};
use assay_interp::trace::{Observer, Step};

/// Steps that a watched run may take: each costs far more than one that nobody watches.
const FUEL: u64 = 1 << 20;

/// The operations of 4.3.3 whose definitions speak of `nans`, as the text format names them after `f32.` or `f64.`.
const CHOOSING: [&str; 13] = [
    "add",
    "sub",
    "mul",
    "div",
    "sqrt",
    "min",
    "max",
    "ceil",
    "floor",
    "trunc",
    "nearest",
    "promote_f32",
    "demote_f64",
];

fn chooses(instr: &Instr) -> bool {
    match instr.mnemonic().split_once('.') {
        Some(("f32" | "f64", op)) => CHOOSING.contains(&op),
        _ => false,
    }
}

/// Whether there is an instruction in the module that may choose the bits of a NaN.
pub(crate) fn may_choose(module: &Module) -> bool {
    module.funcs.iter().any(|func| func.body.instrs.iter().any(chooses))
}

/// Whether a run of the scenario chooses the bits of a NaN, or is too long to tell.
pub(crate) fn chose(scenario: &Scenario, load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>) -> bool {
    let budgets = Budgets { fuel: FUEL, ..Budgets::default() };
    let mut engine = Watched { interp: Interp::new(budgets), chosen: Chosen(false) };
    let replayed = assay_engines::replay(&mut engine, scenario, load);
    engine.chosen.0 || replayed.is_err()
}

struct Chosen(bool);

impl Observer for Chosen {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        if let Redex::Instr(instr) = &step.redex
            && chooses(instr)
            && step.results.iter().any(Value::is_nan)
        {
            self.0 = true;
        }
    }
}

/// The interpreter, watched.
struct Watched {
    interp: Interp,
    chosen: Chosen,
}

impl Watched {
    fn note(&mut self, outcome: &Outcome) {
        self.chosen.0 |= matches!(outcome, Outcome::Exhausted(_));
    }
}

impl Engine for Watched {
    fn id(&self) -> String {
        self.interp.id()
    }
    fn version(&self) -> String {
        self.interp.version()
    }
    fn reset(&mut self) {
        self.interp.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.interp.validate(wasm)
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let result = self.interp.instantiate_observed(wasm, links, &mut self.chosen);
        if let Err(outcome) = &result {
            self.note(outcome);
        }
        result
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        let outcome = self.interp.invoke_observed(instance, export, args, &mut self.chosen);
        self.note(&outcome);
        outcome
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.interp.get(instance, export)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.interp.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.interp.memory(instance, export)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.interp.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.interp.table(instance, export)
    }
    fn log(&mut self) -> Vec<HostCall> {
        self.interp.log()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operations_are_all_in_the_table() {
        let count = Instr::all().iter().filter(|(_, name)| {
            name.split_once('.').is_some_and(|(t, op)| t.starts_with('f') && CHOOSING.contains(&op))
        });
        // Eleven for each type, one promotion, one demotion.
        assert_eq!(count.count(), 24);
    }
}

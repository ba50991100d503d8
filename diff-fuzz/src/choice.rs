//! Whether a run was free to choose: the bits of a NaN, or the result of a relaxed operation.
//!
//! The result of a floating-point operation that is a NaN is one of a set (`nans`, 4.3.3). A run in which no operation
//! gave a NaN had no such choice, and its end is determined; after one that did, a difference may come from the choice,
//! however far it lies from it (`f32.copysign` takes the sign of a NaN to a number). So the interpreter is asked,
//! whenever a difference is found in a module that could have chosen. A relaxed operation counts as a choice wherever
//! it is executed, though for most operands its set has one member.

use assay_engines::{Budgets, Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value};
use assay_interp::exec::Redex;
use assay_interp::scenario::Scenario;
use assay_interp::syntax::Module;
use assay_interp::trace::{Observer, Step};

/// Steps that a watched run may take: each costs far more than one that nobody watches.
const FUEL: u64 = 1 << 20;

/// The operations of 4.3.3 whose definitions speak of `nans`, as the text format names them after the type or shape.
const CHOOSING: [&str; 15] = [
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
    "promote_low_f32x4",
    "demote_f64x2_zero",
];

fn is_relaxed(mnemonic: &str) -> bool {
    mnemonic.contains(".relaxed_")
}

fn chooses(mnemonic: &str) -> bool {
    match mnemonic.split_once('.') {
        Some(("f32" | "f64" | "f32x4" | "f64x2", op)) => CHOOSING.contains(&op) || is_relaxed(mnemonic),
        _ => is_relaxed(mnemonic),
    }
}

/// Whether a value is a NaN, or has a lane that is one in the shape of the instruction that it is a result of.
fn has_nan(value: &Value, mnemonic: &str) -> bool {
    match value {
        Value::V128(v) if mnemonic.starts_with("f32x4") => {
            (0..4).any(|i| f32::from_bits((v >> (32 * i)) as u32).is_nan())
        }
        Value::V128(v) => (0..2).any(|i| f64::from_bits((v >> (64 * i)) as u64).is_nan()),
        other => other.is_nan(),
    }
}

/// Whether there is an instruction in the module that may choose.
pub(crate) fn may_choose(module: &Module) -> bool {
    module.funcs.iter().any(|func| func.body.instrs.iter().any(|instr| chooses(instr.mnemonic())))
}

/// Whether a run of the scenario chooses, or is too long to tell.
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
            && let mnemonic = instr.mnemonic()
            && chooses(mnemonic)
            && (is_relaxed(mnemonic) || step.results.iter().any(|value| has_nan(value, mnemonic)))
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
    use assay_interp::syntax::Instr;

    #[test]
    fn the_operations_are_all_in_the_table() {
        let names = || Instr::all().iter().map(|(_, name)| *name);
        // Eleven for each type and shape of floats, one promotion, one demotion.
        assert_eq!(names().filter(|name| chooses(name) && !is_relaxed(name)).count(), 2 * 24);
        assert_eq!(names().filter(|name| is_relaxed(name)).count(), 20);
        assert!(CHOOSING.iter().all(|op| names().any(|name| name.ends_with(&format!(".{op}")))));
    }
}

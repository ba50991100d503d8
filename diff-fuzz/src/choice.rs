//! Whether a run was free to choose: the bits of a NaN, or the result of a relaxed operation.
//!
//! The result of a floating-point operation that is a NaN is one of a set (`nans`, 4.3.3). A run in which no operation
//! gave a NaN had no such choice, and its end is determined; after one that did, a difference may come from the choice,
//! however far it lies from it (`f32.copysign` takes the sign of a NaN to a number). So the interpreter is asked,
//! whenever a difference is found in a module that could have chosen. A relaxed operation counts as a choice wherever
//! it is executed, though for most operands its set has one member.

use assay_engines::{Budgets, Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value};
use assay_interp::scenario::Scenario;
use assay_interp::syntax::Module;
use assay_interp::trace::{Chosen, chooses};

/// Steps that a watched run may take: each costs far more than one that nobody watches.
const FUEL: u64 = 1 << 20;

/// Whether there is an instruction in the module that may choose.
pub(crate) fn may_choose(module: &Module) -> bool {
    module.funcs.iter().any(|func| func.body.instrs.iter().any(|instr| chooses(instr.mnemonic())))
}

/// Whether a run of the scenario chooses, or is too long to tell.
pub(crate) fn chose(scenario: &Scenario, load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>) -> bool {
    let budgets = Budgets { fuel: FUEL, ..Budgets::default() };
    let mut engine = Watched { interp: Interp::new(budgets), chosen: Chosen::default() };
    let replayed = assay_engines::replay(&mut engine, scenario, load);
    engine.chosen.yes || replayed.is_err()
}

/// The interpreter, watched.
struct Watched {
    interp: Interp,
    chosen: Chosen,
}

impl Watched {
    fn note(&mut self, outcome: &Outcome) {
        self.chosen.yes |= matches!(outcome, Outcome::Exhausted(_));
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

//! Our interpreter over values with marks: what of a scenario's results and state depends on a choice.

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{Addr, ModuleInst, Ref, Undecided, Val, Value};
use assay_interp::machine::{Budgets, HostError, MarkedMachine, MarkedOutcome};
use assay_interp::outcome::Outcome;
use assay_interp::syntax::Features;
use assay_interp::value::Marked;

use crate::host::Scripted;
use crate::interp::{find, imports};
use crate::{Engine, HostCall, InstanceId, Link, Nulls};

/// The interpreter by the deterministic profile, which knows the bits that another profile may make others. It takes
/// modules of all features, and has no threads.
///
/// Once a choice has parted runs, each operation is [unsupported](Outcome::Unsupported).
pub struct MarkedInterp {
    machine: MarkedMachine,
    budgets: Budgets,
    instances: Vec<Arc<ModuleInst>>,
    funcs: Vec<Scripted>,
    log: Vec<HostCall>,
    values: Vec<u128>,
    undecided: Option<Undecided>,
}

impl MarkedInterp {
    /// An interpreter with an empty store. Its fuel is for all runs in one store together.
    pub fn new(budgets: Budgets) -> MarkedInterp {
        MarkedInterp {
            machine: MarkedMachine::new(budgets),
            budgets,
            instances: Vec::new(),
            funcs: Vec::new(),
            log: Vec::new(),
            values: Vec::new(),
            undecided: None,
        }
    }

    /// Where a choice has parted runs, if one has.
    pub fn undecided(&self) -> Option<Undecided> {
        self.undecided
    }

    /// Of the values that the last call or instantiation returned or threw, ones in the bits that depend on a choice.
    pub fn value_marks(&self) -> &[u128] {
        &self.values
    }

    /// Of an exported global, ones in the bits that depend on a choice.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn global_marks(&self, instance: InstanceId, export: &str) -> Result<u128, Outcome> {
        Ok(self.machine.store().globals[self.global(instance, export)?].value.marks())
    }

    /// Of the bytes of an exported memory, ones in the bits that depend on a choice; bytes beyond its end have none.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn memory_marks(&self, instance: InstanceId, export: &str) -> Result<&[u8], Outcome> {
        let a = self.find(instance, export, "memory", ModuleInst::mem)?;
        Ok(&self.machine.store().mems[a].bytes.marks)
    }

    fn find<A>(
        &self,
        instance: InstanceId,
        export: &str,
        what: &str,
        look: fn(&ModuleInst, &str) -> Option<A>,
    ) -> Result<A, Outcome> {
        match self.undecided {
            None => find(&self.instances, instance, export, what, look),
            Some(undecided) => Err(Outcome::Unsupported(undecided.to_string())),
        }
    }

    fn undecides(&mut self, undecided: Undecided) -> Outcome {
        self.undecided = Some(undecided);
        Outcome::Unsupported(undecided.to_string())
    }

    fn ends(&mut self, ended: MarkedOutcome) -> Outcome {
        self.values = ended.marks;
        ended.outcome
    }

    fn global(&self, instance: InstanceId, export: &str) -> Result<Addr, Outcome> {
        self.find(instance, export, "global", ModuleInst::global)
    }
}

/// A host that answers as scripted.
fn answer<'a>(
    funcs: &'a mut [Scripted],
    log: &'a mut Vec<HostCall>,
) -> impl FnMut(usize, Vec<Value>) -> Result<Vec<Value>, HostError> + 'a {
    |id, args| funcs[id].call(args, log).map_err(|_| HostError::Throw)
}

impl Engine for MarkedInterp {
    fn id(&self) -> String {
        "interp".into()
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn features(&self) -> Features {
        Features::ALL
    }

    fn reset(&mut self) {
        *self = MarkedInterp::new(self.budgets);
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        binary::check_with(wasm, Features::ALL).map_err(Outcome::from)
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        if let Some(undecided) = self.undecided {
            return Err(Outcome::Unsupported(undecided.to_string()));
        }
        self.values.clear();
        let module = Arc::new(binary::decode_with(wasm, Features::ALL)?);
        let imports = imports(self.machine.store_mut(), &module, links, &self.instances, &mut self.funcs)?;
        let ended = self.machine.instantiate(&module, &imports, &mut answer(&mut self.funcs, &mut self.log));
        match ended {
            Ok(Ok(instance)) => {
                self.instances.push(instance);
                Ok(self.instances.len() - 1)
            }
            Ok(Err(ended)) => Err(self.ends(ended)),
            Err(undecided) => Err(self.undecides(undecided)),
        }
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.values.clear();
        let func = match self.find(instance, export, "function", ModuleInst::func) {
            Ok(func) => func,
            Err(outcome) => return outcome,
        };
        let args: Vec<_> = args.iter().map(|v| Val::concrete(&Marked::default(), *v)).collect();
        let ended = self.machine.invoke(func, &args, &mut answer(&mut self.funcs, &mut self.log));
        match ended {
            Ok(ended) => self.ends(ended),
            Err(undecided) => self.undecides(undecided),
        }
    }

    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let value = self.machine.store().globals[self.global(instance, export)?].value.value();
        self.machine.keep(value);
        Ok(value)
    }

    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        let a = self.global(instance, export)?;
        let store = self.machine.store_mut();
        let ty = store.globals[a].ty;
        if !ty.mutable || !store.val_ok(value, ty.val) {
            return Err(Outcome::Unsupported(format!("global {export:?} can't be set to {value}")));
        }
        store.globals[a].value = Val::concrete(&Marked::default(), value);
        Ok(())
    }

    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        let a = self.find(instance, export, "memory", ModuleInst::mem)?;
        Ok(self.machine.store().mems[a].bytes.bytes.clone())
    }

    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        let a = self.find(instance, export, "memory", ModuleInst::mem)?;
        if self.machine.store_mut().mems[a].bytes.write(offset, bytes) {
            return Ok(());
        }
        Err(Outcome::Unsupported(format!("a write to {offset} leaves memory {export:?}")))
    }

    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        let a = self.find(instance, export, "table", ModuleInst::table)?;
        Ok(self.machine.store().tables[a].elements.iter().map(|r| matches!(r, Ref::Null(_))).collect())
    }

    fn log(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.log)
    }
}

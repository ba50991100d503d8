//! The interpreter, while somebody watches.

use assay_interp::trace::Observer;

use crate::{Advanced, Engine, Features, HostCall, InstanceId, Interp, Link, Nulls, Outcome, ThreadId, Value};

/// The interpreter with an observer of its steps, who may look away for a while: then nothing is spent on them.
pub struct Watched<O> {
    /// The interpreter.
    pub interp: Interp,
    /// Who watches.
    pub observer: Option<O>,
}

impl<O> Watched<O> {
    /// An interpreter that nobody watches yet.
    pub fn new(interp: Interp) -> Watched<O> {
        Watched { interp, observer: None }
    }
}

impl<O: Observer> Engine for Watched<O> {
    fn id(&self) -> String {
        self.interp.id()
    }

    fn version(&self) -> String {
        self.interp.version()
    }

    fn features(&self) -> Features {
        self.interp.features()
    }

    fn set_features(&mut self, features: Features) {
        self.interp.set_features(features);
    }

    fn reset(&mut self) {
        self.interp.reset();
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.interp.validate(wasm)
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        match &mut self.observer {
            Some(observer) => self.interp.instantiate_observed(wasm, links, observer),
            None => self.interp.instantiate(wasm, links),
        }
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        match &mut self.observer {
            Some(observer) => self.interp.invoke_observed(instance, export, args, observer),
            None => self.interp.invoke(instance, export, args),
        }
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

    fn has_threads(&self) -> bool {
        self.interp.has_threads()
    }

    fn start(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Result<ThreadId, Outcome> {
        self.interp.start(instance, export, args)
    }

    fn advance(&mut self, thread: ThreadId, steps: u64) -> Advanced {
        match &mut self.observer {
            Some(observer) => self.interp.advance_observed(thread, steps, observer),
            None => self.interp.advance(thread, steps),
        }
    }

    fn elapse(&mut self, thread: ThreadId) -> Option<Outcome> {
        self.interp.elapse(thread)
    }

    fn join(&mut self, thread: ThreadId) -> Outcome {
        match &mut self.observer {
            Some(observer) => self.interp.join_observed(thread, observer),
            None => self.interp.join(thread),
        }
    }

    fn log(&mut self) -> Vec<HostCall> {
        self.interp.log()
    }
}

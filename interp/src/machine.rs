//! The driver: instantiates modules and invokes their functions, step by step, within budgets.

use std::sync::Arc;

use crate::exec::module::{AllocError, alloc_module, initialisation};
use crate::exec::{Config, ExternAddr, FuncAddr, ModuleInst, Progress, Store, Value};
use crate::outcome::{Budget, Outcome, Trap};
use crate::syntax::{ExternType, Module, ValType};
use crate::trace::{Observer, Step};
use crate::value::Concrete;

/// What a run may use; running out ends it as [`Outcome::Exhausted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Reductions, and calls of the host, in one invocation or instantiation.
    pub fuel: u64,
    /// Frames, labels, locals and operands together.
    pub stack: usize,
    /// Bytes that memories and tables take.
    pub store: u64,
}

impl Default for Budgets {
    /// Endless fuel, a stack of a million, 4 GiB.
    fn default() -> Self {
        Budgets { fuel: u64::MAX, stack: 1 << 20, store: 1 << 32 }
    }
}

/// What stands outside of the modules and answers their calls.
pub trait Host {
    /// Answers a call of the host function that was allocated under `id`, and may change the store.
    ///
    /// # Errors
    ///
    /// What the call ends with instead of results.
    fn call(&mut self, store: &mut Store<Concrete>, id: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError>;
}

/// How a call of the host can end without results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// It throws an exception that no module can catch.
    Throw,
}

/// A host without functions.
impl Host for () {
    fn call(&mut self, _: &mut Store<Concrete>, _: usize, _: Vec<Value>) -> Result<Vec<Value>, HostError> {
        Err(HostError::Throw)
    }
}

/// Instances, and the machine that runs them.
pub struct Machine {
    config: Config<Concrete>,
    budgets: Budgets,
}

impl Machine {
    /// A machine with an empty store.
    pub fn new(budgets: Budgets) -> Machine {
        let store = Store { budget: budgets.store, ..Store::default() };
        Machine { config: Config::new(store, budgets.stack), budgets }
    }

    /// The store.
    pub fn store(&self) -> &Store<Concrete> {
        &self.config.store
    }

    /// The store, for the host to change.
    pub fn store_mut(&mut self) -> &mut Store<Concrete> {
        &mut self.config.store
    }

    /// Instantiates a module (4.7.8). What it wrote into other instances stays, however it ends.
    ///
    /// # Errors
    ///
    /// [`Outcome::Unlinkable`] if the imports don't match, what its start function ended with, or exhaustion.
    pub fn instantiate<O: Observer>(
        &mut self,
        module: &Arc<Module>,
        imports: &[ExternAddr],
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Result<Arc<ModuleInst>, Outcome> {
        self.link(module, imports)?;
        let instance = match alloc_module(&mut self.config, &Concrete, module, imports) {
            Ok(instance) => instance,
            Err(AllocError::Exhausted(budget)) => return Err(Outcome::Exhausted(budget)),
            Err(AllocError::Undecided(never)) => match never {},
        };
        self.config.enter(&instance, &Arc::new(initialisation(module)), 0);
        match self.run(0, host, observer) {
            Outcome::Returned(_) => Ok(instance),
            other => Err(other),
        }
    }

    fn link(&self, module: &Module, imports: &[ExternAddr]) -> Result<(), Outcome> {
        for (import, addr) in module.imports.iter().zip(imports) {
            let given = self.config.store.type_of(*addr);
            if !given.matches(&import.ty) {
                return Err(Outcome::Unlinkable(format!(
                    "incompatible import type: {:?} {:?} is {given}, wanted is {}",
                    import.module, import.name, import.ty
                )));
            }
        }
        match module.imports.get(imports.len()) {
            Some(import) => Err(Outcome::Unlinkable(format!("unknown import: {:?} {:?}", import.module, import.name))),
            None => Ok(()),
        }
    }

    /// Invokes a function (4.7.9).
    pub fn invoke<O: Observer>(
        &mut self,
        func: FuncAddr,
        args: &[Value],
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Outcome {
        let ty = self.config.store.funcs[func].ty().clone();
        let given: Vec<ValType> = args.iter().map(Value::ty).collect();
        if given != ty.params {
            let wanted = ExternType::Func((*ty).clone());
            return Outcome::Unsupported(format!("arguments of other types than those of {wanted}"));
        }
        for arg in args {
            self.config.stack.push(*arg);
        }
        self.config.invoke(&Concrete, func);
        self.run(ty.results.len(), host, observer)
    }

    /// Steps until the thread ends or a budget does, and leaves no thread behind.
    fn run<O: Observer>(&mut self, arity: usize, host: &mut dyn Host, observer: &mut O) -> Outcome {
        let mut fuel = self.budgets.fuel;
        let outcome = loop {
            if fuel == 0 {
                // To see that nothing is left to do costs nothing.
                self.config.focus(&Concrete);
                if self.config.redex().is_some() {
                    break Outcome::Exhausted(Budget::Fuel);
                }
            }
            fuel = fuel.saturating_sub(1);
            let progress = if O::DETAIL {
                self.observed_step(observer)
            } else {
                self.config.step(&Concrete).unwrap_or_else(|e| match e {})
            };
            match progress {
                Progress::Reduced(rule) => observer.rule(rule),
                Progress::CallOut { callee, args, .. } => {
                    let callee = callee.expect("a concrete reference is to a known function");
                    let crate::exec::FuncInst::Host { id, .. } = self.config.store.funcs[callee] else {
                        unreachable!("functions of modules aren't called out to")
                    };
                    match host.call(&mut self.config.store, id, args) {
                        Ok(results) => results.into_iter().for_each(|v| self.config.stack.push(v)),
                        Err(HostError::Throw) => break Outcome::Threw,
                    }
                }
                Progress::Exhausted(budget) => break Outcome::Exhausted(budget),
                Progress::Ended => {
                    break match self.config.trap.take() {
                        Some(trapped) => Outcome::Trapped(Trap {
                            kind: trapped.kind,
                            message: trapped.kind.message().into(),
                            place: Some(trapped.place),
                        }),
                        None => Outcome::Returned(self.config.stack.pop_many(arity)),
                    };
                }
            }
        };
        self.config.clear();
        outcome
    }

    fn observed_step<O: Observer>(&mut self, observer: &mut O) -> Progress<Concrete> {
        let config = &mut self.config;
        config.focus(&Concrete);
        let (redex, place, depth) = (config.redex(), config.place(), config.frames.len());
        config.stack.mark();
        if redex.is_some() {
            observer.before(config);
        }
        let before = config.stack.values().to_vec();
        let progress = config.step(&Concrete).unwrap_or_else(|e| match e {});
        if let (Progress::Reduced(rule), Some(redex)) = (&progress, redex) {
            let low = config.stack.low();
            let (operands, results) = (&before[low..], &config.stack.values()[low..]);
            observer.step(&Step { rule: *rule, redex, place, depth, operands, results, config });
        }
        progress
    }
}

//! The driver of programs over values with marks: what a run's outcome and state are by all choices, where no choice
//! parts runs.

use std::sync::Arc;

use super::{Budgets, HostError, answers, host_throws, link};
use crate::exec::module::{AllocError, alloc_module, initialisation};
use crate::exec::{Addr, Config, ExternAddr, FuncAddr, FuncInst, ModuleInst, Progress, Store, Undecided, Val, Value};
use crate::outcome::{Budget, Outcome};
use crate::syntax::{ExternType, Module};
use crate::value::Marked;

/// How a run ended, by whatever choices.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedOutcome {
    /// The outcome by the deterministic profile.
    pub outcome: Outcome,
    /// For each value that it returned or threw, ones in the bits that may be others.
    pub marks: Vec<u128>,
}

/// What answers calls of the host functions that were allocated under an id.
pub type MarkedHost<'a> = &'a mut dyn FnMut(usize, Vec<Value>) -> Result<Vec<Value>, HostError>;

/// Instances, and the machine that runs them over [`Marked`] values, by rules.
///
/// Whatever profile a [`Machine`](super::Machine) has, the same calls end in the same way there, and leave the same
/// behind, but for bits that are marked here. (Growth, which succeeds here, is no choice in this.) Where that can't be
/// promised, the run is [`Undecided`]; the store is then of no more use.
pub struct MarkedMachine {
    config: Config<Marked>,
    reading: Marked,
    /// Reductions, and calls of the host, that are left for all runs together.
    fuel: u64,
    host_tag: Option<Addr>,
}

impl MarkedMachine {
    /// A machine with an empty store. The fuel is for all its runs together; marks of a memory take as many bytes
    /// again as the budget of the store allows.
    pub fn new(budgets: Budgets) -> MarkedMachine {
        let mut store = Store { budget: budgets.store, ..Store::default() };
        store.heap.limit = budgets.heap;
        let config = Config::new(store, budgets.stack);
        MarkedMachine { config, reading: Marked::default(), fuel: budgets.fuel, host_tag: None }
    }

    /// The store.
    pub fn store(&self) -> &Store<Marked> {
        &self.config.store
    }

    /// The store, for the host to change.
    pub fn store_mut(&mut self) -> &mut Store<Marked> {
        &mut self.config.store
    }

    /// Keeps what a value refers to: see [`Machine::keep`](super::Machine::keep).
    pub fn keep(&mut self, value: Value) {
        self.config.store.heap.keep(Val::concrete(&self.reading, value), &self.reading);
    }

    /// Instantiates a module (4.7.2): the instance, or what it ended with instead.
    ///
    /// # Errors
    ///
    /// A choice parts runs.
    pub fn instantiate(
        &mut self,
        module: &Arc<Module>,
        imports: &[ExternAddr],
        host: MarkedHost<'_>,
    ) -> Result<Result<Arc<ModuleInst>, MarkedOutcome>, Undecided> {
        if let Err(outcome) = link(&mut self.config.store, &self.reading, module, imports)? {
            return Ok(Err(MarkedOutcome { outcome, marks: Vec::new() }));
        }
        let MarkedMachine { config, reading, fuel, .. } = self;
        let mut step = |config: &mut Config<Marked>, reading: &Marked| match fuel.checked_sub(1) {
            Some(rest) => {
                *fuel = rest;
                config.step(reading)
            }
            None => Ok(Progress::Exhausted(Budget::Fuel)),
        };
        let instance = match alloc_module(config, reading, module, imports, &mut step) {
            Ok(instance) => instance,
            Err(AllocError::Exhausted(budget)) => {
                config.clear();
                return Ok(Err(MarkedOutcome { outcome: Outcome::Exhausted(budget), marks: Vec::new() }));
            }
            Err(AllocError::Undecided(undecided)) => return Err(undecided),
        };
        self.config.enter(&instance, &Arc::new(initialisation(module)), 0);
        let ended = self.run(0, host)?;
        Ok(if matches!(ended.outcome, Outcome::Returned(_)) { Ok(instance) } else { Err(ended) })
    }

    /// Invokes a function (4.7.3) with values of which some bits may be marked.
    ///
    /// # Errors
    ///
    /// A choice parts runs.
    pub fn invoke(
        &mut self,
        func: FuncAddr,
        args: &[Val<Marked>],
        host: MarkedHost<'_>,
    ) -> Result<MarkedOutcome, Undecided> {
        let store = &self.config.store;
        let inst = &store.funcs[func];
        let params = &store.types.func_type(inst.deftype()).params;
        if args.len() != params.len() || !args.iter().zip(params).all(|(v, t)| store.val_ok(v.value(), *t)) {
            let wanted = ExternType::Func((**inst.ty()).clone());
            let outcome = Outcome::Unsupported(format!("arguments of other types than those of {wanted}"));
            return Ok(MarkedOutcome { outcome, marks: Vec::new() });
        }
        let arity = inst.ty().results.len();
        args.iter().for_each(|v| self.config.stack.push(*v));
        self.config.invoke(&self.reading, func);
        self.run(arity, host)
    }

    /// Steps until the thread ends or a budget does, and leaves it behind no more.
    fn run(&mut self, arity: usize, host: MarkedHost<'_>) -> Result<MarkedOutcome, Undecided> {
        let ended = loop {
            let Some(rest) = self.fuel.checked_sub(1) else { break Outcome::Exhausted(Budget::Fuel) };
            self.fuel = rest;
            match self.config.step(&self.reading)? {
                Progress::Reduced(_) => {}
                Progress::CallOut { callee, args, .. } => {
                    if let Some(outcome) = self.call_out(callee, args, host)? {
                        break outcome;
                    }
                }
                Progress::Exhausted(budget) => break Outcome::Exhausted(budget),
                // There is no other thread.
                Progress::Blocked => break Outcome::Exhausted(Budget::Wait),
                Progress::Ended => {
                    let ended = self.end(arity);
                    self.config.clear();
                    return Ok(ended);
                }
            }
        };
        self.config.clear();
        Ok(MarkedOutcome { outcome: ended, marks: Vec::new() })
    }

    /// A call of the host; how the run ends by it, if it does.
    fn call_out(
        &mut self,
        callee: Option<FuncAddr>,
        args: Vec<Val<Marked>>,
        host: MarkedHost<'_>,
    ) -> Result<Option<Outcome>, Undecided> {
        let callee = callee.expect("a reference without marks is to a known function");
        let FuncInst::Host { id, .. } = self.config.store.funcs[callee] else {
            unreachable!("functions of modules aren't called out to")
        };
        if args.iter().any(|v| v.marks() != 0) {
            return Err(Undecided::Host);
        }
        args.iter().for_each(|v| self.keep(v.value()));
        match host(id, args.into_iter().map(Val::value).collect()) {
            Ok(results) if answers(&self.config.store, callee, &results) => {
                for v in results {
                    self.config.stack.push(Val::concrete(&self.reading, v));
                }
                Ok(None)
            }
            Ok(_) => Ok(Some(Outcome::Unsupported("the host's answer isn't of the function's type".into()))),
            Err(HostError::Throw) => {
                host_throws(&mut self.config, &self.reading, &mut self.host_tag);
                Ok(None)
            }
            Err(HostError::Exit(code)) => Ok(Some(Outcome::Exited(code))),
        }
    }

    /// What a thread that has nothing left to do has come to.
    fn end(&mut self, arity: usize) -> MarkedOutcome {
        if let Some(trapped) = self.config.trap.take() {
            return MarkedOutcome { outcome: Outcome::Trapped(trapped.into()), marks: Vec::new() };
        }
        let (values, outcome): (_, fn(Vec<Value>) -> Outcome) = match self.config.exception.take() {
            Some(a) => (self.config.store.heap.exns[a].fields.to_vec(), Outcome::Threw),
            None => (self.config.stack.pop_many(arity), Outcome::Returned),
        };
        values.iter().for_each(|v| self.keep(v.value()));
        let marks = values.iter().map(|v| v.marks()).collect();
        MarkedOutcome { outcome: outcome(values.into_iter().map(Val::value).collect()), marks }
    }
}

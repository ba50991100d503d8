//! The driver: instantiates modules and invokes their functions, step by step, within budgets.

mod marked;
mod threads;

pub use marked::{MarkedHost, MarkedMachine, MarkedOutcome};
pub use threads::Advanced;

use std::sync::Arc;

use crate::exec::flat::{Event, Flat, is_flat};
use crate::exec::module::{AllocError, alloc_module, initialisation};
use crate::exec::{
    Addr, Config, Domain, ExternAddr, FuncAddr, FuncInst, ModuleInst, Progress, Redex, Store, Trapped, Value,
};
use crate::outcome::{Budget, Outcome, Trap};
use crate::rule::Rule;
use crate::syntax::{ExternType, FuncType, Instr, Module};
use crate::trace::{Observer, Step};
use crate::value::{Chosen, Concrete, Profile};

/// What a run may use; running out ends it as [`Outcome::Exhausted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Reductions, and calls of the host, in one invocation or instantiation. The way out of a trap or of an exception
    /// isn't counted.
    pub fuel: u64,
    /// Frames, labels, locals and operands together.
    pub stack: usize,
    /// Bytes that memories and tables take.
    pub store: u64,
    /// Bytes that structures, arrays and exceptions take.
    pub heap: u64,
}

impl Default for Budgets {
    /// Endless fuel, a stack of a million, 4 GiB of memories and tables, 1 GiB of structures and arrays.
    fn default() -> Self {
        Budgets { fuel: u64::MAX, stack: 1 << 20, store: 1 << 32, heap: 1 << 30 }
    }
}

/// What stands outside of the modules and answers their calls.
///
/// ```
/// use std::sync::Arc;
///
/// use assay_interp::exec::Store;
/// use assay_interp::syntax::{FuncType, ValType};
/// use assay_interp::value::Concrete;
/// use assay_interp::{Budgets, ExternAddr, Host, HostError, Machine, Outcome, Value, decode};
///
/// /// Gives what it is given, doubled.
/// struct Doubles;
///
/// impl Host for Doubles {
///     fn call(&mut self, _: &mut Store<Concrete>, _: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError> {
///         match args[..] {
///             [Value::I32(n)] => Ok(vec![Value::I32(n.wrapping_mul(2))]),
///             _ => Err(HostError::Throw),
///         }
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut machine = Machine::new(Budgets::default());
/// let ty = Arc::new(FuncType { params: vec![ValType::I32], results: vec![ValType::I32] });
/// let double = ExternAddr::Func(machine.store_mut().alloc_host_func(ty, 0));
/// let wasm = wat::parse_str(
///     r#"(module
///       (import "host" "double" (func $double (param i32) (result i32)))
///       (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#,
/// )?;
/// // Imports in the order in which the module declares them.
/// let instance = machine.instantiate(&Arc::new(decode(&wasm)?), &[double], &mut Doubles, &mut ())?;
/// let quadruple = instance.func("quadruple").ok_or("no such function")?;
/// let outcome = machine.invoke(quadruple, &[Value::I32(3)], &mut Doubles, &mut ());
/// assert_eq!(outcome, Outcome::Returned(vec![Value::I32(12)]));
/// # Ok(())
/// # }
/// ```
pub trait Host {
    /// Answers a call of the host function that was allocated under `id`, and may change the store.
    ///
    /// # Errors
    ///
    /// What the call ends with instead of results.
    fn call(&mut self, store: &mut Store<Concrete>, id: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError>;

    /// Is told of an instance before anything of it runs. A function gets the store and not its caller, as in the
    /// standard; a host that looks for its caller's memory finds it here.
    fn allocated(&mut self, _instance: &ModuleInst) {}
}

/// How a call of the host can end without results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostError {
    /// It throws an exception of a tag that no module has: only `catch_all` and `catch_all_ref` catch it.
    Throw,
    /// It ends the program, with this exit code.
    Exit(u32),
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
    reading: Concrete,
    budgets: Budgets,
    /// Address of the tag of what the host throws.
    host_tag: Option<Addr>,
    /// By number.
    threads: Vec<threads::Started>,
    /// Fuel that the last run left.
    fuel_left: u64,
    /// The thread, where nobody watches it.
    flat: Flat,
    /// Whether all functions of modules have a flat form.
    is_flat: bool,
}

/// Why a call of the host has no results.
enum Unanswered {
    /// It throws.
    Thrown,
    /// It ends the run, or its answer is of other types.
    Ended(Outcome),
}

impl Machine {
    /// A machine with an empty store, which takes choices by the deterministic profile.
    pub fn new(budgets: Budgets) -> Machine {
        Machine::with_profile(budgets, Profile::Deterministic)
    }

    /// A machine with an empty store, which takes choices by this profile.
    pub fn with_profile(budgets: Budgets, profile: Profile) -> Machine {
        let mut store = Store { budget: budgets.store, ..Store::default() };
        store.heap.limit = budgets.heap;
        let config = Config::new(store, budgets.stack);
        Machine {
            config,
            reading: Concrete::new(profile),
            budgets,
            host_tag: None,
            fuel_left: 0,
            flat: Flat::default(),
            is_flat: true,
            threads: Vec::new(),
        }
    }

    /// Which choices there were since the store was empty.
    pub fn chosen(&self) -> Chosen {
        self.reading.chosen()
    }

    /// The store (4.2.3): what an instance's addresses are into. It can be looked at between runs; a reference that is
    /// taken out of it there is good until the next run, and longer by [`keep`](Machine::keep).
    pub fn store(&self) -> &Store<Concrete> {
        &self.config.store
    }

    /// The store, for the host to change.
    pub fn store_mut(&mut self) -> &mut Store<Concrete> {
        &mut self.config.store
    }

    /// Instantiates a module (4.7.2). What it wrote into other instances stays, however it ends.
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
        let Ok(linked) = link(&mut self.config.store, &self.reading, module, imports);
        linked?;
        self.is_flat &= is_flat(module);
        let mut step = |config: &mut Config<Concrete>, reading: &Concrete| {
            let progress = step(config, reading, observer);
            if let Progress::Reduced(rule) = progress {
                observer.rule(rule);
            }
            Ok(progress)
        };
        let instance = match alloc_module(&mut self.config, &self.reading, module, imports, &mut step) {
            Ok(instance) => instance,
            Err(AllocError::Exhausted(budget)) => {
                self.config.clear();
                return Err(Outcome::Exhausted(budget));
            }
            Err(AllocError::Undecided(never)) => match never {},
        };
        host.allocated(&instance);
        self.config.enter(&instance, &Arc::new(initialisation(module)), 0);
        match self.run(0, host, observer) {
            Outcome::Returned(_) => Ok(instance),
            other => Err(other),
        }
    }

    /// Invokes a function (4.7.3).
    pub fn invoke<O: Observer>(
        &mut self,
        func: FuncAddr,
        args: &[Value],
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Outcome {
        if !O::RULES && self.is_flat && matches!(self.config.store.funcs[func], FuncInst::Wasm { .. }) {
            return match self.type_for(func, args) {
                Ok(_) => self.run_flat(func, args, host, &mut ()),
                Err(outcome) => outcome,
            };
        }
        match self.enter(func, args) {
            Ok(arity) => self.run(arity, host, observer),
            Err(outcome) => outcome,
        }
    }

    /// Invokes a function in the flat form, as [`invoke`](Machine::invoke) does where nobody watches, and tells the
    /// observer the rules that its operations stand for: for holding the one against the other. The rules are those of
    /// the same call by rules, but for those that [leave](Rule::leaves); steps aren't told. A function of the host is
    /// invoked as ever, and so are all functions once a module in the store has none of this form.
    pub fn invoke_flat<O: Observer>(
        &mut self,
        func: FuncAddr,
        args: &[Value],
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Outcome {
        if !self.is_flat || matches!(self.config.store.funcs[func], FuncInst::Host { .. }) {
            return self.invoke(func, args, host, observer);
        }
        if let Err(outcome) = self.type_for(func, args) {
            return outcome;
        }
        self.flat.set_telling(O::RULES);
        let outcome = self.run_flat(func, args, host, observer);
        self.flat.set_telling(false);
        outcome
    }

    /// The type of a function that is called with these arguments.
    fn type_for(&self, func: FuncAddr, args: &[Value]) -> Result<Arc<FuncType>, Outcome> {
        let store = &self.config.store;
        let inst = &store.funcs[func];
        // Closed, unlike the type that a function has in its module.
        let params = &store.types.func_type(inst.deftype()).params;
        if args.len() != params.len() || !args.iter().zip(params).all(|(v, t)| store.val_ok(*v, *t)) {
            let wanted = ExternType::Func((**inst.ty()).clone());
            return Err(Outcome::Unsupported(format!("arguments of other types than those of {wanted}")));
        }
        Ok(inst.ty().clone())
    }

    /// Has the thread call a function next, which will leave so many results.
    fn enter(&mut self, func: FuncAddr, args: &[Value]) -> Result<usize, Outcome> {
        let ty = self.type_for(func, args)?;
        for arg in args {
            self.config.stack.push(*arg);
        }
        self.config.invoke(&self.reading, func);
        Ok(ty.results.len())
    }

    /// Invokes a function of a module in flat form.
    fn run_flat<O: Observer>(
        &mut self,
        func: FuncAddr,
        args: &[Value],
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Outcome {
        let (mut fuel, metered) = (self.budgets.fuel, O::RULES || self.budgets.fuel != u64::MAX);
        // The call is a reduction, too.
        let Some(rest) = fuel.checked_sub(u64::from(metered)) else { return Outcome::Exhausted(Budget::Fuel) };
        fuel = rest;
        if let Some(budget) = self.flat.enter(&self.config, func, args, metered) {
            return Outcome::Exhausted(budget);
        }
        if O::RULES {
            observer.rule(Rule::CallRefFunc);
        }
        let mut event = None;
        let outcome = loop {
            let next = event.take();
            let next = next.unwrap_or_else(|| self.flat.run(&mut self.config, &self.reading, &mut fuel, metered));
            self.flat.told().into_iter().for_each(|rule| observer.rule(rule));
            match next {
                Event::CallOut(callee, args) => match self.ask(host, callee, args) {
                    Ok(results) => self.flat.answer(&results),
                    Err(Unanswered::Thrown) => {
                        let a = host_exception(&mut self.config, &mut self.host_tag);
                        event = self.flat.throw(&self.config, a, &mut fuel, metered);
                    }
                    Err(Unanswered::Ended(outcome)) => break outcome,
                },
                Event::Threw(a) => {
                    let payload = self.config.store.heap.exns[a].fields.to_vec();
                    payload.iter().for_each(|v| self.keep(*v));
                    break Outcome::Threw(payload);
                }
                Event::Ended(values) => {
                    values.iter().for_each(|v| self.keep(*v));
                    break Outcome::Returned(values);
                }
                Event::Trapped(kind, place) => {
                    break Outcome::Trapped(Trap {
                        kind,
                        or: Vec::new(),
                        message: kind.message().into(),
                        place: Some(place),
                    });
                }
                Event::Exhausted(budget) => break Outcome::Exhausted(budget),
            }
        };
        self.flat.told().into_iter().for_each(|rule| observer.rule(rule));
        self.fuel_left = fuel;
        self.config.clear();
        outcome
    }

    /// The host's answer to a call.
    fn ask(&mut self, host: &mut dyn Host, callee: FuncAddr, args: Vec<Value>) -> Result<Vec<Value>, Unanswered> {
        let FuncInst::Host { id, .. } = self.config.store.funcs[callee] else {
            unreachable!("functions of modules aren't called out to")
        };
        args.iter().for_each(|v| self.keep(*v));
        match host.call(&mut self.config.store, id, args) {
            Ok(results) if answers(&self.config.store, callee, &results) => Ok(results),
            Ok(_) => {
                let why = "the host's answer isn't of the function's type";
                Err(Unanswered::Ended(Outcome::Unsupported(why.into())))
            }
            Err(HostError::Throw) => Err(Unanswered::Thrown),
            Err(HostError::Exit(code)) => Err(Unanswered::Ended(Outcome::Exited(code))),
        }
    }

    /// Fuel that the last invocation or instantiation left of its budget; of an endless one nothing is taken.
    pub fn fuel_left(&self) -> u64 {
        self.fuel_left
    }

    /// Steps until the thread ends or a budget does, and leaves it behind no more. While it waits, the others step.
    fn run<O: Observer>(&mut self, arity: usize, host: &mut dyn Host, observer: &mut O) -> Outcome {
        let mut fuel = self.budgets.fuel;
        match self.steps(u64::MAX, &mut fuel, arity, host, observer) {
            Some(outcome) => outcome,
            None => self.run_among_others(arity, fuel, host, observer),
        }
    }

    /// Steps until the thread ends or a budget does, which drops the thread; `None` once it has taken so many steps, or
    /// waits.
    fn steps<O: Observer>(
        &mut self,
        steps: u64,
        fuel: &mut u64,
        arity: usize,
        host: &mut dyn Host,
        observer: &mut O,
    ) -> Option<Outcome> {
        let most = steps.min(*fuel);
        let mut left = most;
        let outcome = loop {
            // The way out of a trap or of an exception costs nothing; nor does it to see that nothing is left to do.
            let costs = most < u64::MAX && self.config.trap.is_none();
            if costs && left == 0 {
                self.config.focus(&self.reading);
                if !matches!(self.config.redex(), None | Some(Redex::Instr(Instr::ThrowRef {}))) {
                    if most == *fuel {
                        break Outcome::Exhausted(Budget::Fuel);
                    }
                    *fuel -= most;
                    return None;
                }
            }
            match step(&mut self.config, &self.reading, observer) {
                Progress::Reduced(rule) => {
                    left -= u64::from(costs && !rule.is_of_throw_ref());
                    observer.rule(rule);
                }
                Progress::CallOut { callee, args, .. } => {
                    left -= u64::from(costs);
                    let callee = callee.expect("a concrete reference is to a known function");
                    match self.ask(host, callee, args) {
                        Ok(results) => results.into_iter().for_each(|v| self.config.stack.push(v)),
                        Err(Unanswered::Thrown) => host_throws(&mut self.config, &self.reading, &mut self.host_tag),
                        Err(Unanswered::Ended(outcome)) => break outcome,
                    }
                }
                Progress::Exhausted(budget) => break Outcome::Exhausted(budget),
                Progress::Blocked => {
                    // That was no step.
                    *fuel -= most - left;
                    return None;
                }
                Progress::Ended => break self.end(arity),
            }
        };
        *fuel -= most - left;
        self.fuel_left = *fuel;
        self.config.clear();
        Some(outcome)
    }

    /// What a thread that has nothing left to do has come to.
    fn end(&mut self, arity: usize) -> Outcome {
        if let Some(trapped) = self.config.trap.take() {
            return Outcome::Trapped(trapped.into());
        }
        let (values, outcome): (_, fn(Vec<Value>) -> Outcome) = match self.config.exception.take() {
            Some(a) => (self.config.store.heap.exns[a].fields.to_vec(), Outcome::Threw),
            None => (self.config.stack.pop_many(arity), Outcome::Returned),
        };
        values.iter().for_each(|v| self.keep(*v));
        outcome(values)
    }

    /// Keeps what a value refers to, which the outside has got hold of by other ways than a result, an exception or the
    /// arguments of a call to the host: those are kept without being asked.
    pub fn keep(&mut self, value: Value) {
        self.config.store.heap.keep(value, &self.reading);
    }
}

/// Whether what the imports are given matches them; why not, else.
fn link<D: Domain>(
    store: &mut Store<D>,
    d: &D,
    module: &Module,
    imports: &[ExternAddr],
) -> Result<Result<(), Outcome>, D::Undecided> {
    let types = store.alloc_types(module);
    for (import, addr) in module.imports.iter().zip(imports) {
        if !store.matches(d, *addr, import, &types)? {
            let given = store.extern_type(d, *addr)?;
            return Ok(Err(Outcome::Unlinkable(format!(
                "incompatible import type: {:?} {:?} is {given}, wanted is {}",
                import.module, import.name, import.ty
            ))));
        }
    }
    Ok(match module.imports.get(imports.len()) {
        Some(import) => Err(Outcome::Unlinkable(format!("unknown import: {:?} {:?}", import.module, import.name))),
        None => Ok(()),
    })
}

/// Whether results are of a function's type.
fn answers<D: Domain>(store: &Store<D>, func: FuncAddr, results: &[Value]) -> bool {
    let ty = store.types.func_type(store.funcs[func].deftype());
    ty.results.len() == results.len() && results.iter().zip(&ty.results).all(|(v, t)| store.val_ok(*v, *t))
}

/// A new exception of a tag that no module has, which the host throws.
fn host_exception<D: Domain>(config: &mut Config<D>, host_tag: &mut Option<Addr>) -> Addr {
    let tag = *host_tag.get_or_insert_with(|| {
        let ty = Arc::make_mut(&mut config.store.types).func(&Arc::default());
        config.store.alloc_tag(ty)
    });
    config.alloc_exn(tag, Vec::new())
}

/// The host throws where the thread is.
fn host_throws<D: Domain>(config: &mut Config<D>, d: &D, host_tag: &mut Option<Addr>) {
    let a = host_exception(config, host_tag);
    if config.frames.is_empty() {
        config.exception = Some(a);
    } else {
        config.throw(d, a);
    }
}

impl From<Trapped> for Trap {
    fn from(trapped: Trapped) -> Trap {
        let Trapped { kind, place, .. } = trapped;
        Trap { kind, or: Vec::new(), message: kind.message().into(), place: Some(place) }
    }
}

/// One step, seen by the observer if it asks for details.
fn step<O: Observer>(config: &mut Config<Concrete>, reading: &Concrete, observer: &mut O) -> Progress<Concrete> {
    if !O::DETAIL {
        return config.step(reading).unwrap_or_else(|e| match e {});
    }
    config.focus(reading);
    let (redex, place, depth) = (config.redex(), config.place(), config.frames.len());
    config.stack.mark();
    if redex.is_some() {
        observer.before(config);
    }
    let before = config.stack.values().to_vec();
    let progress = config.step(reading).unwrap_or_else(|e| match e {});
    if let (Progress::Reduced(rule), Some(redex)) = (&progress, redex) {
        let low = config.stack.low();
        let (operands, results) = (&before[low..], &config.stack.values()[low..]);
        observer.step(&Step { rule: *rule, redex, place, depth, operands, results, config });
    }
    progress
}

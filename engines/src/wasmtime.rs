//! wasmtime with Cranelift.

use assay_interp::binary;
use assay_interp::exec::{Ref, Val, Value};
use assay_interp::machine::Budgets;
use assay_interp::outcome::{Budget, Outcome, Trap, TrapKind};
use assay_interp::syntax::{Features, HeapType, NumType, PAGE, RefType, ValType};
use wasmtime::{
    AsContextMut, Config, Extern, ExternRef, Func, Instance, Module, OperatorCost, ResourceLimiter, Rooted, Store,
};

use crate::host::Scripted;
use crate::{Engine, HostCall, InstanceId, Link, Nulls, Source};

/// wasmtime in this process, compiling with Cranelift.
///
/// Its fuel counts other steps than ours: a run that is out of fuel on either side is no difference.
pub struct Wasmtime {
    engine: wasmtime::Engine,
    store: Store<State>,
    instances: Vec<Instance>,
    budgets: Budgets,
}

struct State {
    funcs: Vec<Scripted>,
    log: Vec<HostCall>,
    /// Functions that have crossed the interface as references: their addresses are positions here.
    refs: Vec<Func>,
    /// Bytes that memories and tables may still take.
    left: u64,
}

/// The budget of memories and tables doesn't allow a growth that the module's own limits do.
#[derive(Debug, thiserror::Error)]
#[error("memories and tables are out of their budget")]
struct OutOfStore;

impl State {
    fn new(budgets: Budgets) -> State {
        State { funcs: Vec::new(), log: Vec::new(), refs: Vec::new(), left: budgets.store }
    }

    /// Whether a growth succeeds. Beyond the limits of the type it fails, as the standard says; beyond the budget the
    /// run ends, since a failure would be this engine's own choice.
    fn growing(&mut self, bytes: usize, allowed: bool) -> wasmtime::Result<bool> {
        if allowed {
            self.left = self.left.checked_sub(bytes as u64).ok_or(OutOfStore)?;
        }
        Ok(allowed)
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, from: usize, to: usize, max: Option<usize>) -> wasmtime::Result<bool> {
        // Only a memory with addresses of 64 bits can have no greatest size; beyond what it could ever have, it is said
        // to grow to the greatest number of pages that is a number of bytes.
        self.growing(to - from, to <= max.unwrap_or(usize::MAX - PAGE as usize))
    }

    fn table_growing(&mut self, from: usize, to: usize, max: Option<usize>) -> wasmtime::Result<bool> {
        // A table with indices of 64 bits could grow beyond this; that it doesn't is a choice that the standard allows.
        let bytes = (to - from).saturating_mul(size_of::<usize>());
        self.growing(bytes, to <= max.unwrap_or(u32::MAX as usize))
    }
}

fn new_store(engine: &wasmtime::Engine, budgets: Budgets) -> Store<State> {
    let mut store = Store::new(engine, State::new(budgets));
    store.limiter(|state| state);
    store
}

/// What a host function that throws returns to wasmtime.
#[derive(Debug, thiserror::Error)]
#[error("the host throws")]
struct Thrown;

impl Wasmtime {
    /// An engine for 3.0 with an empty store.
    ///
    /// # Panics
    ///
    /// wasmtime has no code generator for this machine.
    pub fn new(budgets: Budgets) -> Wasmtime {
        Wasmtime::with_features(budgets, Features::default())
    }

    /// An engine for modules with these features, with an empty store.
    ///
    /// # Panics
    ///
    /// wasmtime has no code generator for this machine, or not for these features on it.
    pub fn with_features(budgets: Budgets, features: Features) -> Wasmtime {
        let enabled = binary::wasm_features(features);
        let mut config = Config::new();
        config.consume_fuel(true).wasm_features(enabled, true).wasm_features(!enabled, false);
        config.shared_memory(features.threads);
        // Growth takes from a budget of its own, and what fails by the standard shouldn't cost anything.
        let mut costs = OperatorCost::default();
        (costs.variable.memory_grow_per_page, costs.variable.table_grow_per_element) = (0, 0);
        config.operator_cost(costs);
        let engine = wasmtime::Engine::new(&config).expect("wasmtime knows this machine");
        let store = new_store(&engine, budgets);
        Wasmtime { engine, store, instances: Vec::new(), budgets }
    }

    fn refuel(&mut self) {
        self.store.set_fuel(self.budgets.fuel).expect("fuel is configured");
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module, Outcome> {
        // It doesn't say whether a module is malformed, invalid or beyond a limit.
        Module::from_binary(&self.engine, wasm).map_err(|e| Outcome::Rejected(format!("{e:#}")))
    }

    fn export(&mut self, instance: InstanceId, export: &str) -> Result<Extern, Outcome> {
        let found = self.instances.get(instance).copied().and_then(|i| i.get_export(&mut self.store, export));
        found.ok_or_else(|| Outcome::Unlinkable(format!("nothing is exported as {export:?}")))
    }

    fn host_func(&mut self, import: (String, String), ty: wasmtime::FuncType, from: &Source) -> Result<Func, Outcome> {
        let Source::Host(answers) = from else { unreachable!("only the host's functions are made") };
        let results: Result<Vec<ValType>, Outcome> = ty.results().map(|t| val_type(&t)).collect();
        let state = self.store.data_mut();
        state.funcs.push(Scripted::new(import, results?, answers));
        let id = state.funcs.len() - 1;
        Ok(Func::new(&mut self.store, ty, move |mut caller, args, results| {
            let args: Result<Vec<Value>, Outcome> = args.iter().map(|v| from_val(caller.as_context_mut(), v)).collect();
            let args = args.map_err(|outcome| wasmtime::Error::msg(outcome.to_string()))?;
            let State { funcs, log, .. } = caller.data_mut();
            let answers = funcs[id].call(args, log).map_err(|_| Thrown)?;
            for (result, answer) in results.iter_mut().zip(answers) {
                *result = to_val(caller.as_context_mut(), answer)
                    .map_err(|outcome| wasmtime::Error::msg(outcome.to_string()))?;
            }
            Ok(())
        }))
    }
}

fn val_type(t: &wasmtime::ValType) -> Result<ValType, Outcome> {
    Ok(match t {
        wasmtime::ValType::I32 => ValType::Num(NumType::I32),
        wasmtime::ValType::I64 => ValType::Num(NumType::I64),
        wasmtime::ValType::F32 => ValType::Num(NumType::F32),
        wasmtime::ValType::F64 => ValType::Num(NumType::F64),
        wasmtime::ValType::V128 => ValType::V128,
        wasmtime::ValType::Ref(t) if t.matches(&wasmtime::RefType::FUNCREF) => ValType::Ref(RefType::FUNC),
        wasmtime::ValType::Ref(t) if t.matches(&wasmtime::RefType::EXTERNREF) => ValType::Ref(RefType::EXTERN),
        other => return Err(Outcome::Unsupported(format!("values of type {other} don't cross to wasmtime yet"))),
    })
}

fn to_val(mut store: impl AsContextMut<Data = State>, value: Value) -> Result<wasmtime::Val, Outcome> {
    Ok(match value {
        Val::I32(c) => wasmtime::Val::I32(c as i32),
        Val::I64(c) => wasmtime::Val::I64(c as i64),
        Val::F32(c) => wasmtime::Val::F32(c),
        Val::F64(c) => wasmtime::Val::F64(c),
        Val::V128(c) => wasmtime::Val::V128(c.into()),
        Val::Ref(Ref::Null(HeapType::Func)) => wasmtime::Val::FuncRef(None),
        Val::Ref(Ref::Null(HeapType::Extern)) => wasmtime::Val::ExternRef(None),
        Val::Ref(Ref::Func(a)) => wasmtime::Val::FuncRef(store.as_context_mut().data().refs.get(a).copied()),
        Val::Ref(Ref::Extern(n)) => {
            let r = ExternRef::new(&mut store, n).map_err(|e| Outcome::Unsupported(e.to_string()))?;
            wasmtime::Val::ExternRef(Some(r))
        }
    })
}

fn from_val(mut store: impl AsContextMut<Data = State>, value: &wasmtime::Val) -> Result<Value, Outcome> {
    let unsupported = || {
        let ty = match value {
            wasmtime::Val::AnyRef(_) => "anyref",
            wasmtime::Val::ExnRef(_) => "exnref",
            wasmtime::Val::ContRef(_) => "contref",
            _ => "externref that isn't one of the host's",
        };
        Outcome::Unsupported(format!("a value of type {ty} doesn't cross from wasmtime yet"))
    };
    Ok(match value {
        wasmtime::Val::I32(c) => Val::I32(*c as u32),
        wasmtime::Val::I64(c) => Val::I64(*c as u64),
        wasmtime::Val::F32(c) => Val::F32(*c),
        wasmtime::Val::F64(c) => Val::F64(*c),
        wasmtime::Val::V128(c) => Val::V128(c.as_u128()),
        wasmtime::Val::FuncRef(None) => Val::Ref(Ref::Null(HeapType::Func)),
        wasmtime::Val::FuncRef(Some(func)) => {
            let mut context = store.as_context_mut();
            let refs = &mut context.data_mut().refs;
            refs.push(*func);
            Val::Ref(Ref::Func(refs.len() - 1))
        }
        wasmtime::Val::ExternRef(None) => Val::Ref(Ref::Null(HeapType::Extern)),
        wasmtime::Val::ExternRef(Some(r)) => Val::Ref(Ref::Extern(extern_number(&store, r).ok_or_else(unsupported)?)),
        _ => return Err(unsupported()),
    })
}

fn extern_number(store: &impl AsContextMut<Data = State>, r: &Rooted<ExternRef>) -> Option<u32> {
    r.data(store.as_context()).ok()??.downcast_ref::<u32>().copied()
}

/// What a call or an instantiation that failed ended with.
fn outcome(error: &wasmtime::Error) -> Outcome {
    if error.is::<Thrown>() || error.is::<wasmtime::ThrownException>() {
        return Outcome::Threw;
    }
    if error.downcast_ref::<OutOfStore>().is_some() {
        return Outcome::Exhausted(Budget::Store);
    }
    let Some(trap) = error.downcast_ref::<wasmtime::Trap>() else {
        return Outcome::Unsupported(format!("{error:#}"));
    };
    let kind = match trap {
        wasmtime::Trap::StackOverflow => return Outcome::Exhausted(Budget::Stack),
        wasmtime::Trap::OutOfFuel => return Outcome::Exhausted(Budget::Fuel),
        wasmtime::Trap::UnreachableCodeReached => TrapKind::Unreachable,
        wasmtime::Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        wasmtime::Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        wasmtime::Trap::IndirectCallToNull => TrapKind::UninitializedElement,
        wasmtime::Trap::BadSignature => TrapKind::IndirectCallType,
        wasmtime::Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        wasmtime::Trap::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
        wasmtime::Trap::BadConversionToInteger => TrapKind::InvalidConversion,
        _ => TrapKind::Other,
    };
    Outcome::Trapped(Trap { kind, message: trap.to_string(), place: None })
}

impl Engine for Wasmtime {
    fn id(&self) -> String {
        "wasmtime:cranelift".into()
    }

    fn version(&self) -> String {
        "48.0.8".into()
    }

    fn reset(&mut self) {
        self.store = new_store(&self.engine, self.budgets);
        self.instances.clear();
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        Module::validate(&self.engine, wasm).map_err(|e| Outcome::Rejected(format!("{e:#}")))
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let module = self.compile(wasm)?;
        let mut imports = Vec::new();
        for import in module.imports() {
            let (module, name) = (import.module(), import.name());
            let link = links.iter().find(|l| l.module == module && l.name == name);
            imports.push(match (link.map(|l| &l.from), import.ty()) {
                (Some(Source::Instance(id, export)), _) => self.export(*id, export)?,
                (Some(from @ Source::Host(_)), wasmtime::ExternType::Func(ty)) => {
                    self.host_func((module.to_owned(), name.to_owned()), ty, from)?.into()
                }
                _ => return Err(Outcome::Unlinkable(format!("unknown import: {module:?} {name:?}"))),
            });
        }
        self.refuel();
        let instance = Instance::new(&mut self.store, &module, &imports).map_err(|error| {
            let threw = error.is::<Thrown>() || error.is::<wasmtime::ThrownException>();
            let has_run = threw || error.is::<wasmtime::Trap>() || error.is::<OutOfStore>();
            if has_run { outcome(&error) } else { Outcome::Unlinkable(format!("{error:#}")) }
        })?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        let func = match self.export(instance, export) {
            Ok(Extern::Func(func)) => func,
            Ok(_) => return Outcome::Unlinkable(format!("no function is exported as {export:?}")),
            Err(outcome) => return outcome,
        };
        let args: Result<Vec<_>, _> = args.iter().map(|v| to_val(&mut self.store, *v)).collect();
        let args = match args {
            Ok(args) => args,
            Err(outcome) => return outcome,
        };
        let mut results = vec![wasmtime::Val::I32(0); func.ty(&self.store).results().len()];
        self.refuel();
        if let Err(error) = func.call(&mut self.store, &args, &mut results) {
            return outcome(&error);
        }
        match results.iter().map(|v| from_val(&mut self.store, v)).collect() {
            Ok(values) => Outcome::Returned(values),
            Err(outcome) => outcome,
        }
    }

    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let Extern::Global(global) = self.export(instance, export)? else { return Err(not_a("global", export)) };
        let value = global.get(&mut self.store);
        from_val(&mut self.store, &value)
    }

    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        let Extern::Global(global) = self.export(instance, export)? else { return Err(not_a("global", export)) };
        let value = to_val(&mut self.store, value)?;
        global.set(&mut self.store, value).map_err(|e| Outcome::Unsupported(format!("{e:#}")))
    }

    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        let Extern::Memory(memory) = self.export(instance, export)? else { return Err(not_a("memory", export)) };
        Ok(memory.data(&self.store).to_vec())
    }

    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        let Extern::Memory(memory) = self.export(instance, export)? else { return Err(not_a("memory", export)) };
        let outside = || Outcome::Unsupported(format!("a write to {offset} leaves memory {export:?}"));
        let offset = usize::try_from(offset).map_err(|_| outside())?;
        memory.write(&mut self.store, offset, bytes).map_err(|_| outside())
    }

    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        let Extern::Table(table) = self.export(instance, export)? else { return Err(not_a("table", export)) };
        let len = table.size(&self.store);
        Ok((0..len).map(|i| table.get(&mut self.store, i).is_some_and(|r| r.is_null())).collect())
    }

    fn log(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.store.data_mut().log)
    }
}

fn not_a(what: &str, export: &str) -> Outcome {
    Outcome::Unlinkable(format!("no {what} is exported as {export:?}"))
}

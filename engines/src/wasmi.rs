//! wasmi, an interpreter.

use assay_interp::binary;
use assay_interp::exec::{AnyRef, Ref, Val, Value};
use assay_interp::machine::Budgets;
use assay_interp::outcome::{Budget, Outcome, Trap, TrapKind};
use assay_interp::syntax::{Features, HeapType, NumType, RefType, ValType};
use wasmi::errors::{ErrorKind, HostError, InstantiationError, MemoryError, TableError};
use wasmi::{
    AsContext, AsContextMut, Caller, Config, Error, Extern, ExternRef, F32, F64, Func, Instance, Linker, Module,
    Nullable, ResourceLimiter, Store, StoreContextMut, TrapCode,
};
use wasmi_core::LimiterError;
use wasmparser::WasmFeatures;

use crate::host::Scripted;
use crate::{Engine, HostCall, InstanceId, Link, Nulls, Source, proposals};

/// wasmi in this process.
///
/// Its fuel counts other steps than ours: a run that is out of fuel on either side is no difference.
pub struct Wasmi {
    engine: wasmi::Engine,
    store: Store<State>,
    instances: Vec<Instance>,
    budgets: Budgets,
    features: Features,
}

struct State {
    funcs: Vec<Scripted>,
    log: Vec<HostCall>,
    /// Functions that have crossed the interface as references: their addresses are positions here.
    refs: Vec<Func>,
    /// Bytes that memories and tables may still take.
    left: u64,
}

/// The host throws: wasmi has no exceptions, and nothing in a module can catch it.
#[derive(Debug, thiserror::Error)]
#[error("thrown by the host")]
struct Thrown;

impl HostError for Thrown {}

/// A value that can't cross, on its way into the host or out of it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct NoCrossing(Outcome);

impl HostError for NoCrossing {}

impl State {
    /// Whether a growth succeeds. Beyond the limits of the type it fails, as the standard says; beyond the budget the
    /// run ends, since a failure would be this engine's own choice.
    fn growing(&mut self, bytes: u64, allowed: bool) -> Result<bool, LimiterError> {
        if allowed {
            self.left = self.left.checked_sub(bytes).ok_or(LimiterError::ResourceLimiterDeniedAllocation)?;
        }
        Ok(allowed)
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, from: usize, to: usize, max: Option<usize>) -> Result<bool, LimiterError> {
        self.growing((to - from) as u64, to <= max.unwrap_or(usize::MAX))
    }

    fn table_growing(&mut self, from: usize, to: usize, max: Option<usize>) -> Result<bool, LimiterError> {
        let bytes = (to - from).saturating_mul(size_of::<usize>());
        self.growing(bytes as u64, to <= max.unwrap_or(usize::MAX))
    }

    /// Within the budget, but the system hasn't that much.
    fn memory_grow_failed(&mut self, error: &MemoryError) -> Result<(), LimiterError> {
        match error {
            MemoryError::OutOfFuel { .. } => Ok(()),
            _ => Err(LimiterError::ResourceLimiterDeniedAllocation),
        }
    }

    fn table_grow_failed(&mut self, error: &TableError) -> Result<(), LimiterError> {
        match error {
            TableError::OutOfFuel { .. } => Ok(()),
            _ => Err(LimiterError::ResourceLimiterDeniedAllocation),
        }
    }

    fn instances(&self) -> usize {
        usize::MAX
    }

    fn tables(&self) -> usize {
        usize::MAX
    }

    fn memories(&self) -> usize {
        usize::MAX
    }
}

/// The features that wasmi can be told to take.
const HAS: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::MEMORY64)
    .union(WasmFeatures::RELAXED_SIMD)
    .union(WasmFeatures::WIDE_ARITHMETIC)
    .union(WasmFeatures::CUSTOM_PAGE_SIZES);

fn config(budgets: Budgets, features: WasmFeatures) -> Config {
    let has = |feature| features.contains(feature);
    let mut config = Config::default();
    config
        .wasm_mutable_global(has(WasmFeatures::MUTABLE_GLOBAL))
        .wasm_sign_extension(has(WasmFeatures::SIGN_EXTENSION))
        .wasm_saturating_float_to_int(has(WasmFeatures::SATURATING_FLOAT_TO_INT))
        .wasm_multi_value(has(WasmFeatures::MULTI_VALUE))
        .wasm_multi_memory(has(WasmFeatures::MULTI_MEMORY))
        .wasm_bulk_memory(has(WasmFeatures::BULK_MEMORY))
        .wasm_reference_types(has(WasmFeatures::REFERENCE_TYPES))
        .wasm_tail_call(has(WasmFeatures::TAIL_CALL))
        .wasm_extended_const(has(WasmFeatures::EXTENDED_CONST))
        .wasm_custom_page_sizes(has(WasmFeatures::CUSTOM_PAGE_SIZES))
        .wasm_memory64(has(WasmFeatures::MEMORY64))
        .wasm_wide_arithmetic(has(WasmFeatures::WIDE_ARITHMETIC))
        .wasm_simd(has(WasmFeatures::SIMD))
        .wasm_relaxed_simd(has(WasmFeatures::RELAXED_SIMD))
        .consume_fuel(true)
        // A frame is one in the budget, and so is each of the values that it holds.
        .set_max_recursion_depth(budgets.stack)
        .set_min_stack_height(0)
        .set_max_stack_height(budgets.stack.saturating_mul(size_of::<u64>()));
    config
}

impl Wasmi {
    /// An engine for modules with these features, with an empty store.
    pub fn new(budgets: Budgets, features: Features) -> Wasmi {
        let engine = wasmi::Engine::new(&config(budgets, has(features)));
        let store = new_store(&engine, budgets);
        Wasmi { engine, store, instances: Vec::new(), budgets, features }
    }

    fn refuel(&mut self) {
        self.store.set_fuel(self.budgets.fuel).expect("fuel is configured");
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module, Outcome> {
        Module::new(&self.engine, wasm).map_err(|error| match (self.check(wasm), error.kind()) {
            (Err(refused), _) => refused,
            (_, ErrorKind::ImplementationLimits(_) | ErrorKind::Translation(_) | ErrorKind::Ir(_)) => {
                Outcome::Limit(error.to_string())
            }
            (_, _) => Outcome::Rejected(error.to_string()),
        })
    }

    /// It doesn't say whether a module is malformed or invalid.
    fn check(&self, wasm: &[u8]) -> Result<(), Outcome> {
        let (asked, has) = (binary::wasm_features(self.features), has(self.features));
        Module::validate(&self.engine, wasm).map_err(|e| proposals::refused(wasm, asked, has, e.to_string()))
    }

    fn export(&self, instance: InstanceId, export: &str) -> Result<Extern, Outcome> {
        let found = self.instances.get(instance).and_then(|i| i.get_export(&self.store, export));
        found.ok_or_else(|| Outcome::Unlinkable(format!("nothing is exported as {export:?}")))
    }

    fn host_func(&mut self, import: (String, String), ty: wasmi::FuncType, answers: &Source) -> Func {
        let Source::Host(answers) = answers else { unreachable!("only the host's functions are made") };
        let results = ty.results().iter().map(|t| val_type(*t)).collect();
        let funcs = &mut self.store.data_mut().funcs;
        funcs.push(Scripted::new(import, results, answers));
        let id = funcs.len() - 1;
        Func::new(&mut self.store, ty, move |mut caller: Caller<'_, State>, args, results| {
            let no_crossing = |outcome| Error::host(NoCrossing(outcome));
            let args: Result<Vec<Value>, Outcome> = args.iter().map(|v| from_val(caller.as_context_mut(), v)).collect();
            let args = args.map_err(no_crossing)?;
            let State { funcs, log, .. } = caller.data_mut();
            let answers = funcs[id].call(args, log).map_err(|_| Error::host(Thrown))?;
            for (result, answer) in results.iter_mut().zip(answers) {
                *result = to_val(caller.as_context_mut(), answer).map_err(no_crossing)?;
            }
            Ok(())
        })
    }
}

/// What wasmi has of these features.
fn has(features: Features) -> WasmFeatures {
    binary::wasm_features(features) & HAS
}

fn new_store(engine: &wasmi::Engine, budgets: Budgets) -> Store<State> {
    let state = State { funcs: Vec::new(), log: Vec::new(), refs: Vec::new(), left: budgets.store };
    let mut store = Store::new(engine, state);
    store.limiter(|state| state);
    store
}

fn val_type(t: wasmi::ValType) -> ValType {
    match t {
        wasmi::ValType::I32 => ValType::Num(NumType::I32),
        wasmi::ValType::I64 => ValType::Num(NumType::I64),
        wasmi::ValType::F32 => ValType::Num(NumType::F32),
        wasmi::ValType::F64 => ValType::Num(NumType::F64),
        wasmi::ValType::V128 => ValType::V128,
        wasmi::ValType::FuncRef => ValType::Ref(RefType::null(HeapType::Func)),
        wasmi::ValType::ExternRef => ValType::Ref(RefType::null(HeapType::Extern)),
    }
}

fn to_val(mut store: StoreContextMut<'_, State>, value: Value) -> Result<wasmi::Val, Outcome> {
    Ok(match value {
        Val::I32(c) => wasmi::Val::I32(c as i32),
        Val::I64(c) => wasmi::Val::I64(c as i64),
        Val::F32(c) => wasmi::Val::F32(F32::from_bits(c)),
        Val::F64(c) => wasmi::Val::F64(F64::from_bits(c)),
        Val::V128(c) => wasmi::Val::V128(c.into()),
        Val::Ref(Ref::Null(HeapType::Func)) => wasmi::Val::FuncRef(Nullable::Null),
        Val::Ref(Ref::Null(HeapType::Extern)) => wasmi::Val::ExternRef(Nullable::Null),
        Val::Ref(Ref::Extern(AnyRef::Host(n))) => wasmi::Val::ExternRef(ExternRef::new(&mut store, n).into()),
        Val::Ref(Ref::Func(a)) if a < store.data().refs.len() => wasmi::Val::FuncRef(store.data().refs[a].into()),
        Val::Ref(_) => return Err(Outcome::Unsupported(format!("{value} doesn't cross to wasmi"))),
    })
}

fn from_val(mut store: StoreContextMut<'_, State>, value: &wasmi::Val) -> Result<Value, Outcome> {
    Ok(match value {
        wasmi::Val::I32(c) => Val::I32(*c as u32),
        wasmi::Val::I64(c) => Val::I64(*c as u64),
        wasmi::Val::F32(c) => Val::F32(c.to_bits()),
        wasmi::Val::F64(c) => Val::F64(c.to_bits()),
        wasmi::Val::V128(c) => Val::V128(c.as_u128()),
        wasmi::Val::FuncRef(Nullable::Null) => Val::Ref(Ref::Null(HeapType::Func)),
        wasmi::Val::FuncRef(Nullable::Val(func)) => {
            let refs = &mut store.data_mut().refs;
            refs.push(*func);
            Val::Ref(Ref::Func(refs.len() - 1))
        }
        wasmi::Val::ExternRef(Nullable::Null) => Val::Ref(Ref::Null(HeapType::Extern)),
        wasmi::Val::ExternRef(Nullable::Val(r)) => match r.data(store.as_context()).downcast_ref::<u32>() {
            Some(n) => Val::Ref(Ref::host(*n)),
            None => return Err(Outcome::Unsupported("an externref that isn't one of the host's".into())),
        },
    })
}

/// What a call or an instantiation that failed ended with.
fn outcome(error: &Error) -> Outcome {
    if error.downcast_ref::<Thrown>().is_some() {
        return Outcome::Threw(Vec::new());
    }
    if let Some(NoCrossing(outcome)) = error.downcast_ref::<NoCrossing>() {
        return outcome.clone();
    }
    let trapped = |kind| Outcome::Trapped(Trap { kind, or: Vec::new(), message: error.to_string(), place: None });
    match error.kind() {
        ErrorKind::Memory(error) | ErrorKind::Instantiation(InstantiationError::FailedToInstantiateMemory(error)) => {
            match error {
                MemoryError::OutOfBoundsAccess => trapped(TrapKind::MemoryOutOfBounds),
                MemoryError::OutOfFuel { .. } => Outcome::Exhausted(Budget::Fuel),
                MemoryError::ResourceLimiterDeniedAllocation | MemoryError::OutOfSystemMemory => {
                    Outcome::Exhausted(Budget::Store)
                }
                other => Outcome::Limit(other.to_string()),
            }
        }
        ErrorKind::Table(error) | ErrorKind::Instantiation(InstantiationError::FailedToInstantiateTable(error)) => {
            match error {
                TableError::InitOutOfBounds
                | TableError::FillOutOfBounds
                | TableError::SetOutOfBounds
                | TableError::CopyOutOfBounds => trapped(TrapKind::TableOutOfBounds),
                TableError::OutOfFuel { .. } => Outcome::Exhausted(Budget::Fuel),
                TableError::ResourceLimiterDeniedAllocation | TableError::OutOfSystemMemory => {
                    Outcome::Exhausted(Budget::Store)
                }
                other => Outcome::Limit(other.to_string()),
            }
        }
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
            trapped(TrapKind::TableOutOfBounds)
        }
        ErrorKind::Instantiation(_) | ErrorKind::Linker(_) => Outcome::Unlinkable(error.to_string()),
        _ => match error.as_trap_code() {
            Some(TrapCode::UnreachableCodeReached) => trapped(TrapKind::Unreachable),
            Some(TrapCode::MemoryOutOfBounds) => trapped(TrapKind::MemoryOutOfBounds),
            Some(TrapCode::TableOutOfBounds) => trapped(TrapKind::TableOutOfBounds),
            Some(TrapCode::IndirectCallToNull) => trapped(TrapKind::UninitializedElement),
            Some(TrapCode::IntegerDivisionByZero) => trapped(TrapKind::IntegerDivideByZero),
            Some(TrapCode::IntegerOverflow) => trapped(TrapKind::IntegerOverflow),
            Some(TrapCode::BadConversionToInteger) => trapped(TrapKind::InvalidConversion),
            Some(TrapCode::BadSignature) => trapped(TrapKind::IndirectCallType),
            Some(TrapCode::StackOverflow) => Outcome::Exhausted(Budget::Stack),
            Some(TrapCode::OutOfFuel) => Outcome::Exhausted(Budget::Fuel),
            Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory) => Outcome::Exhausted(Budget::Store),
            None => Outcome::Unsupported(error.to_string()),
        },
    }
}

impl Engine for Wasmi {
    fn id(&self) -> String {
        "wasmi".into()
    }

    fn version(&self) -> String {
        "2.0.0".into()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn proposals(&self) -> Vec<&'static str> {
        proposals::proposals(has(self.features))
    }

    fn set_features(&mut self, features: Features) {
        if features != self.features {
            *self = Wasmi::new(self.budgets, features);
        }
    }

    fn reset(&mut self) {
        self.store = new_store(&self.engine, self.budgets);
        self.instances.clear();
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.check(wasm)
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let module = self.compile(wasm)?;
        let mut linker = Linker::new(&self.engine);
        for import in module.imports() {
            let (name, item) = (import.module(), import.name());
            let link = links.iter().find(|l| l.module == name && l.name == item);
            let found = match (link.map(|l| &l.from), import.ty()) {
                (Some(Source::Instance(id, export)), _) => self.export(*id, export)?,
                (Some(from @ Source::Host(_)), wasmi::ExternType::Func(ty)) => {
                    if linker.get(&self.store, name, item).is_some() {
                        let why = format!("wasmi links by name, and two imports are called {name:?} {item:?}");
                        return Err(Outcome::Unsupported(why));
                    }
                    self.host_func((name.to_owned(), item.to_owned()), ty.clone(), from).into()
                }
                _ => return Err(Outcome::Unlinkable(format!("unknown import: {name:?} {item:?}"))),
            };
            if linker.get(&self.store, name, item).is_none() {
                linker.define(name, item, found).expect("nothing is defined under this name yet");
            }
        }
        self.refuel();
        let instance = linker.instantiate_and_start(&mut self.store, &module).map_err(|e| outcome(&e))?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        let func = match self.export(instance, export) {
            Ok(Extern::Func(func)) => func,
            Ok(_) => return Outcome::Unlinkable(format!("no function is exported as {export:?}")),
            Err(outcome) => return outcome,
        };
        let args: Result<Vec<_>, _> = args.iter().map(|v| to_val(self.store.as_context_mut(), *v)).collect();
        let args = match args {
            Ok(args) => args,
            Err(outcome) => return outcome,
        };
        let mut results = vec![wasmi::Val::I32(0); func.ty(&self.store).results().len()];
        self.refuel();
        if let Err(error) = func.call(&mut self.store, &args, &mut results) {
            return outcome(&error);
        }
        match results.iter().map(|v| from_val(self.store.as_context_mut(), v)).collect() {
            Ok(values) => Outcome::Returned(values),
            Err(outcome) => outcome,
        }
    }

    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let Extern::Global(global) = self.export(instance, export)? else { return Err(not_a("global", export)) };
        let value = global.get(&self.store);
        from_val(self.store.as_context_mut(), &value)
    }

    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        let Extern::Global(global) = self.export(instance, export)? else { return Err(not_a("global", export)) };
        let value = to_val(self.store.as_context_mut(), value)?;
        global.set(&mut self.store, value).map_err(|e| Outcome::Unsupported(e.to_string()))
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
        Ok((0..len).map(|i| table.get(&self.store, i).is_some_and(|r| r.is_null())).collect())
    }

    fn log(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.store.data_mut().log)
    }
}

fn not_a(what: &str, export: &str) -> Outcome {
    Outcome::Unlinkable(format!("no {what} is exported as {export:?}"))
}

//! wasmtime with each of its compilers.

use std::collections::VecDeque;

use assay_interp::binary;
use assay_interp::exec::{AnyRef as Inside, Ref, Val, Value};
use assay_interp::machine::Budgets;
use assay_interp::outcome::{Budget, Outcome, Trap, TrapKind};
use assay_interp::syntax::{Features, HeapType, NumType, PAGE, RefType, ValType};
use wasmparser::WasmFeatures;
use wasmtime::{
    AnyRef, AsContextMut, Config, ExnRef, ExnRefPre, Extern, ExternRef, Func, GcHeapOutOfMemory, I31, Inlining,
    Instance, Module, OperatorCost, OwnedRooted, ResourceLimiter, Rooted, Store, StoreContextMut, Strategy, Tag,
    ThrownException,
};
use wasmtime_cli_flags::CommonOptions;

use crate::host::Scripted;
use crate::id::{Collector, Compiler, OptLevel, Regalloc, Switch, WasmtimeId};
use crate::{Engine, EngineError, EngineId, HostCall, InstanceId, Link, Nulls, Source, proposals};

/// wasmtime in this process.
///
/// Its fuel counts other steps than ours: a run that is out of fuel on either side is no difference. It has one thread
/// here: whoever calls what waits on a shared memory waits really, for its timeout, or for ever.
pub struct Wasmtime {
    engine: wasmtime::Engine,
    store: Store<State>,
    instances: Vec<Instance>,
    /// The last modules that were compiled, by their bytes: a comparison instantiates the same ones again and again.
    compiled: VecDeque<(Vec<u8>, Module)>,
    id: WasmtimeId,
    budgets: Budgets,
    features: Features,
}

/// Modules that are kept compiled: as many as a scenario has, and what provides them with their imports.
const COMPILED: usize = 6;

struct State {
    funcs: Vec<Scripted>,
    log: Vec<HostCall>,
    /// Functions that have crossed the interface as references: their addresses are positions here.
    refs: Vec<Func>,
    /// Structures, arrays and exceptions that have, likewise.
    objects: Vec<Object>,
    /// The tag of what the host throws, once it has.
    tag: Option<Tag>,
    /// Bytes that memories and tables may still take.
    left: u64,
    /// Whether the growth under way is one that may succeed.
    grows: bool,
}

/// What lives in wasmtime's own heap.
#[derive(Clone)]
enum Object {
    Any(OwnedRooted<AnyRef>),
    Exn(OwnedRooted<ExnRef>),
}

/// The budget of memories and tables doesn't allow a growth that the module's own limits do.
#[derive(Debug, thiserror::Error)]
#[error("memories and tables are out of their budget")]
struct OutOfStore;

/// What the host throws where there are no exceptions, and nothing that could catch one.
#[derive(Debug, thiserror::Error)]
#[error("thrown by the host")]
struct HostThrew;

impl State {
    fn new(budgets: Budgets) -> State {
        State {
            funcs: Vec::new(),
            log: Vec::new(),
            refs: Vec::new(),
            objects: Vec::new(),
            tag: None,
            left: budgets.store,
            grows: false,
        }
    }

    /// Whether a growth succeeds. Beyond the limits of the type it fails, as the standard says; beyond the budget the
    /// run ends, since a failure would be this engine's own choice.
    fn growing(&mut self, bytes: usize, allowed: bool) -> wasmtime::Result<bool> {
        self.grows = allowed;
        if allowed {
            self.left = self.left.checked_sub(bytes as u64).ok_or(OutOfStore)?;
        }
        Ok(allowed)
    }

    /// A growth failed: by the limits of its type, or because a memory that can't be moved has no room.
    fn failed(&self) -> wasmtime::Result<()> {
        if self.grows { Err(OutOfStore.into()) } else { Ok(()) }
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

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.failed()
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.failed()
    }
}

fn new_store(engine: &wasmtime::Engine, budgets: Budgets) -> Store<State> {
    let mut store = Store::new(engine, State::new(budgets));
    store.limiter(|state| state);
    store
}

/// What Winch lacks of 3.0, and Pulley of threads: wasmtime refuses to be made with it. The types without which there
/// is no `externref` count among it.
fn lacks(compiler: Compiler) -> WasmFeatures {
    match compiler {
        Compiler::Cranelift => WasmFeatures::empty(),
        Compiler::Winch => {
            let threads = if cfg!(target_arch = "x86_64") { WasmFeatures::empty() } else { WasmFeatures::THREADS };
            WasmFeatures::GC
                | WasmFeatures::GC_TYPES
                | WasmFeatures::FUNCTION_REFERENCES
                | WasmFeatures::RELAXED_SIMD
                | WasmFeatures::TAIL_CALL
                | WasmFeatures::EXCEPTIONS
                | threads
        }
        Compiler::Pulley => WasmFeatures::THREADS,
    }
}

/// What an engine of this id has of these features.
fn has(id: &WasmtimeId, features: Features) -> WasmFeatures {
    binary::wasm_features(features) - lacks(id.compiler)
}

/// The choices of an id in wasmtime's own terms, as its command line has them: Cranelift's flags are reached by code
/// that isn't safe, and this is wasmtime's. Those of the processor are safe to choose, since wasmtime refuses to run
/// what the processor that it finds hasn't.
fn options(id: &WasmtimeId) -> CommonOptions {
    let is_on = |switch: Switch| switch == Switch::On;
    let mut options = CommonOptions::new();
    let codegen = &mut options.codegen;
    codegen.compiler = Some(match id.compiler {
        Compiler::Cranelift | Compiler::Pulley => Strategy::Cranelift,
        Compiler::Winch => Strategy::Winch,
    });
    codegen.collector = id.collector.map(|collector| match collector {
        Collector::Null => wasmtime::Collector::Null,
        Collector::Drc => wasmtime::Collector::DeferredReferenceCounting,
        Collector::Copying => wasmtime::Collector::Copying,
    });
    codegen.inlining = id.inlining.map(|on| if is_on(on) { Inlining::Yes } else { Inlining::No });
    let mut flag = |name: String, on: bool| codegen.cranelift.push((name, Some(on.to_string())));
    for (name, on) in id.isa.iter().flat_map(|isa| &isa.0) {
        flag(format!("has_{name}"), *on);
    }
    if let Some(spectre) = id.spectre {
        flag("enable_heap_access_spectre_mitigation".to_owned(), is_on(spectre));
        flag("enable_table_access_spectre_mitigation".to_owned(), is_on(spectre));
    }
    options.opts.opt_level = id.opt.map(|opt| match opt {
        OptLevel::None => wasmtime::OptLevel::None,
        OptLevel::Speed => wasmtime::OptLevel::Speed,
        OptLevel::Size => wasmtime::OptLevel::SpeedAndSize,
    });
    options.opts.regalloc_algorithm = id.regalloc.map(|regalloc| match regalloc {
        Regalloc::Backtracking => wasmtime::RegallocAlgorithm::Backtracking,
        Regalloc::SinglePass => wasmtime::RegallocAlgorithm::SinglePass,
    });
    options.opts.memory_reservation = id.reservation;
    options.opts.memory_guard_size = id.guard;
    options.opts.memory_may_move = id.moves.map(is_on);
    options.opts.signals_based_traps = id.signals.map(is_on);
    options.wasm.nan_canonicalization = id.nan.map(|_| true);
    if id.compiler == Compiler::Pulley {
        let endian = if cfg!(target_endian = "big") { "be" } else { "" };
        options.target = Some(format!("pulley{}{endian}", usize::BITS));
    }
    options
}

fn config(id: &WasmtimeId, features: Features) -> wasmtime::Result<Config> {
    let enabled = has(id, features);
    let mut config = options(id).config(None)?;
    config.consume_fuel(true).wasm_features(enabled, true).wasm_features(!enabled, false);
    config.shared_memory(enabled.contains(WasmFeatures::THREADS));
    // Growth takes from a budget of its own, and what fails by the standard shouldn't cost anything.
    let mut costs = OperatorCost::default();
    (costs.variable.memory_grow_per_page, costs.variable.table_grow_per_element) = (0, 0);
    config.operator_cost(costs);
    Ok(config)
}

/// How Winch says that it has no code for an instruction or a type, or not on this processor.
const WINCH_LACKS: [&str; 3] = ["Unimplemented", "Unsupported", "not implemented for CPUs without"];

impl Wasmtime {
    /// An engine for modules with these features, with an empty store.
    ///
    /// # Errors
    ///
    /// wasmtime has no code generator for this machine, or not with these options.
    pub fn new(id: &WasmtimeId, budgets: Budgets, features: Features) -> Result<Wasmtime, EngineError> {
        let engine = config(id, features).and_then(|config| wasmtime::Engine::new(&config));
        let refused =
            |e: wasmtime::Error| EngineError::Refused { id: EngineId::Wasmtime(id.clone()), why: format!("{e:#}") };
        let engine = engine.map_err(refused)?;
        let store = new_store(&engine, budgets);
        let (id, instances, compiled) = (id.clone(), Vec::new(), VecDeque::new());
        Ok(Wasmtime { engine, store, instances, compiled, id, budgets, features })
    }

    fn refuel(&mut self) {
        // Of a growth that is too large for any memory, nobody is asked whether it may be.
        self.store.data_mut().grows = false;
        self.store.set_fuel(self.budgets.fuel).expect("fuel is configured");
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Module, Outcome> {
        if let Some((_, module)) = self.compiled.iter().find(|(bytes, _)| bytes == wasm) {
            return Ok(module.clone());
        }
        let module = self.compile_anew(wasm)?;
        self.compiled.truncate(COMPILED - 1);
        self.compiled.push_front((wasm.to_vec(), module.clone()));
        Ok(module)
    }

    fn compile_anew(&self, wasm: &[u8]) -> Result<Module, Outcome> {
        Module::from_binary(&self.engine, wasm).map_err(|error| {
            if let Err(refused) = self.check(wasm) {
                return refused;
            }
            // Of what is valid the compilers say in words why there is no code for it.
            let why = format!("{error:#}");
            let says = |words: &[&str]| words.iter().any(|words| why.contains(words));
            match self.id.compiler {
                Compiler::Winch if says(&WINCH_LACKS) => Outcome::Unsupported(why),
                _ if says(&["mplementation limit"]) => Outcome::Limit(why),
                _ => Outcome::Rejected(why),
            }
        })
    }

    /// It doesn't say whether a module is malformed, invalid or beyond a limit.
    fn check(&self, wasm: &[u8]) -> Result<(), Outcome> {
        let (asked, has) = (binary::wasm_features(self.features), has(&self.id, self.features));
        let checked = Module::validate(&self.engine, wasm);
        checked.map_err(|e| proposals::refused(wasm, asked, has, format!("{e:#}")))
    }

    fn export(&mut self, instance: InstanceId, export: &str) -> Result<Extern, Outcome> {
        let found = self.instances.get(instance).copied().and_then(|i| i.get_export(&mut self.store, export));
        found.ok_or_else(|| Outcome::Unlinkable(format!("nothing is exported as {export:?}")))
    }

    /// A memory whose bytes can be looked at: those of a shared one only by code that isn't safe.
    fn unshared(&mut self, instance: InstanceId, export: &str) -> Result<wasmtime::Memory, Outcome> {
        match self.export(instance, export)? {
            Extern::Memory(memory) => Ok(memory),
            Extern::SharedMemory(_) => Err(Outcome::Unsupported(format!("the bytes of the shared memory {export:?}"))),
            _ => Err(not_a("memory", export)),
        }
    }

    fn host_func(&mut self, import: (String, String), ty: wasmtime::FuncType, from: &Source) -> Result<Func, Outcome> {
        let Source::Host(answers) = from else { unreachable!("only the host's functions are made") };
        let results: Result<Vec<ValType>, Outcome> = ty.results().map(|t| val_type(&t)).collect();
        let exceptions = has(&self.id, self.features).contains(WasmFeatures::EXCEPTIONS);
        let state = self.store.data_mut();
        state.funcs.push(Scripted::new(import, results?, answers));
        let id = state.funcs.len() - 1;
        Ok(Func::new(&mut self.store, ty, move |mut caller, args, results| {
            let args: Result<Vec<Value>, Outcome> = args.iter().map(|v| from_val(caller.as_context_mut(), v)).collect();
            let args = args.map_err(|outcome| wasmtime::Error::msg(outcome.to_string()))?;
            let State { funcs, log, .. } = caller.data_mut();
            let Ok(answers) = funcs[id].call(args, log) else {
                return if exceptions { throw(&mut caller.as_context_mut()) } else { Err(HostThrew.into()) };
            };
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
        wasmtime::ValType::Ref(t) => {
            let heap = match t.heap_type().top() {
                wasmtime::HeapType::Func => HeapType::Func,
                wasmtime::HeapType::Extern => HeapType::Extern,
                wasmtime::HeapType::Any => HeapType::Any,
                wasmtime::HeapType::Exn => HeapType::Exn,
                _ => return Err(Outcome::Unsupported(format!("values of type {t} don't cross to wasmtime"))),
            };
            ValType::Ref(RefType { nullable: t.is_nullable(), heap })
        }
    })
}

/// Throws an exception of the host's, of a tag that no module has.
fn throw(store: &mut StoreContextMut<'_, State>) -> wasmtime::Result<()> {
    let func = wasmtime::FuncType::new(store.engine(), [], []);
    let tag = match store.data().tag {
        Some(tag) => tag,
        None => Tag::new(&mut *store, &wasmtime::TagType::new(func.clone()))?,
    };
    store.data_mut().tag = Some(tag);
    let ty = wasmtime::ExnType::from_tag_type(&tag.ty(&*store))?;
    let allocator = ExnRefPre::new(&mut *store, ty);
    let exn = ExnRef::new(&mut *store, &allocator, &tag, &[])?;
    store.throw(exn)
}

fn to_val(mut store: impl AsContextMut<Data = State>, value: Value) -> Result<wasmtime::Val, Outcome> {
    let unsupported = |e: wasmtime::Error| Outcome::Unsupported(e.to_string());
    Ok(match value {
        Val::I32(c) => wasmtime::Val::I32(c as i32),
        Val::I64(c) => wasmtime::Val::I64(c as i64),
        Val::F32(c) => wasmtime::Val::F32(c),
        Val::F64(c) => wasmtime::Val::F64(c),
        Val::V128(c) => wasmtime::Val::V128(c.into()),
        Val::Ref(Ref::Null(HeapType::Func)) => wasmtime::Val::FuncRef(None),
        Val::Ref(Ref::Null(HeapType::Extern)) => wasmtime::Val::ExternRef(None),
        Val::Ref(Ref::Func(a)) => wasmtime::Val::FuncRef(store.as_context_mut().data().refs.get(a).copied()),
        Val::Ref(Ref::Null(HeapType::Exn)) => wasmtime::Val::ExnRef(None),
        Val::Ref(Ref::Null(_)) => wasmtime::Val::AnyRef(None),
        Val::Ref(Ref::Exn(a)) => match store.as_context().data().objects.get(a).cloned() {
            Some(Object::Exn(r)) => wasmtime::Val::ExnRef(Some(r.to_rooted(&mut store))),
            _ => return Err(Outcome::Unsupported(format!("{value} isn't an exception that wasmtime has given"))),
        },
        Val::Ref(Ref::Extern(Inside::Host(n))) => {
            wasmtime::Val::ExternRef(Some(ExternRef::new(&mut store, n).map_err(unsupported)?))
        }
        Val::Ref(Ref::Any(r)) => wasmtime::Val::AnyRef(Some(to_any(store, r)?)),
        Val::Ref(Ref::Extern(r)) => {
            let inside = to_any(&mut store, r)?;
            wasmtime::Val::ExternRef(Some(ExternRef::convert_any(&mut store, inside).map_err(unsupported)?))
        }
    })
}

fn to_any(mut store: impl AsContextMut<Data = State>, r: Inside) -> Result<Rooted<AnyRef>, Outcome> {
    let unsupported = |e: wasmtime::Error| Outcome::Unsupported(e.to_string());
    match r {
        Inside::I31(i) => Ok(AnyRef::from_i31(&mut store, I31::wrapping_u32(i))),
        Inside::Struct(a) | Inside::Array(a) => match store.as_context().data().objects.get(a).cloned() {
            Some(Object::Any(r)) => Ok(r.to_rooted(&mut store)),
            _ => Err(Outcome::Unsupported(format!("{r} isn't what wasmtime has given"))),
        },
        Inside::Host(n) => {
            let outside = ExternRef::new(&mut store, n).map_err(unsupported)?;
            AnyRef::convert_extern(&mut store, outside).map_err(unsupported)
        }
    }
}

/// A reference of wasmtime's heap; those that are no numbers are remembered, so that they can come back.
fn from_any(mut store: impl AsContextMut<Data = State>, r: Rooted<AnyRef>) -> wasmtime::Result<Inside> {
    if let Some(i) = r.as_i31(&store)? {
        return Ok(Inside::I31(i.get_u32()));
    }
    let (is_struct, is_array) = (r.is_struct(&store)?, r.is_array(&store)?);
    if !is_struct && !is_array {
        let outside = ExternRef::convert_any(&mut store, r)?;
        let number = extern_number(&store, &outside);
        return number.map(Inside::Host).ok_or_else(|| wasmtime::Error::msg("a reference of an unknown kind"));
    }
    let owned = r.to_owned_rooted(&mut store)?;
    let mut context = store.as_context_mut();
    let objects = &mut context.data_mut().objects;
    objects.push(Object::Any(owned));
    let a = objects.len() - 1;
    Ok(if is_struct { Inside::Struct(a) } else { Inside::Array(a) })
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
        wasmtime::Val::ExternRef(Some(r)) => match extern_number(&store, r) {
            Some(n) => Val::Ref(Ref::host(n)),
            None => {
                let inside = AnyRef::convert_extern(&mut store, *r).and_then(|r| from_any(&mut store, r));
                Val::Ref(Ref::Extern(inside.map_err(|_| unsupported())?))
            }
        },
        wasmtime::Val::AnyRef(None) => Val::Ref(Ref::Null(HeapType::Any)),
        wasmtime::Val::AnyRef(Some(r)) => Val::Ref(Ref::Any(from_any(store, *r).map_err(|_| unsupported())?)),
        wasmtime::Val::ExnRef(None) => Val::Ref(Ref::Null(HeapType::Exn)),
        wasmtime::Val::ExnRef(Some(r)) => {
            let owned = r.to_owned_rooted(&mut store).map_err(|_| unsupported())?;
            let mut context = store.as_context_mut();
            let objects = &mut context.data_mut().objects;
            objects.push(Object::Exn(owned));
            Val::Ref(Ref::Exn(objects.len() - 1))
        }
        _ => return Err(unsupported()),
    })
}

fn extern_number(store: &impl AsContextMut<Data = State>, r: &Rooted<ExternRef>) -> Option<u32> {
    r.data(store.as_context()).ok()??.downcast_ref::<u32>().copied()
}

/// What a call or an instantiation that failed ended with.
fn outcome(store: &mut Store<State>, error: &wasmtime::Error) -> Outcome {
    if error.is::<ThrownException>() {
        return payload(store).map_or_else(|e| Outcome::Unsupported(format!("{e:#}")), Outcome::Threw);
    }
    if error.is::<HostThrew>() {
        return Outcome::Threw(Vec::new());
    }
    if error.is::<OutOfStore>() {
        return Outcome::Exhausted(Budget::Store);
    }
    if error.is::<GcHeapOutOfMemory<()>>() {
        return Outcome::Exhausted(Budget::Heap);
    }
    let Some(trap) = error.downcast_ref::<wasmtime::Trap>() else {
        return Outcome::Unsupported(format!("{error:#}"));
    };
    let kind = match trap {
        wasmtime::Trap::StackOverflow => return Outcome::Exhausted(Budget::Stack),
        wasmtime::Trap::AllocationTooLarge => return Outcome::Exhausted(Budget::Heap),
        wasmtime::Trap::NullReference => TrapKind::NullReference,
        wasmtime::Trap::CastFailure => TrapKind::CastFailure,
        wasmtime::Trap::ArrayOutOfBounds => TrapKind::ArrayOutOfBounds,
        wasmtime::Trap::OutOfFuel => return Outcome::Exhausted(Budget::Fuel),
        wasmtime::Trap::UnreachableCodeReached => TrapKind::Unreachable,
        wasmtime::Trap::MemoryOutOfBounds => TrapKind::MemoryOutOfBounds,
        wasmtime::Trap::TableOutOfBounds => TrapKind::TableOutOfBounds,
        wasmtime::Trap::IndirectCallToNull => TrapKind::UninitializedElement,
        wasmtime::Trap::BadSignature => TrapKind::IndirectCallType,
        wasmtime::Trap::IntegerOverflow => TrapKind::IntegerOverflow,
        wasmtime::Trap::IntegerDivisionByZero => TrapKind::IntegerDivideByZero,
        wasmtime::Trap::BadConversionToInteger => TrapKind::InvalidConversion,
        wasmtime::Trap::HeapMisaligned => TrapKind::UnalignedAtomic,
        wasmtime::Trap::AtomicWaitNonSharedMemory => TrapKind::UnsharedMemory,
        _ => TrapKind::Other,
    };
    Outcome::Trapped(Trap { kind, or: Vec::new(), message: trap.to_string(), place: None })
}

/// The values of the exception that has left the outermost function.
fn payload(store: &mut Store<State>) -> wasmtime::Result<Vec<Value>> {
    let exn = store.take_pending_exception().ok_or_else(|| wasmtime::Error::msg("thrown, but no exception"))?;
    let count = exn.ty(&*store)?.fields().len();
    let fields: Vec<wasmtime::Val> = (0..count).map(|i| exn.field(&mut *store, i)).collect::<Result<_, _>>()?;
    let values = fields.iter().map(|v| from_val(&mut *store, v));
    values.collect::<Result<_, Outcome>>().map_err(|outcome| wasmtime::Error::msg(outcome.to_string()))
}

impl Engine for Wasmtime {
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> String {
        "48.0.8".into()
    }

    fn proposals(&self) -> Vec<&'static str> {
        proposals::proposals(has(&self.id, self.features))
    }

    fn features(&self) -> Features {
        self.features
    }

    fn set_features(&mut self, features: Features) {
        if features != self.features {
            let new = Wasmtime::new(&self.id, self.budgets, features);
            *self = new.expect("wasmtime has been made with the same options, and takes any features that it has");
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
            let has_run = error.is::<wasmtime::Trap>()
                || error.is::<ThrownException>()
                || error.is::<HostThrew>()
                || error.is::<OutOfStore>()
                || error.is::<GcHeapOutOfMemory<()>>();
            if has_run { outcome(&mut self.store, &error) } else { Outcome::Unlinkable(format!("{error:#}")) }
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
            return outcome(&mut self.store, &error);
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
        let memory = self.unshared(instance, export)?;
        Ok(memory.data(&self.store).to_vec())
    }

    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        let memory = self.unshared(instance, export)?;
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

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};

    use super::*;
    use crate::id::WASMTIME_OPTIONS;

    /// What wasmtime compares before it runs what another engine has compiled.
    fn hash(id: &str) -> u64 {
        let Ok(EngineId::Wasmtime(id)) = id.parse() else { panic!("{id} isn't an id of wasmtime") };
        let engine =
            Wasmtime::new(&id, Budgets::default(), Features::default()).unwrap_or_else(|e| panic!("{e}")).engine;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }

    #[test]
    fn every_option_reaches_the_compiler() {
        for option in WASMTIME_OPTIONS {
            for compiler in option.compilers {
                let plain = format!("wasmtime:{compiler}");
                let values: Vec<String> = match option.values {
                    "BYTES" => vec!["0".into(), "131072".into()],
                    "-NAME+NAME…" if cfg!(target_arch = "x86_64") => vec!["-sse41".into(), "-bmi1".into()],
                    "-NAME+NAME…" => vec!["-lse".into(), "+lse".into()],
                    words => words.split('|').map(str::to_owned).collect(),
                };
                let signals = if option.name == "signals" { ",spectre=off" } else { "" };
                let changes =
                    |value: &String| hash(&format!("{plain}{signals},{}={value}", option.name)) != hash(&plain);
                assert!(values.iter().any(changes), "{plain}: {} changes nothing", option.name);
            }
        }
    }

    /// Each extension is known by its name, or it would never be drawn.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn extensions_that_are_drawn_can_be_taken_away() {
        for name in crate::id::ISA_EXTENSIONS {
            hash(&format!("wasmtime:cranelift,isa=-{name}"));
        }
    }

    /// A growth that fails because of an option is this engine's own choice.
    #[test]
    fn a_memory_that_cannot_move_is_exhausted() {
        let Ok(EngineId::Wasmtime(id)) = "wasmtime:cranelift,reservation=65536,moves=off".parse() else { panic!() };
        let mut engine = Wasmtime::new(&id, Budgets::default(), Features::default()).expect("an engine");
        let wat = r#"(module (memory 1 3)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
        let instance = engine.instantiate(&wat::parse_str(wat).expect("a module"), &[]).expect("an instance");
        let mut grow = |n| engine.invoke(instance, "grow", &[Value::I32(n)]);
        assert_eq!(grow(3), Outcome::Returned(vec![Value::I32(u32::MAX)]));
        assert_eq!(grow(1), Outcome::Exhausted(Budget::Store));
    }

    /// The list of what a compiler lacks is wasmtime's own.
    #[test]
    fn wasmtime_refuses_what_is_lacked() {
        for compiler in Compiler::ALL {
            let id = WasmtimeId::from(*compiler);
            for (name, feature) in lacks(*compiler).iter_names() {
                let mut config = config(&id, Features::default()).expect("a configuration");
                config.wasm_features(feature, true);
                assert!(wasmtime::Engine::new(&config).is_err(), "{compiler} has {name}");
            }
            for features in crate::Version::ALL.map(Features::from).into_iter().chain([Features::ALL]) {
                assert!(Wasmtime::new(&id, Budgets::default(), features).is_ok(), "{compiler} {features:?}");
            }
        }
    }
}

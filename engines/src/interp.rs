//! Our own interpreter.

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{Domain, ExternAddr, FuncInst, ModuleInst, Store, Value};
use assay_interp::machine::{Advanced, Budgets, Host, HostError, Machine};
use assay_interp::outcome::Outcome;
use assay_interp::syntax::{ExternType, Features, Module, RefType, ValType};
use assay_interp::trace::{Last, Observer};
use assay_interp::value::{Chosen, Concrete, Profile};

use crate::host::Scripted;
use crate::{Engine, HostCall, InstanceId, Link, Nulls, Ref, Source, ThreadId};

/// The interpreter.
pub struct Interp {
    machine: Machine,
    budgets: Budgets,
    features: Features,
    profile: Profile,
    instances: Vec<Arc<ModuleInst>>,
    host: Script,
    /// How many last steps of an invocation are kept.
    keep: Option<usize>,
    last: Option<Last>,
}

#[derive(Default)]
struct Script {
    funcs: Vec<Scripted>,
    log: Vec<HostCall>,
}

impl Host for Script {
    fn call(&mut self, _: &mut Store<Concrete>, id: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError> {
        self.funcs[id].call(args, &mut self.log).map_err(|_| HostError::Throw)
    }
}

impl Interp {
    /// An interpreter of 3.0 with an empty store, which takes choices by the deterministic profile.
    pub fn new(budgets: Budgets) -> Interp {
        Interp::with(budgets, Features::default(), Profile::Deterministic)
    }

    /// An interpreter of modules with these features, by the deterministic profile.
    pub fn with_features(budgets: Budgets, features: Features) -> Interp {
        Interp::with(budgets, features, Profile::Deterministic)
    }

    /// An interpreter of 3.0 that takes choices by this profile.
    pub fn with_profile(budgets: Budgets, profile: Profile) -> Interp {
        Interp::with(budgets, Features::default(), profile)
    }

    /// An interpreter of modules with these features, with an empty store, which takes choices by this profile.
    pub fn with(budgets: Budgets, features: Features, profile: Profile) -> Interp {
        let machine = Machine::with_profile(budgets, profile);
        let (instances, host) = (Vec::new(), Script::default());
        Interp { machine, budgets, features, profile, instances, host, keep: None, last: None }
    }

    /// The machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Which choices there were since the store was empty.
    pub fn chosen(&self) -> Chosen {
        self.machine.chosen()
    }

    /// Keeps the last `n` steps of each invocation and instantiation.
    pub fn keep_last(&mut self, n: usize) {
        self.keep = Some(n);
    }

    /// The last steps of the last invocation or instantiation, if they were to be kept.
    pub fn last(&self) -> Option<&Last> {
        self.last.as_ref()
    }

    /// Calls an exported function while somebody watches.
    pub fn invoke_observed<O: Observer>(
        &mut self,
        instance: InstanceId,
        export: &str,
        args: &[Value],
        observer: &mut O,
    ) -> Outcome {
        match self.find(instance, export, "function", ModuleInst::func) {
            Ok(func) => self.machine.invoke(func, args, &mut self.host, observer),
            Err(outcome) => outcome,
        }
    }

    /// Calls an exported function in the flat form, which tells the rules that its operations stand for: see
    /// [`Machine::invoke_flat`].
    pub fn invoke_flat<O: Observer>(
        &mut self,
        instance: InstanceId,
        export: &str,
        args: &[Value],
        observer: &mut O,
    ) -> Outcome {
        match self.find(instance, export, "function", ModuleInst::func) {
            Ok(func) => self.machine.invoke_flat(func, args, &mut self.host, observer),
            Err(outcome) => outcome,
        }
    }

    /// Lets a thread take steps while somebody watches.
    pub fn advance_observed<O: Observer>(&mut self, thread: ThreadId, steps: u64, observer: &mut O) -> Advanced {
        self.machine.advance(thread, steps, &mut self.host, observer)
    }

    /// Runs a thread to its end while somebody watches, it and the others.
    pub fn join_observed<O: Observer>(&mut self, thread: ThreadId, observer: &mut O) -> Outcome {
        self.machine.join(thread, &mut self.host, observer)
    }

    /// Instantiates a module while somebody watches.
    ///
    /// # Errors
    ///
    /// What the instantiation ended with.
    pub fn instantiate_observed<O: Observer>(
        &mut self,
        wasm: &[u8],
        links: &[Link],
        observer: &mut O,
    ) -> Result<InstanceId, Outcome> {
        let module = Arc::new(binary::decode_with(wasm, self.features)?);
        let imports = imports(self.machine.store_mut(), &module, links, &self.instances, &mut self.host.funcs)?;
        let instance = self.machine.instantiate(&module, &imports, &mut self.host, observer)?;
        self.instances.push(instance);
        Ok(self.instances.len() - 1)
    }

    /// The address of an export, as `look` finds it.
    fn find<A>(
        &self,
        instance: InstanceId,
        export: &str,
        what: &str,
        look: fn(&ModuleInst, &str) -> Option<A>,
    ) -> Result<A, Outcome> {
        find(&self.instances, instance, export, what, look)
    }
}

/// The address of an export of an instance, as `look` finds it.
pub(crate) fn find<A>(
    instances: &[Arc<ModuleInst>],
    instance: InstanceId,
    export: &str,
    what: &str,
    look: fn(&ModuleInst, &str) -> Option<A>,
) -> Result<A, Outcome> {
    let found = instances.get(instance).and_then(|instance| look(instance, export));
    found.ok_or_else(|| Outcome::Unlinkable(format!("no {what} is exported as {export:?}")))
}

/// What is given for the imports of a module, in its order, up to the first that nothing is given for. A function of
/// the host is allocated under its position among `funcs`.
pub(crate) fn imports<D: Domain>(
    store: &mut Store<D>,
    module: &Module,
    links: &[Link],
    instances: &[Arc<ModuleInst>],
    funcs: &mut Vec<Scripted>,
) -> Result<Vec<ExternAddr>, Outcome> {
    let types = store.alloc_types(module);
    let mut imports = Vec::new();
    for import in &module.imports {
        let link = links.iter().find(|l| l.module == import.module && l.name == import.name);
        let Some(link) = link else { break };
        imports.push(match (&link.from, &import.ty) {
            (Source::Instance(id, export), _) => find(instances, *id, export, "item", ModuleInst::export)?,
            (Source::Host(answers), ExternType::Func(ty)) => {
                let name = (import.module.clone(), import.name.clone());
                let results = module.abs_func_type(ty).results.into_iter().map(known_to_host).collect();
                funcs.push(Scripted::new(name, results, answers));
                let (func_type, id) = (Arc::new(ty.clone()), funcs.len() - 1);
                let ty = types[import.type_index.expect("a function's type stands in its module") as usize];
                ExternAddr::Func(store.alloc_func(FuncInst::Host { ty, func_type, id }))
            }
            (Source::Host(_), _) => break,
        });
    }
    Ok(imports)
}

/// A type as far as the host tells them apart.
fn known_to_host(t: ValType) -> ValType {
    match t {
        ValType::Ref(t) => ValType::Ref(RefType { heap: t.heap.abs_top(), ..t }),
        number => number,
    }
}

impl Engine for Interp {
    fn id(&self) -> String {
        "interp".into()
    }

    fn features(&self) -> Features {
        self.features
    }

    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn reset(&mut self) {
        *self = Interp { keep: self.keep, ..Interp::with(self.budgets, self.features, self.profile) };
    }

    fn set_features(&mut self, features: Features) {
        self.features = features;
    }

    fn set_profile(&mut self, profile: Profile) {
        self.profile = profile;
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        binary::check_with(wasm, self.features).map_err(Outcome::from)
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let Some(keep) = self.keep else { return self.instantiate_observed(wasm, links, &mut ()) };
        let mut last = Last::new(keep);
        let result = self.instantiate_observed(wasm, links, &mut last);
        self.last = Some(last);
        result
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        let Some(keep) = self.keep else { return self.invoke_observed(instance, export, args, &mut ()) };
        let mut last = Last::new(keep);
        let outcome = self.invoke_observed(instance, export, args, &mut last);
        self.last = Some(last);
        outcome
    }

    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let a = self.find(instance, export, "global", ModuleInst::global)?;
        let value = self.machine.store().globals[a].value;
        self.machine.keep(value);
        Ok(value)
    }

    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        let a = self.find(instance, export, "global", ModuleInst::global)?;
        let store = self.machine.store_mut();
        let ty = store.globals[a].ty;
        if !ty.mutable || !store.val_ok(value, ty.val) {
            return Err(Outcome::Unsupported(format!("global {export:?} can't be set to {value}")));
        }
        store.globals[a].value = value;
        Ok(())
    }

    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        let a = self.find(instance, export, "memory", ModuleInst::mem)?;
        Ok(self.machine.store().mems[a].bytes.clone())
    }

    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        let a = self.find(instance, export, "memory", ModuleInst::mem)?;
        let memory = &mut self.machine.store_mut().mems[a].bytes;
        match usize::try_from(offset).ok().and_then(|from| memory.get_mut(from..)?.get_mut(..bytes.len())) {
            Some(range) => range.copy_from_slice(bytes),
            None => return Err(Outcome::Unsupported(format!("a write to {offset} leaves memory {export:?}"))),
        }
        Ok(())
    }

    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        let a = self.find(instance, export, "table", ModuleInst::table)?;
        Ok(self.machine.store().tables[a].elements.iter().map(|r| matches!(r, Ref::Null(_))).collect())
    }

    fn has_threads(&self) -> bool {
        self.features.threads
    }

    fn start(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Result<ThreadId, Outcome> {
        self.machine.start(self.find(instance, export, "function", ModuleInst::func)?, args)
    }

    fn advance(&mut self, thread: ThreadId, steps: u64) -> Advanced {
        self.advance_observed(thread, steps, &mut ())
    }

    fn elapse(&mut self, thread: ThreadId) -> Option<Outcome> {
        self.machine.elapse(thread)
    }

    fn join(&mut self, thread: ThreadId) -> Outcome {
        self.join_observed(thread, &mut ())
    }

    fn log(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.host.log)
    }
}

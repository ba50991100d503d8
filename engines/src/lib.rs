//! One trait, and every engine behind it: our interpreter; by the features of their names, wasmtime and wasmi; and
//! whatever speaks the engine protocol in another process.
//!
//! An [`Engine`] holds one store at a time; instances are numbers in it. Values cross as [`Value`]s; a function
//! reference's address means something to its own engine only.

mod host;
mod id;
mod interp;
mod marked;
mod process;
mod proposals;
pub mod protocol;
mod provider;
mod replay;
#[cfg(feature = "wasmi")]
mod wasmi;
#[cfg(feature = "wasmtime")]
mod wasmtime;
mod watched;

pub use assay_interp::exec::ThreadId;
pub use assay_interp::exec::{Ref, Value};
pub use assay_interp::machine::{Advanced, Budgets};
pub use assay_interp::outcome::{Outcome, Trap, TrapKind};
pub use assay_interp::syntax::{Features, Version};
pub use assay_interp::value::{Chosen, Profile};
pub use host::HostCall;
pub use id::{
    Collector, Compiler, ENGINES, EngineId, EngineOption, IdError, IsaFlags, Nan, NoSuchValue, OptLevel, Regalloc,
    Switch, WASMTIME_OPTIONS, WasmtimeId,
};
pub use interp::Interp;
pub use marked::MarkedInterp;
pub use process::{Carries, DEADLINE, Process, Server, StartError};
pub use provider::provider;
pub use replay::{Ended, Player, ReplayError, Replayed, replay};
#[cfg(feature = "wasmi")]
pub use wasmi::Wasmi;
#[cfg(feature = "wasmtime")]
pub use wasmtime::Wasmtime;
pub use watched::Watched;

use std::time::Duration;

use assay_interp::binary::wasm_features;
use assay_interp::scenario::Answer;

/// An instance's number in its engine, from 0.
pub type InstanceId = usize;

/// Where an import comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// An export of an earlier instance.
    Instance(InstanceId, String),
    /// A function of the host, of the import's own type. It logs its calls and answers as scripted, then zeros.
    Host(Vec<Answer>),
}

/// An import, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// First level of the import's name.
    pub module: String,
    /// Second level of the import's name.
    pub name: String,
    /// Where it comes from.
    pub from: Source,
}

/// A table as it can be observed: for each element whether it is null.
pub type Nulls = Vec<bool>;

/// A WebAssembly engine.
///
/// An operation that can't be carried out ends in the outcome that says why: [`Outcome::Unlinkable`] for an export that
/// isn't there, [`Outcome::Unsupported`] for what this engine doesn't do.
pub trait Engine {
    /// Name and options, as on the command line.
    fn id(&self) -> String;
    /// Version of the engine.
    fn version(&self) -> String;
    /// The WebAssembly that it takes.
    fn features(&self) -> Features {
        Features::default()
    }
    /// The proposals among these that it has, by the names that they have in the engine protocol: a module that uses
    /// another one is unsupported.
    fn proposals(&self) -> Vec<&'static str> {
        proposals::proposals(wasm_features(self.features()))
    }
    /// Forgets all instances and the log.
    fn reset(&mut self);
    /// Takes modules of these features from the next reset on. An engine that can't be told so takes no notice.
    fn set_features(&mut self, _features: Features) {}
    /// Takes choices by this profile from the next reset on. An engine that chooses as it was built takes no notice.
    fn set_profile(&mut self, _profile: Profile) {}
    /// Whether a module is well-formed and valid.
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome>;
    /// Instantiates a module. An import that no link is for is missing, and the module unlinkable. What a failed
    /// instantiation wrote into other instances stays.
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome>;
    /// Calls an exported function.
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome;
    /// The value of an exported global.
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome>;
    /// Sets an exported global.
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome>;
    /// The bytes of an exported memory.
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome>;
    /// Writes to an exported memory, within its bounds.
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome>;
    /// The elements of an exported table.
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome>;
    /// Whether it can have several threads, by the four operations that follow. An engine that can't ends each of them
    /// as unsupported.
    fn has_threads(&self) -> bool {
        false
    }
    /// Starts a thread that calls an exported function, and lets it take no step yet.
    fn start(&mut self, _instance: InstanceId, _export: &str, _args: &[Value]) -> Result<ThreadId, Outcome> {
        Err(no_threads())
    }
    /// Lets a thread take so many steps, or as many as it can before it ends or waits.
    fn advance(&mut self, _thread: ThreadId, _steps: u64) -> Advanced {
        Advanced::Ended(no_threads())
    }
    /// Lets time pass, because no thread can step: the first timeout elapses. If there is none, a thread that waits
    /// does so for ever, which ends it.
    fn elapse(&mut self, _thread: ThreadId) -> Option<Outcome> {
        Some(no_threads())
    }
    /// Runs a thread to its end, while the others take turns with it.
    fn join(&mut self, _thread: ThreadId) -> Outcome {
        no_threads()
    }
    /// Calls of host functions since the last time.
    fn log(&mut self) -> Vec<HostCall>;
}

fn no_threads() -> Outcome {
    Outcome::Unsupported("several threads".into())
}

/// The engine of an id, which takes modules of these features and no others. One in another process answers within
/// [`DEADLINE`].
///
/// # Errors
///
/// There is none of that id, or not in this build, or not with these options on this machine.
pub fn engine(id: &str, budgets: Budgets, features: Features) -> Result<Box<dyn Engine>, EngineError> {
    engine_within(id, budgets, features, DEADLINE)
}

/// As [`engine`], with another deadline for each answer of an engine in another process.
///
/// # Errors
///
/// As of [`engine`].
pub fn engine_within(
    id: &str,
    budgets: Budgets,
    features: Features,
    deadline: Duration,
) -> Result<Box<dyn Engine>, EngineError> {
    let id: EngineId = id.parse()?;
    match &id {
        EngineId::Interp => Ok(Box::new(Interp::with_features(budgets, features))),
        #[cfg(feature = "wasmtime")]
        EngineId::Wasmtime(wasmtime) => Ok(Box::new(Wasmtime::new(wasmtime, budgets, features)?)),
        #[cfg(not(feature = "wasmtime"))]
        EngineId::Wasmtime(_) => Err(EngineError::NotInBuild { id, feature: "wasmtime" }),
        #[cfg(feature = "wasmi")]
        EngineId::Wasmi => Ok(Box::new(Wasmi::new(budgets, features))),
        #[cfg(not(feature = "wasmi"))]
        EngineId::Wasmi => Err(EngineError::NotInBuild { id, feature: "wasmi" }),
        EngineId::Process(command) => Ok(Box::new(Process::start(command, features, deadline)?)),
    }
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// It isn't an engine's id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// There is one of that id, but not in this build.
    #[error("this build is without {id}; one with the feature {feature:?} has it")]
    NotInBuild {
        /// The id.
        id: EngineId,
        /// The feature of the crate.
        feature: &'static str,
    },
    /// It can't be had with these options, or not on this machine.
    #[error("{id} can't be had: {why}{help}", help = if id.has_options() { "; leave out that option" } else { "" })]
    Refused {
        /// The id.
        id: EngineId,
        /// The engine's own words.
        why: String,
    },
    /// The driver of an engine in another process can't be started.
    #[error(transparent)]
    Process(#[from] StartError),
}

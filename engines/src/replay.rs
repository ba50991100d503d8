//! Replays a scenario on an engine.

use assay_interp::binary;
use assay_interp::outcome::Outcome;
use assay_interp::scenario::{Answer, Scenario, Step};
use assay_interp::syntax::ExternType;

use crate::provider::{export, provider};
use crate::{Engine, HostCall, InstanceId, Link, Source};

/// How one step of a scenario ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// An instantiation, with the instance's number in the engine.
    Instantiated(InstanceId),
    /// A call, or an instantiation that failed.
    Outcome(Outcome),
    /// A write.
    Done,
}

/// A step of a scenario, replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Replayed {
    /// How it ended.
    pub ended: Ended,
    /// Calls of host functions meanwhile.
    pub log: Vec<HostCall>,
}

/// A scenario that can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A module that isn't there.
    #[error("step {step}: module {module:?}: {why}")]
    Module {
        /// The step, from 1.
        step: usize,
        /// What the scenario calls it.
        module: String,
        /// Why it can't be had.
        why: String,
    },
    /// An instance that doesn't exist, or wasn't instantiated.
    #[error("step {step}: there is no instance {instance}")]
    Instance {
        /// The step, from 1.
        step: usize,
        /// Its number.
        instance: usize,
    },
    /// A write or setting that isn't possible.
    #[error("step {step}: {outcome}")]
    Write {
        /// The step, from 1.
        step: usize,
        /// What the engine says.
        outcome: Outcome,
    },
}

/// Replays a scenario on an engine, from an empty store; `load` gives the bytes of a module by its name. After an
/// instantiation that failed, the steps that need the instance can't be replayed.
///
/// # Errors
///
/// The scenario names something that isn't there.
pub fn replay(
    engine: &mut dyn Engine,
    scenario: &Scenario,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<Replayed>, ReplayError> {
    engine.reset();
    let mut instances: Vec<Option<InstanceId>> = Vec::new();
    let mut replayed = Vec::new();
    for (number, step) in (1..).zip(&scenario.steps) {
        let find = |instance: usize| {
            let id = instances.get(instance).copied().flatten();
            id.ok_or(ReplayError::Instance { step: number, instance })
        };
        let ended = match step {
            Step::Instantiate { module, answers } => {
                let wasm = load(module);
                let wasm = wasm.map_err(|why| ReplayError::Module { step: number, module: module.clone(), why })?;
                match instantiate_alone(engine, &wasm, answers) {
                    Ok(id) => {
                        instances.push(Some(id));
                        Ended::Instantiated(id)
                    }
                    Err(outcome) => {
                        instances.push(None);
                        Ended::Outcome(outcome)
                    }
                }
            }
            Step::Call { instance, export, args } => Ended::Outcome(engine.invoke(find(*instance)?, export, args)),
            Step::Write(write) => {
                let done = engine.write(find(write.instance)?, &write.export, write.offset, &write.bytes);
                done.map_err(|outcome| ReplayError::Write { step: number, outcome })?;
                Ended::Done
            }
            Step::Set { instance, export, value } => {
                let done = engine.set(find(*instance)?, export, *value);
                done.map_err(|outcome| ReplayError::Write { step: number, outcome })?;
                Ended::Done
            }
        };
        replayed.push(Replayed { ended, log: engine.log() });
    }
    Ok(replayed)
}

/// Instantiates a module with a host that gives it all that it imports.
fn instantiate_alone(engine: &mut dyn Engine, wasm: &[u8], answers: &[Answer]) -> Result<InstanceId, Outcome> {
    let module = binary::decode(wasm)?;
    let provider = match provider(&module) {
        Some(wasm) => Some(engine.instantiate(&wasm, &[])?),
        None => None,
    };
    let links: Vec<Link> = module
        .imports
        .iter()
        .enumerate()
        .map(|(i, import)| {
            let from = match (&import.ty, provider) {
                (ExternType::Func(_), _) | (_, None) => Source::Host(answers.to_vec()),
                (_, Some(id)) => Source::Instance(id, export(i)),
            };
            Link { module: import.module.clone(), name: import.name.clone(), from }
        })
        .collect();
    engine.instantiate(wasm, &links)
}

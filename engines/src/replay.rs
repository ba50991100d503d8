//! Replays a scenario on an engine.

use std::collections::HashMap;

use assay_interp::binary;
use assay_interp::exec::Value;
use assay_interp::outcome::Outcome;
use assay_interp::scenario::{Answer, Scenario, Step};
use assay_interp::syntax::{ExternType, FuncType, Import, Module};

use crate::provider::{export, provider};
use crate::{Advanced, Engine, HostCall, InstanceId, Link, Source, ThreadId};

/// How one step of a scenario ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// An instantiation, with the instance's number in the engine.
    Instantiated(InstanceId),
    /// A call, a thread, or an instantiation or a start that failed.
    Outcome(Outcome),
    /// A write, or the start of a thread.
    Done,
    /// A thread has taken its steps, and can take more.
    Runs,
    /// A thread waits.
    Blocked,
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
    /// A thread that doesn't exist, or couldn't be started.
    #[error("step {step}: there is no thread {thread}")]
    Thread {
        /// The step, from 1.
        step: usize,
        /// Its number.
        thread: usize,
    },
    /// A call of what isn't an exported function, or with arguments of other types than it takes.
    #[error("step {step}: call of {export:?}: {why}")]
    Call {
        /// The step, from 1.
        step: usize,
        /// Name of the export.
        export: String,
        /// What is wrong.
        why: String,
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

/// Plays the steps of scenarios on an engine, one at a time, so that its state can be looked at in between.
pub struct Player<'a> {
    engine: &'a mut dyn Engine,
    instances: Vec<Played>,
    /// The engine's numbers; none if it couldn't be started.
    threads: Vec<Option<ThreadId>>,
    steps: usize,
}

/// An instance as it was made: none if its instantiation failed.
#[derive(Default)]
struct Played {
    id: Option<InstanceId>,
    /// What it is registered as.
    name: Option<String>,
    provider: Option<InstanceId>,
    /// The functions that it exports.
    functions: HashMap<String, FuncType>,
}

impl Played {
    /// What is wrong with a call, if anything is.
    fn refuses(&self, export: &str, args: &[Value]) -> Option<String> {
        match self.functions.get(export) {
            None => Some("no function is exported under this name".into()),
            Some(ty) if args.len() != ty.params.len() || !args.iter().zip(&ty.params).all(|(v, t)| v.may_be(*t)) => {
                Some(format!("arguments of other types than its type {ty}"))
            }
            Some(_) => None,
        }
    }
}

impl<'a> Player<'a> {
    /// A player that begins with an empty store.
    pub fn new(engine: &'a mut dyn Engine) -> Player<'a> {
        engine.reset();
        Player { engine, instances: Vec::new(), threads: Vec::new(), steps: 0 }
    }

    /// Empties the store: the next step is the first one of a scenario.
    pub fn restart(&mut self) {
        self.engine.reset();
        self.instances.clear();
        self.threads.clear();
        self.steps = 0;
    }

    /// The engine, to look at its state.
    pub fn engine(&mut self) -> &mut dyn Engine {
        self.engine
    }

    /// The engine's number of an instance of the scenario, if its instantiation didn't fail.
    pub fn instance(&self, instance: usize) -> Option<InstanceId> {
        self.instances.get(instance)?.id
    }

    /// The engine's number of the instance that provides an instance of the scenario with the memories, tables and
    /// globals that it imports, each exported under its position among the imports in decimal. It is there even if the
    /// instantiation failed after it.
    pub fn provider(&self, instance: usize) -> Option<InstanceId> {
        self.instances.get(instance)?.provider
    }

    /// Plays the next step; `load` gives the bytes of a module by its name.
    ///
    /// # Errors
    ///
    /// The step names something that isn't there.
    pub fn play(
        &mut self,
        step: &Step,
        load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Replayed, ReplayError> {
        self.steps += 1;
        let number = self.steps;
        let find = |instance: usize| {
            let id = self.instances.get(instance).and_then(|played| played.id);
            id.ok_or(ReplayError::Instance { step: number, instance })
        };
        let thread = |thread: usize| {
            let id = self.threads.get(thread).copied().flatten();
            id.ok_or(ReplayError::Thread { step: number, thread })
        };
        let ended = match step {
            Step::Instantiate { module, register, answers } => {
                let wasm = load(module);
                let wasm = wasm.map_err(|why| ReplayError::Module { step: number, module: module.clone(), why })?;
                let (played, result) = instantiate(self.engine, &wasm, answers, &self.instances);
                let name = register.clone();
                self.instances.push(Played { id: result.as_ref().ok().copied(), name, ..played });
                match result {
                    Ok(id) => Ended::Instantiated(id),
                    Err(outcome) => Ended::Outcome(outcome),
                }
            }
            Step::Call { instance, export, args } => {
                let id = find(*instance)?;
                if let Some(why) = self.instances[*instance].refuses(export, args) {
                    return Err(ReplayError::Call { step: number, export: export.clone(), why });
                }
                Ended::Outcome(self.engine.invoke(id, export, args))
            }
            Step::Start { instance, export, args } => {
                let id = find(*instance)?;
                if let Some(why) = self.instances[*instance].refuses(export, args) {
                    return Err(ReplayError::Call { step: number, export: export.clone(), why });
                }
                let started = self.engine.start(id, export, args);
                self.threads.push(started.as_ref().ok().copied());
                started.map_or_else(Ended::Outcome, |_| Ended::Done)
            }
            Step::Advance { thread: t, steps } => match self.engine.advance(thread(*t)?, *steps) {
                Advanced::Ended(outcome) => Ended::Outcome(outcome),
                Advanced::Runs => Ended::Runs,
                Advanced::Blocked => Ended::Blocked,
            },
            Step::Join { thread: t } => Ended::Outcome(self.engine.join(thread(*t)?)),
            Step::Write(write) => {
                let done = self.engine.write(find(write.instance)?, &write.export, write.offset, &write.bytes);
                done.map_err(|outcome| ReplayError::Write { step: number, outcome })?;
                Ended::Done
            }
            Step::Set { instance, export, value } => {
                let done = self.engine.set(find(*instance)?, export, *value);
                done.map_err(|outcome| ReplayError::Write { step: number, outcome })?;
                Ended::Done
            }
        };
        Ok(Replayed { ended, log: self.engine.log() })
    }
}

/// Replays a scenario on an engine, from an empty store and by its profile; `load` gives the bytes of a module by its
/// name. After an instantiation that failed, the steps that need the instance can't be replayed.
///
/// # Errors
///
/// The scenario names something that isn't there.
pub fn replay(
    engine: &mut dyn Engine,
    scenario: &Scenario,
    load: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<Replayed>, ReplayError> {
    engine.set_profile(scenario.profile);
    let mut player = Player::new(engine);
    scenario.steps.iter().map(|step| player.play(step, load)).collect()
}

/// Instantiates a module with what it imports: from earlier instances that are registered, or a host that gives it all,
/// beside functions from a provider.
fn instantiate(
    engine: &mut dyn Engine,
    wasm: &[u8],
    answers: &[Answer],
    earlier: &[Played],
) -> (Played, Result<InstanceId, Outcome>) {
    let mut played = Played::default();
    let result = match binary::decode_with(wasm, engine.features()) {
        Ok(module) => provide(engine, &module, &mut played).and_then(|()| {
            let links = links(&module, played.provider, answers, earlier);
            engine.instantiate(wasm, &links)
        }),
        Err(error) => Err(error.into()),
    };
    (played, result)
}

/// Makes the instance that provides what isn't a function, and notes what there will be to call.
fn provide(engine: &mut dyn Engine, module: &Module, played: &mut Played) -> Result<(), Outcome> {
    played.functions = module.exported_funcs().map(|(name, ty)| (name.to_owned(), ty)).collect();
    played.provider = provider(module).map(|wasm| engine.instantiate(&wasm, &[])).transpose()?;
    Ok(())
}

fn links(module: &Module, provider: Option<InstanceId>, answers: &[Answer], earlier: &[Played]) -> Vec<Link> {
    let named = |name: &str, played: &Played| played.id.filter(|_| played.name.as_deref() == Some(name));
    let registered = |name: &str| earlier.iter().rev().find_map(|played| named(name, played));
    let link = |(i, import): (usize, &Import)| {
        let from = match (registered(&import.module), &import.ty, provider) {
            (Some(id), ..) => Source::Instance(id, import.name.clone()),
            (None, ExternType::Func(_), _) | (None, _, None) => Source::Host(answers.to_vec()),
            (None, _, Some(id)) => Source::Instance(id, export(i)),
        };
        Link { module: import.module.clone(), name: import.name.clone(), from }
    };
    module.imports.iter().enumerate().map(link).collect()
}

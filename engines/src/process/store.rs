//! What has been asked of a driver since its store was empty, so that another one can be brought to the same state.
//!
//! Instances and references have numbers of ours; a driver's own are looked up where lines are written and read. A
//! driver that comes after another one may number them otherwise.

use std::collections::HashMap;
use std::sync::Arc;

use assay_interp::syntax::{Module, ValType};
use serde_json::{Value as Json, json};

use super::exports::Exports;
use crate::InstanceId;

/// A driver's store, as it is known on this side.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) instances: Vec<Instance>,
    history: Vec<Entry>,
    /// The driver's numbers of references, by ours.
    handles: Vec<Option<u64>>,
    /// Ours, by the driver's.
    ours: HashMap<u64, usize>,
    /// Host functions behind adapters, by the number that is their name there.
    pub(crate) hosts: Vec<HostFunc>,
    /// Whether there are other host functions.
    pub(crate) has_plain_hosts: bool,
    /// The instance that tells what references are to.
    pub(crate) classifier: Option<InstanceId>,
}

/// An instance.
#[derive(Default)]
pub(crate) struct Instance {
    /// The driver's number.
    remote: Option<u64>,
    /// The module and what it exports; none of an adapter, or if it couldn't be decoded on this side.
    pub(crate) module: Option<Arc<(Module, Exports)>>,
    /// Adapters by the exports that they wrap.
    pub(crate) adapters: HashMap<String, InstanceId>,
    /// Memories as they were last seen, with their digests.
    pub(crate) memories: HashMap<String, (String, Vec<u8>)>,
}

/// A host function behind an adapter.
pub(crate) struct HostFunc {
    /// What it is imported as.
    pub(crate) import: (String, String),
    /// Its parameters, as they can be told outside of the module.
    pub(crate) params: Vec<ValType>,
}

/// A request that the driver has answered, with our numbers.
struct Entry {
    request: Json,
    /// Whether the answer was what was asked for.
    is_ok: bool,
    /// The instance that it made.
    made: Option<InstanceId>,
    /// The references in the answer, in its order.
    given: Vec<usize>,
}

/// A number that the driver has none for.
#[derive(Debug, thiserror::Error)]
#[error("an instance or reference that the driver doesn't have")]
pub(crate) struct Unknown;

impl Store {
    /// Whether a reference has been given by the driver.
    pub(crate) fn has(&self, handle: usize) -> bool {
        handle < self.handles.len()
    }

    /// A request with the driver's numbers instead of ours.
    pub(crate) fn to_remote(&self, mut request: Json) -> Result<Json, Unknown> {
        let mut unknown = false;
        numbers(&mut request, &mut |field, number| {
            let ours = usize::try_from(number).ok();
            let theirs = match field {
                Field::Instance => ours.and_then(|i| self.instances.get(i)?.remote),
                Field::Handle => ours.and_then(|i| *self.handles.get(i)?),
            };
            unknown |= theirs.is_none();
            theirs.unwrap_or_default()
        });
        if unknown { Err(Unknown) } else { Ok(request) }
    }

    /// An answer with our numbers of references instead of the driver's, and those in it, in its order.
    pub(crate) fn localize(&mut self, answer: &mut Json) -> Vec<usize> {
        let mut given = Vec::new();
        numbers(answer, &mut |field, number| match field {
            Field::Instance => number,
            Field::Handle => {
                let ours = *self.ours.entry(number).or_insert_with(|| {
                    self.handles.push(Some(number));
                    self.handles.len() - 1
                });
                given.push(ours);
                ours as u64
            }
        });
        given
    }

    /// Remembers a request that has been answered.
    pub(crate) fn remember(&mut self, request: Json, is_ok: bool, given: Vec<usize>) {
        self.history.push(Entry { request, is_ok, made: None, given });
    }

    /// The instance that the request remembered last has made; `None` if the driver has that number in use.
    pub(crate) fn made(&mut self, remote: u64, module: Option<Arc<(Module, Exports)>>) -> Option<InstanceId> {
        if self.instances.iter().any(|instance| instance.remote == Some(remote)) {
            return None;
        }
        self.instances.push(Instance { remote: Some(remote), module, ..Instance::default() });
        let id = self.instances.len() - 1;
        self.history.last_mut()?.made = Some(id);
        Some(id)
    }

    /// Forgets the request remembered last.
    pub(crate) fn forget_last(&mut self) {
        self.history.pop();
    }

    /// Asks a new driver, which has an empty store, what the one before was asked.
    pub(crate) fn replay<E>(&mut self, mut ask: impl FnMut(Json) -> Result<Json, E>) -> Result<(), Replay<E>> {
        self.instances.iter_mut().for_each(|instance| instance.remote = None);
        self.handles.iter_mut().for_each(|handle| *handle = None);
        self.ours.clear();
        for i in 0..self.history.len() {
            let request = self.to_remote(self.history[i].request.clone()).map_err(|_| Replay::Otherwise)?;
            let mut answer = ask(request).map_err(Replay::Ended)?;
            let entry = &self.history[i];
            let mut given = entry.given.iter();
            let mut alike = answer.get("ok").is_some() == entry.is_ok;
            let (handles, ours) = (&mut self.handles, &mut self.ours);
            numbers(&mut answer, &mut |field, number| {
                if field == Field::Handle {
                    match given.next() {
                        Some(handle) => {
                            handles[*handle] = Some(number);
                            ours.insert(number, *handle);
                        }
                        None => alike = false,
                    }
                }
                number
            });
            alike &= given.next().is_none();
            if let Some(made) = entry.made {
                let remote = answer["ok"]["instance"].as_u64();
                alike &= remote.is_some();
                self.instances[made].remote = remote;
            }
            if !alike {
                return Err(Replay::Otherwise);
            }
        }
        Ok(())
    }
}

/// Why a new driver isn't in the state of the one before.
pub(crate) enum Replay<E> {
    /// It has ended.
    Ended(E),
    /// It answered otherwise.
    Otherwise,
}

/// Which number a field of a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Instance,
    Handle,
}

/// Changes all numbers of instances and references in a line.
fn numbers(json: &mut Json, change: &mut dyn FnMut(Field, u64) -> u64) {
    match json {
        Json::Object(fields) => {
            for (name, value) in fields {
                let field = match name.as_str() {
                    "instance" => Field::Instance,
                    "handle" => Field::Handle,
                    _ => {
                        numbers(value, change);
                        continue;
                    }
                };
                if let Some(number) = value.as_u64() {
                    *value = json!(change(field, number));
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| numbers(item, change)),
        _ => {}
    }
}

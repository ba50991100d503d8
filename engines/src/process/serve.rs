//! The other side of the protocol: a driver for any engine of this build.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};

use assay_interp::binary;
use assay_interp::exec::{AnyRef, Ref, Value};
use assay_interp::outcome::Outcome;
use assay_interp::scenario::Answer as Scripted;
use assay_interp::syntax::{ExternType, Module, PAGE, ValType};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::adapter::Carries;
use super::exports::Exports;
use crate::proposals::features;
use crate::protocol::{
    Answer, BudgetName, Bytes, Call, Hello, Import, Instantiated, Item, Kind, Log, MemoryState, Op, Origin, Own,
    Refusal, Request, Script, TableState, Top, TrapName, VERSION, Values, Why, hexadecimal,
};
use crate::{Engine, InstanceId, Link, Source};

/// Calls that a host function's script may speak of.
const MAX_CALLS: usize = 1 << 20;

/// An engine that answers requests of the protocol.
pub struct Server {
    engine: Box<dyn Engine>,
    /// The host module of the official tests.
    spectest: Vec<u8>,
    carries: Carries,
    /// By number; none if it was dropped.
    instances: Vec<Option<Served>>,
    /// Where the host module is, once it was asked for.
    host: Option<InstanceId>,
    /// References that have crossed, by handle.
    handles: Vec<Ref>,
    handle_of: HashMap<Ref, u64>,
}

struct Served {
    id: InstanceId,
    exports: Exports,
}

type Answered = Result<Json, Refusal>;

fn error(message: impl Into<String>) -> Refusal {
    Refusal::new(Why::Error, message)
}

fn answer<T: Serialize>(answer: T) -> Answered {
    serde_json::to_value(answer).map_err(|e| error(e.to_string()))
}

impl Server {
    /// A driver of this engine; `spectest` is the host module of the official tests.
    pub fn new(engine: Box<dyn Engine>, spectest: Vec<u8>) -> Server {
        let (instances, handles) = (Vec::new(), Vec::new());
        let (carries, handle_of) = (Carries::ALL, HashMap::new());
        Server { engine, spectest, carries, instances, host: None, handles, handle_of }
    }

    /// One that lets only these values cross, so that adapters are needed for the others.
    pub fn carrying(self, carries: Carries) -> Server {
        Server { carries, ..self }
    }

    /// Answers requests, line by line, until there are none.
    ///
    /// # Errors
    ///
    /// A request can't be read, or an answer not be written.
    pub fn serve(&mut self, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            output.write_all(self.answer(&line).as_bytes())?;
            output.write_all(b"\n")?;
            output.flush()?;
            line.clear();
        }
        Ok(())
    }

    /// The answer to a line, which needn't be a request.
    pub fn answer(&mut self, line: &[u8]) -> String {
        let (id, result) = match serde_json::from_slice::<Request>(line) {
            Ok(request) => (Some(request.id), self.ask(request.op)),
            Err(e) => {
                let json = serde_json::from_slice::<Json>(line).ok();
                let id = json.and_then(|json| json.get("id")?.as_u64());
                (id, Err(error(format!("no request of the protocol: {e}"))))
            }
        };
        serde_json::to_string(&Answer { id, result }).expect("an answer is written as JSON")
    }

    fn ask(&mut self, op: Op) -> Answered {
        match op {
            Op::Hello { version: VERSION, features } => self.hello(&features),
            Op::Hello { version, .. } => {
                Err(error(format!("version {VERSION} of the protocol is spoken here, not {version}")))
            }
            Op::Reset => {
                self.reset();
                Ok(json!({}))
            }
            Op::Validate { module } => self.engine.validate(&module.0).map(|()| json!({})).map_err(|o| self.no(o)),
            Op::Instantiate { module, imports } => self.instantiate(&module.0, &imports),
            Op::Invoke { instance, export, args } => self.invoke(instance, &export, &args),
            Op::Get { instance, export } => {
                let id = self.find(instance)?.id;
                let value = self.engine.get(id, &export).map_err(|o| self.no(o))?;
                answer(Values { values: self.items(&[value])? })
            }
            Op::Set { instance, export, value } => {
                let served = self.find(instance)?;
                let (id, ty) = (served.id, served.exports.globals.get(&export).map(|ty| ty.val));
                let value = self.value(value, ty)?;
                self.engine.set(id, &export, value).map(|()| json!({})).map_err(|o| self.no(o))
            }
            Op::Memory { instance, export, offset, length } => self.memory(instance, &export, offset, length),
            Op::Write { instance, export, offset, bytes } => {
                let id = self.find(instance)?.id;
                self.engine.write(id, &export, offset, &bytes.0).map(|()| json!({})).map_err(|o| self.no(o))
            }
            Op::Table { instance, export } => {
                let id = self.find(instance)?.id;
                let nulls = self.engine.table(id, &export).map_err(|o| self.no(o))?;
                let text = nulls.iter().map(|is_null| if *is_null { '1' } else { '0' }).collect();
                answer(TableState { size: nulls.len() as u64, nulls: text })
            }
            Op::Log => {
                let mut calls = Vec::new();
                for call in self.engine.log() {
                    let (module, name) = call.import;
                    calls.push(Call { module, name, args: self.items(&call.args)? });
                }
                answer(Log { calls })
            }
            Op::Drop { instance } => {
                self.find(instance)?;
                self.instances[instance as usize] = None;
                Ok(json!({}))
            }
        }
    }

    fn hello(&mut self, wanted: &[String]) -> Answered {
        self.engine.set_features(features(wanted));
        self.reset();
        answer(Hello {
            name: self.engine.id(),
            version: self.engine.version(),
            features: self.engine.proposals().into_iter().map(str::to_owned).collect(),
            carries: self.carries.names(),
            traps: "exact".into(),
        })
    }

    fn reset(&mut self) {
        self.engine.reset();
        self.instances.clear();
        self.handles.clear();
        self.handle_of.clear();
        self.host = None;
    }

    fn find(&self, instance: u64) -> Result<&Served, Refusal> {
        let found = usize::try_from(instance).ok().and_then(|i| self.instances.get(i)?.as_ref());
        found.ok_or_else(|| error(format!("there is no instance {instance}")))
    }

    fn instantiate(&mut self, wasm: &[u8], imports: &[Import]) -> Answered {
        // The engine says what is wrong with a module that isn't one.
        let module = binary::decode_with(wasm, self.engine.features()).unwrap_or_default();
        let mut links = Vec::new();
        for import in imports {
            let from = match &import.from {
                Origin::Instance { instance, export } => Source::Instance(self.find(*instance)?.id, export.clone()),
                Origin::Own(Own::Spectest) => Source::Instance(self.spectest()?, import.name.clone()),
                Origin::Host { host } => Source::Host(self.script(&module, import, host)?),
            };
            links.push(Link { module: import.module.clone(), name: import.name.clone(), from });
        }
        let id = self.engine.instantiate(wasm, &links).map_err(|o| self.no(o))?;
        self.instances.push(Some(Served { id, exports: Exports::of(&module) }));
        answer(Instantiated { instance: self.instances.len() as u64 - 1 })
    }

    fn spectest(&mut self) -> Result<InstanceId, Refusal> {
        let id = match self.host {
            Some(id) => id,
            None => self.engine.instantiate(&self.spectest, &[]).map_err(|o| self.no(o))?,
        };
        self.host = Some(id);
        Ok(id)
    }

    /// What a host function answers, call by call.
    fn script(&self, module: &Module, import: &Import, script: &Script) -> Result<Vec<Scripted>, Refusal> {
        let is_it = |i: &&assay_interp::syntax::Import| i.module == import.module && i.name == import.name;
        let Some(ExternType::Func(ty)) = module.imports.iter().find(is_it).map(|i| &i.ty) else {
            return Ok(Vec::new());
        };
        let types = module.abs_func_type(ty).results;
        let calls = script.throws.iter().map(|k| k.saturating_add(1)).max().unwrap_or(0).max(script.results.len());
        if calls > MAX_CALLS {
            return Err(error(format!("more than {MAX_CALLS} answers of a host function")));
        }
        let mut answers = Vec::new();
        for call in 0..calls {
            let mut answer = Scripted {
                import: (import.module.clone(), import.name.clone()),
                results: Vec::new(),
                throws: script.throws.contains(&call),
            };
            if let Some(items) = script.results.get(call).filter(|_| !answer.throws) {
                answer.results = self.values(items, Some(&types))?;
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    fn invoke(&mut self, instance: u64, export: &str, args: &[Item]) -> Answered {
        let served = self.find(instance)?;
        let types = served.exports.funcs.get(export).map(|(_, ty)| &ty.params[..]);
        let (id, args) = (served.id, self.values(args, types)?);
        match self.engine.invoke(id, export, &args) {
            Outcome::Returned(values) => answer(Values { values: self.items(&values)? }),
            other => Err(self.no(other)),
        }
    }

    fn memory(&mut self, instance: u64, export: &str, offset: Option<u64>, length: Option<u64>) -> Answered {
        let served = self.find(instance)?;
        let page = served.exports.mems.get(export).map_or(PAGE, |ty| ty.page);
        let all = self.engine.memory(served.id, export).map_err(|o| self.no(o))?;
        let range = match length {
            None => None,
            Some(length) => {
                let from = usize::try_from(offset.unwrap_or(0)).ok();
                let length = usize::try_from(length).ok();
                let range = from.zip(length).and_then(|(from, length)| all.get(from..)?.get(..length));
                Some(Bytes(range.ok_or_else(|| error("the range leaves the memory"))?.to_vec()))
            }
        };
        let sha256 = hexadecimal(&Sha256::digest(&all));
        answer(MemoryState { pages: all.len() as u64 / page, sha256, bytes: range })
    }

    /// Values as they cross, references by a handle.
    fn items(&mut self, values: &[Value]) -> Result<Vec<Item>, Refusal> {
        values.iter().map(|v| self.item(*v)).collect()
    }

    fn item(&mut self, value: Value) -> Result<Item, Refusal> {
        if !self.carries.carries(value.ty()) {
            return Err(error(format!("a value of type {} doesn't cross here", value.ty())));
        }
        let Value::Ref(r) = value else { return Ok(Item::number(value).expect("it is no reference")) };
        let kind = match r {
            Ref::Null(heap) => return Ok(Item::Null(Top::of(heap))),
            Ref::Extern(AnyRef::Host(n)) => return Ok(Item::Extern(n)),
            Ref::Any(AnyRef::Host(n)) => return Ok(Item::Host(n)),
            Ref::Any(AnyRef::I31(n)) => return Ok(Item::I31(n)),
            Ref::Func(_) => Kind::Func,
            Ref::Exn(_) => Kind::Exn,
            Ref::Any(AnyRef::Struct(_)) => Kind::Struct,
            Ref::Any(AnyRef::Array(_)) => Kind::Array,
            Ref::Extern(_) => Kind::Extern,
        };
        let handle = *self.handle_of.entry(r).or_insert_with(|| {
            self.handles.push(r);
            self.handles.len() as u64 - 1
        });
        Ok(Item::Handle(Some(kind), handle))
    }

    /// Values that have crossed, where these types are asked for.
    fn values(&self, items: &[Item], types: Option<&[ValType]>) -> Result<Vec<Value>, Refusal> {
        let ty = |i: usize| types.and_then(|types| types.get(i).copied());
        items.iter().enumerate().map(|(i, item)| self.value(*item, ty(i))).collect()
    }

    fn value(&self, item: Item, ty: Option<ValType>) -> Result<Value, Refusal> {
        let value = match item {
            Item::I32(c) => Value::I32(c),
            Item::I64(c) => Value::I64(c),
            Item::F32(c) => Value::F32(c),
            Item::F64(c) => Value::F64(c),
            Item::V128(c) => Value::V128(c),
            Item::Null(top) => match (ty, top) {
                (Some(ValType::Ref(t)), _) => Value::Ref(Ref::Null(t.heap.abs_top())),
                (_, Some(top)) => Value::Ref(Ref::Null(top.heap())),
                _ => return Err(error("null where no reference is asked for")),
            },
            Item::Extern(n) => Value::Ref(Ref::host(n)),
            Item::Host(n) => Value::Ref(Ref::Any(AnyRef::Host(n))),
            Item::I31(n) => Value::Ref(Ref::Any(AnyRef::I31(n))),
            Item::Handle(_, handle) => {
                let found = usize::try_from(handle).ok().and_then(|i| self.handles.get(i));
                Value::Ref(*found.ok_or_else(|| error(format!("there is no handle {handle}")))?)
            }
        };
        if !self.carries.carries(value.ty()) {
            return Err(error(format!("a value of type {} doesn't cross here", value.ty())));
        }
        Ok(value)
    }

    /// An end without results, as the protocol says it.
    fn no(&mut self, outcome: Outcome) -> Refusal {
        let words = outcome.to_string();
        match outcome {
            Outcome::Malformed(why) => Refusal::new(Why::Malformed, why),
            Outcome::Invalid(why) => Refusal::new(Why::Invalid, why),
            Outcome::Rejected(why) => Refusal::new(Why::Rejected, why),
            Outcome::Limit(why) => Refusal::new(Why::Limit, why),
            Outcome::Unlinkable(why) => Refusal::new(Why::Unlinkable, why),
            Outcome::Unsupported(why) => Refusal::new(Why::Unsupported, why),
            Outcome::Trapped(trap) => {
                let traps = trap.kinds().map(TrapName).collect();
                Refusal { traps, ..Refusal::new(Why::Trap, trap.message) }
            }
            Outcome::Threw(values) => {
                let payload = self.items(&values).ok();
                Refusal { payload, ..Refusal::new(Why::Exception, words) }
            }
            Outcome::ThrewUnseen(why) => Refusal::new(Why::Exception, why),
            Outcome::Exhausted(budget) => {
                Refusal { budget: Some(BudgetName(budget)), ..Refusal::new(Why::Exhausted, words) }
            }
            Outcome::Returned(_)
            | Outcome::Exited(_)
            | Outcome::Crashed(_)
            | Outcome::Hung(_)
            | Outcome::Nonsense(_) => error(words),
        }
    }
}

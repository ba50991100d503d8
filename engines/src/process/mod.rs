//! Engines in other processes, behind the engine protocol.
//!
//! [`Process`] starts a driver and asks it; [`Server`] is the driver for an engine of this build. A driver that dies,
//! doesn't answer in time, or answers nonsense has ended the one request with that; another one is started, is asked
//! again what came before in the same store, and the next request goes to it.

mod adapter;
mod child;
mod connection;
mod exports;
mod serve;
mod store;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use assay_interp::binary;
use assay_interp::exec::{AnyRef, Ref, Value};
use assay_interp::outcome::{Budget, Outcome, Trap};
use assay_interp::scenario::Answer as Scripted;
use assay_interp::syntax::{self, ExternType, Features, Module, PAGE, ValType};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

pub use adapter::Carries;
pub use serve::Server;

use crate::protocol::{
    Answer, Bytes, Hello, Import, Instantiated, Item, Kind, Log, MemoryState, Op, Origin, Refusal, Script, TableState,
    Values, Why, hexadecimal,
};
use crate::{Engine, HostCall, InstanceId, Link, Nulls, Source};
use child::{Child, Line, printable};
use connection::Connection;
use exports::Exports;
use store::{HostFunc, Replay, Store};

/// How long an answer may take where nobody says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How often a driver is started for the same store before that is given up.
const STARTS: usize = 3;

/// Bytes of a memory that are asked for at once.
const CHUNK: u64 = 16 << 20;

/// The module name under which adapters import host functions.
const HOST: &str = "assay:host";

/// An engine in another process.
///
/// It is told nothing of budgets: what runs for too long has missed the deadline.
pub struct Process {
    /// What reports call it.
    id: String,
    start: Box<Start>,
    deadline: Duration,
    features: Features,
    connection: Option<Connection>,
    /// What the last driver said of itself.
    hello: Option<Hello>,
    carries: Carries,
    store: Store,
    /// Why the store is lost, if it is.
    lost: Option<Outcome>,
}

type Start = dyn Fn() -> io::Result<Box<dyn Line>>;

/// A driver that can't be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The command line isn't one.
    #[error("process:{}: the command line is empty, or a quotation mark isn't closed", printable(.0))]
    CommandLine(String),
    /// There is no such program.
    #[error(
        "process:{}: the driver can't be started: {why}; behind process: stands the command line of a program that \
         speaks the engine protocol (docs/engine-protocol.md)",
        printable(command)
    )]
    Program {
        /// The command line.
        command: String,
        /// What the system says.
        why: io::Error,
    },
}

impl Process {
    /// Starts the driver of this command line, which is split as a shell would, for modules with these features. Each
    /// of its answers may take so long.
    ///
    /// # Errors
    ///
    /// There is no such program. If it doesn't speak the protocol, that is the outcome of what it is asked.
    pub fn start(command: &str, features: Features, deadline: Duration) -> Result<Process, StartError> {
        let words = shlex::split(command).filter(|words| !words.is_empty());
        let words = words.ok_or_else(|| StartError::CommandLine(command.to_owned()))?;
        let start = move || Child::start(&words).map(|child| Box::new(child) as Box<dyn Line>);
        let mut process = Process::with(command, Box::new(start), features, deadline);
        match (process.start)() {
            Ok(line) => {
                // What it answers is told when it is asked.
                let _ = process.open(line);
                Ok(process)
            }
            Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                Err(StartError::Program { command: command.to_owned(), why })
            }
            // The machine may have more room later.
            Err(_) => Ok(process),
        }
    }

    /// The same, by another id than `process:` and its command line.
    pub fn known_as(self, id: impl Into<String>) -> Process {
        Process { id: id.into(), ..self }
    }

    fn with(command: &str, start: Box<Start>, features: Features, deadline: Duration) -> Process {
        let (id, store, carries) = (format!("process:{command}"), Store::default(), Carries::default());
        Process { id, start, deadline, features, connection: None, hello: None, carries, store, lost: None }
    }

    fn open(&mut self, line: Box<dyn Line>) -> Result<(), Outcome> {
        let (connection, hello) = Connection::open(line, self.features, self.deadline)?;
        self.carries = Carries::named(&hello.carries);
        self.hello = Some(hello);
        self.connection = Some(connection);
        Ok(())
    }

    /// Sees to it that there is a driver in the state in which the last one was.
    fn connect(&mut self) -> Result<(), Outcome> {
        if let Some(outcome) = &self.lost {
            return Err(outcome.clone());
        }
        if self.connection.is_some() {
            return Ok(());
        }
        let mut last = Outcome::Crashed("the driver wasn't started".into());
        for _ in 0..STARTS {
            match self.again() {
                Ok(()) => return Ok(()),
                Err(outcome) => last = outcome,
            }
        }
        let what = if self.hello.is_some() { "brought back to where it was" } else { "brought to speak" };
        let lost = Outcome::Crashed(format!("the driver couldn't be {what}: {last}"));
        self.lost = Some(lost.clone());
        Err(lost)
    }

    /// Starts a driver, and asks it again what the last one has answered.
    fn again(&mut self) -> Result<(), Outcome> {
        let line = (self.start)().map_err(|e| Outcome::Crashed(format!("the driver can't be started: {e}")))?;
        self.open(line)?;
        let connection = self.connection.as_mut().expect("it is open");
        let replayed = self.store.replay(|request| connection.ask(request, self.deadline));
        replayed.map_err(|why| {
            self.connection = None;
            match why {
                Replay::Ended(outcome) => outcome,
                Replay::Otherwise => Outcome::Nonsense("asked again, it answers otherwise".into()),
            }
        })
    }

    /// Asks the driver; `read` takes what is asked for from the answer, or says why it is none.
    fn ask<A: DeserializeOwned, T>(
        &mut self,
        op: &Op,
        read: impl FnOnce(&mut Self, A) -> Result<T, String>,
    ) -> Result<T, Outcome> {
        self.connect()?;
        let request = serde_json::to_value(op).expect("a request is written as JSON");
        let wire = self.store.to_remote(request.clone()).map_err(|e| Outcome::Unsupported(e.to_string()))?;
        let connection = self.connection.as_mut().expect("there is a driver");
        let mut json = match connection.ask(wire, self.deadline) {
            Ok(json) => json,
            Err(outcome) => {
                self.connection = None;
                return Err(outcome);
            }
        };
        let given = self.store.localize(&mut json);
        let answer: Result<Answer, _> = serde_json::from_value(json);
        let result = match answer {
            Ok(answer) => answer.result,
            Err(e) => return Err(self.nonsense(&e.to_string())),
        };
        let is_kept = match (&result, op) {
            (Ok(_), Op::Instantiate { .. } | Op::Invoke { .. } | Op::Set { .. } | Op::Write { .. } | Op::Log) => true,
            (Ok(_), _) => !given.is_empty(),
            // It may have done something before; or what it has given may come back.
            (Err(refusal), _) => matches!(refusal.kind, Why::Trap | Why::Exception | Why::Exhausted),
        };
        if is_kept {
            self.store.remember(request, result.is_ok(), given);
        }
        let read = match result {
            Ok(json) => {
                let typed = serde_json::from_value(json).map_err(|e| e.to_string());
                typed.and_then(|typed| read(self, typed))
            }
            Err(refusal) if fits(op, refusal.kind) => match self.refused(refusal) {
                Ok(outcome) => return Err(outcome),
                Err(why) => Err(why),
            },
            Err(refusal) => Err(format!("{:?} is no answer to this request", refusal.kind)),
        };
        read.map_err(|why| {
            if is_kept {
                self.store.forget_last();
            }
            self.nonsense(&why)
        })
    }

    /// The outcome of an answer that is none; nobody knows what state the driver is in.
    fn nonsense(&mut self, why: &str) -> Outcome {
        self.connection = None;
        Outcome::Nonsense(printable(why))
    }

    fn refused(&mut self, refusal: Refusal) -> Result<Outcome, String> {
        let message = printable(&refusal.message);
        Ok(match refusal.kind {
            Why::Malformed => Outcome::Malformed(message),
            Why::Invalid => Outcome::Invalid(message),
            Why::Rejected => Outcome::Rejected(message),
            Why::Limit => Outcome::Limit(message),
            Why::Unlinkable => Outcome::Unlinkable(message),
            Why::Unsupported => Outcome::Unsupported(message),
            Why::Error => Outcome::Unsupported(format!("the driver says: {message}")),
            Why::Exhausted => Outcome::Exhausted(refusal.budget.map_or(Budget::Stack, |budget| budget.0)),
            Why::Trap => {
                let mut kinds = refusal.traps.iter().map(|name| name.0);
                let kind = kinds.next().ok_or("a trap of no kind")?;
                Outcome::Trapped(Trap { kind, or: kinds.collect(), message, place: None })
            }
            Why::Exception => match refusal.payload {
                None => Outcome::ThrewUnseen(message),
                Some(items) => self.payload(&items)?,
            },
        })
    }

    /// The end by an exception. Its type isn't known here.
    fn payload(&self, items: &[Item]) -> Result<Outcome, String> {
        let mut values = Vec::new();
        for item in items {
            values.push(match seen(*item, None)? {
                Seen::Value(value) if self.carries.carries(value.ty()) => value,
                Seen::Value(value) => {
                    return Ok(Outcome::ThrewUnseen(format!("its values of type {} don't cross", value.ty())));
                }
                Seen::Behind(..) | Seen::Null => {
                    return Ok(Outcome::ThrewUnseen("what its references are isn't known".into()));
                }
            });
        }
        Ok(Outcome::Threw(values))
    }

    /// Instantiates a module on the driver's side.
    fn make(&mut self, wasm: &[u8], imports: Vec<Import>, module: Option<Module>) -> Result<InstanceId, Outcome> {
        let op = Op::Instantiate { module: Bytes(wasm.to_vec()), imports };
        let module = module.map(|module| {
            let exports = Exports::of(&module);
            Arc::new((module, exports))
        });
        self.ask(&op, |process, made: Instantiated| {
            let number = made.instance;
            process.store.made(number, module).ok_or_else(|| format!("there is an instance {number} already"))
        })
    }

    fn make_adapter(&mut self, what: &str, wasm: &[u8], imports: Vec<Import>) -> Result<InstanceId, Outcome> {
        self.make(wasm, imports, None).map_err(|outcome| match outcome {
            broken if broken.is_breakdown() => broken,
            other => Outcome::Unsupported(format!("there is no adapter for {what}: {other}")),
        })
    }

    /// Calls a function of exactly what crosses.
    fn call(
        &mut self,
        instance: InstanceId,
        export: &str,
        args: &[Value],
        results: &[ValType],
    ) -> Result<Vec<Value>, Outcome> {
        let args = self.items(args)?;
        let op = Op::Invoke { instance: instance as u64, export: export.to_owned(), args };
        let seen = self.ask(&op, |_, answer: Values| all_seen(&answer.values, results))?;
        self.known(seen)
    }

    /// Values as they cross, with our numbers of references.
    fn items(&self, values: &[Value]) -> Result<Vec<Item>, Outcome> {
        values.iter().map(|v| self.item(*v)).collect()
    }

    fn item(&self, value: Value) -> Result<Item, Outcome> {
        let Value::Ref(r) = value else { return Ok(Item::number(value).expect("it is no reference")) };
        let handle = match r {
            Ref::Null(_) => return Ok(Item::Null(None)),
            Ref::Extern(AnyRef::Host(n)) => return Ok(Item::Extern(n)),
            Ref::Any(AnyRef::Host(n)) => return Ok(Item::Host(n)),
            Ref::Any(AnyRef::I31(n)) => return Ok(Item::I31(n)),
            Ref::Extern(AnyRef::I31(_)) => None,
            Ref::Func(a) | Ref::Exn(a) => Some(a),
            Ref::Any(AnyRef::Struct(a) | AnyRef::Array(a)) | Ref::Extern(AnyRef::Struct(a) | AnyRef::Array(a)) => {
                Some(a)
            }
        };
        match handle.filter(|a| self.store.has(*a)) {
            Some(a) => Ok(Item::Handle(None, a as u64)),
            None => Err(Outcome::Unsupported(format!("{value} isn't a reference that the driver has given"))),
        }
    }

    /// Values of which the driver has said all that it knows.
    fn known(&mut self, seen: Vec<Seen>) -> Result<Vec<Value>, Outcome> {
        let known = seen.into_iter().map(|seen| match seen {
            Seen::Value(value) => Ok(value),
            Seen::Null => Err(Outcome::Unsupported("a null of a type that isn't known".into())),
            Seen::Behind(is_outside, handle) => self.classify(is_outside, handle),
        });
        known.collect()
    }

    /// What is behind a handle: a module is asked.
    fn classify(&mut self, is_outside: bool, handle: u64) -> Result<Value, Outcome> {
        let classifier = match self.store.classifier {
            Some(classifier) => classifier,
            None => self.make_adapter("references", &adapter::classifier(), Vec::new())?,
        };
        self.store.classifier = Some(classifier);
        let (class, number) = adapter::CLASSES[usize::from(is_outside)];
        let mut ask = |export: &str| {
            let (instance, export, args) = (classifier as u64, export.to_owned(), vec![Item::Handle(None, handle)]);
            let op = Op::Invoke { instance, export, args };
            self.ask(&op, |_, answer: Values| match answer.values[..] {
                [Item::I32(c)] => Ok(c),
                _ => Err("not one i32".into()),
            })
        };
        let handle = handle as usize;
        let inside = match ask(class)? {
            1 => AnyRef::I31(ask(number)?),
            2 => AnyRef::Struct(handle),
            4 => AnyRef::Array(handle),
            _ => return Err(Outcome::Unsupported("a reference of a kind that the driver doesn't tell".into())),
        };
        Ok(Value::Ref(if is_outside { Ref::Extern(inside) } else { Ref::Any(inside) }))
    }

    /// What an instance's module is.
    fn module(&self, instance: InstanceId) -> Result<Arc<(Module, Exports)>, Outcome> {
        match self.store.instances.get(instance) {
            None => Err(Outcome::Unlinkable(format!("there is no instance {instance}"))),
            Some(instance) => {
                let undecoded = "assay can't decode its module, and doesn't know the types of what it exports";
                instance.module.clone().ok_or_else(|| Outcome::Unsupported(undecoded.into()))
            }
        }
    }

    /// The adapter for an export.
    fn adapter(
        &mut self,
        instance: InstanceId,
        export: &str,
        wasm: impl FnOnce(Carries) -> Vec<u8>,
    ) -> Result<InstanceId, Outcome> {
        if let Some(id) = self.store.instances[instance].adapters.get(export) {
            return Ok(*id);
        }
        let (module, name) = (adapter::WRAPPED.0.to_owned(), adapter::WRAPPED.1.to_owned());
        let from = Origin::Instance { instance: instance as u64, export: export.to_owned() };
        let imports = vec![Import { module, name, from }];
        let id = self.make_adapter(&format!("{export:?}"), &wasm(self.carries), imports)?;
        self.store.instances[instance].adapters.insert(export.to_owned(), id);
        Ok(id)
    }

    fn results(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Result<Vec<Value>, Outcome> {
        self.connect()?;
        let module = self.module(instance)?;
        let (module, exports) = &*module;
        let Some((index, ty)) = exports.funcs.get(export) else { return Err(not_a("function", export)) };
        if args.len() != ty.params.len() || !args.iter().zip(&ty.params).all(|(v, t)| v.may_be(*t)) {
            let ty = ExternType::Func(ty.clone());
            return Err(Outcome::Unsupported(format!("arguments of other types than those of {ty}")));
        }
        if self.carries.carries_all(ty) {
            return self.call(instance, export, args, &ty.results);
        }
        let adapter = self.adapter(instance, export, |carries| adapter::function(module, *index, carries))?;
        let (args, results) = (self.carries.lower(args), self.carries.lower_types(&ty.results));
        let values = self.call(adapter, adapter::CALL, &args, &results)?;
        self.lifted(&values, &ty.results)
    }

    fn lifted(&self, values: &[Value], types: &[ValType]) -> Result<Vec<Value>, Outcome> {
        let lifted = self.carries.lift(values, types);
        lifted.ok_or_else(|| Outcome::Nonsense("values of other types than they were announced with".into()))
    }

    /// Where a host function comes from. What can't cross, and references, whose types are the import's, come by an
    /// adapter that imports it under a number.
    fn host(&mut self, module: &Module, import: &syntax::Import, answers: &[Scripted]) -> Result<Origin, Outcome> {
        let ExternType::Func(ty) = &import.ty else { unreachable!("only functions are the host's") };
        let ty = module.abs_func_type(ty);
        let script = self.script(import, &ty.results, answers)?;
        let is_number = |t: &ValType| !matches!(t, ValType::Ref(_));
        if self.carries.carries_all(&ty) && ty.params.iter().chain(&ty.results).all(is_number) && import.module != HOST
        {
            self.store.has_plain_hosts = true;
            return Ok(Origin::Host { host: script });
        }
        let number = self.store.hosts.len().to_string();
        let index = import.type_index.expect("a function's type stands in its module");
        let wasm = adapter::host(module, index, (HOST, &number), self.carries);
        let from = Origin::Host { host: script };
        let imports = vec![Import { module: HOST.to_owned(), name: number, from }];
        self.store.hosts.push(HostFunc { import: (import.module.clone(), import.name.clone()), params: ty.params });
        let id = self.make_adapter(&format!("the import {:?}", import.name), &wasm, imports)?;
        Ok(Origin::Instance { instance: id as u64, export: adapter::CALL.to_owned() })
    }

    /// What a host function answers, as what crosses: an answer of other types is as good as none.
    fn script(&self, import: &syntax::Import, types: &[ValType], answers: &[Scripted]) -> Result<Script, Outcome> {
        let mut script = Script::default();
        let is_its = |a: &&Scripted| a.import.0 == import.module && a.import.1 == import.name;
        for (call, answer) in answers.iter().filter(is_its).enumerate() {
            let fits = answer.results.len() == types.len()
                && answer.results.iter().zip(types).all(|(value, ty)| value.may_be(*ty));
            let defaults = || types.iter().map(|t| Value::default_of(*t)).collect();
            let results = if fits { Some(answer.results.clone()) } else { defaults() };
            let results = results.filter(|_| !answer.throws);
            if results.is_none() {
                script.throws.push(call);
            }
            script.results.push(self.items(&self.carries.lower(&results.unwrap_or_default()))?);
        }
        Ok(script)
    }

    fn imports(&mut self, module: &Module, links: &[Link]) -> Result<Vec<Import>, Outcome> {
        let mut imports: Vec<Import> = Vec::new();
        for (i, import) in module.imports.iter().enumerate() {
            let is_it = |(m, n): (&str, &str)| m == import.module && n == import.name;
            let Some(link) = links.iter().find(|l| is_it((&l.module, &l.name))) else { continue };
            let twin = module.imports[..i].iter().find(|other| is_it((&other.module, &other.name)));
            let from = match (&link.from, &import.ty, twin) {
                (Source::Instance(id, export), _, None) => {
                    if *id >= self.store.instances.len() {
                        return Err(Outcome::Unlinkable(format!("there is no instance {id}")));
                    }
                    Origin::Instance { instance: *id as u64, export: export.clone() }
                }
                (Source::Host(answers), ExternType::Func(_), None) => self.host(module, import, answers)?,
                (Source::Host(_), ExternType::Func(_), Some(twin)) if twin.type_index != import.type_index => {
                    let why = "a host function that is imported twice, with different types";
                    return Err(Outcome::Unsupported(why.into()));
                }
                _ => continue,
            };
            imports.push(Import { module: import.module.clone(), name: import.name.clone(), from });
        }
        Ok(imports)
    }

    /// What a host function was called with.
    fn host_call(&mut self, call: crate::protocol::Call) -> Result<HostCall, Outcome> {
        let nonsense = |why: &str| Outcome::Nonsense(format!("in the log: {why}"));
        if call.module == HOST {
            let number = call.name.parse::<usize>().ok().filter(|n| *n < self.store.hosts.len());
            let Some(number) = number else { return Err(nonsense("a host function that there isn't")) };
            let HostFunc { import, params } = &self.store.hosts[number];
            let (import, params) = (import.clone(), params.clone());
            let seen = all_seen(&call.args, &self.carries.lower_types(&params)).map_err(|why| nonsense(&why))?;
            let values = self.known(seen)?;
            return Ok(HostCall { import, args: self.lifted(&values, &params)? });
        }
        let number = |item: &Item| match seen(*item, None) {
            Ok(Seen::Value(value)) if !matches!(value, Value::Ref(_)) && self.carries.carries(value.ty()) => Ok(value),
            _ => Err(nonsense("a value that isn't an argument")),
        };
        let args = call.args.iter().map(number).collect::<Result<_, _>>()?;
        Ok(HostCall { import: (call.module, call.name), args })
    }
}

/// A value as far as the driver tells what it is.
enum Seen {
    Value(Value),
    /// Null, of a type that is known elsewhere.
    Null,
    /// A reference behind this handle of ours: outside, or of the hierarchy of `any`.
    Behind(bool, u64),
}

/// A value where one of this type, as it can be told outside of its module, is asked for; or why it is none.
fn seen(item: Item, ty: Option<ValType>) -> Result<Seen, String> {
    let value = match item {
        Item::I32(c) => Value::I32(c),
        Item::I64(c) => Value::I64(c),
        Item::F32(c) => Value::F32(c),
        Item::F64(c) => Value::F64(c),
        Item::V128(c) => Value::V128(c),
        Item::Null(top) => match (ty, top) {
            (Some(ValType::Ref(t)), _) => Value::Ref(Ref::Null(t.heap.abs_top())),
            (None, Some(top)) => Value::Ref(Ref::Null(top.heap())),
            (None, None) => return Ok(Seen::Null),
            (Some(other), _) => return Err(format!("null instead of a value of type {other}")),
        },
        Item::Extern(n) => Value::Ref(Ref::host(n)),
        Item::Host(n) => Value::Ref(Ref::Any(AnyRef::Host(n))),
        Item::I31(n) => Value::Ref(Ref::Any(AnyRef::I31(n))),
        Item::Handle(kind, handle) => {
            let a = handle as usize;
            match kind.ok_or("a handle without a kind")? {
                Kind::Func => Value::Ref(Ref::Func(a)),
                Kind::Exn => Value::Ref(Ref::Exn(a)),
                Kind::Struct => Value::Ref(Ref::Any(AnyRef::Struct(a))),
                Kind::Array => Value::Ref(Ref::Any(AnyRef::Array(a))),
                kind @ (Kind::Any | Kind::Extern) => {
                    let is_outside = kind == Kind::Extern;
                    let top = if is_outside { syntax::HeapType::Extern } else { syntax::HeapType::Any };
                    return match ty {
                        Some(ValType::Ref(t)) if t.heap.abs_top() == top => Ok(Seen::Behind(is_outside, handle)),
                        None => Ok(Seen::Behind(is_outside, handle)),
                        Some(other) => Err(format!("a reference to {top} instead of a value of type {other}")),
                    };
                }
            }
        }
    };
    match ty {
        Some(ty) if !value.may_be(ty) => Err(format!("a value of type {} instead of one of type {ty}", value.ty())),
        _ => Ok(Seen::Value(value)),
    }
}

fn all_seen(items: &[Item], types: &[ValType]) -> Result<Vec<Seen>, String> {
    if items.len() != types.len() {
        return Err(format!("{} values instead of {}", items.len(), types.len()));
    }
    items.iter().zip(types).map(|(item, ty)| seen(*item, Some(*ty))).collect()
}

/// Whether a request can be refused for such a reason.
fn fits(op: &Op, why: Why) -> bool {
    let of_module = matches!(why, Why::Malformed | Why::Invalid | Why::Rejected | Why::Limit);
    let of_run = matches!(why, Why::Trap | Why::Exception | Why::Exhausted);
    match (op, why) {
        (_, Why::Unsupported | Why::Error) => true,
        (Op::Validate { .. }, _) => of_module,
        (Op::Instantiate { .. }, _) => true,
        (Op::Invoke { .. }, _) => of_run || why == Why::Unlinkable,
        (_, why) => why == Why::Unlinkable,
    }
}

fn not_a(what: &str, export: &str) -> Outcome {
    Outcome::Unlinkable(format!("no {what} is exported as {export:?}"))
}

/// An answer in which nothing is asked for.
#[derive(serde::Deserialize)]
struct Done {}

impl Engine for Process {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn version(&self) -> String {
        match &self.hello {
            Some(hello) => printable(format!("{} {}", hello.name, hello.version).trim()),
            None => "unknown, since it hasn't said hello".into(),
        }
    }

    fn features(&self) -> Features {
        self.features
    }

    fn set_features(&mut self, features: Features) {
        self.features = features;
    }

    fn reset(&mut self) {
        (self.store, self.lost) = (Store::default(), None);
        // Features are told in the beginning: others are for another driver.
        self.connection = self.connection.take().filter(|connection| connection.features == self.features);
        if self.connection.is_some() {
            // If that fails, the next request has a new driver, which begins with an empty store.
            let _ = self.ask(&Op::Reset, |_, _: Done| Ok(()));
        }
    }

    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.ask(&Op::Validate { module: Bytes(wasm.to_vec()) }, |_, _: Done| Ok(()))
    }

    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        self.connect()?;
        // What isn't a module by us may be one by the driver, and it is the driver that is asked.
        let module = binary::decode_with(wasm, self.features).ok();
        let imports = match &module {
            Some(module) => self.imports(module, links)?,
            None => Vec::new(),
        };
        self.make(wasm, imports, module)
    }

    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.results(instance, export, args).map_or_else(|outcome| outcome, Outcome::Returned)
    }

    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.connect()?;
        let module = self.module(instance)?;
        let Some(ty) = module.1.globals.get(export) else { return Err(not_a("global", export)) };
        let values = if self.carries.carries(ty.val) {
            let op = Op::Get { instance: instance as u64, export: export.to_owned() };
            let seen = self.ask(&op, |_, answer: Values| all_seen(&answer.values, &[ty.val]))?;
            self.known(seen)?
        } else {
            let adapter = self.adapter(instance, export, |carries| adapter::global(*ty, carries))?;
            let values = self.call(adapter, adapter::GET, &[], &self.carries.lower_types(&[ty.val]))?;
            self.lifted(&values, &[ty.val])?
        };
        Ok(values[0])
    }

    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.connect()?;
        let module = self.module(instance)?;
        let Some(ty) = module.1.globals.get(export) else { return Err(not_a("global", export)) };
        if !ty.mutable || !value.may_be(ty.val) {
            return Err(Outcome::Unsupported(format!("global {export:?} can't be set to {value}")));
        }
        if self.carries.carries(ty.val) {
            let value = self.item(value)?;
            let op = Op::Set { instance: instance as u64, export: export.to_owned(), value };
            return self.ask(&op, |_, _: Done| Ok(()));
        }
        let adapter = self.adapter(instance, export, |carries| adapter::global(*ty, carries))?;
        self.call(adapter, adapter::SET, &self.carries.lower(&[value]), &[]).map(drop)
    }

    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        let module = self.module(instance)?;
        let page = module.1.mems.get(export).map_or(PAGE, |ty| ty.page);
        let op = |range: Option<(u64, u64)>| Op::Memory {
            instance: instance as u64,
            export: export.to_owned(),
            offset: range.map(|(offset, _)| offset),
            length: range.map(|(_, length)| length),
        };
        let state = self.ask(&op(None), |_, state: MemoryState| Ok(state))?;
        let memories = &self.store.instances[instance].memories;
        if let Some((_, bytes)) = memories.get(export).filter(|(sha256, _)| *sha256 == state.sha256) {
            return Ok(bytes.clone());
        }
        let (mut bytes, size) = (Vec::new(), state.pages.saturating_mul(page));
        while (bytes.len() as u64) < size {
            let offset = bytes.len() as u64;
            let length = (size - offset).min(CHUNK);
            let chunk = self.ask(&op(Some((offset, length))), |_, state: MemoryState| match state.bytes {
                Some(chunk) if chunk.0.len() as u64 == length => Ok(chunk.0),
                _ => Err(format!("not {length} bytes of a memory")),
            })?;
            bytes.extend(chunk);
        }
        if hexadecimal(&Sha256::digest(&bytes)) != state.sha256 {
            return Err(self.nonsense("a memory of another digest than was said"));
        }
        let seen = (state.sha256, bytes.clone());
        self.store.instances[instance].memories.insert(export.to_owned(), seen);
        Ok(bytes)
    }

    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.module(instance)?;
        let (instance, export, bytes) = (instance as u64, export.to_owned(), Bytes(bytes.to_vec()));
        self.ask(&Op::Write { instance, export, offset, bytes }, |_, _: Done| Ok(()))
    }

    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.module(instance)?;
        let op = Op::Table { instance: instance as u64, export: export.to_owned() };
        self.ask(&op, |_, state: TableState| {
            let null = |c: char| match c {
                '0' => Some(false),
                '1' => Some(true),
                _ => None,
            };
            let nulls: Option<Nulls> = state.nulls.chars().map(null).collect();
            nulls.filter(|nulls| nulls.len() as u64 == state.size).ok_or_else(|| "not a bit for each element".into())
        })
    }

    fn log(&mut self) -> Vec<HostCall> {
        if self.store.hosts.is_empty() && !self.store.has_plain_hosts {
            return Vec::new();
        }
        let calls = self.ask(&Op::Log, |_, log: Log| Ok(log.calls));
        let calls = calls.and_then(|calls| calls.into_iter().map(|call| self.host_call(call)).collect());
        calls.unwrap_or_else(|outcome: Outcome| {
            // Nobody may take it that there were none.
            self.lost = Some(outcome);
            Vec::new()
        })
    }
}

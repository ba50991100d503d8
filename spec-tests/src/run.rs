//! Runs scripts, directive by directive.
//!
//! A module that couldn't be instantiated is remembered with its [`Fault`], and all that depends on it has that fault.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use assay_engines::{Engine, InstanceId, Link, Outcome, Source};
use assay_interp::outcome::Budget;
use rustc_hash::FxHashMap;
use wast::core::{Elem, ElemKind, ElemPayload, ModuleField, ModuleKind};
use wast::parser;
use wast::token::{Id, Index};
use wast::{Error, QuoteWat, QuoteWatTest, WastDirective, WastExecute, WastInvoke, Wat};

use crate::expect;
use crate::report::Report;
use crate::script::{Lines, Script, ScriptError, buffer, with_directives};

/// What a directive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A module that is instantiated, or defined to be instantiated later.
    Module,
    /// An instance gets a name that imports can use.
    Register,
    /// A call whose results don't matter, as long as it returns.
    Action,
    /// `assert_return`
    Return,
    /// `assert_trap`
    Trap,
    /// `assert_exhaustion`
    Exhaustion,
    /// `assert_exception`
    Exception,
    /// `assert_suspension`
    Suspension,
    /// `assert_unlinkable`
    Unlinkable,
    /// `assert_invalid`
    Invalid,
    /// `assert_invalid_custom`
    InvalidCustom,
    /// `assert_malformed` of a module in the binary format.
    Malformed,
    /// `assert_malformed` of a quoted text: most of these test the parser of texts, which isn't the engine's.
    MalformedQuoted,
    /// `assert_malformed_custom`
    MalformedCustom,
    /// `thread`
    Thread,
    /// `wait`
    Wait,
}

impl Kind {
    /// All kinds, in the order of reports.
    pub const ALL: [Kind; 16] = [
        Kind::Module,
        Kind::Register,
        Kind::Action,
        Kind::Return,
        Kind::Trap,
        Kind::Exhaustion,
        Kind::Exception,
        Kind::Suspension,
        Kind::Unlinkable,
        Kind::Invalid,
        Kind::InvalidCustom,
        Kind::Malformed,
        Kind::MalformedQuoted,
        Kind::MalformedCustom,
        Kind::Thread,
        Kind::Wait,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Register => "register",
            Kind::Action => "action",
            Kind::Return => "return",
            Kind::Trap => "trap",
            Kind::Exhaustion => "exhaustion",
            Kind::Exception => "exception",
            Kind::Suspension => "suspension",
            Kind::Unlinkable => "unlinkable",
            Kind::Invalid => "invalid",
            Kind::InvalidCustom => "invalid-custom",
            Kind::Malformed => "malformed",
            Kind::MalformedQuoted => "malformed-quoted",
            Kind::MalformedCustom => "malformed-custom",
            Kind::Thread => "thread",
            Kind::Wait => "wait",
        }
    }

    fn of(directive: &WastDirective<'_>) -> Kind {
        match directive {
            WastDirective::Module(_) | WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
                Kind::Module
            }
            WastDirective::Register { .. } => Kind::Register,
            WastDirective::Invoke(_) => Kind::Action,
            WastDirective::AssertReturn { .. } => Kind::Return,
            WastDirective::AssertTrap { .. } => Kind::Trap,
            WastDirective::AssertExhaustion { .. } => Kind::Exhaustion,
            WastDirective::AssertException { .. } => Kind::Exception,
            WastDirective::AssertSuspension { .. } => Kind::Suspension,
            WastDirective::AssertUnlinkable { .. } => Kind::Unlinkable,
            WastDirective::AssertInvalid { .. } => Kind::Invalid,
            WastDirective::AssertInvalidCustom { .. } => Kind::InvalidCustom,
            WastDirective::AssertMalformed { module: QuoteWat::Wat(_), .. } => Kind::Malformed,
            WastDirective::AssertMalformed { .. } => Kind::MalformedQuoted,
            WastDirective::AssertMalformedCustom { .. } => Kind::MalformedCustom,
            WastDirective::Thread(_) => Kind::Thread,
            WastDirective::Wait { .. } => Kind::Wait,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A place in a text: line and column, in bytes, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why a directive hasn't passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer was another one.
    Failed(String),
    /// The engine, or this runner, doesn't do what the directive needs.
    Unsupported(String),
}

const NOT_INSTANTIATED: &str = "module not instantiated: ";

impl Fault {
    /// Why, with all details.
    pub fn why(&self) -> &str {
        let (Fault::Failed(why) | Fault::Unsupported(why)) = self;
        why
    }

    /// Why, without the details in which directives with the same cause differ.
    pub fn reason(&self) -> &str {
        let why = self.why();
        let why = why.strip_prefix(NOT_INSTANTIATED).unwrap_or(why);
        why.split_once(" (at byte ").map_or(why, |(reason, _)| reason)
    }

    /// Of an outcome where none of its kind was asked for.
    fn unwanted(outcome: Outcome) -> Fault {
        match outcome {
            Outcome::Unsupported(why) => Fault::Unsupported(why),
            other => Fault::Failed(other.to_string()),
        }
    }

    /// Of what depends on a module with this fault.
    fn inherited(&self) -> Fault {
        let (Fault::Failed(why) | Fault::Unsupported(why)) = self;
        let why = match why.starts_with(NOT_INSTANTIATED) {
            true => why.clone(),
            false => format!("{NOT_INSTANTIATED}{why}"),
        };
        match self {
            Fault::Failed(_) => Fault::Failed(why),
            Fault::Unsupported(_) => Fault::Unsupported(why),
        }
    }
}

/// A directive and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it asks for.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
    /// Whether it passed.
    pub verdict: Result<(), Fault>,
}

/// How a script went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptReport {
    /// Suite and name.
    pub file: String,
    /// Its directives, in order.
    pub checked: Vec<Checked>,
}

/// Runs a script in an engine, which is reset before.
///
/// # Errors
///
/// The script isn't in the format or holds a component, or the engine has no room for the host module.
pub fn run(engine: &mut dyn Engine, script: &Script) -> Result<ScriptReport, ScriptError> {
    with_directives(script, |directives, lines| {
        let mut session = Session::begin(engine).map_err(|(engine, outcome)| {
            let (file, outcome) = (script.file(), outcome.to_string());
            ScriptError::Host { file, engine, outcome }
        })?;
        let mut checked = Vec::new();
        let mut broken = None;
        for directive in directives {
            session.check(directive, lines, &mut broken, &mut checked);
        }
        Ok(ScriptReport { file: script.file(), checked })
    })
}

/// Runs scripts in parallel, each in an engine of its own.
pub fn run_all(scripts: &[Script], jobs: usize, engine: &(dyn Fn() -> Box<dyn Engine> + Sync)) -> Report {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        while let Some(script) = scripts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = run(&mut *engine(), script);
            results.lock().unwrap_or_else(|e| e.into_inner()).push((script.file(), result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, scripts.len().max(1)) {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut report = Report::default();
    for (_, result) in results {
        match result {
            Ok(script) => report.scripts.push(script),
            Err(error) => report.errors.push(error),
        }
    }
    report
}

/// What a name of a script stands for; the empty name is the last module's.
type Names<T> = FxHashMap<String, Result<T, Fault>>;

struct Session<'e> {
    engine: &'e mut dyn Engine,
    definitions: Names<Vec<u8>>,
    instances: Names<InstanceId>,
    registered: Names<InstanceId>,
    /// The instance that holds the host's shared memory.
    shared: Option<Result<InstanceId, Fault>>,
}

fn name(id: Option<Id<'_>>) -> String {
    id.map(|id| format!("${}", id.name())).unwrap_or_default()
}

fn find<T: Clone>(names: &Names<T>, id: Option<Id<'_>>) -> Result<T, Fault> {
    match names.get(&name(id)) {
        Some(found) => found.clone().map_err(|fault| fault.inherited()),
        None => Err(Fault::Failed(format!("there is no module {} before this", name(id)))),
    }
}

impl<'e> Session<'e> {
    fn begin(engine: &'e mut dyn Engine) -> Result<Session<'e>, (String, Outcome)> {
        engine.reset();
        let host = |source: &str| text(source).expect("a host module is a module");
        let id = match engine.instantiate(&host(include_str!("spectest.wat")), &[]) {
            Ok(id) => id,
            Err(outcome) => return Err((engine.id(), outcome)),
        };
        // Where there are threads, the host has a shared memory too.
        let shared = r#"(module (memory (export "shared_memory") 1 2 shared))"#;
        let shared = match engine.instantiate(&host(shared), &[]) {
            Err(Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_)) => None,
            result => Some(result.map_err(Fault::unwanted)),
        };
        let registered = [("spectest".to_owned(), Ok(id))].into_iter().collect();
        Ok(Session { engine, definitions: Names::default(), instances: Names::default(), registered, shared })
    }

    /// Checks one directive. When an engine has panicked, nothing that it says later counts: `broken` is the reason.
    fn check(
        &mut self,
        directive: WastDirective<'_>,
        lines: &Lines,
        broken: &mut Option<Fault>,
        checked: &mut Vec<Checked>,
    ) {
        let (kind, place) = (Kind::of(&directive), lines.place(directive.span()));
        if let WastDirective::Thread(thread) = directive {
            let fault = || Fault::Unsupported("threads".into());
            checked.push(Checked { kind, place, verdict: Err(fault()) });
            for inner in thread.directives {
                self.check(inner, lines, &mut broken.clone().or(Some(fault())), checked);
            }
            return;
        }
        let verdict = match broken {
            Some(fault) => Err(fault.clone()),
            None => catch_unwind(AssertUnwindSafe(|| self.directive(directive))).unwrap_or_else(|panic| {
                let message = panic_message(&*panic);
                *broken = Some(Fault::Failed(format!("not run: at {place} before, it panicked: {message}")));
                Err(Fault::Failed(format!("panicked: {message}")))
            }),
        };
        checked.push(Checked { kind, place, verdict });
    }

    fn directive(&mut self, directive: WastDirective<'_>) -> Result<(), Fault> {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => {
                let wasm = find(&self.definitions, module);
                let result = wasm.and_then(|wasm| self.instantiate(&wasm)?.map_err(Fault::unwanted));
                bind(&mut self.instances, instance, result)
            }
            WastDirective::Register { name, module, .. } => {
                let instance = find(&self.instances, module);
                self.registered.insert(name.to_owned(), instance.clone());
                instance.map(drop)
            }
            WastDirective::Invoke(call) => match self.invoke(&call)? {
                Outcome::Returned(_) => Ok(()),
                other => Err(Fault::unwanted(other)),
            },
            WastDirective::AssertReturn { exec, results, .. } => expect::results(&self.execute(exec)?, &results),
            WastDirective::AssertTrap { exec, message, .. } => expect::trap(&self.execute(exec)?, message),
            WastDirective::AssertExhaustion { call, message, .. } => match self.invoke(&call)? {
                // A loop that never ends would be another matter.
                Outcome::Exhausted(Budget::Fuel) if message == "call stack exhausted" => {
                    Err(Fault::Failed(format!("should run out of stack, not of fuel: {message}")))
                }
                Outcome::Exhausted(_) => Ok(()),
                other => Err(instead(&format!("be exhausted: {message}"), other)),
            },
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Outcome::Threw => Ok(()),
                other => Err(instead("throw an exception", other)),
            },
            WastDirective::AssertUnlinkable { module, message, .. } => match self.execute(WastExecute::Wat(module))? {
                Outcome::Unlinkable(_) => Ok(()),
                other => Err(instead(&format!("be unlinkable: {message}"), other)),
            },
            WastDirective::AssertInvalid { mut module, message, .. } => {
                let wasm = encode(&mut module).map_err(refused)?;
                self.refuses(&wasm, &format!("be invalid: {message}"), |o| matches!(o, Outcome::Invalid(_)))
            }
            WastDirective::AssertInvalidCustom { mut module, message, .. } => {
                let wasm = encode(&mut module).map_err(refused)?;
                self.refuses(&wasm, &format!("be invalid: {message}"), |o| matches!(o, Outcome::Invalid(_)))
            }
            WastDirective::AssertMalformed { module, message, .. }
            | WastDirective::AssertMalformedCustom { module, message, .. } => self.malformed(module, message),
            WastDirective::AssertSuspension { .. } => Err(Fault::Unsupported("suspensions (stack switching)".into())),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err(Fault::Unsupported("threads".into())),
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<(), Fault> {
        let id = module.name();
        let wasm = encode(&mut module).map_err(refused);
        let result = wasm.clone().and_then(|wasm| self.instantiate(&wasm)?.map_err(Fault::unwanted));
        // A module is its own definition too.
        let _ = bind(&mut self.definitions, id, wasm);
        bind(&mut self.instances, id, result)
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<(), Fault> {
        let id = module.name();
        let wasm = encode(&mut module).map_err(refused);
        let valid = wasm.and_then(|wasm| self.engine.validate(&wasm).map(|()| wasm).map_err(Fault::unwanted));
        bind(&mut self.definitions, id, valid)
    }

    /// The outer error is a fault in what the module imports, the inner one the answer of the engine.
    fn instantiate(&mut self, wasm: &[u8]) -> Result<Result<InstanceId, Outcome>, Fault> {
        let mut links = Vec::new();
        for (module, name) in imports(wasm) {
            let registered = match (module.as_str(), name.as_str()) {
                ("spectest", "shared_memory") => self.shared.as_ref(),
                _ => self.registered.get(&module),
            };
            match registered {
                Some(Ok(id)) => {
                    let from = Source::Instance(*id, name.clone());
                    links.push(Link { module, name, from });
                }
                Some(Err(fault)) => return Err(fault.inherited()),
                None => {}
            }
        }
        Ok(self.engine.instantiate(wasm, &links))
    }

    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Outcome, Fault> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Wat(mut module) => {
                let wasm = assemble(&mut module).map_err(refused)?;
                Ok(self.instantiate(&wasm)?.map_or_else(|outcome| outcome, |_| Outcome::Returned(Vec::new())))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = find(&self.instances, module)?;
                Ok(self.engine.get(instance, global).map_or_else(|outcome| outcome, |v| Outcome::Returned(vec![v])))
            }
        }
    }

    fn invoke(&mut self, call: &WastInvoke<'_>) -> Result<Outcome, Fault> {
        let instance = find(&self.instances, call.module)?;
        let args = call.args.iter().map(expect::argument).collect::<Result<Vec<_>, _>>()?;
        Ok(self.engine.invoke(instance, call.name, &args))
    }

    fn malformed(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Fault> {
        let should = format!("be malformed: {message}");
        match (encode(&mut module), &module) {
            (Ok(wasm), _) => self.refuses(&wasm, &should, |o| matches!(o, Outcome::Malformed(_))),
            (Err(_), QuoteWat::QuoteModule(..)) => Ok(()),
            (Err(error), _) => Err(refused(error)),
        }
    }

    /// Passes if the engine refuses a module for this reason, or doesn't say for which.
    fn refuses(&mut self, wasm: &[u8], should: &str, reason: impl Fn(&Outcome) -> bool) -> Result<(), Fault> {
        match self.engine.validate(wasm) {
            Ok(()) => Err(Fault::Failed(format!("should {should}; it is valid"))),
            Err(Outcome::Rejected(_)) => Ok(()),
            Err(outcome) if reason(&outcome) => Ok(()),
            Err(other) => Err(instead(should, other)),
        }
    }
}

/// Gives a module, or the fault in its place, its name and that of the last module.
fn bind<T: Clone>(names: &mut Names<T>, id: Option<Id<'_>>, result: Result<T, Fault>) -> Result<(), Fault> {
    names.insert(String::new(), result.clone());
    if id.is_some() {
        names.insert(name(id), result.clone());
    }
    result.map(drop)
}

fn instead(should: &str, outcome: Outcome) -> Fault {
    match outcome {
        Outcome::Unsupported(why) => Fault::Unsupported(why),
        other => Fault::Failed(format!("should {should}; it {other}")),
    }
}

fn refused(error: Error) -> Fault {
    Fault::Failed(format!("the parser of texts refuses it: {}", error.message()))
}

fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, Error> {
    if let QuoteWat::Wat(module) = module {
        return assemble(module);
    }
    match module.to_test()? {
        QuoteWatTest::Binary(wasm) => Ok(wasm),
        QuoteWatTest::Text(bytes) => match std::str::from_utf8(&bytes) {
            Ok(source) => text(source),
            Err(_) => Err(Error::new(module.span(), "malformed UTF-8 encoding".into())),
        },
    }
}

fn text(source: &str) -> Result<Vec<u8>, Error> {
    let buffer = buffer(source)?;
    assemble(&mut parser::parse(&buffer)?)
}

/// Encodes a module. An element segment for table 0 doesn't name it: 1.0 has no encoding that could.
fn assemble(module: &mut Wat<'_>) -> Result<Vec<u8>, Error> {
    if let Wat::Module(module) = module {
        module.resolve()?;
        if let ModuleKind::Text(fields) = &mut module.kind {
            for field in fields {
                if let ModuleField::Elem(Elem { kind: ElemKind::Active { table, .. }, payload, .. }) = field
                    && matches!((&table, payload), (Some(Index::Num(0, _)), ElemPayload::Indices(_)))
                {
                    *table = None;
                }
            }
        }
    }
    module.encode()
}

/// The names of a module's imports, as far as it can be read.
fn imports(wasm: &[u8]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(wasmparser::Payload::ImportSection(section)) => {
                let found = section.into_imports().map_while(Result::ok);
                names.extend(found.map(|import| (import.module.to_owned(), import.name.to_owned())));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

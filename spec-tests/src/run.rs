//! Runs scripts, directive by directive.
//!
//! A module that couldn't be instantiated is remembered with its [`Fault`], and all that depends on it has that fault.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use assay_engines::{Engine, InstanceId, Link, Outcome, Source};
use assay_interp::outcome::Budget;
use rustc_hash::FxHashMap;
use wast::token::Id;
use wast::{Error, QuoteWat, WastDirective, WastExecute, WastInvoke, Wat};

use crate::custom::{self, Flaw};
use crate::expect;
use crate::kind::Kind;
use crate::report::Report;
use crate::script::{Script, ScriptError, with_directives};
use crate::text::{assemble, encode, imports, is_text_without_annotations, text};
use crate::threads::{Playing, Schedule};

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
    Wrong {
        /// What was asked for, behind "should": `return [2]`.
        should: String,
        /// What came, behind "it": `returned [1]`.
        it: String,
    },
    /// There was no answer that could be compared.
    Failed(String),
    /// The engine, or this runner, doesn't do what the directive needs.
    Unsupported(String),
}

const NOT_INSTANTIATED: &str = "module not instantiated: ";

impl Fault {
    /// Why, with all details.
    pub fn why(&self) -> Cow<'_, str> {
        match self {
            Fault::Wrong { should, it } => format!("should {should}; it {it}").into(),
            Fault::Failed(why) | Fault::Unsupported(why) => why.into(),
        }
    }

    /// Why, without the details in which directives with the same cause differ.
    pub fn reason(&self) -> String {
        let why = self.why();
        let why = why.strip_prefix(NOT_INSTANTIATED).unwrap_or(&why);
        // Where in a module; and what an engine in another process said on its way out.
        let end = [" (at byte ", "; it wrote: "].iter().filter_map(|details| why.find(details)).min();
        why[..end.unwrap_or(why.len())].to_owned()
    }

    /// Whether the engine, or this runner, doesn't do what the directive needs.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, Fault::Unsupported(_))
    }

    /// Whether it is that of a module before, which the directive depends on.
    pub fn is_inherited(&self) -> bool {
        self.why().starts_with(NOT_INSTANTIATED)
    }

    /// Of an outcome where another one was asked for.
    pub(crate) fn instead(should: impl Into<String>, outcome: &Outcome) -> Fault {
        match outcome {
            Outcome::Unsupported(why) => Fault::Unsupported(why.clone()),
            other => Fault::wrong(should, other.to_string()),
        }
    }

    fn wrong(should: impl Into<String>, it: impl Into<String>) -> Fault {
        Fault::Wrong { should: should.into(), it: it.into() }
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
        let why = self.why();
        let why = match why.starts_with(NOT_INSTANTIATED) {
            true => why.into_owned(),
            false => format!("{NOT_INSTANTIATED}{why}"),
        };
        match self {
            Fault::Wrong { .. } | Fault::Failed(_) => Fault::Failed(why),
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

/// `return: passed`
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(()) => write!(f, "{}: passed", self.kind),
            Err(Fault::Unsupported(why)) => write!(f, "{}: unsupported: {why}", self.kind),
            Err(fault) => write!(f, "{}: failed: {}", self.kind, fault.why()),
        }
    }
}

/// How a script went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptReport {
    /// Suite and name.
    pub file: String,
    /// Its directives, in order.
    pub checked: Vec<Checked>,
}

impl ScriptReport {
    /// The folder.
    pub fn suite(&self) -> &str {
        self.file.rsplit_once('/').map_or("", |(suite, _)| suite)
    }
}

/// What happens to a directive, for whoever looks on.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// It begins.
    Begins(Kind, Place),
    /// It has ended.
    Ended(&'a Checked),
}

/// Runs a script in an engine, which is reset before.
///
/// # Errors
///
/// The script isn't in the format or holds a component, or the engine has no room for the host module.
pub fn run<E: Engine + ?Sized>(engine: &mut E, script: &Script) -> Result<ScriptReport, ScriptError> {
    run_scheduled(engine, script, Schedule::default())
}

/// Runs a script in an engine, which is reset before; its threads take turns by this schedule.
///
/// # Errors
///
/// As of [`run`].
pub fn run_scheduled<E: Engine + ?Sized>(
    engine: &mut E,
    script: &Script,
    schedule: Schedule,
) -> Result<ScriptReport, ScriptError> {
    let scripts = std::slice::from_ref(script);
    let mut results = run_in_turn(engine, scripts, schedule, &|| false, &mut |_, _, _| {});
    results.pop().expect("one script has one result")
}

/// Runs scripts in an engine, which is reset before, in their order and with one store: what one of them registers, the
/// next ones import. Names of modules are each script's own. If one is written for other features than the engine's,
/// the engine is told so. `watch` is told of each directive, with its file; of those of a thread once they have ended,
/// since their steps are taken while the script's own directives are under way.
///
/// The results are those of [`run`], script by script.
pub fn run_group<E: Engine + ?Sized>(
    engine: &mut E,
    scripts: &[Script],
    watch: &mut dyn FnMut(&mut E, &str, Event<'_>),
) -> Vec<Result<ScriptReport, ScriptError>> {
    run_until(engine, scripts, &|| false, watch)
}

/// As [`run_group`], until it is enough: then no further directive of a script's own begins. A script that hasn't begun
/// has no result, one that has ends with what it has.
pub(crate) fn run_until<E: Engine + ?Sized>(
    engine: &mut E,
    scripts: &[Script],
    enough: &dyn Fn() -> bool,
    watch: &mut dyn FnMut(&mut E, &str, Event<'_>),
) -> Vec<Result<ScriptReport, ScriptError>> {
    run_in_turn(engine, scripts, Schedule::default(), enough, watch)
}

fn run_in_turn<E: Engine + ?Sized>(
    engine: &mut E,
    scripts: &[Script],
    schedule: Schedule,
    enough: &dyn Fn() -> bool,
    watch: &mut dyn FnMut(&mut E, &str, Event<'_>),
) -> Vec<Result<ScriptReport, ScriptError>> {
    if let Some(features) = scripts.iter().find_map(|script| script.features) {
        engine.set_features(features);
    }
    let mut session = match Session::begin(engine) {
        Ok(session) => session,
        Err((engine, outcome)) => {
            let (engine, outcome) = (&engine, outcome.to_string());
            let error =
                |s: &Script| ScriptError::Host { file: s.file(), engine: engine.clone(), outcome: outcome.clone() };
            return scripts.iter().map(|s| Err(error(s))).collect();
        }
    };
    let mut results = Vec::new();
    for script in scripts.iter().take_while(|_| !enough()) {
        let file = script.file();
        results.push(with_directives(script, |directives, lines| {
            let mut watch = |engine: &mut E, event: Event<'_>| watch(engine, &file, event);
            let mut playing = Playing::begin(&mut session, lines, schedule, &mut watch);
            directives.into_iter().take_while(|_| !enough()).for_each(|directive| playing.check(directive));
            Ok(ScriptReport { file: file.clone(), checked: playing.end() })
        }));
    }
    results
}

/// Runs scripts in parallel, each in an engine of its own. The report is sorted by suite and name.
pub fn run_all(scripts: &[Script], jobs: usize, engine: &(dyn Fn() -> Box<dyn Engine> + Sync)) -> Report {
    let groups: Vec<&[Script]> = scripts.chunks(1).collect();
    let mut report = run_groups(&groups, jobs, engine);
    report.scripts.sort_by(|a, b| a.file.cmp(&b.file));
    report
}

/// Runs groups of scripts in parallel, each in an engine of its own; see [`run_group`]. The report is in their order.
pub fn run_groups(groups: &[&[Script]], jobs: usize, engine: &(dyn Fn() -> Box<dyn Engine> + Sync)) -> Report {
    let mut report = Report::default();
    for results in parallel(groups, jobs, &|group| run_group(&mut *engine(), group, &mut |_, _, _| {})) {
        report.extend(results);
    }
    report
}

/// Applies `work` to items, some at the same time, and gives the results in the items' order.
pub(crate) fn parallel<T: Sync, R: Send>(items: &[T], jobs: usize, work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(i) else { break };
                    let result = work(item);
                    results.lock().unwrap_or_else(|e| e.into_inner()).push((i, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|e| e.into_inner());
    results.sort_by_key(|(i, _)| *i);
    results.into_iter().map(|(_, result)| result).collect()
}

fn host_module(source: &str) -> Vec<u8> {
    text(source).expect("a host module is a module")
}

/// The host module of the official tests, in the binary format: what `spectest` exports, but for the shared memory that
/// there is where there are threads.
pub fn spectest() -> Vec<u8> {
    host_module(include_str!("spectest.wat"))
}

/// What a name of a script stands for; the empty name is the last module's.
pub(crate) type Names<T> = FxHashMap<String, Result<T, Fault>>;

/// What the names of one script stand for.
#[derive(Default)]
pub(crate) struct Scope {
    definitions: Names<Vec<u8>>,
    pub(crate) instances: Names<InstanceId>,
    /// Threads, which can be waited for.
    pub(crate) threads: Names<()>,
}

pub(crate) struct Session<'e, E: Engine + ?Sized> {
    pub(crate) engine: &'e mut E,
    pub(crate) scope: Scope,
    pub(crate) registered: Names<InstanceId>,
    /// The instance that holds the host's shared memory.
    shared: Option<Result<InstanceId, Fault>>,
    /// The instance that holds the host's other items.
    spectest: InstanceId,
    /// The engine has panicked: nothing that it says later counts.
    broken: Option<Fault>,
}

pub(crate) fn name(id: Option<Id<'_>>) -> String {
    id.map(|id| format!("${}", id.name())).unwrap_or_default()
}

pub(crate) fn find<T: Clone>(names: &Names<T>, id: Option<Id<'_>>) -> Result<T, Fault> {
    match names.get(&name(id)) {
        Some(found) => found.clone().map_err(|fault| fault.inherited()),
        None if id.is_none() => Err(Fault::Failed("there is no module before this".into())),
        None => Err(Fault::Failed(format!("there is no module {} before this", name(id)))),
    }
}

impl<'e, E: Engine + ?Sized> Session<'e, E> {
    fn begin(engine: &'e mut E) -> Result<Session<'e, E>, (String, Outcome)> {
        engine.reset();
        let id = match engine.instantiate(&spectest(), &[]) {
            Ok(id) => id,
            Err(outcome) => return Err((engine.id(), outcome)),
        };
        // Where there are threads, the host has a shared memory too.
        let shared = r#"(module (memory (export "shared_memory") 1 2 shared))"#;
        let shared = match engine.instantiate(&host_module(shared), &[]) {
            Err(Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Rejected(_)) => None,
            result => Some(result.map_err(Fault::unwanted)),
        };
        let (scope, registered) = (Scope::default(), Names::default());
        let mut session = Session { engine, scope, registered, shared, spectest: id, broken: None };
        session.registered = session.of_the_host();
        Ok(session)
    }

    /// What the host registers.
    pub(crate) fn of_the_host(&self) -> Names<InstanceId> {
        [("spectest".to_owned(), Ok(self.spectest))].into_iter().collect()
    }

    /// Has the engine do something for the directive at a place, unless it has panicked before.
    pub(crate) fn guarded<T>(
        &mut self,
        place: Place,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|panic| {
            let message = panic_message(&*panic);
            self.broken = Some(Fault::Failed(format!("not run: at {place} before, it panicked: {message}")));
            Err(Fault::Failed(format!("panicked: {message}")))
        })
    }

    pub(crate) fn directive(&mut self, mut directive: WastDirective<'_>) -> Result<(), Fault> {
        if let Some(outcome) = self.outcome(&mut directive) {
            return judge(&directive, outcome?);
        }
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => {
                let wasm = find(&self.scope.definitions, module);
                let result = wasm.and_then(|wasm| self.instantiate(&wasm)?.map_err(Fault::unwanted));
                bind(&mut self.scope.instances, instance, result)
            }
            WastDirective::Register { name, module, .. } => {
                let instance = find(&self.scope.instances, module);
                self.registered.insert(name.to_owned(), instance.clone());
                instance.map(drop)
            }
            WastDirective::AssertInvalid { mut module, message, .. } => {
                let wasm = encode(&mut module).map_err(refused)?;
                self.refuses(&wasm, &format!("be invalid: {message}"), |o| matches!(o, Outcome::Invalid(_)))
            }
            WastDirective::AssertInvalidCustom { mut module, message, .. } => {
                let wasm = encode(&mut module).map_err(refused)?;
                self.flawed(&wasm, &format!("have an invalid custom section: {message}"), |f| {
                    matches!(f, Flaw::Invalid(_))
                })
            }
            WastDirective::AssertMalformed { module, message, .. } => self.malformed(module, message),
            WastDirective::AssertMalformedCustom { module, message, .. } => self.malformed_custom(module, message),
            WastDirective::AssertSuspension { .. } => Err(Fault::Unsupported("suspensions (stack switching)".into())),
            WastDirective::Wait { thread, .. } => match self.scope.threads.get(&name(Some(thread))) {
                Some(ended) => ended.clone(),
                None => Err(Fault::Failed(format!("there is no thread {} before this", name(Some(thread))))),
            },
            WastDirective::Invoke(_)
            | WastDirective::AssertReturn { .. }
            | WastDirective::AssertTrap { .. }
            | WastDirective::AssertExhaustion { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertUnlinkable { .. } => unreachable!("it has an outcome"),
            WastDirective::Thread(_) => unreachable!("its directives are checked one by one"),
        }
    }

    /// What a directive that runs something ends with; `None` if it runs nothing.
    fn outcome(&mut self, directive: &mut WastDirective<'_>) -> Option<Result<Outcome, Fault>> {
        match directive {
            WastDirective::Invoke(call) | WastDirective::AssertExhaustion { call, .. } => Some(self.invoke(call)),
            WastDirective::AssertReturn { exec, .. }
            | WastDirective::AssertTrap { exec, .. }
            | WastDirective::AssertException { exec, .. } => Some(self.execute(exec)),
            WastDirective::AssertUnlinkable { module, .. } => Some(self.link(module)),
            _ => None,
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<(), Fault> {
        let id = module.name();
        let wasm = encode(&mut module).map_err(refused);
        let result = wasm.clone().and_then(|wasm| self.instantiate(&wasm)?.map_err(Fault::unwanted));
        // A module is its own definition too.
        let _ = bind(&mut self.scope.definitions, id, wasm);
        bind(&mut self.scope.instances, id, result)
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Result<(), Fault> {
        let id = module.name();
        let wasm = encode(&mut module).map_err(refused);
        let valid = wasm.and_then(|wasm| self.engine.validate(&wasm).map(|()| wasm).map_err(Fault::unwanted));
        bind(&mut self.scope.definitions, id, valid)
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

    fn execute(&mut self, exec: &mut WastExecute<'_>) -> Result<Outcome, Fault> {
        match exec {
            WastExecute::Invoke(call) => self.invoke(call),
            WastExecute::Wat(module) => self.link(module),
            WastExecute::Get { module, global, .. } => {
                let instance = find(&self.scope.instances, *module)?;
                Ok(self.engine.get(instance, global).map_or_else(|outcome| outcome, |v| Outcome::Returned(vec![v])))
            }
        }
    }

    fn link(&mut self, module: &mut Wat<'_>) -> Result<Outcome, Fault> {
        let wasm = assemble(module).map_err(refused)?;
        Ok(self.instantiate(&wasm)?.map_or_else(|outcome| outcome, |_| Outcome::Returned(Vec::new())))
    }

    fn invoke(&mut self, call: &WastInvoke<'_>) -> Result<Outcome, Fault> {
        let instance = find(&self.scope.instances, call.module)?;
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

    /// The parser of texts knows what is well-formed in annotations; custom sections this runner reads itself.
    fn malformed_custom(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Fault> {
        let should = format!("have a malformed custom section: {message}");
        match encode(&mut module) {
            Ok(wasm) => self.flawed(&wasm, &should, |f| matches!(f, Flaw::Malformed(_))),
            Err(_) if is_text_without_annotations(&mut module) => Ok(()),
            Err(error) => Err(Fault::wrong(should, format!("is malformed itself: {}", error.message()))),
        }
    }

    /// Passes if a module is valid by the engine, and a custom section of it has this flaw.
    fn flawed(&mut self, wasm: &[u8], should: &str, expected: impl Fn(&Flaw) -> bool) -> Result<(), Fault> {
        self.engine.validate(wasm).map_err(|outcome| Fault::instead(should, &outcome))?;
        match custom::flaw(wasm) {
            Some(flaw) if expected(&flaw) => Ok(()),
            Some(Flaw::Malformed(why)) => Err(Fault::wrong(should, format!("has a malformed one: {why}"))),
            Some(Flaw::Invalid(why)) => Err(Fault::wrong(should, format!("has an invalid one: {why}"))),
            None => Err(Fault::wrong(should, "has only valid ones")),
        }
    }

    /// Passes if the engine refuses a module for this reason, or doesn't say for which.
    fn refuses(&mut self, wasm: &[u8], should: &str, reason: impl Fn(&Outcome) -> bool) -> Result<(), Fault> {
        match self.engine.validate(wasm) {
            Ok(()) => Err(Fault::wrong(should, "is valid")),
            Err(Outcome::Rejected(_)) => Ok(()),
            Err(outcome) if reason(&outcome) => Ok(()),
            Err(other) => Err(Fault::instead(should, &other)),
        }
    }
}

/// Whether a directive that runs something passes, by what that ended with.
pub(crate) fn judge(directive: &WastDirective<'_>, outcome: Outcome) -> Result<(), Fault> {
    match (directive, outcome) {
        (WastDirective::Invoke(_), Outcome::Returned(_)) => Ok(()),
        (WastDirective::Invoke(_), other) => Err(Fault::unwanted(other)),
        (WastDirective::AssertReturn { results, .. }, outcome) => expect::results(&outcome, results),
        (WastDirective::AssertTrap { message, .. }, outcome) => expect::trap(&outcome, message),
        (WastDirective::AssertExhaustion { message, .. }, Outcome::Exhausted(budget)) => match (budget, *message) {
            // A loop that never ends would be another matter, and so would a thread that waits for ever.
            (Budget::Fuel, "call stack exhausted") => {
                Err(Fault::Failed(format!("should run out of stack, not of fuel: {message}")))
            }
            (Budget::Wait, "waits for ever") => Ok(()),
            (Budget::Wait, _) | (_, "waits for ever") => {
                Err(Fault::instead(format!("be exhausted: {message}"), &Outcome::Exhausted(budget)))
            }
            _ => Ok(()),
        },
        (WastDirective::AssertExhaustion { message, .. }, other) => {
            Err(Fault::instead(format!("be exhausted: {message}"), &other))
        }
        (WastDirective::AssertException { .. }, Outcome::Threw(_) | Outcome::ThrewUnseen(_)) => Ok(()),
        (WastDirective::AssertException { .. }, other) => Err(Fault::instead("throw an exception", &other)),
        (WastDirective::AssertUnlinkable { .. }, Outcome::Unlinkable(_)) => Ok(()),
        (WastDirective::AssertUnlinkable { message, .. }, other) => {
            Err(Fault::instead(format!("be unlinkable: {message}"), &other))
        }
        (other, _) => unreachable!("{:?} runs nothing", Kind::of(other)),
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

fn refused(error: Error) -> Fault {
    Fault::Failed(format!("the parser of texts refuses it: {}", error.message()))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

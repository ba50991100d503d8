//! Scripts of several threads: `thread` and `wait`.
//!
//! A thread of a script has directives of its own, and names of its own: of the script's modules it knows those that
//! `shared` names. The script and its threads take turns, in the order in which they began. A turn is one directive, or
//! of a directive that calls something so many steps of the call as the [`Schedule`] says.

use std::collections::VecDeque;

use assay_engines::{Advanced, Engine, InstanceId, Outcome, ThreadId};
use wast::{WastDirective, WastExecute, WastInvoke, WastThread};

use crate::expect;
use crate::kind::Kind;
use crate::run::{Checked, Event, Fault, Names, Place, Scope, Session, find, judge, name};
use crate::script::Lines;

/// How long the turns of a script's threads are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Always so many steps.
    Steps(u64),
    /// From 1 to 16 steps, drawn for each turn by a generator of pseudo-random numbers with this seed.
    Seed(u64),
}

impl Default for Schedule {
    /// Turns of ten steps.
    fn default() -> Schedule {
        Schedule::Steps(10)
    }
}

impl Schedule {
    /// The steps of the next turn.
    fn next(&mut self) -> u64 {
        match self {
            Schedule::Steps(steps) => *steps,
            Schedule::Seed(state) => {
                // SplitMix64.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let c = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let c = (c ^ c >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                1 + (c ^ c >> 31) % 16
            }
        }
    }
}

/// A thread of a script.
struct ScriptThread<'a> {
    name: String,
    scope: Scope,
    registered: Names<InstanceId>,
    todo: VecDeque<WastDirective<'a>>,
    under_way: Option<UnderWay<'a>>,
}

/// A directive whose call is under way.
struct UnderWay<'a> {
    directive: WastDirective<'a>,
    kind: Kind,
    place: Place,
    call: ThreadId,
}

impl ScriptThread<'_> {
    fn has_ended(&self) -> bool {
        self.todo.is_empty() && self.under_way.is_none()
    }
}

/// A script under way.
pub(crate) struct Playing<'p, 'e, 'a, E: Engine + ?Sized> {
    session: &'p mut Session<'e, E>,
    lines: &'p Lines,
    schedule: Schedule,
    watch: &'p mut dyn FnMut(&mut E, Event<'_>),
    /// Those that haven't ended.
    threads: Vec<ScriptThread<'a>>,
    /// Directives of threads that have ended, and that nobody was told of yet.
    untold: Vec<Checked>,
    checked: Vec<Checked>,
}

/// The call that a directive makes.
fn call<'d, 'a>(directive: &'d WastDirective<'a>) -> Option<&'d WastInvoke<'a>> {
    match directive {
        WastDirective::Invoke(call) | WastDirective::AssertExhaustion { call, .. } => Some(call),
        WastDirective::AssertReturn { exec: WastExecute::Invoke(call), .. }
        | WastDirective::AssertTrap { exec: WastExecute::Invoke(call), .. }
        | WastDirective::AssertException { exec: WastExecute::Invoke(call), .. } => Some(call),
        _ => None,
    }
}

impl<'p, 'e, 'a, E: Engine + ?Sized> Playing<'p, 'e, 'a, E> {
    pub(crate) fn begin(
        session: &'p mut Session<'e, E>,
        lines: &'p Lines,
        schedule: Schedule,
        watch: &'p mut dyn FnMut(&mut E, Event<'_>),
    ) -> Self {
        session.scope = Scope::default();
        let (threads, untold, checked) = (Vec::new(), Vec::new(), Vec::new());
        Playing { session, lines, schedule, watch, threads, untold, checked }
    }

    /// Checks the script's next directive. Steps that its threads take meanwhile are seen as part of it.
    pub(crate) fn check(&mut self, directive: WastDirective<'a>) {
        let (kind, place) = (Kind::of(&directive), self.lines.place(directive.span()));
        (self.watch)(self.session.engine, Event::Begins(kind, place));
        let verdict = match directive {
            WastDirective::Thread(thread) => self.start(thread, place),
            directive if self.threads.is_empty() => self.session.guarded(place, |s| s.directive(directive)),
            directive => self.among_threads(directive, place),
        };
        let this = Checked { kind, place, verdict };
        (self.watch)(self.session.engine, Event::Ended(&this));
        self.checked.push(this);
        self.tell();
    }

    /// Runs the threads that nobody has waited for to their ends: all directives, in the order of the script.
    pub(crate) fn end(mut self) -> Vec<Checked> {
        while let Some(name) = self.threads.first().map(|thread| thread.name.clone()) {
            self.wait(&name);
        }
        self.tell();
        self.checked.sort_by_key(|checked| checked.place);
        self.checked
    }

    fn tell(&mut self) {
        for checked in self.untold.drain(..) {
            (self.watch)(self.session.engine, Event::Begins(checked.kind, checked.place));
            (self.watch)(self.session.engine, Event::Ended(&checked));
            self.checked.push(checked);
        }
    }

    fn start(&mut self, thread: WastThread<'a>, place: Place) -> Result<(), Fault> {
        let name = name(Some(thread.name));
        let runs = self.threads.iter().any(|other| other.name == name);
        let scope = self.session.guarded(place, |session| match thread.shared_module {
            _ if !session.engine.has_threads() => Err(Fault::Unsupported("threads".into())),
            _ if runs => Err(Fault::Failed(format!("a thread {name} runs already"))),
            None => Ok(Scope::default()),
            Some(id) => {
                let instance = find(&session.scope.instances, Some(id))?;
                let mut scope = Scope::default();
                scope.instances.insert(crate::run::name(Some(id)), Ok(instance));
                Ok(scope)
            }
        });
        if !runs {
            self.session.scope.threads.insert(name.clone(), scope.as_ref().map(drop).map_err(Fault::clone));
        }
        let (registered, under_way) = (self.session.of_the_host(), None);
        match scope {
            Ok(scope) => {
                let todo = thread.directives.into();
                self.threads.push(ScriptThread { name, scope, registered, todo, under_way });
                Ok(())
            }
            Err(fault) => {
                thread.directives.into_iter().for_each(|directive| self.refuse(directive, &fault));
                Err(fault)
            }
        }
    }

    /// A directive that isn't run, and those in it.
    fn refuse(&mut self, directive: WastDirective<'a>, fault: &Fault) {
        let (kind, place) = (Kind::of(&directive), self.lines.place(directive.span()));
        self.untold.push(Checked { kind, place, verdict: Err(fault.clone()) });
        if let WastDirective::Thread(thread) = directive {
            thread.directives.into_iter().for_each(|inner| self.refuse(inner, fault));
        }
    }

    /// A directive of the script, while it has threads.
    fn among_threads(&mut self, directive: WastDirective<'a>, place: Place) -> Result<(), Fault> {
        if let WastDirective::Wait { thread, .. } = &directive {
            self.wait(&name(Some(*thread)));
        }
        let Some(invoke) = call(&directive) else {
            let verdict = self.session.guarded(place, |session| session.directive(directive));
            self.turns();
            return verdict;
        };
        let call = match self.session.guarded(place, |session| session.start(invoke))? {
            Ok(call) => call,
            Err(outcome) => return judge(&directive, outcome),
        };
        loop {
            let steps = self.schedule.next();
            let advanced = self.session.guarded(place, |session| Ok(session.engine.advance(call, steps)))?;
            let others = self.turns();
            let outcome = match advanced {
                Advanced::Ended(outcome) => Some(outcome),
                Advanced::Blocked if !others => self.session.guarded(place, |s| Ok(s.engine.elapse(call)))?,
                Advanced::Runs | Advanced::Blocked => None,
            };
            if let Some(outcome) = outcome {
                return judge(&directive, outcome);
            }
        }
    }

    /// Lets the threads take turns until the one of this name has ended, if it hasn't yet. While the script waits for
    /// it, nobody can notify it but the other threads.
    fn wait(&mut self, name: &str) {
        while self.threads.iter().any(|thread| thread.name == name) {
            if self.turns() {
                continue;
            }
            let waiting = self.threads.iter_mut().find(|thread| thread.name == name);
            let waiting = waiting.and_then(|thread| thread.under_way.take());
            let waiting = waiting.expect("a thread that can't take a turn has a call under way");
            let elapsed = self.session.guarded(waiting.place, |session| Ok(session.engine.elapse(waiting.call)));
            match elapsed.transpose() {
                Some(outcome) => self.untold.push(waiting.ends(outcome)),
                None => {
                    let thread = self.threads.iter_mut().find(|thread| thread.name == name);
                    thread.expect("it was there").under_way = Some(waiting);
                }
            }
            self.threads.retain(|thread| !thread.has_ended());
        }
    }

    /// Lets each thread take a turn; `false` if none of them could.
    fn turns(&mut self) -> bool {
        let mut any = false;
        for i in 0..self.threads.len() {
            any |= self.turn(i);
        }
        self.threads.retain(|thread| !thread.has_ended());
        any
    }

    fn turn(&mut self, i: usize) -> bool {
        let (thread, session) = (&mut self.threads[i], &mut *self.session);
        if let Some(under_way) = thread.under_way.take() {
            let steps = self.schedule.next();
            let advanced = session.guarded(under_way.place, |s| Ok(s.engine.advance(under_way.call, steps)));
            let ended = match advanced {
                Ok(Advanced::Runs | Advanced::Blocked) => {
                    thread.under_way = Some(under_way);
                    return advanced == Ok(Advanced::Runs);
                }
                Ok(Advanced::Ended(outcome)) => Ok(outcome),
                Err(fault) => Err(fault),
            };
            self.untold.push(under_way.ends(ended));
            return true;
        }
        let Some(directive) = thread.todo.pop_front() else { return false };
        if let WastDirective::Thread(_) = directive {
            self.refuse(directive, &Fault::Unsupported("threads that threads start".into()));
            return true;
        }
        let (kind, place) = (Kind::of(&directive), self.lines.place(directive.span()));
        std::mem::swap(&mut session.scope, &mut thread.scope);
        std::mem::swap(&mut session.registered, &mut thread.registered);
        let verdict = match call(&directive).map(|call| session.guarded(place, |s| s.start(call))) {
            None => Some(session.guarded(place, |s| s.directive(directive))),
            Some(Ok(Ok(call))) => {
                thread.under_way = Some(UnderWay { directive, kind, place, call });
                None
            }
            Some(Ok(Err(outcome))) => Some(judge(&directive, outcome)),
            Some(Err(fault)) => Some(Err(fault)),
        };
        std::mem::swap(&mut session.scope, &mut thread.scope);
        std::mem::swap(&mut session.registered, &mut thread.registered);
        self.untold.extend(verdict.map(|verdict| Checked { kind, place, verdict }));
        true
    }
}

impl UnderWay<'_> {
    fn ends(self, ended: Result<Outcome, Fault>) -> Checked {
        let verdict = ended.and_then(|outcome| judge(&self.directive, outcome));
        Checked { kind: self.kind, place: self.place, verdict }
    }
}

impl<E: Engine + ?Sized> Session<'_, E> {
    /// Starts what a directive calls: the outer error is a fault in the directive, the inner one the engine's answer.
    fn start(&mut self, call: &WastInvoke<'_>) -> Result<Result<ThreadId, Outcome>, Fault> {
        let instance = find(&self.scope.instances, call.module)?;
        let args = call.args.iter().map(expect::argument).collect::<Result<Vec<_>, _>>()?;
        Ok(self.engine.start(instance, call.name, &args))
    }
}

//! Bounded symbolic execution: every entry, along every path, by the rules that run the module on numbers.
//!
//! First each function is looked at by itself, called with anything in any state, its own calls doing anything: what
//! holds then holds wherever it is called. Then, for the rest, from every entry and through all calls.
//!
//! An obligation is proved if, from every entry, each path on which its instruction is executed satisfies it, and no
//! path was left before its end from where the instruction could be executed again. What a path that was left could
//! still reach is its taint ([`Taint`]): the rest of each function on its stack, from the outermost loop around where
//! it stopped, and all that this code may call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use assay_interp::binary;
use assay_interp::exec::module::{AllocError, alloc_module};
use assay_interp::exec::{
    Admin, Callee, Config, Domain, ExternAddr, FuncInst, GlobalInst, MemInst, Place, Progress, Redex, Ref, Store,
    TableInst, Val,
};
use assay_interp::outcome::TrapKind;
use assay_interp::syntax::{ExternIdx, ExternType, Features, Idx, Instr, Module, NumType, SegmentMode, ValType};
use assay_interp::value::{Op, Reading, Term, W64};

use super::obligation::{Obligation, obligations};
use super::path::{Assumptions, Path, SymMemory, SymRef, SymTable, Undecided};
use super::report::{Finding, How, Report, Verdict, Why};
use super::witness::{Begun, NotFound, Witness, search};
use super::world::{World, unfollowed};
use crate::smt::Questions;

/// What a proof may cost. All but `time` are counts, so that a verdict is the same on every machine.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    /// Paths explored from one entry.
    pub paths: usize,
    /// Reductions explored from one entry.
    pub steps: usize,
    /// Nested calls.
    pub frames: usize,
    /// Questions to the solver from one entry.
    pub queries: usize,
    /// Work on one question, in the solver's units.
    pub rlimit: u32,
    /// Time for the whole module; what isn't known by then is unknown.
    pub time: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Budgets { paths: 100, steps: 20_000, frames: 24, queries: 150, rlimit: 300_000, time: Duration::from_secs(60) }
    }
}

/// Why nothing was proved of a module.
#[derive(Debug)]
pub enum ProveError {
    /// It can't be decoded or isn't valid, or uses what isn't supported.
    Module(binary::Error),
    /// It exports no function of this name.
    NoEntry(String),
}

impl std::fmt::Display for ProveError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProveError::Module(error) => error.fmt(f),
            ProveError::NoEntry(name) => write!(f, "no function is exported as {name:?}"),
        }
    }
}

impl std::error::Error for ProveError {}

/// Decides the obligations of a module, as far as the budgets go. With `entries` only the functions are asked for that
/// calls of these exports reach through the module's own code; the world outside stays what it is, and calls back.
///
/// # Errors
///
/// The module isn't one that can be looked at, or an entry doesn't exist.
pub fn prove(wasm: &[u8], features: Features, entries: &[String], budgets: &Budgets) -> Result<Report, ProveError> {
    let module = Arc::new(binary::decode_with(wasm, features).map_err(ProveError::Module)?);
    let world = World::of(&module);
    let asked: Result<BTreeSet<Idx>, ProveError> = entries
        .iter()
        .map(|name| {
            let export = module.exports.iter().find(|e| e.name == *name);
            match export.map(|e| e.item) {
                Some(ExternIdx::Func(x)) => Ok(x),
                _ => Err(ProveError::NoEntry(name.clone())),
            }
        })
        .collect();
    let mut asked = asked?;
    if entries.is_empty() {
        asked.clone_from(&world.entries);
    }
    let calls: Vec<Instr> = asked.iter().map(|x| Instr::Call { x: *x }).collect();
    let in_question = world.reached_from(calls.iter());
    let mut explored = asked.clone();
    // Where these call out, the outside can call any other entry.
    if world.calls_out(&module, &in_question) {
        explored.extend(world.entries.intersection(&world.reaching(&in_question)));
    }
    let mut explorer = Explorer {
        wasm,
        module: &module,
        world: &world,
        budgets,
        deadline: Instant::now(),
        alone: !world.aliases,
        proved: BTreeMap::new(),
        seen: BTreeMap::new(),
        taint: Taint::default(),
    };
    if let Some(why) = unfollowed(&module) {
        (0..).zip(module.func_type_indices()).for_each(|(x, _)| explorer.taint.add(x, 0, why));
    } else if world.aliases {
        explorer.taint_code(&explored.iter().map(|x| Instr::Call { x: *x }).collect::<Vec<_>>(), ALIASES);
    } else {
        explorer.explore(&in_question, budgets.time / 2);
        explorer.proved = explorer.proved_alone(&in_question);
        (explorer.alone, explorer.seen, explorer.taint) = (false, BTreeMap::new(), Taint::default());
        explorer.explore(&explored, budgets.time / 2);
    }
    let findings = obligations(&module)
        .into_iter()
        .filter(|o| entries.is_empty() || o.place.func.is_some_and(|x| in_question.contains(&x)))
        .map(|obligation| Finding { verdict: explorer.verdict(obligation), obligation })
        .collect();
    let names = asked.iter().map(|x| module.func_name(*x)).collect();
    Ok(Report::new(&module, names, findings))
}

/// What the paths have shown of one obligation.
#[derive(Debug, Default)]
struct Seen {
    /// It held, and this showed it.
    held: Option<How>,
    /// It didn't hold, or wasn't decided; a witness if there is one.
    failed: Option<Result<Box<Witness>, Why>>,
    /// How often it could not be told whether it holds, or no witness was found though it doesn't.
    tries: usize,
}

impl Seen {
    /// Whether it can't be proved any more, and nobody looks for a witness.
    fn is_lost(&self) -> bool {
        match self.failed {
            Some(Ok(_)) => true,
            Some(Err(_)) => self.tries >= MAX_TRIES,
            None => false,
        }
    }
}

/// Where paths that were left before their end could still go: for each function the first position, and why.
#[derive(Debug, Default)]
struct Taint {
    from: BTreeMap<Idx, (u32, &'static str)>,
}

impl Taint {
    fn add(&mut self, func: Idx, from: u32, why: &'static str) {
        let entry = self.from.entry(func).or_insert((from, why));
        if from < entry.0 {
            *entry = (from, why);
        }
    }

    fn of(&self, place: Place) -> Option<&'static str> {
        let (from, why) = self.from.get(&place.func?)?;
        (*from <= place.at).then_some(*why)
    }
}

const TIME: &str = "the time";
const ALIASES: &str = "two imported memories, tables or globals may be the same object, which isn't followed yet";
/// Searches for a witness of one obligation, over all its paths.
const MAX_TRIES: usize = 3;
/// Bulk operations up to this length are followed byte by byte.
const MAX_BULK: u128 = 256;

struct Explorer<'a> {
    wasm: &'a [u8],
    module: &'a Arc<Module>,
    world: &'a World,
    budgets: &'a Budgets,
    deadline: Instant,
    /// Whether each function is looked at by itself: calls aren't followed, but do anything that a call out can.
    alone: bool,
    /// What holds of functions by themselves, and so wherever they are called.
    proved: BTreeMap<Obligation, How>,
    seen: BTreeMap<Obligation, Seen>,
    taint: Taint,
}

/// A path as far as it has been followed.
struct State {
    config: Config<Path>,
    assumptions: Assumptions,
    begun: Begun,
    /// The choices of the step that it was forked in.
    choices: Vec<Term>,
}

/// What one entry has used of its budgets.
struct Used {
    paths: usize,
    steps: usize,
    queries: usize,
    questions: Questions,
}

impl Explorer<'_> {
    /// Explores functions one after the other, each with its share of the time.
    fn explore(&mut self, funcs: &BTreeSet<Idx>, time: Duration) {
        let end = Instant::now() + time;
        for (left, func) in (1..=funcs.len() as u32).rev().zip(funcs) {
            let now = Instant::now();
            if now > end {
                // All that are left at once: each by itself would cost its time, too.
                let rest: Vec<Instr> = funcs.range(func..).map(|x| Instr::Call { x: *x }).collect();
                funcs.range(func..).for_each(|x| self.taint.add(*x, 0, TIME));
                return self.taint_code(&rest, TIME);
            }
            self.deadline = now + end.saturating_duration_since(now) / left;
            self.entry(*func);
        }
    }

    /// What exploring each of these functions by itself has proved.
    fn proved_alone(&mut self, funcs: &BTreeSet<Idx>) -> BTreeMap<Obligation, How> {
        let explored = |o: &Obligation| o.place.func.is_some_and(|x| funcs.contains(&x));
        let verdicts = obligations(self.module).into_iter().filter(explored).map(|o| (o, self.verdict(o)));
        verdicts.filter_map(|(o, v)| if let Verdict::Proved(how) = v { Some((o, how)) } else { None }).collect()
    }

    fn verdict(&mut self, obligation: Obligation) -> Verdict {
        let seen = self.seen.remove(&obligation).unwrap_or_default();
        let alone = self.proved.get(&obligation).copied();
        match (seen.failed, self.taint.of(obligation.place)) {
            (Some(Ok(witness)), _) => Verdict::Refuted(witness),
            _ if let Some(how) = alone => Verdict::Proved(how),
            (Some(Err(why)), _) => Verdict::Unknown(why),
            (None, Some(why)) => Verdict::Unknown(Why::Budget(why)),
            (None, None) => Verdict::Proved(seen.held.unwrap_or(How::Unreached)),
        }
    }

    fn entry(&mut self, entry: Idx) {
        let path = Path::default();
        let Some(first) = self.begin(&path, entry) else {
            return self.leave(&Config::new(Store::default(), 0), entry, "its instance could not be made");
        };
        let mut used = Used { paths: 0, steps: 0, queries: 0, questions: Questions::new(self.budgets.rlimit) };
        // First the path that was forked first, so that a loop doesn't keep the others waiting.
        let mut todo = VecDeque::from([first]);
        while let Some(state) = todo.pop_front() {
            used.paths += 1;
            path.resume(state.assumptions.clone(), state.choices.clone());
            self.follow(&path, state, &mut todo, &mut used);
        }
    }

    /// Follows one path to its end, to a fork, or to the end of a budget.
    fn follow(&mut self, path: &Path, mut state: State, todo: &mut VecDeque<State>, used: &mut Used) {
        let mut anew = true;
        loop {
            if let Some(why) = self.spent(&state, used) {
                return self.leave(&state.config, state.begun.entry, why);
            }
            state.config.focus(path);
            let place = state.config.place();
            let before = state.config.clone();
            path.begin_step(anew);
            used.steps += 1;
            let step = if let Some(result) = bulk(&mut state.config, path) {
                result.map(|trap| trap.map_or(Step::Went, Step::Trapped))
            } else if let Some(result) = self.alone.then(|| opaque_call(&mut state.config, path)).flatten() {
                result
            } else {
                state.config.step(path).map(|progress| Step::from(progress, &state.config))
            };
            if let (Ok(_), Some(place)) = (&step, place) {
                for kind in path.discharged() {
                    self.held(Obligation { place, kind }, How::Intervals);
                }
            }
            anew = false;
            match step {
                Ok(Step::Went) => {}
                Ok(Step::Ended) => return,
                Ok(Step::Exhausted) => return self.leave(&before, state.begun.entry, "the stack of the exploration"),
                Ok(Step::Trapped(kind)) => {
                    let place = place.expect("only an instruction traps");
                    let facts = path.assumptions().facts;
                    self.failed(path, &state.begun, &facts, Obligation { place, kind }, used);
                    return;
                }
                Ok(Step::CallOut { import, results }) => self.call_out(path, &mut state, import, &results),
                Err(Undecided::GiveUp(why)) => return self.leave(&before, state.begun.entry, why),
                Err(Undecided::Fork { condition, trap }) => {
                    state.config = before;
                    anew = true;
                    match trap {
                        Some(kind) => {
                            let place = place.expect("only an instruction traps");
                            self.trap_fork(path, &state.begun, condition, Obligation { place, kind }, used);
                        }
                        None => self.fork(path, &state, condition, todo, used),
                    }
                }
            }
        }
    }

    /// Why a path can't be followed on, if a budget is spent.
    fn spent(&self, state: &State, used: &Used) -> Option<&'static str> {
        if used.paths > self.budgets.paths {
            Some("the number of paths (a loop was only unrolled, or there are too many branches)")
        } else if used.steps > self.budgets.steps {
            Some("the number of steps (a loop was only unrolled)")
        } else if used.queries > self.budgets.queries {
            Some("the number of questions to the solver")
        } else if state.config.frames.len() > self.budgets.frames {
            Some("the depth of nested calls")
        } else if Instant::now() > self.deadline {
            Some(TIME)
        } else {
            None
        }
    }

    /// Whether `fact` can hold on this path; `None` if that isn't known. What speaks of nothing else is asked first: it
    /// is little, and often enough.
    fn possible(&self, path: &Path, fact: Term, used: &mut Used) -> Option<bool> {
        used.queries += 1;
        let mut facts = path.assumptions().facts;
        let about = path.variables(fact);
        let mut near: Vec<Term> = facts.iter().copied().filter(|f| path.variables(*f).is_subset(&about)).collect();
        near.push(fact);
        facts.push(fact);
        let mut ask = |facts: &[Term]| used.questions.possible(&path.terms, facts);
        if near.len() < facts.len() && ask(&near) == Some(false) {
            return Some(false);
        }
        ask(&facts)
    }

    /// A step that traps if `condition` holds. The path goes on where it doesn't.
    fn trap_fork(&mut self, path: &Path, begun: &Begun, condition: Term, obligation: Obligation, used: &mut Used) {
        if !self.proved.contains_key(&obligation) && !self.seen.entry(obligation).or_default().is_lost() {
            match self.possible(path, condition, used) {
                Some(false) => self.held(obligation, How::Solver),
                None => self.undecided(obligation, Why::Solver),
                Some(true) => {
                    let mut facts = path.assumptions().facts;
                    facts.push(condition);
                    self.failed(path, begun, &facts, obligation, used);
                }
            }
        }
        path.assume(path.negate(condition));
    }

    /// A step that depends on `condition`. The path goes on by one of the two ways; the other is left to do.
    fn fork(&mut self, path: &Path, state: &State, condition: Term, todo: &mut VecDeque<State>, used: &mut Used) {
        let negated = path.negate(condition);
        if self.possible(path, condition, used) == Some(false) {
            return path.assume(negated);
        }
        if self.possible(path, negated, used) != Some(false) {
            let mut assumptions = path.assumptions();
            assumptions.assume(&path.terms, negated);
            let (config, begun) = (state.config.clone(), state.begun.clone());
            todo.push_back(State { config, assumptions, begun, choices: path.choices() });
        }
        path.assume(condition);
    }

    fn held(&mut self, obligation: Obligation, how: How) {
        let seen = self.seen.entry(obligation).or_default();
        seen.held = seen.held.max(Some(how));
    }

    fn undecided(&mut self, obligation: Obligation, why: Why) {
        let seen = self.seen.entry(obligation).or_default();
        seen.failed.get_or_insert(Err(why));
        seen.tries += 1;
    }

    /// An obligation that doesn't hold under these facts, unless they contradict each other.
    fn failed(&mut self, path: &Path, begun: &Begun, facts: &[Term], obligation: Obligation, used: &mut Used) {
        let seen = self.seen.entry(obligation).or_default();
        if seen.is_lost() {
            return;
        }
        if self.alone {
            return match used.questions.possible(&path.terms, facts) {
                Some(false) => self.held(obligation, How::Solver),
                _ => self.undecided(obligation, Why::NoScenario),
            };
        }
        used.queries += 2;
        match search(self.wasm, self.module, path, begun, facts, obligation, self.budgets.rlimit) {
            Ok(Some(witness)) => seen.failed = Some(Ok(Box::new(witness))),
            // The path itself isn't possible.
            Ok(None) => self.held(obligation, How::Solver),
            Err(NotFound::Solver) => self.undecided(obligation, Why::Solver),
            Err(NotFound::Scenario) => self.undecided(obligation, Why::NoScenario),
        }
    }

    /// Leaves a path before its end.
    fn leave(&mut self, config: &Config<Path>, entry: Idx, why: &'static str) {
        for frame in &config.frames {
            let Some(func) = frame.func else { continue };
            let stopped = frame.at.min(frame.next);
            let is_around = |(at, instr): &(u32, &Instr)| {
                matches!(instr, Instr::Loop { .. }) && *at <= stopped && stopped <= frame.body.closed_at[*at as usize]
            };
            let from = (0..).zip(&frame.body.instrs).find(is_around).map_or(stopped, |(at, _)| at);
            self.taint.add(func, from, why);
            self.taint_code(&frame.body.instrs[from as usize..], why);
        }
        // A path that was left before it had a frame was about to call its entry.
        if config.frames.is_empty() {
            self.taint.add(entry, 0, why);
            self.taint_code(&[Instr::Call { x: entry }], why);
        }
    }

    fn taint_code(&mut self, code: &[Instr], why: &'static str) {
        // A function by itself executes no other's code.
        if self.alone {
            return;
        }
        for func in self.world.reached_from(code.iter()) {
            self.taint.add(func, 0, why);
        }
    }

    /// A call to the outside: whatever it can change holds anything, and so do the results.
    fn call_out(&self, path: &Path, state: &mut State, import: Option<usize>, results: &[ValType]) {
        havoc(path, self.module, self.world, &mut state.config.store);
        let terms: Vec<Term> = results.iter().map(|t| fresh_term(path, "result", *t)).collect();
        for (t, term) in results.iter().zip(&terms) {
            state.config.stack.push(fresh_value(*t, *term));
        }
        state.begun.answers.extend(import.map(|i| (i, terms)));
    }

    /// A configuration about to call an entry, in any state that the world allows.
    fn begin(&self, path: &Path, entry: Idx) -> Option<State> {
        // A memory that nobody can make has no length to reason about.
        if self.module.mem_types().iter().any(|t| t.limits.min > t.greatest()) {
            return None;
        }
        let mut store: Store<Path> = Store::default();
        let mut imports = Vec::new();
        let func_types = self.module.func_types();
        let mut funcs = 0;
        for import in &self.module.imports {
            imports.push(match &import.ty {
                ExternType::Func(_) => {
                    let func = store.alloc_host_func(func_types[funcs].clone(), funcs);
                    funcs += 1;
                    ExternAddr::Func(func)
                }
                ExternType::Tag(_) => unreachable!("a module with tags isn't followed"),
                ExternType::Table(t) => ExternAddr::Table(store.alloc_table(*t, table(path))),
                ExternType::Mem(t) => ExternAddr::Mem(store.alloc_mem(*t, memory(path))),
                ExternType::Global(t) => {
                    let term = fresh_term(path, "global", t.val);
                    ExternAddr::Global(store.alloc_global(*t, fresh_value(t.val, term)))
                }
            });
        }
        let mut config = Config::new(store, 1 << 20);
        let instance = match alloc_module(&mut config, path, self.module, &imports, &mut Config::step) {
            Ok(instance) => instance,
            Err(AllocError::Exhausted(_) | AllocError::Undecided(_)) => return None,
        };
        let initial: Vec<Val<Path>> = config.store.globals.iter().map(|g| g.value).collect();
        havoc(path, self.module, self.world, &mut config.store);
        for (x, t) in self.module.table_types().iter().enumerate() {
            if !self.world.table_changes[x] {
                config.store.tables[x].elements = SymTable {
                    elements: sealed_elements(self.module, x as Idx, t.limits.min, &instance.funcs),
                    len: path.constant::<W64>(t.limits.min.into()),
                };
            }
        }
        let mut begun = Begun { entry, ..Begun::default() };
        self.pristine(path, &config.store, &initial, &mut begun);
        let ty = func_types[entry as usize].clone();
        for t in &ty.params {
            let term = fresh_term(path, "argument", *t);
            begun.args.push(term);
            config.stack.push(fresh_value(*t, term));
        }
        config.invoke(path, instance.funcs[entry as usize]);
        let assumptions = path.assumptions();
        Some(State { config, assumptions, begun, choices: Vec::new() })
    }

    /// Notes which terms the state at the entry is made of, and what they are right after instantiation.
    fn pristine(&self, path: &Path, store: &Store<Path>, initial: &[Val<Path>], begun: &mut Begun) {
        for (x, global) in store.globals.iter().enumerate() {
            if let (Some(now), Some(first)) = (bits(global.value), bits(initial[x]))
                && now != first
            {
                begun.globals.push((x as Idx, now));
                begun.pristine.push(path.terms.op(Op::Eq, 1, [now, first, now]));
            }
        }
        for (mem, ty) in store.mems.iter().zip(self.module.mem_types()) {
            begun.mems.push((mem.bytes.array, mem.bytes.len));
            let min = path.constant::<W64>((ty.limits.min * ty.page).into());
            begun.pristine.push(path.eq::<W64>(mem.bytes.len, min));
        }
        for (table, ty) in store.tables.iter().zip(self.module.table_types()) {
            let min = path.constant::<W64>(ty.limits.min.into());
            begun.pristine.push(path.eq::<W64>(table.elements.len, min));
        }
    }
}

/// What a step did, as far as exploring goes.
enum Step {
    Went,
    Ended,
    Exhausted,
    Trapped(TrapKind),
    CallOut { import: Option<usize>, results: Vec<ValType> },
}

impl Step {
    fn from(progress: Progress<Path>, config: &Config<Path>) -> Step {
        match progress {
            Progress::Reduced(_) => config.trap.as_ref().map_or(Step::Went, |trap| Step::Trapped(trap.kind)),
            Progress::Ended => Step::Ended,
            Progress::Exhausted(_) => Step::Exhausted,
            Progress::Blocked => panic!("a module that waits isn't followed"),
            Progress::CallOut { callee, ty, .. } => {
                let import = callee.and_then(|a| match config.store.funcs[a] {
                    FuncInst::Host { id, .. } => Some(id),
                    FuncInst::Wasm { .. } => None,
                });
                Step::CallOut { import, results: ty.results.clone() }
            }
        }
    }
}

/// A call, but for that of the function explored, in one step: like a call out. `None` if that isn't what comes next.
fn opaque_call(config: &mut Config<Path>, path: &Path) -> Option<Result<Step, Undecided>> {
    let Some(Redex::Admin(Admin::CallRef(Callee { ty, .. }))) = config.redex() else { return None };
    let Some(Val::Ref(callee)) = config.stack.values().last().copied() else { return None };
    if config.frames.is_empty() {
        return None;
    }
    Some(path.traps(path.is_null(callee), TrapKind::UninitializedElement).map(|is_null| {
        if is_null {
            return Step::Trapped(TrapKind::UninitializedElement);
        }
        config.skip(1 + ty.params.len());
        Step::CallOut { import: None, results: ty.results.clone() }
    }))
}

/// A bulk operation whose length isn't a small number, in one step: its trap condition, and then anything in the range
/// that it writes. `None` if that isn't what comes next.
fn bulk(config: &mut Config<Path>, path: &Path) -> Option<Result<Option<TrapKind>, Undecided>> {
    let Some(Redex::Instr(instr)) = config.redex() else { return None };
    let instance = config.frames.last()?.instance.clone();
    let store = &config.store;
    let mem = |x: Idx| (store.mems[instance.mems[x as usize]].bytes.len, TrapKind::MemoryOutOfBounds);
    let table = |x: Idx| (store.tables[instance.tables[x as usize]].elements.len, TrapKind::TableOutOfBounds);
    let number = |n: usize| path.constant::<W64>(n as u128);
    // The ranges, by the operand that each begins at, counted from the length.
    let ranges = match instr {
        Instr::MemoryFill { x } => vec![(2, mem(x))],
        Instr::MemoryCopy { x, y } => vec![(2, mem(x)), (1, mem(y))],
        Instr::MemoryInit { x, y } => {
            let data = store.datas[instance.datas[y as usize]].len();
            // It may have been dropped since.
            let (len, dropped) = (number(data), path.choice());
            vec![(2, mem(x)), (1, (path.ite::<W64>(dropped, number(0), len), TrapKind::MemoryOutOfBounds))]
        }
        Instr::TableFill { x } => vec![(2, table(x))],
        Instr::TableCopy { x, y } => vec![(2, table(x)), (1, table(y))],
        Instr::TableInit { x, y } => {
            let elem = store.elems[instance.elems[y as usize]].len();
            let (len, dropped) = (number(elem), path.choice());
            vec![(2, table(x)), (1, (path.ite::<W64>(dropped, number(0), len), TrapKind::TableOutOfBounds))]
        }
        _ => return None,
    };
    let operands = config.stack.values();
    let operand = |from_top: usize| operands[operands.len() - 1 - from_top].address(path);
    let n = operand(0);
    let segment = matches!(instr, Instr::MemoryInit { .. } | Instr::TableInit { .. });
    if !segment && path.terms.as_const(n).is_some_and(|n| n <= MAX_BULK) {
        return None;
    }
    for (from_top, (len, kind)) in ranges {
        match path.range_traps(operand(from_top), n, len, kind) {
            Ok(false) => {}
            Ok(true) => return Some(Ok(Some(kind))),
            Err(undecided) => return Some(Err(undecided)),
        }
    }
    match instr {
        Instr::MemoryFill { x } | Instr::MemoryCopy { x, .. } | Instr::MemoryInit { x, .. } => {
            config.store.mems[instance.mems[x as usize]].bytes.array = path.terms.array("memory");
        }
        Instr::TableFill { x } | Instr::TableCopy { x, .. } | Instr::TableInit { x, .. } => {
            config.store.tables[instance.tables[x as usize]].elements.elements = None;
        }
        _ => unreachable!("told apart above"),
    }
    config.skip(3);
    Some(Ok(None))
}

/// All that the outside, or code of the module called from there, can have changed holds anything.
fn havoc(path: &Path, module: &Module, world: &World, store: &mut Store<Path>) {
    for (x, (mem, ty)) in store.mems.iter_mut().zip(module.mem_types()).enumerate() {
        let MemInst { bytes, .. } = mem;
        bytes.array = path.terms.array("memory");
        if world.mem_grows[x] {
            // In pages: at least the declared minimum, and it never shrinks.
            bytes.len = length(path, bytes.len, (ty.limits.min, ty.greatest()), ty.page);
        }
    }
    for (x, (table, ty)) in store.tables.iter_mut().zip(module.table_types()).enumerate() {
        let TableInst { elements, .. } = table;
        if world.table_changes[x] {
            let len = length(path, elements.len, (ty.limits.min, ty.greatest()), 1);
            *elements = SymTable { elements: None, len };
        }
    }
    for (x, global) in store.globals.iter_mut().enumerate() {
        let GlobalInst { ty, value } = global;
        if world.global_changes[x] {
            *value = fresh_value(ty.val, fresh_term(path, "global", ty.val));
        }
    }
}

/// A length that is at least what it was, a multiple of `unit`, and of so many units.
fn length(path: &Path, was: Term, (min, max): (u64, u64), unit: u64) -> Term {
    if max == min {
        return path.constant::<W64>((max * unit).into());
    }
    let len = path.terms.variable("length", 64);
    let not = |c: Term| path.negate(c);
    path.assume(not(path.ult::<W64>(path.constant::<W64>((max * unit).into()), len)));
    path.assume(not(path.ult::<W64>(len, path.constant::<W64>((min * unit).into()))));
    path.assume(not(path.ult::<W64>(len, was)));
    if unit > 1 {
        let rest = path.and::<W64>(len, path.constant::<W64>((unit - 1).into()));
        path.assume(path.eq::<W64>(rest, path.constant::<W64>(0)));
    }
    len
}

/// An imported memory, before anything is known of it.
fn memory(path: &Path) -> SymMemory {
    SymMemory { array: path.terms.array("memory"), len: path.constant::<W64>(0) }
}

/// An imported table, before anything is known of it.
fn table(path: &Path) -> SymTable {
    SymTable { elements: None, len: path.constant::<W64>(0) }
}

/// The elements of a table that nothing changes: null, but for its active segments.
fn sealed_elements(module: &Module, table: Idx, len: u64, funcs: &[usize]) -> Option<Arc<Vec<Ref>>> {
    let limit = 1 << 20;
    if len > limit {
        return None;
    }
    let null = Ref::Null(module.top(module.table_types()[table as usize].element.heap));
    let mut elements = vec![null; len as usize];
    for elem in &module.elems {
        let SegmentMode::Active { target, offset } = &elem.mode else { continue };
        if *target != table {
            continue;
        }
        let from = match offset.instrs[..] {
            [Instr::I32Const { c }, Instr::End {}] => c as u32 as usize,
            [Instr::I64Const { c }, Instr::End {}] => c as u64 as usize,
            _ => return None,
        };
        for (k, init) in elem.init.iter().enumerate() {
            let r = match init.instrs[..] {
                [Instr::RefFunc { x }, Instr::End {}] => Ref::Func(funcs[x as usize]),
                [Instr::RefNull { ht }, Instr::End {}] => Ref::Null(module.top(ht)),
                _ => return None,
            };
            // A segment that leaves the table traps: then there is no instance to call.
            *elements.get_mut(from.checked_add(k)?)? = r;
        }
    }
    Some(Arc::new(elements))
}

/// The term of a number, if it is one.
fn bits(v: Val<Path>) -> Option<Term> {
    match v {
        Val::I32(c) | Val::I64(c) | Val::F32(c) | Val::F64(c) | Val::V128(c) => Some(c),
        Val::Ref(_) => None,
    }
}

/// A new variable for a value of a type; for a reference it says whether that is null.
fn fresh_term(path: &Path, name: &str, t: ValType) -> Term {
    let width = match t {
        ValType::Num(NumType::I32 | NumType::F32) => 32,
        ValType::Num(NumType::I64 | NumType::F64) => 64,
        ValType::V128 => 128,
        ValType::Ref(_) => 1,
    };
    path.terms.variable(name, width)
}

fn fresh_value(t: ValType, term: Term) -> Val<Path> {
    match t {
        ValType::Num(NumType::I32) => Val::I32(term),
        ValType::Num(NumType::I64) => Val::I64(term),
        ValType::Num(NumType::F32) => Val::F32(term),
        ValType::Num(NumType::F64) => Val::F64(term),
        ValType::V128 => Val::V128(term),
        ValType::Ref(_) => Val::Ref(SymRef::Any(term)),
    }
}

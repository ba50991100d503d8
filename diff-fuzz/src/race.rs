//! Engines that take the same steps, and what is seen of each.

use std::collections::BTreeMap;

use assay_engines::{
    Ended, Engine, HostCall, InstanceId, Nulls, Outcome, Player, Ref, ReplayError, Trap, TrapKind, Value,
};
use assay_interp::exec::AnyRef;
use assay_interp::scenario::{Scenario, Step};
use assay_interp::syntax::Module;

use crate::choice::{self, Marks, StateMarks};
use crate::expose::{Exposed, Item, Kind, expose};
use crate::report::{Point, THE_STANDARD, What, Why, typed};
use crate::single::{Single, is_allowed, singles};

/// A module as it is raced.
pub(crate) struct Subject {
    pub(crate) exposed: Exposed,
    /// Whether there is an instruction in it that may choose its result.
    may_choose: bool,
    /// Its functions of one instruction, by the names of their exports.
    singles: BTreeMap<String, Single>,
}

impl Subject {
    pub(crate) fn new(wasm: &[u8], module: &Module) -> Subject {
        Subject { exposed: expose(wasm, module), may_choose: choice::may_choose(module), singles: singles(module) }
    }
}

/// How engines compare after a step.
#[derive(Debug)]
pub(crate) enum Compared {
    Agree,
    Differ(Vec<Point>),
    Inconclusive {
        why: Why,
        /// Runs may have parted by a choice at some earlier step.
        parted: bool,
    },
}

impl Compared {
    /// Whether what engines do next can be compared: they are alike, but for bits that are known to depend on a choice.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self, Compared::Agree | Compared::Inconclusive { why: Why::Choice, parted: false })
    }
}

/// The engines.
pub(crate) struct Race<'a> {
    pub(crate) players: Vec<Player<'a>>,
    /// Modules by their names in the scenario.
    pub(crate) subjects: BTreeMap<String, Subject>,
    /// The steps taken since the stores were empty.
    pub(crate) scenario: Scenario,
    /// The modules of its instances, by name.
    instances: Vec<String>,
    /// How each engine's last step ended.
    pub(crate) ends: Vec<Ended>,
}

/// What is seen of one engine after a step.
struct Seen {
    id: String,
    ended: Ended,
    log: Vec<HostCall>,
    state: Vec<Result<State, Outcome>>,
}

#[derive(PartialEq)]
enum State {
    Memory(Vec<u8>),
    Table(Nulls),
    Global(Value),
}

impl<'a> Race<'a> {
    pub(crate) fn new(engines: &'a mut [Box<dyn Engine>]) -> Race<'a> {
        let players = engines.iter_mut().map(|engine| Player::new(&mut **engine)).collect();
        let (subjects, scenario) = (BTreeMap::new(), Scenario::default());
        Race { players, subjects, scenario, instances: Vec::new(), ends: Vec::new() }
    }

    /// Whether the last step was a call that returned, in all engines.
    pub(crate) fn all_returned(&self) -> bool {
        self.ends.iter().all(|ended| matches!(ended, Ended::Outcome(Outcome::Returned(_))))
    }

    /// Empties all stores.
    pub(crate) fn restart(&mut self) {
        self.players.iter_mut().for_each(Player::restart);
        self.scenario.steps.clear();
        self.instances.clear();
    }

    /// Takes a step in all engines, and compares what is seen of them with what is seen of the first.
    pub(crate) fn step(&mut self, step: &Step) -> Result<Compared, ReplayError> {
        self.scenario.steps.push(step.clone());
        if let Step::Instantiate { module, .. } = step {
            self.instances.push(module.clone());
        }
        // What one instance does, others that are linked with it may show.
        let items: Vec<Owned<'_>> = (0..)
            .zip(&self.instances)
            .filter_map(|(instance, name)| Some((instance, self.subjects.get(name)?)))
            .flat_map(|(instance, subject)| subject.exposed.items.iter().map(move |item| Owned { instance, item }))
            .collect();
        // What another module chose may have come here by what they share.
        let may_choose = self.subjects.values().any(|subject| subject.may_choose);
        let subjects = &self.subjects;
        let mut load = |name: &str| match subjects.get(name) {
            Some(subject) => Ok(subject.exposed.wasm.clone()),
            None => Err("there is no such module".to_owned()),
        };
        let mut seen = Vec::new();
        let count = self.players.len();
        for player in &mut self.players {
            let replayed = player.play(step, &mut load)?;
            // A call that exhausts the first engine says nothing, whatever the others make of it: one without fuel
            // would only be waited for.
            let exhausted = matches!(replayed.ended, Ended::Outcome(Outcome::Exhausted(_)));
            if seen.is_empty() && exhausted && matches!(step, Step::Call { .. }) {
                self.ends = vec![replayed.ended; count];
                return Ok(Compared::Inconclusive { why: Why::Exhausted, parted: false });
            }
            let state = items.iter().map(|owned| look(player, owned)).collect();
            seen.push(Seen { id: player.engine().id(), ended: replayed.ended, log: replayed.log, state });
        }
        self.ends = seen.iter().map(|seen| seen.ended.clone()).collect();
        let beyond = self.beyond_the_standard(step, &seen);
        let (first, others) = seen.split_first().expect("there are engines");
        let compare = |marks: &Marks| {
            let pair = |other| Pair::new(first, other, &items, marks, beyond.is_none()).compared();
            others.iter().map(pair).fold(Compared::Agree, both)
        };
        let mut compared = compare(&Marks::default());
        // No choice makes an engine break down.
        let explicable = |points: &[Point]| points.iter().all(|point| point.what != What::Breakdown);
        if may_choose && matches!(&compared, Compared::Differ(points) if explicable(points)) {
            compared = match choice::marks(&self.scenario, &items, &mut load) {
                Some(marks) => compare(&marks),
                None => Compared::Inconclusive { why: Why::Choice, parted: true },
            };
        }
        match beyond {
            Some(points) if !points.is_empty() => Ok(both(Compared::Differ(points), compared)),
            _ => Ok(compared),
        }
    }

    /// For a call of a function of one instruction, the answers that the standard doesn't allow.
    fn beyond_the_standard(&self, step: &Step, seen: &[Seen]) -> Option<Vec<Point>> {
        let Step::Call { instance, export, args } = step else { return None };
        let allowed = self.subjects.get(&self.instances[*instance])?.singles.get(export)?.allowed(args);
        let wrong = seen.iter().filter(|seen| !is_allowed(&allowed, &seen.ended) && !broken(&seen.ended));
        let point = |seen: &Seen| Point {
            what: What::Allowed,
            left: (THE_STANDARD.to_owned(), allowed.to_string()),
            right: (seen.id.clone(), end(&seen.ended)),
        };
        Some(wrong.map(point).collect())
    }
}

/// The worse of two comparisons.
fn both(a: Compared, b: Compared) -> Compared {
    match (a, b) {
        (Compared::Differ(mut points), Compared::Differ(more)) => {
            points.extend(more);
            Compared::Differ(points)
        }
        (differ @ Compared::Differ(_), _) | (_, differ @ Compared::Differ(_)) => differ,
        (Compared::Agree, other) | (other, Compared::Agree) => other,
        (a, b) if a.goes_on() => b,
        (a, _) => a,
    }
}

/// An item of an instance of the scenario.
pub(crate) struct Owned<'a> {
    instance: usize,
    pub(crate) item: &'a Item,
}

impl Owned<'_> {
    /// The engine's number of the instance that exports it. What an instance that failed to be made imports can still
    /// be looked at.
    pub(crate) fn id(&self, player: &Player<'_>) -> Option<InstanceId> {
        if self.item.imported { player.provider(self.instance) } else { player.instance(self.instance) }
    }

    /// What a report calls it.
    fn label(&self) -> String {
        self.item.label_in(self.instance)
    }
}

/// The state of one item.
fn look(player: &mut Player<'_>, owned: &Owned<'_>) -> Result<State, Outcome> {
    let id = owned.id(player).ok_or_else(|| Outcome::Unlinkable("there is no instance".to_owned()))?;
    let (engine, export) = (player.engine(), &owned.item.export);
    match owned.item.kind {
        Kind::Memory => engine.memory(id, export).map(State::Memory),
        Kind::Table => engine.table(id, export).map(State::Table),
        Kind::Global => engine.get(id, export).map(State::Global),
    }
}

/// How two values compare.
enum Equality {
    Equal,
    /// Not equal, but only in bits that depend on a choice.
    Explained,
    Unequal,
}

/// Two engines after a step.
struct Pair<'a> {
    left: &'a Seen,
    right: &'a Seen,
    marks: &'a Marks,
    points: Vec<Point>,
    /// Whether something differs only in bits that depend on a choice.
    explained: bool,
    /// Why it can't be compared, whatever else differs.
    why: Option<Why>,
}

impl<'a> Pair<'a> {
    /// With the answers, unless those are held against something else.
    fn new(left: &'a Seen, right: &'a Seen, items: &[Owned<'_>], marks: &'a Marks, with_answers: bool) -> Pair<'a> {
        let why = out_of_question(&left.ended).or(out_of_question(&right.ended));
        let mut pair = Pair { left, right, marks, points: Vec::new(), explained: false, why };
        if why.is_some() {
            return pair;
        }
        if broken(&left.ended) || broken(&right.ended) {
            pair.point(What::Breakdown, end(&left.ended), end(&right.ended));
        } else if with_answers {
            pair.ends();
        }
        pair.logs();
        for (i, item) in items.iter().enumerate() {
            pair.states(item, &left.state[i], &right.state[i], marks.state.get(i).unwrap_or(&StateMarks::None));
        }
        pair
    }

    fn compared(self) -> Compared {
        match self.why {
            // An item that one engine can't show hides no difference in another.
            Some(why) if self.points.is_empty() || self.may_not_be_compared() => {
                Compared::Inconclusive { why, parted: false }
            }
            _ if !self.points.is_empty() => Compared::Differ(self.points),
            _ if self.explained => Compared::Inconclusive { why: Why::Choice, parted: false },
            _ => Compared::Agree,
        }
    }

    fn may_not_be_compared(&self) -> bool {
        out_of_question(&self.left.ended).or(out_of_question(&self.right.ended)).is_some()
    }

    fn point(&mut self, what: What, left: String, right: String) {
        self.points.push(Point { what, left: (self.left.id.clone(), left), right: (self.right.id.clone(), right) });
    }

    /// Two values, of which some bits may depend on a choice.
    fn values(&mut self, what: impl FnOnce() -> What, v: &Value, w: &Value, marks: u128) {
        match values(v, w, marks) {
            Equality::Equal => {}
            Equality::Explained => self.explained = true,
            Equality::Unequal => self.point(what(), typed(v), typed(w)),
        }
    }

    fn ends(&mut self) {
        let (a, b) = (&self.left.ended, &self.right.ended);
        let (Ended::Outcome(x), Ended::Outcome(y)) = (a, b) else {
            if std::mem::discriminant(a) != std::mem::discriminant(b) {
                self.point(What::End, end(a), end(b));
            }
            return;
        };
        match (x, y) {
            (Outcome::Returned(v), Outcome::Returned(w)) if v.len() == w.len() => {
                for (i, (v, w)) in v.iter().zip(w).enumerate() {
                    self.values(|| What::Result(i), v, w, self.marks.of_value(i));
                }
            }
            (Outcome::Threw(v), Outcome::Threw(w)) if v.len() == w.len() => {
                for (i, (v, w)) in v.iter().zip(w).enumerate() {
                    self.values(|| What::Payload(i), v, w, self.marks.of_value(i));
                }
            }
            (Outcome::Trapped(t), Outcome::Trapped(u)) => {
                if !t.kinds().any(|kind| u.may_be(kind)) {
                    self.point(What::Trap, trap(t), trap(u));
                }
            }
            // They threw alike, as far as can be seen.
            (Outcome::Threw(_) | Outcome::ThrewUnseen(_), Outcome::ThrewUnseen(_))
            | (Outcome::ThrewUnseen(_), Outcome::Threw(_)) => self.why = Some(Why::Unsupported),
            _ if class(x) == class(y) && !matches!(x, Outcome::Returned(_) | Outcome::Threw(_)) => {}
            _ => self.point(What::End, x.to_string(), y.to_string()),
        }
    }

    fn logs(&mut self) {
        let (a, b) = (&self.left.log, &self.right.log);
        for i in 0..a.len().max(b.len()) {
            // What depends on a choice doesn't reach the host.
            let equal = |(v, w)| matches!(values(v, w, 0), Equality::Equal);
            let alike = match (a.get(i), b.get(i)) {
                (Some(a), Some(b)) => {
                    a.import == b.import && a.args.len() == b.args.len() && a.args.iter().zip(&b.args).all(equal)
                }
                _ => false,
            };
            if !alike {
                self.point(What::HostCall(i), host_call(a.get(i)), host_call(b.get(i)));
                // The calls after it only follow from it.
                return;
            }
        }
    }

    fn states(&mut self, item: &Owned<'_>, a: &Result<State, Outcome>, b: &Result<State, Outcome>, marks: &StateMarks) {
        let label = || item.label();
        match (a, b) {
            (Ok(State::Memory(a)), Ok(State::Memory(b))) => self.memories(item, a, b, marks.of_bytes()),
            (Ok(State::Table(a)), Ok(State::Table(b))) => {
                if a.len() != b.len() {
                    self.point(What::TableSize(label()), elements(a.len()), elements(b.len()));
                } else if let Some(i) = (0..a.len()).find(|i| a[*i] != b[*i]) {
                    self.point(What::Table(label(), i), nullness(a[i]), nullness(b[i]));
                }
            }
            (Ok(State::Global(v)), Ok(State::Global(w))) => {
                self.values(|| What::Global(label()), v, w, marks.of_value());
            }
            (Err(a), Err(b)) if class(a) == class(b) && !a.is_breakdown() => {}
            (Err(Outcome::Unsupported(_)), _) | (_, Err(Outcome::Unsupported(_))) => self.why = Some(Why::Unsupported),
            (Err(Outcome::Limit(_)), _) | (_, Err(Outcome::Limit(_))) => self.why = Some(Why::Limit),
            _ => {
                let words =
                    |s: &Result<State, Outcome>| s.as_ref().map_or_else(Outcome::to_string, |_| "is there".into());
                // An instance that only one engine has is reported as the end of its instantiation already.
                if !self.points.iter().any(|p| matches!(p.what, What::End | What::Breakdown)) {
                    self.point(What::Missing(label()), words(a), words(b));
                }
            }
        }
    }

    fn memories(&mut self, item: &Owned<'_>, a: &[u8], b: &[u8], marks: &[u8]) {
        if a == b {
            return;
        }
        if a.len() != b.len() {
            let bytes = |n: usize| format!("{n} bytes");
            return self.point(What::MemorySize(item.label()), bytes(a.len()), bytes(b.len()));
        }
        let unequal = |i: &usize| (a[*i] ^ b[*i]) & !marks.get(*i).unwrap_or(&0) != 0;
        let hex = |m: &[u8], i: usize| {
            let bytes: Vec<String> = m[i..m.len().min(i + 8)].iter().map(|byte| format!("{byte:02x}")).collect();
            bytes.join(" ")
        };
        match (0..a.len()).find(unequal) {
            Some(i) => self.point(What::Memory(item.label(), i), hex(a, i), hex(b, i)),
            None => self.explained = true,
        }
    }
}

/// How two values compare, of which these bits depend on a choice.
fn values(a: &Value, b: &Value, marks: u128) -> Equality {
    let differ: u128 = match (a, b) {
        (Value::Ref(a), Value::Ref(b)) => {
            // Addresses are each engine's own.
            let equal = match (a, b) {
                (Ref::Func(_), Ref::Func(_)) | (Ref::Exn(_), Ref::Exn(_)) => true,
                (Ref::Any(a), Ref::Any(b)) | (Ref::Extern(a), Ref::Extern(b)) => match (a, b) {
                    (AnyRef::Struct(_), AnyRef::Struct(_)) | (AnyRef::Array(_), AnyRef::Array(_)) => true,
                    _ => a == b,
                },
                _ => a == b,
            };
            return if equal { Equality::Equal } else { Equality::Unequal };
        }
        (Value::F32(a), Value::F32(b)) | (Value::I32(a), Value::I32(b)) => (a ^ b).into(),
        (Value::F64(a), Value::F64(b)) | (Value::I64(a), Value::I64(b)) => (a ^ b).into(),
        (Value::V128(a), Value::V128(b)) => a ^ b,
        // Of different types.
        _ => return Equality::Unequal,
    };
    match (differ, differ & !marks) {
        (0, _) => Equality::Equal,
        (_, 0) => Equality::Explained,
        _ => Equality::Unequal,
    }
}

/// Whether an engine broke down.
fn broken(ended: &Ended) -> bool {
    matches!(ended, Ended::Outcome(outcome) if outcome.is_breakdown())
}

/// Why a step that ended so can't be compared.
fn out_of_question(ended: &Ended) -> Option<Why> {
    match ended {
        Ended::Outcome(Outcome::Exhausted(_)) => Some(Why::Exhausted),
        Ended::Outcome(Outcome::Unsupported(_)) => Some(Why::Unsupported),
        Ended::Outcome(Outcome::Limit(_)) => Some(Why::Limit),
        _ => None,
    }
}

/// What is comparable of an outcome beside its details: some engines don't tell malformed from invalid.
fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Malformed(_) | Outcome::Invalid(_) => "rejected",
        other => other.kind(),
    }
}

fn end(ended: &Ended) -> String {
    match ended {
        Ended::Instantiated(_) => "instantiated".to_owned(),
        Ended::Outcome(outcome) => outcome.to_string(),
        Ended::Done => "done".to_owned(),
        Ended::Runs => "can go on".to_owned(),
        Ended::Blocked => "waits".to_owned(),
    }
}

/// The kinds that a trap may be of.
fn trap(trap: &Trap) -> String {
    trap.kinds().map(TrapKind::name).collect::<Vec<_>>().join(" or ")
}

fn host_call(call: Option<&HostCall>) -> String {
    let Some(HostCall { import: (module, name), args }) = call else { return "no call".to_owned() };
    let args: Vec<String> = args.iter().map(typed).collect();
    format!("{module:?} {name:?} with [{}]", args.join(" "))
}

fn elements(n: usize) -> String {
    format!("{n} elements")
}

fn nullness(is_null: bool) -> String {
    (if is_null { "null" } else { "not null" }).to_owned()
}

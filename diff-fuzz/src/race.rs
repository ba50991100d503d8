//! Engines that take the same steps, and what is seen of each.

use std::collections::BTreeMap;

use assay_engines::{Ended, Engine, HostCall, Nulls, Outcome, Player, Ref, ReplayError, Trap, TrapKind, Value};
use assay_interp::exec::AnyRef;
use assay_interp::scenario::{Scenario, Step};
use assay_interp::syntax::Module;

use crate::choice;
use crate::expose::{Exposed, Item, Kind, expose};
use crate::report::{Point, What, Why, typed};

/// A module as it is raced.
pub(crate) struct Subject {
    pub(crate) exposed: Exposed,
    /// Whether there is an instruction in it that may choose its result.
    may_choose: bool,
}

impl Subject {
    pub(crate) fn new(wasm: &[u8], module: &Module) -> Subject {
        Subject { exposed: expose(wasm, module), may_choose: choice::may_choose(module) }
    }
}

/// How engines compare after a step.
#[derive(Debug)]
pub(crate) enum Compared {
    Agree,
    Differ(Vec<Point>),
    Inconclusive {
        why: Why,
        /// More than the bits of a NaN differ, and may depend on a choice at some earlier step.
        parted: bool,
    },
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
        let (first, others) = seen.split_first().expect("there are engines");
        let mut compared = Compared::Agree;
        for other in others {
            let pair = Pair::new(first, other, &items);
            let is_choice = || may_choose && choice::chose(&self.scenario, &mut load);
            compared = both(compared, pair.compared(is_choice));
        }
        Ok(compared)
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
        (some @ Compared::Inconclusive { .. }, _) | (_, some) => some,
    }
}

/// An item of an instance of the scenario.
struct Owned<'a> {
    instance: usize,
    item: &'a Item,
}

impl Owned<'_> {
    /// What a report calls it.
    fn label(&self) -> String {
        self.item.label_in(self.instance)
    }
}

/// The state of one item. What an instance that failed to be made imports can still be looked at.
fn look(player: &mut Player<'_>, &Owned { instance, item }: &Owned<'_>) -> Result<State, Outcome> {
    let id = if item.imported { player.provider(instance) } else { player.instance(instance) };
    let id = id.ok_or_else(|| Outcome::Unlinkable("there is no instance".to_owned()))?;
    let engine = player.engine();
    match item.kind {
        Kind::Memory => engine.memory(id, &item.export).map(State::Memory),
        Kind::Table => engine.table(id, &item.export).map(State::Table),
        Kind::Global => engine.get(id, &item.export).map(State::Global),
    }
}

/// How two values compare.
enum Equality {
    Equal,
    /// Not equal, but both NaNs.
    BothNan,
    Unequal,
}

/// Two engines after a step.
struct Pair<'a> {
    left: &'a Seen,
    right: &'a Seen,
    points: Vec<Point>,
    /// NaNs that differ in their bits, and what may be one.
    nans: Vec<Point>,
    /// Why it can't be compared, whatever else differs.
    why: Option<Why>,
}

impl<'a> Pair<'a> {
    fn new(left: &'a Seen, right: &'a Seen, items: &[Owned<'_>]) -> Pair<'a> {
        let mut pair = Pair { left, right, points: Vec::new(), nans: Vec::new(), why: None };
        pair.ends();
        if pair.why.is_none() {
            pair.logs();
            for ((item, a), b) in items.iter().zip(&left.state).zip(&right.state) {
                pair.states(item, a, b);
            }
        }
        pair
    }

    fn compared(mut self, is_choice: impl FnOnce() -> bool) -> Compared {
        let hard = !self.points.is_empty();
        match self.why {
            // An item that one engine can't show hides no difference in another.
            Some(why) if !hard || self.may_not_be_compared() => Compared::Inconclusive { why, parted: false },
            _ if !hard && self.nans.is_empty() => Compared::Agree,
            _ if is_choice() => Compared::Inconclusive { why: Why::Choice, parted: hard },
            _ => {
                self.points.append(&mut self.nans);
                Compared::Differ(self.points)
            }
        }
    }

    fn may_not_be_compared(&self) -> bool {
        out_of_question(&self.left.ended).or(out_of_question(&self.right.ended)).is_some()
    }

    fn new_point(&self, what: What, left: String, right: String) -> Point {
        Point { what, left: (self.left.id.clone(), left), right: (self.right.id.clone(), right) }
    }

    fn point(&mut self, what: What, left: String, right: String) {
        let point = self.new_point(what, left, right);
        self.points.push(point);
    }

    fn nan(&mut self, what: What, left: String, right: String) {
        let point = self.new_point(what, left, right);
        self.nans.push(point);
    }

    fn ends(&mut self) {
        let (a, b) = (&self.left.ended, &self.right.ended);
        self.why = out_of_question(a).or(out_of_question(b));
        if self.why.is_some() {
            return;
        }
        let broken = |ended: &Ended| matches!(ended, Ended::Outcome(outcome) if outcome.is_breakdown());
        if broken(a) || broken(b) {
            return self.point(What::Breakdown, end(a), end(b));
        }
        let (Ended::Outcome(x), Ended::Outcome(y)) = (a, b) else {
            if std::mem::discriminant(a) != std::mem::discriminant(b) {
                self.point(What::End, end(a), end(b));
            }
            return;
        };
        match (x, y) {
            (Outcome::Returned(v), Outcome::Returned(w)) if v.len() == w.len() => {
                for (i, (v, w)) in v.iter().zip(w).enumerate() {
                    match values(v, w) {
                        Equality::Unequal => self.point(What::Result(i), typed(v), typed(w)),
                        Equality::BothNan => self.nan(What::Result(i), typed(v), typed(w)),
                        Equality::Equal => {}
                    }
                }
            }
            (Outcome::Threw(v), Outcome::Threw(w)) if v.len() == w.len() => {
                for (i, (v, w)) in v.iter().zip(w).enumerate() {
                    match values(v, w) {
                        Equality::Unequal => self.point(What::Payload(i), typed(v), typed(w)),
                        Equality::BothNan => self.nan(What::Payload(i), typed(v), typed(w)),
                        Equality::Equal => {}
                    }
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
            let equality = match (a.get(i), b.get(i)) {
                (Some(a), Some(b)) if a.import == b.import && a.args.len() == b.args.len() => {
                    let mut all = Equality::Equal;
                    for (v, w) in a.args.iter().zip(&b.args) {
                        all = match (all, values(v, w)) {
                            (Equality::Unequal, _) | (_, Equality::Unequal) => Equality::Unequal,
                            (Equality::BothNan, _) | (_, Equality::BothNan) => Equality::BothNan,
                            _ => Equality::Equal,
                        };
                    }
                    all
                }
                _ => Equality::Unequal,
            };
            match equality {
                Equality::Equal => {}
                Equality::BothNan => self.nan(What::HostCall(i), host_call(a.get(i)), host_call(b.get(i))),
                Equality::Unequal => {
                    self.point(What::HostCall(i), host_call(a.get(i)), host_call(b.get(i)));
                    // The calls after it only follow from it.
                    return;
                }
            }
        }
    }

    fn states(&mut self, item: &Owned<'_>, a: &Result<State, Outcome>, b: &Result<State, Outcome>) {
        let label = || item.label();
        match (a, b) {
            (Ok(State::Memory(a)), Ok(State::Memory(b))) => self.memories(item, a, b),
            (Ok(State::Table(a)), Ok(State::Table(b))) => {
                if a.len() != b.len() {
                    self.point(What::TableSize(label()), elements(a.len()), elements(b.len()));
                } else if let Some(i) = (0..a.len()).find(|i| a[*i] != b[*i]) {
                    self.point(What::Table(label(), i), nullness(a[i]), nullness(b[i]));
                }
            }
            (Ok(State::Global(v)), Ok(State::Global(w))) => match values(v, w) {
                Equality::Equal => {}
                Equality::BothNan => self.nan(What::Global(label()), typed(v), typed(w)),
                Equality::Unequal => self.point(What::Global(label()), typed(v), typed(w)),
            },
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

    fn memories(&mut self, item: &Owned<'_>, a: &[u8], b: &[u8]) {
        if a == b {
            return;
        }
        if a.len() != b.len() {
            let bytes = |n: usize| format!("{n} bytes");
            return self.point(What::MemorySize(item.label()), bytes(a.len()), bytes(b.len()));
        }
        let unequal = |i: &usize| a[*i] != b[*i];
        let hex = |m: &[u8], i: usize| {
            let bytes: Vec<String> = m[i..m.len().min(i + 8)].iter().map(|byte| format!("{byte:02x}")).collect();
            bytes.join(" ")
        };
        let memory = |i| What::Memory(item.label(), i);
        if let Some(i) = (0..a.len()).filter(unequal).find(|i| !both_nan_around(a, b, *i)) {
            self.point(memory(i), hex(a, i), hex(b, i));
        } else if let Some(i) = (0..a.len()).find(unequal) {
            self.nan(memory(i), hex(a, i), hex(b, i));
        }
    }
}

/// How two values compare. A number of 32 or 64 bits may be a float, reinterpreted or loaded from where one was stored.
fn values(a: &Value, b: &Value) -> Equality {
    let bits32 = |c: u32| f32::from_bits(c).is_nan();
    let bits64 = |c: u64| f64::from_bits(c).is_nan();
    let both_nan = match (a, b) {
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
        _ if a == b => return Equality::Equal,
        (Value::F32(a), Value::F32(b)) => bits32(*a) && bits32(*b),
        (Value::F64(a), Value::F64(b)) => bits64(*a) && bits64(*b),
        (Value::I32(a), Value::I32(b)) => bits32(*a) && bits32(*b),
        (Value::I64(a), Value::I64(b)) => bits64(*a) && bits64(*b),
        (Value::V128(a), Value::V128(b)) => {
            let (a, b) = (a.to_le_bytes(), b.to_le_bytes());
            (0..16).all(|i| a[i] == b[i] || both_nan_around(&a, &b, i))
        }
        _ => false,
    };
    if both_nan { Equality::BothNan } else { Equality::Unequal }
}

/// Whether the bytes around `i`, as an aligned `f32` or `f64`, are a NaN in both memories.
fn both_nan_around(a: &[u8], b: &[u8], i: usize) -> bool {
    let four = |m: &[u8]| {
        let bytes = m[i & !3..].first_chunk().map(|bytes| f32::from_le_bytes(*bytes));
        bytes.is_some_and(f32::is_nan)
    };
    let eight = |m: &[u8]| {
        let bytes = m[i & !7..].first_chunk().map(|bytes| f64::from_le_bytes(*bytes));
        bytes.is_some_and(f64::is_nan)
    };
    four(a) && four(b) || eight(a) && eight(b)
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

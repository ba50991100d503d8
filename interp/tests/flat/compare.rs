//! Calls of a module's functions by the rules, and in the flat form: with fuel, without, and telling the rules.

use std::fmt::Debug;
use std::sync::Arc;

use assay_interp::exec::{ExternAddr, ModuleInst, Value};
use assay_interp::machine::{Budgets, Machine};
use assay_interp::outcome::Outcome;
use assay_interp::rule::Rule;
use assay_interp::syntax::{ExternType, Module, NumType, ValType};
use assay_interp::trace::{Observer, Seen};
use assay_interp::trap::Budget;

use super::random::Random;

/// Reductions of an instantiation or a call.
const FUEL: u64 = 3000;

/// Small numbers are the most interesting ones.
fn number(random: &mut Random) -> u64 {
    match random.next() % 4 {
        0 => random.next(),
        1 => (random.next() % 8).wrapping_neg(),
        _ => random.next() % 8,
    }
}

fn argument(t: ValType, random: &mut Random) -> Option<Value> {
    Some(match t {
        ValType::Num(NumType::I32) => Value::I32(number(random) as u32),
        ValType::Num(NumType::I64) => Value::I64(number(random)),
        ValType::Num(NumType::F32) => Value::F32(number(random) as u32),
        ValType::Num(NumType::F64) => Value::F64(number(random)),
        ValType::V128 => Value::V128(u128::from(random.next()) << 64 | u128::from(number(random))),
        ValType::Ref(_) => return None,
    })
}

/// The rules of a call, but for the way out of a trap or an exception.
#[derive(Default)]
struct Rules(Vec<Rule>);

impl Observer for Rules {
    const DETAIL: bool = false;
    fn rule(&mut self, rule: Rule) {
        if !rule.leaves() {
            self.0.push(rule);
        }
    }
}

/// A machine that runs the module by one of the forms.
struct Run {
    machine: Machine,
    instance: Arc<ModuleInst>,
}

impl Run {
    fn new<O: Observer>(module: &Arc<Module>, fuel: u64, observer: &mut O) -> Result<Run, Outcome> {
        let mut machine = Machine::new(Budgets { fuel, stack: 2000, store: 1 << 26, heap: 1 << 20 });
        let instance = machine.instantiate(module, &[], &mut (), observer)?;
        Ok(Run { machine, instance })
    }

    fn invoke<O: Observer>(&mut self, name: &str, args: &[Value], observer: &mut O) -> Outcome {
        let Some(ExternAddr::Func(func)) = self.instance.export(name) else { panic!("{name} is a function") };
        self.machine.invoke(func, args, &mut (), observer)
    }

    /// By the flat form, which tells the rules that its operations stand for.
    fn told(&mut self, name: &str, args: &[Value], observer: &mut Rules) -> Outcome {
        let Some(ExternAddr::Func(func)) = self.instance.export(name) else { panic!("{name} is a function") };
        self.machine.invoke_flat(func, args, &mut (), observer)
    }

    /// What can be seen of the store.
    fn store(&self) -> impl PartialEq + Debug {
        let store = self.machine.store();
        let mems: Vec<Vec<u8>> = store.mems.iter().map(|mem| mem.bytes.clone()).collect();
        let globals: Vec<Value> = store.globals.iter().map(|global| global.value).collect();
        let tables: Vec<_> = store.tables.iter().map(|table| table.elements.clone()).collect();
        (mems, globals, tables)
    }
}

/// Whether both ended alike, or the flat form doesn't do what it stands for.
#[track_caller]
fn same<T: PartialEq + Debug>(what: &str, flat: &T, rules: &T) {
    assert!(flat == rules, "flat form: {what}\n{flat:?}\nby the rules:\n{rules:?}");
}

/// Compares calls of a module's functions; how many of them ended within the fuel, and how often the flat form's heap
/// was full and that of the rules wasn't.
///
/// # Panics
///
/// They differ; the message begins with in what.
pub(crate) fn compare(module: &Arc<Module>, random: &mut Random) -> (usize, usize) {
    let rules = Run::new(module, FUEL, &mut Seen::default());
    let (mut rules, mut counted) = match (rules, Run::new(module, FUEL, &mut ())) {
        (Ok(rules), Ok(counted)) => (rules, counted),
        (rules, counted) => {
            same("end of the instantiation", &counted.err(), &rules.err());
            return (0, 0);
        }
    };
    let [mut free, mut telling] =
        [(); 2].map(|()| Run::new(module, u64::MAX, &mut ()).expect("it has ended with fuel"));
    let mut ended = 0;
    let funcs: Vec<_> = module.exports.iter().map(|export| (&export.name, module.export_type(export.item))).collect();
    for (name, ty) in funcs.iter().flat_map(|func| [func; 3]) {
        let ExternType::Func(ty) = ty else { continue };
        let Some(args) = ty.params.iter().map(|t| argument(*t, random)).collect::<Option<Vec<_>>>() else { continue };
        let (mut applied, mut told) = (Rules::default(), Rules::default());
        let outcome = rules.invoke(name, &args, &mut applied);
        let of_counted = counted.invoke(name, &args, &mut ());
        // The flat form keeps what a number looks like a reference to, so that its heap may be full before.
        if of_counted == Outcome::Exhausted(Budget::Heap) && of_counted != outcome {
            return (ended, 1);
        }
        same("end, with fuel", &of_counted, &outcome);
        // What is left in the store when a budget has run out, is nobody's business, and nor is what comes after.
        if matches!(outcome, Outcome::Exhausted(_)) {
            break;
        }
        same("end, without fuel", &free.invoke(name, &args, &mut ()), &outcome);
        same("end, rule by rule", &telling.told(name, &args, &mut told), &outcome);
        if let Some(at) = (0..applied.0.len().max(told.0.len())).find(|i| applied.0.get(*i) != told.0.get(*i)) {
            let around = |rules: &Rules| rules.0[at.saturating_sub(8)..rules.0.len().min(at + 4)].to_vec();
            let (told, applied) = (around(&told), around(&applied));
            panic!("flat form: rules, step {at} of {name}\n{told:#?} is told, {applied:#?} was applied");
        }
        same("fuel that is left", &counted.machine.fuel_left(), &rules.machine.fuel_left());
        let is_same = |run: &Run| run.store() == rules.store();
        assert!([&counted, &free, &telling].into_iter().all(is_same), "flat form: store after {name}");
        ended += 1;
    }
    (ended, 0)
}

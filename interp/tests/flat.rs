//! Random modules do the same in the flat form, with and without fuel, as by the rules: results, traps and their
//! places, the fuel that is left, and the store; and the flat form tells the same rules, one for one.
//! `ASSAY_FLAT_SECONDS` goes on for so long, `ASSAY_FLAT_SEED` begins elsewhere.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use assay_interp::binary;
use assay_interp::exec::{ExternAddr, ModuleInst, Value};
use assay_interp::machine::{Budgets, Machine};
use assay_interp::outcome::Outcome;
use assay_interp::rule::Rule;
use assay_interp::syntax::{ExternType, Features, Module, NumType, ValType};
use assay_interp::trace::{Observer, Seen};
use assay_interp::trap::Budget;

/// Calls that are compared, if nobody asks for a time.
const CALLS: usize = 4000;
/// Reductions of an instantiation or a call.
const FUEL: u64 = 3000;

mod random;
use random::Random;

fn bytes(random: &mut Random, n: usize) -> Vec<u8> {
    (0..n / 8).flat_map(|_| random.next().to_le_bytes()).collect()
}

/// Small numbers are the most interesting ones.
fn number(random: &mut Random) -> u64 {
    match random.next() % 4 {
        0 => random.next(),
        1 => (random.next() % 8).wrapping_neg(),
        _ => random.next() % 8,
    }
}

const FEATURES: Features = Features { wide_arithmetic: true, ..Features::ALL };

/// A module without imports. Most of its instructions don't trap, so that the others are reached.
fn generate(random: &mut Random) -> Option<Arc<Module>> {
    let bytes = bytes(random, 2048);
    let config = wasm_smith::Config {
        max_imports: 0,
        export_everything: true,
        exceptions_enabled: true,
        threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: true,
        min_funcs: 1,
        max_funcs: 6,
        min_memories: 1,
        max_memories: 2,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_table_elements: 100,
        max_instructions: 120,
        disallow_traps: !random.next().is_multiple_of(4),
        ..Default::default()
    };
    let wasm = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?.to_bytes();
    binary::decode_with(&wasm, FEATURES).ok().map(Arc::new)
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
    fn store(&self) -> impl PartialEq + std::fmt::Debug {
        let store = self.machine.store();
        let mems: Vec<Vec<u8>> = store.mems.iter().map(|mem| mem.bytes.clone()).collect();
        let globals: Vec<Value> = store.globals.iter().map(|global| global.value).collect();
        let tables: Vec<_> = store.tables.iter().map(|table| table.elements.clone()).collect();
        (mems, globals, tables)
    }
}

/// Compares calls of a module's functions; how many of them ended within the fuel, and how often the flat form's heap
/// was full and that of the rules wasn't.
fn compare(module: &Arc<Module>, random: &mut Random) -> (usize, usize) {
    let rules = Run::new(module, FUEL, &mut Seen::default());
    let (mut rules, mut counted) = match (rules, Run::new(module, FUEL, &mut ())) {
        (Ok(rules), Ok(counted)) => (rules, counted),
        (rules, counted) => {
            assert_eq!(rules.err(), counted.err());
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
        assert_eq!(of_counted, outcome, "with fuel");
        // What is left in the store when a budget has run out, is nobody's business, and nor is what comes after.
        if matches!(outcome, Outcome::Exhausted(_)) {
            break;
        }
        assert_eq!(free.invoke(name, &args, &mut ()), outcome, "without fuel");
        assert_eq!(telling.told(name, &args, &mut told), outcome, "rule by rule");
        if let Some(at) = (0..applied.0.len().max(told.0.len())).find(|i| applied.0.get(*i) != told.0.get(*i)) {
            let around = |rules: &Rules| rules.0[at.saturating_sub(8)..rules.0.len().min(at + 4)].to_vec();
            panic!("step {at} of {name}: {:#?} is told, {:#?} was applied", around(&told), around(&applied));
        }
        assert_eq!(counted.machine.fuel_left(), rules.machine.fuel_left());
        assert!(
            counted.store() == rules.store() && free.store() == rules.store() && telling.store() == rules.store(),
            "other stores"
        );
        ended += 1;
    }
    (ended, 0)
}

#[test]
fn the_flat_form_does_what_the_rules_do() {
    let number = |name| std::env::var(name).ok().map(|s| s.parse::<u64>().expect("a number"));
    let until = number("ASSAY_FLAT_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
    let first = number("ASSAY_FLAT_SEED").unwrap_or(1);
    let (mut calls, mut modules, mut full) = (0, 0, 0);
    for seed in first.. {
        if until.map_or(calls >= CALLS, |until| Instant::now() > until) {
            break;
        }
        let mut random = Random(seed);
        let Some(module) = generate(&mut random) else { continue };
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compare(&module, &mut random)));
        let (ended, fuller) = compared.unwrap_or_else(|_| panic!("the module of seed {seed}: {module:#?}"));
        (calls, modules, full) = (calls + ended, modules + 1, full + fuller);
    }
    println!("{calls} calls of functions of {modules} modules ended alike; {full} heaps were full before");
    assert!(full * 1000 <= modules, "{full} heaps of {modules} were full before");
}

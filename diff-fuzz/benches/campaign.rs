//! A campaign's inner loop beside the plain one that others write: wasm-smith's modules, run in wasmtime and in wasmi.
//!
//! `cargo bench -p assay-diff-fuzz --bench campaign`. Both get the same modules, a batch in turns, on one core; figures
//! are medians over the batches. The plain loop compiles each module in both, calls each exported function once with
//! zeros, and compares results and whether it trapped. Ours compares the interpreter with wasmtime as a campaign does:
//! both validators, many arguments, and all state after each call.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use assay_diff_fuzz::{BUDGETS, Generator, Options, diff, generate_by};
use assay_engines::{Engine, Features, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value, engine};

/// Modules of a batch, and how many batches there are.
const MODULES: usize = 60;
const BATCHES: u64 = 9;
/// Calls of each function, as a campaign has them.
const VECTORS: usize = 16;

/// Executions (modules) and calls that were compared, and how long that took.
#[derive(Clone, Copy, Default)]
struct Count {
    modules: u64,
    calls: u64,
    seconds: f64,
}

/// Modules that both loops can run by themselves: without imports, and of what wasmi has.
fn modules(seed: u64) -> Vec<Vec<u8>> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut found = Vec::new();
    while found.len() < MODULES {
        let Some(input) = generate_by(Generator::Smith, &mut rng, Features::default()) else { continue };
        let module = wasmi::Module::new(&wasmi_engine(), &input.wasm[..]);
        if module.is_ok_and(|module| module.imports().len() == 0) {
            found.push(input.wasm);
        }
    }
    found
}

fn wasmi_engine() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config.wasm_simd(true).wasm_relaxed_simd(true).wasm_tail_call(true).wasm_memory64(true).wasm_multi_memory(true);
    config.consume_fuel(true);
    wasmi::Engine::new(&config)
}

/// The plain loop.
fn plain(modules: &[Vec<u8>]) -> Count {
    let mut config = wasmtime::Config::new();
    config.wasm_memory64(true).wasm_multi_memory(true).wasm_tail_call(true).consume_fuel(true);
    let compiled = wasmtime::Engine::new(&config).expect("wasmtime's compiler");
    let interpreted = wasmi_engine();
    let (started, mut count) = (Instant::now(), Count::default());
    for wasm in modules {
        count.modules += 1;
        let (Ok(left), Ok(right)) =
            (wasmtime::Module::from_binary(&compiled, wasm), wasmi::Module::new(&interpreted, &wasm[..]))
        else {
            continue;
        };
        let mut left_store = wasmtime::Store::new(&compiled, ());
        let mut right_store = wasmi::Store::new(&interpreted, ());
        left_store.set_fuel(BUDGETS.fuel).expect("fuel is on");
        right_store.set_fuel(BUDGETS.fuel).expect("fuel is on");
        let left_instance = wasmtime::Instance::new(&mut left_store, &left, &[]);
        let right_instance = wasmi::Linker::new(&interpreted).instantiate_and_start(&mut right_store, &right);
        let (Ok(left_instance), Ok(right_instance)) = (left_instance, right_instance) else { continue };
        let names: Vec<String> = left.exports().map(|export| export.name().to_owned()).collect();
        for name in names {
            let Some(f) = left_instance.get_func(&mut left_store, &name) else { continue };
            let Some(g) = right_instance.get_func(&right_store, &name) else { continue };
            left_store.set_fuel(BUDGETS.fuel).expect("fuel is on");
            right_store.set_fuel(BUDGETS.fuel).expect("fuel is on");
            let zeros: Option<Vec<wasmtime::Val>> =
                f.ty(&left_store).params().map(|t| wasmtime::Val::default_for_ty(&t)).collect();
            let Some(zeros) = zeros else { continue };
            let others: Vec<wasmi::Val> =
                g.ty(&right_store).params().iter().map(|t| wasmi::Val::default_for_ty(*t)).collect();
            let mut results = vec![wasmtime::Val::I32(0); f.ty(&left_store).results().len()];
            let mut other_results = vec![wasmi::Val::I32(0); g.ty(&right_store).results().len()];
            let left_end = f.call(&mut left_store, &zeros, &mut results);
            let right_end = g.call(&mut right_store, &others, &mut other_results);
            let alike = left_end.is_ok() == right_end.is_ok()
                && results.iter().zip(&other_results).all(|(a, b)| match (a, b) {
                    (wasmtime::Val::I32(a), wasmi::Val::I32(b)) => a == b,
                    (wasmtime::Val::I64(a), wasmi::Val::I64(b)) => a == b,
                    (wasmtime::Val::F32(a), wasmi::Val::F32(b)) => *a == b.to_bits(),
                    (wasmtime::Val::F64(a), wasmi::Val::F64(b)) => *a == b.to_bits(),
                    _ => true,
                });
            black_box(alike);
            count.calls += 1;
        }
    }
    count.seconds = started.elapsed().as_secs_f64();
    count
}

/// What a stage has taken.
type Clock = Rc<Cell<Duration>>;

/// An engine whose operations are timed: validation, instantiation (and so compilation), calls, and looks at state.
struct Timed {
    engine: Box<dyn Engine>,
    clocks: [Clock; 4],
}

impl Timed {
    fn time<T>(&mut self, stage: usize, work: impl FnOnce(&mut dyn Engine) -> T) -> T {
        let started = Instant::now();
        let result = work(&mut *self.engine);
        self.clocks[stage].set(self.clocks[stage].get() + started.elapsed());
        result
    }
}

impl Engine for Timed {
    fn id(&self) -> String {
        self.engine.id()
    }
    fn version(&self) -> String {
        self.engine.version()
    }
    fn features(&self) -> Features {
        self.engine.features()
    }
    fn reset(&mut self) {
        self.time(1, |engine| engine.reset());
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.time(0, |engine| engine.validate(wasm))
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        self.time(1, |engine| engine.instantiate(wasm, links))
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.time(2, |engine| engine.invoke(instance, export, args))
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.time(3, |engine| engine.get(instance, export))
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.engine.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.time(3, |engine| engine.memory(instance, export))
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.engine.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.time(3, |engine| engine.table(instance, export))
    }
    fn log(&mut self) -> Vec<HostCall> {
        self.engine.log()
    }
}

/// The words for what is timed of an engine.
const STAGES: [&str; 4] = ["validation", "instantiation", "calls", "state"];

/// Our loop; what the stages of each engine take is added to the clocks.
fn ours(modules: &[Vec<u8>], clocks: &[[Clock; 4]; 2]) -> Count {
    let wasmtime = engine("wasmtime:cranelift", BUDGETS, Features::default()).expect("wasmtime");
    let interp: Box<dyn Engine> = Box::new(Interp::new(BUDGETS));
    let timed = |(engine, clocks): (Box<dyn Engine>, &[Clock; 4])| -> Box<dyn Engine> {
        Box::new(Timed { engine, clocks: clocks.clone() })
    };
    let mut engines: Vec<Box<dyn Engine>> = [interp, wasmtime].into_iter().zip(clocks).map(timed).collect();
    let (started, mut count) = (Instant::now(), Count::default());
    for wasm in modules {
        count.modules += 1;
        let options = Options { vectors: VECTORS, keep: 0, ..Options::default() };
        count.calls += diff(&mut engines, wasm, &options).map_or(0, |report| report.calls.compared());
    }
    count.seconds = started.elapsed().as_secs_f64();
    count
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // `cargo test --benches` only wants to see that it runs.
    let batches = if std::env::args().any(|arg| arg == "--bench") { BATCHES } else { 1 };
    let clocks: [[Clock; 4]; 2] = Default::default();
    let (mut rows, mut whole) = (Vec::new(), 0.0);
    for batch in 0..batches {
        let modules = modules(batch);
        let theirs = plain(&modules);
        let ours = ours(&modules, &clocks);
        whole += ours.seconds;
        rows.push((ours, theirs));
    }
    let per_second = |n: fn(&Count) -> u64, which: fn(&(Count, Count)) -> Count| {
        median(rows.iter().map(|row| n(&which(row)) as f64 / which(row).seconds).collect())
    };
    let ratio = |n: fn(&Count) -> u64| {
        let rate = |count: &Count| n(count) as f64 / count.seconds;
        median(rows.iter().map(|(ours, theirs)| rate(ours) / rate(theirs)).collect())
    };
    println!("campaign: {batches} batches of {MODULES} modules of wasm-smith, one core, medians");
    println!("{:<22} {:>9} {:>9} {:>7}", "", "ours", "plain", "ratio");
    let modules: fn(&Count) -> u64 = |count| count.modules;
    for (name, n) in [("modules/s", modules), ("compared calls/s", |count| count.calls)] {
        let (left, right) = (per_second(n, |row| row.0), per_second(n, |row| row.1));
        println!("{name:<22} {left:>9.0} {right:>9.0} {:>7.2}", ratio(n));
    }
    println!("shares of our time");
    let mut rest = whole;
    for (name, clocks) in ["interp", "wasmtime"].iter().zip(&clocks) {
        for (stage, clock) in STAGES.iter().zip(clocks) {
            let seconds = clock.get().as_secs_f64();
            rest -= seconds;
            println!("  {:<28} {:>5.1} %", format!("{name}, {stage}"), 100.0 * seconds / whole);
        }
    }
    println!("  {:<28} {:>5.1} %", "comparison", 100.0 * rest / whole);
}

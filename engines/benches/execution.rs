//! Our interpreter's speed beside wasmi's: kernels and programs, and what it takes to start.
//!
//! `cargo bench -p assay-engines --no-default-features --bench execution [-- NAME… | start-up]`. Both run in this
//! process, one after the other and several times in turns; each figure is a median, and the ratio is what counts.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use assay_engines::{Budgets, Engine, Interp, Value};
use assay_interp::binary;
use assay_interp::exec::ExternAddr;
use assay_interp::machine::Machine;

mod list;
use list::Bench;

const RUNS: usize = 7;
/// Modules that start-up is measured on, of each size.
const MODULES: usize = 40;

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Milliseconds that something takes.
fn millis<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let result = black_box(work());
    (started.elapsed().as_secs_f64() * 1e3, result)
}

/// A module's function in wasmi, if it can run it.
struct Wasmi {
    store: wasmi::Store<()>,
    func: wasmi::Func,
    results: Vec<wasmi::Val>,
}

fn wasmi_engine() -> wasmi::Engine {
    let mut config = wasmi::Config::default();
    config.wasm_simd(true).wasm_relaxed_simd(true).wasm_tail_call(true);
    wasmi::Engine::new(&config)
}

impl Wasmi {
    fn new(wasm: &[u8], entry: &str) -> Result<Wasmi, wasmi::Error> {
        let engine = wasmi_engine();
        let module = wasmi::Module::new(&engine, wasm)?;
        let mut store = wasmi::Store::new(&engine, ());
        let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        let func = instance.get_func(&store, entry).expect("the entry");
        let results = vec![wasmi::Val::I32(0); func.ty(&store).results().len()];
        Ok(Wasmi { store, func, results })
    }

    fn run(&mut self, args: &[i32]) -> i64 {
        let args: Vec<wasmi::Val> = args.iter().map(|n| wasmi::Val::I32(*n)).collect();
        self.func.call(&mut self.store, &args, &mut self.results).expect("it returns");
        match self.results[..] {
            [wasmi::Val::I32(n)] => n.into(),
            [wasmi::Val::I64(n)] => n,
            ref other => panic!("results that no program has: {other:?}"),
        }
    }
}

fn execution(names: &[String]) {
    println!("execution: milliseconds of a run, median of {RUNS} in turns");
    println!("{:<14} {:>9} {:>9} {:>7}", "", "ours", "wasmi", "ratio");
    let mut ratios = Vec::new();
    for bench in list::benches().iter().filter(|p| names.is_empty() || names.contains(&p.name)) {
        let wasm = bench.wasm();
        let supported = Wasmi::new(&wasm, &bench.entry).map(drop);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            // An instance for each run: what some of them compute depends on what an earlier run left in the memory.
            let mut interp = Interp::new(Budgets::default());
            let instance = interp.instantiate(&wasm, &[]).expect("an instance");
            let (args, entry) = (Bench::values(&bench.args), &bench.entry);
            let (time, outcome) = millis(|| interp.invoke(instance, entry, &args));
            assert_eq!(bench.number(&outcome), bench.result, "{}", bench.name);
            ours.push(time);
            if supported.is_ok() {
                let mut peer = Wasmi::new(&wasm, &bench.entry).expect("an instance, as before");
                let (time, result) = millis(|| peer.run(&bench.args));
                assert_eq!(result, bench.result, "{} in wasmi", bench.name);
                theirs.push(time);
            }
        }
        let ours = median(ours);
        match supported {
            Ok(()) => {
                let theirs = median(theirs);
                println!("{:<14} {ours:9.1} {theirs:9.1} {:7.2}", bench.name, ours / theirs);
                ratios.push((ours / theirs, bench.name.clone()));
            }
            Err(error) => println!("{:<14} {ours:9.1} {:>9}         wasmi: {error}", bench.name, "-"),
        }
    }
    let logs: f64 = ratios.iter().map(|(ratio, _)| ratio.ln()).sum();
    if let Some((worst, name)) = ratios.iter().max_by(|a, b| a.0.total_cmp(&b.0)) {
        let mean = (logs / ratios.len() as f64).exp();
        println!("geometric mean of {}: {mean:.2} times wasmi's; worst: {worst:.2} ({name})", ratios.len());
    }
}

/// A module of about so many bytes: functions that compute, branch and use the memory, as a generator makes them.
fn module_of(bytes: usize, seed: usize) -> Vec<u8> {
    let head = format!("(module (memory 1) (func (export \"f\") (param i32) (result i32) (i32.const {seed}))");
    let body = |n: usize| {
        format!(
            "(func (param i32 i64) (result i32) (local i32) (block (br_if 0 (i32.eqz (local.get 0))) \
             (i32.store offset={n} (local.get 0) (i32.wrap_i64 (local.get 1))) (local.set 2 (i32.load (local.get 0)))) \
             (i32.add (local.get 2) (i32.const {})))",
            n * seed
        )
    };
    // A function takes about 40 bytes.
    let at_least = (0..bytes / 50).map(body).collect::<String>();
    let mut text = head + &at_least;
    for n in bytes / 50.. {
        let wasm = wat::parse_str(format!("{text})")).expect("a module");
        if wasm.len() >= bytes {
            return wasm;
        }
        text += &body(n);
    }
    unreachable!("modules grow")
}

/// Bytes to an instance whose function has been called once.
fn start_up(bytes: usize) {
    let modules: Vec<Vec<u8>> = (1..=MODULES).map(|seed| module_of(bytes, seed)).collect();
    let engine = wasmi_engine();
    let ours = |wasm: &[u8]| {
        let module = Arc::new(binary::decode(wasm).expect("a module"));
        let mut machine = Machine::new(Budgets::default());
        let instance = machine.instantiate(&module, &[], &mut (), &mut ()).expect("an instance");
        let Some(ExternAddr::Func(func)) = instance.export("f") else { panic!("its function") };
        machine.invoke(func, &[Value::I32(1)], &mut (), &mut ())
    };
    let theirs = |wasm: &[u8]| {
        let module = wasmi::Module::new(&engine, wasm).expect("a module");
        let mut store = wasmi::Store::new(&engine, ());
        let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("an instance");
        let func = instance.get_func(&store, "f").expect("its function");
        let mut results = [wasmi::Val::I32(0)];
        func.call(&mut store, &[wasmi::Val::I32(1)], &mut results).expect("it returns");
    };
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        for wasm in &modules {
            our_times.push(millis(|| ours(wasm)).0);
            their_times.push(millis(|| theirs(wasm)).0);
        }
    }
    let (ours, theirs) = (median(our_times) * 1e3, median(their_times) * 1e3);
    let len = modules[0].len();
    println!("{len:6} bytes: ours {ours:7.1} µs, wasmi {theirs:7.1} µs, ratio {:.2}", ours / theirs);
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if names != ["start-up"] {
        execution(&names);
    }
    if names.is_empty() || names == ["start-up"] {
        println!("start-up: decode, validate, instantiate, one call; median of {MODULES} modules, {RUNS} times");
        start_up(100);
        start_up(5 << 10);
    }
}

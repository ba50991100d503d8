//! How long a module takes to be decoded, to be validated by ours, and to be decoded and validated by wasmparser's.
//!
//! `cargo bench -p assay-interp --bench validation -- FILE…`; without a file, random modules. Each figure is the best
//! of several runs, in milliseconds for a megabyte of function bodies: most of a file can be debugging information.

use std::hint::black_box;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use assay_interp::binary;
use assay_interp::syntax::Features;
use assay_interp::valid;

const RUNS: usize = 7;

/// Random modules, of a megabyte in all.
fn random() -> Vec<Vec<u8>> {
    let mut state = 1u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let (mut modules, mut len) = (Vec::new(), 0);
    while len < 1 << 20 {
        let bytes: Vec<u8> = (0..1 << 16).map(|_| next()).collect();
        let config = wasm_smith::Config { threads_enabled: false, max_instructions: 1000, ..Default::default() };
        let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).expect("bytes enough");
        modules.push(module.to_bytes());
        len += modules.last().map_or(0, Vec::len);
    }
    modules
}

fn best(mut work: impl FnMut()) -> Duration {
    let times = (0..RUNS).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed()
    });
    times.min().expect("there are runs")
}

fn measure(name: &str, modules: &[Vec<u8>]) {
    let features = Features::default();
    let decoded: Vec<_> = modules.iter().map(|m| binary::well_formed(m, features).expect("well-formed")).collect();
    let megabytes = decoded.iter().map(|module| module.code_size).sum::<usize>() as f64 / f64::from(1 << 20);
    let report = |what: &str, time: Duration| {
        println!("{name}: {what:<32} {:8.2} ms/MB", time.as_secs_f64() * 1e3 / megabytes);
    };
    println!("{name}: {} modules, {megabytes:.2} MB of code", modules.len());
    report("decoding", best(|| modules.iter().for_each(|m| drop(black_box(binary::well_formed(m, features))))));
    report(
        "ours, of what is decoded",
        best(|| decoded.iter().for_each(|m| valid::validate(m, features).expect("it is valid"))),
    );
    let flags = binary::wasm_features(features);
    report(
        "wasmparser's, with its decoding",
        best(|| {
            for module in modules {
                wasmparser::Validator::new_with_features(flags).validate_all(module).expect("it is valid");
            }
        }),
    );
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if files.is_empty() {
        measure("random", &random());
    }
    for file in files {
        let module = std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        measure(&file, &[module]);
    }
}

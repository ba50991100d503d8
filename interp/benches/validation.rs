//! How long from the bytes of a module to the answer whether it is valid: by ours, which decodes it to our syntax
//! first, and by wasmparser's validator, which reads the bytes and keeps nothing.
//!
//! `cargo bench -p assay-interp --bench validation -- FILE…`; without a file, random modules. Each figure is the least
//! of many runs, in which all take turns, since whatever else the machine does only adds to it; in milliseconds for a
//! megabyte of function bodies: most of a file can be debugging information.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use arbitrary::Unstructured;
use assay_interp::binary;
use assay_interp::syntax::Features;
use assay_interp::valid;

const RUNS: usize = 1000;

const FEATURES: Features = Features::ALL;

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

/// The milliseconds that something takes.
fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e3
}

fn measure(name: &str, modules: &[Vec<u8>]) {
    let decode = |module: &Vec<u8>| binary::well_formed(module, FEATURES).expect("it is well-formed");
    let decoded: Vec<_> = modules.iter().map(decode).collect();
    let megabytes = decoded.iter().map(|module| module.code_size).sum::<usize>() as f64 / 1e6;
    let flags = binary::wasm_features(FEATURES);
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..RUNS {
        times[0].push(time(|| modules.iter().for_each(|module| drop(black_box(decode(module))))));
        times[1].push(time(|| decoded.iter().for_each(|m| valid::validate(m, FEATURES).expect("it is valid"))));
        times[2].push(time(|| {
            for module in modules {
                wasmparser::Validator::new_with_features(flags).validate_all(module).expect("it is valid");
            }
        }));
    }
    let least = |times: Vec<f64>| times.into_iter().fold(f64::INFINITY, f64::min) / megabytes;
    let [decoding, ours, theirs] = times.map(least);
    let ratio = (decoding + ours) / theirs;
    println!("{name:24} {megabytes:8.3} {decoding:10.1} {ours:10.1} {theirs:12.1} {ratio:8.2}");
}

fn main() {
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    println!("{:24} {:>8} {:>10} {:>10} {:>12} {:>8}", "", "MB code", "decoding", "ours", "wasmparser's", "ratio");
    if files.is_empty() {
        measure("random", &random());
    }
    for file in files {
        let module = std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let name = Path::new(&file).file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned());
        measure(&name, &[module]);
    }
}

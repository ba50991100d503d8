//! Random modules do the same in the flat form, with and without fuel, as by the rules: results, traps and their
//! places, the fuel that is left, and the store; and the flat form tells the same rules, one for one.
//! `ASSAY_FLAT_SECONDS` goes on for so long, `ASSAY_FLAT_SEED` begins elsewhere.

mod compare;
#[path = "../random/mod.rs"]
mod random;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arbitrary::Unstructured;
use assay_interp::binary;
use assay_interp::syntax::{Features, Module};
use compare::compare;
use random::Random;

/// Calls that are compared, if nobody asks for a time.
const CALLS: usize = 4000;

fn bytes(random: &mut Random, n: usize) -> Vec<u8> {
    (0..n / 8).flat_map(|_| random.next().to_le_bytes()).collect()
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

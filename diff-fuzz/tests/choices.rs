//! Two interpreters that choose otherwise never differ: whatever isn't marked is the same by all choices, in whole
//! programs, through results, memories, globals, calls of the host and ends.

use std::collections::HashMap;

use assay_diff_fuzz::{BUDGETS, Options, Why, diff, generate};
use assay_engines::{Budgets, Engine, Features, Interp, Profile};
use assay_interp::binary;
use assay_interp::exec::chooses;
use assay_interp::syntax::{Instr, Module};

/// What became of the comparisons of some inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    raced: u64,
    agreed: u64,
    choice: u64,
}

fn has(module: &Module, is: impl FnMut(&Instr) -> bool) -> bool {
    module.funcs.iter().flat_map(|func| &func.body.expr().instrs).any(is)
}

/// Races the input of a seed, if it may choose.
fn race(seed: u64, known: &mut HashMap<&'static str, bool>, tally: &mut Tally) {
    let features = Features::default();
    let input = generate(seed, features);
    let module = binary::decode_with(&input.wasm, features).expect("a generated module is valid");
    if !has(&module, |instr| *known.entry(instr.mnemonic()).or_insert_with(|| chooses(instr))) {
        return;
    }
    // Growth that fails is no choice of the comparison's, but one of a seeded profile's.
    let grows = has(&module, |instr| matches!(instr, Instr::MemoryGrow { .. } | Instr::TableGrow { .. }));
    let seeded = if grows { Profile::Aarch64 } else { Profile::Seed(seed) };
    tally.raced += 1;
    let budgets = Budgets { fuel: 1 << 14, ..BUDGETS };
    for profile in [Profile::X86_64, seeded] {
        let interp = |profile| -> Box<dyn Engine> { Box::new(Interp::with(budgets, features, profile)) };
        let mut engines = [interp(Profile::Deterministic), interp(profile)];
        let options = Options { vectors: 3, seed, ..Options::default() };
        // A module that imports what can't be had is none to race on.
        let Ok(report) = diff(&mut engines, &input.wasm, &options) else { continue };
        assert_eq!(report.differed(), 0, "seed {seed}, {}, by {profile}: {report}", input.mix);
        for counts in [report.instantiations, report.calls] {
            tally.agreed += counts.agreed;
            tally.choice += counts.inconclusive(Why::Choice);
        }
    }
}

#[test]
fn interpreters_that_choose_otherwise_never_differ() {
    let (mut known, mut tally) = (HashMap::new(), Tally::default());
    (0..8000).for_each(|seed| race(seed, &mut known, &mut tally));
    println!("{tally:?}");
    // There were choices, and they mattered.
    assert!(tally.raced > 1500 && tally.choice > 1000 && tally.agreed > 10 * tally.choice, "{tally:?}");
}

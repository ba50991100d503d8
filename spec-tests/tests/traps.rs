//! An instruction traps in the ways that `trap_kinds` says, which proofs rely on, and in no other.
//!
//! Read off the official tests, and cases of ours for what they don't meet: no instruction traps there in another way,
//! and of the instructions of modules in which something traps, each does so in all its ways.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;

use assay_engines::{Budgets, Interp, TrapKind, Version, Watched};
use assay_interp::exec::{Redex, trap_kinds};
use assay_interp::trace::{Observer, Step};
use assay_spec_tests::{Event, Kind, Script, from_path, official, run_group};

/// Kinds of traps by the name of an instruction.
type Kinds = BTreeMap<&'static str, BTreeSet<TrapKind>>;

/// What directives that trap say of instructions.
#[derive(Default)]
struct Traps {
    /// How an instruction can trap, of all in the modules that were seen to trap.
    said: Kinds,
    /// How it has trapped.
    seen: Kinds,
}

impl Observer for Traps {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        // The steps after it are the way out.
        let Some(trapped) = step.config.trap.as_ref().filter(|_| !matches!(step.redex, Redex::Trap)) else { return };
        let module = &trapped.instance.module;
        for instr in module.funcs.iter().flat_map(|func| &func.body.expr().instrs) {
            self.said.entry(instr.mnemonic()).or_default().extend(trap_kinds(instr));
        }
        // Active segments trap too, outside of functions.
        if let Some(func) = trapped.place.func.and_then(|x| module.func(x)) {
            let instr = &func.body.expr().instrs[trapped.place.at as usize];
            self.seen.entry(instr.mnemonic()).or_default().insert(trapped.kind);
        }
    }
}

fn traps(scripts: &[Script]) -> Traps {
    let mut engine = Watched::new(Interp::new(Budgets { fuel: 200_000_000, ..Budgets::default() }));
    let mut traps = Traps::default();
    for script in scripts {
        run_group(&mut engine, std::slice::from_ref(script), &mut |engine, _, event| match event {
            Event::Begins(Kind::Trap, _) => engine.observer = Some(std::mem::take(&mut traps)),
            Event::Begins(..) => {}
            Event::Ended(_) => {
                if let Some(watched) = engine.observer.take() {
                    traps = watched;
                }
            }
        });
    }
    traps
}

/// The ways of `kinds` that `others` lacks.
fn lacking(kinds: &Kinds, others: &Kinds) -> Vec<(&'static str, TrapKind)> {
    let all = kinds.iter().flat_map(|(name, kinds)| kinds.iter().map(|kind| (*name, *kind)));
    all.filter(|(name, kind)| others.get(name).is_none_or(|kinds| !kinds.contains(kind))).collect()
}

#[test]
fn instructions_trap_as_they_are_said_to() {
    let ours = from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/traps")).expect("our cases");
    let scripts: Vec<Script> = official(Version::V3).into_iter().chain(ours).collect();
    let (first, second) = scripts.split_at(scripts.len() / 2);
    let (mut all, others) = thread::scope(|scope| {
        let others = scope.spawn(|| traps(second));
        (traps(first), others.join().expect("no panic"))
    });
    for (mine, theirs) in [(&mut all.said, others.said), (&mut all.seen, others.seen)] {
        theirs.into_iter().for_each(|(name, kinds)| mine.entry(name).or_default().extend(kinds));
    }
    assert_eq!(lacking(&all.seen, &all.said), []);
    assert_eq!(lacking(&all.said, &all.seen), []);
    assert!(all.seen.len() > 80, "{} instructions are too few", all.seen.len());
}

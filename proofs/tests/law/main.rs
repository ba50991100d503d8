//! The law of proofs: what was proved never happens. Random modules are proved, then run by the interpreter in random
//! scenarios: calls of their exports in any order, with arguments near all bounds, a host that answers, throws, writes
//! memories and sets globals in between. Choices are taken by the deterministic profile and by seeds. No run may trap
//! where that was proved impossible.
//!
//! `ASSAY_LAW_SECONDS` makes it longer than its usual number of modules.

mod generate;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use assay_engines::{Engine, Interp, Link, Outcome, Profile, Source, Value, provider};
use assay_interp::binary;
use assay_interp::exec::{Place, Val};
use assay_interp::machine;
use assay_interp::scenario::Answer;
use assay_interp::syntax::{ExternIdx, ExternType, Features, Module};
use assay_interp::trace::{Observer, Step};
use assay_proofs::module::Verdict;
use assay_proofs::module::obligation::Obligation;
use assay_proofs::{Budgets, prove};
use generate::Random;

/// Modules, if nobody says for how long.
const MODULES: u64 = 90;
/// Scenarios for each module, and steps in each.
const SCENARIOS: u64 = 12;
const STEPS: u64 = 14;

#[derive(Debug, Default)]
struct Counts {
    modules: u64,
    calls: u64,
    traps: u64,
    proved: usize,
    unproved: usize,
    /// Proved obligations whose instruction was executed.
    reached: usize,
}

/// Collects the places that a run comes by.
struct Places<'a>(&'a mut BTreeSet<Place>);

impl Observer for Places<'_> {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        self.0.extend(step.place);
    }
}

fn answers(random: &mut Random) -> Vec<Answer> {
    let mut answer = || Answer {
        import: ("host".into(), "ask".into()),
        results: vec![Val::I32(random.i32() as u32)],
        throws: random.one_in(8),
    };
    (0..12).map(|_| answer()).collect()
}

/// An instance in a store of its own, and what the host gave it, if that isn't functions only.
fn instantiate(wasm: &[u8], module: &Module, random: &mut Random) -> (Interp, usize, Option<usize>) {
    let budgets = machine::Budgets { fuel: 20_000, ..machine::Budgets::default() };
    let profile = if random.one_in(2) { Profile::Seed(random.0) } else { Profile::Deterministic };
    let mut interp = Interp::with_profile(budgets, profile);
    let provider = provider(module).map(|wasm| interp.instantiate(&wasm, &[]).unwrap());
    let answers = answers(random);
    let links = module.imports.iter().enumerate().map(|(i, import)| Link {
        module: import.module.clone(),
        name: import.name.clone(),
        from: match import.ty {
            ExternType::Func(_) => Source::Host(answers.clone()),
            _ => Source::Instance(provider.unwrap(), i.to_string()),
        },
    });
    let links: Vec<Link> = links.collect();
    let instance = interp.instantiate(wasm, &links).unwrap();
    (interp, instance, provider)
}

/// The instances and names under which the host reaches memories.
fn memories(module: &Module, instance: usize, provider: Option<usize>) -> Vec<(usize, String)> {
    let exported = module.exports.iter().filter(|e| matches!(e.item, ExternIdx::Mem(_)));
    let own = exported.map(|e| (instance, e.name.clone()));
    let imports = module.imports.iter().enumerate().filter(|(_, i)| matches!(i.ty, ExternType::Mem(_)));
    own.chain(imports.map(|(i, _)| (provider.unwrap(), i.to_string()))).collect()
}

/// One scenario; the obligation that was violated, if one that was proved.
fn run(
    wasm: &[u8],
    module: &Module,
    proved: &BTreeSet<Obligation>,
    places: &mut BTreeSet<Place>,
    counts: &mut Counts,
    random: &mut Random,
) -> Option<Obligation> {
    let (mut interp, instance, provider) = instantiate(wasm, module, random);
    let memories = memories(module, instance, provider);
    let of_kind = |is: fn(&ExternIdx) -> bool| -> Vec<String> {
        module.exports.iter().filter(|e| is(&e.item)).map(|e| e.name.clone()).collect()
    };
    let globals: Vec<String> = module
        .exports
        .iter()
        .filter(|e| matches!(e.item, ExternIdx::Global(x) if module.global_types()[x as usize].mutable))
        .map(|e| e.name.clone())
        .collect();
    let funcs = of_kind(|e| matches!(e, ExternIdx::Func(_)));
    for _ in 0..STEPS {
        match random.below(6) {
            0 if !globals.is_empty() => {
                let name = &globals[random.below(globals.len() as u64) as usize];
                interp.set(instance, name, Val::I32(random.i32() as u32)).unwrap();
            }
            1 if !memories.is_empty() => {
                let (instance, name) = &memories[random.below(memories.len() as u64) as usize];
                let bytes: Vec<u8> = (0..8).map(|_| random.pick(&[0, 0, 1, 0x7f, 0x80, 0xff])).collect();
                let offset = random.pick(&[0, 1, 8, 248, 65280, 65528, random.0 % 65528]);
                interp.write(*instance, name, offset, &bytes).unwrap();
            }
            _ => {
                let name = &funcs[random.below(funcs.len() as u64) as usize];
                let args: [Value; 2] = [Val::I32(random.i32() as u32), Val::I32(random.i32() as u32)];
                counts.calls += 1;
                let outcome = interp.invoke_observed(instance, name, &args, &mut Places(places));
                if let Outcome::Trapped(trap) = outcome {
                    counts.traps += 1;
                    let violated = Obligation { place: trap.place.unwrap(), kind: trap.kind };
                    if proved.contains(&violated) {
                        return Some(violated);
                    }
                }
            }
        }
    }
    None
}

#[test]
fn what_is_proved_never_happens() {
    let seconds = std::env::var("ASSAY_LAW_SECONDS").ok().map(|s| s.parse::<u64>().expect("a number of seconds"));
    let end = seconds.map(|s| Instant::now() + Duration::from_secs(s));
    let budgets = Budgets { paths: 20, steps: 2_000, queries: 40, rlimit: 100_000, ..Budgets::default() };
    let mut counts = Counts::default();
    for seed in 0.. {
        if end.map_or(seed >= MODULES, |end| Instant::now() >= end) {
            break;
        }
        let mut random = Random(seed);
        let text = generate::module(&mut random);
        let wasm = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let module = binary::decode(&wasm).unwrap();
        let report = prove(&wasm, Features::default(), &[], &budgets).unwrap();
        let is_proved = |v: &Verdict| matches!(v, Verdict::Proved(_));
        let proved: BTreeSet<Obligation> =
            report.findings.iter().filter(|f| is_proved(&f.verdict)).map(|f| f.obligation).collect();
        let mut places = BTreeSet::new();
        for _ in 0..SCENARIOS {
            let violated = run(&wasm, &module, &proved, &mut places, &mut counts, &mut random);
            assert!(violated.is_none(), "seed {seed}: {violated:?} was proved, and violated\n{text}");
        }
        counts.modules += 1;
        counts.proved += proved.len();
        counts.unproved += report.findings.len() - proved.len();
        counts.reached += proved.iter().filter(|o| places.contains(&o.place)).count();
    }
    println!("{counts:?}");
    assert!(counts.calls > 50 * counts.modules && counts.traps > counts.modules, "{counts:?}");
    assert!(counts.proved as u64 > 4 * counts.modules && counts.reached as u64 > 2 * counts.modules, "{counts:?}");
}

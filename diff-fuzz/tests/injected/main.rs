//! Faults are injected, and campaigns find them: docs/faults.md.

mod campaign;
mod engine;
mod table;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;

use assay_diff_fuzz::{BUDGETS, Options, Verdict, diff};
use assay_engines::{Engine, Features, Interp, Outcome};
use assay_interp::syntax::plain;
use engine::Broken;
use table::{By, Fault, faults};

/// The interpreter, and the same with a fault.
fn engines(fault: &Fault) -> [Box<dyn Engine>; 2] {
    let interp = || Interp::with_features(BUDGETS, Features::ALL);
    [Box::new(interp()), Box::new(Broken::new(interp(), fault.clone()))]
}

/// What each engine answers, and how a comparison of them ends.
fn compared(fault: &Fault, wasm: &[u8]) -> ([Result<Outcome, Outcome>; 2], Verdict) {
    let mut engines = engines(fault);
    let report = diff(&mut engines, wasm, &Options::default()).unwrap_or_else(|e| panic!("{}: {e}", fault.name));
    assert_eq!(report.instantiations.agreed, 1, "{}: {report}", fault.name);
    let answers = engines.each_mut().map(|engine| {
        engine.reset();
        let instance = engine.instantiate(wasm, &[])?;
        Ok(engine.invoke(instance, "f", &[]))
    });
    (answers, report.verdict())
}

/// Each fault is one: there is a module that it does something else with, and it shows in a comparison, but where the
/// bits of a NaN are a choice. What is narrow is so: the instruction is right elsewhere.
#[test]
fn each_fault_has_a_witness() {
    let mut wrong = Vec::new();
    for fault in faults() {
        for (witness, is_alike) in [Some(fault.differs), fault.alike].into_iter().flatten().zip([false, true]) {
            let text = fault.module(witness);
            let wasm = wat::parse_str(&text).unwrap_or_else(|e| panic!("{}: {e}\n{text}", fault.name));
            match engine::broken(&fault, &wasm, Features::ALL) {
                Err(why) => wrong.push(why),
                Ok(same) if same == wasm => wrong.push(format!("{}: nothing is replaced in {witness}", fault.name)),
                Ok(_) => match (compared(&fault, &wasm), is_alike) {
                    ((_, Verdict::Differ), false) | ((_, Verdict::Agree), true) => {}
                    (([a, b], _), false) if a != b => {}
                    ((answers, verdict), _) => {
                        wrong.push(format!("{}: {verdict:?}, {answers:?}: {witness}", fault.name));
                    }
                },
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_wide() {
    let faults = faults();
    let names: BTreeSet<&str> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(names.len(), faults.len(), "two faults of one name");
    let narrow = faults.iter().filter(|fault| fault.alike.is_some()).count();
    assert!(faults.len() >= 150 && 3 * narrow >= faults.len(), "{} faults, {narrow} of them narrow", faults.len());
    for fault in faults.iter().filter(|fault| matches!(fault.by, By::Function { when: Some(_), .. })) {
        assert!(fault.alike.is_some(), "{}: where is it right?", fault.name);
    }
}

/// A replacement that is right makes no difference: rewriting alone is no fault.
#[test]
fn what_is_rewritten_rightly_is_alike() {
    let mut replaced = BTreeSet::new();
    for seed in 0..300 {
        let input = assay_diff_fuzz::generate(seed, Features::default());
        let instrs = campaign::instructions(&input.wasm);
        let Some(plain) = plain().filter(|op| instrs.contains(op.mnemonic)).nth(seed as usize % 7) else { continue };
        let fault = Fault {
            family: "",
            name: "nothing: is wrong",
            patterns: vec![vec![plain.mnemonic]],
            by: By::Function { plain, when: Some("(i32.const 0)"), then: "(unreachable)" },
            differs: "",
            alike: None,
        };
        let options = Options { vectors: 2, ..Options::default() };
        let Ok(report) = diff(&mut engines(&fault), &input.wasm, &options) else { continue };
        assert_eq!(report.differed(), 0, "{} {}: {report}", plain.mnemonic, input.mix);
        replaced.insert(plain.mnemonic);
    }
    assert!(replaced.len() > 50, "{replaced:?}");
}

/// Whatever surrounds it, what an instruction is replaced by is valid.
#[test]
fn each_replacement_is_valid() {
    const TIMES: usize = 3;
    let faults = faults();
    let mut times = vec![0; faults.len()];
    let mut wrong = BTreeSet::new();
    for seed in 0..600 {
        let input = assay_diff_fuzz::generate(seed, Features::default());
        let instrs = campaign::instructions(&input.wasm);
        for (fault, times) in faults.iter().zip(&mut times).filter(|(_, times)| **times < TIMES) {
            if fault.mnemonics().any(|name| instrs.contains(name)) {
                match engine::broken(fault, &input.wasm, Features::default()) {
                    Ok(broken) => *times += usize::from(broken != input.wasm),
                    Err(why) => _ = wrong.insert(why),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
    let replaced = times.iter().filter(|times| **times > 0).count();
    assert!(4 * replaced > 3 * faults.len(), "{replaced} of {} faults", faults.len());
}

/// Ten faults of the table, by a fixed seed, are found within so many inputs.
#[test]
fn a_sample_is_found() {
    const INPUTS: u64 = 7500;
    let mut sample = faults();
    fastrand::Rng::with_seed(10).shuffle(&mut sample);
    sample.truncate(10);
    let mut state = campaign::State::new(&sample);
    state.run(&sample, &campaign::Budget::Inputs(INPUTS), &mut |_| {});
    let missed: Vec<&str> = state.missed(&sample).map(|fault| fault.name).collect();
    assert!(missed.is_empty(), "in {INPUTS} inputs: {missed:#?}");
}

/// `make faults`: each fault of a shard has a campaign of a minute. It goes on where it was interrupted.
#[test]
#[ignore = "it takes minutes"]
fn campaigns_find_nine_of_ten() {
    let shard = env::var("ASSAY_FAULTS").unwrap_or_else(|_| "1/1".to_owned());
    let numbers = shard.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let (k, n): (usize, usize) = numbers.unwrap_or_else(|| panic!("{shard}: a shard is like 1/4"));
    assert!((1..=n).contains(&k), "{shard}: there is no such shard");
    let out = env::var("ASSAY_FAULTS_OUT").unwrap_or_else(|_| env!("CARGO_TARGET_TMPDIR").to_owned());
    let out = Path::new(&out).join(format!("{k}-of-{n}.json"));
    let faults: Vec<Fault> = faults().into_iter().skip(k - 1).step_by(n).collect();
    let mut state = campaign::State::resume(&out, &faults);
    state.run(&faults, &campaign::Budget::Seconds(60.0), &mut |state| state.save(&out));
    state.save(&out);
    println!("{}", state.table(&faults));
    let missed = state.missed(&faults).count();
    assert!(10 * missed <= faults.len(), "{missed} of {} faults were missed", faults.len());
}

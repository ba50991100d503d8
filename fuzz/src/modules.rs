//! Any bytes as a module: decoded, validated, executed.

use std::sync::Arc;

use assay_diff_fuzz::vectors;
use assay_engines::{Budgets, Engine, Features, Interp, Link, Outcome, Source, Version, provider};
use assay_interp::Rule;
use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::{ExternType, Import, Module};
use assay_interp::trace::Observer;

use super::Random;
use super::compare::compare;

/// What is within these, ends in a moment.
pub(crate) const BUDGETS: Budgets = Budgets { fuel: 4_000, stack: 10_000, store: 16 << 20, heap: 1 << 20 };

/// Functions of a module that are called, and calls of each.
const CALLS: (usize, usize) = (32, 4);

/// By each version's rules, and with all proposals.
fn all_features() -> impl Iterator<Item = Features> {
    Version::ALL.into_iter().map(Features::from).chain([Features::ALL])
}

/// Decoded at once or body by body, it is the same module, or the same is wrong with it.
///
/// # Panics
///
/// It isn't, or the decoder has panicked.
pub fn decode(wasm: &[u8]) {
    for features in all_features() {
        let early = binary::check_with(wasm, features).and_then(|()| binary::well_formed(wasm, features));
        let late = binary::decode_with(wasm, features);
        let words = |end: &Result<Module, binary::Error>| match end {
            Ok(_) => "a module".to_owned(),
            Err(error) => format!("{:?}", error.kind),
        };
        assert!(
            format!("{early:?}") == format!("{late:?}"),
            "decoder: {} at once, {} body by body\n{features:?}\n{early:?}\n{late:?}",
            words(&early),
            words(&late)
        );
    }
}

/// Our validator and wasmparser's say the same.
///
/// # Panics
///
/// They don't, and it isn't known why, or one of them has panicked.
pub fn validate(wasm: &[u8]) {
    for features in all_features() {
        // What is malformed has been refused before there was anything to validate.
        let Ok(judgement) = binary::judge(wasm, features) else { continue };
        if judgement.is_explained(features) {
            continue;
        }
        if let Judgement::Disagreement { ours, theirs } = judgement {
            let rule = ours.as_ref().err().map_or("valid", |error| error.rule.name());
            panic!("validators: {rule} by ours\n{features:?}\nours: {ours:#?}\ntheirs: {theirs:?}");
        }
    }
}

/// Counts the steps that take fuel.
#[derive(Default)]
struct Steps(u64);

impl Observer for Steps {
    const DETAIL: bool = true;
    fn rule(&mut self, rule: Rule) {
        // The way of a trap or an exception is free.
        self.0 += u64::from(!rule.leaves() && !rule.name().contains("/throw_ref"));
    }
}

/// Instantiates the module with imports that are zeros and nulls, and calls its functions, step by step.
///
/// # Panics
///
/// More steps were taken, or more memory, than the budgets have; or the interpreter has panicked.
pub fn execute(wasm: &[u8]) {
    let Ok(module) = binary::decode_with(wasm, Features::ALL) else { return };
    let mut interp = Interp::with_features(BUDGETS, Features::ALL);
    let Ok(provided) = provider(&module).map(|wasm| interp.instantiate(&wasm, &[])).transpose() else { return };
    let link = |(i, import): (usize, &Import)| {
        let from = match (&import.ty, provided) {
            (ExternType::Func(_), _) | (_, None) => Source::Host(Vec::new()),
            (_, Some(id)) => Source::Instance(id, i.to_string()),
        };
        Link { module: import.module.clone(), name: import.name.clone(), from }
    };
    let links: Vec<Link> = module.imports.iter().enumerate().map(link).collect();
    let Ok(instance) = interp.instantiate_observed(wasm, &links, &mut Steps::default()) else { return };
    for (name, ty) in module.exported_funcs().take(CALLS.0) {
        for args in vectors(&ty, CALLS.1, 0) {
            let mut steps = Steps::default();
            let outcome = interp.invoke_observed(instance, name, &args, &mut steps);
            assert!(steps.0 <= BUDGETS.fuel, "budget: fuel: {} steps of {name:?}, which {outcome}", steps.0);
            let broken = matches!(outcome, Outcome::Malformed(_) | Outcome::Invalid(_) | Outcome::Unlinkable(_));
            assert!(!broken, "interp: call of {name:?}: {outcome}");
            let bytes: u64 = interp.machine().store().mems.iter().map(|mem| mem.bytes.len() as u64).sum();
            assert!(bytes <= BUDGETS.store, "budget: store: {bytes} bytes of memories after {name:?}");
        }
    }
}

/// Its functions do the same in the flat form as by the rules.
///
/// # Panics
///
/// They don't, or one of the two has panicked.
pub fn flat(wasm: &[u8]) {
    let Ok(module) = binary::decode_with(wasm, Features::ALL) else { return };
    compare(&Arc::new(module), &mut Random(wasm.len() as u64));
}

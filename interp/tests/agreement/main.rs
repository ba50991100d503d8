//! Our validator and its peer agree: on random modules, which are valid, and on mutations of them, most of which are
//! not. Refusals are counted by rule.
//!
//! `ASSAY_AGREEMENT_SECONDS` makes it longer than its usual number of modules, and says which rules were never applied
//! and which never refused anything.

mod mutate;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Unstructured};
use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::{Features, Version};
use assay_interp::valid::{self, Counts, Rule};
use mutate::{Mutator, Random};

/// Modules, if nobody says for how long, and mutations of each.
const MODULES: u64 = 3000;
const MUTATIONS: u64 = 12;

const FEATURES: Features = Features::ALL;

#[derive(Default)]
struct Tally {
    modules: u64,
    valid: u64,
    malformed: u64,
    limits: u64,
    /// Refused by a rule that later versions don't have.
    of_1_0: u64,
    /// How often each rule didn't hold.
    refused: BTreeMap<Rule, u64>,
    applied: Counts,
}

/// What random modules don't have: instructions from array to array, and locals without a default value.
const RARE: &str = r#"(module
    (type $f (func)) (type $b (array (mut i8))) (type $r (array (mut (ref null $f)))) (type $n (sub (array (ref $f))))
    (data $d "data") (elem $e (ref null $f) (ref.null $f)) (elem $g (ref $f) (ref.func 0))
    (func (param (ref $b) (ref $r) (ref null $n) i32) (local $x (ref $b)) (local (ref null $r) (ref $n))
        (array.copy $b $b (local.get 0) (local.get 3) (local.get 0) (i32.const 1) (i32.const 2))
        (array.copy $r $n (local.get 1) (i32.const 0) (local.get 2) (local.get 3) (i32.const 2))
        (array.init_data $b $d (local.get 0) (i32.const 0) (i32.const 1) (i32.const 2))
        (array.init_elem $r $g (local.get 1) (i32.const 0) (i32.const 0) (i32.const 1))
        (array.fill $b (local.get 0) (i32.const 0) (i32.const 7) (i32.const 1))
        (local.set $x (array.new_data $b $d (i32.const 0) (i32.const 1)))
        (if (local.get 3)
            (then (local.set 6 (array.new_fixed $n 1 (ref.func 0))) (drop (local.get 6)))
            (else (drop (array.get_u $b (local.get $x) (local.get 3)))))
        (block $l (result (ref $f))
            (drop (br_on_non_null $l (array.get $r (local.get 1) (local.get 3)))) (unreachable))
        (drop)))"#;

/// A random module with all features, with some, or of an older version.
fn generate(random: &mut Random) -> Option<(Vec<u8>, Features)> {
    if random.below(16) == 0 {
        return Some((wat::parse_str(RARE).expect("a text"), FEATURES));
    }
    let len = 1 << (8 + random.below(6));
    let bytes: Vec<u8> = (0..len / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    let mut u = Unstructured::new(&bytes);
    let all = wasm_smith::Config { max_memories: 3, max_tables: 4, max_instructions: 60, ..Default::default() };
    let older = wasm_smith::Config {
        gc_enabled: false,
        exceptions_enabled: false,
        tail_call_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        extended_const_enabled: false,
        threads_enabled: false,
        max_memories: 1,
        ..all.clone()
    };
    let (config, features) = match random.below(8) {
        0 | 1 => (wasm_smith::Config::arbitrary(&mut u).ok()?, FEATURES),
        2 => (older, Version::V2.into()),
        3 => {
            let oldest = wasm_smith::Config {
                bulk_memory_enabled: false,
                reference_types_enabled: false,
                simd_enabled: false,
                multi_value_enabled: false,
                saturating_float_to_int_enabled: false,
                sign_extension_ops_enabled: false,
                max_tables: 1,
                ..older
            };
            (oldest, Version::V1.into())
        }
        _ => (all, FEATURES),
    };
    let config = wasm_smith::Config {
        threads_enabled: features.threads,
        wide_arithmetic_enabled: features.wide_arithmetic,
        custom_page_sizes_enabled: features.custom_page_sizes,
        max_types: config.max_types.min(40),
        max_funcs: config.max_funcs.min(30),
        max_instructions: config.max_instructions.min(200),
        disallow_traps: false,
        ..config
    };
    Some((wasm_smith::Module::new(config, &mut u).ok()?.to_bytes(), features))
}

/// Asks both about a module, and says whether it is valid.
#[track_caller]
fn compare(wasm: &[u8], features: Features, tally: &mut Tally) -> bool {
    match binary::judge(wasm, features) {
        Err(_) | Ok(Judgement::Alone(_)) => tally.malformed += 1,
        Ok(Judgement::Limit(_)) => tally.limits += 1,
        Ok(Judgement::Invalid { ours, .. }) => *tally.refused.entry(ours.rule).or_default() += 1,
        // 1.0 asks for labels of one type, which its peer has forgotten.
        Ok(Judgement::Disagreement { ours: Err(ours), theirs: Ok(()) })
            if features.version == Version::V1 && ours.rule == Rule::InstrOkBrTable =>
        {
            tally.of_1_0 += 1;
        }
        Ok(Judgement::Disagreement { ours, theirs }) => {
            let hex: String = wasm.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!("{features:?}\nours: {ours:#?}\ntheirs: {theirs:?}\n{hex}");
        }
        Ok(Judgement::Valid) => {
            tally.valid += 1;
            return true;
        }
    }
    false
}

/// What is to be executed is decoded another way than what is judged: bodies are validated where they stand, and read
/// when they are asked for. The modules are the same, and so is what is wrong with those that aren't valid.
#[test]
fn bodies_that_are_read_late_are_the_same() {
    let check = |wasm: &[u8], features: Features| {
        let early = binary::check_with(wasm, features).and_then(|()| binary::well_formed(wasm, features));
        let late = binary::decode_with(wasm, features);
        assert_eq!(format!("{late:?}"), format!("{early:?}"), "{features:?} {wasm:02x?}");
        late.is_ok()
    };
    let (mut random, mut mutator, mut valid) = (Random(2), Mutator::default(), 0);
    for _ in 0..200 {
        let Some((wasm, features)) = generate(&mut random) else { continue };
        valid += u32::from(check(&wasm, features));
        for _ in 0..MUTATIONS {
            let Some(mutant) = mutator.mutate(&wasm, &mut random) else { continue };
            valid += u32::from(check(&mutant, features));
        }
    }
    assert!(valid > 200, "{valid} are valid");
}

#[test]
fn the_validators_agree() {
    let seconds = std::env::var("ASSAY_AGREEMENT_SECONDS").ok().map(|s| s.parse().expect("a number of seconds"));
    let until = seconds.map(|s| Instant::now() + Duration::from_secs(s));
    let mut tally = Tally::default();
    let mut random = Random(1);
    let mut mutator = Mutator::default();
    let goes_on = |modules| until.map_or(modules < MODULES, |until| Instant::now() < until);
    while goes_on(tally.modules) {
        let Some((wasm, features)) = generate(&mut random) else { continue };
        tally.modules += 1;
        let mut ask = |wasm: &[u8], features: Features| {
            let valid = compare(wasm, features, &mut tally);
            if valid && until.is_some() {
                let module = binary::well_formed(wasm, features).expect("it is valid");
                valid::validate_with(&module, features, &mut tally.applied).expect("it is valid");
            }
        };
        ask(&wasm, features);
        for _ in 0..MUTATIONS {
            let Some(mutant) = mutator.mutate(&wasm, &mut random) else { continue };
            ask(&mutant, features);
            // By another version's rules almost nothing is valid; what is refused first, differs.
            ask(&mutant, random.pick(&Version::ALL).into());
        }
    }
    let Tally { modules, valid, malformed, limits, of_1_0, refused, applied } = &tally;
    let invalid: u64 = refused.values().sum();
    println!(
        "{modules} modules; with mutations {valid} valid, {invalid} invalid, {malformed} malformed, {limits} limits"
    );
    println!("{} rules refused something; {of_1_0} modules are refused by a rule of 1.0 alone", refused.len());
    if until.is_some() {
        for (rule, n) in refused {
            println!("  {n:8} {rule}");
        }
        let never = |holds: &dyn Fn(&Rule) -> bool| {
            let names: Vec<&str> = Rule::ALL.iter().filter(|rule| holds(rule)).map(|rule| rule.name()).collect();
            names.join(" ")
        };
        println!("never refused: {}", never(&|rule| !refused.contains_key(rule)));
        println!("never applied: {}", never(&|rule| applied.of(*rule) == 0));
    }
    assert!(*valid > *modules && invalid > 2 * modules && refused.len() > 50, "the mutations are poor");
}

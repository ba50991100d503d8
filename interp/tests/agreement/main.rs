//! Our validator and its peer agree: on random modules, which are valid, and on mutations of them, many of which are
//! not. Refusals are counted by rule.
//!
//! `make agreement` asks about more modules, and prints what docs/agreement.md has: `ASSAY_AGREEMENT` is how many,
//! `ASSAY_AGREEMENT_SEED` what they come from.

mod mutate;
#[path = "../random/mod.rs"]
mod random;

use std::collections::BTreeMap;
use std::fmt::Write;

use arbitrary::{Arbitrary, Unstructured};
use assay_interp::binary::{self, ErrorKind, Judgement};
use assay_interp::syntax::{Features, Version};
use assay_interp::valid::{self, Counts, Rule};
use mutate::{Kind, Mutator};
use random::Random;

/// Modules, if nobody says how many.
const MODULES: u64 = 1500;
/// Mutations of each: by its version, and by any.
const MUTATIONS: [(Kind, u64); 4] =
    [(Kind::Bytes, 1), (Kind::Declarations, 3), (Kind::Instrs, 3), (Kind::Immediates, 3)];

const FEATURES: Features = Features::ALL;

fn kinds() -> impl Iterator<Item = Kind> {
    MUTATIONS.into_iter().flat_map(|(kind, n)| (0..n).map(move |_| kind))
}

/// What became of the modules of one kind.
#[derive(Default)]
struct Tally {
    asked: u64,
    malformed: u64,
    limits: u64,
    valid: u64,
    invalid: u64,
    /// Refused by one of the two, and rightly so.
    explained: u64,
}

#[derive(Default)]
struct Outcome {
    tallies: BTreeMap<&'static str, Tally>,
    /// How often each rule didn't hold.
    refused: BTreeMap<Rule, u64>,
    applied: Counts,
}

/// What random modules don't have: instructions from array to array, and locals without a default value.
const RARE: &str = r#"(module
    (type $f (func)) (type $b (array (mut i8))) (type $r (array (mut (ref null $f)))) (type $n (sub (array (ref $f))))
    (data $d "data") (elem $e (ref null $f) (ref.null $f)) (elem $g (ref $f) (ref.func 0))
    (func (type $f))
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
            (br_on_non_null $l (array.get $r (local.get 1) (local.get 3))) (unreachable))
        (drop))
    (memory 1) (table $t 1 (ref null $f)) (export "tag" (tag $tag)) (tag $tag (param v128 i64))
    (func (param v128 i64) (local (ref $f))
        (drop (array.new_elem $r $e (i32.const 0) (i32.const 1)))
        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))
        (memory.copy (i32.const 0) (i32.const 0) (i32.const 1))
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
        (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))
        (drop (v128.bitselect (local.get 0) (local.get 0) (local.get 0)))
        (drop (i8x16.relaxed_laneselect (local.get 0) (local.get 0) (local.get 0)))
        (drop (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 0) (local.get 0)))
        (i64.mul_wide_s (local.get 1) (local.get 1)) (i64.sub128 (local.get 1) (local.get 1)) drop drop
        (throw $tag (local.get 0) (local.get 1))))"#;

/// A random module with all features, with some, or of an older version.
fn generate(random: &mut Random) -> Option<(Vec<u8>, Features)> {
    if random.below(16) == 0 {
        return Some((wat::parse_str(RARE).expect("a text"), FEATURES));
    }
    let len = 1 << (9 + random.below(6));
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
        min_funcs: 2,
        max_funcs: config.max_funcs.clamp(2, 30),
        max_instructions: config.max_instructions.min(200),
        disallow_traps: false,
        ..config
    };
    Some((wasm_smith::Module::new(config, &mut u).ok()?.to_bytes(), features))
}

/// Asks both about a module, and says whether it is valid.
#[track_caller]
fn compare(wasm: &[u8], features: Features, kind: &'static str, outcome: &mut Outcome) -> bool {
    let tally = outcome.tallies.entry(kind).or_default();
    tally.asked += 1;
    match binary::judge(wasm, features) {
        Err(error) if error.kind == ErrorKind::Limit => tally.limits += 1,
        // What can't be decoded to our syntax.
        Err(_) | Ok(Judgement::Alone(_)) => tally.malformed += 1,
        Ok(Judgement::Limit(_)) => tally.limits += 1,
        Ok(Judgement::Invalid { ours, .. }) => {
            tally.invalid += 1;
            *outcome.refused.entry(ours.rule).or_default() += 1;
        }
        Ok(judgement) if judgement.is_explained(features) => tally.explained += 1,
        Ok(Judgement::Disagreement { ours, theirs }) => {
            let hex: String = wasm.iter().map(|byte| format!("{byte:02x}")).collect();
            panic!("{features:?}\nours: {ours:#?}\ntheirs: {theirs:?}\n{hex}");
        }
        Ok(Judgement::Valid) => {
            tally.valid += 1;
            let module = binary::well_formed(wasm, features).expect("it is valid");
            valid::validate_with(&module, features, &mut outcome.applied).expect("it is valid");
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
        for kind in kinds() {
            let Some(mutant) = mutator.mutate(kind, &wasm, &mut random) else { continue };
            valid += u32::from(check(&mutant, features));
        }
    }
    assert!(valid > 200, "{valid} are valid");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|n| n.parse().expect("a number"))
}

#[test]
fn the_validators_agree() {
    let wanted = number("ASSAY_AGREEMENT");
    let seed = number("ASSAY_AGREEMENT_SEED").unwrap_or(1);
    let mut random = Random(seed);
    let mut mutator = Mutator::default();
    let mut outcome = Outcome::default();
    let mut modules = 0;
    let rare = wat::parse_str(RARE).expect("a text");
    assert!(compare(&rare, FEATURES, "random modules", &mut outcome), "it is valid");
    while modules < wanted.unwrap_or(MODULES) {
        let Some((wasm, features)) = generate(&mut random) else { continue };
        modules += 1;
        if !compare(&wasm, features, "random modules", &mut outcome) {
            continue;
        }
        for kind in kinds() {
            let Some(mutant) = mutator.mutate(kind, &wasm, &mut random) else { continue };
            compare(&mutant, features, kind.name(), &mut outcome);
            // By another version's rules almost nothing is valid; what is refused first, differs.
            let version = random.pick(&Version::ALL);
            compare(&mutant, version.into(), "these mutations, by any version", &mut outcome);
        }
    }
    println!("{}", report(&outcome, seed));
    let sum = |of: fn(&Tally) -> u64| outcome.tallies.values().map(of).sum::<u64>();
    let rules = outcome.refused.len();
    assert!(sum(|t| t.valid) > modules && sum(|t| t.invalid) > modules && rules > 50, "the mutations are poor");
}

/// The tables of docs/agreement.md.
fn report(outcome: &Outcome, seed: u64) -> String {
    let mut out = format!("Seed {seed}.\n\n");
    let mut line = |line: String| writeln!(out, "{line}").expect("a string takes everything");
    line("| | asked | malformed | beyond a limit | valid | invalid | invalid by ours alone |".into());
    line("|---|--:|--:|--:|--:|--:|--:|".into());
    for (kind, t) in &outcome.tallies {
        let Tally { asked, malformed, limits, valid, invalid, explained } = t;
        line(format!("| {kind} | {asked} | {malformed} | {limits} | {valid} | {invalid} | {explained} |"));
    }
    line("\n| rule | refused by it |\n|---|--:|".into());
    for (rule, n) in &outcome.refused {
        line(format!("| `{rule}` | {n} |"));
    }
    let never = |holds: &dyn Fn(&Rule) -> bool| {
        let names: Vec<String> = Rule::ALL.iter().filter(|rule| holds(rule)).map(|rule| format!("`{rule}`")).collect();
        names.join(", ")
    };
    line(format!("\nNothing was refused by: {}.", never(&|rule| !outcome.refused.contains_key(rule))));
    line(format!("\nNever applied in a valid module: {}.", never(&|rule| outcome.applied.of(*rule) == 0)));
    out
}

//! The fuzz targets, without a fuzzer: each takes modules and scripts of the official tests, mutations of them, and
//! bytes. A fuzzer takes the same functions (fuzz/fuzz_targets/).

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own elsewhere")]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use assay_diff_fuzz::{Target, mutate};
use assay_engines::Version;
use assay_spec_tests::{modules, official};

/// Inputs of each kind.
const INPUTS: usize = 150;

/// Bytes by the steps of SplitMix64.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut random = targets::Random(seed);
    (0..len).map(|_| random.next() as u8).collect()
}

/// Modules of the official tests, the same changed by the mutator, and with some bytes replaced.
static MODULES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let found =
        official(Version::V3).into_iter().flat_map(|script| modules(&script).unwrap()).map(|module| module.wasm);
    let small: BTreeSet<Vec<u8>> = found.filter(|wasm| wasm.len() <= 4096).collect();
    let step = small.len() / INPUTS;
    let mut modules: Vec<Vec<u8>> = small.into_iter().step_by(step).collect();
    for (seed, wasm) in (1..).zip(modules.clone()) {
        modules.extend(mutate(&wasm, seed));
        let [at, byte] = *noise(seed, 2) else { unreachable!("two bytes") };
        let mut broken = wasm;
        let len = broken.len();
        broken[8.min(len - 1)..][usize::from(at) % (len - 8.min(len - 1))] = byte;
        modules.push(broken);
    }
    modules.extend((0..INPUTS as u64).map(|seed| [b"\0asm\x01\0\0\0".to_vec(), noise(seed, 40)].concat()));
    modules
});

#[test]
fn decode() {
    MODULES.iter().for_each(|wasm| targets::decode(wasm));
}

#[test]
fn validate() {
    MODULES.iter().for_each(|wasm| targets::validate(wasm));
}

#[test]
fn execute() {
    MODULES.iter().for_each(|wasm| targets::execute(wasm));
}

#[test]
fn flat() {
    MODULES.iter().for_each(|wasm| targets::flat(wasm));
}

#[test]
fn differential() {
    (0..INPUTS as u64).for_each(|seed| targets::differential(&noise(seed, seed as usize % 40)));
}

#[test]
fn laws() {
    for (law, seed) in (0..16u8).flat_map(|law| (0..INPUTS as u64).map(move |seed| (law, seed))) {
        targets::laws(&[vec![law], noise(seed, 48)].concat());
    }
}

/// Scripts as they are, cut off, and with a line less.
#[test]
fn script() {
    let scripts = official(Version::V3).into_iter().filter(|script| script.source.len() <= 4096);
    for (seed, script) in (0..).zip(scripts) {
        let text = script.source;
        targets::script(text.as_bytes());
        let cut = targets::Random(seed).next() as usize % text.len();
        targets::script(&text.as_bytes()[..cut]);
        let lines: Vec<&str> = text.lines().collect();
        let less = targets::Random(seed).next() as usize % lines.len();
        targets::script([&lines[..less], &lines[less + 1..]].concat().join("\n").as_bytes());
    }
    (0..INPUTS as u64).for_each(|seed| targets::script(&noise(seed, 40)));
}

#[cfg(feature = "proofs")]
#[test]
fn policy() {
    let text = fs::read(root().join("docs/examples/kernel.toml")).unwrap();
    for at in 0..text.len() {
        let mut broken = text.clone();
        broken[at] = noise(at as u64, 1)[0] & 0x7f;
        targets::policy(&broken);
        targets::policy(&text[..at]);
    }
}

/// Its dictionary has the words of policies.
#[cfg(feature = "proofs")]
#[test]
fn the_dictionary_of_policies_has_their_words() {
    let dictionary = fs::read_to_string(root().join("fuzz/dictionaries/policy.dict")).unwrap();
    for group in assay_proofs::module::obligation::Obligation::GROUPS {
        assert!(dictionary.contains(&format!("\"\\\"{group}\\\"\"")), "{group}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The mutator changes what is a module, leaves the rest to the fuzzer's, and fills no more than it may.
#[test]
fn the_mutator_speaks_modules() {
    let by_bytes = |buffer: &mut [u8], _: usize, _: usize| {
        buffer.fill(0);
        1
    };
    let (mut changed, mut bytes) = (0, 0);
    for (seed, wasm) in (0..).zip(MODULES.iter()) {
        let mut buffer = wasm.clone();
        buffer.resize(2 * wasm.len(), 0xaa);
        let len = targets::mutate(&mut buffer, wasm.len(), wasm.len(), seed, by_bytes);
        assert!(len <= wasm.len());
        bytes += u32::from(len == 1);
        changed += u32::from(len > 1 && buffer[..len] != wasm[..]);
    }
    assert!(changed > 50 && bytes > 50, "{changed} by instructions, {bytes} by bytes");
}

/// Each target is built, has its line in the list, its seeds and its dictionary, and a test above.
#[test]
fn the_targets_are_listed() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let list = read("fuzz/targets.txt");
    let rows: Vec<Vec<&str>> =
        list.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect()).collect();
    let manifest = read("fuzz/Cargo.toml");
    let built = manifest.lines().filter(|line| line.starts_with("path = \"fuzz_targets/"));
    let (built, tests) = (built.count(), read("tests/targets.rs"));
    assert_eq!(built, rows.len());
    assert_eq!(rows.iter().map(|row| row[0]).collect::<Vec<_>>(), Target::ALL.map(Target::name));
    for row in rows {
        let [name, _, dictionary] = row[..] else { panic!("{row:?}: a target, its seeds, its dictionary") };
        assert!(read(&format!("fuzz/fuzz_targets/{name}.rs")).contains(&format!("assay_fuzz::{name}(")));
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} isn't built");
        assert!(tests.contains(&format!("targets::{name}(")), "{name} isn't tried");
        assert!(dictionary == "-" || read(&format!("fuzz/dictionaries/{dictionary}")).contains('"'), "{dictionary}");
    }
}

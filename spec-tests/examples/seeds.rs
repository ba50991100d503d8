//! Writes what the fuzz targets begin with into a folder: `seeds/`, from the official tests, and `dictionaries/`, from
//! the table of instructions.
//!
//! ```text
//! cargo run -p assay-spec-tests --no-default-features --example seeds -- fuzz
//! ```

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use assay_interp::syntax::{Instr, Version};
use assay_spec_tests::{Proposal, Script, modules, official};

/// Bytes of the largest module and of the largest script: a fuzzer changes small ones faster, and tries longer inputs
/// than its seeds by itself.
const LARGEST: [usize; 2] = [512, 4096];
/// Seeds that are numbers, and the bytes of each.
const NUMBERS: (u8, usize) = (64, 64);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: seeds FOLDER")?;
    let folder = Path::new(&folder);
    let scripts = scripts();
    write_all(&folder.join("seeds/modules"), "wasm", small_modules(&scripts)?)?;
    let texts = scripts.iter().map(|script| script.source.clone().into_bytes());
    write_all(&folder.join("seeds/scripts"), "wast", texts.filter(|text| text.len() <= LARGEST[1]).collect())?;
    write_all(&folder.join("seeds/numbers"), "bin", (0..NUMBERS.0).map(numbers).collect())?;
    write_all(&folder.join("seeds/policies"), "toml", POLICIES.map(|text| text.into()).into())?;
    fs::create_dir_all(folder.join("dictionaries"))?;
    for (name, text) in dictionaries() {
        fs::write(folder.join("dictionaries").join(name), text)?;
    }
    Ok(())
}

/// The official tests of all versions and of the proposals.
fn scripts() -> Vec<Script> {
    let versions = Version::ALL.into_iter().flat_map(official);
    versions.chain(Proposal::ALL.into_iter().flat_map(Proposal::tests)).collect()
}

/// Their small modules, valid or not.
fn small_modules(scripts: &[Script]) -> Result<BTreeSet<Vec<u8>>, Box<dyn Error>> {
    let mut small = BTreeSet::new();
    for script in scripts {
        let found = modules(script)?.into_iter().map(|module| module.wasm);
        small.extend(found.filter(|wasm| wasm.len() <= LARGEST[0]));
    }
    Ok(small)
}

/// Bytes that look like any others, by the steps of a generator of 64 bits, the same ones each time.
fn numbers(which: u8) -> Vec<u8> {
    let mut state = u64::from(which);
    let mut step = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    };
    // The first byte chooses: a generator or a law.
    [vec![which], (1..NUMBERS.1).map(|_| step()).collect()].concat()
}

/// Policies that allow something, or aren't policies.
const POLICIES: [&str; 4] = [
    "[imports]\nwasi_snapshot_preview1 = [\"fd_write\", \"proc_exit\"]\nenv = [\"*\"]\n",
    "[limits]\nmemory_pages = 16\ntable_elements = 100\nfunctions = 200\ncode_bytes = 100000\n",
    "[proofs]\nrequire = [\"memory\", \"table\", \"indirect-call\", \"arithmetic\", \"unreachable\"]\n",
    "[proofs]\nrequire = \"memory\"\n[limits]\nmemory_pages = -1\n",
];

/// Writes each of them into a file of a new folder.
fn write_all(folder: &Path, extension: &str, seeds: BTreeSet<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    for (i, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("{i:05}.{extension}")), seed)?;
    }
    println!("{}: {}", folder.display(), seeds.len());
    Ok(())
}

/// What scripts consist of beside instructions.
const WORDS: &str = "module definition instance register invoke get assert_return assert_trap assert_exhaustion \
    assert_invalid assert_malformed assert_unlinkable assert_exception either thread wait binary quote type rec sub \
    final func param result local struct array field mut import export table memory global tag elem declare item data \
    offset start block loop if then else end try_table catch catch_ref catch_all catch_all_ref shared pagesize i8 i16 \
    i32 i64 f32 f64 v128 i8x16 i16x8 i32x4 i64x2 f32x4 f64x2 any eq i31 extern exn none noextern nofunc noexn anyref \
    eqref i31ref structref arrayref funcref externref exnref nullref ref null nan:canonical nan:arithmetic nan:0x1 inf \
    spectest print_i32 offset= align=";

/// The name of each dictionary and its text: opcodes for modules, mnemonics and other words for scripts.
fn dictionaries() -> [(&'static str, String); 2] {
    let (mut module, mut script) = (HEAD.to_owned(), HEAD.to_owned());
    let mut opcodes = BTreeSet::new();
    let mut words: BTreeSet<&str> = WORDS.split(' ').collect();
    for (opcode, mnemonic) in Instr::all() {
        opcodes.insert(*opcode);
        words.insert(mnemonic);
    }
    for opcode in opcodes {
        let bytes = opcode.iter().fold(String::new(), |text, byte| format!("{text}\\x{byte:02x}"));
        writeln!(module, "\"{bytes}\"").expect("a string takes everything");
    }
    for word in words {
        writeln!(script, "\"{word}\"").expect("a string takes everything");
    }
    [("module.dict", module), ("script.dict", script)]
}

const HEAD: &str = "# Written by spec-tests/examples/seeds.rs.\n";

#[test]
fn the_dictionaries_are_those_of_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/dictionaries");
    for (name, text) in dictionaries() {
        let file = folder.join(name);
        assert!(fs::read_to_string(&file).unwrap() == text, "{name} is another: run `make fuzz-seeds`");
    }
}

#[test]
fn there_are_seeds() {
    let modules = small_modules(&scripts()).unwrap();
    assert!(modules.len() > 1000, "{}", modules.len());
    assert!(modules.iter().all(|wasm| wasm.starts_with(b"\0asm") || wasm.len() < 8));
}

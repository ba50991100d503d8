//! Which instructions of the table inputs are made of: all of them, but for those that are excused here.

use std::collections::BTreeSet;

use assay_diff_fuzz::generate;
use assay_engines::Features;
use assay_interp::binary;
use assay_interp::syntax::Instr;

/// How many inputs.
const INPUTS: u64 = 6000;

/// Why no input of 3.0 has an instruction with such an opcode; or `None`.
fn excuse(opcode: &[u8]) -> Option<&'static str> {
    match opcode {
        [0xfe, ..] => Some("of the threads proposal"),
        [0xfc, 0x13..=0x16] => Some("of the proposal for wide arithmetic"),
        _ => None,
    }
}

#[test]
fn every_instruction_is_made() {
    let mut made: BTreeSet<&[u8]> = BTreeSet::new();
    for seed in 0..INPUTS {
        let input = generate(seed, Features::default());
        let module = binary::decode_with(&input.wasm, Features::default()).expect("inputs are valid");
        for func in &module.funcs {
            made.extend(func.body.read().instrs.iter().map(Instr::opcode));
        }
    }
    let mut wrong = Vec::new();
    for (opcode, name) in Instr::all() {
        match (made.contains(opcode), excuse(opcode)) {
            (false, None) => wrong.push(format!("{name} ({opcode:02x?}) is in none of {INPUTS} inputs")),
            (true, Some(why)) => wrong.push(format!("{name} ({opcode:02x?}) is made, though it is excused: {why}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

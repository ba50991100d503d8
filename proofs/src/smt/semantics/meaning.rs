//! What the standard says of an instruction, in the solver's terms.

use std::fmt::Write as _;

use assay_interp::outcome::TrapKind;
use z3::Sort;
use z3::ast::{Array, BV, Bool};

/// What the standard says of an instruction with some immediates.
pub(super) struct Meaning {
    /// The instruction in the text format; its operands are the locals.
    pub(super) code: String,
    /// Address type of the memory and of the table that there are.
    pub(super) address: &'static str,
    /// Types and bits of the operands, the first pushed first.
    pub(super) operands: Vec<(&'static str, BV)>,
    /// Types of the results.
    pub(super) results: Vec<&'static str>,
    /// What may be taken for granted.
    pub(super) given: Bool,
    /// The conditions under which it traps, in the order in which they are tested.
    pub(super) traps: Vec<(Bool, TrapKind)>,
    /// The results where it doesn't, piece by piece, those of the first from its lowest bits upward.
    pub(super) says: Vec<Says>,
    /// What it leaves where it doesn't trap.
    pub(super) after: After,
}

/// What an instruction leaves.
pub(super) enum After {
    /// A memory of these bytes and this length, and the table as it was.
    Memory(Array, BV),
    /// The memory and the table, of these lengths if the result isn't -1.
    Grown(BV, BV),
    /// All as it was, and other instructions to do: the instruction of this name is followed only to what it is
    /// rewritten to.
    Rewritten(String),
}

/// What is said of a piece of the results: a lane, or all.
pub(super) struct Says {
    /// Where anything is said.
    pub(super) when: Bool,
    /// It is one of these; a relaxed instruction's are in the order of its parameter's values.
    pub(super) members: Vec<BV>,
}

impl Says {
    /// It is this.
    pub(super) fn is(piece: BV) -> Says {
        Says::one_of(vec![piece])
    }

    /// It is one of these.
    pub(super) fn one_of(members: Vec<BV>) -> Says {
        Says { when: Bool::from_bool(true), members }
    }

    /// It is this under a condition; of what rounds, nothing is said otherwise.
    pub(super) fn when(when: Bool, piece: BV) -> Says {
        Says { when, members: vec![piece] }
    }

    pub(super) fn width(&self) -> u32 {
        self.members[0].get_size()
    }
}

/// Bits of a number or vector of this type.
pub(super) fn bits(ty: &str) -> u32 {
    match ty {
        "i32" | "f32" => 32,
        "i64" | "f64" => 64,
        "v128" => 128,
        _ => panic!("{ty} has no bits"),
    }
}

/// The memory as the instruction finds it.
pub(super) fn initial_memory() -> (Array, BV) {
    let bytes = Array::new_const("memory", &Sort::bitvector(64), &Sort::bitvector(8));
    (bytes, BV::new_const("length", 64))
}

/// The length of the table as the instruction finds it.
pub(super) fn initial_table() -> BV {
    BV::new_const("elements", 64)
}

impl Meaning {
    /// Of an instruction without immediates that doesn't trap and has one result: what is said of its pieces.
    pub(super) fn pieces<const N: usize>(
        name: &str,
        operands: [&'static str; N],
        result: &'static str,
        says: impl FnOnce([BV; N]) -> Vec<Says>,
    ) -> Meaning {
        Meaning::new(name, operands, &[result], |operands| (Vec::new(), says(operands)))
    }

    /// Of such an instruction whose result is this.
    pub(super) fn total<const N: usize>(
        name: &str,
        operands: [&'static str; N],
        result: &'static str,
        means: impl FnOnce([BV; N]) -> BV,
    ) -> Meaning {
        Meaning::pieces(name, operands, result, |operands| vec![Says::is(means(operands))])
    }

    /// Of an instruction that leaves all as it was: where it traps, and what is said of its results.
    pub(super) fn new<const N: usize>(
        instr: &str,
        operands: [&'static str; N],
        results: &[&'static str],
        means: impl FnOnce([BV; N]) -> (Vec<(Bool, TrapKind)>, Vec<Says>),
    ) -> Meaning {
        let bv = |i: usize| BV::new_const(format!("operand {i}"), bits(operands[i]));
        let (traps, says) = means(std::array::from_fn(bv));
        let (bytes, len) = initial_memory();
        let mut code = format!("({instr}");
        (0..N).for_each(|i| write!(code, " (local.get {i})").expect("a string takes it"));
        Meaning {
            code: code + ")",
            address: "i32",
            operands: operands.into_iter().enumerate().map(|(i, ty)| (ty, bv(i))).collect(),
            results: results.to_vec(),
            given: Bool::from_bool(true),
            traps,
            says,
            after: After::Memory(bytes, len),
        }
    }
}

/// A number of so many bits.
pub(super) fn number(width: u32, c: u128) -> BV {
    let c = if width < 128 { c & ((1 << width) - 1) } else { c };
    BV::from_str(width, &c.to_string()).expect("a number")
}

/// 1 or 0, of type `i32`.
pub(super) fn truth(b: &Bool) -> BV {
    b.ite(&number(32, 1), &number(32, 0))
}

/// The low bits.
pub(super) fn low(a: &BV, width: u32) -> BV {
    a.extract(width - 1, 0)
}

/// Extended to so many bits, as a signed number or as an unsigned one.
pub(super) fn extend(a: &BV, signed: bool, width: u32) -> BV {
    let more = width - a.get_size();
    if signed { a.sign_ext(more) } else { a.zero_ext(more) }
}

/// The pieces as one, the first lowest.
pub(super) fn join(pieces: impl IntoIterator<Item = BV>) -> BV {
    pieces.into_iter().reduce(|low, high| high.concat(&low)).expect("a piece")
}

//! The instructions that ask for nothing but numbers, vectors and a memory: what they take, and what they leave.

use super::table::for_each_instruction;
use super::{Instr, ValType};

/// An instruction that is valid wherever its operands are, and a first memory if it accesses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plain {
    /// The bytes of the binary format (5.4) that it begins with.
    pub opcode: &'static [u8],
    /// The name in the text format (6.5).
    pub mnemonic: &'static str,
    /// The types of its operands; of an access, the address is none of them, but comes first.
    pub params: &'static [ValType],
    /// The types of its results.
    pub results: &'static [ValType],
    /// What stands behind the opcode.
    pub immediate: Immediate,
}

/// Immediates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Immediate {
    /// None.
    None,
    /// The index of one of so many lanes.
    Lane(u8),
    /// Sixteen indices of 32 lanes.
    Lanes,
    /// Alignment and offset of an access of so many bytes.
    Memory(u32),
    /// The same, of one of so many lanes, and the index of the lane.
    MemoryLane(u32, u8),
}

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;
const V128: ValType = ValType::V128;

macro_rules! ty {
    (i32) => {
        ValType::I32
    };
    (i64) => {
        ValType::I64
    };
    (f32) => {
        ValType::F32
    };
    (f64) => {
        ValType::F64
    };
}

/// Bytes of numbers and lanes.
macro_rules! bytes {
    (i8x16) => {
        1
    };
    (W8) => {
        1
    };
    (i16x8) => {
        2
    };
    (W16) => {
        2
    };
    (i32) => {
        4
    };
    (f32) => {
        4
    };
    (i32x4) => {
        4
    };
    (f32x4) => {
        4
    };
    (W32) => {
        4
    };
    (i64) => {
        8
    };
    (f64) => {
        8
    };
    (i64x2) => {
        8
    };
    (f64x2) => {
        8
    };
    (W64) => {
        8
    };
}

/// Types of operands and results, and the immediate.
macro_rules! signature {
    (unop($t:ident, $f:ident)) => {
        Some((&[ty!($t)], &[ty!($t)], Immediate::None))
    };
    (binop($t:ident, $f:ident)) => {
        Some((&[ty!($t); 2], &[ty!($t)], Immediate::None))
    };
    (partial_binop($t:ident, $f:ident)) => {
        Some((&[ty!($t); 2], &[ty!($t)], Immediate::None))
    };
    (testop($t:ident, $f:ident)) => {
        Some((&[ty!($t)], &[I32], Immediate::None))
    };
    (relop($t:ident, $f:ident)) => {
        Some((&[ty!($t); 2], &[I32], Immediate::None))
    };
    (cvtop($t:ident, $u:ident, $f:ident)) => {
        Some((&[ty!($t)], &[ty!($u)], Immediate::None))
    };
    (partial_cvtop($t:ident, $u:ident, $f:ident)) => {
        Some((&[ty!($t)], &[ty!($u)], Immediate::None))
    };
    (wideop($f:ident)) => {
        Some((&[I64; 4], &[I64; 2], Immediate::None))
    };
    (extwideop($f:ident)) => {
        Some((&[I64; 2], &[I64; 2], Immediate::None))
    };
    (load($t:ident)) => {
        Some((&[], &[ty!($t)], Immediate::Memory(bytes!($t))))
    };
    (load_pack($t:ident, $W:ident, $sx:ident)) => {
        Some((&[], &[ty!($t)], Immediate::Memory(bytes!($W))))
    };
    (store($t:ident)) => {
        Some((&[ty!($t)], &[], Immediate::Memory(bytes!($t))))
    };
    (store_pack($t:ident, $W:ident)) => {
        Some((&[ty!($t)], &[], Immediate::Memory(bytes!($W))))
    };
    (vload()) => {
        Some((&[], &[V128], Immediate::Memory(16)))
    };
    (vload_pack($s1:ident, $s2:ident, $sx:ident)) => {
        Some((&[], &[V128], Immediate::Memory(8)))
    };
    (vload_splat($s:ident)) => {
        Some((&[], &[V128], Immediate::Memory(bytes!($s))))
    };
    (vload_zero($W:ident)) => {
        Some((&[], &[V128], Immediate::Memory(bytes!($W))))
    };
    (vload_lane($s:ident)) => {
        Some((&[V128], &[V128], Immediate::MemoryLane(bytes!($s), 16 / bytes!($s))))
    };
    (vstore()) => {
        Some((&[V128], &[], Immediate::Memory(16)))
    };
    (vstore_lane($s:ident)) => {
        Some((&[V128], &[], Immediate::MemoryLane(bytes!($s), 16 / bytes!($s))))
    };
    (vvunop($f:ident)) => {
        Some((&[V128], &[V128], Immediate::None))
    };
    (vvbinop($f:ident)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vvternop($f:ident)) => {
        Some((&[V128; 3], &[V128], Immediate::None))
    };
    (vvtestop($f:ident)) => {
        Some((&[V128], &[I32], Immediate::None))
    };
    (vunop($($arg:tt)*)) => {
        Some((&[V128], &[V128], Immediate::None))
    };
    (vbinop($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vternop($($arg:tt)*)) => {
        Some((&[V128; 3], &[V128], Immediate::None))
    };
    (vtestop($($arg:tt)*)) => {
        Some((&[V128], &[I32], Immediate::None))
    };
    (vrelop($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vshiftop($($arg:tt)*)) => {
        Some((&[V128, I32], &[V128], Immediate::None))
    };
    (vbitmask($($arg:tt)*)) => {
        Some((&[V128], &[I32], Immediate::None))
    };
    (vswizzlop($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vshuffle()) => {
        Some((&[V128; 2], &[V128], Immediate::Lanes))
    };
    (vsplat($s:ident, $t:ident)) => {
        Some((&[ty!($t)], &[V128], Immediate::None))
    };
    (vextract_lane($s:ident, $t:ident)) => {
        Some((&[V128], &[ty!($t)], Immediate::Lane(16 / bytes!($s))))
    };
    (vextract_lane_pack($s:ident, $t:ident, $sx:ident)) => {
        Some((&[V128], &[ty!($t)], Immediate::Lane(16 / bytes!($s))))
    };
    (vreplace_lane($s:ident, $t:ident)) => {
        Some((&[V128, ty!($t)], &[V128], Immediate::Lane(16 / bytes!($s))))
    };
    (vextunop($($arg:tt)*)) => {
        Some((&[V128], &[V128], Immediate::None))
    };
    (vextbinop($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (relaxed_vextbinop($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vextternop($($arg:tt)*)) => {
        Some((&[V128; 3], &[V128], Immediate::None))
    };
    (vnarrow($($arg:tt)*)) => {
        Some((&[V128; 2], &[V128], Immediate::None))
    };
    (vcvtop($($arg:tt)*)) => {
        Some((&[V128], &[V128], Immediate::None))
    };
    ($family:ident($($arg:tt)*)) => {
        None
    };
}

impl Plain {
    fn new(opcode: &'static [u8], mnemonic: &'static str, signature: Option<Signature>) -> Option<Plain> {
        let (params, results, immediate) = signature?;
        Some(Plain { opcode, mnemonic, params, results, immediate })
    }
}

macro_rules! rows {
    ($([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        impl Plain {
            /// What is plain of an instruction, whichever immediates it has; `None` if it isn't.
            pub fn of(instr: &Instr) -> Option<Plain> {
                match instr {
                    $(Instr::$Name { .. } => Plain::new(&[$($op),+], $text, signature!($family($($arg)*))),)*
                }
            }
        }

        /// Opcode and name of each instruction, with its signature if it is plain.
        const ROWS: &[(&[u8], &str, Option<Signature>)] = &[
            $((&[$($op),+], $text, signature!($family($($arg)*))),)*
        ];
    };
}

type Signature = (&'static [ValType], &'static [ValType], Immediate);

for_each_instruction!(rows);

/// All plain instructions, in the order of the table: those of chapter 4.3's functions, and loads and stores that
/// aren't atomic.
pub fn plain() -> impl Iterator<Item = Plain> {
    ROWS.iter().filter_map(|(opcode, mnemonic, signature)| Plain::new(opcode, mnemonic, *signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binary;
    use crate::syntax::Features;

    /// Each is valid as it says, and so decodes to the instruction of its name.
    #[test]
    fn each_is_what_it_says() {
        let mut count = 0;
        for op in plain() {
            let Plain { mnemonic, params, results, immediate, .. } = op;
            let immediate_text = match immediate {
                Immediate::None | Immediate::Memory(_) => String::new(),
                Immediate::Lane(lanes) | Immediate::MemoryLane(_, lanes) => format!("{}", lanes - 1),
                Immediate::Lanes => "31 ".repeat(16),
            };
            let types = |types: &[ValType]| types.iter().map(|t| format!(" {t}")).collect::<String>();
            let accesses = matches!(immediate, Immediate::Memory(_) | Immediate::MemoryLane(..));
            let address = if accesses { " i32" } else { "" };
            let operands: String =
                (0..params.len() + usize::from(accesses)).map(|i| format!("(local.get {i})")).collect();
            let module = format!(
                "(module (memory 1) (func (param{address}{}) (result{}) {operands} {mnemonic} {immediate_text}))",
                types(params),
                types(results)
            );
            let wasm = wat::parse_str(&module).unwrap_or_else(|e| panic!("{module}: {e}"));
            let module = binary::decode_with(&wasm, Features::ALL).unwrap_or_else(|e| panic!("{mnemonic}: {e}"));
            let instrs = &module.funcs[0].body.expr().instrs;
            let instr: &Instr = &instrs[instrs.len() - 2];
            assert_eq!(Plain::of(instr), Some(op));
            count += 1;
        }
        assert!(count > 400, "{count}");
    }
}

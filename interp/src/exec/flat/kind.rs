//! How instructions become operations.

use super::code::{OpCode, Ty, plain};
use crate::syntax::table::for_each_instruction;
use crate::syntax::{Instr, MemArg};

/// How an instruction becomes operations.
pub(super) enum Kind {
    /// An operation on these operands, with this result.
    Pure(&'static [Ty], Ty),
    /// The same, with the index of a lane.
    Lane(&'static [Ty], Ty, u8),
    /// A shuffle.
    Shuffle([u8; 16]),
    /// A load of such a value.
    Load(Ty, MemArg),
    /// A store of one.
    Store(Ty, MemArg),
    /// A load into a lane of a vector.
    LoadLane(MemArg, u8),
    /// A store of one.
    StoreLane(MemArg, u8),
    /// None of these.
    Other,
}

macro_rules! ty {
    (i32) => {
        Ty::I32
    };
    (i64) => {
        Ty::I64
    };
    (f32) => {
        Ty::F32
    };
    (f64) => {
        Ty::F64
    };
}

macro_rules! kind {
    (unop($t:ident, $f:ident)) => { Kind::Pure(&[ty!($t)], ty!($t)) };
    (binop($t:ident, $f:ident)) => { Kind::Pure(&[ty!($t); 2], ty!($t)) };
    (partial_binop($t:ident, $f:ident)) => { Kind::Pure(&[ty!($t); 2], ty!($t)) };
    (testop($t:ident, $f:ident)) => { Kind::Pure(&[ty!($t)], Ty::I32) };
    (relop($t:ident, $f:ident)) => { Kind::Pure(&[ty!($t); 2], Ty::I32) };
    (cvtop($t:ident, $u:ident, $f:ident)) => { Kind::Pure(&[ty!($t)], ty!($u)) };
    (partial_cvtop($t:ident, $u:ident, $f:ident)) => { Kind::Pure(&[ty!($t)], ty!($u)) };
    (load($t:ident) $ao:ident) => { Kind::Load(ty!($t), *$ao) };
    (load_pack($t:ident, $W:ident, $sx:ident) $ao:ident) => { Kind::Load(ty!($t), *$ao) };
    (store($t:ident) $ao:ident) => { Kind::Store(ty!($t), *$ao) };
    (store_pack($t:ident, $W:ident) $ao:ident) => { Kind::Store(ty!($t), *$ao) };
    (vload() $ao:ident) => { Kind::Load(Ty::V128, *$ao) };
    (vload_pack($($arg:tt)*) $ao:ident) => { Kind::Load(Ty::V128, *$ao) };
    (vload_splat($($arg:tt)*) $ao:ident) => { Kind::Load(Ty::V128, *$ao) };
    (vload_zero($($arg:tt)*) $ao:ident) => { Kind::Load(Ty::V128, *$ao) };
    (vload_lane($s:ident) $ao:ident $i:ident) => { Kind::LoadLane(*$ao, *$i) };
    (vstore_lane($s:ident) $ao:ident $i:ident) => { Kind::StoreLane(*$ao, *$i) };
    (vstore() $ao:ident) => { Kind::Store(Ty::V128, *$ao) };
    (vvunop($f:ident)) => { Kind::Pure(&[Ty::V128], Ty::V128) };
    (vvbinop($f:ident)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vvternop($f:ident)) => { Kind::Pure(&[Ty::V128; 3], Ty::V128) };
    (vvtestop($f:ident)) => { Kind::Pure(&[Ty::V128], Ty::I32) };
    (vunop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128], Ty::V128) };
    (vbinop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vternop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 3], Ty::V128) };
    (vtestop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128], Ty::I32) };
    (vrelop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vshiftop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128, Ty::I32], Ty::V128) };
    (vbitmask($($arg:tt)*)) => { Kind::Pure(&[Ty::V128], Ty::I32) };
    (vswizzlop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vshuffle() $i:ident) => { Kind::Shuffle(*$i) };
    (vsplat($s:ident, $t:ident)) => { Kind::Pure(&[ty!($t)], Ty::V128) };
    (vextract_lane($s:ident, $t:ident) $i:ident) => { Kind::Lane(&[Ty::V128], ty!($t), *$i) };
    (vextract_lane_pack($s:ident, $t:ident, $sx:ident) $i:ident) => { Kind::Lane(&[Ty::V128], ty!($t), *$i) };
    (vreplace_lane($s:ident, $t:ident) $i:ident) => { Kind::Lane(&[Ty::V128, ty!($t)], Ty::V128, *$i) };
    (vextunop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128], Ty::V128) };
    (vextbinop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (relaxed_vextbinop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vextternop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 3], Ty::V128) };
    (vnarrow($($arg:tt)*)) => { Kind::Pure(&[Ty::V128; 2], Ty::V128) };
    (vcvtop($($arg:tt)*)) => { Kind::Pure(&[Ty::V128], Ty::V128) };
    ($family:ident($($arg:tt)*) $($imm:ident)*) => {{
        $(let _ = $imm;)*
        Kind::Other
    }};
}

macro_rules! arms {
    ($instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { $($ours),* } => (plain::$Name, kind!($family($($arg)*) $($ours)*)),)*
        }
    };
}

pub(super) fn kind(instr: &Instr) -> (OpCode, Kind) {
    for_each_instruction!(arms instr;)
}

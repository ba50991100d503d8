//! Instructions (3.4): from the row of each in the instruction table, its type or the function that has its rule.

use super::error::{Checked, Fault, Since};
use super::rule::{Observer, Rule};
use super::stack::Checker;
use super::{aggregate, control, memory, reference, table, variable};
use crate::syntax::table::for_each_instruction;
use crate::syntax::{Instr, ValType, Version};

/// Number types by the names that the instruction table uses.
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
    (v128) => {
        ValType::V128
    };
}

/// Bytes of a number type, of a width, or of a lane of a shape, by the names that the instruction table uses.
macro_rules! bytes {
    (W8) => {
        1
    };
    (W16) => {
        2
    };
    (W32) => {
        4
    };
    (W64) => {
        8
    };
    (i32) => {
        4
    };
    (f32) => {
        4
    };
    (i64) => {
        8
    };
    (f64) => {
        8
    };
    (i8x16) => {
        1
    };
    (i16x8) => {
        2
    };
    (i32x4) => {
        4
    };
    (f32x4) => {
        4
    };
    (i64x2) => {
        8
    };
    (f64x2) => {
        8
    };
}

/// An instruction whose type its row says.
macro_rules! op {
    ($c:ident $rule:ident [$($from:expr),*] [$($to:expr),*]) => {{
        $c.rule(Rule::$rule);
        $c.operate(&[$($from),*], &[$($to),*])
    }};
}

const V128: ValType = ValType::V128;
const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

/// One row's typing: the family has the rule, the row's arguments say of which types.
macro_rules! typing {
    ($c:ident control(end)) => { unreachable!("else and end are taken by whoever opened the block") };
    ($c:ident control($rule:ident) $($imm:ident)*) => { control::$rule($c $(, $imm)*) };
    ($c:ident exception($rule:ident) $($imm:ident)*) => { control::$rule($c $(, $imm)*) };
    ($c:ident parametric(select) $ts:ident) => { variable::select_expl($c, $ts) };
    ($c:ident parametric(select)) => { variable::select_impl($c) };
    ($c:ident parametric($rule:ident)) => { variable::$rule($c) };
    ($c:ident variable($rule:ident) $($imm:ident)*) => { variable::$rule($c $(, $imm)*) };
    ($c:ident table($rule:ident) $($imm:ident)*) => { table::$rule($c $(, $imm)*) };
    ($c:ident memory($rule:ident) $($imm:ident)*) => { memory::$rule($c $(, $imm)*) };
    ($c:ident reference(test) $rt:ident) => { reference::test($c, *$rt) };
    ($c:ident reference(cast) $rt:ident) => { reference::cast($c, *$rt) };
    ($c:ident reference($rule:ident) $($imm:ident)*) => { reference::$rule($c $(, $imm)*) };
    ($c:ident aggregate($rule:ident) $($imm:ident)*) => { aggregate::$rule($c $(, $imm)*) };
    ($c:ident constant(v128) $imm:ident) => {{
        let _ = $imm;
        op!($c InstrOkVconst [] [V128])
    }};
    ($c:ident constant($t:ident) $imm:ident) => {{
        let _ = $imm;
        op!($c InstrOkConst [] [ty!($t)])
    }};
    ($c:ident load($t:ident) $ao:ident) => { memory::load($c, Rule::InstrOkLoadVal, $ao, bytes!($t), ty!($t)) };
    ($c:ident load_pack($t:ident, $W:ident, $sx:ident) $ao:ident) => {
        memory::load($c, Rule::InstrOkLoadPack, $ao, bytes!($W), ty!($t))
    };
    ($c:ident store($t:ident) $ao:ident) => { memory::store($c, Rule::InstrOkStoreVal, $ao, bytes!($t), ty!($t)) };
    ($c:ident store_pack($t:ident, $W:ident) $ao:ident) => {
        memory::store($c, Rule::InstrOkStorePack, $ao, bytes!($W), ty!($t))
    };
    ($c:ident unop($t:ident, $f:ident)) => { op!($c InstrOkUnop [ty!($t)] [ty!($t)]) };
    ($c:ident binop($t:ident, $f:ident)) => { op!($c InstrOkBinop [ty!($t), ty!($t)] [ty!($t)]) };
    ($c:ident partial_binop($t:ident, $f:ident)) => { typing!($c binop($t, $f)) };
    ($c:ident testop($t:ident, $f:ident)) => { op!($c InstrOkTestop [ty!($t)] [I32]) };
    ($c:ident relop($t:ident, $f:ident)) => { op!($c InstrOkRelop [ty!($t), ty!($t)] [I32]) };
    ($c:ident cvtop($t:ident, $u:ident, $f:ident)) => { op!($c InstrOkCvtop [ty!($t)] [ty!($u)]) };
    ($c:ident partial_cvtop($t:ident, $u:ident, $f:ident)) => { typing!($c cvtop($t, $u, $f)) };
    ($c:ident wideop($f:ident)) => {{
        proposal($c, Rule::InstrOkWideop)?;
        op!($c InstrOkWideop [I64, I64, I64, I64] [I64, I64])
    }};
    ($c:ident extwideop($sx:ident)) => {{
        proposal($c, Rule::InstrOkExtwideop)?;
        op!($c InstrOkExtwideop [I64, I64] [I64, I64])
    }};
    ($c:ident atomic_fence()) => {{
        proposal($c, Rule::InstrOkAtomicFence)?;
        op!($c InstrOkAtomicFence [] [])
    }};
    ($c:ident atomic_load($t:ident, $W:ident) $ao:ident) => {
        memory::atomic($c, Rule::InstrOkAtomicLoad, $ao, bytes!($W), &[], &[ty!($t)])
    };
    ($c:ident atomic_store($t:ident, $W:ident) $ao:ident) => {
        memory::atomic($c, Rule::InstrOkAtomicStore, $ao, bytes!($W), &[ty!($t)], &[])
    };
    ($c:ident atomic_rmw($t:ident, $W:ident, $f:ident) $ao:ident) => {
        memory::atomic($c, Rule::InstrOkAtomicRmw, $ao, bytes!($W), &[ty!($t)], &[ty!($t)])
    };
    ($c:ident atomic_cmpxchg($t:ident, $W:ident) $ao:ident) => {
        memory::atomic($c, Rule::InstrOkAtomicCmpxchg, $ao, bytes!($W), &[ty!($t), ty!($t)], &[ty!($t)])
    };
    ($c:ident atomic_wait($t:ident) $ao:ident) => {
        memory::atomic($c, Rule::InstrOkMemoryAtomicWait, $ao, bytes!($t), &[ty!($t), I64], &[I32])
    };
    ($c:ident atomic_notify() $ao:ident) => {
        memory::atomic($c, Rule::InstrOkMemoryAtomicNotify, $ao, 4, &[I32], &[I32])
    };
    ($c:ident vload() $ao:ident) => { memory::load($c, Rule::InstrOkVloadVal, $ao, 16, V128) };
    ($c:ident vload_pack($s1:ident, $s2:ident, $sx:ident) $ao:ident) => {
        // Lanes enough for half a vector.
        memory::load($c, Rule::InstrOkVloadPack, $ao, 8, V128)
    };
    ($c:ident vload_splat($s:ident) $ao:ident) => {
        memory::load($c, Rule::InstrOkVloadSplat, $ao, bytes!($s), V128)
    };
    ($c:ident vload_zero($W:ident) $ao:ident) => { memory::load($c, Rule::InstrOkVloadZero, $ao, bytes!($W), V128) };
    ($c:ident vload_lane($s:ident) $ao:ident $i:ident) => { memory::load_lane($c, $ao, *$i, bytes!($s)) };
    ($c:ident vstore() $ao:ident) => { memory::store($c, Rule::InstrOkVstore, $ao, 16, V128) };
    ($c:ident vstore_lane($s:ident) $ao:ident $i:ident) => { memory::store_lane($c, $ao, *$i, bytes!($s)) };
    ($c:ident vvunop($f:ident)) => { op!($c InstrOkVvunop [V128] [V128]) };
    ($c:ident vvbinop($f:ident)) => { op!($c InstrOkVvbinop [V128, V128] [V128]) };
    ($c:ident vvternop($f:ident)) => { op!($c InstrOkVvternop [V128, V128, V128] [V128]) };
    ($c:ident vvtestop($f:ident)) => { op!($c InstrOkVvtestop [V128] [I32]) };
    ($c:ident vunop($s:ident, $f:ident)) => { op!($c InstrOkVunop [V128] [V128]) };
    ($c:ident vbinop($s:ident, $f:ident)) => { op!($c InstrOkVbinop [V128, V128] [V128]) };
    ($c:ident vternop($s:ident, $f:ident)) => { op!($c InstrOkVternop [V128, V128, V128] [V128]) };
    ($c:ident vtestop($s:ident, $f:ident)) => { op!($c InstrOkVtestop [V128] [I32]) };
    ($c:ident vrelop($s:ident, $f:ident)) => { op!($c InstrOkVrelop [V128, V128] [V128]) };
    ($c:ident vshiftop($s:ident, $f:ident)) => { op!($c InstrOkVshiftop [V128, I32] [V128]) };
    ($c:ident vbitmask($s:ident)) => { op!($c InstrOkVbitmask [V128] [I32]) };
    ($c:ident vswizzlop($s:ident, $f:ident)) => { op!($c InstrOkVswizzlop [V128, V128] [V128]) };
    ($c:ident vshuffle() $is:ident) => {{
        $c.rule(Rule::InstrOkVshuffle);
        $is.iter().try_for_each(|i| memory::lane(*i, 32))?;
        $c.operate(&[V128, V128], &[V128])
    }};
    ($c:ident vsplat($s:ident, $t:ident)) => { op!($c InstrOkVsplat [ty!($t)] [V128]) };
    ($c:ident vextract_lane($s:ident, $t:ident) $i:ident) => {{
        $c.rule(Rule::InstrOkVextractLane);
        memory::lane(*$i, 16 / bytes!($s))?;
        $c.operate(&[V128], &[ty!($t)])
    }};
    ($c:ident vextract_lane_pack($s:ident, $t:ident, $sx:ident) $i:ident) => {
        typing!($c vextract_lane($s, $t) $i)
    };
    ($c:ident vreplace_lane($s:ident, $t:ident) $i:ident) => {{
        $c.rule(Rule::InstrOkVreplaceLane);
        memory::lane(*$i, 16 / bytes!($s))?;
        $c.operate(&[V128, ty!($t)], &[V128])
    }};
    ($c:ident vextunop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => { op!($c InstrOkVextunop [V128] [V128]) };
    ($c:ident vextbinop($s1:ident, $s2:ident, $f:ident, $sx:ident)) => {
        op!($c InstrOkVextbinop [V128, V128] [V128])
    };
    ($c:ident relaxed_vextbinop($f:ident)) => { op!($c InstrOkVextbinop [V128, V128] [V128]) };
    ($c:ident vextternop($f:ident)) => { op!($c InstrOkVextternop [V128, V128, V128] [V128]) };
    ($c:ident vnarrow($s1:ident, $s2:ident, $f:ident)) => { op!($c InstrOkVnarrow [V128, V128] [V128]) };
    ($c:ident vcvtop($s1:ident, $s2:ident, $part:ident, $f:ident)) => { op!($c InstrOkVcvtop [V128] [V128]) };
}

macro_rules! dispatch {
    ($c:ident $instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { $($ours),* } => typing!($c $family($($arg)*) $($ours)*),)*
        }
    };
}

/// `Instr_ok`
pub(super) fn instr<O: Observer>(c: &mut Checker<'_, '_, O>, instr: &Instr) -> Checked<()> {
    if !c.c.since(Version::V3) {
        version(c, instr)?;
    }
    for_each_instruction!(dispatch c instr;)
}

/// The proposal that adds the rule is switched on.
pub(super) fn proposal<O: Observer>(c: &mut Checker<'_, '_, O>, rule: Rule) -> Checked<()> {
    c.rule(rule);
    let (on, name) = match rule {
        Rule::InstrOkWideop | Rule::InstrOkExtwideop => (c.c.features.wide_arithmetic, "wide-arithmetic"),
        _ => (c.c.features.threads, "threads"),
    };
    if on { Ok(()) } else { Err(Box::new(Fault::Beyond("the instruction".into(), Since::Proposal(name)))) }
}

/// The version that brought the instruction with an opcode.
fn since(opcode: &[u8]) -> Version {
    match *opcode {
        // Exceptions, tail calls and calls of references.
        [0x08 | 0x0A | 0x1F | 0x12..=0x15] => Version::V3,
        // `select` with types, tables' elements, sign extension, references.
        [0x1C | 0x25 | 0x26 | 0xC0..=0xC4 | 0xD0..=0xD2] => Version::V2,
        // Typed references.
        [0xD3..=0xD6] => Version::V3,
        [_] => Version::V1,
        // Aggregates.
        [0xFB, ..] => Version::V3,
        // Of proposals, which any version can have.
        [0xFC, 0x13..=0x16] | [0xFE, ..] => Version::V1,
        // Relaxed vector instructions.
        [0xFD, _, high] if high >= 0x02 => Version::V3,
        // Saturating conversion and bulk memory; vectors.
        _ => Version::V2,
    }
}

/// The instruction is in the version's grammar.
fn version<O: Observer>(c: &mut Checker<'_, '_, O>, instr: &Instr) -> Checked<()> {
    let since = since(instr.opcode());
    if c.c.since(since) {
        return Ok(());
    }
    // No rule of that version has it: what it lacks is a sequence with such an instruction.
    c.rule(Rule::InstrsOkInstr);
    Err(Box::new(Fault::Beyond("the instruction".into(), Since::Version(since))))
}

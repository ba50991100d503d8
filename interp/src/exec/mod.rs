//! Execution (chapter 4): configurations and their reduction.
//!
//! A configuration is the store, and a thread of frames, labels and operands. The standard writes a thread as nested
//! instruction sequences; here the nest is a zipper: code stays where it is, a frame knows the next instruction, a
//! label knows where its continuation is. A step finds the redex, applies the one rule that fits, and names it.
//! Instructions that a rule rewrites its redex to (an `i32.store8` that `memory.fill` becomes, say) wait in
//! [`Config::pending`] and are reduced before the code goes on.
//!
//! Conventions: c is the configuration, d the reading; x, y, l are immediates as the standard calls them.

mod config;
mod control;
mod domain;
pub mod module;
mod numeric;
mod parametric;
mod reference;
mod store;
mod table;
mod traps;
mod value;
mod variable;

mod memory;

pub use config::{Admin, Config, Frame, Label, Place, Progress, Redex, Trapped};
pub use domain::{Domain, Memory, Table};
pub use store::{
    ExternAddr, FuncInst, GlobalInst, MAX_ELEMENTS, MAX_PAGES, MemInst, ModuleInst, PAGE, Store, TableInst,
};
pub use traps::trap_kinds;
pub use value::{Addr, F32, F64, FuncAddr, I32, I64, Num, Ref, Val, Value};

use crate::rule::Rule;
use crate::syntax::Instr;
use crate::syntax::table::for_each_instruction;

/// A reduction's result: the rule that it applied.
type Reduced<D> = Result<Rule, <D as Domain>::Undecided>;

/// Number types and functions by the names that the instruction table uses.
macro_rules! ty {
    (i32) => {
        value::I32
    };
    (i64) => {
        value::I64
    };
    (f32) => {
        value::F32
    };
    (f64) => {
        value::F64
    };
}

/// One row's reduction: the family is the function, the row's arguments are its parameters.
macro_rules! reduction {
    ($c:ident $d:ident control($rule:ident) $($imm:ident)*) => { control::$rule($c, $d $(, $imm)*) };
    ($c:ident $d:ident parametric($rule:ident) $($imm:ident)*) => {{
        $(let _ = $imm;)*
        parametric::$rule($c, $d)
    }};
    ($c:ident $d:ident variable($rule:ident) $($imm:ident)*) => { variable::$rule($c $(, *$imm)*) };
    ($c:ident $d:ident table($rule:ident) $($imm:ident)*) => { table::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident memory($rule:ident) $($imm:ident)*) => { memory::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident reference($rule:ident) $($imm:ident)*) => { reference::$rule($c, $d $(, *$imm)*) };
    ($c:ident $d:ident constant($t:ident) $imm:ident) => { unreachable!("a constant is a value, no redex: {:?}", $imm) };
    ($c:ident $d:ident load($t:ident) $imm:ident) => { memory::load::<D, ty!($t)>($c, $d, $imm) };
    ($c:ident $d:ident load_pack($t:ident, $W:ident, $sx:ident) $imm:ident) => {
        memory::load_pack::<D, ty!($t), crate::value::$W>($c, $d, $imm, crate::num::$sx)
    };
    ($c:ident $d:ident store($t:ident) $imm:ident) => { memory::store::<D, ty!($t)>($c, $d, $imm) };
    ($c:ident $d:ident store_pack($t:ident, $W:ident) $imm:ident) => {
        memory::store_pack::<D, ty!($t), crate::value::$W>($c, $d, $imm)
    };
    ($c:ident $d:ident unop($t:ident, $f:ident)) => { numeric::unop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident binop($t:ident, $f:ident)) => { numeric::binop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident partial_binop($t:ident, $f:ident)) => { numeric::partial_binop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident testop($t:ident, $f:ident)) => { numeric::testop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident relop($t:ident, $f:ident)) => { numeric::relop::<D, ty!($t)>($c, $d, crate::num::$f) };
    ($c:ident $d:ident cvtop($t:ident, $u:ident, $f:ident)) => {
        numeric::cvtop::<D, ty!($t), ty!($u)>($c, $d, crate::num::$f)
    };
    ($c:ident $d:ident partial_cvtop($t:ident, $u:ident, $f:ident)) => {
        numeric::partial_cvtop::<D, ty!($t), ty!($u)>($c, $d, crate::num::$f)
    };
}

macro_rules! dispatch {
    ($c:ident $d:ident $instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* } $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { $($ours),* } => reduction!($c $d $family($($arg)*) $($ours)*),)*
        }
    };
}

/// Reduces an instruction whose operands are on the stack.
fn reduce<D: Domain>(c: &mut Config<D>, d: &D, instr: &Instr) -> Reduced<D> {
    for_each_instruction!(dispatch c d instr;)
}

macro_rules! constants {
    ($d:ident $instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* } $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { .. } if constant_family!($family) => numeric::constant($d, $instr),)*
            _ => None,
        }
    };
}
macro_rules! constant_family {
    (constant) => {
        true
    };
    ($other:ident) => {
        false
    };
}

/// The value that an instruction is, if it is one (4.2.1: constants are values, not redexes).
fn as_value<D: Domain>(d: &D, instr: &Instr) -> Option<Val<D>> {
    for_each_instruction!(constants d instr;)
}

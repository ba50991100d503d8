//! The flat form of a function: operations on slots.

use std::convert::Infallible;

use super::steps::Told;
use crate::exec::domain::Domain;
use crate::exec::value::{Addr, AnyRef, FuncAddr, Ref, Val, Value};
use crate::syntax::table::for_each_instruction;
use crate::syntax::{HeapType, Idx, Instr, NumType, ValType};
use crate::value::{Reading, Width};

/// Index of a cell of 64 bits in a frame. A vector takes two.
pub(super) type Slot = u32;

/// What a value is, as far as cells tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
    Ref,
}

impl Ty {
    /// All, in order.
    pub(super) const ALL: [Ty; 6] = [Ty::I32, Ty::I64, Ty::F32, Ty::F64, Ty::V128, Ty::Ref];

    pub(super) fn of(t: ValType) -> Ty {
        match t {
            ValType::Num(NumType::I32) => Ty::I32,
            ValType::Num(NumType::I64) => Ty::I64,
            ValType::Num(NumType::F32) => Ty::F32,
            ValType::Num(NumType::F64) => Ty::F64,
            ValType::V128 => Ty::V128,
            ValType::Ref(_) => Ty::Ref,
        }
    }

    /// Number of cells.
    pub(super) fn cells(self) -> u32 {
        if self == Ty::V128 { 2 } else { 1 }
    }
}

/// Number of cells of values of these types.
pub(super) fn cells(types: &[Ty]) -> u32 {
    types.iter().map(|t| t.cells()).sum()
}

/// An operation. What the fields mean depends on the code; mostly d is where the result goes, a and b are operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) code: OpCode,
    pub(super) x: u16,
    pub(super) d: u32,
    pub(super) a: u32,
    pub(super) b: u32,
}

/// What an operation does: one of [`plain`], [`jump`] and [`own`].
pub(super) type OpCode = u16;

macro_rules! codes {
    ($([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        #[repr(u16)]
        enum Row {
            $($Name,)*
            Beyond,
        }

        /// That of an instruction.
        #[allow(non_upper_case_globals, reason = "the names are those of instructions")]
        pub(super) mod plain {
            $(pub(in super::super) const $Name: super::OpCode = super::Row::$Name as super::OpCode;)*
        }

        /// That of a test or a comparison, and then a branch to the operation d if it says what x does: 0 or 1.
        #[allow(non_upper_case_globals, reason = "the names are those of instructions")]
        pub(super) mod jump {
            $(pub(in super::super) const $Name: super::OpCode = super::JUMP + super::Row::$Name as super::OpCode;)*
        }

        /// Whether the operation of an instruction can be followed by a branch in one.
        pub(super) fn is_comparison(code: OpCode) -> bool {
            match code {
                $(plain::$Name => matches!(stringify!($family), "testop" | "relop"),)*
                _ => false,
            }
        }
    };
}
for_each_instruction!(codes);

/// What is between an instruction's operation and the one with a branch.
pub(super) const JUMP: OpCode = Row::Beyond as OpCode;

macro_rules! own_codes {
    ($($(#[$what:meta])* $Name:ident)*) => {
        #[repr(u16)]
        enum Own {
            $($Name,)*
        }

        /// One of the flat form's own.
        #[allow(non_upper_case_globals, reason = "the names are those of instructions")]
        pub(super) mod own {
            $($(#[$what])* pub(in super::super) const $Name: super::OpCode =
                2 * super::JUMP + super::Own::$Name as super::OpCode;)*
        }
    };
}
own_codes! {
    /// Nothing but its cost.
    Idle
    /// d := a
    Copy
    /// d, d + 1 := a, a + 1
    Copy2
    /// d := the number whose halves are a and b
    Const
    /// To the operation d.
    Jump
    /// To the operation d if a isn't zero; b reductions if it does.
    JumpIf
    /// To the operation d if a is zero.
    JumpIfNot
    /// To one of the a + 1 targets from the b-th, by the number in d.
    JumpTable
    /// Leaves the function: its results are a cells from b.
    Leave
    /// Calls the a-th function that the module defines, with the arguments from d; b is the depth of the stack.
    CallDefined
    /// Calls the function a of the module, which is imported.
    CallDirect
    /// Calls what table a holds at the index in the next operation's a, of the type in its b.
    CallTable
    /// Calls the reference in the next operation's a.
    CallReference
    /// The same, as tail calls.
    TailDefined
    TailDirect
    TailTable
    TailReference
    /// d := a or b, x cells, by the number in the next operation's a.
    Select
    /// d := the global a
    GlobalGet
    /// the global b := a, of the type that x says
    GlobalSet
    /// Bulk operations on the memories in the next operation: of the numbers in d, a and b.
    MemoryFill
    MemoryCopy
    MemoryInit
    /// Traps.
    Unreachable
    /// Throws a new exception: b is the site of the instruction, the payload is from a.
    Throw
    /// Throws the exception that a refers to.
    ThrowRef
    /// By the rule of the instruction: b is its site, operands are from a, results go to d.
    ByRule
    /// Operands of the operation before.
    More
}

/// Where a branch of a table goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) op: u32,
    /// Reductions that it takes to go there.
    pub(super) cost: u32,
}

/// The operations within a `try_table`, and its clauses.
#[derive(Clone, Debug)]
pub(super) struct Try {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) clauses: Box<[Clause]>,
}

/// A clause of a `try_table`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    /// The tag whose exceptions it catches, and whose payload it takes; all exceptions if there is none.
    pub(super) tag: Option<Idx>,
    /// Whether it takes the exception, too.
    pub(super) takes_ref: bool,
    /// Where it puts what it takes.
    pub(super) d: Slot,
    /// Where it goes.
    pub(super) target: Target,
}

/// An instruction that is reduced by its own rule.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) instr: Instr,
    pub(super) params: Box<[Ty]>,
    pub(super) results: Box<[Ty]>,
}

/// A function in flat form. Its frame is: parameters, the other locals, constants, operands.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) ops: Box<[Op]>,
    /// Reductions that each operation stands for; empty if nobody counts.
    pub(super) costs: Box<[u32]>,
    pub(super) targets: Box<[Target]>,
    pub(super) sites: Box<[Site]>,
    /// In the order in which they begin.
    pub(super) tries: Box<[Try]>,
    /// Lanes of shuffles.
    pub(super) shuffles: Box<[[u8; 16]]>,
    /// Cells of the parameters.
    pub(super) params: u32,
    /// Number of parameters.
    pub(super) arity: u32,
    /// The cells after the parameters, as they are when the function is entered.
    pub(super) init: Box<[u64]>,
    /// Cells of the whole frame.
    pub(super) size: u32,
    pub(super) results: Box<[Ty]>,
    /// Number of locals, parameters included.
    pub(super) locals: u32,
    /// The rules, if they are told.
    pub(super) told: Option<Box<Told>>,
}

impl Code {
    /// The clause that catches an exception of an operation, innermost first.
    pub(super) fn catches(&self, op: u32, catches: impl Fn(Idx) -> bool) -> Option<&Clause> {
        let around = self.tries.iter().rev().filter(|t| t.from <= op && op < t.to);
        around.flat_map(|t| &t.clauses).find(|clause| clause.tag.is_none_or(&catches))
    }
}

/// A reading whose values have cells.
pub(super) trait Cellular: Domain<Undecided = Infallible> + Reading<Bool = bool> {
    /// The number in a slot.
    fn get<W: Width>(r: &[u64], s: Slot) -> Self::Bv<W>;
    /// Puts a number into a slot.
    fn put<W: Width>(r: &mut [u64], s: Slot, c: Self::Bv<W>);
    /// The value in a slot.
    fn read(r: &[u64], s: Slot, t: Ty) -> Val<Self>;
    /// Puts a value into a slot.
    fn write(r: &mut [u64], s: Slot, v: Val<Self>);
    /// What an access at `i + offset` reads, unless it is out of bounds. An address has 32 bits.
    fn fetch<N: Width>(memory: &Self::Memory, i: u64, offset: u32) -> Option<Self::Bv<N>>;
    /// Writes at `i + offset`, unless that is out of bounds.
    fn put_back<N: Width>(memory: &mut Self::Memory, i: u64, offset: u32, c: Self::Bv<N>) -> Option<()>;
    /// The element of a table, unless that is out of bounds.
    fn element(table: &Self::Table, i: u64) -> Option<Ref>;
}

/// A reference as a cell: what it is in the lowest four bits, which one above them.
pub(super) fn encode(r: Ref) -> u64 {
    let inside = |r: AnyRef| match r {
        AnyRef::I31(i) => (0, u64::from(i)),
        AnyRef::Struct(a) => (1, a as u64),
        AnyRef::Array(a) => (2, a as u64),
        AnyRef::Host(n) => (3, u64::from(n)),
    };
    let (kind, which) = match r {
        Ref::Null(HeapType::Func) => (0, 0),
        Ref::Null(HeapType::Extern) => (1, 0),
        Ref::Null(HeapType::Exn) => (2, 0),
        Ref::Null(_) => (3, 0),
        Ref::Func(a) => (4, a as u64),
        Ref::Exn(a) => (5, a as u64),
        Ref::Any(r) => {
            let (kind, which) = inside(r);
            (8 + kind, which)
        }
        Ref::Extern(r) => {
            let (kind, which) = inside(r);
            (12 + kind, which)
        }
    };
    which << 4 | kind
}

/// The reference that a cell holds.
pub(in super::super) fn decode(cell: u64) -> Ref {
    let which = cell >> 4;
    let inside = |kind| match kind {
        0 => AnyRef::I31(which as u32),
        1 => AnyRef::Struct(which as Addr),
        2 => AnyRef::Array(which as Addr),
        _ => AnyRef::Host(which as u32),
    };
    match cell & 15 {
        0 => Ref::Null(HeapType::Func),
        1 => Ref::Null(HeapType::Extern),
        2 => Ref::Null(HeapType::Exn),
        3 => Ref::Null(HeapType::Any),
        4 => Ref::Func(which as FuncAddr),
        5 => Ref::Exn(which as Addr),
        kind @ 8..12 => Ref::Any(inside(kind - 8)),
        kind => Ref::Extern(inside(kind & 3)),
    }
}

/// The value in a cell, or two.
pub(super) fn read(r: &[u64], s: Slot, t: Ty) -> Value {
    let cell = r[s as usize];
    match t {
        Ty::I32 => Val::I32(cell as u32),
        Ty::I64 => Val::I64(cell),
        Ty::F32 => Val::F32(cell as u32),
        Ty::F64 => Val::F64(cell),
        Ty::V128 => Val::V128(u128::from(cell) | u128::from(r[s as usize + 1]) << 64),
        Ty::Ref => Val::Ref(decode(cell)),
    }
}

/// Puts a value into its cells; the slot after them.
pub(super) fn write(r: &mut [u64], s: Slot, v: Value) -> Slot {
    let at = s as usize;
    match v {
        Val::I32(c) | Val::F32(c) => r[at] = c.into(),
        Val::I64(c) | Val::F64(c) => r[at] = c,
        Val::V128(c) => (r[at], r[at + 1]) = (c as u64, (c >> 64) as u64),
        Val::Ref(reference) => r[at] = encode(reference),
    }
    s + if matches!(v, Val::V128(_)) { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_what_they_were() {
        let inside = [AnyRef::I31(0x7fff_ffff), AnyRef::Struct(1 << 40), AnyRef::Array(0), AnyRef::Host(u32::MAX)];
        let nulls = [HeapType::Func, HeapType::Extern, HeapType::Exn, HeapType::Any].map(Ref::Null);
        let others = inside.into_iter().flat_map(|r| [Ref::Any(r), Ref::Extern(r)]);
        for r in others.chain(nulls).chain([Ref::Func(7), Ref::Exn(9)]) {
            assert_eq!(decode(encode(r)), r);
        }
    }
}

//! Why a computation ends without a result: traps, and budgets that ran out.

use std::fmt;

/// Why a computation trapped (4.2.2 names the result; the kinds are those that engines tell apart).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TrapKind {
    /// `unreachable` was executed.
    Unreachable,
    /// A memory access left the memory, or a range its data segment.
    MemoryOutOfBounds,
    /// A table access left the table, or a range its element segment.
    TableOutOfBounds,
    /// An indirect call met a function of another type.
    IndirectCallType,
    /// An indirect call met a null element.
    UninitializedElement,
    /// Division or remainder by zero.
    IntegerDivideByZero,
    /// A quotient or conversion that its type can't hold.
    IntegerOverflow,
    /// Conversion of a NaN to an integer.
    InvalidConversion,
    /// A null reference where something is needed.
    NullReference,
    /// A reference isn't of the type that it is cast to.
    CastFailure,
    /// An access left an array.
    ArrayOutOfBounds,
    /// An atomic access was at an address that isn't a multiple of its width.
    UnalignedAtomic,
    /// A thread would wait on a memory that isn't shared.
    UnsharedMemory,
    /// Another reason, known to one engine alone.
    Other,
}

impl TrapKind {
    /// All kinds.
    pub const ALL: [TrapKind; 14] = [
        TrapKind::Unreachable,
        TrapKind::MemoryOutOfBounds,
        TrapKind::TableOutOfBounds,
        TrapKind::IndirectCallType,
        TrapKind::UninitializedElement,
        TrapKind::IntegerDivideByZero,
        TrapKind::IntegerOverflow,
        TrapKind::InvalidConversion,
        TrapKind::NullReference,
        TrapKind::CastFailure,
        TrapKind::ArrayOutOfBounds,
        TrapKind::UnalignedAtomic,
        TrapKind::UnsharedMemory,
        TrapKind::Other,
    ];

    /// The name in the engine protocol, in reports and in files.
    pub fn name(self) -> &'static str {
        match self {
            TrapKind::Unreachable => "unreachable",
            TrapKind::MemoryOutOfBounds => "memory-out-of-bounds",
            TrapKind::TableOutOfBounds => "table-out-of-bounds",
            TrapKind::IndirectCallType => "indirect-call-type",
            TrapKind::UninitializedElement => "uninitialized-element",
            TrapKind::IntegerDivideByZero => "integer-divide-by-zero",
            TrapKind::IntegerOverflow => "integer-overflow",
            TrapKind::InvalidConversion => "invalid-conversion",
            TrapKind::NullReference => "null-reference",
            TrapKind::CastFailure => "cast-failure",
            TrapKind::ArrayOutOfBounds => "array-out-of-bounds",
            TrapKind::UnalignedAtomic => "unaligned-atomic",
            TrapKind::UnsharedMemory => "unshared-memory",
            TrapKind::Other => "other",
        }
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The budget that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Budget {
    /// Reductions.
    Fuel,
    /// Nested calls, labels and operands.
    Stack,
    /// Bytes of memories and tables.
    Store,
    /// Bytes of structures, arrays and exceptions.
    Heap,
    /// Patience: the thread waits, and nobody can notify it any more.
    Wait,
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Budget::Fuel => "fuel",
            Budget::Stack => "stack",
            Budget::Store => "memory",
            Budget::Heap => "heap",
            Budget::Wait => "patience",
        })
    }
}

impl TrapKind {
    /// What the official tests call it.
    pub fn message(self) -> &'static str {
        match self {
            TrapKind::Unreachable => "unreachable",
            TrapKind::MemoryOutOfBounds => "out of bounds memory access",
            TrapKind::TableOutOfBounds => "out of bounds table access",
            TrapKind::IndirectCallType => "indirect call type mismatch",
            TrapKind::UninitializedElement => "uninitialized element",
            TrapKind::IntegerDivideByZero => "integer divide by zero",
            TrapKind::IntegerOverflow => "integer overflow",
            TrapKind::InvalidConversion => "invalid conversion to integer",
            TrapKind::NullReference => "null reference",
            TrapKind::CastFailure => "cast failure",
            TrapKind::ArrayOutOfBounds => "out of bounds array access",
            TrapKind::UnalignedAtomic => "unaligned atomic",
            TrapKind::UnsharedMemory => "expected shared memory",
            TrapKind::Other => "trap",
        }
    }
}

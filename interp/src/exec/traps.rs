//! Which instructions can trap, and how: from the families of the instruction table.

use crate::syntax::Instr;
use crate::syntax::table::for_each_instruction;
use crate::trap::TrapKind;

/// The kinds of trap that a family of reductions has, where its function doesn't tell them apart.
macro_rules! kinds {
    (control(unreachable)) => {
        &[TrapKind::Unreachable]
    };
    (control(call_indirect)) => {
        &[TrapKind::TableOutOfBounds, TrapKind::UninitializedElement, TrapKind::IndirectCallType]
    };
    (control(return_call_indirect)) => {
        &[TrapKind::TableOutOfBounds, TrapKind::UninitializedElement, TrapKind::IndirectCallType]
    };
    (control(call_ref)) => {
        &[TrapKind::NullReference]
    };
    (control(return_call_ref)) => {
        &[TrapKind::NullReference]
    };
    (exception(throw_ref)) => {
        &[TrapKind::NullReference]
    };
    (reference(as_non_null)) => {
        &[TrapKind::NullReference]
    };
    (reference(cast)) => {
        &[TrapKind::CastFailure]
    };
    (aggregate(i31_get_s)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(i31_get_u)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(struct_get)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(struct_get_s)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(struct_get_u)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(struct_set)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(array_len)) => {
        &[TrapKind::NullReference]
    };
    (aggregate(array_get)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_get_s)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_get_u)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_set)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_fill)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_copy)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds]
    };
    (aggregate(array_new_data)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (aggregate(array_new_elem)) => {
        &[TrapKind::TableOutOfBounds]
    };
    (aggregate(array_init_data)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds, TrapKind::MemoryOutOfBounds]
    };
    (aggregate(array_init_elem)) => {
        &[TrapKind::NullReference, TrapKind::ArrayOutOfBounds, TrapKind::TableOutOfBounds]
    };
    (load($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (load_pack($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (store($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (store_pack($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vload($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vload_pack($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vload_splat($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vload_zero($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vload_lane($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vstore($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (vstore_lane($($arg:tt)*)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (atomic_load($($arg:tt)*)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds]
    };
    (atomic_store($($arg:tt)*)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds]
    };
    (atomic_rmw($($arg:tt)*)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds]
    };
    (atomic_cmpxchg($($arg:tt)*)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds]
    };
    (atomic_notify($($arg:tt)*)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds]
    };
    (atomic_wait($t:ident)) => {
        &[TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds, TrapKind::UnsharedMemory]
    };
    (memory(size)) => {
        &[]
    };
    (memory(grow)) => {
        &[]
    };
    (memory(data_drop)) => {
        &[]
    };
    (memory($rule:ident)) => {
        &[TrapKind::MemoryOutOfBounds]
    };
    (table(size)) => {
        &[]
    };
    (table(grow)) => {
        &[]
    };
    (table(elem_drop)) => {
        &[]
    };
    (table($rule:ident)) => {
        &[TrapKind::TableOutOfBounds]
    };
    (partial_binop($t:ident, idiv_s)) => {
        &[TrapKind::IntegerDivideByZero, TrapKind::IntegerOverflow]
    };
    (partial_binop($t:ident, $f:ident)) => {
        &[TrapKind::IntegerDivideByZero]
    };
    (partial_cvtop($($arg:tt)*)) => {
        &[TrapKind::InvalidConversion, TrapKind::IntegerOverflow]
    };
    ($family:ident($($arg:tt)*)) => {
        &[]
    };
}

macro_rules! arms {
    ($instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { .. } => kinds!($family($($arg)*)),)*
        }
    };
}

/// The traps that an instruction can end in by itself (not those of a function that it calls).
pub fn trap_kinds(instr: &Instr) -> &'static [TrapKind] {
    for_each_instruction!(arms instr;)
}

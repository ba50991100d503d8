//! What must hold: that no instruction traps.

use assay_interp::exec::{Place, trap_kinds};
use assay_interp::outcome::TrapKind;
use assay_interp::syntax::{Instr, Module};

/// That an instruction doesn't trap in one of its ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Obligation {
    /// The instruction.
    pub place: Place,
    /// How it could trap.
    pub kind: TrapKind,
}

impl Obligation {
    /// The group that a policy asks for and a report counts in.
    pub fn group(&self) -> &'static str {
        match self.kind {
            TrapKind::MemoryOutOfBounds => "memory",
            TrapKind::TableOutOfBounds => "table",
            TrapKind::IndirectCallType | TrapKind::UninitializedElement => "indirect-call",
            TrapKind::IntegerDivideByZero | TrapKind::IntegerOverflow | TrapKind::InvalidConversion => "arithmetic",
            TrapKind::Unreachable => "unreachable",
            TrapKind::NullReference | TrapKind::CastFailure => "reference",
            TrapKind::ArrayOutOfBounds => "array",
            TrapKind::UnalignedAtomic | TrapKind::UnsharedMemory => "atomic",
            TrapKind::Other => "other",
        }
    }

    /// All groups.
    pub const GROUPS: [&'static str; 8] =
        ["memory", "table", "indirect-call", "arithmetic", "unreachable", "reference", "array", "atomic"];
}

/// All obligations of a module, in the order of its code. Those of instantiation aren't among them.
pub fn obligations(module: &Module) -> Vec<Obligation> {
    let mut all = Vec::new();
    for (index, func) in (module.imported_funcs() as u32..).zip(&module.funcs) {
        for (at, instr) in (0..).zip(&func.body.expr().instrs) {
            let place = Place { func: Some(index), at, offset: func.body.expr().offsets[at as usize] };
            all.extend(trap_kinds(instr).iter().map(|kind| Obligation { place, kind: *kind }));
        }
    }
    all
}

/// The instruction at a place of a function.
pub fn instruction(module: &Module, place: Place) -> Option<&Instr> {
    module.func(place.func?)?.body.expr().instrs.get(place.at as usize)
}

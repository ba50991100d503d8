//! Numerics (4.3), written once over the reading of the value.
//!
//! Names are the standard's: `iadd` for `iadd_N`, with `_u` and `_s` for the signedness that is a parameter there.
//! Conventions: d is the reading, N and M are widths, a and b operands.

mod address;
mod convert;
mod float;
pub(crate) mod generic;
mod int;
mod relaxed;
mod vector;

pub(crate) use address::bytes;
pub use address::{effective_address, out_of_bounds, range_out_of_bounds, unaligned};
pub use convert::*;
pub use float::*;
pub use int::*;
pub use relaxed::*;
pub use vector::*;

use crate::trap::TrapKind;
use crate::value::{Reading, Width};

/// What a partial operation gives: the conditions under which it is undefined, so that the instruction traps, in the
/// order in which they are tested; and the value, which has a meaning only if none of them holds.
pub struct Partial<D: Reading, W: Width> {
    /// Trap conditions.
    pub undefined: Vec2<(D::Bool, TrapKind)>,
    /// The result where defined.
    pub value: D::Bv<W>,
}

/// One or two of something.
pub type Vec2<T> = (T, Option<T>);

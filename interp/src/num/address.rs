//! Effective addresses and the conditions under which an access traps (4.6.8): called by the interpreter and by what
//! is proved of it alike.
//!
//! Addresses and lengths have 64 bits here; those of the address type `i32` are zero-extended. A sum of two has 65
//! bits: where the uppermost one is set, it is greater than any length, which has 64.

use super::{inez, inot};
use crate::value::{Reading, W64, Width};

/// The low 64 bits of the effective address `i + ao.offset`: all of it, if the access is not out of bounds.
pub fn effective_address<D: Reading>(d: &D, i: D::Bv<W64>, offset: u64) -> D::Bv<W64> {
    d.add(i, d.constant(offset.into()))
}

/// Whether `n` bytes from the effective address `i + ao.offset` leave a memory of `len` bytes: `i + offset + n > len`.
pub fn out_of_bounds<D: Reading>(d: &D, i: D::Bv<W64>, offset: u64, n: u32, len: D::Bv<W64>) -> D::Bool {
    match offset.checked_add(n.into()) {
        Some(end) => range_out_of_bounds(d, i, d.constant(end.into()), len),
        None => d.truth(true),
    }
}

/// Whether the range of `n` bytes or elements from `i` leaves what has `len` of them: `i + n > len`.
pub fn range_out_of_bounds<D: Reading>(d: &D, i: D::Bv<W64>, n: D::Bv<W64>, len: D::Bv<W64>) -> D::Bool {
    d.either(carries(d, i, n), d.ult(len, d.add(i, n)))
}

/// Whether the effective address `i + ao.offset` isn't a multiple of `n`, a power of 2 (of the threads proposal). Its
/// low bits say that, whichever they are beyond 64.
pub fn unaligned<D: Reading>(d: &D, i: D::Bv<W64>, offset: u64, n: u32) -> D::Bool {
    inez(d, d.and(effective_address(d, i, offset), d.constant((n - 1).into())))
}

/// Whether `a + b` has a bit beyond 64: whether `b` is more than what `a` lacks of the greatest number.
fn carries<D: Reading>(d: &D, a: D::Bv<W64>, b: D::Bv<W64>) -> D::Bool {
    d.ult(inot(d, a), b)
}

/// Bytes of a value of this width.
pub(crate) fn bytes<W: Width>() -> u32 {
    W::BITS / 8
}

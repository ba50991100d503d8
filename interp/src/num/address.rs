//! Effective addresses and the conditions under which an access traps (4.6.9): called by the interpreter and by what
//! is proved of it alike.

use crate::value::{Reading, W32, W64, Width};

/// The effective address: `i + ao.offset`, which has 33 bits at most and so never wraps.
pub fn effective_address<D: Reading>(d: &D, i: D::Bv<W32>, offset: u64) -> D::Bv<W64> {
    d.add(d.zext(i), d.constant(offset.into()))
}

/// Whether `n` bytes from the effective address `ea` leave a memory of `len` bytes: `ea + n > len`.
pub fn out_of_bounds<D: Reading>(d: &D, ea: D::Bv<W64>, n: u32, len: D::Bv<W64>) -> D::Bool {
    d.ult(len, d.add(ea, d.constant(n.into())))
}

/// Whether the range of `n` bytes or elements from `i` leaves what has `len` of them: `i + n > len`.
pub fn range_out_of_bounds<D: Reading>(d: &D, i: D::Bv<W32>, n: D::Bv<W32>, len: D::Bv<W64>) -> D::Bool {
    d.ult(len, d.add(d.zext(i), d.zext(n)))
}

/// Bytes of a value of this width.
pub(crate) fn bytes<W: Width>() -> u32 {
    W::BITS / 8
}

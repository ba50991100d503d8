//! Counts by their definitions, for readings that don't override them.

use crate::value::{Reading, Width};

fn constant<D: Reading, W: Width>(d: &D, c: u32) -> D::Bv<W> {
    d.constant(c.into())
}

/// Halves the search at each step: if the upper half is zero, all of it counts and the lower half is looked at.
pub(crate) fn clz<D: Reading, W: Width>(d: &D, a: D::Bv<W>) -> D::Bv<W> {
    let zero = constant(d, 0);
    let (mut x, mut n) = (a, zero);
    let mut half = W::BITS / 2;
    while half > 0 {
        let upper_zero = d.eq(d.lshr(x, constant(d, W::BITS - half)), zero);
        n = d.ite(upper_zero, d.add(n, constant(d, half)), n);
        x = d.ite(upper_zero, d.shl(x, constant(d, half)), x);
        half /= 2;
    }
    // The top bit is still to be counted where all bits were zero.
    let top_zero = d.eq(d.lshr(x, constant(d, W::BITS - 1)), zero);
    d.ite(top_zero, d.add(n, constant(d, 1)), n)
}

/// The ones of the trailing zeros' mask, `!a & (a - 1)`.
pub(crate) fn ctz<D: Reading, W: Width>(d: &D, a: D::Bv<W>) -> D::Bv<W> {
    let ones = d.sub(constant(d, 0), constant(d, 1));
    d.popcnt(d.and(d.xor(a, ones), d.add(a, ones)))
}

/// Adds neighbouring fields of 1, 2, 4, … bits.
pub(crate) fn popcnt<D: Reading, W: Width>(d: &D, a: D::Bv<W>) -> D::Bv<W> {
    let mut x = a;
    let mut field = 1;
    while field < W::BITS {
        let mask = (0..W::BITS).step_by(2 * field as usize).fold(0, |m: u128, i| m | (((1 << field) - 1) << i));
        let low = d.and(x, d.constant(mask));
        let high = d.and(d.lshr(x, constant(d, field)), d.constant(mask));
        x = d.add(low, high);
        field *= 2;
    }
    x
}

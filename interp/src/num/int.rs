//! Integer operations (4.3.2).

use super::{Partial, narrow_s};
use crate::trap::TrapKind;
use crate::value::{Reading, W8, W16, W32, W64, W128, Width};

/// Modulo N, of a shift or rotation amount; N is a power of 2.
fn modulo_width<D: Reading, N: Width>(d: &D, b: D::Bv<N>) -> D::Bv<N> {
    d.and(b, d.constant((N::BITS - 1).into()))
}

fn zero<D: Reading, N: Width>(d: &D) -> D::Bv<N> {
    d.constant(0)
}

macro_rules! binops {
    ($($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: Width>($d: &D, $a: D::Bv<N>, $b: D::Bv<N>) -> D::Bv<N> {
            $body
        }
    )*};
}
binops! {
    /// `iadd`
    iadd = |d, a, b| d.add(a, b);
    /// `isub`
    isub = |d, a, b| d.sub(a, b);
    /// `imul`
    imul = |d, a, b| d.mul(a, b);
    /// `iand`
    iand = |d, a, b| d.and(a, b);
    /// `ior`
    ior = |d, a, b| d.or(a, b);
    /// `ixor`
    ixor = |d, a, b| d.xor(a, b);
    /// `iandnot`
    iandnot = |d, a, b| d.and(a, inot(d, b));
    /// `ishl`
    ishl = |d, a, b| d.shl(a, modulo_width(d, b));
    /// `ishr_u`
    ishr_u = |d, a, b| d.lshr(a, modulo_width(d, b));
    /// `ishr_s`
    ishr_s = |d, a, b| d.ashr(a, modulo_width(d, b));
    /// `irotl`
    irotl = |d, a, b| {
        // By k = 0 the second shift is by N, which leaves nothing.
        let k = modulo_width(d, b);
        d.or(d.shl(a, k), d.lshr(a, d.sub(d.constant(N::BITS.into()), k)))
    };
    /// `irotr`
    irotr = |d, a, b| {
        let k = modulo_width(d, b);
        d.or(d.lshr(a, k), d.shl(a, d.sub(d.constant(N::BITS.into()), k)))
    };
    /// `imin_u`
    imin_u = |d, a, b| d.ite(d.ult(b, a), b, a);
    /// `imin_s`
    imin_s = |d, a, b| d.ite(d.slt(b, a), b, a);
    /// `imax_u`
    imax_u = |d, a, b| d.ite(d.ult(a, b), b, a);
    /// `imax_s`
    imax_s = |d, a, b| d.ite(d.slt(a, b), b, a);
    /// `iadd_sat_u`
    iadd_sat_u = |d, a, b| {
        let sum = d.add(a, b);
        d.ite(d.ult(sum, a), d.constant(u128::MAX), sum)
    };
    /// `iadd_sat_s`
    iadd_sat_s = |d, a, b| {
        // It overflows where the operands have the same sign, and the sum another.
        let sum = d.add(a, b);
        saturated_s(d, d.and(d.xor(a, sum), d.xor(b, sum)), a, sum)
    };
    /// `isub_sat_u`
    isub_sat_u = |d, a, b| d.ite(d.ult(a, b), zero(d), d.sub(a, b));
    /// `isub_sat_s`
    isub_sat_s = |d, a, b| {
        // It overflows where the operands have different signs, and the difference isn't of the first one's.
        let difference = d.sub(a, b);
        saturated_s(d, d.and(d.xor(a, b), d.xor(a, difference)), a, difference)
    };
    /// `iavgr_u`: (a + b + 1) / 2, without the bit that the sum may have beyond N.
    iavgr_u = |d, a, b| d.sub(d.or(a, b), d.lshr(d.xor(a, b), d.constant(1)));
}

/// `result`, or the limit on the side of `a` where `overflow` is negative.
fn saturated_s<D: Reading, N: Width>(d: &D, overflow: D::Bv<N>, a: D::Bv<N>, result: D::Bv<N>) -> D::Bv<N> {
    let min = 1 << (N::BITS - 1);
    let limit = d.ite(d.slt(a, zero(d)), d.constant(min), d.constant(min - 1));
    d.ite(d.slt(overflow, zero(d)), limit, result)
}

/// `iq15mulr_sat_s`: the product of two fixed-point numbers with 15 bits after the point, rounded.
pub fn iq15mulr_sat_s<D: Reading>(d: &D, a: D::Bv<W16>, b: D::Bv<W16>) -> D::Bv<W16> {
    let product = d.mul::<W32>(d.sext(a), d.sext(b));
    let rounded = d.ashr(d.add(product, d.constant(1 << 14)), d.constant(15));
    narrow_s::<D, W32, W16>(d, rounded)
}

/// `ibitselect`: bits of `a` where `c` has ones, else of `b`.
pub fn ibitselect<D: Reading, N: Width>(d: &D, a: D::Bv<N>, b: D::Bv<N>, c: D::Bv<N>) -> D::Bv<N> {
    d.or(d.and(a, c), iandnot(d, b, c))
}

macro_rules! partial_binops {
    ($($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: Width>($d: &D, $a: D::Bv<N>, $b: D::Bv<N>) -> Partial<D, N> {
            $body
        }
    )*};
}
partial_binops! {
    /// `idiv_u`: undefined by 0.
    idiv_u = |d, a, b| Partial { undefined: (by_zero(d, b), None), value: d.udiv(a, b) };
    /// `idiv_s`: undefined by 0, and where the quotient is 2^(N-1).
    idiv_s = |d, a, b| {
        let min = d.constant(1 << (N::BITS - 1));
        let minus_one = d.sub(zero(d), d.constant(1));
        let overflow = d.both(d.eq(a, min), d.eq(b, minus_one));
        Partial { undefined: (by_zero(d, b), Some((overflow, TrapKind::IntegerOverflow))), value: d.sdiv(a, b) }
    };
    /// `irem_u`: undefined by 0.
    irem_u = |d, a, b| Partial { undefined: (by_zero(d, b), None), value: d.urem(a, b) };
    /// `irem_s`: undefined by 0.
    irem_s = |d, a, b| Partial { undefined: (by_zero(d, b), None), value: d.srem(a, b) };
}

fn by_zero<D: Reading, N: Width>(d: &D, b: D::Bv<N>) -> (D::Bool, TrapKind) {
    (d.eq(b, zero(d)), TrapKind::IntegerDivideByZero)
}

macro_rules! unops {
    ($($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: Width>($d: &D, $a: D::Bv<N>) -> D::Bv<N> {
            $body
        }
    )*};
}
unops! {
    /// `ineg`
    ineg = |d, a| d.sub(zero(d), a);
    /// `iabs`: the least number stays what it is.
    iabs = |d, a| d.ite(d.slt(a, zero(d)), ineg(d, a), a);
    /// `inot`
    inot = |d, a| d.xor(a, d.constant(u128::MAX));
    /// `iclz`
    iclz = |d, a| d.clz(a);
    /// `ictz`
    ictz = |d, a| d.ctz(a);
    /// `ipopcnt`
    ipopcnt = |d, a| d.popcnt(a);
    /// `iextend` from 8 bits
    iextend8_s = |d, a| d.sext(d.extract::<N, W8>(a, 0));
    /// `iextend` from 16 bits
    iextend16_s = |d, a| d.sext(d.extract::<N, W16>(a, 0));
    /// `iextend` from 32 bits
    iextend32_s = |d, a| d.sext(d.extract::<N, W32>(a, 0));
}

/// `inez`
pub fn inez<D: Reading, N: Width>(d: &D, a: D::Bv<N>) -> D::Bool {
    d.negate(d.eq(a, zero(d)))
}

/// `ieqz`
pub fn ieqz<D: Reading, N: Width>(d: &D, a: D::Bv<N>) -> D::Bool {
    d.eq(a, zero(d))
}

macro_rules! relops {
    ($($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: Width>($d: &D, $a: D::Bv<N>, $b: D::Bv<N>) -> D::Bool {
            $body
        }
    )*};
}
relops! {
    /// `ieq`
    ieq = |d, a, b| d.eq(a, b);
    /// `ine`
    ine = |d, a, b| d.negate(d.eq(a, b));
    /// `ilt_u`
    ilt_u = |d, a, b| d.ult(a, b);
    /// `ilt_s`
    ilt_s = |d, a, b| d.slt(a, b);
    /// `igt_u`
    igt_u = |d, a, b| d.ult(b, a);
    /// `igt_s`
    igt_s = |d, a, b| d.slt(b, a);
    /// `ile_u`
    ile_u = |d, a, b| d.negate(d.ult(b, a));
    /// `ile_s`
    ile_s = |d, a, b| d.negate(d.slt(b, a));
    /// `ige_u`
    ige_u = |d, a, b| d.negate(d.ult(a, b));
    /// `ige_s`
    ige_s = |d, a, b| d.negate(d.slt(a, b));
}

/// A number of 128 bits as the instructions of wide arithmetic have it: its low and its high half.
pub type Halves<D> = (<D as Reading>::Bv<W64>, <D as Reading>::Bv<W64>);

/// `iconcat`, of the proposal for wide arithmetic
pub fn iconcat<D: Reading>(d: &D, (low, high): Halves<D>) -> D::Bv<W128> {
    d.concat(high, low)
}

/// `isplit`, of the proposal for wide arithmetic
pub fn isplit<D: Reading>(d: &D, a: D::Bv<W128>) -> Halves<D> {
    (d.extract(a, 0), d.extract(a, 64))
}

/// `wideop`, of the proposal for wide arithmetic: an operation on numbers of 128 bits.
pub fn wideop<D: Reading>(
    d: &D,
    op: impl Fn(&D, D::Bv<W128>, D::Bv<W128>) -> D::Bv<W128>,
    a: Halves<D>,
    b: Halves<D>,
) -> Halves<D> {
    isplit(d, op(d, iconcat(d, a), iconcat(d, b)))
}

/// `extwideop`, of the proposal for wide arithmetic: the whole product of two numbers of 64 bits.
pub fn extwideop<D: Reading>(
    d: &D,
    extend: impl Fn(&D, D::Bv<W64>) -> D::Bv<W128>,
    a: D::Bv<W64>,
    b: D::Bv<W64>,
) -> Halves<D> {
    isplit(d, imul(d, extend(d, a), extend(d, b)))
}

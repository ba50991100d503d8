//! Integer operations (4.3.2).

use super::Partial;
use crate::trap::TrapKind;
use crate::value::{Reading, W8, W16, W32, Width};

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

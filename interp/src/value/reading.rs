//! The vocabulary that numerics are written in: bit vectors as in SMT-LIB's QF_BV, truth values, and the float
//! operations that IEEE 754 defines.

use std::fmt::Debug;
use std::ops::{BitAnd, BitOr, BitXor, Not};

use super::choice::Parameter;

/// A width in bits, known when compiling: bit vectors of different widths are different types.
pub trait Width: Copy + Debug + 'static {
    /// Number of bits.
    const BITS: u32;
    /// The machine integer that holds so many bits.
    type Int: MachineInt;
}

/// A width that a float format of the standard has.
pub trait FloatWidth: Width {
    /// Bits of the significand without the implicit one (`signif(N)`, 4.3.3).
    const SIGNIFICAND: u32;
}

macro_rules! widths {
    ($($W:ident $bits:literal $Int:ty;)*) => {$(
        #[doc = concat!(stringify!($bits), " bits.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $W;
        impl Width for $W {
            const BITS: u32 = $bits;
            type Int = $Int;
        }
    )*};
}
widths! {
    W1 1 bool;
    W8 8 u8;
    W16 16 u16;
    W32 32 u32;
    W64 64 u64;
    W128 128 u128;
}

impl FloatWidth for W32 {
    const SIGNIFICAND: u32 = 23;
}
impl FloatWidth for W64 {
    const SIGNIFICAND: u32 = 52;
}

/// Machine integers as SMT-LIB sees them.
pub trait MachineInt:
    Copy + Debug + Eq + BitAnd<Output = Self> + BitOr<Output = Self> + BitXor<Output = Self> + Not<Output = Self>
{
    /// From the low bits of `c`.
    fn from_u128(c: u128) -> Self;
    /// Zero-extended.
    fn to_u128(self) -> u128;
    /// Modulo 2^N.
    fn add(self, other: Self) -> Self;
    /// Modulo 2^N.
    fn sub(self, other: Self) -> Self;
    /// Modulo 2^N.
    fn mul(self, other: Self) -> Self;
    /// `bvudiv`: all ones if the divisor is 0.
    fn udiv(self, other: Self) -> Self;
    /// `bvurem`: the dividend if the divisor is 0.
    fn urem(self, other: Self) -> Self;
    /// `bvsdiv`: towards zero, wrapping; -1 or 1 if the divisor is 0.
    fn sdiv(self, other: Self) -> Self;
    /// `bvsrem`: sign of the dividend; the dividend if the divisor is 0.
    fn srem(self, other: Self) -> Self;
    /// `bvshl`: 0 if the amount is N or more.
    fn shl(self, amount: Self) -> Self;
    /// `bvlshr`: 0 if the amount is N or more.
    fn lshr(self, amount: Self) -> Self;
    /// `bvashr`: copies of the sign if the amount is N or more.
    fn ashr(self, amount: Self) -> Self;
    /// Unsigned.
    fn ult(self, other: Self) -> bool;
    /// Signed.
    fn slt(self, other: Self) -> bool;
    /// Sign-extended to 128 bits.
    fn to_i128(self) -> i128;
    /// Leading zeros.
    fn clz(self) -> Self;
    /// Trailing zeros.
    fn ctz(self) -> Self;
    /// Ones.
    fn popcnt(self) -> Self;
}

macro_rules! machine_int {
    ($($U:ty, $S:ty;)*) => {$(
        impl MachineInt for $U {
            fn from_u128(c: u128) -> Self { c as $U }
            fn to_u128(self) -> u128 { self as u128 }
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            fn udiv(self, other: Self) -> Self { self.checked_div(other).unwrap_or(Self::MAX) }
            fn urem(self, other: Self) -> Self { self.checked_rem(other).unwrap_or(self) }
            fn sdiv(self, other: Self) -> Self {
                match other {
                    0 => if (self as $S) < 0 { 1 } else { Self::MAX },
                    _ => (self as $S).wrapping_div(other as $S) as $U,
                }
            }
            fn srem(self, other: Self) -> Self {
                match other {
                    0 => self,
                    _ => (self as $S).wrapping_rem(other as $S) as $U,
                }
            }
            fn shl(self, amount: Self) -> Self {
                u32::try_from(amount).ok().and_then(|n| self.checked_shl(n)).unwrap_or(0)
            }
            fn lshr(self, amount: Self) -> Self {
                u32::try_from(amount).ok().and_then(|n| self.checked_shr(n)).unwrap_or(0)
            }
            fn ashr(self, amount: Self) -> Self {
                let n = u32::try_from(amount).unwrap_or(<$U>::BITS).min(<$U>::BITS - 1);
                ((self as $S) >> n) as $U
            }
            fn ult(self, other: Self) -> bool { self < other }
            fn slt(self, other: Self) -> bool { (self as $S) < (other as $S) }
            fn to_i128(self) -> i128 { self as $S as i128 }
            fn clz(self) -> Self { self.leading_zeros() as $U }
            fn ctz(self) -> Self { self.trailing_zeros() as $U }
            fn popcnt(self) -> Self { self.count_ones() as $U }
        }
    )*};
}
machine_int! {
    u8, i8;
    u16, i16;
    u32, i32;
    u64, i64;
    u128, i128;
}

/// One bit: the truth values.
impl MachineInt for bool {
    fn from_u128(c: u128) -> Self {
        c & 1 == 1
    }
    fn to_u128(self) -> u128 {
        u128::from(self)
    }
    fn add(self, other: Self) -> Self {
        self ^ other
    }
    fn sub(self, other: Self) -> Self {
        self ^ other
    }
    fn mul(self, other: Self) -> Self {
        self & other
    }
    fn udiv(self, other: Self) -> Self {
        self | !other
    }
    fn urem(self, other: Self) -> Self {
        self & !other
    }
    fn sdiv(self, other: Self) -> Self {
        // With one bit, 1 stands for -1: -1 / -1 wraps to -1, and by 0 it is 1 (= -1) either way.
        self | !other
    }
    fn srem(self, other: Self) -> Self {
        self & !other
    }
    fn shl(self, amount: Self) -> Self {
        self & !amount
    }
    fn lshr(self, amount: Self) -> Self {
        self & !amount
    }
    fn ashr(self, _amount: Self) -> Self {
        self
    }
    fn ult(self, other: Self) -> bool {
        !self & other
    }
    fn slt(self, other: Self) -> bool {
        self & !other
    }
    fn to_i128(self) -> i128 {
        -i128::from(self)
    }
    fn clz(self) -> Self {
        !self
    }
    fn ctz(self) -> Self {
        !self
    }
    fn popcnt(self) -> Self {
        self
    }
}

/// The float operations whose result IEEE 754 rounds (4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FloatOp {
    /// `fadd`
    Add,
    /// `fsub`
    Sub,
    /// `fmul`
    Mul,
    /// `fdiv`
    Div,
    /// `fsqrt`, of the first operand
    Sqrt,
    /// `fceil`, of the first operand
    Ceil,
    /// `ffloor`, of the first operand
    Floor,
    /// `ftrunc`, of the first operand
    Trunc,
    /// `fnearest`, of the first operand
    Nearest,
}

/// A reading of values: what a bit vector and a truth value are, and what the primitive operations do to them.
///
/// The primitives are SMT-LIB's, so that every reading means the same by them; where an operation is total there (a
/// division by zero has a result), it is total here. Each operation beyond the primitives has one definition in
/// [`num`](crate::num) on top of them; a reading may override those that are provided here, and then owes a law test.
pub trait Reading: Sized {
    /// A bit vector of `W::BITS` bits.
    type Bv<W: Width>: Copy + Debug;
    /// A truth value.
    type Bool: Copy + Debug;

    /// The constant with the low bits of `c`.
    fn constant<W: Width>(&self, c: u128) -> Self::Bv<W>;
    /// `bvadd`
    fn add<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvsub`
    fn sub<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvmul`
    fn mul<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvudiv`
    fn udiv<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvurem`
    fn urem<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvsdiv`
    fn sdiv<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvsrem`
    fn srem<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvand`
    fn and<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvor`
    fn or<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvxor`
    fn xor<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvshl`
    fn shl<W: Width>(&self, a: Self::Bv<W>, amount: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvlshr`
    fn lshr<W: Width>(&self, a: Self::Bv<W>, amount: Self::Bv<W>) -> Self::Bv<W>;
    /// `bvashr`
    fn ashr<W: Width>(&self, a: Self::Bv<W>, amount: Self::Bv<W>) -> Self::Bv<W>;
    /// `=`
    fn eq<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bool;
    /// `bvult`
    fn ult<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bool;
    /// `bvslt`
    fn slt<W: Width>(&self, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bool;
    /// `extract`: as many bits as `M` has, from bit `low` up.
    fn extract<N: Width, M: Width>(&self, a: Self::Bv<N>, low: u32) -> Self::Bv<M>;
    /// `concat`, where `M` is as wide as both together.
    fn concat<H: Width, L: Width, M: Width>(&self, high: Self::Bv<H>, low: Self::Bv<L>) -> Self::Bv<M>;
    /// `zero_extend` to the width of `M`, which is not smaller.
    fn zext<N: Width, M: Width>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `sign_extend` to the width of `M`, which is not smaller.
    fn sext<N: Width, M: Width>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `ite`
    fn ite<W: Width>(&self, c: Self::Bool, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;

    /// `true` or `false`
    fn truth(&self, b: bool) -> Self::Bool;
    /// `not`
    fn negate(&self, a: Self::Bool) -> Self::Bool;
    /// `and`
    fn both(&self, a: Self::Bool, b: Self::Bool) -> Self::Bool;
    /// `or`
    fn either(&self, a: Self::Bool, b: Self::Bool) -> Self::Bool;

    /// The rounded result of a float operation (4.3.3); where that is a NaN, one of `nans_N{a, b}`.
    fn rounded<W: FloatWidth>(&self, op: FloatOp, a: Self::Bv<W>, b: Self::Bv<W>) -> Self::Bv<W>;
    /// `fma` (4.3.3): `a * b + c`, rounded once; where that is a NaN, one of `nans_N{a, b, c}`.
    fn fma<W: FloatWidth>(&self, a: Self::Bv<W>, b: Self::Bv<W>, c: Self::Bv<W>) -> Self::Bv<W>;
    /// One of `nans_N{operands}` (4.3.3) where `c` holds, by choice: a canonical NaN if every NaN among the operands is
    /// canonical, else an arithmetic one. `number` where `c` doesn't hold.
    fn nans<W: FloatWidth>(&self, c: Self::Bool, operands: &[Self::Bv<W>], number: Self::Bv<W>) -> Self::Bv<W>;
    /// `relaxed(R)[A_0, …, A_n]` (4.3.6): one of the results, by the parameter R; by the deterministic profile the
    /// first.
    fn relaxed<W: Width>(&self, r: Parameter, sets: &[Self::Bv<W>]) -> Self::Bv<W>;
    /// `promote` and `demote` (4.3.4) of a number to another format; where `a` is a NaN, one of `nans_M{a}`.
    fn reformat<N: FloatWidth, M: FloatWidth>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `convert_s` (4.3.4): the float nearest to the signed integer `a`.
    fn convert_s<N: Width, M: FloatWidth>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `convert_u` (4.3.4): the float nearest to the unsigned integer `a`.
    fn convert_u<N: Width, M: FloatWidth>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `truncz` (4.3.2) of a float, as a signed integer; any integer where that lies outside of its range.
    fn truncz_s<N: FloatWidth, M: Width>(&self, a: Self::Bv<N>) -> Self::Bv<M>;
    /// `truncz` (4.3.2) of a float, as an unsigned integer; any integer where that lies outside of its range.
    fn truncz_u<N: FloatWidth, M: Width>(&self, a: Self::Bv<N>) -> Self::Bv<M>;

    /// `iclz` (4.3.2)
    fn clz<W: Width>(&self, a: Self::Bv<W>) -> Self::Bv<W> {
        crate::num::generic::clz(self, a)
    }
    /// `ictz` (4.3.2)
    fn ctz<W: Width>(&self, a: Self::Bv<W>) -> Self::Bv<W> {
        crate::num::generic::ctz(self, a)
    }
    /// `ipopcnt` (4.3.2)
    fn popcnt<W: Width>(&self, a: Self::Bv<W>) -> Self::Bv<W> {
        crate::num::generic::popcnt(self, a)
    }
}

//! Float operations (4.3.3). What works on bits alone is exact in every reading; what rounds is the reading's
//! [`rounded`](Reading::rounded).

use crate::value::{FloatOp, FloatWidth, Reading};

/// The sign bit.
fn sign<D: Reading, N: FloatWidth>(d: &D) -> D::Bv<N> {
    d.constant(1 << (N::BITS - 1))
}

/// All bits but the sign.
fn magnitude<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<N> {
    d.and(a, d.constant((1 << (N::BITS - 1)) - 1))
}

/// Whether `a` is a NaN: its magnitude lies above that of infinity.
pub fn is_nan<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bool {
    let exponent = N::BITS - 1 - N::SIGNIFICAND;
    d.ult(d.constant(((1 << exponent) - 1) << N::SIGNIFICAND), magnitude(d, a))
}

pub(super) fn either_nan<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bool {
    d.either(is_nan(d, a), is_nan(d, b))
}

pub(super) fn both_zero<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bool {
    d.eq(magnitude(d, d.or(a, b)), d.constant(0))
}

/// Numbers as integers of the same signed order, but for the two zeros: a negative number's magnitude counts downward.
fn ordered<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>) -> D::Bv<N> {
    let negative = d.ashr(a, d.constant((N::BITS - 1).into()));
    d.xor(a, d.lshr(negative, d.constant(1)))
}

/// `a < b`, of numbers.
fn below<D: Reading, N: FloatWidth>(d: &D, a: D::Bv<N>, b: D::Bv<N>) -> D::Bool {
    d.both(d.negate(both_zero(d, a, b)), d.slt(ordered(d, a), ordered(d, b)))
}

/// The float of this format with the value of `x`, which it can represent.
pub(crate) fn float_constant<D: Reading, N: FloatWidth>(d: &D, x: f64) -> D::Bv<N> {
    if N::BITS == 32 { d.constant((x as f32).to_bits().into()) } else { d.constant(x.to_bits().into()) }
}

macro_rules! functions {
    ($Out:ident: $($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident, $b:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: FloatWidth>($d: &D, $a: D::Bv<N>, $b: D::Bv<N>) -> functions!(@ $Out) {
            $body
        }
    )*};
    ($Out:ident: $($(#[$doc:meta])* $name:ident = |$d:ident, $a:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub fn $name<D: Reading, N: FloatWidth>($d: &D, $a: D::Bv<N>) -> functions!(@ $Out) {
            $body
        }
    )*};
    (@ Bool) => { D::Bool };
    (@ Bv) => { D::Bv<N> };
}
functions! { Bool:
    /// `feq`
    feq = |d, a, b| d.both(d.negate(either_nan(d, a, b)), d.either(d.eq(a, b), both_zero(d, a, b)));
    /// `fne`
    fne = |d, a, b| d.negate(feq(d, a, b));
    /// `flt`
    flt = |d, a, b| d.both(d.negate(either_nan(d, a, b)), below(d, a, b));
    /// `fgt`
    fgt = |d, a, b| flt(d, b, a);
    /// `fle`
    fle = |d, a, b| d.both(d.negate(either_nan(d, a, b)), d.negate(below(d, b, a)));
    /// `fge`
    fge = |d, a, b| fle(d, b, a);
}
functions! { Bv:
    /// `fadd`
    fadd = |d, a, b| d.rounded(FloatOp::Add, a, b);
    /// `fsub`
    fsub = |d, a, b| d.rounded(FloatOp::Sub, a, b);
    /// `fmul`
    fmul = |d, a, b| d.rounded(FloatOp::Mul, a, b);
    /// `fdiv`
    fdiv = |d, a, b| d.rounded(FloatOp::Div, a, b);
    /// `fmin`: of the two zeros the negative one.
    fmin = |d, a, b| {
        let number = d.ite(below(d, a, b), a, b);
        let number = d.ite(both_zero(d, a, b), d.or(a, b), number);
        d.nans(either_nan(d, a, b), &[a, b], number)
    };
    /// `fmax`: of the two zeros the positive one.
    fmax = |d, a, b| {
        let number = d.ite(below(d, a, b), b, a);
        let number = d.ite(both_zero(d, a, b), d.and(a, b), number);
        d.nans(either_nan(d, a, b), &[a, b], number)
    };
    /// `fpmin`: the second if it is less, else the first, whatever they are.
    fpmin = |d, a, b| d.ite(flt(d, b, a), b, a);
    /// `fpmax`: the second if it is greater, else the first, whatever they are.
    fpmax = |d, a, b| d.ite(flt(d, a, b), b, a);
    /// `fcopysign`
    fcopysign = |d, a, b| d.or(magnitude(d, a), d.and(b, sign(d)));
}
functions! { Bv:
    /// `fabs`
    fabs = |d, a| magnitude(d, a);
    /// `fneg`
    fneg = |d, a| d.xor(a, sign(d));
    /// `fsqrt`
    fsqrt = |d, a| d.rounded(FloatOp::Sqrt, a, a);
    /// `fceil`
    fceil = |d, a| d.rounded(FloatOp::Ceil, a, a);
    /// `ffloor`
    ffloor = |d, a| d.rounded(FloatOp::Floor, a, a);
    /// `ftrunc`
    ftrunc = |d, a| d.rounded(FloatOp::Trunc, a, a);
    /// `fnearest`
    fnearest = |d, a| d.rounded(FloatOp::Nearest, a, a);
}

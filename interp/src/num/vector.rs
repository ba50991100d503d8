//! Vector operations (4.3.5): those on numbers, lane by lane.
//!
//! A vector is 128 bits. Read in a [`Shape`] it has lanes (`lanes`), the first in the lowest bits, and `inv_lanes` is
//! the vector that has given ones. Conventions beside those of 4.3: S, S1, S2 are shapes, v, v1, v2 vectors, i a
//! lane's index.

use super::{iadd, imul};
use crate::value::{Reading, W8, W16, W32, W64, W128, Width};

/// A lane's width: vectors are put together from lanes of it.
pub trait Lane: Width {
    /// `inv_lanes`: the vector whose lanes are these.
    fn join<D: Reading>(d: &D, lane: impl FnMut(u32) -> D::Bv<Self>) -> D::Bv<W128>;
}

/// Puts lanes of the last width together to the `i`-th number of the first width, which is that of halves of the next
/// width, and so on.
macro_rules! join {
    ($d:ident $lane:ident $i:expr; $W:ident) => { $lane($i) };
    ($d:ident $lane:ident $i:expr; $Whole:ident $Half:ident $($smaller:ident)*) => {{
        let low = join!($d $lane 2 * $i; $Half $($smaller)*);
        let high = join!($d $lane 2 * $i + 1; $Half $($smaller)*);
        $d.concat::<$Half, $Half, $Whole>(high, low)
    }};
}

macro_rules! lane_widths {
    ($($W:ident: $($larger:ident)+;)*) => {$(
        impl Lane for $W {
            #[inline]
            fn join<D: Reading>(d: &D, mut lane: impl FnMut(u32) -> D::Bv<$W>) -> D::Bv<W128> {
                join!(d lane 0; $($larger)+ $W)
            }
        }
    )*};
}
lane_widths! {
    W64: W128;
    W32: W128 W64;
    W16: W128 W64 W32;
    W8: W128 W64 W32 W16;
}

/// A shape (2.4.9): how a vector is divided.
pub trait Shape {
    /// Width of a lane.
    type Lane: Lane;
    /// Number of lanes.
    const DIM: u32 = 128 / <Self::Lane as Width>::BITS;
}

macro_rules! shapes {
    ($($S:ident $W:ident;)*) => {$(
        #[doc = concat!("`", stringify!($S), "`, with a small first letter.")]
        pub enum $S {}
        impl Shape for $S {
            type Lane = $W;
        }
    )*};
}
shapes! {
    I8x16 W8;
    I16x8 W16;
    I32x4 W32;
    I64x2 W64;
    F32x4 W32;
    F64x2 W64;
}

type LaneOf<D, S> = <D as Reading>::Bv<<S as Shape>::Lane>;
type V<D> = <D as Reading>::Bv<W128>;

/// One of the `lanes` of a vector.
pub fn lane<D: Reading, S: Shape>(d: &D, v: V<D>, i: u32) -> LaneOf<D, S> {
    d.extract(v, i * <S::Lane as Width>::BITS)
}

/// `inv_lanes`: the vector with these lanes.
pub fn inv_lanes<D: Reading, S: Shape>(d: &D, lane: impl FnMut(u32) -> LaneOf<D, S>) -> V<D> {
    S::Lane::join(d, lane)
}

/// `vunop`: an operation on each lane.
pub fn vunop<D: Reading, S: Shape>(d: &D, op: impl Fn(&D, LaneOf<D, S>) -> LaneOf<D, S>, v: V<D>) -> V<D> {
    inv_lanes::<D, S>(d, |i| op(d, lane::<D, S>(d, v, i)))
}

/// `vbinop`: an operation on the lanes of two vectors.
pub fn vbinop<D: Reading, S: Shape>(
    d: &D,
    op: impl Fn(&D, LaneOf<D, S>, LaneOf<D, S>) -> LaneOf<D, S>,
    v1: V<D>,
    v2: V<D>,
) -> V<D> {
    inv_lanes::<D, S>(d, |i| op(d, lane::<D, S>(d, v1, i), lane::<D, S>(d, v2, i)))
}

/// `vternop`: an operation on the lanes of three vectors.
pub fn vternop<D: Reading, S: Shape>(
    d: &D,
    op: impl Fn(&D, LaneOf<D, S>, LaneOf<D, S>, LaneOf<D, S>) -> LaneOf<D, S>,
    [v1, v2, v3]: [V<D>; 3],
) -> V<D> {
    inv_lanes::<D, S>(d, |i| op(d, lane::<D, S>(d, v1, i), lane::<D, S>(d, v2, i), lane::<D, S>(d, v3, i)))
}

/// `vtestop`: whether the test holds for all lanes.
pub fn vtestop<D: Reading, S: Shape>(d: &D, op: impl Fn(&D, LaneOf<D, S>) -> D::Bool, v: V<D>) -> D::Bool {
    (0..S::DIM).fold(d.truth(true), |all, i| d.both(all, op(d, lane::<D, S>(d, v, i))))
}

/// `vrelop`: a lane is all ones where the comparison holds, and zero where not.
pub fn vrelop<D: Reading, S: Shape>(
    d: &D,
    op: impl Fn(&D, LaneOf<D, S>, LaneOf<D, S>) -> D::Bool,
    v1: V<D>,
    v2: V<D>,
) -> V<D> {
    let (ones, zero) = (d.constant(u128::MAX), d.constant(0));
    inv_lanes::<D, S>(d, |i| d.ite(op(d, lane::<D, S>(d, v1, i), lane::<D, S>(d, v2, i)), ones, zero))
}

/// `vshiftop`: each lane shifted by the same amount.
pub fn vshiftop<D: Reading, S: Shape>(
    d: &D,
    op: impl Fn(&D, LaneOf<D, S>, LaneOf<D, S>) -> LaneOf<D, S>,
    v: V<D>,
    amount: D::Bv<W32>,
) -> V<D> {
    // The amount counts modulo the lane's width, a power of 2, so that its low bits are enough.
    let amount = if <S::Lane as Width>::BITS < 32 { d.extract(amount, 0) } else { d.zext(amount) };
    vunop::<D, S>(d, |d, c| op(d, c, amount), v)
}

/// `vbitmaskop`: the signs of the lanes, the first one's lowest.
pub fn vbitmaskop<D: Reading, S: Shape>(d: &D, v: V<D>) -> D::Bv<W32> {
    (0..S::DIM).fold(d.constant(0), |mask, i| {
        let negative = d.slt(lane::<D, S>(d, v, i), d.constant(0));
        d.or(mask, d.ite(negative, d.constant(1 << i), d.constant(0)))
    })
}

/// `vswizzlop`: each lane of `v2` chooses one of `v1`'s, by an operation that is given a choice among them.
pub fn vswizzlop<D: Reading, S: Shape>(
    d: &D,
    op: impl Fn(&D, &dyn Fn(LaneOf<D, S>) -> LaneOf<D, S>, LaneOf<D, S>) -> LaneOf<D, S>,
    v1: V<D>,
    v2: V<D>,
) -> V<D> {
    // Zero, where there is no such lane.
    let choose = |index: LaneOf<D, S>| {
        let is = |i: u32| d.eq(index, d.constant(i.into()));
        (0..S::DIM).fold(d.constant(0), |chosen, i| d.ite(is(i), lane::<D, S>(d, v1, i), chosen))
    };
    inv_lanes::<D, S>(d, |i| op(d, &choose, lane::<D, S>(d, v2, i)))
}

/// `iswizzle_lane`: 0 where the index is that of no lane.
pub fn iswizzle_lane<D: Reading>(_d: &D, c: &dyn Fn(D::Bv<W8>) -> D::Bv<W8>, i: D::Bv<W8>) -> D::Bv<W8> {
    c(i)
}

/// `vshufflop`: lanes of the two vectors by constant indices, those of `v1` first.
pub fn vshufflop<D: Reading>(d: &D, is: &[u8; 16], v1: V<D>, v2: V<D>) -> V<D> {
    inv_lanes::<D, I8x16>(d, |k| {
        let i = u32::from(is[k as usize]);
        if i < I8x16::DIM { lane::<D, I8x16>(d, v1, i) } else { lane::<D, I8x16>(d, v2, i - I8x16::DIM) }
    })
}

/// `vnarrowop`: the lanes of both vectors in half of their bits.
pub fn vnarrowop<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    narrow: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    v1: V<D>,
    v2: V<D>,
) -> V<D> {
    let wide = |i: u32| if i < S1::DIM { lane::<D, S1>(d, v1, i) } else { lane::<D, S1>(d, v2, i - S1::DIM) };
    inv_lanes::<D, S2>(d, |i| narrow(d, wide(i)))
}

/// Which lanes a conversion takes, and what it makes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All, to as many.
    Whole,
    /// All, to the lower half; the upper one is zero.
    Zero,
    /// Those of the lower half.
    Low,
    /// Those of the upper half.
    High,
}

/// `vcvtop`: a conversion of lanes.
pub fn vcvtop<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    part: Part,
    op: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    v: V<D>,
) -> V<D> {
    let from = if part == Part::High { S2::DIM } else { 0 };
    inv_lanes::<D, S2>(d, |i| match part {
        Part::Zero if i >= S1::DIM => d.constant(0),
        _ => op(d, lane::<D, S1>(d, v, from + i)),
    })
}

/// `ivadd_pairwise`: the sum of two neighbouring lanes in each of twice the width.
pub fn ivadd_pairwise<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    extend: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    v: V<D>,
) -> V<D> {
    let wide = |i: u32| extend(d, lane::<D, S1>(d, v, i));
    inv_lanes::<D, S2>(d, |i| iadd(d, wide(2 * i), wide(2 * i + 1)))
}

fn ivmul<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    from: u32,
    extend: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    [v1, v2]: [V<D>; 2],
) -> V<D> {
    let wide = |v: V<D>, i: u32| extend(d, lane::<D, S1>(d, v, from + i));
    inv_lanes::<D, S2>(d, |i| imul(d, wide(v1, i), wide(v2, i)))
}

/// `ivmul` of the lower half's lanes, in twice the width.
pub fn ivmul_low<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    extend: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    vs: [V<D>; 2],
) -> V<D> {
    ivmul::<D, S1, S2>(d, 0, extend, vs)
}

/// `ivmul` of the upper half's lanes, in twice the width.
pub fn ivmul_high<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    extend: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    vs: [V<D>; 2],
) -> V<D> {
    ivmul::<D, S1, S2>(d, S2::DIM, extend, vs)
}

/// `ivdot`: products in twice the width, and sums of two neighbouring ones.
pub fn ivdot<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    extend: impl Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>,
    vs: [V<D>; 2],
) -> V<D> {
    ivdot_by::<D, S1, S2>(d, [&extend, &extend], iadd, vs)
}

/// How a lane is extended.
type Extend<'a, D, S1, S2> = &'a dyn Fn(&D, LaneOf<D, S1>) -> LaneOf<D, S2>;

/// `ivdot` with the extension of either operand, and the addition.
pub(super) fn ivdot_by<D: Reading, S1: Shape, S2: Shape>(
    d: &D,
    [extend1, extend2]: [Extend<'_, D, S1, S2>; 2],
    sum: impl Fn(&D, LaneOf<D, S2>, LaneOf<D, S2>) -> LaneOf<D, S2>,
    [v1, v2]: [V<D>; 2],
) -> V<D> {
    let product = |i: u32| imul(d, extend1(d, lane::<D, S1>(d, v1, i)), extend2(d, lane::<D, S1>(d, v2, i)));
    inv_lanes::<D, S2>(d, |i| sum(d, product(2 * i), product(2 * i + 1)))
}

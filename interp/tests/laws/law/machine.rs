//! `Concrete` against the machine's own arithmetic, `eval_op` against `Concrete`, and the definitions that a reading
//! gets if it doesn't override them.

use super::*;

/// Computes like `Concrete`, but counts by the definitions.
pub(crate) struct Plain;

macro_rules! forward {
    ($($name:ident($($x:ident),*);)*) => {$(
        fn $name<W: Width>(&self, $($x: Int<W>),*) -> Int<W> {
            Concrete::default().$name::<W>($($x),*)
        }
    )*};
}

impl Reading for Plain {
    type Bv<W: Width> = Int<W>;
    type Bool = bool;

    forward! {
        add(a, b); sub(a, b); mul(a, b); udiv(a, b); urem(a, b); sdiv(a, b); srem(a, b);
        and(a, b); or(a, b); xor(a, b); shl(a, b); lshr(a, b); ashr(a, b);
    }
    fn constant<W: Width>(&self, c: u128) -> Int<W> {
        Concrete::default().constant::<W>(c)
    }
    fn eq<W: Width>(&self, a: Int<W>, b: Int<W>) -> bool {
        Concrete::default().eq::<W>(a, b)
    }
    fn ult<W: Width>(&self, a: Int<W>, b: Int<W>) -> bool {
        Concrete::default().ult::<W>(a, b)
    }
    fn slt<W: Width>(&self, a: Int<W>, b: Int<W>) -> bool {
        Concrete::default().slt::<W>(a, b)
    }
    fn extract<N: Width, M: Width>(&self, a: Int<N>, low: u32) -> Int<M> {
        Concrete::default().extract::<N, M>(a, low)
    }
    fn concat<H: Width, L: Width, M: Width>(&self, high: Int<H>, low: Int<L>) -> Int<M> {
        Concrete::default().concat::<H, L, M>(high, low)
    }
    fn zext<N: Width, M: Width>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().zext::<N, M>(a)
    }
    fn sext<N: Width, M: Width>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().sext::<N, M>(a)
    }
    fn ite<W: Width>(&self, c: bool, a: Int<W>, b: Int<W>) -> Int<W> {
        Concrete::default().ite::<W>(c, a, b)
    }
    fn truth(&self, b: bool) -> bool {
        b
    }
    fn negate(&self, a: bool) -> bool {
        !a
    }
    fn both(&self, a: bool, b: bool) -> bool {
        a && b
    }
    fn either(&self, a: bool, b: bool) -> bool {
        a || b
    }
    fn rounded<W: FloatWidth>(&self, op: FloatOp, a: Int<W>, b: Int<W>) -> Int<W> {
        Concrete::default().rounded::<W>(op, a, b)
    }
    fn fma<W: FloatWidth>(&self, a: Int<W>, b: Int<W>, c: Int<W>) -> Int<W> {
        Concrete::default().fma::<W>(a, b, c)
    }
    fn nans<W: FloatWidth>(&self, c: bool, operands: &[Int<W>], number: Int<W>) -> Int<W> {
        Concrete::default().nans::<W>(c, operands, number)
    }
    fn relaxed<W: Width>(&self, r: Parameter, sets: &[Int<W>]) -> Int<W> {
        Concrete::default().relaxed::<W>(r, sets)
    }
    fn reformat<N: FloatWidth, M: FloatWidth>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().reformat::<N, M>(a)
    }
    fn convert_s<N: Width, M: FloatWidth>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().convert_s::<N, M>(a)
    }
    fn convert_u<N: Width, M: FloatWidth>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().convert_u::<N, M>(a)
    }
    fn truncz_s<N: FloatWidth, M: Width>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().truncz_s::<N, M>(a)
    }
    fn truncz_u<N: FloatWidth, M: Width>(&self, a: Int<N>) -> Int<M> {
        Concrete::default().truncz_u::<N, M>(a)
    }
}

pub(crate) fn counts<W: Width>(a: u128) {
    let x = number::<W>(a);
    let unused = 128 - W::BITS;
    let zeros = |n: u32| u128::from(n.min(W::BITS));
    assert_eq!(Plain.clz::<W>(x).to_u128(), zeros(a.leading_zeros() - unused), "clz {a:#x}");
    assert_eq!(Plain.ctz::<W>(x).to_u128(), zeros(a.trailing_zeros()), "ctz {a:#x}");
    assert_eq!(Plain.popcnt::<W>(x).to_u128(), a.count_ones().into(), "popcnt {a:#x}");
    assert_eq!(Concrete::default().clz::<W>(x), Plain.clz::<W>(x), "clz {a:#x}");
    assert_eq!(Concrete::default().ctz::<W>(x), Plain.ctz::<W>(x), "ctz {a:#x}");
    assert_eq!(Concrete::default().popcnt::<W>(x), Plain.popcnt::<W>(x), "popcnt {a:#x}");
}

/// The primitives on machine integers, and the same by arithmetic on 128 bits or bit by bit.
pub(crate) fn total<W: Width>(a: u128, b: u128) {
    let mask = u128::MAX >> (128 - W::BITS);
    let signed = |c: u128| if c >> (W::BITS - 1) & 1 == 1 { (c | !mask) as i128 } else { c as i128 };
    let (x, y) = (number::<W>(a), number::<W>(b));
    let (sa, sb) = (signed(a), signed(b));
    let magnitude = |c: i128| c.unsigned_abs();
    let with_sign = |negative: bool, c: u128| if negative { c.wrapping_neg() } else { c };
    let bit = |c: u128, i: u128| if i < u128::from(W::BITS) { c >> i & 1 } else { 0 };
    let bits = |f: &dyn Fn(u128) -> u128| (0..u128::from(W::BITS)).map(|i| f(i) << i).sum::<u128>();
    let sign = a >> (W::BITS - 1);
    let d = Concrete::default();
    let cases = [
        ("add", d.add::<W>(x, y), a.wrapping_add(b)),
        ("sub", d.sub::<W>(x, y), a.wrapping_sub(b)),
        ("mul", d.mul::<W>(x, y), a.wrapping_mul(b)),
        ("udiv", d.udiv::<W>(x, y), a.checked_div(b).unwrap_or(u128::MAX)),
        ("urem", d.urem::<W>(x, y), a.checked_rem(b).unwrap_or(a)),
        // SMT-LIB defines the signed ones by the unsigned ones on magnitudes.
        (
            "sdiv",
            d.sdiv::<W>(x, y),
            match b {
                0 if sa < 0 => 1,
                0 => u128::MAX,
                _ => with_sign((sa < 0) != (sb < 0), magnitude(sa) / magnitude(sb)),
            },
        ),
        ("srem", d.srem::<W>(x, y), if b == 0 { a } else { with_sign(sa < 0, magnitude(sa) % magnitude(sb)) }),
        ("shl", d.shl::<W>(x, y), bits(&|i| if i >= b { bit(a, i - b) } else { 0 })),
        ("lshr", d.lshr::<W>(x, y), bits(&|i| bit(a, i.saturating_add(b)))),
        ("ashr", d.ashr::<W>(x, y), bits(&|i| a >> i.saturating_add(b).min(u128::from(W::BITS) - 1) & 1)),
    ];
    for (name, got, wanted) in cases {
        assert_eq!(got.to_u128(), wanted & mask, "{name} of {a:#x} and {b:#x}, {} bits", W::BITS);
    }
    assert_eq!(d.ult::<W>(x, y), a < b);
    assert_eq!(d.slt::<W>(x, y), sa < sb);
    assert_eq!(x.to_i128(), sa);
    assert_eq!(sign == 1, sa < 0);
}

/// `eval_op` says the same as `Concrete`.
pub(crate) fn evaluated<W: Width>(a: u128, b: u128, truth: bool) {
    let (x, y, w) = (number::<W>(a), number::<W>(b), W::BITS as u8);
    let d = Concrete::default();
    let pairs = [
        (Op::Add, d.add::<W>(x, y)),
        (Op::Sub, d.sub::<W>(x, y)),
        (Op::Mul, d.mul::<W>(x, y)),
        (Op::Udiv, d.udiv::<W>(x, y)),
        (Op::Urem, d.urem::<W>(x, y)),
        (Op::Sdiv, d.sdiv::<W>(x, y)),
        (Op::Srem, d.srem::<W>(x, y)),
        (Op::And, d.and::<W>(x, y)),
        (Op::Or, d.or::<W>(x, y)),
        (Op::Xor, d.xor::<W>(x, y)),
        (Op::Shl, d.shl::<W>(x, y)),
        (Op::Lshr, d.lshr::<W>(x, y)),
        (Op::Ashr, d.ashr::<W>(x, y)),
    ];
    for (op, wanted) in pairs {
        assert_eq!(eval_op(op, w, w, [a, b, a]), wanted.to_u128(), "{op:?} of {a:#x} and {b:#x}");
    }
    assert_eq!(eval_op(Op::Eq, 1, w, [a, b, a]), d.eq::<W>(x, y).into());
    assert_eq!(eval_op(Op::Ult, 1, w, [a, b, a]), d.ult::<W>(x, y).into());
    assert_eq!(eval_op(Op::Slt, 1, w, [a, b, a]), d.slt::<W>(x, y).into());
    assert_eq!(eval_op(Op::Ite, w, w, [truth.into(), a, b]), d.ite::<W>(truth, x, y).to_u128());
    assert_eq!(eval_op(Op::Zext, 128, w, [a; 3]), d.zext::<W, W128>(x));
    assert_eq!(eval_op(Op::Sext, 128, w, [a; 3]), d.sext::<W, W128>(x));
    assert_eq!(eval_op(Op::Extract(0), 1, w, [a; 3]), d.extract::<W, W1>(x, 0).into());
    let top = W::BITS - 1;
    assert_eq!(eval_op(Op::Extract(top as u8), 1, w, [a; 3]), d.extract::<W, W1>(x, top).into());
}

/// The value, unless one of the trap conditions holds.
pub(crate) fn defined<W: Width>(p: Partial<Concrete, W>) -> Result<Int<W>, TrapKind> {
    let second = p.undefined.1.into_iter();
    match std::iter::once(p.undefined.0).chain(second).find(|(holds, _)| *holds) {
        Some((_, kind)) => Err(kind),
        None => Ok(p.value),
    }
}

macro_rules! integers {
    ($test:ident $W:ident $U:ident $S:ident) => {
        pub(crate) fn $test(a: $U, b: $U) {
            type W = $W;
            let d = &Concrete::default();
            let (sa, sb) = (a as $S, b as $S);
            assert_eq!(num::iadd::<_, W>(d, a, b), a.wrapping_add(b));
            assert_eq!(num::isub::<_, W>(d, a, b), a.wrapping_sub(b));
            assert_eq!(num::imul::<_, W>(d, a, b), a.wrapping_mul(b));
            assert_eq!(num::iand::<_, W>(d, a, b), a & b);
            assert_eq!(num::ior::<_, W>(d, a, b), a | b);
            assert_eq!(num::ixor::<_, W>(d, a, b), a ^ b);
            assert_eq!(num::ishl::<_, W>(d, a, b), a.wrapping_shl(b as u32));
            assert_eq!(num::ishr_u::<_, W>(d, a, b), a.wrapping_shr(b as u32));
            assert_eq!(num::ishr_s::<_, W>(d, a, b), sa.wrapping_shr(b as u32) as $U);
            assert_eq!(num::irotl::<_, W>(d, a, b), a.rotate_left((b % $U::from($U::BITS as u8)) as u32));
            assert_eq!(num::irotr::<_, W>(d, a, b), a.rotate_right((b % $U::from($U::BITS as u8)) as u32));
            assert_eq!(num::iclz::<_, W>(d, a), $U::from(a.leading_zeros()));
            assert_eq!(num::ictz::<_, W>(d, a), $U::from(a.trailing_zeros()));
            assert_eq!(num::ipopcnt::<_, W>(d, a), $U::from(a.count_ones()));
            assert_eq!(num::iextend8_s::<_, W>(d, a), a as i8 as $U);
            assert_eq!(num::iextend16_s::<_, W>(d, a), a as i16 as $U);
            let by_zero = TrapKind::IntegerDivideByZero;
            let zero_or = |c: Option<$U>| c.ok_or(by_zero);
            assert_eq!(defined(num::idiv_u::<_, W>(d, a, b)), zero_or(a.checked_div(b)));
            assert_eq!(defined(num::irem_u::<_, W>(d, a, b)), zero_or(a.checked_rem(b)));
            let quotient = sa.checked_div(sb).map(|c| c as $U);
            let wanted = quotient.ok_or(if b == 0 { by_zero } else { TrapKind::IntegerOverflow });
            assert_eq!(defined(num::idiv_s::<_, W>(d, a, b)), wanted);
            let remainder = if b == 0 { None } else { Some(sa.wrapping_rem(sb) as $U) };
            assert_eq!(defined(num::irem_s::<_, W>(d, a, b)), zero_or(remainder));
            assert_eq!(num::ieqz::<_, W>(d, a), a == 0);
            assert_eq!(num::ieq::<_, W>(d, a, b), a == b);
            assert_eq!(num::ine::<_, W>(d, a, b), a != b);
            assert_eq!(num::ilt_u::<_, W>(d, a, b), a < b);
            assert_eq!(num::ilt_s::<_, W>(d, a, b), sa < sb);
            assert_eq!(num::igt_u::<_, W>(d, a, b), a > b);
            assert_eq!(num::igt_s::<_, W>(d, a, b), sa > sb);
            assert_eq!(num::ile_u::<_, W>(d, a, b), a <= b);
            assert_eq!(num::ile_s::<_, W>(d, a, b), sa <= sb);
            assert_eq!(num::ige_u::<_, W>(d, a, b), a >= b);
            assert_eq!(num::ige_s::<_, W>(d, a, b), sa >= sb);
            assert_eq!(num::convert_s::<_, W, W32>(d, a), (sa as f32).to_bits());
            assert_eq!(num::convert_u::<_, W, W32>(d, a), (a as f32).to_bits());
            assert_eq!(num::convert_s::<_, W, W64>(d, a), (sa as f64).to_bits());
            assert_eq!(num::convert_u::<_, W, W64>(d, a), (a as f64).to_bits());
        }
    };
}
macro_rules! lanes {
    ($test:ident $W:ident $U:ident $S:ident) => {
        pub(crate) fn $test(a: $U, b: $U, c: $U) {
            type W = $W;
            let d = &Concrete::default();
            let (sa, sb) = (a as $S, b as $S);
            assert_eq!(num::ineg::<_, W>(d, a), a.wrapping_neg());
            assert_eq!(num::iabs::<_, W>(d, a), sa.wrapping_abs() as $U);
            assert_eq!(num::inot::<_, W>(d, a), !a);
            assert_eq!(num::inez::<_, W>(d, a), a != 0);
            assert_eq!(num::iandnot::<_, W>(d, a, b), a & !b);
            assert_eq!(num::ibitselect::<_, W>(d, a, b, c), (a & c) | (b & !c));
            assert_eq!(num::imin_u::<_, W>(d, a, b), a.min(b));
            assert_eq!(num::imin_s::<_, W>(d, a, b), sa.min(sb) as $U);
            assert_eq!(num::imax_u::<_, W>(d, a, b), a.max(b));
            assert_eq!(num::imax_s::<_, W>(d, a, b), sa.max(sb) as $U);
            assert_eq!(num::iadd_sat_u::<_, W>(d, a, b), a.saturating_add(b));
            assert_eq!(num::iadd_sat_s::<_, W>(d, a, b), sa.saturating_add(sb) as $U);
            assert_eq!(num::isub_sat_u::<_, W>(d, a, b), a.saturating_sub(b));
            assert_eq!(num::isub_sat_s::<_, W>(d, a, b), sa.saturating_sub(sb) as $U);
            assert_eq!(u128::from(num::iavgr_u::<_, W>(d, a, b)), (u128::from(a) + u128::from(b)).div_ceil(2));
        }
    };
}
lanes!(lanes_of_8_bits W8 u8 i8);
lanes!(lanes_of_16_bits W16 u16 i16);
lanes!(lanes_of_32_bits W32 u32 i32);
lanes!(lanes_of_64_bits W64 u64 i64);

pub(crate) fn wide_arithmetic(a: u128, b: u128) {
    let d = &Concrete::default();
    let halves = |c: u128| (c as u64, (c >> 64) as u64);
    assert_eq!(num::wideop(d, num::iadd::<_, W128>, halves(a), halves(b)), halves(a.wrapping_add(b)));
    assert_eq!(num::wideop(d, num::isub::<_, W128>, halves(a), halves(b)), halves(a.wrapping_sub(b)));
    let (x, y) = (a as u64, b as u64);
    let signed = i128::from(x as i64) * i128::from(y as i64);
    assert_eq!(num::extwideop(d, num::extend_s::<_, W64, W128>, x, y), halves(signed as u128));
    assert_eq!(num::extwideop(d, num::extend_u::<_, W64, W128>, x, y), halves(u128::from(x) * u128::from(y)));
}

integers!(i32_against_the_machine W32 u32 i32);
integers!(i64_against_the_machine W64 u64 i64);

macro_rules! floats {
    ($test:ident $W:ident $F:ident $U:ident) => {
        pub(crate) fn $test(x: $U, y: $U) {
            type W = $W;
            let d = &Concrete::default();
            let (a, b) = ($F::from_bits(x), $F::from_bits(y));
            const NAN: $U = ((1 << ($U::BITS - W::SIGNIFICAND)) - 1) << (W::SIGNIFICAND - 1) & ($U::MAX >> 1);
            assert!($F::from_bits(NAN).is_nan() && NAN.trailing_zeros() == W::SIGNIFICAND - 1);
            let canonical = |c: $F| if c.is_nan() { NAN } else { c.to_bits() };
            assert_eq!(Concrete::canonical_nan::<W>(), NAN);
            assert_eq!(num::is_nan::<_, W>(d, x), a.is_nan());
            assert_eq!(num::feq::<_, W>(d, x, y), a == b);
            assert_eq!(num::fne::<_, W>(d, x, y), a != b);
            assert_eq!(num::flt::<_, W>(d, x, y), a < b);
            assert_eq!(num::fgt::<_, W>(d, x, y), a > b);
            assert_eq!(num::fle::<_, W>(d, x, y), a <= b);
            assert_eq!(num::fge::<_, W>(d, x, y), a >= b);
            assert_eq!(num::fabs::<_, W>(d, x), a.abs().to_bits());
            assert_eq!(num::fneg::<_, W>(d, x), (-a).to_bits());
            assert_eq!(num::fcopysign::<_, W>(d, x, y), a.copysign(b).to_bits());
            // By the cases of the standard (fmin, fmax in 4.3.3).
            let (least, greatest) = match (a.is_nan() || b.is_nan(), a == 0.0 && b == 0.0) {
                (true, _) => (NAN, NAN),
                (_, true) if a.is_sign_negative() == b.is_sign_negative() => (x, x),
                (_, true) => ((-0.0 as $F).to_bits(), 0),
                _ if a <= b => (x, y),
                _ => (y, x),
            };
            assert_eq!(num::fmin::<_, W>(d, x, y), least, "fmin {a:?} {b:?}");
            assert_eq!(num::fmax::<_, W>(d, x, y), greatest, "fmax {a:?} {b:?}");
            assert_eq!(num::fpmin::<_, W>(d, x, y), if b < a { y } else { x });
            assert_eq!(num::fpmax::<_, W>(d, x, y), if a < b { y } else { x });
            assert_eq!(num::fadd::<_, W>(d, x, y), canonical(a + b));
            assert_eq!(num::fsub::<_, W>(d, x, y), canonical(a - b));
            assert_eq!(num::fmul::<_, W>(d, x, y), canonical(a * b));
            assert_eq!(num::fdiv::<_, W>(d, x, y), canonical(a / b));
            assert_eq!(num::fsqrt::<_, W>(d, x), canonical(a.sqrt()));
            assert_eq!(num::fceil::<_, W>(d, x), canonical(a.ceil()));
            assert_eq!(num::ffloor::<_, W>(d, x), canonical(a.floor()));
            assert_eq!(num::ftrunc::<_, W>(d, x), canonical(a.trunc()));
            // To the nearest integer, to the even one of two that are as near, by the magic of adding 2^significand.
            let magic = (1u64 << W::SIGNIFICAND) as $F;
            let near = if a.abs() < magic { ((a.abs() + magic) - magic).copysign(a) } else { a };
            assert_eq!(num::fnearest::<_, W>(d, x), canonical(near), "nearest {a:?}");
            assert_eq!(num::trunc_sat_s::<_, W, W32>(d, x), a as i32 as u32);
            assert_eq!(num::trunc_sat_u::<_, W, W32>(d, x), a as u32);
            assert_eq!(num::trunc_sat_s::<_, W, W64>(d, x), a as i64 as u64);
            assert_eq!(num::trunc_sat_u::<_, W, W64>(d, x), a as u64);
            // Without a trap the number is the one that the saturating conversion gives; with one it is the limit.
            let wanted = |signed: bool, saturated: u64, bits: i32, whole: f64| {
                let power = 2f64.powi(bits);
                let (low, high) = if signed { (-power / 2.0, power / 2.0) } else { (0.0, power) };
                match whole {
                    c if c.is_nan() => Err(TrapKind::InvalidConversion),
                    c if c < low || c >= high => Err(TrapKind::IntegerOverflow),
                    _ => Ok(saturated),
                }
            };
            let whole = f64::from(a).trunc();
            let of = |p: Partial<Concrete, W32>| defined(p).map(u64::from);
            assert_eq!(of(num::trunc_s::<_, W, W32>(d, x)), wanted(true, (a as i32 as u32).into(), 32, whole));
            assert_eq!(of(num::trunc_u::<_, W, W32>(d, x)), wanted(false, (a as u32).into(), 32, whole));
            assert_eq!(defined(num::trunc_s::<_, W, W64>(d, x)), wanted(true, a as i64 as u64, 64, whole));
            assert_eq!(defined(num::trunc_u::<_, W, W64>(d, x)), wanted(false, a as u64, 64, whole));
        }
    };
}
floats!(f32_against_the_machine W32 f32 u32);
floats!(f64_against_the_machine W64 f64 u64);

pub(crate) fn formats(single: u32, double: u64) {
    let (a, b) = (f32::from_bits(single), f64::from_bits(double));
    let promoted = if a.is_nan() { Concrete::canonical_nan::<W64>() } else { f64::from(a).to_bits() };
    let demoted = if b.is_nan() { Concrete::canonical_nan::<W32>() } else { (b as f32).to_bits() };
    assert_eq!(num::promote::<_, W32, W64>(&Concrete::default(), single), promoted);
    assert_eq!(num::demote::<_, W64, W32>(&Concrete::default(), double), demoted);
    assert_eq!(num::reinterpret::<_, W32>(&Concrete::default(), single), single);
}

//! The laws: all readings mean the same by an operation, and by it what the machine's own arithmetic means.
//!
//! A term is built over variables, since constants fold at once and prove nothing about simplification; then constants
//! are substituted, some first or all at once, or the term is evaluated as it stands, and the result is `Concrete`'s.

mod choices;
mod law;
mod machine;
mod marked;
mod memory;
mod trees;
mod vectors;

use assay_interp::num;
use assay_interp::value::{
    Concrete, FloatWidth, MachineInt, Op, Parameter, Reading, Term, Terms, W1, W8, W16, W32, W64, W128, Width, eval_op,
};
use law::*;
use proptest::prelude::*;

fn operand<W: Width>() -> impl Strategy<Value = u128> {
    let mask = u128::MAX >> (128 - W::BITS);
    prop_oneof![
        2 => prop::sample::select(boundary(W::BITS)),
        1 => any::<u128>().prop_map(move |c| c & mask),
        1 => (0..2 * u128::from(W::BITS)).prop_map(move |c| c & mask),
    ]
}

/// Bits of floats: NaNs of all kinds, infinities, zeros, subnormals, the integers' limits, and any at all.
fn float<W: FloatWidth>() -> impl Strategy<Value = u128> {
    prop_oneof![3 => prop::sample::select(float_boundary::<W>()), 1 => operand::<W>()]
}

/// For each constant on one side the term over the other is simplified anew, and evaluated for all its numbers.
fn exhaustive<W: Width>(rotations: bool) {
    let all = 0..1u128 << W::BITS;
    integer_ops::<W>(rotations, &mut |name, term, concrete| {
        let mut vars = Vars::new();
        let (x, y) = (vars.fresh(W::BITS as u8), vars.fresh(W::BITS as u8));
        let t = term(&vars.d, x, y);
        let both = Compiled::new(&vars, t);
        for c in all.clone() {
            let known = vars.constant(W::BITS as u8, c);
            let forms = [
                (true, vars.put(t, &[Some(c), None])),
                (true, term(&vars.d, known, y)),
                (false, vars.put(t, &[None, Some(c)])),
                (false, term(&vars.d, x, known)),
            ];
            let forms = forms.map(|(left, t)| (left, Compiled::new(&vars, t)));
            for other in all.clone() {
                let wanted = concrete(number::<W>(c), number::<W>(other));
                assert_eq!(both.eval(&[c, other]), wanted, "{name}({c:#x}, {other:#x})");
                for (left, form) in &forms {
                    let (a, b) = if *left { (c, other) } else { (other, c) };
                    let wanted = concrete(number::<W>(a), number::<W>(b));
                    assert_eq!(form.eval(&[a, b]), wanted, "{name}({a:#x}, {b:#x}), one of them known: {left}");
                }
            }
        }
        // Substitution itself, of both at once.
        for (a, b) in boundary(W::BITS).into_iter().flat_map(|a| boundary(W::BITS).into_iter().map(move |b| (a, b))) {
            let wanted = concrete(number::<W>(a), number::<W>(b));
            assert_eq!(vars.number(t, &[a, b]), Some(wanted), "{name}({a:#x}, {b:#x}), substituted");
        }
    });
    for (at, name) in UNOPS.iter().enumerate() {
        for a in all.clone() {
            unary_law::<W, _>(name, a, |d, x| unop::<_, W>(d, at, x), |a| unop::<_, W>(&Concrete::default(), at, a));
        }
    }
}

#[test]
fn integers_of_one_bit() {
    exhaustive::<W1>(false);
}

#[test]
fn integers_of_8_bits() {
    exhaustive::<W8>(true);
    for a in 0..256 {
        unary_law::<W8, _>("extend_s", a, num::extend_s::<_, W8, W32>, |a| a as i8 as u32);
        unary_law::<W8, _>("extend_u", a, num::extend_u::<_, W8, W32>, u32::from);
        unary_law::<W8, _>("iextend8_s", a, num::iextend8_s::<_, W8>, |a| a);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn integers_of_16_bits(a in operand::<W16>(), b in operand::<W16>()) {
        integers::<W16>(a, b);
    }

    #[test]
    fn integers_of_32_bits(a in operand::<W32>(), b in operand::<W32>()) {
        integers::<W32>(a, b);
        unary_law::<W32, _>("extend_s", a, num::extend_s::<_, W32, W64>, |a| a as i32 as i64 as u64);
        unary_law::<W32, _>("extend_u", a, num::extend_u::<_, W32, W64>, u64::from);
    }

    #[test]
    fn integers_of_64_bits(a in operand::<W64>(), b in operand::<W64>()) {
        integers::<W64>(a, b);
        unary_law::<W64, _>("iextend32_s", a, num::iextend32_s::<_, W64>, |a| a as i32 as i64 as u64);
        unary_law::<W64, _>("wrap", a, num::wrap::<_, W64, W32>, |a| a as u32);
        unary_law::<W64, _>("wrap", a, num::wrap::<_, W64, W8>, |a| a as u8);
    }

    #[test]
    fn integers_of_128_bits(a in operand::<W128>(), b in operand::<W128>()) {
        integers::<W128>(a, b);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn floats_of_32_bits(a in float::<W32>(), b in float::<W32>()) {
        floats::<W32>(a, b);
        let x = f64::from(f32::from_bits(a as u32));
        truncations::<W32, W32>(a, x);
        truncations::<W32, W64>(a, x);
    }

    #[test]
    fn floats_of_64_bits(a in float::<W64>(), b in float::<W64>()) {
        floats::<W64>(a, b);
        let x = f64::from_bits(a as u64);
        truncations::<W64, W32>(a, x);
        truncations::<W64, W64>(a, x);
    }
}

#[test]
fn truncations_at_all_limits() {
    for a in float_boundary::<W32>() {
        truncations::<W32, W32>(a, f64::from(f32::from_bits(a as u32)));
        truncations::<W32, W64>(a, f64::from(f32::from_bits(a as u32)));
    }
    for a in float_boundary::<W64>() {
        truncations::<W64, W32>(a, f64::from_bits(a as u64));
        truncations::<W64, W64>(a, f64::from_bits(a as u64));
    }
}

#[test]
fn what_rounds_is_fresh_at_each_execution() {
    let mut vars = Vars::new();
    let (x, y) = (vars.fresh(32), vars.fresh(32));
    let d = &vars.d;
    let twice = |f: &dyn Fn() -> Term| assert_ne!(f(), f());
    twice(&|| num::fadd::<_, W32>(d, x, y));
    twice(&|| num::fsqrt::<_, W32>(d, x));
    twice(&|| num::promote::<_, W32, W64>(d, x));
    twice(&|| num::convert_u::<_, W32, W64>(d, x));
    twice(&|| num::trunc_s::<_, W32, W64>(d, x).value);
    twice(&|| d.fma::<W32>(x, y, x));
    twice(&|| d.nans::<W32>(d.truth(true), &[x, y], x));
    twice(&|| d.relaxed::<W32>(Parameter::Fmin, &[x, y]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn addresses(wide: bool, i in operand::<W64>(), n in operand::<W64>(), offset in operand::<W64>(), size in 0u32..17,
                 len in prop_oneof![operand::<W64>(), (0u128..=1 << 16).prop_map(|pages| pages << 16)]) {
        // Of either address type: one of 32 bits is zero-extended.
        let narrow = |c: u128| if wide { c } else { c & u128::from(u32::MAX) };
        let (i, n, offset) = (narrow(i), narrow(n), narrow(offset));
        let mut vars = Vars::new();
        let width = if wide { 64 } else { 32 };
        let (vi, vn, vlen) = (vars.fresh(width), vars.fresh(width), vars.fresh(64));
        let address = |t: Term| if wide { t } else { vars.d.zext::<W32, W64>(t) };
        let (ai, an) = (address(vi), address(vn));
        let values = [i, n, len];
        let ea = num::effective_address(&vars.d, ai, offset as u64);
        prop_assert_eq!(num::effective_address(&Concrete::default(), i as u64, offset as u64), (i + offset) as u64);
        prop_assert_eq!(vars.number(ea, &values), Some((i + offset) & u128::from(u64::MAX)));
        let oob = i + offset + u128::from(size) > len;
        prop_assert_eq!(num::out_of_bounds(&Concrete::default(), i as u64, offset as u64, size, len as u64), oob);
        // As the interpreter meets it, the length is known, and the index isn't.
        for len in [vlen, vars.constant(64, len)] {
            let t = num::out_of_bounds(&vars.d, ai, offset as u64, size, len);
            prop_assert_eq!(vars.number(t, &values), Some(oob.into()));
            prop_assert_eq!(Compiled::new(&vars, t).eval(&values), u128::from(oob));
        }
        let range = i + n > len;
        prop_assert_eq!(num::range_out_of_bounds(&Concrete::default(), i as u64, n as u64, len as u64), range);
        let (ki, kn) = (vars.constant(64, i), vars.constant(64, n));
        let known = vars.constant(64, len);
        for (i, n, len) in [(ai, an, vlen), (ai, kn, known), (ki, an, known), (ai, kn, vlen), (ai, an, known)] {
            let t = num::range_out_of_bounds(&vars.d, i, n, len);
            prop_assert_eq!(vars.number(t, &values), Some(range.into()));
            prop_assert_eq!(Compiled::new(&vars, t).eval(&values), u128::from(range));
        }
    }
}

/// The sum of addresses of 32 bits has no carry of 64, and the terms know it without a solver.
#[test]
fn addresses_of_32_bits_have_no_carry() {
    let mut vars = Vars::new();
    let (i, n, len) = (vars.fresh(32), vars.fresh(32), vars.fresh(64));
    let d = &vars.d;
    let (ai, an) = (d.zext::<W32, W64>(i), d.zext::<W32, W64>(n));
    let end = d.add::<W64>(ai, d.constant::<W64>(12));
    assert_eq!(num::out_of_bounds(d, ai, 8, 4, len), d.ult::<W64>(len, end));
    assert_eq!(num::out_of_bounds(d, ai, 0, 1, len), d.ult::<W64>(len, d.add::<W64>(ai, d.constant::<W64>(1))));
    assert_eq!(num::range_out_of_bounds(d, ai, an, len), d.ult::<W64>(len, d.add::<W64>(ai, an)));
    let pages = d.lshr::<W64>(len, d.constant::<W64>(16));
    let limit = d.constant::<W64>(1 << 16);
    assert_eq!(num::range_out_of_bounds(d, pages, an, limit), d.ult::<W64>(limit, d.add::<W64>(pages, an)));
    // One of 64 bits may have one.
    let wide = vars.fresh(64);
    let d = &vars.d;
    assert_ne!(num::out_of_bounds(d, wide, 8, 4, len), d.ult::<W64>(len, d.add::<W64>(wide, d.constant::<W64>(12))));
}

//! Float instructions as far as the term reading is exact: those on bits, comparisons, limits of numbers, and where a
//! truncation is undefined or saturates (4.3.3, 4.3.4). They are held against SMT-LIB's theory of floats, which is
//! IEEE 754's.

use assay_interp::outcome::TrapKind;
use z3::Solver;
use z3::ast::{Ast, BV, Bool, Float, RoundingMode};

use super::meaning::{Meaning, Says, bits, number, truth};
use super::vector::{lane_width, lanes};

/// The float with these bits.
fn float(a: &BV) -> Float {
    let n = a.get_size();
    let significand = if n == 32 { 24 } else { 53 };
    // The interface has no name for the conversion, but the parser has.
    let solver = Solver::new();
    solver.from_string(format!(
        "(declare-const bits (_ BitVec {n})) (assert (= ((_ to_fp {} {significand}) bits) (_ NaN {} {significand})))",
        n - significand,
        n - significand
    ));
    let conversion = solver.get_assertions()[0].nth_child(0).and_then(|t| t.as_float()).expect("a float");
    conversion.substitute(&[(&BV::new_const("bits", n), a)])
}

/// Two to some power, as a float of so many bits.
fn power(n: u32, exponent: u32) -> Float {
    let power = 2f64.powi(exponent as i32);
    if n == 32 { Float::from_f32(power as f32) } else { Float::from_f64(power) }
}

fn sign(n: u32) -> BV {
    number(n, 1 << (n - 1))
}

/// What the standard says of an instruction of floats.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let Some((ty, op)) = name.split_once('.') else { return Vec::new() };
    let meaning = match ty {
        "f32" => scalar(name, "f32", op),
        "f64" => scalar(name, "f64", op),
        "f32x4" | "f64x2" => vector(name, ty, op),
        "i32" => truncated(name, "i32", op),
        "i64" => truncated(name, "i64", op),
        "i32x4" => truncated_lanes(name, op),
        _ => None,
    };
    if matches!(ty, "f32" | "f64") && op == "const" {
        let immediates = ["0", "-0", "1.5", "-inf", "nan", "-nan:0x1"];
        return immediates.into_iter().map(|c| constant(name, ty == "f32", c)).collect();
    }
    meaning.into_iter().collect()
}

fn constant(name: &str, single: bool, c: &str) -> Meaning {
    let (ty, nan): (_, u64) = if single { ("f32", 0x7fc0_0000) } else { ("f64", 0x7ff8 << 48) };
    let c_bits = match c {
        "nan" => nan,
        // All of the exponent, and the lowest bit.
        "-nan:0x1" if single => 0xff80_0001,
        "-nan:0x1" => 0xfff0_0000_0000_0001,
        c if single => c.parse::<f32>().expect("a number").to_bits().into(),
        c => c.parse::<f64>().expect("a number").to_bits(),
    };
    Meaning::total(&format!("{name} {c}"), [], ty, |[]| BV::from_u64(c_bits, bits(ty)))
}

fn scalar(name: &str, ty: &'static str, op: &str) -> Option<Meaning> {
    let a = BV::new_const("a", bits(ty));
    if let "reinterpret_i32" | "reinterpret_i64" = op {
        let from = if ty == "f32" { "i32" } else { "i64" };
        return Some(Meaning::total(name, [from], ty, |[a]| a));
    }
    if unop(op, &a).is_some() {
        return Some(Meaning::total(name, [ty], ty, |[a]| unop(op, &a).expect("it is one")));
    }
    if relop(op, &a, &a).is_some() {
        return Some(Meaning::total(name, [ty; 2], "i32", |[a, b]| truth(&relop(op, &a, &b).expect("it is one"))));
    }
    binop(op, &a, &a)?;
    Some(Meaning::pieces(name, [ty; 2], ty, |[a, b]| binop(op, &a, &b).into_iter().collect()))
}

fn vector(name: &str, shape: &str, op: &str) -> Option<Meaning> {
    let n = lane_width(shape)?;
    let a = BV::new_const("a", n);
    let ones = |b: Bool| Says::is(b.ite(&number(n, u128::MAX), &number(n, 0)));
    if unop(op, &a).is_some() {
        return Some(Meaning::pieces(name, ["v128"], "v128", |[a]| {
            lanes(&a, n).iter().filter_map(|a| unop(op, a)).map(Says::is).collect()
        }));
    }
    if relop(op, &a, &a).is_some() {
        return Some(Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
            lanes(&a, n).iter().zip(&lanes(&b, n)).filter_map(|(a, b)| relop(op, a, b)).map(ones).collect()
        }));
    }
    binop(op, &a, &a)?;
    Some(Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
        lanes(&a, n).iter().zip(&lanes(&b, n)).filter_map(|(a, b)| binop(op, a, b)).collect()
    }))
}

/// On the sign alone: the operation sees the bits of a NaN, which the theory doesn't have.
fn unop(op: &str, a: &BV) -> Option<BV> {
    let n = a.get_size();
    Some(match op {
        "abs" => number(1, 0).concat(a.extract(n - 2, 0)),
        "neg" => a.extract(n - 1, n - 1).bvnot().concat(a.extract(n - 2, 0)),
        _ => return None,
    })
}

fn relop(op: &str, a: &BV, b: &BV) -> Option<Bool> {
    let (x, y) = (float(a), float(b));
    Some(match op {
        "eq" => x.eq_fpa(&y),
        "ne" => x.eq_fpa(&y).not(),
        "lt" => x.lt(&y),
        "gt" => x.gt(&y),
        "le" => x.le(&y),
        "ge" => x.ge(&y),
        _ => return None,
    })
}

fn binop(op: &str, a: &BV, b: &BV) -> Option<Says> {
    let n = a.get_size();
    let (x, y) = (float(a), float(b));
    let numbers = Bool::and(&[x.is_nan().not(), y.is_nan().not()]);
    let zeros = Bool::and(&[x.is_zero(), y.is_zero()]);
    // Of two zeros of either sign the one, or the other.
    let limit = |first: Bool, negative: Bool| {
        let zero = negative.ite(&sign(n), &number(n, 0));
        zeros.ite(&zero, &first.ite(a, b))
    };
    let min = || limit(x.lt(&y), Bool::or(&[x.is_negative(), y.is_negative()]));
    let max = || limit(x.gt(&y), Bool::and(&[x.is_negative(), y.is_negative()]));
    let relaxed = |limit: BV| {
        let (first, second) = (zeros.ite(a, &limit), zeros.ite(b, &limit));
        Says { when: numbers.clone(), members: vec![limit.clone(), first, second, limit] }
    };
    Some(match op {
        "copysign" => Says::is(b.extract(n - 1, n - 1).concat(a.extract(n - 2, 0))),
        "pmin" => Says::is(y.lt(&x).ite(b, a)),
        "pmax" => Says::is(x.lt(&y).ite(b, a)),
        "min" => Says::when(numbers, min()),
        "max" => Says::when(numbers, max()),
        "relaxed_min" => relaxed(min()),
        "relaxed_max" => relaxed(max()),
        _ => return None,
    })
}

/// Where a truncation to N bits is undefined: of a NaN, below the integers, above them. And the least and the greatest.
struct Truncation {
    nan: Bool,
    below: Bool,
    above: Bool,
    least: BV,
    greatest: BV,
}

/// By the float without its fraction, which is below the least integer or above the greatest just when it is undefined.
fn truncation(a: &BV, signed: bool, n: u32) -> Truncation {
    let x = float(a);
    let integral = x.round_to_integral_with_rounding_mode(&RoundingMode::round_towards_zero());
    let (exponent, zero) = (if signed { n - 1 } else { n }, number(n, 0));
    let bound = power(a.get_size(), exponent);
    let least = if signed { bound.unary_neg() } else { float(&number(a.get_size(), 0)) };
    Truncation {
        nan: x.is_nan(),
        below: integral.lt(&least),
        above: integral.ge(&bound),
        least: if signed { sign(n) } else { zero.clone() },
        greatest: if signed { sign(n).bvnot() } else { zero.bvnot() },
    }
}

impl Truncation {
    fn undefined(&self) -> Bool {
        Bool::or(&[&self.nan, &self.below, &self.above])
    }

    /// Where it is undefined.
    fn saturated(&self) -> BV {
        let limit = self.below.ite(&self.least, &self.greatest);
        self.nan.ite(&number(self.least.get_size(), 0), &limit)
    }
}

/// A truncation traps where it is undefined, or saturates; what it is elsewhere, the terms leave open.
fn truncated(name: &str, ty: &'static str, op: &str) -> Option<Meaning> {
    let op = op.strip_prefix("trunc_")?;
    let (saturates, op) = op.strip_prefix("sat_").map_or((false, op), |op| (true, op));
    let from = if op.starts_with("f32") { "f32" } else { "f64" };
    Some(Meaning::new(name, [from], &[ty], |[a]| {
        let t = truncation(&a, op.ends_with("_s"), bits(ty));
        let says = vec![Says::when(t.undefined(), t.saturated())];
        let overflow = Bool::or(&[&t.below, &t.above]);
        let traps = vec![(t.nan, TrapKind::InvalidConversion), (overflow, TrapKind::IntegerOverflow)];
        (if saturates { Vec::new() } else { traps }, says)
    }))
}

fn truncated_lanes(name: &str, op: &str) -> Option<Meaning> {
    let (relaxed, op) = match op.strip_prefix("relaxed_trunc_") {
        Some(op) => (true, op),
        None => (false, op.strip_prefix("trunc_sat_")?),
    };
    let signed = op.contains("_s");
    Some(Meaning::pieces(name, ["v128"], "v128", |[a]| {
        let of = |a: &BV| {
            let t = truncation(a, signed, 32);
            let mut members = vec![t.saturated()];
            match (relaxed, signed) {
                (false, _) => {}
                (true, true) => members.push(sign(32)),
                (true, false) => members.extend([number(32, u128::MAX), number(32, u128::MAX - 1), sign(32)]),
            }
            Says { when: t.undefined(), members }
        };
        let mut says: Vec<Says> = lanes(&a, if op.contains("f64") { 64 } else { 32 }).iter().map(of).collect();
        // What is left of the vector.
        (says.len()..4).for_each(|_| says.push(Says::is(number(32, 0))));
        says
    }))
}

#[test]
fn bits_are_read_as_the_float_that_they_are() {
    let solver = Solver::new();
    let numbers = [0.0, -0.0, 1.5, -3e38, 1e-40, f64::INFINITY];
    for x in numbers {
        let single = float(&BV::from_u64((x as f32).to_bits().into(), 32));
        let double = float(&BV::from_u64(x.to_bits(), 64));
        for (read, x) in [(single, Float::from_f32(x as f32)), (double, Float::from_f64(x))] {
            // Both zeros are told apart, unlike by the float's own comparison.
            solver.assert(read.eq(&x));
        }
    }
    solver.assert(float(&number(32, 0x7f80_0001)).is_nan());
    assert_eq!(solver.check(), z3::SatResult::Sat);
}

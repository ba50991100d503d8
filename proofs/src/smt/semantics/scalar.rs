//! Integer instructions on numbers (4.3.2), and the integer operations that lanes have too.

use assay_interp::outcome::TrapKind;
use z3::ast::{BV, Bool};

use super::meaning::{Meaning, Says, bits, extend, low, number, truth};

/// What the standard says of an instruction of integers.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let Some((ty, op)) = name.split_once('.') else { return Vec::new() };
    let ty = match ty {
        "i32" => "i32",
        "i64" => "i64",
        _ => return Vec::new(),
    };
    constant(name, ty, op)
        .or_else(|| total(name, ty, op).or_else(|| partial(name, ty, op)).map(|m| vec![m]))
        .unwrap_or_default()
}

/// A constant, of immediates at all bounds.
fn constant(name: &str, ty: &'static str, op: &str) -> Option<Vec<Meaning>> {
    let n = bits(ty);
    let immediates = [0, 1, -1, i64::MAX >> (64 - n), i64::MIN >> (64 - n), 0x0123_4567_89ab_cdef >> (64 - n)];
    let of = |c: i64| Meaning::total(&format!("{name} {c}"), [], ty, |[]| BV::from_i64(c, n));
    (op == "const").then(|| immediates.into_iter().map(of).collect())
}

fn total(name: &str, ty: &'static str, op: &str) -> Option<Meaning> {
    let a = BV::new_const("a", bits(ty));
    if unop(op, &a).is_some() {
        return Some(Meaning::total(name, [ty], ty, |[a]| unop(op, &a).expect("it is one")));
    }
    if binop(op, &a, &a).is_some() {
        return Some(Meaning::total(name, [ty; 2], ty, |[a, b]| binop(op, &a, &b).expect("it is one")));
    }
    if relop(op, &a, &a).is_some() {
        return Some(Meaning::total(name, [ty; 2], "i32", |[a, b]| truth(&relop(op, &a, &b).expect("it is one"))));
    }
    Some(match op {
        "eqz" => Meaning::total(name, [ty], "i32", |[a]| truth(&a.eq(number(a.get_size(), 0)))),
        "wrap_i64" => Meaning::total(name, ["i64"], "i32", |[a]| low(&a, 32)),
        "extend_i32_s" => Meaning::total(name, ["i32"], "i64", |[a]| extend(&a, true, 64)),
        "extend_i32_u" => Meaning::total(name, ["i32"], "i64", |[a]| extend(&a, false, 64)),
        "reinterpret_f32" => Meaning::total(name, ["f32"], "i32", |[a]| a),
        "reinterpret_f64" => Meaning::total(name, ["f64"], "i64", |[a]| a),
        "add128" => wide(name, |a, b| a.bvadd(b)),
        "sub128" => wide(name, |a, b| a.bvsub(b)),
        "mul_wide_s" => product(name, true),
        "mul_wide_u" => product(name, false),
        _ => return None,
    })
}

/// An instruction of wide arithmetic: numbers of 128 bits, the low half pushed first.
fn wide(name: &str, op: impl Fn(&BV, &BV) -> BV) -> Meaning {
    Meaning::new(name, ["i64"; 4], &["i64"; 2], |[a, a_high, b, b_high]| {
        (Vec::new(), vec![Says::is(op(&a_high.concat(&a), &b_high.concat(&b)))])
    })
}

/// The whole product.
fn product(name: &str, signed: bool) -> Meaning {
    Meaning::new(name, ["i64"; 2], &["i64"; 2], |[a, b]| {
        (Vec::new(), vec![Says::is(extend(&a, signed, 128).bvmul(extend(&b, signed, 128)))])
    })
}

/// Division and remainder, which by 0 are undefined; so is a quotient that has no N bits.
fn partial(name: &str, ty: &'static str, op: &str) -> Option<Meaning> {
    let divide = |a: &BV, b: &BV| {
        Some(match op {
            "div_s" => a.bvsdiv(b),
            "div_u" => a.bvudiv(b),
            "rem_s" => a.bvsrem(b),
            "rem_u" => a.bvurem(b),
            _ => return None,
        })
    };
    let n = bits(ty);
    let one = BV::new_const("a", n);
    divide(&one, &one)?;
    Some(Meaning::new(name, [ty; 2], &[ty], |[a, b]| {
        let mut traps = vec![(b.eq(number(n, 0)), TrapKind::IntegerDivideByZero)];
        if op == "div_s" {
            // The only quotient that one bit more than N is needed for.
            traps.push((a.bvsdiv_no_overflow(&b).not(), TrapKind::IntegerOverflow));
        }
        (traps, vec![Says::is(divide(&a, &b).expect("it is one"))])
    }))
}

/// An operation on one integer.
pub(super) fn unop(op: &str, a: &BV) -> Option<BV> {
    let n = a.get_size();
    Some(match op {
        "neg" => a.bvneg(),
        "abs" => a.bvslt(number(n, 0)).ite(&a.bvneg(), a),
        // The highest bit that is set has the last word.
        "clz" => (0..n).fold(number(n, n.into()), |count, i| is_set(a, i).ite(&number(n, (n - 1 - i).into()), &count)),
        "ctz" => (0..n).rev().fold(number(n, n.into()), |count, i| is_set(a, i).ite(&number(n, i.into()), &count)),
        "popcnt" => ones(a, 0, n),
        "extend8_s" => extend(&low(a, 8), true, n),
        "extend16_s" => extend(&low(a, 16), true, n),
        "extend32_s" if n == 64 => extend(&low(a, 32), true, n),
        _ => return None,
    })
}

fn is_set(a: &BV, i: u32) -> Bool {
    a.extract(i, i).eq(number(1, 1))
}

/// The number of ones among so many bits from one on, in as many bits: those of one half and those of the other.
fn ones(a: &BV, from: u32, count: u32) -> BV {
    let half = |from| extend(&ones(a, from, count / 2), false, count);
    if count == 1 { a.extract(from, from) } else { half(from).bvadd(half(from + count / 2)) }
}

/// An integer of more bits, as the nearest of N bits.
pub(super) fn saturate(a: &BV, signed: bool, n: u32) -> BV {
    let least = if signed { number(a.get_size(), 1 << (n - 1)).bvneg() } else { number(a.get_size(), 0) };
    let greatest = number(a.get_size(), if signed { (1 << (n - 1)) - 1 } else { (1 << n) - 1 });
    let below = a.bvslt(&least).ite(&least, a);
    low(&a.bvsgt(&greatest).ite(&greatest, &below), n)
}

/// An operation on two integers that is defined everywhere.
pub(super) fn binop(op: &str, a: &BV, b: &BV) -> Option<BV> {
    let n = a.get_size();
    let amount = || b.bvurem(number(n, n.into()));
    // Twice in a row, of which rotation takes a part.
    let twice = || (a.concat(a), extend(&amount(), false, 2 * n));
    let wider = |signed| (extend(a, signed, n + 2), extend(b, signed, n + 2));
    Some(match op {
        "add" => a.bvadd(b),
        "sub" => a.bvsub(b),
        "mul" => a.bvmul(b),
        "and" => a.bvand(b),
        "or" => a.bvor(b),
        "xor" => a.bvxor(b),
        "shl" => a.bvshl(amount()),
        "shr_s" => a.bvashr(amount()),
        "shr_u" => a.bvlshr(amount()),
        "rotl" => {
            let (twice, k) = twice();
            twice.bvshl(k).extract(2 * n - 1, n)
        }
        "rotr" => {
            let (twice, k) = twice();
            low(&twice.bvlshr(k), n)
        }
        "min_s" => a.bvsle(b).ite(a, b),
        "min_u" => a.bvule(b).ite(a, b),
        "max_s" => a.bvsge(b).ite(a, b),
        "max_u" => a.bvuge(b).ite(a, b),
        "add_sat_s" | "add_sat_u" => {
            let (a, b) = wider(op.ends_with('s'));
            saturate(&a.bvadd(b), op.ends_with('s'), n)
        }
        "sub_sat_s" | "sub_sat_u" => {
            let (a, b) = wider(op.ends_with('s'));
            saturate(&a.bvsub(b), op.ends_with('s'), n)
        }
        "avgr_u" => {
            let (a, b) = wider(false);
            low(&a.bvadd(b).bvadd(number(n + 2, 1)).bvudiv(number(n + 2, 2)), n)
        }
        "q15mulr_sat_s" => {
            // The product is 2^(2N-2) at most, so that it can be rounded in 2N bits.
            let product = extend(a, true, 2 * n).bvmul(extend(b, true, 2 * n));
            saturate(&product.bvadd(number(2 * n, 1 << 14)).bvashr(number(2 * n, 15)), true, n)
        }
        _ => return None,
    })
}

/// A comparison of two integers.
pub(super) fn relop(op: &str, a: &BV, b: &BV) -> Option<Bool> {
    Some(match op {
        "eq" => a.eq(b),
        "ne" => a.eq(b).not(),
        "lt_s" => a.bvslt(b),
        "lt_u" => a.bvult(b),
        "gt_s" => a.bvsgt(b),
        "gt_u" => a.bvugt(b),
        "le_s" => a.bvsle(b),
        "le_u" => a.bvule(b),
        "ge_s" => a.bvsge(b),
        "ge_u" => a.bvuge(b),
        _ => return None,
    })
}

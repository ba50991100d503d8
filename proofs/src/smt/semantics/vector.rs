//! Integer instructions on vectors (4.3.5): lanes, the first in the lowest bits.

use z3::ast::{BV, Bool};

use super::meaning::{Meaning, Says, bits, extend, join, low, number, truth};
use super::scalar::{binop, relop, saturate, unop};

/// Width of the lanes of a shape.
pub(super) fn lane_width(shape: &str) -> Option<u32> {
    match shape {
        "i8x16" => Some(8),
        "i16x8" => Some(16),
        "i32x4" | "f32x4" => Some(32),
        "i64x2" | "f64x2" => Some(64),
        _ => None,
    }
}

/// The lanes of a vector.
pub(super) fn lanes(v: &BV, width: u32) -> Vec<BV> {
    (0..v.get_size() / width).map(|i| v.extract((i + 1) * width - 1, i * width)).collect()
}

/// A meaning lane by lane.
fn each(means: impl IntoIterator<Item = BV>) -> Vec<Says> {
    means.into_iter().map(Says::is).collect()
}

/// What the standard says of an instruction of vectors.
pub(super) fn meanings(name: &str) -> Vec<Meaning> {
    let Some((shape, op)) = name.split_once('.') else { return Vec::new() };
    let one = |meaning: Option<Meaning>| meaning.into_iter().collect::<Vec<_>>();
    if shape == "v128" {
        return if op == "const" { constants(name) } else { one(bitwise(name, op)) };
    }
    let Some(n) = lane_width(shape) else { return Vec::new() };
    let placed = placed(name, shape, op, n);
    if !placed.is_empty() || shape.starts_with('f') {
        return placed;
    }
    one(lanewise(name, op, n).or_else(|| across(name, op, n)).or_else(|| relaxed(name, op, n)))
}

fn constants(name: &str) -> Vec<Meaning> {
    let immediates = [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210];
    let of = |c: u128| {
        let halves = format!("{name} i64x2 {} {}", c as u64, (c >> 64) as u64);
        Meaning::total(&halves, [], "v128", |[]| number(128, c))
    };
    immediates.into_iter().map(of).collect()
}

/// On vectors as a whole.
fn bitwise(name: &str, op: &str) -> Option<Meaning> {
    let binop = |f: fn(&BV, &BV) -> BV| Some(Meaning::total(name, ["v128"; 2], "v128", |[a, b]| f(&a, &b)));
    match op {
        "and" => binop(|a, b| a.bvand(b)),
        "or" => binop(|a, b| a.bvor(b)),
        "xor" => binop(|a, b| a.bvxor(b)),
        "andnot" => binop(|a, b| a.bvnor(a).bvnor(b)),
        "not" => Some(Meaning::total(name, ["v128"], "v128", |[a]| a.bvnot())),
        "any_true" => Some(Meaning::total(name, ["v128"], "i32", |[a]| extend(&a.bvredor(), false, 32))),
        // Where c has a one, what a differs from b in.
        "bitselect" => Some(Meaning::total(name, ["v128"; 3], "v128", |[a, b, c]| b.bvxor(a.bvxor(&b).bvand(c)))),
        _ => None,
    }
}

/// With the index of a lane, or with a value for all of them: of integers and floats alike.
fn placed(name: &str, shape: &str, op: &str, n: u32) -> Vec<Meaning> {
    let ty = match (shape.as_bytes()[0], n) {
        (b'f', 32) => "f32",
        (b'f', _) => "f64",
        (_, 64) => "i64",
        _ => "i32",
    };
    let dim = 128 / n;
    let of = |i: u32| {
        let instr = format!("{name} {i}");
        let place = (i + 1) * n - 1..=i * n;
        match op {
            "extract_lane" | "extract_lane_s" | "extract_lane_u" => Meaning::total(&instr, ["v128"], ty, |[a]| {
                extend(&a.extract(*place.start(), *place.end()), op.ends_with('s'), bits(ty))
            }),
            // The bits of the lane are cleared, and set.
            _ => Meaning::total(&instr, ["v128", ty], "v128", |[a, b]| {
                let at = number(128, (i * n).into());
                let mask = number(128, u128::MAX >> (128 - n)).bvshl(&at);
                a.bvand(mask.bvnot()).bvor(extend(&low(&b, n), false, 128).bvshl(at))
            }),
        }
    };
    match op {
        "splat" => vec![Meaning::total(name, [ty], "v128", |[a]| join((0..dim).map(|_| low(&a, n))))],
        "extract_lane" | "extract_lane_s" | "extract_lane_u" | "replace_lane" => (0..dim).map(of).collect(),
        "shuffle" => shuffles(name),
        _ => Vec::new(),
    }
}

/// By indices that are all of both vectors, in order and in reverse, from either, and mixed.
fn shuffles(name: &str) -> Vec<Meaning> {
    let indices: [fn(u32) -> u32; 6] =
        [|i| i, |i| 16 + i, |i| 31 - i, |i| 15 - i, |i| (5 * i + 3) % 32, |i| i / 2 + 16 * (i % 2)];
    let of = |index: fn(u32) -> u32| {
        let text: String = (0..16).map(|i| format!(" {}", index(i))).collect();
        Meaning::pieces(&format!("{name}{text}"), ["v128"; 2], "v128", |[a, b]| {
            let both = lanes(&b.concat(&a), 8);
            each((0..16).map(|i| both[index(i) as usize].clone()))
        })
    };
    indices.into_iter().map(of).collect()
}

/// From lanes to lanes in the same places.
fn lanewise(name: &str, op: &str, n: u32) -> Option<Meaning> {
    let a = BV::new_const("a", n);
    let ones = |b: Bool| b.ite(&number(n, u128::MAX), &number(n, 0));
    if unop(op, &a).is_some() {
        return Some(Meaning::pieces(name, ["v128"], "v128", |[a]| {
            each(lanes(&a, n).iter().filter_map(|a| unop(op, a)))
        }));
    }
    if matches!(op, "shl" | "shr_s" | "shr_u") {
        return Some(Meaning::pieces(name, ["v128", "i32"], "v128", |[a, b]| {
            let amount = b.bvurem(number(32, n.into()));
            let amount = if n < 32 { low(&amount, n) } else { extend(&amount, false, n) };
            each(lanes(&a, n).iter().filter_map(|a| binop(op, a, &amount)))
        }));
    }
    if binop(op, &a, &a).is_some() {
        return Some(Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
            each(lanes(&a, n).iter().zip(&lanes(&b, n)).filter_map(|(a, b)| binop(op, a, b)))
        }));
    }
    relop(op, &a, &a)?;
    Some(Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
        each(lanes(&a, n).iter().zip(&lanes(&b, n)).filter_map(|(a, b)| relop(op, a, b)).map(ones))
    }))
}

/// From lanes to lanes in other places or of another width, or to a number.
fn across(name: &str, op: &str, n: u32) -> Option<Meaning> {
    let signed = op.ends_with("_s");
    // What is before the shape and the sign.
    let what = op.split("_i").next()?;
    let from_half = |v: &BV| {
        let half = if what.ends_with("high") { v.extract(127, 64) } else { v.extract(63, 0) };
        lanes(&half, n / 2).iter().map(|c| extend(c, signed, n)).collect::<Vec<_>>()
    };
    let wide = |v: &BV| lanes(v, n / 2).iter().map(|c| extend(c, signed, n)).collect::<Vec<_>>();
    let products = |a: Vec<BV>, b: Vec<BV>| a.iter().zip(&b).map(|(a, b)| a.bvmul(b)).collect::<Vec<_>>();
    let sums = |all: Vec<BV>| each(all.chunks(2).map(|two| two[0].bvadd(&two[1])));
    Some(match what {
        "all_true" => Meaning::total(name, ["v128"], "i32", |[a]| {
            truth(&lanes(&a, n).iter().fold(a.eq(&a), |all, c| Bool::and(&[all, c.eq(number(n, 0)).not()])))
        }),
        "bitmask" => Meaning::total(name, ["v128"], "i32", |[a]| {
            extend(&join(lanes(&a, n).iter().map(|c| c.extract(n - 1, n - 1))), false, 32)
        }),
        // A byte of the vector, moved to the lowest place, if there is one with that index.
        "swizzle" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, s]| {
            each(lanes(&s, 8).iter().map(|i| {
                let moved = low(&a.bvlshr(extend(i, false, 128).bvmul(number(128, 8))), 8);
                i.bvult(number(8, 16)).ite(&moved, &number(8, 0))
            }))
        }),
        "narrow" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
            each(lanes(&b.concat(&a), 2 * n).iter().map(|c| saturate(c, signed, n)))
        }),
        "extend_low" | "extend_high" => Meaning::pieces(name, ["v128"], "v128", |[a]| each(from_half(&a))),
        "extmul_low" | "extmul_high" => {
            Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| each(products(from_half(&a), from_half(&b))))
        }
        "extadd_pairwise" => Meaning::pieces(name, ["v128"], "v128", |[a]| sums(wide(&a))),
        "dot" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| sums(products(wide(&a), wide(&b)))),
        _ => return None,
    })
}

/// Those of relaxed SIMD that have integers only (4.3.6): each lane is one of a set.
fn relaxed(name: &str, op: &str, n: u32) -> Option<Meaning> {
    Some(match op {
        // An index beyond the lanes: zero, or modulo 16 where it is below 128.
        "relaxed_swizzle" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, s]| {
            let of = |i: &BV| {
                let zero = number(8, 0);
                let moved = low(&a.bvlshr(extend(&i.bvurem(number(8, 16)), false, 128).bvmul(number(128, 8))), 8);
                let exact = i.bvult(number(8, 16)).ite(&moved, &zero);
                Says::one_of(vec![exact, i.bvult(number(8, 128)).ite(&moved, &zero)])
            };
            lanes(&s, 8).iter().map(of).collect()
        }),
        // By bits, by the sign of the lane, or by those of its bytes where it has two.
        "relaxed_laneselect" => Meaning::pieces(name, ["v128"; 3], "v128", |[a, b, c]| {
            let select = |a: &BV, b: &BV, c: &BV, m: u32| {
                let parts = lanes(a, m).into_iter().zip(lanes(b, m)).zip(lanes(c, m));
                join(parts.map(|((a, b), c)| c.bvslt(number(m, 0)).ite(&a, &b)))
            };
            let by: &[u32] = if n == 16 { &[1, 16, 8] } else { &[1, n] };
            let parts = lanes(&a, n).into_iter().zip(lanes(&b, n)).zip(lanes(&c, n));
            parts.map(|((a, b), c)| Says::one_of(by.iter().map(|m| select(&a, &b, &c, *m)).collect())).collect()
        }),
        // The square of the least number has no 16 bits: it saturates, or wraps.
        "relaxed_q15mulr_s" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
            let of = |(a, b): (BV, BV)| {
                let least = number(16, 0x8000);
                let overflows = Bool::and(&[a.eq(&least), b.eq(&least)]);
                let saturated = binop("q15mulr_sat_s", &a, &b).expect("it is one");
                let wraps = overflows.ite(&least, &saturated);
                Says::one_of(vec![saturated, wraps])
            };
            lanes(&a, 16).into_iter().zip(lanes(&b, 16)).map(of).collect()
        }),
        "relaxed_dot_i8x16_i7x16_s" => Meaning::pieces(name, ["v128"; 2], "v128", |[a, b]| {
            let (signed, unsigned) = (dot(&a, &b, true), dot(&a, &b, false));
            signed.into_iter().zip(unsigned).map(|(s, u)| Says::one_of(vec![s, u])).collect()
        }),
        "relaxed_dot_i8x16_i7x16_add_s" => Meaning::pieces(name, ["v128"; 3], "v128", |[a, b, c]| {
            let added = |signed: bool| {
                let pairs = dot(&a, &b, signed);
                let sums = pairs.chunks(2).map(|two| extend(&two[0], true, 32).bvadd(extend(&two[1], true, 32)));
                sums.zip(lanes(&c, 32)).map(|(sum, c)| sum.bvadd(c)).collect::<Vec<_>>()
            };
            let (signed, unsigned) = (added(true), added(false));
            signed.into_iter().zip(unsigned).map(|(s, u)| Says::one_of(vec![s, u])).collect()
        }),
        _ => return None,
    })
}

/// Sums of two products of 8 bits by 7, saturated in 16; what the 8th bit of the second is, depends.
fn dot(a: &BV, b: &BV, signed: bool) -> Vec<BV> {
    let products = lanes(a, 8).into_iter().zip(lanes(b, 8));
    let products = products.map(|(a, b)| extend(&a, true, 16).bvmul(extend(&b, signed, 16)));
    let limit = |a: &BV| a.bvslt(number(16, 0)).ite(&number(16, 0x8000), &number(16, 0x7fff));
    let sum = |a: &BV, b: &BV| {
        let fits = Bool::and(&[a.bvadd_no_overflow(b, true), a.bvadd_no_underflow(b)]);
        fits.ite(&a.bvadd(b), &limit(a))
    };
    products.collect::<Vec<_>>().chunks(2).map(|two| sum(&two[0], &two[1])).collect()
}

//! Every vector instruction against an independent formulation: lanes as Rust's integers and floats, found by the
//! instruction's name. What runs is a module, so that the rows of the instruction table are tested with the numerics.

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{ExternAddr, Val, Value};
use assay_interp::machine::{Budgets, Machine};
use assay_interp::outcome::{Outcome, TrapKind};
use assay_interp::syntax::Instr;

/// Runs the function `f` of a module on each of the arguments.
fn run(text: &str, args: impl IntoIterator<Item = Vec<Value>>, mut then: impl FnMut(&[Value], Outcome)) {
    let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let module = Arc::new(binary::decode(&wasm).unwrap_or_else(|e| panic!("{text}: {e}")));
    let mut machine = Machine::new(Budgets::default());
    let instance = machine.instantiate(&module, &[], &mut (), &mut ()).expect("instantiated");
    let Some(ExternAddr::Func(f)) = instance.export("f") else { panic!("f is exported") };
    for args in args {
        let outcome = machine.invoke(f, &args, &mut (), &mut ());
        then(&args, outcome);
    }
}

/// Vectors of all kinds of lanes, the same ones at each run.
struct Vectors(u64);

impl Vectors {
    fn bits(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn lane(&mut self, bits: u32) -> u128 {
        let floats32 = [0f32, 1.0, 1.5, 2.5, -0.5, 0.1, 2147483648.0, 4294967296.0, 1e30, f32::INFINITY, f32::NAN];
        let floats64 = [0f64, 1.0, 1.5, 2.5, -0.5, 0.1, 2147483647.5, 4294967295.5, 1e300, f64::INFINITY, f64::NAN];
        let any = self.bits();
        let lane = match self.bits() % 8 {
            0 => [0, 1, u64::MAX, 1 << (bits - 1), (1 << (bits - 1)) - 1, 2, 0x7f80][any as usize % 7],
            1 | 2 if bits == 32 => u64::from(floats32[any as usize % 11].to_bits()) ^ (any >> 63 << 31),
            1 | 2 if bits == 64 => floats64[any as usize % 11].to_bits() ^ (any >> 63 << 63),
            3 => any % 20,
            4 => (any % 20).wrapping_neg(),
            _ => any,
        };
        u128::from(lane) & ((1 << bits) - 1)
    }

    fn vector(&mut self) -> u128 {
        let bits = [8, 16, 32, 64][self.bits() as usize % 4];
        (0..128 / bits).fold(0, |v, i| v | self.lane(bits) << (bits * i))
    }
}

const CASES: usize = 400;

fn cases(seed: u64) -> Vec<[u128; 3]> {
    let mut vectors = Vectors(seed);
    (0..CASES).map(|_| [0; 3].map(|_| vectors.vector())).collect()
}

fn unsigned(v: u128, bits: u32) -> Vec<i128> {
    (0..128 / bits).map(|i| (v >> (bits * i) & ((1 << bits) - 1)) as i128).collect()
}

fn signed(v: u128, bits: u32) -> Vec<i128> {
    let sign = 1 << (bits - 1);
    unsigned(v, bits).into_iter().map(|c| if c >= sign { c - 2 * sign } else { c }).collect()
}

/// Lanes of this width, modulo 2^width; those that are missing are zero.
fn vector(lanes: impl IntoIterator<Item = i128>, bits: u32) -> u128 {
    let low = |c: i128| c as u128 & ((1 << bits) - 1);
    (0..).step_by(bits as usize).zip(lanes).fold(0, |v, (at, lane): (u32, _)| v | low(lane) << at)
}

/// Bits of the lanes of a shape, and whether they are floats.
fn shape(name: &str) -> Option<(u32, bool)> {
    Some(match name {
        "i8x16" => (8, false),
        "i16x8" => (16, false),
        "i32x4" => (32, false),
        "i64x2" => (64, false),
        "f32x4" => (32, true),
        "f64x2" => (64, true),
        _ => return None,
    })
}

fn canonical32(x: f32) -> i128 {
    if x.is_nan() { 0x7fc0_0000 } else { x.to_bits().into() }
}

fn canonical64(x: f64) -> i128 {
    if x.is_nan() { 0x7ff8_0000_0000_0000 } else { x.to_bits().into() }
}

/// A float operation on lanes by Rust's floats; those that don't compute keep the bits of a NaN.
macro_rules! float_op {
    ($F:ident, $U:ident, $canonical:ident, $op:expr, $lanes:expr) => {{
        let [x, y, z]: [$F; 3] = $lanes.map(|c: i128| $F::from_bits(c as $U));
        let nan = x.is_nan() || y.is_nan();
        let truth = |b: bool| Some(if b { -1 } else { 0 });
        let bits = |x: $F| Some(i128::from(x.to_bits()));
        let computed = |x: $F| Some($canonical(x));
        match $op {
            "abs" => bits(x.abs()),
            "neg" => bits(-x),
            "pmin" => bits(if y < x { y } else { x }),
            "pmax" => bits(if x < y { y } else { x }),
            "sqrt" => computed(x.sqrt()),
            "ceil" => computed(x.ceil()),
            "floor" => computed(x.floor()),
            "trunc" => computed(x.trunc()),
            "nearest" => computed(x.round_ties_even()),
            "add" => computed(x + y),
            "sub" => computed(x - y),
            "mul" => computed(x * y),
            "div" => computed(x / y),
            "min" | "relaxed_min" if nan => computed($F::NAN),
            "max" | "relaxed_max" if nan => computed($F::NAN),
            "min" | "relaxed_min" => bits(if x < y || x == y && x.is_sign_negative() { x } else { y }),
            "max" | "relaxed_max" => bits(if x > y || x == y && x.is_sign_positive() { x } else { y }),
            "relaxed_madd" => computed(x * y + z),
            "relaxed_nmadd" => computed(-x * y + z),
            "eq" => truth(x == y),
            "ne" => truth(x != y),
            "lt" => truth(x < y),
            "gt" => truth(x > y),
            "le" => truth(x <= y),
            "ge" => truth(x >= y),
            _ => None,
        }
    }};
}

/// An operation on integer lanes, with a sign and without.
fn integer_op(op: &str, bits: u32, [a, b, c]: [i128; 3], [ua, ub, uc]: [i128; 3]) -> Option<i128> {
    let limit = 1i128 << (bits - 1);
    let sat_s = |x: i128| x.clamp(-limit, limit - 1);
    let sat_u = |x: i128| x.clamp(0, 2 * limit - 1);
    let truth = |b: bool| if b { -1 } else { 0 };
    Some(match op {
        "abs" => a.abs(),
        "neg" => -a,
        "popcnt" => ua.count_ones().into(),
        "add" => a + b,
        "sub" => a - b,
        "mul" => a.wrapping_mul(b),
        "add_sat_s" => sat_s(a + b),
        "add_sat_u" => sat_u(ua + ub),
        "sub_sat_s" => sat_s(a - b),
        "sub_sat_u" => sat_u(ua - ub),
        "min_s" => a.min(b),
        "min_u" => ua.min(ub),
        "max_s" => a.max(b),
        "max_u" => ua.max(ub),
        "avgr_u" => (ua + ub + 1) / 2,
        "q15mulr_sat_s" | "relaxed_q15mulr_s" => sat_s((a * b + 0x4000) >> 15),
        "relaxed_laneselect" => (ua & uc) | (ub & !c),
        "eq" => truth(a == b),
        "ne" => truth(a != b),
        "lt_s" => truth(a < b),
        "lt_u" => truth(ua < ub),
        "gt_s" => truth(a > b),
        "gt_u" => truth(ua > ub),
        "le_s" => truth(a <= b),
        "le_u" => truth(ua <= ub),
        "ge_s" => truth(a >= b),
        "ge_u" => truth(ua >= ub),
        _ => return None,
    })
}

fn of_sign(v: u128, bits: u32, op: &str) -> Vec<i128> {
    if op.ends_with("_u") || op.ends_with("_u_zero") { unsigned(v, bits) } else { signed(v, bits) }
}

/// `op_fromShape_sx`: the operation on the lanes of another shape.
fn between(to: u32, op: &str, [v1, v2, v3]: [u128; 3]) -> Option<u128> {
    let (at, name) = ["i8x16", "i16x8", "i32x4", "f32x4", "f64x2"].iter().find_map(|s| Some((op.find(s)?, *s)))?;
    let ((from, float), count) = (shape(name)?, 128 / to as usize);
    let (a, b) = (of_sign(v1, from, op), of_sign(v2, from, op));
    let saturated = |whole: f64| if op.contains("_u") { i128::from(whole as u32) } else { (whole as i32).into() };
    let limit = 1i128 << (to - 1);
    let pairs = |lanes: Vec<i128>| lanes.chunks(2).map(|pair| pair[0] + pair[1]).collect::<Vec<_>>();
    let products = || a.iter().zip(&b).map(|(x, y)| x * y).collect::<Vec<_>>();
    let lanes: Vec<i128> = match &op[..at] {
        "narrow_" => {
            let range = if op.ends_with("_u") { 0..=2 * limit - 1 } else { -limit..=limit - 1 };
            let wide = signed(v1, from).into_iter().chain(signed(v2, from));
            wide.map(|c| c.clamp(*range.start(), *range.end())).collect()
        }
        "extend_low_" => a[..count].to_vec(),
        "extend_high_" => a[count..].to_vec(),
        "extmul_low_" => products()[..count].to_vec(),
        "extmul_high_" => products()[count..].to_vec(),
        "extadd_pairwise_" => pairs(a),
        "dot_" => pairs(products()),
        "relaxed_dot_" => {
            let clamped = |x: i128| x.clamp(-0x8000, 0x7fff);
            let dot: Vec<i128> = pairs(products()).into_iter().map(clamped).collect();
            let third = signed(v3, 32);
            if op.contains("_add") { pairs(dot).into_iter().zip(third).map(|(x, y)| x + y).collect() } else { dot }
        }
        "trunc_sat_" | "relaxed_trunc_" => {
            let float = |c: i128| if from == 32 { f32::from_bits(c as u32).into() } else { f64::from_bits(c as u64) };
            unsigned(v1, from).into_iter().map(|c| saturated(float(c))).collect()
        }
        "convert_" => a.into_iter().map(|c| i128::from((c as f32).to_bits())).collect(),
        "convert_low_" => a[..2].iter().map(|c| i128::from((*c as f64).to_bits())).collect(),
        "demote_" => unsigned(v1, 64).into_iter().map(|c| canonical32(f64::from_bits(c as u64) as f32)).collect(),
        "promote_low_" => unsigned(v1, 32)[..2].iter().map(|c| canonical64(f32::from_bits(*c as u32).into())).collect(),
        _ => return None,
    };
    assert_eq!(float, name.starts_with('f'));
    Some(vector(lanes, to))
}

/// What an instruction makes of up to three vectors, by its name.
fn vector_model(mnemonic: &str, vs @ [v1, v2, v3]: [u128; 3]) -> Option<u128> {
    let (prefix, op) = mnemonic.split_once('.')?;
    if prefix == "v128" {
        return Some(match op {
            "not" => !v1,
            "and" => v1 & v2,
            "andnot" => v1 & !v2,
            "or" => v1 | v2,
            "xor" => v1 ^ v2,
            "bitselect" => (v1 & v3) | (v2 & !v3),
            _ => return None,
        });
    }
    let (bits, float) = shape(prefix)?;
    if matches!(op, "swizzle" | "relaxed_swizzle") {
        let (from, indices) = (v1.to_le_bytes(), v2.to_le_bytes());
        return Some(u128::from_le_bytes(indices.map(|i| from.get(usize::from(i)).copied().unwrap_or(0))));
    }
    if let Some(v) = between(bits, op, vs) {
        return Some(v);
    }
    let (s, u) = (vs.map(|v| signed(v, bits)), vs.map(|v| unsigned(v, bits)));
    let lane = |i: usize| {
        let (s, u) = ([0, 1, 2].map(|k| s[k][i]), [0, 1, 2].map(|k| u[k][i]));
        match (float, bits) {
            (true, 32) => float_op!(f32, u32, canonical32, op, u),
            (true, _) => float_op!(f64, u64, canonical64, op, u),
            (false, _) => integer_op(op, bits, s, u),
        }
    };
    let lanes: Option<Vec<i128>> = (0..128 / bits as usize).map(lane).collect();
    Some(vector(lanes?, bits))
}

fn is_vector(mnemonic: &str) -> bool {
    mnemonic.split_once('.').is_some_and(|(prefix, _)| prefix == "v128" || shape(prefix).is_some())
}

fn on_memory(mnemonic: &str) -> bool {
    mnemonic.starts_with("v128.load") || mnemonic.starts_with("v128.store")
}

#[test]
fn operations_on_vectors_alone() {
    let mut modelled = 0;
    for (seed, (_, mnemonic)) in (0..).zip(Instr::all()) {
        if !is_vector(mnemonic) || vector_model(mnemonic, [0; 3]).is_none() {
            continue;
        }
        modelled += 1;
        let three = ["bitselect", "madd", "laneselect", "_add_s"].iter().any(|end| mnemonic.ends_with(end));
        let one = [".not", ".abs", ".neg", ".popcnt", ".sqrt", ".ceil", ".floor", ".trunc", ".nearest"];
        let from = ["extend_", "extadd_", "convert_", "trunc_", "demote_", "promote_"];
        let one = one.iter().any(|end| mnemonic.ends_with(end)) || from.iter().any(|words| mnemonic.contains(words));
        let n = if three { 3 } else { 2 - usize::from(one) };
        let operands: String = (0..n).map(|i| format!("(local.get {i})")).collect();
        let text =
            format!("(module (func (export \"f\") (param v128 v128 v128) (result v128) ({mnemonic} {operands})))");
        run(&text, cases(seed).into_iter().map(|vs| vs.map(Val::V128).to_vec()), |args, outcome| {
            let [Val::V128(v1), Val::V128(v2), Val::V128(v3)] = args else { panic!("vectors") };
            let wanted = vector_model(mnemonic, [*v1, *v2, *v3]).expect("modelled");
            let Outcome::Returned(results) = &outcome else { panic!("{mnemonic}: {outcome}") };
            assert_eq!(results, &[Val::V128(wanted)], "{mnemonic} of {args:?}, wanted {}", Value::V128(wanted));
        });
    }
    // The others are a constant, accesses, 12 shifts, 9 tests and bitmasks, a shuffle, 6 splats, 14 on single lanes.
    let all = Instr::all().iter().filter(|(_, mnemonic)| is_vector(mnemonic) && !on_memory(mnemonic)).count();
    assert_eq!((all, modelled), (234, 234 - 1 - 12 - 9 - 1 - 6 - 14));
}

/// Runs a function of a vector and a number, and compares its one result.
fn check(text: &str, seed: u64, number: fn(u64) -> Value, wanted: impl Fn(u128, u64) -> Value) {
    let mut numbers = Vectors(seed ^ 0x5555);
    let args: Vec<(u128, u64)> = cases(seed).into_iter().map(|[v, ..]| (v, numbers.lane(64) as u64)).collect();
    let mut expected = args.iter().map(|(v, c)| wanted(*v, *c));
    run(text, args.iter().map(|(v, c)| vec![Val::V128(*v), number(*c)]), |args, outcome| {
        let wanted = expected.next().expect("as many as arguments");
        assert_eq!(outcome, Outcome::Returned(vec![wanted]), "{text} of {args:?}");
    });
}

fn of(body: &str, param: &str, result: &str) -> String {
    format!("(module (func (export \"f\") (param v128 {param}) (result {result}) {body}))")
}

#[test]
fn shifts() {
    for (seed, name) in (0..).zip(["i8x16", "i16x8", "i32x4", "i64x2"]) {
        let (bits, _) = shape(name).expect("a shape");
        let text = |op: &str| of(&format!("({name}.{op} (local.get 0) (local.get 1))"), "i32", "v128");
        let by = |c: u64| c as u32 % bits;
        let i32 = |c: u64| Val::I32(c as u32);
        check(&text("shl"), seed, i32, |v, c| {
            Val::V128(vector(unsigned(v, bits).into_iter().map(|x| x << by(c)), bits))
        });
        check(&text("shr_u"), seed, i32, |v, c| {
            Val::V128(vector(unsigned(v, bits).into_iter().map(|x| x >> by(c)), bits))
        });
        check(&text("shr_s"), seed, i32, |v, c| {
            Val::V128(vector(signed(v, bits).into_iter().map(|x| x >> by(c)), bits))
        });
    }
}

#[test]
fn tests_and_bitmasks() {
    let text = |op: &str| of(&format!("({op} (local.get 0))"), "i32", "i32");
    let i32 = |c: u64| Val::I32(c as u32);
    check(&text("v128.any_true"), 0, i32, |v, _| Val::I32((v != 0).into()));
    for (seed, name) in (0..).zip(["i8x16", "i16x8", "i32x4", "i64x2"]) {
        let (bits, _) = shape(name).expect("a shape");
        check(&text(&format!("{name}.all_true")), seed, i32, |v, _| {
            Val::I32(unsigned(v, bits).into_iter().all(|c| c != 0).into())
        });
        check(&text(&format!("{name}.bitmask")), seed, i32, |v, _| {
            Val::I32((0..).zip(signed(v, bits)).map(|(i, c)| u32::from(c < 0) << i).sum())
        });
    }
    // Random vectors are never zero, and have no lane that is.
    run(&text("v128.any_true"), [vec![Val::V128(0), Val::I32(0)]], |_, outcome| {
        assert_eq!(outcome, Outcome::Returned(vec![Val::I32(0)]));
    });
}

#[test]
fn single_lanes() {
    type Number = fn(u64) -> Value;
    let numbers: [(&str, Number); 4] =
        [("i32", |c| Val::I32(c as u32)), ("i64", Val::I64), ("f32", |c| Val::F32(c as u32)), ("f64", Val::F64)];
    for (seed, name) in (0..).zip(["i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"]) {
        let (bits, _) = shape(name).expect("a shape");
        let t = if bits < 32 { "i32" } else { &name[..3] };
        let number = numbers.iter().find(|(name, _)| *name == t).expect("a type").1;
        let splat = of(&format!("({name}.splat (local.get 1))"), t, "v128");
        check(&splat, seed, number, |_, c| Val::V128(vector(vec![i128::from(c); 128 / bits as usize], bits)));
        for i in 0..128 / bits as usize {
            let replace = of(&format!("({name}.replace_lane {i} (local.get 0) (local.get 1))"), t, "v128");
            check(&replace, seed, number, |v, c| {
                let mut lanes = unsigned(v, bits);
                lanes[i] = c.into();
                Val::V128(vector(lanes, bits))
            });
            for (sx, is_signed) in if bits < 32 { &[("_s", true), ("_u", false)][..] } else { &[("", false)] } {
                let extract = of(&format!("({name}.extract_lane{sx} {i} (local.get 0))"), t, t);
                check(&extract, seed, number, |v, _| {
                    number(if *is_signed { signed(v, bits) } else { unsigned(v, bits) }[i] as u64)
                });
            }
        }
    }
}

#[test]
fn shuffles() {
    let mut indices = Vectors(7);
    for round in 0..40 {
        let is = [0; 16].map(|_| indices.bits() as usize % 32);
        let list: String = is.iter().map(|i| format!(" {i}")).collect();
        let text = format!(
            "(module (func (export \"f\") (param v128 v128) (result v128)
              (i8x16.shuffle{list} (local.get 0) (local.get 1))))"
        );
        let args = cases(round).into_iter().map(|[v1, v2, _]| vec![Val::V128(v1), Val::V128(v2)]);
        run(&text, args, |args, outcome| {
            let [Val::V128(v1), Val::V128(v2)] = args else { panic!("vectors") };
            let both = [v1.to_le_bytes(), v2.to_le_bytes()].concat();
            let wanted = u128::from_le_bytes(is.map(|i| both[i]));
            assert_eq!(outcome, Outcome::Returned(vec![Val::V128(wanted)]));
        });
    }
}

/// The bytes of the memory, each other than its neighbours; from 65,536 on there are none.
fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9d) >> 3) as u8 ^ at as u8
}

fn memory() -> String {
    let bytes: String = (0..0x1_0000).map(|at| format!("\\{:02x}", byte(at))).collect();
    format!("(memory 1) (data (i32.const 0) \"{bytes}\")")
}

/// Bytes of an access, and what it makes of them and the vector that was there.
fn loaded(op: &str, lane: usize, v: u128, at: u64) -> (u64, u128) {
    let number = |n: u64| (0..n).rev().fold(0u128, |c, i| c << 8 | u128::from(byte(at + i)));
    let digits = |words: &str| words.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u32>();
    let Ok(bits) = digits(op) else { return (16, number(16)) };
    let n = u64::from(bits) / 8;
    if let Some((_, rest)) = op.split_once('x') {
        let wide = |c: i128| if op.ends_with("_s") && c >> (bits - 1) == 1 { c - (1 << bits) } else { c };
        let count = digits(rest).expect("a number of lanes") as usize;
        return (8, vector(unsigned(number(8), bits)[..count].iter().map(|c| wide(*c)), 2 * bits));
    }
    let mut lanes = unsigned(v, bits);
    match op.rsplit_once('_').expect("an underscore").1 {
        "splat" => lanes.fill(number(n) as i128),
        "zero" => lanes = vec![number(n) as i128],
        _ => lanes[lane] = number(n) as i128,
    }
    (n, vector(lanes, bits))
}

#[test]
fn accesses() {
    let mut count = 0;
    for (_, mnemonic) in Instr::all().iter().filter(|(_, mnemonic)| on_memory(mnemonic)) {
        count += 1;
        let (is_lane, is_store) = (mnemonic.ends_with("_lane"), mnemonic.starts_with("v128.store"));
        let op = mnemonic.trim_start_matches("v128.load").trim_start_matches("v128.store");
        let last = op.trim_end_matches("_lane").parse::<usize>().map_or(0, |bits| 128 / bits - 1);
        let immediate = if is_lane { last.to_string() } else { String::new() };
        let vector = if is_lane || is_store { "(local.get 1)" } else { "" };
        let access = format!("({mnemonic} offset=3 {immediate} (local.get 0) {vector})");
        // A store's effect is what can be loaded from there.
        let body = if is_store { format!("{access} (v128.load offset=3 (local.get 0))") } else { access };
        let text = format!("(module {} (func (export \"f\") (param i32 v128) (result v128) {body}))", memory());
        let v = 0x0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0;
        let addresses = [0, 1, 5, 250, 0xffed, 0xffee, 0xfff5, 0xfff6, 0xfffb, 0xfffc, 0xfffd, 0xffff, u32::MAX];
        run(&text, addresses.map(|i| vec![Val::I32(i), Val::V128(v)]), |args, outcome| {
            let Val::I32(i) = args[0] else { panic!("an address") };
            let at = u64::from(i) + 3;
            let (n, wanted) = match is_store {
                false => loaded(op, last, v, at),
                true if is_lane => {
                    let bits = 128 / (last as u32 + 1);
                    let there = (0..16).rev().fold(0, |c, k| c << 8 | u128::from(byte(at + k)));
                    (16, there >> bits << bits | v >> (bits * last as u32))
                }
                true => (16, v),
            };
            if at + n <= 0x1_0000 {
                assert_eq!(outcome, Outcome::Returned(vec![Val::V128(wanted)]), "{mnemonic} at {at}");
            } else {
                let Outcome::Trapped(trap) = outcome else { panic!("{mnemonic} at {at} {outcome}") };
                assert_eq!(trap.kind, TrapKind::MemoryOutOfBounds);
            }
        });
    }
    assert_eq!(count, 22);
}

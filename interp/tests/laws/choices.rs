//! Choices: what is chosen is allowed, and what is noted as a choice is one, for every numeric and vector instruction.

use super::*;
use assay_interp::binary;
use assay_interp::exec::{ExternAddr, Val, Value, allowed, chooses, operand_types};
use assay_interp::machine::{Budgets, Machine};
use assay_interp::outcome::Outcome;
use assay_interp::syntax::{Instr, Module, ValType};
use assay_interp::value::{Chosen, Profile};
use std::sync::{Arc, LazyLock};

/// A module that exports one instruction, as `f`.
pub(super) struct Single {
    pub(super) instr: Instr,
    pub(super) module: Arc<Module>,
    pub(super) types: &'static [ValType],
}

fn decoded(text: &str) -> Option<Module> {
    binary::decode(&wat::parse_str(text).ok()?).ok()
}

impl Single {
    /// Of an instruction in the text format, if it is a numeric or vector instruction.
    fn new(text: &str) -> Option<Single> {
        let module = decoded(&format!("(module (func unreachable {text} unreachable))"))?;
        let instr = module.funcs[0].body.expr().instrs[1].clone();
        let types = operand_types(&instr)?;
        let params: String = types.iter().map(|t| format!(" {t}")).collect();
        let locals: String = (0..types.len()).map(|i| format!("local.get {i} ")).collect();
        let module = ["i32", "i64", "f32", "f64", "v128"].into_iter().find_map(|result| {
            decoded(&format!(r#"(module (func (export "f") (param{params}) (result {result}) {locals} {text}))"#))
        });
        Some(Single { instr, module: Arc::new(module.expect("it has a result")), types })
    }

    pub(super) fn run(&self, profile: Profile, operands: &[Value]) -> (Outcome, Chosen) {
        let mut machine = Machine::with_profile(Budgets::default(), profile);
        let instance = machine.instantiate(&self.module, &[], &mut (), &mut ()).expect("it has no imports");
        let Some(ExternAddr::Func(f)) = instance.export("f") else { panic!("it exports a function") };
        let outcome = machine.invoke(f, operands, &mut (), &mut ());
        (outcome, machine.chosen())
    }
}

/// Every instruction that [`operand_types`] knows, with lane 1 and a shuffle of neighbours as immediates.
pub(super) static SINGLES: LazyLock<Vec<Single>> = LazyLock::new(|| {
    let names = Instr::all().iter().map(|(_, name)| *name);
    let shuffle = "0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23";
    names.filter_map(|name| ["", "1", shuffle].iter().find_map(|imms| Single::new(&format!("{name} {imms}")))).collect()
});

pub(super) fn operand(ty: ValType, c: u128) -> Value {
    match ty {
        ValType::I32 => Val::I32(c as u32),
        ValType::I64 => Val::I64(c as u64),
        ValType::F32 => Val::F32(c as u32),
        ValType::F64 => Val::F64(c as u64),
        _ => Val::V128(c),
    }
}

/// Bits that are interesting as lanes of any width: floats, NaNs canonical and not, boundaries.
pub(super) fn any_operand() -> impl Strategy<Value = u128> {
    let lanes = |bits: u32, lane: BoxedStrategy<u128>| {
        prop::collection::vec(lane, 128 / bits as usize)
            .prop_map(move |lanes| lanes.iter().fold(0u128, |v, lane| v << bits | lane))
    };
    let singles = prop::sample::select(vec![
        0x7fc0_0000,
        0xffc0_0000,
        0x7fa0_0000,
        0x7fc0_0001,
        0xff80_0000,
        0x7f80_0000,
        0x8000_0000,
        0,
        0x4f80_0000,
        0xbf80_0000,
        0x3f80_0000,
        0x3f80_0001,
    ]);
    let doubles = prop::sample::select(vec![
        0x7ff8 << 48,
        0xfff8 << 48,
        0x7ff4 << 48,
        (0x7ff8 << 48) | 1,
        0xfff0 << 48,
        0x7ff0 << 48,
        1 << 63,
        0,
        0x41f0 << 48,
        0xbff0 << 48,
        0x3ff0 << 48,
        (0x3ff0 << 48) | 1,
    ]);
    prop_oneof![
        lanes(32, singles.boxed()),
        lanes(64, doubles.boxed()),
        lanes(8, prop::sample::select(boundary(8)).boxed()),
        lanes(16, prop::sample::select(boundary(16)).boxed()),
        lanes(32, prop::sample::select(boundary(32)).boxed()),
        lanes(32, float::<W32>().boxed()),
        any::<u128>(),
    ]
}

/// Opcodes 0x45 to 0xC4 and the saturating conversions; the vector instructions and the relaxed ones, but for a
/// constant and for those that access memory.
#[test]
fn all_instructions_are_there() {
    assert_eq!(SINGLES.len(), (128 + 8) + (236 + 20 - 1 - 22));
}

/// Eleven for each type and shape of floats, promotion, demotion; and the relaxed ones.
#[test]
fn instructions_that_may_choose() {
    let choosing = || SINGLES.iter().filter(|single| chooses(&single.instr)).map(|single| single.instr.mnemonic());
    assert_eq!(choosing().filter(|name| name.contains(".relaxed_")).count(), 20);
    assert_eq!(choosing().count(), 20 + 2 * 24, "{:?}", choosing().collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_chosen_is_allowed(a in any_operand(), b in any_operand(), c in any_operand(), seed in any::<u64>()) {
        for single in SINGLES.iter() {
            let operands: Vec<Value> = single.types.iter().zip([a, b, c]).map(|(t, c)| operand(*t, c)).collect();
            let set = allowed(&single.instr, &operands).expect("it is numeric");
            let name = single.instr.mnemonic();
            for profile in [Profile::Deterministic, Profile::Seed(seed), Profile::X86_64, Profile::Aarch64] {
                let (outcome, chosen) = single.run(profile, &operands);
                match outcome {
                    Outcome::Returned(results) => {
                        prop_assert!(set.contains(&results[0]), "{} {:?}: {} by {}, allowed: {}", name, operands,
                                     results[0], profile, set);
                    }
                    Outcome::Trapped(trap) => prop_assert_eq!(Some(trap.kind), set.trap(), "{}", name),
                    other => panic!("{other}"),
                }
                prop_assert_eq!(chosen.numeric(), set.is_choice(), "{} {:?} by {}: {}", name, operands, profile, set);
                prop_assert!(!chosen.growth);
            }
            prop_assert!(!set.is_choice() || chooses(&single.instr), "{} {:?}", name, operands);
        }
    }
}

/// Constants of these types.
fn constants(types: &[ValType], texts: &[&str]) -> Vec<Value> {
    let consts = types.iter().zip(texts).map(|(t, c)| format!("({t}.const {c}) drop "));
    let module = decoded(&format!("(module (func {}))", consts.collect::<String>())).expect("constants");
    let value = |instr: &Instr| match instr {
        Instr::I32Const { c } => Some(Val::I32(*c as u32)),
        Instr::F32Const { c } => Some(Val::F32(c.0)),
        Instr::F64Const { c } => Some(Val::F64(c.0)),
        Instr::V128Const { c } => Some(Val::V128(c.bits())),
        _ => None,
    };
    module.funcs[0].body.expr().instrs.iter().filter_map(value).collect()
}

/// What is allowed, in words; one alternative after the other.
#[track_caller]
fn allows(instr: &str, texts: &[&str], words: &[&str]) {
    let single = Single::new(instr).expect("it is numeric");
    let set = allowed(&single.instr, &constants(single.types, texts)).expect("operands of its types");
    assert_eq!(set.to_string(), words.join(" or "), "{instr}");
}

/// 4.3.3, `nans`; of the last demotion the bits that say so are lost.
#[test]
fn sets_of_nans() {
    allows("f32.add", &["1", "2"], &["3.0"]);
    allows("f32.sub", &["inf", "inf"], &["nan:canonical"]);
    allows("f32.add", &["-nan", "2"], &["nan:canonical"]);
    allows("f32.mul", &["nan:0x200000", "nan"], &["nan:arithmetic"]);
    allows("f64.min", &["nan", "nan:0x8000000000001"], &["nan:arithmetic"]);
    allows("f32.neg", &["nan:0x200000"], &["-nan:0x200000"]);
    allows("f32x4.sqrt", &["f32x4 4 -1 nan:0x1 0"], &["f32x4 2.0 nan:canonical nan:arithmetic 0.0"]);
    allows("f32x4.demote_f64x2_zero", &["f64x2 nan 1.5"], &["f32x4 nan:canonical 1.5 0.0 0.0"]);
    allows("f64.promote_f32", &["-nan"], &["nan:canonical"]);
    allows("f32.demote_f64", &["nan:0x8000000000001"], &["nan:arithmetic"]);
    allows("i32.div_u", &["1", "0"], &["trap: integer divide by zero"]);
}

/// 4.3.6, the list of each; where all of its members are equal there is one.
#[test]
fn sets_of_relaxed_operations() {
    // (1 + e)^2 - (1 + 2e) is e^2, and zero if the square is rounded.
    let [a, c] = ["f32x4 0x1.001p0 1 nan inf", "f32x4 -0x1.002p0 1 1 -inf"];
    let rounded = ["f32x4 0.0 2.0 nan:canonical nan:canonical", "f32x4 5.9604645e-8 2.0 nan:canonical nan:canonical"];
    allows("f32x4.relaxed_madd", &[a, a, c], &rounded);
    allows("f32x4.relaxed_nmadd", &["f32x4 2 2 2 2", "f32x4 3 3 3 3", "f32x4 6 5 0 -0"], &["f32x4 0.0 -1.0 -6.0 -6.0"]);
    let nans = ["f32x4 nan:0x1 1 -0 2", "f32x4 0 -nan 0 1"];
    let first = "f32x4 nan:0x1 1.0 -0.0";
    let second = "f32x4 0.0 -nan 0.0";
    let all = [
        "f32x4 nan:arithmetic nan:canonical -0.0 1.0",
        &format!("{first} 1.0"),
        &format!("{second} 1.0"),
        "f32x4 0.0 1.0 -0.0 1.0",
    ];
    allows("f32x4.relaxed_min", &nans, &all);
    let all = [
        "f32x4 nan:arithmetic nan:canonical 0.0 2.0",
        &format!("{first} 2.0"),
        &format!("{second} 2.0"),
        "f32x4 0.0 1.0 0.0 2.0",
    ];
    allows("f32x4.relaxed_max", &nans, &all);
    let min = -2147483648;
    let all = ["i32x4 0 0 -1 0", "i32x4 -1 -1 -1 0", "i32x4 -2 -2 -2 0", &format!("i32x4 {min} {min} {min} 0")];
    allows("i32x4.relaxed_trunc_f32x4_u", &["f32x4 nan -1 4294967296 -0.5"], &all);
    let all = ["i32x4 0 2147483647 0 0", &format!("i32x4 {min} {min} 0 0")];
    allows("i32x4.relaxed_trunc_f64x2_s_zero", &["f64x2 nan 2147483648"], &all);
    let bytes = ["i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "i8x16 1 16 127 128 0 0 0 0 0 0 0 0 0 0 0 0"];
    let all = ["i8x16 2 0 0 0 1 1 1 1 1 1 1 1 1 1 1 1", "i8x16 2 1 16 0 1 1 1 1 1 1 1 1 1 1 1 1"];
    allows("i8x16.relaxed_swizzle", &bytes, &all);
}

/// The same in all lanes.
#[track_caller]
fn allows_in_all_lanes(instr: &str, result: &str, texts: &[&str], words: &[&str]) {
    let single = Single::new(instr).expect("it is numeric");
    let lanes = |text: &str, shape: &str| {
        let lanes = shape.rsplit_once('x').map_or(0, |(_, lanes)| lanes.parse().expect("a number"));
        format!("{shape}{}", format!(" {text}").repeat(lanes))
    };
    let shape = if instr.contains("dot") { "i8x16" } else { result };
    let texts: Vec<String> = texts.iter().map(|text| lanes(text, shape)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let words: Vec<String> = words.iter().map(|text| lanes(text, result)).collect();
    let set = allowed(&single.instr, &constants(single.types, &texts)).expect("operands of its types");
    assert_eq!(set.to_string(), words.join(" or "), "{instr}");
}

#[test]
fn sets_of_relaxed_integer_operations() {
    let select = |shape: &str, mask: &str, words: &[&str]| {
        allows_in_all_lanes(&format!("{shape}.relaxed_laneselect"), shape, &["0x12", "0x34", mask], words);
    };
    let [a, b, mixed] = ["18", "52", "20"];
    select("i8x16", "0xf0", &[mixed, a]);
    select("i8x16", "0", &[b]);
    select("i16x8", "0x0080", &[b, a]);
    select("i16x8", "0x00f0", &[mixed, b, a]);
    select("i16x8", "0xffff", &[a]);
    select("i32x4", "0x800000f0", &[mixed, a]);
    select("i64x2", "0x00000000000000ff", &[a, b]);
    allows_in_all_lanes("i16x8.relaxed_q15mulr_s", "i16x8", &["-32768", "-32768"], &["32767", "-32768"]);
    allows_in_all_lanes("i16x8.relaxed_q15mulr_s", "i16x8", &["-32768", "32767"], &["-32767"]);
    let dot = "i16x8.relaxed_dot_i8x16_i7x16_s";
    allows_in_all_lanes(dot, "i16x8", &["-128", "-127"], &["32512", "-32768"]);
    allows_in_all_lanes(dot, "i16x8", &["-128", "127"], &["-32512"]);
    // Differences that cancel out.
    let [a, b] = ["i8x16 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0", "i8x16 -1 -1 -1 -1 0 0 0 0 0 0 0 0 0 0 0 0"];
    allows(dot, &[a, b], &["i16x8 -1 1 0 0 0 0 0 0", "i16x8 255 -255 0 0 0 0 0 0"]);
    allows("i32x4.relaxed_dot_i8x16_i7x16_add_s", &[a, b, "i32x4 1 2 3 4"], &["i32x4 1 2 3 4"]);
}

/// A parameter is the same in a whole run, and not in all of them; NaNs aren't.
#[test]
fn seeds_reach_every_result() {
    let nan = Single::new("f32x4.sqrt").expect("it is numeric");
    let swizzle = Single::new("i8x16.relaxed_swizzle").expect("it is numeric");
    let (mut nans, mut swizzled) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for seed in 0..40 {
        let text = |(outcome, _): (Outcome, Chosen)| outcome.to_string();
        nans.insert(text(nan.run(Profile::Seed(seed), &[Val::V128(u128::MAX << 31)])));
        swizzled.insert(text(swizzle.run(Profile::Seed(seed), &[Val::V128(7), Val::V128(u128::MAX / 0xFF * 0x10)])));
        let again = |profile| text(nan.run(profile, &[Val::V128(u128::MAX)]));
        assert_eq!(again(Profile::Seed(seed)), again(Profile::Seed(seed)));
    }
    assert!(nans.len() > 30);
    assert_eq!(swizzled.len(), 2, "{swizzled:?}");
}

/// Growth may fail by a seed, and is noted where it could succeed.
#[test]
fn growth() {
    let module = Arc::new(
        decoded(
            r#"(module (memory 1 100) (table 1 100 funcref)
              (func (export "memory") (result i32) (memory.grow (i32.const 1)))
              (func (export "table") (result i32) (table.grow (ref.null func) (i32.const 1)))
              (func (export "beyond") (result i32) (memory.grow (i32.const 100))))"#,
        )
        .expect("a module"),
    );
    let run = |profile, name: &str, times: usize| {
        let mut machine = Machine::with_profile(Budgets::default(), profile);
        let instance = machine.instantiate(&module, &[], &mut (), &mut ()).expect("it has no imports");
        let Some(ExternAddr::Func(f)) = instance.export(name) else { panic!("it exports a function") };
        let ends: Vec<Outcome> = (0..times).map(|_| machine.invoke(f, &[], &mut (), &mut ())).collect();
        let failed = ends.iter().filter(|end| **end == Outcome::Returned(vec![Val::I32(u32::MAX)])).count();
        (failed, machine.chosen())
    };
    let growth = Chosen { growth: true, ..Chosen::default() };
    for name in ["memory", "table"] {
        for profile in [Profile::Deterministic, Profile::X86_64, Profile::Aarch64] {
            assert_eq!(run(profile, name, 64), (0, growth));
        }
        let (failed, chosen) = run(Profile::Seed(1), name, 64);
        assert!((1..32).contains(&failed), "{failed}");
        assert_eq!(chosen, growth);
    }
    assert_eq!(run(Profile::Seed(1), "beyond", 64), (64, Chosen::default()));
}

/// What the instructions of processors give that were meant for the operations.
#[test]
fn processors() {
    let gives = |instr: &str, texts: &[&str], x86_64: &str, aarch64: &str| {
        let single = Single::new(instr).expect("it is numeric");
        for (profile, wanted) in [(Profile::X86_64, x86_64), (Profile::Aarch64, aarch64)] {
            let outcome = single.run(profile, &constants(single.types, texts)).0;
            let Outcome::Returned(results) = outcome else { panic!("{instr}: {outcome}") };
            let wanted = constants(&[results[0].ty()], &[wanted]);
            assert_eq!(results, wanted, "{instr} by {profile}");
        }
    };
    gives("f32.div", &["0", "0"], "-nan", "nan");
    gives("f32.add", &["nan:0x400001", "nan:0x200000"], "nan:0x400001", "nan:0x600000");
    gives("f32.add", &["1", "-nan:0x200000"], "-nan:0x600000", "-nan:0x600000");
    gives("f64.promote_f32", &["-nan:0x200001"], "-nan:0xc000020000000", "-nan:0xc000020000000");
    gives("f32.demote_f64", &["nan:0x1"], "nan", "nan");
    let [inf, zero, nan] = ["f32x4 inf 1 inf 1", "f32x4 0 1 0 1", "f32x4 nan:0x400001 1 nan:0x1 nan:0x1"];
    let [x, arm] = ["f32x4 nan:0x400001 2 nan:0x400001 nan:0x400001", "f32x4 nan 2 nan:0x400001 nan:0x400001"];
    gives("f32x4.relaxed_madd", &[inf, zero, nan], x, arm);
    gives("f32x4.relaxed_min", &["f32x4 nan 1 0 1", "f32x4 1 nan 0 2"], "f32x4 1 nan 0 1", "f32x4 nan nan 0 1");
    gives("f64x2.relaxed_max", &["f64x2 -0 1", "f64x2 0 2"], "f64x2 0 2", "f64x2 0 2");
    gives("i32x4.relaxed_trunc_f32x4_u", &["f32x4 nan -1 1e10 1"], "i32x4 -1 -1 -1 1", "i32x4 0 0 -1 1");
    gives(
        "i32x4.relaxed_trunc_f32x4_s",
        &["f32x4 nan -1 1e10 1"],
        "i32x4 0x80000000 -1 0x80000000 1",
        "i32x4 0 -1 0x7fffffff 1",
    );
    let [a, i] = ["i8x16 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "i8x16 16 0 -1 1 1 1 1 1 1 1 1 1 1 1 1 1"];
    let [x, arm] = ["i8x16 9 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "i8x16 0 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0"];
    gives("i8x16.relaxed_swizzle", &[a, i], x, arm);
    let [a, x, arm] = ["i16x8 -32768 1 0 0 0 0 0 0", "i16x8 -32768 0 0 0 0 0 0 0", "i16x8 32767 0 0 0 0 0 0 0"];
    gives("i16x8.relaxed_q15mulr_s", &[a, a], x, arm);
}

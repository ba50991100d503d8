//! Every engine's result of a numeric or vector instruction is one that the standard allows.

use assay_engines::{Budgets, ENGINES, Features, Outcome, Value, engine};
use assay_interp::binary;
use assay_interp::exec::{Val, allowed, operand_types};
use assay_interp::syntax::{Instr, ValType};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// An instruction, and a function of its own in the text format, exported under its name.
fn function(text: &str) -> Option<(Instr, String)> {
    let decoded = |module: &str| binary::decode(&wat::parse_str(module).ok()?).ok();
    let instr =
        decoded(&format!("(module (func unreachable {text} unreachable))"))?.funcs[0].body.expr().instrs[1].clone();
    let types = operand_types(&instr)?;
    let params: String = types.iter().map(|t| format!(" {t}")).collect();
    let locals: String = (0..types.len()).map(|i| format!("local.get {i} ")).collect();
    let of = |result: &str| {
        format!(r#"(func (export "{}") (param{params}) (result {result}) {locals} {text})"#, instr.mnemonic())
    };
    let results = ["i32", "i64", "f32", "f64", "v128"].map(of);
    let function = results.into_iter().find(|function| decoded(&format!("(module {function})")).is_some())?;
    Some((instr, function))
}

fn functions() -> Vec<(Instr, String)> {
    let shuffle = "0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23";
    let names = Instr::all().iter().map(|(_, name)| *name);
    names.filter_map(|name| ["", "1", shuffle].iter().find_map(|imms| function(&format!("{name} {imms}")))).collect()
}

/// Lanes of 8, 16, 32 and 64 bits on which operations have several results, or nearly.
fn operand() -> impl Strategy<Value = u128> {
    let singles = [0x7fc0_0000, 0xffc0_0000, 0x7fa0_0000, 0x7fc0_0001, 0xff80_0000, 0x7f80_0000, 0x8000_0000, 0];
    let numbers = [0x4f00_0000, 0x4f80_0000, 0xcf00_0001, 0xbf80_0000, 0x3f80_0000, 0x3f80_0800, 0x3f7f_ffff, 1];
    let wide = |high: [u128; 8]| high.map(|c| (c << 32, c << 32 | 1));
    let doubles = wide([0x7ff8_0000, 0xfff8_0000, 0x7ff4_0000, 0xfff0_0000, 0x8000_0000, 0x41e0_0000, 0x41f0_0000, 0]);
    let doubles: Vec<u128> = doubles.into_iter().flat_map(|(a, b)| [a, b]).collect();
    let bytes = vec![0, 1, 15, 16, 0x7f, 0x80, 0x81, 0xff];
    let lanes = |bits: u32, of: Vec<u128>| {
        prop::collection::vec(prop::sample::select(of), 128 / bits as usize)
            .prop_map(move |lanes| lanes.iter().fold(0u128, |v, lane| v << bits | lane))
    };
    prop_oneof![
        lanes(32, [singles, numbers].concat()),
        lanes(64, doubles),
        lanes(16, vec![0x8000, 0x7fff, 0xff, 0x80, 0]),
        lanes(8, bytes),
        any::<u128>(),
    ]
}

fn value((ty, c): (&ValType, u128)) -> Value {
    match *ty {
        ValType::I32 => Val::I32(c as u32),
        ValType::I64 => Val::I64(c as u64),
        ValType::F32 => Val::F32(c as u32),
        ValType::F64 => Val::F64(c as u64),
        _ => Val::V128(c),
    }
}

#[test]
fn results_are_allowed() {
    let functions = functions();
    assert!(functions.len() > 360, "{} functions are too few", functions.len());
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), Features::default()).expect("there is such an engine");
        // An engine that lacks instructions is asked about the others.
        let module = |functions: &[(Instr, String)]| {
            let text: String = functions.iter().map(|(_, text)| text.as_str()).collect();
            wat::parse_str(format!("(module {text})")).expect("a module")
        };
        let mut has = |f: &(Instr, String)| {
            !matches!(engine.validate(&module(std::slice::from_ref(f))), Err(Outcome::Unsupported(_)))
        };
        let functions: Vec<_> = functions.iter().filter(|f| has(f)).cloned().collect();
        assert!(functions.len() > 340, "{id}: {} functions are too few", functions.len());
        let instance = engine.instantiate(&module(&functions), &[]).unwrap_or_else(|e| panic!("{id}: {e}"));
        let engine = std::cell::RefCell::new(engine);
        let law = |(a, b, c): (u128, u128, u128)| {
            for (instr, _) in &functions {
                let types = operand_types(instr).expect("it is numeric");
                let operands: Vec<Value> = types.iter().zip([a, b, c]).map(value).collect();
                let set = allowed(instr, &operands).expect("it is numeric");
                let context = || format!("{id}: {instr} of {operands:?}, allowed: {set}");
                match engine.borrow_mut().invoke(instance, instr.mnemonic(), &operands) {
                    Outcome::Returned(results) => {
                        prop_assert!(set.contains(&results[0]), "{}, given: {}", context(), results[0]);
                    }
                    Outcome::Trapped(trap) => prop_assert_eq!(Some(trap.kind), set.trap(), "{}", context()),
                    other => panic!("{}, ended: {other}", context()),
                }
            }
            Ok(())
        };
        let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&(operand(), operand(), operand()), law).unwrap_or_else(|e| panic!("{e}"));
    }
}

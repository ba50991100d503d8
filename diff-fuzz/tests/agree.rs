//! The interpreter and wasmtime agree, and what is counted is what was done.

use assay_diff_fuzz::{BUDGETS, DiffError, Options, Report, Verdict, Why, diff, diff_scenario};
use assay_engines::{ENGINES, Engine, Features, Outcome, engine};
use assay_interp::binary;
use assay_interp::exec::Val;
use assay_interp::outcome::Budget;
use assay_interp::scenario::{Answer, Scenario, Step};
use assay_interp::syntax::Instr;

fn engines() -> Vec<Box<dyn Engine>> {
    ENGINES.iter().map(|id| engine(id, BUDGETS, Features::default()).unwrap()).collect()
}

fn agreed(wat: &str) -> Report {
    let report = diff(&mut engines(), &wat::parse_str(wat).unwrap(), &Options::default()).unwrap();
    assert_eq!(report.verdict(), Verdict::Agree, "{report}");
    assert!(report.differences.is_empty());
    report
}

#[test]
fn memories() {
    let report = agreed(
        r#"(module
          (memory (export "memory") 1 3) (memory 1)
          (data $d "abcdefgh") (data (i32.const 65530) "xyz")
          (func (export "store") (param i32 i64) (i64.store offset=3 (local.get 0) (local.get 1)))
          (func (export "load") (param i32) (result i32) (i32.load16_s offset=1 (local.get 0)))
          (func (export "fill") (param i32 i32 i32) (memory.fill 1 (local.get 0) (local.get 1) (local.get 2)))
          (func (export "copy") (param i32 i32 i32) (memory.copy 0 1 (local.get 0) (local.get 1) (local.get 2)))
          (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "drop") (data.drop $d)))"#,
    );
    // An engine may charge for all bytes of a range before it finds that they aren't there.
    let exhausted = report.calls.inconclusive(Why::Exhausted);
    assert_eq!(report.calls.agreed + exhausted, 6 * 32 + 3);
    assert!(exhausted < 3 * 20, "{report}");
    assert_eq!((report.observed.memories, report.observed.functions), (2, 7));
}

#[test]
fn tables_and_globals() {
    let report = agreed(
        r#"(module
          (import "env" "table" (table $t 4 10 externref))
          (import "env" "global" (global $g (mut i32)))
          (table $f 3 funcref) (elem (table $f) (i32.const 1) func $one)
          (global $h (mut f64) (f64.const 1)) (global $r (mut funcref) (ref.null func))
          (func $one (result i32) (i32.const 1))
          (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
          (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
          (func (export "grow") (param externref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
          (func (export "call") (param i32) (result i32) (call_indirect $f (result i32) (local.get 0)))
          (func (export "globals") (param i32 f64) (result i32 f64)
            (global.get $g) (global.get $h)
            (global.set $g (local.get 0)) (global.set $h (local.get 1)) (global.set $r (ref.func $one))))"#,
    );
    // Growth that the type allows and the budget doesn't.
    let exhausted = report.calls.inconclusive(Why::Exhausted);
    assert_eq!(report.calls.agreed + exhausted, 5 * 32);
    assert!(exhausted < 20, "{report}");
    assert_eq!((report.observed.tables, report.observed.globals), (2, 3));
}

/// At the ends of 16, 32 and 64 bits of an address, with and without an offset.
#[test]
fn memories_with_addresses_of_64_bits() {
    let report = agreed(
        r#"(module
          (import "env" "memory" (memory $m i64 1 3)) (memory $n 1) (memory $w i64 1)
          (data $d "abcdefgh") (data (memory $w) (i64.const 65530) "xyz")
          (func (export "store") (param i64 i64) (i64.store offset=3 (local.get 0) (local.get 1)))
          (func (export "load") (param i64) (result i32) (i32.load16_s offset=1 (local.get 0)))
          (func (export "far") (param i64) (result i32) (i32.load8_u offset=0xffff_ffff_0000_0000 (local.get 0)))
          (func (export "wrap") (param i64) (result i32) (i32.load8_u offset=0xffff_ffff_ffff_fffc (local.get 0)))
          (func (export "lane") (param i64 v128) (v128.store16_lane 3 (local.get 0) (local.get 1)))
          (func (export "fill") (param i64 i32 i64) (memory.fill $w (local.get 0) (local.get 1) (local.get 2)))
          (func (export "copy") (param i64 i64 i64) (memory.copy $m $w (local.get 0) (local.get 1) (local.get 2)))
          (func (export "narrow") (param i32 i64 i32) (memory.copy $n $w (local.get 0) (local.get 1) (local.get 2)))
          (func (export "widen") (param i64 i32 i32) (memory.copy $w $n (local.get 0) (local.get 1) (local.get 2)))
          (func (export "init") (param i64 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
          (func (export "grow") (param i64) (result i64) (memory.grow $m (local.get 0)))
          (func (export "unlimited") (param i64) (result i64 i64) (memory.grow $w (local.get 0)) (memory.size $w)))"#,
    );
    // As above: an engine may charge for a range that isn't there.
    let exhausted = report.calls.inconclusive(Why::Exhausted);
    assert_eq!(report.calls.agreed + exhausted, 12 * 32);
    assert!(report.calls.agreed > 8 * 32, "{report}");
    assert_eq!(report.observed.memories, 3);
}

#[test]
fn tables_with_indices_of_64_bits() {
    let report = agreed(
        r#"(module
          (import "env" "table" (table $t i64 4 10 externref))
          (table $f i64 100 funcref) (table $n 9 funcref) (elem (table $f) (i64.const 63) func $one $one)
          (elem $e func $one) (func $one (result i32) (i32.const 1))
          (func (export "set") (param i64 externref) (table.set $t (local.get 0) (local.get 1)))
          (func (export "get") (param i64) (result externref) (table.get $t (local.get 0)))
          (func (export "grow") (param externref i64) (result i64) (table.grow $t (local.get 0) (local.get 1)))
          (func (export "unlimited") (param i64) (result i64) (table.grow $f (ref.null func) (local.get 0)))
          (func (export "fill") (param i64 i64) (table.fill $f (local.get 0) (ref.func $one) (local.get 1)))
          (func (export "copy") (param i64 i64 i64) (table.copy $f $f (local.get 0) (local.get 1) (local.get 2)))
          (func (export "narrow") (param i32 i64 i32) (table.copy $n $f (local.get 0) (local.get 1) (local.get 2)))
          (func (export "widen") (param i64 i32 i32) (table.copy $f $n (local.get 0) (local.get 1) (local.get 2)))
          (func (export "init") (param i64 i32 i32) (table.init $f $e (local.get 0) (local.get 1) (local.get 2)))
          (func (export "call") (param i64) (result i32) (call_indirect $f (result i32) (local.get 0)))
          (func (export "tail") (param i64) (result i32) (return_call_indirect $f (result i32) (local.get 0))))"#,
    );
    let exhausted = report.calls.inconclusive(Why::Exhausted);
    assert_eq!(report.calls.agreed + exhausted, 11 * 32, "{report}");
    // Six of the functions take lengths, and more than half of these calls ask for more than their fuel allows.
    assert!(report.calls.agreed > 7 * 32, "{report}");
    assert_eq!(report.observed.tables, 3);
}

#[test]
fn traps_and_host_calls() {
    let report = agreed(
        r#"(module
          (import "env" "ask" (func $ask (param i64 f32) (result i32 externref)))
          (func (export "div") (param i32 i32) (result i32)
            (drop (drop (call $ask (i64.const 1) (f32.const 2))))
            (i32.div_s (local.get 0) (local.get 1)))
          (func (export "trunc") (param f64) (result i64) (i64.trunc_f64_s (local.get 0)))
          (func (export "bytes") (param i64) (result i64 i32 i64)
            (i64.extend8_s (local.get 0)) (i32.wrap_i64 (i64.rotl (local.get 0) (i64.const 7))) (i64.const -1))
          (func (export "tell") (param i64 f32) (result i32 externref) (call $ask (local.get 0) (local.get 1)))
          (func (export "unreachable") unreachable))"#,
    );
    assert_eq!(report.calls.agreed, 4 * 32 + 3);
}

#[test]
fn a_trapping_start_function_is_compared_with_what_it_wrote() {
    let report = agreed(
        r#"(module (import "env" "m" (memory 1))
          (func $f (i32.store (i32.const 8) (i32.const 7)) unreachable) (start $f))"#,
    );
    assert_eq!((report.instantiations.agreed, report.calls.compared()), (1, 0));
    assert!(report.to_string().ends_with("engines agree: instantiation compared, no call"), "{report}");
}

/// Operations that only move bits have no choice, whatever NaN they are given.
#[test]
fn bits_of_nans_that_nobody_may_choose_agree() {
    let report = agreed(
        r#"(module (memory 1)
          (func (export "neg") (param f32) (result f32) (f32.neg (local.get 0)))
          (func (export "sign") (param f64 f64) (result f64) (f64.copysign (local.get 0) (local.get 1)))
          (func (export "store") (param f64) (f64.store (i32.const 1) (local.get 0)))
          (func (export "bits") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0))))"#,
    );
    assert_eq!((report.calls.agreed, report.calls.inconclusive(Why::Choice)), (4 * 32, 0));
}

/// A choice that reaches results, memory, numbers or traps is never a difference, and never agreement.
#[test]
fn choices_are_inconclusive() {
    let report = agreed(
        r#"(module (memory 1) (global $g (mut f32) (f32.const 0))
          (func $nan (param f64) (result f64)
            (f64.sqrt (f64.mul (local.get 0) (local.get 0))) (f64.div (f64.const 0)) (f64.mul (f64.const 0)))
          (func (export "result") (param f64 f64) (result f64) (f64.sub (local.get 0) (local.get 1)))
          (func (export "memory") (param f64) (f64.store (i32.const 3) (call $nan (local.get 0))))
          (func (export "global") (param f64) (global.set $g (f32.demote_f64 (call $nan (local.get 0)))))
          (func (export "number") (param f64) (result f64) (f64.copysign (f64.const 1) (call $nan (local.get 0))))
          (func (export "trap") (param f64) (result i64)
            (i64.div_s (i64.const 1) (i64.shr_u (i64.reinterpret_f64 (call $nan (local.get 0))) (i64.const 63)))))"#,
    );
    assert!(report.calls.inconclusive(Why::Choice) > 0, "{report}");
    assert_eq!(report.calls.compared() + report.calls.inconclusive(Why::Choice), 5 * 32);
}

#[test]
fn running_out_is_inconclusive_and_the_next_call_begins_afresh() {
    let report = agreed(
        r#"(module (global $n (mut i32) (i32.const 0)) (memory 0)
          (func (export "spin") (loop (global.set $n (i32.add (global.get $n) (i32.const 1))) (br 0)))
          (func (export "n") (result i32) (global.get $n))
          (func (export "grow") (result i32) (memory.grow (i32.const 2000))))"#,
    );
    assert_eq!((report.calls.agreed, report.calls.inconclusive(Why::Exhausted)), (3, 6));
    assert!(report.to_string().ends_with("engines agree: 3 calls compared, 6 inconclusive (exhausted)"), "{report}");
}

/// Beyond the limit of its type a memory doesn't grow; beyond the budget the run ends, in every engine.
#[test]
fn growth_ends_at_the_budget_in_every_engine() {
    let wat = r#"(module (memory 1 3000) (table 1 funcref) (memory 1)
      (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "free") (param i32) (result i32) (memory.grow 1 (local.get 0)))
      (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let wasm = wat::parse_str(wat).unwrap();
    for mut engine in engines() {
        let id = engine.instantiate(&wasm, &[]).unwrap();
        let mut grow = |export, n| engine.invoke(id, export, &[Val::I32(n)]);
        let exhausted = Outcome::Exhausted(Budget::Store);
        assert_eq!(grow("memory", 3000), Outcome::Returned(vec![Val::I32(u32::MAX)]));
        assert_eq!(grow("memory", 2), Outcome::Returned(vec![Val::I32(1)]));
        assert_eq!(grow("memory", 2000), exhausted);
        assert_eq!(grow("free", 65536), Outcome::Returned(vec![Val::I32(u32::MAX)]));
        assert_eq!(grow("free", 65535), exhausted);
        assert_eq!(grow("table", u32::MAX), Outcome::Returned(vec![Val::I32(u32::MAX)]));
        assert_eq!(grow("table", 1 << 28), exhausted);
    }
}

#[test]
fn same_seed_same_report() {
    let wasm = wat::parse_str(r#"(module (func (export "f") (param i32 f32) (result f32) (local.get 1)))"#).unwrap();
    let run = |seed| diff(&mut engines(), &wasm, &Options { seed, ..Options::default() }).unwrap();
    assert_eq!(run(7), run(7));
}

#[test]
fn a_module_that_everybody_refuses_is_an_error() {
    for (wasm, kind) in [(b"\0asm\x01\0\0".to_vec(), "malformed"), (invalid(), "invalid")] {
        match diff(&mut engines(), &wasm, &Options::default()) {
            Err(DiffError::Refused(outcome)) => assert_eq!(outcome.kind(), kind),
            other => panic!("{other:?}"),
        }
    }
    let mut one = engines();
    one.truncate(1);
    assert!(matches!(diff(&mut one, &invalid(), &Options::default()), Err(DiffError::TooFewEngines)));
}

fn invalid() -> Vec<u8> {
    wat::parse_str("(module (func (result i32)))").unwrap()
}

#[test]
fn a_scenario_is_compared_step_by_step() {
    let wasm = wat::parse_str(
        r#"(module (import "env" "ask" (func $ask (result i32))) (func (export "f") (result i32) (call $ask)))"#,
    )
    .unwrap();
    let answer = |n| Answer { import: ("env".into(), "ask".into()), results: vec![Val::I32(n)], throws: n == 0 };
    let call = Step::Call { instance: 0, export: "f".into(), args: vec![] };
    let instantiate =
        Step::Instantiate { module: "a.wasm".into(), register: None, answers: vec![answer(5), answer(0)] };
    let scenario =
        Scenario { steps: vec![instantiate, call.clone(), call.clone(), call.clone()], ..Scenario::default() };
    let mut load = |name: &str| if name == "a.wasm" { Ok(wasm.clone()) } else { Err("no".to_owned()) };
    let report = diff_scenario(&mut engines(), &scenario, &mut load, &Options::default()).unwrap();
    assert_eq!((report.verdict(), report.calls.agreed, report.skipped), (Verdict::Agree, 3, 0), "{report}");

    let missing = Scenario {
        steps: vec![Step::Instantiate { module: "b.wasm".into(), register: None, answers: vec![] }],
        ..Scenario::default()
    };
    let error = diff_scenario(&mut engines(), &missing, &mut load, &Options::default());
    assert!(matches!(error, Err(DiffError::Scenario(_))), "{error:?}");
    let beyond = Scenario { steps: vec![call], ..Scenario::default() };
    let error = diff_scenario(&mut engines(), &beyond, &mut load, &Options::default());
    assert!(matches!(error, Err(DiffError::Scenario(_))), "{error:?}");
}

/// A function that executes one instruction on its parameters: its types are those with which it is valid.
fn function_of(name: &str) -> Option<String> {
    let params = ["v128", "v128 v128", "v128 v128 v128", "v128 i32", "i32", "i64", "f32", "f64"];
    let params = params.into_iter().chain(["v128 i64", "v128 f32", "v128 f64"]);
    for (params, immediate) in params.flat_map(|params| ["", "0", "1"].map(|i| (params, i))) {
        let operands: String = (0..params.split(' ').count()).map(|i| format!("(local.get {i}) ")).collect();
        for result in ["v128", "i32", "i64", "f32", "f64"] {
            let func =
                format!("(func (export \"{name}\") (param {params}) (result {result}) {operands} {name} {immediate})");
            if wat::parse_str(format!("(module {func})")).is_ok_and(|wasm| binary::check(&wasm).is_ok()) {
                return Some(func);
            }
        }
    }
    None
}

fn is_vector(name: &str) -> bool {
    name.split_once('.').is_some_and(|(shape, _)| shape == "v128" || shape.contains('x'))
}

/// Every instruction on vectors that has no memory does the same here and in wasmtime, but for choices.
#[test]
fn vectors_agree() {
    let names = Instr::all().iter().map(|(_, name)| *name);
    let vectors: Vec<&str> = names.filter(|name| is_vector(name)).collect();
    let funcs: Vec<String> = vectors.iter().filter_map(|name| function_of(name)).collect();
    assert!(funcs.len() > 210, "{} instructions", funcs.len());
    // After a choice all is instantiated afresh, and so compiled again: in small modules that is quicker.
    let reports = funcs.chunks(6).map(|funcs| agreed(&format!("(module {})", funcs.concat())));
    assert!(reports.map(|report| report.calls.agreed).sum::<u64>() > 6000);
}

//! Every directive passes when it should, and fails, for its own reason, when the answer is another one.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use assay_engines::{Budgets, Engine, Features, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value, engine};
use assay_spec_tests::{
    Checked, Fault, Kind, KnownGaps, Report, Script, ScriptError, ScriptReport, from_path, run, run_all, run_group,
};

const BUDGETS: Budgets = Budgets { fuel: 5_000_000, stack: 1 << 16, store: 1 << 32, heap: 1 << 26 };

fn script(source: &str) -> Script {
    Script { suite: "t".into(), name: "s.wast".into(), source: source.into(), features: None }
}

fn checked_by(engine: &mut dyn Engine, source: &str) -> Vec<Checked> {
    run(engine, &script(source)).unwrap_or_else(|e| panic!("{e}")).checked
}

fn checked(source: &str) -> Vec<Checked> {
    checked_by(&mut Flawed(Interp::new(BUDGETS)), source)
}

#[track_caller]
fn passes(source: &str) {
    for Checked { kind, place, verdict } in checked(source) {
        assert_eq!(verdict, Ok(()), "{place} {kind}");
    }
}

/// The last directive is of a kind and fails for a reason that has these words in it; all before it pass.
#[track_caller]
fn fails(source: &str, kind: Kind, words: &str) {
    let mut checked = checked(source);
    let last = checked.pop().expect("a directive");
    assert!(checked.iter().all(|c| c.verdict.is_ok()), "{checked:?}");
    assert_eq!(last.kind, kind);
    match last.verdict {
        Err(fault) if !fault.is_unsupported() => {
            assert!(fault.why().contains(words), "{fault:?} doesn't say {words:?}");
        }
        other => panic!("{other:?} isn't a failure with {words:?}"),
    }
}

/// All directives after the first ones are unsupported, for a reason that has these words in it.
#[track_caller]
fn unsupported_after(passing: usize, source: &str, words: &str) {
    let checked = checked(source);
    assert!(checked.len() > passing);
    for (i, Checked { kind, place, verdict }) in checked.iter().enumerate() {
        match verdict {
            Ok(()) if i < passing => {}
            Err(Fault::Unsupported(why)) if i >= passing && why.contains(words) => {}
            other => panic!("{place} {kind}: {other:?}"),
        }
    }
}

const MODULE: &str = r#"
(module $m
  (global (export "g") i32 (i32.const 7))
  (memory 1)
  (table 3 funcref)
  (elem (i32.const 0) $two)
  (type $none (func))
  (func $two (export "two") (result i32 i64) (i32.const 1) (i64.const -2))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "func") (param funcref) (result funcref) (local.get 0))
  (func (export "self") (result funcref) (ref.func $two))
  (func (export "unreachable") unreachable)
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "trunc") (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "call") (param i32) (call_indirect (type $none) (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func $deep (export "deep") (call $deep)))
"#;

fn with_module(directive: &str) -> String {
    format!("{MODULE}{directive}")
}

#[test]
fn results() {
    for directive in [
        r#"(assert_return (invoke "two") (i32.const 1) (i64.const -2))"#,
        r#"(assert_return (invoke $m "two") (i32.const 1) (i64.const 0xffff_ffff_ffff_fffe))"#,
        r#"(assert_return (get "g") (i32.const 7))"#,
        r#"(assert_return (invoke "f32" (f32.const -0)) (f32.const -0))"#,
        r#"(assert_return (invoke "f32" (f32.const nan:0x200001)) (f32.const nan:0x200001))"#,
        r#"(assert_return (invoke "f32" (f32.const -nan)) (f32.const nan:canonical))"#,
        r#"(assert_return (invoke "f32" (f32.const -nan:0x600001)) (f32.const nan:arithmetic))"#,
        r#"(assert_return (invoke "f64" (f64.const nan)) (f64.const nan:canonical))"#,
        r#"(assert_return (invoke "f64" (f64.const nan:0xc000000000001)) (f64.const nan:arithmetic))"#,
        r#"(assert_return (invoke "extern" (ref.extern 3)) (ref.extern 3))"#,
        r#"(assert_return (invoke "extern" (ref.extern 3)) (ref.extern))"#,
        r#"(assert_return (invoke "extern" (ref.null extern)) (ref.null extern))"#,
        r#"(assert_return (invoke "func" (ref.null func)) (ref.null))"#,
        r#"(assert_return (invoke "self") (ref.func))"#,
        r#"(assert_return (invoke "f32" (f32.const 1)) (either (f32.const 0) (f32.const 1)))"#,
        r#"(assert_return (module (func)))"#,
        r#"(invoke "two")"#,
    ] {
        passes(&with_module(directive));
    }
}

#[test]
fn wrong_results() {
    for (directive, words) in [
        (r#"(assert_return (invoke "two") (i32.const 2) (i64.const -2))"#, "should return [2 -2]; it returned [1 -2]"),
        (r#"(assert_return (invoke "two") (i32.const 1))"#, "should return [1]; it returned [1 -2]"),
        (r#"(assert_return (invoke "two"))"#, "should return []"),
        (r#"(assert_return (invoke "two") (i64.const 1) (i64.const -2))"#, "returned"),
        (r#"(assert_return (get "g") (i32.const 8))"#, "should return [8]"),
        (r#"(assert_return (get "nothing") (i32.const 8))"#, "nothing"),
        (r#"(assert_return (invoke "nothing"))"#, "nothing"),
        (r#"(assert_return (invoke $n "two"))"#, "there is no module $n before this"),
        (r#"(assert_return (invoke "f32" (f32.const -0)) (f32.const 0))"#, "should return [0"),
        (r#"(assert_return (invoke "f32" (f32.const nan:0x600000)) (f32.const nan:canonical))"#, "nan:canonical"),
        (r#"(assert_return (invoke "f32" (f32.const 1)) (f32.const nan:canonical))"#, "nan:canonical"),
        (r#"(assert_return (invoke "f32" (f32.const nan:0x200000)) (f32.const nan:arithmetic))"#, "nan:arithmetic"),
        (r#"(assert_return (invoke "f32" (f32.const inf)) (f32.const nan:arithmetic))"#, "nan:arithmetic"),
        (r#"(assert_return (invoke "f64" (f64.const nan:0x1)) (f64.const nan:canonical))"#, "nan:canonical"),
        (r#"(assert_return (invoke "f64" (f64.const nan:0x4)) (f64.const nan:arithmetic))"#, "nan:arithmetic"),
        (r#"(assert_return (invoke "f64" (f64.const -1.5)) (f64.const nan:arithmetic))"#, "nan:arithmetic"),
        (r#"(assert_return (invoke "extern" (ref.extern 3)) (ref.extern 4))"#, "ref.extern 4"),
        (r#"(assert_return (invoke "extern" (ref.null extern)) (ref.extern))"#, "ref.null extern"),
        (r#"(assert_return (invoke "extern" (ref.null extern)) (ref.null func))"#, "ref.null func"),
        (r#"(assert_return (invoke "self") (ref.null))"#, "ref.null"),
        (r#"(assert_return (invoke "func" (ref.null func)) (ref.func))"#, "ref.func"),
        (r#"(assert_return (invoke "f32" (f32.const 2)) (either (f32.const 0) (f32.const 1)))"#, "either(0"),
        (r#"(assert_return (invoke "unreachable"))"#, "it trapped: unreachable"),
        (r#"(assert_return (module (func $f unreachable) (start $f)))"#, "it trapped: unreachable"),
    ] {
        fails(&with_module(directive), Kind::Return, words);
    }
    fails(&with_module(r#"(invoke "unreachable")"#), Kind::Action, "trapped: unreachable");
}

#[test]
fn traps() {
    let kinds = [
        (r#"(invoke "unreachable")"#, "unreachable"),
        (r#"(invoke "div" (i32.const 1) (i32.const 0))"#, "integer divide by zero"),
        (r#"(invoke "div" (i32.const 0x80000000) (i32.const -1))"#, "integer overflow"),
        (r#"(invoke "trunc" (f32.const nan))"#, "invalid conversion to integer"),
        (r#"(invoke "load" (i32.const -1))"#, "out of bounds memory access"),
        (r#"(invoke "call" (i32.const 0))"#, "indirect call type mismatch"),
        (r#"(invoke "call" (i32.const 1))"#, "uninitialized element"),
        (r#"(invoke "call" (i32.const 3))"#, "undefined element"),
        (r#"(module (table 1 funcref) (elem (i32.const 1) $f) (func $f))"#, "out of bounds table access"),
    ];
    for (action, message) in kinds {
        passes(&with_module(&format!("(assert_trap {action} {message:?})")));
        for (_, other) in kinds {
            // Two messages for one kind.
            let same = other == message
                || [other, message].iter().all(|m| ["undefined element", "out of bounds table access"].contains(m));
            if !same {
                let directive = with_module(&format!("(assert_trap {action} {other:?})"));
                fails(&directive, Kind::Trap, &format!("should trap: {other}; it trapped"));
            }
        }
    }
    passes(&with_module(r#"(assert_trap (invoke "call" (i32.const 1)) "uninitialized element 1")"#));
    let words = "no kind of trap is known by the message \"bad luck\"";
    fails(&with_module(r#"(assert_trap (invoke "unreachable") "bad luck")"#), Kind::Trap, words);
    fails(&with_module(r#"(assert_trap (invoke "two") "unreachable")"#), Kind::Trap, "it returned [1 -2]");
}

#[test]
fn exhaustion_and_exceptions() {
    passes(&with_module(r#"(assert_exhaustion (invoke "deep") "call stack exhausted")"#));
    let spin = with_module(r#"(assert_exhaustion (invoke "spin") "call stack exhausted")"#);
    fails(&spin, Kind::Exhaustion, "not of fuel");
    fails(&with_module(r#"(assert_exhaustion (invoke "two") "call stack exhausted")"#), Kind::Exhaustion, "returned");
    fails(&with_module(r#"(assert_return (invoke "spin"))"#), Kind::Return, "exhausted its fuel");
    fails(
        &with_module(r#"(assert_exception (invoke "two"))"#),
        Kind::Exception,
        "should throw an exception; it returned",
    );
    fails(&with_module(r#"(assert_exception (invoke "unreachable"))"#), Kind::Exception, "it trapped");
}

#[test]
fn modules_that_are_refused() {
    passes(r#"(assert_invalid (module (func (result i32))) "type mismatch")"#);
    fails(
        r#"(assert_invalid (module (func)) "type mismatch")"#,
        Kind::Invalid,
        "should be invalid: type mismatch; it is valid",
    );
    // Valid by 3.0, though the interpreter can't run it: no pass for the wrong reason.
    let gc = r#"(assert_invalid (module (func (export "lacking"))) "type mismatch")"#;
    fails(gc, Kind::Invalid, "it is valid");
    // Malformed isn't invalid, and the other way round.
    fails(r#"(assert_invalid (module binary "\00asm\01\00\00") "type mismatch")"#, Kind::Invalid, "it malformed");
    passes(r#"(assert_malformed (module binary "\00asm\01\00\00") "unexpected end")"#);
    let invalid = r#"(module binary "\00asm\01\00\00\00" "\01\04\01\60\00\00" "\03\02\01\00" "\0a\05\01\03\00\6a\0b")"#;
    passes(&format!(r#"(assert_invalid {invalid} "type mismatch")"#));
    fails(&format!(r#"(assert_malformed {invalid} "unexpected end")"#), Kind::Malformed, "it invalid");
    fails(r#"(assert_malformed (module binary "\00asm\01\00\00\00") "end")"#, Kind::Malformed, "it is valid");
    fails(r#"(module (func (result i32)))"#, Kind::Module, "invalid: type mismatch");
    fails(r#"(module definition (func (result i32)))"#, Kind::Module, "invalid: type mismatch");
    // What only proposals beyond 3.0 would decode isn't in its grammar.
    passes(r#"(assert_malformed (module binary "\00asm\01\00\00\00" "\05\04\01\03\01\02") "malformed limits flags")"#);
}

#[test]
fn quoted_texts() {
    passes(r#"(assert_malformed (module quote "(func (i32.const nonsense))") "unknown operator")"#);
    passes(r#"(assert_malformed (module quote "\ff") "malformed UTF-8 encoding")"#);
    fails(r#"(assert_malformed (module quote "(func)") "unexpected token")"#, Kind::MalformedQuoted, "it is valid");
    let invalid = r#"(assert_malformed (module quote "(func (result i32))") "unexpected token")"#;
    fails(invalid, Kind::MalformedQuoted, "it invalid");
    passes(r#"(module quote "(func (export \"f\"))") (assert_return (invoke "f"))"#);
    fails(r#"(module quote "(func")"#, Kind::Module, "the parser of texts refuses it");
}

#[test]
fn linking() {
    let exporter = r#"(module $a (func (export "f") (result i32) (i32.const 3))) (register "a" $a)"#;
    let importer = r#"(module (import "a" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;
    passes(&format!(r#"{exporter} (module) {importer} (assert_return (invoke "g") (i32.const 3))"#));
    fails(importer, Kind::Module, "unlinkable: unknown import");
    for module in [
        r#"(module (import "b" "f" (func)))"#,
        r#"(module (import "a" "g" (func)))"#,
        r#"(module (import "a" "f" (func)))"#,
        r#"(module (import "a" "f" (memory 1)))"#,
    ] {
        passes(&format!(r#"{exporter} (assert_unlinkable {module} "unknown import")"#));
    }
    let linkable = r#"(assert_unlinkable (module (import "a" "f" (func (result i32)))) "unknown import")"#;
    fails(&format!("{exporter} {linkable}"), Kind::Unlinkable, "should be unlinkable: unknown import; it returned []");
    let traps = r#"(assert_unlinkable (module (func $f unreachable) (start $f)) "unknown import")"#;
    fails(traps, Kind::Unlinkable, "it trapped");
    fails(r#"(register "a" $nobody)"#, Kind::Register, "there is no module $nobody");
    fails(r#"(register "a")"#, Kind::Register, "there is no module");
}

#[test]
fn spectest() {
    passes(
        r#"
(module
  (import "spectest" "print" (func))
  (import "spectest" "print_i32" (func (param i32)))
  (import "spectest" "print_i64" (func (param i64)))
  (import "spectest" "print_f32" (func (param f32)))
  (import "spectest" "print_f64" (func (param f64)))
  (import "spectest" "print_i32_f32" (func (param i32 f32)))
  (import "spectest" "print_f64_f64" (func (param f64 f64)))
  (import "spectest" "table" (table 10 20 funcref))
  (import "spectest" "memory" (memory 1 2))
  (import "spectest" "global_i32" (global $a i32))
  (import "spectest" "global_i64" (global $b i64))
  (import "spectest" "global_f32" (global $c f32))
  (import "spectest" "global_f64" (global $d f64))
  (func (export "all") (result i32 i64 f32 f64)
    (global.get $a) (global.get $b) (global.get $c) (global.get $d)))
(assert_return (invoke "all") (i32.const 666) (i64.const 666) (f32.const 666.6) (f64.const 666.6))"#,
    );
}

#[test]
fn definitions_and_instances() {
    let counter = r#"
(module definition $D
  (global $g (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))
(module instance $A $D)
(module instance $B $D)
(assert_return (invoke $A "next") (i32.const 1))
(assert_return (invoke $A "next") (i32.const 2))
(assert_return (invoke "next") (i32.const 1))"#;
    passes(counter);
    passes(r#"(module definition (func (export "f"))) (module instance) (assert_return (invoke "f"))"#);
    passes(r#"(module $m (func (export "f"))) (module instance $n $m) (assert_return (invoke $n "f"))"#);
    fails(r#"(module definition $D) (module instance $I $E)"#, Kind::Module, "there is no module $E");
    let only_defined = r#"(module definition $D (func (export "f"))) (assert_return (invoke $D "f"))"#;
    fails(only_defined, Kind::Return, "there is no module $D");
}

#[test]
fn vectors_lane_by_lane() {
    let check = |arg: &str, wanted: &str| {
        let module = r#"(module (func (export "f") (param v128) (result v128) (local.get 0)))"#;
        format!(r#"{module} (assert_return (invoke "f" (v128.const {arg})) (v128.const {wanted}))"#)
    };
    for (arg, wanted) in [
        ("i32x4 1 2 3 -1", "i32x4 1 2 3 0xffffffff"),
        ("i32x4 1 2 3 4", "i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 0"),
        ("i32x4 0x20001 2 3 4", "i16x8 1 2 2 0 3 0 4 0"),
        ("i32x4 1 2 3 4", "i64x2 0x200000001 0x400000003"),
        ("f32x4 1 -nan nan:0x400001 0", "f32x4 1 nan:canonical nan:arithmetic 0"),
        ("f64x2 -nan nan:0x8000000000001", "f64x2 nan:canonical nan:arithmetic"),
    ] {
        passes(&check(arg, wanted));
    }
    for (arg, wanted, words) in [
        ("i32x4 1 2 3 4", "i32x4 1 2 3 5", "should return [i32x4 0x00000001 0x00000002 0x00000003 0x00000005]; it"),
        ("i32x4 1 2 3 4", "i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 1", "0x01000004]; it"),
        ("i32x4 1 2 3 4", "i16x8 1 0 2 0 3 0 4 1", "0x00010004]; it"),
        ("i64x2 1 2", "i64x2 2 1", "should return"),
        ("f32x4 0 0 0 nan:0x400001", "f32x4 0 0 0 nan:canonical", "[f32x4 0.0 0.0 0.0 nan:canonical]; it"),
        ("f32x4 nan:0x1 0 0 0", "f32x4 nan:arithmetic 0 0 0", "nan:arithmetic"),
        ("f32x4 0 0 0 0", "f32x4 -0 0 0 0", "[f32x4 -0.0 0.0"),
        ("f64x2 0 nan:0x1", "f64x2 0 nan:arithmetic", "[f64x2 0.0 nan:arithmetic]; it"),
        ("f64x2 nan 0", "f64x2 nan:canonical 1", "should return"),
    ] {
        fails(&check(arg, wanted), Kind::Return, words);
    }
    let wider = with_module(r#"(assert_return (invoke "two") (v128.const i64x2 2 0) (v128.const i64x2 0 0))"#);
    fails(&wider, Kind::Return, "should return");
}

#[test]
fn what_depends_on_an_unsupported_module_is_unsupported() {
    let source = r#"
(module $s (memory (export "lacking") 1) (func (export "f") (result anyref) (ref.null any)))
(register "s")
(invoke "f")
(assert_return (invoke $s "f") (ref.null any))
(assert_return (get "g") (i32.const 0))
(assert_trap (invoke "f") "unreachable")
(assert_exhaustion (invoke "f") "call stack exhausted")
(assert_exception (invoke "f"))
(assert_unlinkable (module (import "s" "nothing" (func))) "unknown import")
(module $t (import "s" "f" (func)))
(invoke $t "g")"#;
    unsupported_after(0, source, "lacking");
    let Err(Fault::Unsupported(why)) = &checked(source)[2].verdict else { panic!("unsupported") };
    assert!(why.starts_with("module not instantiated: "), "{why}");
    // The definition is valid; that it can't run shows when it is instantiated.
    let definition = r#"(module definition $D (func (export "lacking"))) (module instance $I $D)"#;
    unsupported_after(1, definition, "lacking");
    unsupported_after(1, &with_module(r#"(assert_return (invoke "self") (ref.func 0))"#), "of many");
    unsupported_after(1, &with_module(r#"(assert_suspension (invoke "two") "unhandled")"#), "stack switching");
    let threads = r#"(module) (thread $T (module) (assert_return (invoke "f"))) (wait $T)"#;
    unsupported_after(1, threads, "threads");
    assert_eq!(checked(threads).len(), 5);
    // After a module that failed for another reason, what depends on it has failed, and isn't called unsupported.
    let dependent = checked(r#"(module (func $f unreachable) (start $f)) (invoke "f")"#);
    let expected = Err(Fault::Failed("module not instantiated: trapped: unreachable".into()));
    assert_eq!(dependent[1].verdict, expected);
}

/// The files of a folder of cases.
fn cases(folder: &str) -> Vec<Script> {
    from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(folder)).unwrap_or_else(|e| panic!("{e}"))
}

/// In the files of cases/directives, a directive passes unless the line that it begins in ends in `;; fails: WORDS` or
/// `;; unsupported: WORDS`. The first line may name the engine.
#[test]
fn the_cases_go_as_they_say() {
    for script in cases("directives") {
        let lines: Vec<&str> = script.source.lines().collect();
        let id = lines[0].strip_prefix(";; engine: ").unwrap_or("interp");
        let report = run(&mut *engine(id, BUDGETS, Features::default()).unwrap(), &script).unwrap();
        let mut expectations = 0;
        for Checked { kind, place, verdict } in &report.checked {
            let comment =
                |word: &str| lines[place.line - 1].split_once(&format!(" ;; {word}: ")).map(|(_, words)| words);
            let expected = (comment("fails"), comment("unsupported"));
            expectations += usize::from(expected != (None, None));
            let holds = match (verdict, expected) {
                (Ok(()), (None, None)) => true,
                (Err(fault), (Some(words), None)) => !fault.is_unsupported() && fault.why().contains(words),
                (Err(fault), (None, Some(words))) => fault.is_unsupported() && fault.why().contains(words),
                _ => false,
            };
            assert!(holds, "{}:{place} {kind}: {verdict:?}", report.file);
        }
        let written = script.source.matches(";; fails: ").count() + script.source.matches(";; unsupported: ").count();
        assert_eq!(expectations, written, "{}: an expectation stands where no directive begins", report.file);
    }
}

#[test]
fn scripts_can_share_a_store() {
    let scripts = cases("together");
    let mut interp = Interp::new(BUDGETS);
    let mut failed = Vec::new();
    for result in run_group(&mut interp, &scripts, &mut |_, _, _| {}) {
        let ScriptReport { file, checked } = result.unwrap();
        failed.extend(
            checked.into_iter().filter(|c| c.verdict.is_err()).map(|c| format!("{file}:{} {}", c.place, c.kind)),
        );
    }
    assert_eq!(failed, ["together/b.wast:8:2 action"], "the name of the other script's module");
    // One by one, they don't.
    let alone = run_all(&scripts, 2, &|| Box::new(Interp::new(BUDGETS)));
    assert_eq!(alone.total().failed, 3);
    // A script that can't be read doesn't keep the next one from running.
    let scripts = [&scripts[..1], &[script("(module")], &scripts[1..]].concat();
    let results = run_group(&mut interp, &scripts, &mut |_, _, _| {});
    assert!(results[0].is_ok() && results[1].is_err());
    assert!(results[2].as_ref().unwrap().checked[1].verdict.is_ok());
}

#[test]
fn an_inline_module_is_a_script() {
    assert_eq!(checked(r#"(func (export "f")) (memory 1)"#).len(), 1);
    passes(r#"(func (export "f")) (memory 1)"#);
}

#[test]
fn an_engine_that_does_not_say_why_may_reject() {
    let source = r#"(assert_invalid (module (func (result i32))) "type mismatch")
                    (assert_malformed (module binary "") "unexpected end")
                    (assert_invalid (module) "type mismatch")"#;
    let mut wasmtime = engine("wasmtime:cranelift", BUDGETS, Features::default()).expect("wasmtime");
    let checked = checked_by(&mut *wasmtime, source);
    assert!(checked[0].verdict.is_ok() && checked[1].verdict.is_ok() && checked[2].verdict.is_err());
}

#[test]
fn scripts_that_cannot_run() {
    let error = |source: &str| run(&mut Interp::new(BUDGETS), &script(source)).expect_err("an error");
    let syntax = error("(module)\n  (assert_nothing)");
    assert!(matches!(syntax, ScriptError::Syntax { .. }));
    assert!(syntax.to_string().starts_with("t/s.wast:2:4: "), "{syntax}");
    let lexical = error("(module)\n\n \"");
    assert!(lexical.to_string().starts_with("t/s.wast:3:"), "{lexical}");
    for source in [
        "(module)\n(component)",
        "(module)\n(component quote \"\")",
        "(module)\n(assert_invalid (component) \"\")",
        "(module)\n(assert_unlinkable (component) \"\")",
    ] {
        let error = error(source);
        assert!(matches!(error, ScriptError::Component { .. }), "{error}");
        assert!(error.to_string().starts_with("t/s.wast:2:"), "{error}");
    }
    let no_room = run(&mut Interp::new(Budgets { store: 10, ..BUDGETS }), &script("(module)"));
    assert!(no_room.expect_err("an error").to_string().contains("spectest"));
    let report = run_all(&[script("(module"), script("(module)")], 2, &|| Box::new(Interp::new(BUDGETS)));
    assert_eq!((report.errors.len(), report.scripts.len()), (1, 1));
    assert!(!report.is_ok() && !KnownGaps::default().check(&report).is_ok());
}

/// The interpreter, but that it doesn't support a module that has the word "lacking" in it, and panics at calls of what
/// is exported as "panic".
struct Flawed(Interp);

impl Engine for Flawed {
    fn id(&self) -> String {
        "flawed".into()
    }
    fn version(&self) -> String {
        "0".into()
    }
    fn reset(&mut self) {
        self.0.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.0.validate(wasm)
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        if wasm.windows(7).any(|window| window == b"lacking") {
            return Err(Outcome::Unsupported("what is lacking".into()));
        }
        self.0.instantiate(wasm, links)
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        assert_ne!(export, "panic", "can't call it");
        self.0.invoke(instance, export, args)
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.0.get(instance, export)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.0.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.0.memory(instance, export)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.0.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.0.table(instance, export)
    }
    fn log(&mut self) -> Vec<HostCall> {
        self.0.log()
    }
}

#[test]
fn a_panic_fails_the_rest_of_the_script() {
    let source = "(module (func (export \"panic\")))\n(invoke \"panic\")\n(module)";
    let checked = checked(source);
    assert_eq!(checked[0].verdict, Ok(()));
    let Err(Fault::Failed(why)) = &checked[1].verdict else { panic!("it panicked") };
    assert!(why.starts_with("panicked: ") && why.contains("can't call it"), "{why}");
    let Err(Fault::Failed(why)) = &checked[2].verdict else { panic!("it isn't run") };
    assert!(why.starts_with("not run: at 2:2 before, it panicked: "), "{why}");
}

/// A folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = env::temp_dir().join(format!("assay-spec-tests-{}-{name}", process::id()));
        fs::create_dir_all(path.join("a/b")).expect("a folder can be made");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn scripts_come_from_files_and_folders() {
    let folder = Folder::new("paths");
    let root = &folder.0;
    let write = |name: &str, text: &[u8]| fs::write(root.join(name), text).expect("a file can be written");
    assert!(matches!(from_path(root), Err(ScriptError::NoScript { .. })));
    write("a/b/z.wast", b"(module)");
    write("a/y.wast", b"");
    write("a/readme.txt", b"no script");
    let files: Vec<String> = from_path(&root.join("a")).expect("scripts").iter().map(Script::file).collect();
    assert_eq!(files, ["a/b/z.wast", "a/y.wast"]);
    let one = from_path(&root.join("a/b/z.wast")).expect("a script");
    assert_eq!((one[0].file().as_str(), one[0].source.as_str()), ("b/z.wast", "(module)"));
    assert!(matches!(from_path(&root.join("a/readme.txt")), Err(ScriptError::NoScript { .. })));
    assert!(matches!(from_path(Path::new("/nowhere/at/all")), Err(ScriptError::Unreadable { .. })));
    write("a/x.wast", b"\xff");
    assert!(matches!(from_path(root), Err(ScriptError::Unreadable { .. })));
}

fn report(source: &str) -> Report {
    run_all(&[script(source)], 1, &|| Box::new(Flawed(Interp::new(BUDGETS))))
}

const MIXED: &str = r#"(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke "f") (i32.const 1)) (assert_return (invoke "f") (i32.const 2))
(module (func (export "lacking")))
(invoke "f")
"#;

#[test]
fn known_gaps_are_exact() {
    let report = report(MIXED);
    let exact = "[known]\n\"t/s.wast\" = \"3, 4:45, 5-6\"\n";
    let check = |text: &str| KnownGaps::parse(text).expect("a list of gaps").check(&report);
    assert!(check(exact).is_ok(), "{}", check(exact));
    // A new failure, a pass that wasn't expected, and a line where nothing is.
    let fewer = check("[known]\n\"t/s.wast\" = \"3, 5-6\"\n");
    assert_eq!((fewer.new_failures.len(), fewer.unexpected_passes.len()), (1, 0));
    assert!(fewer.to_string().contains("t/s.wast:4:45 return: should return [2]; it returned [1]"), "{fewer}");
    let more = check("[known]\n\"t/s.wast\" = \"2-3, 4:45, 5-6\"\n");
    assert_eq!((more.new_failures.len(), more.unexpected_passes.len()), (0, 1));
    let stale = check("[known]\n\"t/s.wast\" = \"3, 4:45, 5-6, 99\"\n");
    assert!(!stale.is_ok() && stale.stale == ["t/s.wast:99: known"]);
    assert_eq!(check("[known]\n\"t/s.wast\" = \"all\"\n").unexpected_passes.len(), 3);
    assert!(!KnownGaps::default().check(&report).is_ok());
}

#[test]
fn known_gaps_are_blessed_and_printed() {
    let report = report(MIXED);
    let blessed = KnownGaps::default().blessed(&report);
    assert!(blessed.check(&report).is_ok());
    assert_eq!(KnownGaps::parse(&blessed.to_string()).expect("a list of gaps"), blessed);
    // Reasons that a person wrote stay.
    let known = KnownGaps::parse("[\"not there\"]\n\"t/s.wast\" = \"5-6\"\n").expect("a list of gaps");
    let text = known.blessed(&report).to_string();
    assert!(text.contains("[\"not there\"]\n\"t/s.wast\" = \"5-6\"\n"), "{text}");
    // So does what is known of files that weren't run.
    let other = KnownGaps::parse("[elsewhere]\n\"t/other.wast\" = \"all\"\n[known]\n\"t/s.wast\" = \"1\"\n").unwrap();
    let kept = other.blessed(&report);
    assert_eq!(kept.files().filter(|file| *file == "t/other.wast").count(), 1);
    assert!(kept.check(&report).is_ok() && !kept.to_string().contains("known"), "{kept}");
    for bad in ["[a]\n\"f\" = \"x\"", "[a]\n\"f\" = \"1-\"", "[a]\n\"f\" = \"\"", "[a]\n\"f\" = 3", "["] {
        assert!(KnownGaps::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_report_is_for_people() {
    insta::assert_snapshot!(report(MIXED), @r"
                      passed  failed  unsupported   total
    module                 1       1            1       2
    action                 0       1            1       1
    return                 2       2            0       4
    all                    3       4            2       7

    failed:
      t/s.wast:3 return: should return [2]; it returned [1]
      t/s.wast:4 return: should return [2]; it returned [1]

    unsupported, and failed for that:
          2 what is lacking: t/s.wast (2)

    3 passed, 4 failed
    ");
    assert!(!report(MIXED).is_ok());
    assert!(report("(module)").is_ok());
}

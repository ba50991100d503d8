//! Runs as derivations: each line is one instance of a rule, and a reader can follow it with a finger on the page of
//! the standard. Constants are values there, and no steps.

use assay_interp::trace::{Cut, Writer};

use super::*;

/// The steps of calling `f`, and how it ends.
fn derivation(text: &str, args: &[i32]) -> String {
    let mut run = Run::new(text);
    let args: Vec<Value> = args.iter().map(|c| Val::I32(*c as u32)).collect();
    let mut out = Vec::new();
    let outcome = run.observed("f", &args, &mut Writer::new(&mut out));
    let steps = String::from_utf8(out).expect("text");
    // What stands at the end of a line is shown, not trimmed: the lines end in brackets.
    format!("{steps}{outcome}")
}

#[test]
fn if_else() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.const 10)) (else (i32.const 20)))))"#;
    insta::assert_snapshot!("if_true", derivation(text, &[1]));
    insta::assert_snapshot!("if_false", derivation(text, &[0]));
}

#[test]
fn loop_with_br_if() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 0)))"#;
    insta::assert_snapshot!(derivation(text, &[2]));
}

#[test]
fn branch_across_labels() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        (block (result i32) i32.const 5 (block i32.const 6 (br 1 (i32.const 7))) drop i32.const 8)))"#;
    insta::assert_snapshot!(derivation(text, &[0]));
}

#[test]
fn call_and_return() {
    let text = r#"(module
        (func $g (param i32 i32) (result i32) (local i32)
            (block (return (i32.add (local.get 0) (local.get 1)))) unreachable)
        (func (export "f") (param i32) (result i32) (call $g (local.get 0) (i32.const 1))))"#;
    insta::assert_snapshot!(derivation(text, &[41]));
}

#[test]
fn trap_out_of_blocks_and_frames() {
    let text = r#"(module
        (func $g (param i32) (result i32)
            i32.const 1 (block i32.const 2 (drop (i32.div_s (i32.const 3) (local.get 0))) drop))
        (func (export "f") (param i32) (result i32) (block (drop (call $g (local.get 0))) nop) i32.const 0))"#;
    insta::assert_snapshot!(derivation(text, &[0]));
}

#[test]
fn memory_fill_of_two_bytes() {
    let text = r#"(module (memory 1) (func (export "f") (param i32)
        (memory.fill (local.get 0) (i32.const 255) (i32.const 2))))"#;
    insta::assert_snapshot!("memory_fill", derivation(text, &[16]));
    insta::assert_snapshot!("memory_fill_oob", derivation(text, &[65535]));
}

#[test]
fn memory_copy_backward() {
    let text = r#"(module (memory 1) (data (i32.const 0) "ab") (func (export "f")
        (memory.copy (i32.const 1) (i32.const 0) (i32.const 2))))"#;
    insta::assert_snapshot!(derivation(text, &[]));
}

#[test]
fn call_indirect() {
    let text = r#"(module (type $t (func (result i32))) (table 3 funcref) (elem (i32.const 0) $g $h)
        (func $g (type $t) i32.const 9) (func $h)
        (func (export "f") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))"#;
    insta::assert_snapshot!("call_indirect", derivation(text, &[0]));
    insta::assert_snapshot!("call_indirect_type", derivation(text, &[1]));
    insta::assert_snapshot!("call_indirect_null", derivation(text, &[2]));
    insta::assert_snapshot!("call_indirect_oob", derivation(text, &[3]));
}

/// As in the standard, the table or memory comes first, then the type or segment.
#[test]
fn immediates_stand_in_the_order_of_the_standard() {
    let text = r#"(module (type (func)) (type $t (func)) (table 1 funcref) (table $x 1 funcref) (memory 1) (memory $m 1)
        (elem func) (elem func) (elem $e funcref (item (ref.func $g))) (data) (data) (data $d "")
        (func $g (type $t))
        (func (export "f") (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 0))
            (table.init $x $e (i32.const 0) (i32.const 0) (i32.const 1))
            (call_indirect $x (type $t) (i32.const 0))))"#;
    insta::assert_snapshot!(derivation(text, &[]));
}

#[test]
fn br_table() {
    let text = r#"(module (func (export "f") (param i32) (result i32)
        (block (block (br_table 1 0 (local.get 0))) (return (i32.const 1))) i32.const 2))"#;
    insta::assert_snapshot!("br_table_lt", derivation(text, &[0]));
    insta::assert_snapshot!("br_table_ge", derivation(text, &[1]));
}

#[test]
fn instantiation() {
    let text = module(
        r#"(module (memory 1) (table 1 funcref) (global i32 (i32.const 3)) (start $s)
        (elem (i32.const 0) $s) (data (global.get 0) "x") (func $s))"#,
    );
    let mut out = Vec::new();
    let mut machine = Machine::new(Budgets::default());
    machine.instantiate(&text, &[], &mut (), &mut Writer::new(&mut out)).expect("an instance");
    insta::assert_snapshot!(String::from_utf8(out).expect("text"));
}

#[test]
fn tail_call_out_of_a_block() {
    let text = r#"(module
        (func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func $h (param i32) (result i32) i32.const 9 (block (return_call $g (local.get 0))) drop unreachable)
        (func (export "f") (param i32) (result i32) (call $h (local.get 0))))"#;
    insta::assert_snapshot!(derivation(text, &[41]));
}

#[test]
fn configurations_in_the_notation_of_the_standard() {
    let text = r#"(module (global (mut i32) (i32.const 3)) (memory 1)
        (func $square (param i32) (result i32)
            (block (result i32) (i32.mul (local.get 0) (local.get 0))))
        (func (export "f") (param i32) (result i32) (local i32)
            (loop
                (local.set 1 (i32.add (local.get 1) (call $square (local.get 0))))
                (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (if (local.get 1) (then (global.set 0 (local.get 1))))
            (i32.div_u (i32.const 1) (local.get 0))))"#;
    let mut run = Run::new(text);
    let mut out = Vec::new();
    let cut = Cut { configs: true, ..Cut::default() };
    let outcome = run.observed("f", &[Val::I32(1)], &mut Writer::cut(&mut out, cut));
    insta::assert_snapshot!(format!("{}{outcome}", String::from_utf8(out).expect("text")));
}

/// A trap takes the place of its redex: what an indirect call was rewritten to beside it still follows.
#[test]
fn a_trap_stands_where_its_redex_stood() {
    let text = r#"(module (table 2 funcref) (memory 1) (memory 2)
        (func (export "f") (param i32) (call_indirect (local.get 0))))"#;
    let mut out = Vec::new();
    let cut = Cut { configs: true, ..Cut::default() };
    Run::new(text).observed("f", &[Val::I32(2)], &mut Writer::cut(&mut out, cut));
    let trace = String::from_utf8(out).expect("text");
    let after: Vec<&str> = trace.lines().filter_map(|line| line.split_once("; ").map(|(_, thread)| thread)).collect();
    assert_eq!(after[3], "frame_0{locals 2} label_0{} trap (ref.cast (ref null [] -> [])) (call_ref [] -> []) end end");
    assert!(trace.contains("~> {table of 2, memories of 1 2 pages}; "), "{trace}");
}

#[test]
fn a_cut_keeps_the_numbers_of_the_whole() {
    let text = r#"(module (func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
        (func (export "f") (param i32) (result i32) (call $g (call $g (local.get 0)))))"#;
    let lines = |cut| {
        let mut out = Vec::new();
        Run::new(text).observed("f", &[Val::I32(1)], &mut Writer::cut(&mut out, cut));
        String::from_utf8(out).expect("text").lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = lines(Cut::default());
    assert_eq!(lines(Cut { from: 3, steps: 2, ..Cut::default() }), all[2..4]);
    let in_g: Vec<String> = all.iter().filter(|l| l.contains("i32.add")).cloned().collect();
    let cut = lines(Cut { function: Some(0), ..Cut::default() });
    assert!(in_g.len() == 2 && in_g.iter().all(|line| cut.contains(line)), "{cut:#?}");
    assert!(!cut.iter().any(|line| line.contains("call 0")), "{cut:#?}");
}

//! The way out of a trap and of an exception: what stands beside it goes first, then what is around it, one by one.

use assay_interp::rule::Rule;
use assay_interp::trace::Seen;

use super::*;

/// Bodies with one instruction that ends them, and how often something stands beside it, and how many labels, handlers
/// and frames are around it.
const BODIES: [(&str, [u64; 4]); 15] = [
    ("(out)", [0, 1, 0, 1]),
    ("(i32.const 1) (out)", [1, 1, 0, 1]),
    ("(out) (nop)", [1, 1, 0, 1]),
    ("(i32.const 1) (out) (nop)", [1, 1, 0, 1]),
    ("(block (out))", [0, 2, 0, 1]),
    ("(block (i32.const 1) (out))", [1, 2, 0, 1]),
    ("(block (out)) (nop)", [1, 2, 0, 1]),
    ("(block (out) (nop)) (nop)", [2, 2, 0, 1]),
    ("(i32.const 1) (block (out)) (drop)", [1, 2, 0, 1]),
    ("(i32.const 1) (if (i32.const 1) (then (out)) (else (nop))) (drop)", [1, 2, 0, 1]),
    ("(try_table (out))", [0, 2, 1, 1]),
    ("(try_table (i32.const 1) (out))", [1, 2, 1, 1]),
    ("(try_table (out)) (nop)", [1, 2, 1, 1]),
    ("(i32.const 1) (call $inner) (drop)", [1, 2, 0, 2]),
    ("(block (i32.const 1) (call $inner) (drop)) (i32.const 2) (drop)", [2, 3, 0, 2]),
];

fn unwound(out: &str, rules: [Rule; 4]) {
    for (body, counts) in BODIES {
        let body = body.replace("(out)", out);
        let mut seen = Seen::default();
        let text = format!(r#"(module (tag $e) (func $inner {out}) (func (export "f") {body}))"#);
        let outcome = Run::new(&text).observed("f", &[], &mut seen);
        assert!(matches!(outcome, Outcome::Trapped(_) | Outcome::Threw(_)), "{outcome}");
        assert_eq!(rules.map(|rule| seen.count(rule)), counts, "{body}");
    }
}

#[test]
fn a_trap_discards_what_is_beside_it_and_around_it() {
    unwound("(unreachable)", [Rule::TrapInstrs, Rule::TrapLabel, Rule::TrapHandler, Rule::TrapFrame]);
}

#[test]
fn an_exception_discards_what_is_beside_it_and_around_it() {
    let rules = [Rule::ThrowRefInstrs, Rule::ThrowRefLabel, Rule::ThrowRefHandlerEmpty, Rule::ThrowRefFrame];
    unwound("(throw $e)", rules);
}

/// A clause of another tag lets an exception pass to the next one, and past the handler if there is none.
#[test]
fn clauses_are_tried_in_order() {
    let mut run = Run::new(
        r#"(module (tag $a) (tag $b) (tag $c)
        (func $throw (param i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a)))
            (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b)))
            (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $c))))
        (func (export "plain") (param i32) (result i32)
            (block $a (block $b
                (try_table (catch $a $a) (catch $b $b) (call $throw (local.get 0)))
                (return (i32.const 0)))
                (return (i32.const 20)))
            (i32.const 10))
        (func (export "refs") (param i32) (result i32)
            (block $a (result exnref) (block $b (result exnref)
                (try_table (catch_ref $a $a) (catch_ref $b $b) (call $throw (local.get 0)))
                (return (i32.const 0)))
                (drop) (return (i32.const 20)))
            (drop) (i32.const 10)))"#,
    );
    for export in ["plain", "refs"] {
        for (c, wanted) in [(0, 0), (1, 10), (2, 20)] {
            assert_eq!(run.call(export, &[c]), returned(&[wanted]), "{export}");
        }
        assert_eq!(run.call(export, &[3]), Outcome::Threw(Vec::new()), "{export}");
    }
}

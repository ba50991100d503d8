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

//! Structures, arrays and exceptions: what is collected, what isn't, and what a full heap does.

use assay_interp::exec::AnyRef;
use assay_interp::outcome::Budget;
use assay_interp::rule::Rule;
use assay_interp::trace::{Seen, Writer};

use super::*;

const LISTS: &str = r#"(module
    (rec (type $node (struct (field (mut i32)) (field (mut (ref null $node))))))
    (type $bytes (array (mut i8)))
    (tag $e (param i32 (ref null $node)))
    (global $kept (mut (ref null $node)) (ref.null $node))
    (table $t 4 (ref null $node))
    (elem $elem (ref null $node) (item (struct.new $node (i32.const 41) (ref.null $node)))
                                 (item (struct.new $node (i32.const 42) (ref.null $node))))
    (global $initial (ref $node) (struct.new $node (i32.const 40) (struct.new $node (i32.const 39) (ref.null $node))))
    ;; n nodes, each forgotten at once.
    (func (export "forget") (param $n i32)
        (loop
            (drop (struct.new $node (local.get $n) (ref.null $node)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    ;; A list of n nodes, kept in a global.
    (func (export "keep") (param $n i32)
        (loop
            (global.set $kept (struct.new $node (local.get $n) (global.get $kept)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    ;; The sum of the list, then of what else is kept.
    (func $sum (param $l (ref null $node)) (result i32) (local $s i32)
        (block $done
            (loop $next
                (br_if $done (ref.is_null (local.get $l)))
                (local.set $s (i32.add (local.get $s) (struct.get $node 0 (local.get $l))))
                (local.set $l (struct.get $node 1 (local.get $l)))
                (br $next)))
        (local.get $s))
    (func (export "sums") (result i32 i32 i32)
        (table.init $t $elem (i32.const 1) (i32.const 0) (i32.const 2))
        (call $sum (global.get $kept))
        (call $sum (global.get $initial))
        (i32.add (call $sum (table.get $t (i32.const 1))) (call $sum (table.get $t (i32.const 2)))))
    (func (export "lay") (table.set $t (i32.const 0) (struct.new $node (i32.const 9) (ref.null $node))))
    (func (export "laid") (result i32) (call $sum (table.get $t (i32.const 0))))
    ;; What operands, locals and exceptions hold stays while others come and go.
    (func $churn (param $n i32)
        (loop
            (drop (struct.new $node (local.get $n) (ref.null $node)))
            (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "held") (param $n i32) (result i32) (local $l (ref null $node))
        (local.set $l (struct.new $node (i32.const 1) (ref.null $node)))
        (struct.get $node 0 (struct.new $node (i32.const 2) (ref.null $node)))
        (call $sum (struct.new $node (i32.const 4)
            (block (result (ref null $node))
                (struct.new $node (i32.const 8) (ref.null $node))
                (call $churn (local.get $n)))))
        (i32.add)
        (i32.add (call $sum (local.get $l))))
    (func (export "thrown") (param $n i32) (result i32 i32)
        (block $h (result i32 (ref null $node))
            (try_table (result i32 (ref null $node)) (catch $e $h)
                (call $late (local.get $n) (i32.const 5) (struct.new $node (i32.const 6) (ref.null $node)))
                (unreachable)))
        (call $churn (local.get $n))
        (call $sum))
    (func $late (param $n i32) (param $p i32) (param $l (ref null $node)) (local $x exnref)
        (block $h (result exnref)
            (try_table (catch_all_ref $h) (throw $e (local.get $p) (local.get $l)))
            (unreachable))
        (local.set $x)
        (local.set $l (ref.null $node))
        (call $churn (local.get $n))
        (throw_ref (local.get $x)))
    (func (export "escape") (result (ref null $node)) (struct.new $node (i32.const 77) (ref.null $node)))
    (func (export "outside") (result externref)
        (extern.convert_any (struct.new $node (i32.const 78) (ref.null $node))))
    (func (export "inside") (param externref) (result i32)
        (call $sum (ref.cast (ref $node) (any.convert_extern (local.get 0)))))
    (func (export "come back") (param (ref null $node)) (result i32) (call $sum (local.get 0)))
    (func (export "throw") (throw $e (i32.const 3) (struct.new $node (i32.const 79) (ref.null $node))))
    (func (export "array") (param $n i32) (result i32) (array.len (array.new $bytes (i32.const 7) (local.get $n))))
    (func (export "data") (param $n i32) (result i32)
        (array.len (array.new_default $bytes (local.get $n)))))"#;

fn small() -> Run {
    Run::within(LISTS, Budgets { heap: 4 << 20, ..Budgets::default() })
}

#[test]
fn what_nothing_refers_to_is_reused() {
    let mut run = small();
    // Some hundred times what the heap can hold.
    assert_eq!(run.call("forget", &[2_000_000]), returned(&[]));
    assert!(run.machine.store().heap.structs.len() < 100_000);
}

#[test]
fn what_something_refers_to_stays() {
    let mut run = small();
    assert_eq!(run.call("keep", &[1000]), returned(&[]));
    assert_eq!(run.call("lay", &[]), returned(&[]));
    assert_eq!(run.call("forget", &[200_000]), returned(&[]));
    assert_eq!(run.call("laid", &[]), returned(&[9]));
    assert_eq!(run.call("sums", &[]), returned(&[500_500, 79, 83]));
    assert_eq!(run.call("held", &[200_000]), returned(&[1 + 2 + 4 + 8]));
    assert_eq!(run.call("thrown", &[200_000]), returned(&[5, 6]));
    assert_eq!(run.call("sums", &[]), returned(&[500_500, 79, 83]));
}

#[test]
fn what_the_outside_holds_stays() {
    let mut run = small();
    let Outcome::Returned(node) = run.call("escape", &[]) else { panic!("a node") };
    let Outcome::Returned(outside) = run.call("outside", &[]) else { panic!("a node outside") };
    let Outcome::Threw(payload) = run.call("throw", &[]) else { panic!("an exception") };
    assert!(matches!(payload[..], [Val::I32(3), Val::Ref(Ref::Any(AnyRef::Struct(_)))]), "{payload:?}");
    assert_eq!(run.call("forget", &[200_000]), returned(&[]));
    assert_eq!(run.observed("come back", &node, &mut ()), returned(&[77]));
    assert_eq!(run.observed("come back", &payload[1..], &mut ()), returned(&[79]));
    assert_eq!(run.observed("inside", &outside, &mut ()), returned(&[78]));
    // What isn't there, or of another type, doesn't come in.
    for r in [Ref::Any(AnyRef::Struct(1 << 30)), Ref::Any(AnyRef::I31(1)), Ref::Func(0), Ref::Null(HeapType::Func)] {
        let outcome = run.observed("come back", &[Val::Ref(r)], &mut ());
        assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome}");
    }
    traps(run.observed("inside", &[Val::Ref(Ref::host(5))], &mut ()), TrapKind::CastFailure);
    traps(run.observed("inside", &[Val::Ref(Ref::Null(HeapType::Extern))], &mut ()), TrapKind::CastFailure);
}

#[test]
fn a_full_heap_is_exhausted_and_can_be_used_again() {
    let mut run = small();
    assert_eq!(run.call("keep", &[1_000_000]), Outcome::Exhausted(Budget::Heap));
    for size in [1 << 20, -1] {
        assert_eq!(run.call("array", &[size]), Outcome::Exhausted(Budget::Heap));
        assert_eq!(run.call("data", &[size]), Outcome::Exhausted(Budget::Heap));
    }
    let mut fresh = small();
    assert_eq!(fresh.call("array", &[-1]), Outcome::Exhausted(Budget::Heap));
    assert_eq!(fresh.call("array", &[1000]), returned(&[1000]));
    assert_eq!(fresh.call("data", &[0]), returned(&[0]));
    assert_eq!(fresh.call("forget", &[200_000]), returned(&[]));
}

/// Two modules that define the same recursive types have the same types; one that only looks alike hasn't.
#[test]
fn types_are_equal_across_modules() {
    let mut machine = Machine::new(Budgets::default());
    let maker = module(
        r#"(module (rec (type $a (sub (struct (field (ref null $b))))) (type $b (struct (field (ref null $a)))))
        (type $c (sub final $a (struct (field (ref null $b)) (field i32))))
        (func (export "c") (result (ref $c)) (struct.new $c (ref.null $b) (i32.const 1))))"#,
    );
    let maker = machine.instantiate(&maker, &[], &mut (), &mut ()).unwrap();
    let user = |types: &str| {
        let text = format!(
            r#"(module (type $first (func)) {types} (type $c (sub final $a (struct (field (ref null $b)) (field i32))))
            (import "m" "c" (func $c (result (ref $a))))
            (func (export "get") (result i32) (struct.get $c 1 (ref.cast (ref $c) (call $c)))))"#
        );
        module(&text)
    };
    let same = user("(rec (type $a (sub (struct (field (ref null $b))))) (type $b (struct (field (ref null $a)))))");
    let c = maker.export("c").unwrap();
    let ok = machine.instantiate(&same, &[c], &mut (), &mut ());
    // The import's own type is another function type, which doesn't match: functions match only as declared.
    assert!(matches!(ok, Err(Outcome::Unlinkable(_))), "{ok:?}");
    let text = r#"(module
        (rec (type $a (sub (struct (field (ref null $b))))) (type $b (struct (field (ref null $a)))))
        (type $c (sub final $a (struct (field (ref null $b)) (field i32))))
        (import "m" "c" (func $c (result (ref $c))))
        (func (export "get") (result i32) (struct.get $c 1 (ref.cast (ref $c) (call $c)))))"#;
    let user = machine.instantiate(&module(text), &[c], &mut (), &mut ()).unwrap();
    let Some(ExternAddr::Func(get)) = user.export("get") else { panic!("a function") };
    assert_eq!(machine.invoke(get, &[], &mut (), &mut ()), returned(&[1]));
    // Another order in the group is another type.
    let text = text.replace(
        "(rec (type $a (sub (struct (field (ref null $b))))) (type $b (struct (field (ref null $a)))))",
        "(rec (type $b (struct (field (ref null $a)))) (type $a (sub (struct (field (ref null $b))))))",
    );
    let other = machine.instantiate(&module(&text), &[c], &mut (), &mut ());
    assert!(matches!(other, Err(Outcome::Unlinkable(_))), "{other:?}");
}

/// A handler whose block a branch leaves, a return, a trap and a tail call leave it too.
#[test]
fn handlers_are_left_in_every_way() {
    let mut run = Run::new(
        r#"(module (tag $e (param i32)) (tag $f)
        (func $g (export "throw") (param i32) (result i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 11))))
            (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f)))
            (if (i32.eq (local.get 0) (i32.const 3)) (then (unreachable)))
            (local.get 0))
        (func (export "catch") (param i32) (result i32)
            (block $out (result i32)
                (block $all
                    (try_table (result i32) (catch $e $out) (catch_all $all) (call $g (local.get 0)))
                    (return (i32.add (i32.const 100))))
                (i32.const 22)))
        (func (export "return") (param i32) (result i32)
            (block $l (try_table (catch_all $l) (try_table (catch_all $l) (return (call $g (local.get 0))))))
            (i32.const 33))
        (func (export "tail") (param i32) (result i32)
            (block $l (try_table (catch_all $l) (return_call $g (local.get 0)))) (i32.const 44))
        (func (export "branch") (param i32) (result i32)
            (block $out (result i32)
                (try_table (result i32) (catch $e $out)
                    (br $out (i32.add (call $g (local.get 0)) (i32.const 1)))))))"#,
    );
    assert_eq!(run.call("catch", &[0]), returned(&[100]));
    assert_eq!(run.call("catch", &[1]), returned(&[11]));
    assert_eq!(run.call("catch", &[2]), returned(&[22]));
    traps(run.call("catch", &[3]), TrapKind::Unreachable);
    assert_eq!(run.call("return", &[7]), returned(&[7]));
    assert_eq!(run.call("return", &[1]), returned(&[33]));
    // The callee of a tail call throws where the caller's handler is no more.
    assert_eq!(run.call("tail", &[7]), returned(&[7]));
    assert_eq!(run.call("tail", &[1]), Outcome::Threw(vec![Val::I32(11)]));
    assert_eq!(run.call("branch", &[7]), returned(&[8]));
    assert_eq!(run.call("branch", &[1]), returned(&[11]));
    assert_eq!(run.call("branch", &[2]), Outcome::Threw(Vec::new()));
    assert_eq!(run.call("throw", &[2]), Outcome::Threw(Vec::new()));
}

/// A heap that is full during instantiation leaves nothing of it under way.
#[test]
fn instantiation_that_runs_out_leaves_no_thread() {
    let mut machine = Machine::new(Budgets { heap: 1 << 10, ..Budgets::default() });
    let small = module(r#"(module (func (export "f") (result i32) (i32.const 5)))"#);
    let small = machine.instantiate(&small, &[], &mut (), &mut ()).unwrap();
    let text = r#"(module (type $a (array i64)) (global (ref $a) (array.new_default $a (i32.const 10000))))"#;
    let outcome = machine.instantiate(&module(text), &[], &mut (), &mut ()).map(drop);
    assert_eq!(outcome, Err(Outcome::Exhausted(Budget::Heap)));
    let Some(ExternAddr::Func(f)) = small.export("f") else { panic!("a function") };
    assert_eq!(machine.invoke(f, &[], &mut (), &mut ()), returned(&[5]));
}

/// The steps of constant expressions are seen like any others.
#[test]
fn constant_expressions_are_observed() {
    let text = r#"(module (type $s (struct (field i32))) (global (ref $s) (struct.new $s (i32.const 1))))"#;
    let mut seen = Seen::default();
    Machine::new(Budgets::default()).instantiate(&module(text), &[], &mut (), &mut seen).unwrap();
    assert_eq!(seen.count(Rule::StructNew), 1);
    let mut out = Writer::new(Vec::new());
    Machine::new(Budgets::default()).instantiate(&module(text), &[], &mut (), &mut out).unwrap();
    assert!(out.error().is_none());
}

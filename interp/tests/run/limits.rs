//! Budgets to the last unit: what just fits, and what is one too much.

use assay_interp::exec::Config;
use assay_interp::outcome::Budget;
use assay_interp::trace::Seen;

use super::*;

/// Frames, labels, locals and operands are counted when a function is called: those that are there, with the arguments
/// and the reference to the function; and those that the call adds.
#[test]
fn a_stack_that_is_just_large_enough() {
    let text = r#"(module
        (func $f (export "f") (param i32) (local i64 i64))
        (func (export "nested") (local i64)
            (i32.const 5)
            (block (call $f (i32.const 1)))
            (drop)))"#;
    // One operand and the reference; one parameter, two locals, a label, a frame.
    let called = 2 + (1 + 2 + 2);
    // A frame, two labels, a local and an operand around the same call.
    let nested = (1 + 2 + 1 + 1) + called;
    for (export, args, needed) in [("f", &[7][..], called), ("nested", &[], nested)] {
        let within = |stack| Run::within(text, Budgets { stack, ..Budgets::default() }).call(export, args);
        assert_eq!(within(needed), returned(&[]), "{export}");
        assert_eq!(within(needed - 1), Outcome::Exhausted(Budget::Stack), "{export}");
    }
}

/// The same across instances: a call, and a tail call, of what another module exports.
#[test]
fn a_stack_that_is_just_large_enough_for_another_instance() {
    let other = binary::decode(
        &wat::parse_str(
            r#"(module
            (func (export "f") (param i32 i32) (result i32) (local i64 i64 f32) (call 1))
            (func (result i32) (local i32) (i32.const 3)))"#,
        )
        .unwrap(),
    )
    .unwrap();
    let module = binary::decode(
        &wat::parse_str(
            r#"(module
            (func $f (import "" "f") (param i32 i32) (result i32))
            (func (export "call") (result i32) (local i64 i32 i32)
                (i32.const 4)
                (block (result i32) (i32.const 5) (call $f (i32.const 1) (i32.const 2)) (i32.add))
                (i32.add))
            (func (export "tail") (result i32) (local i64 i32)
                (i32.const 4)
                (block (result i32) (i32.const 5) (return_call $f (i32.const 1) (i32.const 2)))
                (i32.add)))"#,
        )
        .unwrap(),
    )
    .unwrap();
    let (other, module) = (Arc::new(other), Arc::new(module));
    for name in ["call", "tail"] {
        let outcomes = (0..40).map(|stack| {
            let mut machine = Machine::new(Budgets { stack, ..Budgets::default() });
            let other = machine.instantiate(&other, &[], &mut (), &mut ()).ok()?;
            let imports = [other.export("f").unwrap()];
            let instance = machine.instantiate(&module, &imports, &mut (), &mut ()).ok()?;
            let func = instance.func(name).unwrap();
            let by_the_rules = machine.invoke(func, &[], &mut (), &mut Seen::default());
            assert_eq!(machine.invoke(func, &[], &mut (), &mut ()), by_the_rules, "{name} within {stack}");
            Some(matches!(by_the_rules, Outcome::Returned(_)))
        });
        let outcomes: Vec<_> = outcomes.flatten().collect();
        assert!(outcomes.contains(&true) && outcomes.contains(&false), "{name}");
    }
}

/// Below a megabyte nothing is collected, and what is dead is still there.
#[test]
fn little_garbage_is_left_lying() {
    let text = r#"(module (type $s (struct))
        (func (export "forget") (param $n i32)
            (loop
                (drop (struct.new $s))
                (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;
    let mut run = Run::new(text);
    assert!(run.machine.store().heap.structs.is_empty());
    assert_eq!(run.call("forget", &[1000]), returned(&[]));
    assert_eq!(run.machine.store().heap.structs.len(), 1000);
    assert!(!run.machine.store().heap.structs.is_empty());
    assert_eq!(run.call("forget", &[100_000]), returned(&[]));
    // A structure without fields takes 64 bytes.
    assert!(run.machine.store().heap.structs.len() <= (1 << 20) / 64);
}

/// An instance takes 64 bytes, and as many for each field as a value does.
#[test]
fn a_heap_that_is_just_large_enough() {
    let text = r#"(module (type $a (array i8)) (global $kept (mut (ref null $a)) (ref.null $a))
        (func (export "one") (global.set $kept (array.new_default $a (i32.const 3))))
        (func (export "another") (drop (array.new_default $a (i32.const 3)))))"#;
    let needed = 64 + 3 * size_of::<Value>() as u64;
    let within = |heap| Run::within(text, Budgets { heap, ..Budgets::default() });
    assert_eq!(within(needed).call("one", &[]), returned(&[]));
    assert_eq!(within(needed - 1).call("one", &[]), Outcome::Exhausted(Budget::Heap));
    let mut run = within(2 * needed);
    for export in ["one", "another", "another"] {
        assert_eq!(run.call(export, &[]), returned(&[]), "what is dead makes place");
    }
    let mut run = within(2 * needed);
    (0..2).for_each(|_| assert_eq!(run.call("another", &[]), returned(&[])));
    assert_eq!(run.machine.store().heap.arrays.len(), 2, "and has it as long as there is other place");
    let mut run = within(2 * needed - 1);
    assert_eq!(run.call("one", &[]), returned(&[]));
    assert_eq!(run.call("another", &[]), Outcome::Exhausted(Budget::Heap));
}

/// What is alive is counted, of whatever sort it is: here exceptions, each of which holds the one before.
#[test]
fn a_heap_full_of_exceptions() {
    let text = r#"(module (tag $e (param exnref)) (tag $f)
        (func (export "chain") (param $n i32) (local $last exnref)
            (loop $next
                (block $h (result exnref)
                    (try_table (catch_all_ref $h) (throw $e (local.get $last)))
                    (unreachable))
                (local.set $last)
                (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;
    let each = 64 + size_of::<Value>() as u64;
    let within = |heap| Run::within(text, Budgets { heap, ..Budgets::default() });
    // More than a megabyte, so that they are looked at on the way.
    assert_eq!(within(50_000 * each).call("chain", &[50_000]), returned(&[]));
    assert_eq!(within(50_000 * each).call("chain", &[50_001]), Outcome::Exhausted(Budget::Heap));
}

/// A store takes 4 GiB, if nobody says otherwise, and its heap 1 GiB.
#[test]
fn a_store_of_its_own_has_the_budgets_of_a_machine() {
    let (store, budgets) = (Store::<Concrete>::default(), Budgets::default());
    assert_eq!((store.budget, store.heap.limit), (budgets.store, budgets.heap));
    let mut store = Store { budget: 10, ..store };
    assert!(store.charge(7) && !store.charge(4) && store.charge(3) && !store.charge(1) && store.charge(0));
}

#[test]
fn a_stack_knows_how_far_down_a_step_reached() {
    let mut config: Config<Concrete> = Config::new(Store::default(), 100);
    let stack = &mut config.stack;
    assert!(stack.is_empty());
    (0..5).for_each(|c| stack.push(Val::I32(c)));
    assert!(!stack.is_empty());
    stack.mark();
    stack.push(Val::I32(5));
    assert_eq!(stack.low(), 5);
    assert_eq!([stack.pop(), stack.pop()], [5, 4].map(Val::I32));
    assert_eq!(stack.low(), 4);
    stack.mark();
    assert_eq!(stack.pop_many(3), [1, 2, 3].map(Val::I32));
    assert_eq!(stack.low(), 1);
    (1..6).for_each(|c| stack.push(Val::I32(c)));
    stack.mark();
    stack.keep(2, 1);
    assert_eq!(stack.low(), 2);
    assert_eq!(stack.values(), [0, 1, 5].map(Val::I32));
}

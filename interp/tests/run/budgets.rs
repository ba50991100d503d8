//! Budgets: whatever a module does, a run ends, and as it should.

use assay_interp::binary::ErrorKind;
use assay_interp::outcome::Budget;
use assay_interp::rule::Rule;
use assay_interp::trace::Seen;

use super::*;

fn budget(change: impl FnOnce(&mut Budgets)) -> Budgets {
    let mut budgets = Budgets::default();
    change(&mut budgets);
    budgets
}

#[test]
fn fuel_ends_an_infinite_loop() {
    let text = r#"(module (func (export "f") (loop (br 0))) (func (export "g") nop nop))"#;
    let mut run = Run::within(text, budget(|b| b.fuel = 10_000));
    assert_eq!(run.call("f", &[]), Outcome::Exhausted(Budget::Fuel));
    assert_eq!(run.call("g", &[]), Outcome::Returned(vec![]), "each call has its own");
    // call_ref, nop, nop, label and frame are five reductions.
    let text = r#"(module (func (export "f") nop nop))"#;
    let mut seen = Seen::default();
    Run::new(text).observed("f", &[], &mut seen);
    let steps: u64 = Rule::ALL.iter().map(|rule| seen.count(*rule)).sum();
    assert_eq!(steps, 5);
    assert_eq!(Run::within(text, budget(|b| b.fuel = 4)).call("f", &[]), Outcome::Exhausted(Budget::Fuel));
    assert_eq!(Run::within(text, budget(|b| b.fuel = 5)).call("f", &[]), Outcome::Returned(vec![]));
    assert_eq!(Run::within(text, budget(|b| b.fuel = 0)).call("f", &[]), Outcome::Exhausted(Budget::Fuel));
    // A start function is run on fuel too.
    let mut machine = Machine::new(budget(|b| b.fuel = 1000));
    let spins = module(r#"(module (start $f) (func $f (loop (br 0))))"#);
    let outcome = machine.instantiate(&spins, &[], &mut (), &mut ()).map(|_| ());
    assert_eq!(outcome, Err(Outcome::Exhausted(Budget::Fuel)));
}

/// Nested blocks around a loop of calls add their own steps, and nothing to those of the calls.
#[test]
fn blocks_around_calls_cost_what_they_are() {
    let steps = |blocks: usize| {
        let (open, close) = ("(block ".repeat(blocks), ")".repeat(blocks));
        let text = format!(
            "(module (func $g) (func (export \"f\") (param i32) {open}
            (loop (call $g) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) {close}))"
        );
        let mut seen = Seen::default();
        assert_eq!(Run::new(&text).observed("f", &[Val::I32(1000)], &mut seen), returned(&[]));
        Rule::ALL.iter().map(|rule| seen.count(*rule)).sum::<u64>()
    };
    // Each is entered and left.
    assert_eq!(steps(18), steps(0) + 2 * 18);
}

#[test]
fn a_bulk_operation_costs_fuel_byte_by_byte() {
    let text = r#"(module (memory 1) (func (export "f") (param i32)
        (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))"#;
    let mut run = Run::within(text, budget(|b| b.fuel = 1000));
    assert_eq!(run.call("f", &[100]), Outcome::Returned(vec![]));
    assert_eq!(run.call("f", &[60_000]), Outcome::Exhausted(Budget::Fuel));
}

#[test]
fn the_stack_ends_infinite_recursion() {
    let text = r#"(module (func $f (export "f") (param i32) (result i32) (local i64 i64)
            (call $f (i32.add (local.get 0) (i32.const 1))))
        (func (export "g") (result i32) i32.const 5)
        (func (export "locals") (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))"#;
    let mut run = Run::new(text);
    assert_eq!(run.call("f", &[0]), Outcome::Exhausted(Budget::Stack));
    assert_eq!(run.call("g", &[]), returned(&[5]), "nothing is left of the call that was too deep");
    let mut run = Run::within(text, budget(|b| b.stack = 8));
    assert_eq!(run.call("locals", &[]), Outcome::Exhausted(Budget::Stack));
    assert_eq!(run.call("g", &[]), returned(&[5]));
}

#[test]
fn locals_are_counted_before_they_are_there() {
    let text = format!(r#"(module (func $f (export "f") (local {}) (call $f)))"#, "i64 ".repeat(50_000));
    assert_eq!(Run::new(&text).call("f", &[]), Outcome::Exhausted(Budget::Stack));
}

#[test]
fn the_store_has_a_budget() {
    let text = r#"(module (memory 1) (table 0 externref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))"#;
    let mut run = Run::within(text, budget(|b| b.store = 3 * PAGE));
    assert_eq!(run.call("memory", &[1]), returned(&[1]));
    // Failing to grow is allowed by the standard, but which it is must not depend on the budget.
    assert_eq!(run.call("memory", &[2]), Outcome::Exhausted(Budget::Store));
    assert_eq!(run.call("table", &[100_000]), Outcome::Exhausted(Budget::Store));
    assert_eq!(run.call("table", &[100]), returned(&[0]));
    assert_eq!(run.call("memory", &[0]), returned(&[2]), "and nothing has grown");
    for text in ["(module (memory 65536))", "(module (memory 4))", "(module (table 10000000 funcref))"] {
        let outcome = Machine::new(budget(|b| b.store = 3 * PAGE)).instantiate(&module(text), &[], &mut (), &mut ());
        assert_eq!(outcome.map(|_| ()), Err(Outcome::Exhausted(Budget::Store)), "{text}");
    }
}

#[test]
fn a_million_nested_calls() {
    let text = r#"(module
        (func $f (export "f") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))))
        (func $g (export "g") (param i32)
            (if (local.get 0) (then (call $g (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))))"#;
    let mut run = Run::within(text, budget(|b| b.stack = 1 << 24));
    assert_eq!(run.call("f", &[1_000_000]), returned(&[1_000_000]));
    traps(run.call("g", &[1_000_000]), TrapKind::Unreachable);
    assert_eq!(run.call("f", &[10_000_000]), Outcome::Exhausted(Budget::Stack));
}

#[test]
fn fifty_thousand_nested_blocks() {
    let nested = |body: &[u8]| {
        let n = 50_000;
        let mut code = [0x02, 0x40].repeat(n);
        code.extend(body);
        code.extend(vec![0x0B; n + 1]);
        function(&code)
    };
    let run = |bytes: &[u8]| match binary::decode(bytes) {
        Ok(module) => {
            let mut machine = Machine::new(Budgets::default());
            let instance = machine.instantiate(&Arc::new(module), &[], &mut (), &mut ()).expect("an instance");
            let Some(ExternAddr::Func(f)) = instance.export("f") else { panic!("a function") };
            machine.invoke(f, &[], &mut (), &mut ())
        }
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Limit, "{error}");
            Outcome::Limit(error.message)
        }
    };
    assert_eq!(run(&nested(&[0x01])), Outcome::Returned(vec![]));
    traps(run(&nested(&[0x00])), TrapKind::Unreachable);
    // `br 49999` leaves the outermost, `br 50000` the function, `return` too.
    assert_eq!(run(&nested(&[0x0C, 0xCF, 0x86, 0x03])), Outcome::Returned(vec![]));
    assert_eq!(run(&nested(&[0x0C, 0xD0, 0x86, 0x03])), Outcome::Returned(vec![]));
    assert_eq!(run(&nested(&[0x0F])), Outcome::Returned(vec![]));
    let error = binary::decode(&nested(&[0x0C, 0xD1, 0x86, 0x03])).expect_err("there is no such label");
    assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
}

/// A module with one function, exported as `f`, without parameters and results.
fn function(code: &[u8]) -> Vec<u8> {
    let leb = |mut n: usize| {
        let mut bytes = Vec::new();
        while n >= 0x80 {
            bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    };
    let body = [&[0][..], code].concat();
    let section = [&[1][..], &leb(body.len()), &body].concat();
    let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a";
    [&head[..], &leb(section.len()), &section].concat()
}

#[test]
fn br_table_with_a_million_labels() {
    let labels = "0 ".repeat(999_999);
    let text = format!(
        r#"(module (func (export "f") (param i32) (result i32)
            (block (block (block (br_table {labels} 1 2 (local.get 0))) (return (i32.const 0))) (return (i32.const 1)))
            i32.const 2))"#
    );
    let mut run = Run::new(&text);
    for (i, wanted) in [(0, 0), (999_998, 0), (999_999, 1), (1_000_000, 2), (-1, 2)] {
        assert_eq!(run.call("f", &[i]), returned(&[wanted]));
    }
}

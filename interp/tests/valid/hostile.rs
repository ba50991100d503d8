//! Modules that ask for much in few bytes: they are decided soon, or are beyond a limit, and no memory is spent.

use std::fmt::Write;

use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::Module;
use assay_interp::valid::{self, Rule};

use super::{ALL, module};

fn well_formed(text: &str) -> Module {
    binary::well_formed(&module(text), ALL).expect("it is well-formed")
}

/// Types each of which is declared to be below the one before, in one group or each in its own.
fn chain(n: usize, group: bool) -> String {
    let mut text = String::from(if group { "(module (rec (type (sub (func)))" } else { "(module (type (sub (func)))" });
    for x in 1..n {
        write!(text, "(type (sub {} (func)))", x - 1).expect("a string takes everything");
    }
    text + if group { "))" } else { ")" }
}

#[test]
fn chains_of_types() {
    for group in [false, true] {
        assert_eq!(binary::judge(&module(&chain(64, group)), ALL), Ok(Judgement::Valid));
        for n in [65, 100_000] {
            let error = valid::validate(&well_formed(&chain(n, group)), ALL).expect_err("it is deep");
            assert!(error.is_limit(), "{error}");
        }
    }
}

/// Types that differ only at their ends, each using all before it.
#[test]
fn types_that_are_nearly_equal() {
    let mut text = String::from("(module (type (struct))");
    for x in 0..2000 {
        let fields = format!("(ref {x}) ").repeat(30);
        write!(text, "(type (struct (field {fields} i32)))(type (struct (field {fields} i64)))").unwrap();
    }
    assert_eq!(valid::validate(&well_formed(&(text + ")")), ALL), Ok(()));
}

fn results(n: usize) -> String {
    format!("(result{})", " i32".repeat(n))
}

#[test]
fn calls_that_leave_much() {
    let f = format!("(module (type (func {})) (func (type 0) unreachable) (func ", results(1000));
    let error = valid::validate(&well_formed(&format!("{f} {}))", "(call 0) ".repeat(20_000))), ALL);
    let error = error.expect_err("it leaves twenty million operands");
    assert!(error.is_limit(), "{error}");
    // Not so many, but too many: the message is short.
    let error = valid::validate(&well_formed(&format!("{f} {}))", "(call 0) ".repeat(2000))), ALL);
    let error = error.expect_err("it leaves two million operands").to_string();
    assert!(error.contains("(1999984 more)") && error.len() < 400, "{error}");
}

#[test]
fn operands_that_nothing_gives() {
    let fields = "(field i32) ".repeat(10_000);
    let text = format!(
        "(module (type (struct {fields})) (type (array i32)) (func unreachable {} {}))",
        "struct.new 0 drop ".repeat(20_000),
        "array.new_fixed 1 4294967295 drop ".repeat(20_000),
    );
    assert_eq!(valid::validate(&well_formed(&text), ALL), Ok(()));
    // Where the code is reached they are missing.
    let text = "(module (type (array i32)) (func (i32.const 0) array.new_fixed 0 4294967295 drop))";
    let error = valid::validate(&well_formed(text), ALL).expect_err("there is one");
    assert_eq!(error.rule, Rule::InstrOkArrayNewFixed);
}

#[test]
fn defaults_of_many_fields() {
    let text = format!(
        "(module (type (struct {})) (func {}))",
        "(field i32) ".repeat(10_000),
        "struct.new_default 0 drop ".repeat(100_000),
    );
    assert_eq!(valid::validate(&well_formed(&text), ALL), Ok(()));
}

#[test]
fn tables_of_many_labels() {
    let text = format!(
        "(module (type (func {})) (func (type 0) (block (type 0) unreachable br_table {} 0)))",
        results(1000),
        "0 1 ".repeat(300_000),
    );
    assert_eq!(valid::validate(&well_formed(&text), ALL), Ok(()));
}

#[test]
fn locals_that_nobody_counts() {
    let runs = "(local (ref func)) ".repeat(20_000);
    let uses: String = (0..20_000).map(|x| format!("(local.set {x} (unreachable)) (drop (local.get {x}))")).collect();
    assert_eq!(valid::validate(&well_formed(&format!("(module (func {runs} {uses}))")), ALL), Ok(()));
}

#[test]
fn blocks_within_blocks() {
    let n = 300_000;
    // Not as text, whose parser has a limit.
    let body = [vec![0], [0x02, 0x40].repeat(n), [0x0b].repeat(n + 1)].concat();
    let leb =
        |n: usize| (0..4).map(|i| (n >> (7 * i)) as u8 & 0x7f | if i < 3 { 0x80 } else { 0 }).collect::<Vec<u8>>();
    let code = [&[1][..], &leb(body.len()), &body].concat();
    let head = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a";
    let wasm = [&head[..], &leb(code.len()), &code].concat();
    let module = binary::well_formed(&wasm, ALL).expect("it is well-formed");
    assert_eq!(valid::validate(&module, ALL), Ok(()));
}

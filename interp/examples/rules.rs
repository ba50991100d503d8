//! Lists the rules of execution that a module exercises: its instantiation, and a call of each exported function with
//! zeros and nulls.
//!
//! ```text
//! cargo run -p assay-interp --example rules -- docs/examples/base64.wat
//! ```

use std::error::Error;
use std::sync::Arc;

use assay_interp::{Budgets, Machine, Module, Rule, Seen, Value, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: rules MODULE")?;
    let seen = rules(decode(&wat::parse_file(path)?)?)?;
    for rule in Rule::ALL.iter().filter(|rule| seen.count(**rule) > 0) {
        println!("{:>9}  {rule}", seen.count(*rule));
    }
    Ok(())
}

// ANCHOR: rules
/// Which rules a module without imports exercises, and how often.
fn rules(module: Module) -> Result<Seen, Box<dyn Error>> {
    let (module, mut seen) = (Arc::new(module), Seen::default());
    let mut machine = Machine::new(Budgets { fuel: 1_000_000, ..Budgets::default() });
    let instance = machine.instantiate(&module, &[], &mut (), &mut seen)?;
    for (name, ty) in module.exported_funcs() {
        // A function that takes a reference without null can't be called from here.
        let Some(args) = ty.params.iter().map(|t| Value::default_of(*t)).collect::<Option<Vec<Value>>>() else {
            continue;
        };
        // However it ends: the rules of what traps are rules, too.
        machine.invoke(instance.func(name).expect("an export"), &args, &mut (), &mut seen);
    }
    Ok(seen)
}
// ANCHOR_END: rules

#[test]
fn rules_of_instantiation_and_of_calls_are_counted() {
    let text = r#"(module
        (table 1 funcref) (elem (i32.const 0) func $f)
        (func $f (export "f") (param i64) (drop (call $g (local.get 0))))
        (func $g (export "g") (param i64) (result i64) (i64.div_s (i64.const 1) (local.get 0))))"#;
    let seen = rules(decode(&wat::parse_str(text).unwrap()).unwrap()).unwrap();
    let count = |rule| seen.count(rule);
    assert_eq!([count(Rule::ElemDrop), count(Rule::Call), count(Rule::LocalGet)], [1, 1, 3]);
    // Both calls end in the division; the first one through two frames, of which `f`'s is never left by `drop`.
    assert_eq!([count(Rule::BinopTrap), count(Rule::TrapFrame), count(Rule::Drop)], [2, 3, 0]);
}

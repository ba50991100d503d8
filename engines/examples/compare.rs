//! Compares one module in the interpreter and in wasmtime: what the oracle of a fuzzer does.
//!
//! ```text
//! cargo run -p assay-engines --example compare -- docs/examples/base64.wat
//! ```

use std::error::Error;
use std::sync::Arc;

use assay_interp::{Budgets, Machine, Outcome, Ref, Value, decode};
use wasmtime::{Config, Engine, Instance, Module, Store, ThrownException, Trap, Val};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: compare MODULE")?;
    println!("{} calls: the same in both", compare(&wat::parse_file(path)?)?);
    Ok(())
}

// ANCHOR: compare
/// Instantiates a module without imports in both and calls each exported function with zeros and nulls; compares how
/// calls end, and after each one the exported globals and memories. Gives the number of calls.
fn compare(wasm: &[u8]) -> Result<usize, Box<dyn Error>> {
    let (module, mut calls) = (Arc::new(decode(wasm)?), 0);
    let mut machine = Machine::new(Budgets { fuel: 10_000_000, ..Budgets::default() });
    let ours = machine.instantiate(&module, &[], &mut (), &mut ())?;
    // NaNs as in the deterministic profile, so that bits can be compared.
    let engine = Engine::new(Config::new().cranelift_nan_canonicalization(true).consume_fuel(true))?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(10_000_000)?;
    let theirs = Instance::new(&mut store, &Module::new(&engine, wasm)?, &[])?;
    for (name, ty) in module.exported_funcs() {
        let f = theirs.get_func(&mut store, name).expect("both export it");
        let args = ty.params.iter().map(|t| Value::default_of(*t)).collect::<Option<Vec<_>>>();
        let vals = f.ty(&store).params().map(|t| t.default_value()).collect::<Option<Vec<_>>>();
        // A reference without null has no default.
        let (Some(args), Some(vals)) = (args, vals) else { continue };
        let mut results = vec![Val::I32(0); ty.results.len()];
        let outcome = machine.invoke(ours.func(name).expect("both export it"), &args, &mut (), &mut ());
        let end = f.call(&mut store, &vals, &mut results).map_err(|error| error.downcast::<Trap>());
        let mut agree = match (&outcome, &end) {
            (Outcome::Returned(values), Ok(())) => values.iter().zip(&results).all(|(v, w)| same(v, w)),
            // Fuel and stack aren't the same in both, and nor is the state in which they run out.
            (Outcome::Exhausted(_), _) | (_, Err(Ok(Trap::OutOfFuel | Trap::StackOverflow))) => break,
            (Outcome::Threw(_), Err(Err(error))) => error.is::<ThrownException>(),
            (Outcome::Trapped(trap), Err(Ok(t))) => t.to_string().contains(trap.kind.message()),
            _ => false,
        };
        for name in module.exports.iter().map(|export| &export.name) {
            let global = ours.global(name).zip(theirs.get_global(&mut store, name));
            agree &= global.is_none_or(|(a, g)| same(&machine.store().globals[a].value, &g.get(&mut store)));
            let memory = ours.mem(name).zip(theirs.get_memory(&mut store, name));
            agree &= memory.is_none_or(|(a, m)| machine.store().mems[a].bytes == m.data(&store));
        }
        if !agree {
            return Err(format!("{name}: {outcome}; in wasmtime {end:?} {results:?}; or globals, memories").into());
        }
        calls += 1;
    }
    Ok(calls)
}
// ANCHOR_END: compare

/// Whether values are the same, bit by bit; of references, whether they are null.
fn same(v: &Value, w: &Val) -> bool {
    match (v, w) {
        (Value::I32(a), Val::I32(b)) => *a == *b as u32,
        (Value::I64(a), Val::I64(b)) => *a == *b as u64,
        (Value::F32(a), Val::F32(b)) => a == b,
        (Value::F64(a), Val::F64(b)) => a == b,
        (Value::V128(a), Val::V128(b)) => *a == b.as_u128(),
        (Value::Ref(a), b) => b.ref_().is_some_and(|b| b.is_null() == matches!(a, Ref::Null(_))),
        _ => false,
    }
}

#[test]
fn results_traps_and_what_is_left_behind_are_compared() {
    let text = r#"(module
        (memory (export "memory") 1) (global $g (export "g") (mut f32) (f32.const 0))
        (func (export "nan") (param f32) (result f32)
          (global.set $g (f32.div (local.get 0) (local.get 0))) (global.get $g))
        (func (export "null") (param externref) (result externref i64) (local.get 0) (i64.const -1))
        (func (export "divide") (param i32)
          (i32.store (i32.const 8) (i32.const 1)) (drop (i32.div_s (i32.const 1) (local.get 0))))
        (func (export "end") (param i32) (drop (i32.load (i32.sub (local.get 0) (i32.const 1)))))
        (func (export "vector") (result v128) (v128.const i64x2 1 -2))
        (func (export "loop") (loop (br 0)))
        (func (export "never") unreachable))"#;
    // The endless function, and what comes after it, aren't compared.
    assert_eq!(compare(&wat::parse_str(text).unwrap()).unwrap(), 5);
}

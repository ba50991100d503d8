//! Both engines agree about what proposals beyond 3.0 add.

use assay_engines::{Budgets, ENGINES, Engine, Features, InstanceId, Outcome, Value, engine};
use assay_interp::exec::Val;

/// Every engine with an instance of this module.
fn instances(text: &str, features: Features) -> Vec<(Box<dyn Engine>, InstanceId)> {
    let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"));
    let instance = |id: &&str| {
        let mut engine = engine(id, Budgets::default(), features).unwrap();
        let instance = engine.instantiate(&wasm, &[]).unwrap_or_else(|e| panic!("{id}: {e}"));
        (engine, instance)
    };
    ENGINES.iter().map(instance).collect()
}

/// What all engines answer; a trap by its kind.
#[track_caller]
fn agreed(engines: &mut [(Box<dyn Engine>, InstanceId)], export: &str, args: &[Value]) -> Outcome {
    let mut answers = engines.iter_mut().map(|(engine, instance)| engine.invoke(*instance, export, args));
    let first = answers.next().expect("there are engines");
    for answer in answers {
        match (&first, &answer) {
            (Outcome::Trapped(a), Outcome::Trapped(b)) => assert_eq!(a.kind, b.kind, "{export} {args:?}"),
            (a, b) => assert_eq!(a, b, "{export} {args:?}"),
        }
    }
    first
}

#[test]
fn wide_arithmetic() {
    let text = r#"(module
        (func (export "add") (param i64 i64 i64 i64) (result i64 i64)
            (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (export "sub") (param i64 i64 i64 i64) (result i64 i64)
            (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
        (func (export "mul_s") (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
        (func (export "mul_u") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))"#;
    let mut engines = instances(text, Features { wide_arithmetic: true, ..Features::default() });
    let limits = [0, 1, 2, u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, 1 << 32, 0x5555_5555_5555_5555];
    let halves = |c: u128| Outcome::Returned(vec![Val::I64(c as u64), Val::I64((c >> 64) as u64)]);
    for (a, b) in limits.into_iter().flat_map(|a| limits.map(|b| (a, b))) {
        let product = u128::from(a) * u128::from(b);
        assert_eq!(agreed(&mut engines, "mul_u", &[a, b].map(Val::I64)), halves(product));
        let product = i128::from(a as i64) * i128::from(b as i64);
        assert_eq!(agreed(&mut engines, "mul_s", &[a, b].map(Val::I64)), halves(product as u128));
        let (x, y) = (u128::from(a) << 64 | u128::from(b), u128::from(b) << 64 | u128::from(!a));
        let args = [b, a, !a, b].map(Val::I64);
        assert_eq!(agreed(&mut engines, "add", &args), halves(x.wrapping_add(y)));
        assert_eq!(agreed(&mut engines, "sub", &args), halves(x.wrapping_sub(y)));
    }
}

#[test]
fn custom_page_sizes() {
    let text = r#"(module (memory 3 20 (pagesize 1)) (memory $wide i64 0 (pagesize 1)) (memory $large 1)
        (func (export "size") (result i32 i64) (memory.size) (memory.size $wide))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "grow wide") (param i64) (result i64) (memory.grow $wide (local.get 0)))
        (func (export "store") (param i32) (i32.store16 (local.get 0) (i32.const -1)))
        (func (export "copy") (param i64 i32 i32)
            (memory.copy $wide $large (local.get 0) (local.get 1) (local.get 2))))"#;
    let mut engines = instances(text, Features { custom_page_sizes: true, ..Features::default() });
    let mut grown = 0;
    for n in [0, 1, 18, 17, 15, 3, 1, u32::MAX, 65536] {
        let outcome = agreed(&mut engines, "grow", &[Val::I32(n)]);
        grown += usize::from(outcome != Outcome::Returned(vec![Val::I32(u32::MAX)]));
        assert!(matches!(outcome, Outcome::Returned(_)));
        agreed(&mut engines, "grow wide", &[Val::I64(n.into())]);
        agreed(&mut engines, "size", &[]);
        for i in [0, 2, 3, 4, 18, 19, 20, u32::MAX] {
            agreed(&mut engines, "store", &[Val::I32(i)]);
            agreed(&mut engines, "copy", &[Val::I64(i.into()), Val::I32(i), Val::I32(2)]);
        }
    }
    assert_eq!(grown, 4);
    for (engine, id) in &mut engines {
        engine.reset();
        let wasm = wat::parse_str("(module (memory (export \"m\") 5 (pagesize 1)))").unwrap();
        *id = engine.instantiate(&wasm, &[]).unwrap();
        assert_eq!(engine.memory(*id, "m"), Ok(vec![0; 5]));
    }
}

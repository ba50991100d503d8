//! All engines that have a proposal beyond 3.0 agree about what it adds.

use assay_engines::{Budgets, ENGINES, Engine, Features, InstanceId, Outcome, Value, engine};
use assay_interp::exec::Val;
use assay_interp::outcome::TrapKind;
use assay_interp::syntax::Instr;

/// Every engine that has the proposal, with an instance of this module.
fn instances(text: &str, proposal: &str, features: Features) -> Vec<(Box<dyn Engine>, InstanceId)> {
    let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"));
    let engines = ENGINES.iter().map(|id| engine(id, Budgets::default(), features).unwrap());
    let having = engines.filter(|engine| engine.proposals().contains(&proposal));
    let instance = |mut engine: Box<dyn Engine>| {
        let instance = engine.instantiate(&wasm, &[]).unwrap_or_else(|e| panic!("{}: {e}", engine.id()));
        (engine, instance)
    };
    having.map(instance).collect()
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
    let mut engines = instances(text, "wide-arithmetic", Features { wide_arithmetic: true, ..Features::default() });
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
    let mut engines = instances(text, "custom-page-sizes", Features { custom_page_sizes: true, ..Features::default() });
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

/// A function for each atomic instruction that accesses a memory, and the types of its operands.
fn atomics(at: &str) -> (String, Vec<(&'static str, Vec<&'static str>)>) {
    let mut text = String::new();
    let mut all = Vec::new();
    for name in Instr::all().iter().map(|(_, name)| *name).filter(|name| name.contains(".atomic.")) {
        let t = if name.starts_with("i64") { "i64" } else { "i32" };
        let operands = match name {
            // Without a timeout, and without another thread, wasmtime would wait for ever.
            "memory.atomic.wait32" | "memory.atomic.wait64" => continue,
            _ if name.contains(".load") => vec![],
            _ if name.contains(".cmpxchg") => vec![t, t],
            _ => vec![t],
        };
        let results = if name.contains(".store") { "" } else { t };
        let gets: String = (0..=operands.len()).map(|i| format!("(local.get {i})")).collect();
        text += &format!(
            "(func (export \"{name}\") (param {at} {}) (result {results}) ({name} offset=1 {gets}))\n",
            operands.join(" ")
        );
        all.push((name, operands));
    }
    (text, all)
}

#[test]
fn atomic_accesses() {
    for at in ["i32", "i64"] {
        let (funcs, all) = atomics(at);
        assert_eq!(all.len(), 64);
        let text = format!(
            "(module (memory {at} 1 1 shared) {funcs}
            (func (export \"init\") (param i64) (i64.store ({at}.const 0) (local.get 0))
                (i64.store ({at}.const 65528) (local.get 0)))
            (func (export \"look\") (result i64 i64) (i64.load ({at}.const 0)) (i64.load ({at}.const 65528)))
            (func (export \"wait32\") (param {at} i32) (result i32)
                (memory.atomic.wait32 (local.get 0) (local.get 1) (i64.const 0)))
            (func (export \"wait64\") (param {at} i64) (result i32)
                (memory.atomic.wait64 (local.get 0) (local.get 1) (i64.const 0))))"
        );
        let mut engines = instances(&text, "threads", Features { threads: true, ..Features::default() });
        let address = |c: i64| if at == "i32" { Val::I32(c as u32) } else { Val::I64(c as u64) };
        let number = |t: &str, c: u64| if t == "i32" { Val::I32(c as u32) } else { Val::I64(c) };
        let old = 0x8182_8384_8586_8788;
        let mut trapped = Vec::new();
        // The offset is 1.
        for i in [-1, 0, 1, 3, 7, 65527, 65531, 65533, 65534, 65535, -2, -9] {
            for (name, operands) in &all {
                for c in [0, old, 0xff88, u64::MAX] {
                    agreed(&mut engines, "init", &[Val::I64(old)]);
                    let values = operands.iter().zip([c, 0x1122_3344_5566_7788]).map(|(t, c)| number(t, c));
                    let args: Vec<Value> = std::iter::once(address(i)).chain(values).collect();
                    if let Outcome::Trapped(trap) = agreed(&mut engines, name, &args) {
                        trapped.push(trap.kind);
                    }
                    agreed(&mut engines, "look", &[]);
                }
            }
            for c in [old, old & 0xffff_ffff, 0] {
                agreed(&mut engines, "wait32", &[address(i), Val::I32(c as u32)]);
                agreed(&mut engines, "wait64", &[address(i), Val::I64(c)]);
            }
        }
        for kind in [TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds] {
            assert!(trapped.contains(&kind), "{kind}");
        }
    }
}

#[test]
fn waiting_on_what_is_not_shared() {
    let text = r#"(module (memory 1 1) (func (export "wait") (param i32) (result i32)
        (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const 0))))"#;
    let mut engines = instances(text, "threads", Features { threads: true, ..Features::default() });
    for (i, kind) in [
        (0, TrapKind::UnsharedMemory),
        (2, TrapKind::UnalignedAtomic),
        (65534, TrapKind::UnalignedAtomic),
        (65536, TrapKind::MemoryOutOfBounds),
    ] {
        let outcome = agreed(&mut engines, "wait", &[Val::I32(i)]);
        assert!(matches!(&outcome, Outcome::Trapped(trap) if trap.kind == kind), "{i}: {outcome}");
    }
}

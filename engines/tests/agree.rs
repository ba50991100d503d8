//! All engines carry out every operation of the trait alike.

use assay_engines::{
    Budgets, ENGINES, Ended, Engine, Features, Link, Outcome, Ref, Replayed, Source, TrapKind, Value, engine, replay,
};
use assay_interp::exec::Val;
use assay_interp::outcome::Budget;
use assay_interp::scenario::{Answer, Scenario, Step, Write};
use assay_interp::syntax::HeapType;

const MODULE: &str = r#"
(module
  (import "env" "read" (func $read (param i32) (result i32)))
  (import "env" "memory" (memory 1 2))
  (import "env" "base" (global $base i32))
  (global (export "count") (mut i64) (i64.const 7))
  (table (export "table") 3 funcref)
  (elem (i32.const 1) $sum)
  (memory (export "own") 1)
  (data (memory 1) (i32.const 4) "\01\02\03\04")
  (func $sum (export "sum") (param i32 i32) (result i32)
    (i32.add (i32.add (local.get 0) (local.get 1)) (global.get $base)))
  (func (export "ask") (param i32) (result i32)
    (i32.add (call $read (local.get 0)) (i32.load 1 (i32.const 4))))
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "load") (param i32) (result i32) (i32.load 1 (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (param i32 i32) (result i32) (i32.const 2) (i32.const 3) (local.get 0)))
)"#;

fn call(export: &str, args: &[Value]) -> Step {
    Step::Call { instance: 0, export: export.into(), args: args.to_vec() }
}

fn scenario() -> Scenario {
    let import = || ("env".to_owned(), "read".to_owned());
    let i32s = |a: i32, b: i32| [Val::I32(a as u32), Val::I32(b as u32)];
    let steps = vec![
        Step::Instantiate {
            module: "m".into(),
            register: None,
            answers: vec![
                Answer { import: import(), results: vec![Val::I32(5)], throws: false },
                Answer { import: import(), results: vec![], throws: true },
            ],
        },
        call("sum", &i32s(2, -5)),
        call("ask", &[Val::I32(9)]),
        call("ask", &[Val::I32(9)]),
        call("ask", &[Val::I32(9)]),
        Step::Write(Write { instance: 0, export: "own".into(), offset: 65532, bytes: vec![1, 0, 0, 128] }),
        call("load", &[Val::I32(65532)]),
        call("load", &[Val::I32(65533)]),
        Step::Set { instance: 0, export: "count".into(), value: Val::I64(8) },
        call("div", &i32s(7, 0)),
        call("div", &i32s(i32::MIN, -1)),
        call("indirect", &[Val::I32(0)]),
        call("indirect", &[Val::I32(1)]),
        call("indirect", &[Val::I32(3)]),
    ];
    Scenario { steps, ..Scenario::default() }
}

fn run(id: &str, scenario: &Scenario) -> (Box<dyn Engine>, Vec<Replayed>) {
    let budgets = Budgets { fuel: 1_000_000, ..Budgets::default() };
    let mut engine = engine(id, budgets, Features::default()).unwrap();
    let wasm = wat::parse_str(MODULE).unwrap();
    let replayed = replay(&mut *engine, scenario, &mut |_| Ok(wasm.clone())).unwrap();
    (engine, replayed)
}

/// What a step ended with, without words of one engine's own.
fn end(replayed: &Replayed) -> String {
    match &replayed.ended {
        Ended::Outcome(Outcome::Trapped(trap)) => format!("trap {}", trap.kind),
        other => format!("{other:?}"),
    }
}

#[test]
fn outcomes_logs_and_state_are_equal() {
    let ends: Vec<Vec<String>> = ENGINES
        .iter()
        .map(|id| {
            let (mut engine, replayed) = run(id, &scenario());
            let mut ends: Vec<String> = replayed.iter().map(end).collect();
            ends[0].clear(); // The engines number the provider differently or not at all.
            ends.extend(replayed.iter().map(|r| format!("{:?}", r.log)));
            let Ended::Instantiated(id) = replayed[0].ended else { panic!("{replayed:?}") };
            ends.push(format!("{:?} {:?}", engine.get(id, "count"), engine.table(id, "table")));
            let bytes = engine.memory(id, "own").unwrap();
            let written: Vec<(usize, u8)> = bytes.iter().copied().enumerate().filter(|(_, b)| *b != 0).collect();
            ends.push(format!("{} {written:?}", bytes.len()));
            ends
        })
        .collect();
    for (id, ends_of) in ENGINES.iter().zip(&ends) {
        assert_eq!(&ends[0], ends_of, "{id}");
    }
    assert_eq!(ends[0][1], format!("{:?}", Ended::Outcome(Outcome::Returned(vec![Val::I32(-3i32 as u32)]))));
    assert!(ends[0][3].contains("Threw"), "{}", ends[0][3]);
    assert_eq!(ends[0][7], format!("trap {}", TrapKind::MemoryOutOfBounds));
}

#[test]
fn running_out_is_its_own_outcome() {
    for id in ENGINES {
        for export in ["spin", "deep"] {
            let steps = vec![scenario().steps[0].clone(), call(export, &[])];
            let (_, replayed) = run(id, &Scenario { steps, ..Scenario::default() });
            let exhausted = matches!(replayed[1].ended, Ended::Outcome(Outcome::Exhausted(_)));
            assert!(exhausted, "{id} {export}: {:?}", replayed[1]);
        }
    }
}

/// Values cross bit by bit, in both directions: NaNs, vectors, references.
#[test]
fn values_cross_as_they_are() {
    let text = r#"(module
        (import "env" "f" (func $f (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)))
        (func (export "f") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
            (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))"#;
    let args = vec![
        Val::I32(1 << 31),
        Val::I64(1 << 63),
        Val::F32(0x7fa0_0001),
        Val::F64(0xfff4 << 48 | 1),
        Val::V128(1 << 100),
    ];
    let results =
        vec![Val::V128(u128::MAX - 5), Val::F64(0x7ff0 << 48 | 3), Val::F32(0xff80_0001), Val::I64(9), Val::I32(8)];
    let answer = Answer { import: ("env".into(), "f".into()), results: results.clone(), throws: false };
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), Features::default()).unwrap();
        let link = Link { module: "env".into(), name: "f".into(), from: Source::Host(vec![answer.clone()]) };
        let instance = engine.instantiate(&wat::parse_str(text).unwrap(), &[link]).unwrap();
        assert_eq!(engine.invoke(instance, "f", &args), Outcome::Returned(results.clone()), "{id}");
        assert_eq!(engine.log()[0].args, args, "{id}");
    }
    let text = r#"(module
        (import "env" "f" (func $f (param externref funcref) (result funcref externref)))
        (func (export "f") (param externref funcref) (result funcref externref)
            (call $f (local.get 0) (local.get 1)))
        (func (export "self") (result funcref) (ref.func 1)))"#;
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), Features::default()).unwrap();
        if !engine.proposals().contains(&"reference-types") {
            continue;
        }
        let (null, host) = (Val::Ref(Ref::Null(HeapType::Func)), Val::Ref(Ref::host(7)));
        let answer = Answer { import: ("env".into(), "f".into()), results: vec![null, host], throws: false };
        let link = Link { module: "env".into(), name: "f".into(), from: Source::Host(vec![answer]) };
        let instance = engine.instantiate(&wat::parse_str(text).unwrap(), &[link]).unwrap();
        let Outcome::Returned(func) = engine.invoke(instance, "self", &[]) else { panic!("{id}") };
        let args = [Val::Ref(Ref::host(3)), func[0]];
        assert_eq!(engine.invoke(instance, "f", &args), Outcome::Returned(vec![null, host]), "{id}");
        // The script is at its end: zeros, which are nulls.
        let nulls = vec![null, Val::Ref(Ref::Null(HeapType::Extern))];
        assert_eq!(engine.invoke(instance, "f", &[nulls[1], null]), Outcome::Returned(nulls.clone()), "{id}");
        let log = engine.log();
        assert!(matches!(log[0].args[..], [a, Val::Ref(Ref::Func(_))] if a == args[0]), "{id}: {log:?}");
        assert_eq!(log[1].args, [nulls[1], null], "{id}");
    }
}

/// A trap is of the same kind everywhere, in a function as while a module is instantiated; and what a failed
/// instantiation has written stays.
#[test]
fn traps_by_kind() {
    let kinds = [
        ("(unreachable)", TrapKind::Unreachable),
        ("(drop (i32.load (i32.const 65533)))", TrapKind::MemoryOutOfBounds),
        ("(memory.fill (i32.const 65530) (i32.const 0) (i32.const 7))", TrapKind::MemoryOutOfBounds),
        ("(call_indirect (i32.const 4))", TrapKind::TableOutOfBounds),
        ("(table.copy (i32.const 3) (i32.const 0) (i32.const 2))", TrapKind::TableOutOfBounds),
        ("(call_indirect (i32.const 0))", TrapKind::UninitializedElement),
        ("(call_indirect (param i64) (i64.const 1) (i32.const 1))", TrapKind::IndirectCallType),
        ("(drop (i64.rem_u (i64.const 1) (i64.const 0)))", TrapKind::IntegerDivideByZero),
        ("(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))", TrapKind::IntegerOverflow),
        ("(drop (i32.trunc_f64_s (f64.const 1e10)))", TrapKind::IntegerOverflow),
        ("(drop (i64.trunc_f32_u (f32.const nan)))", TrapKind::InvalidConversion),
    ];
    for id in ENGINES {
        let mut engine = engine(id, Budgets::default(), Features::default()).unwrap();
        for (code, kind) in kinds {
            for start in ["", "(start $f)"] {
                let text = format!(
                    r#"(module (memory 1) (table 4 funcref) (elem (i32.const 1) $f)
                    (func $f (export "f") {code}) {start})"#
                );
                engine.reset();
                let outcome = match engine.instantiate(&wat::parse_str(&text).unwrap(), &[]) {
                    Ok(instance) => engine.invoke(instance, "f", &[]),
                    Err(outcome) => outcome,
                };
                assert!(matches!(&outcome, Outcome::Trapped(trap) if trap.kind == kind), "{id} {text}: {outcome:?}");
            }
        }
        engine.reset();
        let owner = r#"(module (memory (export "m") 1) (table (export "t") 2 funcref))"#;
        let owner = engine.instantiate(&wat::parse_str(owner).unwrap(), &[]).unwrap();
        let link = |name: &str| {
            let from = Source::Instance(owner, name.to_owned());
            Link { module: "env".into(), name: name.into(), from }
        };
        for (segment, kind) in [
            ("(data (i32.const 65536) \"b\")", TrapKind::MemoryOutOfBounds),
            ("(elem (i32.const 2) $f)", TrapKind::TableOutOfBounds),
        ] {
            let text = format!(
                r#"(module (import "env" "m" (memory 1)) (import "env" "t" (table 2 funcref)) (func $f)
                (elem (i32.const 1) $f) {segment})"#
            );
            let failed = engine.instantiate(&wat::parse_str(&text).unwrap(), &[link("m"), link("t")]).unwrap_err();
            assert!(matches!(&failed, Outcome::Trapped(trap) if trap.kind == kind), "{id} {segment}: {failed:?}");
            assert_eq!(engine.table(owner, "t"), Ok(vec![true, false]), "{id}");
        }
        let unlinkable =
            engine.instantiate(&wat::parse_str("(module (import \"env\" \"t\" (memory 1)))").unwrap(), &[link("t")]);
        assert!(matches!(unlinkable, Err(Outcome::Unlinkable(_))), "{id}: {unlinkable:?}");
    }
}

/// Growth beyond the budget ends the run, growth beyond the type fails, as the standard says.
#[test]
fn growth_within_a_budget() {
    let text = r#"(module (memory 1 5) (table 1 9 funcref)
        (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    for id in ENGINES {
        let budgets = Budgets { store: 3 * 65536 + 100, ..Budgets::default() };
        let mut engine = engine(id, budgets, Features::default()).unwrap();
        let instance = engine.instantiate(&wat::parse_str(text).unwrap(), &[]).unwrap();
        let mut grow = |what: &str, n: u32| engine.invoke(instance, what, &[Val::I32(n)]);
        let returned = |n: i32| Outcome::Returned(vec![Val::I32(n as u32)]);
        assert_eq!(grow("memory", 5), returned(-1), "{id}");
        assert_eq!(grow("table", 9), returned(-1), "{id}");
        assert_eq!(grow("memory", 2), returned(1), "{id}");
        assert_eq!(grow("memory", 1), Outcome::Exhausted(Budget::Store), "{id}");
        let too_large = engine.instantiate(&wat::parse_str("(module (memory 4))").unwrap(), &[]);
        assert_eq!(too_large, Err(Outcome::Exhausted(Budget::Store)), "{id}");
    }
}

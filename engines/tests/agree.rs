//! Both engines carry out every operation of the trait alike.

use assay_engines::{
    Budgets, ENGINES, Ended, Engine, Features, Outcome, Ref, Replayed, TrapKind, Value, engine, replay,
};
use assay_interp::exec::Val;
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
  (func (export "same") (param externref) (result externref) (local.get 0))
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
        call("same", &[Val::Ref(Ref::host(3))]),
        call("same", &[Val::Ref(Ref::Null(HeapType::Extern))]),
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
            ends.push(format!("{:?}", engine.memory(id, "own")));
            ends
        })
        .collect();
    assert_eq!(ends[0], ends[1]);
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

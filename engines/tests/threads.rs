//! Scenarios of several threads: what they say is what happens, in the engine that has threads.

use assay_engines::{Budgets, Ended, Features, Outcome, ReplayError, Value, engine, replay};
use assay_interp::exec::Val;
use assay_interp::outcome::Budget;
use assay_interp::scenario::{Scenario, Step};

/// A thread waits for a message, the other one sends it; the memory is the host's.
const MODULE: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (func (export "receive") (param $timeout i64) (result i32 i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (local.get $timeout))
        (i32.load (i32.const 4)))
    (func (export "send") (param i32) (result i32)
        (i32.store (i32.const 4) (local.get 0))
        (i32.atomic.store (i32.const 0) (i32.const 1))
        (memory.atomic.notify (i32.const 0) (i32.const 1))))"#;

fn play(id: &str, steps: Vec<Step>) -> Result<Vec<Ended>, ReplayError> {
    let features = Features { threads: true, ..Features::default() };
    let mut engine = engine(id, Budgets::default(), features).unwrap();
    let wasm = wat::parse_str(MODULE).unwrap();
    let instantiate = Step::Instantiate { module: "m".into(), register: None, answers: Vec::new() };
    let steps = std::iter::once(instantiate).chain(steps).collect();
    let scenario = Scenario { steps, ..Scenario::default() };
    let replayed = replay(&mut *engine, &scenario, &mut |_| Ok(wasm.clone()))?;
    Ok(replayed.into_iter().skip(1).map(|replayed| replayed.ended).collect())
}

fn start(export: &str, arg: Value) -> Step {
    Step::Start { instance: 0, export: export.into(), args: vec![arg] }
}

fn returned(results: &[u32]) -> Ended {
    Ended::Outcome(Outcome::Returned(results.iter().map(|c| Val::I32(*c)).collect()))
}

const ENDLESS: Value = Val::I64(u64::MAX);

#[test]
fn a_message_that_is_waited_for() {
    let ends = play(
        "interp",
        vec![
            start("receive", ENDLESS),
            Step::Advance { thread: 0, steps: 2 },
            Step::Advance { thread: 0, steps: 1 },
            Step::Call { instance: 0, export: "send".into(), args: vec![Val::I32(7)] },
            Step::Join { thread: 0 },
            // What has ended stays as it is.
            Step::Advance { thread: 0, steps: 1 },
        ],
    );
    let goes = [Ended::Done, Ended::Runs, Ended::Blocked, returned(&[1]), returned(&[0, 7]), returned(&[0, 7])];
    assert_eq!(ends.unwrap(), goes);
}

#[test]
fn who_joins_lets_all_threads_step() {
    let receive = || start("receive", ENDLESS);
    let ends = play("interp", vec![receive(), start("send", Val::I32(7)), Step::Join { thread: 0 }]);
    assert_eq!(ends.unwrap()[2], returned(&[0, 7]));
    // Both have read that there is nothing before it is sent: a notification wakes one of them, the other one waits.
    let both =
        vec![receive(), receive(), start("send", Val::I32(7)), Step::Join { thread: 1 }, Step::Join { thread: 0 }];
    let ends = play("interp", both).unwrap();
    assert_eq!(ends[3..], [Ended::Outcome(Outcome::Exhausted(Budget::Wait)), returned(&[0, 7])]);
    let timeout = play("interp", vec![start("receive", Val::I64(5)), Step::Join { thread: 0 }]);
    assert_eq!(timeout.unwrap()[1], returned(&[2, 0]));
}

#[test]
fn what_cannot_be_started_is_refused() {
    let ends = play("wasmtime:cranelift", vec![start("receive", ENDLESS)]).unwrap();
    assert!(matches!(ends[..], [Ended::Outcome(Outcome::Unsupported(_))]), "{ends:?}");
    let not_started = play("wasmtime:cranelift", vec![start("receive", ENDLESS), Step::Join { thread: 0 }]);
    assert!(matches!(not_started, Err(ReplayError::Thread { step: 3, thread: 0 })), "{not_started:?}");
    let nothing = play("interp", vec![start("receive", Val::I32(0))]);
    assert!(matches!(nothing, Err(ReplayError::Call { step: 2, .. })), "{nothing:?}");
    let nobody = play("interp", vec![Step::Advance { thread: 1, steps: 1 }]);
    assert!(matches!(nobody, Err(ReplayError::Thread { step: 2, thread: 1 })), "{nobody:?}");
}

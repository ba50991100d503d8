//! Scripts of several threads go as they should however their threads take turns.

use std::path::Path;

#[cfg(feature = "wasmtime")]
use assay_engines::engine;
use assay_engines::{Budgets, Engine, Features, Interp, Version, Watched};
use assay_interp::rule::Rule;
use assay_interp::trace::Seen;
use assay_spec_tests::{Checked, Event, Fault, Kind, Schedule, Script, from_path, run, run_group, run_scheduled};

const BUDGETS: Budgets = Budgets { fuel: 1_000_000, stack: 1 << 16, store: 1 << 32, heap: 1 << 26 };

fn features() -> Features {
    Features { threads: true, ..Version::V3.into() }
}

fn interp() -> Interp {
    Interp::with_features(BUDGETS, features())
}

fn cases() -> Vec<Script> {
    from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/threads")).unwrap_or_else(|e| panic!("{e}"))
}

fn script(source: &str) -> Script {
    Script { suite: "t".into(), name: "s.wast".into(), source: source.into(), features: None }
}

fn schedules() -> impl Iterator<Item = Schedule> {
    let steps = [1, 2, 3, 5, 10, 100, 1000].map(Schedule::Steps);
    steps.into_iter().chain((0..25).map(Schedule::Seed))
}

#[test]
fn the_cases_pass_by_every_schedule() {
    for case in cases() {
        for schedule in schedules() {
            let report = run_scheduled(&mut interp(), &case, schedule).unwrap_or_else(|e| panic!("{e}"));
            for Checked { kind, place, verdict } in &report.checked {
                assert_eq!(*verdict, Ok(()), "{}:{place} {kind} by {schedule:?}", report.file);
            }
            // In the order of the script, none left out.
            assert!(report.checked.is_sorted_by(|a, b| a.place < b.place));
            let begins = |line: &&str| ["(assert_", "(invoke "].iter().any(|word| line.trim_start().starts_with(word));
            let runs = |c: &&Checked| !matches!(c.kind, Kind::Module | Kind::Register | Kind::Thread | Kind::Wait);
            let ran = report.checked.iter().filter(runs).count();
            assert_eq!(ran, case.source.lines().filter(begins).count(), "{}", report.file);
        }
    }
}

/// Turns do interleave: an increment that isn't atomic is lost by some schedules, and not by others.
#[test]
fn races_are_found() {
    let thread = |name: &str| {
        format!(
            r#"(thread {name} (shared (module $Mem))
            (register "mem" $Mem)
            (module (memory (import "mem" "memory") 1 1 shared) (func (export "increment")
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))))
            (invoke "increment"))"#
        )
    };
    let source = format!(
        r#"(module $Mem
            (memory (export "memory") 1 1 shared)
            (func (export "count") (result i32) (i32.load (i32.const 0))))
        {} {} (wait $T1) (wait $T2) (assert_return (invoke "count") (i32.const 2))"#,
        thread("$T1"),
        thread("$T2")
    );
    let lost = schedules().filter(|schedule| {
        let report = run_scheduled(&mut interp(), &script(&source), *schedule).unwrap();
        let (last, others) = report.checked.split_last().unwrap();
        assert!(others.iter().all(|c| c.verdict.is_ok()), "{others:?}");
        last.verdict.is_err()
    });
    let lost = lost.count();
    assert!(lost > 0 && lost < 32, "{lost} of 32 schedules lose an increment");
}

#[track_caller]
fn verdicts(engine: &mut dyn Engine, source: &str) -> Vec<Result<(), Fault>> {
    run(engine, &script(source)).unwrap().checked.into_iter().map(|c| c.verdict).collect()
}

#[test]
fn threads_that_fail() {
    let failed = |why: &str| Err(Fault::Failed(why.into()));
    // What is shared has to be there; a name is one thread's at a time.
    let source = r#"(module) (thread $T (shared (module $No)) (module) (invoke "f")) (wait $T)"#;
    assert_eq!(verdicts(&mut interp(), source)[1..], vec![failed("there is no module $No before this"); 4]);
    let twice = r#"(module) (thread $T (module) (assert_return (invoke "f"))) (thread $T (module)) (wait $T)
        (thread $T (module))"#;
    let why = failed("a thread $T runs already");
    let it = "unlinkable: no function is exported as \"f\"".into();
    let no = Err(Fault::Wrong { should: "return []".into(), it });
    assert_eq!(verdicts(&mut interp(), twice), [Ok(()), Ok(()), Ok(()), no, why.clone(), why, Ok(()), Ok(()), Ok(())]);
    // Threads within threads are nobody's tests, and aren't skipped.
    let nested = verdicts(&mut interp(), "(module) (thread $T (thread $U (module)) (wait $U))");
    let unsupported = Err(Fault::Unsupported("threads that threads start".into()));
    assert_eq!(nested, [Ok(()), Ok(()), unsupported.clone(), unsupported, failed("there is no thread $U before this")]);
    // What waits for ever hasn't run out of anything else.
    let wait = r#"(module (memory 1 1 shared) (func (export "f") (result i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) (func $g (export "g") (call $g)))"#;
    let source = format!(
        r#"{wait} (assert_exhaustion (invoke "f") "call stack exhausted")
        (assert_exhaustion (invoke "g") "waits for ever") (assert_return (invoke "f") (i32.const 0))"#
    );
    let why = [
        ("be exhausted: call stack exhausted", "waits for ever"),
        ("be exhausted: waits for ever", "exhausted its stack"),
        ("return [0]", "waits for ever"),
    ];
    let why = why.map(|(should, it)| Err(Fault::Wrong { should: should.into(), it: it.into() }));
    assert_eq!(verdicts(&mut interp(), &source)[1..], why);
}

#[cfg(feature = "wasmtime")]
#[test]
fn an_engine_without_threads_says_so() {
    let source =
        r#"(module $M (memory (export "m") 1 1 shared)) (thread $T (shared (module $M)) (register "m" $M)) (wait $T)"#;
    let mut wasmtime = engine("wasmtime:cranelift", BUDGETS, features()).expect("wasmtime");
    let verdicts = verdicts(&mut *wasmtime, source);
    assert_eq!(verdicts[0], Ok(()));
    assert_eq!(verdicts[1..], vec![Err(Fault::Unsupported("threads".into())); 3]);
}

/// Directives are told one at a time, and each of a thread's once it has ended; steps are seen in the script's own.
#[test]
fn steps_of_threads_are_seen() {
    let scripts = cases();
    let mut rules = Vec::new();
    let results =
        run_group(&mut Watched::new(interp()), &scripts, &mut |engine: &mut Watched<Seen>, _, event| match event {
            Event::Begins(..) => {
                assert!(engine.observer.is_none());
                engine.observer = Some(Seen::default());
            }
            Event::Ended(_) => {
                let seen = engine.observer.take().expect("it has begun");
                rules.extend(Rule::ALL.iter().filter(|rule| seen.count(**rule) > 0));
            }
        });
    assert!(results.iter().all(Result::is_ok));
    for rule in [Rule::SuspendWoken, Rule::SuspendTimeout, Rule::MemoryAtomicWaitNe, Rule::AtomicCmpxchgNumNe] {
        assert!(rules.contains(&rule), "{rule}");
    }
}

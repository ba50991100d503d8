//! Shared memories, atomic accesses and several threads, as the threads proposal has them.

use std::collections::BTreeSet;

use assay_interp::exec::ThreadId;
use assay_interp::machine::Advanced;
use assay_interp::outcome::Budget;
use assay_interp::syntax::Features;
use assay_interp::trace::Writer;

use super::*;

fn threaded(text: &str) -> Run {
    within(text, Budgets::default())
}

fn within(text: &str, budgets: Budgets) -> Run {
    let features = Features { threads: true, ..Features::default() };
    let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"));
    let module = Arc::new(binary::decode_with(&wasm, features).unwrap_or_else(|e| panic!("{e}")));
    let mut machine = Machine::new(budgets);
    let instance = machine.instantiate(&module, &[], &mut (), &mut ()).unwrap_or_else(|e| panic!("{e}"));
    Run { machine, instance }
}

impl Run {
    fn start(&mut self, export: &str, args: &[Value]) -> ThreadId {
        let Some(ExternAddr::Func(f)) = self.instance.export(export) else { panic!("no function {export}") };
        self.machine.start(f, args).expect("arguments of its type")
    }

    fn advance(&mut self, thread: ThreadId, steps: u64) -> Advanced {
        self.machine.advance(thread, steps, &mut (), &mut ())
    }

    /// Takes steps until the thread ends or waits.
    fn go(&mut self, thread: ThreadId) -> Advanced {
        self.advance(thread, u64::MAX)
    }

    fn join(&mut self, thread: ThreadId) -> Outcome {
        self.machine.join(thread, &mut (), &mut ())
    }
}

fn ended(results: &[i32]) -> Advanced {
    Advanced::Ended(returned(results))
}

/// A number of each type and width of access, with what it is called there.
const ACCESSES: [(&str, u32, &str); 7] = [
    ("i32", 32, ""),
    ("i64", 64, ""),
    ("i32", 8, "8"),
    ("i32", 16, "16"),
    ("i64", 8, "8"),
    ("i64", 16, "16"),
    ("i64", 32, "32"),
];

fn number(t: &str, c: u64) -> Value {
    if t == "i32" { Val::I32(c as u32) } else { Val::I64(c) }
}

/// An atomic instruction is the plain ones in its place, in one step.
#[test]
fn atomic_accesses_are_what_plain_ones_are() {
    for (t, bits, n) in ACCESSES {
        let u = if n.is_empty() { "" } else { "_u" };
        let mut funcs = format!(
            "(func (export \"load\") (param i32) (result {t}) ({t}.atomic.load{n}{u} (local.get 0)))
            (func (export \"store\") (param i32 {t}) ({t}.atomic.store{n} (local.get 0) (local.get 1)))
            (func (export \"xchg\") (param i32 {t}) (result {t})
                ({t}.atomic.rmw{n}.xchg{u} (local.get 0) (local.get 1)))
            (func (export \"cmpxchg\") (param i32 {t} {t}) (result {t})
                ({t}.atomic.rmw{n}.cmpxchg{u} (local.get 0) (local.get 1) (local.get 2)))"
        );
        let ops = ["add", "sub", "and", "or", "xor"];
        for op in ops {
            funcs += &format!(
                "(func (export \"{op}\") (param i32 {t}) (result {t})
                    ({t}.atomic.rmw{n}.{op}{u} (local.get 0) (local.get 1)))
                (func (export \"plain {op}\") (param i32 {t}) (result {t})
                    ({t}.load{n}{u} (local.get 0))
                    ({t}.store{n} (local.get 0) ({t}.{op} ({t}.load{n}{u} (local.get 0)) (local.get 1))))"
            );
        }
        let text = format!(
            "(module (memory 1 1 shared) (func (export \"init\") (param i32 i64)
            (i64.store (local.get 0) (local.get 1))) {funcs})"
        );
        let mut run = threaded(&text);
        let call = |run: &mut Run, export: &str, args: &[Value]| run.observed(export, args, &mut ());
        let (old, mask) = (0x8182_8384_8586_8788_u64, u64::MAX >> (64 - bits));
        let top = Val::I32(65528);
        for c in [0, 1, old, !old, u64::MAX, 1 << (bits - 1)] {
            for op in ops {
                call(&mut run, "init", &[top, Val::I64(old)]);
                let atomic = (call(&mut run, op, &[top, number(t, c)]), run.memory()[65520..].to_vec());
                call(&mut run, "init", &[top, Val::I64(old)]);
                let plain = call(&mut run, &format!("plain {op}"), &[top, number(t, c)]);
                assert_eq!(atomic, (plain, run.memory()[65520..].to_vec()), "{t} {bits} {op} {c:#x}");
            }
            let there = |run: &Run| u64::from_le_bytes(run.memory()[65528..].try_into().unwrap());
            let before = Outcome::Returned(vec![number(t, old & mask)]);
            let replaced = (old & !mask) | (c & mask);
            call(&mut run, "init", &[top, Val::I64(old)]);
            assert_eq!(call(&mut run, "load", &[top]), before);
            assert_eq!(call(&mut run, "xchg", &[top, number(t, c)]), before);
            assert_eq!(there(&run), replaced);
            call(&mut run, "init", &[top, Val::I64(old)]);
            assert_eq!(call(&mut run, "store", &[top, number(t, c)]), Outcome::Returned(vec![]));
            assert_eq!(there(&run), replaced);
            // What is expected counts only as far as the access is wide (WebAssembly/threads#195).
            for expected in [old, old & mask, old ^ 1, c] {
                call(&mut run, "init", &[top, Val::I64(old)]);
                let cmpxchg = call(&mut run, "cmpxchg", &[top, number(t, expected), number(t, c)]);
                assert_eq!(cmpxchg, before);
                let equal = expected & mask == old & mask;
                assert_eq!(there(&run), if equal { replaced } else { old }, "{t} {bits} {expected:#x} {c:#x}");
            }
        }
    }
}

#[test]
fn atomic_accesses_have_to_be_aligned() {
    let text = r#"(module (memory 1 1 shared) (memory $unshared 1) (memory $wide i64 1 1 shared)
        (func (export "load") (param i32) (result i32) (i32.atomic.load offset=2 (local.get 0)))
        (func (export "byte") (param i32) (result i32) (i32.atomic.load8_u (local.get 0)))
        (func (export "wide") (param i64) (result i64) (i64.atomic.load $wide offset=0xfffffffffffffff8 (local.get 0)))
        (func (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1)))
        (func (export "wait64") (param i32) (result i32)
            (memory.atomic.wait64 (local.get 0) (i64.const 1) (i64.const -1)))
        (func (export "unshared") (param i32) (result i32)
            (memory.atomic.wait32 $unshared (local.get 0) (i32.const 1) (i64.const -1)))
        (func (export "notify unshared") (param i32) (result i32)
            (i32.atomic.rmw.add $unshared (local.get 0) (i32.const 1)) (drop)
            (memory.atomic.notify $unshared (local.get 0) (i32.const 1))))"#;
    let mut run = threaded(text);
    let (unaligned, oob) = (TrapKind::UnalignedAtomic, TrapKind::MemoryOutOfBounds);
    // It is the effective address that counts, and it is out of bounds only if it is aligned.
    assert_eq!(run.call("load", &[2]), returned(&[0]));
    traps(run.call("load", &[4]), unaligned);
    traps(run.call("load", &[65534]), oob);
    traps(run.call("load", &[65535]), unaligned);
    traps(run.call("load", &[-2]), oob);
    assert_eq!(run.call("byte", &[65535]), returned(&[0]));
    traps(run.call("byte", &[65536]), oob);
    let mut wide = |c: u64| run.observed("wide", &[Val::I64(c)], &mut ());
    traps(wide(0), oob);
    traps(wide(4), unaligned);
    // The sum has a bit beyond 64: it isn't a small address.
    traps(wide(8), oob);
    traps(run.call("notify", &[2]), unaligned);
    traps(run.call("notify", &[65536]), oob);
    assert_eq!(run.call("notify", &[65532]), returned(&[0]));
    traps(run.call("wait64", &[4]), unaligned);
    traps(run.call("wait64", &[65536]), oob);
    assert_eq!(run.call("wait64", &[65528]), returned(&[1]));
    traps(run.call("unshared", &[1]), unaligned);
    traps(run.call("unshared", &[65536]), oob);
    traps(run.call("unshared", &[0]), TrapKind::UnsharedMemory);
    assert_eq!(run.call("notify unshared", &[0]), returned(&[0]));
}

#[test]
fn shared_memories_are_imported_as_such() {
    let features = Features { threads: true, ..Features::default() };
    let decode = |text: &str| binary::decode_with(&wat::parse_str(text).unwrap(), features).map(Arc::new);
    assert!(decode("(module (memory 1 shared))").is_err(), "there is no greatest size");
    let mut machine = Machine::new(Budgets::default());
    let both = decode(r#"(module (memory (export "s") 1 3 shared) (memory (export "u") 1 3))"#).unwrap();
    let instance = machine.instantiate(&both, &[], &mut (), &mut ()).unwrap();
    for (export, ty, fits) in [
        ("s", "1 3 shared", true),
        ("s", "1 4 shared", true),
        ("s", "1 2 shared", false),
        ("s", "1 3", false),
        ("u", "1 3 shared", false),
        ("u", "1 3", true),
    ] {
        let module = decode(&format!(r#"(module (import "m" "m" (memory {ty})))"#)).unwrap();
        let result = machine.instantiate(&module, &[instance.export(export).unwrap()], &mut (), &mut ());
        assert_eq!(result.is_ok(), fits, "{export} as {ty}");
    }
    let ty = machine.store().type_of(instance.export("s").unwrap());
    assert_eq!(ty.to_string(), "memory 1 3 shared");
}

const QUEUE: &str = r#"(module (memory (export "m") 1 1 shared)
    (func (export "wait") (param $at i32) (param $timeout i64) (result i32)
        (memory.atomic.wait32 (local.get $at) (i32.const 0) (local.get $timeout)))
    (func (export "notify") (param $at i32) (param $many i32) (result i32)
        (memory.atomic.notify (local.get $at) (local.get $many)))
    (func (export "set") (param $at i32) (param $c i32) (i32.atomic.store (local.get $at) (local.get $c)))
    (func (export "spin") (result i32) (loop (br 0)) (unreachable)))"#;

const ENDLESS: Value = Val::I64(u64::MAX);

fn waits_for_ever() -> Outcome {
    Outcome::Exhausted(Budget::Wait)
}

#[test]
fn who_has_waited_longest_is_woken_first() {
    let mut run = threaded(QUEUE);
    let waiting: Vec<ThreadId> = (0..4).map(|_| run.start("wait", &[Val::I32(8), ENDLESS])).collect();
    let elsewhere = run.start("wait", &[Val::I32(16), ENDLESS]);
    // In another order than they were started.
    for thread in [2, 0, 3, 1].map(|i| waiting[i]).into_iter().chain([elsewhere]) {
        assert_eq!(run.go(thread), Advanced::Blocked);
        assert_eq!(run.go(thread), Advanced::Blocked);
    }
    assert_eq!(run.call("notify", &[8, 0]), returned(&[0]));
    assert_eq!(run.call("notify", &[12, 9]), returned(&[0]));
    assert_eq!(run.call("notify", &[8, 2]), returned(&[2]));
    let blocked: Vec<bool> = waiting.iter().map(|thread| run.go(*thread) == Advanced::Blocked).collect();
    assert_eq!(blocked, [false, true, false, true]);
    assert_eq!(run.go(waiting[0]), ended(&[0]));
    // An unsigned number: all of them.
    assert_eq!(run.call("notify", &[8, -1]), returned(&[2]));
    assert_eq!(run.call("notify", &[8, -1]), returned(&[0]));
    assert_eq!((run.go(waiting[1]), run.go(waiting[3])), (ended(&[0]), ended(&[0])));
    assert_eq!(run.go(elsewhere), Advanced::Blocked);
}

#[test]
fn a_notification_that_nobody_waits_for_is_lost() {
    let mut run = threaded(QUEUE);
    assert_eq!(run.call("notify", &[0, 1]), returned(&[0]));
    let late = run.start("wait", &[Val::I32(0), ENDLESS]);
    assert_eq!(run.join(late), waits_for_ever());
    assert_eq!(waits_for_ever().to_string(), "waits for ever");
    // It has ended, and takes no notification from others.
    assert_eq!(run.go(late), Advanced::Ended(waits_for_ever()));
    assert_eq!(run.call("notify", &[0, 1]), returned(&[0]));
    // A value that isn't the expected one is no reason to wait.
    run.call("set", &[0, 1]);
    assert_eq!(run.observed("wait", &[Val::I32(0), ENDLESS], &mut ()), returned(&[1]));
}

#[test]
fn time_passes_when_nobody_can_step() {
    let mut run = threaded(QUEUE);
    let wait = |run: &mut Run, timeout: i64| run.start("wait", &[Val::I32(0), Val::I64(timeout as u64)]);
    // At once, whoever else could step.
    let spinning = run.start("spin", &[]);
    let none = wait(&mut run, 0);
    assert_eq!(run.go(none), ended(&[2]));
    let [long, endless, short] = [1_000_000, i64::MIN, 5].map(|timeout| wait(&mut run, timeout));
    for thread in [long, endless, short] {
        assert_eq!(run.go(thread), Advanced::Blocked);
    }
    assert_eq!(run.advance(spinning, 1000), Advanced::Runs);
    assert_eq!(run.go(short), Advanced::Blocked);
    // Nobody can step any more, if who spins isn't asked to: the first timeout elapses.
    assert_eq!(run.machine.elapse(endless), None);
    assert_eq!(run.go(long), Advanced::Blocked);
    assert_eq!(run.go(short), ended(&[2]));
    // A notification finds those that still wait.
    assert_eq!(run.call("notify", &[0, 1]), returned(&[1]));
    assert_eq!(run.go(long), ended(&[0]));
    assert_eq!(run.machine.elapse(endless), Some(waits_for_ever()));
    // Alone, a thread waits for its timeout.
    assert_eq!(threaded(QUEUE).observed("wait", &[Val::I32(0), Val::I64(1 << 60)], &mut ()), returned(&[2]));
    assert_eq!(threaded(QUEUE).observed("wait", &[Val::I32(0), ENDLESS], &mut ()), waits_for_ever());
}

#[test]
fn a_call_that_waits_lets_the_others_step() {
    let mut run = threaded(QUEUE);
    let notify = run.start("notify", &[Val::I32(0), Val::I32(1)]);
    assert_eq!(run.observed("wait", &[Val::I32(0), ENDLESS], &mut ()), returned(&[0]));
    assert_eq!(run.join(notify), returned(&[1]));
}

#[test]
fn each_thread_has_its_own_fuel_and_stack() {
    let text = r#"(module (memory 1 1 shared)
        (func (export "spin") (loop (br 0)))
        (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (local.get 0)
                (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
                (else (i32.const 0)))))"#;
    let mut run = within(text, Budgets { fuel: 1000, stack: 200, ..Budgets::default() });
    let [first, second] = [0, 1].map(|_| run.start("deep", &[Val::I32(20)]));
    assert_eq!(run.advance(first, 150), Advanced::Runs);
    assert_eq!(run.join(second), returned(&[20]));
    assert_eq!(run.join(first), returned(&[20]));
    let spinning = run.start("spin", &[]);
    assert_eq!(run.advance(spinning, 400), Advanced::Runs);
    assert_eq!(run.advance(spinning, 400), Advanced::Runs);
    assert_eq!(run.advance(spinning, 400), Advanced::Ended(Outcome::Exhausted(Budget::Fuel)));
    let deeper = run.start("deep", &[Val::I32(100)]);
    assert_eq!(run.join(deeper), Outcome::Exhausted(Budget::Stack));
    assert!(matches!(run.join(99), Outcome::Unsupported(_)));
    assert!(matches!(run.advance(99, 1), Advanced::Ended(Outcome::Unsupported(_))));
}

/// The steps that a thread takes are those of its call, however they are divided.
#[test]
fn steps_are_counted_one_by_one() {
    let text = r#"(module (memory 1 1 shared) (func (export "f") (result i32)
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) (i32.atomic.load (i32.const 0))))"#;
    let mut run = threaded(text);
    let thread = run.start("f", &[]);
    let mut values = Vec::new();
    for _ in 0..5 {
        assert_eq!(run.advance(thread, 1), Advanced::Runs);
        values.push(run.memory()[0]);
    }
    // call_ref, rmw.add, drop, load, the function's label; leaving its frame is the last one.
    assert_eq!(values, [0, 1, 1, 1, 1]);
    assert_eq!(run.advance(thread, 1), ended(&[1]));
}

/// A thread of the store-buffering test: it writes to one place, and reads the other one.
const BUFFERS: &str = r#"(module (memory 1 1 shared)
    (func (export "f") (param $mine i32) (param $other i32) (result i32)
        (i32.atomic.store (local.get $mine) (i32.const 1))
        (i32.atomic.load (local.get $other))))"#;

/// All interleavings of two threads, and the pairs of results that they have.
fn interleavings(text: &str, args: [[i32; 2]; 2], steps: u32) -> BTreeSet<[i32; 2]> {
    let args = args.map(|args| args.map(|c| Val::I32(c as u32)));
    let mut seen = BTreeSet::new();
    for schedule in 0..1u32 << (2 * steps) {
        if schedule.count_ones() != steps {
            continue;
        }
        let mut run = threaded(text);
        let threads = [run.start("f", &args[0]), run.start("f", &args[1])];
        for turn in 0..2 * steps {
            run.advance(threads[(schedule >> turn & 1) as usize], 1);
        }
        seen.insert(threads.map(|thread| match run.go(thread) {
            Advanced::Ended(Outcome::Returned(values)) => match values[..] {
                [Val::I32(c)] => c as i32,
                _ => panic!("{values:?}"),
            },
            other => panic!("{other:?}"),
        }));
    }
    seen
}

#[test]
fn interleavings_are_sequentially_consistent() {
    // Not [0, 0]: whoever reads last sees the other one's write.
    assert_eq!(interleavings(BUFFERS, [[0, 4], [4, 0]], 5), BTreeSet::from([[0, 1], [1, 0], [1, 1]]));
    // Two increments are two, atomic or by compare and exchange; by load and store one may be lost.
    let counting = |body: &str| {
        format!(
            r#"(module (memory 1 1 shared) (func (export "f") (param i32 i32) (result i32) (local $old i32) {body}))"#
        )
    };
    let atomic = counting("(i32.add (i32.const 1) (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))");
    assert_eq!(interleavings(&atomic, [[0, 0], [0, 0]], 4), BTreeSet::from([[1, 2], [2, 1]]));
    let plain =
        counting("(i32.store (i32.const 0) (i32.add (i32.const 1) (i32.load (i32.const 0)))) (i32.load (i32.const 0))");
    let seen = interleavings(&plain, [[0, 0], [0, 0]], 5);
    assert_eq!(seen, BTreeSet::from([[1, 1], [1, 2], [2, 1], [2, 2]]));
}

/// What a thread that is set aside holds stays, while another one makes the collection run.
#[test]
fn what_threads_hold_is_not_collected() {
    let text = r#"(module (memory 1 1 shared)
        (type $s (struct (field i32)))
        (tag $e (param (ref $s)))
        (func (export "hold") (param $c i32) (result i32) (local $l (ref null $s))
            (local.set $l (struct.new $s (local.get $c)))
            (struct.get $s 0 (struct.new $s (local.get $c)))
            (struct.new $s (local.get $c))
            (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
            (struct.get $s 0)
            (struct.get $s 0 (local.get $l))
            (i32.add) (i32.add))
        (func (export "churn") (param $n i32)
            (loop
                (drop (struct.new $s (i32.const -1)))
                (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (drop (memory.atomic.notify (i32.const 0) (i32.const 9)))))"#;
    let mut run = threaded(text);
    let holding = [1, 10].map(|c| run.start("hold", &[Val::I32(c)]));
    assert_eq!(holding.map(|thread| run.go(thread)), [Advanced::Blocked, Advanced::Blocked]);
    run.call("churn", &[100_000]);
    assert!(run.machine.store().heap.structs.len() < 60_000, "the collection has run");
    assert_eq!(holding.map(|thread| run.join(thread)), [returned(&[3]), returned(&[30])]);
}

#[test]
fn a_wait_as_a_derivation() {
    let text = r#"(module (memory 1 1 shared) (func (export "f") (result i32)
        (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 7))))"#;
    let mut out = Vec::new();
    let outcome = threaded(text).observed("f", &[], &mut Writer::new(&mut out));
    insta::assert_snapshot!(format!("{}{outcome}", String::from_utf8(out).expect("text")));
}

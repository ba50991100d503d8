//! Behaviour of the machine, feature by feature, on modules small enough to check by hand.

mod addresses;
mod branches;
mod budgets;
mod bulk;
mod catching;
mod configs;
mod derivations;
mod heap;
mod limits;
mod pages;
mod threads;
mod unwinding;
mod values;

use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{AnyRef, ExternAddr, ModuleInst, Ref, Store, Val, Value};
use assay_interp::machine::{Budgets, Host, HostError, Machine};
use assay_interp::outcome::{Outcome, TrapKind};
use assay_interp::syntax::{ExternType, FuncType, HeapType, Module, PAGE, ValType};
use assay_interp::trace::Observer;
use assay_interp::value::Concrete;

fn module(text: &str) -> Arc<Module> {
    let bytes = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"));
    Arc::new(binary::decode(&bytes).unwrap_or_else(|e| panic!("{e}\n{text}")))
}

/// One instance of a module without imports.
struct Run {
    machine: Machine,
    instance: Arc<ModuleInst>,
}

impl Run {
    fn new(text: &str) -> Run {
        Run::within(text, Budgets::default())
    }

    fn within(text: &str, budgets: Budgets) -> Run {
        let mut machine = Machine::new(budgets);
        let instance = machine.instantiate(&module(text), &[], &mut (), &mut ()).unwrap_or_else(|e| panic!("{e}"));
        Run { machine, instance }
    }

    fn observed<O: Observer>(&mut self, export: &str, args: &[Value], observer: &mut O) -> Outcome {
        let Some(ExternAddr::Func(f)) = self.instance.export(export) else { panic!("no function {export}") };
        self.machine.invoke(f, args, &mut (), observer)
    }

    /// Calls with numbers as `i32`.
    fn call(&mut self, export: &str, args: &[i32]) -> Outcome {
        let args: Vec<Value> = args.iter().map(|c| Val::I32(*c as u32)).collect();
        self.observed(export, &args, &mut ())
    }

    fn memory(&self) -> &[u8] {
        &self.machine.store().mems[self.instance.mems[0]].bytes
    }
}

fn returned(results: &[i32]) -> Outcome {
    Outcome::Returned(results.iter().map(|c| Val::I32(*c as u32)).collect())
}

#[track_caller]
fn traps(outcome: Outcome, kind: TrapKind) {
    match outcome {
        Outcome::Trapped(trap) => {
            assert_eq!(trap.kind, kind);
            assert_eq!(trap.message, kind.message());
            assert!(trap.place.is_some());
        }
        other => panic!("expected a trap, {kind}: {other}"),
    }
}

#[test]
fn blocks_take_parameters_and_leave_several_results() {
    let mut run = Run::new(
        r#"(module
        (func (export "swap") (param i32 i32) (result i32 i32)
            local.get 0 local.get 1
            (block (param i32 i32) (result i32 i32)
                local.set 0 local.set 1 local.get 0 local.get 1))
        (func (export "branch") (param i32) (result i32 i32)
            i32.const 100
            (block (result i32 i32)
                ;; The branch takes the two uppermost along and leaves the others.
                i32.const 7 i32.const 8 i32.const 9
                local.get 0 br_if 0
                drop i32.const 10 i32.add
                i32.const 11
                (br 0 (i32.const 1) (i32.const 2)))
            local.set 0 i32.add local.get 0)
        (func (export "if") (param i32 i32) (result i32)
            local.get 0
            (if (param i32) (result i32) (local.get 1)
                (then i32.const 1 i32.add)
                (else i32.const 2 i32.mul)))
        (func (export "without") (param i32) (result i32)
            (local i32)
            (if (local.get 0) (then (local.set 1 (i32.const 5))))
            local.get 1))"#,
    );
    assert_eq!(run.call("swap", &[1, 2]), returned(&[2, 1]));
    assert_eq!(run.call("branch", &[1]), returned(&[108, 9]));
    assert_eq!(run.call("branch", &[0]), returned(&[101, 2]));
    assert_eq!(run.call("if", &[10, 1]), returned(&[11]));
    assert_eq!(run.call("if", &[10, 0]), returned(&[20]));
    assert_eq!(run.call("without", &[7]), returned(&[5]));
    assert_eq!(run.call("without", &[0]), returned(&[0]));
}

#[test]
fn loops_take_parameters_around() {
    let mut run = Run::new(
        r#"(module
        (func (export "sum") (param i32) (result i32)
            i32.const 0
            (loop (param i32) (result i32)
                local.get 0 i32.add
                (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
                br_if 0))
        ;; Out of a loop within a loop.
        (func (export "out") (param i32) (result i32)
            (local i32)
            (block (result i32)
                (loop (result i32)
                    (loop
                        (local.set 1 (i32.add (local.get 1) (i32.const 3)))
                        (br_if 2 (local.get 1) (i32.gt_u (local.get 1) (local.get 0)))
                        drop
                        (br 0))
                    i32.const 0)))
        (func (export "return") (param i32) (result i32)
            i32.const 1 i32.const 2
            (block (loop (block (if (local.get 0) (then (return (i32.const 42)))))))
            i32.add))"#,
    );
    assert_eq!(run.call("sum", &[10]), returned(&[55]));
    assert_eq!(run.call("out", &[10]), returned(&[12]));
    assert_eq!(run.call("return", &[1]), returned(&[42]));
    assert_eq!(run.call("return", &[0]), returned(&[3]));
}

#[test]
fn br_table_takes_a_label_or_the_default() {
    let mut run = Run::new(
        r#"(module (func (export "f") (param i32) (result i32)
            (block (result i32)
                (block (result i32)
                    (block (result i32)
                        (br_table 0 1 0 2 (i32.const 10) (local.get 0)))
                    (return (i32.add (i32.const 1))))
                (return (i32.add (i32.const 2))))
            (i32.add (i32.const 3)))
        (func (export "only") (param i32) (result i32)
            (block (br_table 0 (local.get 0))) (i32.const 1)))"#,
    );
    for (i, wanted) in [(0, 11), (1, 12), (2, 11), (3, 13), (4, 13), (-1, 13), (i32::MIN, 13)] {
        assert_eq!(run.call("f", &[i]), returned(&[wanted]), "index {i}");
        assert_eq!(run.call("only", &[i]), returned(&[1]));
    }
}

#[test]
fn indirect_calls_and_each_of_their_traps() {
    let mut run = Run::new(
        r#"(module
        (type $unary (func (param i32) (result i32)))
        (type $same (func (param i32) (result i32)))
        (table 4 funcref)
        (elem (i32.const 0) $double $nothing)
        (elem (i32.const 3) $double)
        (func $double (type $same) (i32.mul (local.get 0) (i32.const 2)))
        (func $nothing)
        (func (export "f") (param i32 i32) (result i32)
            (call_indirect (type $unary) (local.get 0) (local.get 1))))"#,
    );
    // The type is compared by structure.
    assert_eq!(run.call("f", &[21, 0]), returned(&[42]));
    assert_eq!(run.call("f", &[-1, 3]), returned(&[-2]));
    traps(run.call("f", &[21, 1]), TrapKind::IndirectCallType);
    traps(run.call("f", &[21, 2]), TrapKind::UninitializedElement);
    traps(run.call("f", &[21, 4]), TrapKind::TableOutOfBounds);
    traps(run.call("f", &[21, -1]), TrapKind::TableOutOfBounds);
    assert_eq!(run.call("f", &[21, 0]), returned(&[42]));
}

#[test]
fn tail_calls_leave_their_frame_first() {
    let text = r#"(module
        (type $unary (func (param i32) (result i32)))
        (table funcref (elem $even $odd $nothing))
        (func $nothing)
        (func $even (export "even") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
            (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
        (func $odd (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (block (result i32) i32.const 7
                (return_call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
        (func (export "at") (param i32) (result i32)
            (return_call_indirect (type $unary) (i32.const 4) (local.get 0)))
        (table $holes 1 funcref)
        (func (export "hole") (param i32) (result i32)
            (return_call_indirect $holes (type $unary) (i32.const 4) (local.get 0))))"#;
    let mut run = Run::within(text, Budgets { stack: 100, ..Budgets::default() });
    assert_eq!(run.call("even", &[100_000]), returned(&[1]));
    assert_eq!(run.call("even", &[100_001]), returned(&[0]));
    assert_eq!(run.call("at", &[1]), returned(&[0]));
    traps(run.call("at", &[2]), TrapKind::IndirectCallType);
    traps(run.call("at", &[3]), TrapKind::TableOutOfBounds);
    traps(run.call("hole", &[0]), TrapKind::UninitializedElement);
}

#[test]
fn a_trap_says_where() {
    let text = r#"(module
        (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func (export "f") (param i32) (result i32) nop (call $inner (local.get 0))))"#;
    let mut run = Run::new(text);
    let Outcome::Trapped(trap) = run.call("f", &[0]) else { panic!("a trap") };
    let place = trap.place.expect("a place");
    assert_eq!((place.func, place.at), (Some(0), 2));
    let bytes = wat::parse_str(text).expect("text");
    assert_eq!(bytes[place.offset as usize], 0x6E, "i32.div_u stands there");
}

#[test]
fn loads_and_stores_at_the_edge() {
    let mut run = Run::new(
        r#"(module (memory 1 2)
        (func (export "load8") (param i32) (result i32) (i32.load8_s (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "far") (param i32) (result i32) (i32.load8_u offset=4294967295 (local.get 0)))
        (func (export "store") (param i32 i32) (i32.store offset=1 (local.get 0) (local.get 1)))
        (func (export "store8") (param i32 i64) (i64.store8 (local.get 0) (local.get 1)))
        (func (export "size") (result i32) memory.size)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    );
    assert_eq!(run.call("load", &[65532]), returned(&[0]));
    for at in [65533, 65535, 65536, -1, i32::MAX] {
        traps(run.call("load", &[at]), TrapKind::MemoryOutOfBounds);
    }
    traps(run.call("far", &[0]), TrapKind::MemoryOutOfBounds);
    traps(run.call("far", &[-1]), TrapKind::MemoryOutOfBounds);
    assert_eq!(run.call("store", &[65531, 0x8001_0203u32 as i32]), Outcome::Returned(vec![]));
    assert_eq!(run.memory()[65531..], [0, 3, 2, 1, 0x80], "little-endian");
    assert_eq!(run.call("load8", &[65535]), returned(&[-128]));
    // A store that traps writes nothing, not even the bytes within.
    traps(run.call("store", &[65532, -1]), TrapKind::MemoryOutOfBounds);
    assert_eq!(run.memory()[65533..], [2, 1, 0x80]);
    let outcome = run.observed("store8", &[Val::I32(0), Val::I64(0x1FE)], &mut ());
    assert_eq!(outcome, Outcome::Returned(vec![]));
    assert_eq!(run.memory()[..2], [0xFE, 0]);
    assert_eq!(run.call("grow", &[2]), returned(&[-1]));
    assert_eq!(run.call("grow", &[-1]), returned(&[-1]));
    assert_eq!(run.call("size", &[]), returned(&[1]));
    assert_eq!(run.call("grow", &[1]), returned(&[1]));
    assert_eq!(run.call("grow", &[0]), returned(&[2]));
    assert_eq!(run.call("load", &[65536]), returned(&[0]));
    assert_eq!(run.memory().len() as u64, 2 * PAGE);
}

#[test]
fn numbers_trap_where_undefined() {
    let mut run = Run::new(
        r#"(module
        (func (export "div_s") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
        (func (export "rem_s") (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
        (func (export "trunc") (param i32) (result i32) (i32.trunc_f32_u (f32.reinterpret_i32 (local.get 0)))))"#,
    );
    traps(run.call("div_s", &[1, 0]), TrapKind::IntegerDivideByZero);
    traps(run.call("div_s", &[i32::MIN, -1]), TrapKind::IntegerOverflow);
    assert_eq!(run.call("div_s", &[-7, 2]), returned(&[-3]));
    traps(run.call("rem_s", &[1, 0]), TrapKind::IntegerDivideByZero);
    assert_eq!(run.call("rem_s", &[i32::MIN, -1]), returned(&[0]));
    traps(run.call("trunc", &[0x7FC0_0000]), TrapKind::InvalidConversion);
    traps(run.call("trunc", &[(-1f32).to_bits() as i32]), TrapKind::IntegerOverflow);
    traps(run.call("trunc", &[4294967296f32.to_bits() as i32]), TrapKind::IntegerOverflow);
    assert_eq!(run.call("trunc", &[(-0.9f32).to_bits() as i32]), returned(&[0]));
}

#[test]
fn references_are_values() {
    let mut run = Run::new(
        r#"(module (table 2 externref) (func $f) (elem declare func $f)
        (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))
        (func (export "store") (param i32 externref) (table.set (local.get 0) (local.get 1)))
        (func (export "load") (param i32) (result externref) (table.get (local.get 0)))
        (func (export "func") (result i32) (ref.is_null (ref.func $f)))
        (func (export "select") (param externref externref i32) (result externref)
            (select (result externref) (local.get 0) (local.get 1) (local.get 2))))"#,
    );
    let (null, three) = (Val::Ref(Ref::Null(HeapType::Extern)), Val::Ref(Ref::host(3)));
    assert_eq!(run.observed("is_null", &[null], &mut ()), returned(&[1]));
    assert_eq!(run.observed("is_null", &[three], &mut ()), returned(&[0]));
    assert_eq!(run.call("func", &[]), returned(&[0]));
    assert_eq!(run.call("load", &[1]), Outcome::Returned(vec![null]));
    assert_eq!(run.observed("store", &[Val::I32(1), three], &mut ()), Outcome::Returned(vec![]));
    assert_eq!(run.call("load", &[1]), Outcome::Returned(vec![three]));
    traps(run.call("load", &[2]), TrapKind::TableOutOfBounds);
    traps(run.observed("store", &[Val::I32(2), null], &mut ()), TrapKind::TableOutOfBounds);
    for (c, wanted) in [(1, null), (0, three), (-1, null)] {
        let outcome = run.observed("select", &[null, three, Val::I32(c as u32)], &mut ());
        assert_eq!(outcome, Outcome::Returned(vec![wanted]));
    }
}

#[test]
fn globals_begin_with_constants_and_change() {
    let mut run = Run::new(
        r#"(module
        (global $a i32 (i32.const 7))
        (global $b i32 (i32.add (global.get $a) (i32.mul (i32.const 5) (i32.const 7))))
        (global $c (mut i64) (i64.const -1))
        (func (export "b") (result i32) (global.get $b))
        (func (export "count") (result i64)
            (global.set $c (i64.add (global.get $c) (i64.const 1)))
            (global.get $c)))"#,
    );
    assert_eq!(run.call("b", &[]), returned(&[42]));
    assert_eq!(run.call("count", &[]), Outcome::Returned(vec![Val::I64(0)]));
    assert_eq!(run.call("count", &[]), Outcome::Returned(vec![Val::I64(1)]));
}

/// A host whose functions write down their arguments: `id` 0 returns the sum, 1 throws, 2 writes to memory 0.
#[derive(Default)]
struct Script {
    log: Vec<(usize, Vec<Value>)>,
}

impl Host for Script {
    fn call(&mut self, store: &mut Store<Concrete>, id: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError> {
        self.log.push((id, args.clone()));
        match (id, &args[..]) {
            (0, [Val::I32(a), Val::I32(b)]) => Ok(vec![Val::I32(a + b)]),
            (1, _) => Err(HostError::Throw),
            (_, [Val::I32(at)]) => {
                store.mems[0].bytes[*at as usize] = 99;
                Ok(vec![])
            }
            _ => panic!("{args:?}"),
        }
    }
}

fn host_func(machine: &mut Machine, id: usize, params: usize, results: usize) -> ExternAddr {
    let ty = Arc::new(FuncType { params: vec![ValType::I32; params], results: vec![ValType::I32; results] });
    ExternAddr::Func(machine.store_mut().alloc_host_func(ty, id))
}

const CALLS_HOST: &str = r#"(module
    (import "host" "add" (func $add (param i32 i32) (result i32)))
    (import "host" "throw" (func $throw))
    (import "host" "poke" (func $poke (param i32)))
    (memory 1)
    (table funcref (elem $add $throw))
    (export "add" (func $add))
    (func (export "twice") (param i32) (result i32)
        (call $add (call $add (i32.const 1) (local.get 0)) (i32.const 10)))
    (func (export "indirect") (param i32) (result i32)
        (call_indirect (param i32 i32) (result i32) (i32.const 3) (i32.const 4) (local.get 0)))
    (func (export "throw") (param i32) (result i32)
        (i32.store8 (i32.const 0) (i32.const 1))
        (block (loop (call $throw)))
        (i32.store8 (i32.const 0) (i32.const 2))
        i32.const 0)
    (func (export "poke") (param i32) (result i32)
        (call $poke (local.get 0))
        (i32.load8_u (local.get 0))))"#;

#[test]
fn the_host_is_called_and_may_throw() {
    let mut machine = Machine::new(Budgets::default());
    let imports =
        [host_func(&mut machine, 0, 2, 1), host_func(&mut machine, 1, 0, 0), host_func(&mut machine, 2, 1, 0)];
    let mut host = Script::default();
    let instance = machine.instantiate(&module(CALLS_HOST), &imports, &mut host, &mut ()).expect("an instance");
    let mut call = |name: &str, args: &[u32]| {
        let Some(ExternAddr::Func(f)) = instance.export(name) else { panic!("{name}") };
        let args: Vec<Value> = args.iter().map(|c| Val::I32(*c)).collect();
        machine.invoke(f, &args, &mut host, &mut ())
    };
    assert_eq!(call("twice", &[5]), returned(&[16]));
    assert_eq!(call("indirect", &[0]), returned(&[7]));
    traps(call("indirect", &[1]), TrapKind::IndirectCallType);
    assert_eq!(call("add", &[1, 2]), returned(&[3]), "an imported function, exported");
    assert_eq!(call("poke", &[300]), returned(&[99]));
    assert_eq!(call("throw", &[0]), Outcome::Threw(Vec::new()));
    assert_eq!(call("twice", &[0]), returned(&[11]), "nothing is left of the call that threw");
    assert_eq!(machine.store().mems[0].bytes[0], 1, "what was done before stays, the rest isn't done");
    let ids: Vec<usize> = host.log.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [0, 0, 0, 0, 2, 1, 0, 0]);
    assert_eq!(host.log[1].1, [Val::I32(6), Val::I32(10)]);
}

#[test]
fn imports_must_match() {
    let mut machine = Machine::new(Budgets::default());
    let wrong = [host_func(&mut machine, 0, 1, 1)];
    let mut link = |imports: &[ExternAddr]| {
        let outcome = machine.instantiate(&module(CALLS_HOST), imports, &mut (), &mut ());
        outcome.map(|_| ()).expect_err("it doesn't link")
    };
    match (link(&[]), link(&wrong)) {
        (Outcome::Unlinkable(missing), Outcome::Unlinkable(other)) => {
            assert!(missing.contains("unknown import"), "{missing}");
            assert!(other.contains("incompatible import type"), "{other}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn arguments_of_other_types_are_refused() {
    let mut run = Run::new(r#"(module (func (export "f") (param i32)))"#);
    let unsupported = |outcome| assert!(matches!(outcome, Outcome::Unsupported(_)), "{outcome:?}");
    unsupported(run.call("f", &[]));
    unsupported(run.observed("f", &[Val::I64(0)], &mut ()));
    unsupported(run.observed("f", &[Val::F32(0)], &mut ()));
    assert_eq!(run.call("f", &[1]), Outcome::Returned(vec![]));
}

#[test]
fn the_start_function_runs_last() {
    let run = Run::new(
        r#"(module (memory 1) (start $start)
        (data (i32.const 0) "ab")
        (data (i32.const 1) "cd")
        (func $start (i32.store8 (i32.const 3) (i32.load8_u (i32.const 1)))))"#,
    );
    assert_eq!(run.memory()[..5], *b"acdc\0");
}

/// What an instantiation that traps wrote into what it imported stays (4.7.8).
#[test]
fn segments_take_effect_in_order_until_one_traps() {
    let exporter = module(r#"(module (memory (export "m") 1) (table (export "t") 4 funcref))"#);
    let failing = |segments: &str| {
        let mut machine = Machine::new(Budgets::default());
        let shared = machine.instantiate(&exporter, &[], &mut (), &mut ()).expect("an instance");
        let imports = ["m", "t"].map(|name| shared.export(name).expect("an export"));
        let text =
            format!(r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 4 funcref)) (func $f) {segments})"#);
        let outcome = machine.instantiate(&module(&text), &imports, &mut (), &mut ()).map(|_| ());
        let store = machine.store();
        let filled = store.tables[0].elements.iter().map(|r| matches!(r, Ref::Func(_))).collect::<Vec<_>>();
        (outcome.expect_err("it traps"), store.mems[0].bytes[..4].to_vec(), filled)
    };
    let (outcome, bytes, elements) =
        failing(r#"(data (i32.const 1) "x") (data (i32.const 65535) "yz") (data (i32.const 2) "w")"#);
    traps(outcome, TrapKind::MemoryOutOfBounds);
    assert_eq!(bytes, *b"\0x\0\0");
    assert_eq!(elements, [false; 4]);
    // Elements come before data, wherever they stand.
    let (outcome, bytes, elements) = failing(
        "(data (i32.const 0) \"x\") (elem (i32.const 0) $f) (elem (i32.const 3) $f $f) (elem (i32.const 1) $f)",
    );
    traps(outcome, TrapKind::TableOutOfBounds);
    assert_eq!(bytes, [0; 4]);
    assert_eq!(elements, [true, false, false, false]);
    let (outcome, bytes, _) = failing(r#"(data (i32.const 0) "x") (start $s) (func $s unreachable)"#);
    traps(outcome, TrapKind::Unreachable);
    assert_eq!(bytes, *b"x\0\0\0");
    // A segment of nothing traps too, if it lies beyond the end, and not at the end.
    let (outcome, ..) = failing(r#"(data (i32.const 65536) "") (data (i32.const 65537) "")"#);
    traps(outcome, TrapKind::MemoryOutOfBounds);
}

#[test]
fn instances_share_what_they_import() {
    let mut machine = Machine::new(Budgets::default());
    let a = module(
        r#"(module (global (export "g") (mut i32) (i32.const 5)) (table (export "t") 1 funcref)
        (func (export "call") (result i32) (call_indirect (result i32) (i32.const 0))))"#,
    );
    let a = machine.instantiate(&a, &[], &mut (), &mut ()).expect("an instance");
    let b = module(
        r#"(module (import "a" "g" (global $g (mut i32))) (import "a" "t" (table 1 funcref))
        (global $own (mut i32) (i32.const 100))
        (elem (i32.const 0) $f)
        (func $f (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (i32.add (global.get $g) (global.get $own))))"#,
    );
    let imports = ["g", "t"].map(|name| a.export(name).expect("an export"));
    machine.instantiate(&b, &imports, &mut (), &mut ()).expect("an instance");
    let Some(ExternAddr::Func(call)) = a.export("call") else { panic!("a function") };
    assert_eq!(machine.invoke(call, &[], &mut (), &mut ()), returned(&[106]));
    let Some(ExternAddr::Global(g)) = a.export("g") else { panic!("a global") };
    assert_eq!(machine.store().globals[g].value, Val::I32(6));
    assert!(matches!(machine.store().type_of(ExternAddr::Global(g)), ExternType::Global(t) if t.mutable));
}

//! An engine that answers one thing wrongly is found, as exactly what it is.

use assay_diff_fuzz::{BUDGETS, Options, Report, THE_STANDARD, Verdict, What, Why, diff, diff_scenario};
use assay_engines::{Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Profile, Ref, TrapKind, Value};
use assay_interp::exec::Val;
use assay_interp::outcome::Budget;
use assay_interp::scenario::{Scenario, Step};
use assay_interp::syntax::HeapType;

/// What the wrong engine changes.
#[derive(Default)]
struct Fault {
    validate: Option<fn() -> Outcome>,
    instantiate: Option<fn() -> Outcome>,
    invoke: Option<fn(&mut Outcome)>,
    get: Option<fn(&mut Value)>,
    memory: Option<fn(&mut Vec<u8>)>,
    table: Option<fn(&mut Nulls)>,
    log: Option<fn(&mut Vec<HostCall>)>,
    /// The first call that goes wrong in a store, from 1.
    from: usize,
}

/// The interpreter, but for a fault.
struct Wrong {
    interp: Interp,
    fault: Fault,
    calls: usize,
}

impl Wrong {
    fn due(&self) -> bool {
        self.calls > 0 && self.calls >= self.fault.from
    }
}

fn change<T>(due: bool, fault: Option<fn(&mut T)>, value: &mut T) {
    if let (true, Some(fault)) = (due, fault) {
        fault(value);
    }
}

impl Engine for Wrong {
    fn id(&self) -> String {
        "wrong".into()
    }
    fn version(&self) -> String {
        "1".into()
    }
    fn reset(&mut self) {
        self.calls = 0;
        self.interp.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.fault.validate.map_or_else(|| self.interp.validate(wasm), |fault| Err(fault()))
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let result = self.interp.instantiate(wasm, links);
        self.fault.instantiate.map_or(result, |fault| Err(fault()))
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.calls += 1;
        let mut outcome = self.interp.invoke(instance, export, args);
        change(self.due(), self.fault.invoke, &mut outcome);
        outcome
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        let mut value = self.interp.get(instance, export)?;
        change(self.due(), self.fault.get, &mut value);
        Ok(value)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.interp.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        let mut bytes = self.interp.memory(instance, export)?;
        change(self.due(), self.fault.memory, &mut bytes);
        Ok(bytes)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.interp.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        let mut nulls = self.interp.table(instance, export)?;
        change(self.due(), self.fault.table, &mut nulls);
        Ok(nulls)
    }
    fn log(&mut self) -> Vec<HostCall> {
        let mut log = self.interp.log();
        change(self.due(), self.fault.log, &mut log);
        log
    }
}

fn engines(fault: Fault) -> Vec<Box<dyn Engine>> {
    let wrong = Wrong { interp: Interp::new(BUDGETS), fault, calls: 0 };
    vec![Box::new(Interp::new(BUDGETS)), Box::new(wrong)]
}

/// One call of each function.
fn run(wat: &str, fault: Fault) -> Report {
    let options = Options { vectors: 1, ..Options::default() };
    diff(&mut engines(fault), &wat::parse_str(wat).unwrap(), &options).unwrap()
}

fn only_point(report: &Report) -> What {
    assert_eq!((report.verdict(), report.differed()), (Verdict::Differ, 1), "{report}");
    assert_eq!(report.differences[0].points.len(), 1, "{report}");
    report.differences[0].points[0].what.clone()
}

fn inconclusive(report: &Report, why: Why) {
    assert_eq!((report.calls.compared(), report.calls.inconclusive(why)), (0, 1), "{report}");
    assert!(report.differences.is_empty());
}

const PLAIN: &str = r#"(module
  (import "env" "log" (func $log (param i32)))
  (memory 1) (table 2 funcref) (global (export "g\1b[2J") (mut i32) (i32.const 1))
  (func (export "f") (result i64 i32) (call $log (i32.const 5)) (i64.const 6) (i32.const 7)))"#;

#[test]
fn nothing_wrong_agrees() {
    assert_eq!(run(PLAIN, Fault::default()).verdict(), Verdict::Agree);
}

#[test]
fn what_an_engine_does_not_execute_compares_nothing() {
    let fault: fn() -> Outcome = || Outcome::Unsupported("this".into());
    let report = run(PLAIN, Fault { instantiate: Some(fault), ..Fault::default() });
    assert_eq!(report.verdict(), Verdict::NothingCompared);
    assert!(report.to_string().ends_with("nothing compared, 1 inconclusive (unsupported)"), "{report}");
}

#[test]
fn a_result_bit() {
    let fault: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::I64(6), Val::I32(7 | 1 << 31)]);
    assert_eq!(only_point(&run(PLAIN, Fault { invoke: Some(fault), ..Fault::default() })), What::Result(1));
}

#[test]
fn a_call_that_ends_otherwise() {
    let fault: fn(&mut Outcome) = |o| *o = Outcome::Threw(Vec::new());
    assert_eq!(only_point(&run(PLAIN, Fault { invoke: Some(fault), ..Fault::default() })), What::End);
}

#[test]
fn a_trap_kind() {
    let fault: fn(&mut Outcome) = |o| {
        let Outcome::Trapped(trap) = o else { panic!("{o}") };
        trap.kind = TrapKind::IntegerOverflow;
    };
    let wat = r#"(module (func (export "f") (result i32) nop (i32.div_s (i32.const 1) (i32.const 0))))"#;
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(fault), ..Fault::default() })), What::Trap);
}

/// An engine that has only words for traps isn't held to more than they say.
#[test]
fn a_trap_of_one_of_two_kinds() {
    let wat = r#"(module (func (export "f") (unreachable)))"#;
    let fault: fn(&mut Outcome) = |o| {
        let Outcome::Trapped(trap) = o else { panic!("{o}") };
        (trap.kind, trap.or) = (TrapKind::IntegerOverflow, vec![TrapKind::Unreachable]);
    };
    assert_eq!(run(wat, Fault { invoke: Some(fault), ..Fault::default() }).verdict(), Verdict::Agree);
    let fault: fn(&mut Outcome) = |o| {
        let Outcome::Trapped(trap) = o else { panic!("{o}") };
        (trap.kind, trap.or) = (TrapKind::IntegerOverflow, vec![TrapKind::NullReference]);
    };
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(fault), ..Fault::default() })), What::Trap);
}

/// A payload that an engine doesn't show can't be compared; that something was thrown can.
#[test]
fn an_exception_with_a_payload_that_is_not_seen() {
    let fault: fn(&mut Outcome) = |o| *o = Outcome::ThrewUnseen("it has no name".into());
    let wat = r#"(module (tag $t (param i32)) (func (export "f") (throw $t (i32.const 1))))"#;
    inconclusive(&run(wat, Fault { invoke: Some(fault), ..Fault::default() }), Why::Unsupported);
    assert_eq!(only_point(&run(PLAIN, Fault { invoke: Some(fault), ..Fault::default() })), What::End);
}

/// Engines that break down in the same way haven't agreed on anything.
#[test]
fn two_engines_that_crash() {
    let both = |fault: fn() -> Fault| -> Vec<Box<dyn Engine>> {
        let wrong = || Box::new(Wrong { interp: Interp::new(BUDGETS), fault: fault(), calls: 0 });
        vec![wrong(), wrong()]
    };
    let crash: fn() -> Fault =
        || Fault { invoke: Some(|o| *o = Outcome::Crashed("it ended".into())), ..Fault::default() };
    let hang: fn() -> Fault = || Fault { instantiate: Some(|| Outcome::Hung("no answer".into())), ..Fault::default() };
    let lie: fn() -> Fault = || Fault { validate: Some(|| Outcome::Nonsense("no JSON".into())), ..Fault::default() };
    let options = Options { vectors: 1, ..Options::default() };
    let wasm = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
    for fault in [crash, hang, lie] {
        let report = diff(&mut both(fault), &wasm, &options).unwrap();
        assert_eq!(only_point(&report), What::Breakdown);
    }
    // Nor is it alike that one refuses a module, and another one dies of it.
    let invalid = wat::parse_str("(module (func (result i32)))").unwrap();
    let fault = Fault { validate: Some(|| Outcome::Crashed("it ended".into())), ..Fault::default() };
    let report = diff(&mut engines(fault), &invalid, &options).unwrap();
    assert_eq!(only_point(&report), What::Breakdown);
}

/// An engine that refuses what others accept is left behind, and these are compared.
#[test]
fn the_others_go_on_without_the_engine_that_refuses() {
    let wrong = |fault| Box::new(Wrong { interp: Interp::new(BUDGETS), fault, calls: 0 });
    let refuses = Fault { validate: Some(|| Outcome::Rejected("no".into())), ..Fault::default() };
    let lies = Fault { get: Some(|g| *g = Val::I32(9)), from: 1, ..Fault::default() };
    let mut all: Vec<Box<dyn Engine>> = vec![Box::new(Interp::new(BUDGETS)), wrong(refuses), wrong(lies)];
    let options = Options { vectors: 1, ..Options::default() };
    let report = diff(&mut all, &wat::parse_str(PLAIN).unwrap(), &options).unwrap();
    let found: Vec<&str> = report.differences.iter().map(|d| d.points[0].what.kind()).collect();
    assert_eq!(found, ["validity", "global"]);
}

#[test]
fn a_byte_of_a_private_memory() {
    let fault: fn(&mut Vec<u8>) = |m| m[65535] = 1;
    let report = run(PLAIN, Fault { memory: Some(fault), ..Fault::default() });
    assert_eq!(only_point(&report), What::Memory("memory 0".into(), 65535));
}

#[test]
fn the_size_of_a_memory() {
    let fault: fn(&mut Vec<u8>) = |m| m.truncate(5);
    let report = run(PLAIN, Fault { memory: Some(fault), ..Fault::default() });
    assert_eq!(only_point(&report), What::MemorySize("memory 0".into()));
}

#[test]
fn a_global() {
    let fault: fn(&mut Value) = |v| *v = Val::I32(0);
    let report = run(PLAIN, Fault { get: Some(fault), ..Fault::default() });
    let What::Global(label) = only_point(&report) else { panic!("{report}") };
    assert!(label.starts_with("global 0"), "{label}");
    assert!(!report.to_string().contains('\u{1b}'), "a module's names don't reach the terminal");
}

#[test]
fn a_table_element() {
    let fault: fn(&mut Nulls) = |t| t[1] = false;
    assert_eq!(
        only_point(&run(PLAIN, Fault { table: Some(fault), ..Fault::default() })),
        What::Table("table 0".into(), 1)
    );
    let fault: fn(&mut Nulls) = |t| t.push(true);
    assert_eq!(
        only_point(&run(PLAIN, Fault { table: Some(fault), ..Fault::default() })),
        What::TableSize("table 0".into())
    );
}

#[test]
fn a_host_calls_argument_and_a_host_call_too_many() {
    let argument: fn(&mut Vec<HostCall>) = |log| log[0].args[0] = Val::I32(4);
    assert_eq!(only_point(&run(PLAIN, Fault { log: Some(argument), ..Fault::default() })), What::HostCall(0));
    let twice: fn(&mut Vec<HostCall>) = |log| log.push(log[0].clone());
    assert_eq!(only_point(&run(PLAIN, Fault { log: Some(twice), ..Fault::default() })), What::HostCall(1));
}

#[test]
fn references() {
    let wat =
        r#"(module (func $f (export "f") (param externref) (result externref funcref) (local.get 0) (ref.func $f)))"#;
    let other_function: fn(&mut Outcome) = |o| {
        let Outcome::Returned(values) = o else { panic!("{o}") };
        values[1] = Val::Ref(Ref::Func(77));
    };
    assert_eq!(run(wat, Fault { invoke: Some(other_function), ..Fault::default() }).verdict(), Verdict::Agree);
    let null: fn(&mut Outcome) = |o| {
        let Outcome::Returned(values) = o else { panic!("{o}") };
        values[1] = Val::Ref(Ref::Null(HeapType::Func));
    };
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(null), ..Fault::default() })), What::Result(1));
    let number: fn(&mut Outcome) = |o| {
        let Outcome::Returned(values) = o else { panic!("{o}") };
        values[0] = Val::Ref(Ref::host(3));
    };
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(number), ..Fault::default() })), What::Result(0));
}

const FLOATS: &str = r#"(module (memory 1) (global $g (mut f32) (f32.const 1))
  (func (export "f") (result f32)
    (global.set $g (f32.div (f32.const 0) (f32.const 0)))
    (f32.store (i32.const 4) (global.get $g))
    (global.get $g)))"#;

#[test]
fn bits_of_a_nan_alone() {
    let result: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::F32(0xffc0_0000)]);
    inconclusive(&run(FLOATS, Fault { invoke: Some(result), ..Fault::default() }), Why::Choice);
    let global: fn(&mut Value) = |v| *v = Val::F32(0xffc0_0000);
    inconclusive(&run(FLOATS, Fault { get: Some(global), ..Fault::default() }), Why::Choice);
    let memory: fn(&mut Vec<u8>) = |m| m[7] = 0xff;
    inconclusive(&run(FLOATS, Fault { memory: Some(memory), ..Fault::default() }), Why::Choice);
}

/// A quotient of zeros is a canonical NaN: its sign is free, its payload isn't.
#[test]
fn bits_of_a_nan_that_are_not_free() {
    let result: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::F32(0x7fc0_0001)]);
    assert_eq!(only_point(&run(FLOATS, Fault { invoke: Some(result), ..Fault::default() })), What::Result(0));
    let global: fn(&mut Value) = |v| *v = Val::F32(0x7fc0_0001);
    assert_eq!(
        only_point(&run(FLOATS, Fault { get: Some(global), ..Fault::default() })),
        What::Global("global 0".into())
    );
    let memory: fn(&mut Vec<u8>) = |m| m[4] = 1;
    let report = run(FLOATS, Fault { memory: Some(memory), ..Fault::default() });
    assert_eq!(only_point(&report), What::Memory("memory 0".into(), 4));
}

#[test]
fn bits_of_a_nan_in_a_lane() {
    let single = r#"(module (func (export "f") (result v128)
      (f32x4.div (v128.const f32x4 0 1 0 1) (v128.const f32x4 0 1 0 2))))"#;
    let among_others = single.replace("(f32x4.div", "nop (f32x4.div");
    // The sign of lane 2, which is a NaN.
    let nan: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(0x3f00_0000_ffc0_0000_3f80_0000_7fc0_0000)]);
    assert_eq!(run(single, Fault { invoke: Some(nan), ..Fault::default() }).verdict(), Verdict::Agree);
    inconclusive(&run(&among_others, Fault { invoke: Some(nan), ..Fault::default() }), Why::Choice);
    // A bit of lane 0, which is one, too, and its payload.
    let payload: fn(&mut Outcome) =
        |o| *o = Outcome::Returned(vec![Val::V128(0x3f00_0000_7fc0_0000_3f80_0000_7fc0_0001)]);
    assert_eq!(only_point(&run(single, Fault { invoke: Some(payload), ..Fault::default() })), What::Allowed);
    assert_eq!(only_point(&run(&among_others, Fault { invoke: Some(payload), ..Fault::default() })), What::Result(0));
    let wat = among_others.replace("f32x4.div", "f32x4.pmin");
    let number: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(1)]);
    assert_eq!(only_point(&run(&wat, Fault { invoke: Some(number), ..Fault::default() })), What::Result(0));
    // Integers that look like NaNs are numbers, where nothing may choose.
    let wat = r#"(module (func (export "f") (result v128) (v128.const i32x4 0x7fc00000 0 0 0)))"#;
    let other: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(0xffc0_0000)]);
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(other), ..Fault::default() })), What::Result(0));
}

#[test]
fn results_of_relaxed_operations() {
    let modulo: fn(&mut Outcome) =
        |o| *o = Outcome::Returned(vec![Val::V128(0x0101_0100_0101_0100_0101_0100_0101_0101)]);
    let number: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(1)]);
    let swizzle = |op: &str, fault| {
        let wat = format!(
            r#"(module (func (export "f") (result v128)
          {op} (v128.const i32x4 1 2 3 4) (v128.const i32x4 16 1 2 3))))"#
        );
        run(&wat, Fault { invoke: Some(fault), ..Fault::default() })
    };
    assert_eq!(swizzle("(i8x16.relaxed_swizzle", modulo).verdict(), Verdict::Agree);
    assert_eq!(only_point(&swizzle("(i8x16.relaxed_swizzle", number)), What::Allowed);
    assert_eq!(only_point(&swizzle("(i8x16.swizzle", modulo)), What::Allowed);
    inconclusive(&swizzle("nop (i8x16.relaxed_swizzle", modulo), Why::Choice);
    assert_eq!(only_point(&swizzle("nop (i8x16.relaxed_swizzle", number)), What::Result(0));
    assert_eq!(only_point(&swizzle("nop (i8x16.swizzle", modulo)), What::Result(0));
}

#[test]
fn a_number_for_a_nan_where_nothing_was_chosen() {
    let number: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::F32(0)]);
    // An addition is there, but no NaN came out of it.
    let wat = r#"(module (func (export "f") (result f32)
      (drop (f32.add (f32.const 1) (f32.const 1))) (f32.const nan)))"#;
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(number), ..Fault::default() })), What::Result(0));
}

/// An engine that makes a NaN quiet which it only passes on.
#[test]
fn bits_of_a_nan_that_nobody_chose() {
    let quiet: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::F32(0x7fe0_0000)]);
    let wat = r#"(module (func (export "f") (result f32)
      (drop (f32.add (f32.const 1) (f32.const 1))) (f32.const nan:0x200000)))"#;
    let fault = || Fault { invoke: Some(quiet), ..Fault::default() };
    assert_eq!(only_point(&run(wat, fault())), What::Result(0));
    // Another one was chosen.
    let wat = wat.replace("(f32.const 1) (f32.const 1)", "(f32.const nan) (f32.const 1)");
    assert_eq!(only_point(&run(&wat, fault())), What::Result(0));
}

/// A right engine that chooses otherwise than the first, and a wrong one that does.
fn choosing_otherwise(fault: Fault) -> Vec<Box<dyn Engine>> {
    let wrong = Wrong { interp: Interp::with_profile(BUDGETS, Profile::X86_64), fault, calls: 0 };
    vec![Box::new(Interp::new(BUDGETS)), Box::new(wrong)]
}

/// A NaN is chosen first, in another way by each engine, and goes to wherever `rest` puts it; the result is another
/// one's business.
fn after_a_nan(rest: &str, fault: Fault) -> Report {
    let wat = format!(
        r#"(module
          (import "env" "log" (func $log (param f32)))
          (memory 1) (global $g (mut f32) (f32.const 1)) (table 2 funcref)
          (func $nan (result f32) (f32.div (f32.const 0) (global.get $zero)))
          (global $zero f32 (f32.const 0))
          (func (export "f") (result i32) (local $x f32)
            (local.set $x (call $nan))
            {rest}))"#
    );
    let options = Options { vectors: 1, ..Options::default() };
    diff(&mut choosing_otherwise(fault), &wat::parse_str(wat).unwrap(), &options).unwrap()
}

/// What a choice doesn't reach is compared all the same.
#[test]
fn what_is_wrong_after_a_choice() {
    let wrong: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::I32(8)]);
    let trap: fn(&mut Outcome) = |o| *o = Outcome::Threw(Vec::new());
    let byte: fn(&mut Vec<u8>) = |m| m[100] = 1;
    let element: fn(&mut Nulls) = |t| t[1] = false;
    for rest in [
        "(drop (local.get $x)) (i32.const 7)",
        "(global.set $g (local.get $x)) (i32.const 7)",
        "(f32.store (i32.const 16) (f32.neg (local.get $x))) (i32.load (i32.const 20))",
        // A comparison with a NaN says the same by all choices.
        "(if (result i32) (f32.lt (local.get $x) (f32.const 1)) (then (i32.const 6)) (else (i32.const 7)))",
        "(i32.load (i32.trunc_sat_f32_s (local.get $x)))",
        // The sign is lost.
        "(i32.shl (i32.reinterpret_f32 (local.get $x)) (i32.const 1))",
        "(i32.and (i32.reinterpret_f32 (f32.abs (local.get $x))) (i32.const 0xff))",
    ] {
        let only = |fault| only_point(&after_a_nan(rest, fault));
        assert_eq!(only(Fault { invoke: Some(wrong), ..Fault::default() }), What::Result(0), "{rest}");
        assert_eq!(only(Fault { invoke: Some(trap), ..Fault::default() }), What::End, "{rest}");
        assert_eq!(only(Fault { memory: Some(byte), ..Fault::default() }), What::Memory("memory 0".into(), 100));
        assert_eq!(only(Fault { table: Some(element), ..Fault::default() }), What::Table("table 0".into(), 1));
        let right = after_a_nan(rest, Fault::default());
        assert_eq!((right.differed(), right.instantiations.agreed), (0, 1), "{rest}: {right}");
    }
}

/// The bits that a choice reaches are followed wherever values go.
#[test]
fn what_a_choice_explains() {
    let stored = "(f32.store (i32.const 16) (local.get $x))";
    for rest in [
        "(i32.shr_u (i32.reinterpret_f32 (local.get $x)) (i32.const 31))".to_owned(),
        "(global.set $g (local.get $x)) (i32.reinterpret_f32 (global.get $g))".to_owned(),
        format!("{stored} (i32.load (i32.const 16))"),
        format!("{stored} (i32.load8_s (i32.const 19))"),
        format!("{stored} (i32x4.extract_lane 3 (v128.load (i32.const 4)))"),
        format!("{stored} (memory.copy (i32.const 32) (i32.const 16) (i32.const 4)) (i32.load (i32.const 32))"),
    ] {
        inconclusive(&after_a_nan(&rest, Fault::default()), Why::Choice);
    }
}

/// Where a choice parts runs, each engine may be right.
#[test]
fn what_comes_after_a_choice_that_parts_runs() {
    let wrong: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::I32(8)]);
    let sign = "(i32.shr_u (i32.reinterpret_f32 (local.get $x)) (i32.const 31))";
    for rest in [
        format!("(if {sign} (then nop)) (i32.const 7)"),
        format!("(block (br_table 0 0 {sign})) (i32.const 7)"),
        format!("(i32.load {sign})"),
        format!("(i32.store {sign} (i32.const 1)) (i32.const 7)"),
        format!("(memory.fill {sign} (i32.const 1) (i32.const 1)) (i32.const 7)"),
        format!("(drop (i32.div_u (i32.const 1) {sign})) (i32.const 7)"),
        format!("(drop (table.get {sign})) (i32.const 7)"),
        format!("(table.set {sign} (ref.null func)) (i32.const 7)"),
        format!("(memory.grow {sign})"),
        format!("(table.grow (ref.null func) {sign})"),
        format!("(i31.get_u (ref.i31 {sign}))"),
        "(call $log (local.get $x)) (i32.const 7)".to_owned(),
    ] {
        let right = after_a_nan(&rest, Fault::default());
        assert_eq!((right.differed(), right.instantiations.agreed), (0, 1), "{rest}: {right}");
        inconclusive(&after_a_nan(&rest, Fault { invoke: Some(wrong), ..Fault::default() }), Why::Choice);
    }
}

/// A scenario is compared to its end, past what a choice explains.
#[test]
fn a_scenario_goes_on_after_a_choice() {
    let wat = r#"(module (memory 1)
      (func (export "nan") (f32.store (i32.const 0) (f32.div (f32.const 0) (f32.const 0))))
      (func (export "f") (result i32) nop (i32.const 7)))"#;
    let wasm = wat::parse_str(wat).unwrap();
    let call = |export: &str| Step::Call { instance: 0, export: export.to_owned(), args: Vec::new() };
    let instantiate = Step::Instantiate { module: "m".into(), register: None, answers: Vec::new() };
    let scenario = Scenario { steps: vec![instantiate, call("nan"), call("f")], ..Scenario::default() };
    let wrong: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::I32(8)]);
    let fault = Fault { invoke: Some(wrong), from: 2, ..Fault::default() };
    let load = &mut |_: &str| Ok(wasm.clone());
    let report = diff_scenario(&mut choosing_otherwise(fault), &scenario, load, &Options::default()).unwrap();
    assert_eq!(only_point(&report), What::Result(0));
    assert_eq!((report.calls.inconclusive(Why::Choice), report.skipped), (1, 0), "{report}");
    assert_eq!(report.differences[0].scenario.steps.len(), 3);
}

/// A function of one instruction is held against the standard, whoever else answers the same.
#[test]
fn engines_that_are_wrong_alike() {
    let wrong: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::F32(0x7fc0_0001)]);
    let both = |invoke| -> Vec<Box<dyn Engine>> {
        let fault = || Fault { invoke: Some(invoke), ..Fault::default() };
        let wrong = || Box::new(Wrong { interp: Interp::new(BUDGETS), fault: fault(), calls: 0 });
        vec![wrong(), wrong()]
    };
    let options = Options { vectors: 1, ..Options::default() };
    let wasm = |body: &str| wat::parse_str(format!(r#"(module (func (export "f") (result f32) {body}))"#)).unwrap();
    let single = wasm("(f32.div (f32.const 0) (f32.const 0))");
    let report = diff(&mut both(wrong), &single, &options).unwrap();
    let points = &report.differences[0].points;
    assert_eq!(points.len(), 2, "{report}");
    for point in points {
        assert_eq!((&point.what, point.left.1.as_str()), (&What::Allowed, "nan:canonical"), "{report}");
        assert_eq!((point.left.0.as_str(), point.right.0.as_str()), (THE_STANDARD, "wrong"), "{report}");
    }
    // Beside other instructions the two agree.
    let report = diff(&mut both(wrong), &wasm("nop (f32.div (f32.const 0) (f32.const 0))"), &options).unwrap();
    assert_eq!(report.verdict(), Verdict::Agree, "{report}");
    let trap: fn(&mut Outcome) = |o| *o = Outcome::Threw(Vec::new());
    let report = diff(&mut both(trap), &single, &options).unwrap();
    assert!(report.differences[0].points.iter().all(|point| point.what == What::Allowed), "{report}");
}

/// The bits of floats are numbers where no operation may choose them.
#[test]
fn bytes_like_a_nan_in_a_module_without_arithmetic() {
    let wat = r#"(module (memory 1) (func (export "f") (i32.store (i32.const 4) (i32.const 0x7fc00000))))"#;
    let fault: fn(&mut Vec<u8>) = |m| m[7] = 0xff;
    let report = run(wat, Fault { memory: Some(fault), ..Fault::default() });
    assert_eq!(only_point(&report), What::Memory("memory 0".into(), 7));
}

#[test]
fn running_out() {
    let fault: fn(&mut Outcome) = |o| *o = Outcome::Exhausted(Budget::Fuel);
    let report = run(PLAIN, Fault { invoke: Some(fault), ..Fault::default() });
    inconclusive(&report, Why::Exhausted);
    let fault: fn(&mut Outcome) = |o| *o = Outcome::Unsupported("calls".into());
    inconclusive(&run(PLAIN, Fault { invoke: Some(fault), ..Fault::default() }), Why::Unsupported);
}

#[test]
fn validity_and_instantiation() {
    let report = run(PLAIN, Fault { validate: Some(|| Outcome::Rejected("no".into())), ..Fault::default() });
    assert_eq!(only_point(&report), What::Validity);
    let trap = || Outcome::Unlinkable("no".into());
    let report = run(PLAIN, Fault { instantiate: Some(trap), ..Fault::default() });
    assert_eq!(only_point(&report), What::End);
    let limit = || Outcome::Limit("too big".into());
    for fault in
        [Fault { validate: Some(limit), ..Fault::default() }, Fault { instantiate: Some(limit), ..Fault::default() }]
    {
        let report = run(PLAIN, fault);
        assert_eq!(report.verdict(), Verdict::NothingCompared, "{report}");
        assert_eq!(report.out.len(), 1);
    }
}

/// A third engine is compared though the second can't take part.
#[test]
fn an_engine_that_is_out_leaves_the_others() {
    let mut three = engines(Fault { instantiate: Some(|| Outcome::Unsupported("it".into())), ..Fault::default() });
    three.push(Box::new(Interp::new(BUDGETS)));
    let report = diff(&mut three, &wat::parse_str(PLAIN).unwrap(), &Options::default()).unwrap();
    assert_eq!((report.verdict(), report.engines.len(), report.out.len()), (Verdict::Agree, 2, 1), "{report}");
}

/// What only shows after other calls is reported with them, and what shows at once without.
#[test]
fn the_scenario_of_a_difference_shows_it() {
    let wat = r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#;
    let wasm = wat::parse_str(wat).unwrap();
    let wrong: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::I32(1234)]);
    let options = Options { vectors: 4, ..Options::default() };
    for (from, steps) in [(1, 2), (3, 4)] {
        let fault = || Fault { invoke: Some(wrong), from, ..Fault::default() };
        let report = diff(&mut engines(fault()), &wasm, &options).unwrap();
        let difference = &report.differences[0];
        assert_eq!(difference.scenario.steps.len(), steps, "{report}");
        let load = &mut |_: &str| Ok(wasm.clone());
        let again = diff_scenario(&mut engines(fault()), &difference.scenario, load, &options).unwrap();
        assert_eq!(again.differences[0], *difference);
    }
}

#[test]
fn how_a_report_reads() {
    let wat = r#"(module (memory 1) (func (export "div") (param i32 i64) (result i32)
      (i32.div_u (i32.const 9) (local.get 0))))"#;
    let fault: fn(&mut Vec<u8>) = |m| m[3] = 0xff;
    let wrong: fn(&mut Outcome) = |o| {
        if let Outcome::Returned(values) = o {
            values[0] = Val::I32(77);
        }
    };
    let options = Options { vectors: 3, module: "div.wasm".into(), keep: 2, ..Options::default() };
    let fault = Fault { memory: Some(fault), invoke: Some(wrong), from: 2, ..Fault::default() };
    let report = diff(&mut engines(fault), &wat::parse_str(wat).unwrap(), &options).unwrap();
    insta::assert_snapshot!(report.to_string().replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

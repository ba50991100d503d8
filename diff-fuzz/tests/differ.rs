//! An engine that answers one thing wrongly is found, as exactly what it is.

use assay_diff_fuzz::{BUDGETS, Options, Report, Verdict, What, Why, diff, diff_scenario};
use assay_engines::{Engine, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Ref, TrapKind, Value};
use assay_interp::exec::Val;
use assay_interp::outcome::Budget;
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
    let wat = r#"(module (func (export "f") (result i32) (i32.div_s (i32.const 1) (i32.const 0))))"#;
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
    let global: fn(&mut Value) = |v| *v = Val::F32(0x7fc0_0001);
    inconclusive(&run(FLOATS, Fault { get: Some(global), ..Fault::default() }), Why::Choice);
    let memory: fn(&mut Vec<u8>) = |m| m[7] = 0xff;
    inconclusive(&run(FLOATS, Fault { memory: Some(memory), ..Fault::default() }), Why::Choice);
}

#[test]
fn bits_of_a_nan_in_a_lane() {
    let wat = r#"(module (func (export "f") (result v128)
      (f32x4.div (v128.const f32x4 0 1 0 1) (v128.const f32x4 0 1 0 2))))"#;
    // The sign of lane 2, which is a NaN.
    let nan: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(0x3f00_0000_ffc0_0000_3f80_0000_7fc0_0000)]);
    inconclusive(&run(wat, Fault { invoke: Some(nan), ..Fault::default() }), Why::Choice);
    let wat = wat.replace("f32x4.div", "f32x4.pmin");
    let number: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(1)]);
    assert_eq!(only_point(&run(&wat, Fault { invoke: Some(number), ..Fault::default() })), What::Result(0));
    // Integers that look like NaNs are numbers, where nothing may choose.
    let wat = r#"(module (func (export "f") (result v128) (v128.const i32x4 0x7fc00000 0 0 0)))"#;
    let other: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(0xffc0_0000)]);
    assert_eq!(only_point(&run(wat, Fault { invoke: Some(other), ..Fault::default() })), What::Result(0));
}

#[test]
fn results_of_relaxed_operations() {
    let other: fn(&mut Outcome) = |o| *o = Outcome::Returned(vec![Val::V128(1)]);
    let wat = |op: &str| {
        format!(
            r#"(module (func (export "f") (result v128)
          ({op} (v128.const i32x4 1 2 3 4) (v128.const i32x4 16 17 18 19))))"#
        )
    };
    let swizzle = run(&wat("i8x16.relaxed_swizzle"), Fault { invoke: Some(other), ..Fault::default() });
    inconclusive(&swizzle, Why::Choice);
    let swizzle = run(&wat("i8x16.swizzle"), Fault { invoke: Some(other), ..Fault::default() });
    assert_eq!(only_point(&swizzle), What::Result(0));
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
    inconclusive(
        &run(&wat.replace("(f32.const 1) (f32.const 1)", "(f32.const nan) (f32.const 1)"), fault()),
        Why::Choice,
    );
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
            values[0] = Val::I32(0);
        }
    };
    let options = Options { vectors: 3, module: "div.wasm".into(), keep: 2, ..Options::default() };
    let fault = Fault { memory: Some(fault), invoke: Some(wrong), from: 2, ..Fault::default() };
    let report = diff(&mut engines(fault), &wat::parse_str(wat).unwrap(), &options).unwrap();
    insta::assert_snapshot!(report.to_string().replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

//! Reduction: whatever an engine does wrongly is found again in a few instructions.

use std::fmt::Write as _;
use std::time::Duration;

use assay_diff_fuzz::reduce::{Budget, End, ReducedDifference, instructions, reduce, reduce_difference};
use assay_diff_fuzz::{BUDGETS, Options, What, diff};
use assay_engines::{Engine, Features, HostCall, InstanceId, Interp, Link, Nulls, Outcome, Value};
use assay_interp::binary::{self, Judgement};
use proptest::prelude::*;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::Operator;

/// A fault: the instruction that an engine takes another one for.
type Fault = for<'a> fn(&mut Operator<'a>);

/// The interpreter, but for a fault in its decoder.
struct Wrong {
    interp: Interp,
    fault: Fault,
}

struct Rewriter(Fault);

impl Reencode for Rewriter {
    type Error = std::convert::Infallible;
    fn instruction<'a>(
        &mut self,
        mut op: Operator<'a>,
    ) -> Result<wasm_encoder::Instruction<'a>, reencode::Error<Self::Error>> {
        (self.0)(&mut op);
        reencode::utils::instruction(self, op)
    }
}

impl Wrong {
    fn wrong(&self, wasm: &[u8]) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        Rewriter(self.fault).parse_core_module(&mut module, wasmparser::Parser::new(0), wasm).unwrap();
        module.finish()
    }
}

impl Engine for Wrong {
    fn id(&self) -> String {
        "wrong".into()
    }
    fn version(&self) -> String {
        "1".into()
    }
    fn features(&self) -> Features {
        self.interp.features()
    }
    fn reset(&mut self) {
        self.interp.reset();
    }
    fn validate(&mut self, wasm: &[u8]) -> Result<(), Outcome> {
        self.interp.validate(wasm)
    }
    fn instantiate(&mut self, wasm: &[u8], links: &[Link]) -> Result<InstanceId, Outcome> {
        let wrong = self.wrong(wasm);
        self.interp.instantiate(&wrong, links)
    }
    fn invoke(&mut self, instance: InstanceId, export: &str, args: &[Value]) -> Outcome {
        self.interp.invoke(instance, export, args)
    }
    fn get(&mut self, instance: InstanceId, export: &str) -> Result<Value, Outcome> {
        self.interp.get(instance, export)
    }
    fn set(&mut self, instance: InstanceId, export: &str, value: Value) -> Result<(), Outcome> {
        self.interp.set(instance, export, value)
    }
    fn memory(&mut self, instance: InstanceId, export: &str) -> Result<Vec<u8>, Outcome> {
        self.interp.memory(instance, export)
    }
    fn write(&mut self, instance: InstanceId, export: &str, offset: u64, bytes: &[u8]) -> Result<(), Outcome> {
        self.interp.write(instance, export, offset, bytes)
    }
    fn table(&mut self, instance: InstanceId, export: &str) -> Result<Nulls, Outcome> {
        self.interp.table(instance, export)
    }
    fn log(&mut self) -> Vec<HostCall> {
        self.interp.log()
    }
}

fn engines(fault: Fault) -> Vec<Box<dyn Engine>> {
    vec![Box::new(Interp::new(BUDGETS)), Box::new(Wrong { interp: Interp::new(BUDGETS), fault })]
}

/// Enough for all that is here, however slow the machine is.
const ENOUGH: Budget = Budget { candidates: 200_000, time: Duration::from_secs(3600) };

/// The first difference of two engines, reduced; `None` if there is none.
fn reduced(wasm: &[u8], fault: Fault) -> Option<ReducedDifference> {
    let mut engines = engines(fault);
    let options = Options { vectors: 16, keep: 1, ..Options::default() };
    let report = diff(&mut engines, wasm, &options).unwrap();
    let scenario = &report.differences.first()?.scenario;
    let mut load = |_: &str| Ok(wasm.to_vec());
    reduce_difference(&mut engines, scenario, "module", &mut load, ENOUGH).unwrap()
}

fn is_valid(wasm: &[u8]) -> bool {
    matches!(binary::judge(wasm, Features::ALL), Ok(Judgement::Valid))
}

/// Reduces what is there to be found, below so many instructions, and says what is left.
#[track_caller]
fn reduces(wasm: &[u8], fault: Fault, below: usize) -> ReducedDifference {
    let began = std::time::Instant::now();
    let reduced = reduced(wasm, fault).expect("a difference");
    let (before, after) = (instructions(wasm), instructions(&reduced.module.wasm));
    let text = wasmprinter::print_bytes(&reduced.module.wasm).unwrap();
    // What `--nocapture` shows.
    println!(
        "{before} instructions became {after}, by {} candidates in {:?}",
        reduced.module.candidates,
        began.elapsed()
    );
    println!("{text}\n{}", reduced.difference);
    assert_eq!(reduced.module.end, End::Smallest);
    assert!(after < below, "{before} instructions became {after}:\n{text}\n{}", reduced.difference);
    assert!(is_valid(&reduced.module.wasm));
    reduced
}

/// A generator of numbers, the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

/// Code in a straight line: locals, a memory and a global that depend on one another.
fn straight_line(lines: usize, odd: &str) -> Vec<u8> {
    let mut n = Numbers(lines as u64);
    let mut code = String::new();
    let ops = ["add", "xor", "mul", "or", "rotl", "shr_u"];
    for i in 0..lines {
        let (a, b, c) = (n.below(6), n.below(6), n.below(6));
        let op = ops[n.below(6) as usize];
        let op = if i == lines / 2 { odd.to_owned() } else { format!("i32.{op}") };
        match n.below(3) {
            _ if i == lines / 2 => writeln!(code, "(local.set {a} ({op} (local.get {b}) (i32.const 77)))"),
            0 => writeln!(code, "(local.set {a} ({op} (local.get {b}) (i32.add (local.get {c}) (i32.const {i}))))"),
            1 => writeln!(code, "(i32.store offset={i} (i32.and (local.get {a}) (i32.const 255)) (local.get {b}))"),
            _ => writeln!(code, "(global.set 0 ({op} (global.get 0) (local.get {c})))"),
        }
        .unwrap();
        // What came before lives on in what comes after.
        writeln!(code, "(local.set 5 (i32.add (local.get 5) (local.get {a})))").unwrap();
    }
    let wat = format!(
        r#"(module (memory 1) (global (mut i32) (i32.const 1))
          (func $other (export "other") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
          (func (export "f") (param i32 i32) (result i32) (local i32 i32 i32 i32)
            {code} (call $other (local.get 5))))"#
    );
    wat::parse_str(wat).unwrap()
}

fn sub_is_add(op: &mut Operator<'_>) {
    if let Operator::I32Sub = op {
        *op = Operator::I32Add;
    }
}

#[test]
fn straight_line_code() {
    reduces(&straight_line(100, "i32.sub"), sub_is_add, 6);
}

/// What the standard doesn't allow is a difference of its own, and stays one.
#[test]
fn an_answer_beyond_the_standard() {
    let wat = r#"(module (memory 1) (global (mut f32) (f32.const 1))
      (func (export "other") (param f32) (global.set 0 (f32.mul (local.get 0) (f32.const 3))))
      (func (export "min") (param i32 f32 f32) (result f32) (f32.min (local.get 2) (local.get 1))))"#;
    let fault: Fault = |op| {
        if let Operator::F32Min = op {
            *op = Operator::F32Max;
        }
    };
    let reduced = reduces(&wat::parse_str(wat).unwrap(), fault, 5);
    let point = &reduced.difference.points[0];
    assert_eq!((&point.what, point.engines()), (&What::Allowed, vec!["wrong"]));
    // A difference of two engines is one, too, once nothing else is left.
    let reduced = reduces(&straight_line(30, "i32.sub"), sub_is_add, 6);
    let point = &reduced.difference.points[0];
    assert_eq!((&point.what, point.engines()), (&What::Allowed, vec!["wrong"]), "{}", reduced.difference);
}

#[test]
fn lanes() {
    let mut code = String::new();
    for i in 0..60 {
        let lanes = (0..16).map(|lane| ((lane * 7 + i) % 32).to_string()).collect::<Vec<_>>().join(" ");
        let op = if i == 31 { "i16x8.q15mulr_sat_s".to_owned() } else { format!("i8x16.shuffle {lanes}") };
        writeln!(code, "(local.set {} ({op} (local.get {}) (local.get {})))", i % 3, (i + 1) % 3, i % 2).unwrap();
    }
    let wat = format!(
        r#"(module (memory 1) (func (export "f") (param v128 v128 v128) {code}
          (v128.store offset=16 (i32.const 0) (v128.xor (local.get 0) (v128.xor (local.get 1) (local.get 2))))))"#
    );
    let fault: Fault = |op| {
        if let Operator::I16x8Q15MulrSatS = op {
            *op = Operator::I16x8MinS;
        }
    };
    reduces(&wat::parse_str(wat).unwrap(), fault, 15);
}

/// Structures, arrays, casts, and references that aren't null.
#[test]
fn garbage_collected_types() {
    let mut code = String::new();
    for i in 0..40 {
        let field = if i == 17 { "struct.get_s $s 0" } else { "struct.get_u $s 0" };
        writeln!(
            code,
            "(local.set $p (struct.new $t (i32.sub (struct.get_u $s 0 (local.get $p)) (i32.const 1))
               (i64.const {i}) (local.get $p) (ref.i31 (i32.add (local.get 0) (i32.const {i})))))
             (array.set $a (local.get $q) (i32.const {}) (ref.cast (ref null $t) (local.get $p)))
             (local.set $sum (i32.add (local.get $sum) ({field} (local.get $p))))",
            i % 8
        )
        .unwrap();
    }
    let wat = format!(
        r#"(module
          (rec (type $s (sub (struct (field (mut i8)))))
            (type $t (sub $s (struct (field (mut i8)) (field i64) (field (ref null $s)) (field (ref i31)))))
            (type $a (array (mut (ref null $s)))))
          (func (export "f") (param i32) (result i32)
            (local $p (ref $s)) (local $q (ref $a)) (local $sum i32)
            (local.set $p (struct.new $s (i32.add (local.get 0) (i32.const 0x7f))))
            (local.set $q (array.new_default $a (i32.const 8)))
            (block $out (result (ref null $s))
              (br_on_cast_fail $out (ref null $s) (ref $t) (array.get $a (local.get $q) (i32.const 0)))
              drop (ref.null none))
            drop {code} (local.get $sum)))"#
    );
    let fault: Fault = |op| {
        if let Operator::StructGetS { struct_type_index, field_index } = *op {
            *op = Operator::StructGetU { struct_type_index, field_index };
        }
    };
    reduces(&wat::parse_str(wat).unwrap(), fault, 15);
}

/// A cast that lets null pass.
#[test]
fn a_cast() {
    let mut code = String::new();
    for i in 0..30 {
        let (ty, null) = (i % 3, if i == 11 { "null " } else { "" });
        writeln!(
            code,
            "(local.set $n (i32.add (i32.shl (local.get $n) (i32.const 1)) (ref.test (ref {null}{ty}) (local.get {}))))
             (local.set {} (select (result anyref) (local.get $x) (local.get $y)
               (i32.and (local.get $n) (i32.const 1))))",
            i % 3,
            (i + 1) % 3,
        )
        .unwrap();
    }
    let wat = format!(
        r#"(module (type (struct)) (type (array i8)) (type (struct (field i32)))
          (func (export "f") (param $x anyref) (param $y eqref) (result i32) (local $z anyref) (local $n i32)
            {code} (local.get $n)))"#
    )
    .replace("(param $y eqref)", "(param $y anyref)");
    let fault: Fault = |op| {
        if let Operator::RefTestNullable { hty } = *op {
            *op = Operator::RefTestNonNull { hty };
        }
    };
    reduces(&wat::parse_str(wat).unwrap(), fault, 15);
}

/// A handler that isn't found, in a call within a loop.
#[test]
fn exceptions() {
    let mut code = String::new();
    for i in 0..25 {
        writeln!(
            code,
            "(local.set 1 (i32.add (local.get 1) (block $h (result i32)
               (try_table (catch {} $h) (call $thrower (i32.add (local.get 0) (i32.const {i}))))
               (i32.const {i}))))",
            if i == 13 { "$odd" } else { "$even" }
        )
        .unwrap();
    }
    let wat = format!(
        r#"(module (tag $even (param i32)) (tag $odd (param i32))
          (func $thrower (param i32)
            (if (i32.eq (local.get 0) (i32.const 14)) (then (throw $odd (local.get 0))))
            (if (i32.gt_u (local.get 0) (i32.const 5000)) (then (throw $even (local.get 0)))))
          (func $caller (param i32) (result i32) (local i32) {code} (local.get 1))
          (func (export "f") (param i32) (result i32) (local i32)
            (loop $l (local.set 1 (i32.add (local.get 1) (call $caller (local.get 0))))
              (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
              (br_if $l (i32.gt_s (local.get 0) (i32.const 0))))
            (local.get 1)))"#
    );
    let fault: Fault = |op| {
        if let Operator::TryTable { try_table } = op {
            try_table.catches.retain(|catch| !matches!(catch, wasmparser::Catch::One { tag: 1, .. }));
        }
    };
    reduces(&wat::parse_str(wat).unwrap(), fault, 15);
}

/// A module of the generator's, with everything in it, from a seed.
fn random_module(seed: u64, instructions: usize) -> Option<Vec<u8>> {
    let mut numbers = Numbers(seed);
    let bytes: Vec<u8> = (0..40_000).map(|_| numbers.below(256) as u8).collect();
    let config = wasm_smith::Config {
        min_funcs: 3,
        max_funcs: 8,
        min_exports: 3,
        max_instructions: instructions,
        threads_enabled: false,
        max_memories: 2,
        max_tables: 2,
        disallow_traps: true,
        ..wasm_smith::Config::default()
    };
    let wasm = wasm_smith::Module::new(config, &mut arbitrary::Unstructured::new(&bytes)).ok()?.to_bytes();
    is_valid(&wasm).then_some(wasm)
}

/// Several faults at once, so that many modules show one.
fn many_faults(op: &mut Operator<'_>) {
    *op = match *op {
        Operator::I32Sub => Operator::I32Add,
        Operator::I64Xor => Operator::I64Or,
        Operator::I64Eqz => Operator::I32WrapI64,
        Operator::I32Eqz => Operator::I32Clz,
        Operator::I32WrapI64 => Operator::I64Eqz,
        Operator::I64ExtendI32S => Operator::I64ExtendI32U,
        Operator::F64ReinterpretI64 => Operator::F64ConvertI64S,
        Operator::I64Popcnt => Operator::I64Ctz,
        Operator::V128Not => Operator::I8x16Neg,
        _ => return,
    };
}

/// Generated modules: each difference is found again in a few instructions.
#[test]
fn generated_modules() {
    let mut found = 0;
    for seed in 0..50 {
        let Some(wasm) = random_module(seed, 400) else { continue };
        let Some(reduced) = reduced(&wasm, many_faults) else { continue };
        let (before, after) = (instructions(&wasm), instructions(&reduced.module.wasm));
        println!("seed {seed}: {before} instructions became {after}, by {} candidates", reduced.module.candidates);
        let text = wasmprinter::print_bytes(&reduced.module.wasm).unwrap();
        assert!(after < 15, "seed {seed}: {before} instructions became {after}:\n{text}\n{}", reduced.difference);
        assert!(is_valid(&reduced.module.wasm));
        found += 1;
    }
    assert!(found >= 3, "{found} modules with a difference");
}

/// A property that any module may have: so many of its instructions are of these kinds.
fn has(wasm: &[u8], mnemonics: &[String]) -> bool {
    let Ok(module) = binary::decode_with(wasm, Features::ALL) else { return false };
    let instrs = module.funcs.iter().flat_map(|func| &func.body.expr().instrs);
    let there: std::collections::BTreeSet<&str> = instrs.map(|instr| instr.mnemonic()).collect();
    mnemonics.iter().all(|mnemonic| there.contains(mnemonic.as_str()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What comes out is valid and has the property, a second time changes nothing, and the budget is kept.
    #[test]
    fn any_property_is_kept(seed: u64, choice: u64, few in 0u64..60) {
        let Some(wasm) = random_module(seed, 60) else { return Ok(()) };
        let module = binary::decode_with(&wasm, Features::ALL).unwrap();
        prop_assume!(!module.funcs.is_empty());
        let all: Vec<&str> =
            module.funcs.iter().flat_map(|func| &func.body.expr().instrs).map(|instr| instr.mnemonic()).collect();
        let mnemonics: Vec<String> =
            [choice, choice >> 32].iter().map(|c| all[*c as usize % all.len()].to_owned()).collect();
        let first = reduce(&wasm, ENOUGH, &mut |wasm| has(wasm, &mnemonics));
        prop_assert_eq!(first.end, End::Smallest);
        prop_assert!(is_valid(&first.wasm) && has(&first.wasm, &mnemonics));
        prop_assert!(first.wasm.len() <= wasm.len());
        let again = reduce(&first.wasm, ENOUGH, &mut |wasm| has(wasm, &mnemonics));
        prop_assert_eq!(&again.wasm, &first.wasm);
        // The same answers, the same result.
        let mut asked = 0;
        let second = reduce(&wasm, ENOUGH, &mut |wasm| { asked += 1; has(wasm, &mnemonics) });
        prop_assert_eq!((&second, asked), (&first, first.candidates));
        let mut asked = 0;
        let budget = Budget { candidates: few, ..ENOUGH };
        let cut = reduce(&wasm, budget, &mut |wasm| { asked += 1; has(wasm, &mnemonics) });
        prop_assert!(asked <= few && cut.candidates == asked);
        prop_assert!(asked < few || cut.end == End::Budget || cut.wasm == first.wasm);
        prop_assert!(is_valid(&cut.wasm) && has(&cut.wasm, &mnemonics));
    }
}

#[test]
fn what_cannot_be_reduced() {
    let wasm = wat::parse_str("(module (func))").unwrap();
    assert_eq!(reduce(&wasm, ENOUGH, &mut |_| false).end, End::NotInteresting);
    assert_eq!(reduce(&wasm[..9], ENOUGH, &mut |_| true).end, End::NotReducible);
    let no_time = Budget { time: Duration::ZERO, ..ENOUGH };
    assert_eq!(reduce(&wasm, no_time, &mut |_| true).wasm, wasm);
    // Nothing is asked of it, so nothing is left.
    assert_eq!(reduce(&wasm, ENOUGH, &mut |_| true).wasm, wat::parse_str("(module)").unwrap());
}

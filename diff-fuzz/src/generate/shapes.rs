//! Modules by their shape: what compilers fold, spill, and lower by tables of their own.

use std::borrow::Cow;
use std::fmt::Write;

use assay_interp::exec::Val;
use assay_interp::syntax::{Immediate, Plain, ValType, plain};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, TypeSection,
};

use super::emit::{Emitter, Palette, TYPES, identity, val_type};

/// Bytes of a page.
const PAGE: u64 = 1 << 16;

/// A function of the module that is made.
struct Func {
    /// The name that it is exported under.
    name: String,
    params: Vec<ValType>,
    results: Vec<ValType>,
    /// Those beside the parameters.
    locals: Vec<ValType>,
    code: Vec<u8>,
}

/// A module of functions, the first of which are one to itself for each type, and of what the palette needs.
fn module(palette: Palette, rng: &mut fastrand::Rng, funcs: &[Func]) -> Vec<u8> {
    let (mut types, mut functions, mut exports) = (TypeSection::new(), FunctionSection::new(), ExportSection::new());
    let mut code = CodeSection::new();
    for t in TYPES {
        functions.function(types.len());
        types.ty().function([val_type(t)], [val_type(t)]);
        let mut identity = Function::new([]);
        identity.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::End);
        code.function(&identity);
    }
    for (i, func) in (TYPES.len() as u32..).zip(funcs) {
        functions.function(types.len());
        let list = |types: &[ValType]| types.iter().map(|t| val_type(*t)).collect::<Vec<_>>();
        types.ty().function(list(&func.params), list(&func.results));
        exports.export(&func.name, ExportKind::Func, i);
        let mut body = Function::new(func.locals.iter().map(|t| (1, val_type(*t))));
        body.raw(func.code.iter().copied()).instruction(&Instruction::End);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions);
    if let Some(at) = palette.memory {
        let mut memories = MemorySection::new();
        let maximum = [None, Some(1), Some(2)][rng.usize(..3)];
        let memory64 = at == ValType::I64;
        memories.memory(MemoryType { minimum: 1, maximum, memory64, shared: false, page_size_log2: None });
        module.section(&memories);
    }
    let mut globals = GlobalSection::new();
    for t in TYPES {
        if t == ValType::V128 && !palette.vectors {
            continue;
        }
        let zero = match val_type(t) {
            wasm_encoder::ValType::I32 => ConstExpr::i32_const(0),
            wasm_encoder::ValType::I64 => ConstExpr::i64_const(0),
            wasm_encoder::ValType::F32 => ConstExpr::f32_const(0f32.into()),
            wasm_encoder::ValType::F64 => ConstExpr::f64_const(0f64.into()),
            _ => ConstExpr::v128_const(0),
        };
        globals.global(GlobalType { val_type: val_type(t), mutable: true, shared: false }, &zero);
    }
    module.section(&globals).section(&exports).section(&code);
    if let Some(at) = palette.memory {
        let mut data = DataSection::new();
        // Small and large numbers of all widths, floats among them, to the last byte.
        let bytes: Vec<u8> = (0..64)
            .flat_map(|_| match rng.u8(..4) {
                0 => rng.f32().to_bits().to_le_bytes(),
                1 => rng.u32(..256).to_le_bytes(),
                2 => (rng.u32(..) | 0x8080_8080).to_le_bytes(),
                _ => rng.u32(..).to_le_bytes(),
            })
            .collect();
        for offset in [0, PAGE - bytes.len() as u64] {
            let at = match at == ValType::I64 {
                true => ConstExpr::i64_const(offset as i64),
                false => ConstExpr::i32_const(offset as i32),
            };
            data.active(0, &at, bytes.iter().copied());
        }
        module.section(&data);
    }
    module.finish()
}

fn emitter<'r>(rng: &'r mut fastrand::Rng, palette: Palette, params: &[ValType], left: u32) -> Emitter<'r> {
    let (code, locals) = (Vec::new(), params.to_vec());
    Emitter { rng, palette, code, locals, left, len: PAGE }
}

fn finished(emitter: Emitter<'_>, name: impl Into<String>, params: &[ValType], results: &[ValType]) -> Func {
    Func {
        name: name.into(),
        params: params.to_vec(),
        results: results.to_vec(),
        locals: emitter.locals[params.len()..].to_vec(),
        code: emitter.code,
    }
}

fn some<T: Copy>(rng: &mut fastrand::Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

/// Parameters of functions: a few of the palette's types.
fn params(rng: &mut fastrand::Rng, palette: Palette) -> Vec<ValType> {
    let types = palette.types();
    (0..rng.usize(1..5)).map(|_| some(rng, &types)).collect()
}

/// A plain instruction that may be drawn, whatever the palette has. What has two results, of a proposal, is none.
fn any_plain(rng: &mut fastrand::Rng, palette: &Palette, fits: impl Fn(&Plain) -> bool) -> Option<Plain> {
    let has_simd = |op: &Plain| palette.vectors || !op.opcode.starts_with(&[0xfd]);
    let has =
        |op: &Plain| op.results.len() < 2 && has_simd(op) && (palette.relaxed || !op.mnemonic.contains("relaxed"));
    let all: Vec<Plain> = plain().filter(|op| has(op) && fits(op)).collect();
    if all.is_empty() { None } else { Some(some(rng, &all)) }
}

/// The address that the first parameter is, where an instruction accesses memory.
fn address_type(op: &Plain, palette: &Palette) -> Option<ValType> {
    let accesses = matches!(op.immediate, Immediate::Memory(_) | Immediate::MemoryLane(..));
    if accesses { palette.memory } else { None }
}

/// One instruction: on parameters, with a constant, on equal operands; its result is returned, stored, and given to
/// another instruction.
pub(super) fn single(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let palette = Palette { memory: palette.memory.or(Some(ValType::I32)), traps: true, ..palette };
    let op = any_plain(rng, &palette, |_| true).expect("there are instructions");
    let operands: Vec<ValType> = address_type(&op, &palette).into_iter().chain(op.params.iter().copied()).collect();
    let offset = if rng.bool() { 0 } else { some(rng, &[1, 8, 0xffff, 0x1_0000, 0xffff_ffff]) };
    let mut funcs = Vec::new();
    let mut func = |rng: &mut fastrand::Rng, name: &str, constant: Option<usize>, equal: bool, then: Option<&Plain>| {
        let mut e = emitter(rng, palette, &operands, 8);
        for (i, t) in operands.iter().enumerate() {
            match constant == Some(i) {
                true => e.constant(*t),
                false => e.instr(&Instruction::LocalGet(if equal && i > 0 { 0 } else { i as u32 })),
            }
        }
        e.opcode(&op, offset);
        let mut results = op.results.to_vec();
        match then {
            Some(next) => {
                // What it takes beside the result, on parameters or constants.
                for t in &next.params[1..] {
                    e.expr(*t, 0);
                }
                e.opcode(next, 0);
                results = next.results.to_vec();
            }
            None if name == "stored" => {
                let t = results.pop().expect("it has a result");
                let x = identity(t);
                e.instr(&Instruction::GlobalSet(x));
                store(&mut e, t, x);
            }
            None => {}
        }
        funcs.push(finished(e, name, &operands, &results));
    };
    func(rng, "returned", None, false, None);
    if !operands.is_empty() {
        let which = rng.usize(..operands.len());
        func(rng, "constant", Some(which), false, None);
    }
    if matches!(operands[..], [a, b] if a == b) {
        func(rng, "equal", None, true, None);
    }
    if let [result] = op.results {
        if palette.vectors || *result != ValType::V128 {
            func(rng, "stored", None, false, None);
        }
        let takes = |next: &Plain| {
            next.params.first() == Some(result) && matches!(next.immediate, Immediate::None | Immediate::Lane(_))
        };
        if let Some(next) = any_plain(rng, &palette, takes) {
            func(rng, next.mnemonic, None, false, Some(&next));
        }
    }
    (op.mnemonic.to_owned(), module(palette, rng, &funcs))
}

/// Stores the global x, of this type, in the midst of the memory.
fn store(e: &mut Emitter<'_>, t: ValType, x: u32) {
    let address = Val::I32(4096);
    match e.palette.memory {
        Some(ValType::I32) => e.value(address),
        Some(_) => e.value(Val::I64(4096)),
        None => return,
    }
    e.instr(&Instruction::GlobalGet(x));
    let memarg = wasm_encoder::MemArg { offset: 0, align: 0, memory_index: 0 };
    e.instr(&match val_type(t) {
        wasm_encoder::ValType::I32 => Instruction::I32Store(memarg),
        wasm_encoder::ValType::I64 => Instruction::I64Store(memarg),
        wasm_encoder::ValType::F32 => Instruction::F32Store(memarg),
        wasm_encoder::ValType::F64 => Instruction::F64Store(memarg),
        _ => Instruction::V128Store(memarg),
    });
}

/// Trees of instructions, of which some results are returned and others stored.
pub(super) fn expressions(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let types = palette.types();
    let mut funcs = Vec::new();
    for i in 0..rng.usize(1..4) {
        let params = params(rng, palette);
        let results: Vec<ValType> = (0..rng.usize(1..4)).map(|_| some(rng, &types)).collect();
        let (depth, left) = (rng.u32(2..7), rng.u32(4..60));
        let mut e = emitter(rng, palette, &params, left);
        if e.rng.bool() {
            let t = some(e.rng, &types);
            e.expr(t, depth);
            let x = identity(t);
            e.instr(&Instruction::GlobalSet(x));
            store(&mut e, t, x);
        }
        results.iter().for_each(|t| e.expr(*t, depth));
        funcs.push(finished(e, format!("f{i}"), &params, &results));
    }
    (palette.to_string(), module(palette, rng, &funcs))
}

/// An instruction on what is loaded from the last bytes of the memory; its result is stored, and returned.
pub(super) fn loaded(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let palette = Palette { memory: palette.memory.or(Some(ValType::I32)), ..palette };
    let takes = |op: &Plain| matches!(op.params, [_] | [_, _] | [_, _, _]) && op.results.len() == 1;
    let mut funcs = Vec::new();
    let mut mix = Vec::new();
    for i in 0..rng.usize(1..4) {
        let Some(op) = any_plain(rng, &palette, |op| takes(op) && address_type(op, &palette).is_none()) else { break };
        let which = rng.usize(..op.params.len());
        let wanted = op.params[which];
        let loads = |load: &Plain| load.results == [wanted] && matches!(load.immediate, Immediate::Memory(_));
        let Some(load) = any_plain(rng, &palette, loads) else { continue };
        let params = params(rng, palette);
        let mut e = emitter(rng, palette, &params, 6);
        for (j, t) in op.params.iter().enumerate() {
            match j == which {
                true => e.plain(&load, 0),
                false => e.expr(*t, 1),
            }
        }
        e.opcode(&op, 0);
        let t = op.results[0];
        if palette.vectors || t != ValType::V128 {
            let x = identity(t);
            e.instr(&Instruction::GlobalSet(x));
            store(&mut e, t, x);
            e.instr(&Instruction::GlobalGet(x));
        }
        mix.push(format!("{} of {}", op.mnemonic, load.mnemonic));
        funcs.push(finished(e, format!("f{i}"), &params, &[t]));
    }
    (mix.join(", "), module(palette, rng, &funcs))
}

/// Many values that live across calls, and are then used in another order.
pub(super) fn spills(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let types = palette.types();
    let params = params(rng, palette);
    let n = rng.usize(3..24);
    let mut e = emitter(rng, palette, &params, 4 * n as u32);
    let mut values = Vec::new();
    for _ in 0..n {
        let t = some(e.rng, &types);
        e.expr(t, 2);
        let x = e.local(t);
        e.instr(&Instruction::LocalSet(x));
        values.push((x, t));
        if e.rng.u8(..4) == 0 {
            let (x, t) = some(e.rng, &values);
            let which = identity(t);
            e.instr(&Instruction::LocalGet(x));
            e.instr(&Instruction::Call(which));
            e.instr(&Instruction::LocalSet(x));
        }
    }
    e.rng.shuffle(&mut values);
    let results: Vec<ValType> = values.iter().take(8).map(|(_, t)| *t).collect();
    for (x, _) in values.iter().take(8) {
        e.instr(&Instruction::LocalGet(*x));
    }
    let func = finished(e, "f", &params, &results);
    (format!("{n} values, {palette}"), module(palette, rng, &[func]))
}

/// A loop of a fixed number of turns around a table of branches, each with a value.
pub(super) fn control(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let types = palette.types();
    let t = some(rng, &types);
    let mut params = params(rng, palette);
    params.push(ValType::I32);
    let index = params.len() as u32 - 1;
    let (labels, turns) = (rng.u32(1..6), rng.i32(1..20));
    let mut e = emitter(rng, palette, &params, 60);
    let (acc, turn) = (e.local(t), e.local(ValType::I32));
    let of = wasm_encoder::BlockType::Result(val_type(t));
    e.instr(&Instruction::Loop(wasm_encoder::BlockType::Empty));
    // Each label's code takes the value that came with the branch.
    for _ in 0..=labels {
        e.instr(&Instruction::Block(of));
    }
    e.expr(t, 3);
    e.instr(&Instruction::LocalGet(index));
    if e.rng.bool() {
        e.instr(&Instruction::LocalGet(turn));
        e.instr(&Instruction::I32Add);
    }
    let targets: Vec<u32> = (0..e.rng.usize(..8)).map(|_| e.rng.u32(..=labels)).collect();
    let default = e.rng.u32(..=labels);
    e.instr(&Instruction::BrTable(Cow::from(targets), default));
    for _ in 0..=labels {
        e.instr(&Instruction::End);
        e.instr(&Instruction::LocalSet(acc));
        e.expr(t, 2);
    }
    e.instr(&Instruction::LocalSet(acc));
    e.instr(&Instruction::LocalGet(turn));
    e.instr(&Instruction::I32Const(1));
    e.instr(&Instruction::I32Add);
    e.instr(&Instruction::LocalTee(turn));
    e.instr(&Instruction::I32Const(turns));
    e.instr(&Instruction::I32LtU);
    e.instr(&Instruction::BrIf(0));
    e.instr(&Instruction::End);
    e.instr(&Instruction::LocalGet(acc));
    let func = finished(e, "f", &params, &[t]);
    (format!("{labels} labels, {turns} turns, {palette}"), module(palette, rng, &[func]))
}

/// Text that is a module by the way it is made.
fn parsed(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// Calls through a table whose elements and size change, with indices of either type.
pub(super) fn tables(rng: &mut fastrand::Rng, palette: Palette) -> (String, Vec<u8>) {
    let at = if palette.memory == Some(ValType::I64) { "i64" } else { "i32" };
    let (size, max) = (rng.u32(1..6), rng.u32(6..9));
    let index = |rng: &mut fastrand::Rng| match rng.u8(..3) {
        0 => "(local.get 0)".to_owned(),
        1 => format!("({at}.const {})", rng.u32(..max + 1)),
        _ => format!("({at}.and (local.get 0) ({at}.const 7))"),
    };
    let mut text = format!(
        r#"(module
  (type $i (func (result i32))) (type $j (func (param i32) (result i64)))
  (table $t {at} {size} {max} funcref) (table $u {at} {size} externref)
  (func $f (type $i) (i32.const 11)) (func $g (type $j) (i64.extend_i32_s (local.get 0)))
  (func $h (type $i) (i32.const 22))
  (elem $e func $f $g $h) (elem declare func $f $g $h)
"#
    );
    for n in 0..rng.u32(1..4) {
        let _ = write!(
            text,
            "  (func (export \"f{n}\") (param {at} i32) (result i32 i64)\n    (local $x i32) (local $y i64)\n"
        );
        for _ in 0..rng.u32(1..8) {
            let (i, j, k) = (index(rng), index(rng), index(rng));
            let func = some(rng, &["(ref.func $f)", "(ref.func $g)", "(ref.func $h)", "(ref.null func)"]);
            let _ = match rng.u8(..10) {
                0 => writeln!(text, "    (table.set $t {i} {func})"),
                1 => writeln!(text, "    (local.set $x (i32.add (local.get $x) (ref.is_null (table.get $t {i}))))"),
                2 => writeln!(text, "    (local.set $x (i32.add (local.get $x) (call_indirect $t (type $i) {i})))"),
                3 => writeln!(text, "    (local.set $y (call_indirect $t (type $j) (local.get 1) {i}))"),
                4 => writeln!(text, "    (drop (table.grow $t {func} ({at}.const {})))", rng.u8(..4)),
                5 => writeln!(text, "    (table.fill $t {i} {func} ({at}.const {}))", rng.u8(..3)),
                6 => writeln!(text, "    (table.copy $t $t {i} {j} ({at}.const {}))", rng.u8(..4)),
                7 => {
                    writeln!(text, "    (table.init $t $e {i} (i32.const {}) (i32.const {}))", rng.u8(..3), rng.u8(..3))
                }
                8 => writeln!(
                    text,
                    "    (local.set $x (i32.xor (local.get $x) {}))",
                    if at == "i64" { "(i32.wrap_i64 (table.size $t))" } else { "(table.size $t)" }
                ),
                _ => writeln!(text, "    (table.set $u {k} (ref.null extern))"),
            };
        }
        text.push_str("    (local.get $x) (local.get $y))\n");
    }
    text.push(')');
    (format!("{at} of {size} to {max}"), parsed(&text))
}

/// Structures, arrays, casts and exceptions; what is read is added up.
pub(super) fn aggregates(rng: &mut fastrand::Rng) -> (String, Vec<u8>) {
    const STORAGE: [&str; 7] = ["i8", "i16", "i32", "i64", "f32", "f64", "v128"];
    let value = |rng: &mut fastrand::Rng, storage: &str| match storage {
        "i64" => some(rng, &["(local.get 1)", "(i64.const -1)", "(i64.const 0x8000000000000000)"]),
        "f32" => some(rng, &["(f32.reinterpret_i32 (local.get 0))", "(f32.const -0)", "(f32.const nan:0x200000)"]),
        "f64" => some(rng, &["(f64.reinterpret_i64 (local.get 1))", "(f64.const inf)", "(f64.const 1.5)"]),
        "v128" => some(rng, &["(i64x2.splat (local.get 1))", "(v128.const i32x4 1 -2 3 -4)"]),
        _ => some(rng, &["(local.get 0)", "(i32.const -1)", "(i32.const 0x8080)", "(i32.const 0x7fffffff)"]),
    };
    // What is read, as a number of 64 bits.
    let number = |rng: &mut fastrand::Rng, storage: &str, packed: &str, plain: &str| {
        let sx = if rng.bool() { "s" } else { "u" };
        match storage {
            "i8" | "i16" => format!("(i64.extend_i32_s ({}))", packed.replace("SX", sx)),
            "i32" => format!("(i64.extend_i32_u ({plain}))"),
            "i64" => format!("({plain})"),
            "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 ({plain})))"),
            "f64" => format!("(i64.reinterpret_f64 ({plain}))"),
            _ => format!("(i64x2.extract_lane 1 ({plain}))"),
        }
    };
    let fields: Vec<&str> = (0..rng.usize(1..6)).map(|_| some(rng, &STORAGE)).collect();
    let element = some(rng, &STORAGE);
    let list: String = fields.iter().map(|storage| format!(" (field (mut {storage}))")).collect();
    let mut text = format!(
        r#"(module
  (type $s (sub (struct{list})))
  (type $t (sub $s (struct{list} (field i32))))
  (type $a (array (mut {element})))
  (tag $e (param i32 i64)) (tag $x)
  (data $d "\01\80\ff\7f\00\80\ff\ff\01\02\03\04\05\06\07\08\80\81\82\83\84\85\86\87\ff\fe\fd\fc\fb\fa\f9\f8")
  (func $throws (param i32 i64)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $e (local.get 0) (local.get 1))))
    (if (i32.and (local.get 0) (i32.const 2)) (then (throw $x))))
"#
    );
    for n in 0..rng.u32(1..4) {
        let _ = write!(
            text,
            "  (func (export \"f{n}\") (param i32 i64) (result i64)\n    (local $r i64) (local $s (ref null $s)) \
             (local $a (ref null $a)) (local $any anyref)\n"
        );
        let len = rng.u32(1..6);
        let new: String = fields.iter().map(|storage| value(rng, storage)).collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "    (local.set $s (struct.new $s {new}))");
        let _ = writeln!(text, "    (local.set $a (array.new $a {} (i32.const {len})))", value(rng, element));
        for _ in 0..rng.u32(2..12) {
            let f = rng.usize(..fields.len());
            let index = match rng.u8(..4) {
                0 => "(local.get 0)".to_owned(),
                1 => format!("(i32.const {})", len - 1),
                2 => format!("(i32.and (local.get 0) (i32.const {}))", len.next_power_of_two() / 2),
                _ => format!("(i32.const {})", rng.u32(..=len)),
            };
            let few = rng.u32(..=len);
            let line = match rng.u8(..16) {
                0 => format!("(struct.set $s {f} (local.get $s) {})", value(rng, fields[f])),
                1 | 2 => add(&number(
                    rng,
                    fields[f],
                    &format!("struct.get_SX $s {f} (local.get $s)"),
                    &format!("struct.get $s {f} (local.get $s)"),
                )),
                3 => format!("(array.set $a (local.get $a) {index} {})", value(rng, element)),
                4 | 5 => add(&number(
                    rng,
                    element,
                    &format!("array.get_SX $a (local.get $a) {index}"),
                    &format!("array.get $a (local.get $a) {index}"),
                )),
                6 => add("(i64.extend_i32_u (array.len (local.get $a)))"),
                7 => format!("(array.fill $a (local.get $a) {index} {} (i32.const {few}))", value(rng, element)),
                8 => format!(
                    "(array.copy $a $a (local.get $a) {index} (local.get $a) (i32.const {}) (i32.const {few}))",
                    rng.u32(..2)
                ),
                9 => format!("(local.set $a (array.new_data $a $d (i32.const {}) (i32.const {few})))", rng.u32(..20)),
                10 => format!("(local.set $s (struct.new $t {new} (local.get 0)))"),
                11 => add("(i64.extend_i32_u (ref.test (ref $t) (local.get $s)))"),
                12 => format!(
                    "(local.set $any {})",
                    some(rng, &["(ref.i31 (local.get 0))", "(local.get $s)", "(local.get $a)", "(ref.null any)"])
                ),
                13 => add(some(
                    rng,
                    &[
                        "(i64.extend_i32_u (ref.test (ref i31) (local.get $any)))",
                        "(i64.extend_i32_u (ref.test (ref null $s) (local.get $any)))",
                        "(i64.extend_i32_s (i31.get_s (ref.cast (ref i31) (local.get $any))))",
                        "(i64.extend_i32_u (block $l (result i32) (block $n (result (ref $t)) (br_on_cast $n (ref null \
                         $s) (ref $t) (local.get $s)) (drop) (br $l (i32.const 5))) (struct.get $t FIELDS)))",
                        "(i64.extend_i32_u (ref.eq (ref.cast eqref (local.get $any)) (local.get $s)))",
                    ],
                )
                .replace("FIELDS", &fields.len().to_string())
                .as_str()),
                14 => "(local.set $s (ref.null $s))".to_owned(),
                _ => add("(block $done (result i64) (block $x (block $e (result i32 i64) (try_table (catch $e $e) \
                     (catch_all $x) (call $throws (local.get 0) (local.get 1))) (br $done (i64.const 3))) \
                     (local.set $r) (br $done (i64.extend_i32_s))) (i64.const 7))"),
            };
            let _ = writeln!(text, "    {line}");
        }
        text.push_str("    (local.get $r))\n");
    }
    text.push(')');
    (format!("{} fields, array of {element}", fields.len()), parsed(&text))
}

fn add(number: &str) -> String {
    format!("(local.set $r (i64.add (i64.mul (local.get $r) (i64.const 31)) {number}))")
}

//! Modules by their shape: what compilers fold, spill, and lower by tables of their own.

use std::borrow::Cow;

use assay_interp::exec::Val;
use assay_interp::syntax::{Immediate, Plain, ValType, plain};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, MemorySection, MemoryType, Module, TypeSection,
};

use crate::args::boundaries;

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
        let floats = boundaries(ValType::F32);
        // Small and large numbers of all widths, floats among them, to the last byte.
        let bytes: Vec<u8> = (0..64)
            .flat_map(|_| match (rng.u8(..4), some(rng, &floats)) {
                (0, Val::F32(bits)) => bits.to_le_bytes(),
                (1, _) => rng.u32(..256).to_le_bytes(),
                (2, _) => (rng.u32(..) | 0x8080_8080).to_le_bytes(),
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

pub(super) fn some<T: Copy>(rng: &mut fastrand::Rng, from: &[T]) -> T {
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
    // More than half of the instructions are those of vectors.
    let vectors = palette.vectors || rng.bool();
    let relaxed = palette.relaxes && rng.bool();
    let memory = palette.memory.or(Some(ValType::I32));
    let palette = Palette { memory, traps: true, vectors, relaxed, ..palette };
    let op = any_plain(rng, &palette, |_| true).expect("there are instructions");
    let address = address_type(&op, &palette);
    let operands: Vec<ValType> = address.into_iter().chain(op.params.iter().copied()).collect();
    let offset = match (rng.bool(), address) {
        (true, _) => 0,
        (false, Some(ValType::I32)) => some(rng, &[1, 8, 0xffff, 0x1_0000, 0xffff_ffff]),
        (false, _) => some(rng, &[1, 8, 0xffff, 0xffff_ffff, 1 << 32, u64::MAX - 7]),
    };
    let mut funcs = Vec::new();
    let mut func = |rng: &mut fastrand::Rng, name: &str, constant: Option<usize>, equal: bool, then: Option<&Plain>| {
        let mut e = emitter(rng, palette, &operands, 8);
        for (i, t) in operands.iter().enumerate() {
            match constant == Some(i) {
                true if i == 0 && address.is_some() => e.edge(*t, offset),
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
    if address.is_some() {
        func(rng, "edge", Some(0), false, None);
        func(rng, "another edge", Some(0), false, None);
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
        if e.rng.bool() {
            e.store(2);
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
        if e.rng.u8(..8) == 0 {
            e.store(1);
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

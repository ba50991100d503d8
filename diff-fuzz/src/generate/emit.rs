//! Code that is valid by the way it is made: expressions of a wanted type, from the plain instructions of the table.

use std::sync::LazyLock;

use assay_interp::exec::Val;
use assay_interp::syntax::{Immediate, NumType, Plain, ValType, plain};
use wasm_encoder::{Encode, Instruction};

use crate::args::{boundaries, lanes};

/// The types that expressions have.
pub(super) const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

/// The plain instructions with one result, by its type.
static BY_RESULT: LazyLock<Vec<(ValType, Vec<Plain>)>> = LazyLock::new(|| {
    let of = |t: ValType| plain().filter(|op| op.results == [t]).collect();
    TYPES.map(|t| (t, of(t))).to_vec()
});

/// The plain instructions without a result.
static STORES: LazyLock<Vec<Plain>> = LazyLock::new(|| plain().filter(|op| op.results.is_empty()).collect());

/// What expressions may be made of: drawn for each input, so that no input has a little of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) floats: bool,
    pub(super) vectors: bool,
    pub(super) relaxed: bool,
    /// Whether the version has relaxed ones at all.
    pub(super) relaxes: bool,
    /// Loads, from a memory with addresses of this type.
    pub(super) memory: Option<ValType>,
    /// Instructions that trap on some operands.
    pub(super) traps: bool,
    /// Whether each float that an instruction makes gets the bits of one NaN, if it is one.
    pub(super) canonical: bool,
}

impl Palette {
    /// Whether an instruction is in it.
    pub(super) fn has(&self, op: &Plain) -> bool {
        let is_float = |t: &ValType| matches!(t, ValType::Num(NumType::F32 | NumType::F64));
        let types = || op.params.iter().chain(op.results);
        let float = types().any(is_float) || op.mnemonic.contains("f32x4") || op.mnemonic.contains("f64x2");
        let vector = types().any(|t| *t == ValType::V128);
        let accesses = matches!(op.immediate, Immediate::Memory(_) | Immediate::MemoryLane(..));
        (self.floats || !float)
            && (self.vectors || !vector)
            && (self.relaxed || !op.mnemonic.contains("relaxed"))
            && op.results.len() < 2
            && (self.memory.is_some() || !accesses)
            && (self.traps || !may_trap(op))
    }

    /// The types of its expressions.
    pub(super) fn types(&self) -> Vec<ValType> {
        let has = |t: &ValType| match t {
            ValType::Num(NumType::F32 | NumType::F64) => self.floats,
            ValType::V128 => self.vectors,
            _ => true,
        };
        TYPES.into_iter().filter(has).collect()
    }
}

/// Whether some operands make it trap; accesses aside, whose addresses are made to fit.
fn may_trap(op: &Plain) -> bool {
    let name = op.mnemonic;
    let divides = [".div_s", ".div_u", ".rem_s", ".rem_u"].iter().any(|end| name.ends_with(end));
    divides || (name.starts_with('i') && name.contains(".trunc_f"))
}

/// Whether its result may be a NaN whose bits are a choice; neg, abs and copysign make none.
fn makes_nan(op: &Plain) -> bool {
    let (shape, name) = op.mnemonic.split_once('.').unwrap_or_default();
    let keeps = ["load", "neg", "abs", "copysign", "reinterpret", "extract", "replace", "splat", "pmin", "pmax"];
    let compares = ["eq", "ne", "lt", "gt", "le", "ge"].contains(&name);
    shape.starts_with('f') && !compares && !keeps.iter().any(|prefix| name.starts_with(prefix))
}

/// A function's code under way.
pub(super) struct Emitter<'r> {
    pub(super) rng: &'r mut fastrand::Rng,
    pub(super) palette: Palette,
    pub(super) code: Vec<u8>,
    /// Parameters, then the locals that were asked for.
    pub(super) locals: Vec<ValType>,
    /// How many instructions there may be yet.
    pub(super) left: u32,
    /// Bytes of the memory.
    pub(super) len: u64,
}

impl Emitter<'_> {
    pub(super) fn instr(&mut self, instr: &Instruction<'_>) {
        instr.encode(&mut self.code);
    }

    /// A new local.
    pub(super) fn local(&mut self, t: ValType) -> u32 {
        self.locals.push(t);
        self.locals.len() as u32 - 1
    }

    pub(super) fn value(&mut self, v: assay_interp::exec::Value) {
        match v {
            Val::I32(c) => self.instr(&Instruction::I32Const(c as i32)),
            Val::I64(c) => self.instr(&Instruction::I64Const(c as i64)),
            Val::F32(c) => self.instr(&Instruction::F32Const(wasm_encoder::Ieee32::new(c))),
            Val::F64(c) => self.instr(&Instruction::F64Const(wasm_encoder::Ieee64::new(c))),
            Val::V128(c) => self.instr(&Instruction::V128Const(c as i128)),
            Val::Ref(_) => unreachable!("expressions have no references"),
        }
    }

    /// A boundary value.
    pub(super) fn constant(&mut self, t: ValType) {
        if t == ValType::V128 && self.rng.bool() {
            let v = lanes(self.rng);
            return self.value(Val::V128(v));
        }
        let values = boundaries(t);
        let v = values[self.rng.usize(..values.len())];
        self.value(v);
    }

    /// A local or a constant.
    fn leaf(&mut self, t: ValType) {
        let fits: Vec<u32> = (0..).zip(&self.locals).filter(|(_, u)| **u == t).map(|(x, _)| x).collect();
        match fits.is_empty() || self.rng.u8(..4) == 0 {
            true => self.constant(t),
            false => {
                let x = fits[self.rng.usize(..fits.len())];
                self.instr(&Instruction::LocalGet(x));
            }
        }
    }

    /// The opcode, and an immediate that is drawn.
    pub(super) fn opcode(&mut self, op: &Plain, offset: u64) {
        self.code.extend(op.opcode);
        let align = |bytes: u32| bytes.trailing_zeros();
        match op.immediate {
            Immediate::None => {}
            Immediate::Lane(lanes) => self.code.push(self.rng.u8(..lanes)),
            Immediate::Lanes => {
                let lanes = self.lanes();
                self.code.extend(lanes);
            }
            Immediate::Memory(bytes) => {
                let align = self.rng.u32(..=align(bytes));
                align.encode(&mut self.code);
                offset.encode(&mut self.code);
            }
            Immediate::MemoryLane(bytes, lanes) => {
                let align = self.rng.u32(..=align(bytes));
                align.encode(&mut self.code);
                offset.encode(&mut self.code);
                self.code.push(self.rng.u8(..lanes));
            }
        }
    }

    /// Indices for a shuffle: those that machines have instructions for, more often than others.
    fn lanes(&mut self) -> [u8; 16] {
        let (a, b) = (self.rng.u8(..32), self.rng.u8(..32));
        let mut lanes: [u8; 16] = match self.rng.u8(..8) {
            0 => std::array::from_fn(|i| (i as u8 + a) % 32),
            1 => [a; 16],
            2 => std::array::from_fn(|i| (i / 2) as u8 + 16 * (i % 2) as u8 + 8 * (a % 2)),
            3 => std::array::from_fn(|i| (i as u8 & !3) + 3 - (i as u8 & 3)),
            4 => std::array::from_fn(|i| if a >> (i % 5) & 1 == 0 { i as u8 } else { i as u8 + 16 }),
            5 => std::array::from_fn(|i| (2 * i as u8 + a % 2) % 32),
            6 => std::array::from_fn(|i| (i as u8 % 4) + 4 * (a >> (2 * (i / 4)) & 3) + (b & 16)),
            _ => std::array::from_fn(|_| self.rng.u8(..32)),
        };
        if self.rng.u8(..4) == 0 {
            lanes[self.rng.usize(..16)] = b;
        }
        lanes
    }

    /// An address of the last bytes of the memory, or of some others; or none there is.
    fn address(&mut self, bytes: u32) -> u64 {
        let address = ValType::I64;
        let at = self.palette.memory.unwrap_or(address);
        let last = self.len.saturating_sub(bytes.into());
        let exact = match self.rng.u8(..8) {
            0..3 => last,
            3 => last.saturating_sub(self.rng.u64(..16)),
            4 => self.rng.u64(..64),
            5 if self.palette.traps => last + 1,
            _ => self.rng.u64(..=last),
        };
        // Part of it in the offset.
        let offset = match self.rng.u8(..4) {
            0 => exact,
            1 => self.rng.u64(..=exact),
            _ => 0,
        };
        let base = exact - offset;
        if at == ValType::I32 && base == 0 && self.rng.bool() {
            self.shifted_out();
            return offset;
        }
        match at {
            // Beyond all memory, unless an engine forgets the high half.
            ValType::Num(NumType::I64) if self.palette.traps && self.rng.u8(..8) == 0 => {
                self.value(Val::I64(base | 1 << 32));
            }
            ValType::Num(NumType::I64) => self.value(Val::I64(base)),
            _ => self.value(Val::I32(base as u32)),
        }
        self.shape_address(at);
        offset
    }

    /// An address at which an access with this offset ends near the end of the memory, or one with more bits than it
    /// needs.
    pub(super) fn edge(&mut self, t: ValType, offset: u64) {
        let near = self.len.wrapping_add(self.rng.u64(..4)).wrapping_sub(self.rng.u64(..20)).wrapping_sub(offset);
        match t {
            ValType::I32 => self.value(Val::I32(near as u32)),
            _ => {
                let high = [0, 0, 1 << 32, 1 << 63, 0xffff_ffff << 32][self.rng.usize(..5)];
                self.value(Val::I64(near.wrapping_add(high)));
            }
        }
    }

    /// Zero, as what is left of a number in 32 bits.
    fn shifted_out(&mut self) {
        let k = self.rng.i32(1..4);
        self.leaf(ValType::I32);
        self.instr(&Instruction::I32Const(32 - k));
        self.instr(&Instruction::I32Shl);
        self.instr(&Instruction::I32Const(k));
        self.instr(&Instruction::I32Shl);
    }

    /// Computes an address in a way that leaves it what it is, unless an engine forgets to cut it to 32 bits.
    fn shape_address(&mut self, at: ValType) {
        if at != ValType::I32 {
            return;
        }
        match self.rng.u8(..6) {
            0 => {
                self.shifted_out();
                self.instr(&Instruction::I32Add);
            }
            1 => {
                let c = self.rng.i32(..);
                self.instr(&Instruction::I32Const(c));
                self.instr(&Instruction::I32Add);
                self.instr(&Instruction::I32Const(c));
                self.instr(&Instruction::I32Sub);
            }
            2 => {
                self.instr(&Instruction::I64ExtendI32U);
                self.instr(&Instruction::I64Const(0x7fff_ffff_0000_0000));
                self.instr(&Instruction::I64Or);
                self.instr(&Instruction::I32WrapI64);
            }
            _ => {}
        }
    }

    /// An expression of a type.
    pub(super) fn expr(&mut self, t: ValType, depth: u32) {
        if depth == 0 || self.left == 0 {
            return self.leaf(t);
        }
        self.left -= 1;
        match self.rng.u8(..24) {
            0..4 => self.leaf(t),
            4 => self.select(t, depth - 1),
            5 => self.fork(t, depth - 1),
            // The same value twice, from a local.
            6 => {
                let x = self.local(t);
                self.expr(t, depth - 1);
                self.instr(&Instruction::LocalSet(x));
                self.expr(t, depth - 1);
            }
            7 => {
                self.expr(t, depth - 1);
                self.instr(&Instruction::Call(identity(t)));
            }
            _ => match self.pick(t) {
                Some(op) => self.plain(&op, depth - 1),
                None => self.leaf(t),
            },
        }
    }

    /// A plain instruction of the palette with this result.
    fn pick(&mut self, t: ValType) -> Option<Plain> {
        let (_, ops) = BY_RESULT.iter().find(|(u, _)| *u == t)?;
        (0..64).map(|_| ops[self.rng.usize(..ops.len())]).find(|op| self.palette.has(op))
    }

    /// A store of the palette, if it has a memory.
    pub(super) fn store(&mut self, depth: u32) {
        let found = (0..8).map(|_| STORES[self.rng.usize(..STORES.len())]).find(|op| self.palette.has(op));
        if let Some(op) = found {
            self.plain(&op, depth);
        }
    }

    /// A plain instruction, on operands that are expressions.
    pub(super) fn plain(&mut self, op: &Plain, depth: u32) {
        let offset = match op.immediate {
            Immediate::Memory(bytes) | Immediate::MemoryLane(bytes, _) => self.address(bytes),
            _ => 0,
        };
        let equal = op.params.len() == 2 && op.params[0] == op.params[1] && self.rng.u8(..8) == 0;
        if equal {
            let x = self.local(op.params[0]);
            self.expr(op.params[0], depth);
            self.instr(&Instruction::LocalTee(x));
            self.instr(&Instruction::LocalGet(x));
        } else {
            op.params.iter().for_each(|t| self.expr(*t, depth));
        }
        self.opcode(op, offset);
        if self.palette.canonical && makes_nan(op) {
            self.canonicalise(op);
        }
    }

    /// Gives a NaN the bits of the canonical one.
    fn canonicalise(&mut self, op: &Plain) {
        let Some(t) = op.results.first() else { return };
        let x = self.local(*t);
        match t {
            ValType::Num(NumType::F32) => {
                self.instr(&Instruction::LocalTee(x));
                self.value(Val::F32(0x7fc0_0000));
                self.instr(&Instruction::LocalGet(x));
                self.instr(&Instruction::LocalGet(x));
                self.instr(&Instruction::F32Eq);
                self.instr(&Instruction::Select);
            }
            ValType::Num(NumType::F64) => {
                self.instr(&Instruction::LocalTee(x));
                self.value(Val::F64(0x7ff8 << 48));
                self.instr(&Instruction::LocalGet(x));
                self.instr(&Instruction::LocalGet(x));
                self.instr(&Instruction::F64Eq);
                self.instr(&Instruction::Select);
            }
            ValType::V128 => {
                let single = op.mnemonic.starts_with("f32x4");
                self.instr(&Instruction::LocalTee(x));
                self.value(Val::V128(if single {
                    0x7fc0_0000 * (u128::MAX / 0xffff_ffff)
                } else {
                    (0x7ff8 << 48) * (u128::MAX / u128::from(u64::MAX))
                }));
                self.instr(&Instruction::LocalGet(x));
                self.instr(&Instruction::LocalGet(x));
                self.instr(if single { &Instruction::F32x4Eq } else { &Instruction::F64x2Eq });
                self.instr(&Instruction::V128Bitselect);
            }
            _ => {}
        }
    }

    fn select(&mut self, t: ValType, depth: u32) {
        self.expr(t, depth);
        self.expr(t, depth);
        self.expr(ValType::I32, depth);
        let select = if self.rng.bool() { Instruction::Select } else { Instruction::TypedSelect(val_type(t)) };
        self.instr(&select);
    }

    /// `if`, or a block that is left by a branch with a value.
    fn fork(&mut self, t: ValType, depth: u32) {
        let bt = wasm_encoder::BlockType::Result(val_type(t));
        if self.rng.bool() {
            self.expr(ValType::I32, depth);
            self.instr(&Instruction::If(bt));
            self.expr(t, depth);
            self.instr(&Instruction::Else);
            self.expr(t, depth);
        } else {
            self.instr(&Instruction::Block(bt));
            self.expr(t, depth);
            self.expr(ValType::I32, depth);
            self.instr(&Instruction::BrIf(0));
            self.instr(&Instruction::Drop);
            self.expr(t, depth);
        }
        self.instr(&Instruction::End);
    }
}

/// The index of the module's function of a type to itself, which is also that of the global of this type.
pub(super) fn identity(t: ValType) -> u32 {
    TYPES.iter().position(|u| *u == t).expect("one of the types") as u32
}

/// A number's or a vector's type, for the encoder.
pub(super) fn val_type(t: ValType) -> wasm_encoder::ValType {
    match t {
        ValType::Num(NumType::I32) => wasm_encoder::ValType::I32,
        ValType::Num(NumType::I64) => wasm_encoder::ValType::I64,
        ValType::Num(NumType::F32) => wasm_encoder::ValType::F32,
        ValType::Num(NumType::F64) => wasm_encoder::ValType::F64,
        ValType::V128 => wasm_encoder::ValType::V128,
        ValType::Ref(_) => unreachable!("expressions have no references"),
    }
}

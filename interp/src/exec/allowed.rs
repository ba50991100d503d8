//! The results that the standard allows for a numeric or vector instruction on given operands (4.6.10, 4.6.11).
//!
//! The instruction is reduced with the choices at the ends of their lists: with each value of its parameter (4.3.6),
//! once with the first and once with the last member of each set of NaNs (4.3.3). A lane that is another then is a NaN
//! that was chosen; and which is the last member, canonical or not, says which set it is of. No operation does more
//! with a NaN that it made than to put it into a lane, or to give it as an operand to another one that makes NaNs.

use std::fmt;
use std::sync::Arc;

use super::config::{Config, Progress};
use super::store::{ModuleInst, Store};
use super::value::{Val, Value};
use crate::syntax::{Expr, Immediate, Instr, Plain, ValType, f32_text, f64_text};
use crate::trap::TrapKind;
use crate::value::{Concrete, W32, W64};

/// A set of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    ty: ValType,
    shape: Shape,
    /// One list of lanes for each value of the parameter that gives another one; or the trap.
    results: Result<Vec<Vec<Lane>>, TrapKind>,
}

/// How a result is divided: one lane for each 8, 16, 32 or 64 bits. A number is one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    bits: u32,
    is_float: bool,
}

/// What a lane may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// Exactly this.
    Bits(u128),
    /// A canonical NaN of either sign.
    CanonicalNan,
    /// An arithmetic NaN of either sign: its payload has the highest bit set.
    ArithmeticNan,
}

impl Lane {
    /// From the lane with the first and with the last member of the set that it is chosen from.
    fn new(bits: u32, first: u128, last: u128) -> Lane {
        let sign = 1 << (bits - 1);
        match last {
            _ if first == last => Lane::Bits(first),
            _ if last == sign | canonical_nan(bits) => Lane::CanonicalNan,
            _ => Lane::ArithmeticNan,
        }
    }

    fn contains(self, bits: u32, c: u128) -> bool {
        let magnitude = c & ((1 << (bits - 1)) - 1);
        match self {
            Lane::Bits(only) => c == only,
            Lane::CanonicalNan => magnitude == canonical_nan(bits),
            Lane::ArithmeticNan => magnitude >= canonical_nan(bits),
        }
    }
}

fn canonical_nan(bits: u32) -> u128 {
    match bits {
        32 => Concrete::canonical_nan::<W32>().into(),
        64 => Concrete::canonical_nan::<W64>().into(),
        _ => panic!("there is no float of {bits} bits"),
    }
}

impl Shape {
    fn of(instr: &Instr, ty: ValType) -> Shape {
        let shape = |bits, is_float| Shape { bits, is_float };
        match ty {
            ValType::I64 => shape(64, false),
            ValType::F32 => shape(32, true),
            ValType::F64 => shape(64, true),
            // The shape of the result is what a mnemonic begins with.
            ValType::V128 => match instr.mnemonic().split('.').next() {
                Some("i8x16") => shape(8, false),
                Some("i16x8") => shape(16, false),
                Some("i64x2") => shape(64, false),
                Some("f32x4") => shape(32, true),
                Some("f64x2") => shape(64, true),
                _ => shape(32, false),
            },
            _ => shape(32, false),
        }
    }

    fn lanes(self, ty: ValType) -> u32 {
        if ty == ValType::V128 { 128 / self.bits } else { 1 }
    }

    fn lane(self, c: u128, i: u32) -> u128 {
        c >> (i * self.bits) & (u128::MAX >> (128 - self.bits))
    }
}

/// The bits of a number or vector.
fn bits(value: &Value) -> Option<u128> {
    match value {
        Val::I32(c) | Val::F32(c) => Some((*c).into()),
        Val::I64(c) | Val::F64(c) => Some((*c).into()),
        Val::V128(c) => Some(*c),
        Val::Ref(_) => None,
    }
}

/// The types of the operands of a numeric or vector instruction that takes nothing else; `None` for the others,
/// constants and accesses to memory among them.
pub fn operand_types(instr: &Instr) -> Option<&'static [ValType]> {
    match Plain::of(instr)? {
        Plain { immediate: Immediate::Memory(_) | Immediate::MemoryLane(..), .. } => None,
        Plain { params, results: [_], .. } => Some(params),
        _ => None,
    }
}

/// Reduces one instruction.
fn reduced(instr: &Instr, operands: &[Value], reading: &Concrete) -> Result<Value, TrapKind> {
    let instrs = vec![instr.clone(), Instr::End {}];
    let body = Expr { closed_at: vec![0; instrs.len()], offsets: vec![0; instrs.len()], instrs };
    let mut config = Config::new(Store::default(), usize::MAX);
    config.enter(&Arc::new(ModuleInst::default()), &Arc::new(body), 1);
    operands.iter().for_each(|v| config.stack.push(*v));
    while !matches!(config.step(reading), Ok(Progress::Ended)) {}
    match config.trap {
        Some(trapped) => Err(trapped.kind),
        None => Ok(config.stack.pop()),
    }
}

/// The results that the standard allows for a valid instruction on these operands; `None` if it isn't one that
/// [`operand_types`] knows, or if they are of other types.
///
/// ```
/// use assay_interp::syntax::Instr;
/// use assay_interp::{Value, allowed};
///
/// let infinity = Value::F32(f32::INFINITY.to_bits());
/// let results = allowed(&Instr::F32Sub {}, &[infinity, infinity]).unwrap();
/// assert!(results.contains(&Value::F32(0x7fc0_0000)) && results.contains(&Value::F32(0xffc0_0000)));
/// assert!(!results.contains(&Value::F32(0x7fc0_0001)));
/// assert_eq!(results.to_string(), "nan:canonical");
/// ```
pub fn allowed(instr: &Instr, operands: &[Value]) -> Option<Allowed> {
    if !operand_types(instr)?.iter().copied().eq(operands.iter().map(Value::ty)) {
        return None;
    }
    let mut results: Vec<Vec<Lane>> = Vec::new();
    let mut ty = ValType::I32;
    // No parameter has more than four values.
    for r in 0..4 {
        let [first, last] = [false, true].map(|last| reduced(instr, operands, &Concrete::extreme(r, last)));
        let (Ok(first), Ok(last)) = (&first, &last) else {
            return Some(Allowed { ty, shape: Shape::of(instr, ty), results: Err(first.err().or(last.err())?) });
        };
        ty = first.ty();
        let (shape, first, last) = (Shape::of(instr, ty), bits(first)?, bits(last)?);
        let lanes = (0..shape.lanes(ty)).map(|i| Lane::new(shape.bits, shape.lane(first, i), shape.lane(last, i)));
        let lanes = lanes.collect();
        if !results.contains(&lanes) {
            results.push(lanes);
        }
    }
    Some(Allowed { ty, shape: Shape::of(instr, ty), results: Ok(results) })
}

/// Operands on which every operation that may choose has a choice: NaNs of both formats that aren't canonical, as bytes
/// negative ones and indices beyond the lanes; the product that overflows; and a mask of lanes that differ.
const PROBES: [[u128; 3]; 3] = {
    const NANS: u128 = 0x7ff4_0000_7ff4_0000_7ff4_0000_7ff4_0000;
    [[NANS; 3], [0x8000; 3], [0, u128::MAX, NANS]]
};

/// Whether there are operands on which an instruction has more than one result.
pub fn chooses(instr: &Instr) -> bool {
    let operand = |(ty, c): (&ValType, u128)| match *ty {
        ValType::I32 => Val::I32(c as u32),
        ValType::I64 => Val::I64(c as u64),
        ValType::F32 => Val::F32(c as u32),
        ValType::F64 => Val::F64(c as u64),
        _ => Val::V128(c),
    };
    operand_types(instr).is_some_and(|types| {
        PROBES.iter().any(|probe| {
            let operands: Vec<Value> = types.iter().zip(*probe).map(operand).collect();
            allowed(instr, &operands).is_some_and(|allowed| allowed.is_choice())
        })
    })
}

impl Allowed {
    /// Whether this value is allowed.
    pub fn contains(&self, value: &Value) -> bool {
        let Some(c) = bits(value).filter(|_| value.ty() == self.ty) else { return false };
        let contains = |i: u32, lane: &Lane| lane.contains(self.shape.bits, self.shape.lane(c, i));
        self.results.iter().flatten().any(|lanes| (0..).zip(lanes).all(|(i, lane)| contains(i, lane)))
    }

    /// The trap, if the instruction traps.
    pub fn trap(&self) -> Option<TrapKind> {
        self.results.as_ref().err().copied()
    }

    /// Whether there is more than one result.
    pub fn is_choice(&self) -> bool {
        let exact = |lanes: &[Lane]| lanes.iter().all(|lane| matches!(lane, Lane::Bits(_)));
        self.results.as_ref().is_ok_and(|results| results.len() > 1 || !results.iter().all(|lanes| exact(lanes)))
    }

    fn lane(&self, lane: Lane) -> String {
        match lane {
            Lane::CanonicalNan => "nan:canonical".to_owned(),
            Lane::ArithmeticNan => "nan:arithmetic".to_owned(),
            Lane::Bits(c) if !self.shape.is_float => {
                let unused = 128 - self.shape.bits;
                (((c << unused) as i128) >> unused).to_string()
            }
            Lane::Bits(c) if self.shape.bits == 32 => f32_text(c as u32),
            Lane::Bits(c) => f64_text(c as u64),
        }
    }
}

/// Values as in the text format, with the shape of their lanes; sets of NaNs as the official tests write them.
impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let results = match &self.results {
            Ok(results) => results,
            Err(kind) => return write!(f, "trap: {}", kind.message()),
        };
        for (i, lanes) in results.iter().enumerate() {
            f.write_str(if i > 0 { " or " } else { "" })?;
            if self.ty == ValType::V128 {
                let letter = if self.shape.is_float { 'f' } else { 'i' };
                write!(f, "{letter}{}x{} ", self.shape.bits, lanes.len())?;
            }
            f.write_str(&lanes.iter().map(|lane| self.lane(*lane)).collect::<Vec<_>>().join(" "))?;
        }
        Ok(())
    }
}

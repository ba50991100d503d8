//! Values of each type, made from nothing; and constants that are smaller than others.

use assay_interp::exec::{Ref, Val, Value};
use assay_interp::syntax;
use wasmparser::{
    AbstractHeapType as Abs, BinaryReader, CompositeInnerType, HeapType, MemArg, Operator, OperatorsReader, RefType,
    StorageType, UnpackedIndex, V128, ValType,
};

use super::module::{Instr, Module, Space};

/// Instructions that make a value of a type, without operands; the best way first. The last one for a reference that
/// isn't null is to trap. Of numbers there are those with no bit set and with all.
pub(super) fn values<'a>(module: &Module<'_>, t: ValType) -> Vec<Vec<Operator<'a>>> {
    match t {
        ValType::I32 => [0, 1, -1].map(|value| vec![Operator::I32Const { value }]).to_vec(),
        ValType::I64 => [0, 1, -1].map(|value| vec![Operator::I64Const { value }]).to_vec(),
        ValType::F32 => [0f32, 1f32].map(|value| vec![Operator::F32Const { value: value.into() }]).to_vec(),
        ValType::F64 => [0f64, 1f64].map(|value| vec![Operator::F64Const { value: value.into() }]).to_vec(),
        ValType::V128 => [0, u128::MAX].map(|bits| vec![Operator::V128Const { value: v128(bits) }]).to_vec(),
        ValType::Ref(t) => references(module, t),
    }
}

fn references<'a>(module: &Module<'_>, t: RefType) -> Vec<Vec<Operator<'a>>> {
    let null = Operator::RefNull { hty: null_type(module, t.heap_type()) };
    if t.is_nullable() {
        return vec![vec![null]];
    }
    let zero = || Operator::I32Const { value: 0 };
    let i31 = || vec![zero(), Operator::RefI31];
    let types = 0..module.len(Space::Type);
    let mut ways = Vec::new();
    match t.heap_type() {
        HeapType::Concrete(UnpackedIndex::Module(x)) => ways.extend(made(module, x)),
        HeapType::Abstract { ty: Abs::Any | Abs::Eq | Abs::I31, .. } => ways.push(i31()),
        HeapType::Abstract { ty: Abs::Extern, .. } => {
            ways.push(i31().into_iter().chain([Operator::ExternConvertAny]).collect());
        }
        HeapType::Abstract { ty: Abs::Struct, .. } => {
            let is_struct = |x: &u32| inner(module, *x).is_some_and(|t| matches!(t, CompositeInnerType::Struct(_)));
            ways.extend(types.filter(is_struct).find_map(|x| made(module, x)));
        }
        HeapType::Abstract { ty: Abs::Array, .. } => {
            let is_array = |x: &u32| inner(module, *x).is_some_and(|t| matches!(t, CompositeInnerType::Array(_)));
            ways.extend(types.filter(is_array).find_map(|x| made(module, x)));
        }
        HeapType::Abstract { ty: Abs::Func, .. } => {
            ways.extend((0..module.len(Space::Func)).take(4).map(|x| vec![Operator::RefFunc { function_index: x }]));
        }
        _ => {}
    }
    ways.push(vec![null, Operator::RefAsNonNull]);
    ways.push(vec![Operator::Unreachable]);
    ways
}

fn inner<'m>(module: &'m Module<'_>, x: u32) -> Option<&'m CompositeInnerType> {
    module.sub_type(x).map(|t| &t.composite_type.inner)
}

/// A structure, an array or a function of a type of the module.
fn made<'a>(module: &Module<'_>, x: u32) -> Option<Vec<Operator<'a>>> {
    let has_default = |t: StorageType| match t {
        StorageType::Val(ValType::Ref(t)) => t.is_nullable(),
        _ => true,
    };
    match inner(module, x)? {
        CompositeInnerType::Struct(ty) => {
            let all = ty.fields.iter().all(|field| has_default(field.element_type));
            all.then(|| vec![Operator::StructNewDefault { struct_type_index: x }])
        }
        CompositeInnerType::Array(_) => Some(vec![Operator::ArrayNewFixed { array_type_index: x, array_size: 0 }]),
        CompositeInnerType::Func(_) => {
            let func = (0..module.len(Space::Func)).find(|func| module.type_of_func(*func) == Some(x))?;
            Some(vec![Operator::RefFunc { function_index: func }])
        }
        CompositeInnerType::Cont(_) => None,
    }
}

/// The type of a null that is within a heap type, and needs no type of the module.
fn null_type(module: &Module<'_>, t: HeapType) -> HeapType {
    let bottom = |ty| HeapType::Abstract { shared: false, ty };
    match t {
        HeapType::Concrete(UnpackedIndex::Module(x)) => match inner(module, x) {
            Some(CompositeInnerType::Func(_)) => bottom(Abs::NoFunc),
            Some(CompositeInnerType::Struct(_) | CompositeInnerType::Array(_)) => bottom(Abs::None),
            Some(CompositeInnerType::Cont(_)) | None => t,
        },
        _ => t,
    }
}

/// A vector of these bits.
fn v128(bits: u128) -> V128 {
    let bytes: Vec<u8> = [0xfd, 0x0c].into_iter().chain(bits.to_le_bytes()).collect();
    match OperatorsReader::new(BinaryReader::new(&bytes, 0)).read() {
        Ok(Operator::V128Const { value }) => value,
        _ => unreachable!("0xfd 0x0c is v128.const"),
    }
}

/// How far an integer is from zero.
fn distance(c: i64) -> u128 {
    2 * u128::from(c.unsigned_abs()) + u128::from(c < 0)
}

/// A format of floats: the bits of the fraction, the one of the sign, and the number one.
#[derive(Clone, Copy)]
struct Format {
    fraction: u32,
    sign: u64,
    one: u64,
}

const F32: Format = Format { fraction: 23, sign: 1 << 31, one: 0x3f80_0000 };
const F64: Format = Format { fraction: 52, sign: 1 << 63, one: 0x3ff0_0000_0000_0000 };

impl Format {
    /// How much a float says: zero, one, and then by the digits of its fraction and its sign.
    fn digits(self, bits: u64) -> u128 {
        if bits == 0 || bits == self.one {
            return u128::from(bits != 0);
        }
        let fraction = bits & ((1 << self.fraction) - 1);
        let digits = if fraction == 0 { 0 } else { self.fraction - fraction.trailing_zeros() };
        2 + 2 * u128::from(digits) + u128::from(bits & self.sign != 0)
    }

    /// Floats that say less, the best first.
    fn smaller(self, bits: u64, truncated: u64) -> Vec<u64> {
        let cleared = (1..=self.fraction).rev().map(|n| bits & !((1 << n) - 1));
        let all = [0, self.one, truncated, bits & !self.sign].into_iter().chain(cleared);
        all.filter(|other| self.digits(*other) < self.digits(bits)).collect()
    }
}

/// How much an instruction's immediates say, beside the indices of items: what has to become less.
pub(super) fn magnitude(instr: &Instr<'_>) -> u128 {
    let memarg = |arg: &MemArg| 2 * u128::from(arg.offset) + u128::from(arg.max_align - arg.align);
    let of_memarg = instr.memarg.as_ref().map_or(0, memarg);
    of_memarg
        + match &instr.op {
            Operator::I32Const { value } => distance(i64::from(*value)),
            Operator::I64Const { value } => distance(*value),
            Operator::F32Const { value } => F32.digits(u64::from(value.bits())),
            Operator::F64Const { value } => F64.digits(value.bits()),
            Operator::V128Const { value } => u128::from(value.i128().count_ones()),
            Operator::ArrayNewFixed { array_size, .. } => u128::from(*array_size),
            _ => 0,
        }
}

/// Smaller integers, the best first: 0, 1, -1, a power of two, and then ever nearer.
pub(super) fn integers(c: i64) -> Vec<i64> {
    let size = c.unsigned_abs();
    let power = 1u64 << (63 - size.max(1).leading_zeros());
    let near = (1..=64).map(|n| size - size.checked_shr(n).unwrap_or(0)).take_while(|smaller| *smaller < size);
    let last = size.saturating_sub(1);
    let sizes = [power / 2, power].into_iter().chain(near).chain([last]);
    let signed = sizes.map(|size| if c < 0 { (size as i64).wrapping_neg() } else { size as i64 });
    let mut all: Vec<i64> = [0, 1, -1].into_iter().chain(signed).filter(|d| distance(*d) < distance(c)).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|d| seen.insert(*d));
    all
}

/// The same instruction with smaller immediates, the best first.
pub(super) fn smaller<'a>(instr: &Instr<'a>) -> Vec<Instr<'a>> {
    let ops: Vec<Operator<'a>> = match &instr.op {
        Operator::I32Const { value } => {
            integers(i64::from(*value)).into_iter().map(|c| Operator::I32Const { value: c as i32 }).collect()
        }
        Operator::I64Const { value } => {
            integers(*value).into_iter().map(|value| Operator::I64Const { value }).collect()
        }
        Operator::F32Const { value } => {
            let truncated = u64::from(f32::from_bits(value.bits()).trunc().to_bits());
            let all = F32.smaller(u64::from(value.bits()), truncated).into_iter();
            all.map(|bits| Operator::F32Const { value: f32::from_bits(bits as u32).into() }).collect()
        }
        Operator::F64Const { value } => {
            let truncated = f64::from_bits(value.bits()).trunc().to_bits();
            let all = F64.smaller(value.bits(), truncated).into_iter();
            all.map(|bits| Operator::F64Const { value: f64::from_bits(bits).into() }).collect()
        }
        Operator::V128Const { value } => {
            let bits = value.i128() as u128;
            // Ever smaller parts are cleared, down to a bit.
            let parts = (0..8).rev().flat_map(|log: u32| {
                let width = 1u32 << log;
                (0..128 / width).map(move |part| (u128::MAX >> (128 - width)) << (part * width))
            });
            let cleared = parts.map(|part| bits & !part).filter(|other| *other != bits);
            cleared.map(|bits| Operator::V128Const { value: v128(bits) }).collect()
        }
        _ => Vec::new(),
    };
    let mut all: Vec<Instr<'a>> = ops.into_iter().map(Instr::from).collect();
    if let Some(arg) = instr.memarg {
        let aligned = MemArg { align: arg.max_align, ..arg };
        let offsets = integers(arg.offset as i64).into_iter().filter(|offset| *offset >= 0);
        let args = [aligned].into_iter().chain(offsets.map(|offset| MemArg { offset: offset as u64, ..arg }));
        let args = args.filter(|other| *other != arg);
        all.extend(args.map(|arg| Instr { memarg: Some(arg), ..instr.clone() }));
    }
    all
}

/// Arguments that are smaller than one of the same type, the best first; null for any other reference.
pub(super) fn smaller_value(value: &Value) -> Vec<Value> {
    let op = match *value {
        Val::I32(c) => Operator::I32Const { value: c as i32 },
        Val::I64(c) => Operator::I64Const { value: c as i64 },
        Val::F32(bits) => Operator::F32Const { value: f32::from_bits(bits).into() },
        Val::F64(bits) => Operator::F64Const { value: f64::from_bits(bits).into() },
        Val::V128(bits) => Operator::V128Const { value: v128(bits) },
        Val::Ref(Ref::Null(_)) => return Vec::new(),
        Val::Ref(Ref::Func(_)) => return vec![Val::Ref(Ref::Null(syntax::HeapType::Func))],
        Val::Ref(Ref::Exn(_)) => return vec![Val::Ref(Ref::Null(syntax::HeapType::Exn))],
        Val::Ref(Ref::Any(_)) => return vec![Val::Ref(Ref::Null(syntax::HeapType::Any))],
        Val::Ref(Ref::Extern(_)) => return vec![Val::Ref(Ref::Null(syntax::HeapType::Extern))],
    };
    let value = |instr: Instr<'_>| match instr.op {
        Operator::I32Const { value } => Some(Val::I32(value as u32)),
        Operator::I64Const { value } => Some(Val::I64(value as u64)),
        Operator::F32Const { value } => Some(Val::F32(value.bits())),
        Operator::F64Const { value } => Some(Val::F64(value.bits())),
        Operator::V128Const { value } => Some(Val::V128(value.i128() as u128)),
        _ => None,
    };
    smaller(&Instr::from(op)).into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ops() -> impl Strategy<Value = Operator<'static>> {
        prop_oneof![
            any::<i32>().prop_map(|value| Operator::I32Const { value }),
            any::<i64>().prop_map(|value| Operator::I64Const { value }),
            any::<u32>().prop_map(|bits| Operator::F32Const { value: f32::from_bits(bits).into() }),
            any::<u64>().prop_map(|bits| Operator::F64Const { value: f64::from_bits(bits).into() }),
            any::<u128>().prop_map(|bits| Operator::V128Const { value: v128(bits) }),
        ]
    }

    proptest! {
        /// What is tried says less, so that reduction ends; and only nothing is the least.
        #[test]
        fn smaller_is_smaller(op in ops()) {
            let instr = Instr::from(op);
            let all = smaller(&instr);
            prop_assert_eq!(all.is_empty(), magnitude(&instr) == 0);
            for other in all {
                prop_assert!(magnitude(&other) < magnitude(&instr), "{other:?} for {instr:?}");
            }
        }

        /// Halving what is left finds any bound in few attempts.
        #[test]
        fn a_bound_is_found(bound: i64, above in any::<i64>().prop_map(i64::unsigned_abs)) {
            let ok = |c: i64| if bound < 0 { c <= bound } else { c >= bound };
            let beyond = if bound < 0 { i64::saturating_sub_unsigned } else { i64::saturating_add_unsigned };
            let start = beyond(bound, above);
            let (mut c, mut tried) = (start, 0);
            loop {
                let found = integers(c).into_iter().find(|d| { tried += 1; ok(*d) });
                match found {
                    Some(d) => c = d,
                    None => break,
                }
            }
            prop_assert_eq!(c, bound);
            prop_assert!(tried < 10_000, "{tried}");
        }
    }
}

//! Arguments, expected results and expected traps.

use assay_engines::{Outcome, Ref, TrapKind, Value};
use assay_interp::exec::{AnyRef, Val};
use assay_interp::syntax::HeapType;
use wast::core::{AbstractHeapType, HeapType as WastHeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

use crate::run::Fault;

/// What the suite calls each trap. "out of bounds" alone is from the time before tables had accesses.
const TRAPS: [(&str, &[TrapKind]); 24] = [
    ("unreachable", &[TrapKind::Unreachable]),
    ("out of bounds memory access", &[TrapKind::MemoryOutOfBounds]),
    ("out of bounds table access", &[TrapKind::TableOutOfBounds]),
    ("out of bounds", &[TrapKind::MemoryOutOfBounds, TrapKind::TableOutOfBounds]),
    ("undefined element", &[TrapKind::TableOutOfBounds]),
    ("undefined", &[TrapKind::TableOutOfBounds]),
    ("uninitialized element", &[TrapKind::UninitializedElement]),
    ("uninitialized", &[TrapKind::UninitializedElement]),
    ("indirect call type mismatch", &[TrapKind::IndirectCallType]),
    ("indirect call", &[TrapKind::IndirectCallType]),
    ("integer divide by zero", &[TrapKind::IntegerDivideByZero]),
    ("integer overflow", &[TrapKind::IntegerOverflow]),
    ("invalid conversion to integer", &[TrapKind::InvalidConversion]),
    ("invalid conversion", &[TrapKind::InvalidConversion]),
    ("null function reference", &[TrapKind::NullReference]),
    ("null reference", &[TrapKind::NullReference]),
    ("null structure reference", &[TrapKind::NullReference]),
    ("null array reference", &[TrapKind::NullReference]),
    ("null i31 reference", &[TrapKind::NullReference]),
    ("null exception reference", &[TrapKind::NullReference]),
    ("cast failure", &[TrapKind::CastFailure]),
    ("out of bounds array access", &[TrapKind::ArrayOutOfBounds]),
    ("unaligned atomic", &[TrapKind::UnalignedAtomic]),
    ("expected shared memory", &[TrapKind::UnsharedMemory]),
];

/// The kinds of trap that a message of the suite stands for. Some messages go on with the number of an element.
fn trap_kinds(message: &str) -> Option<&'static [TrapKind]> {
    let words = message.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    TRAPS.iter().find(|(text, _)| *text == words).map(|(_, kinds)| *kinds)
}

/// Whether a run trapped as it should.
pub(crate) fn trap(outcome: &Outcome, message: &str) -> Result<(), Fault> {
    if let Outcome::Unsupported(why) = outcome {
        return Err(Fault::Unsupported(why.clone()));
    }
    let Some(kinds) = trap_kinds(message) else {
        return Err(Fault::Failed(format!("no kind of trap is known by the message {message:?}; it {outcome}")));
    };
    match outcome {
        Outcome::Trapped(trap) if kinds.iter().any(|kind| trap.may_be(*kind)) => Ok(()),
        other => Err(Fault::instead(format!("trap: {message}"), other)),
    }
}

/// An argument.
pub(crate) fn argument(arg: &WastArg<'_>) -> Result<Value, Fault> {
    let WastArg::Core(arg) = arg else { return Err(unsupported("arguments of components")) };
    Ok(match arg {
        WastArgCore::I32(c) => Val::I32(*c as u32),
        WastArgCore::I64(c) => Val::I64(*c as u64),
        WastArgCore::F32(c) => Val::F32(c.bits),
        WastArgCore::F64(c) => Val::F64(c.bits),
        WastArgCore::V128(c) => Val::V128(u128::from_le_bytes(c.to_le_bytes())),
        WastArgCore::RefNull(heap) => match null(heap) {
            Some(r) => Val::Ref(r),
            None => return Err(unsupported("null references to other than abstract types")),
        },
        WastArgCore::RefExtern(n) => Val::Ref(Ref::host(*n)),
        WastArgCore::RefHost(n) => Val::Ref(Ref::Any(AnyRef::Host(*n))),
    })
}

/// The null of a heap type; the bottom types have the null of their top.
fn null(heap: &WastHeapType<'_>) -> Option<Ref> {
    let WastHeapType::Abstract { shared: false, ty } = heap else { return None };
    match ty {
        AbstractHeapType::Func | AbstractHeapType::NoFunc => Some(Ref::Null(HeapType::Func)),
        AbstractHeapType::Extern | AbstractHeapType::NoExtern => Some(Ref::Null(HeapType::Extern)),
        AbstractHeapType::Exn | AbstractHeapType::NoExn => Some(Ref::Null(HeapType::Exn)),
        AbstractHeapType::Any
        | AbstractHeapType::Eq
        | AbstractHeapType::Struct
        | AbstractHeapType::Array
        | AbstractHeapType::I31
        | AbstractHeapType::None => Some(Ref::Null(HeapType::Any)),
        _ => None,
    }
}

/// Whether a run returned what it should.
pub(crate) fn results(outcome: &Outcome, expected: &[WastRet<'_>]) -> Result<(), Fault> {
    let values = match outcome {
        Outcome::Returned(values) => values,
        other => return Err(Fault::instead(format!("return {}", list(expected)), other)),
    };
    let mut equal = values.len() == expected.len();
    for (value, pattern) in values.iter().zip(expected) {
        let WastRet::Core(pattern) = pattern else { return Err(unsupported("results of components")) };
        equal &= matches(*value, pattern)?;
    }
    if equal { Ok(()) } else { Err(Fault::instead(format!("return {}", list(expected)), outcome)) }
}

/// The payload of a canonical NaN, which is also the bit that an arithmetic NaN has set.
const QUIET32: u32 = 1 << 22;
const QUIET64: u64 = 1 << 51;

fn float32(c: u32, pattern: &NanPattern<F32>) -> bool {
    match pattern {
        NanPattern::Value(wanted) => c == wanted.bits,
        NanPattern::CanonicalNan => c << 1 == (0x7f80_0000 | QUIET32) << 1,
        NanPattern::ArithmeticNan => f32::from_bits(c).is_nan() && c & QUIET32 != 0,
    }
}

fn float64(c: u64, pattern: &NanPattern<F64>) -> bool {
    match pattern {
        NanPattern::Value(wanted) => c == wanted.bits,
        NanPattern::CanonicalNan => c << 1 == (0x7ff0_0000_0000_0000 | QUIET64) << 1,
        NanPattern::ArithmeticNan => f64::from_bits(c).is_nan() && c & QUIET64 != 0,
    }
}

/// Lanes are compared in the pattern's shape, the first one lowest.
fn vector(c: u128, pattern: &V128Pattern) -> bool {
    fn lanes<T>(c: u128, bits: usize, wanted: &[T], equal: impl Fn(u64, &T) -> bool) -> bool {
        let mask = u64::MAX >> (64 - bits);
        wanted.iter().enumerate().all(|(i, lane)| equal((c >> (bits * i)) as u64 & mask, lane))
    }
    match pattern {
        V128Pattern::I8x16(wanted) => lanes(c, 8, wanted, |c, lane| c as i8 == *lane),
        V128Pattern::I16x8(wanted) => lanes(c, 16, wanted, |c, lane| c as i16 == *lane),
        V128Pattern::I32x4(wanted) => lanes(c, 32, wanted, |c, lane| c as i32 == *lane),
        V128Pattern::I64x2(wanted) => lanes(c, 64, wanted, |c, lane| c as i64 == *lane),
        V128Pattern::F32x4(wanted) => lanes(c, 32, wanted, |c, lane| float32(c as u32, lane)),
        V128Pattern::F64x2(wanted) => lanes(c, 64, wanted, float64),
    }
}

fn matches(value: Value, pattern: &WastRetCore<'_>) -> Result<bool, Fault> {
    Ok(match (pattern, value) {
        (WastRetCore::I32(c), v) => v == Val::I32(*c as u32),
        (WastRetCore::I64(c), v) => v == Val::I64(*c as u64),
        (WastRetCore::F32(pattern), Val::F32(c)) => float32(c, pattern),
        (WastRetCore::F64(pattern), Val::F64(c)) => float64(c, pattern),
        (WastRetCore::F32(_) | WastRetCore::F64(_), _) => false,
        (WastRetCore::RefNull(None), v) => matches!(v, Val::Ref(Ref::Null(_))),
        (WastRetCore::RefNull(Some(heap)), v) => match null(heap) {
            Some(r) => v == Val::Ref(r),
            None => return Err(unsupported("null references to other than abstract types")),
        },
        (WastRetCore::RefExtern(None), v) => matches!(v, Val::Ref(Ref::Extern(_))),
        (WastRetCore::RefExtern(Some(n)), v) => v == Val::Ref(Ref::host(*n)),
        (WastRetCore::RefHost(n), v) => v == Val::Ref(Ref::Any(AnyRef::Host(*n))),
        (WastRetCore::RefAny, v) => matches!(v, Val::Ref(Ref::Any(_))),
        (WastRetCore::RefEq, v) => {
            matches!(v, Val::Ref(Ref::Any(AnyRef::I31(_) | AnyRef::Struct(_) | AnyRef::Array(_))))
        }
        (WastRetCore::RefI31, v) => matches!(v, Val::Ref(Ref::Any(AnyRef::I31(_)))),
        (WastRetCore::RefStruct, v) => matches!(v, Val::Ref(Ref::Any(AnyRef::Struct(_)))),
        (WastRetCore::RefArray, v) => matches!(v, Val::Ref(Ref::Any(AnyRef::Array(_)))),
        (WastRetCore::RefFunc(None), v) => matches!(v, Val::Ref(Ref::Func(_))),
        (WastRetCore::RefFunc(Some(_)), _) => return Err(unsupported("expecting one function reference of many")),
        (WastRetCore::V128(pattern), Val::V128(c)) => vector(c, pattern),
        (WastRetCore::V128(_), _) => false,
        (WastRetCore::Either(patterns), v) => return either(v, patterns),
        (other, _) => return Err(unsupported(&format!("references as {other:?}"))),
    })
}

/// One of the patterns is enough; without one, what isn't supported might have been it.
fn either(value: Value, patterns: &[WastRetCore<'_>]) -> Result<bool, Fault> {
    let results: Vec<Result<bool, Fault>> = patterns.iter().map(|p| matches(value, p)).collect();
    if results.iter().any(|r| matches!(r, Ok(true))) {
        return Ok(true);
    }
    results.into_iter().find(Result::is_err).unwrap_or(Ok(false))
}

fn unsupported(what: &str) -> Fault {
    Fault::Unsupported(what.to_owned())
}

fn list(expected: &[WastRet<'_>]) -> String {
    let texts = expected.iter().map(|e| match e {
        WastRet::Core(pattern) => text(pattern),
        other => format!("{other:?}"),
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(" "))
}

fn text(pattern: &WastRetCore<'_>) -> String {
    match pattern {
        WastRetCore::I32(c) => c.to_string(),
        WastRetCore::I64(c) => c.to_string(),
        WastRetCore::F32(pattern) => float_text(pattern, |c| Value::F32(c.bits)),
        WastRetCore::F64(pattern) => float_text(pattern, |c| Value::F64(c.bits)),
        WastRetCore::V128(pattern) => vector_text(pattern),
        WastRetCore::RefNull(Some(heap)) => null(heap).map_or_else(|| format!("{heap:?}"), |r| r.to_string()),
        WastRetCore::RefNull(None) => "ref.null".into(),
        WastRetCore::RefExtern(Some(n)) => format!("ref.extern {n}"),
        WastRetCore::RefExtern(None) => "ref.extern".into(),
        WastRetCore::RefFunc(None) => "ref.func".into(),
        WastRetCore::Either(patterns) => {
            format!("either({})", patterns.iter().map(text).collect::<Vec<_>>().join(" "))
        }
        other => format!("{other:?}"),
    }
}

fn float_text<T>(pattern: &NanPattern<T>, value: impl Fn(&T) -> Value) -> String {
    match pattern {
        NanPattern::Value(c) => value(c).to_string(),
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
    }
}

/// Integers as our values show them, as `i32x4`, so that they can be compared by eye.
fn vector_text(pattern: &V128Pattern) -> String {
    fn integers<T: Copy>(lanes: &[T], bits: usize, number: impl Fn(T) -> u64) -> String {
        let vector = lanes.iter().enumerate().map(|(i, lane)| u128::from(number(*lane)) << (bits * i)).sum();
        Value::V128(vector).to_string()
    }
    fn floats(shape: &str, lanes: impl Iterator<Item = String>) -> String {
        format!("{shape} {}", lanes.collect::<Vec<_>>().join(" "))
    }
    match pattern {
        V128Pattern::I8x16(lanes) => integers(lanes, 8, |c| u64::from(c as u8)),
        V128Pattern::I16x8(lanes) => integers(lanes, 16, |c| u64::from(c as u16)),
        V128Pattern::I32x4(lanes) => integers(lanes, 32, |c| u64::from(c as u32)),
        V128Pattern::I64x2(lanes) => integers(lanes, 64, |c| c as u64),
        V128Pattern::F32x4(lanes) => floats("f32x4", lanes.iter().map(|p| float_text(p, |c| Value::F32(c.bits)))),
        V128Pattern::F64x2(lanes) => floats("f64x2", lanes.iter().map(|p| float_text(p, |c| Value::F64(c.bits)))),
    }
}

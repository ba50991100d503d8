//! Values and addresses at run time (4.2.1).

use std::fmt;

use super::domain::Domain;
use crate::syntax::{AddrType, HeapType, NumType, RefType, ValType, f32_text, f64_text, v128_text};
use crate::valid::DefTypes;
use crate::value::{Concrete, MachineInt, W32, W64, W128, Width};

/// Address of a function in the store.
pub type FuncAddr = usize;
/// Address of a table, memory, global, tag, segment, structure, array or exception in the store.
pub type Addr = usize;

/// A reference (4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// `ref.null ht`, with the greatest type of its hierarchy: nulls of one hierarchy are the same.
    Null(HeapType),
    /// `ref.func a`
    Func(FuncAddr),
    /// `ref.exn a`
    Exn(Addr),
    /// A reference of the hierarchy of `any`.
    Any(AnyRef),
    /// `ref.extern`: such a reference, outside.
    Extern(AnyRef),
}

/// A reference of the hierarchy of `any` that isn't null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnyRef {
    /// `ref.i31 i`: 31 bits.
    I31(u32),
    /// `ref.struct a`
    Struct(Addr),
    /// `ref.array a`
    Array(Addr),
    /// `ref.host a`: a number of the host's.
    Host(u32),
}

impl Ref {
    /// What the host calls by a number, as an `externref` (`ref.extern (ref.host n)`).
    pub const fn host(n: u32) -> Ref {
        Ref::Extern(AnyRef::Host(n))
    }
}

/// A value, over a reading. Floats are their bits.
pub enum Val<D: Domain> {
    /// `i32.const`
    I32(D::Bv<W32>),
    /// `i64.const`
    I64(D::Bv<W64>),
    /// `f32.const`
    F32(D::Bv<W32>),
    /// `f64.const`
    F64(D::Bv<W64>),
    /// `v128.const`; the first byte is the lowest.
    V128(D::Bv<W128>),
    /// A reference.
    Ref(D::Ref),
}

/// A value of machine integers: arguments and results of calls.
pub type Value = Val<Concrete>;

impl<D: Domain> Clone for Val<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: Domain> Copy for Val<D> {}

impl<D: Domain> fmt::Debug for Val<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Val::I32(c) => write!(f, "I32({c:?})"),
            Val::I64(c) => write!(f, "I64({c:?})"),
            Val::F32(c) => write!(f, "F32({c:?})"),
            Val::F64(c) => write!(f, "F64({c:?})"),
            Val::V128(c) => write!(f, "V128({c:?})"),
            Val::Ref(r) => write!(f, "Ref({r:?})"),
        }
    }
}

impl PartialEq for Value {
    /// Equal bits: a NaN equals itself.
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Val::I32(a), Val::I32(b)) | (Val::F32(a), Val::F32(b)) => a == b,
            (Val::I64(a), Val::I64(b)) | (Val::F64(a), Val::F64(b)) => a == b,
            (Val::V128(a), Val::V128(b)) => a == b,
            (Val::Ref(a), Val::Ref(b)) => a == b,
            _ => false,
        }
    }
}

impl<D: Domain> Val<D> {
    /// `default_t` (4.2.1): zero, or null of the hierarchy that `top` says. A reference type without null has none; its
    /// locals are null until they are set, which validation has seen to happen before they are read.
    pub fn default(d: &D, t: ValType, top: impl Fn(HeapType) -> HeapType) -> Val<D> {
        match t {
            ValType::Num(NumType::I32) => Val::I32(d.constant(0)),
            ValType::Num(NumType::I64) => Val::I64(d.constant(0)),
            ValType::Num(NumType::F32) => Val::F32(d.constant(0)),
            ValType::Num(NumType::F64) => Val::F64(d.constant(0)),
            ValType::V128 => Val::V128(d.constant(0)),
            ValType::Ref(t) => Val::Ref(d.reference(Ref::Null(top(t.heap)))),
        }
    }

    /// `at.const c`, of the low bits of `c`.
    pub fn of_address(d: &D, at: AddrType, c: D::Bv<W64>) -> Val<D> {
        match at {
            AddrType::I32 => Val::I32(d.extract(c, 0)),
            AddrType::I64 => Val::I64(c),
        }
    }

    /// The number that an address, an index or a length is, of either address type.
    ///
    /// # Panics
    ///
    /// It is a value of another type.
    pub fn address(self, d: &D) -> D::Bv<W64> {
        match self {
            Val::I32(c) => d.zext(c),
            Val::I64(c) => c,
            other => panic!("validation let {other:?} stand for an address"),
        }
    }

    /// A value of machine integers in this reading.
    pub fn concrete(d: &D, value: Value) -> Val<D> {
        match value {
            Val::I32(c) => Val::I32(d.constant(c.into())),
            Val::I64(c) => Val::I64(d.constant(c.into())),
            Val::F32(c) => Val::F32(d.constant(c.into())),
            Val::F64(c) => Val::F64(d.constant(c.into())),
            Val::V128(c) => Val::V128(d.constant(c)),
            Val::Ref(r) => Val::Ref(d.reference(r)),
        }
    }
}

impl Value {
    /// The type of the value as far as it can be told without a store: of references the greatest that isn't null, of
    /// null the nullable one.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::Ref(r) => ValType::Ref(r.ty()),
        }
    }

    /// `default_t` (4.2.1) of a type that refers to no module's types: zero, or null; a reference type without null has
    /// none.
    pub fn default_of(t: ValType) -> Option<Value> {
        match t {
            ValType::Ref(t) if !t.nullable => None,
            t => Some(Val::default(&Concrete::default(), t, HeapType::abs_top)),
        }
    }

    /// Whether the value can be of a type that refers to no module's types, as far as that can be told without a store.
    pub fn may_be(&self, t: ValType) -> bool {
        match (self, t) {
            (Val::Ref(Ref::Null(heap)), ValType::Ref(t)) => t.nullable && t.heap.abs_top() == *heap,
            (Val::Ref(r), ValType::Ref(t)) => DefTypes::default().heap_sub(r.ty().heap, t.heap),
            (v, t) => v.ty() == t,
        }
    }

    /// Whether the value is a NaN.
    pub fn is_nan(&self) -> bool {
        match self {
            Val::F32(c) => f32::from_bits(*c).is_nan(),
            Val::F64(c) => f64::from_bits(*c).is_nan(),
            _ => false,
        }
    }
}

impl Ref {
    /// The abstract type of the reference.
    pub fn ty(&self) -> RefType {
        let heap = match self {
            Ref::Null(heap) => return RefType::null(*heap),
            Ref::Func(_) => HeapType::Func,
            Ref::Exn(_) => HeapType::Exn,
            Ref::Any(AnyRef::I31(_)) => HeapType::I31,
            Ref::Any(AnyRef::Struct(_)) => HeapType::Struct,
            Ref::Any(AnyRef::Array(_)) => HeapType::Array,
            Ref::Any(AnyRef::Host(_)) => HeapType::Any,
            Ref::Extern(_) => HeapType::Extern,
        };
        RefType { nullable: false, heap }
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Null(heap) => write!(f, "ref.null {heap}"),
            Ref::Func(a) => write!(f, "ref.func {a}"),
            Ref::Exn(a) => write!(f, "ref.exn {a}"),
            Ref::Any(r) => r.fmt(f),
            Ref::Extern(AnyRef::Host(n)) => write!(f, "ref.extern {n}"),
            Ref::Extern(r) => write!(f, "ref.extern ({r})"),
        }
    }
}

impl fmt::Display for AnyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnyRef::I31(i) => write!(f, "ref.i31 {i}"),
            AnyRef::Struct(a) => write!(f, "ref.struct {a}"),
            AnyRef::Array(a) => write!(f, "ref.array {a}"),
            AnyRef::Host(n) => write!(f, "ref.host {n}"),
        }
    }
}

/// As in the text format: integers signed, vectors as four integers, references by address.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Val::I32(c) => write!(f, "{}", *c as i32),
            Val::I64(c) => write!(f, "{}", *c as i64),
            Val::F32(c) => f.write_str(&f32_text(*c)),
            Val::F64(c) => f.write_str(&f64_text(*c)),
            Val::V128(c) => f.write_str(&v128_text(*c)),
            Val::Ref(r) => r.fmt(f),
        }
    }
}

/// The number types and `v128` as types, so that a reduction is written once for all of them.
pub trait Num {
    /// Its width.
    type W: Width;
    /// The value with these bits.
    fn val<D: Domain>(c: D::Bv<Self::W>) -> Val<D>;
    /// The bits of a value of this type; validation has seen to it that it is one.
    fn bits<D: Domain>(v: Val<D>) -> D::Bv<Self::W>;
}

macro_rules! nums {
    ($($T:ident $W:ident;)*) => {$(
        #[doc = concat!("`", stringify!($T), "`")]
        pub enum $T {}
        impl Num for $T {
            type W = $W;
            fn val<D: Domain>(c: D::Bv<$W>) -> Val<D> {
                Val::$T(c)
            }
            fn bits<D: Domain>(v: Val<D>) -> D::Bv<$W> {
                match v {
                    Val::$T(c) => c,
                    other => panic!(concat!("validation let {:?} stand for an ", stringify!($T)), other),
                }
            }
        }
    )*};
}
nums! {
    I32 W32;
    I64 W64;
    F32 W32;
    F64 W64;
    V128 W128;
}

/// From little-endian bytes to a number and back (`bytes`, 4.3.1).
pub(super) fn from_bytes<W: Width>(bytes: &[u8]) -> W::Int {
    let mut all = [0; 16];
    all[..bytes.len()].copy_from_slice(bytes);
    W::Int::from_u128(u128::from_le_bytes(all))
}

pub(super) fn to_bytes<W: Width>(c: W::Int) -> [u8; 16] {
    c.to_u128().to_le_bytes()
}

//! Types (2.3): what values, functions, tables, memories and globals are.

use std::fmt;
use std::sync::Arc;

/// An index into one of a module's index spaces (2.5.1).
pub type Idx = u32;

/// Number types (2.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumType {
    /// 32-bit integers, without a sign of their own.
    I32,
    /// 64-bit integers, without a sign of their own.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

/// A type as it is used (`typeuse`, 2.3.3): by where it stands, or as itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeUse {
    /// The type at an index of the module.
    Idx(Idx),
    /// The type at a position of the recursive type that it is used in.
    Rec(u32),
    /// A type that stands for itself, in closed types.
    Def(DefType),
}

/// A defined type (2.3.10) of a store, where equal types are one: a number that [`DefTypes`](crate::valid::DefTypes)
/// knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefType(pub(crate) u32);

/// Heap types (2.3.3): what a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Anything internal.
    Any,
    /// Anything internal that can be compared.
    Eq,
    /// An unboxed integer of 31 bits.
    I31,
    /// Any structure.
    Struct,
    /// Any array.
    Array,
    /// Nothing internal.
    None,
    /// Any function.
    Func,
    /// No function.
    NoFunc,
    /// Any exception.
    Exn,
    /// No exception.
    NoExn,
    /// Any reference owned by the host.
    Extern,
    /// Nothing of the host's.
    NoExtern,
    /// A type of a module.
    Type(TypeUse),
}

/// Reference types (2.3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    /// Whether the reference may be null.
    pub nullable: bool,
    /// What the reference refers to.
    pub heap: HeapType,
}

/// Value types (2.3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// A number.
    Num(NumType),
    /// A vector of 128 bits, the one vector type (2.3.2).
    V128,
    /// A reference.
    Ref(RefType),
}

/// Function types (2.3.8): parameters to results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FuncType {
    /// Types of the parameters, first to last.
    pub params: Vec<ValType>,
    /// Types of the results, first to last.
    pub results: Vec<ValType>,
}

/// Address types (2.3.10): what an address of a memory, or an index of a table, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddrType {
    /// `i32`
    #[default]
    I32,
    /// `i64`
    I64,
}

/// Storage types (2.3.7): what a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StorageType {
    /// A value.
    Val(ValType),
    /// An integer of 8 bits.
    I8,
    /// An integer of 16 bits.
    I16,
}

/// Field types (2.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldType {
    /// Whether the field may change.
    pub mutable: bool,
    /// What it holds.
    pub storage: StorageType,
}

/// Composite types (2.3.9).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CompType {
    /// Structures, with these fields.
    Struct(Arc<[FieldType]>),
    /// Arrays of such elements.
    Array(FieldType),
    /// Functions.
    Func(Arc<FuncType>),
}

/// Sub types (2.3.10): a composite type, and what it is declared to be below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SubType {
    /// Whether no type can be declared below it.
    pub is_final: bool,
    /// What it is declared to be below; at most one is valid.
    pub supers: Vec<TypeUse>,
    /// What it is.
    pub comp: CompType,
}

/// Limits (2.3.11) of a memory, in pages, or of a table, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The initial size.
    pub min: u64,
    /// The greatest size, if there is one.
    pub max: Option<u64>,
}

/// Memory types (2.3.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemType {
    /// Type of its addresses.
    pub addr: AddrType,
    /// Size in pages.
    pub limits: Limits,
    /// Bytes of a page: [`PAGE`], or, by the proposal for custom page sizes, 1.
    pub page: u64,
    /// Whether threads share it, by the threads proposal; it then has a greatest size.
    pub shared: bool,
}

/// Table types (2.3.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// Type of its indices.
    pub addr: AddrType,
    /// Type of the elements.
    pub element: RefType,
    /// Size in elements.
    pub limits: Limits,
}

/// Global types (2.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// Whether the value may change.
    pub mutable: bool,
    /// Type of the value.
    pub val: ValType,
}

/// External types (2.3.16): what an import or export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Mem(MemType),
    /// A global.
    Global(GlobalType),
    /// A tag, with the type of its exceptions' payloads as parameters.
    Tag(FuncType),
}

impl ValType {
    /// `i32`.
    pub const I32: ValType = ValType::Num(NumType::I32);
    /// `i64`.
    pub const I64: ValType = ValType::Num(NumType::I64);
    /// `f32`.
    pub const F32: ValType = ValType::Num(NumType::F32);
    /// `f64`.
    pub const F64: ValType = ValType::Num(NumType::F64);
    /// `funcref`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNC);
    /// `externref`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERN);
}

impl RefType {
    /// `funcref`.
    pub const FUNC: RefType = RefType { nullable: true, heap: HeapType::Func };
    /// `externref`.
    pub const EXTERN: RefType = RefType { nullable: true, heap: HeapType::Extern };

    /// `(ref null ht)`
    pub fn null(heap: HeapType) -> RefType {
        RefType { nullable: true, heap }
    }
}

impl Limits {
    /// Whether these limits lie within `other`: the relation `Limits_sub` (3.3.10), by which an import is matched.
    pub fn matches(&self, other: &Limits) -> bool {
        self.min >= other.min
            && match (self.max, other.max) {
                (_, None) => true,
                (Some(max), Some(other)) => max <= other,
                (None, Some(_)) => false,
            }
    }
}

/// Bytes of a page (4.2.9), where a type says nothing else.
pub const PAGE: u64 = 1 << 16;

impl MemType {
    /// The greatest size in pages: by its limits, or by what its addresses can reach.
    ///
    /// With addresses of 64 bits that is one page less than the standard's 2^48: so its length in bytes is a number of
    /// 64 bits. That growth fails there is a choice that the standard allows (`memory.grow-fail`). Of pages of one byte
    /// there is a number of the address type.
    pub fn greatest(&self) -> u64 {
        let pages = match self.addr {
            AddrType::I32 => ((1 << 32) / self.page).min(u32::MAX.into()),
            AddrType::I64 => u64::MAX / self.page,
        };
        self.limits.max.map_or(pages, |max| max.min(pages))
    }

    /// The initial size in bytes, if that is a number of 64 bits.
    pub fn initial_bytes(&self) -> Option<u64> {
        self.limits.min.checked_mul(self.page)
    }
}

impl TableType {
    /// The greatest size in elements: by its limits, or by what its indices can reach.
    pub fn greatest(&self) -> u64 {
        let elements = match self.addr {
            AddrType::I32 => u32::MAX.into(),
            AddrType::I64 => u64::MAX,
        };
        self.limits.max.map_or(elements, |max| max.min(elements))
    }
}

/// Replaces the uses of types inside a type, as the standard's substitutions (2.3.10) do.
pub trait Subst: Sized {
    /// The type with each use replaced.
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> Self;
}

impl Subst for HeapType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> HeapType {
        match self {
            HeapType::Type(tu) => HeapType::Type(with(*tu)),
            other => *other,
        }
    }
}

impl Subst for RefType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> RefType {
        RefType { nullable: self.nullable, heap: self.heap.subst(with) }
    }
}

impl Subst for ValType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> ValType {
        match self {
            ValType::Ref(t) => ValType::Ref(t.subst(with)),
            other => *other,
        }
    }
}

impl Subst for FieldType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> FieldType {
        let storage = match &self.storage {
            StorageType::Val(t) => StorageType::Val(t.subst(with)),
            packed => *packed,
        };
        FieldType { mutable: self.mutable, storage }
    }
}

impl Subst for FuncType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> FuncType {
        let list = |ts: &[ValType]| ts.iter().map(|t| t.subst(with)).collect();
        FuncType { params: list(&self.params), results: list(&self.results) }
    }
}

impl Subst for SubType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> SubType {
        let comp = match &self.comp {
            CompType::Struct(fields) => CompType::Struct(fields.iter().map(|t| t.subst(with)).collect()),
            CompType::Array(t) => CompType::Array(t.subst(with)),
            CompType::Func(t) => CompType::Func(Arc::new(t.subst(with))),
        };
        SubType { is_final: self.is_final, supers: self.supers.iter().map(|tu| with(*tu)).collect(), comp }
    }
}

impl Subst for TableType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> TableType {
        TableType { element: self.element.subst(with), ..*self }
    }
}

impl Subst for GlobalType {
    fn subst(&self, with: &impl Fn(TypeUse) -> TypeUse) -> GlobalType {
        GlobalType { val: self.val.subst(with), ..*self }
    }
}

impl fmt::Display for NumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NumType::I32 => "i32",
            NumType::I64 => "i64",
            NumType::F32 => "f32",
            NumType::F64 => "f64",
        })
    }
}

impl fmt::Display for TypeUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TypeUse::Idx(x) => x.fmt(f),
            TypeUse::Rec(i) => write!(f, "rec.{i}"),
            TypeUse::Def(DefType(n)) => write!(f, "deftype.{n}"),
        }
    }
}

/// As in the text format, with the abbreviations for nullable references to abstract types.
impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, self.heap) {
            (true, HeapType::None) => f.write_str("nullref"),
            (true, HeapType::NoFunc) => f.write_str("nullfuncref"),
            (true, HeapType::NoExn) => f.write_str("nullexnref"),
            (true, HeapType::NoExtern) => f.write_str("nullexternref"),
            (true, heap @ HeapType::Type(_)) => write!(f, "(ref null {heap})"),
            (true, heap) => write!(f, "{heap}ref"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Any => "any",
            HeapType::Eq => "eq",
            HeapType::I31 => "i31",
            HeapType::Struct => "struct",
            HeapType::Array => "array",
            HeapType::None => "none",
            HeapType::Func => "func",
            HeapType::NoFunc => "nofunc",
            HeapType::Exn => "exn",
            HeapType::NoExn => "noexn",
            HeapType::Extern => "extern",
            HeapType::NoExtern => "noextern",
            HeapType::Type(tu) => return tu.fmt(f),
        })
    }
}

impl fmt::Display for StorageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageType::Val(t) => t.fmt(f),
            StorageType::I8 => f.write_str("i8"),
            StorageType::I16 => f.write_str("i16"),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::Num(t) => t.fmt(f),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(t) => t.fmt(f),
        }
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |ts: &[ValType]| ts.iter().map(ValType::to_string).collect::<Vec<_>>().join(" ");
        write!(f, "[{}] -> [{}]", list(&self.params), list(&self.results))
    }
}

impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) => write!(f, "{} {max}", self.min),
            None => write!(f, "{}", self.min),
        }
    }
}

impl AddrType {
    /// As the text format has it before limits: `i32` is left out.
    fn written(self) -> &'static str {
        match self {
            AddrType::I32 => "",
            AddrType::I64 => "i64 ",
        }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(t) => write!(f, "func {t}"),
            ExternType::Table(t) => write!(f, "table {}{} {}", t.addr.written(), t.limits, t.element),
            ExternType::Mem(t) => {
                write!(f, "memory {}{}", t.addr.written(), t.limits)?;
                f.write_str(if t.shared { " shared" } else { "" })?;
                if t.page == PAGE { Ok(()) } else { write!(f, " (pagesize {})", t.page) }
            }
            ExternType::Global(t) if t.mutable => write!(f, "global (mut {})", t.val),
            ExternType::Global(t) => write!(f, "global {}", t.val),
            ExternType::Tag(t) => write!(f, "tag {t}"),
        }
    }
}

//! Types (2.3): what values, functions, tables, memories and globals are.

use std::fmt;

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

/// Heap types (2.3.3): what a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Any reference owned by the host.
    Extern,
}

/// Reference types (2.3.4). Until typed references are executed, all are nullable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
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
    pub const FUNC: RefType = RefType { heap: HeapType::Func };
    /// `externref`.
    pub const EXTERN: RefType = RefType { heap: HeapType::Extern };
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

/// Bytes of a page (4.2.8), where a type says nothing else.
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

    /// Whether this type matches `other` (`Memtype_sub`).
    pub fn matches(&self, other: &MemType) -> bool {
        self.addr == other.addr && self.page == other.page && self.limits.matches(&other.limits)
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

    /// Whether this type matches `other` (`Tabletype_sub`).
    pub fn matches(&self, other: &TableType) -> bool {
        self.addr == other.addr && self.element == other.element && self.limits.matches(&other.limits)
    }
}

impl ExternType {
    /// Whether this type matches `other` (`Externtype_sub`, 3.3.16): whether it may be given for an import of that
    /// type.
    pub fn matches(&self, other: &ExternType) -> bool {
        match (self, other) {
            (ExternType::Func(a), ExternType::Func(b)) => a == b,
            (ExternType::Table(a), ExternType::Table(b)) => a.matches(b),
            (ExternType::Mem(a), ExternType::Mem(b)) => a.matches(b),
            (ExternType::Global(a), ExternType::Global(b)) => a == b,
            _ => false,
        }
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

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.heap {
            HeapType::Func => "funcref",
            HeapType::Extern => "externref",
        })
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
        })
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
            ExternType::Mem(t) if t.page == PAGE => write!(f, "memory {}{}", t.addr.written(), t.limits),
            ExternType::Mem(t) => write!(f, "memory {}{} (pagesize {})", t.addr.written(), t.limits, t.page),
            ExternType::Global(t) if t.mutable => write!(f, "global (mut {})", t.val),
            ExternType::Global(t) => write!(f, "global {}", t.val),
        }
    }
}

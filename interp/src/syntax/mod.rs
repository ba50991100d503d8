//! Syntax (chapter 2): types, instructions, modules.

mod features;
mod instr;
mod module;
mod plain;
pub mod table;
mod types;

pub use features::{Features, UnknownVersion, Version};
pub use instr::{
    BlockType, Catch, F32Bits, F64Bits, Instr, LaneIdx, MemArg, NonNull, Nullable, TryTable, V128Bits, f32_text,
    f64_text, v128_text,
};
pub use module::{Bodies, Body, Data, Elem, Export, Expr, ExternIdx, Func, Global, Import, Module, SegmentMode, Table};
pub use plain::{Immediate, Plain, plain};
pub use types::{
    AddrType, CompType, DefType, ExternType, FieldType, FuncType, GlobalType, HeapType, Idx, Limits, MemType, NumType,
    PAGE, RefType, StorageType, SubType, Subst, TableType, TypeUse, ValType,
};

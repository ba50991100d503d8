//! Types of a module's items, as far as the flat form asks for them.

use super::code::Ty;
use crate::syntax::{AddrType, CompType, Idx, Instr, Module};

/// What the compilation of every function of a module looks at.
#[derive(Debug)]
pub(super) struct Types {
    /// Index of the type of each function.
    pub(super) funcs: Vec<Idx>,
    pub(super) globals: Vec<Ty>,
    /// Index of the type of each tag.
    pub(super) tags: Vec<Idx>,
    /// Types of the addresses of memories, and of the indices of tables.
    pub(super) mems: Vec<Ty>,
    pub(super) tables: Vec<Ty>,
}

fn address(at: AddrType) -> Ty {
    match at {
        AddrType::I32 => Ty::I32,
        AddrType::I64 => Ty::I64,
    }
}

/// The address type of the length of a copy.
fn smaller(a: Ty, b: Ty) -> Ty {
    if a == Ty::I64 && b == Ty::I64 { Ty::I64 } else { Ty::I32 }
}

impl Types {
    pub(super) fn of(module: &Module) -> Types {
        Types {
            funcs: module.func_type_indices().collect(),
            tags: module.tag_type_indices().collect(),
            globals: module.global_types().iter().map(|t| Ty::of(t.val)).collect(),
            mems: module.mem_types().iter().map(|t| address(t.addr)).collect(),
            tables: module.table_types().iter().map(|t| address(t.addr)).collect(),
        }
    }

    /// Operands and results of an instruction that is reduced by its own rule.
    pub(super) fn signature(&self, module: &Module, instr: &Instr) -> (Vec<Ty>, Vec<Ty>) {
        use Ty::{I32, I64, Ref, V128};
        let fields = |x: &Idx| match module.comp_type(*x) {
            CompType::Struct(fields) => fields.iter().map(|f| Ty::of(f.unpack())).collect::<Vec<_>>(),
            CompType::Array(field) => vec![Ty::of(field.unpack())],
            CompType::Func(_) => panic!("validation let a function type stand for a structure or an array"),
        };
        let (mem, table) = (|x: &Idx| self.mems[*x as usize], |x: &Idx| self.tables[*x as usize]);
        match instr {
            Instr::TableGet { x } => (vec![table(x)], vec![Ref]),
            Instr::TableSet { x } => (vec![table(x), Ref], vec![]),
            Instr::TableSize { x } => (vec![], vec![table(x)]),
            Instr::TableGrow { x } => (vec![Ref, table(x)], vec![table(x)]),
            Instr::TableFill { x } => (vec![table(x), Ref, table(x)], vec![]),
            Instr::TableCopy { x, y } => (vec![table(x), table(y), smaller(table(x), table(y))], vec![]),
            Instr::TableInit { x, .. } => (vec![table(x), I32, I32], vec![]),
            Instr::MemorySize { x } => (vec![], vec![mem(x)]),
            Instr::MemoryGrow { x } => (vec![mem(x)], vec![mem(x)]),
            Instr::MemoryFill { x } => (vec![mem(x), I32, mem(x)], vec![]),
            Instr::MemoryCopy { x, y } => (vec![mem(x), mem(y), smaller(mem(x), mem(y))], vec![]),
            Instr::MemoryInit { x, .. } => (vec![mem(x), I32, I32], vec![]),
            Instr::ElemDrop { .. } | Instr::DataDrop { .. } => (vec![], vec![]),
            Instr::V128Load8Lane { ao, .. }
            | Instr::V128Load16Lane { ao, .. }
            | Instr::V128Load32Lane { ao, .. }
            | Instr::V128Load64Lane { ao, .. } => (vec![mem(&ao.mem), V128], vec![V128]),
            Instr::V128Store8Lane { ao, .. }
            | Instr::V128Store16Lane { ao, .. }
            | Instr::V128Store32Lane { ao, .. }
            | Instr::V128Store64Lane { ao, .. } => (vec![mem(&ao.mem), V128], vec![]),
            Instr::I64Add128 {} | Instr::I64Sub128 {} => (vec![I64; 4], vec![I64; 2]),
            Instr::I64MulWideS {} | Instr::I64MulWideU {} => (vec![I64; 2], vec![I64; 2]),
            Instr::RefNull { .. } | Instr::RefFunc { .. } => (vec![], vec![Ref]),
            Instr::RefIsNull {} | Instr::RefTestNonNull { .. } | Instr::RefTestNullable { .. } => {
                (vec![Ref], vec![I32])
            }
            Instr::RefEq {} => (vec![Ref; 2], vec![I32]),
            Instr::RefAsNonNull {}
            | Instr::RefCastNonNull { .. }
            | Instr::RefCastNullable { .. }
            | Instr::AnyConvertExtern {}
            | Instr::ExternConvertAny {} => (vec![Ref], vec![Ref]),
            Instr::RefI31 {} => (vec![I32], vec![Ref]),
            Instr::I31GetS {} | Instr::I31GetU {} | Instr::ArrayLen {} => (vec![Ref], vec![I32]),
            Instr::StructNew { x } => (fields(x), vec![Ref]),
            Instr::StructNewDefault { .. } => (vec![], vec![Ref]),
            Instr::StructGet { x, i } | Instr::StructGetS { x, i } | Instr::StructGetU { x, i } => {
                (vec![Ref], vec![fields(x)[*i as usize]])
            }
            Instr::StructSet { x, i } => (vec![Ref, fields(x)[*i as usize]], vec![]),
            Instr::ArrayNew { x } => (vec![fields(x)[0], I32], vec![Ref]),
            Instr::ArrayNewDefault { .. } => (vec![I32], vec![Ref]),
            Instr::ArrayNewFixed { x, n } => (vec![fields(x)[0]; *n as usize], vec![Ref]),
            Instr::ArrayNewData { .. } | Instr::ArrayNewElem { .. } => (vec![I32, I32], vec![Ref]),
            Instr::ArrayGet { x } | Instr::ArrayGetS { x } | Instr::ArrayGetU { x } => {
                (vec![Ref, I32], vec![fields(x)[0]])
            }
            Instr::ArraySet { x } => (vec![Ref, I32, fields(x)[0]], vec![]),
            Instr::ArrayFill { x } => (vec![Ref, I32, fields(x)[0], I32], vec![]),
            Instr::ArrayCopy { .. } => (vec![Ref, I32, Ref, I32, I32], vec![]),
            Instr::ArrayInitData { .. } | Instr::ArrayInitElem { .. } => (vec![Ref, I32, I32, I32], vec![]),
            other => panic!("{other} isn't one of those that are reduced by their own rule"),
        }
    }
}

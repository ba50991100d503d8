//! What a module imports beside functions, made of WebAssembly, so that every engine can be given it.

use assay_interp::syntax::{AddrType, ExternType, HeapType, Module, NumType, PAGE, RefType, ValType};
use wasm_encoder::{ConstExpr, ExportKind, ExportSection, GlobalSection, MemorySection, TableSection};

/// A module that exports, for each memory, table and global that `module` imports, one of exactly that type, holding
/// zeros and nulls, under the position of the import as its name; `None` if there are none.
pub fn provider(module: &Module) -> Option<Vec<u8>> {
    let (mut tables, mut mems, mut globals) = (TableSection::new(), MemorySection::new(), GlobalSection::new());
    let mut exports = ExportSection::new();
    for (i, import) in module.imports.iter().enumerate() {
        let (kind, index) = match &import.ty {
            ExternType::Func(_) => continue,
            ExternType::Table(t) => {
                tables.table(wasm_encoder::TableType {
                    element_type: ref_type(t.element),
                    table64: t.addr == AddrType::I64,
                    minimum: t.limits.min,
                    maximum: t.limits.max,
                    shared: false,
                });
                (ExportKind::Table, tables.len())
            }
            ExternType::Mem(t) => {
                mems.memory(wasm_encoder::MemoryType {
                    minimum: t.limits.min,
                    maximum: t.limits.max,
                    memory64: t.addr == AddrType::I64,
                    shared: false,
                    page_size_log2: (t.page != PAGE).then_some(t.page.trailing_zeros()),
                });
                (ExportKind::Memory, mems.len())
            }
            ExternType::Global(t) => {
                let ty = wasm_encoder::GlobalType { val_type: val_type(t.val), mutable: t.mutable, shared: false };
                globals.global(ty, &zero(t.val));
                (ExportKind::Global, globals.len())
            }
        };
        exports.export(&export(i), kind, index - 1);
    }
    if exports.is_empty() {
        return None;
    }
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&tables).section(&mems).section(&globals).section(&exports);
    Some(wasm.finish())
}

/// The name under which a provider exports what the import at this position asks for.
pub(crate) fn export(position: usize) -> String {
    position.to_string()
}

fn ref_type(t: RefType) -> wasm_encoder::RefType {
    match t.heap {
        HeapType::Func => wasm_encoder::RefType::FUNCREF,
        HeapType::Extern => wasm_encoder::RefType::EXTERNREF,
    }
}

fn val_type(t: ValType) -> wasm_encoder::ValType {
    match t {
        ValType::Num(NumType::I32) => wasm_encoder::ValType::I32,
        ValType::Num(NumType::I64) => wasm_encoder::ValType::I64,
        ValType::Num(NumType::F32) => wasm_encoder::ValType::F32,
        ValType::Num(NumType::F64) => wasm_encoder::ValType::F64,
        ValType::V128 => wasm_encoder::ValType::V128,
        ValType::Ref(t) => wasm_encoder::ValType::Ref(ref_type(t)),
    }
}

fn zero(t: ValType) -> ConstExpr {
    match t {
        ValType::Num(NumType::I32) => ConstExpr::i32_const(0),
        ValType::Num(NumType::I64) => ConstExpr::i64_const(0),
        ValType::Num(NumType::F32) => ConstExpr::f32_const(0f32.into()),
        ValType::Num(NumType::F64) => ConstExpr::f64_const(0f64.into()),
        ValType::V128 => ConstExpr::v128_const(0),
        ValType::Ref(t) => ConstExpr::ref_null(ref_type(t).heap_type),
    }
}

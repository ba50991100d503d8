//! What a module exports, by name, with its types.

use std::collections::HashMap;

use assay_interp::syntax::{ExternIdx, FuncType, GlobalType, Idx, MemType, Module, RefType, ValType};

/// The exports whose types matter where values cross.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    /// Functions: the index of the type in the module, and the type as it can be told outside.
    pub(crate) funcs: HashMap<String, (Idx, FuncType)>,
    /// Globals, with types as they can be told outside.
    pub(crate) globals: HashMap<String, GlobalType>,
    /// Memories.
    pub(crate) mems: HashMap<String, MemType>,
}

impl Exports {
    pub(crate) fn of(module: &Module) -> Exports {
        let mut exports = Exports::default();
        let funcs: Vec<Idx> = module.func_type_indices().collect();
        let (globals, mems) = (module.global_types(), module.mem_types());
        for export in &module.exports {
            let name = export.name.clone();
            match export.item {
                ExternIdx::Func(x) => {
                    let ty = funcs[x as usize];
                    exports.funcs.insert(name, (ty, module.abs_func_type(module.func_type(ty))));
                }
                ExternIdx::Global(x) => {
                    let ty = globals[x as usize];
                    let val = match ty.val {
                        ValType::Ref(t) => ValType::Ref(RefType { heap: module.abs(t.heap), ..t }),
                        other => other,
                    };
                    exports.globals.insert(name, GlobalType { val, ..ty });
                }
                ExternIdx::Mem(x) => _ = exports.mems.insert(name, mems[x as usize]),
                ExternIdx::Table(_) | ExternIdx::Tag(_) => {}
            }
        }
        exports
    }
}

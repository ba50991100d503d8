//! What a module keeps to itself, made visible: a copy that exports every memory, table and global it defines.
//!
//! By the standard an export changes no result. All other sections are copied byte for byte, so that the engines get
//! the code that was asked about. Some engines treat what nobody else can see in a way of its own, and that way is not
//! the one then compared: the price of seeing the state.

use assay_interp::binary;
use assay_interp::syntax::{ExternIdx, ExternType, Features, Module};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, RawSection, SectionId};
use wasmparser::{Parser, Payload};

/// What kind of state an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A memory.
    Memory,
    /// A table.
    Table,
    /// A global.
    Global,
}

impl Kind {
    /// The standard's word.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Memory => "memory",
            Kind::Table => "table",
            Kind::Global => "global",
        }
    }
}

/// State that can be looked at from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its index in the module.
    pub index: u32,
    /// Whether it is imported, and so looked at in the instance that provides it.
    pub imported: bool,
    /// The name under which the provider or the instance exports it.
    pub export: String,
    /// What a report calls it: kind and index, and the module's own name for it, escaped for a terminal.
    pub label: String,
}

impl Item {
    /// What a report calls it in an instance of this number.
    pub(crate) fn label_in(&self, instance: usize) -> String {
        match instance {
            0 => self.label.clone(),
            n => format!("{} of instance {n}", self.label),
        }
    }
}

/// A module whose state can be looked at.
#[derive(Clone, Debug)]
pub struct Exposed {
    /// The module.
    pub wasm: Vec<u8>,
    /// All state that can be looked at.
    pub items: Vec<Item>,
    /// Whether that is all there is.
    pub complete: bool,
}

/// Exposes the state of `wasm`, which decodes to `module`. If there can be no such copy, it is the module as it is, and
/// what that exports by itself.
pub fn expose(wasm: &[u8], module: &Module) -> Exposed {
    let prefix = fresh(module);
    let mut items = imported(module);
    let mut own = Vec::new();
    for (kind, count) in
        [(Kind::Memory, module.mems.len()), (Kind::Table, module.tables.len()), (Kind::Global, module.globals.len())]
    {
        let first = items.iter().filter(|item| item.kind == kind).count();
        own.extend((first..first + count).map(|index| {
            let index = u32::try_from(index).expect("an index space has 32 bits");
            let export = format!("{prefix}{}{index}", kind.name());
            Item { kind, index, imported: false, export, label: label(module, kind, index) }
        }));
    }
    if let Some(copy) = with_exports(wasm, &own) {
        items.extend(own);
        return Exposed { wasm: copy, items, complete: true };
    }
    let all = own.len();
    let exported = own.into_iter().filter_map(|item| {
        let export = export_of(module, item.kind, item.index)?.to_owned();
        Some(Item { export, ..item })
    });
    let before = items.len();
    items.extend(exported);
    let complete = items.len() - before == all;
    Exposed { wasm: wasm.to_vec(), items, complete }
}

/// What the module imports: the provider exports it under its position among the imports.
fn imported(module: &Module) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (position, import) in module.imports.iter().enumerate() {
        let kind = match import.ty {
            // A tag has no state.
            ExternType::Func(_) | ExternType::Tag(_) => continue,
            ExternType::Mem(_) => Kind::Memory,
            ExternType::Table(_) => Kind::Table,
            ExternType::Global(_) => Kind::Global,
        };
        let index = items.iter().filter(|item| item.kind == kind).count() as u32;
        let label = format!("{} {index} (import {:?} {:?})", kind.name(), import.module, import.name);
        items.push(Item { kind, index, imported: true, export: position.to_string(), label });
    }
    items
}

fn export_of(module: &Module, kind: Kind, index: u32) -> Option<&str> {
    let item = match kind {
        Kind::Memory => ExternIdx::Mem(index),
        Kind::Table => ExternIdx::Table(index),
        Kind::Global => ExternIdx::Global(index),
    };
    module.exports.iter().find(|e| e.item == item).map(|e| e.name.as_str())
}

fn label(module: &Module, kind: Kind, index: u32) -> String {
    match export_of(module, kind, index) {
        Some(name) => format!("{} {index} (export {name:?})", kind.name()),
        None => format!("{} {index}", kind.name()),
    }
}

/// A prefix that no export of the module begins with.
fn fresh(module: &Module) -> String {
    let mut prefix = String::from("assay ");
    while module.exports.iter().any(|e| e.name.starts_with(&prefix)) {
        prefix.insert(0, '~');
    }
    prefix
}

/// A copy of the module that exports `own` as well; `None` if it can't be made, or wouldn't be valid.
fn with_exports(wasm: &[u8], own: &[Item]) -> Option<Vec<u8>> {
    let mut exports = ExportSection::new();
    let add = |exports: &mut ExportSection| {
        for item in own {
            let kind = match item.kind {
                Kind::Memory => ExportKind::Memory,
                Kind::Table => ExportKind::Table,
                Kind::Global => ExportKind::Global,
            };
            exports.export(&item.export, kind, item.index);
        }
    };
    let mut copy = wasm_encoder::Module::new();
    let mut written = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        let Some((id, range)) = payload.as_section() else { continue };
        if let Payload::ExportSection(section) = payload {
            RoundtripReencoder.parse_export_section(&mut exports, section).ok()?;
            add(&mut exports);
            copy.section(&exports);
            written = true;
            continue;
        }
        if !written && comes_after_exports(id) {
            add(&mut exports);
            copy.section(&exports);
            written = true;
        }
        copy.section(&RawSection { id, data: wasm.get(range)? });
    }
    if !written {
        add(&mut exports);
        copy.section(&exports);
    }
    let copy = copy.finish();
    binary::check_with(&copy, Features::ALL).is_ok().then_some(copy)
}

/// The order of sections (5.5.2).
fn comes_after_exports(id: u8) -> bool {
    [SectionId::Start, SectionId::Element, SectionId::DataCount, SectionId::Code, SectionId::Data]
        .iter()
        .any(|section| *section as u8 == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposed(wat: &str) -> (Module, Exposed) {
        let wasm = wat::parse_str(wat).unwrap();
        let module = binary::decode(&wasm).unwrap();
        let exposed = expose(&wasm, &module);
        (module, exposed)
    }

    #[test]
    fn all_state_is_exported_and_the_rest_stays() {
        let (before, exposed) = exposed(
            r#"(module
              (import "env" "m" (memory 1))
              (import "env" "f" (func))
              (import "env" "g" (global i32))
              (memory 1) (table 2 funcref) (global (mut i64) (i64.const 3)) (global $g (export "g") i32 (i32.const 1))
              (elem (i32.const 0) func 1) (data (i32.const 0) "x")
              (func (export "assay memory1") (param i32) (result i32) (local.get 0)))"#,
        );
        assert!(exposed.complete);
        let after = binary::decode(&exposed.wasm).unwrap();
        let items: Vec<(Kind, u32, bool, &str)> =
            exposed.items.iter().map(|i| (i.kind, i.index, i.imported, i.export.as_str())).collect();
        assert_eq!(
            items,
            [
                (Kind::Memory, 0, true, "0"),
                (Kind::Global, 0, true, "2"),
                (Kind::Memory, 1, false, "~assay memory1"),
                (Kind::Table, 0, false, "~assay table0"),
                (Kind::Global, 1, false, "~assay global1"),
                (Kind::Global, 2, false, "~assay global2"),
            ]
        );
        assert_eq!(after.exports.len(), before.exports.len() + 4);
        assert_eq!(after.exports[0].name, "g");
        assert_eq!(after.funcs[0].body.expr().instrs, before.funcs[0].body.expr().instrs);
        assert_eq!(exposed.items[5].label, "global 2 (export \"g\")");
    }

    #[test]
    fn a_module_without_exports_gets_its_section_in_order() {
        let (_, with_code) = exposed("(module (memory 1) (func (drop (i32.load (i32.const 0)))))");
        assert!(with_code.complete);
        assert_eq!(binary::decode(&with_code.wasm).unwrap().exports.len(), 1);
        let (_, without_code) = exposed("(module (memory 1))");
        assert_eq!(binary::decode(&without_code.wasm).unwrap().exports.len(), 1);
    }

    #[test]
    fn what_cannot_be_copied_stays_as_it_is() {
        let wasm = wat::parse_str(r#"(module (memory (export "m") 1) (table 1 funcref))"#).unwrap();
        let module = binary::decode(&wasm).unwrap();
        let exposed = expose(&wasm[..wasm.len() - 1], &module);
        assert!(!exposed.complete);
        assert_eq!(exposed.items.len(), 1);
        assert_eq!(exposed.items[0].export, "m");
    }
}

//! The world outside, at its worst.
//!
//! Whatever is exported, and whatever escapes as a reference, may be called at any time, with any arguments, any number
//! of times, also while a call out is under way. So at every entry, and after every call out, each memory, table and
//! mutable global that the outside or any code of the module can change holds anything. What nobody can change is
//! what it was at instantiation.

use std::collections::{BTreeSet, HashSet};

use assay_interp::syntax::{
    AddrType, CompType, Elem, ExternIdx, ExternType, Idx, Instr, Module, RefType, SegmentMode, SubType, ValType,
};

/// What can change, and who can be called.
#[derive(Clone, Debug)]
pub struct World {
    /// For each memory, whether its length can change.
    pub mem_grows: Vec<bool>,
    /// For each global, whether its value can change after instantiation.
    pub global_changes: Vec<bool>,
    /// For each table, whether its elements or its length are other than its active segments made them.
    pub table_changes: Vec<bool>,
    /// Whether two imported memories, tables or mutable globals may be one and the same.
    pub aliases: bool,
    /// Functions that the outside can call, the start function included.
    pub entries: BTreeSet<Idx>,
    /// For each function, those that it calls directly.
    pub calls: Vec<BTreeSet<Idx>>,
    /// Functions that call indirectly.
    pub indirect: BTreeSet<Idx>,
    /// Functions that an indirect call could reach: all whose reference is taken.
    pub referenced: BTreeSet<Idx>,
}

impl World {
    /// Reads off a module what the outside and the module's own code can do to its state.
    pub fn of(module: &Module) -> World {
        let tables = module.table_types().len();
        let mut world = World {
            mem_grows: vec![false; module.mem_types().len()],
            global_changes: vec![false; module.global_types().len()],
            table_changes: vec![false; tables],
            aliases: World::aliases(module),
            entries: module.start.into_iter().collect(),
            calls: vec![BTreeSet::new(); module.imported_funcs() + module.funcs.len()],
            indirect: BTreeSet::new(),
            referenced: BTreeSet::new(),
        };
        let mut table_read = vec![false; tables];
        world.imports(module);
        world.exports(module);
        world.code(module, &mut table_read);
        world.references(module, &table_read);
        world
    }

    fn imports(&mut self, module: &Module) {
        let count = |is: fn(&ExternType) -> bool| module.imports.iter().filter(|i| is(&i.ty)).count();
        self.mem_grows[..count(|t| matches!(t, ExternType::Mem(_)))].fill(true);
        self.table_changes[..count(|t| matches!(t, ExternType::Table(_)))].fill(true);
        // An imported immutable global is any value, but always the same.
        let globals = count(|t| matches!(t, ExternType::Global(_)));
        for (changes, ty) in self.global_changes[..globals].iter_mut().zip(module.global_types()) {
            *changes = ty.mutable;
        }
    }

    /// Two imports of one kind can be given the same object; of globals those of one type, of memories and tables
    /// those of one address type.
    fn aliases(module: &Module) -> bool {
        let address = |t| match t {
            AddrType::I32 => ValType::I32,
            AddrType::I64 => ValType::I64,
        };
        let kinds: Vec<_> = module
            .imports
            .iter()
            .filter_map(|import| match &import.ty {
                ExternType::Func(_) | ExternType::Tag(_) => None,
                ExternType::Global(t) => t.mutable.then_some((0, Some(t.val))),
                ExternType::Mem(t) => Some((1, Some(address(t.addr)))),
                ExternType::Table(t) => Some((2, Some(address(t.addr)))),
            })
            .collect();
        let distinct: HashSet<_> = kinds.iter().collect();
        distinct.len() < kinds.len()
    }

    fn exports(&mut self, module: &Module) {
        let globals = module.global_types();
        for export in &module.exports {
            match export.item {
                ExternIdx::Func(x) => {
                    self.entries.insert(x);
                }
                ExternIdx::Tag(_) => {}
                ExternIdx::Table(x) => self.table_changes[x as usize] = true,
                ExternIdx::Mem(x) => self.mem_grows[x as usize] = true,
                ExternIdx::Global(x) => {
                    self.global_changes[x as usize] |= globals[x as usize].mutable;
                }
            }
        }
    }

    fn code(&mut self, module: &Module, table_read: &mut [bool]) {
        for (index, func) in (module.imported_funcs()..).zip(&module.funcs) {
            for instr in &func.body.expr().instrs {
                match *instr {
                    Instr::Call { x } | Instr::ReturnCall { x } => {
                        self.calls[index].insert(x);
                    }
                    Instr::CallIndirect { .. }
                    | Instr::ReturnCallIndirect { .. }
                    | Instr::CallRef { .. }
                    | Instr::ReturnCallRef { .. } => {
                        self.indirect.insert(index as Idx);
                    }
                    Instr::MemoryGrow { x } => self.mem_grows[x as usize] = true,
                    Instr::GlobalSet { x } => self.global_changes[x as usize] = true,
                    Instr::TableSet { x }
                    | Instr::TableGrow { x }
                    | Instr::TableFill { x }
                    | Instr::TableCopy { x, .. }
                    | Instr::TableInit { x, .. } => self.table_changes[x as usize] = true,
                    Instr::RefFunc { x } => {
                        self.referenced.insert(x);
                        self.entries.insert(x);
                    }
                    _ => {}
                }
                if let Instr::TableGet { x } | Instr::TableCopy { y: x, .. } = *instr {
                    table_read[x as usize] = true;
                }
            }
        }
        for global in &module.globals {
            for instr in &global.init.instrs {
                if let Instr::RefFunc { x } = *instr {
                    self.referenced.insert(x);
                    self.entries.insert(x);
                }
            }
        }
        for (x, table) in (module.table_types().len() - module.tables.len()..).zip(&module.tables) {
            // What an initial value other than null makes of a table isn't followed.
            self.table_changes[x] |= table.init.is_some();
            for instr in table.init.iter().flat_map(|e| &e.instrs) {
                if let Instr::RefFunc { x } = *instr {
                    self.referenced.insert(x);
                    self.entries.insert(x);
                }
            }
        }
    }

    /// Functions in a table that only this module's indirect calls look into don't escape; all others in segments do.
    fn references(&mut self, module: &Module, table_read: &[bool]) {
        // If a segment traps, those after it aren't copied; what an earlier one put into an imported table can be
        // called all the same, and then finds the module's own tables half filled.
        let imported = self.table_changes.len() - module.tables.len();
        let leaks =
            |elem: &Elem| matches!(elem.mode, SegmentMode::Active { target, .. } if (target as usize) < imported);
        if module.elems.iter().any(leaks) {
            self.table_changes.fill(true);
        }
        for elem in &module.elems {
            // The place of a segment whose offset isn't a constant isn't known.
            if let SegmentMode::Active { target, offset } = &elem.mode
                && !matches!(offset.instrs[..], [Instr::I32Const { .. } | Instr::I64Const { .. }, Instr::End {}])
            {
                self.table_changes[*target as usize] = true;
            }
        }
        for elem in &module.elems {
            let sealed = match elem.mode {
                SegmentMode::Active { target, .. } => {
                    !self.table_changes[target as usize] && !table_read[target as usize]
                }
                SegmentMode::Passive | SegmentMode::Declare => false,
            };
            for instr in elem.init.iter().flat_map(|e| &e.instrs) {
                if let Instr::RefFunc { x } = *instr {
                    self.referenced.insert(x);
                    if !sealed {
                        self.entries.insert(x);
                    }
                }
            }
        }
    }

    /// Whether code of these functions can call the outside: an import, or what a table holds that isn't known.
    pub fn calls_out(&self, module: &Module, code: &BTreeSet<Idx>) -> bool {
        let unknown = self.table_changes.contains(&true);
        code.iter().any(|x| module.func(*x).is_none() || (unknown && self.indirect.contains(x)))
    }

    /// The functions that may run while one of these positions onward of a function's code does.
    pub fn reached_from<'m>(&self, code: impl Iterator<Item = &'m Instr>) -> BTreeSet<Idx> {
        let mut reached = BTreeSet::new();
        let mut todo: Vec<Idx> = Vec::new();
        let mut indirect = false;
        for instr in code {
            match instr {
                Instr::Call { x } | Instr::ReturnCall { x } => todo.push(*x),
                Instr::CallIndirect { .. }
                | Instr::ReturnCallIndirect { .. }
                | Instr::CallRef { .. }
                | Instr::ReturnCallRef { .. } => indirect = true,
                _ => {}
            }
        }
        // All that are referenced are reached by the first indirect call.
        let mut referenced = Some(&self.referenced);
        loop {
            if indirect {
                todo.extend(referenced.take().into_iter().flatten());
            }
            let Some(x) = todo.pop() else { return reached };
            if reached.insert(x) {
                todo.extend(&self.calls[x as usize]);
                indirect |= self.indirect.contains(&x);
            }
        }
    }

    /// The functions whose code can reach one of these by calls.
    pub fn reaching(&self, targets: &BTreeSet<Idx>) -> BTreeSet<Idx> {
        let mut callers: Vec<Vec<Idx>> = vec![Vec::new(); self.calls.len()];
        for (caller, calls) in (0..).zip(&self.calls) {
            calls.iter().for_each(|x| callers[*x as usize].push(caller));
        }
        let mut reaching = BTreeSet::new();
        let mut todo: Vec<Idx> = targets.iter().copied().collect();
        let mut indirect = Some(&self.indirect);
        while let Some(x) = todo.pop() {
            if reaching.insert(x) {
                todo.extend(&callers[x as usize]);
                if self.referenced.contains(&x) {
                    todo.extend(indirect.take().into_iter().flatten());
                }
            }
        }
        reaching
    }
}

/// What a module uses that isn't followed yet, so that nothing is known of any of its functions: typed references,
/// structures and arrays, exceptions.
pub fn unfollowed(module: &Module) -> Option<&'static str> {
    const TYPES: &str = "typed references, structures and arrays aren't followed yet";
    const EXCEPTIONS: &str = "exceptions aren't followed yet";
    const THREADS: &str = "shared memories and atomic accesses aren't followed yet";
    // What is shared changes between any two instructions.
    if module.mem_types().iter().any(|mem| mem.shared) {
        return Some(THREADS);
    }
    if module.tag_type_indices().next().is_some() {
        return Some(EXCEPTIONS);
    }
    let plain = |t: &ValType| match t {
        ValType::Ref(t) => matches!(*t, RefType::FUNC | RefType::EXTERN),
        ValType::Num(_) | ValType::V128 => true,
    };
    let plain_type = |sub: &SubType| match &sub.comp {
        CompType::Func(ty) => sub.is_final && sub.supers.is_empty() && ty.params.iter().chain(&ty.results).all(plain),
        CompType::Struct(_) | CompType::Array(_) => false,
    };
    let globals = module.global_types();
    let tables = module.table_types();
    let items = globals.iter().map(|t| t.val).chain(tables.iter().map(|t| ValType::Ref(t.element)));
    let locals = module.funcs.iter().flat_map(|f| &f.locals).map(|(_, t)| *t);
    let one_each = module.rec_types().all(|group| group.len() == 1);
    if !one_each || !module.types.iter().all(plain_type) || !items.chain(locals).all(|t| plain(&t)) {
        return Some(TYPES);
    }
    let exprs = module.elems.iter().flat_map(|elem| &elem.init).chain(module.globals.iter().map(|g| &g.init));
    let exprs = exprs.chain(module.tables.iter().filter_map(|t| t.init.as_ref()));
    let code = module.funcs.iter().map(|f| f.body.expr()).chain(exprs).flat_map(|e| &e.instrs);
    code.filter(|instr| !is_followed(instr))
        .map(|instr| match instr {
            _ if is_of_exceptions(instr) => EXCEPTIONS,
            _ if is_atomic(instr) => THREADS,
            _ => TYPES,
        })
        .next()
}

fn is_of_exceptions(instr: &Instr) -> bool {
    matches!(instr, Instr::Throw { .. } | Instr::ThrowRef {} | Instr::TryTable { .. })
}

fn is_atomic(instr: &Instr) -> bool {
    instr.mnemonic().split('.').any(|part| part == "atomic")
}

fn is_followed(instr: &Instr) -> bool {
    let name = instr.mnemonic();
    let references = ["call_ref", "return_call_ref", "ref.as_non_null", "ref.eq", "ref.test", "ref.cast", "ref.i31"];
    let families = ["br_on_", "struct.", "array.", "i31.", "any.", "extern."];
    let refused = is_of_exceptions(instr) || is_atomic(instr);
    !refused && !references.contains(&name) && !families.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use assay_interp::binary;
    use assay_interp::syntax::{Features, Instr};

    /// What threads share changes between any two instructions: nothing is proved of it.
    #[test]
    fn what_threads_share_is_not_followed() {
        let unfollowed = |text: &str| {
            let features = Features { threads: true, ..Features::default() };
            let wasm = wat::parse_str(text).expect("text");
            super::unfollowed(&binary::decode_with(&wasm, features).expect("a module"))
        };
        for text in [
            "(module (memory 1 1 shared))",
            "(module (import \"m\" \"m\" (memory 1 1 shared)))",
            "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))",
            "(module (memory 1) (func (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))",
            "(module (func (atomic.fence)))",
        ] {
            assert_eq!(unfollowed(text), Some("shared memories and atomic accesses aren't followed yet"), "{text}");
        }
        assert_eq!(unfollowed("(module (memory 1) (func (drop (i32.load (i32.const 0)))))"), None);
    }

    /// What [`World::code`](super::World::code) looks at, or needn't since memories hold anything anyway.
    const KNOWN: [&str; 20] = [
        "call",
        "call_indirect",
        "call_ref",
        "return_call_ref",
        "return_call",
        "return_call_indirect",
        "data.drop",
        "elem.drop",
        "global.set",
        "local.set",
        "memory.copy",
        "memory.fill",
        "memory.grow",
        "memory.init",
        "ref.func",
        "table.copy",
        "table.fill",
        "table.grow",
        "table.init",
        "table.set",
    ];

    /// Whoever adds an instruction that calls, takes a reference to a function or changes state has to teach the world
    /// about it: a world that doesn't know of it proves too much.
    #[test]
    fn every_instruction_that_matters_is_known() {
        let words = ["call", "func", "set", "grow", "fill", "copy", "init", "drop", "throw", "atomic"];
        for (_, name) in Instr::all() {
            let parts: Vec<&str> = name.split(['.', '_']).collect();
            let is_store = parts.iter().any(|part| part.starts_with("store"));
            let matters = parts.iter().any(|part| words.contains(part)) && !is_store && *name != "drop";
            // A module that has one of these isn't followed at all.
            let prefixes = ["array.", "struct.", "throw", "try_table"];
            let refused = prefixes.iter().any(|prefix| name.starts_with(prefix)) || name.contains("atomic.");
            assert!(!matters || refused || KNOWN.contains(name), "{name} is new to the world outside");
        }
    }
}

//! A module as it is edited: all sections but the custom ones, in the decoder's words. Items keep their indices while
//! they are edited; those that are dropped are left out when it is encoded, and what still refers to them keeps it from
//! being encoded.

use std::collections::BTreeSet;

use assay_interp::binary::wasm_features;
use assay_interp::syntax::Features;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportSection,
    Function, FunctionSection, GlobalSection, ImportSection, Instruction, MemorySection, StartSection, TableSection,
    TagSection, TypeSection,
};
use wasmparser::{
    CompositeInnerType, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncType, GlobalType, Import,
    MemArg, MemoryType, Operator, OperatorsReader, Parser, Payload, RefType, SubType, TableInit, TableType, TagType,
    TypeRef, ValType,
};

/// An index space of items (2.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Type,
    Func,
    Table,
    Mem,
    Global,
    Tag,
    Elem,
    Data,
}

/// An item by its index.
pub(super) type Item = (Space, u32);

/// An instruction, with what is changed in it where the decoder's own form can't be.
#[derive(Clone, Debug)]
pub(super) struct Instr<'a> {
    pub(super) op: Operator<'a>,
    /// Its `memarg`, if it has one.
    pub(super) memarg: Option<MemArg>,
    /// It stands in a block that isn't there any more, so many labels out: labels beyond that are one nearer.
    pub(super) unwrapped: Option<u32>,
}

/// An expression, with its `end`.
pub(super) type Expr<'a> = Vec<Instr<'a>>;

impl<'a> From<Operator<'a>> for Instr<'a> {
    fn from(op: Operator<'a>) -> Instr<'a> {
        Instr { op, memarg: None, unwrapped: None }
    }
}

#[derive(Clone)]
pub(super) struct Func<'a> {
    pub(super) ty: u32,
    /// The locals beyond the parameters.
    pub(super) locals: Vec<ValType>,
    pub(super) body: Expr<'a>,
}

#[derive(Clone)]
pub(super) struct Table<'a> {
    pub(super) ty: TableType,
    pub(super) init: Option<Expr<'a>>,
}

#[derive(Clone)]
pub(super) enum Mode<'a> {
    Passive,
    /// Into a table or memory, from an offset on.
    Active(u32, Expr<'a>),
    Declared,
}

#[derive(Clone)]
pub(super) enum Items<'a> {
    Funcs(Vec<u32>),
    Exprs(RefType, Vec<Expr<'a>>),
}

impl Items<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Items::Funcs(funcs) => funcs.len(),
            Items::Exprs(_, exprs) => exprs.len(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Elem<'a> {
    pub(super) mode: Mode<'a>,
    pub(super) items: Items<'a>,
}

#[derive(Clone)]
pub(super) struct Data<'a> {
    pub(super) mode: Mode<'a>,
    pub(super) bytes: &'a [u8],
}

/// A module, decoded.
#[derive(Clone, Default)]
pub(super) struct Module<'a> {
    /// Recursive types, and whether each is written as one.
    pub(super) types: Vec<(bool, Vec<SubType>)>,
    pub(super) imports: Vec<Import<'a>>,
    pub(super) funcs: Vec<Func<'a>>,
    pub(super) tables: Vec<Table<'a>>,
    pub(super) mems: Vec<MemoryType>,
    pub(super) tags: Vec<TagType>,
    pub(super) globals: Vec<(GlobalType, Expr<'a>)>,
    pub(super) exports: Vec<Export<'a>>,
    pub(super) start: Option<u32>,
    pub(super) elems: Vec<Elem<'a>>,
    pub(super) datas: Vec<Data<'a>>,
    /// Items that aren't encoded. An import is dropped with the item that it brings.
    pub(super) dropped: BTreeSet<Item>,
}

/// A reference to an item that isn't there.
#[derive(Debug)]
pub(super) struct Gone;

/// Encodes, and asks for the number of each item that is referred to.
struct Encoder<F> {
    number: F,
    /// The `memarg` that the next instruction gets.
    memarg: Option<MemArg>,
    /// The last one that was met.
    met: Option<MemArg>,
    /// Whether an instruction refers to a data segment, so that their number has to be said before the code.
    refers_to_data: bool,
}

type Encoded<T> = Result<T, Error<Gone>>;

impl<F: FnMut(Item) -> Option<u32>> Encoder<F> {
    fn new(number: F) -> Encoder<F> {
        Encoder { number, memarg: None, met: None, refers_to_data: false }
    }

    fn index(&mut self, space: Space, index: u32) -> Encoded<u32> {
        (self.number)((space, index)).ok_or(Error::UserError(Gone))
    }
}

impl<F: FnMut(Item) -> Option<u32>> Reencode for Encoder<F> {
    type Error = Gone;

    fn type_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Type, x)
    }
    fn function_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Func, x)
    }
    fn table_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Table, x)
    }
    fn memory_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Mem, x)
    }
    fn global_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Global, x)
    }
    fn tag_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Tag, x)
    }
    fn element_index(&mut self, x: u32) -> Encoded<u32> {
        self.index(Space::Elem, x)
    }
    fn data_index(&mut self, x: u32) -> Encoded<u32> {
        self.refers_to_data = true;
        self.index(Space::Data, x)
    }
    fn mem_arg(&mut self, arg: MemArg) -> Encoded<wasm_encoder::MemArg> {
        self.met = Some(arg);
        utils::mem_arg(self, self.memarg.unwrap_or(arg))
    }
}

/// The label of an instruction in a block that is taken away, so many labels out.
fn unwrapped(label: &mut u32, depth: u32) -> Encoded<()> {
    match (*label).cmp(&depth) {
        std::cmp::Ordering::Less => {}
        std::cmp::Ordering::Equal => return Err(Error::UserError(Gone)),
        std::cmp::Ordering::Greater => *label -= 1,
    }
    Ok(())
}

/// The labels of an instruction.
fn labels<'i>(instr: &'i mut Instruction<'_>) -> Vec<&'i mut u32> {
    match instr {
        Instruction::Br(l) | Instruction::BrIf(l) | Instruction::BrOnNull(l) | Instruction::BrOnNonNull(l) => vec![l],
        Instruction::BrOnCast { relative_depth, .. } | Instruction::BrOnCastFail { relative_depth, .. } => {
            vec![relative_depth]
        }
        Instruction::BrTable(others, default) => others.to_mut().iter_mut().chain([default]).collect(),
        Instruction::TryTable(_, catches) => {
            let label = |catch: &'i mut wasm_encoder::Catch| match catch {
                wasm_encoder::Catch::One { label, .. }
                | wasm_encoder::Catch::OneRef { label, .. }
                | wasm_encoder::Catch::All { label }
                | wasm_encoder::Catch::AllRef { label } => label,
            };
            catches.to_mut().iter_mut().map(label).collect()
        }
        _ => Vec::new(),
    }
}

impl<F: FnMut(Item) -> Option<u32>> Encoder<F> {
    fn instr<'a>(&mut self, instr: &Instr<'a>) -> Encoded<Instruction<'a>> {
        self.memarg = instr.memarg;
        let mut encoded = self.instruction(instr.op.clone())?;
        if let Some(depth) = instr.unwrapped {
            labels(&mut encoded).into_iter().try_for_each(|label| unwrapped(label, depth))?;
        }
        Ok(encoded)
    }

    fn constant(&mut self, expr: &[Instr<'_>]) -> Encoded<ConstExpr> {
        // The encoder writes the `end` of these itself.
        let (_, instrs) = expr.split_last().expect("an expression has an end");
        let instrs: Vec<Instruction<'_>> = instrs.iter().map(|instr| self.instr(instr)).collect::<Encoded<_>>()?;
        Ok(ConstExpr::extended(instrs))
    }

    fn func(&mut self, func: &Func<'_>) -> Encoded<Function> {
        let locals = func.locals.iter().map(|t| self.val_type(*t)).collect::<Encoded<Vec<_>>>()?;
        let mut encoded = Function::new_with_locals_types(locals);
        for instr in &func.body {
            encoded.instruction(&self.instr(instr)?);
        }
        Ok(encoded)
    }

    fn table(&mut self, section: &mut TableSection, table: &Table<'_>) -> Encoded<()> {
        let ty = self.table_type(table.ty)?;
        match &table.init {
            None => section.table(ty),
            Some(init) => section.table_with_init(ty, &self.constant(init)?),
        };
        Ok(())
    }

    fn elem(&mut self, section: &mut ElementSection, elem: &Elem<'_>) -> Encoded<()> {
        let items = match &elem.items {
            Items::Funcs(funcs) => {
                let funcs: Vec<u32> = funcs.iter().map(|x| self.function_index(*x)).collect::<Encoded<_>>()?;
                Elements::Functions(funcs.into())
            }
            Items::Exprs(ty, exprs) => {
                let exprs: Vec<ConstExpr> = exprs.iter().map(|expr| self.constant(expr)).collect::<Encoded<_>>()?;
                Elements::Expressions(self.ref_type(*ty)?, exprs.into())
            }
        };
        match &elem.mode {
            Mode::Passive => section.passive(items),
            Mode::Declared => section.declared(items),
            Mode::Active(table, offset) => {
                // The short form is for functions in table 0.
                let table = match (self.table_index(*table)?, &elem.items) {
                    (0, Items::Funcs(_) | Items::Exprs(RefType::FUNCREF, _)) => None,
                    (x, _) => Some(x),
                };
                section.active(table, &self.constant(offset)?, items)
            }
        };
        Ok(())
    }

    fn data(&mut self, section: &mut DataSection, data: &Data<'_>) -> Encoded<()> {
        let bytes = data.bytes.iter().copied();
        match &data.mode {
            Mode::Active(mem, offset) => {
                let mem = self.memory_index(*mem)?;
                section.active(mem, &self.constant(offset)?, bytes)
            }
            Mode::Passive | Mode::Declared => section.passive(bytes),
        };
        Ok(())
    }
}

/// The space that an import is counted in.
fn space(ty: TypeRef) -> Space {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => Space::Func,
        TypeRef::Table(_) => Space::Table,
        TypeRef::Memory(_) => Space::Mem,
        TypeRef::Global(_) => Space::Global,
        TypeRef::Tag(_) => Space::Tag,
    }
}

/// The item that an export is of.
pub(super) fn exported(export: &Export<'_>) -> Item {
    let space = match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => Space::Func,
        ExternalKind::Table => Space::Table,
        ExternalKind::Memory => Space::Mem,
        ExternalKind::Global => Space::Global,
        ExternalKind::Tag => Space::Tag,
    };
    (space, export.index)
}

fn read_expr<'a>(mut reader: OperatorsReader<'a>) -> Option<Expr<'a>> {
    let mut expr = Vec::new();
    let mut encoder = Encoder::new(|(_, index)| Some(index));
    while !reader.eof() {
        let op = reader.read().ok()?;
        encoder.met = None;
        encoder.instruction(op.clone()).ok()?;
        expr.push(Instr { op, memarg: encoder.met, unwrapped: None });
    }
    Some(expr)
}

impl<'a> Module<'a> {
    /// Decodes a module that is valid; `None` if there is something in it that can't be encoded again.
    pub(super) fn decode(wasm: &'a [u8]) -> Option<Module<'a>> {
        let mut m = Module::default();
        let mut types = Vec::new();
        let mut parser = Parser::new(0);
        parser.set_features(wasm_features(Features::ALL));
        for payload in parser.parse_all(wasm) {
            match payload.ok()? {
                Payload::TypeSection(section) => {
                    for group in section {
                        let group = group.ok()?;
                        m.types.push((group.is_explicit_rec_group(), group.into_types().collect()));
                    }
                }
                Payload::ImportSection(section) => {
                    m.imports = section.into_imports().collect::<Result<_, _>>().ok()?;
                }
                Payload::FunctionSection(section) => types = section.into_iter().collect::<Result<_, _>>().ok()?,
                Payload::TableSection(section) => {
                    for table in section {
                        let table = table.ok()?;
                        let init = match table.init {
                            TableInit::RefNull => None,
                            TableInit::Expr(expr) => Some(read_expr(expr.get_operators_reader())?),
                        };
                        m.tables.push(Table { ty: table.ty, init });
                    }
                }
                Payload::MemorySection(section) => m.mems = section.into_iter().collect::<Result<_, _>>().ok()?,
                Payload::TagSection(section) => m.tags = section.into_iter().collect::<Result<_, _>>().ok()?,
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global.ok()?;
                        m.globals.push((global.ty, read_expr(global.init_expr.get_operators_reader())?));
                    }
                }
                Payload::ExportSection(section) => m.exports = section.into_iter().collect::<Result<_, _>>().ok()?,
                Payload::StartSection { func, .. } => m.start = Some(func),
                Payload::ElementSection(section) => {
                    for elem in section {
                        m.elems.push(read_elem(elem.ok()?)?);
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data.ok()?;
                        let mode = match data.kind {
                            DataKind::Passive => Mode::Passive,
                            DataKind::Active { memory_index, offset_expr } => {
                                Mode::Active(memory_index, read_expr(offset_expr.get_operators_reader())?)
                            }
                        };
                        m.datas.push(Data { mode, bytes: data.data });
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut locals = Vec::new();
                    for declared in body.get_locals_reader().ok()? {
                        let (n, ty) = declared.ok()?;
                        locals.extend(std::iter::repeat_n(ty, n as usize));
                    }
                    let ty = *types.get(m.funcs.len())?;
                    m.funcs.push(Func { ty, locals, body: read_expr(body.get_operators_reader().ok()?)? });
                }
                _ => {}
            }
        }
        Some(m)
    }

    /// How many items a space has, imports included.
    pub(super) fn len(&self, space: Space) -> u32 {
        let own = match space {
            Space::Type => self.types.iter().map(|(_, types)| types.len()).sum(),
            Space::Func => self.funcs.len(),
            Space::Table => self.tables.len(),
            Space::Mem => self.mems.len(),
            Space::Global => self.globals.len(),
            Space::Tag => self.tags.len(),
            Space::Elem => self.elems.len(),
            Space::Data => self.datas.len(),
        };
        own as u32 + self.imported(space)
    }

    /// How many items of a space are imported.
    pub(super) fn imported(&self, wanted: Space) -> u32 {
        self.imports.iter().filter(|import| space(import.ty) == wanted).count() as u32
    }

    /// The type of an index.
    pub(super) fn sub_type(&self, index: u32) -> Option<&SubType> {
        self.types.iter().flat_map(|(_, types)| types).nth(index as usize)
    }

    /// The function type of an index.
    pub(super) fn func_type(&self, index: u32) -> Option<&FuncType> {
        match &self.sub_type(index)?.composite_type.inner {
            CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// The index of a function's type.
    pub(super) fn type_of_func(&self, index: u32) -> Option<u32> {
        let mut imported = self.imports.iter().filter_map(|import| match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
            _ => None,
        });
        match index.checked_sub(self.imported(Space::Func)) {
            Some(own) => Some(self.funcs.get(own as usize)?.ty),
            None => imported.nth(index as usize),
        }
    }

    /// All expressions: first the functions' bodies, then the constant ones.
    pub(super) fn exprs_mut(&mut self) -> Vec<&mut Expr<'a>> {
        let mut exprs: Vec<&mut Expr<'a>> = self.funcs.iter_mut().map(|func| &mut func.body).collect();
        exprs.extend(self.globals.iter_mut().map(|(_, init)| init));
        exprs.extend(self.tables.iter_mut().filter_map(|table| table.init.as_mut()));
        for elem in &mut self.elems {
            if let Mode::Active(_, offset) = &mut elem.mode {
                exprs.push(offset);
            }
            if let Items::Exprs(_, items) = &mut elem.items {
                exprs.extend(items);
            }
        }
        for data in &mut self.datas {
            if let Mode::Active(_, offset) = &mut data.mode {
                exprs.push(offset);
            }
        }
        exprs
    }

    /// New numbers of a space's items, by the old ones.
    fn numbers(&self, space: Space) -> Vec<Option<u32>> {
        let mut next = 0..;
        let number = |x| if self.dropped.contains(&(space, x)) { None } else { next.next() };
        (0..self.len(space)).map(number).collect()
    }

    /// The binary form; `None` if something refers to what is dropped.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        use Space::*;
        let numbers = [Type, Func, Table, Mem, Global, Tag, Elem, Data].map(|space| self.numbers(space));
        let number = |(space, x): Item| *numbers[space as usize].get(x as usize)?;
        self.encode_with(&mut Encoder::new(number)).ok()
    }

    fn encode_with<F: FnMut(Item) -> Option<u32>>(&self, e: &mut Encoder<F>) -> Encoded<Vec<u8>> {
        let kept = |space: Space, x: usize| !self.dropped.contains(&(space, self.imported(space) + x as u32));
        let (mut types, mut x) = (TypeSection::new(), 0..);
        for (is_rec, group) in &self.types {
            let left = group.iter().filter(|_| kept(Space::Type, x.next().expect("there is always one more")));
            let left = left.map(|ty| e.sub_type(ty.clone())).collect::<Encoded<Vec<_>>>()?;
            match (is_rec, left.len()) {
                (true, 0) if !group.is_empty() => {}
                (false, 0) => {}
                (true, _) => types.ty().rec(left),
                (false, _) => types.ty().subtype(&left[0]),
            }
        }
        let mut imports = ImportSection::new();
        let mut counted = [0; 8];
        for import in &self.imports {
            let space = space(import.ty);
            let x = counted[space as usize];
            counted[space as usize] += 1;
            if !self.dropped.contains(&(space, x)) {
                let ty: EntityType = e.entity_type(import.ty)?;
                imports.import(import.module, import.name, ty);
            }
        }
        let (mut funcs, mut code) = (FunctionSection::new(), CodeSection::new());
        for (_, func) in self.funcs.iter().enumerate().filter(|(x, _)| kept(Space::Func, *x)) {
            funcs.function(e.type_index(func.ty)?);
            code.function(&e.func(func)?);
        }
        let mut tables = TableSection::new();
        for (_, table) in self.tables.iter().enumerate().filter(|(x, _)| kept(Space::Table, *x)) {
            e.table(&mut tables, table)?;
        }
        let mut mems = MemorySection::new();
        for (_, mem) in self.mems.iter().enumerate().filter(|(x, _)| kept(Space::Mem, *x)) {
            mems.memory(e.memory_type(*mem)?);
        }
        let mut tags = TagSection::new();
        for (_, tag) in self.tags.iter().enumerate().filter(|(x, _)| kept(Space::Tag, *x)) {
            tags.tag(e.tag_type(*tag)?);
        }
        let mut globals = GlobalSection::new();
        for (_, (ty, init)) in self.globals.iter().enumerate().filter(|(x, _)| kept(Space::Global, *x)) {
            globals.global(e.global_type(*ty)?, &e.constant(init)?);
        }
        let mut exports = ExportSection::new();
        for export in &self.exports {
            let (space, x) = exported(export);
            exports.export(export.name, e.export_kind(export.kind)?, e.index(space, x)?);
        }
        let mut elems = ElementSection::new();
        for (_, elem) in self.elems.iter().enumerate().filter(|(x, _)| kept(Space::Elem, *x)) {
            e.elem(&mut elems, elem)?;
        }
        let mut datas = DataSection::new();
        for (_, data) in self.datas.iter().enumerate().filter(|(x, _)| kept(Space::Data, *x)) {
            e.data(&mut datas, data)?;
        }
        let mut out = wasm_encoder::Module::new();
        macro_rules! sections {
            ($($section:expr),*) => {$( if !$section.is_empty() { out.section(&$section); } )*};
        }
        sections!(types, imports, funcs, tables, mems, tags, globals, exports);
        if let Some(func) = self.start {
            out.section(&StartSection { function_index: e.function_index(func)? });
        }
        sections!(elems);
        if e.refers_to_data {
            out.section(&DataCountSection { count: datas.len() });
        }
        sections!(code, datas);
        Ok(out.finish())
    }

    /// The items that matter by themselves, or are referred to by what does.
    fn roots(&self) -> Vec<Item> {
        let mut roots: Vec<Item> = self.exports.iter().map(exported).collect();
        roots.extend(self.start.map(|func| (Space::Func, func)));
        let mut e = Encoder::new(|item| {
            roots.push(item);
            Some(0)
        });
        self.elems.iter().for_each(|elem| drop(e.elem(&mut ElementSection::new(), elem)));
        self.datas.iter().for_each(|data| drop(e.data(&mut DataSection::new(), data)));
        roots
    }

    /// Drops whatever can't be reached from the exports, the start function and the segments.
    pub(super) fn drop_unreachable(&mut self) {
        use Space::*;
        let (mut found, mut todo) = (BTreeSet::new(), self.roots());
        while let Some((space, x)) = todo.pop() {
            if !found.insert((space, x)) {
                continue;
            }
            // References are all that is asked for; what is encoded is thrown away.
            let mut e = Encoder::new(|item| {
                todo.push(item);
                Some(0)
            });
            let Some(own) = x.checked_sub(self.imported(space)) else {
                let mut imports = self.imports.iter().filter(|import| self::space(import.ty) == space);
                let import = imports.nth(x as usize).expect("an import of this index");
                let _ = e.entity_type(import.ty);
                continue;
            };
            let own = own as usize;
            match space {
                Type => drop(self.sub_type(x).map(|ty| e.sub_type(ty.clone()))),
                Func => {
                    let _ = e.type_index(self.funcs[own].ty);
                    let _ = e.func(&self.funcs[own]);
                }
                Table => drop(e.table(&mut TableSection::new(), &self.tables[own])),
                Mem => {}
                Global => {
                    let _ = e.global_type(self.globals[own].0);
                    let _ = e.constant(&self.globals[own].1);
                }
                Tag => drop(e.tag_type(self.tags[own])),
                // These are roots.
                Elem | Data => {}
            }
        }
        for space in [Type, Func, Table, Mem, Global, Tag] {
            let unreachable = (0..self.len(space)).map(|x| (space, x)).filter(|item| !found.contains(item));
            self.dropped.extend(unreachable.collect::<Vec<_>>());
        }
    }
}

fn read_elem<'a>(elem: wasmparser::Element<'a>) -> Option<Elem<'a>> {
    let mode = match elem.kind {
        ElementKind::Passive => Mode::Passive,
        ElementKind::Declared => Mode::Declared,
        ElementKind::Active { table_index, offset_expr } => {
            Mode::Active(table_index.unwrap_or(0), read_expr(offset_expr.get_operators_reader())?)
        }
    };
    let items = match elem.items {
        ElementItems::Functions(funcs) => Items::Funcs(funcs.into_iter().collect::<Result<_, _>>().ok()?),
        ElementItems::Expressions(ty, exprs) => {
            let exprs = exprs.into_iter().map(|expr| read_expr(expr.ok()?.get_operators_reader()));
            Items::Exprs(ty, exprs.collect::<Option<_>>()?)
        }
    };
    Some(Elem { mode, items })
}

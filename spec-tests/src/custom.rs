//! Custom sections whose contents are specified: names (core appendix, 7.4.1), and branch hints (code metadata).
//!
//! No engine must look at them, and an error in them makes no module malformed or invalid. So it is this runner that
//! reads them, for the directives that ask whether they are well-formed and valid.

use rustc_hash::FxHashSet;
use wasmparser::{
    BinaryReader, BranchHintSectionReader, CustomSectionReader, FromReader, FunctionBody, IndirectNameMap, Name,
    NameMap, NameSectionReader, Operator, Parser, Payload, SectionLimited, TypeRef,
};

/// What is wrong with a custom section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its contents aren't in its format, or it doesn't stand where it may.
    Malformed(String),
    /// It speaks of what the module doesn't have.
    Invalid(String),
}

/// How many items of a kind a module has.
#[derive(Default)]
struct Sizes {
    types: u32,
    funcs: u32,
    imported_funcs: u32,
    tables: u32,
    mems: u32,
    globals: u32,
    tags: u32,
    elems: u32,
    datas: u32,
}

/// The first flaw of a custom section of a module that is valid otherwise.
pub(crate) fn flaw(wasm: &[u8]) -> Option<Flaw> {
    check(wasm).err()
}

type Checked = Result<(), Flaw>;

fn check(wasm: &[u8]) -> Checked {
    let (mut sizes, mut bodies) = (Sizes::default(), Vec::new());
    let (mut names, mut hints) = (Vec::new(), Vec::new());
    let mut has_code = false;
    for payload in Parser::new(0).parse_all(wasm) {
        // An error in another section is the engine's to find.
        let Ok(payload) = payload else { return Ok(()) };
        if !names.is_empty() && !matches!(payload, Payload::CustomSection(_) | Payload::End(_)) {
            return Err(Flaw::Malformed(
                "the name section isn't behind the data section, or where that would be".into(),
            ));
        }
        match payload {
            Payload::TypeSection(s) => sizes.types = s.into_iter().flatten().map(|g| g.types().len() as u32).sum(),
            Payload::ImportSection(s) => {
                for import in s.into_imports().flatten() {
                    match import.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => sizes.imported_funcs += 1,
                        TypeRef::Table(_) => sizes.tables += 1,
                        TypeRef::Memory(_) => sizes.mems += 1,
                        TypeRef::Global(_) => sizes.globals += 1,
                        TypeRef::Tag(_) => sizes.tags += 1,
                    }
                }
                sizes.funcs = sizes.imported_funcs;
            }
            Payload::FunctionSection(s) => sizes.funcs += s.count(),
            Payload::TableSection(s) => sizes.tables += s.count(),
            Payload::MemorySection(s) => sizes.mems += s.count(),
            Payload::GlobalSection(s) => sizes.globals += s.count(),
            Payload::TagSection(s) => sizes.tags += s.count(),
            Payload::ElementSection(s) => sizes.elems = s.count(),
            Payload::DataSection(s) => sizes.datas = s.count(),
            Payload::CodeSectionStart { .. } => has_code = true,
            Payload::CodeSectionEntry(body) => bodies.push(body),
            Payload::CustomSection(s) if s.name() == "name" => names.push(s),
            Payload::CustomSection(s) if s.name() == "metadata.code.branch_hint" => {
                if has_code {
                    return Err(Flaw::Malformed("branch hints behind the code section".into()));
                }
                hints.push(s);
            }
            _ => {}
        }
    }
    if let Some(reader) = only(&names, "name section")? {
        check_names(reader, &sizes)?;
    }
    if let Some(reader) = only(&hints, "section of branch hints")? {
        check_hints(reader, &sizes, &bodies)?;
    }
    Ok(())
}

fn malformed(error: wasmparser::Error) -> Flaw {
    Flaw::Malformed(error.message().to_owned())
}

/// The contents of the section of a name, which a module has once at most.
fn only<'a>(sections: &[CustomSectionReader<'a>], what: &str) -> Result<Option<BinaryReader<'a>>, Flaw> {
    match sections {
        [section] => Ok(Some(section.data_reader())),
        [] => Ok(None),
        _ => Err(Flaw::Malformed(format!("a second {what}"))),
    }
}

/// Indices of a map increase, and are of the module.
struct Indices {
    next: u64,
    size: Option<u32>,
}

impl Indices {
    fn below(size: Option<u32>) -> Indices {
        Indices { next: 0, size }
    }

    fn check(&mut self, what: &str, x: u32) -> Checked {
        if u64::from(x) < self.next {
            return Err(Flaw::Malformed(format!("{what} {x} out of order, or for the second time")));
        }
        self.next = u64::from(x) + 1;
        match self.size {
            Some(size) if x >= size => Err(Flaw::Invalid(format!("unknown {what} {x}"))),
            _ => Ok(()),
        }
    }
}

/// All items are read before one of them is called invalid.
fn all<'a, T: FromReader<'a>>(items: SectionLimited<'a, T>) -> Result<Vec<T>, Flaw> {
    items.into_iter().collect::<Result<_, _>>().map_err(malformed)
}

/// `namesec`: subsections by increasing id, each with maps by increasing index.
fn check_names(reader: BinaryReader<'_>, sizes: &Sizes) -> Checked {
    let mut ids = Indices::below(None);
    for name in NameSectionReader::new(reader) {
        let flat = |what: &str, map: NameMap<'_>, size: u32| {
            let mut indices = Indices::below(Some(size));
            all(map)?.iter().try_for_each(|naming| indices.check(what, naming.index))
        };
        let nested = |what: &str, map: IndirectNameMap<'_>, size: u32| {
            let mut indices = Indices::below(Some(size));
            for naming in all(map)? {
                indices.check(what, naming.index)?;
                let mut inner = Indices::below(None);
                all(naming.names)?.iter().try_for_each(|naming| inner.check("index", naming.index))?;
            }
            Ok(())
        };
        let (id, checked) = match name.map_err(malformed)? {
            Name::Module { .. } => (0, Ok(())),
            Name::Function(map) => (1, flat("function", map, sizes.funcs)),
            Name::Local(map) => (2, nested("function", map, sizes.funcs)),
            Name::Label(map) => (3, nested("function", map, sizes.funcs)),
            Name::Type(map) => (4, flat("type", map, sizes.types)),
            Name::Table(map) => (5, flat("table", map, sizes.tables)),
            Name::Memory(map) => (6, flat("memory", map, sizes.mems)),
            Name::Global(map) => (7, flat("global", map, sizes.globals)),
            Name::Element(map) => (8, flat("element segment", map, sizes.elems)),
            Name::Data(map) => (9, flat("data segment", map, sizes.datas)),
            Name::Field(map) => (10, nested("type", map, sizes.types)),
            Name::Tag(map) => (11, flat("tag", map, sizes.tags)),
            Name::Unknown { ty, .. } => (u32::from(ty), Ok(())),
        };
        ids.check("subsection", id)?;
        checked?;
    }
    Ok(())
}

/// Branch hints: functions and offsets increase; each hint is on a conditional branch.
fn check_hints(reader: BinaryReader<'_>, sizes: &Sizes, bodies: &[FunctionBody<'_>]) -> Checked {
    let mut functions = Indices::below(Some(sizes.funcs));
    for function in all(BranchHintSectionReader::new(reader).map_err(malformed)?)? {
        functions.check("function", function.func)?;
        let def = function.func.checked_sub(sizes.imported_funcs).and_then(|def| bodies.get(def as usize));
        let Some(body) = def else {
            return Err(Flaw::Invalid(format!("a hint in function {}, which is imported", function.func)));
        };
        let branches = branches(body).unwrap_or_default();
        let mut offsets = Indices::below(None);
        for hint in all(function.hints)? {
            offsets.check("offset", hint.func_offset)?;
            if !branches.contains(&hint.func_offset) {
                return Err(Flaw::Invalid(format!("invalid target: no branch at offset {}", hint.func_offset)));
            }
        }
    }
    Ok(())
}

/// The offsets of the conditional branches of a function, from the beginning of its locals.
fn branches(body: &FunctionBody<'_>) -> wasmparser::Result<FxHashSet<u32>> {
    let start = body.range().start;
    let mut branches = FxHashSet::default();
    for operator in body.get_operators_reader()?.into_iter_with_offsets() {
        let (operator, at) = operator?;
        if matches!(operator, Operator::If { .. } | Operator::BrIf { .. }) {
            branches.insert((at - start) as u32);
        }
    }
    Ok(branches)
}

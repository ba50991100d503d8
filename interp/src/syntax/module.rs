//! Modules (2.5).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::instr::Instr;
use super::types::{
    CompType, ExternType, FuncType, GlobalType, HeapType, Idx, MemType, RefType, SubType, TableType, TypeUse, ValType,
};

/// A module (2.5). Index spaces begin with what is imported.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The types of all recursive types, one after another.
    pub types: Vec<SubType>,
    /// Where in `types` each recursive type ends.
    pub rec_ends: Vec<usize>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Functions defined here.
    pub funcs: Vec<Func>,
    /// Tables defined here.
    pub tables: Vec<Table>,
    /// Memories defined here.
    pub mems: Vec<MemType>,
    /// Tags defined here: the indices of their types.
    pub tags: Vec<Idx>,
    /// Globals defined here.
    pub globals: Vec<Global>,
    /// Element segments.
    pub elems: Vec<Elem>,
    /// Data segments.
    pub datas: Vec<Data>,
    /// The start function.
    pub start: Option<Idx>,
    /// Exports, in order.
    pub exports: Vec<Export>,
    /// Function names of the custom section `name` (7.4.1), by index; for reports only.
    pub func_names: Vec<(Idx, String)>,
    /// Bytes of all function bodies together.
    pub code_size: usize,
    /// Number of imported functions, counted once.
    pub(crate) func_imports: usize,
}

/// A function (2.5.3).
#[derive(Clone, Debug)]
pub struct Func {
    /// Index of its type.
    pub ty: Idx,
    /// Locals beyond the parameters, as runs of one type: a module of few bytes can declare thousands.
    pub locals: Vec<(u32, ValType)>,
    /// The body.
    pub body: Body,
    /// Whether an instruction of the body is atomic.
    pub is_atomic: bool,
}

/// Where the bodies of a valid module's functions are, until they are asked for.
pub trait Bodies: Send + Sync {
    /// Reads the body of one of the functions that the module defines.
    fn read(&self, def: usize) -> Expr;
}

/// The body of a function. Most of a program's functions are never called: what was decoded to be executed is read when
/// it is asked for.
#[derive(Clone)]
pub struct Body {
    expr: OnceLock<Arc<Expr>>,
    /// Where it is, if it hasn't been read, and which one.
    source: Option<(Arc<dyn Bodies>, usize)>,
}

impl Body {
    /// A body that is to be read.
    pub fn unread(source: Arc<dyn Bodies>, def: usize) -> Body {
        Body { expr: OnceLock::new(), source: Some((source, def)) }
    }

    /// The expression. It is kept.
    pub fn expr(&self) -> &Arc<Expr> {
        self.expr.get_or_init(|| self.read())
    }

    /// The expression. It isn't kept, if it hasn't been before.
    pub fn read(&self) -> Arc<Expr> {
        match (self.expr.get(), &self.source) {
            (Some(expr), _) => expr.clone(),
            (None, Some((source, def))) => Arc::new(source.read(*def)),
            (None, None) => unreachable!("it is either there or somewhere"),
        }
    }
}

impl From<Expr> for Body {
    fn from(expr: Expr) -> Body {
        Body { expr: OnceLock::from(Arc::new(expr)), source: None }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

/// An expression (2.4.9): a flat sequence closed by its `end`.
#[derive(Clone, Debug, Default)]
pub struct Expr {
    /// The instructions; the last is the expression's own `end`.
    pub instrs: Vec<Instr>,
    /// For `block` and `loop` the position of their `end`, for `if` that of its `else` or `end`, for `else` that of
    /// the `end`; 0 for the others.
    pub closed_at: Vec<u32>,
    /// Byte offset of each instruction in the module.
    pub offsets: Vec<u32>,
}

/// A table (2.5.4).
#[derive(Clone, Debug)]
pub struct Table {
    /// Its type.
    pub ty: TableType,
    /// The value that its elements begin with; null if there is none.
    pub init: Option<Arc<Expr>>,
}

/// A global (2.5.6).
#[derive(Clone, Debug)]
pub struct Global {
    /// Its type.
    pub ty: GlobalType,
    /// The constant expression that gives its first value.
    pub init: Arc<Expr>,
}

/// An element segment (2.5.8).
#[derive(Clone, Debug)]
pub struct Elem {
    /// Type of the elements.
    pub ty: RefType,
    /// One constant expression for each element.
    pub init: Vec<Arc<Expr>>,
    /// When it is used.
    pub mode: SegmentMode,
}

/// A data segment (2.5.7).
#[derive(Clone, Debug)]
pub struct Data {
    /// Its bytes.
    pub init: Arc<[u8]>,
    /// When it is used.
    pub mode: SegmentMode,
}

/// When a segment is used.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// By `table.init` or `memory.init`.
    Passive,
    /// Copied at instantiation.
    Active {
        /// Index of the table or memory.
        target: Idx,
        /// Where to copy it to.
        offset: Arc<Expr>,
    },
    /// It only declares references (elements).
    Declare,
}

/// An import (2.5.11).
#[derive(Clone, Debug)]
pub struct Import {
    /// First level of the name.
    pub module: String,
    /// Second level of the name.
    pub name: String,
    /// What is imported.
    pub ty: ExternType,
    /// For a function or a tag the index of its type.
    pub type_index: Option<Idx>,
}

/// An export (2.5.10).
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What is exported.
    pub item: ExternIdx,
}

/// An external index (2.5.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternIdx {
    /// A function.
    Func(Idx),
    /// A table.
    Table(Idx),
    /// A memory.
    Mem(Idx),
    /// A global.
    Global(Idx),
    /// A tag.
    Tag(Idx),
}

impl Module {
    /// Number of imported functions.
    pub fn imported_funcs(&self) -> usize {
        self.func_imports
    }

    /// The recursive types, in order.
    pub fn rec_types(&self) -> impl Iterator<Item = &[SubType]> {
        let starts = std::iter::once(0).chain(self.rec_ends.iter().copied());
        starts.zip(&self.rec_ends).map(|(from, to)| &self.types[from..*to])
    }

    /// What the type at an index is.
    ///
    /// # Panics
    ///
    /// There is no such type; the module isn't valid.
    pub fn comp_type(&self, x: Idx) -> &CompType {
        &self.types[x as usize].comp
    }

    /// The function type at an index.
    ///
    /// # Panics
    ///
    /// There is no function type there; the module isn't valid.
    pub fn func_type(&self, x: Idx) -> &Arc<FuncType> {
        match self.comp_type(x) {
            CompType::Func(ty) => ty,
            other => panic!("validation let {other:?} stand for a function type"),
        }
    }

    /// The least abstract heap type above one of this module's.
    pub fn abs(&self, heap: HeapType) -> HeapType {
        match heap {
            HeapType::Type(TypeUse::Idx(x)) => self.comp_type(x).abs(),
            other => other,
        }
    }

    /// The greatest heap type above one of this module's: that of its hierarchy.
    pub fn top(&self, heap: HeapType) -> HeapType {
        self.abs(heap).abs_top()
    }

    /// A function type as it can be told outside of this module: references to its own types are to abstract ones.
    pub fn abs_func_type(&self, ty: &FuncType) -> FuncType {
        let abs = |t: &ValType| match t {
            ValType::Ref(t) => ValType::Ref(RefType { heap: self.abs(t.heap), ..*t }),
            other => *other,
        };
        FuncType { params: ty.params.iter().map(abs).collect(), results: ty.results.iter().map(abs).collect() }
    }

    /// The exported functions by name, with their types as they can be told outside.
    pub fn exported_funcs(&self) -> impl Iterator<Item = (&str, FuncType)> {
        let types = self.func_types();
        self.exports.iter().filter_map(move |export| match export.item {
            ExternIdx::Func(x) => Some((export.name.as_str(), self.abs_func_type(&types[x as usize]))),
            _ => None,
        })
    }

    fn imported_types(&self, is: fn(&ExternType) -> bool) -> impl Iterator<Item = Idx> {
        self.imports.iter().filter(move |i| is(&i.ty)).filter_map(|i| i.type_index)
    }

    /// Indices of the types of all functions, imported ones first.
    pub fn func_type_indices(&self) -> impl Iterator<Item = Idx> {
        self.imported_types(|t| matches!(t, ExternType::Func(_))).chain(self.funcs.iter().map(|f| f.ty))
    }

    /// Types of all functions, imported ones first.
    pub fn func_types(&self) -> Vec<Arc<FuncType>> {
        self.func_type_indices().map(|x| self.func_type(x).clone()).collect()
    }

    /// Indices of the types of all tags, imported ones first.
    pub fn tag_type_indices(&self) -> impl Iterator<Item = Idx> {
        self.imported_types(|t| matches!(t, ExternType::Tag(_))).chain(self.tags.iter().copied())
    }

    /// Types of all tables, imported ones first.
    pub fn table_types(&self) -> Vec<TableType> {
        let imported =
            self.imports.iter().filter_map(|i| if let ExternType::Table(t) = &i.ty { Some(*t) } else { None });
        imported.chain(self.tables.iter().map(|t| t.ty)).collect()
    }

    /// Types of all memories, imported ones first.
    pub fn mem_types(&self) -> Vec<MemType> {
        let imported = self.imports.iter().filter_map(|i| if let ExternType::Mem(t) = &i.ty { Some(*t) } else { None });
        imported.chain(self.mems.iter().copied()).collect()
    }

    /// Types of all globals, imported ones first.
    pub fn global_types(&self) -> Vec<GlobalType> {
        let imported =
            self.imports.iter().filter_map(|i| if let ExternType::Global(t) = &i.ty { Some(*t) } else { None });
        imported.chain(self.globals.iter().map(|g| g.ty)).collect()
    }

    /// The type of an export.
    pub fn export_type(&self, item: ExternIdx) -> ExternType {
        match item {
            ExternIdx::Func(x) => ExternType::Func((*self.func_types()[x as usize]).clone()),
            ExternIdx::Table(x) => ExternType::Table(self.table_types()[x as usize]),
            ExternIdx::Mem(x) => ExternType::Mem(self.mem_types()[x as usize]),
            ExternIdx::Global(x) => ExternType::Global(self.global_types()[x as usize]),
            ExternIdx::Tag(x) => {
                let ty = self.tag_type_indices().nth(x as usize).expect("a valid module exports what it has");
                ExternType::Tag((**self.func_type(ty)).clone())
            }
        }
    }

    /// The function at `x`, if it is defined here.
    pub fn func(&self, x: Idx) -> Option<&Func> {
        (x as usize).checked_sub(self.imported_funcs()).and_then(|i| self.funcs.get(i))
    }

    /// What a report calls the function at `x`: its export, its debug name, its import, or its index. A name may hold
    /// any characters.
    pub fn func_name(&self, x: Idx) -> String {
        self.namer()(x)
    }

    /// [`func_name`](Module::func_name) for many functions.
    pub fn namer(&self) -> impl Fn(Idx) -> String {
        let mut names: HashMap<Idx, String> = HashMap::new();
        let funcs = self.imports.iter().filter(|i| matches!(i.ty, ExternType::Func(_)));
        let imported = (0..).zip(funcs).map(|(x, i)| (x, format!("{}.{}", i.module, i.name)));
        let debug = self.func_names.iter().cloned();
        let exported = self.exports.iter().rev().filter_map(|e| match e.item {
            ExternIdx::Func(x) => Some((x, e.name.clone())),
            _ => None,
        });
        // The later ones take precedence.
        names.extend(imported.chain(debug).chain(exported));
        move |x| names.get(&x).cloned().unwrap_or_else(|| format!("func[{x}]"))
    }
}

//! Why a module isn't valid: the rule that doesn't hold, the place, and what was expected and found.

use std::fmt;

use super::rule::Rule;
use crate::syntax::{FuncType, Idx, RefType, StorageType, ValType, Version};

/// A module isn't valid, or it is beyond a bound ([`Error::is_limit`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {}{fault} ({place})", place.subject())]
pub struct Error {
    /// The innermost rule whose premises don't hold.
    pub rule: Rule,
    /// Where in the module.
    pub place: Place,
    /// What doesn't hold.
    pub fault: Box<Fault>,
}

impl Error {
    /// Whether the module may be valid, but is beyond what this validator takes on.
    pub fn is_limit(&self) -> bool {
        matches!(*self.fault, Fault::Limit { .. })
    }
}

/// A judgement's outcome; whoever knows the rule and the place makes it an [`Error`].
pub(super) type Checked<T> = Result<T, Box<Fault>>;

/// A part of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// All of it.
    Module,
    /// The type at an index.
    Type(Idx),
    /// The import at a position.
    Import(Idx),
    /// The function at an index.
    Func(Idx),
    /// The table at an index.
    Table(Idx),
    /// The memory at an index.
    Mem(Idx),
    /// The tag at an index.
    Tag(Idx),
    /// The global at an index.
    Global(Idx),
    /// The element segment at an index.
    Elem(Idx),
    /// The data segment at an index.
    Data(Idx),
    /// The start function.
    Start,
    /// The export at a position.
    Export(Idx),
}

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The part of the module.
    pub item: Item,
    /// The instruction, if it is in one.
    pub instr: Option<InstrPlace>,
}

/// An instruction of a function's body or of a constant expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrPlace {
    /// Its position in the expression.
    pub index: usize,
    /// Its offset in the module, in bytes.
    pub offset: u32,
    /// Its text.
    pub text: String,
}

impl Place {
    /// What a sentence about the fault begins with.
    fn subject(&self) -> String {
        self.instr.as_ref().map_or(String::new(), |instr| format!("{}: ", instr.text))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Module => f.write_str("module"),
            Item::Type(x) => write!(f, "type {x}"),
            Item::Import(i) => write!(f, "import {i}"),
            Item::Func(x) => write!(f, "function {x}"),
            Item::Table(x) => write!(f, "table {x}"),
            Item::Mem(x) => write!(f, "memory {x}"),
            Item::Tag(x) => write!(f, "tag {x}"),
            Item::Global(x) => write!(f, "global {x}"),
            Item::Elem(x) => write!(f, "element segment {x}"),
            Item::Data(x) => write!(f, "data segment {x}"),
            Item::Start => f.write_str("start function"),
            Item::Export(i) => write!(f, "export {i}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instr {
            None => write!(f, "{}", self.item),
            Some(at) => write!(f, "{}, instruction {}, at byte {:#x}", self.item, at.index, at.offset),
        }
    }
}

/// What is known of an operand's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A type of a module.
    Val(ValType),
    /// `bot`: what unreachable code would have, of any type.
    Bot,
    /// `(ref bot)`: what unreachable code would have, a reference that isn't null.
    RefBot,
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Val(t) => t.fmt(f),
            Operand::Bot => f.write_str("bot"),
            Operand::RefBot => f.write_str("(ref bot)"),
        }
    }
}

/// Where types are found that don't match what is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// On top of the operand stack.
    Stack,
    /// On the operand stack at the end of a block: all that it leaves there.
    End,
    /// Of this label.
    Label(Idx),
    /// In the results of the function that would be called.
    Results,
    /// In the table or the element segment that is read.
    Elements,
    /// In an immediate.
    Immediate,
    /// In the type that begins an `if` without `else`: what it would leave.
    Params,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Stack => f.write_str("the stack has"),
            Holder::End => f.write_str("at its end the stack has"),
            Holder::Label(l) => write!(f, "label {l} has"),
            Holder::Results => f.write_str("the function called returns"),
            Holder::Elements => f.write_str("the elements are"),
            Holder::Immediate => f.write_str("the instruction says"),
            Holder::Params => f.write_str("without else it leaves"),
        }
    }
}

/// The index spaces of a module, and of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Types.
    Type,
    /// Functions.
    Func,
    /// Tables.
    Table,
    /// Memories.
    Mem,
    /// Globals.
    Global,
    /// Tags.
    Tag,
    /// Element segments.
    Elem,
    /// Data segments.
    Data,
    /// Locals.
    Local,
    /// Labels, innermost first.
    Label,
    /// Fields of a structure type.
    Field,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Space::Type => "type",
            Space::Func => "function",
            Space::Table => "table",
            Space::Mem => "memory",
            Space::Global => "global",
            Space::Tag => "tag",
            Space::Elem => "element segment",
            Space::Data => "data segment",
            Space::Local => "local",
            Space::Label => "label",
            Space::Field => "field",
        })
    }
}

/// What a version of the standard, or the standard without a proposal, doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// This version brought it.
    Version(Version),
    /// A proposal of this name brings it.
    Proposal(&'static str),
}

/// What doesn't hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Types that don't match.
    Mismatch {
        /// What the rule asks for.
        expected: Vec<Operand>,
        /// What is there.
        found: Vec<Operand>,
        /// Where.
        holder: Holder,
    },
    /// Nothing on the stack, where any value would do.
    NoOperand,
    /// A value that isn't a reference, where any reference would do.
    NoReference(Operand),
    /// Operands of `select` that are references, or of different types.
    Select(Operand, Operand),
    /// A list of types that isn't of one.
    SelectArity(usize),
    /// An index beyond its space.
    Unknown {
        /// The space.
        space: Space,
        /// The index.
        index: Idx,
        /// How many there are.
        len: u64,
    },
    /// A type of another kind than the rule asks for.
    Kind {
        /// Its index.
        index: Idx,
        /// The kind that the rule asks for, such as `func`.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// What isn't declared to be mutable is written: a global, a field, an array.
    Immutable(&'static str),
    /// A field is read with a sign extension although it isn't packed, or without one although it is.
    Packed(StorageType),
    /// A type without a default value.
    NotDefaultable(ValType),
    /// An array that can't be made of bytes.
    NotNumeric(StorageType),
    /// The elements of one array can't be those of another.
    Elements {
        /// Of the array that is written.
        expected: StorageType,
        /// Of what is read.
        found: StorageType,
    },
    /// A table whose elements aren't functions is called.
    NotFuncs(RefType),
    /// A local is read that may not have been set.
    Unset(Idx),
    /// A function is referred to that nothing outside of code refers to.
    Undeclared(Idx),
    /// An instruction that can't be in a constant expression.
    NotConstant,
    /// A global in a constant expression that may change.
    NotConstantGlobal(Idx),
    /// An alignment greater than the access, both as exponents of 2.
    Alignment {
        /// The access's.
        natural: u8,
        /// That of the instruction.
        found: u8,
    },
    /// A shared memory that could grow without end.
    SharedWithoutMaximum,
    /// An alignment of an atomic access that isn't the access's, both as exponents of 2.
    AtomicAlignment {
        /// The access's.
        natural: u8,
        /// That of the instruction.
        found: u8,
    },
    /// An offset that no address of the memory can have.
    Offset(u64),
    /// A lane beyond those of the shape.
    Lane {
        /// The index.
        index: u8,
        /// How many there are.
        lanes: u8,
    },
    /// A minimum that is greater than the maximum.
    Limits {
        /// The minimum.
        min: u64,
        /// The maximum.
        max: u64,
    },
    /// A size that is greater than addresses allow.
    Size {
        /// Of a memory, in pages, or of a table, in elements.
        of: Space,
        /// The size.
        found: u64,
        /// The greatest that there is.
        most: u64,
    },
    /// A size of pages that there isn't.
    PageSize,
    /// More than one supertype.
    Supertypes(usize),
    /// A supertype that isn't declared before.
    Forward(Idx),
    /// A supertype that is final.
    Final(Idx),
    /// A type that isn't what its supertype asks for.
    SubType(Idx),
    /// A tag with results.
    TagResults,
    /// A start function with parameters or results.
    StartType(FuncType),
    /// The same name twice.
    Duplicate(String),
    /// More memories, tables or results than there can be: of what, and by whom.
    Multiple(&'static str, &'static str),
    /// Something that the version of the standard doesn't have.
    Beyond(String, Since),
    /// Beyond a bound of this validator.
    Limit {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Mismatch { expected, found, holder } => {
                write!(f, "expects [{}], {holder} [{}]", list(expected), list(found))
            }
            Fault::NoOperand => f.write_str("expects a value, the stack has none"),
            Fault::NoReference(t) => write!(f, "expects a reference, the stack has [{t}]"),
            Fault::Select(a, b) => write!(f, "expects two numbers or vectors of one type, the stack has [{a} {b}]"),
            Fault::SelectArity(n) => write!(f, "has {n} types, and selects one value: invalid result arity"),
            Fault::Unknown { space, index, len: 0 } => write!(f, "unknown {space} {index}: there is none"),
            Fault::Unknown { space, index, len } => {
                write!(f, "unknown {space} {index}: the last one is {}", len - 1)
            }
            Fault::Kind { index, expected, found } => {
                write!(f, "expects type {index} to be a {expected} type, it is a {found} type")
            }
            Fault::Immutable(what) => write!(f, "the {what} is immutable"),
            Fault::Packed(t @ StorageType::Val(_)) => {
                write!(f, "extends a sign, and the field is {t}, which isn't packed")
            }
            Fault::Packed(t) => write!(f, "has no sign extension, and the field is packed: {t}"),
            Fault::NotDefaultable(t) => write!(f, "{t} has no default value"),
            Fault::NotNumeric(t) => write!(f, "bytes can't be elements of type {t}"),
            Fault::Elements { expected, found } => {
                write!(f, "array types do not match: expects elements {expected}, the source has {found}")
            }
            Fault::NotFuncs(t) => write!(f, "expects a table of functions, its elements are {t}"),
            Fault::Unset(x) => write!(f, "local {x} has no default value, and isn't set on every way to here"),
            Fault::Undeclared(x) => {
                write!(f, "undeclared function reference: no export, segment or global refers to function {x}")
            }
            Fault::NotConstant => f.write_str("constant expression required"),
            Fault::NotConstantGlobal(x) => write!(f, "constant expression required: global {x} is mutable"),
            Fault::Alignment { natural, found } => {
                write!(f, "alignment 2^{found} is larger than natural, which is 2^{natural}")
            }
            Fault::SharedWithoutMaximum => f.write_str("shared memory must have maximum"),
            Fault::AtomicAlignment { natural, found } => {
                write!(f, "alignment 2^{found} isn't that of the atomic access, which is 2^{natural}")
            }
            Fault::Offset(m) => write!(f, "offset {m} is out of the range of the memory's addresses"),
            Fault::Lane { index, lanes } => write!(f, "invalid lane index {index}: there are {lanes} lanes"),
            Fault::Limits { min, max } => write!(f, "the minimum {min} is greater than the maximum {max}"),
            Fault::Size { of, found, most } => write!(f, "{of} size must be at most {most}, it is {found}"),
            Fault::PageSize => f.write_str("invalid custom page size: it is 1 or 65536"),
            Fault::Supertypes(n) => write!(f, "has {n} supertypes, and can have one"),
            Fault::Forward(x) => write!(f, "supertype {x} isn't declared before it"),
            Fault::Final(x) => write!(f, "supertype {x} is final"),
            Fault::SubType(x) => write!(f, "does not match its supertype {x}"),
            Fault::TagResults => f.write_str("the type of a tag has no results"),
            Fault::StartType(t) => write!(f, "expects a function [] -> [], it is {t}"),
            Fault::Duplicate(name) => write!(f, "duplicate export name {name:?}"),
            Fault::Multiple(what, by) => write!(f, "multiple {what}, of which {by} has at most one"),
            Fault::Beyond(what, Since::Version(version)) => write!(f, "{what} came with version {version}"),
            Fault::Beyond(what, Since::Proposal(name)) => write!(f, "{what} needs the proposal {name}"),
            Fault::Limit { what, most } => write!(f, "beyond a limit of this validator: {most} {what}"),
        }
    }
}

/// Types that a message lists, at most: the uppermost of a stack, the last of a list.
const SHOWN: usize = 16;

fn list(ts: &[Operand]) -> String {
    let hidden = ts.len().saturating_sub(SHOWN);
    let more = (hidden > 0).then(|| format!("({hidden} more)"));
    let shown = ts[hidden..].iter().map(Operand::to_string);
    more.into_iter().chain(shown).collect::<Vec<_>>().join(" ")
}

/// The types of values, as operands.
pub(super) fn operands(ts: &[ValType]) -> Vec<Operand> {
    ts.iter().copied().map(Operand::Val).collect()
}

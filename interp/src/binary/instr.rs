//! Instructions (5.4), one arm a row of the table.

use wasmparser::Operator;

use super::{Error, Result, from_wasmparser, malformed, unsupported};
use crate::syntax::table::for_each_instruction;
use crate::syntax::{
    BlockType, Catch, Expr, F32Bits, F64Bits, HeapType, Idx, Instr, LaneIdx, MemArg, NonNull, Nullable, NumType,
    RefType, TryTable, TypeUse, V128Bits, ValType,
};

/// How an immediate is taken over. `Err` is what isn't supported about it.
trait Immediate<T> {
    fn take(self) -> std::result::Result<T, String>;
}

macro_rules! same {
    ($($T:ty),*) => {$(
        impl Immediate<$T> for $T {
            fn take(self) -> std::result::Result<$T, String> {
                Ok(self)
            }
        }
    )*};
}
same!(Idx, i32, i64, LaneIdx, [LaneIdx; 16]);

impl Immediate<F32Bits> for wasmparser::Ieee32 {
    fn take(self) -> std::result::Result<F32Bits, String> {
        Ok(F32Bits(self.bits()))
    }
}

impl Immediate<F64Bits> for wasmparser::Ieee64 {
    fn take(self) -> std::result::Result<F64Bits, String> {
        Ok(F64Bits(self.bits()))
    }
}

impl Immediate<V128Bits> for wasmparser::V128 {
    fn take(self) -> std::result::Result<V128Bits, String> {
        Ok(V128Bits(*self.bytes()))
    }
}

impl Immediate<MemArg> for wasmparser::MemArg {
    fn take(self) -> std::result::Result<MemArg, String> {
        Ok(MemArg { align: self.align, offset: self.offset, mem: self.memory })
    }
}

impl Immediate<Box<[Idx]>> for wasmparser::BrTable<'_> {
    /// The default label last.
    fn take(self) -> std::result::Result<Box<[Idx]>, String> {
        let targets = self.targets().map(|l| l.expect("the labels were read once, when the operator was"));
        Ok(targets.chain([self.default()]).collect())
    }
}

impl Immediate<BlockType> for wasmparser::BlockType {
    fn take(self) -> std::result::Result<BlockType, String> {
        Ok(match self {
            wasmparser::BlockType::Empty => BlockType::Empty,
            wasmparser::BlockType::Type(t) => BlockType::Val(t.take()?),
            wasmparser::BlockType::FuncType(x) => BlockType::Type(x),
        })
    }
}

impl Immediate<ValType> for wasmparser::ValType {
    fn take(self) -> std::result::Result<ValType, String> {
        Ok(match self {
            wasmparser::ValType::I32 => ValType::Num(NumType::I32),
            wasmparser::ValType::I64 => ValType::Num(NumType::I64),
            wasmparser::ValType::F32 => ValType::Num(NumType::F32),
            wasmparser::ValType::F64 => ValType::Num(NumType::F64),
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(t) => ValType::Ref(t.take()?),
        })
    }
}

impl Immediate<Box<[ValType]>> for wasmparser::ValType {
    /// The one type that a valid `select` has.
    fn take(self) -> std::result::Result<Box<[ValType]>, String> {
        self.take().map(|t: ValType| [t].into())
    }
}

impl Immediate<HeapType> for wasmparser::HeapType {
    fn take(self) -> std::result::Result<HeapType, String> {
        use wasmparser::AbstractHeapType as Theirs;
        Ok(match self {
            wasmparser::HeapType::Abstract { shared: false, ty } => match ty {
                Theirs::Any => HeapType::Any,
                Theirs::Eq => HeapType::Eq,
                Theirs::I31 => HeapType::I31,
                Theirs::Struct => HeapType::Struct,
                Theirs::Array => HeapType::Array,
                Theirs::None => HeapType::None,
                Theirs::Func => HeapType::Func,
                Theirs::NoFunc => HeapType::NoFunc,
                Theirs::Exn => HeapType::Exn,
                Theirs::NoExn => HeapType::NoExn,
                Theirs::Extern => HeapType::Extern,
                Theirs::NoExtern => HeapType::NoExtern,
                other => return Err(format!("the heap type {}", format!("{other:?}").to_lowercase())),
            },
            wasmparser::HeapType::Concrete(x) => match x.as_module_index() {
                Some(x) => HeapType::Type(TypeUse::Idx(x)),
                None => return Err("a heap type that isn't an index".into()),
            },
            other => return Err(format!("the heap type {other:?}")),
        })
    }
}

impl Immediate<RefType> for wasmparser::RefType {
    fn take(self) -> std::result::Result<RefType, String> {
        Ok(RefType { nullable: self.is_nullable(), heap: self.heap_type().take()? })
    }
}

impl Immediate<Nullable> for wasmparser::HeapType {
    fn take(self) -> std::result::Result<Nullable, String> {
        self.take().map(Nullable)
    }
}

impl Immediate<NonNull> for wasmparser::HeapType {
    fn take(self) -> std::result::Result<NonNull, String> {
        self.take().map(NonNull)
    }
}

impl Immediate<TryTable> for wasmparser::TryTable {
    fn take(self) -> std::result::Result<TryTable, String> {
        let catch = |c: &wasmparser::Catch| match *c {
            wasmparser::Catch::One { tag, label } => Catch::Catch(tag, label),
            wasmparser::Catch::OneRef { tag, label } => Catch::CatchRef(tag, label),
            wasmparser::Catch::All { label } => Catch::CatchAll(label),
            wasmparser::Catch::AllRef { label } => Catch::CatchAllRef(label),
        };
        Ok(TryTable { bt: self.ty.take()?, catches: self.catches.iter().map(catch).collect() })
    }
}

pub(super) fn val_type(t: wasmparser::ValType, offset: usize) -> Result<ValType> {
    t.take().map_err(|what| unsupported(what, offset))
}

pub(super) fn ref_type(t: wasmparser::RefType, offset: usize) -> Result<RefType> {
    t.take().map_err(|what| unsupported(what, offset))
}

macro_rules! arms {
    ($operator:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $operator {
            $(Operator::$Name { $($theirs),* } => Ok(Instr::$Name { $($ours: Immediate::<$T>::take($theirs)?),* }),)*
            other => Err(format!("the instruction {}", mnemonic(&other))),
        }
    };
}

/// One instruction, or what isn't supported about it.
fn instruction(operator: Operator<'_>) -> std::result::Result<Instr, String> {
    // Its list of types isn't of one: for the validator to refuse.
    if let Operator::TypedSelectMulti { tys } = operator {
        return Ok(Instr::TypedSelect {
            ts: tys.into_iter().map(Immediate::take).collect::<std::result::Result<_, _>>()?,
        });
    }
    for_each_instruction!(arms operator;)
}

/// wasmparser's name for an operator that we don't have.
fn mnemonic(operator: &Operator<'_>) -> String {
    let debug = format!("{operator:?}");
    debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
}

/// Whether an instruction refers to a data segment, which comes after the code (5.5.16).
fn needs_data_count(operator: &Operator<'_>) -> bool {
    use Operator::{ArrayInitData, ArrayNewData, DataDrop, MemoryInit};
    matches!(operator, MemoryInit { .. } | DataDrop { .. } | ArrayNewData { .. } | ArrayInitData { .. })
}

/// Reads an expression to its end. `Ok(Err(…))` is the first thing in it that isn't supported.
pub(super) fn expr(mut reader: wasmparser::OperatorsReader<'_>, has_data_count: bool) -> Result<(Expr, Option<Error>)> {
    // Mostly there are two or three bytes to an instruction.
    let some = reader.get_binary_reader().bytes_remaining() / 2;
    let mut expr = Expr {
        instrs: Vec::with_capacity(some),
        closed_at: Vec::with_capacity(some),
        offsets: Vec::with_capacity(some),
    };
    let mut first_unsupported = None;
    let mut open: Vec<usize> = Vec::new();
    while !reader.eof() {
        let (operator, offset) =
            reader.read_with_offset().map_err(|e| from_wasmparser(&e, super::ErrorKind::Malformed))?;
        if !has_data_count && needs_data_count(&operator) {
            return Err(malformed("data count section required", offset));
        }
        match instruction(operator) {
            Ok(instr) => {
                let at = expr.instrs.len();
                match instr {
                    Instr::Block { .. } | Instr::Loop { .. } | Instr::If { .. } | Instr::TryTable { .. } => {
                        open.push(at)
                    }
                    Instr::Else {} | Instr::End {} => {
                        // The expression's own `end` closes nothing.
                        if let Some(opener) = open.pop() {
                            expr.closed_at[opener] = at as u32;
                        }
                        if instr == (Instr::Else {}) {
                            open.push(at);
                        }
                    }
                    _ => {}
                }
                expr.instrs.push(instr);
                expr.closed_at.push(0);
                expr.offsets.push(offset as u32);
            }
            Err(what) => {
                first_unsupported.get_or_insert_with(|| unsupported(what, offset));
            }
        }
    }
    reader.finish().map_err(|e| from_wasmparser(&e, super::ErrorKind::Malformed))?;
    Ok((expr, first_unsupported))
}

//! Reduction: a small module that still has a property which a big one was found to have.
//!
//! The property is whatever the caller asks of the bytes, and holds of a module or doesn't, each time the same. A
//! candidate is the module with something left out or made simpler; it is taken if it is smaller by [`Cost`], valid,
//! and has the property. Exports, bodies, blocks, windows of instructions, operands, immediates and unused items are
//! tried, coarse ones first, until none of it helps any more: what comes out can't be made smaller by the same means.
//!
//! Semantics isn't kept, only types are: a window of instructions gives way to drops of what it takes and constants of
//! what it leaves. So code in a straight line goes as well as code in blocks, and references like numbers.

mod code;
mod constant;
mod difference;
mod items;
mod module;
mod typing;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::Features;
use wasmparser::{Operator, SubType};

pub use difference::{Load, ReducedDifference, reduce_difference, still_differs};
use module::{Instr, Module, Space};

/// What a reduction may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How often it may be asked whether a module has the property.
    pub candidates: u64,
    /// How long it may take. The question that is under way then is still answered. Two runs that end by this needn't
    /// end alike.
    pub time: Duration,
}

impl Default for Budget {
    /// As many candidates as can be tried in a minute.
    fn default() -> Self {
        Budget { candidates: u64::MAX, time: Duration::from_secs(60) }
    }
}

/// Why a reduction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing that it does makes the module smaller.
    Smallest,
    /// The budget is spent.
    Budget,
    /// The module given hasn't the property.
    NotInteresting,
    /// The module given isn't valid, or uses what can't be encoded again.
    NotReducible,
}

/// What a reduction led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// The smallest module found that has the property; the one given if there is no other.
    pub wasm: Vec<u8>,
    /// Modules that were asked about, the one given included.
    pub candidates: u64,
    /// Why it ended.
    pub end: End,
}

/// Number of instructions in the bodies of a module's functions, with the `end` of each; 0 if it can't be decoded.
pub fn instructions(wasm: &[u8]) -> usize {
    Module::decode(wasm).map_or(0, |module| module.funcs.iter().map(|func| func.body.len()).sum())
}

/// Makes a valid module smaller for as long as `interesting` says that it has the property. The same module, candidates
/// and answers give the same result, and reducing it again changes nothing, unless the budget ended it.
pub fn reduce(wasm: &[u8], budget: Budget, interesting: &mut dyn FnMut(&[u8]) -> bool) -> Reduced {
    let unchanged = |candidates, end| Reduced { wasm: wasm.to_vec(), candidates, end };
    let Some(module) = Module::decode(wasm).filter(|_| is_valid(wasm)) else {
        return unchanged(0, End::NotReducible);
    };
    let began = Instant::now();
    if budget.candidates == 0 {
        return unchanged(0, End::Budget);
    }
    if !interesting(wasm) {
        return unchanged(1, End::NotInteresting);
    }
    let mut r = Reduction {
        best: wasm.to_vec(),
        cost: Cost::new(wasm).expect("it was decoded"),
        budget,
        began,
        candidates: 1,
        refused: HashSet::new(),
        spent: false,
        interesting,
    };
    // Without custom sections, and with numbers in as few bytes as they take.
    r.offer(&module);
    loop {
        let before = r.cost;
        items::reduce(&mut r);
        code::reduce(&mut r);
        if r.spent || r.cost == before {
            break;
        }
    }
    let end = if r.spent { End::Budget } else { End::Smallest };
    Reduced { wasm: r.best, candidates: r.candidates, end }
}

fn is_valid(wasm: &[u8]) -> bool {
    matches!(binary::judge(wasm, Features::ALL), Ok(Judgement::Valid))
}

/// What has to fall with each candidate that is taken; compared part by part, so that it falls only so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    /// Of instructions and items.
    weight: u64,
    /// Of immediates and limits.
    magnitude: u128,
    bytes: usize,
}

impl Cost {
    /// The cost of a module in the binary format; `None` if it can't be decoded.
    fn new(wasm: &[u8]) -> Option<Cost> {
        let mut module = Module::decode(wasm)?;
        let (mut weight, mut magnitude) = (0, 0);
        for expr in module.exprs_mut() {
            weight += expr.iter().map(self::weight).sum::<u64>();
            magnitude += expr.iter().map(constant::magnitude).sum::<u128>();
        }
        for space in [Space::Func, Space::Table, Space::Mem, Space::Global, Space::Tag, Space::Elem, Space::Data] {
            let imported = u64::from(module.imported(space));
            weight += 24 * imported + 16 * u64::from(module.len(space));
        }
        for (is_rec, group) in &module.types {
            let of = |ty: &SubType| 8 + u64::from(ty.supertype_idx.is_some()) + u64::from(!ty.is_final);
            weight += u64::from(*is_rec) + group.iter().map(of).sum::<u64>();
        }
        weight += 16 * (module.exports.len() as u64 + u64::from(module.start.is_some()));
        weight += module.elems.iter().map(|elem| 4 * elem.items.len() as u64).sum::<u64>();
        weight += module.funcs.iter().map(|func| 2 * func.locals.len() as u64).sum::<u64>();
        let mems = module.mems.iter().map(|mem| (mem.initial, mem.maximum));
        let tables = module.tables.iter().map(|table| (table.ty.initial, table.ty.maximum));
        for (initial, maximum) in mems.chain(tables) {
            weight += u64::from(maximum.is_some());
            magnitude += u128::from(initial) + u128::from(maximum.unwrap_or(0));
        }
        Some(Cost { weight, magnitude, bytes: wasm.len() })
    }
}

/// What an instruction costs a reader. What others are replaced by costs least, so that an instruction may give way to
/// several of these.
fn weight(instr: &Instr<'_>) -> u64 {
    match instr.op {
        Operator::Nop | Operator::Drop | Operator::End | Operator::Else | Operator::Unreachable => 1,
        Operator::I32Const { .. }
        | Operator::I64Const { .. }
        | Operator::F32Const { .. }
        | Operator::F64Const { .. }
        | Operator::V128Const { .. }
        | Operator::RefNull { .. } => 2,
        Operator::LocalGet { .. } => 3,
        Operator::LocalSet { .. } | Operator::LocalTee { .. } => 4,
        Operator::RefI31
        | Operator::RefFunc { .. }
        | Operator::RefAsNonNull
        | Operator::StructNewDefault { .. }
        | Operator::ArrayNewFixed { array_size: 0, .. }
        | Operator::ExternConvertAny => 6,
        Operator::Return | Operator::Br { .. } => 10,
        Operator::Call { .. } => 40,
        Operator::CallIndirect { .. } | Operator::CallRef { .. } => 50,
        Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => 70,
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => 24,
        _ => 20,
    }
}

/// A reduction under way.
struct Reduction<'i> {
    /// The smallest module so far.
    best: Vec<u8>,
    cost: Cost,
    budget: Budget,
    began: Instant,
    candidates: u64,
    /// Hashes of the candidates that hadn't the property: the same ones come again in each round.
    refused: HashSet<u64>,
    spent: bool,
    interesting: &'i mut dyn FnMut(&[u8]) -> bool,
}

impl Reduction<'_> {
    /// Takes a candidate if it is smaller, valid and interesting.
    fn offer(&mut self, candidate: &Module<'_>) -> bool {
        if self.is_spent() {
            return false;
        }
        let Some(bytes) = candidate.encode() else { return false };
        let Some(cost) = Cost::new(&bytes).filter(|cost| *cost < self.cost) else { return false };
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        if !self.refused.insert(hasher.finish()) || !is_valid(&bytes) {
            return false;
        }
        self.candidates += 1;
        if !(self.interesting)(&bytes) {
            return false;
        }
        (self.best, self.cost) = (bytes, cost);
        true
    }

    fn is_spent(&mut self) -> bool {
        self.spent |= self.candidates >= self.budget.candidates || self.began.elapsed() >= self.budget.time;
        self.spent
    }
}

//! Whole programs over values with marks.
//!
//! Bits that depend on a choice are followed as long as they are values: through the stack, locals, globals, memories,
//! structures and arrays. Where one of them would say which rule applies, which address is accessed or how large
//! something becomes, programs part ways by choice, and nothing more can be said: the run is undecided. A reference is
//! never marked; what would make it depend on a choice is undecided.

use super::domain::{Domain, Memory, Table};
use super::module::Allocate;
use super::value::{FuncAddr, Ref, Val, Value, from_bytes, to_bytes};
use crate::num;
use crate::trap::TrapKind;
use crate::value::{Concrete, MachineInt, Marked, MarkedBool, MarkedBv, W64, Width};

/// Where a choice reaches what parts runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// Which rule applies depends on it.
    Rule,
    /// Whether there is this trap does.
    Trap(TrapKind),
    /// An address, an index, a size, or the number in a reference does.
    Index,
    /// An argument of a call of the host does.
    Host,
}

impl std::fmt::Display for Undecided {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Undecided::Rule => f.write_str("a choice reaches a branch"),
            Undecided::Trap(kind) => write!(f, "a choice reaches a trap: {}", kind.message()),
            Undecided::Index => f.write_str("a choice reaches an address, an index or a size"),
            Undecided::Host => f.write_str("a choice reaches the host"),
        }
    }
}

impl std::error::Error for Undecided {}

/// The bytes of a memory, and for each the bits that depend on a choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarkedMemory {
    /// The bytes by the deterministic profile.
    pub bytes: Vec<u8>,
    /// Their marks; bytes beyond its end have none.
    pub marks: Vec<u8>,
}

impl MarkedMemory {
    /// Writes bytes that depend on no choice; `false`, and nothing written, if they leave the memory.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> bool {
        let range = usize::try_from(offset).ok().and_then(|from| self.bytes.get_mut(from..)?.get_mut(..bytes.len()));
        let Some(range) = range else { return false };
        range.copy_from_slice(bytes);
        let marks = self.marks.get_mut(offset as usize..).unwrap_or_default();
        marks.iter_mut().take(bytes.len()).for_each(|mark| *mark = 0);
        true
    }
}

/// The number that a bit vector without marks is.
fn exact<W: Width>(c: MarkedBv<W>) -> Result<usize, Undecided> {
    if c.is_marked() { Err(Undecided::Index) } else { Ok(c.bits.to_u128() as usize) }
}

impl Domain for Marked {
    type Ref = Ref;
    type Memory = MarkedMemory;
    type Table = Vec<Ref>;
    type Undecided = Undecided;

    fn decide(&self, c: MarkedBool) -> Result<bool, Undecided> {
        self.known(c).ok_or(Undecided::Rule)
    }
    fn traps(&self, c: MarkedBool, kind: TrapKind) -> Result<bool, Undecided> {
        self.known(c).ok_or(Undecided::Trap(kind))
    }
    fn known(&self, c: MarkedBool) -> Option<bool> {
        (!c.marked).then_some(c.truth)
    }
    fn index<W: Width>(&self, i: MarkedBv<W>, _n: usize) -> Result<usize, Undecided> {
        exact(i)
    }
    fn grows(&self) -> Result<bool, Undecided> {
        Ok(true)
    }
    fn reference(&self, r: Ref) -> Ref {
        r
    }
    fn is_null(&self, r: Ref) -> MarkedBool {
        MarkedBool { truth: matches!(r, Ref::Null(_)), marked: false }
    }
    fn is_ref(&self, r: Ref, test: impl Fn(Ref) -> bool) -> MarkedBool {
        MarkedBool { truth: !matches!(r, Ref::Null(_)) && test(r), marked: false }
    }
    fn resolve(&self, r: Ref) -> Result<Ref, Undecided> {
        Ok(r)
    }
    fn callee(&self, r: Ref) -> Option<FuncAddr> {
        match r {
            Ref::Func(a) => Some(a),
            _ => None,
        }
    }
}

impl Memory<Marked> for MarkedMemory {
    fn len(&self, _d: &Marked) -> MarkedBv<W64> {
        MarkedBv::exact(self.bytes.len() as u64)
    }
    fn load<W: Width>(&self, _d: &Marked, ea: MarkedBv<W64>) -> Result<MarkedBv<W>, Undecided> {
        let (from, n) = (exact(ea)?, num::bytes::<W>() as usize);
        let marks = self.marks.get(from..).unwrap_or_default();
        let marks = &marks[..marks.len().min(n)];
        Ok(MarkedBv { bits: from_bytes::<W>(&self.bytes[from..from + n]), marks: from_bytes::<W>(marks) })
    }
    fn store<W: Width>(&mut self, _d: &Marked, ea: MarkedBv<W64>, c: MarkedBv<W>) -> Result<(), Undecided> {
        let (from, n) = (exact(ea)?, num::bytes::<W>() as usize);
        self.bytes[from..from + n].copy_from_slice(&to_bytes::<W>(c.bits)[..n]);
        if c.is_marked() && self.marks.len() < from + n {
            self.marks.resize(from + n, 0);
        }
        let marks = self.marks.get_mut(from..).unwrap_or_default();
        marks.iter_mut().zip(to_bytes::<W>(c.marks)).take(n).for_each(|(mark, new)| *mark = new);
        Ok(())
    }
    fn cost(&self, _d: &Marked, len: MarkedBv<W64>) -> u64 {
        len.bits.saturating_sub(self.bytes.len() as u64)
    }
    fn grow(&mut self, _d: &Marked, len: MarkedBv<W64>) -> Result<(), Undecided> {
        self.bytes.resize(exact(len)?, 0);
        Ok(())
    }
}

impl Table<Marked> for Vec<Ref> {
    fn len(&self, _d: &Marked) -> MarkedBv<W64> {
        MarkedBv::exact(self.as_slice().len() as u64)
    }
    fn refs(&self) -> impl Iterator<Item = Ref> {
        self.iter().copied()
    }
    fn get(&self, _d: &Marked, i: MarkedBv<W64>) -> Result<Ref, Undecided> {
        Ok(self[exact(i)?])
    }
    fn set(&mut self, _d: &Marked, i: MarkedBv<W64>, r: Ref) -> Result<(), Undecided> {
        self[exact(i)?] = r;
        Ok(())
    }
    fn cost(&self, _d: &Marked, len: MarkedBv<W64>) -> u64 {
        Table::<Concrete>::cost(self, &Concrete::default(), len.bits)
    }
    fn grow(&mut self, _d: &Marked, len: MarkedBv<W64>, r: Ref) -> Result<(), Undecided> {
        self.resize(exact(len)?, r);
        Ok(())
    }
}

impl Allocate for Marked {
    fn memory(&self, len: u64) -> MarkedMemory {
        MarkedMemory { bytes: vec![0; len as usize], marks: Vec::new() }
    }
    fn table(&self, len: u64, r: Ref) -> Vec<Ref> {
        vec![r; len as usize]
    }
}

impl Val<Marked> {
    /// The value by the deterministic profile.
    pub fn value(self) -> Value {
        match self {
            Val::I32(c) => Val::I32(c.bits),
            Val::I64(c) => Val::I64(c.bits),
            Val::F32(c) => Val::F32(c.bits),
            Val::F64(c) => Val::F64(c.bits),
            Val::V128(c) => Val::V128(c.bits),
            Val::Ref(r) => Val::Ref(r),
        }
    }

    /// Ones in the bits that depend on a choice; a reference has none.
    pub fn marks(self) -> u128 {
        match self {
            Val::I32(c) | Val::F32(c) => c.marks.into(),
            Val::I64(c) | Val::F64(c) => c.marks.into(),
            Val::V128(c) => c.marks,
            Val::Ref(_) => 0,
        }
    }
}

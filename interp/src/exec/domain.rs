//! What a reading adds to values so that whole programs run over it: references, memories, tables, and decisions.

use std::convert::Infallible;
use std::fmt::Debug;

use super::value::{FuncAddr, Ref, from_bytes, to_bytes};
use crate::num;
use crate::trap::TrapKind;
use crate::value::{Concrete, MachineInt, Reading, W64, Width};

/// A reading of whole configurations.
pub trait Domain: Reading + 'static {
    /// A reference.
    type Ref: Copy + Debug;
    /// The bytes of a memory.
    type Memory: Memory<Self>;
    /// The elements of a table.
    type Table: Table<Self>;
    /// Why it can't be said which rule applies.
    type Undecided: Debug;

    /// Whether `c` holds, where the rule to apply depends on it.
    fn decide(&self, c: Self::Bool) -> Result<bool, Self::Undecided>;
    /// Whether `c` holds, where it makes the instruction trap.
    fn traps(&self, c: Self::Bool, kind: TrapKind) -> Result<bool, Self::Undecided>;
    /// Whether `c` holds, where either answer can be followed in one value.
    fn known(&self, c: Self::Bool) -> Option<bool>;
    /// The number below `n` that `i` is known to be one of.
    fn index<W: Width>(&self, i: Self::Bv<W>, n: usize) -> Result<usize, Self::Undecided>;
    /// Whether a `memory.grow` or `table.grow` that could succeed does (`memory.grow-fail` may always be chosen).
    fn grows(&self) -> Result<bool, Self::Undecided>;

    /// A reference in this reading.
    fn reference(&self, r: Ref) -> Self::Ref;
    /// Whether a reference is null.
    fn is_null(&self, r: Self::Ref) -> Self::Bool;
    /// Whether a reference isn't null and `test` holds for it.
    fn is_ref(&self, r: Self::Ref, test: impl Fn(Ref) -> bool) -> Self::Bool;
    /// Which reference it is, where what happens next depends on that.
    fn resolve(&self, r: Self::Ref) -> Result<Ref, Self::Undecided>;
    /// The function that a reference that isn't null refers to; `None` if that can't be said.
    fn callee(&self, r: Self::Ref) -> Option<FuncAddr>;
}

/// A memory instance's bytes (4.2.9). Addresses have been checked against the length.
pub trait Memory<D: Domain>: Clone + Debug {
    /// Length in bytes.
    fn len(&self, d: &D) -> D::Bv<W64>;
    /// The number in the bytes from `ea`.
    fn load<W: Width>(&self, d: &D, ea: D::Bv<W64>) -> Result<D::Bv<W>, D::Undecided>;
    /// Writes the bytes of a number from `ea`.
    fn store<W: Width>(&mut self, d: &D, ea: D::Bv<W64>, c: D::Bv<W>) -> Result<(), D::Undecided>;
    /// Bytes of our own memory that growing to `len` takes.
    fn cost(&self, d: &D, len: D::Bv<W64>) -> u64;
    /// Makes the length `len` bytes, which is not less than it was; new bytes are zero.
    fn grow(&mut self, d: &D, len: D::Bv<W64>) -> Result<(), D::Undecided>;
}

/// A table instance's elements (4.2.8). Indices have been checked against the length.
pub trait Table<D: Domain>: Clone + Debug {
    /// Number of elements.
    fn len(&self, d: &D) -> D::Bv<W64>;
    /// The elements that are known, for the collection of garbage.
    fn refs(&self) -> impl Iterator<Item = D::Ref>;
    /// The element at `i`.
    fn get(&self, d: &D, i: D::Bv<W64>) -> Result<D::Ref, D::Undecided>;
    /// Replaces the element at `i`.
    fn set(&mut self, d: &D, i: D::Bv<W64>, r: D::Ref) -> Result<(), D::Undecided>;
    /// Bytes of our own memory that growing to `len` takes.
    fn cost(&self, d: &D, len: D::Bv<W64>) -> u64;
    /// Makes the length `len`, which is not less than it was; new elements are `r`.
    fn grow(&mut self, d: &D, len: D::Bv<W64>, r: D::Ref) -> Result<(), D::Undecided>;
}

impl Domain for Concrete {
    type Ref = Ref;
    type Memory = Vec<u8>;
    type Table = Vec<Ref>;
    type Undecided = Infallible;

    fn decide(&self, c: bool) -> Result<bool, Infallible> {
        Ok(c)
    }
    fn traps(&self, c: bool, _kind: TrapKind) -> Result<bool, Infallible> {
        Ok(c)
    }
    fn known(&self, c: bool) -> Option<bool> {
        Some(c)
    }
    fn index<W: Width>(&self, i: W::Int, _n: usize) -> Result<usize, Infallible> {
        Ok(i.to_u128() as usize)
    }
    fn grows(&self) -> Result<bool, Infallible> {
        Ok(Concrete::grows(self))
    }
    fn reference(&self, r: Ref) -> Ref {
        r
    }
    fn is_null(&self, r: Ref) -> bool {
        matches!(r, Ref::Null(_))
    }
    fn is_ref(&self, r: Ref, test: impl Fn(Ref) -> bool) -> bool {
        !self.is_null(r) && test(r)
    }
    fn resolve(&self, r: Ref) -> Result<Ref, Infallible> {
        Ok(r)
    }
    fn callee(&self, r: Ref) -> Option<FuncAddr> {
        match r {
            Ref::Func(a) => Some(a),
            _ => None,
        }
    }
}

impl Memory<Concrete> for Vec<u8> {
    fn len(&self, _d: &Concrete) -> u64 {
        self.as_slice().len() as u64
    }
    fn load<W: Width>(&self, _d: &Concrete, ea: u64) -> Result<W::Int, Infallible> {
        let ea = ea as usize;
        Ok(from_bytes::<W>(&self[ea..ea + num::bytes::<W>() as usize]))
    }
    fn store<W: Width>(&mut self, _d: &Concrete, ea: u64, c: W::Int) -> Result<(), Infallible> {
        let (ea, n) = (ea as usize, num::bytes::<W>() as usize);
        self[ea..ea + n].copy_from_slice(&to_bytes::<W>(c)[..n]);
        Ok(())
    }
    fn cost(&self, d: &Concrete, len: u64) -> u64 {
        len - Memory::len(self, d)
    }
    fn grow(&mut self, _d: &Concrete, len: u64) -> Result<(), Infallible> {
        self.resize(len as usize, 0);
        Ok(())
    }
}

impl Table<Concrete> for Vec<Ref> {
    fn len(&self, _d: &Concrete) -> u64 {
        self.as_slice().len() as u64
    }
    fn refs(&self) -> impl Iterator<Item = Ref> {
        self.iter().copied()
    }
    fn get(&self, _d: &Concrete, i: u64) -> Result<Ref, Infallible> {
        Ok(self[i as usize])
    }
    fn set(&mut self, _d: &Concrete, i: u64, r: Ref) -> Result<(), Infallible> {
        self[i as usize] = r;
        Ok(())
    }
    fn cost(&self, d: &Concrete, len: u64) -> u64 {
        (len - Table::len(self, d)).saturating_mul(size_of::<Ref>() as u64)
    }
    fn grow(&mut self, _d: &Concrete, len: u64, r: Ref) -> Result<(), Infallible> {
        self.resize(len as usize, r);
        Ok(())
    }
}

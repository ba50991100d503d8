//! Values as machine integers of which some bits are marked: those that may be others if choices are taken otherwise.
//!
//! The integers are those of the deterministic profile. A bit that isn't marked is the same by whatever choices the
//! standard allows: of a NaN that is generated (4.3.3), the sign and perhaps the payload are marked; of the result of a
//! relaxed operation (4.3.6), the bits in which its possible results differ. From there marks spread: exactly where
//! that is cheap (bitwise operations, shifts by amounts without marks, extraction, comparison by the least and the
//! greatest number that an operand may be), upward from the lowest one through sums and products, and to all bits of
//! everything else. A mark too many loses a comparison; one too few would take a choice for a mistake.
//!
//! Growth, which may fail by choice as well, always succeeds here.

use super::choice::Parameter;
use super::concrete::{Concrete, no_other_nan};
use super::reading::{FloatOp, FloatWidth, MachineInt, Reading, Width};

/// A bit vector, and which of its bits depend on a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedBv<W: Width> {
    /// The bits by the deterministic profile.
    pub bits: W::Int,
    /// Ones where they may be others.
    pub marks: W::Int,
}

/// A truth value, and whether it depends on a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkedBool {
    /// By the deterministic profile.
    pub truth: bool,
    /// Whether it may be otherwise.
    pub marked: bool,
}

/// Computes with machine integers, by the deterministic profile, and marks the bits that depend on a choice.
#[derive(Clone, Debug, Default)]
pub struct Marked {
    concrete: Concrete,
}

fn int<W: Width>(c: u128) -> W::Int {
    W::Int::from_u128(c)
}

impl<W: Width> MarkedBv<W> {
    /// Bits without marks.
    pub fn exact(bits: W::Int) -> MarkedBv<W> {
        MarkedBv { bits, marks: int::<W>(0) }
    }

    /// Bits that all are marked.
    fn any(bits: W::Int) -> MarkedBv<W> {
        MarkedBv { bits, marks: !int::<W>(0) }
    }

    /// Bits with all marks or none.
    fn all_or_none(bits: W::Int, marked: bool) -> MarkedBv<W> {
        if marked { MarkedBv::any(bits) } else { MarkedBv::exact(bits) }
    }

    /// Bits that are marked from the lowest of these marks upward.
    fn upward(bits: W::Int, marks: W::Int) -> MarkedBv<W> {
        let zero = int::<W>(0);
        let lowest = marks & zero.sub(marks);
        MarkedBv { bits, marks: zero.sub(lowest) }
    }

    /// Whether a bit is marked.
    pub fn is_marked(&self) -> bool {
        self.marks != int::<W>(0)
    }

    /// The least number that it may be.
    fn least(self) -> W::Int {
        self.bits & !self.marks
    }

    /// The greatest number that it may be.
    fn greatest(self) -> W::Int {
        self.bits | self.marks
    }
}

impl MarkedBool {
    fn exact(truth: bool) -> MarkedBool {
        MarkedBool { truth, marked: false }
    }
}

/// What an operation on floats asks of an operand.
#[derive(Clone, Copy)]
struct Operand {
    marked: bool,
    /// It is a NaN by all choices.
    is_nan: bool,
    /// By no choice it is a NaN that isn't canonical.
    no_other_nan: bool,
}

impl Operand {
    fn new<W: FloatWidth>(a: MarkedBv<W>) -> Operand {
        let magnitude = (1 << (W::BITS - 1)) - 1;
        let infinity = magnitude - ((1 << W::SIGNIFICAND) - 1);
        let [least, greatest] = [a.least(), a.greatest()].map(|c| c.to_u128() & magnitude);
        let exact = a.marks.to_u128() & magnitude == 0;
        Operand {
            marked: a.is_marked(),
            is_nan: least > infinity,
            no_other_nan: greatest <= infinity || exact && no_other_nan::<W>(&a.bits),
        }
    }
}

/// A member of `nans_N`, with the bits marked in which the others differ.
fn nan<W: FloatWidth>(canonical: bool) -> MarkedBv<W> {
    let sign = 1 << (W::BITS - 1);
    let payload = if canonical { 0 } else { (1 << (W::SIGNIFICAND - 1)) - 1 };
    MarkedBv { bits: Concrete::canonical_nan::<W>(), marks: int::<W>(sign | payload) }
}

/// The result of an operation that has one of `nans_N{operands}` for a NaN; `bits` by the deterministic profile.
fn float<W: FloatWidth, const N: usize>(bits: W::Int, operands: [Operand; N]) -> MarkedBv<W> {
    let canonical = operands.iter().all(|a| a.no_other_nan);
    let is_nan = Operand::new(MarkedBv::<W>::exact(bits)).is_nan;
    if operands.iter().any(|a| a.is_nan) {
        nan(canonical)
    } else if operands.iter().any(|a| a.marked) {
        MarkedBv::any(bits)
    } else if is_nan {
        nan(canonical)
    } else {
        MarkedBv::exact(bits)
    }
}

/// Operations that mark all bits of their result, or none.
macro_rules! all_or_none {
    ($($name:ident)*) => {$(
        fn $name<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
            MarkedBv::all_or_none(a.bits.$name(b.bits), a.is_marked() || b.is_marked())
        }
    )*};
}

/// Operations of which a bit depends on the same and lower bits only.
macro_rules! upward {
    ($($name:ident)*) => {$(
        fn $name<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
            MarkedBv::upward(a.bits.$name(b.bits), a.marks | b.marks)
        }
    )*};
}

/// Shifts move the marks along; an amount that is marked marks all.
macro_rules! shifts {
    ($($name:ident)*) => {$(
        fn $name<W: Width>(&self, a: MarkedBv<W>, amount: MarkedBv<W>) -> MarkedBv<W> {
            let bits = a.bits.$name(amount.bits);
            if amount.is_marked() {
                return MarkedBv::any(bits);
            }
            MarkedBv { bits, marks: a.marks.$name(amount.bits) }
        }
    )*};
}

impl Reading for Marked {
    type Bv<W: Width> = MarkedBv<W>;
    type Bool = MarkedBool;

    all_or_none! { udiv urem sdiv srem }
    upward! { add sub mul }
    shifts! { shl lshr ashr }

    fn constant<W: Width>(&self, c: u128) -> MarkedBv<W> {
        MarkedBv::exact(int::<W>(c))
    }
    /// A zero that is sure hides what the other operand has.
    fn and<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
        MarkedBv { bits: a.bits & b.bits, marks: (a.marks | b.marks) & a.greatest() & b.greatest() }
    }
    /// A one that is sure does.
    fn or<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
        MarkedBv { bits: a.bits | b.bits, marks: (a.marks | b.marks) & !(a.least() | b.least()) }
    }
    fn xor<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
        MarkedBv { bits: a.bits ^ b.bits, marks: a.marks | b.marks }
    }
    /// Not equal for sure, if a bit differs that is marked in neither.
    fn eq<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBool {
        let marks = a.marks | b.marks;
        let differ = (a.bits ^ b.bits) & !marks != int::<W>(0);
        MarkedBool { truth: a.bits == b.bits, marked: !differ && marks != int::<W>(0) }
    }
    fn ult<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBool {
        let (always, never) = (a.greatest().ult(b.least()), !a.least().ult(b.greatest()));
        MarkedBool { truth: a.bits.ult(b.bits), marked: !always && !never }
    }
    /// As `ult`, once the sign is the other way round.
    fn slt<W: Width>(&self, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBool {
        let sign = int::<W>(1 << (W::BITS - 1));
        let flipped = |c: MarkedBv<W>| MarkedBv::<W> { bits: c.bits ^ sign, marks: c.marks };
        self.ult(flipped(a), flipped(b))
    }
    fn extract<N: Width, M: Width>(&self, a: MarkedBv<N>, low: u32) -> MarkedBv<M> {
        let extracted = |c: N::Int| self.concrete.extract::<N, M>(c, low);
        MarkedBv { bits: extracted(a.bits), marks: extracted(a.marks) }
    }
    fn concat<H: Width, L: Width, M: Width>(&self, high: MarkedBv<H>, low: MarkedBv<L>) -> MarkedBv<M> {
        let joined = |high, low| self.concrete.concat::<H, L, M>(high, low);
        MarkedBv { bits: joined(high.bits, low.bits), marks: joined(high.marks, low.marks) }
    }
    fn zext<N: Width, M: Width>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        let extended = |c| self.concrete.zext::<N, M>(c);
        MarkedBv { bits: extended(a.bits), marks: extended(a.marks) }
    }
    /// The copies of a sign that is marked are marked.
    fn sext<N: Width, M: Width>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        let extended = |c| self.concrete.sext::<N, M>(c);
        MarkedBv { bits: extended(a.bits), marks: extended(a.marks) }
    }
    fn ite<W: Width>(&self, c: MarkedBool, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
        let taken = if c.truth { a } else { b };
        if !c.marked {
            return taken;
        }
        MarkedBv { bits: taken.bits, marks: a.marks | b.marks | (a.bits ^ b.bits) }
    }

    fn truth(&self, b: bool) -> MarkedBool {
        MarkedBool::exact(b)
    }
    fn negate(&self, a: MarkedBool) -> MarkedBool {
        MarkedBool { truth: !a.truth, ..a }
    }
    fn both(&self, a: MarkedBool, b: MarkedBool) -> MarkedBool {
        let never = [a, b].iter().any(|c| !c.truth && !c.marked);
        MarkedBool { truth: a.truth & b.truth, marked: !never && (a.marked || b.marked) }
    }
    fn either(&self, a: MarkedBool, b: MarkedBool) -> MarkedBool {
        self.negate(self.both(self.negate(a), self.negate(b)))
    }

    fn rounded<W: FloatWidth>(&self, op: FloatOp, a: MarkedBv<W>, b: MarkedBv<W>) -> MarkedBv<W> {
        float(self.concrete.rounded::<W>(op, a.bits, b.bits), [a, b].map(Operand::new))
    }
    fn fma<W: FloatWidth>(&self, a: MarkedBv<W>, b: MarkedBv<W>, c: MarkedBv<W>) -> MarkedBv<W> {
        float(self.concrete.fma::<W>(a.bits, b.bits, c.bits), [a, b, c].map(Operand::new))
    }
    fn nans<W: FloatWidth>(&self, c: MarkedBool, operands: &[MarkedBv<W>], number: MarkedBv<W>) -> MarkedBv<W> {
        let canonical = operands.iter().all(|a| Operand::new(*a).no_other_nan);
        self.ite(c, nan(canonical), number)
    }
    fn relaxed<W: Width>(&self, _r: Parameter, sets: &[MarkedBv<W>]) -> MarkedBv<W> {
        let first = sets[0];
        let marks = sets.iter().fold(first.marks, |marks, a| marks | a.marks | (a.bits ^ first.bits));
        MarkedBv { bits: first.bits, marks }
    }
    fn reformat<N: FloatWidth, M: FloatWidth>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        float(self.concrete.reformat::<N, M>(a.bits), [Operand::new(a)])
    }
    fn convert_s<N: Width, M: FloatWidth>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        MarkedBv::all_or_none(self.concrete.convert_s::<N, M>(a.bits), a.is_marked())
    }
    fn convert_u<N: Width, M: FloatWidth>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        MarkedBv::all_or_none(self.concrete.convert_u::<N, M>(a.bits), a.is_marked())
    }
    fn truncz_s<N: FloatWidth, M: Width>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        MarkedBv::all_or_none(self.concrete.truncz_s::<N, M>(a.bits), a.is_marked())
    }
    fn truncz_u<N: FloatWidth, M: Width>(&self, a: MarkedBv<N>) -> MarkedBv<M> {
        MarkedBv::all_or_none(self.concrete.truncz_u::<N, M>(a.bits), a.is_marked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num;
    use crate::value::{W8, W32};

    fn marked(bits: u8, marks: u8) -> MarkedBv<W8> {
        MarkedBv { bits, marks }
    }

    #[test]
    fn marks_spread_no_further_than_they_must() {
        let (d, a) = (Marked::default(), marked(0b0101_0000, 0b0001_0000));
        assert_eq!(d.and(a, marked(0x0f, 0)), marked(0, 0));
        assert_eq!(d.or(a, marked(0x1f, 0)), marked(0x5f, 0));
        assert_eq!(d.add(a, marked(1, 0)), marked(0b0101_0001, 0b1111_0000));
        assert_eq!(d.lshr(a, marked(4, 0)), marked(0b101, 1));
        assert_eq!(d.ashr(marked(0, 0x80), marked(3, 0)), marked(0, 0xf0));
        assert_eq!(d.eq(a, marked(1, 0)), MarkedBool::exact(false));
        assert_eq!(d.ult(a, marked(0x60, 0)), MarkedBool::exact(true));
        assert!(d.ult(a, marked(0x45, 0)).marked);
        assert_eq!(d.slt(marked(0, 0x80), marked(0x7f, 0x80)), MarkedBool { truth: true, marked: true });
        assert_eq!(d.ite(d.ult(a, marked(0x45, 0)), marked(6, 0), marked(5, 0)), marked(5, 3));
    }

    /// What all of a set have in common isn't marked: whoever asks whether it is a NaN gets an answer.
    #[test]
    fn a_nan_is_one_by_all_choices() {
        let d = Marked::default();
        let f = |c: f32| MarkedBv::<W32>::exact(c.to_bits());
        let canonical = num::fdiv(&d, f(0.0), f(0.0));
        assert_eq!((canonical.bits, canonical.marks), (0x7fc0_0000, 0x8000_0000));
        assert_eq!(num::fmul(&d, canonical, f(2.0)), canonical);
        let arithmetic = num::fmin(&d, f(1.0), MarkedBv::exact(0x7fa0_0000));
        assert_eq!((arithmetic.bits, arithmetic.marks), (0x7fc0_0000, 0x803f_ffff));
        assert_eq!(num::fneg(&d, num::fadd(&d, arithmetic, canonical)), MarkedBv { bits: 0xffc0_0000, ..arithmetic });
        assert_eq!(num::is_nan(&d, arithmetic), MarkedBool::exact(true));
        assert_eq!(num::flt(&d, arithmetic, f(1.0)), MarkedBool::exact(false));
        assert_eq!(num::trunc_sat_s::<_, W32, W32>(&d, arithmetic), MarkedBv::exact(0));
        // The sign of a NaN that becomes a number's.
        assert_eq!(num::fcopysign(&d, f(1.0), canonical), MarkedBv { bits: 1f32.to_bits(), marks: 0x8000_0000 });
    }
}

//! Values as machine integers.

use super::choice::{Choices, Chosen, Parameter, Profile};
use super::reading::{FloatOp, FloatWidth, MachineInt, Reading, Width};

/// Computes with machine integers. Choices are taken by a [`Profile`], by default the standard's deterministic one, and
/// are noted where there was more than one result to choose from.
#[derive(Clone, Debug)]
pub struct Concrete {
    choices: Choices,
}

impl Default for Concrete {
    fn default() -> Self {
        Concrete::new(Profile::Deterministic)
    }
}

fn int<W: Width>(c: u128) -> W::Int {
    W::Int::from_u128(c)
}

/// The bits of a float in a format of either width; Rust's arithmetic on it is IEEE 754's, but for the bits of a NaN.
fn to_f64<W: FloatWidth>(a: W::Int) -> f64 {
    match W::BITS {
        32 => f64::from(f32::from_bits(a.to_u128() as u32)),
        _ => f64::from_bits(a.to_u128() as u64),
    }
}

/// Whether `a` is a canonical NaN, or a number.
pub(super) fn no_other_nan<W: FloatWidth>(a: &W::Int) -> bool {
    let magnitude = a.to_u128() & ((1 << (W::BITS - 1)) - 1);
    let canonical = Concrete::canonical_nan::<W>().to_u128();
    magnitude == canonical || magnitude <= canonical - (1 << (W::SIGNIFICAND - 1))
}

impl Concrete {
    /// Machine integers, with choices by a profile.
    pub fn new(profile: Profile) -> Concrete {
        Concrete { choices: Choices::new(profile) }
    }

    /// With parameters and NaNs at the ends of their lists; see [`Choices::extreme`].
    pub(crate) fn extreme(r: u8, last: bool) -> Concrete {
        Concrete { choices: Choices::extreme(r, last) }
    }

    /// Which choices there were until now.
    pub fn chosen(&self) -> Chosen {
        self.choices.chosen()
    }

    /// Whether a memory or a table grows that could; see [`Domain::grows`](crate::exec::Domain::grows).
    pub(crate) fn grows(&self) -> bool {
        self.choices.grows()
    }

    /// The positive canonical NaN of a format.
    pub fn canonical_nan<W: FloatWidth>() -> W::Int {
        let exponent = W::BITS - 1 - W::SIGNIFICAND;
        int::<W>(((1 << (exponent + 1)) - 1) << (W::SIGNIFICAND - 1))
    }

    /// One of `nans_N` of these operands.
    fn nan<W: FloatWidth>(&self, operands: &[W::Int]) -> W::Int {
        self.choices.nans::<W>(operands.iter().all(no_other_nan::<W>), operands)
    }

    fn float32(op: FloatOp, a: f32, b: f32) -> f32 {
        match op {
            FloatOp::Add => a + b,
            FloatOp::Sub => a - b,
            FloatOp::Mul => a * b,
            FloatOp::Div => a / b,
            FloatOp::Sqrt => a.sqrt(),
            FloatOp::Ceil => a.ceil(),
            FloatOp::Floor => a.floor(),
            FloatOp::Trunc => a.trunc(),
            FloatOp::Nearest => a.round_ties_even(),
        }
    }

    fn float64(op: FloatOp, a: f64, b: f64) -> f64 {
        match op {
            FloatOp::Add => a + b,
            FloatOp::Sub => a - b,
            FloatOp::Mul => a * b,
            FloatOp::Div => a / b,
            FloatOp::Sqrt => a.sqrt(),
            FloatOp::Ceil => a.ceil(),
            FloatOp::Floor => a.floor(),
            FloatOp::Trunc => a.trunc(),
            FloatOp::Nearest => a.round_ties_even(),
        }
    }
}

impl Reading for Concrete {
    type Bv<W: Width> = W::Int;
    type Bool = bool;

    fn constant<W: Width>(&self, c: u128) -> W::Int {
        int::<W>(c)
    }
    fn add<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.add(b)
    }
    fn sub<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.sub(b)
    }
    fn mul<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.mul(b)
    }
    fn udiv<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.udiv(b)
    }
    fn urem<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.urem(b)
    }
    fn sdiv<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.sdiv(b)
    }
    fn srem<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a.srem(b)
    }
    fn and<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a & b
    }
    fn or<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a | b
    }
    fn xor<W: Width>(&self, a: W::Int, b: W::Int) -> W::Int {
        a ^ b
    }
    fn shl<W: Width>(&self, a: W::Int, amount: W::Int) -> W::Int {
        a.shl(amount)
    }
    fn lshr<W: Width>(&self, a: W::Int, amount: W::Int) -> W::Int {
        a.lshr(amount)
    }
    fn ashr<W: Width>(&self, a: W::Int, amount: W::Int) -> W::Int {
        a.ashr(amount)
    }
    fn eq<W: Width>(&self, a: W::Int, b: W::Int) -> bool {
        a == b
    }
    fn ult<W: Width>(&self, a: W::Int, b: W::Int) -> bool {
        a.ult(b)
    }
    fn slt<W: Width>(&self, a: W::Int, b: W::Int) -> bool {
        a.slt(b)
    }
    fn extract<N: Width, M: Width>(&self, a: N::Int, low: u32) -> M::Int {
        int::<M>(a.to_u128() >> low)
    }
    fn concat<H: Width, L: Width, M: Width>(&self, high: H::Int, low: L::Int) -> M::Int {
        int::<M>(high.to_u128() << L::BITS | low.to_u128())
    }
    fn zext<N: Width, M: Width>(&self, a: N::Int) -> M::Int {
        int::<M>(a.to_u128())
    }
    fn sext<N: Width, M: Width>(&self, a: N::Int) -> M::Int {
        int::<M>(a.to_i128() as u128)
    }
    fn ite<W: Width>(&self, c: bool, a: W::Int, b: W::Int) -> W::Int {
        if c { a } else { b }
    }

    fn truth(&self, b: bool) -> bool {
        b
    }
    fn negate(&self, a: bool) -> bool {
        !a
    }
    fn both(&self, a: bool, b: bool) -> bool {
        a & b
    }
    fn either(&self, a: bool, b: bool) -> bool {
        a | b
    }

    fn rounded<W: FloatWidth>(&self, op: FloatOp, a: W::Int, b: W::Int) -> W::Int {
        let (x, y) = (a.to_u128(), b.to_u128());
        if W::BITS == 32 {
            let r = Self::float32(op, f32::from_bits(x as u32), f32::from_bits(y as u32));
            if r.is_nan() { self.nan::<W>(&[a, b]) } else { int::<W>(r.to_bits().into()) }
        } else {
            let r = Self::float64(op, f64::from_bits(x as u64), f64::from_bits(y as u64));
            if r.is_nan() { self.nan::<W>(&[a, b]) } else { int::<W>(r.to_bits().into()) }
        }
    }
    fn fma<W: FloatWidth>(&self, a: W::Int, b: W::Int, c: W::Int) -> W::Int {
        let (x, y, z) = (to_f64::<W>(a), to_f64::<W>(b), to_f64::<W>(c));
        let r = if W::BITS == 32 { f64::from((x as f32).mul_add(y as f32, z as f32)) } else { x.mul_add(y, z) };
        if r.is_nan() {
            let invalid = (x.is_infinite() && y == 0.0) || (x == 0.0 && y.is_infinite());
            self.choices.fma_nans::<W>([a, b, c].iter().all(no_other_nan::<W>), invalid, [a, b, c])
        } else if W::BITS == 32 {
            int::<W>((r as f32).to_bits().into())
        } else {
            int::<W>(r.to_bits().into())
        }
    }
    fn nans<W: FloatWidth>(&self, c: bool, operands: &[W::Int], number: W::Int) -> W::Int {
        if c { self.nan::<W>(operands) } else { number }
    }
    fn relaxed<W: Width>(&self, r: Parameter, sets: &[W::Int]) -> W::Int {
        self.choices.relaxed(r, sets)
    }
    fn reformat<N: FloatWidth, M: FloatWidth>(&self, a: N::Int) -> M::Int {
        let value = to_f64::<N>(a);
        if value.is_nan() {
            // Processors keep sign and the upper bits of a payload that was made quiet.
            let bits = a.to_u128() | 1 << (N::SIGNIFICAND - 1);
            let sign = bits >> (N::BITS - 1) << (M::BITS - 1);
            let payload = bits & ((1 << N::SIGNIFICAND) - 1);
            let payload = payload << M::SIGNIFICAND >> N::SIGNIFICAND;
            let quiet = int::<M>(sign | Self::canonical_nan::<M>().to_u128() | payload);
            self.choices.nans::<M>(no_other_nan::<N>(&a), &[quiet])
        } else if M::BITS == 32 {
            int::<M>((value as f32).to_bits().into())
        } else {
            int::<M>(value.to_bits().into())
        }
    }
    fn convert_s<N: Width, M: FloatWidth>(&self, a: N::Int) -> M::Int {
        // From at most 64 bits, as everywhere in the standard, so the conversion is rounded once.
        let a = a.to_i128() as i64;
        if M::BITS == 32 { int::<M>((a as f32).to_bits().into()) } else { int::<M>((a as f64).to_bits().into()) }
    }
    fn convert_u<N: Width, M: FloatWidth>(&self, a: N::Int) -> M::Int {
        let a = a.to_u128() as u64;
        if M::BITS == 32 { int::<M>((a as f32).to_bits().into()) } else { int::<M>((a as f64).to_bits().into()) }
    }
    fn truncz_s<N: FloatWidth, M: Width>(&self, a: N::Int) -> M::Int {
        int::<M>(to_f64::<N>(a) as i128 as u128)
    }
    fn truncz_u<N: FloatWidth, M: Width>(&self, a: N::Int) -> M::Int {
        int::<M>(to_f64::<N>(a) as u128)
    }

    fn clz<W: Width>(&self, a: W::Int) -> W::Int {
        a.clz()
    }
    fn ctz<W: Width>(&self, a: W::Int) -> W::Int {
        a.ctz()
    }
    fn popcnt<W: Width>(&self, a: W::Int) -> W::Int {
        a.popcnt()
    }
}

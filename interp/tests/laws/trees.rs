//! Compositions: random expressions over all that a reading offers, which a tape of decisions builds alike in both
//! readings.

use super::*;

/// The decisions. Where the tape ends, expressions end in variables.
#[derive(Clone)]
struct Tape<'a> {
    rest: &'a [u32],
}

impl Tape<'_> {
    fn next(&mut self) -> Option<u32> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

const WIDTHS: [u8; 6] = [1, 8, 16, 32, 64, 128];
/// Variables of each width.
const EACH: usize = 2;

/// Variables of all widths in a reading.
trait Leaves<D: Reading> {
    fn leaf<W: Width>(&self, d: &D, at: usize) -> D::Bv<W>;
}

impl Leaves<Concrete> for Vec<u128> {
    fn leaf<W: Width>(&self, d: &Concrete, at: usize) -> Int<W> {
        d.constant::<W>(self[at])
    }
}

impl Leaves<Terms> for Vec<Term> {
    fn leaf<W: Width>(&self, _: &Terms, at: usize) -> Term {
        self[at]
    }
}

macro_rules! with_width {
    ($bits:expr, $f:ident::<$D:ty, $L:ty, _ $(, $W:ty)?>($($arg:expr),*)) => {
        match $bits {
            1 => $f::<$D, $L, W1 $(, $W)?>($($arg),*),
            8 => $f::<$D, $L, W8 $(, $W)?>($($arg),*),
            16 => $f::<$D, $L, W16 $(, $W)?>($($arg),*),
            32 => $f::<$D, $L, W32 $(, $W)?>($($arg),*),
            64 => $f::<$D, $L, W64 $(, $W)?>($($arg),*),
            _ => $f::<$D, $L, W128 $(, $W)?>($($arg),*),
        }
    };
}

fn leaf<D: Reading, L: Leaves<D>, W: Width>(d: &D, leaves: &L, i: u32) -> D::Bv<W> {
    let row = WIDTHS.iter().position(|w| u32::from(*w) == W::BITS).expect("a width");
    leaves.leaf::<W>(d, row * EACH + i as usize % EACH)
}

fn bv<D: Reading, L: Leaves<D>, W: Width>(d: &D, leaves: &L, tape: &mut Tape<'_>) -> D::Bv<W> {
    let Some(n) = tape.next() else { return leaf::<D, L, W>(d, leaves, 0) };
    let (kind, n) = (n % 20, n / 20);
    let at = |all: &[&str]| n as usize % all.len();
    let numbers = boundary(W::BITS);
    match kind {
        0..=3 => leaf::<D, L, W>(d, leaves, n),
        4 | 5 => d.constant(numbers[n as usize % numbers.len()]),
        6..=9 => {
            let (a, b) = (bv::<D, L, W>(d, leaves, tape), bv::<D, L, W>(d, leaves, tape));
            binop::<D, W>(d, at(BINOPS), a, b)
        }
        // With a constant, since that is where most identities are.
        10 | 11 => {
            let (a, c) = (bv::<D, L, W>(d, leaves, tape), numbers[(n >> 8) as usize % numbers.len()]);
            binop::<D, W>(d, at(BINOPS), a, d.constant(c))
        }
        12 if W::BITS > 1 => {
            let (a, b) = (bv::<D, L, W>(d, leaves, tape), bv::<D, L, W>(d, leaves, tape));
            rotation::<D, W>(d, at(ROTATIONS), a, b)
        }
        13 => unop::<D, W>(d, at(UNOPS), bv::<D, L, W>(d, leaves, tape)),
        14 => {
            let c = truth::<D, L>(d, leaves, tape);
            d.ite(c, bv::<D, L, W>(d, leaves, tape), bv::<D, L, W>(d, leaves, tape))
        }
        15 => {
            let from = u32::from(WIDTHS[n as usize % 6]).min(W::BITS);
            with_width!(from, extend::<D, L, _, W>(d, leaves, tape, n / 6))
        }
        16 => {
            let from = u32::from(WIDTHS[n as usize % 6]).max(W::BITS);
            with_width!(from, part::<D, L, _, W>(d, leaves, tape, n / 6))
        }
        17 => match W::BITS {
            16 => joined::<D, L, W8, W>(d, leaves, tape, n),
            32 => joined::<D, L, W16, W>(d, leaves, tape, n),
            64 => joined::<D, L, W32, W>(d, leaves, tape, n),
            128 => joined::<D, L, W64, W>(d, leaves, tape, n),
            _ => leaf::<D, L, W>(d, leaves, n),
        },
        18 => {
            // A truth value as a number, as relops leave it.
            let c = truth::<D, L>(d, leaves, tape);
            if n % 2 == 0 { d.ite(c, d.constant(1), d.constant(0)) } else { d.ite(c, d.constant(0), d.constant(1)) }
        }
        // Two different widths, so that zext of W32 and W64 to W is the identity there.
        _ => match W::BITS {
            32 => d.zext::<W32, W>(floating::<D, L, W32>(d, leaves, tape, n)),
            64 => d.zext::<W64, W>(floating::<D, L, W64>(d, leaves, tape, n)),
            _ => leaf::<D, L, W>(d, leaves, n),
        },
    }
}

fn extend<D: Reading, L: Leaves<D>, N: Width, M: Width>(d: &D, l: &L, tape: &mut Tape<'_>, n: u32) -> D::Bv<M> {
    let a = bv::<D, L, N>(d, l, tape);
    if n.is_multiple_of(2) { d.zext::<N, M>(a) } else { d.sext::<N, M>(a) }
}

fn part<D: Reading, L: Leaves<D>, N: Width, M: Width>(d: &D, l: &L, tape: &mut Tape<'_>, n: u32) -> D::Bv<M> {
    let bytes = (N::BITS - M::BITS) / 8 + 1;
    // Mostly at bytes, as memory does it.
    let low = if n.is_multiple_of(4) { n / 4 % (N::BITS - M::BITS + 1) } else { n / 4 % bytes * 8 };
    let a = bv::<D, L, N>(d, l, tape);
    d.extract::<N, M>(a, low)
}

/// Two halves, of one value or of two.
fn joined<D: Reading, L: Leaves<D>, H: Width, M: Width>(d: &D, l: &L, tape: &mut Tape<'_>, n: u32) -> D::Bv<M> {
    if n.is_multiple_of(3) {
        let a = bv::<D, L, M>(d, l, tape);
        let (low, high) = (d.extract::<M, H>(a, 0), d.extract::<M, H>(a, H::BITS));
        return if n.is_multiple_of(2) { d.concat::<H, H, M>(high, low) } else { d.concat::<H, H, M>(low, high) };
    }
    let (high, low) = (bv::<D, L, H>(d, l, tape), bv::<D, L, H>(d, l, tape));
    d.concat::<H, H, M>(if n % 3 == 1 { d.constant(0) } else { high }, low)
}

fn floating<D: Reading, L: Leaves<D>, W: FloatWidth>(d: &D, l: &L, tape: &mut Tape<'_>, n: u32) -> D::Bv<W> {
    let a = bv::<D, L, W>(d, l, tape);
    if n.is_multiple_of(2) {
        return float_unop::<D, W>(d, n as usize / 2 % FLOAT_UNOPS.len(), a);
    }
    num::fcopysign::<D, W>(d, a, bv::<D, L, W>(d, l, tape))
}

/// Of either address type.
fn address<D: Reading, L: Leaves<D>>(d: &D, l: &L, tape: &mut Tape<'_>) -> D::Bv<W64> {
    match tape.next() {
        Some(n) if n.is_multiple_of(2) => bv::<D, L, W64>(d, l, tape),
        _ => d.zext(bv::<D, L, W32>(d, l, tape)),
    }
}

fn truth<D: Reading, L: Leaves<D>>(d: &D, l: &L, tape: &mut Tape<'_>) -> D::Bool {
    let Some(n) = tape.next() else { return d.truth(true) };
    let (kind, n) = (n % 12, n / 12);
    match kind {
        0 => d.truth(n.is_multiple_of(2)),
        1 | 2 => d.negate(truth::<D, L>(d, l, tape)),
        3 => d.both(truth::<D, L>(d, l, tape), truth::<D, L>(d, l, tape)),
        4 => d.either(truth::<D, L>(d, l, tape), truth::<D, L>(d, l, tape)),
        5 if n.is_multiple_of(2) => {
            let (a, b) = (bv::<D, L, W32>(d, l, tape), bv::<D, L, W32>(d, l, tape));
            float_relop::<D, W32>(d, n as usize / 2 % FLOAT_RELOPS.len(), a, b)
        }
        5 => num::is_nan::<D, W64>(d, bv::<D, L, W64>(d, l, tape)),
        6 => {
            let (a, b) = (bv::<D, L, W32>(d, l, tape), bv::<D, L, W32>(d, l, tape));
            let p = partial::<D, W32>(d, n as usize % PARTIALS.len(), a, b);
            p.undefined.1.map_or(p.undefined.0.0, |second| d.either(p.undefined.0.0, second.0))
        }
        7 => {
            // An offset of few bits, or of many.
            let offset = if n.is_multiple_of(3) { u64::MAX - u64::from(n) } else { n.into() };
            num::out_of_bounds(d, address::<D, L>(d, l, tape), offset, n % 17, d.constant(1 << (n % 66)))
        }
        8 => {
            let (i, n, len) = (address::<D, L>(d, l, tape), address::<D, L>(d, l, tape), bv::<D, L, W64>(d, l, tape));
            num::range_out_of_bounds(d, i, n, len)
        }
        _ => with_width!(WIDTHS[n as usize % 6], compared::<D, L, _>(d, l, tape, n / 6)),
    }
}

fn compared<D: Reading, L: Leaves<D>, W: Width>(d: &D, l: &L, tape: &mut Tape<'_>, n: u32) -> D::Bool {
    let numbers = boundary(W::BITS);
    let (which, n) = (n as usize % RELOPS.len(), n / 10);
    let constant = d.constant(numbers[(n / 4) as usize % numbers.len()]);
    let a = bv::<D, L, W>(d, l, tape);
    match n % 4 {
        0 => relop::<D, W>(d, which, a, constant),
        1 => relop::<D, W>(d, which, constant, a),
        _ => relop::<D, W>(d, which, a, bv::<D, L, W>(d, l, tape)),
    }
}

fn values() -> impl Strategy<Value = Vec<u128>> {
    let pair = |bits: u8| {
        let mask = u128::MAX >> (128 - bits);
        let one = prop_oneof![
            prop::sample::select(boundary(bits.into())),
            any::<u128>().prop_map(move |c| c & mask),
            0..1u128
        ];
        prop::collection::vec(one, EACH)
    };
    WIDTHS.map(pair).to_vec().prop_map(|rows| rows.concat())
}

fn check<W: Width>(tape: &[u32], values: &Vec<u128>, known: u16) {
    let mut vars = Vars::new();
    let leaves: Vec<Term> = WIDTHS.iter().flat_map(|w| [*w; EACH]).map(|w| vars.fresh(w)).collect();
    let t = bv::<Terms, _, W>(&vars.d, &leaves, &mut Tape { rest: tape });
    let concrete =
        |values: &Vec<u128>| bv::<Concrete, _, W>(&Concrete::default(), values, &mut Tape { rest: tape }).to_u128();
    let wanted = concrete(values);
    assert_eq!(Compiled::new(&vars, t).eval(values), wanted, "evaluated");
    assert_eq!(vars.number(t, values), Some(wanted), "substituted");
    let some: Vec<_> = values.iter().enumerate().map(|(i, c)| (known >> i & 1 == 1).then_some(*c)).collect();
    let first = vars.put(t, &some);
    assert_eq!(Compiled::new(&vars, first).eval(values), wanted, "substituted in part, evaluated");
    assert_eq!(vars.number(first, values), Some(wanted), "substituted in two parts");
    // A variable for a variable: now both operands of some operations are the same.
    let same = vars.d.substitute(t, |id| {
        let at = vars.vars.iter().position(|(var, _)| *var == id)?;
        Some(leaves[at - at % EACH])
    });
    let aliased: Vec<u128> = values.iter().enumerate().map(|(i, _)| values[i - i % EACH]).collect();
    assert_eq!(Compiled::new(&vars, same).eval(&aliased), concrete(&aliased), "with equal variables");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn expressions(width in 0..6usize, tape in prop::collection::vec(any::<u32>(), 0..50), values in values(),
                   known: u16) {
        match width {
            0 => check::<W1>(&tape, &values, known),
            1 => check::<W8>(&tape, &values, known),
            2 => check::<W16>(&tape, &values, known),
            3 => check::<W32>(&tape, &values, known),
            4 => check::<W64>(&tape, &values, known),
            _ => check::<W128>(&tape, &values, known),
        }
    }
}

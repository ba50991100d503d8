//! Choices: where the standard allows one of several results, and by which profile one of them is taken.
//!
//! There are three: a NaN that is generated is one of `nans` (4.3.3), a relaxed operation is fixed by a global
//! parameter (4.3.6), and `memory.grow` and `table.grow` may fail whenever they could succeed (4.6). What the host
//! answers is a choice too, but the scenario's.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use super::reading::{FloatWidth, MachineInt};

/// A global parameter of a relaxed operation (4.3.6): an index into the list of its possible results, the same in all
/// of a program's execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `R_fmadd`
    Fmadd,
    /// `R_fmin`
    Fmin,
    /// `R_fmax`
    Fmax,
    /// `R_idot`
    Idot,
    /// `R_iq15mulr`
    Iq15mulr,
    /// `R_trunc_u`
    TruncU,
    /// `R_trunc_s`
    TruncS,
    /// `R_swizzle`
    Swizzle,
    /// `R_laneselect`
    Laneselect,
}

/// How many values each parameter can have, in the order of [`Parameter`] (`relaxed2` and `relaxed4`).
const VALUES: [u64; 9] = [2, 4, 4, 2, 2, 4, 2, 2, 2];

/// By what choices are taken.
///
/// The profiles that are named after processors take what the instruction meant for the operation gives: the relaxed
/// parameters are those of the lowerings in the proposal's threads WebAssembly/relaxed-simd#22 (swizzle), #21 (trunc),
/// #27 (madd), #17 (laneselect), #33 (min, max), #40 (q15mulr) and #52 (dot). An engine on such a processor needn't
/// choose the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The standard's deterministic profile (appendix, "Profiles"): NaNs are positive and canonical, every parameter is
    /// 0. Growth succeeds.
    #[default]
    Deterministic,
    /// Any member of each set, by a generator of pseudo-random numbers with this seed. The parameters are drawn once.
    /// One growth in eight fails.
    Seed(u64),
    /// Those of SSE 4.1, FMA3 and AVX-512: the first operand that is a NaN, quiet; where there is none, the negative
    /// canonical one ("QNaN floating-point indefinite").
    X86_64,
    /// Those of Advanced SIMD with `FPCR.DN` = 0: the first operand that is a signalling NaN, else the first that is a
    /// NaN, quiet; where there is none, the positive canonical one (`FPProcessNaNs` and, with the addend first,
    /// `FPMulAdd` in the architecture's pseudocode).
    Aarch64,
}

impl Profile {
    /// The values of the parameters, where no generator draws them.
    fn parameters(self) -> [u8; 9] {
        match self {
            // VFMADD; MINPS and MAXPS, with the second operand as the source; PMADDUBSW; PMULHRSW; VCVTTPS2UDQ;
            // CVTTPS2DQ; PSHUFB; PBLENDVB, BLENDVPS and BLENDVPD, though none of them is for lanes of 16 bits.
            Profile::X86_64 => [1, 2, 2, 1, 1, 1, 1, 1, 1],
            // FMLA; FMIN and FMAX; SMULL and SMULL2; SQRDMULH; FCVTZU; FCVTZS; TBL; BSL.
            Profile::Aarch64 => [1, 0, 0, 0, 0, 0, 0, 0, 0],
            Profile::Deterministic | Profile::Seed(_) => [0; 9],
        }
    }
}

/// As on the command line and in scenarios.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Profile::Deterministic => f.write_str("deterministic"),
            Profile::Seed(seed) => write!(f, "seed:{seed}"),
            Profile::X86_64 => f.write_str("x86-64"),
            Profile::Aarch64 => f.write_str("aarch64"),
        }
    }
}

/// A name that is no profile's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no profile; there are deterministic, seed:N, x86-64 and aarch64")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;
    fn from_str(text: &str) -> Result<Profile, UnknownProfile> {
        let profile = match text {
            "deterministic" => Some(Profile::Deterministic),
            "x86-64" => Some(Profile::X86_64),
            "aarch64" => Some(Profile::Aarch64),
            _ => text.strip_prefix("seed:").and_then(|seed| seed.parse().ok()).map(Profile::Seed),
        };
        profile.ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// Which choices there were: steps at which more than one result was allowed, whichever was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The bits of a NaN.
    pub nan: bool,
    /// The result of a relaxed operation.
    pub relaxed: bool,
    /// Whether a memory or a table grows.
    pub growth: bool,
}

impl Chosen {
    /// Whether the result of a numeric operation was chosen.
    pub fn numeric(self) -> bool {
        self.nan || self.relaxed
    }
}

/// How a member of a set is picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    First,
    Last,
    Drawn,
    X86_64,
    Aarch64,
}

/// Takes the choices, and remembers that there were some.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pick: Pick,
    parameters: [u8; 9],
    generator: Generator,
    chosen: Cell<Chosen>,
}

impl Choices {
    /// Choices by a profile.
    pub(crate) fn new(profile: Profile) -> Choices {
        let seed = if let Profile::Seed(seed) = profile { seed } else { 0 };
        let pick = match profile {
            Profile::Deterministic => Pick::First,
            Profile::Seed(_) => Pick::Drawn,
            Profile::X86_64 => Pick::X86_64,
            Profile::Aarch64 => Pick::Aarch64,
        };
        let generator = Generator::new(seed);
        let parameters = match pick {
            Pick::Drawn => VALUES.map(|n| generator.below(n) as u8),
            _ => profile.parameters(),
        };
        Choices { pick, parameters, generator, chosen: Cell::default() }
    }

    /// Every parameter is `r`, or the last that there is; of each set of NaNs the first member, or the last.
    pub(crate) fn extreme(r: u8, last: bool) -> Choices {
        let pick = if last { Pick::Last } else { Pick::First };
        Choices { pick, parameters: [r; 9], ..Choices::new(Profile::Deterministic) }
    }

    /// What was chosen so far.
    pub(crate) fn chosen(&self) -> Chosen {
        self.chosen.get()
    }

    /// The index of a member of a set of `n`.
    fn pick(&self, n: u64) -> u64 {
        match self.pick {
            Pick::First | Pick::X86_64 | Pick::Aarch64 => 0,
            Pick::Last => n - 1,
            Pick::Drawn => self.generator.below(n),
        }
    }

    /// Whether a memory or a table grows that could.
    pub(crate) fn grows(&self) -> bool {
        self.chosen.set(Chosen { growth: true, ..self.chosen.get() });
        self.pick != Pick::Drawn || self.generator.below(8) > 0
    }

    /// `relaxed(R)[A_0, …]`, of which there may be fewer than R has values.
    pub(crate) fn relaxed<T: Copy + PartialEq>(&self, r: Parameter, sets: &[T]) -> T {
        if sets.iter().any(|a| *a != sets[0]) {
            self.chosen.set(Chosen { relaxed: true, ..self.chosen.get() });
        }
        sets[usize::from(self.parameters[r as usize]).min(sets.len() - 1)]
    }

    /// One of `nans_N`, of operands that all are canonical or not NaNs, or that aren't. Members are counted by payload,
    /// the positive one first, so that the first of all is the deterministic profile's.
    pub(crate) fn nans<W: FloatWidth>(&self, canonical: bool, operands: &[W::Int]) -> W::Int {
        self.chosen.set(Chosen { nan: true, ..self.chosen.get() });
        let sign = 1 << (W::BITS - 1);
        let quiet = 1 << (W::SIGNIFICAND - 1);
        let infinity = sign - (1 << W::SIGNIFICAND);
        let operands = || operands.iter().map(|a| a.to_u128());
        let is_nan = |a: &u128| a & (sign - 1) > infinity;
        let bits = match self.pick {
            Pick::X86_64 => operands().find(is_nan).map_or(sign | infinity | quiet, |a| a | quiet),
            Pick::Aarch64 => {
                let signalling = operands().find(|a| is_nan(a) && a & quiet == 0);
                signalling.or_else(|| operands().find(is_nan)).map_or(infinity | quiet, |a| a | quiet)
            }
            _ => {
                let i = self.pick(if canonical { 2 } else { 2 << (W::SIGNIFICAND - 1) });
                let payload = quiet + u128::from(i >> 1);
                infinity | payload | if i & 1 == 1 { sign } else { 0 }
            }
        };
        W::Int::from_u128(bits)
    }

    /// One of `nans_N` as the result of `a * b + c`; `invalid` if that is a NaN because of an infinity times zero.
    pub(crate) fn fma_nans<W: FloatWidth>(&self, canonical: bool, invalid: bool, [a, b, c]: [W::Int; 3]) -> W::Int {
        match self.pick {
            // The product's exception hides an addend that is quiet.
            Pick::Aarch64 if invalid && c.to_u128() >> (W::SIGNIFICAND - 1) & 1 == 1 => self.nans::<W>(canonical, &[]),
            Pick::Aarch64 => self.nans::<W>(canonical, &[c, a, b]),
            _ => self.nans::<W>(canonical, &[a, b, c]),
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, and the same numbers for a seed on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Generator(Cell<u64>);

impl Generator {
    /// The generator of a seed.
    pub(crate) fn new(seed: u64) -> Generator {
        Generator(Cell::new(seed))
    }

    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let z = self.0.get();
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    fn below(&self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{W32, W64};

    #[test]
    fn profiles_are_read_as_they_are_written() {
        for profile in [Profile::Deterministic, Profile::Seed(u64::MAX), Profile::X86_64, Profile::Aarch64] {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        for wrong in ["", "x86", "seed", "seed:", "seed:-1", "seed:x", "Deterministic"] {
            assert!(wrong.parse::<Profile>().is_err(), "{wrong}");
        }
    }

    /// The numbers that the authors' implementation gives for a seed.
    #[test]
    fn the_generator_is_split_mix() {
        let generator = Generator(Cell::new(1234567));
        let numbers: Vec<u64> = (0..3).map(|_| generator.next()).collect();
        assert_eq!(numbers, [6457827717110365317, 3203168211198807973, 9817491932198370423]);
    }

    #[test]
    fn nans_of_processors() {
        let nan = |profile, operands: &[u32]| Choices::new(profile).nans::<W32>(false, operands);
        let (quiet, signalling) = (0xffc0_0001, 0x7f80_0002);
        assert_eq!(nan(Profile::X86_64, &[0, quiet, signalling]), quiet);
        assert_eq!(nan(Profile::Aarch64, &[0, quiet, signalling]), 0x7fc0_0002);
        assert_eq!(nan(Profile::Aarch64, &[quiet, 0x7fc0_0003]), quiet);
        assert_eq!(nan(Profile::X86_64, &[0, 0]), 0xffc0_0000);
        assert_eq!(nan(Profile::Aarch64, &[0, 0]), 0x7fc0_0000);
        assert_eq!(Choices::extreme(0, true).nans::<W64>(false, &[]), u64::MAX);
        assert_eq!(Choices::extreme(0, true).nans::<W64>(true, &[]), 0xfff8 << 48);
    }
}

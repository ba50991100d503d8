//! What the fuzz targets ask: a function of any bytes for each, which panics where the answer is wrong. The message
//! begins with a signature: what differs, and in what.
//!
//! The package of assay includes this file in its tests, so that each target is tried without a fuzzer.

#![forbid(unsafe_code)]

mod differential;
mod laws;
mod modules;
mod mutator;
#[cfg(feature = "proofs")]
mod policy;
mod script;

// What the tests of assay-interp ask of random modules and of numbers, too.
#[path = "../../interp/tests/flat/compare.rs"]
mod compare;
#[path = "../../interp/tests/laws/law/mod.rs"]
#[allow(dead_code, reason = "laws of what bytes can't say")]
mod law;
#[path = "../../interp/tests/random/mod.rs"]
mod random;

pub use differential::differential;
pub use laws::laws;
pub use modules::{decode, execute, flat, validate};
pub use mutator::mutate;
#[cfg(feature = "proofs")]
pub use policy::policy;
pub use script::script;

pub(crate) use random::Random;

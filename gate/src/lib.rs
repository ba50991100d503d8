//! Admits a module, or says why not.
//!
//! A [`Policy`] says what is allowed; everything else is denied. Proofs that it requires are made here and now; what
//! isn't known is no pass.

mod policy;
mod verdict;

pub use policy::{Policy, PolicyError};
pub use verdict::{Check, Finding, Verdict, admit};

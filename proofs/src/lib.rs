//! What a module can never do.
//!
//! Each instruction that can trap is an obligation ([`module::obligation`]). A module is run over terms by the same
//! rules that run it on numbers: from every entry, with any arguments, in any state that the world outside can bring
//! about ([`module::world`]). What holds on all paths is proved; what doesn't hold is refuted once the interpreter has
//! replayed a scenario that traps at that very instruction; the rest is unknown, with its reason.

pub mod module;
mod smt;

pub use module::{Budgets, ProveError, Report, prove};

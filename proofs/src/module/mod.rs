//! Proofs about modules.

mod explore;
mod interval;
pub mod obligation;
pub(crate) mod path;
mod report;
mod witness;
pub mod world;

pub use explore::{Budgets, ProveError, prove};
pub use report::{Finding, How, Report, Verdict, Why};
pub use witness::Witness;

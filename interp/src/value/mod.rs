//! The readings of a value. The numerics (4.3) are written once, over [`Reading`]; [`Concrete`] computes with machine
//! integers, [`Marked`] with those of which it knows the bits that depend on a choice, [`Terms`] builds terms that a
//! verifier folds, bounds or hands to a solver.

mod choice;
mod concrete;
mod marked;
mod reading;
mod term;

#[cfg(feature = "wasi")]
pub(crate) use choice::Generator;
pub use choice::{Chosen, Parameter, Profile, UnknownProfile};
pub use concrete::Concrete;
pub use marked::{Marked, MarkedBool, MarkedBv};
pub use reading::{FloatOp, FloatWidth, MachineInt, Reading, W1, W8, W16, W32, W64, W128, Width};
pub use term::{Node, Op, Term, Terms, VarId, eval_op};

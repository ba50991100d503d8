//! Validation (chapter 3), rule by rule: types, their matching, instructions, modules.
//!
//! Nothing of it is taken from the decoder's own validator, which is a peer to be compared with. Each judgement names
//! its [`Rule`]; a refusal says which one doesn't hold, where, what was expected and what was found. Bounds end in an
//! error that is a limit, and not in one of validity.

mod aggregate;
mod constant;
mod context;
mod control;
mod deftypes;
mod error;
mod instr;
mod matching;
mod memory;
mod module;
mod reference;
mod rule;
mod stack;
mod table;
mod types;
mod variable;

pub use deftypes::DefTypes;
pub use error::{Error, Fault, Holder, InstrPlace, Item, Operand, Place, Since, Space};
pub use module::{validate, validate_with};
pub use rule::{Counts, Observer, Rule};

//! Validation (chapter 3): so far what execution needs of it, the matching of types.

mod deftypes;

pub use deftypes::DefTypes;

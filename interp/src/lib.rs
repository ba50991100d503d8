//! The semantics of WebAssembly, executable.
//!
//! Modules follow the chapters of the standard: [`syntax`] (2), [`valid`] (3), [`exec`] (4), [`num`] (4.3), [`binary`]
//! (5). What a value is, is a parameter ([`value`]): the same rules run on machine integers and on terms. Every step
//! names its [`Rule`](rule::Rule), and so does every judgement of validation ([`valid::Rule`]).

pub mod binary;
pub mod exec;
pub mod host;
pub mod machine;
pub mod num;
pub mod outcome;
pub mod rule;
pub mod scenario;
pub mod syntax;
pub mod trace;
pub mod trap;
pub mod valid;
pub mod value;

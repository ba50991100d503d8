//! The flat form: functions as operations on slots, for runs that nobody watches.
//!
//! A function is compiled when it is first called: operands stand in the operation, branches know where they go, and
//! constants and locals are read where they lie. Numbers are computed by the same functions of chapter 4.3 as by the
//! rules; an instruction without an operation of its own is reduced by its rule, on a configuration of its own. What
//! the flat form does is what the rules do: results, traps and their places, the store, and how much of the budgets is
//! taken. `interp/tests/flat.rs` and `spec-tests/tests/flat.rs` hold it against them.

mod code;
mod compile;
mod kind;
mod operations;
mod run;
mod types;

use std::sync::OnceLock;

use crate::syntax::Module;
use code::Code;
use types::Types;

pub(super) use code::decode;
pub(crate) use run::{Event, Flat};

/// The flat form of a module's functions, as far as they have been called.
#[derive(Debug)]
pub(crate) struct FlatModule {
    types: Types,
    /// Without costs, and with them.
    codes: Vec<[OnceLock<Box<Code>>; 2]>,
}

impl FlatModule {
    /// Nothing is compiled yet.
    fn of(module: &Module) -> FlatModule {
        let codes = module.funcs.iter().map(|_| Default::default()).collect();
        FlatModule { types: Types::of(module), codes }
    }

    fn code(&self, module: &Module, def: usize, metered: bool) -> &Code {
        let cell = &self.codes[def][usize::from(metered)];
        cell.get_or_init(|| Box::new(compile::compile(module, &self.types, &module.funcs[def], metered).0))
    }

    /// Position in the body of the instruction that an operation comes from: few operations trap, so that the function
    /// is compiled again to tell.
    fn position(&self, module: &Module, def: usize, metered: bool, op: usize) -> u32 {
        compile::compile(module, &self.types, &module.funcs[def], metered).1[op]
    }
}

/// Whether all functions of a module have a flat form: those with atomic accesses haven't.
pub(crate) fn is_flat(module: &Module) -> bool {
    !module.funcs.iter().any(|func| func.is_atomic)
}

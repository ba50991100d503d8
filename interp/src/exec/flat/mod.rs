//! The flat form: functions as operations on slots, for runs that nobody watches.
//!
//! A function is compiled when it is first called: operands stand in the operation, branches know where they go, and
//! constants and locals are read where they lie. Numbers are computed by the same functions of chapter 4.3 as by the
//! rules; an instruction without an operation of its own is reduced by its rule, on a configuration of its own. What
//! the flat form does is what the rules do: results, traps and their places, the store, and how much of the budgets is
//! taken; and one operation stands for several rules, one after another, which it can tell (told.rs).
//! `interp/tests/flat/` and `spec-tests/tests/flat.rs` hold it against them in all of this.

mod code;
mod compile;
mod kind;
mod operations;
mod run;
mod steps;
mod told;
mod types;

use std::sync::OnceLock;

use crate::syntax::Module;
use code::Code;
use types::Types;

pub(super) use code::decode;
pub(crate) use run::{Event, Flat};

/// What a function is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Running.
    Free,
    /// Running, while its reductions are counted.
    Metered,
    /// Telling the rules that its operations stand for, one operation at a time. They are those of `Free` and, where
    /// paths meet, idle ones.
    Told,
}

/// The flat form of a module's functions, as far as they have been called.
#[derive(Debug)]
pub(crate) struct FlatModule {
    types: Types,
    /// Without costs, and with them.
    codes: Vec<[OnceLock<Box<Code>>; 2]>,
    /// Whether those with costs are those that tell their rules.
    tells: bool,
    /// The form that tells its rules, once somebody has asked for it.
    telling: OnceLock<Box<FlatModule>>,
}

impl FlatModule {
    /// Nothing is compiled yet.
    fn of(module: &Module, tells: bool) -> FlatModule {
        let codes = module.funcs.iter().map(|_| Default::default()).collect();
        FlatModule { types: Types::of(module), codes, tells, telling: OnceLock::new() }
    }

    /// The form that tells its rules.
    fn telling(&self, module: &Module) -> &FlatModule {
        self.telling.get_or_init(|| Box::new(FlatModule::of(module, true)))
    }

    fn form(&self, metered: bool) -> Form {
        match metered {
            false => Form::Free,
            true if self.tells => Form::Told,
            true => Form::Metered,
        }
    }

    fn code(&self, module: &Module, def: usize, metered: bool) -> &Code {
        let compile = || compile::compile(module, &self.types, &module.funcs[def], self.form(metered)).0;
        self.codes[def][usize::from(metered)].get_or_init(|| Box::new(compile()))
    }

    /// Position in the body of the instruction that an operation comes from: few operations trap, so that the function
    /// is compiled again to tell.
    fn position(&self, module: &Module, def: usize, metered: bool, op: usize) -> u32 {
        compile::compile(module, &self.types, &module.funcs[def], self.form(metered)).1[op]
    }
}

/// Whether all functions of a module have a flat form: those with atomic accesses haven't.
pub(crate) fn is_flat(module: &Module) -> bool {
    !module.funcs.iter().any(|func| func.is_atomic)
}

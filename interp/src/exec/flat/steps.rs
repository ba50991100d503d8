//! The rules that operations stand for: how many they are, where reductions are counted, and which, where the flat form
//! is held against the rules.

use std::borrow::Cow;

use super::code::{Clause, Code};
use crate::rule::Rule;
use crate::syntax::table::for_each_instruction;
use crate::syntax::{Idx, Instr};

/// Rules, one after another.
pub(super) type Rules = Cow<'static, [Rule]>;

/// The rules of an operation, beside those that are owed when it comes.
#[derive(Clone, Debug)]
pub(super) enum Own {
    /// These.
    Are(Rules),
    /// The first, or the second if it traps.
    Instr(Rule, Rule),
    /// By whether it goes where it says, or on. If the branch asks a rule first, that one is paid instead of one of
    /// these.
    Branch { goes: Vec<Rule>, stays: Vec<Rule>, asks: bool },
    /// By the number that it selects by.
    Select,
    /// By the index, and then those of the way that its target is.
    Table,
    /// Those of a call that comes to its callee.
    Call(Rules),
    /// As many as there are bytes.
    Bulk,
    /// Those that are applied.
    ByRule,
    /// None: it has been asked for a branch.
    Asked,
    /// Only a trap's, since the way out of an exception isn't told.
    ThrowRef,
}

impl Own {
    /// How many there are, whatever happens; of a branch, if it doesn't go. What the operation pays itself isn't here.
    pub(super) fn cost(&self) -> u32 {
        match self {
            Own::Are(rules) | Own::Call(rules) => rules.len() as u32,
            Own::Instr(..) | Own::Select | Own::Table => 1,
            Own::Branch { stays, asks, .. } => stays.len() as u32 - u32::from(*asks),
            Own::Bulk | Own::ByRule | Own::Asked | Own::ThrowRef => 0,
        }
    }
}

/// These, which stand in the program.
pub(super) fn are(rules: &'static [Rule]) -> Own {
    Own::Are(Cow::Borrowed(rules))
}

/// The rules of an operation.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Those that are owed when it comes.
    pub(super) before: Vec<Rule>,
    /// Its own.
    pub(super) own: Own,
}

/// The rules of a function in flat form.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// Of each operation.
    pub(super) steps: Vec<Steps>,
    /// Of the way to each target of a table.
    pub(super) targets: Vec<Vec<Rule>>,
    /// Of the way from each clause of each `try_table`.
    pub(super) clauses: Vec<Vec<Vec<Rule>>>,
}

// What has a result for all operands doesn't trap.
macro_rules! rules {
    (unop($($arg:tt)*)) => {
        (Rule::UnopVal, Rule::UnopVal)
    };
    (binop($($arg:tt)*)) => {
        (Rule::BinopVal, Rule::BinopTrap)
    };
    (partial_binop($($arg:tt)*)) => {
        (Rule::BinopVal, Rule::BinopTrap)
    };
    (testop($($arg:tt)*)) => {
        (Rule::Testop, Rule::Testop)
    };
    (relop($($arg:tt)*)) => {
        (Rule::Relop, Rule::Relop)
    };
    (cvtop($($arg:tt)*)) => {
        (Rule::CvtopVal, Rule::CvtopTrap)
    };
    (partial_cvtop($($arg:tt)*)) => {
        (Rule::CvtopVal, Rule::CvtopTrap)
    };
    (load($($arg:tt)*)) => {
        (Rule::LoadNumVal, Rule::LoadNumOob)
    };
    (load_pack($($arg:tt)*)) => {
        (Rule::LoadPackVal, Rule::LoadPackOob)
    };
    (store($($arg:tt)*)) => {
        (Rule::StoreNumVal, Rule::StoreNumOob)
    };
    (store_pack($($arg:tt)*)) => {
        (Rule::StorePackVal, Rule::StorePackOob)
    };
    (vload($($arg:tt)*)) => {
        (Rule::VloadVal, Rule::VloadOob)
    };
    (vload_pack($($arg:tt)*)) => {
        (Rule::VloadPackVal, Rule::VloadPackOob)
    };
    (vload_splat($($arg:tt)*)) => {
        (Rule::VloadSplatVal, Rule::VloadSplatOob)
    };
    (vload_zero($($arg:tt)*)) => {
        (Rule::VloadZeroVal, Rule::VloadZeroOob)
    };
    (vload_lane($($arg:tt)*)) => {
        (Rule::VloadLaneVal, Rule::VloadLaneOob)
    };
    (vstore($($arg:tt)*)) => {
        (Rule::VstoreVal, Rule::VstoreOob)
    };
    (vstore_lane($($arg:tt)*)) => {
        (Rule::VstoreLaneVal, Rule::VstoreLaneOob)
    };
    (vvunop($($arg:tt)*)) => {
        (Rule::Vvunop, Rule::Vvunop)
    };
    (vvbinop($($arg:tt)*)) => {
        (Rule::Vvbinop, Rule::Vvbinop)
    };
    (vvternop($($arg:tt)*)) => {
        (Rule::Vvternop, Rule::Vvternop)
    };
    (vvtestop($($arg:tt)*)) => {
        (Rule::Vvtestop, Rule::Vvtestop)
    };
    (vunop($($arg:tt)*)) => {
        (Rule::VunopVal, Rule::VunopVal)
    };
    (vbinop($($arg:tt)*)) => {
        (Rule::VbinopVal, Rule::VbinopVal)
    };
    (vternop($($arg:tt)*)) => {
        (Rule::VternopVal, Rule::VternopVal)
    };
    (vtestop($($arg:tt)*)) => {
        (Rule::Vtestop, Rule::Vtestop)
    };
    (vrelop($($arg:tt)*)) => {
        (Rule::Vrelop, Rule::Vrelop)
    };
    (vshiftop($($arg:tt)*)) => {
        (Rule::Vshiftop, Rule::Vshiftop)
    };
    (vbitmask($($arg:tt)*)) => {
        (Rule::Vbitmask, Rule::Vbitmask)
    };
    (vswizzlop($($arg:tt)*)) => {
        (Rule::Vswizzlop, Rule::Vswizzlop)
    };
    (vshuffle($($arg:tt)*)) => {
        (Rule::Vshuffle, Rule::Vshuffle)
    };
    (vsplat($($arg:tt)*)) => {
        (Rule::Vsplat, Rule::Vsplat)
    };
    (vextract_lane($($arg:tt)*)) => {
        (Rule::VextractLaneNum, Rule::VextractLaneNum)
    };
    (vextract_lane_pack($($arg:tt)*)) => {
        (Rule::VextractLanePack, Rule::VextractLanePack)
    };
    (vreplace_lane($($arg:tt)*)) => {
        (Rule::VreplaceLane, Rule::VreplaceLane)
    };
    (vextunop($($arg:tt)*)) => {
        (Rule::Vextunop, Rule::Vextunop)
    };
    (vextbinop($($arg:tt)*)) => {
        (Rule::Vextbinop, Rule::Vextbinop)
    };
    (relaxed_vextbinop($($arg:tt)*)) => {
        (Rule::Vextbinop, Rule::Vextbinop)
    };
    (vextternop($($arg:tt)*)) => {
        (Rule::Vextternop, Rule::Vextternop)
    };
    (vnarrow($($arg:tt)*)) => {
        (Rule::Vnarrow, Rule::Vnarrow)
    };
    (vcvtop($($arg:tt)*)) => {
        (Rule::Vcvtop, Rule::Vcvtop)
    };
    ($family:ident($($arg:tt)*)) => {
        unreachable!("it has no operation of its own")
    };
}

macro_rules! arms {
    ($instr:ident;
     $([$($op:literal)+] $text:literal $Name:ident { $($theirs:ident as $ours:ident: $T:ty),* }
       $family:ident($($arg:tt)*);)*) => {
        match $instr {
            $(Instr::$Name { .. } => rules!($family($($arg)*)),)*
        }
    };
}

/// The rules of an instruction that has an operation of its own: if it doesn't trap, and if it does.
pub(super) fn rules_of(instr: &Instr) -> (Rule, Rule) {
    for_each_instruction!(arms instr;)
}

/// What handlers in a function do with an exception of an operation: rules up to the branch of the clause that catches
/// it, and those of the branch.
pub(super) fn handled(code: &Code, op: u32, is: impl Fn(Idx) -> bool) -> Vec<Rule> {
    let mut rules = Vec::new();
    let told = code.told.as_ref().expect("it was compiled to tell its rules");
    for (tried, ways) in code.tries.iter().zip(&told.clauses).rev().filter(|(t, _)| t.from <= op && op < t.to) {
        for (clause, way) in tried.clauses.iter().zip(ways) {
            let Clause { tag, takes_ref, .. } = clause;
            if tag.is_some_and(|x| !is(x)) {
                rules.push(Rule::ThrowRefHandlerNext);
                continue;
            }
            rules.push(match (tag, takes_ref) {
                (Some(_), false) => Rule::ThrowRefHandlerCatch,
                (Some(_), true) => Rule::ThrowRefHandlerCatchRef,
                (None, false) => Rule::ThrowRefHandlerCatchAll,
                (None, true) => Rule::ThrowRefHandlerCatchAllRef,
            });
            rules.extend(way);
            return rules;
        }
        rules.push(Rule::ThrowRefHandlerEmpty);
    }
    rules
}

//! What directives ask for.

use std::fmt;

use wast::{QuoteWat, WastDirective};

/// What a directive asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A module that is instantiated, or defined to be instantiated later.
    Module,
    /// An instance gets a name that imports can use.
    Register,
    /// A call whose results don't matter, as long as it returns.
    Action,
    /// `assert_return`
    Return,
    /// `assert_trap`
    Trap,
    /// `assert_exhaustion`
    Exhaustion,
    /// `assert_exception`
    Exception,
    /// `assert_suspension`
    Suspension,
    /// `assert_unlinkable`
    Unlinkable,
    /// `assert_invalid`
    Invalid,
    /// `assert_invalid_custom`, which tests this runner, too.
    InvalidCustom,
    /// `assert_malformed` of a module in the binary format.
    Malformed,
    /// `assert_malformed` of a quoted text: most of these test the parser of texts, which isn't the engine's.
    MalformedQuoted,
    /// `assert_malformed_custom`, which tests this runner: no engine must look at custom sections.
    MalformedCustom,
    /// `thread`; its own directives are counted beside it.
    Thread,
    /// `wait`
    Wait,
}

impl Kind {
    /// All kinds, in the order of reports.
    pub const ALL: [Kind; 16] = [
        Kind::Module,
        Kind::Register,
        Kind::Action,
        Kind::Return,
        Kind::Trap,
        Kind::Exhaustion,
        Kind::Exception,
        Kind::Suspension,
        Kind::Unlinkable,
        Kind::Invalid,
        Kind::InvalidCustom,
        Kind::Malformed,
        Kind::MalformedQuoted,
        Kind::MalformedCustom,
        Kind::Thread,
        Kind::Wait,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Register => "register",
            Kind::Action => "action",
            Kind::Return => "return",
            Kind::Trap => "trap",
            Kind::Exhaustion => "exhaustion",
            Kind::Exception => "exception",
            Kind::Suspension => "suspension",
            Kind::Unlinkable => "unlinkable",
            Kind::Invalid => "invalid",
            Kind::InvalidCustom => "invalid-custom",
            Kind::Malformed => "malformed",
            Kind::MalformedQuoted => "malformed-quoted",
            Kind::MalformedCustom => "malformed-custom",
            Kind::Thread => "thread",
            Kind::Wait => "wait",
        }
    }

    pub(crate) fn of(directive: &WastDirective<'_>) -> Kind {
        match directive {
            WastDirective::Module(_) | WastDirective::ModuleDefinition(_) | WastDirective::ModuleInstance { .. } => {
                Kind::Module
            }
            WastDirective::Register { .. } => Kind::Register,
            WastDirective::Invoke(_) => Kind::Action,
            WastDirective::AssertReturn { .. } => Kind::Return,
            WastDirective::AssertTrap { .. } => Kind::Trap,
            WastDirective::AssertExhaustion { .. } => Kind::Exhaustion,
            WastDirective::AssertException { .. } => Kind::Exception,
            WastDirective::AssertSuspension { .. } => Kind::Suspension,
            WastDirective::AssertUnlinkable { .. } => Kind::Unlinkable,
            WastDirective::AssertInvalid { .. } => Kind::Invalid,
            WastDirective::AssertInvalidCustom { .. } => Kind::InvalidCustom,
            WastDirective::AssertMalformed { module: QuoteWat::Wat(_), .. } => Kind::Malformed,
            WastDirective::AssertMalformed { .. } => Kind::MalformedQuoted,
            WastDirective::AssertMalformedCustom { .. } => Kind::MalformedCustom,
            WastDirective::Thread(_) => Kind::Thread,
            WastDirective::Wait { .. } => Kind::Wait,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

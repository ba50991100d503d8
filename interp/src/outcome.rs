//! How a module, an instantiation or a call ends: one enumeration for every engine and every phase.

use std::fmt;

use crate::exec::{Place, Value};
pub use crate::trap::{Budget, TrapKind};

/// How a module, an instantiation or a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With these results.
    Returned(Vec<Value>),
    /// By a trap.
    Trapped(Trap),
    /// By an exception that nothing caught, with this payload.
    Threw(Vec<Value>),
    /// By an exception that nothing caught, of which the engine doesn't show the payload, and why.
    ThrewUnseen(String),
    /// The program ended itself, with this exit code: no outcome of the standard's, but of a host's function.
    Exited(u32),
    /// A budget ran out.
    Exhausted(Budget),
    /// The module isn't in the binary format.
    Malformed(String),
    /// The module breaks a validation rule.
    Invalid(String),
    /// Malformed or invalid; the engine doesn't say which.
    Rejected(String),
    /// An import is missing or of another type.
    Unlinkable(String),
    /// Valid by the standard, beyond the limits of an implementation.
    Limit(String),
    /// Not something that this engine does.
    Unsupported(String),
    /// The process that the engine runs in died.
    Crashed(String),
    /// The process that the engine runs in didn't answer in time, and was killed.
    Hung(String),
    /// The process that the engine runs in gave an answer that isn't one.
    Nonsense(String),
}

/// A trap.
#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    /// Its kind.
    pub kind: TrapKind,
    /// What else it may be, where an engine has but words for it that stand for several kinds.
    pub or: Vec<TrapKind>,
    /// The engine's own words.
    pub message: String,
    /// The instruction, if the engine tells.
    pub place: Option<Place>,
}

impl Trap {
    /// The kinds that it may be of: one, where the engine tells.
    pub fn kinds(&self) -> impl Iterator<Item = TrapKind> {
        std::iter::once(self.kind).chain(self.or.iter().copied())
    }

    /// Whether it may be of a kind.
    pub fn may_be(&self, kind: TrapKind) -> bool {
        self.kinds().any(|k| k == kind)
    }
}

impl From<crate::binary::Error> for Outcome {
    fn from(error: crate::binary::Error) -> Outcome {
        use crate::binary::ErrorKind;
        let message = format!("{} (at byte {:#x})", error.message, error.offset);
        match error.kind {
            ErrorKind::Malformed => Outcome::Malformed(message),
            ErrorKind::Invalid => Outcome::Invalid(message),
            ErrorKind::Limit => Outcome::Limit(message),
            ErrorKind::Unsupported => Outcome::Unsupported(message),
        }
    }
}

/// Where results were wanted, every other end is an error.
impl std::error::Error for Outcome {}

impl Outcome {
    /// Whether it is of the engine's process, and so no answer: two of them are no agreement.
    pub fn is_breakdown(&self) -> bool {
        matches!(self, Outcome::Crashed(_) | Outcome::Hung(_) | Outcome::Nonsense(_))
    }

    /// One word for the kind, as in reports and files.
    pub fn kind(&self) -> &'static str {
        match self {
            Outcome::Returned(_) => "returned",
            Outcome::Trapped(_) => "trapped",
            Outcome::Threw(_) | Outcome::ThrewUnseen(_) => "threw",
            Outcome::Exited(_) => "exited",
            Outcome::Exhausted(_) => "exhausted",
            Outcome::Malformed(_) => "malformed",
            Outcome::Invalid(_) => "invalid",
            Outcome::Rejected(_) => "rejected",
            Outcome::Unlinkable(_) => "unlinkable",
            Outcome::Limit(_) => "limit",
            Outcome::Unsupported(_) => "unsupported",
            Outcome::Crashed(_) => "crashed",
            Outcome::Hung(_) => "hung",
            Outcome::Nonsense(_) => "nonsense",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Returned(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "returned [{}]", values.join(" "))
            }
            Outcome::Trapped(trap) => {
                let kinds: Vec<&str> = trap.kinds().map(TrapKind::message).collect();
                write!(f, "trapped: {}", kinds.join(" or "))
            }
            Outcome::Threw(payload) if payload.is_empty() => f.write_str("threw an exception that nothing caught"),
            Outcome::Threw(payload) => {
                let values: Vec<String> = payload.iter().map(Value::to_string).collect();
                write!(f, "threw an exception that nothing caught, with [{}]", values.join(" "))
            }
            Outcome::ThrewUnseen(why) => {
                write!(f, "threw an exception that nothing caught, whose payload isn't seen: {why}")
            }
            Outcome::Exhausted(Budget::Wait) => f.write_str("waits for ever"),
            Outcome::Exited(code) => write!(f, "exited with code {code}"),
            Outcome::Exhausted(budget) => write!(f, "exhausted its {budget}"),
            Outcome::Malformed(why)
            | Outcome::Invalid(why)
            | Outcome::Rejected(why)
            | Outcome::Unlinkable(why)
            | Outcome::Limit(why)
            | Outcome::Unsupported(why)
            | Outcome::Crashed(why)
            | Outcome::Hung(why)
            | Outcome::Nonsense(why) => write!(f, "{}: {why}", self.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine that has only words for a trap says all that they may stand for.
    #[test]
    fn a_trap_may_be_of_several_kinds() {
        let or = vec![TrapKind::TableOutOfBounds];
        let trap = Trap { kind: TrapKind::MemoryOutOfBounds, or, message: "out of bounds".into(), place: None };
        assert!(trap.may_be(TrapKind::MemoryOutOfBounds) && trap.may_be(TrapKind::TableOutOfBounds));
        assert!(!trap.may_be(TrapKind::ArrayOutOfBounds));
        let words = "trapped: out of bounds memory access or out of bounds table access";
        assert_eq!(Outcome::Trapped(trap).to_string(), words);
    }
}

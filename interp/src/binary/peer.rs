//! Two validators are asked, ours and wasmparser's, and compared.

use super::{Error, ErrorKind, Result, read, validate};
use crate::syntax::{Features, Version};
use crate::valid;

/// What two validators say of a module that is well-formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Both find it valid.
    Valid,
    /// Both refuse it: ours by a rule, wasmparser's perhaps as not in the grammar of the version.
    Invalid {
        /// The rule that doesn't hold.
        ours: valid::Error,
        /// What wasmparser's says.
        theirs: Error,
    },
    /// It is beyond a limit of one of them, so that they can't be compared.
    Limit(String),
    /// It has what our syntax hasn't, and is valid by wasmparser's alone.
    Alone(Error),
    /// They disagree: one of them is wrong.
    Disagreement {
        /// What ours says.
        ours: std::result::Result<(), valid::Error>,
        /// What wasmparser's says.
        theirs: Result<()>,
    },
}

impl Judgement {
    /// Whether it is the disagreement whose reason is known: 1.0 asks for labels of one type where `br_table` is, which
    /// wasmparser's has forgotten (docs/findings/br-table-of-1.0.md).
    pub fn is_explained(&self, features: Features) -> bool {
        matches!(self, Judgement::Disagreement { ours: Err(ours), theirs: Ok(()) }
            if features.version == Version::V1 && ours.rule == valid::Rule::InstrOkBrTable)
    }
}

/// Decodes a module, and asks both validators whether it is valid.
///
/// # Errors
///
/// Malformed; beyond a limit of decoding; invalid where the decoder can't represent it.
pub fn judge(bytes: &[u8], features: Features) -> Result<Judgement> {
    let (module, unsupported) = read(bytes, features)?;
    let theirs = validate(bytes, features);
    if let Some(error) = unsupported {
        return theirs.map(|()| Judgement::Alone(error));
    }
    Ok(match (valid::validate(&module, features), theirs) {
        (Err(ours), _) if ours.is_limit() => Judgement::Limit(ours.to_string()),
        (_, Err(theirs)) if theirs.kind == ErrorKind::Limit => Judgement::Limit(theirs.message),
        (Ok(()), Ok(())) => Judgement::Valid,
        (Err(ours), Err(theirs)) => Judgement::Invalid { ours, theirs },
        (ours, theirs) => Judgement::Disagreement { ours, theirs },
    })
}

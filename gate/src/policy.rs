//! Policies: a TOML file that says what is allowed.
//!
//! ```toml
//! [imports]                       # by module: the names allowed, or ["*"] for all of that module
//! wasi_snapshot_preview1 = ["fd_write", "proc_exit"]
//!
//! [limits]                        # without a limit, none of it is allowed
//! memory_pages = 16               # pages of 64 KiB that all memories may grow to, together
//! table_elements = 100            # elements that all tables may grow to, together
//! functions = 200                 # functions defined
//! code_bytes = 100000             # bytes of all function bodies
//!
//! [proofs]                        # groups of obligations of which all must be proved
//! require = ["memory"]            # memory, table, indirect-call, arithmetic, unreachable
//! ```

use std::collections::BTreeMap;

use assay_proofs::module::obligation::Obligation;
use serde::Deserialize;

/// What is allowed. Everything defaults to nothing.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Names of imports by module; `*` stands for all names of its module.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Greatest sizes.
    pub limits: Limits,
    /// What must be proved.
    pub proofs: Proofs,
}

/// Greatest sizes; where there is none, none of it is allowed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Pages of 64 KiB that all memories may grow to, together.
    pub memory_pages: Option<u64>,
    /// Elements that all tables may grow to, together.
    pub table_elements: Option<u64>,
    /// Functions that the module defines.
    pub functions: Option<u64>,
    /// Bytes of all function bodies.
    pub code_bytes: Option<u64>,
}

/// What must be proved.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Proofs {
    /// Groups of obligations.
    pub require: Vec<String>,
}

/// Why a policy can't be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It isn't TOML, has a key that isn't one, or a value of another type.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// It requires proofs that there aren't.
    #[error("[proofs] require: there is no group {0:?}; there are {groups}", groups = Obligation::GROUPS.join(", "))]
    Group(String),
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// With the line where something isn't as it must be.
    pub fn from_toml(text: &str) -> Result<Policy, PolicyError> {
        let policy: Policy = toml::from_str(text)?;
        match policy.proofs.require.iter().find(|group| !Obligation::GROUPS.contains(&group.as_str())) {
            Some(group) => Err(PolicyError::Group(group.clone())),
            None => Ok(policy),
        }
    }

    pub(crate) fn allows(&self, module: &str, name: &str) -> bool {
        self.imports.get(module).is_some_and(|names| names.iter().any(|n| n == name || n == "*"))
    }
}

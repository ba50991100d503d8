//! What the outside does: which modules are instantiated, what is called with what, what the host answers and writes.
//!
//! A witness, a difference and a reproducer are the same thing: a scenario, which any engine can replay. Its file form
//! (feature `serde`) is TOML:
//!
//! ```toml
//! [[step]]
//! instantiate = "kernel.wasm"          # the path of a module, relative to the file
//!
//! [[step.answers]]                     # the host's answers to its imports, call by call; then zeros
//! import = ["env", "read"]
//! results = [{ i32 = "-1" }]
//!
//! [[step]]
//! write = { instance = 0, export = "memory", offset = 16, bytes = "00ff" }
//!
//! [[step]]
//! call = { instance = 0, export = "encode", args = [{ i32 = "65536" }] }
//! ```

use crate::exec::Value;

/// A sequence of steps, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing that the outside does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Instantiates a module; instances are numbered from 0. What it imports comes from the host: functions answer as
    /// scripted, memories, tables and globals are of the declared type and hold zeros and nulls.
    Instantiate {
        /// Which module: a path in a file, or what the scenario's owner calls it.
        module: String,
        /// Scripted answers, in order of the calls to each import.
        answers: Vec<Answer>,
    },
    /// Calls an exported function.
    Call {
        /// The instance's number.
        instance: usize,
        /// Name of the export.
        export: String,
        /// The arguments.
        args: Vec<Value>,
    },
    /// Writes bytes to an exported memory.
    Write(Write),
    /// Sets an exported global.
    Set {
        /// The instance's number.
        instance: usize,
        /// Name of the export.
        export: String,
        /// The value.
        value: Value,
    },
}

/// Bytes written to an exported memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// The instance's number.
    pub instance: usize,
    /// Name of the export.
    pub export: String,
    /// Where, in bytes.
    pub offset: u64,
    /// What.
    pub bytes: Vec<u8>,
}

/// A host function's answer to one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The import: module and name.
    pub import: (String, String),
    /// What it returns.
    pub results: Vec<Value>,
    /// Whether it throws instead.
    pub throws: bool,
}

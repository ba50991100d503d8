//! What the outside does: which modules are instantiated, what is called with what, what the host answers and writes.
//!
//! A witness, a difference and a reproducer are the same thing: a scenario, which any engine can replay. Its file form
//! (feature `serde`) is TOML:
//!
//! ```toml
//! [[step]]
//! instantiate = "kernel.wasm"          # the path of a module, relative to the file
//! register = "kernel"                  # what later modules import it as; without, they can't
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
//!
//! [[step]]
//! set = { instance = 0, export = "limit", value = { i64 = "7" } }
//!
//! [[step]]
//! start = { instance = 0, export = "worker", args = [{ i32 = "1" }] }  # thread 0, which takes no step yet
//!
//! [[step]]
//! advance = { thread = 0, steps = 10 }
//!
//! [[step]]
//! join = { thread = 0 }                # to its end, while the others take turns with it
//! ```
//!
//! Integers are written as text, since TOML has no unsigned ones of 64 bits: decimal, signed or not, or `0x` and
//! hexadecimal digits. A float is written as its bits, `{ f32 = "0x7fc00000" }`, so that a NaN keeps them, and a vector
//! as its 16 bytes, `{ v128 = "000102030405060708090a0b0c0d0e0f" }`, the first one first. A null is
//! `{ ref = "null-func" }` or `{ ref = "null-extern" }`, a reference of the host's `{ extern = 3 }`. A reference to a
//! function, `{ func = 2 }`, is an address of the engine that it came from and means nothing to another one. An answer
//! with `throws = true` throws an exception instead of returning.
//!
//! `profile = "seed:42"`, before the steps, says by which [`Profile`] our interpreter takes choices. Other engines take
//! them as they do.

#[cfg(feature = "serde")]
mod file;

use std::fmt;

use crate::exec::Value;
use crate::value::Profile;

#[cfg(feature = "serde")]
pub use file::ScenarioError;

/// A sequence of steps, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// By what the choices are taken, in an engine that lets one say.
    pub profile: Profile,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One thing that the outside does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Instantiates a module; instances are numbered from 0. What it imports comes from the last instance that is
    /// registered under the import's module name; if there is none, from the host: functions answer as scripted,
    /// memories, tables and globals are of the declared type and hold zeros and nulls.
    Instantiate {
        /// Which module: a path in a file, or what the scenario's owner calls it.
        module: String,
        /// The name that it is registered under, for imports of the instances that follow.
        register: Option<String>,
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
    /// Starts a thread that calls an exported function; threads are numbered from 0. It takes no step yet.
    Start {
        /// The instance's number.
        instance: usize,
        /// Name of the export.
        export: String,
        /// The arguments.
        args: Vec<Value>,
    },
    /// Lets a thread take steps, fewer if it ends or waits before.
    Advance {
        /// The thread's number.
        thread: usize,
        /// How many steps.
        steps: u64,
    },
    /// Runs a thread to its end, while the others take turns with it.
    Join {
        /// The thread's number.
        thread: usize,
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

/// Bytes that a line shows of a write.
const SHOWN: usize = 32;

/// In words, a line for each thing that the outside does.
impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.profile != Profile::default() {
            writeln!(f, "choices by the profile {}", self.profile)?;
        }
        let instances = self.steps.iter().filter(|step| matches!(step, Step::Instantiate { .. })).count();
        self.steps.iter().try_for_each(|step| {
            step.write(f, instances > 1)?;
            f.write_str("\n")
        })
    }
}

/// In words; scripted answers follow on lines of their own. Instance 0 isn't named.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, false)
    }
}

impl Step {
    fn write(&self, f: &mut fmt::Formatter<'_>, name_instance: bool) -> fmt::Result {
        let instance = match self {
            Step::Instantiate { module, register, answers } => {
                write!(f, "instantiate \"{}\"", module.escape_debug())?;
                if let Some(name) = register {
                    write!(f, " as \"{}\"", name.escape_debug())?;
                }
                return answers.iter().try_for_each(|answer| write!(f, "\n{answer}"));
            }
            Step::Call { instance, export, args } => {
                write!(f, "call {}({})", Name(export), list(args))?;
                instance
            }
            Step::Write(write) => {
                let (bytes, offset) = (Hex(&write.bytes), write.offset);
                write!(f, "host writes {bytes} to \"{}\" at {offset}", write.export.escape_debug())?;
                &write.instance
            }
            Step::Start { instance, export, args } => {
                write!(f, "start {}({})", Name(export), list(args))?;
                instance
            }
            Step::Advance { thread, steps } => return write!(f, "thread {thread} takes {steps} steps"),
            Step::Join { thread } => return write!(f, "thread {thread} runs to its end"),
            Step::Set { instance, export, value } => {
                write!(f, "host sets \"{}\" to {value}", export.escape_debug())?;
                instance
            }
        };
        if name_instance || *instance != 0 { write!(f, " of instance {instance}") } else { Ok(()) }
    }
}

/// In words.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = (self.import.0.escape_debug(), self.import.1.escape_debug());
        if self.throws {
            return write!(f, "host throws at \"{module}\" \"{name}\"");
        }
        let results = if self.results.is_empty() { "nothing".into() } else { list(&self.results) };
        write!(f, "host answers \"{module}\" \"{name}\" with {results}")
    }
}

fn list(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

/// An export's name, in quotation marks unless it is plain.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.$-".contains(c);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            f.write_str(self.0)
        } else {
            write!(f, "\"{}\"", self.0.escape_debug())
        }
    }
}

/// Bytes in hexadecimal; of many only the first.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        self.0.iter().take(SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        if self.0.len() > SHOWN { write!(f, "… ({} bytes)", self.0.len()) } else { Ok(()) }
    }
}

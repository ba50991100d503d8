//! The binary format (chapter 5): wasmparser's events become our syntax.
//!
//! Decoding proper (LEB128, sections, opcodes) is wasmparser's. What is ours: that a module is read to its end and
//! found well-formed before it is asked whether it is valid, and is valid by all of 3.0 before it is called
//! unsupported.

mod instr;
mod sections;

use std::fmt;

use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::syntax::Module;

/// What is wrong with a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// By which phase's rules.
    pub kind: ErrorKind,
    /// What is wrong.
    pub message: String,
    /// Where: an offset in bytes from the beginning.
    pub offset: usize,
}

/// The phase that refused a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It isn't in the binary format (chapter 5).
    Malformed,
    /// It breaks a validation rule (chapter 3).
    Invalid,
    /// The standard allows it, an implementation limit doesn't (appendix A.2).
    Limit,
    /// It is valid, and uses what isn't executed yet.
    Unsupported,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ErrorKind::Malformed => "malformed module",
            ErrorKind::Invalid => "invalid module",
            ErrorKind::Limit => "beyond an implementation limit",
            ErrorKind::Unsupported => "not supported",
        };
        write!(f, "{kind}: {} (at byte {:#x})", self.message, self.offset)
    }
}

impl std::error::Error for Error {}

type Result<T> = std::result::Result<T, Error>;

/// The features of 3.0; wasmparser counts threads among them, the standard doesn't.
fn features() -> WasmFeatures {
    WasmFeatures::WASM3.difference(WasmFeatures::THREADS)
}

/// Bytes that a module may have: decoded it takes some thirty times as much.
pub const MAX_MODULE_SIZE: usize = 1 << 27;

/// Decodes a module, and finds it valid.
///
/// # Errors
///
/// The first thing that is wrong, phase by phase: malformed, then invalid, then unsupported; a limit where it is met.
pub fn decode(bytes: &[u8]) -> Result<Module> {
    let (module, unsupported) = well_formed(bytes)?;
    validate(bytes)?;
    match unsupported {
        Some(error) => Err(error),
        None => Ok(module),
    }
}

/// Whether a module is well-formed and valid by the rules of 3.0, supported or not.
///
/// # Errors
///
/// Malformed, invalid or beyond a limit.
pub fn check(bytes: &[u8]) -> Result<()> {
    well_formed(bytes)?;
    validate(bytes)
}

fn well_formed(bytes: &[u8]) -> Result<(Module, Option<Error>)> {
    parse(bytes).map_err(|error| match error.kind {
        ErrorKind::Limit if ends_before(bytes, &error) => Error { kind: ErrorKind::Malformed, ..error },
        _ => error,
    })
}

fn validate(bytes: &[u8]) -> Result<()> {
    match Validator::new_with_features(features()).validate_all(bytes) {
        Ok(_) => Ok(()),
        // 3.0 is enabled as a whole. What would have to be enabled beyond it isn't in the grammar of 3.0.
        Err(error) if beyond(error.message()) => Err(from_wasmparser(&error, ErrorKind::Malformed)),
        Err(error) => Err(from_wasmparser(&error, ErrorKind::Invalid)),
    }
}

fn beyond(message: &str) -> bool {
    let enabling = ["not enabled", "must be enabled", "require the shared-everything-threads proposal"];
    let lacking = ["custom descriptors required", "without the stack switching feature"];
    enabling.iter().chain(&lacking).any(|words| message.contains(words))
}

fn malformed(message: impl Into<String>, offset: usize) -> Error {
    Error { kind: ErrorKind::Malformed, message: message.into(), offset }
}

fn unsupported(message: impl Into<String>, offset: usize) -> Error {
    Error { kind: ErrorKind::Unsupported, message: message.into(), offset }
}

/// wasmparser says in words only that something is beyond its limits.
const LIMIT: &[&str] = &[
    "exceeds limit",
    "exceeds the limit",
    "implementation limit",
    "size is out of bounds",
    "string size out of bounds",
    "number of elements is out of bounds",
    "too many data segments",
    "locals exceed maximum",
    "hierarchy too deep",
];

/// Limits of wasmparser's beyond which nothing is valid: a `select` has one type, a type has one supertype, and there
/// are fewer types than indices.
const INVALID: &[&str] = &[
    "select types size is out of bounds",
    "supertype idxs size is out of bounds",
    "type index too large",
    "type index greater than implementation limits",
];

fn from_wasmparser(error: &wasmparser::Error, kind: ErrorKind) -> Error {
    let message = error.message();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let kind = match kind {
        _ if says(INVALID) => ErrorKind::Invalid,
        _ if says(LIMIT) => ErrorKind::Limit,
        kind => kind,
    };
    Error { kind, message: message.to_owned(), offset: error.offset() }
}

/// Of a count that is beyond a limit: whether the module ends before so many items could, which makes it malformed.
fn ends_before(bytes: &[u8], error: &Error) -> bool {
    let at = error.offset;
    // The count of a list begins there, the length of a string ends there; each item takes a byte at least.
    let count = |from: usize, to: usize| {
        let leb = bytes.get(from..to).unwrap_or_default();
        let len = leb.iter().position(|byte| byte & 0x80 == 0).map_or(0, |last| last + 1);
        let value = leb[..len].iter().rev().fold(0, |value, byte| value << 7 | u64::from(byte & 0x7f));
        (value, from + len)
    };
    let (value, end) = if error.message.contains("string size out of bounds") {
        let longer = (2..=4).map(|k| count(at.saturating_sub(k), at + 1)).find(|(value, _)| *value > 100_000);
        longer.unwrap_or((0, at))
    } else if error.message.contains("size is out of bounds") {
        count(at, at.saturating_add(5))
    } else {
        return false;
    };
    value > bytes.len().saturating_sub(end) as u64
}

/// Reads a whole module. The second part of the result is the first thing in it that isn't supported.
fn parse(bytes: &[u8]) -> Result<(Module, Option<Error>)> {
    if bytes.len() > MAX_MODULE_SIZE {
        let message = format!("{} bytes are more than {MAX_MODULE_SIZE}", bytes.len());
        return Err(Error { kind: ErrorKind::Limit, message, offset: 0 });
    }
    if bytes.is_empty() {
        return Err(malformed("unexpected end: the file is empty", 0));
    }
    if !b"\0asm".starts_with(&bytes[..bytes.len().min(4)]) {
        return Err(malformed("magic header not detected: a module begins with \\0asm", 0));
    }
    let mut reader = sections::Reader::default();
    let mut parser = Parser::new(0);
    parser.set_features(features());
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
        if let Payload::Version { encoding: wasmparser::Encoding::Component, .. } = payload {
            return Err(unsupported("this is a component; running components isn't planned, only core modules", 4));
        }
        reader.payload(&payload)?;
    }
    reader.finish(bytes.len())
}

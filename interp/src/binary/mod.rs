//! The binary format (chapter 5): wasmparser's events become our syntax.
//!
//! Decoding proper (LEB128, sections, opcodes) is wasmparser's. What is ours: that a module is read to its end and
//! found well-formed before it is asked whether it is valid, and is valid by all of its version of the standard before
//! it is called unsupported.

mod instr;
mod lazy;
mod peer;
mod sections;

use std::fmt;

use wasmparser::{ElementKind, Parser, Payload, Validator, WasmFeatures};

pub use self::peer::{Judgement, judge};
use crate::syntax::{Features, Module, Version};

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

/// The same choice in wasmparser's flags, for itself and for engines that are built on it. It counts threads among the
/// features of 3.0, the standard doesn't.
pub fn wasm_features(features: Features) -> WasmFeatures {
    let mut flags = match features.version {
        Version::V1 => WasmFeatures::WASM1,
        Version::V2 => WasmFeatures::WASM2,
        Version::V3 => WasmFeatures::WASM3,
    };
    flags.set(WasmFeatures::THREADS, features.threads);
    flags.set(WasmFeatures::WIDE_ARITHMETIC, features.wide_arithmetic);
    flags.set(WasmFeatures::CUSTOM_PAGE_SIZES, features.custom_page_sizes);
    if features.single_memory {
        flags.remove(WasmFeatures::MULTI_MEMORY);
    }
    flags
}

/// Bytes that a module may have: decoded it takes some thirty times as much.
pub const MAX_MODULE_SIZE: usize = 1 << 27;

/// Decodes a module of 3.0, and finds it valid: by wasmparser's validator, and not by [`valid`](crate::valid), which
/// [`judge`] asks as well.
///
/// # Errors
///
/// As of [`decode_with`].
pub fn decode(bytes: &[u8]) -> Result<Module> {
    decode_with(bytes, Features::default())
}

/// Decodes a module, and finds it valid by the rules of a version and of proposals, as wasmparser's validator has them.
///
/// # Errors
///
/// The first thing that is wrong, phase by phase: malformed, then invalid, then unsupported; a limit where it is met.
/// What the features don't have is malformed where their grammar lacks it, and invalid where a rule excludes it.
pub fn decode_with(bytes: &[u8], features: Features) -> Result<Module> {
    // What is wrong, and what is wrong first, is asked only of those that aren't valid.
    if let Some(module) = lazy::decode(bytes, features) {
        return Ok(module);
    }
    let (module, unsupported) = read(bytes, features)?;
    validate(bytes, features)?;
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
    check_with(bytes, Features::default())
}

/// Whether a module is well-formed and valid by the rules of a version and of proposals, supported or not.
///
/// # Errors
///
/// Malformed, invalid or beyond a limit.
pub fn check_with(bytes: &[u8], features: Features) -> Result<()> {
    read(bytes, features)?;
    validate(bytes, features)
}

/// Decodes a module, and doesn't ask whether it is valid.
///
/// # Errors
///
/// Malformed, beyond a limit, or of what can't be represented.
pub fn well_formed(bytes: &[u8], features: Features) -> Result<Module> {
    match read(bytes, features)? {
        (_, Some(error)) => Err(error),
        (module, None) => Ok(module),
    }
}

fn read(bytes: &[u8], features: Features) -> Result<(Module, Option<Error>)> {
    parse(bytes, features, sections::Reader::payload).map_err(|error| match error.kind {
        ErrorKind::Limit if ends_before(bytes, &error) => Error { kind: ErrorKind::Malformed, ..error },
        _ => error,
    })
}

fn validate(bytes: &[u8], features: Features) -> Result<()> {
    match Validator::new_with_features(wasm_features(features)).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) if beyond(&error) => Err(from_wasmparser(&error, ErrorKind::Malformed)),
        Err(error) => Err(from_wasmparser(&error, ErrorKind::Invalid)),
    }
}

/// Where a rule of validation, and not the grammar, excludes what a later version or a proposal allows.
const EXCLUDED: [&str; 3] = [
    // The grammar of constant expressions is that of all expressions.
    "constant expression required",
    "invalid exception type: non-empty tag result type",
    // Function types have lists of results in 1.0's grammar, too.
    "func type returns multiple values",
];

/// Whether what wasmparser's validator refuses isn't in the grammar: a feature would have to be enabled for it.
fn beyond(error: &wasmparser::Error) -> bool {
    let excluded = EXCLUDED.iter().any(|words| error.message().contains(words));
    error.missing_wasm_feature().is_some() && !excluded
}

/// What isn't in the grammar of 1.0 though wasmparser reads it as if bulk memory were enabled: the data count section,
/// and segments that begin with flags instead of the index of their table or memory, which is 0.
fn beyond_1_0(payload: &Payload<'_>, bytes: &[u8]) -> Result<()> {
    let flags = match payload {
        Payload::DataCountSection { range, .. } => return Err(malformed("malformed section id 12", range.start)),
        Payload::ElementSection(section) => {
            let mut elems = section.clone().into_iter().flatten();
            elems.find(|e| matches!(e.kind, ElementKind::Active { table_index: Some(_), .. })).map(|e| e.range.start)
        }
        Payload::DataSection(section) => {
            let mut datas = section.clone().into_iter().flatten();
            datas.find(|data| bytes.get(data.range.start).is_some_and(|b| b & 0x7f == 2)).map(|data| data.range.start)
        }
        _ => None,
    };
    match flags {
        Some(at) => Err(malformed("flags of a segment in 1.0, where an index stands", at)),
        None => Ok(()),
    }
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

/// Reads a whole module, payload by payload. The second part of the result is the first thing in it that isn't
/// supported.
fn parse(
    bytes: &[u8],
    features: Features,
    mut take: impl FnMut(&mut sections::Reader, &Payload<'_>) -> Result<()>,
) -> Result<(Module, Option<Error>)> {
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
    let mut reader = sections::Reader::new(features);
    let mut parser = Parser::new(0);
    parser.set_features(wasm_features(features));
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|e| from_wasmparser(&e, ErrorKind::Malformed))?;
        if let Payload::Version { encoding: wasmparser::Encoding::Component, .. } = payload {
            return Err(unsupported("this is a component; running components isn't planned, only core modules", 4));
        }
        if features.version == Version::V1 {
            beyond_1_0(&payload, bytes)?;
        }
        take(&mut reader, &payload)?;
    }
    reader.finish(bytes)
}

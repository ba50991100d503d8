//! Files that the command line names.

use std::io::Read;
use std::time::Duration;

use assay_interp::binary::{Error, ErrorKind, MAX_MODULE_SIZE};
use assay_interp::syntax::{Features, Version};
use assay_spec_tests::Proposal;

use crate::output::{Failure, printable};

/// The WebAssembly that a module is taken as.
#[derive(clap::Args)]
pub(crate) struct Language {
    /// The version of the standard that the module is written in: 1.0, 2.0 or 3.0
    #[arg(long, value_name = "VERSION", default_value_t)]
    spec: Version,
    /// A proposal beyond it that it may use: threads, wide-arithmetic or custom-page-sizes; may be given more than once
    #[arg(long, value_name = "NAME")]
    proposal: Vec<Proposal>,
}

impl Language {
    pub(crate) fn features(&self) -> Features {
        self.proposal.iter().fold(Features::from(self.spec), |features, proposal| proposal.on(features))
    }
}

/// A module as it is given.
pub(crate) struct Source {
    /// Its bytes; a text is assembled.
    pub(crate) wasm: Vec<u8>,
    /// Its text, if it is given as one.
    pub(crate) text: Option<String>,
}

/// The bytes of a module: a binary, or a text that is assembled; `-` is standard input.
pub(crate) fn module(path: &str) -> Result<Vec<u8>, Failure> {
    source(path).map(|source| source.wasm)
}

/// A module, with its text.
pub(crate) fn source(path: &str) -> Result<Source, Failure> {
    let bytes = bytes(path)?;
    if bytes.is_empty() || bytes.starts_with(b"\0asm") || !is_text(path, &bytes) {
        return Ok(Source { wasm: bytes, text: None });
    }
    if bytes.len() > MAX_MODULE_SIZE {
        let message = format!("a text of more than {MAX_MODULE_SIZE} bytes");
        return Err(Failure::Module(path.to_owned(), Error { kind: ErrorKind::Limit, message, offset: 0 }));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let (message, offset) = ("a text must be UTF-8".into(), e.utf8_error().valid_up_to());
        Failure::Module(path.to_owned(), Error { kind: ErrorKind::Malformed, message, offset })
    })?;
    let wasm = wat::Parser::new().parse_str(Some(printable(path).as_ref()), &text).map_err(|error| {
        let error = excerpt(&error.to_string());
        Failure::Text(path.to_owned(), format!("malformed module: not in the text format: {error}"))
    })?;
    Ok(Source { wasm, text: Some(text) })
}

/// Columns that are shown of a line of a module's text.
const SHOWN: usize = 160;

/// A parser's message with the line that it quotes: that one is the module's, however long, with whatever is in it. A
/// tab takes one column, as the parser counts it.
fn excerpt(message: &str) -> String {
    let cut = |line: &str| match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    };
    message.lines().map(|line| printable(&cut(line).replace('\t', " "))).collect::<Vec<_>>().join("\n")
}

/// A file of another kind, as text.
pub(crate) fn text(path: &str) -> Result<String, Failure> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("{}: not a text file (it isn't UTF-8)", printable(path))))
}

/// All bytes of a file, up to those that a module may have and one more; `-` is standard input.
pub(crate) fn bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let limit = MAX_MODULE_SIZE as u64 + 1;
    let mut bytes = Vec::new();
    let read = match path {
        "-" => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        _ => std::fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if std::path::Path::new(path).is_dir() => {
            Err(Failure::Usage(format!("{}: is a folder, wanted is a file ({error})", printable(path))))
        }
        Err(error) => Err(Failure::Usage(format!("{}: can't be read: {error}", printable(path)))),
    }
}

/// Whether it is meant as a text: by its name, or since it begins as one.
fn is_text(path: &str, bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    path.ends_with(".wat") || matches!(first, Some(b'(' | b';'))
}

/// A duration, as `90s`, `5m` or `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("h", 3600), ("m", 60), ("s", 1)];
    let seconds = units.iter().find_map(|(unit, factor)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*factor)
    });
    seconds.map(Duration::from_secs).ok_or_else(|| "a time is written as 90s, 5m or 1h".to_owned())
}

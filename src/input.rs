//! Files that the command line names.

use std::io::Read;

use assay_interp::binary::{Error, ErrorKind, MAX_MODULE_SIZE};

use crate::output::Failure;

/// The bytes of a module: a binary, or a text that is assembled; `-` is standard input.
pub(crate) fn module(path: &str) -> Result<Vec<u8>, Failure> {
    let bytes = bytes(path)?;
    if bytes.is_empty() || bytes.starts_with(b"\0asm") || !is_text(path, &bytes) {
        return Ok(bytes);
    }
    let malformed = |message: String, offset| {
        Failure::Module(path.to_owned(), Error { kind: ErrorKind::Malformed, message, offset })
    };
    let text = std::str::from_utf8(&bytes).map_err(|e| malformed("a text must be UTF-8".into(), e.valid_up_to()))?;
    wat::Parser::new().parse_str(Some(path.as_ref()), text).map_err(|error| {
        malformed(format!("not in the text format: {error}"), 0)
    })
}

/// A file of another kind, as text.
pub(crate) fn text(path: &str) -> Result<String, Failure> {
    let bytes = bytes(path)?;
    String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{path}: not a text file (it isn't UTF-8)")))
}

fn bytes(path: &str) -> Result<Vec<u8>, Failure> {
    let limit = MAX_MODULE_SIZE as u64 + 1;
    let mut bytes = Vec::new();
    let read = match path {
        "-" => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        _ => std::fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)),
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if std::path::Path::new(path).is_dir() => {
            Err(Failure::Usage(format!("{path}: is a folder, wanted is a file ({error})")))
        }
        Err(error) => Err(Failure::Usage(format!("{path}: can't be read: {error}"))),
    }
}

/// Whether it is meant as a text: by its name, or since it begins as one.
fn is_text(path: &str, bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    path.ends_with(".wat") || matches!(first, Some(b'(' | b';'))
}

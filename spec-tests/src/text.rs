//! Modules of scripts, as bytes.

use wast::core::{Elem, ElemKind, ElemPayload, ModuleField, ModuleKind};
use wast::parser;
use wast::token::Index;
use wast::{Error, QuoteWat, QuoteWatTest, Wat};

use crate::script::buffer;

/// The binary format of a module of a script.
pub(crate) fn encode(module: &mut QuoteWat<'_>) -> Result<Vec<u8>, Error> {
    if let QuoteWat::Wat(module) = module {
        return assemble(module);
    }
    match module.to_test()? {
        QuoteWatTest::Binary(wasm) => Ok(wasm),
        QuoteWatTest::Text(bytes) => match std::str::from_utf8(&bytes) {
            Ok(source) => text(source),
            Err(_) => Err(Error::new(module.span(), "malformed UTF-8 encoding".into())),
        },
    }
}

/// The binary format of a text.
pub(crate) fn text(source: &str) -> Result<Vec<u8>, Error> {
    let buffer = buffer(source)?;
    assemble(&mut parser::parse(&buffer)?)
}

/// Whether the text of a quoted module is one once nobody knows its annotations. Unknown ones are only skipped.
pub(crate) fn is_text_without_annotations(module: &mut QuoteWat<'_>) -> bool {
    let Ok(QuoteWatTest::Text(bytes)) = module.to_test() else { return false };
    let Ok(source) = String::from_utf8(bytes) else { return false };
    // Strings may change by this, too, which makes no difference to whether it is a text.
    text(&source.replace("(@\"", "(@unknown \"").replace("(@", "(@unknown.")).is_ok()
}

/// Encodes a module. An element segment for table 0 doesn't name it: 1.0 has no encoding that could.
pub(crate) fn assemble(module: &mut Wat<'_>) -> Result<Vec<u8>, Error> {
    if let Wat::Module(module) = module {
        module.resolve()?;
        if let ModuleKind::Text(fields) = &mut module.kind {
            for field in fields {
                if let ModuleField::Elem(Elem { kind: ElemKind::Active { table, .. }, payload, .. }) = field
                    && matches!((&table, payload), (Some(Index::Num(0, _)), ElemPayload::Indices(_)))
                {
                    *table = None;
                }
            }
        }
    }
    module.encode()
}

/// The names of a module's imports, as far as it can be read.
pub(crate) fn imports(wasm: &[u8]) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(wasmparser::Payload::ImportSection(section)) => {
                let found = section.into_imports().map_while(Result::ok);
                names.extend(found.map(|import| (import.module.to_owned(), import.name.to_owned())));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

//! Scripts, and where they come from.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use assay_interp::syntax::Features;

use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::Span;
use wast::{QuoteWat, Wast, WastDirective, WastExecute, Wat};

use crate::run::Place;

/// A `.wast` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The folder: names recur, so that a script is known by suite and name.
    pub suite: String,
    /// The file's name, with its extension.
    pub name: String,
    /// The text.
    pub source: String,
    /// The WebAssembly that it is written for, if that is known to be another one than the engine's.
    pub features: Option<Features>,
}

impl Script {
    /// Suite and name, as in reports and in the list of known gaps.
    pub fn file(&self) -> String {
        format!("{}/{}", self.suite, self.name)
    }
}

/// Why there are no scripts, or why one can't be run.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// A file or folder can't be read, or the file isn't UTF-8.
    #[error("{}: {source}", path.display().to_string().escape_debug())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no `.wast` file at a path.
    #[error("{}: no .wast file here", path.display().to_string().escape_debug())]
    NoScript {
        /// The file or folder.
        path: PathBuf,
    },
    /// A script isn't in the format.
    #[error("{file}:{place}: {message}")]
    Syntax {
        /// Suite and name.
        file: String,
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// A script holds a component.
    #[error("{file}:{place}: this is a component; only core modules are tested")]
    Component {
        /// Suite and name.
        file: String,
        /// Where.
        place: Place,
    },
    /// The engine can't instantiate the host module `spectest`, without which no script can begin.
    #[error("{file}: {engine} can't instantiate the module \"spectest\": {outcome}")]
    Host {
        /// Suite and name.
        file: String,
        /// The engine.
        engine: String,
        /// What the instantiation ended with.
        outcome: String,
    },
}

/// The script at a path, or all scripts in a folder and its sub-folders, sorted by suite and name.
///
/// # Errors
///
/// [`ScriptError::Unreadable`] or [`ScriptError::NoScript`]; syntax is looked at when a script runs.
pub fn from_path(path: &Path) -> Result<Vec<Script>, ScriptError> {
    let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    let mut scripts = Vec::new();
    if metadata.is_dir() {
        let absolute = path.canonicalize().map_err(|source| unreadable(path, source))?;
        folder(path, &folder_name(&absolute), &mut scripts)?;
    } else if path.extension() == Some(OsStr::new("wast")) {
        let absolute = path.canonicalize().map_err(|source| unreadable(path, source))?;
        let suite = absolute.parent().map(folder_name).unwrap_or_default();
        scripts.push(read(path, &suite)?);
    }
    if scripts.is_empty() {
        return Err(ScriptError::NoScript { path: path.to_owned() });
    }
    scripts.sort_by_key(Script::file);
    Ok(scripts)
}

fn unreadable(path: &Path, source: io::Error) -> ScriptError {
    ScriptError::Unreadable { path: path.to_owned(), source }
}

/// The last part of a path, as it can be shown on a terminal.
fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().escape_debug().to_string()
}

/// Links to folders aren't followed: they may lead in a circle.
fn folder(path: &Path, suite: &str, scripts: &mut Vec<Script>) -> Result<(), ScriptError> {
    for entry in fs::read_dir(path).map_err(|source| unreadable(path, source))? {
        let entry = entry.map_err(|source| unreadable(path, source))?;
        let inner = entry.path();
        let file_type = entry.file_type().map_err(|source| unreadable(&inner, source))?;
        if file_type.is_dir() {
            folder(&inner, &format!("{suite}/{}", folder_name(&inner)), scripts)?;
        } else if inner.extension() == Some(OsStr::new("wast")) {
            scripts.push(read(&inner, suite)?);
        }
    }
    Ok(())
}

fn read(path: &Path, suite: &str) -> Result<Script, ScriptError> {
    let source = fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
    Ok(Script { suite: suite.to_owned(), name: folder_name(path), source, features: None })
}

/// The beginnings of a text's lines, since a script asks for the place of each of its directives.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn new(source: &str) -> Lines {
        Lines(std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        let line = self.0.partition_point(|start| *start <= span.offset());
        Place { line, column: span.offset() - self.0[line - 1] + 1 }
    }
}

/// A lexer that lets confusing characters pass: the suite tests names that are made of them.
pub(crate) fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

/// Parses a script, and hands its directives on.
pub(crate) fn with_directives<T>(
    script: &Script,
    then: impl FnOnce(Vec<WastDirective<'_>>, &Lines) -> Result<T, ScriptError>,
) -> Result<T, ScriptError> {
    let lines = Lines::new(&script.source);
    let syntax = |error: wast::Error| {
        let (file, place) = (script.file(), lines.place(error.span()));
        match error.message() {
            // Components are an optional part of the parser, which it names as the reason.
            message if message.contains("disabled at compile time") => ScriptError::Component { file, place },
            message => ScriptError::Syntax { file, place, message },
        }
    };
    let buffer = buffer(&script.source).map_err(syntax)?;
    let directives = parser::parse::<Wast<'_>>(&buffer).map_err(syntax)?.directives;
    if let Some(span) = directives.iter().find_map(component) {
        return Err(ScriptError::Component { file: script.file(), place: lines.place(span) });
    }
    then(directives, &lines)
}

/// Where a directive holds a component.
fn component(directive: &WastDirective<'_>) -> Option<Span> {
    match directive {
        WastDirective::Module(module)
        | WastDirective::ModuleDefinition(module)
        | WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertMalformedCustom { module, .. }
        | WastDirective::AssertInvalid { module, .. }
        | WastDirective::AssertInvalidCustom { module, .. } => match module {
            QuoteWat::QuoteComponent(span, _) => Some(*span),
            QuoteWat::Wat(Wat::Component(component)) => Some(component.span),
            _ => None,
        },
        WastDirective::AssertUnlinkable { module: Wat::Component(component), .. }
        | WastDirective::AssertTrap { exec: WastExecute::Wat(Wat::Component(component)), .. }
        | WastDirective::AssertReturn { exec: WastExecute::Wat(Wat::Component(component)), .. } => Some(component.span),
        WastDirective::Thread(thread) => thread.directives.iter().find_map(component),
        _ => None,
    }
}

//! Scripts, and where they come from.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use assay_interp::syntax::Features;

use wast::lexer::{Lexer, TokenKind};
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
    #[error("{file}:{place}: {message}{excerpt}")]
    Syntax {
        /// Suite and name.
        file: String,
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
        /// The line, with a caret below the place: each part of it on a new line.
        excerpt: String,
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
/// Of [`read_all`], the first; syntax is looked at when a script runs.
pub fn from_path(path: &Path) -> Result<Vec<Script>, ScriptError> {
    let (scripts, errors) = read_all(path);
    errors.into_iter().next().map_or(Ok(scripts), Err)
}

/// The script at a path, or all scripts in a folder and its sub-folders, sorted by suite and name; and what of it can't
/// be read, as [`ScriptError::Unreadable`], or that there is none, as [`ScriptError::NoScript`].
pub fn read_all(path: &Path) -> (Vec<Script>, Vec<ScriptError>) {
    let (mut scripts, mut errors) = (Vec::new(), Vec::new());
    match path.canonicalize() {
        Err(source) => errors.push(unreadable(path, source)),
        Ok(absolute) if absolute.is_dir() => folder(path, &folder_name(&absolute), &mut scripts, &mut errors),
        Ok(absolute) if path.extension() == Some(OsStr::new("wast")) => {
            let suite = absolute.parent().map(folder_name).unwrap_or_default();
            match read(path, &suite) {
                Ok(script) => scripts.push(script),
                Err(error) => errors.push(error),
            }
        }
        Ok(_) => {}
    }
    if scripts.is_empty() && errors.is_empty() {
        errors.push(ScriptError::NoScript { path: path.to_owned() });
    }
    scripts.sort_by_key(Script::file);
    errors.sort_by_key(ScriptError::to_string);
    (scripts, errors)
}

fn unreadable(path: &Path, source: io::Error) -> ScriptError {
    ScriptError::Unreadable { path: path.to_owned(), source }
}

/// The last part of a path, as it can be shown on a terminal.
fn folder_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().escape_debug().to_string()
}

/// Links to folders aren't followed: they may lead in a circle.
fn folder(path: &Path, suite: &str, scripts: &mut Vec<Script>, errors: &mut Vec<ScriptError>) {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(source) => return errors.push(unreadable(path, source)),
    };
    for entry in entries {
        let entry = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)));
        match entry {
            Err(source) => errors.push(unreadable(path, source)),
            Ok((inner, kind)) if kind.is_dir() => {
                folder(&inner, &format!("{suite}/{}", folder_name(&inner)), scripts, errors);
            }
            Ok((inner, _)) if inner.extension() == Some(OsStr::new("wast")) => match read(&inner, suite) {
                Ok(script) => scripts.push(script),
                Err(error) => errors.push(error),
            },
            Ok(_) => {}
        }
    }
}

/// Bytes that a script may have. The largest official one has a hundredth of it.
const MAX_SCRIPT_SIZE: u64 = 64 << 20;

fn read(path: &Path, suite: &str) -> Result<Script, ScriptError> {
    let source = text(path).map_err(|source| unreadable(path, source))?;
    Ok(Script { suite: suite.to_owned(), name: folder_name(path), source, features: None })
}

fn text(path: &Path) -> io::Result<String> {
    // What isn't a file may have no end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "isn't a file"));
    }
    let mut text = String::new();
    File::open(path)?.take(MAX_SCRIPT_SIZE + 1).read_to_string(&mut text)?;
    match text.len() as u64 {
        ..=MAX_SCRIPT_SIZE => Ok(text),
        _ => Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("has more than {MAX_SCRIPT_SIZE} bytes"))),
    }
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

/// Characters that are shown of a line, before a place in it and from there.
const BEFORE: usize = 60;
const FROM: usize = 60;

/// The line of a place, as far as it fits, with a caret below. A character is shown as one column at least.
fn excerpt(source: &str, place: Place) -> String {
    let line = source.lines().nth(place.line - 1).unwrap_or_default();
    let at = (0..=(place.column - 1).min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
    let shown = |c: char| match c {
        '\t' => " ".to_owned(),
        '"' | '\'' | '\\' => c.into(),
        c => c.escape_debug().to_string(),
    };
    let hidden = line[..at].chars().count().saturating_sub(BEFORE);
    let before: String = line[..at].chars().skip(hidden).map(shown).collect();
    let from: String = line[at..].chars().take(FROM).map(shown).collect();
    let (begin, end) = (if hidden > 0 { "…" } else { "" }, if line[at..].chars().count() > FROM { "…" } else { "" });
    let (number, indent) = (place.line, begin.chars().count() + before.chars().count());
    let gutter = " ".repeat(number.to_string().len());
    format!("\n    {gutter} |\n    {number} | {begin}{before}{from}{end}\n    {gutter} | {:indent$}^", "")
}

/// Characters that are shown of a directive.
const SHOWN: usize = 400;

/// The text of the directive at a place, or how it begins. Where it isn't in parentheses, its line.
pub(crate) fn directive_text(source: &str, place: Place) -> String {
    let lines = source.split('\n').take(place.line - 1).map(|line| line.len() + 1).sum::<usize>();
    let keyword = lines + place.column - 1;
    let whole = source[..keyword].rfind('(').and_then(|start| {
        let mut open = 1;
        let mut lexer = Lexer::new(source);
        lexer.allow_confusing_unicode(true);
        for token in lexer.iter(keyword) {
            let token = token.ok()?;
            match token.kind {
                TokenKind::LParen | TokenKind::Annotation => open += 1,
                TokenKind::RParen => open -= 1,
                _ => {}
            }
            // Enough is known of what is longer than is shown, whatever its characters are.
            if open == 0 || token.offset > start + 4 * SHOWN {
                return Some(&source[start..token.offset + token.len as usize]);
            }
        }
        None
    });
    let whole = whole.unwrap_or_else(|| source[lines..].lines().next().unwrap_or_default());
    match whole.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole.to_owned(),
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
            message => ScriptError::Syntax { file, place, message, excerpt: excerpt(&script.source, place) },
        }
    };
    let buffer = buffer(&script.source).map_err(syntax)?;
    let directives = parser::parse::<Wast<'_>>(&buffer).map_err(syntax)?.directives;
    if let Some(span) = directives.iter().find_map(component) {
        return Err(ScriptError::Component { file: script.file(), place: lines.place(span) });
    }
    then(directives, &lines)
}

/// How many directives a script has, those of its threads included; none if it isn't in the format.
pub(crate) fn directives(script: &Script) -> usize {
    fn count(directives: &[WastDirective<'_>]) -> usize {
        let inner = |directive: &WastDirective<'_>| match directive {
            WastDirective::Thread(thread) => count(&thread.directives),
            _ => 0,
        };
        directives.len() + directives.iter().map(inner).sum::<usize>()
    }
    with_directives(script, |directives, _| Ok(count(&directives))).unwrap_or(0)
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

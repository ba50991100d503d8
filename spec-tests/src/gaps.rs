//! Failures that are known, each with its reason, in a short file.
//!
//! ```toml
//! ["tail calls"]
//! "wasm-v3/return_call.wast" = "all"
//! "wasm-v3/imports.wast" = "3-27, 40, 51:12"
//! ```
//!
//! says that all directives of the first file fail, and of the second those that begin in lines 3 to 27, in line 40,
//! and in line 51 at column 12. Exactly these have to fail: a pass that isn't expected is news as much as a new failure
//! is.

use std::collections::BTreeMap;
use std::fmt;

use crate::report::Report;
use crate::run::{Checked, Place, ScriptReport};

/// A set of directives in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    All,
    Lines(usize, usize),
    At(Place),
}

impl Span {
    fn holds(self, place: Place) -> bool {
        match self {
            Span::All => true,
            Span::Lines(from, to) => (from..=to).contains(&place.line),
            Span::At(at) => at == place,
        }
    }

    fn parse(text: &str) -> Option<Span> {
        if text == "all" {
            return Some(Span::All);
        }
        if let Some((line, column)) = text.split_once(':') {
            return Some(Span::At(Place { line: line.parse().ok()?, column: column.parse().ok()? }));
        }
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some(Span::Lines(from.trim().parse().ok()?, to.trim().parse().ok()?))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::All => f.write_str("all"),
            Span::Lines(from, to) if from == to => from.fmt(f),
            Span::Lines(from, to) => write!(f, "{from}-{to}"),
            Span::At(place) => place.fmt(f),
        }
    }
}

/// Which directives are known to fail. It prints as the file that it is parsed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownGaps {
    /// By reason, then by file.
    gaps: BTreeMap<String, BTreeMap<String, Vec<Span>>>,
}

/// The lists in expected/, by the engine's id, whose colons a file's name has as hyphens.
const SHIPPED: [(&str, &str); 9] = [
    ("interp", include_str!("../expected/interp.toml")),
    ("wasmtime:cranelift", include_str!("../expected/wasmtime-cranelift.toml")),
    ("wasmtime:winch", include_str!("../expected/wasmtime-winch.toml")),
    ("wasmtime:pulley", include_str!("../expected/wasmtime-pulley.toml")),
    ("wasmi", include_str!("../expected/wasmi.toml")),
    // By these names on the command line.
    ("v8", include_str!("../expected/v8.toml")),
    ("javascriptcore", include_str!("../expected/javascriptcore.toml")),
    ("wasmtime-50", include_str!("../expected/wasmtime-50.toml")),
    ("wasmtime-5.0.0", include_str!("../expected/wasmtime-5.0.0.toml")),
];

/// Why a list of known gaps can't be read.
#[derive(Debug, thiserror::Error)]
pub enum GapsError {
    /// It isn't a table of tables of texts.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// Something isn't a set of lines.
    #[error("{file}: {text:?} isn't \"all\", a line, a range of lines as 3-5, or line:column")]
    Lines {
        /// The file that it is said of.
        file: String,
        /// What stands there.
        text: String,
    },
}

/// How a run differs from what is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapCheck {
    /// Failures that aren't known, and scripts that couldn't be run.
    pub new_failures: Vec<String>,
    /// Passes where a failure is known.
    pub unexpected_passes: Vec<String>,
    /// Lines of the list that no directive begins in.
    pub stale: Vec<String>,
}

impl GapCheck {
    /// Whether all is as expected.
    pub fn is_ok(&self) -> bool {
        self.new_failures.is_empty() && self.unexpected_passes.is_empty() && self.stale.is_empty()
    }
}

impl fmt::Display for GapCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("new failures", &self.new_failures),
            ("unexpected passes", &self.unexpected_passes),
            ("known gaps without a directive", &self.stale),
        ];
        for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            writeln!(f, "{} {name}:", list.len())?;
            list.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        Ok(())
    }
}

impl KnownGaps {
    /// Parses a list.
    ///
    /// # Errors
    ///
    /// It isn't TOML, or a set of lines isn't one.
    pub fn parse(text: &str) -> Result<KnownGaps, GapsError> {
        let texts: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(text)?;
        let mut gaps = KnownGaps::default();
        for (reason, files) in texts {
            let known = gaps.gaps.entry(reason).or_default();
            for (file, lines) in files {
                let span = |text: &str| {
                    Span::parse(text.trim()).ok_or_else(|| GapsError::Lines { file: file.clone(), text: text.into() })
                };
                let spans = lines.split(',').map(span).collect::<Result<Vec<_>, _>>()?;
                known.insert(file, spans);
            }
        }
        Ok(gaps)
    }

    /// What is known of an engine in the official tests, of [versions](crate::official) and
    /// [proposals](crate::Proposal), if a list of it is part of this crate.
    ///
    /// # Panics
    ///
    /// The list can't be read.
    pub fn shipped(engine: &str) -> Option<KnownGaps> {
        let (_, text) = SHIPPED.iter().find(|(id, _)| *id == engine)?;
        Some(KnownGaps::parse(text).unwrap_or_else(|error| panic!("the list of {engine}: {error}")))
    }

    /// Knows also what another list knows.
    pub fn extend(&mut self, other: KnownGaps) {
        for (reason, files) in other.gaps {
            for (file, spans) in files {
                self.list(&reason, &file).extend(spans);
            }
        }
    }

    /// The files that gaps are known in.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.gaps.values().flat_map(|files| files.keys().map(String::as_str))
    }

    /// Why a directive of a file is known to fail, if it is.
    pub fn reason(&self, file: &str, place: Place) -> Option<&str> {
        self.spans(file).find(|(_, span)| span.holds(place)).map(|(reason, _)| reason)
    }

    fn spans(&self, file: &str) -> impl Iterator<Item = (&str, Span)> {
        let lists = self.gaps.iter().filter_map(move |(reason, files)| Some((reason.as_str(), files.get(file)?)));
        lists.flat_map(|(reason, spans)| spans.iter().map(move |span| (reason, *span)))
    }

    /// Compares a run with what is known of its scripts. What is known of other files isn't looked at.
    pub fn check(&self, report: &Report) -> GapCheck {
        let mut check = GapCheck::default();
        for ScriptReport { file, checked } in &report.scripts {
            for Checked { kind, place, verdict } in checked {
                match (verdict, self.reason(file, *place)) {
                    (Err(fault), None) => check.new_failures.push(format!("{file}:{place} {kind}: {}", fault.why())),
                    (Ok(()), Some(reason)) => check.unexpected_passes.push(format!("{file}:{place} {kind}: {reason}")),
                    _ => {}
                }
            }
            let stale = self.spans(file).filter(|(_, span)| !checked.iter().any(|c| span.holds(c.place)));
            check.stale.extend(stale.map(|(reason, span)| format!("{file}:{span}: {reason}")));
        }
        check.new_failures.extend(report.errors.iter().map(ToString::to_string));
        check
    }

    /// The list that a run agrees with. Reasons come from this list where it has one, else from the failures. What it
    /// knows of files that weren't run stays.
    #[must_use]
    pub fn blessed(&self, report: &Report) -> KnownGaps {
        let was_run = |file: &String| report.scripts.iter().any(|script| script.file == *file);
        let mut blessed = self.clone();
        blessed.gaps.values_mut().for_each(|files| files.retain(|file, _| !was_run(file)));
        blessed.gaps.retain(|_, files| !files.is_empty());
        for ScriptReport { file, checked } in &report.scripts {
            let reason = |c: &Checked| {
                let fault = c.verdict.as_ref().err()?;
                Some(self.reason(file, c.place).map_or_else(|| fault.reason(), str::to_owned))
            };
            let reasons: Vec<Option<String>> = checked.iter().map(reason).collect();
            if let [Some(first), ..] = &reasons[..]
                && reasons.iter().all(|r| r.as_ref() == Some(first))
            {
                blessed.gaps.entry(first.clone()).or_default().insert(file.clone(), vec![Span::All]);
                continue;
            }
            // Directives with their reasons, line by line; a line whose directives differ is told by columns.
            let mut last: Option<&str> = None;
            for line in
                checked.iter().zip(&reasons).collect::<Vec<_>>().chunk_by(|(a, _), (b, _)| a.place.line == b.place.line)
            {
                let (at, first) = (line[0].0.place.line, line[0].1.as_deref());
                if line.iter().any(|(_, reason)| reason.as_deref() != first) {
                    for (c, reason) in line {
                        if let Some(reason) = reason {
                            blessed.list(reason, file).push(Span::At(c.place));
                        }
                    }
                    last = None;
                    continue;
                }
                if let Some(reason) = first {
                    let list = blessed.list(reason, file);
                    match list.last_mut() {
                        Some(Span::Lines(_, to)) if last == first => *to = at,
                        _ => list.push(Span::Lines(at, at)),
                    }
                }
                last = first;
            }
        }
        blessed
    }

    fn list(&mut self, reason: &str, file: &str) -> &mut Vec<Span> {
        self.gaps.entry(reason.to_owned()).or_default().entry(file.to_owned()).or_default()
    }
}

impl fmt::Display for KnownGaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        for (i, (reason, files)) in self.gaps.iter().enumerate() {
            let blank = if i == 0 { "" } else { "\n" };
            writeln!(f, "{blank}[{}]", quoted(reason))?;
            for (file, spans) in files {
                let spans: Vec<String> = spans.iter().map(Span::to_string).collect();
                writeln!(f, "{} = \"{}\"", quoted(file), spans.join(", "))?;
            }
        }
        Ok(())
    }
}

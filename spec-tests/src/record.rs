//! What engines did, as it is kept: the object of the format JSON, which a later run is compared with.
//!
//! Its schema is docs/schemas/conform.schema.json. Directives that went as most do, passed and expected to, are
//! counted; the others stand one by one.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;
use crate::matrix::{Matrix, Run, Standing};
use crate::report::Counts;
use crate::run::{Checked, Fault};
use crate::script::{Script, directive_text};
use crate::validation::ValidCoverage;

/// The version of the object's form.
const FORMAT: u32 = 1;

/// What engines did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// 1: the form of this object.
    pub format: u32,
    /// The version of assay.
    pub assay: String,
    /// Whether each engine went as was expected of it, on everything.
    pub as_expected: bool,
    /// What is otherwise than in an earlier record, if one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// The engines, as they were given.
    pub engines: Vec<EngineRecord>,
    /// What couldn't be read, so that no engine ran it.
    pub unread: Vec<String>,
    /// Which rules of the standard the directives exercise, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesRecord>,
}

/// What one engine did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineRecord {
    /// Its name and options.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Of all its directives.
    pub counts: Tally,
    /// Directives that weren't run, because it ended early.
    pub not_run: usize,
    /// Why scripts couldn't be run.
    pub errors: Vec<String>,
    /// Lines of the list of known failures that no directive begins in.
    pub stale: Vec<String>,
    /// By suite, in the order in which they ran.
    pub suites: Vec<SuiteRecord>,
}

/// A folder of scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuiteRecord {
    /// The folder.
    pub name: String,
    /// Of all its directives.
    pub counts: Tally,
    /// Its scripts.
    pub files: Vec<FileRecord>,
}

/// A script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Its name in its suite.
    pub name: String,
    /// Of all its directives.
    pub counts: Tally,
    /// Directives that failed, or passed where a failure is known.
    pub directives: Vec<DirectiveRecord>,
}

/// How many directives went how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Of those that failed: the engine doesn't support what they need.
    pub unsupported: usize,
    /// Failed where none is known, or passed where a failure is.
    pub unexpected: usize,
}

/// What became of a directive that is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It passed, although it is known to fail.
    Passed,
    /// The answer was another one, or there was none.
    Failed,
    /// The engine doesn't support what it needs.
    Unsupported,
}

/// A directive that failed, or passed where a failure is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectiveRecord {
    /// Where it begins: the line, from 1.
    pub line: usize,
    /// Where it begins: the column in bytes, from 1.
    pub column: usize,
    /// What it asks for, such as `return`.
    pub kind: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Its text, or how that begins.
    pub source: String,
    /// What was asked for, behind "should".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should: Option<String>,
    /// What came, behind "it".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub it: Option<String>,
    /// Why there was no answer that could be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether it only depends on a module before it, which isn't there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inherited: bool,
    /// Why a failure is expected, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// What is otherwise than in an earlier record. Engines are held together by their ids, scripts by suite and name,
/// directives by place and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Failed now, and not then.
    pub newly_failing: Vec<Change>,
    /// Failed then, and not now.
    pub newly_passing: Vec<Change>,
    /// Scripts of engines that are in one of the records only, and aren't compared.
    pub not_compared: usize,
}

/// A directive of an engine that went otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The engine's id.
    pub engine: String,
    /// Suite and name of the script.
    pub file: String,
    /// The directive: as it is now if it fails, as it was if it passes.
    pub directive: DirectiveRecord,
}

/// Which rules of the standard the directives exercise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesRecord {
    /// Rules of execution.
    pub execution: Vec<RuleRecord>,
    /// Rules of validation.
    pub validation: Vec<RuleRecord>,
}

/// Who exercises a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRecord {
    /// Relation and name.
    pub rule: String,
    /// Directives that exercise it; of a rule of validation, modules that it is applied to.
    pub exercised: usize,
    /// Of a rule of validation: modules that aren't valid because it is the innermost one that doesn't hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<usize>,
    /// The first script that exercises it, by suite and name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of that script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Whether no other script exercises it.
    pub alone: bool,
}

/// Why a text isn't a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It isn't one by its form.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is of a form that this version doesn't know.
    #[error("its form is {0}, and this is {FORMAT}")]
    Format(u32),
}

impl Tally {
    /// Passed and failed.
    pub fn total(self) -> usize {
        self.passed + self.failed
    }

    fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.unsupported += other.unsupported;
        self.unexpected += other.unexpected;
    }
}

impl EngineRecord {
    fn new(run: &Run, sources: &FxHashMap<String, &Script>) -> EngineRecord {
        let mut suites: Vec<SuiteRecord> = Vec::new();
        let mut counts = Tally::default();
        for script in &run.report.scripts {
            let file = FileRecord::new(run, &script.file, &script.checked, sources.get(&script.file).copied());
            counts.add(file.counts);
            match suites.iter_mut().find(|suite| suite.name == script.suite()) {
                Some(suite) => {
                    suite.counts.add(file.counts);
                    suite.files.push(file);
                }
                None => {
                    suites.push(SuiteRecord { name: script.suite().into(), counts: file.counts, files: vec![file] })
                }
            }
        }
        EngineRecord {
            id: run.engine.clone(),
            version: run.version.clone(),
            counts,
            not_run: run.not_run,
            errors: run.report.errors.iter().map(ToString::to_string).collect(),
            stale: run.check().map_or(Vec::new(), |check| check.stale),
            suites,
        }
    }

    /// Its scripts, each with suite and name.
    fn files(&self) -> impl Iterator<Item = (String, &FileRecord)> {
        let named = |suite: &'_ SuiteRecord, file: &FileRecord| format!("{}/{}", suite.name, file.name);
        self.suites.iter().flat_map(move |suite| suite.files.iter().map(move |file| (named(suite, file), file)))
    }
}

impl FileRecord {
    fn new(run: &Run, file: &str, checked: &[Checked], script: Option<&Script>) -> FileRecord {
        let mut of_all = Counts::default();
        let mut unexpected = 0;
        let mut directives = Vec::new();
        for c in checked {
            of_all += c;
            let standing = run.standing(file, c);
            unexpected += usize::from(!standing.is_ok());
            if standing != Standing::Passed {
                let source = script.map_or(String::new(), |script| directive_text(&script.source, c.place));
                directives.push(DirectiveRecord::new(c, standing, source));
            }
        }
        let Counts { passed, failed, unsupported } = of_all;
        let name = file.rsplit_once('/').map_or(file, |(_, name)| name).to_owned();
        FileRecord { name, counts: Tally { passed, failed, unsupported, unexpected }, directives }
    }
}

impl DirectiveRecord {
    fn new(checked: &Checked, standing: Standing<'_>, source: String) -> DirectiveRecord {
        let (verdict, should, it, why) = match &checked.verdict {
            Ok(()) => (Verdict::Passed, None, None, None),
            Err(Fault::Wrong { should, it }) => (Verdict::Failed, Some(should.clone()), Some(it.clone()), None),
            Err(Fault::Failed(why)) => (Verdict::Failed, None, None, Some(why.clone())),
            Err(Fault::Unsupported(why)) => (Verdict::Unsupported, None, None, Some(why.clone())),
        };
        DirectiveRecord {
            line: checked.place.line,
            column: checked.place.column,
            kind: checked.kind.name().into(),
            verdict,
            source,
            should,
            it,
            why,
            inherited: checked.verdict.as_ref().is_err_and(Fault::is_inherited),
            known: match standing {
                Standing::Known(reason) | Standing::UnexpectedPass(reason) => Some(reason.to_owned()),
                Standing::Passed | Standing::Failed => None,
            },
        }
    }

    /// Why it is listed, in one sentence.
    pub fn sentence(&self) -> String {
        match (&self.should, &self.it, &self.why) {
            (Some(should), Some(it), _) => format!("should {should}; it {it}"),
            (_, _, Some(why)) => why.clone(),
            _ => "passed".into(),
        }
    }
}

impl Record {
    /// What engines did on these scripts, with the coverage of rules if there is one, compared with an earlier record
    /// if there is one.
    pub fn new(
        matrix: &Matrix,
        scripts: &[Script],
        coverage: Option<&(Coverage, ValidCoverage)>,
        baseline: Option<&Record>,
    ) -> Record {
        let sources: FxHashMap<String, &Script> = scripts.iter().map(|script| (script.file(), script)).collect();
        let mut record = Record {
            format: FORMAT,
            assay: env!("CARGO_PKG_VERSION").into(),
            as_expected: matrix.is_ok(),
            changes: None,
            engines: matrix.runs.iter().map(|run| EngineRecord::new(run, &sources)).collect(),
            unread: matrix.unread.iter().map(ToString::to_string).collect(),
            rules: coverage.map(|(execution, validation)| RulesRecord::new(execution, validation)),
        };
        record.changes = baseline.map(|baseline| Changes::between(baseline, &record));
        record
    }

    /// The record that a text in the format JSON has.
    ///
    /// # Errors
    ///
    /// It isn't one.
    pub fn parse(json: &str) -> Result<Record, RecordError> {
        /// What is looked at first: a later form may have what this one doesn't know.
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        match serde_json::from_str(json)? {
            Form { format: FORMAT } => Ok(serde_json::from_str(json)?),
            Form { format } => Err(RecordError::Format(format)),
        }
    }

    /// The format JSON: one object, and a newline.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("its keys are texts") + "\n"
    }
}

impl Changes {
    fn between(then: &Record, now: &Record) -> Changes {
        let mut changes = Changes::default();
        let files = |record: &Record| -> BTreeSet<(String, String)> {
            let of =
                |engine: &EngineRecord| engine.files().map(|(file, _)| (engine.id.clone(), file)).collect::<Vec<_>>();
            record.engines.iter().flat_map(of).collect()
        };
        changes.not_compared = files(then).symmetric_difference(&files(now)).count();
        for engine in &now.engines {
            let Some(before) = then.engines.iter().find(|before| before.id == engine.id) else { continue };
            let earlier: BTreeMap<String, &FileRecord> = before.files().collect();
            for (file, after) in engine.files() {
                let Some(before) = earlier.get(&file) else { continue };
                let mut note = |list: fn(&mut Changes) -> &mut Vec<Change>, these: &FileRecord, those: &FileRecord| {
                    let fails = |d: &&DirectiveRecord| d.verdict != Verdict::Passed;
                    let key = |d: &DirectiveRecord| (d.line, d.column, d.kind.clone());
                    let others: BTreeSet<_> = those.directives.iter().filter(fails).map(key).collect();
                    for directive in these.directives.iter().filter(fails).filter(|d| !others.contains(&key(d))) {
                        let (engine, file, directive) = (engine.id.clone(), file.clone(), directive.clone());
                        list(&mut changes).push(Change { engine, file, directive });
                    }
                };
                note(|changes| &mut changes.newly_failing, after, before);
                note(|changes| &mut changes.newly_passing, before, after);
            }
        }
        changes
    }
}

impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (name, list)) in [("failing", &self.newly_failing), ("passing", &self.newly_passing)].iter().enumerate()
        {
            let (blank, colon) = (if i == 0 { "" } else { "\n" }, if list.is_empty() { "" } else { ":" });
            write!(f, "{blank}{} newly {name}{colon}", list.len())?;
            for Change { engine, file, directive } in list.iter() {
                let (line, kind) = (directive.line, &directive.kind);
                let why = if *name == "failing" { format!(": {}", directive.sentence()) } else { String::new() };
                write!(f, "\n  {engine}: {file}:{line} {kind}{why}")?;
            }
        }
        match self.not_compared {
            0 => Ok(()),
            n => write!(f, "\n{n} not compared: scripts of engines that only one of the runs has"),
        }
    }
}

impl RulesRecord {
    fn new(execution: &Coverage, validation: &ValidCoverage) -> RulesRecord {
        let first = |first: Option<(&str, crate::run::Place)>| match first {
            Some((file, place)) => (Some(file.to_owned()), Some(place.line)),
            None => (None, None),
        };
        let executed = |rule| {
            let (file, line) = first(execution.first(rule));
            let (exercised, alone) = (execution.directives(rule), execution.only(rule).is_some());
            RuleRecord { rule: rule.name().into(), exercised, refused: None, file, line, alone }
        };
        let validated = |rule| {
            let (file, line) = first(validation.first(rule));
            let (exercised, alone) = (validation.applied(rule), validation.only(rule).is_some());
            let refused = Some(validation.refused(rule));
            RuleRecord { rule: rule.name().into(), exercised, refused, file, line, alone }
        };
        RulesRecord {
            execution: execution.rules().map(executed).collect(),
            validation: validation.rules().map(validated).collect(),
        }
    }
}

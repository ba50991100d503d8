//! The official test suite of WebAssembly, against any [`Engine`](assay_engines::Engine).
//!
//! A [`Script`] is a `.wast` file: a sequence of directives, each of which passes or has a [`Fault`]. Every directive
//! is counted under its [`Kind`]; nothing is skipped. What an engine doesn't support has failed, with the reason, and
//! so has whatever depends on it. Failures that are known are listed in a short file, [`KnownGaps`], and a run is as
//! expected only if exactly those fail.
//!
//! ```
//! use assay_engines::{Budgets, Engine, Interp};
//! use assay_spec_tests::{KnownGaps, Script, run_all};
//!
//! let source = r#"(module (func (export "f") (result i32) (i32.const 1)))
//!                 (assert_return (invoke "f") (i32.const 1))"#;
//! let scripts = [Script { suite: "mine".into(), name: "f.wast".into(), source: source.into(), features: None }];
//! let report = run_all(&scripts, 1, &|| Box::new(Interp::new(Budgets::default())));
//! assert!(KnownGaps::default().check(&report).is_ok());
//! assert_eq!(report.to_string().lines().last(), Some("2 passed, 0 failed"));
//! ```

mod coverage;
mod custom;
mod expect;
mod format;
mod gaps;
mod kind;
mod matrix;
mod modules;
mod record;
mod report;
mod run;
mod script;
mod source;
mod suite;
mod text;
mod threads;
mod trace;
mod validation;

pub use coverage::{Coverage, cover};
pub use format::{Format, UnknownFormat, html, junit};
pub use gaps::{GapCheck, GapsError, KnownGaps};
pub use kind::Kind;
pub use matrix::{Entrant, Matrix, Plan, Progress, Run, Standing, run_matrix};
pub use modules::{Asked, TestModule, modules};
pub use record::{
    Change, Changes, DirectiveRecord, EngineRecord, FileRecord, Record, RecordError, RuleRecord, RulesRecord,
    SuiteRecord, Tally, Verdict,
};
pub use report::{Counts, Report};
pub use run::{
    Checked, Event, Fault, Place, ScriptReport, run, run_all, run_group, run_groups, run_scheduled, spectest,
};
pub use script::{Script, ScriptError, from_path, read_all};
pub use source::span;
pub use suite::{Proposal, UnknownProposal, official};
pub use threads::Schedule;
pub use trace::{TraceError, trace};
pub use validation::{ValidCoverage, cover_validation};

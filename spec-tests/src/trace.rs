//! The derivation of one assertion.

use std::io;

use assay_engines::{Interp, Watched};
use assay_interp::trace::{Cut, Writer};

use crate::run::{Event, ScriptReport, run_group};
use crate::script::{Script, ScriptError};

/// Why a script couldn't be traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It can't be run.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// The trace can't be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Runs a script in an interpreter, and writes the steps of the directives that begin in a line. Its other directives
/// run without being watched.
///
/// # Errors
///
/// As of [`run`](crate::run()), or the trace can't be written.
pub fn trace<W: io::Write>(
    interp: Interp,
    script: &Script,
    line: usize,
    cut: Cut,
    out: W,
) -> Result<ScriptReport, TraceError> {
    let mut engine = Watched::new(interp);
    let mut writer = Some(Writer::cut(out, cut));
    let mut results = run_group(&mut engine, std::slice::from_ref(script), &mut |engine, _, event| match event {
        Event::Begins(_, place) if place.line == line => engine.observer = writer.take(),
        Event::Ended(checked) if checked.place.line == line => writer = engine.observer.take(),
        _ => {}
    });
    if let Some(error) = writer.and_then(Writer::error) {
        return Err(error.into());
    }
    Ok(results.pop().expect("one script has one result")?)
}

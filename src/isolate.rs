//! Engines of this build in processes of their own.

use assay_engines::EngineId;

use crate::output::Failure;

#[derive(clap::Args)]
pub(crate) struct Isolate {
    /// Runs every engine in processes of its own, so that what brings it down costs one step; without, all but our
    /// interpreter, where several things are done at the same time
    #[arg(long, value_name = "WHETHER", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = ["yes", "no"])]
    isolate: Option<String>,
}

impl Isolate {
    /// Whether it is asked for, if anything is said.
    pub(crate) fn whether(&self) -> Option<bool> {
        self.isolate.as_ref().map(|word| word == "yes")
    }
}

/// Whether an engine runs in a process of its own, where several things are done at the same time or not.
pub(crate) fn isolates(whether: Option<bool>, id: &str, several: bool) -> Result<bool, Failure> {
    let id = id.parse().map_err(|e: assay_engines::IdError| Failure::Usage(e.to_string()))?;
    Ok(match (id, whether) {
        (EngineId::Process(_), _) => false,
        (_, Some(whether)) => whether,
        // They aren't safe code throughout, and what they run may bring the process down.
        (EngineId::Wasmtime(_) | EngineId::Wasmi, None) => several,
        (EngineId::Interp, None) => false,
    })
}

/// The id of an engine of this build as this program drives it in another process, with the budgets of that name.
pub(crate) fn driver(id: &str, budgets: &str) -> Result<String, Failure> {
    let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
    let program = std::env::current_exe().map_err(|e| usage(&e))?;
    let words = [&*program.to_string_lossy(), "driver", "--engine", id, "--budgets", budgets];
    let command = shlex::try_join(words).map_err(|e| usage(&e))?;
    Ok(format!("process:{command}"))
}

/// An engine's id, and the name that reports are to call it by, if there is one: `v8=process:node …`. No id begins with
/// a word and an equals sign.
pub(crate) fn named(given: &str) -> (Option<&str>, &str) {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    match given.split_once('=') {
        Some((name, id)) if is_name(name) => (Some(name), id),
        _ => (None, given),
    }
}

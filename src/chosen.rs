//! Engines as the command line names them, and those of this build in processes of their own.

use std::time::Duration;

use assay_diff_fuzz::Made;
use assay_engines::{Budgets, Compiler, DEADLINE, Engine, EngineId, Features, Process, engine_within};

use crate::output::Failure;

#[derive(clap::Args)]
pub(crate) struct Isolate {
    /// Runs every engine in processes of its own, so that what brings it down costs one step; without, all but our
    /// interpreter, where several things are done at the same time
    #[arg(long, value_name = "WHETHER", num_args = 0..=1, require_equals = true, default_missing_value = "yes",
          value_parser = ["yes", "no"])]
    isolate: Option<String>,
}

/// What engines are wanted for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    /// The name of their budgets, as `assay driver` takes it.
    pub(crate) budgets: &'static str,
    pub(crate) features: Features,
    pub(crate) deadline: Duration,
    /// Whether several things are done at the same time.
    pub(crate) several: bool,
}

/// The name of the little that a comparison takes.
pub(crate) const COMPARE: &str = "compare";
/// The name of what the official tests take.
pub(crate) const TESTS: &str = "tests";

impl Wanted {
    /// For a comparison.
    pub(crate) fn compared(features: Features, several: bool) -> Wanted {
        Wanted { budgets: COMPARE, features, deadline: DEADLINE, several }
    }
}

/// The budgets of a name.
pub(crate) fn budgets(name: &str) -> Budgets {
    match name {
        COMPARE => assay_diff_fuzz::BUDGETS,
        // No official assertion takes more; wasmtime's fuel counts the bytes of bulk operations, too.
        _ => Budgets { fuel: 1 << 40, ..Budgets::default() },
    }
}

/// An engine of the command line: `v8=process:node …`, or only an id.
pub(crate) struct Chosen {
    /// What reports call it: the name in front of the id, or the id with all that it means.
    pub(crate) name: String,
    /// The id, as it was given.
    pub(crate) id: String,
    pub(crate) version: String,
    /// The command line of the process that it runs in, if it does.
    command: Option<String>,
    wanted: Wanted,
}

impl Chosen {
    /// Sees whether there is such an engine, and where it is to run.
    pub(crate) fn new(given: &str, isolate: &Isolate, wanted: Wanted) -> Result<Chosen, Failure> {
        let (name, id) = named(given);
        let one = make(id, wanted)?;
        let name = name.map_or_else(|| one.id(), str::to_owned);
        let parsed = id.parse().map_err(|e: assay_engines::IdError| Failure::Usage(e.to_string()))?;
        let command = match (parsed, isolate.isolate.as_deref()) {
            (EngineId::Process(command), _) => Some(command),
            (_, Some("no")) => None,
            (_, Some(_)) => Some(driver(id, wanted.budgets)?),
            // They aren't safe code throughout, and what they run may bring the process down.
            (EngineId::Wasmtime(_) | EngineId::Wasmi, None) if wanted.several => Some(driver(id, wanted.budgets)?),
            _ => None,
        };
        Ok(Chosen { name, id: id.to_owned(), version: one.version(), command, wanted })
    }

    /// The engine, with its id.
    pub(crate) fn made(&self) -> Made {
        Made { id: self.id.clone(), engine: self.engine() }
    }

    /// The compiler of a wasmtime that was given no options.
    pub(crate) fn plain(&self) -> Option<Compiler> {
        match self.id.parse() {
            Ok(EngineId::Wasmtime(id)) if id == id.compiler.into() => Some(id.compiler),
            _ => None,
        }
    }

    /// A wasmtime that was given no options with options that are drawn, and any other engine as it is. It goes by the
    /// same name.
    pub(crate) fn varied(&self, rng: &mut fastrand::Rng) -> Made {
        let Some(compiler) = self.plain() else { return self.made() };
        // Some options exclude each other, or aren't to be had on this processor.
        for _ in 0..8 {
            let id = EngineId::Wasmtime(compiler.drawn(&mut |n| rng.usize(..n))).to_string();
            let command = self.command.as_ref().and_then(|_| driver(&id, self.wanted.budgets).ok());
            let varied = Chosen { name: self.name.clone(), version: self.version.clone(), id, command, ..*self };
            if let Ok(engine) = varied.start() {
                return Made { id: varied.id, engine };
            }
        }
        self.made()
    }

    /// The engine.
    pub(crate) fn engine(&self) -> Box<dyn Engine> {
        self.start().unwrap_or_else(|_| panic!("{} has been there before", self.name))
    }

    fn start(&self) -> Result<Box<dyn Engine>, Failure> {
        let Wanted { features, deadline, .. } = self.wanted;
        match &self.command {
            Some(command) => Process::start(command, features, deadline)
                .map(|process| Box::new(process.known_as(&self.name)) as Box<dyn Engine>)
                .map_err(|e| Failure::Usage(e.to_string())),
            None => make(&self.id, self.wanted),
        }
    }
}

/// Engines, of which no two may be the same.
pub(crate) fn choose(given: &[String], isolate: &Isolate, wanted: Wanted) -> Result<Vec<Chosen>, Failure> {
    let mut all: Vec<Chosen> = Vec::new();
    for given in given {
        let one = Chosen::new(given, isolate, wanted)?;
        if all.iter().any(|other| other.name == one.name) {
            let why = "with itself it would always agree";
            return Err(Failure::Usage(format!("engine {:?} is given twice; {why}", one.name)));
        }
        all.push(one);
    }
    Ok(all)
}

fn make(id: &str, wanted: Wanted) -> Result<Box<dyn Engine>, Failure> {
    let made = engine_within(id, budgets(wanted.budgets), wanted.features, wanted.deadline);
    made.map_err(|e| Failure::Usage(e.to_string()))
}

/// The command line by which this program drives an engine of its build in another process.
fn driver(id: &str, budgets: &str) -> Result<String, Failure> {
    let usage = |e: &dyn std::fmt::Display| Failure::Usage(e.to_string());
    let program = std::env::current_exe().map_err(|e| usage(&e))?;
    let words = [&*program.to_string_lossy(), "driver", "--engine", id, "--budgets", budgets];
    shlex::try_join(words).map_err(|e| usage(&e))
}

/// An engine's id, and the name in front of it. No id begins with a word and an equals sign.
fn named(given: &str) -> (Option<&str>, &str) {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    match given.split_once('=') {
        Some((name, id)) if is_name(name) => (Some(name), id),
        _ => (None, given),
    }
}

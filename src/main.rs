//! `assay`: what a WebAssembly module does, by the letter of the standard, and what it can never do.

mod chosen;
mod conform;
mod diff;
mod driver;
mod engines;
mod excerpt;
mod fuzz;
mod input;
mod manual;
mod output;
mod reduce;
mod run;
mod validate;

#[cfg(feature = "proofs")]
mod admit;
#[cfg(feature = "proofs")]
mod prove;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use output::{exit, tell};

/// What the pages of `man` say of [`exit`], too.
const CODES: &str = "Exit codes: 0 yes, 1 no, 2 usage or unreadable file, 3 undetermined, 4 the module is malformed or \
                     invalid where that wasn't the question, 70 a bug in assay, 134 a run that trapped, threw or \
                     exhausted a budget; a program of WASI has its own.";

#[derive(Parser)]
#[command(name = "assay", version, about, max_term_width = 100, after_help = CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a module by the rules of the standard
    Run(run::Args),
    /// Says whether modules are well-formed and valid
    Validate(validate::Args),
    /// Runs the official tests on an engine
    Conform(conform::Args),
    /// Compares engines on one module
    Diff(diff::Args),
    /// Races engines on modules made for it, and keeps what they don't agree on
    Fuzz(fuzz::Args),
    /// Makes a module on which two engines differ as small as can be
    Reduce(reduce::Args),
    /// Lists the engines of this build
    Engines,
    /// Speaks the engine protocol for an engine of this build, line by line
    Driver(driver::Args),
    /// Decides for each instruction whether it can trap
    #[cfg(feature = "proofs")]
    Prove(prove::Args),
    /// Admits modules by a policy, or says why not
    #[cfg(feature = "proofs")]
    Admit(admit::Args),
    /// Writes pages for man and completions for shells into a folder
    #[command(hide = true)]
    Manual(manual::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = std::panic::catch_unwind(|| match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Conform(args) => conform::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Reduce(args) => reduce::run(&args),
        Command::Engines => engines::run(),
        Command::Driver(args) => driver::run(&args),
        #[cfg(feature = "proofs")]
        Command::Prove(args) => prove::run(&args),
        #[cfg(feature = "proofs")]
        Command::Admit(args) => admit::run(&args),
        Command::Manual(args) => manual::run(&args, Cli::command()),
    });
    match ended {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(failure)) => ExitCode::from(failure.tell()),
        Err(_) => {
            tell!("error: this is a bug in assay; the module and the command above would help to mend it");
            ExitCode::from(exit::INTERNAL)
        }
    }
}

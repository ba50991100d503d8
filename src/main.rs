//! `assay`: what a WebAssembly module does, by the letter of the standard, and what it can never do.

mod conform;
mod diff;
mod engines;
mod excerpt;
mod input;
mod output;
mod run;
mod validate;

#[cfg(feature = "proofs")]
mod admit;
#[cfg(feature = "proofs")]
mod prove;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use output::{exit, tell};

#[derive(Parser)]
#[command(name = "assay", version, about, max_term_width = 100)]
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
    /// Lists the engines of this build
    Engines,
    /// Decides for each instruction whether it can trap
    #[cfg(feature = "proofs")]
    Prove(prove::Args),
    /// Admits modules by a policy, or says why not
    #[cfg(feature = "proofs")]
    Admit(admit::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = std::panic::catch_unwind(|| match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Conform(args) => conform::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Engines => engines::run(),
        #[cfg(feature = "proofs")]
        Command::Prove(args) => prove::run(&args),
        #[cfg(feature = "proofs")]
        Command::Admit(args) => admit::run(&args),
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

//! `assay prove`

use assay_proofs::{Budgets, ProveError, prove};

use crate::input::{self, Language};
use crate::output::{Failure, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A .wasm binary, a .wat text, or - for standard input
    module: String,
    #[command(flatten)]
    language: Language,
    /// Only what calls of this export can execute; may be given more than once
    #[arg(long, value_name = "NAME")]
    entry: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let wasm = input::module(&args.module)?;
    let report =
        prove(&wasm, args.language.features(), &args.entry, &Budgets::default()).map_err(|error| match error {
            ProveError::Module(error) => Failure::Module(args.module.clone(), error),
            ProveError::NoEntry(_) => Failure::Usage(format!("{}: {error}", printable(&args.module))),
        })?;
    say!("{report}")?;
    Ok(match report.counts() {
        (_, 0, 0) => exit::YES,
        (_, 0, _) => exit::UNDETERMINED,
        _ => exit::NO,
    })
}

//! `assay validate`

use assay_interp::binary::{self, ErrorKind};

use crate::input;
use crate::output::{Failure, exit, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wasm binaries, .wat texts, or - for standard input
    #[arg(required = true)]
    modules: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let mut worst = exit::YES;
    for path in &args.modules {
        let checked = match input::module(path) {
            Ok(wasm) => binary::check(&wasm),
            Err(Failure::Module(_, error)) => Err(error),
            Err(other) => return Err(other),
        };
        let code = match checked {
            Ok(()) => {
                say!("{path}: valid")?;
                exit::YES
            }
            Err(error) => {
                say!("{path}: {error}")?;
                match error.kind {
                    ErrorKind::Malformed | ErrorKind::Invalid => exit::NO,
                    ErrorKind::Limit | ErrorKind::Unsupported => exit::UNDETERMINED,
                }
            }
        };
        // One that isn't valid outweighs one that can't be told.
        worst = if exit::NO == worst || code == exit::NO { exit::NO } else { worst.max(code) };
    }
    Ok(worst)
}

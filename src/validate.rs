//! `assay validate`

use assay_interp::binary;

use crate::input;
use crate::output::{Failure, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wasm binaries, .wat texts, or - for standard input
    #[arg(required = true)]
    modules: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let mut worst = exit::YES;
    for path in &args.modules {
        let checked = input::module(path)
            .and_then(|wasm| binary::check(&wasm).map_err(|error| Failure::Module(path.clone(), error)));
        let code = match checked {
            Ok(()) => {
                say!("{}: valid", printable(path))?;
                exit::YES
            }
            Err(failure @ (Failure::Module(..) | Failure::Text(..))) => {
                say!("{failure}")?;
                if failure.code() == exit::MODULE { exit::NO } else { failure.code() }
            }
            Err(other) => return Err(other),
        };
        // One that isn't valid outweighs one that can't be told.
        worst = if exit::NO == worst || code == exit::NO { exit::NO } else { worst.max(code) };
    }
    Ok(worst)
}

//! `assay validate`

use assay_interp::binary;

use crate::input::{self, Language};
use crate::output::{Failure, exit, printable, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wasm binaries, .wat texts, or - for standard input
    #[arg(required = true)]
    modules: Vec<String>,
    #[command(flatten)]
    language: Language,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let features = args.language.features();
    let mut worst = exit::YES;
    for path in &args.modules {
        let checked = input::module(path)
            .and_then(|wasm| binary::check_with(&wasm, features).map_err(|error| Failure::Module(path.clone(), error)));
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

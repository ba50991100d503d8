//! `assay admit`

use std::path::PathBuf;

use assay_gate::{Policy, admit};
use assay_interp::binary::ErrorKind;
use assay_proofs::Budgets;

use crate::input;
use crate::output::{Failure, exit, say};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// .wasm binaries, .wat texts, or - for standard input
    #[arg(required = true)]
    modules: Vec<String>,
    /// What is allowed
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let path = args.policy.to_string_lossy();
    let policy = Policy::from_toml(&input::text(&path)?).map_err(|e| Failure::Usage(format!("{path}: {e}")))?;
    let mut worst = exit::YES;
    for module in &args.modules {
        say!("{module} under {path}")?;
        let code = match input::module(module) {
            Ok(wasm) => {
                let verdict = admit(&wasm, &policy, &Budgets::default());
                say!("{verdict}")?;
                match (verdict.admitted(), verdict.only_unknown()) {
                    (true, _) => exit::YES,
                    (false, true) => exit::UNDETERMINED,
                    (false, false) => exit::NO,
                }
            }
            Err(Failure::Module(_, error)) if error.kind == ErrorKind::Malformed => {
                say!("  DENIED   module               {error}\nDENIED: 1 of 1 checks denied, 0 unknown")?;
                exit::NO
            }
            Err(other) => return Err(other),
        };
        worst = if exit::NO == worst || code == exit::NO { exit::NO } else { worst.max(code) };
    }
    Ok(worst)
}

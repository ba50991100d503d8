//! `assay admit`

use std::path::PathBuf;

use assay_gate::{Policy, admit};
use assay_proofs::Budgets;

use crate::input;
use crate::output::{Failure, exit, printable, say};

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
    let text = input::text(&path)?;
    let path = printable(&path);
    let policy =
        Policy::from_toml(&text).map_err(|e| Failure::Usage(format!("{path}: {}", e.to_string().trim_end())))?;
    let mut worst = exit::YES;
    for module in &args.modules {
        let header = format!("{} under {path}", printable(module));
        let code = match input::module(module) {
            Ok(wasm) => {
                say!("{header}")?;
                let verdict = admit(&wasm, &policy, &Budgets::default());
                say!("{verdict}")?;
                match (verdict.admitted(), verdict.only_unknown()) {
                    (true, _) => exit::YES,
                    (false, true) => exit::UNDETERMINED,
                    (false, false) => exit::NO,
                }
            }
            Err(failure @ (Failure::Module(..) | Failure::Text(..))) if failure.code() == exit::MODULE => {
                say!("{header}\n  DENIED   module               {failure}\nDENIED: 1 of 1 checks denied, 0 unknown")?;
                exit::NO
            }
            Err(other) => return Err(other),
        };
        worst = if exit::NO == worst || code == exit::NO { exit::NO } else { worst.max(code) };
    }
    Ok(worst)
}

//! `assay driver`

use assay_engines::{Carries, Features, Server, engine};

use crate::chosen::{COMPARE, TESTS, budgets};
use crate::output::{Failure, exit};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The engine that answers
    #[arg(long, value_name = "ID", default_value = "interp")]
    engine: String,
    /// The types whose values cross, and no others, beside i32 and i64; f32, f64, v128 [default: all]
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = ["i32", "i64", "f32", "f64", "v128"])]
    carries: Option<Vec<String>>,
    /// What it may take: as for the official tests, or the little of a comparison
    #[arg(long, value_name = "NAME", default_value = TESTS, value_parser = [TESTS, COMPARE])]
    budgets: String,
}

pub(crate) fn run(args: &Args) -> Result<u8, Failure> {
    let engine =
        engine(&args.engine, budgets(&args.budgets), Features::default()).map_err(|e| Failure::Usage(e.to_string()))?;
    let carries = args.carries.as_deref().map_or(Carries::ALL, Carries::named);
    let mut server = Server::new(engine, assay_spec_tests::spectest()).carrying(carries);
    server.serve(std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(exit::YES)
}

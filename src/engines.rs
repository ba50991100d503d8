//! `assay engines`

use assay_engines::{Budgets, ENGINES, Features, engine};

use crate::output::{Failure, exit, say};

pub(crate) fn run() -> Result<u8, Failure> {
    for id in ENGINES {
        let engine = engine(id, Budgets::default(), Features::default()).map_err(|e| Failure::Usage(e.to_string()))?;
        say!("{:<20} {}", engine.id(), engine.version())?;
    }
    Ok(exit::YES)
}

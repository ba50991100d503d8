//! `assay engines`

use assay_engines::{Budgets, ENGINES, Engine, Features, WASMTIME_OPTIONS, engine};

use crate::output::{Failure, exit, say};

pub(crate) fn run() -> Result<u8, Failure> {
    let new = |id: &str| engine(id, Budgets::default(), Features::ALL).map_err(|e| Failure::Usage(e.to_string()));
    let engines: Vec<Box<dyn Engine>> = ENGINES.into_iter().map(new).collect::<Result<_, _>>()?;
    for engine in &engines {
        say!("{:<24} {}", engine.id(), engine.version())?;
    }
    let row = |name: &str, cells: &[&str]| {
        let cells: Vec<String> = cells.iter().zip(ENGINES).map(|(cell, id)| format!("{cell:<0$}", id.len())).collect();
        format!("{name:<24} {}", cells.join("  ")).trim_end().to_owned()
    };
    say!("\n{}", row("proposal", &ENGINES))?;
    let have: Vec<Vec<&str>> = engines.iter().map(|engine| engine.proposals()).collect();
    // Our interpreter, the first, has all that there are names for.
    for proposal in have.first().into_iter().flatten() {
        let cells: Vec<&str> = have.iter().map(|have| if have.contains(proposal) { "yes" } else { "-" }).collect();
        say!("{}", row(proposal, &cells))?;
    }
    if ENGINES.contains(&"wasmtime:cranelift") {
        say!("\noptions of wasmtime, as in wasmtime:cranelift,opt=none,isa=-avx512f")?;
        for option in WASMTIME_OPTIONS {
            let compilers: Vec<&str> = option.compilers.iter().map(|compiler| compiler.word()).collect();
            let value = format!("{}={}", option.name, option.values);
            say!("  {value:<34}  {} ({})", option.what, compilers.join(", "))?;
        }
    }
    Ok(exit::YES)
}

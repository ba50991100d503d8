//! Bytes of our own memory that a module takes: decoded, instantiated, and run.
//!
//! `cargo bench -p assay-engines --no-default-features --bench memory [-- FILE…]`. Of the programs of programs.toml
//! each is run, so that nearly all its functions are compiled to the flat form; of other modules the decoded form is
//! measured. Bytes of memories and elements of tables aren't counted: those are the program's.

use std::path::Path;
use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{ExternAddr, Ref, Value};
use assay_interp::machine::{Budgets, Machine};

mod list;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn bytes() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// What a module's instances have for the program's own data.
fn data(machine: &Machine) -> usize {
    let store = machine.store();
    let mems: usize = store.mems.iter().map(|mem| mem.bytes.len()).sum();
    mems + store.tables.iter().map(|table| table.elements.len() * size_of::<Ref>()).sum::<usize>()
}

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    println!("memory: bytes of ours a byte of the module");
    println!("{:<28} {:>9} {:>9} {:>9}", "", "bytes", "decoded", "run");
    let files: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    for file in &files {
        let wasm = std::fs::read(file).expect("the module");
        let before = bytes();
        let module = binary::decode(&wasm).expect("a module");
        let decoded = (bytes() - before) as f64 / wasm.len() as f64;
        drop(module);
        let name = Path::new(file).file_name().expect("a file").to_string_lossy();
        println!("{name:<28} {:9} {decoded:9.2} {:>9}", wasm.len(), "-");
    }
    for bench in list::benches().iter().filter(|_| files.is_empty()) {
        let wasm = bench.wasm();
        let before = bytes();
        let module = Arc::new(binary::decode(&wasm).expect("a module"));
        let decoded = (bytes() - before) as f64 / wasm.len() as f64;
        let mut machine = Machine::new(Budgets::default());
        let instance = machine.instantiate(&module, &[], &mut (), &mut ()).expect("an instance");
        let Some(ExternAddr::Func(func)) = instance.export(&bench.entry) else { panic!("its function") };
        let args: Vec<Value> = bench.args.iter().map(|n| Value::I32(*n as u32)).collect();
        machine.invoke(func, &args, &mut (), &mut ());
        let run = (bytes() - before - data(&machine)) as f64 / wasm.len() as f64;
        println!("{:<28} {:9} {decoded:9.2} {run:9.2}", bench.name, wasm.len());
    }
}

//! Bytes of our own memory that code takes, beside the bytes of its module: decoded, and after a run.
//!
//! `cargo bench -p assay-interp --features wasi --bench memory -- FOLDER`, which has the programs that `make programs`
//! compiles. Bytes of memories and elements of tables aren't counted: those are the program's.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{ExternAddr, Ref};
use assay_interp::host::wasi::{Streams, Wasi};
use assay_interp::machine::{Budgets, Machine};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// What each of them is asked to do.
const PROGRAMS: [(&str, &[&str], &str); 5] = [
    ("b3sum", &["-"], include_str!("../../tests/programs/tour.lua")),
    ("gzip", &["-9"], include_str!("../../tests/programs/tour.lua")),
    ("zstd", &["-19"], include_str!("../../tests/programs/tour.lua")),
    ("sqlite", &[":memory:"], include_str!("../../tests/programs/tour.sql")),
    ("lua", &["-"], "for i = 1, 9 do print(string.format('%d %s', i, ('x'):rep(i))) end"),
];

fn bytes() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// What a store has for the program's own data.
fn data(machine: &Machine) -> usize {
    let store = machine.store();
    let mems: usize = store.mems.iter().map(|mem| mem.bytes.capacity()).sum();
    mems + store.tables.iter().map(|table| table.elements.capacity() * size_of::<Ref>()).sum::<usize>()
}

fn main() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let folder = args.next().expect("the folder of the programs");
    println!("memory: bytes of ours for each byte of a module");
    println!("{:<10} {:>9} {:>8} {:>8}  outcome", "", "bytes", "decoded", "run");
    for (name, args, input) in PROGRAMS {
        let wasm = std::fs::read(Path::new(&folder).join(name).with_extension("wasm")).expect("make programs has it");
        let before = bytes();
        let share = |bytes: usize| (bytes - before) as f64 / wasm.len() as f64;
        let module = Arc::new(binary::decode(&wasm).expect("a module"));
        let decoded = share(bytes());
        let mut machine = Machine::new(Budgets::default());
        let imports: Option<Vec<ExternAddr>> =
            module.imports.iter().map(|import| Wasi::function(machine.store_mut(), import)).collect();
        let output = Box::new(std::io::sink());
        let streams = Streams {
            input: Box::new(Cursor::new(input)),
            output,
            error: Box::new(std::io::sink()),
            terminals: [false; 3],
        };
        let mut host = Wasi::new([&[name], args].concat().into_iter().map(str::to_owned).collect(), streams);
        let imports = imports.expect("functions of WASI");
        let instance = machine.instantiate(&module, &imports, &mut host, &mut ()).expect("an instance");
        let start = instance.func("_start").expect("a program");
        let outcome = machine.invoke(start, &[], &mut host, &mut ());
        drop(host);
        let run = share(bytes() - data(&machine));
        println!("{name:<10} {:9} {decoded:8.2} {run:8.2}  {outcome:?}", wasm.len());
    }
}

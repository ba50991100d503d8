//! What the benches run is valid, returns what the list of it says, and the same in every engine.

use std::fs;
use std::path::Path;

use assay_engines::{Budgets, ENGINES, Features, Outcome, engine};

#[path = "../benches/list/mod.rs"]
mod list;
use list::{Bench, benches, folder};

/// What its entry returns in an engine.
fn run(bench: &Bench, id: &str, args: &[i32]) -> i64 {
    let mut engine = engine(id, Budgets { fuel: u64::MAX, ..Budgets::default() }, Features::default()).unwrap();
    let instance = engine.instantiate(&bench.wasm(), &[]).unwrap_or_else(|end| panic!("{}: {end:?}", bench.name));
    bench.number(&engine.invoke(instance, &bench.entry, &Bench::values(args)))
}

#[test]
fn they_are_valid_and_engines_agree_on_them() {
    for bench in benches() {
        let args = bench.small.as_ref().unwrap_or(&bench.args);
        let takes =
            |id: &&str| match engine(id, Budgets::default(), Features::default()).unwrap().validate(&bench.wasm()) {
                Ok(()) => true,
                Err(Outcome::Unsupported(_)) => false,
                Err(other) => panic!("{id}: {}: {other}", bench.name),
            };
        let results: Vec<_> = ENGINES.into_iter().filter(takes).map(|id| (id, run(&bench, id, args))).collect();
        assert!(results.len() > 1 || ENGINES.len() == 1);
        assert!(results.iter().all(|(_, result)| *result == results[0].1), "{} {args:?}: {results:?}", bench.name);
    }
}

#[cfg(feature = "wasmtime")]
#[test]
fn they_return_what_is_listed() {
    for bench in benches() {
        assert_eq!(run(&bench, "wasmtime", &bench.args), bench.result, "{}", bench.name);
    }
}

/// No file is left out, and the source of a program begins with what it returns: `// run(4000) = 123`.
#[test]
fn the_list_is_of_all_files() {
    let listed = benches();
    let mut names: Vec<_> = listed.iter().map(|bench| bench.file.clone()).collect();
    names.sort();
    let mut there = Vec::new();
    for (sub, ext) in [("kernels", "wat"), ("programs", "wasm")] {
        for entry in fs::read_dir(folder().join(sub)).unwrap() {
            let name = Path::new(sub).join(entry.unwrap().file_name());
            there.extend(name.extension().is_some_and(|e| e == ext).then_some(name));
        }
    }
    there.sort();
    assert_eq!(names, there);
    for bench in listed.iter().filter(|bench| bench.file.starts_with("programs")) {
        let source = fs::read_to_string(folder().join(&bench.file).with_extension("c")).unwrap();
        let args: Vec<String> = bench.args.iter().map(i32::to_string).collect();
        let first = format!("// {}({}) = {}\n", bench.entry, args.join(", "), bench.result);
        assert!(source.starts_with(&first), "{}: {first}", bench.name);
    }
}

//! Real modules are valid, by both validators, and as many as are listed.

use std::fs;
use std::path::Path;

use assay_interp::binary::{self, Judgement};
use assay_interp::syntax::Features;

#[test]
#[ignore = "`make corpus` brings the modules and runs it"]
fn the_modules_of_the_corpus_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("tests/corpus.txt")).expect("the list");
    let lines: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &lines {
        let [package, version, _, file] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let name = Path::new(file).file_name().expect("a file");
        let wasm = fs::read(root.join("../corpus").join(name)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(binary::judge(&wasm, Features::ALL), Ok(Judgement::Valid), "{package} {version}");
        let module = binary::decode_with(&wasm, Features::ALL).expect("it is valid");
        println!("{package} {version}: {} bytes, {} of code, valid", wasm.len(), module.code_size);
    }
    assert!(lines.len() >= 4);
}

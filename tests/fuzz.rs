//! `assay fuzz` and `assay reduce` as a user meets them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const BASE64: &str = include_str!("../docs/examples/base64.wat");

fn assay(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay")).args(args).current_dir(folder).output().expect("assay is there")
}

#[track_caller]
fn ends(output: &Output, code: i32, words: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "{said}");
}

/// A campaign of so many inputs, which finds nothing: what it has counted, but for the time.
fn campaign(folder: &Path, out: &str, execs: &str, jobs: &str) -> serde_json::Value {
    let engines = ["--engine", "interp", "--engine", "wasmi", "--isolate=no", "--seed", "3"];
    let args = [&["fuzz", "--out", out, "--execs", execs, "--jobs", jobs][..], &engines].concat();
    ends(&assay(folder, &args), 0, "inputs/s");
    let text = fs::read_to_string(folder.join(out).join("state.json")).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    state.as_object_mut().unwrap().remove("seconds");
    state
}

#[test]
fn a_campaign_goes_on_where_it_was_and_is_its_seed_s() {
    let folder = tempfile::tempdir().unwrap();
    let first = campaign(folder.path(), "a", "12", "1");
    assert_eq!(first["next"], 12);
    let more = campaign(folder.path(), "a", "90", "1");
    assert_eq!(more["next"], 90);
    // In one go it is the same; some inputs are mutations of those that exercise rare rules.
    assert_eq!(campaign(folder.path(), "b", "90", "1"), more);
    assert!(more["generators"]["kept"]["inputs"].as_u64() > Some(4), "{more}");
    assert_eq!(campaign(folder.path(), "c", "40", "2")["next"], 40);
    let args = ["fuzz", "--out", "a", "--execs", "40", "--engine", "interp", "--engine", "wasmi", "--seed", "4"];
    ends(&assay(folder.path(), &args), 2, "choose another folder");
}

/// A campaign finds what Winch does wrong if memories can't move, and hands it over.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_finding_from_the_campaign_to_the_assertion() {
    let folder = tempfile::tempdir().unwrap();
    let winch = "--engine=wasmtime:winch,reservation=0,moves=off";
    let both = ["--engine=interp", winch, "--isolate=no"];
    let fuzz = |more: &[&str]| assay(folder.path(), &[&["fuzz", "--seed=5", "--out=c"], more].concat());
    ends(&fuzz(&[&both[..], &["--execs=200", "--first", "--jobs=1"]].concat()), 1, " in interp and wasmtime:winch");
    let findings: Vec<_> = fs::read_dir(folder.path().join("c/findings")).unwrap().collect();
    assert_eq!(findings.len(), 1);
    let finding = findings.into_iter().next().unwrap().unwrap().path();
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(finding.join("finding.json")).unwrap()).unwrap();
    let page = fs::read_to_string(finding.join("README.md")).unwrap();
    for words in
        ["## Who answers what", "Step", "Passes in interp; fails in wasmtime:winch", json["mix"].as_str().unwrap()]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    // The input can be made again.
    ends(&fuzz(&["--input", &json["input"].to_string()]), 0, json["mix"].as_str().unwrap());
    let again = folder.path().join("c/inputs").join(json["input"].to_string()).join("module.wasm");
    assert_eq!(fs::read(again).unwrap(), fs::read(finding.join("module.wasm")).unwrap());
    ends(&fuzz(&["--input=100000"]), 2, "the campaign hasn't come to it");
    // What the page says to do.
    let here = |args: &[&str]| assay(&finding, args);
    ends(&here(&[&["diff", "reduced.wasm", "--scenario", "reduced.toml"], &both[..]].concat()), 1, "1 difference");
    ends(&here(&["conform", "assertion.wast", "--engine=interp"]), 0, "0 failed");
    ends(&here(&["conform", "assertion.wast", winch, "--isolate=no"]), 1, "1 failed");
    fs::remove_file(finding.join("reduced.wasm")).unwrap();
    ends(&here(&["reduce", ".", "--isolate=no"]), 0, "nothing left to try");
    assert!(finding.join("reduced.wasm").exists());
}

#[test]
fn a_campaign_has_an_end_and_two_engines() {
    let folder = tempfile::tempdir().unwrap();
    ends(&assay(folder.path(), &["fuzz"]), 2, "--time or --execs");
    ends(&assay(folder.path(), &["fuzz", "--execs", "1", "--engine", "interp"]), 2, "needs two engines");
    let twice = ["fuzz", "--execs", "1", "--engine", "interp", "--engine", "interp"];
    ends(&assay(folder.path(), &twice), 2, "is given twice");
    ends(&assay(folder.path(), &["fuzz", "--time", "soon"]), 2, "a time is written as");
}

#[test]
fn what_cannot_be_reduced() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("base64.wat"), BASE64).unwrap();
    fs::write(folder.path().join("bad.wat"), "(module (func (result i32)))").unwrap();
    let two = ["--engine=interp", "--engine=wasmi"];
    let reduce = |args: &[&str]| assay(folder.path(), &[&["reduce", "--isolate=no"], args].concat());
    ends(&reduce(&["base64.wat", two[0]]), 2, "two engines are to be given");
    ends(&reduce(&["base64.wat", two[0], two[0]]), 2, "engine \"interp\" is given twice");
    ends(&reduce(&["base64.wat", two[0], two[1], "--out=a.wat"]), 2, "--out names the binary");
    ends(&reduce(&["bad.wat", two[0], two[1]]), 4, "");
    ends(&reduce(&["base64.wat", two[0], two[1]]), 3, "nothing to reduce: ");
    fs::create_dir(folder.path().join("empty")).unwrap();
    ends(&reduce(&["empty"]), 2, "finding.json");
}

#[test]
fn inputs_of_fuzz_targets() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("recipe"), [0; 40]).unwrap();
    fs::write(folder.path().join("text"), "(module)").unwrap();
    let reduce = |args: &[&str]| assay(folder.path(), &[&["reduce", "--isolate=no"], args].concat());
    // The recipe's module, and not its bytes; the two engines agree on it.
    let ended = reduce(&["recipe", "--target", "differential"]);
    ends(&ended, 3, "interp and wasmtime:cranelift don't differ on recipe\nit is a recipe of a module; ");
    let two = ["--engine=interp", "--engine=wasmi"];
    ends(&reduce(&[&["recipe", "--target", "differential"], &two[..]].concat()), 3, "interp and wasmi don't differ");
    ends(&reduce(&["recipe", "--target", "flat"]), 4, "malformed");
    // A module is one of the targets' own, too; what Winch makes of it is a finding.
    let wasm = wat::parse_str(r#"(module (memory 1) (func (export "f") (i32.store (i32.const 0) (i32.const 1))))"#);
    fs::write(folder.path().join("module"), wasm.unwrap()).unwrap();
    let winch = ["--engine=interp", "--engine=wasmtime:winch,reservation=0,moves=off", "--target=flat", "--out=found"];
    if cfg!(target_arch = "x86_64") {
        ends(&reduce(&[&["module"], &winch[..]].concat()), 0, "i32.store\nfound");
        assert!(folder.path().join("found/assertion.wast").exists());
        ends(&reduce(&["found"]), 0, "nothing left to try");
    }
    ends(&reduce(&["text", "--target", "script"]), 3, "The input of script is a test script");
    ends(&reduce(&["text", "--target", "flatt"]), 2, "there are differential, decode");
}

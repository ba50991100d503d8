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
    let more = campaign(folder.path(), "a", "30", "2");
    assert_eq!(more["next"], 30);
    // In one go, by one job, it is the same.
    assert_eq!(campaign(folder.path(), "b", "30", "1"), more);
    let args = ["fuzz", "--out", "a", "--execs", "40", "--engine", "interp", "--engine", "wasmi", "--seed", "4"];
    ends(&assay(folder.path(), &args), 2, "choose another folder");
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

//! The law of engines in other processes: the official tests through `process:assay driver` go as they do in process,
//! directive by directive.

use std::process::Command;

use assay_engines::{Budgets, Engine, Interp, Version, engine};
use assay_spec_tests::{Report, official, run_all};

fn through(driver: &str, version: Version) -> Report {
    let assay = shlex::try_quote(env!("CARGO_BIN_EXE_assay")).expect("a path without a zero byte");
    let id = format!("process:{assay} driver {driver}");
    let new = || engine(&id, Budgets::default(), version.into()).expect("the driver starts");
    run_all(&official(version), 2, &new)
}

fn in_process(version: Version) -> Report {
    let new = || -> Box<dyn Engine> { Box::new(Interp::with_features(Budgets::default(), version.into())) };
    run_all(&official(version), 2, &new)
}

#[track_caller]
fn same(theirs: &Report, ours: &Report, least: usize) {
    assert!(theirs.errors.is_empty() && ours.errors.is_empty(), "{:?} {:?}", theirs.errors, ours.errors);
    assert_eq!(theirs.scripts.len(), ours.scripts.len());
    for (theirs, ours) in theirs.scripts.iter().zip(&ours.scripts) {
        let differ = theirs.checked.iter().zip(&ours.checked).find(|(theirs, ours)| theirs != ours);
        assert!(differ.is_none(), "{}: {differ:#?}", ours.file);
        assert_eq!((&theirs.file, theirs.checked.len()), (&ours.file, ours.checked.len()));
    }
    assert!(ours.total().total() > least, "{} directives are too few", ours.total().total());
}

#[test]
fn the_official_tests_go_as_in_process() {
    same(&through("", Version::V3), &in_process(Version::V3), 58_000);
}

/// A driver whose interface carries integers alone loses nothing: adapters carry the rest, by means of the version that
/// is asked for.
#[test]
fn the_official_tests_go_as_in_process_by_integers() {
    same(&through("--carries i32,i64", Version::V3), &in_process(Version::V3), 58_000);
    same(&through("--carries i32,i64", Version::V1), &in_process(Version::V1), 19_000);
}

/// What the command line says of an engine that there isn't.
#[track_caller]
fn refused(engine: &str) -> String {
    let file = tempfile::Builder::new().suffix(".wast").tempfile().expect("a file");
    std::fs::write(file.path(), "(module)").expect("it can be written");
    let assay = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["conform", "--engine", engine])
        .arg(file.path())
        .output()
        .expect("it runs");
    assert_eq!(assay.status.code(), Some(2), "{assay:?}");
    String::from_utf8(assay.stderr).expect("words")
}

#[test]
fn a_driver_that_is_not_there_is_named() {
    let words = refused("process:no-such-driver --fast");
    let begin = "error: process:no-such-driver --fast: the driver can't be started: ";
    assert!(words.starts_with(begin) && words.contains("docs/engine-protocol.md"), "{words}");
    assert!(refused("process:").starts_with("error: process:: the command line is empty"));
    assert!(refused("process:'a").contains("a quotation mark isn't closed"));
}

/// A program that runs, and speaks something else.
#[test]
fn a_program_that_is_no_driver_is_told_so() {
    let assay = shlex::try_quote(env!("CARGO_BIN_EXE_assay")).expect("a path without a zero byte");
    let words = refused(&format!("process:{assay} engines"));
    assert!(words.contains("couldn't be brought to speak") && words.contains("no JSON"), "{words}");
}

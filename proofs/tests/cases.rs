//! Cases by file: each function of proofs/cases/*.wat is exported under a name that begins with its verdict, the worst
//! of its obligations.

use std::collections::BTreeMap;
use std::path::Path;

use assay_interp::syntax::Features;
use assay_proofs::module::{Report, Verdict};
use assay_proofs::{Budgets, prove};

fn report(path: &Path) -> Report {
    let wasm = wat::parse_file(path).unwrap_or_else(|e| panic!("{e}"));
    prove(&wasm, Features::default(), &[], &Budgets::default()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Proved(_) => "proved",
        Verdict::Refuted(_) => "refuted",
        Verdict::Unknown(_) => "unknown",
    }
}

/// A function's verdict: the worst of its obligations.
fn worst(report: &Report) -> BTreeMap<String, &'static str> {
    let mut worst = BTreeMap::new();
    for (i, finding) in report.findings.iter().enumerate() {
        let (name, _) = report.describe(i).split_once(" at byte").map(|(n, p)| (n.to_owned(), p.to_owned())).unwrap();
        let verdict = worst.entry(name).or_insert("proved");
        *verdict = match (*verdict, word(&finding.verdict)) {
            ("refuted", _) | (_, "refuted") => "refuted",
            ("unknown", _) | (_, "unknown") => "unknown",
            _ => "proved",
        };
    }
    worst
}

#[test]
fn verdicts_are_as_the_names_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let (mut wrong, mut cases) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let report = report(&path);
        for (name, verdict) in worst(&report) {
            let Some((expected, _)) = name.split_once(':') else { continue };
            assert!(["proved", "refuted", "unknown"].contains(&expected), "{name}: a case says what it expects");
            cases += 1;
            if verdict != expected {
                wrong.push(format!("{}: {name} is {verdict}", path.display()));
            }
        }
    }
    assert!(cases >= 250, "only {cases} cases were found");
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

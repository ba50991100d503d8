//! Any text as a test script.

use assay_engines::{Features, Interp};
use assay_spec_tests::{Script, run};

use super::modules::BUDGETS;

/// The script runs to its end on our interpreter, whatever its directives say.
///
/// # Panics
///
/// Something has panicked: the runner catches that, and it is told here.
pub fn script(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    let script = Script {
        suite: "fuzz".into(),
        name: "script.wast".into(),
        source: source.into(),
        features: Some(Features::ALL),
    };
    let Ok(report) = run(&mut Interp::with_features(BUDGETS, Features::ALL), &script) else { return };
    for checked in &report.checked {
        let why = checked.verdict.as_ref().err().map(|fault| fault.why()).unwrap_or_default();
        assert!(!why.starts_with("panicked"), "script: {why}, at {}", checked.place);
    }
}

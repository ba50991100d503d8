//! What asking for some entries only leaves out, and what it must not.

use assay_interp::syntax::Features;
use assay_proofs::module::{Report, Verdict};
use assay_proofs::{Budgets, prove};

fn report(wat: &str, entries: &[&str]) -> Report {
    let entries: Vec<String> = entries.iter().map(|e| (*e).to_owned()).collect();
    prove(&wat::parse_str(wat).unwrap(), Features::default(), &entries, &Budgets::default()).unwrap()
}

/// The functions that have an obligation which isn't proved.
fn doubtful(report: &Report) -> Vec<String> {
    let findings = report.findings.iter().enumerate();
    let open = findings.filter(|(_, f)| !matches!(f.verdict, Verdict::Proved(_)));
    open.map(|(i, _)| report.describe(i).split(' ').next().unwrap().to_owned()).collect()
}

/// Functions that the report is about.
fn reported(report: &Report) -> Vec<String> {
    (0..report.findings.len()).map(|i| report.describe(i).split(' ').next().unwrap().to_owned()).collect()
}

const TWO: &str = r#"(module
  (memory 1)
  (func (export "safe") (drop (i32.load8_u (i32.const 0))))
  (func $bad (export "bad") (param i32) (drop (i32.load8_u (local.get 0))))
  (func (export "masked") (call $bad (i32.const 5))))"#;

#[test]
fn only_what_an_entry_executes_is_asked_for() {
    let safe = report(TWO, &["safe"]);
    assert_eq!((reported(&safe), doubtful(&safe).len()), (vec!["safe".to_owned()], 0));
    assert_eq!(doubtful(&report(TWO, &["bad"])), ["bad"]);
    assert_eq!(doubtful(&report(TWO, &[])), ["bad"]);
    // Called by this entry alone it is in bounds.
    let masked = report(TWO, &["masked"]);
    assert_eq!((reported(&masked), doubtful(&masked).len()), (vec!["bad".to_owned()], 0));
}

#[test]
fn an_entry_given_more_than_once_is_one_entry() {
    let thrice = report(TWO, &["safe", "safe", "safe"]);
    assert_eq!((reported(&thrice), doubtful(&thrice).len()), (vec!["safe".to_owned()], 0));
}

#[test]
fn an_import_that_is_exported_stands_for_no_other_entry() {
    let wat = r#"(module
      (import "host" "f" (func $f))
      (memory 1)
      (export "import" (func $f))
      (func (export "bad") (param i32) (drop (i32.load8_u (local.get 0)))))"#;
    // The host can call back.
    assert_eq!(doubtful(&report(wat, &["bad"])), ["bad"]);
    let import = report(wat, &["import"]);
    // It has no code of its own to ask about.
    assert_eq!(reported(&import).len(), 0);
}

#[test]
fn the_callee_of_an_open_table_is_called_with_anything() {
    let wat = r#"(module
      (memory 1)
      (table (export "t") 1 funcref)
      (elem (i32.const 0) func $bad)
      (func $bad (param i32) (drop (i32.load8_u (local.get 0))))
      (func (export "indirect") (call_indirect (param i32) (i32.const 65536) (i32.const 0))))"#;
    assert!(doubtful(&report(wat, &["indirect"])).contains(&"bad".to_owned()));
}

#[test]
fn the_host_calls_back_during_a_call_out() {
    let wat = r#"(module
      (import "host" "ask" (func $ask))
      (memory 1)
      (func $inner (export "inner") (param i32) (drop (i32.load8_u (local.get 0))))
      (func (export "entry") (call $inner (i32.const 0)) (call $ask)))"#;
    assert_eq!(doubtful(&report(wat, &["entry"])), ["inner"]);
}

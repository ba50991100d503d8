//! Modules held against policies.

use assay_gate::{Finding, Policy, Verdict, admit};
use assay_proofs::Budgets;

const POLICY: &str = r#"
[imports]
env = ["log"]
host = ["*"]

[limits]
memory_pages = 2
functions = 3
code_bytes = 100

[proofs]
require = ["memory"]
"#;

fn verdict(text: &str, policy: &str) -> Verdict {
    let wasm = wat::parse_str(text).unwrap();
    admit(&wasm, &Policy::from_toml(policy).unwrap(), &Budgets::default())
}

fn finding(verdict: &Verdict, subject: &str) -> Finding {
    verdict.checks.iter().find(|c| c.subject == subject).unwrap_or_else(|| panic!("{subject}")).finding.clone()
}

#[test]
fn what_is_allowed_is_admitted() {
    let text = r#"(module (import "env" "log" (func)) (import "host" "anything" (func)) (memory 1 2)
        (func (export "f") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 255)))))"#;
    let verdict = verdict(text, POLICY);
    assert!(verdict.admitted(), "{verdict}");
    assert!(verdict.to_string().lines().last().unwrap().starts_with("ADMITTED: all"));
}

#[test]
fn everything_else_is_denied() {
    for (text, subject) in [
        (r#"(module (import "env" "other" (func)))"#, "imports"),
        (r#"(module (import "elsewhere" "log" (func)))"#, "imports"),
        ("(module (memory 1 3))", "memory_pages"),
        ("(module (memory 1))", "memory_pages"),
        (r#"(module (import "host" "m" (memory 0 3)))"#, "memory_pages"),
        ("(module (memory 1 1) (memory 1 1) (memory 1 1))", "memory_pages"),
        ("(module (table 1 1 funcref))", "table_elements"),
        ("(module (func) (func) (func) (func))", "functions"),
        (
            r#"(module (func (export "f") (drop (i64.const 0x7fffffffffffffff)) (drop (i64.const 0x7fffffffffffffff))
            (drop (i64.const 0x7fffffffffffffff)) (drop (i64.const 0x7fffffffffffffff))
            (drop (i64.const 0x7fffffffffffffff)) (drop (i64.const 0x7fffffffffffffff))
            (drop (i64.const 0x7fffffffffffffff)) (drop (i64.const 0x7fffffffffffffff))
            (drop (i64.const 0x7fffffffffffffff)) (drop (i64.const 0x7fffffffffffffff))))"#,
            "code_bytes",
        ),
        (r#"(module (memory 1 1) (func (export "f") (param i32) (drop (i32.load (local.get 0)))))"#, "proof memory"),
    ] {
        let verdict = verdict(text, POLICY);
        assert_eq!(finding(&verdict, subject), Finding::Denied, "{text}\n{verdict}");
        assert!(!verdict.admitted() && !verdict.only_unknown());
        assert!(verdict.to_string().lines().last().unwrap().starts_with("DENIED"));
    }
}

#[test]
fn an_empty_policy_allows_an_empty_module_alone() {
    assert!(verdict("(module)", "").admitted());
    assert!(!verdict("(module (func))", "").admitted());
    assert!(verdict("(module)", "").to_string().contains("nothing was proved"));
}

#[test]
fn what_is_unknown_is_no_pass() {
    let text = r#"(module (memory 1 1) (func (export "f") (param i32)
        (loop
          (i32.store8 (i32.const 1) (local.get 0))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let verdict = verdict(text, POLICY);
    assert_eq!(finding(&verdict, "proof memory"), Finding::Unknown, "{verdict}");
    assert!(verdict.only_unknown() && !verdict.admitted());
    assert!(verdict.to_string().lines().last().unwrap().starts_with("DENIED: 0 of"));
}

#[test]
fn malformed_and_unsupported_modules() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let verdict = admit(b"\0asm\x01\0\0\0\x01", &policy, &Budgets::default());
    assert!(!verdict.admitted() && !verdict.only_unknown(), "{verdict}");
    let component = wat::parse_str("(component)").unwrap();
    let verdict = admit(&component, &policy, &Budgets::default());
    assert!(!verdict.admitted() && verdict.only_unknown(), "{verdict}");
}

#[test]
fn names_are_escaped() {
    let text = "(module (import \"a\\1b[2Jb\" \"\\0a\" (func)))";
    assert!(!verdict(text, "").to_string().contains('\u{1b}'));
}

#[test]
fn policies_are_strict() {
    for (policy, words) in [
        ("[limits]\nmemory_page = 1", "unknown field `memory_page`"),
        ("[limit]", "unknown field `limit`"),
        ("[limits]\nfunctions = -1", "line 2"),
        ("[proofs]\nrequire = [\"everything\"]", "there is no group \"everything\""),
        ("[imports", "line 1"),
    ] {
        let error = Policy::from_toml(policy).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

//! The form of JUnit, as far as those agree who read it: suites of cases, which fail, err or are skipped.

use std::fmt::Write as _;

use super::Text;
use crate::matrix::{Matrix, Run, Standing};
use crate::run::{Checked, Fault, ScriptReport};
use crate::script::{Script, directive_text};

/// The report in the form of JUnit: a suite for each script of each engine, a case for each directive. A failure that
/// is known is skipped, with the reason; a pass that isn't expected is a failure.
pub fn junit(matrix: &Matrix, scripts: &[Script]) -> String {
    let mut suites = Vec::new();
    for run in &matrix.runs {
        let stale = run.check().map_or(Vec::new(), |check| check.stale);
        for script in &run.report.scripts {
            let mut suite = Suite::new(format!("{} {}", run.engine, script.file));
            let source = scripts.iter().find(|s| s.file() == script.file).map_or("", |s| s.source.as_str());
            script.checked.iter().for_each(|checked| suite.directive(run, script, checked, source));
            suites.push(suite);
        }
        let mut rest = Suite::new(run.engine.clone());
        for stale in stale {
            rest.case(&run.engine, &stale, Some(("failure", "stale", "no directive begins there", "")));
        }
        for error in &run.report.errors {
            rest.case(&run.engine, "a script can't be run", Some(("error", "script", &error.to_string(), "")));
        }
        if run.not_run > 0 {
            let why = format!("ended early: {} directives weren't run", run.not_run);
            rest.case(&run.engine, "ended early", Some(("skipped", "", &why, "")));
        }
        suites.push(rest);
    }
    let mut unread = Suite::new("files".into());
    for error in &matrix.unread {
        unread.case("files", "a file can't be read", Some(("error", "file", &error.to_string(), "")));
    }
    suites.push(unread);
    let suites: Vec<Suite> = suites.into_iter().filter(|suite| suite.tests > 0).collect();
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let counts = [sum(|s| s.tests), sum(|s| s.failures), sum(|s| s.errors), sum(|s| s.skipped)];
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml += &format!("<testsuites name=\"assay conform\" {}>\n", attributes(counts));
    for Suite { name, cases, tests, failures, errors, skipped } in &suites {
        let counts = attributes([*tests, *failures, *errors, *skipped]);
        write!(xml, "<testsuite name=\"{}\" {counts}>\n{cases}</testsuite>\n", Text(name)).expect("a text takes it");
    }
    xml + "</testsuites>\n"
}

fn attributes([tests, failures, errors, skipped]: [usize; 4]) -> String {
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

#[derive(Default)]
struct Suite {
    name: String,
    cases: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Suite {
    fn new(name: String) -> Suite {
        Suite { name, ..Suite::default() }
    }

    fn directive(&mut self, run: &Run, script: &ScriptReport, checked: &Checked, source: &str) {
        let class = format!("{}.{}", run.engine, script.file);
        let name = format!("{} {}", checked.place, checked.kind);
        let text = || directive_text(source, checked.place);
        let why = checked.verdict.as_ref().err().map(Fault::why).unwrap_or_default();
        match run.standing(&script.file, checked) {
            Standing::Passed => self.case(&class, &name, None),
            Standing::Failed => {
                let unsupported = checked.verdict.as_ref().is_err_and(Fault::is_unsupported);
                let kind = if unsupported { "unsupported" } else { "failed" };
                self.case(&class, &name, Some(("failure", kind, &why, &text())));
            }
            Standing::Known(reason) => {
                self.case(&class, &name, Some(("skipped", "", &format!("known: {reason}; {why}"), "")));
            }
            Standing::UnexpectedPass(reason) => {
                let why = format!("it passed, and is known to fail: {reason}");
                self.case(&class, &name, Some(("failure", "unexpected-pass", &why, &text())));
            }
        }
    }

    /// A case, and what came instead of a pass: element, type (not of `skipped`), message and text.
    fn case(&mut self, class: &str, name: &str, instead: Option<(&str, &str, &str, &str)>) {
        self.tests += 1;
        let (class, name) = (Text(class), Text(name));
        let case = format!("<testcase classname=\"{class}\" name=\"{name}\"");
        self.cases += &match instead {
            None => format!("{case}/>\n"),
            Some((element, kind, message, text)) => {
                match element {
                    "failure" => self.failures += 1,
                    "error" => self.errors += 1,
                    _ => self.skipped += 1,
                }
                let (message, text) = (Text(message), Text(text));
                let kind = if kind.is_empty() { String::new() } else { format!(" type=\"{kind}\"") };
                format!("{case}><{element}{kind} message=\"{message}\">{text}</{element}></testcase>\n")
            }
        };
    }
}

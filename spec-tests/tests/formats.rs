//! What is written of hostile names stays text, in every format.

use assay_spec_tests::{
    Checked, Fault, Kind, KnownGaps, Matrix, Place, Record, Report, Run, Script, ScriptReport, html, junit,
};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

/// What breaks out of a text, if anything does.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("</td><script>alert(1)</script>".to_owned()),
        Just("\" onload=\"alert(1)".to_owned()),
        Just("' x='".to_owned()),
        Just("]]><!--".to_owned()),
        Just("&lt;&#60;&amp".to_owned()),
        Just("</style>\u{202e}\u{2066}\u{200f}".to_owned()),
        Just("\0\u{1b}[31m\r\n\t\u{feff}\u{fffe}\u{ffff}".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

/// One engine with a failure of each sort, every text of which is this one.
fn matrix(text: &str) -> (Matrix, Vec<Script>) {
    // A file is known by suite and name, which no slash may divide anew.
    let file = format!("suite/{}", text.replace('/', "|"));
    let at = |line, verdict| Checked { kind: Kind::Return, place: Place { line, column: 1 }, verdict };
    let checked = vec![
        at(1, Ok(())),
        at(2, Err(Fault::Wrong { should: text.into(), it: text.into() })),
        at(3, Err(Fault::Failed(text.into()))),
        at(4, Err(Fault::Failed(format!("module not instantiated: {text}")))),
        at(5, Err(Fault::Unsupported(text.into()))),
        at(6, Err(Fault::Failed(text.into()))),
        at(7, Ok(())),
    ];
    let quoted = |text: &str| toml_string(text);
    let known = format!("[{}]\n{} = \"6, 7, 9\"\n", quoted(text), quoted(&file));
    let report = Report { scripts: vec![ScriptReport { file: file.clone(), checked }], errors: Vec::new() };
    let known = Some(KnownGaps::parse(&known).expect("a list"));
    let run = Run { engine: text.into(), version: text.into(), report, known, not_run: 0 };
    let (suite, name) = file.split_once('/').expect("suite and name");
    let source = format!("{}\n", text.replace('\n', " ")).repeat(7);
    let script = Script { suite: suite.into(), name: name.into(), source, features: None };
    (Matrix { runs: vec![run], unread: Vec::new() }, vec![script])
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let code = |c: char| format!("\\U{:08x}", u32::from(c));
    format!("\"{}\"", text.chars().map(code).collect::<String>())
}

/// The tags of a page, as whoever reads `<` and `>` sees them.
fn tags(page: &str) -> Vec<&str> {
    let body = page.split_once("</style>").expect("a style sheet").1;
    body.split('<').skip(1).map(|tag| tag.split_once('>').map_or(tag, |(tag, _)| tag)).collect()
}

/// Characters that no report has: they can't be seen, or change the direction of others.
fn is_hidden(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200b}'..='\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn names_are_texts_in_html(text in hostile()) {
        let (matrix, scripts) = matrix(&text);
        let record = Record::new(&matrix, &scripts, None, None);
        let page = html(&Record::new(&matrix, &scripts, None, Some(&record)));
        let (harmless, none) = self::matrix("harmless");
        let record = Record::new(&harmless, &none, None, None);
        let other = html(&Record::new(&harmless, &none, None, Some(&record)));
        prop_assert_eq!(tags(&page), tags(&other));
        prop_assert!(!page.contains(is_hidden));
    }

    #[test]
    fn names_are_texts_in_xml(text in hostile()) {
        let (matrix, scripts) = matrix(&text);
        let xml = junit(&matrix, &scripts);
        prop_assert!(!xml.contains(is_hidden));
        let mut reader = Reader::from_str(&xml);
        let mut seen = Vec::new();
        loop {
            match reader.read_event().map_err(|error| TestCaseError::fail(format!("{error}\n{xml}")))? {
                Event::Eof => break,
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    for attribute in tag.attributes() {
                        let attribute = attribute.map_err(|error| TestCaseError::fail(error.to_string()))?;
                        prop_assert!(!attribute.value.contains("<"));
                    }
                    seen.push(name);
                }
                Event::Text(_) | Event::End(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
                other => prop_assert!(false, "{:?}", other),
            }
        }
        let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
        prop_assert_eq!(["testsuites", "testsuite", "testcase"].map(count), [1, 2, 8]);
        prop_assert_eq!(["failure", "error", "skipped"].map(count), [6, 0, 1]);
        prop_assert_eq!(seen.len(), 18);
    }

    #[test]
    fn json_is_read_as_it_was_written(text in hostile()) {
        let (matrix, scripts) = matrix(&text);
        let record = Record::new(&matrix, &scripts, None, None);
        let read = Record::parse(&record.json());
        prop_assert_eq!(read.ok(), Some(record));
    }
}

/// A page of engines that fail nearly everything has its end.
#[test]
fn a_page_of_many_failures_is_small() {
    let fault = || Err(Fault::Wrong { should: "return [1]".into(), it: "returned [2]".into() });
    let checked = |line| Checked { kind: Kind::Return, place: Place { line, column: 2 }, verdict: fault() };
    let script = |n| ScriptReport { file: format!("s/{n}.wast"), checked: (1..=300).map(checked).collect() };
    let run = |n| {
        let report = Report { scripts: (0..200).map(script).collect(), errors: Vec::new() };
        Run { engine: format!("engine-{n}"), version: "1".into(), report, known: None, not_run: 0 }
    };
    let matrix = Matrix { runs: (0..8).map(run).collect(), unread: Vec::new() };
    let page = html(&Record::new(&matrix, &[], None, None));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("And 200 more <small>lines 101–300</small>"));
}

#[test]
fn other_records_are_refused() {
    let error = |json: &str| Record::parse(json).unwrap_err().to_string();
    assert_eq!(error(r#"{"format": 2, "more": 1}"#), "its form is 2, and this is 1");
    assert!(error("[]").contains("invalid length"));
    assert!(error(r#"{"format": 1}"#).contains("missing field"));
}

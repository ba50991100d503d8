//! `assay conform` as a user meets it: several engines, what is expected, where it ends, and what it writes.

use std::fmt;
use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A folder in which commands run.
struct Folder(TempDir);

/// What became of a command.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Two functions, and what is asked of them.
const MODULE: &str = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// Files with passes, failures, and what wasmtime refuses since it has no threads in 3.0.
    fn with_scripts() -> Folder {
        let ask = |result: u32| format!("(assert_return (invoke \"one\") (i32.const {result}))");
        Folder::new()
            .file("mine/pass.wast", format!("{MODULE}\n{}\n", ask(1)))
            .file("mine/mixed.wast", format!("{MODULE}\n{}\n{}\n{}\n", ask(2), ask(1), ask(3)))
            .file("mine/more/trap.wast", format!("{MODULE}\n(assert_trap (invoke \"one\") \"unreachable\")\n"))
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    /// `assay conform` with arguments that have no spaces.
    fn conform(&self, args: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.arg("conform").args(args.split(' ')).current_dir(self.0.path()).env_remove("RUST_BACKTRACE");
        let ran = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: ran.status.code(), out: text(ran.stdout), err: text(ran.stderr) }
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}[{:?}]", self.out, self.err, self.code)
    }
}

impl Ran {
    #[track_caller]
    fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Ran {
        assert!(self.out.contains(words), "wanted is {words:?}\n{self}");
        self
    }

    /// Nothing on standard output, and these words on standard error.
    #[track_caller]
    fn fails(self, words: &str) -> Ran {
        assert!(self.out.is_empty() && self.err.starts_with("error: "), "{self}");
        assert!(self.err.contains(words), "wanted is {words:?}\n{self}");
        self.ends(2)
    }
}

const BOTH: &str = "--engine interp --engine wasmtime";

#[test]
fn several_engines_stand_side_by_side() {
    let folder = Folder::with_scripts();
    let ran = folder.conform(&format!("mine {BOTH}")).ends(1);
    let out: Vec<&str> = ran.out.lines().filter(|line| !line.starts_with("== ")).collect();
    insta::assert_snapshot!(out.join("\n"));
    for engine in ["== interp ", "== wasmtime:cranelift "] {
        assert!(ran.out.contains(engine), "{ran}");
    }
    folder.conform(&format!("mine/pass.wast {BOTH}")).ends(0);
    folder.conform("mine --engine wasmtime --engine wasmtime:cranelift").fails("\"wasmtime:cranelift\" is given twice");
    folder.conform("mine --engine interp --engine wasm3").fails("unknown engine \"wasm3\"");
    folder.conform(&format!("mine --rules {BOTH}")).fails("engine \"wasmtime\" doesn't tell its steps");
    folder
        .conform(&format!("mine/mixed.wast:2 {BOTH}"))
        .says(
            "interp: mine/mixed.wast:2:2 return: failed: should return [2]; it returned [1]\nwasmtime:cranelift: mine/",
        )
        .ends(1);
}

#[test]
fn it_ends_with_the_first_failure() {
    let folder = Folder::with_scripts().file("known.toml", "[\"one is not two\"]\n\"mine/mixed.wast\" = \"2\"\n");
    let early = folder.conform("mine --fail-fast --jobs 1").ends(1);
    early.says("1 passed, 1 failed\nended early: 6 directives weren't run");
    // What is known doesn't end it.
    let expected = folder.conform("mine --fail-fast --jobs 1 --expected known.toml").ends(1);
    expected.says("2 passed, 2 failed\nended early: 4 directives weren't run\n1 new failures:\n  mine/mixed.wast:4:2");
    assert!(!folder.conform("mine/pass.wast --fail-fast").ends(0).out.contains("ended early"));
}

#[test]
fn what_cannot_be_read_keeps_nothing_else_from_running() {
    let folder = Folder::with_scripts()
        .file("mine/syntax.wast", "(module\n  (func (i32.cosnt 1)))\n")
        .file("mine/bytes.wast", [b'(', 0xff])
        .file("mine/component.wast", "(module)\n(component)\n");
    // As large as no script is, without the bytes that it would take.
    fs::File::create(folder.0.path().join("mine/large.wast")).unwrap().set_len(1 << 30).unwrap();
    for engines in ["", " --engine interp --engine wasmtime"] {
        let ran = folder.conform(&format!("mine{engines}")).ends(2);
        let ran =
            ran.says("5 passed, 3 failed").says("mine/component.wast:2:2: this is a component; only core modules");
        let ran = ran.says("mine/bytes.wast: stream did not contain valid UTF-8");
        let caret = "mine/syntax.wast:2:10: unknown operator or unexpected token
      |
    2 |   (func (i32.cosnt 1)))
      |          ^";
        let ran = ran.says("mine/large.wast: has more than 67108864 bytes").says(caret);
        assert_eq!(ran.out.matches("unknown operator").count(), 1, "{ran}");
    }
    folder.conform("missing.wast mine/pass.wast").says("missing.wast: ").says("2 passed, 0 failed").ends(2);
}

#[test]
fn files_are_chosen_by_their_names() {
    let folder = Folder::with_scripts();
    let passed = |filter: &str, line: &str| folder.conform(&format!("mine --filter {filter}")).says(line);
    passed("trap", "1 passed, 1 failed");
    passed("more/", "1 passed, 1 failed");
    passed("mine/*.wast", "5 passed, 3 failed");
    passed("*/[p]*.wast", "2 passed, 0 failed");
    passed("*/????.wast", "3 passed, 1 failed");
    folder.conform("mine --filter mine/m*d").fails("no file is left by --filter \"mine/m*d\"");
    folder.conform("mine --filter [").fails("--filter \"[\": ");
}

#[test]
fn failures_can_be_expected() {
    let folder = Folder::with_scripts()
        .file("interp.toml", "[\"not two\"]\n\"mine/mixed.wast\" = \"2-4\"\n")
        .file("both.toml", "[never]\n\"mine/more/trap.wast\" = \"2, 9\"\n\"elsewhere/a.wast\" = \"all\"\n")
        .file("wasmtime.toml", "[\"not two or three\"]\n\"mine/mixed.wast\" = \"2, 4\"\n");
    let lists = "--expected both.toml --expected interp=interp.toml --expected wasmtime=wasmtime.toml";
    let out = folder.conform(&format!("mine {BOTH} {lists}")).ends(1).out;
    let news = "1 unexpected passes:\n  mine/mixed.wast:3:2 return: not two\n";
    let stale = "1 known gaps without a directive:\n  mine/more/trap.wast:9: never\n";
    let (interp, wasmtime) = out.split_once("== wasmtime").unwrap();
    assert!(interp.contains(&format!("5 passed, 3 failed\n{news}{stale}")), "{out}");
    assert!(wasmtime.ends_with(&format!("5 passed, 3 failed\n{stale}")), "{out}");
    folder.conform("mine --expected wasmtime=wasmtime.toml").fails("wasmtime=wasmtime.toml: can't be read");
    // No list that comes with assay knows of these.
    folder.conform("mine --expected shipped").says("3 new failures:").ends(1);
    folder.conform("--filter i32.wast --expected shipped").says("\nall as expected").ends(0);
}

#[test]
fn what_fails_can_be_written_down() {
    let folder = Folder::with_scripts();
    folder.conform("mine --bless known.toml --engine wasmtime").ends(0);
    folder.conform("mine --expected known.toml").says("\nall as expected").ends(0);
    let known = folder.read("known.toml");
    assert!(known.starts_with("# What wasmtime:cranelift 48.") && known.contains(" fails, by reason.\n\n["), "{known}");
    // What people wrote stays: heading, reasons, and what wasn't run.
    let folder =
        folder.file("known.toml", "# Mine.\n# Ours.\n\n[later]\n\"mine/mixed.wast\" = \"1-4\"\n\"b.wast\" = \"all\"\n");
    folder.conform("mine --bless known.toml --filter mixed").ends(0);
    let blessed = "# Mine.\n# Ours.\n\n[\"later\"]\n\"b.wast\" = \"all\"\n\"mine/mixed.wast\" = \"2, 4\"\n";
    assert_eq!(folder.read("known.toml"), blessed);
    folder.conform(&format!("mine --bless known.toml {BOTH}")).fails("--bless is of one engine");
    folder.conform("mine --bless missing/known.toml").ends(2);
}

#[test]
fn rules_that_one_file_alone_exercises() {
    let folder = Folder::with_scripts();
    let alone =
        "rules that no other file exercises:\n  mine/pass.wast: Step_pure/label-vals, Step_read/call_ref-func, ";
    let valid = "rules of validation that no other file exercises:\n  mine/pass.wast: ";
    folder.conform("mine/pass.wast --rules").says(alone).says(valid).ends(0);
    // All of them call the same function.
    assert!(!folder.conform("mine --rules").ends(1).out.contains("no other file"));
}

/// What is written, without what differs between builds.
fn written(folder: &Folder, name: &str) -> String {
    folder.read(name).replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"0.0.0\"")
}

const KNOWN: &str = "[\"not two\"]\n\"mine/mixed.wast\" = \"2-3, 9\"\n";

/// Passes, failures that are known and that aren't, a pass that isn't expected, what isn't supported, and what can't be
/// run.
fn with_everything() -> Folder {
    let unlinkable = "(module (import \"a\" \"f\" (func)))\n(assert_return (invoke \"f\"))\n";
    Folder::with_scripts()
        .file("known.toml", KNOWN)
        .file("mine/more/depends.wast", unlinkable)
        .file("mine/more/stacks.wast", format!("{MODULE}\n(assert_suspension (invoke \"one\") \"unhandled\")\n"))
        .file("mine/syntax.wast", "(module\n  (func (i32.cosnt 1)))\n")
}

#[test]
fn reports_have_formats() {
    let folder = with_everything();
    for name in ["report.txt", "report.json", "report.xml"] {
        assert_eq!(folder.conform(&format!("mine --expected known.toml --out {name}")).ends(2).out, "");
        insta::assert_snapshot!(name, written(&folder, name));
    }
    folder.conform("mine --expected known.toml --out report.html").ends(2);
    let page = folder.read("report.html");
    let body = page.split_once("</style>").unwrap().1.replace(env!("CARGO_PKG_VERSION"), "0.0.0");
    insta::assert_snapshot!("report.html", body);
    // Nothing is fetched, and nothing runs.
    assert!(!["<script", "<link", "<img", "src=", "url(", "@import", "http"].iter().any(|word| page.contains(word)));
    // The format needn't be that of the name, and needs no file.
    let json = folder.conform("mine --expected known.toml --format json").ends(2).out;
    assert_eq!(json, folder.read("report.json"));
    folder.conform("mine --format html --out page").ends(2);
    assert!(folder.read("page").starts_with("<!DOCTYPE html>"));
    folder.conform("mine --out page.doc").fails("--out page.doc: no format is known by this name");
    folder.conform("mine --format xml").ends(2);
    folder.conform("mine --out missing/a.json").fails("missing/a.json: can't be written");
    folder.conform("mine --rules --format junit").fails("junit has no place for --rules");
}

/// What of a value isn't as a schema says, by the keywords that ours has.
fn violations(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let mut check = |holds: bool, keyword: &str| found.extend((!holds).then(|| format!("{at}: {keyword}: {value}")));
    let texts =
        |list: &Value| list.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "$ref" | "properties" | "items" => {}
            "type" => check(
                match rule.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    other => panic!("type {other}"),
                },
                keyword,
            ),
            "const" => check(value == rule, keyword),
            "enum" => check(rule.as_array().unwrap().contains(value), keyword),
            "minimum" => check(value.as_i64() >= rule.as_i64(), keyword),
            "required" => texts(rule).iter().for_each(|key| check(value.get(key).is_some(), key)),
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                let known = schema["properties"].as_object().unwrap();
                value.as_object().unwrap().keys().for_each(|key| check(known.contains_key(key), key));
            }
            "dependentRequired" => {
                for (key, others) in rule.as_object().unwrap().iter().filter(|(key, _)| value.get(key).is_some()) {
                    texts(others).iter().for_each(|other| check(value.get(other).is_some(), key));
                }
            }
            other => panic!("keyword {other}"),
        }
    }
    if let Some(path) = schema.get("$ref") {
        let name = path.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
        violations(root, &root["$defs"][name], value, at, found);
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        if let Some(schema) = schema.get("properties").and_then(|p| p.get(key)) {
            violations(root, schema, inner, &format!("{at}/{key}"), found);
        }
    }
    for (i, inner) in value.as_array().into_iter().flatten().enumerate() {
        violations(root, schema.get("items").unwrap_or(&Value::Null), inner, &format!("{at}/{i}"), found);
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(include_str!("../docs/schemas/conform.schema.json")).unwrap();
    let check = |json: &str| {
        let mut found = Vec::new();
        violations(&schema, &schema, &serde_json::from_str(json).unwrap(), "", &mut found);
        found
    };
    let folder = with_everything();
    folder.conform("mine --out before.json").ends(2);
    let folder = folder.file("mine/pass.wast", format!("{MODULE}\n(assert_return (invoke \"one\"))\n"));
    let commands = [
        "mine --format json --expected known.toml --baseline before.json --engine interp --engine wasmtime",
        "mine --format json --rules",
        "mine --format json --fail-fast --jobs 1",
        "--format json --filter i32.wast",
    ];
    for command in commands {
        let found = check(&folder.conform(command).out);
        assert!(found.is_empty(), "{command}: {found:#?}");
    }
    let whole = |unread: &str, more: &str| {
        format!(r#"{{"format": 1, "assay": "0", "as_expected": true, "engines": [], "unread": {unread}{more}}}"#)
    };
    assert_eq!(check(&whole("[]", "")), [""; 0]);
    let change = r#"{"engine": "e", "file": "f", "directive":
        {"line": 0, "column": 1, "kind": "returns", "verdict": "failed", "source": "", "should": "fail"}}"#;
    let changes = format!(r#", "changes": {{"newly_failing": [{change}], "newly_passing": []}}"#);
    assert_eq!(check(&whole("[1]", &changes)).len(), 5);
    assert_eq!(check(&whole("{}", r#", "more": 1"#)).len(), 2);
}

#[test]
fn changes_since_a_baseline_stand_first() {
    let folder = Folder::with_scripts();
    folder.conform("mine --out before.json").ends(1);
    let folder = folder
        .file("mine/mixed.wast", format!("{MODULE}\n(invoke \"one\")\n(invoke \"two\")\n"))
        .file("mine/new.wast", "(module)");
    let changes = "1 newly failing:
  interp: mine/mixed.wast:3 action: unlinkable: no function is exported as \"two\"
2 newly passing:
  interp: mine/mixed.wast:2 return
  interp: mine/mixed.wast:4 return
1 not compared: scripts of engines that only one of the runs has

";
    let ran = folder.conform("mine --baseline before.json").ends(1);
    assert!(ran.out.starts_with(changes), "{ran}");
    let page = folder.conform("mine --baseline before.json --format html").ends(1).out;
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words:?} isn't in\n{page}"));
    assert!(at("Newly failing: 1") < at("Newly passing: 2") && at("Newly passing: 2") < at("Suites and engines"));
    folder.conform("mine --baseline missing.json").fails("missing.json: can't be read");
    folder.conform("mine --baseline mine/new.wast").fails("mine/new.wast: not a report of assay conform: ");
    folder.conform("mine --baseline before.json --format junit").fails("junit has no place for --baseline");
}

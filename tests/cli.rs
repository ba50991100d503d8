//! The command line as a user meets it: exit codes, what is said and where, and that nothing makes it panic or wait.
//!
//! Commands run in a temporary folder and name files in it, so that nothing printed has a path of this machine.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a command may take. Most take milliseconds; the rest is for a busy machine.
const SECONDS: u64 = 30;

/// A folder in which commands run.
struct Folder(TempDir);

/// What became of a command.
struct Ran {
    line: String,
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with the modules that most tests use.
    fn with_modules() -> Folder {
        Folder::new().file("good.wat", GOOD).file("start.wat", START)
    }

    /// A folder with the examples of the book.
    fn with_examples() -> Folder {
        let folder = Folder::new();
        for name in ["base64.wat", "base64-broken.wat", "kernel.toml"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples").join(name);
            fs::copy(from, folder.0.path().join(name)).unwrap();
        }
        folder
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(args).current_dir(self.0.path()).env_remove("RUST_BACKTRACE");
        command
    }

    fn assay(&self, args: &[&str]) -> Ran {
        self.assay_with_input(args, b"")
    }

    /// Runs a command to its end, which has to come.
    fn assay_with_input(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that fails before it reads has closed its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let reads = std::thread::spawn(move || {
            let mut out = String::new();
            stdout.read_to_string(&mut out).map(|_| out)
        });
        let reads_too = std::thread::spawn(move || {
            let mut err = String::new();
            stderr.read_to_string(&mut err).map(|_| err)
        });
        let line = format!("assay {}", args.join(" "));
        let code = ended(&mut child, &line);
        let ran = Ran { line, code, out: reads.join().unwrap().unwrap(), err: reads_too.join().unwrap().unwrap() };
        assert!(!ran.err.contains("panicked") && ![101, 70].contains(&code), "{ran}");
        assert!(![&ran.out, &ran.err].iter().any(|text| text.contains('\x1b')), "an escape sequence:\n{ran}");
        ran
    }
}

/// The exit code of a process that ends in time, and by itself.
fn ended(child: &mut std::process::Child, line: &str) -> i32 {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| panic!("{line}: ended by {status}"));
        }
        if begin.elapsed() > Duration::from_secs(SECONDS) {
            child.kill().unwrap();
            panic!("{line}: still running after {SECONDS} s");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// As a terminal shows it.
impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "$ {}", self.line)?;
        for text in [&self.out, &self.err] {
            text.lines().try_for_each(|line| match line.strip_prefix("engines: ") {
                Some(_) => f.write_str("engines: …\n"),
                None => writeln!(f, "{line}"),
            })?;
        }
        writeln!(f, "[exit code {}]", self.code)
    }
}

impl Ran {
    #[track_caller]
    fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Returned, with this on standard output and nothing said beside it.
    #[track_caller]
    fn gives(self, out: &str) -> Ran {
        assert_eq!((self.code, self.out.trim_end(), self.err.as_str()), (0, out, ""), "{self}");
        self
    }

    /// Failed with this code and these words on standard error, and nothing on standard output.
    #[track_caller]
    fn fails(self, code: i32, words: &str) -> Ran {
        assert!(self.out.is_empty() && self.err.starts_with("error: "), "{self}");
        assert!(self.err.contains(words), "wanted is {words:?}\n{self}");
        self.ends(code)
    }

    #[track_caller]
    fn says(self, words: &str) -> Ran {
        assert!(self.out.contains(words), "wanted is {words:?}\n{self}");
        self
    }

    #[track_caller]
    fn last_line_begins(self, words: &str) -> Ran {
        assert!(self.out.lines().last().unwrap_or("").starts_with(words), "wanted is {words:?}\n{self}");
        self
    }

    /// No verdict that speaks for a module, which a pipe could be looking for.
    #[track_caller]
    fn no_verdict(self) -> Ran {
        for verdict in ["ADMITTED", "agree", "proved", ": valid", "passed"] {
            assert!(!self.out.contains(verdict), "{verdict:?} in\n{self}");
        }
        self
    }
}

/// What people would see who typed this.
fn session(ran: &[Ran]) -> String {
    ran.iter().fold(String::new(), |mut all, ran| {
        writeln!(all, "{ran}").unwrap();
        all
    })
}

const GOOD: &str = r#"(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "bits") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func (export "refs") (param externref funcref) (result funcref externref) (local.get 1) (local.get 0))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const -2))
  (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "loop") (loop (br 0)))
  (func $deep (export "deep") (call $deep)))
"#;

const START: &str = r#"(module
  (global $ready (mut i32) (i32.const 0))
  (func $init (global.set $ready (i32.const 1)))
  (start $init)
  (func (export "_start") (if (i32.eqz (global.get $ready)) (then (unreachable)))))
"#;

/// Nothing in it is hard, but the loop is long: what it takes to follow it is beyond the budgets of a proof.
#[cfg(feature = "proofs")]
const LONG: &str = r#"(module
  (memory 1 1)
  (func (export "f") (result i32) (local $i i32) (local $x i32)
    (loop $next
      (local.set $x (i32.mul (i32.add (local.get $x) (i32.const 3)) (i32.const 5)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.ne (local.get $i) (i32.const 100000))))
    (i32.load8_u (i32.rem_u (local.get $x) (i32.const 70000)))))
"#;

/// Names that would recolour a terminal and begin a line as a verdict does.
const ESCAPING: &str = r#"(module
  (import "e\1b[31m" "x\nADMITTED: y" (func $f))
  (memory 1 1)
  (global (export "g\1b[31m\nADMITTED: g") (mut i32) (i32.const 0))
  (func $"n\1b[31m\nADMITTED: n" (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "a\1b[31m\nADMITTED: x") (param i32) (result i32) (call $f) (call 1 (local.get 0))))
"#;

/// The name of the export of [`ESCAPING`].
const NAME: &str = "a\x1b[31m\nADMITTED: x";

fn leb(mut n: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

/// A binary module of sections, each with its own size.
fn wasm(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        module.push(*id);
        module.extend(leb(content.len() as u64));
        module.extend(content);
    }
    module
}

/// A module of one function without parameters, whose locals are declared so.
fn locals(declared: &[u8]) -> Vec<u8> {
    let body = [declared, b"\x0b"].concat();
    let code = [vec![1], leb(body.len() as u64), body].concat();
    wasm(&[(1, b"\x01\x60\0\0".to_vec()), (3, b"\x01\0".to_vec()), (10, code)])
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Malformed,
    Invalid,
    Beyond,
}
use Phase::{Beyond, Invalid, Malformed};

struct Bad(&'static str, Vec<u8>, Phase, &'static str);

fn bad_modules() -> Vec<Bad> {
    let one_function = || vec![(1, b"\x01\x60\0\0".to_vec()), (3, b"\x01\0".to_vec())];
    let most = leb(u32::MAX.into());
    let million = leb(1_000_000);
    let params = [b"\x01\x60".to_vec(), leb(1001), vec![0x7f; 1001], vec![0]].concat();
    let whole = locals(b"\0");
    let section = |bytes: &[u8]| [b"\0asm\x01\0\0\0", bytes].concat();
    vec![
        Bad("empty.wasm", vec![], Malformed, "the file is empty (at byte 0x0)"),
        Bad("hello.txt", b"hello, world\n".into(), Malformed, "a module begins with \\0asm (at byte 0x0)"),
        Bad("hello.wat", b"hello, world\n".into(), Malformed, "hello.wat:1:1"),
        Bad("syntax.wat", b"(module\n  (func\n\t(i32.cosnt 1)))\n".into(), Malformed, "syntax.wat:3:3"),
        Bad("open.wat", b"(module\n  (func\n".into(), Malformed, "open.wat:3:1"),
        Bad("latin1.wat", b"(module (func (export \"\xe9\")))".into(), Malformed, "UTF-8 (at byte 0x17)"),
        Bad("escape.wat", b"(module (i32.con\x1b[31m))".into(), Malformed, "\\u{1b}[31m"),
        Bad("deep.wat", "(".repeat(10_000).into(), Malformed, "deep.wat:1:2"),
        Bad("comments.wat", "(;".repeat(10_000).into(), Malformed, "unterminated block comment"),
        Bad("magic.wasm", b"\0asm".into(), Malformed, "(at byte 0x4)"),
        Bad("cut.wasm", whole[..whole.len() - 3].into(), Malformed, "(at byte 0x15)"),
        Bad("long-section.wasm", section(b"\x01\xff\x0f\x01\x60\0\0"), Malformed, "(at byte 0xb)"),
        Bad("short-section.wasm", section(b"\x01\x02\x01\x60\0\0"), Malformed, "(at byte 0xc)"),
        Bad("loose-section.wasm", section(b"\x01\x06\x01\x60\0\0\0\0"), Malformed, "section size mismatch"),
        // 2^32 - 1 locals are well-formed, one more isn't.
        Bad("locals.wasm", locals(&[b"\x01", &most[..], b"\x7f"].concat()), Beyond, "too many locals"),
        Bad("locals-2-32.wasm", locals(&[b"\x02", &most[..], b"\x7f\x01\x7e"].concat()), Malformed, "too many locals"),
        Bad("declared.wasm", wasm(&[(1, b"\x01\x60\0\0".into()), (3, million.clone())]), Malformed, "(at byte 0x13)"),
        Bad(
            "bodiless.wasm",
            wasm(&[(1, b"\x01\x60\0\0".into()), (3, [million, vec![0; 1_000_000]].concat())]),
            Malformed,
            "code section is absent",
        ),
        Bad(
            "params.wasm",
            wasm(&[(1, params), one_function()[1].clone(), (10, b"\x01\x02\0\x0b".into())]),
            Beyond,
            "params size is out of bounds (at byte 0xd)",
        ),
        Bad("component.wasm", b"\0asm\x0d\0\x01\0".into(), Beyond, "this is a component"),
        Bad("component.wat", b"(component)".into(), Beyond, "this is a component"),
        Bad("memory.wat", b"(module (memory 65537))".into(), Invalid, "memory size must be at most"),
        Bad("types.wat", b"(module (func (result i32) (i64.const 1)))".into(), Invalid, "expected i32, found i64"),
    ]
}

/// A policy of which nothing in the bad modules' sizes is against.
const LAX: &str = "[limits]\nfunctions = 4000000000\nmemory_pages = 4000000000\ncode_bytes = 4000000000\n";

#[test]
fn bad_modules_are_refused_by_every_command() {
    for Bad(name, bytes, phase, words) in bad_modules() {
        let folder = Folder::new().file(name, bytes).file("lax.toml", LAX);
        let answer = if phase == Beyond { 3 } else { 1 };
        folder.assay(&["validate", name]).no_verdict().says(words).says(name).ends(answer);
        let failure = if phase == Beyond { 3 } else { 4 };
        folder.assay(&["run", name]).fails(failure, words);
        match folder.assay(&["diff", name]) {
            ran if phase == Beyond => ran.no_verdict().says(words).says("nothing compared").ends(3),
            ran => ran.fails(4, words),
        };
        if cfg!(feature = "proofs") {
            folder.assay(&["prove", name]).fails(failure, words);
            let ran = folder.assay(&["admit", name, "--policy", "lax.toml"]);
            ran.no_verdict().says(words).last_line_begins("DENIED").ends(answer);
        }
    }
}

/// The commands that take a module, in full.
fn commands(module: &str) -> Vec<Vec<&str>> {
    let mut commands = vec![vec!["run", module], vec!["validate", module], vec!["diff", module]];
    if cfg!(feature = "proofs") {
        commands.push(vec!["prove", module]);
        commands.push(vec!["admit", module, "--policy", "lax.toml"]);
    }
    commands
}

#[test]
fn what_is_no_file_is_named() {
    let folder = Folder::new().file("lax.toml", LAX).file("folder/file", "");
    for command in commands("folder") {
        folder.assay(&command).fails(2, "folder: is a folder, wanted is a file");
    }
    for command in commands("missing.wasm") {
        folder.assay(&command).fails(2, "missing.wasm: can't be read: ");
    }
    // Files are named by others, too.
    for command in commands("b\x1b[31m\nADMITTED: c.wat") {
        folder.assay(&command).fails(2, r"b\u{1b}[31m\nADMITTED: c.wat: can't be read: ");
    }
}

#[test]
fn depth_is_no_danger() {
    let parentheses = "(i32.eqz ".repeat(10_000) + "(i32.const 0)" + &")".repeat(10_000);
    let blocks = "block ".repeat(10_000) + &"end ".repeat(10_000);
    let annotations = "(@a ".repeat(10_000) + &")".repeat(10_000);
    let text = format!("(module {annotations} (func (result i32) {parentheses}) (func {blocks}))");
    let folder = Folder::new().file("deep.wat", text).file("lax.toml", LAX);
    for command in commands("deep.wat") {
        folder.assay(&command).ends(0);
    }
}

#[test]
fn a_huge_memory_is_no_danger() {
    let text = r#"(module (memory 65536) (func (export "f") (result i32) (i32.load (i32.const 0))))"#;
    let folder = Folder::new().file("huge.wat", text);
    folder.assay(&["validate", "huge.wat"]).gives("huge.wat: valid");
    // Whether there is so much depends on the machine; either end is documented.
    let ran = folder.assay(&["run", "huge.wat", "--invoke", "f"]);
    assert!([(0, "0\n"), (134, "")].contains(&(ran.code, &ran.out)), "{ran}");
    let ran = folder.assay(&["diff", "huge.wat"]);
    assert!([0, 3].contains(&ran.code), "{ran}");
}

#[cfg(feature = "proofs")]
#[test]
fn bad_policies() {
    let folder = Folder::with_examples()
        .file("key.toml", "[limits]\nmemory_page = 1\n")
        .file("text.toml", "no policy\n")
        .file("group.toml", "[proofs]\nrequire = [\"memory\", \"everything\"]\n")
        .file("negative.toml", "[limits]\nfunctions = -1\n")
        .file("binary.toml", b"\xff\xfe");
    let admit = |policy| folder.assay(&["admit", "base64.wat", "--policy", policy]);
    admit("key.toml").fails(2, "line 2, column 1");
    admit("text.toml").fails(2, "line 1, column 4");
    admit("group.toml").fails(2, r#"there is no group "everything"; there are memory, "#);
    admit("negative.toml").fails(2, "line 2, column 13");
    admit("binary.toml").fails(2, "binary.toml: not a text file");
    admit("missing.toml").fails(2, "missing.toml: can't be read: ");
    folder.assay(&["admit", "base64.wat"]).fails(2, "--policy <FILE>");
}

/// A scenario that instantiates the module and goes on so.
fn steps(rest: &str) -> String {
    format!("[[step]]\ninstantiate = \"module\"\n\n[[step]]\n{rest}\n")
}

#[test]
fn bad_scenarios() {
    let folder = Folder::with_examples()
        .file("key.toml", steps("cal = { instance = 0, export = \"encode\" }"))
        .file("text.toml", "no scenario")
        .file("module.toml", "[[step]]\ninstantiate = \"other.wasm\"\n")
        .file("instance.toml", steps("call = { instance = 1, export = \"encode\" }"))
        .file("number.toml", steps("call = { instance = 0, export = \"encode\", args = [{ i32 = 5 }] }"))
        .file("memory.toml", steps("write = { instance = 0, export = \"mem\", offset = 0, bytes = \"00\" }"));
    for command in ["run", "diff"] {
        let take = |file| folder.assay(&[command, "base64.wat", "--scenario", file]);
        take("key.toml").fails(2, "key.toml: line 5: unknown field `cal`, expected one of `instantiate`");
        take("text.toml").fails(2, "text.toml: line 1: ");
        take("module.toml").fails(2, "module.toml: step 1: module \"other.wasm\": other.wasm: can't be read");
        take("instance.toml").fails(2, "instance.toml: step 2: there is no instance 1");
        take("number.toml").fails(2, "number.toml: line 5: ");
        take("memory.toml").fails(2, "memory.toml: step 2: unlinkable: no memory is exported as \"mem\"");
        take("missing.toml").fails(2, "missing.toml: can't be read: ");
        take("base64.wat").fails(2, "base64.wat: line 1: ");
    }
    // What a scenario has no use for isn't ignored in silence.
    for too_much in ["--trace", "--invoke=encode", "5"] {
        folder.assay(&["run", "base64.wat", "--scenario", "key.toml", too_much]).fails(2, "cannot be used with");
    }
}

#[test]
fn bad_arguments() {
    let folder = Folder::with_modules();
    let run = |args: &[&str]| folder.assay(&[&["run", "good.wat"], args].concat());
    run(&["--invoke", "ad"]).fails(2, r#"no function is exported as "ad" (exported: add, add64, f32, "#);
    run(&["--invoke", "add", "1"]).fails(2, "the type [i32 i32] -> [i32]: arguments wanted 2, given 1");
    run(&["--invoke", "add", "1", "2", "3"]).fails(2, "arguments wanted 2, given 3");
    run(&["--invoke", "add", "1", "2.5"]).fails(2, r#"argument 2, "2.5", is no i32"#);
    run(&["--invoke", "add", "4294967296", "0"]).fails(2, r#"argument 1, "4294967296", is no i32"#);
    run(&["--invoke", "add", "-2147483649", "0"]).fails(2, "is no i32; wanted is an integer from -2147483648");
    run(&["--invoke", "add64", "18446744073709551616", "0"]).fails(2, "is no i64");
    run(&["--invoke", "f32", "one"]).fails(2, "is no f32; wanted is a number as -1.5e3, inf, nan or nan:0x…");
    // A NaN has a payload that isn't zero.
    run(&["--invoke", "f32", "nan:0x0"]).fails(2, "is no f32");
    run(&["--invoke", "f32", "nan:0x800000"]).fails(2, "is no f32");
    run(&["--invoke", "refs", "null", "7"]).fails(2, r#"argument 2, "7", is no funcref; wanted is null"#);
    run(&["5"]).fails(2, "arguments need --invoke NAME");
    run(&["--fuel", "-1"]).fails(2, "'-1' for '--fuel <N>'");
    run(&["--profile", "seed"]).fails(2, r#"'seed' for '--profile <PROFILE>': "seed" is no profile; there are"#);
    run(&["--trace=nothing"]).fails(2, "[possible values: rules, config]");
    run(&["--bogus"]).fails(2, "unexpected argument '--bogus'");
    folder.assay(&["validate"]).fails(2, "<MODULES>");
    folder.assay(&["frob"]).fails(2, "unrecognized subcommand 'frob'");
    folder.assay(&["diff", "good.wat", "--engine", "v8"]).fails(2, "unknown engine \"v8\"; there are interp, ");
    folder.assay(&["diff", "good.wat", "--engine", "interp"]).fails(2, "needs two engines; there are interp, ");
    let twice = ["diff", "good.wat", "--engine", "interp", "--engine", "interp"];
    folder.assay(&twice).fails(2, "engine \"interp\" is given twice");
    folder.assay(&["conform", "--engine", "v8"]).fails(2, "unknown engine \"v8\"; there are interp, ");
    if cfg!(feature = "proofs") {
        folder.assay(&["prove", "good.wat", "--entry", "ad"]).fails(2, r#"no function is exported as "ad""#);
    }
}

#[test]
fn an_import_that_nobody_provides() {
    let folder = Folder::new().file("import.wat", r#"(module (import "env" "f" (func)))"#);
    folder.assay(&["run", "import.wat"]).fails(2, r#"imports "env" "f", which nothing provides here; --scenario"#);
}

/// A pipe that nobody reads.
fn closed() -> io::PipeWriter {
    io::pipe().unwrap().1
}

#[test]
fn a_reader_that_goes_away_is_no_panic_and_no_yes() {
    let folder = Folder::with_modules().file("conform/a.wast", "(module)").file("lax.toml", LAX);
    let mut commands = vec![
        vec!["validate", "good.wat"],
        vec!["run", "good.wat", "--invoke", "add", "1", "2"],
        // It wouldn't end by itself.
        vec!["run", "good.wat", "--invoke", "loop", "--trace"],
        vec!["diff", "start.wat"],
        vec!["conform", "conform"],
        vec!["engines"],
    ];
    if cfg!(feature = "proofs") {
        commands.push(vec!["prove", "start.wat"]);
        commands.push(vec!["admit", "start.wat", "--policy", "lax.toml"]);
    }
    for args in commands {
        let line = args.join(" ");
        let mut child = folder.command(&args).stdout(closed()).stderr(Stdio::piped()).spawn().unwrap();
        let code = ended(&mut child, &line);
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((code, err.as_str()), (2, ""), "{line}");
    }
}

#[test]
fn nobody_to_tell_an_error_is_no_panic() {
    let folder = Folder::with_modules();
    let commands = [(&["validate", "missing"][..], 2), (&["run", "good.wat", "--invoke", "loop", "--fuel", "9"], 134)];
    for (args, code) in commands {
        let mut child = folder.command(args).stdout(closed()).stderr(closed()).spawn().unwrap();
        assert_eq!(ended(&mut child, &args.join(" ")), code, "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::with_modules();
    for args in [&["validate", "good.wat"][..], &["run", "good.wat", "--invoke", "add", "1", "2", "--trace"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = folder.command(args).stdout(full).output().unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.starts_with("error: can't write to standard output: "), "{args:?}: {err}");
    }
}

#[test]
fn names_of_a_module_are_escaped() {
    let folder = Folder::new().file("lax.toml", LAX).file("names.wat", ESCAPING).file(
        "strict.toml",
        LAX.to_owned() + "\n[imports]\n\"e\\u001b[31m\" = [\"*\"]\n\n[proofs]\nrequire = [\"memory\"]\n",
    );
    let call = format!("call = {{ instance = 0, export = {NAME:?}, args = [{{ i32 = \"-1\" }}] }}");
    let folder = folder.file("call.toml", steps(&call.replace(r"\u{1b}", r"\u001b")));
    // That no escape character gets through is asserted of every command; no line may begin as a verdict, either.
    let shown = |args: &[&str]| {
        let ran = folder.assay(args);
        let mut lines = ran.out.lines().chain(ran.err.lines());
        assert!(!lines.any(|line| line.trim_start().starts_with("ADMITTED")), "{ran}");
        ran
    };
    shown(&["run", "names.wat"]).fails(2, r#"imports "e\u{1b}[31m" "x\nADMITTED: y""#);
    shown(&["run", "names.wat", "--scenario", "call.toml"]).says(r"\u{1b}[31m").ends(134);
    shown(&["validate", "names.wat"]).ends(0);
    shown(&["diff", "names.wat"]);
    shown(&["diff", "names.wat", "--scenario", "call.toml"]);
    if cfg!(feature = "proofs") {
        shown(&["prove", "names.wat"]).says(r"a\u{1b}[31m\nADMITTED: x").says(r"n\u{1b}[31m\nADMITTED: n").ends(1);
        shown(&["prove", "names.wat", "--entry", NAME]).ends(1);
        shown(&["prove", "names.wat", "--entry", "\x1b\n"]).fails(2, r"\u{1b}");
        shown(&["admit", "names.wat", "--policy", "lax.toml"]).says(r"e\u{1b}[31m x\nADMITTED: y").ends(1);
        shown(&["admit", "names.wat", "--policy", "strict.toml"]).last_line_begins("DENIED").ends(1);
    }
    let alone = ESCAPING.replace(r#"(import "e\1b[31m" "x\nADMITTED: y" (func $f))"#, "(func $f)");
    let folder = folder.file("alone.wat", &alone);
    let run = |args: &[&str]| folder.assay(&[&["run", "alone.wat"], args].concat());
    run(&["--invoke", "b"]).fails(2, r"(exported: a\u{1b}[31m\nADMITTED: x)");
    let ran = run(&["--invoke", NAME, "-1"]).ends(134);
    assert!(ran.err.contains(r" in n\u{1b}[31m\nADMITTED: n at byte 0x"), "{ran}");
    run(&["--invoke", NAME, "0", "--trace"]).ends(0);
    let script = format!("{alone}\n(assert_return (invoke \"a\\1b[31m\\nADMITTED: x\" (i32.const 0)) (i32.const 1))");
    folder.file("a.wast", script + "(assert_return (invoke \"\\1b\\n\"))").assay(&["conform", "a.wast"]).ends(1);
}

#[test]
fn run_gives_the_results() {
    let folder = Folder::with_modules();
    let run = |args: &[&str]| folder.assay(&[&["run", "good.wat", "--invoke"], args].concat());
    run(&["add", "2", "3"]).gives("5");
    // Negative numbers are arguments, and options may follow.
    run(&["add", "-2", "-3", "--fuel", "100"]).gives("-5");
    folder.assay(&["run", "--fuel=100", "good.wat", "-2", "--invoke", "add", "-3"]).gives("-5");
    run(&["add", "--", "0xffff_ffff", "-0x1"]).gives("-2");
    run(&["add", "4294967295", "-2147483648"]).gives("2147483647");
    run(&["add64", "-9223372036854775808", "18446744073709551615"]).gives("9223372036854775807");
    run(&["two"]).gives("1\n-2");
    run(&["refs", "null", "null"]).gives("ref.null func\nref.null extern");
    run(&["refs", "7", "null"]).gives("ref.null func\nref.extern 7");
    let floats = [
        ("1.5", "1.5"),
        ("-0.0", "-0.0"),
        ("-1e3", "-1000.0"),
        ("1e400", "inf"),
        ("inf", "inf"),
        ("-inf", "-inf"),
        ("nan", "nan"),
        ("-nan", "-nan"),
        ("nan:0x200000", "nan:0x200000"),
        ("-nan:0x1", "-nan:0x1"),
    ];
    for (arg, result) in floats {
        run(&["f32", "--", arg]).gives(result);
        run(&["f64", "--", arg]).gives(result);
    }
    run(&["f64", "-1.5"]).gives("-1.5");
    run(&["bits", "nan"]).gives("2143289344");
    run(&["bits", "nan:0x1"]).gives("2139095041");
    run(&["bits", "--", "-inf"]).gives("-8388608");
}

#[test]
fn run_ends() {
    let folder = Folder::with_modules().file("trap.wat", r#"(module (func (export "_start") (unreachable)))"#);
    let aborts = |args: &[&str], words: &str| {
        let ran = folder.assay(args).ends(134);
        assert!(ran.out.is_empty() && ran.err.contains(words), "wanted is {words:?}\n{ran}");
    };
    aborts(&["run", "good.wat", "--invoke", "loop", "--fuel", "100000"], "exhausted its fuel");
    aborts(&["run", "good.wat", "--invoke", "deep"], "exhausted its stack");
    aborts(&["run", "good.wat", "--invoke", "div", "1", "0"], "trap: integer divide by zero in div at byte 0x");
    aborts(&["run", "trap.wat"], "trap: unreachable in _start at byte 0x23");
    folder.assay(&["run", "start.wat"]).gives("");
    // Where nothing is called, silence would be taken for a run.
    let ran = folder.assay(&["run", "good.wat"]).ends(0);
    assert!(ran.err.contains("no function was called: --invoke NAME calls one (exported: add, "), "{ran}");
}

#[test]
fn standard_input() {
    let folder = Folder::new();
    let add = ["run", "-", "--invoke", "add", "4", "-5"];
    folder.assay_with_input(&add, GOOD.as_bytes()).gives("-1");
    folder.assay_with_input(&["validate", "-"], &locals(b"\0")).gives("-: valid");
    folder.assay_with_input(&["validate", "-"], b"").says("the file is empty").ends(1);
    folder.assay_with_input(&["validate", "-"], b"  (modul)").says("-:1:4").ends(1);
}

#[test]
fn trace() {
    let folder = Folder::with_modules();
    let ran = folder.assay(&["run", "good.wat", "--invoke", "add", "2", "-3", "--trace=rules"]).ends(0);
    insta::assert_snapshot!(ran);
    assert_eq!(folder.assay(&["run", "good.wat", "--invoke", "add", "2", "-3", "--trace"]).out, ran.out);
}

#[test]
fn scenario() {
    let module = r#"(module
      (import "env" "read" (func $read (param i32) (result i32)))
      (memory (export "memory") 1)
      (global (export "base") (mut i32) (i32.const 0))
      (func (export "f") (result i32)
        (i32.add (i32.add (global.get 0) (i32.load8_u (i32.const 16))) (call $read (i32.const 7)))))"#;
    let file = r#"
        [[step]]
        instantiate = "module"
        [[step.answers]]
        import = ["env", "read"]
        results = [{ i32 = "-1" }]
        [[step]]
        write = { instance = 0, export = "memory", offset = 16, bytes = "2a" }
        [[step]]
        call = { instance = 0, export = "f" }
        [[step]]
        set = { instance = 0, export = "base", value = { i32 = "100" } }
        [[step]]
        call = { instance = 0, export = "f" }
    "#;
    let folder = Folder::new().file("module.wat", module).file("scenario.toml", file);
    let ran = folder.assay(&["run", "module.wat", "--scenario", "scenario.toml"]).ends(0);
    insta::assert_snapshot!(ran);
    folder.assay(&["diff", "module.wat", "--scenario", "scenario.toml"]).last_line_begins("engines agree: ").ends(0);
}

/// By the command line, by the scenario, and by the command line instead.
#[test]
fn profiles() {
    let module = r#"(module
      (func (export "zeros") (result f32) (f32.div (f32.const 0) (f32.const 0)))
      (func (export "beyond") (result v128)
        (i8x16.relaxed_swizzle (v128.const i32x4 9 9 9 9) (v128.const i32x4 16 16 16 16))))"#;
    let file = r#"
        profile = "x86-64"
        [[step]]
        instantiate = "module"
        [[step]]
        call = { instance = 0, export = "zeros" }
    "#;
    let folder = Folder::new().file("module.wat", module).file("x86.toml", file);
    let run = |args: &[&str]| folder.assay(&[&["run", "module.wat"], args].concat());
    run(&["--invoke", "zeros"]).gives("nan");
    run(&["--invoke", "zeros", "--profile", "deterministic"]).gives("nan");
    run(&["--invoke", "zeros", "--profile", "x86-64"]).gives("-nan");
    run(&["--invoke", "beyond", "--profile", "aarch64"]).gives("i32x4 0x09090900 0x09090900 0x09090900 0x09090900");
    run(&["--invoke", "beyond", "--profile", "x86-64"]).gives("i32x4 0x09090909 0x09090909 0x09090909 0x09090909");
    run(&["--scenario", "x86.toml"]).last_line_begins("call zeros(): returned [-nan]").ends(0);
    run(&["--scenario", "x86.toml", "--profile", "aarch64"]).last_line_begins("call zeros(): returned [nan]").ends(0);
}

#[test]
fn budgets() {
    let text = r#"(module (memory 1) (type $a (array i64))
      (func (export "f") (drop (array.new_default $a (i32.const 1000)))))"#;
    let folder = Folder::new().file("f.wat", text);
    let run = |budget: &str, n: &str| folder.assay(&["run", "f.wat", "--invoke", "f", budget, n]);
    for (budget, enough, what) in [
        ("--fuel", "10", "fuel"),
        ("--stack", "10", "stack"),
        ("--memory", "65536", "memory"),
        ("--heap", "1000000", "heap"),
    ] {
        run(budget, enough).gives("");
        run(budget, "1").says("").ends(134);
        assert!(run(budget, "1").err.contains(&format!("exhausted its {what}")), "{budget}");
    }
}

/// A module of a proposal is refused without it, and taken by every command with it.
#[test]
fn proposals() {
    let text = r#"(module (memory 3 (pagesize 1))
      (func (export "mul") (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))
      (func (export "load") (param i32) (result i32) (i32.load8_u (i32.and (local.get 0) (i32.const 1)))))"#;
    let folder = Folder::new().file("wide.wat", text);
    let on = |command: &str, rest: &[&str]| {
        let proposals = ["--proposal", "wide-arithmetic", "--proposal", "custom-page-sizes"];
        folder.assay(&[&[command, "wide.wat"][..], &proposals, rest].concat())
    };
    folder.assay(&["validate", "wide.wat"]).ends(1);
    folder.assay(&["run", "wide.wat", "--invoke", "load", "0"]).ends(4);
    folder.assay(&["diff", "wide.wat"]).ends(4);
    on("validate", &[]).gives("wide.wat: valid");
    on("run", &["--invoke", "mul", "3", "5"]).gives("15\n0");
    on("run", &["--invoke", "load", "1", "--spec", "1.0"]).ends(4);
    on("diff", &[]).ends(0);
    #[cfg(feature = "proofs")]
    on("prove", &[]).ends(0);
}

#[test]
fn validate() {
    let folder = Folder::with_modules()
        .file("types.wat", "(module (func (result i32) (i64.const 1)))")
        .file("component.wat", "(component)");
    folder.assay(&["validate", "good.wat", "start.wat"]).gives("good.wat: valid\nstart.wat: valid");
    let all = ["good.wat", "component.wat", "types.wat", "start.wat"];
    folder.assay(&[&["validate"], &all[..2]].concat()).ends(3);
    // One that is invalid outweighs one that can't be told, wherever they stand.
    folder.assay(&["validate", "types.wat", "component.wat"]).ends(1);
    let ran = folder.assay(&[&["validate"], &all[..]].concat()).ends(1);
    for name in all {
        assert!(ran.out.lines().any(|line| line.starts_with(name)), "{ran}");
    }
}

#[test]
fn engines() {
    let ran = Folder::new().assay(&["engines"]).says("interp  ").says("wasmtime:cranelift  ").ends(0);
    assert!(ran.err.is_empty(), "{ran}");
    assert!(ran.out.lines().any(|row| row.split_whitespace().eq(["gc", "yes", "yes", "-", "yes", "-"])), "{ran}");
}

#[test]
fn diff() {
    let folder = Folder::with_examples().file("nothing.toml", "");
    folder.assay(&["diff", "base64.wat"]).last_line_begins("engines agree: ").ends(0);
    let ran = folder.assay(&["diff", "base64.wat", "--scenario", "nothing.toml"]);
    ran.last_line_begins("nothing compared").ends(3);
    // What lacks a proposal drops out; one engine has several ids.
    let folder = folder.file("gc.wat", r#"(module (type (struct)) (func (export "f")))"#);
    folder.assay(&["diff", "gc.wat"]).says("not compared: wasmi: ").last_line_begins("engines agree: ").ends(0);
    let twice = ["diff", "gc.wat", "--engine", "wasmtime", "--engine", "wasmtime:cranelift"];
    folder.assay(&twice).fails(2, "engine \"wasmtime:cranelift\" is given twice");
}

#[cfg(feature = "proofs")]
#[test]
fn prove() {
    let folder = Folder::with_examples().file("long.wat", LONG);
    folder.assay(&["prove", "base64.wat"]).last_line_begins("8 obligations: 8 proved, 0 refuted, 0 unknown").ends(0);
    folder.assay(&["prove", "base64.wat", "--entry", "encode"]).ends(0);
    let ran = folder.assay(&["prove", "base64-broken.wat"]).ends(1);
    let ran = ran.says("Refuted: encode at byte 0x61").says("call encode(").says("Step_read/load-pack-oob");
    ran.last_line_begins("8 obligations: 5 proved, 3 refuted, 0 unknown");
    let ran = folder.assay(&["prove", "long.wat"]).ends(3);
    ran.says("i32.load8_u").last_line_begins("2 obligations: ");
}

#[cfg(feature = "proofs")]
#[test]
fn admit() {
    let shape = "[limits]\nfunctions = 10\nmemory_pages = 1\ncode_bytes = 1000\n";
    let folder = Folder::with_examples().file("long.wat", LONG).file("shape.toml", shape).file("none.toml", "");
    let admit = |module, policy| folder.assay(&["admit", module, "--policy", policy]);
    admit("base64.wat", "kernel.toml").last_line_begins("ADMITTED").ends(0);
    let ran = admit("base64-broken.wat", "kernel.toml").says("counterexample: encode at byte 0x61");
    ran.no_verdict().last_line_begins("DENIED").ends(1);
    admit("long.wat", "kernel.toml").no_verdict().last_line_begins("DENIED: 0 of 7 checks denied, 1 unknown").ends(3);
    // What wasn't asked for isn't claimed.
    admit("base64-broken.wat", "shape.toml").last_line_begins("ADMITTED by shape and imports alone: nothing").ends(0);
    admit("base64.wat", "none.toml").no_verdict().last_line_begins("DENIED").ends(1);
    // Of several modules, the one that is denied decides, and then the one that isn't known.
    let several = ["admit", "--policy", "kernel.toml", "long.wat", "base64-broken.wat", "base64.wat"];
    folder.assay(&several).ends(1);
    folder.assay(&["admit", "--policy", "kernel.toml", "base64.wat", "long.wat"]).ends(3);
}

#[test]
fn conform() {
    let module = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
    let script = |result| format!("{module}\n(assert_return (invoke \"one\") (i32.const {result}))\n");
    let folder = Folder::new()
        .file("all/pass.wast", script(1))
        .file("all/fail.wast", script(2))
        .file("syntax.wast", "(module\n  (func (i32.cosnt 1)))\n")
        .file("memories.wast", "(module (memory 1) (memory 1))")
        .file("exports.wast", "(module (func (export \"f\")))\n(register \"a\")")
        .file("imports.wast", "(module (import \"a\" \"f\" (func)))")
        .file("shared.wast", "(module (memory 1 1 shared))")
        .file("empty/readme", "")
        .file("known.toml", "[\"one is not two\"]\n\"all/fail.wast\" = \"2\"\n")
        .file("wrong.toml", "[\"one is not two\"]\n\"all/fail.wast\" = \"2\"\n\"all/pass.wast\" = \"2\"\n")
        .file("bad.toml", "[\"one is not two\"]\n\"all/fail.wast\" = \"second\"\n");
    let conform = |args: &[&str]| folder.assay(&[&["conform"], args].concat());
    conform(&["all/pass.wast"]).last_line_begins("2 passed, 0 failed").ends(0);
    conform(&["all/pass.wast", "--engine", "wasmtime:cranelift"]).ends(0);
    conform(&["all"]).says("all/fail.wast:2 return: should return [2]; it returned [1]").ends(1);
    conform(&["all", "--filter", "pass"]).ends(0);
    conform(&["all", "--filter", "none"]).fails(2, r#"no file is left by --filter "none""#);
    conform(&["syntax.wast"]).says("syntax.wast:2:10: unknown operator").ends(2);
    conform(&["empty"]).fails(2, "empty: no .wast file here");
    conform(&["missing"]).fails(2, "missing: ");
    // A second memory is 3.0's, a shared one the proposal's.
    conform(&["memories.wast"]).ends(0);
    conform(&["memories.wast", "--spec", "2.0"]).says("memories.wast:1 module: invalid: multiple memories").ends(1);
    let shared = ["shared.wast", "--engine", "wasmtime:cranelift"];
    conform(&shared).ends(1);
    conform(&[&shared[..], &["--proposal", "threads"]].concat()).ends(0);
    // One directive, and its derivation.
    conform(&["all/fail.wast:2"]).says("all/fail.wast:2:2 return: failed: should return [2]; it returned [1]").ends(1);
    conform(&["all/pass.wast:2", "--trace"]).says("Step_read/call_ref-func").ends(0);
    conform(&["all/pass.wast:2", "--trace"]).last_line_begins("all/pass.wast:2:2 return: passed").ends(0);
    conform(&["all/pass.wast:2", "--trace=config"]).says("       ~> {globals").ends(0);
    conform(&["all/pass.wast:2", "--engine", "wasmtime"]).ends(0);
    conform(&["wasm-v3/nop.wast:308"]).last_line_begins("wasm-v3/nop.wast:308:2 return: passed").ends(0);
    conform(&["all/pass.wast:3"])
        .fails(2, "all/pass.wast: no directive begins in line 3; the last one before it begins in line 2");
    conform(&["all/pass.wast:2", "--trace", "--engine", "wasmtime"])
        .fails(2, "--trace is of our interpreter: engine \"wasmtime\" doesn't tell its steps");
    conform(&["all/pass.wast", "--trace"]).fails(2, "--trace shows one directive: FILE:LINE says which");
    conform(&["all/pass.wast:2", "all"]).fails(2, "FILE:LINE is one directive: no other path, ");
    conform(&["all/pass.wast:2", "--filter", "fail"]).fails(2, "FILE:LINE is one directive: no other path, ");
    conform(&["all:2"]).fails(2, "all: FILE:LINE needs a file");
    conform(&["missing:2"]).fails(2, "missing: ");
    // Rule coverage.
    conform(&["all", "--rules"])
        .says("Step_read/call_ref-func                       2  all/fail.wast:2")
        .says("207 rules that no directive exercises:\n  Step_pure/unreachable\n  Step_pure/nop\n")
        .says("3 of the other 210 rules are exercised")
        .says("Instr_ok/const                                2          0  all/fail.wast:1")
        .last_line_begins("22 of the other 238 rules of validation are exercised")
        .ends(1);
    conform(&["all", "--rules", "--engine", "wasmtime"])
        .fails(2, "--rules is of our interpreter: engine \"wasmtime\" doesn't tell its steps");
    // What one file registers, the next one imports if they share a store.
    conform(&["exports.wast", "imports.wast"]).says("imports.wast:1 module: unlinkable: unknown import").ends(1);
    conform(&["exports.wast", "imports.wast", "--together"]).last_line_begins("3 passed, 0 failed").ends(0);
    conform(&["imports.wast", "exports.wast", "--together"]).ends(1);
    conform(&["--spec", "4.0"]).fails(2, "there is no version \"4.0\" of the standard; there are 1.0, 2.0 and 3.0");
    conform(&["--proposal", "gc"]).fails(2, "there are no tests of a proposal \"gc\"; there are those of threads, ");
    conform(&["--proposal", "wide-arithmetic", "--engine", "wasmtime"]).last_line_begins("109 passed, 0").ends(0);
    conform(&["all", "--expected", "known.toml"]).last_line_begins("all as expected").ends(0);
    conform(&["all", "--expected", "wrong.toml"]).says("all/pass.wast:2").ends(1);
    conform(&["all", "--expected", "bad.toml"]).fails(2, "bad.toml: all/fail.wast: \"second\" isn't");
    conform(&["all", "--expected", "missing.toml"]).fails(2, "missing.toml: can't be read: ");
}

/// What people read when something is wrong with what they gave.
#[test]
fn messages() {
    let folder = Folder::with_examples()
        .file("syntax.wat", "(module\n  (func (export \"f\")\n    (i32.cosnt 1)))\n")
        .file("types.wat", "(module (func (export \"f\") (result i32) (i64.const 1)))")
        .file("component.wat", "(component)")
        .file("key.toml", steps("cal = { instance = 0, export = \"encode\" }"))
        .file("instance.toml", steps("call = { instance = 1, export = \"encode\" }"));
    let commands: [&[&str]; 12] = [
        &["run", "syntax.wat"],
        &["validate", "syntax.wat", "types.wat", "component.wat"],
        &["diff", "types.wat"],
        &["diff", "component.wat"],
        &["run", "base64.wat"],
        &["run", "base64.wat", "--invoke", "decode"],
        &["run", "base64.wat", "--invoke", "encode"],
        &["run", "base64.wat", "--invoke", "encode", "1.5"],
        &["run", "base64-broken.wat", "--invoke", "encode", "65536"],
        &["run", "base64.wat", "--scenario", "key.toml"],
        &["diff", "base64.wat", "--scenario", "instance.toml"],
        &["conform", "base64.wat"],
    ];
    insta::assert_snapshot!(session(&commands.map(|args| folder.assay(args))));
}

/// The same of proofs and policies, and what a verdict looks like.
#[cfg(feature = "proofs")]
#[test]
fn verdicts() {
    let folder = Folder::with_examples()
        .file("syntax.wat", "(module\n  (func (export \"f\")\n    (i32.cosnt 1)))\n")
        .file("key.toml", "[limits]\nmemory_page = 1\n")
        .file("group.toml", "[proofs]\nrequire = [\"everything\"]\n");
    let commands: [&[&str]; 5] = [
        &["prove", "base64.wat", "--entry", "decode"],
        &["admit", "base64.wat", "--policy", "key.toml"],
        &["admit", "base64.wat", "--policy", "group.toml"],
        &["admit", "syntax.wat", "--policy", "kernel.toml"],
        &["admit", "base64.wat", "--policy", "kernel.toml"],
    ];
    insta::assert_snapshot!(session(&commands.map(|args| folder.assay(args))));
}

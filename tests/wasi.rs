//! WASI programs on the command line: what they are given, what becomes of them, and real ones beside themselves.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// How a command ended: its exit code, and what it wrote.
#[derive(Debug, PartialEq)]
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs a command in a folder, with an environment of one variable.
fn run(program: impl AsRef<Path>, folder: &Path, args: &[&str], input: &str) -> Ended {
    let mut command = Command::new(program.as_ref());
    command.args(args).current_dir(folder).env_clear().env("UPPER", "yes");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that doesn't read has closed its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
}

fn assay(folder: &Path, args: &[&str]) -> Ended {
    run(env!("CARGO_BIN_EXE_assay"), folder, &[&["run"], args].concat(), "input")
}

/// A folder with a module.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("program.wat"), text).unwrap();
    folder
}

/// Writes its arguments to one stream and its environment to the other, and exits with the number of arguments.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $print (param $fd i32)
    (i32.store (i32.const 8) (i32.const 4096))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $write (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 16))))
  (func (export "_start")
    (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 2))
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 1024) (i32.const 4096)))
    (call $print (i32.const 1))
    (call $exit (i32.load (i32.const 0)))
    (unreachable))
  (func (export "exit") (param i32) (call $exit (local.get 0))))
"#;

#[test]
fn a_program_has_arguments_an_environment_and_an_exit_code() {
    let folder = folder(ECHO);
    let ended = |code, out: &str, err: &str| Ended { code: Some(code), out: out.into(), err: err.into() };
    let run = |args: &[&str]| assay(folder.path(), args);
    assert_eq!(run(&["program.wat"]), ended(1, "program.wat\0", ""), "nothing of our own environment");
    let there = folder.path().join("program.wat");
    assert_eq!(run(&[&there.to_string_lossy()]), ended(1, "program.wat\0", ""), "nor of our own folders");
    let args = ["program.wat", "--env", "A=b=c", "one", "-2", "--env", "D=", "--", "--env", "-x", ""];
    assert_eq!(run(&args), ended(6, "program.wat\0one\0-2\0--env\0-x\0\0", "A=b=c\0D=\0"));
    // Of a code that is larger, a process has the lowest eight bits.
    for (given, code) in [("0", 0), ("3", 3), ("134", 134), ("255", 255), ("256", 0), ("-1", 255)] {
        assert_eq!(run(&["program.wat", "--invoke", "exit", given]), ended(code, "", ""));
    }
}

#[test]
fn what_can_t_be_given_is_an_error() {
    let folder = folder(ECHO);
    fs::write(folder.path().join("plain.wat"), r#"(module (func (export "_start")))"#).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let fails = |args: &[&str], words: &str| {
        let ended = assay(folder.path(), args);
        assert!(ended.code == Some(2) && ended.out.is_empty() && ended.err.contains(words), "{args:?}: {ended:?}");
    };
    fails(&["program.wat", "--dir", "missing::/"], "--dir: missing: can't be opened: ");
    fails(&["program.wat", "--dir", "file"], "--dir: file: can't be opened: ");
    fails(&["program.wat", "--env", "KEY"], "--env: \"KEY\" isn't KEY=VALUE");
    fails(&["program.wat", "--env", "=x"], "--env: \"=x\" isn't KEY=VALUE");
    for option in [&["--dir", "."][..], &["--env", "A=B"], &["--deterministic"]] {
        fails(&[&["plain.wat"], option].concat(), &format!("wasi_snapshot_preview1: {} is for", option[0]));
        fails(&[&["program.wat", "--scenario", "x.toml"], option].concat(), "cannot be used with");
    }
    fails(&["plain.wat", "an argument"], "arguments wanted 0, given 1");
    let import = |name: &str, ty: &str| {
        let text = format!(r#"(module (import "wasi_snapshot_preview1" "{name}" (func {ty})))"#);
        fs::write(folder.path().join("import.wat"), text).unwrap();
    };
    import("fd_dup", "");
    fails(&["import.wat"], r#"imports "wasi_snapshot_preview1" "fd_dup", which nothing provides here"#);
    import("fd_close", "(param i64) (result i32)");
    fails(&["import.wat"], "unlinkable: incompatible import type");
}

/// Prints eight random bytes and the time as they are.
const CHANCE: &str = r#"(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "draw") (result i64 i64)
    (drop (call $random (i32.const 8) (i32.const 8)))
    (drop (call $time (i32.const 0) (i64.const 0) (i32.const 16)))
    (i64.load (i32.const 8)) (i64.load (i32.const 16))))
"#;

#[test]
fn a_deterministic_run_is_the_same_each_time() {
    let folder = folder(CHANCE);
    let draw = |more: &[&str]| assay(folder.path(), &[&["program.wat", "--invoke", "draw"], more].concat());
    let first = draw(&["--deterministic"]);
    assert!(first.code == Some(0) && first.out.ends_with("\n946684800000000000\n"), "{first:?}");
    assert_eq!(first, draw(&["--deterministic"]));
    assert_ne!(draw(&[]), draw(&[]));
}

#[test]
fn a_reactor_is_initialised_before_it_is_called() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (global $n (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 5))))
        (func (export "n") (result i32) (global.get $n))
        (func (export "exit") (call $exit (global.get $n))))"#;
    let folder = folder(text);
    let run = |args: &[&str]| assay(folder.path(), &[&["program.wat"], args].concat());
    assert_eq!((run(&["--invoke", "n"]).out, run(&["--invoke", "exit"]).code), ("5\n".into(), Some(5)));
    // By its name it is called once.
    assert_eq!(run(&["--invoke", "_initialize"]).code, Some(0));
    assert_eq!(run(&[]), Ended { code: Some(0), out: String::new(), err: String::new() });
}

#[test]
fn what_a_program_prints_stands_where_it_prints_it() {
    let folder = folder(ECHO);
    let ended = assay(folder.path(), &["program.wat", "a\n", "--trace"]);
    let lines: Vec<&str> = ended.out.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("program.wat\0a")).expect("the arguments");
    assert!(lines[at - 1].contains("i32.const 16") || lines[at - 1].contains("call"), "{}", ended.out);
    assert!(lines[at + 1..].iter().any(|line| line.contains("drop")), "{}", ended.out);
    assert_eq!(ended.code, Some(2));
}

/// A program of tests/wasi/, compiled for this machine and for WASI.
fn compiled(name: &str, into: &Path) -> (PathBuf, PathBuf) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wasi").join(name).with_extension("rs");
    let compile = |target: &[&str], to: PathBuf| {
        let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
        let mut command = Command::new(rustc);
        command.args(["--edition", "2024", "-O"]).args(target).arg(&source).arg("-o").arg(&to);
        assert!(command.status().unwrap().success(), "{command:?}");
        to
    };
    (compile(&[], into.join(name)), compile(&["--target", "wasm32-wasip1"], into.join(name).with_extension("wasm")))
}

/// Runs a program on this machine and in the interpreter, each with a folder of its own, and compares.
fn beside_itself(name: &str, args: &[&str], input: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let (native, wasm) = compiled(name, folder.path());
    let [here, there] = ["native", "wasi"].map(|side| {
        let side = folder.path().join(side);
        fs::create_dir_all(side.join("data")).unwrap();
        fs::write(side.join("data/given.txt"), "what was there before\n").unwrap();
        side
    });
    let expected = run(native, &here, args, input);
    let wasm = wasm.to_string_lossy();
    let given = ["run", &wasm, "--dir", "data", "--env", "UPPER=yes", "--"];
    let ended = run(env!("CARGO_BIN_EXE_assay"), &there, &[&given, args].concat(), input);
    assert_eq!(ended, expected);
    let left = |side: &Path| {
        let entries = fs::read_dir(side.join("data")).unwrap().map(|entry| entry.unwrap());
        let mut files: Vec<_> = entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap())).collect();
        files.sort();
        files
    };
    assert!(left(&here) == left(&there), "they leave the same files");
    ended
}

#[test]
#[ignore = "needs Rust's target wasm32-wasip1: make programs"]
fn words() {
    let text = "to be or not to be\nthat is the question\n\nTo be, ὁ βίος";
    let ended = beside_itself("words", &["2", "-> "], text);
    assert_eq!(ended.code, Some(11), "{ended:?}");
    assert!(ended.out.starts_with("->         TO   3  21.43 %\n"), "{ended:?}");
    beside_itself("words", &[], "");
    beside_itself("words", &["1", "", "ignored"], &"many words ".repeat(1000));
}

#[test]
#[ignore = "needs Rust's target wasm32-wasip1: make programs"]
fn files() {
    let ended = beside_itself("files", &["data"], "");
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
}

#[test]
#[ignore = "needs Rust's target wasm32-wasip1: make programs"]
fn numbers() {
    let ended = beside_itself("numbers", &[], "");
    assert!(ended.code == Some(0) && ended.out.starts_with("93326215443944152681"), "{ended:?}");
}

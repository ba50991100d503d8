//! Real programs of WASI, from elsewhere, in the interpreter and in wasmtime: what they print, how they end and the
//! files that they leave are the same. `make programs` has compiled them, from the sources that tests/programs/ names.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// How a program ended: its exit code, and what it wrote.
#[derive(PartialEq)]
struct Ended {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
}

impl Ended {
    fn text(&self) -> &str {
        str::from_utf8(&self.out).expect("text")
    }
}

/// Two folders with the same in them: one is what a program in the interpreter has, the other what it has in wasmtime.
struct Beside {
    ours: TempDir,
    theirs: TempDir,
    env: Vec<&'static str>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(mut command: Command, folder: &Path, input: &[u8]) -> Ended {
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let ended = std::thread::scope(|scope| {
        // A program that doesn't read has closed its input.
        scope.spawn(move || stdin.write_all(input).is_ok());
        child.wait_with_output().unwrap()
    });
    Ended { code: ended.status.code(), out: ended.stdout, err: String::from_utf8(ended.stderr).unwrap() }
}

/// All files under a folder with what is in them, and links with where they lead; folders end in `/`.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_symlink() {
                found.insert(name, fs::read_link(path).unwrap().into_os_string().into_encoded_bytes());
            } else if path.is_dir() {
                found.insert(name.join(""), Vec::new());
                folders.push(path);
            } else {
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

impl Beside {
    /// With files under `data`, all of the same age.
    fn new(given: &[(&str, &[u8])]) -> Beside {
        let side = || {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("data")).unwrap();
            folder
        };
        let beside = Beside { ours: side(), theirs: side(), env: Vec::new() };
        for (name, bytes) in given {
            beside.write(name, bytes);
        }
        beside
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        for side in [&self.ours, &self.theirs] {
            let path = side.path().join("data").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            let time = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 250);
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }
    }

    /// A file under `data`, which is the same on both sides.
    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.ours.path().join("data").join(name)).unwrap()
    }

    /// Runs a program on both sides, with the folder `data`, and compares.
    fn run(&self, program: &str, args: &[&str], input: &[u8]) -> Ended {
        let wasm = root().join(".programs").join(program).with_extension("wasm");
        let mut ours = Command::new(env!("CARGO_BIN_EXE_assay"));
        ours.arg("run");
        let mut theirs = Command::new("python3");
        theirs.env("PYTHONPATH", root().join(".programs/wasmtime")).arg(root().join("tests/programs/in_wasmtime.py"));
        let [ended, expected] = [(ours, &self.ours), (theirs, &self.theirs)].map(|(mut command, folder)| {
            command.arg(&wasm).args(["--dir", "data"]);
            self.env.iter().for_each(|variable| _ = command.args(["--env", variable]));
            command.arg("--").args(args);
            run(command, folder.path(), input)
        });
        let what = format!("{program} {}", args.join(" "));
        assert_eq!(ended.code, expected.code, "{what}: exit code; {}{}", ended.err, expected.err);
        assert_eq!(ended.err, expected.err, "{what}: standard error");
        if let (Ok(ended), Ok(expected)) = (str::from_utf8(&ended.out), str::from_utf8(&expected.out)) {
            assert_eq!(ended, expected, "{what}: standard output");
        }
        assert!(ended.out == expected.out, "{what}: standard output");
        let [mut left, expected] = [&self.ours, &self.theirs].map(|side| files(side.path()));
        assert!(left.keys().eq(expected.keys()), "{what}: files: {:?}, {:?}", left.keys(), expected.keys());
        left.retain(|name, bytes| expected[name] != *bytes);
        assert!(left.is_empty(), "{what}: files that aren't the same: {:?}", left.keys());
        ended
    }
}

/// A text of some length, and a binary.
const TEXT: &str = include_str!("../docs/using.md");
const BINARY: &[u8] = include_bytes!("../engines/benches/programs/json.wasm");

#[test]
#[ignore = "make programs"]
fn blake3() {
    let long = TEXT.repeat(4);
    let beside = Beside::new(&[("empty", b""), ("binary", BINARY), ("long", long.as_bytes())]);
    let ended = beside.run("b3sum", &["data/empty", "data/binary", "data/missing", "data/long"], b"");
    assert_eq!(ended.code, Some(1));
    let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262  data/empty\n";
    assert!(ended.text().starts_with(empty), "{}", ended.text());
    assert_eq!(ended.err, "data/missing: No such file or directory\n");
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    beside.run("b3sum", &["--length", "1000", "--key", key], long.as_bytes());
    assert_eq!(beside.run("b3sum", &["--key", "00", "data/empty"], b"").code, Some(2));
}

#[test]
#[ignore = "make programs"]
fn zlib() {
    let zeros = vec![0; 100_000];
    let given: [(&str, &[u8]); 4] = [("text", TEXT.as_bytes()), ("binary", BINARY), ("zeros", &zeros), ("empty", b"")];
    for level in ["-0", "-1", "-6", "-9"] {
        let beside = Beside::new(&given);
        let ended = beside.run("gzip", &[level, "data/text", "data/binary", "data/zeros", "data/empty"], b"");
        assert_eq!((ended.code, ended.text().matches("time kept").count()), (Some(0), 4), "{}", ended.text());
        assert!(level == "-0" || beside.read("text.gz").len() < TEXT.len() / 2);
        let all = ["-d", "data/text.gz", "data/binary.gz", "data/zeros.gz", "data/empty.gz"];
        assert_eq!(beside.run("gzip", &all, b"").code, Some(0));
        assert!(given.iter().all(|(name, bytes)| beside.read(name) == *bytes), "{level}");
    }
    let beside = Beside::new(&given);
    beside.run("gzip", &["data/text"], b"");
    let mut broken = beside.read("text.gz");
    let middle = broken.len() / 2;
    broken[middle] ^= 0x55;
    beside.write("broken.gz", &broken);
    beside.write("short.gz", &broken[..middle]);
    beside.write("text", b"in the way");
    let ended =
        beside.run("gzip", &["-d", "data/broken.gz", "data/short.gz", "data/text.gz", "data/zeros", "no.gz"], b"");
    assert_eq!(ended.err.lines().count(), 5, "{}", ended.err);
}

#[test]
#[ignore = "make programs"]
fn zstd() {
    let beside = Beside::new(&[]);
    for (level, input) in [("-1", TEXT.as_bytes()), ("-3", BINARY), ("-19", TEXT.as_bytes()), ("-3", b"")] {
        let packed = beside.run("zstd", &[level], input);
        assert_eq!(packed.code, Some(0), "{}", packed.err);
        assert!(packed.out.len() < input.len().max(20), "{} of {}", packed.out.len(), input.len());
        let unpacked = beside.run("zstd", &["-d"], &packed.out);
        assert!(unpacked.code == Some(0) && unpacked.out == input, "{}", unpacked.err);
        let mut broken = packed.out;
        let middle = broken.len() / 2;
        broken[middle] ^= 0x55;
        assert_eq!(beside.run("zstd", &["-d"], &broken).code, Some(1));
        assert_eq!(beside.run("zstd", &["-d"], &broken[..middle]).code, Some(1));
    }
}

#[test]
#[ignore = "make programs"]
fn lua() {
    let mut beside =
        Beside::new(&[("tour.lua", include_bytes!("programs/tour.lua")), ("given.txt", b"it was there\n")]);
    beside.env = vec!["GIVEN=a=b", "LANG=C"];
    let ended = beside.run("lua", &["data/tour.lua", "data", "-x", ""], b"first line\n 0x1p4\nand\0the rest");
    assert_eq!((ended.code, ended.err.as_str()), (Some(21), "to standard error\n"), "{}", ended.text());
    assert!(ended.text().ends_with("first line\t16.0\t\nand\0the rest\n"), "{}", ended.text());
    for (script, words) in [
        ("local t = {} ; local function f() return t.a.b end f()", "attempt to index a nil value (field 'a')"),
        ("error(setmetatable({}, { __tostring = function() return 'an object' end }))", "an object"),
        ("return +", "unexpected symbol near '+'"),
        ("os.execute('true')", ""),
        ("require 'missing'", "module 'missing' not found"),
    ] {
        beside.write("script.lua", script.as_bytes());
        let ended = beside.run("lua", &["data/script.lua"], b"");
        assert!(ended.err.contains(words), "{script}: {}", ended.err);
    }
    assert_eq!(beside.run("lua", &["data/none.lua"], b"").code, Some(1));
}

#[test]
#[cfg(unix)]
#[ignore = "make programs"]
fn paths() {
    let beside = Beside::new(&[("text", b"a text\n"), ("paths.lua", include_bytes!("programs/paths.lua"))]);
    for side in [&beside.ours, &beside.theirs] {
        let data = side.path().join("data");
        fs::create_dir(data.join("sub")).unwrap();
        for (link, to) in [
            ("out", "/dev/null"),
            ("dangling", "nowhere"),
            ("loop", "loop"),
            ("link", "sub"),
            ("sub/up", "../text"),
            ("sub/far", "../../../text"),
        ] {
            std::os::unix::fs::symlink(to, data.join(link)).unwrap();
        }
    }
    let there = ["data/sub/up", "data/link/up", "data/./text", "data//text", "/data/text", "data/link/../text"];
    let ended = beside.run("b3sum", &there, b"");
    assert_eq!((ended.code, ended.text().lines().count()), (Some(0), there.len()), "{}", ended.err);
    let long = format!("data/{:300}", 1);
    let missing = ["data/out", "data/sub/far", "../data/text", "data/../text", "data/none/../text", "", &long];
    let ended = beside.run("b3sum", &missing, b"");
    assert_eq!((ended.text(), ended.err.lines().count()), ("", missing.len()));
    let ended = beside.run("lua", &["data/paths.lua"], b"");
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[test]
#[ignore = "make programs"]
fn sqlite() {
    let beside = Beside::new(&[]);
    let ended = beside.run("sqlite", &["data/tour.db"], include_bytes!("programs/tour.sql"));
    assert_eq!(ended.err, "sqlite: UNIQUE constraint failed: author.name (2067)\n", "{}", ended.text());
    assert!(ended.code == Some(1) && ended.text().contains("\nok\n"), "{}", ended.text());
    let ended = beside.run("sqlite", &["data/tour.db"], include_bytes!("programs/again.sql"));
    assert!(ended.code == Some(0) && ended.text().starts_with("ok\n"), "{}{}", ended.text(), ended.err);
    beside.write("broken.db", b"This isn't a database, is it? It has some bytes, at least, and that is all.");
    let ended = beside.run("sqlite", &["data/broken.db"], b"SELECT * FROM sqlite_schema;");
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), "sqlite: file is not a database (26)\n"));
    assert_eq!(beside.run("sqlite", &["elsewhere.db"], b"CREATE TABLE t (a);").code, Some(1));
}

#[test]
#[ignore = "make programs"]
fn ripgrep() {
    let beside = Beside::new(&[
        ("using.md", TEXT.as_bytes()),
        ("code/json.wasm", BINARY),
        ("code/json.c", include_bytes!("../engines/benches/programs/json.c")),
        ("code/deep/er/lf.txt", "first\r\nΣίσυφος and the stone\r\nlast, without end".as_bytes()),
        ("code/skipped.log", b"the stone\n"),
        (".hidden", b"the stone\n"),
        (".ignore", b"*.log\n"),
        (
            "utf16.txt",
            &"the stone\n".encode_utf16().fold(vec![0xff, 0xfe], |b, c| [b, c.to_le_bytes().into()].concat()),
        ),
    ]);
    let run = |code: i32, args: &[&str]| {
        let ended = beside.run("rg", &[&["--sort", "path"], args].concat(), b"the input\nhas the stone too\n");
        assert_eq!(ended.code, Some(code), "{args:?}: {}{}", String::from_utf8_lossy(&ended.out), ended.err);
        String::from_utf8_lossy(&ended.out).into_owned()
    };
    let found = run(0, &["the stone", "data"]);
    assert_eq!(found, "data/code/deep/er/lf.txt:Σίσυφος and the stone\r\ndata/utf16.txt:the stone\n");
    run(0, &["--files", "--hidden", "data"]);
    run(0, &["-n", "-i", "-C1", r"\bWASI\b.*(\d+|folder)", "data/using.md"]);
    run(0, &["-uu", "-c", "the", "data"]);
    run(0, &["-U", "--multiline-dotall", "-o", r"first.*?last", "data"]);
    run(0, &["-a", "-b", "-o", "run", "data/code/json.wasm"]);
    run(0, &["-r", "<$1>", "--vimgrep", r"(σίς?υ)φος", "-i", "data"]);
    run(0, &["--type", "c", "-w", "int|char", "-g", "!deep", "data"]);
    run(0, &["the stone", "-"]);
    run(1, &["no such words", "data"]);
    run(2, &["the stone", "data/missing"]);
    run(2, &["(unclosed", "data"]);
}

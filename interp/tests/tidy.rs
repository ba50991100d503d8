//! The house is kept in order by a test: who may know whom (the arrows of the design), and how files look.
//!
//! It reads the workspace around this crate as text; where there is none, as in a package, there is nothing to keep.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the workspace.
struct File {
    /// Path from the root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    fn within(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Lines that aren't comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Lines of code that contain these words.
    #[track_caller]
    fn must_not_say(&self, words: &str, why: &str) {
        for (number, line) in self.code() {
            assert!(!line.contains(words), "{}:{number} says {words:?}: {why}\n{line}", self.path);
        }
    }
}

fn root() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let manifest = fs::read_to_string(root.join("Cargo.toml")).ok()?;
    manifest.contains("[workspace]").then(|| root.to_owned())
}

/// All text files, but for what isn't ours to keep: what is ignored, and what tools write.
fn files() -> Vec<File> {
    let Some(root) = root() else { return Vec::new() };
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let mut skipped: Vec<PathBuf> = ignored.lines().map(|line| root.join(line.trim_matches('/'))).collect();
    skipped.extend([root.join(".git"), root.join("Cargo.lock")]);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        // Others may be at work in the tree: what is gone by now isn't there.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if skipped.contains(&path) || matches!(&*name, "target" | "corpus" | "artifacts" | ".git") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).expect("within the root").to_string_lossy().replace('\\', "/");
                files.push(File { path, text });
            }
        }
    }
    files
}

/// Crates that a room's manifest depends on, in any of its tables of dependencies; `dev` for those of tests.
fn dependencies(manifest: &str, dev: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut table = String::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']').trim_matches('[').to_owned();
            // `[dependencies.name]`
            if let Some((kind, name)) = table.rsplit_once("dependencies.") {
                found.extend((kind.ends_with("dev-") == dev).then(|| name.to_owned()));
            }
            continue;
        }
        let wanted = table.ends_with("dependencies") && table.ends_with("dev-dependencies") == dev;
        if wanted && !table.starts_with("workspace") && !line.starts_with('#') {
            let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            found.extend((!name.is_empty()).then_some(name));
        }
    }
    found
}

/// A room's manifest, if the room is there.
fn manifest(room: &str) -> Option<String> {
    fs::read_to_string(root()?.join(room).join("Cargo.toml")).ok()
}

const OURS: [(&str, &str); 6] = [
    ("interp", "assay-interp"),
    ("engines", "assay-engines"),
    ("spec-tests", "assay-spec-tests"),
    ("diff-fuzz", "assay-diff-fuzz"),
    ("proofs", "assay-proofs"),
    ("gate", "assay-gate"),
];

/// Who may import whom: the room, what it may import, and what its tests may import beside.
const ARROWS: [(&str, &[&str], &[&str]); 6] = [
    ("interp", &[], &[]),
    ("engines", &["interp"], &[]),
    ("spec-tests", &["engines", "interp"], &[]),
    ("diff-fuzz", &["spec-tests", "engines", "interp"], &[]),
    ("proofs", &["engines", "interp"], &["spec-tests"]),
    ("gate", &["proofs", "engines", "interp"], &[]),
];

#[test]
fn rooms_import_along_the_arrows() {
    for (room, may, tests_may) in ARROWS {
        let Some(manifest) = manifest(room) else { continue };
        for (other, package) in OURS {
            let main = dependencies(&manifest, false).iter().any(|name| name == package);
            let dev = dependencies(&manifest, true).iter().any(|name| name == package);
            assert!(!main || may.contains(&other), "{room} imports {other}");
            assert!(!dev || may.contains(&other) || tests_may.contains(&other), "the tests of {room} import {other}");
        }
        assert!(!dependencies(&manifest, false).iter().any(|name| name == "wasm-assay"), "{room} imports the root");
    }
}

#[test]
fn the_manifests_are_read() {
    let Some(manifest) = manifest("interp") else { return };
    assert!(dependencies(&manifest, false).iter().any(|name| name == "wasmparser"));
    assert!(dependencies(&manifest, true).iter().any(|name| name == "proptest"));
    let text =
        "[dependencies.a]\nversion = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nb = \"1\"\n# c\nd-e.workspace = 1";
    assert_eq!(dependencies(text, false), ["a"]);
    assert_eq!(dependencies(text, true), ["b", "d-e"]);
}

/// Who alone may depend on an engine, a solver, a parser of scripts.
#[test]
fn engines_solvers_and_scripts_have_their_rooms() {
    let rooms = OURS.map(|(room, _)| room).into_iter().chain(["fuzz", "."]);
    for room in rooms {
        let Some(manifest) = manifest(room) else { continue };
        let (main, dev) = (dependencies(&manifest, false), dependencies(&manifest, true));
        let depends = |name: &str| main.iter().any(|d| d == name);
        let tests_depend = |name: &str| dev.iter().any(|d| d == name);
        for engine in ["wasmtime", "wasmi", "wasmer", "wasm3"] {
            assert!(!depends(engine) || matches!(room, "engines" | "proofs"), "{room} depends on {engine}");
            // The examples and benches of interp compare, and so does the bench of diff-fuzz.
            let compares = matches!(room, "engines" | "proofs" | "interp" | "diff-fuzz");
            assert!(!tests_depend(engine) || compares, "{room}: {engine}");
        }
        for solver in ["z3", "z3-sys"] {
            assert!(!(depends(solver) || tests_depend(solver)) || room == "proofs", "{room} depends on {solver}");
        }
        assert!(!(depends("wast") || tests_depend("wast")) || room == "spec-tests", "{room} depends on wast");
    }
}

/// A crate's name as code says it. (In two parts, so that this file doesn't say it.)
fn path(name: &str) -> String {
    format!("{name}{}", "::")
}

#[test]
fn code_names_what_its_room_may_know() {
    for file in files().iter().filter(|file| file.is_rust()) {
        if !(file.within("engines/") || file.within("proofs/src/native") || file.within("proofs/tests/native")) {
            let compares = ["interp/examples/", "interp/benches/", "diff-fuzz/benches/"].iter().any(|f| file.within(f));
            if !compares {
                file.must_not_say(&path("wasmtime"), "engines are behind the trait of the room engines");
                file.must_not_say(&path("wasmi"), "engines are behind the trait of the room engines");
            }
        }
        if !file.within("proofs/src/smt/") && file.path != "proofs/src/smt.rs" {
            file.must_not_say(&path("z3"), "the solver is behind proofs/src/smt");
        }
        if !file.within("spec-tests/") {
            file.must_not_say(&path("wast"), "scripts are parsed by spec-tests");
        }
        if file.within("interp/src/") && !file.within("interp/src/binary/") {
            file.must_not_say(&path("wasmparser"), "decoding is the business of interp/src/binary");
        }
        if file.within("interp/src/valid/") || file.path == "interp/src/valid.rs" {
            file.must_not_say("wasmparser", "its validator is the peer of ours, never its substitute");
        }
        if file.within("interp/src/") {
            for (_, package) in OURS.iter().skip(1) {
                file.must_not_say(&path(&package.replace('-', "_")), "interp knows nobody");
            }
        }
    }
}

#[test]
fn rust_files_look_alike() {
    let says = |line: &str, word: &str| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        line.match_indices(word)
            .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
    };
    let forbidden = [concat!("un", "safe"), concat!("to", "do!"), concat!("un", "implemented!"), concat!("db", "g!")];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        let mut check = |holds: bool, what: String| wrong.extend((!holds).then(|| format!("{}{what}", file.path)));
        check(lines <= 900, format!(" has {lines} lines"));
        check(file.text.ends_with('\n') || file.text.is_empty(), " ends within a line".into());
        for (number, line) in (1..).zip(file.text.lines()) {
            check(line.chars().count() <= 120, format!(":{number} is wider than 120 columns"));
            check(!line.contains('\t'), format!(":{number} has a tab"));
            check(!line.ends_with(' '), format!(":{number} ends in a space"));
        }
        for (number, line) in file.code() {
            for word in forbidden {
                // A macro's exclamation mark ends the word by itself.
                let found = if word.ends_with('!') { line.contains(word) } else { says(line, word) };
                check(!found, format!(":{number} says {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_exists() {
    let Some(root) = root() else { return };
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    let list = manifest.split_once("members = [").expect("members").1.split_once(']').expect("a list").0;
    let rooms: Vec<&str> =
        list.split(',').map(|room| room.trim().trim_matches('"')).filter(|r| !r.is_empty()).collect();
    assert!(rooms.contains(&"interp"));
    for room in rooms {
        assert!(root.join(room).join("Cargo.toml").exists(), "there is no room {room}");
        let manifest = self::manifest(room).unwrap_or_default();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{room} has lints of its own");
    }
}

/// No file says where somebody's machine keeps things.
#[test]
fn no_file_names_a_place_on_a_machine() {
    let places = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Use", "rs/")];
    for file in files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            for place in places {
                // Part of a longer relative path is something else.
                let named = line
                    .match_indices(place)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-$})".contains(c)));
                assert!(!named, "{}:{number} names {place}: {line}", file.path);
            }
        }
    }
}

#[test]
fn the_files_are_found() {
    if root().is_none() {
        return;
    }
    let files = files();
    for path in ["interp/src/lib.rs", "interp/tests/tidy.rs", "Cargo.toml", "interp/spec/rules.txt"] {
        assert!(files.iter().any(|file| file.path == path), "{path}");
    }
    assert!(!files.iter().any(|file| file.within("target/")));
}

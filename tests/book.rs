//! What README and book show is what happens: each `console` block is typed, and must answer as it stands there. And
//! what `assay manual` writes.
//!
//! Commands run in a folder that has `docs/examples/`. A line `…` stands for any lines, and what stands behind `…` at
//! the end of a line for any text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command and what it answers.
struct Shown {
    place: String,
    command: String,
    answer: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README, changelog and the pages of the book.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    pages.sort();
    pages
}

fn shown(page: &Path) -> Vec<Shown> {
    let text = fs::read_to_string(page).unwrap();
    let mut found: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            let place = format!("{}:{number}", page.strip_prefix(root()).unwrap().display());
            found.push(Shown { place, command: command.to_owned(), answer: Vec::new() });
        } else if inside {
            found.last_mut().unwrap_or_else(|| panic!("line {number} is no command's answer")).answer.push(line.into());
        }
    }
    found
}

/// Whether lines are as they are shown.
fn matches(shown: &[&str], lines: &[&str]) -> bool {
    match (shown.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => (0..=lines.len()).any(|n| matches(rest, &lines[n..])),
        (Some((first, shown)), Some((line, lines))) => {
            let same = first.strip_suffix('…').map_or(first == line, |begin| line.starts_with(begin));
            same && matches(shown, lines)
        }
        _ => false,
    }
}

/// Runs a command in a folder and gives all that it says.
fn assay(command: &str, folder: &Path) -> String {
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("assay"), "{command}");
    let ran = Command::new(env!("CARGO_BIN_EXE_assay")).args(words).current_dir(folder).output().unwrap();
    String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap()
}

#[test]
fn commands_answer_as_the_pages_say() {
    let folder = tempfile::tempdir().unwrap();
    let examples = folder.path().join("docs/examples");
    fs::create_dir_all(&examples).unwrap();
    for entry in fs::read_dir(root().join("docs/examples")).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), examples.join(entry.file_name())).unwrap();
    }
    let mut count = 0;
    for shown in pages().iter().flat_map(|page| shown(page)) {
        let solver = ["assay prove", "assay admit"].iter().any(|c| shown.command.starts_with(c));
        if solver && cfg!(not(feature = "proofs")) {
            continue;
        }
        let said = assay(&shown.command, folder.path());
        let wanted: Vec<&str> = shown.answer.iter().map(|line| line.trim_end()).collect();
        let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
        // A blank line before the next command is no answer.
        let wanted = wanted.strip_suffix(&[""]).unwrap_or(&wanted);
        assert!(matches(wanted, &lines), "{}: {}\n{said}", shown.place, shown.command);
        count += 1;
    }
    assert!(count >= 8, "{count} commands were found");
}

#[test]
fn manual_and_completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(assay("assay manual out/of", folder.path()), "");
    let read = |name: &str| fs::read_to_string(folder.path().join("out/of").join(name)).unwrap();
    let commands = ["run", "validate", "conform", "diff", "fuzz", "reduce", "engines", "driver"];
    for command in commands.iter().chain(if cfg!(feature = "proofs") { &["prove", "admit"][..] } else { &[] }) {
        assert!(read(&format!("man/assay-{command}.1")).contains(&format!("assay\\-{command}")), "{command}");
        for completions in ["assay.bash", "_assay", "assay.fish"] {
            assert!(read(&format!("completions/{completions}")).contains(command), "{completions}: {command}");
        }
    }
    assert!(read("man/assay.1").contains("Exit codes"));
    let names = fs::read_dir(folder.path().join("out/of/man")).unwrap().count();
    assert_eq!(names, if cfg!(feature = "proofs") { 11 } else { 9 });
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(assay("assay manual file", folder.path()).starts_with("error: file: "));
}

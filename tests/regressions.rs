//! What campaigns have found stays found: diff-fuzz/regressions, in the engines of this build.

use std::process::Command;

/// Engines, and which list there is of what each is known to fail.
const ENGINES: [(&str, Option<&str>); 6] = [
    ("interp", None),
    ("wasmtime:cranelift", None),
    ("wasmtime:pulley", None),
    ("wasmtime:winch", Some("winch")),
    ("wasmtime:winch,reservation=0,moves=off", Some("winch-moves-off")),
    ("wasmi", Some("wasmi")),
];

#[cfg(target_arch = "x86_64")]
#[test]
fn engines_fail_what_they_are_known_to_fail() {
    for (engine, list) in ENGINES {
        let mut assay = Command::new(env!("CARGO_BIN_EXE_assay"));
        assay.args(["conform", "diff-fuzz/regressions", "--engine", engine]);
        if let Some(list) = list {
            assay.args(["--expected", &format!("diff-fuzz/regressions/expected/{list}.toml")]);
        }
        let output = assay.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("assay is there");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{engine}: {said}");
        assert!(list.is_none() || said.contains("all as expected"), "{engine}: {said}");
    }
}

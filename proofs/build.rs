//! Says in one line what to do if there is no Z3, before the linker says it in fifty.

use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-env-changed=Z3_LIBRARY_PATH_OVERRIDE");
    println!("cargo::rerun-if-env-changed=Z3_NO_PKG_CONFIG");
    let Some(folder) = std::env::var_os("Z3_LIBRARY_PATH_OVERRIDE").map(PathBuf::from) else { return };
    let names = ["libz3.so", "libz3.dylib", "libz3.lib", "libz3.a"];
    println!("cargo::rerun-if-changed={}", folder.display());
    if !names.iter().any(|name| folder.join(name).exists()) {
        println!(
            "cargo::error=Z3 isn't in {}: run `make z3`, or build without proofs (--no-default-features)",
            folder.display()
        );
    }
}

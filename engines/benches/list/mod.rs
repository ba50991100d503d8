//! What the benches run: programs.toml.

#![allow(dead_code, reason = "no bench asks for all of it")]

use std::path::{Path, PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
struct Benches {
    bench: Vec<Bench>,
}

/// A function of one of the modules.
#[derive(Deserialize)]
pub(crate) struct Bench {
    pub(crate) name: String,
    file: PathBuf,
    pub(crate) entry: String,
    pub(crate) args: Vec<i32>,
    pub(crate) result: i64,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches")
}

pub(crate) fn benches() -> Vec<Bench> {
    let text = std::fs::read_to_string(folder().join("programs.toml")).expect("the list");
    toml::from_str::<Benches>(&text).expect("the list").bench
}

impl Bench {
    /// The module.
    pub(crate) fn wasm(&self) -> Vec<u8> {
        wat::parse_file(folder().join(&self.file)).expect("the module")
    }
}

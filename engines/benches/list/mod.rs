//! What the benches run, and tests/benches.rs beside them: programs.toml.

use std::path::{Path, PathBuf};

use assay_engines::{Outcome, Value};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Benches {
    bench: Vec<Bench>,
}

/// A function of one of the modules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bench {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) entry: String,
    pub(crate) args: Vec<i32>,
    pub(crate) result: i64,
    /// Arguments for a test, where there are any that take less.
    #[allow(dead_code, reason = "for tests, not for benches")]
    pub(crate) small: Option<Vec<i32>>,
}

pub(crate) fn folder() -> PathBuf {
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

    /// Its arguments, or others.
    pub(crate) fn values(args: &[i32]) -> Vec<Value> {
        args.iter().map(|n| Value::I32(*n as u32)).collect()
    }

    /// The number that a call of it has returned.
    pub(crate) fn number(&self, outcome: &Outcome) -> i64 {
        match outcome {
            Outcome::Returned(values) => match values[..] {
                [Value::I32(n)] => (n as i32).into(),
                [Value::I64(n)] => n as i64,
                ref other => panic!("{}: results that no program has: {other:?}", self.name),
            },
            other => panic!("{}: {other:?}", self.name),
        }
    }
}

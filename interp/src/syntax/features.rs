//! Which WebAssembly a module is written in: a version of the standard, and proposals beyond it.

use std::fmt;
use std::str::FromStr;

/// A version of the standard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// 1.0, of 2019: one memory, one table, one result.
    V1,
    /// 2.0, of 2022: sign extension, saturating conversion, multi-value, reference types, bulk memory, SIMD.
    V2,
    /// 3.0, of 2025: typed references, GC, exceptions, tail calls, multi-memory, memory64, extended constant
    /// expressions, relaxed SIMD.
    #[default]
    V3,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Version; 3] = [Version::V1, Version::V2, Version::V3];

    /// Its number, as `3.0`.
    pub fn name(self) -> &'static str {
        match self {
            Version::V1 => "1.0",
            Version::V2 => "2.0",
            Version::V3 => "3.0",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A number that no version of the standard has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no version {0:?} of the standard; there are 1.0, 2.0 and 3.0")]
pub struct UnknownVersion(String);

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Version, UnknownVersion> {
        Version::ALL.into_iter().find(|v| v.name() == text).ok_or_else(|| UnknownVersion(text.to_owned()))
    }
}

/// A version of the standard, and the proposals beyond it that are allowed. By default 3.0 without any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Features {
    /// The version.
    pub version: Version,
    /// Shared memories and atomic accesses.
    pub threads: bool,
    /// Sums and products of 128 bits.
    pub wide_arithmetic: bool,
    /// Memories with pages of one byte.
    pub custom_page_sizes: bool,
    /// Nothing of multi-memory, though the version has it: for what was written by proposals that came before it.
    pub single_memory: bool,
}

impl Features {
    /// 3.0 and all proposals: for whoever looks at a module that has been found valid by fewer.
    pub const ALL: Features =
        Features { threads: true, wide_arithmetic: true, custom_page_sizes: true, ..Features::V3 };

    const V3: Features = Features {
        version: Version::V3,
        threads: false,
        wide_arithmetic: false,
        custom_page_sizes: false,
        single_memory: false,
    };
}

impl From<Version> for Features {
    /// Exactly that version.
    fn from(version: Version) -> Features {
        Features { version, ..Features::default() }
    }
}

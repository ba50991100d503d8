//! The fuzz targets by name, and what their bytes are: for whoever goes on with what a fuzzer has found.

use std::str::FromStr;

use arbitrary::{Arbitrary, Unstructured};

use crate::generate::{Input, Recipe};

/// A fuzz target (`fuzz/fuzz_targets/`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Our interpreter against wasmtime, on what a [`Recipe`] makes.
    Differential,
    /// The decoder, at once and body by body.
    Decode,
    /// Our validator against wasmparser's.
    Validate,
    /// The interpreter, step by step.
    Execute,
    /// The flat form against the rules.
    Flat,
    /// The runner of test scripts.
    Script,
    /// The reader of policies.
    Policy,
    /// The laws of numerics.
    Laws,
}

/// There is no such target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no target {0:?}; there are {names}", names = Target::ALL.map(Target::name).join(", "))]
pub struct UnknownTarget(String);

impl Target {
    /// All of them.
    pub const ALL: [Target; 8] = [
        Target::Differential,
        Target::Decode,
        Target::Validate,
        Target::Execute,
        Target::Flat,
        Target::Script,
        Target::Policy,
        Target::Laws,
    ];

    /// The name, as cargo-fuzz takes it.
    pub fn name(self) -> &'static str {
        match self {
            Target::Differential => "differential",
            Target::Decode => "decode",
            Target::Validate => "validate",
            Target::Execute => "execute",
            Target::Flat => "flat",
            Target::Script => "script",
            Target::Policy => "policy",
            Target::Laws => "laws",
        }
    }

    /// What its bytes are.
    pub fn takes(self) -> &'static str {
        match self {
            Target::Differential => "a recipe of a module",
            Target::Decode | Target::Validate | Target::Execute | Target::Flat => "a module",
            Target::Script => "a test script",
            Target::Policy => "a policy",
            Target::Laws => "the number of a law, and three numbers of 16 bytes",
        }
    }

    /// The module that the bytes are, or that they are the recipe of, with the seed of what its functions are called
    /// with; `None` if they are something else, or nothing comes of the recipe.
    pub fn input(self, bytes: &[u8]) -> Option<(Input, u64)> {
        match self {
            Target::Differential => {
                let recipe = Recipe::arbitrary(&mut Unstructured::new(bytes)).ok()?;
                Some((recipe.input()?, recipe.seed))
            }
            Target::Decode | Target::Validate | Target::Execute | Target::Flat => {
                let mix = format!("an input of the target {}", self.name());
                Some((Input { mix, wasm: bytes.to_vec(), linked: Vec::new() }, 0))
            }
            Target::Script | Target::Policy | Target::Laws => None,
        }
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Target, UnknownTarget> {
        Target::ALL.into_iter().find(|target| target.name() == name).ok_or_else(|| UnknownTarget(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_have_names() {
        for target in Target::ALL {
            assert_eq!(target.name().parse(), Ok(target));
        }
        let error = "flatt".parse::<Target>().unwrap_err().to_string();
        assert!(error.starts_with("there is no target \"flatt\"; there are differential, decode"), "{error}");
    }

    #[test]
    fn artifacts_are_modules_or_make_them() {
        let (made, _) = Target::Differential.input(&[0; 40]).unwrap();
        assert_eq!(assay_interp::binary::check(&made.wasm), Ok(()));
        assert_eq!(Target::Flat.input(b"\0asm").unwrap().0.wasm, b"\0asm");
        assert_eq!(Target::Script.input(b"(module)"), None);
    }
}

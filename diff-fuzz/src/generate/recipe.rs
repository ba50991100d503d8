//! Inputs by a recipe, for whoever steers the generators instead of drawing everything from a seed.

use arbitrary::{Arbitrary, Unstructured};
use assay_interp::binary;
use assay_interp::syntax::{Features, ValType};

use super::emit::Palette;
use super::{Generator, Input, generate_with, mutate as mutation};

/// Edits that are taken from bytes, at most.
const EDITS: usize = 16;

/// How an input is made. It is read from any bytes by [`Arbitrary`], so that what is changed in the bytes is changed in
/// the recipe: another edit leaves the generator, the palette and the seed as they are.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What makes the module.
    pub generator: Generator,
    palette: Palette,
    /// What the generator draws from, and arguments of calls too.
    pub seed: u64,
    /// Seeds of mutations, one after the other.
    pub edits: Vec<u32>,
}

impl Recipe {
    /// The module, of 3.0; `None` if nothing comes of it. An edit that leaves no valid module is left out.
    pub fn input(&self) -> Option<Input> {
        let features = Features::default();
        let rng = &mut fastrand::Rng::with_seed(self.seed);
        let mut input = generate_with(self.generator, self.palette, rng, features)?;
        for edit in &self.edits {
            let mutant = mutate(&input.wasm, (*edit).into());
            if let Some(mutant) = mutant.filter(|mutant| binary::check_with(mutant, features).is_ok()) {
                input.wasm = mutant;
            }
        }
        Some(input)
    }
}

/// The module with one to four instructions changed: replaced by others of the same type with the same immediates,
/// and constants by boundary values. The seed chooses. `None` if it has no code, or isn't a module; what was valid
/// may not be any more.
pub fn mutate(wasm: &[u8], seed: u64) -> Option<Vec<u8>> {
    mutation::mutate(wasm, &mut fastrand::Rng::with_seed(seed))
}

impl<'a> Arbitrary<'a> for Recipe {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Recipe> {
        let generator = *u.choose(&Generator::ALL)?;
        let bits = u8::arbitrary(u)?;
        let has = |bit: u32| bits >> bit & 1 == 1;
        let palette = Palette {
            floats: has(0),
            vectors: has(1),
            relaxed: has(2),
            traps: has(3),
            canonical: has(4),
            relaxes: true,
            memory: [None, Some(ValType::I32), Some(ValType::I32), Some(ValType::I64)][usize::from(bits >> 5 & 3)],
        };
        let seed = u64::arbitrary(u)?;
        let edits = (0..EDITS).map_while(|_| (!u.is_empty()).then(|| u32::arbitrary(u))).collect::<Result<_, _>>()?;
        Ok(Recipe { generator, palette, seed, edits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each generator is reached from bytes, what it makes is valid, and edits change it.
    #[test]
    fn recipes_are_read_from_bytes() {
        let mut changed = 0;
        for at in 0..Generator::ALL.len() {
            let mut made = 0;
            for seed in 0..20u8 {
                let bytes = |edits: usize| {
                    let mut rng = fastrand::Rng::with_seed(seed.into());
                    let rest: Vec<u8> = (0..9 + edits).map(|_| rng.u8(..)).collect();
                    // The choice of a generator takes the first byte.
                    [vec![at as u8], rest].concat()
                };
                let recipe = |bytes: &[u8]| Recipe::arbitrary(&mut Unstructured::new(bytes)).unwrap();
                let (plain, edited) = (recipe(&bytes(0)), recipe(&bytes(40)));
                assert_eq!((plain.generator, plain.edits.len()), (Generator::ALL[at], 0));
                assert_eq!((edited.seed, edited.edits.len()), (plain.seed, 10));
                let (Some(plain), Some(edited)) = (plain.input(), edited.input()) else { continue };
                for input in [&plain, &edited] {
                    assert_eq!(binary::check(&input.wasm), Ok(()), "{}", input.mix);
                }
                made += 1;
                changed += u32::from(plain.wasm != edited.wasm);
            }
            assert!(made > 5, "{made} of {}", Generator::ALL[at].name());
        }
        assert!(changed > 90, "{changed} were changed");
    }

    #[test]
    fn no_bytes_are_a_recipe_too() {
        let recipe = Recipe::arbitrary(&mut Unstructured::new(&[])).unwrap();
        assert_eq!((recipe.generator, recipe.seed, recipe.edits), (Generator::Single, 0, Vec::new()));
    }
}

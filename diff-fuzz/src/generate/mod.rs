//! Modules for engines to be raced on: what each is made of is drawn from its seed (a swarm), and said in its mix.

mod emit;
mod linked;
mod mutate;
mod recipe;
mod shapes;
mod smith;
mod text;

use assay_interp::syntax::{Features, ValType, Version};
use emit::Palette;
pub use recipe::{Recipe, mutate};

/// A module to race engines on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// What made it, and of what: `single i8x16.shuffle, returned, equal operands`.
    pub mix: String,
    /// The module.
    pub wasm: Vec<u8>,
    /// Modules that it imports from, by the names that their instances are registered under.
    pub linked: Vec<(String, Vec<u8>)>,
}

/// What inputs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generator {
    /// One plain instruction, in several surroundings.
    Single,
    /// Trees of plain instructions.
    Expressions,
    /// Loads from the last bytes of a memory, as operands.
    Loaded,
    /// Values that live across calls.
    Spills,
    /// Branches, tables of branches and loops.
    Control,
    /// Tables and references to functions.
    Tables,
    /// Memories that grow, and are filled and copied.
    Memories,
    /// Structures, arrays, casts and exceptions.
    Aggregates,
    /// Two modules that call each other, and share a memory, a table, globals and a tag: one is the other's host.
    Linked,
    /// References that are tested, called and thrown, and calls that replace their caller.
    References,
    /// Modules of wasm-smith.
    Smith,
    /// Modules of the official tests, with some instructions replaced by others of the same type.
    Mutated,
}

impl Generator {
    /// All of them.
    pub const ALL: [Generator; 12] = [
        Generator::Single,
        Generator::Expressions,
        Generator::Loaded,
        Generator::Spills,
        Generator::Control,
        Generator::Tables,
        Generator::Memories,
        Generator::Aggregates,
        Generator::Linked,
        Generator::References,
        Generator::Smith,
        Generator::Mutated,
    ];

    /// The word in mixes.
    pub fn name(self) -> &'static str {
        match self {
            Generator::Single => "single",
            Generator::Expressions => "expressions",
            Generator::Loaded => "loaded",
            Generator::Spills => "spills",
            Generator::Control => "control",
            Generator::Tables => "tables",
            Generator::Memories => "memories",
            Generator::Aggregates => "aggregates",
            Generator::Linked => "linked",
            Generator::References => "references",
            Generator::Smith => "smith",
            Generator::Mutated => "mutated",
        }
    }
}

/// Whether a version has what a generator makes.
fn is_of(generator: Generator, version: Version) -> bool {
    match generator {
        Generator::Aggregates | Generator::References | Generator::Tables | Generator::Memories | Generator::Linked => {
            version >= Version::V3
        }
        // Globals and conversions of 2.0 are everywhere in them.
        Generator::Single | Generator::Expressions | Generator::Loaded | Generator::Spills | Generator::Control => {
            version >= Version::V2
        }
        Generator::Smith | Generator::Mutated => true,
    }
}

/// The input of a seed, with instructions of these features: the same for the same seed and features.
pub fn generate(seed: u64, features: Features) -> Input {
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        // There are hundreds of instructions, and one in an input of this kind.
        let is_single = rng.u8(..4) == 0;
        let generator = if is_single { Generator::Single } else { Generator::ALL[rng.usize(..Generator::ALL.len())] };
        if is_of(generator, features.version)
            && let Some(input) = generate_by(generator, &mut rng, features)
        {
            return input;
        }
    }
}

/// The word in mixes of mutations of other inputs.
pub(crate) const KEPT: &str = "kept";

/// A mutation of another input: the same for the same input, seed and features. `None` if nothing came of it.
pub(crate) fn generate_from(parent: &Input, seed: u64, features: Features) -> Option<Input> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let wasm = (0..8).find_map(|_| mutate::mutated(&parent.wasm, &mut rng, features))?;
    let mix = parent.mix.strip_prefix("kept: ").unwrap_or(&parent.mix);
    Some(Input { mix: format!("{KEPT}: {mix}"), wasm, linked: parent.linked.clone() })
}

/// An input by one generator; `None` if nothing came of what was drawn.
pub fn generate_by(generator: Generator, rng: &mut fastrand::Rng, features: Features) -> Option<Input> {
    let palette = palette(rng, features);
    generate_with(generator, palette, rng, features)
}

/// An input by one generator, of this palette.
fn generate_with(generator: Generator, palette: Palette, rng: &mut fastrand::Rng, features: Features) -> Option<Input> {
    let (mix, wasm) = match generator {
        Generator::Single => shapes::single(rng, palette),
        Generator::Expressions => shapes::expressions(rng, palette),
        Generator::Loaded => shapes::loaded(rng, palette),
        Generator::Spills => shapes::spills(rng, palette),
        Generator::Control => shapes::control(rng, palette),
        Generator::Linked => return Some(linked::linked(rng, palette)),
        Generator::Tables => text::tables(rng, palette),
        Generator::Memories => text::memories(rng, palette),
        Generator::Aggregates => text::aggregates(rng),
        Generator::References => text::references(rng),
        Generator::Smith => return smith::smith(rng, features),
        Generator::Mutated => return mutate::of_a_test(rng, features),
    };
    Some(Input { mix: format!("{}: {mix}", generator.name()), wasm, linked: Vec::new() })
}

fn palette(rng: &mut fastrand::Rng, features: Features) -> Palette {
    let memory = [Some(ValType::I32), Some(ValType::I32), Some(ValType::I64), None][rng.usize(..4)];
    let has_simd = features.version >= Version::V2;
    let is_3 = features.version >= Version::V3;
    Palette {
        floats: rng.bool(),
        vectors: has_simd && rng.bool(),
        relaxed: is_3 && rng.u8(..8) == 0,
        relaxes: is_3,
        memory: if is_3 { memory } else { memory.map(|_| ValType::I32) },
        traps: rng.u8(..4) == 0,
        canonical: rng.bool(),
    }
}

/// `floats vectors i64-memory canonical`
impl std::fmt::Display for Palette {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [
            (self.floats, "floats"),
            (self.vectors, "vectors"),
            (self.relaxed, "relaxed"),
            (self.memory == Some(ValType::I32), "memory"),
            (self.memory == Some(ValType::I64), "memory64"),
            (self.traps, "traps"),
            (self.canonical, "canonical"),
        ];
        let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use assay_interp::binary;

    use super::*;

    /// What is made is valid, by each version that it is made for, and the same for the same seed.
    #[test]
    fn each_input_is_valid_and_its_seed_s() {
        for version in [Version::V1, Version::V2, Version::V3] {
            let features = Features::from(version);
            for generator in Generator::ALL {
                let mut made = 0;
                if !is_of(generator, version) {
                    continue;
                }
                for seed in 0..60 {
                    let make = || generate_by(generator, &mut fastrand::Rng::with_seed(seed), features);
                    let Some(input) = make() else { continue };
                    made += 1;
                    assert_eq!(make().as_ref(), Some(&input));
                    for wasm in input.linked.iter().map(|(_, wasm)| wasm).chain([&input.wasm]) {
                        if let Err(error) = binary::check_with(wasm, features) {
                            panic!("{version}: seed {seed}, {}: {error:?}\n{wasm:02x?}", input.mix);
                        }
                    }
                }
                assert!(made > 20, "{made} of {}", generator.name());
            }
        }
    }
}

//! Our interpreter against wasmtime, in this process.

use arbitrary::{Arbitrary, Unstructured};
use assay_diff_fuzz::{BUDGETS, Options, Recipe, diff};
use assay_engines::{Engine, Features};

/// Calls of each function.
const VECTORS: usize = 8;

/// The engines that are compared.
const ENGINES: [&str; 2] = ["interp", "wasmtime:cranelift"];

/// The bytes are a recipe of a module, which both engines do the same with.
///
/// # Panics
///
/// They differ.
pub fn differential(bytes: &[u8]) {
    let Ok(recipe) = Recipe::arbitrary(&mut Unstructured::new(bytes)) else { return };
    let Some(input) = recipe.input() else { return };
    let engine = |id| assay_engines::engine(id, BUDGETS, Features::default());
    let mut engines: Vec<Box<dyn Engine>> =
        ENGINES.map(|id| engine(id).unwrap_or_else(|e| panic!("{id} can't be had: {e}"))).into();
    let options =
        Options { vectors: VECTORS, seed: recipe.seed, keep: 1, linked: input.linked.clone(), ..Options::default() };
    let report = match diff(&mut engines, &input.wasm, &options) {
        Ok(report) => report,
        Err(error) => panic!("{}: {error}: {}", ENGINES[0], input.mix),
    };
    if let Some(difference) = report.differences.first() {
        let point = &difference.points[0];
        panic!("{}: {} in {}\n{report}", point.right.0, point.what.kind(), input.mix);
    }
}

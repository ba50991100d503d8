//! Modules of wasm-smith.

use arbitrary::Unstructured;
use assay_interp::syntax::{Features, Version};

use super::Input;

/// Turns that loops may take, and calls, before a module ends itself.
const TURNS: u32 = 1000;

/// A module whose functions end, of what the features have.
pub(super) fn smith(rng: &mut fastrand::Rng, features: Features) -> Option<Input> {
    let size = rng.usize(64..4096);
    let bytes: Vec<u8> = (0..size).map(|_| rng.u8(..)).collect();
    let (is_2, is_3) = (features.version >= Version::V2, features.version >= Version::V3);
    let traps = rng.u8(..4) == 0;
    let (simd, gc, exceptions) = (is_2 && rng.bool(), is_3 && rng.bool(), is_3 && rng.bool());
    let config = wasm_smith::Config {
        export_everything: true,
        max_imports: if rng.bool() { 0 } else { 4 },
        min_funcs: 1,
        max_funcs: 8,
        max_memories: if is_3 { 2 } else { 1 },
        max_tables: if is_2 { 3 } else { 1 },
        max_memory32_bytes: 1 << 18,
        max_memory64_bytes: 1 << 18,
        max_table_elements: 1000,
        max_instructions: rng.usize(20..400),
        disallow_traps: !traps,
        canonicalize_nans: rng.bool(),
        simd_enabled: simd,
        relaxed_simd_enabled: simd && is_3 && rng.u8(..8) == 0,
        gc_enabled: gc,
        exceptions_enabled: exceptions,
        memory64_enabled: is_3 && rng.u8(..4) == 0,
        tail_call_enabled: is_3 && rng.bool(),
        extended_const_enabled: is_3,
        bulk_memory_enabled: is_2,
        reference_types_enabled: is_2,
        multi_value_enabled: is_2,
        saturating_float_to_int_enabled: is_2,
        sign_extension_ops_enabled: is_2,
        threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: features.wide_arithmetic,
        shared_everything_threads_enabled: false,
        custom_descriptors_enabled: false,
        ..Default::default()
    };
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(TURNS).ok()?;
    let words = [(traps, "traps"), (simd, "simd"), (gc, "gc"), (exceptions, "exceptions")];
    let words: Vec<&str> = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    Some(Input { mix: format!("smith: {size} bytes {}", words.join(" ")), wasm: module.to_bytes(), linked: Vec::new() })
}

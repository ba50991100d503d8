//! Modules of the official tests, with some instructions replaced by others of the same type, and constants by others.

use std::sync::LazyLock;

use assay_interp::binary;
use assay_interp::syntax::{Features, Immediate, Plain, Version, plain};
use assay_spec_tests::{modules, official};
use wasm_encoder::{CodeSection, Encode, RawSection, SectionId};
use wasmparser::{Operator, Parser, Payload};

use super::Input;

/// A module that a mutation begins with.
struct Seed {
    file: String,
    wasm: Vec<u8>,
}

/// Bytes of the largest module that is mutated: the others are tests of size.
const LARGEST: usize = 20_000;

/// The valid modules of the official tests of a version.
fn seeds(version: Version) -> &'static [Seed] {
    fn of(version: Version) -> Vec<Seed> {
        let mut seeds = Vec::new();
        for script in official(version) {
            let Ok(found) = modules(&script) else { continue };
            let features = script.features.unwrap_or_else(|| version.into());
            for module in found {
                if module.wasm.len() <= LARGEST && binary::check_with(&module.wasm, features).is_ok() {
                    seeds.push(Seed { file: script.file(), wasm: module.wasm });
                }
            }
        }
        seeds
    }
    static V1: LazyLock<Vec<Seed>> = LazyLock::new(|| of(Version::V1));
    static V2: LazyLock<Vec<Seed>> = LazyLock::new(|| of(Version::V2));
    static V3: LazyLock<Vec<Seed>> = LazyLock::new(|| of(Version::V3));
    match version {
        Version::V1 => &V1,
        Version::V2 => &V2,
        Version::V3 => &V3,
    }
}

static PLAIN: LazyLock<Vec<Plain>> = LazyLock::new(|| plain().collect());

/// A mutation of an official test's module.
pub(super) fn of_a_test(rng: &mut fastrand::Rng, features: Features) -> Option<Input> {
    let seeds = seeds(features.version);
    let seed = &seeds[rng.usize(..seeds.len())];
    let wasm = mutated(&seed.wasm, rng, features)?;
    Some(Input { mix: format!("mutated: {}", seed.file), wasm, linked: Vec::new() })
}

/// A mutation that is still valid.
pub(super) fn mutated(wasm: &[u8], rng: &mut fastrand::Rng, features: Features) -> Option<Vec<u8>> {
    let wasm = mutate(wasm, rng)?;
    binary::check_with(&wasm, features).ok()?;
    Some(wasm)
}

/// The module with one to four instructions changed; `None` if it has no code.
pub(super) fn mutate(wasm: &[u8], rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.ok()? {
            bodies.push(body);
        }
    }
    if bodies.is_empty() {
        return None;
    }
    let mut new: Vec<Vec<u8>> = bodies.iter().map(|body| wasm[body.range()].to_vec()).collect();
    for _ in 0..rng.usize(1..5) {
        let which = rng.usize(..bodies.len());
        let Some(changed) = change(&new[which], rng) else { continue };
        new[which] = changed;
    }
    let mut code = CodeSection::new();
    new.iter().for_each(|body| _ = code.raw(body));
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        match payload.as_section() {
            Some((id, _)) if id == SectionId::Code as u8 => _ = module.section(&code),
            Some((id, range)) => _ = module.section(&RawSection { id, data: &wasm[range] }),
            None => {}
        }
    }
    Some(module.finish())
}

/// A body with one instruction changed, if there is one to change.
fn change(body: &[u8], rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let parsed = wasmparser::FunctionBody::new(wasmparser::BinaryReader::new(body, 0));
    let mut places = Vec::new();
    let mut reader = parsed.get_operators_reader().ok()?;
    while !reader.eof() {
        let from = reader.original_position();
        let op = reader.read().ok()?;
        let bytes = from..reader.original_position();
        let new = match op {
            Operator::I32Const { .. } => {
                constant(0x41, crate::args::boundaries(assay_interp::syntax::ValType::I32), rng)
            }
            Operator::I64Const { .. } => {
                constant(0x42, crate::args::boundaries(assay_interp::syntax::ValType::I64), rng)
            }
            _ => {
                let Some(old) = PLAIN.iter().find(|op| body[bytes.clone()].starts_with(op.opcode)) else { continue };
                if old.opcode.len() == 1 && body[bytes.start] >= 0xfb {
                    continue;
                }
                same_type(old, &body[bytes.clone()], rng)
            }
        };
        if let Some(new) = new {
            places.push((bytes, new));
        }
    }
    if places.is_empty() {
        return None;
    }
    let (bytes, new) = places.swap_remove(rng.usize(..places.len()));
    let mut changed = body.to_vec();
    changed.splice(bytes, new);
    Some(changed)
}

fn constant(opcode: u8, values: Vec<assay_interp::exec::Value>, rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let mut bytes = vec![opcode];
    match values[rng.usize(..values.len())] {
        assay_interp::exec::Val::I32(c) => (c as i32).encode(&mut bytes),
        assay_interp::exec::Val::I64(c) => (c as i64).encode(&mut bytes),
        _ => return None,
    }
    Some(bytes)
}

/// Another plain instruction of the same type, with the same immediates.
fn same_type(old: &Plain, bytes: &[u8], rng: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let fits = |new: &&Plain| {
        let same = new.immediate == old.immediate
            || matches!((new.immediate, old.immediate), (Immediate::Memory(a), Immediate::Memory(b)) if a >= b);
        same && new.params == old.params && new.results == old.results && new.opcode != old.opcode
    };
    let others: Vec<&Plain> = PLAIN.iter().filter(fits).collect();
    let new = others.get(rng.usize(..others.len().max(1)))?;
    Some([new.opcode, &bytes[old.opcode.len()..]].concat())
}

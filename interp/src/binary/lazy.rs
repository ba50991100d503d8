//! Valid modules: bodies of functions are validated where they stand, and read when they are asked for.

use std::ops::Range;

use wasmparser::{
    BinaryReader, FuncValidator, FuncValidatorAllocations, FunctionBody, ValidPayload, Validator, ValidatorResources,
    WasmFeatures,
};

use super::instr::expr;
use super::{ErrorKind, from_wasmparser, parse, wasm_features};
use crate::syntax::{Bodies, Expr, Features, Module};

/// The code section of a valid module.
pub(super) struct Code {
    /// Its bytes.
    bytes: Box<[u8]>,
    /// Where it begins in the module.
    start: usize,
    /// Where the bodies are in the module.
    bodies: Vec<Range<usize>>,
    features: WasmFeatures,
}

impl Code {
    /// The code of a module that is valid. There is a body at least.
    pub(super) fn of(bytes: &[u8], bodies: Vec<Range<usize>>, features: Features) -> Code {
        let (start, end) = (bodies[0].start, bodies[bodies.len() - 1].end);
        Code { bytes: bytes[start..end].into(), start, bodies, features: wasm_features(features) }
    }
}

impl Bodies for Code {
    fn read(&self, def: usize) -> Expr {
        let Range { start, end } = self.bodies[def].clone();
        let bytes = &self.bytes[start - self.start..end - self.start];
        let body = FunctionBody::new(BinaryReader::new_features(bytes, start, self.features));
        match body.get_operators_reader().map(|operators| expr(operators, true)) {
            Ok(Ok((expr, None))) => expr,
            other => unreachable!("valid code can be read: {other:?}"),
        }
    }
}

/// Whether the instruction of this first byte is atomic (the proposal for threads).
pub(super) fn is_atomic(opcode: u8) -> bool {
    opcode == 0xFE
}

/// Decodes a module if it is valid and supported.
pub(super) fn decode(bytes: &[u8], features: Features) -> Option<Module> {
    let invalid = |error| from_wasmparser(&error, ErrorKind::Invalid);
    let mut validator = Validator::new_with_features(wasm_features(features));
    let mut allocations = FuncValidatorAllocations::default();
    let parsed = parse(bytes, features, |reader, payload| match validator.payload(payload).map_err(invalid)? {
        ValidPayload::Func(func, body) => {
            let mut func = func.into_validator(std::mem::take(&mut allocations));
            let is_atomic = validate(&mut func, &body).map_err(invalid)?;
            allocations = func.into_allocations();
            reader.unread(&body, is_atomic)
        }
        _ => reader.payload(payload),
    });
    match parsed {
        Ok((module, None)) => Some(module),
        _ => None,
    }
}

/// Validates a body; whether an instruction of it is atomic.
fn validate(func: &mut FuncValidator<ValidatorResources>, body: &FunctionBody<'_>) -> wasmparser::Result<bool> {
    let mut reader = body.get_binary_reader();
    func.read_locals(&mut reader)?;
    let (bytes, start) = (body.as_bytes(), body.range().start);
    let mut found = false;
    while !reader.eof() {
        let at = reader.original_position();
        found |= is_atomic(bytes[at - start]);
        reader.visit_operator(&mut func.visitor(at))??;
    }
    reader.finish_expression(&func.visitor(reader.original_position()))?;
    Ok(found)
}

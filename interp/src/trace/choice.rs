//! Whether a run was free to choose: the bits of a NaN, or the result of a relaxed operation.
//!
//! The result of a floating-point operation that is a NaN is one of a set (`nans`, 4.3.3). A run in which no operation
//! gave a NaN had no such choice, and its end is determined. A relaxed operation counts as a choice wherever it is
//! executed, though for most operands its set has one member.

use super::{Observer, Step};
use crate::exec::{Redex, Value};

/// The operations of 4.3.3 whose definitions speak of `nans`, as the text format names them after the type or shape.
const CHOOSING: [&str; 15] = [
    "add",
    "sub",
    "mul",
    "div",
    "sqrt",
    "min",
    "max",
    "ceil",
    "floor",
    "trunc",
    "nearest",
    "promote_f32",
    "demote_f64",
    "promote_low_f32x4",
    "demote_f64x2_zero",
];

fn is_relaxed(mnemonic: &str) -> bool {
    mnemonic.contains(".relaxed_")
}

/// Whether an instruction may choose its result, by its mnemonic: one whose result can be a NaN that is made, or a
/// relaxed one.
pub fn chooses(mnemonic: &str) -> bool {
    match mnemonic.split_once('.') {
        Some(("f32" | "f64" | "f32x4" | "f64x2", op)) => CHOOSING.contains(&op) || is_relaxed(mnemonic),
        _ => is_relaxed(mnemonic),
    }
}

/// Whether a value is a NaN, or has a lane that is one in the shape of the instruction that it is a result of.
fn has_nan(value: &Value, mnemonic: &str) -> bool {
    match value {
        Value::V128(v) if mnemonic.starts_with("f32x4") => {
            (0..4).any(|i| f32::from_bits((v >> (32 * i)) as u32).is_nan())
        }
        Value::V128(v) => (0..2).any(|i| f64::from_bits((v >> (64 * i)) as u64).is_nan()),
        other => other.is_nan(),
    }
}

/// Watches a run for choices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen {
    /// Whether there was one.
    pub yes: bool,
}

impl Observer for Chosen {
    const DETAIL: bool = true;
    fn step(&mut self, step: &Step<'_>) {
        if let Redex::Instr(instr) = &step.redex
            && let mnemonic = instr.mnemonic()
            && chooses(mnemonic)
            && (is_relaxed(mnemonic) || step.results.iter().any(|value| has_nan(value, mnemonic)))
        {
            self.yes = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Instr;

    #[test]
    fn the_operations_are_all_in_the_table() {
        let names = || Instr::all().iter().map(|(_, name)| *name);
        // Eleven for each type and shape of floats, one promotion, one demotion.
        assert_eq!(names().filter(|name| chooses(name) && !is_relaxed(name)).count(), 2 * 24);
        assert_eq!(names().filter(|name| is_relaxed(name)).count(), 20);
        assert!(CHOOSING.iter().all(|op| names().any(|name| name.ends_with(&format!(".{op}")))));
    }
}

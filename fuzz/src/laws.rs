//! The laws of numerics, of any numbers.

use arbitrary::{Arbitrary, Unstructured};
use assay_interp::value::{W8, W16, W32, W64, W128, Width};

use super::law::machine::{
    evaluated, f32_against_the_machine, f64_against_the_machine, formats, i32_against_the_machine,
    i64_against_the_machine, total, wide_arithmetic,
};
use super::law::{floats, integers, truncations, vectors};

/// The bytes are the number of a law and three numbers: by each operation our numerics mean what the machine's own
/// arithmetic means, and the verifier's terms mean what our numerics do.
///
/// # Panics
///
/// They don't.
pub fn laws(bytes: &[u8]) {
    let numbers = <(u8, [u128; 3])>::arbitrary(&mut Unstructured::new(bytes));
    let Ok((which, [a, b, c])) = numbers else { return };
    let (single, double) = (f64::from(f32::from_bits(a as u32)), f64::from_bits(a as u64));
    match which % 16 {
        0 => i32_against_the_machine(a as u32, b as u32),
        1 => i64_against_the_machine(a as u64, b as u64),
        2 => f32_against_the_machine(a as u32, b as u32),
        3 => f64_against_the_machine(a as u64, b as u64),
        4 => formats(a as u32, b as u64),
        5 => wide_arithmetic(a, b),
        6 => defined::<W8>(a, b),
        7 => defined::<W32>(a, b),
        8 => defined::<W64>(a, b),
        9 => integers::<W32>(of::<W32>(a), of::<W32>(b)),
        10 => integers::<W64>(of::<W64>(a), of::<W64>(b)),
        11 => {
            integers::<W16>(of::<W16>(a), of::<W16>(b));
            integers::<W128>(a, b);
        }
        12 => floats::<W32>(of::<W32>(a), of::<W32>(b)),
        13 => floats::<W64>(of::<W64>(a), of::<W64>(b)),
        14 => {
            truncations::<W32, W32>(of::<W32>(a), single);
            truncations::<W32, W64>(of::<W32>(a), single);
            truncations::<W64, W32>(of::<W64>(a), double);
            truncations::<W64, W64>(of::<W64>(a), double);
        }
        _ => vectors::law((c % vectors::ALL.len() as u128) as usize, [a, b, c]),
    }
}

/// What a width has of a number.
fn of<W: Width>(number: u128) -> u128 {
    number & (u128::MAX >> (128 - W::BITS))
}

/// The primitives have a meaning for all operands, in both readings.
fn defined<W: Width>(a: u128, b: u128) {
    total::<W>(of::<W>(a), of::<W>(b));
    evaluated::<W>(of::<W>(a), of::<W>(b), a & 1 == 1);
}

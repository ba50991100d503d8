//! A mutator that knows what instructions are.

use assay_diff_fuzz::mutate as mutated;

/// Changes a module in a buffer that it may fill: instructions become others of the same type, by our table. Gives
/// the new length. What isn't a module, or gets too long, and every fourth input, is changed by `bytes` instead, the
/// fuzzer's own mutator, which takes the length and the length of the buffer.
pub fn mutate(
    buffer: &mut [u8],
    len: usize,
    max_len: usize,
    seed: u32,
    bytes: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mutant = (!seed.is_multiple_of(4)).then(|| mutated(&buffer[..len], seed.into())).flatten();
    match mutant.filter(|mutant| mutant.len() <= max_len && mutant.len() <= buffer.len()) {
        Some(mutant) => {
            buffer[..mutant.len()].copy_from_slice(&mutant);
            mutant.len()
        }
        None => bytes(buffer, len, max_len),
    }
}

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assay_fuzz::decode(bytes));
libfuzzer_sys::fuzz_mutator!(|buffer: &mut [u8], len: usize, max_len: usize, seed: u32| {
    assay_fuzz::mutate(buffer, len, max_len, seed, libfuzzer_sys::fuzzer_mutate)
});

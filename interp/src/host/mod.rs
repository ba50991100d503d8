//! Hosts: what stands outside of modules and answers their calls.

#[cfg(feature = "wasi")]
pub mod wasi;

//! Nothing: what the manifest names are the sources of programs, which `cargo vendor` unpacks.

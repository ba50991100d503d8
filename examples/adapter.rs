//! Writes a module of real Rust to a file, for the demonstration: the adapter that turns WASI preview 1 commands into
//! components, as it comes with wasmtime.

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER;

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| std::io::Error::other("usage: adapter FILE"))?;
    std::fs::write(path, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
}

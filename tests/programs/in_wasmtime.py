"""Runs a program of WASI in wasmtime, as `assay run` does: PROGRAM [--dir HOST::GUEST]... [--env KEY=VALUE]... -- ARG..."""

import os
import sys

import wasmtime

end = sys.argv.index("--")
program, given, args = sys.argv[1], sys.argv[2:end], sys.argv[end + 1 :]

world = wasmtime.WasiConfig()
world.argv = [os.path.basename(program), *args]
world.env = [value.split("=", 1) for option, value in zip(given[::2], given[1::2]) if option == "--env"]
for host, _, guest in (value.partition("::") for option, value in zip(given[::2], given[1::2]) if option == "--dir"):
    world.preopen_dir(host, guest or host)
world.inherit_stdin()
world.inherit_stdout()
world.inherit_stderr()

config = wasmtime.Config()
config.wasm_exceptions = True
config.cranelift_opt_level = "none"
engine = wasmtime.Engine(config)
store = wasmtime.Store(engine)
store.set_wasi(world)
linker = wasmtime.Linker(engine)
linker.define_wasi()
instance = linker.instantiate(store, wasmtime.Module.from_file(engine, program))
try:
    instance.exports(store)["_start"](store)
except wasmtime.ExitTrap as ended:
    sys.exit(ended.code)
except wasmtime.Trap as trap:
    print(trap, file=sys.stderr)
    sys.exit(134)

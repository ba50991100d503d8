# Each target does its own set-up, and only what is missing of it. Needed: Rust with rustup, a C compiler, python3 with
# pip.

CARGO ?= cargo
Z3_VERSION := 5.4.0.0
Z3_LIB := .z3/z3/lib/libz3.so

.PHONY: demo test z3 check programs wasip1 bench-programs zig corpus engines drivers bench agreement faults matrix mutants steps fuzz-tools fuzz-seeds fuzz-smoke fuzz-try docs dist dist-check

# Z3, unpacked from its Python wheel into .z3/, where .cargo/config.toml points. Whoever has a libz3 of 4.13.3 or newer
# sets Z3_LIBRARY_PATH_OVERRIDE to its folder and Z3_SYS_Z3_VERSION to its version instead.
z3:
ifndef Z3_LIBRARY_PATH_OVERRIDE
	@test -f $(Z3_LIB) || { rm -rf .z3 && mkdir -p .z3/wheel && \
	  python3 -m pip download --quiet --disable-pip-version-check --no-deps -d .z3/wheel z3-solver==$(Z3_VERSION) && \
	  python3 -m zipfile -e .z3/wheel/*.whl .z3 && rm -rf .z3/wheel && test -f $(Z3_LIB); } || \
	  { rm -rf .z3; exit 1; }
endif

NO_Z3 := Z3 could not be had: install python3 with pip and network access, or set Z3_LIBRARY_PATH_OVERRIDE to a libz3 of 4.13.3 or newer. Proofs and gate are left out.

ASSAY := target/debug/assay
EXAMPLES := docs/examples
ADAPTER := target/demo/wasi_snapshot_preview1.command.wasm

# The main job on real input: a kernel is admitted on a proof, its broken twin denied with a counterexample, a module of
# real Rust admitted by its shape, and the kernel compared with wasmtime.
demo: z3
	$(CARGO) build --quiet
	$(CARGO) build --quiet --example adapter
	@mkdir -p $(dir $(ADAPTER)) && target/debug/examples/adapter $(ADAPTER)
	@$(MAKE) --no-print-directory steps

steps:
	@$(call step,(a) a kernel whose every memory access is proved in bounds,0,admit $(EXAMPLES)/base64.wat --policy $(EXAMPLES)/kernel.toml)
	@$(call step,(b) the same kernel with one bound wrong,1,admit $(EXAMPLES)/base64-broken.wat --policy $(EXAMPLES)/kernel.toml)
	@$(call step,(c) 52 KB of real Rust - by shape and imports,0,admit $(ADAPTER) --policy $(EXAMPLES)/adapter.toml)
	@$(call step,(d) the kernel in the interpreter and in wasmtime,0,diff $(EXAMPLES)/base64.wat)

# $(call step,title,exit code,arguments): shows a command and runs it; another exit code is a failure.
define step
printf '\n== %s\n$$ assay %s\n' '$(1)' '$(3)'; $(ASSAY) $(3); code=$$?; \
  printf '(exit code %s)\n' $$code; test $$code -eq $(2)
endef

# Formatting, lints and all tests; without Z3, all but those of proofs and gate, and that is a failure at the end.
test:
	$(CARGO) fmt --all -- --check
	@if $(MAKE) --no-print-directory z3; then \
	  $(MAKE) --no-print-directory check WHAT="--workspace"; \
	else \
	  $(MAKE) --no-print-directory check WHAT="--workspace --no-default-features --features assay-spec-tests/wasmtime --exclude assay-proofs --exclude assay-gate" && \
	  { echo "$(NO_Z3)"; exit 1; }; \
	fi

check:
	$(CARGO) clippy --quiet $(WHAT) --all-targets -- -D warnings
	$(CARGO) test --quiet $(WHAT)

ZIG_VERSION := 0.17.1
ZIG := .zig/ziglang/zig
ZIG_CC := ZIG_GLOBAL_CACHE_DIR=.zig/cache ZIG_LOCAL_CACHE_DIR=.zig/cache $(ZIG) cc

# A C compiler for WebAssembly, from its Python wheel.
zig:
	@test "$$($(ZIG) version 2>/dev/null)" = $(ZIG_VERSION) || { rm -rf .zig && \
	  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
	    --target .zig ziglang==$(ZIG_VERSION); }

# The programs of the benches, from their C. No multiplication and addition become one, and no library is linked, so that
# each engine runs the same instructions.
bench-programs: zig
	@for c in engines/benches/programs/*.c; do \
	  $(ZIG_CC) -target wasm32-freestanding -std=c17 \
	    -O2 -Wall -Wextra -Werror -mbulk-memory -ffp-contract=off -nostdlib -Wl,--no-entry -Wl,-z,stack-size=16384 -s \
	    -o $${c%.c}.wasm $$c && chmod 644 $${c%.c}.wasm || exit 1; \
	done

# Real programs, compiled for WASI: ours beside themselves on this machine, those of others in the interpreter and in
# wasmtime (tests/programs.rs). Needs rustup and network access, and no Z3.
programs: WHAT ?= --no-default-features
programs: wasip1 $(addprefix .programs/,b3sum.wasm gzip.wasm zstd.wasm lua.wasm sqlite.wasm rg.wasm wasmtime)
	$(CARGO) test --quiet $(WHAT) --test wasi --test programs -- --ignored

wasip1:
	@test -d "$$(rustc --print target-libdir --target wasm32-wasip1)" || rustup target add wasm32-wasip1

include tests/programs/rules.mk

# Real modules from npm, by version and checksum, into corpus/; both validators are asked about them. Needs npm.
corpus:
	@interp/tests/corpus.sh
	$(CARGO) test --quiet -p assay-interp --test corpus -- --ignored --nocapture

# Engines in other languages, by version and checksum, into .engines/ (480 MB). Needs npm and pip.
engines:
	@engines/drivers/fetch.sh

JS_DRIVER := engines/drivers/assay-driver.mjs
PY_DRIVER := engines/drivers/assay_driver.py
WASMTIMES := 5.0.0 6.0.0 50.0.1
SPEAKS := engines/drivers/test.py

# Whether each engine's driver speaks the protocol (docs/drivers.md); an engine that isn't there has failed.
drivers: engines
	@failed=0; \
	$(SPEAKS) node .engines/node/bin/node $(JS_DRIVER) || failed=1; \
	$(SPEAKS) "node of this machine" node $(JS_DRIVER) || failed=1; \
	$(SPEAKS) deno .engines/deno/deno run $(JS_DRIVER) || failed=1; \
	$(SPEAKS) bun .engines/bun/bin/bun $(JS_DRIVER) || failed=1; \
	$(SPEAKS) "bun with memory64" env BUN_JSC_useWasmMemory64=1 .engines/bun/bin/bun $(JS_DRIVER) || failed=1; \
	for version in $(WASMTIMES); do \
	  $(SPEAKS) "wasmtime $$version" env PYTHONPATH=.engines/wasmtime-$$version python3 $(PY_DRIVER) || failed=1; \
	done; \
	$(SPEAKS) "wasmtime $(lastword $(WASMTIMES)), not optimized" env PYTHONPATH=.engines/wasmtime-$(lastword $(WASMTIMES)) \
	  python3 $(PY_DRIVER) --option cranelift_opt_level=none || failed=1; \
	exit $$failed

# What docs/benchmarks.md has. Benches run in their packages' folders.
bench: corpus .programs/sqlite.wasm .programs/zstd.wasm .programs/gzip.wasm .programs/b3sum.wasm .programs/lua.wasm
	$(CARGO) bench --quiet -p assay-interp --bench validation -- $(CURDIR)/corpus/*.wasm
	$(CARGO) bench --quiet -p assay-engines --no-default-features --bench execution
	$(CARGO) bench --quiet -p assay-diff-fuzz --bench campaign
	$(CARGO) bench --quiet -p assay-interp --features wasi --bench memory -- $(CURDIR)/.programs

# How many random modules, and from which seed.
MODULES ?= 200000
SEED ?= 1

# Our validator and wasmparser's on random modules and mutations of them: what docs/agreement.md has.
agreement:
	@ASSAY_AGREEMENT=$(MODULES) ASSAY_AGREEMENT_SEED=$(SEED) \
	  $(CARGO) test --quiet -p assay-interp --test agreement -- --nocapture

# Which of the faults.
faults: SHARD = 1/1

# Whether campaigns find the faults of diff-fuzz/tests/injected/faults/, one minute each; an interrupted run goes on.
# `make faults SHARD=1/4` takes every fourth fault (docs/faults.md).
faults:
	@ASSAY_FAULTS=$(SHARD) ASSAY_FAULTS_OUT=$(CURDIR)/target/faults \
	  $(CARGO) test --quiet --workspace --test injected -- --ignored --nocapture

# Every engine that there is, over the official tests and those beyond them: two pages in target/.
MATRIX := --engine interp --engine wasmtime:cranelift --engine wasmtime:winch --engine wasmtime:pulley --engine wasmi \
  --engine 'v8=process:.engines/node/bin/node engines/drivers/assay-driver.mjs' \
  --engine 'javascriptcore=process:env BUN_JSC_useWasmMemory64=1 .engines/bun/bin/bun engines/drivers/assay-driver.mjs' \
  --engine 'wasmtime-50=process:env PYTHONPATH=.engines/wasmtime-50.0.1 python3 engines/drivers/assay_driver.py'
OLD := --spec 2.0 --engine 'wasmtime-5.0.0=process:env PYTHONPATH=.engines/wasmtime-5.0.0 python3 engines/drivers/assay_driver.py'

matrix: engines
	$(CARGO) build --quiet
	-$(ASSAY) conform $(MATRIX) --expected shipped --out target/official.html
	-$(ASSAY) conform spec-tests/beyond $(MATRIX) --expected shipped --out target/beyond.html
	-$(ASSAY) conform $(OLD) --expected shipped
	-$(ASSAY) conform spec-tests/beyond $(OLD) --expected shipped

MUTANTS_VERSION := 27.1.0
# Where: exec (with num) or valid. Which of the mutants there: the first, seventh, thirteenth, …
ROOM ?= exec
SHARD ?= 0/6

# Whether tests notice what is changed in the semantics; an interrupted run goes on (docs/mutants.md).
mutants:
	@.mutants/bin/cargo-mutants mutants --version 2>/dev/null | grep -q ' $(MUTANTS_VERSION)$$' || \
	  $(CARGO) install --quiet --locked --root .mutants --version $(MUTANTS_VERSION) cargo-mutants
	@nice -n 19 interp/tests/mutants.sh $(ROOM) $(SHARD)

CARGO_FUZZ_VERSION := 0.13.2
# The toolchain of the fuzz targets, and how many seconds each target runs.
NIGHTLY ?= nightly
SECONDS_EACH ?= 30

fuzz-tools:
	@.tools/bin/cargo-fuzz --version 2>/dev/null | grep -q ' $(CARGO_FUZZ_VERSION)$$' || \
	  $(CARGO) install --quiet --locked --root .tools --version $(CARGO_FUZZ_VERSION) cargo-fuzz
	@rustup toolchain list | grep -q '^$(NIGHTLY)' || rustup toolchain install --profile minimal $(NIGHTLY)

# What the fuzz targets begin with, from the official tests, and their dictionaries, from the table of instructions.
fuzz-seeds:
	$(CARGO) run --quiet -p assay-spec-tests --no-default-features --example seeds -- fuzz

# Every fuzz target for some seconds, with AddressSanitizer; whatever one finds is a failure (docs/campaigns.md).
fuzz-smoke: z3 fuzz-tools fuzz-seeds
	@NIGHTLY=$(NIGHTLY) fuzz/smoke.sh $(SECONDS_EACH)

# What OSS-Fuzz does, without its container: build.sh, then each target with its seeds and its dictionary.
fuzz-try: z3 fuzz-tools
	@NIGHTLY=$(NIGHTLY) fuzz/oss-fuzz/try.sh

MDBOOK_VERSION := 0.5.4

# The book, as pages in target/book/.
docs:
	@.mdbook/bin/mdbook --version 2>/dev/null | grep -q ' v$(MDBOOK_VERSION)$$' || \
	  $(CARGO) install --quiet --locked --root .mdbook --version $(MDBOOK_VERSION) \
	    --no-default-features --features search mdbook
	@.mdbook/bin/mdbook build docs

VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
TARGET = $(shell rustc -vV | sed -n 's/^host: //p')
ARCHIVE = target/dist/assay-$(VERSION)-$(TARGET)
# The program looks for the solver beside itself and nowhere else, and names no folder of this machine.
DIST_FLAGS = -Clink-arg=-Wl,-rpath,\$$ORIGIN --remap-path-prefix=$(CURDIR)=. \
  --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=cargo

# An archive that runs where it is unpacked, on Linux with a C library as new as this machine's.
dist: z3 docs
	RUSTFLAGS="$(DIST_FLAGS)" $(CARGO) build --profile dist --locked --bin assay --example adapter
	@dist/pack.sh $(VERSION) $(TARGET)

# Whether it does: in an empty folder, with an empty environment.
dist-check:
	@test -f $(ARCHIVE).tar.gz || $(MAKE) --no-print-directory dist
	@dist/check.sh $(ARCHIVE).tar.gz

# Each target does its own set-up, and only what is missing of it. Needed: Rust, a C compiler, python3 with pip.

CARGO ?= cargo
Z3_VERSION := 5.4.0.0
Z3_LIB := .z3/z3/lib/libz3.so

.PHONY: demo test z3 check

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

# Formatting, lints and all tests; without Z3, all but those of proofs and gate, and that is a failure at the end.
test:
	$(CARGO) fmt --all -- --check
	@if $(MAKE) --no-print-directory z3; then \
	  $(MAKE) --no-print-directory check WHAT="--workspace"; \
	else \
	  $(MAKE) --no-print-directory check WHAT="--workspace --no-default-features --exclude assay-proofs --exclude assay-gate" && \
	  { echo "$(NO_Z3)"; exit 1; }; \
	fi

check:
	$(CARGO) clippy --quiet $(WHAT) --all-targets -- -D warnings
	$(CARGO) test --quiet $(WHAT)

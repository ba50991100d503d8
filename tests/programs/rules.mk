# What `make programs` fetches and compiles, into .programs/.

RULES := tests/programs/rules.mk
WASMTIME_WHEEL_VERSION := 48.0.0
RIPGREP_VERSION := 15.1.0

# wasmtime with WASI, from its Python wheel.
.programs/wasmtime: $(RULES)
	@rm -rf $@ && python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
	  --target $@ wasmtime==$(WASMTIME_WHEEL_VERSION) && touch $@

# The sources of C programs, as crates carry them: Cargo checks that they are those of the lock file.
SOURCES := .programs/sources
$(SOURCES): tests/programs/Cargo.toml tests/programs/Cargo.lock
	@rm -rf $@ && $(CARGO) vendor --quiet --locked --manifest-path $< $@ >/dev/null && touch $@

# In Lua, longjmp becomes an exception as the standard has it. SQLite doesn't sync folders: wasmtime can't.
.programs/%.wasm: tests/programs/%.c $(RULES) $(SOURCES) | zig
	$(ZIG_CC) -target wasm32-wasi -O2 -s -w -o $@ $< $(C)
.programs/b3sum.wasm: C = -I$(SOURCES)/blake3/c $(addprefix $(SOURCES)/blake3/c/blake3,.c _dispatch.c _portable.c)
.programs/gzip.wasm: C = -DHAVE_UNISTD_H -I$(SOURCES)/libz-sys/src/zlib $(SOURCES)/libz-sys/src/zlib/*.c
.programs/zstd.wasm: C = -I$(SOURCES)/zstd-sys/zstd/lib $(addprefix $(SOURCES)/zstd-sys/zstd/lib/,common/*.c \
  compress/*.c decompress/*.c)
.programs/lua.wasm: C = -I$(SOURCES)/lua-src/lua-5.5.1 $(SOURCES)/lua-src/lua-5.5.1/*.c -mexception-handling \
  -mllvm -wasm-enable-sjlj -mllvm -wasm-use-legacy-eh=false -D_WASI_EMULATED_SIGNAL -lwasi-emulated-signal
.programs/sqlite.wasm: C = -I$(SOURCES)/libsqlite3-sys/sqlite3 $(SOURCES)/libsqlite3-sys/sqlite3/sqlite3.c \
  -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DISABLE_DIRSYNC -DSQLITE_ENABLE_FTS5 \
  -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -D_WASI_EMULATED_GETPID -lwasi-emulated-getpid

.programs/rg.wasm: $(RULES) | wasip1
	CARGO_PROFILE_RELEASE_STRIP=true CARGO_PROFILE_RELEASE_DEBUG=0 \
	  $(CARGO) install --quiet --locked --no-track --force --root .programs --target-dir .programs/target \
	  --target wasm32-wasip1 --version $(RIPGREP_VERSION) ripgrep && cp .programs/bin/rg.wasm $@

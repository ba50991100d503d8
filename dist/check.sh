#!/usr/bin/env bash
# Unpacks an archive into an empty folder and runs the demonstration from there, with nothing in the environment but
# PATH: `make dist-check` calls it.
# Usage: check.sh ARCHIVE
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar -xzf "$1" -C "$folder"
cd "$folder"/assay-*

fail() { echo "dist-check: $*" >&2; exit 1; }
for file in README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT LICENSES-OTHERS.txt book/index.html \
  man/assay.1 man/assay-run.1 completions/assay.bash completions/_assay completions/assay.fish docs/using.md; do
  test -s "$file" || fail "$file is missing"
done
bash -n completions/assay.bash
env -i PATH="$PATH" ldd assay | grep -q "libz3.* => $PWD/" || fail "the solver isn't the one beside the program"
for place in "$root" "${CARGO_HOME:-$HOME/.cargo}"; do
  ! grep -qaF "$place" assay || fail "the program names $place"
done
env -i PATH="$PATH" make --no-print-directory -f "$root/Makefile" steps ASSAY=./assay \
  ADAPTER=docs/examples/wasi_snapshot_preview1.command.wasm
echo "dist-check: $(basename "$1") runs where it is unpacked"

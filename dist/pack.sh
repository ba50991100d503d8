#!/usr/bin/env bash
# Packs target/dist/assay-VERSION-TARGET.tar.gz of what has been built: `make dist` calls it. Linux only.
# Usage: pack.sh VERSION TARGET
set -euo pipefail
cd "$(dirname "$0")/.."
built=target/dist
name=assay-$1-$2
folder=$built/$name
rm -rf "$folder" "$folder.tar.gz"
mkdir -p "$folder"

# The solver stands beside the program, under the name by which the program asks for it.
cp "$built/assay" "$folder/"
solver=$(readelf -d "$built/assay" | sed -n 's/.*(NEEDED).*\[\(libz3[^]]*\)\].*/\1/p')
cp -L "${Z3_LIBRARY_PATH_OVERRIDE:-.z3/z3/lib}/$solver" "$folder/"

cp -L README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$folder/"
python3 dist/licences.py "$2" wasm-assay wasi-preview1-component-adapter-provider > "$folder/LICENSES-OTHERS.txt"
mkdir "$folder/docs"
cp -r docs/*.md docs/examples "$folder/docs/"
"$built/examples/adapter" "$folder/docs/examples/wasi_snapshot_preview1.command.wasm"
cp -r target/book "$folder/book"
"$folder/assay" manual "$folder"

# The same bytes from the same sources: no names, no times but that of the last commit.
time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --mtime="@$time" -C "$built" -cf - "$name" |
  gzip -9n > "$folder.tar.gz"
rm -rf "$folder"
ls -l "$folder.tar.gz"

#!/bin/bash -eu
# Builds the fuzz targets into $OUT, each with its seeds, its dictionary and its options: what OSS-Fuzz, ClusterFuzzLite
# and try.sh run.
cd "$SRC/assay"

# Seeds are written by a program that is no target: without a sanitizer.
env -u RUSTFLAGS cargo run --quiet -p assay-spec-tests --no-default-features --example seeds -- fuzz

cargo fuzz build -O

while read -r target seeds dictionary; do
  case $target in '#') continue ;; esac
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  rm -f "$OUT/${target}_seed_corpus.zip"
  python3 - "fuzz/seeds/$seeds" "$OUT/${target}_seed_corpus.zip" <<'PY'
import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    for seed in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        archive.write(seed, seed.name)
PY
  test "$dictionary" = - || cp "fuzz/dictionaries/$dictionary" "$OUT/$target.dict"
  cp fuzz/oss-fuzz/default.options "$OUT/$target.options"
done <fuzz/targets.txt
# wasmtime turns signals of the processor into traps: its handlers must be let in.
cp fuzz/oss-fuzz/differential.options "$OUT/"

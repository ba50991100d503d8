#!/usr/bin/env bash
# Runs build.sh with the environment that OSS-Fuzz gives it, without its container, and then tries what it has built:
# each target must start in an empty environment, read its options, and go through its seeds with its dictionary.
# `make fuzz-smoke` brings what is needed beside.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SRC=$folder/src OUT=$folder/out WORK=$folder/work
mkdir "$SRC" "$OUT" "$WORK"
ln -s "$repository" "$SRC/assay"

export SANITIZER=address FUZZING_ENGINE=libfuzzer FUZZING_LANGUAGE=rust ARCHITECTURE=x86_64
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Cdebuginfo=1 -Cforce-frame-pointers"
# The container's compiler is clang, and its engine is linked in; where there is no clang, libfuzzer-sys builds its own.
export CFLAGS="-O1 -fno-omit-frame-pointer -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION" CXXFLAGS
if command -v clang++ >/dev/null; then
  export CC=clang CXX=clang++ CFLAGS="$CFLAGS -gline-tables-only -fsanitize=address -fsanitize=fuzzer-no-link"
fi
CXXFLAGS=$CFLAGS
export RUSTUP_TOOLCHAIN=${NIGHTLY:-nightly} PATH=$repository/.tools/bin:$PATH
"$repository/fuzz/oss-fuzz/build.sh"

failed=0
fail() { echo "$target: $*"; failed=1; }
while read -r target _ dictionary; do
  case $target in '#') continue ;; esac
  cd "$OUT"
  test -x "$target" || { fail "isn't there"; continue; }
  test -s "$target.options" || fail "has no options"
  mkdir "$folder/$target"
  python3 -m zipfile -e "${target}_seed_corpus.zip" "$folder/$target"
  seeds=$(find "$folder/$target" -type f | wc -l)
  options=(-runs=0 -timeout=25 -rss_limit_mb=2560)
  test "$dictionary" = - || { test -s "$target.dict" && options+=("-dict=$target.dict"); } || fail "has no dictionary"
  log=$folder/$target.log
  env -i "./$target" "${options[@]}" "$folder/$target" >"$log" 2>&1 || { fail "has failed"; tail -20 "$log"; continue; }
  ran=$(sed -n 's/^INFO: seed corpus: files: \([0-9]*\).*/\1/p' "$log")
  test "$ran" = "$seeds" || fail "took $ran of $seeds seeds"
  test "$dictionary" = - || grep -q '^Dictionary: [1-9]' "$log" || fail "took no dictionary"
  echo "$target: $ran seeds; $(sed -n 's/^Dictionary: /dictionary of /p' "$log")"
done <"$repository/fuzz/targets.txt"
exit $failed

#!/usr/bin/env bash
# Builds the fuzz targets with a sanitizer and has each run for some seconds; a crash, a hang, or too much memory has
# failed. `make fuzz-smoke` brings what it needs: cargo-fuzz, a nightly toolchain, seeds and dictionaries.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
# As OSS-Fuzz has them, so that fuzz/oss-fuzz/try.sh doesn't build everything again.
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Cdebuginfo=1 -Cforce-frame-pointers"
export RUSTUP_TOOLCHAIN=${NIGHTLY:-nightly}
# What gate and proofs link, where `make z3` has put it.
export LD_LIBRARY_PATH="$PWD/.z3/z3/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fuzz() { .tools/bin/cargo-fuzz fuzz "$@"; }

fuzz build -O
failed=0
while read -r target seeds dictionary; do
  case $target in '#') continue ;; esac
  mkdir -p "fuzz/corpus/$target"
  options=(-max_total_time="$seconds" -rss_limit_mb=2560 -timeout=25 -print_final_stats=1)
  test "$dictionary" = - || options+=("-dict=fuzz/dictionaries/$dictionary")
  log=fuzz/target/$target.log
  if fuzz run -O "$target" "fuzz/corpus/$target" "fuzz/seeds/$seeds" -- "${options[@]}" >"$log" 2>&1 </dev/null; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$target: $runs runs, $(find "fuzz/seeds/$seeds" -type f | wc -l) seeds: nothing found"
  else
    failed=1
    echo "$target: FAILED ($log)"
    grep -m1 -A3 'panicked at\|SUMMARY\|ERROR: libFuzzer' "$log" || tail -5 "$log"
  fi
done <fuzz/targets.txt
exit $failed

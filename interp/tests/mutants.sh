#!/bin/sh
# Tests mutants: `make mutants` calls it with a shard `k/n` of them. See docs/mutants.md.
#
# The mutants are changes of a copy of the checkout, which stays where it is, so that little is built for each of them.
set -eu

shard=$1
work=$PWD/.mutants
version=$(cat interp/src/exec/*.rs interp/src/num/*.rs .cargo/mutants.toml | cksum | cut -d ' ' -f 1)
results=$work/results/$version/$(echo "$shard" | tr / -)
packages="assay-interp assay-engines assay-spec-tests"
# The tests that execute modules. One of them reads the sources as text, and would notice without executing anything.
tests="--lib --test laws --test run --test vectors --test rules --test allowed --test official --test profiles"
skipped="--skip every_rule_is_cited_or_excused"

mutants() {
  "$work/bin/cargo-mutants" mutants --package assay-interp "$@"
}

# Adds what the last run has found out, be it that it was interrupted.
gather() {
  for kind in caught missed timeout unviable; do
    found=$results/mutants.out/$kind.txt
    if [ -f "$found" ]; then grep -xFf "$results/left.txt" "$found" >> "$results/$kind.txt" || true; fi
    touch "$results/$kind.txt"
  done
  rm -rf "$results/mutants.out" "$results/mutants.out.old"
}

mkdir -p "$results"
gather
mutants --list > "$results/every.txt"
mutants --list --shard "$shard" --sharding round-robin > "$results/all.txt"
# What was missed is tested again: there may be a test for it by now.
: > "$results/missed.txt"
cat "$results/caught.txt" "$results/timeout.txt" "$results/unviable.txt" > "$results/done.txt"
grep -vxFf "$results/done.txt" "$results/all.txt" > "$results/left.txt" || true

if [ -s "$results/left.txt" ]; then
  rm -rf "$work/tree"
  mkdir -p "$work/tree"
  git ls-files -coz --exclude-standard | tar -c --null -T - | tar -xm -C "$work/tree"
  cd "$work/tree"

  # The laws choose the same for each mutant, and needn't look for the least case.
  export CARGO_TARGET_DIR="$work/target" RUST_BACKTRACE=0 PROPTEST_RNG_SEED=1 PROPTEST_MAX_SHRINK_ITERS=0 \
    PROPTEST_DISABLE_FAILURE_PERSISTENCE=1
  # A mutant may ask for all memory that there is.
  ulimit -v 8000000 2> /dev/null || true

  # Without a mutant, all tests pass: built first, then timed.
  set --
  for package in $packages; do set -- "$@" --package "$package"; done
  set -- "$@" --no-default-features --profile mutants
  cargo test --quiet "$@" $tests --no-run
  start=$(date +%s)
  cargo test --quiet "$@" $tests -- $skipped > "$results/baseline.txt" 2>&1 || { cat "$results/baseline.txt"; exit 1; }
  took=$(($(date +%s) - start))

  set --
  for package in $packages; do set -- "$@" --test-package "$package"; done
  for word in $tests; do set -- "$@" --cargo-arg="$word"; done
  for word in -- $skipped; do set -- "$@" --cargo-test-arg="$word"; done
  # What cargo-mutants takes for caught by an earlier run, it leaves out: all that isn't left of this shard.
  mkdir "$results/mutants.out"
  grep -vxFf "$results/left.txt" "$results/every.txt" > "$results/mutants.out/caught.txt" || true
  code=0
  mutants --iterate --in-place --no-shuffle --baseline skip --timeout $((30 + 3 * took)) --output "$results" \
    --no-default-features --profile mutants "$@" || code=$?
  gather
  # 2 says that mutants were missed, 3 that tests took too long; anything else is no result.
  case $code in 0 | 2 | 3) ;; *) exit "$code" ;; esac
fi

count() {
  wc -l < "$results/$1.txt" | tr -d ' '
}
echo "shard $shard, $(count all) mutants of execution and numerics:"
echo "$(count caught) caught, $(count timeout) timed out, $(count missed) missed, $(count unviable) not compiled"
cat "$results/missed.txt"

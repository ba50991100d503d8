#!/bin/sh
# Tests mutants: `make mutants` calls it with a room and a shard `k/n` of its mutants. See docs/mutants.md.
#
# The mutants are changes of a copy of the checkout, which stays where it is, so that little is built for each of them.
# Most are caught by the tests of interp alone; only for the others is more built.
set -eu

room=$1
shard=$2
work=$PWD/.mutants
case $room in
exec) what="execution and numerics" folders="interp/src/exec interp/src/num" ;;
valid) what="validation" folders="interp/src/valid" ;;
*) echo "there is no room $room: exec (with num), valid" >&2; exit 2 ;;
esac
version=$(find $folders -name '*.rs' | LC_ALL=C sort | xargs cat .cargo/mutants.toml | cksum | cut -d ' ' -f 1)
results=$work/results/$room-$version/$(echo "$shard" | tr / -)

mutants() {
  for folder in $folders; do set -- --file "$folder/**" "$@"; done
  "$work/bin/cargo-mutants" mutants --package assay-interp "$@"
}

# Adds what the last run has found out, be it that it was interrupted. What is missed, more tests are for.
gather() {
  touch "$results/left.txt"
  for kind in caught timeout unviable; do
    found=$results/mutants.out/$kind.txt
    if [ -f "$found" ]; then grep -xFf "$results/left.txt" "$found" >> "$results/$kind.txt" || true; fi
    touch "$results/$kind.txt"
  done
  rm -rf "$results/mutants.out" "$results/mutants.out.old"
  cat "$results/caught.txt" "$results/timeout.txt" "$results/unviable.txt" > "$results/done.txt"
  # grep fails where no line is left, which is the aim.
  grep -vxFf "$results/done.txt" "$results/all.txt" > "$results/left.txt" || true
}

# Tests what is left: `stage PACKAGES TESTS`.
stage() {
  packages=$1 tests=$2
  if ! [ -s "$results/left.txt" ]; then return; fi
  # This one reads the sources as text, and would notice without executing anything.
  skipped="--skip every_rule_is_cited_or_excused"

  # Without a mutant, all of them pass.
  set --
  for package in $packages; do set -- "$@" --package "$package"; done
  cargo test --quiet --no-default-features --profile mutants "$@" $tests -- $skipped > "$results/baseline.txt" 2>&1 ||
    { cat "$results/baseline.txt"; exit 1; }

  set --
  for package in $packages; do set -- "$@" --test-package "$package"; done
  for word in $tests; do set -- "$@" --cargo-arg="$word"; done
  for word in -- $skipped; do set -- "$@" --cargo-test-arg="$word"; done
  # What cargo-mutants takes for caught by an earlier run, it leaves out: all but what is left of this shard.
  mkdir "$results/mutants.out"
  grep -vxFf "$results/left.txt" "$results/every.txt" > "$results/mutants.out/caught.txt" || true
  code=0
  mutants --iterate --in-place --shuffle --baseline skip --timeout 1200 --output "$results" \
    --no-default-features --profile mutants "$@" || code=$?
  gather
  # 2 says that mutants were missed, 3 that tests took too long; anything else is no result.
  case $code in 0 | 2 | 3) ;; *) exit "$code" ;; esac
}

mkdir -p "$results"
mutants --list > "$results/every.txt"
mutants --list --shard "$shard" --sharding round-robin > "$results/all.txt"
gather

rm -rf "$work/tree"
mkdir -p "$work/tree"
git ls-files -coz --exclude-standard | tar -c --null -T - | tar -xm -C "$work/tree"
cd "$work/tree"

# The laws choose the same for each mutant, and needn't look for the least case.
export CARGO_TARGET_DIR="$work/target" RUST_BACKTRACE=0 PROPTEST_RNG_SEED=1 PROPTEST_MAX_SHRINK_ITERS=0 \
  PROPTEST_DISABLE_FAILURE_PERSISTENCE=1
# A mutant may ask for all memory there is, or loop: a test has this many KiB, and seconds of the processor.
ulimit -v 8000000 2> /dev/null || true
ulimit -t 60

case $room in
exec)
  stage assay-interp "--lib --test laws --test run --test vectors --test flat --test rules"
  stage "assay-engines assay-spec-tests" \
    "--lib --test allowed --test official --test flat --test profiles --test rules --test threads --test traps"
  ;;
valid)
  stage assay-interp "--test valid --test agreement --test rules"
  stage "assay-engines assay-spec-tests" "--lib --test validation --test official --test traps"
  ;;
esac

count() {
  wc -l < "$results/$1.txt" | tr -d ' '
}
echo "shard $shard, $(count all) mutants of $what:"
echo "$(count caught) caught, $(count timeout) timed out, $(count left) missed, $(count unviable) not compiled"
cat "$results/left.txt"

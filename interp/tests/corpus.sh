#!/bin/sh
# Brings the modules of interp/tests/corpus.txt to corpus/, those that aren't there: `make corpus` calls it.
set -eu

if ! command -v npm > /dev/null; then
  echo "npm is missing, which brings the corpus: install Node.js, or put the modules of interp/tests/corpus.txt into corpus/" >&2
  exit 1
fi
mkdir -p corpus
got=$(mktemp -d)
trap 'rm -rf "$got"' EXIT

grep -v '^#' interp/tests/corpus.txt | while read -r package version integrity file; do
  module=corpus/$(basename "$file")
  if [ "$(cat "$module.from" 2> /dev/null)" = "$integrity" ] && [ -s "$module" ]; then continue; fi
  archive=$got/$(npm pack --silent --pack-destination "$got" "$package@$version")
  hash=$(node -e 'const { createHash } = require("crypto"), { readFileSync } = require("fs");
    console.log("sha512-" + createHash("sha512").update(readFileSync(process.argv[1])).digest("base64"))' "$archive")
  if [ "$hash" != "$integrity" ]; then
    echo "$package $version isn't what interp/tests/corpus.txt lists: its archive has $hash" >&2
    exit 1
  fi
  tar -xzOf "$archive" "package/$file" > "$module"
  echo "$integrity" > "$module.from"
done

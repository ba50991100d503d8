#!/bin/sh
# Brings the engines of engines/drivers/engines.txt to .engines/, those that aren't there: `make engines` calls it.
set -eu

mkdir -p .engines
got=$(mktemp -d)
trap 'rm -rf "$got"' EXIT

# Of a file, as npm writes it.
sha512() {
  python3 -c 'import base64, hashlib, sys
print("sha512-" + base64.b64encode(hashlib.sha512(open(sys.argv[1], "rb").read()).digest()).decode())' "$1"
}

grep -v '^#' engines/drivers/engines.txt | while read -r name registry package version checksum; do
  folder=.engines/$name
  if [ "$(cat "$folder/from" 2> /dev/null)" = "$checksum" ]; then continue; fi
  rm -rf "$folder"
  mkdir "$folder"
  case $registry in
    npm)
      if ! command -v npm > /dev/null; then
        echo "npm is missing, which brings $name: install Node.js" >&2
        exit 1
      fi
      archive=$got/$(npm pack --silent --pack-destination "$got" "$package@$version")
      hash=$(sha512 "$archive")
      if [ "$hash" != "$checksum" ]; then
        echo "$package $version isn't what engines/drivers/engines.txt lists: its archive has $hash" >&2
        exit 1
      fi
      tar -xzf "$archive" -C "$folder" --strip-components 1
      # As installing the package would.
      chmod +x $(find "$folder" -type f -name "$name")
      rm "$archive"
      ;;
    pypi)
      echo "$package==$version --hash=$checksum" > "$got/requirements.txt"
      python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
        --only-binary :all: --target "$folder" --requirement "$got/requirements.txt"
      ;;
  esac
  echo "$checksum" > "$folder/from"
done

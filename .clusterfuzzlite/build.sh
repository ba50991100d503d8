#!/bin/bash -eu
# As OSS-Fuzz builds it.
exec "$SRC/assay/fuzz/oss-fuzz/build.sh"

#!/usr/bin/env bash
# image.sh FOLDER: the debug image as users get it, in an archive.
set -euo pipefail
exec "$(dirname "$0")/../../../images/debug/build.sh" "$1"

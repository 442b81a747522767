#!/usr/bin/env bash
# The README's two commands, typed in a fresh clone of HEAD: ./test and ./leadglass demo --once.
# The folder `shared` that lies beside this checkout, if any, lies beside the clone too.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
scratch="$(mktemp -d "${TMPDIR:-/var/tmp}/leadglass-clone.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
git clone --quiet "$root" "$scratch/leadglass"
[ ! -d "$root/../shared" ] || ln -s "$(cd "$root/../shared" && pwd)" "$scratch/shared"
cd "$scratch/leadglass"

timed() {
  local started=$SECONDS
  "$@"
  echo "$* took $((SECONDS - started)) s"
}

timed ./leadglass demo --once
timed ./leadglass demo --once # built by now: at most 60 s
timed ./test
[ -z "$(git status --porcelain)" ] || { echo "the two commands left changes in the clone:"; git status --short; exit 1; }
echo "a fresh clone does what the README says"

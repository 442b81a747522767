#!/usr/bin/env bash
# Installs the programs from npm that the tests talk to (tests/npm/package.json) below artifacts/npm. Quick when they are there.
set -euo pipefail
root="$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)"
target="$root/artifacts/npm"
revision="$(sha256sum "$root/tests/npm/package-lock.json" | cut -c1-16)"
[ "$(cat "$target/revision" 2>/dev/null)" = "$revision" ] && exit 0
mkdir -p "$target"
exec 9>"$root/artifacts/npm.lock"
flock 9
[ "$(cat "$target/revision" 2>/dev/null)" = "$revision" ] && exit 0
cp "$root"/tests/npm/package.json "$root"/tests/npm/package-lock.json "$root"/tests/npm/.npmrc "$target"
(cd "$target" && npm ci --silent --fetch-retries=1 --fetch-timeout=20000)
echo "$revision" >"$target/revision"

#!/usr/bin/env bash
# Unpacks the viewer (OHIF, MIT licence) below artifacts/viewer and makes it ours: own configuration, served below /viewer/,
# without the parts that the archive has no use for. Returns at once when that has been done already.
set -euo pipefail
here="$(cd "$(dirname "$(readlink -f "$0")")" && pwd)"
root="$(cd "$here/../.." && pwd)"
package="@ohif/app@3.13.2"
integrity="sha512-WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="

# The revision is part of every asset's path, so that a browser may keep assets for good and never mixes two builds.
revision="$(cat "$here/build.sh" "$here/unpack.mjs" "$here/index.html" "$here/app-config.js" | sha256sum | cut -c1-12)"
target="$root/artifacts/viewer"
is_built() { [ "$(cat "$target/revision" 2>/dev/null)" = "$revision" ]; }
is_built && exit 0

for tool in node npm tar flock; do
  command -v "$tool" >/dev/null || { echo "viewer: $tool is missing; install it and run web/viewer/build.sh" >&2; exit 1; }
done
mkdir -p "$root/artifacts"
exec 9>"$root/artifacts/viewer.lock"
flock 9
is_built && exit 0

scratch="$(mktemp -d "$root/artifacts/viewer.XXXXXX")"
trap 'rm -rf "$scratch"' EXIT
echo "viewer: fetching $package" >&2
(cd "$scratch" && npm pack "$package" --silent --ignore-scripts --fetch-retries=1 --fetch-timeout=20000 >/dev/null) ||
  { echo "viewer: $package cannot be fetched; run web/viewer/build.sh again when npm's registry is reachable" >&2; exit 1; }
tarball="$(ls "$scratch"/*.tgz)"
found="sha512-$(node -e 'process.stdout.write(require("crypto").createHash("sha512").update(require("fs").readFileSync(process.argv[1])).digest("base64"))' "$tarball")"
[ "$found" = "$integrity" ] || { echo "viewer: $package is not the one that was reviewed: $found" >&2; exit 1; }

tar -xzf "$tarball" -C "$scratch" --exclude='*.map' --exclude='package/dist/ort'
node "$here/unpack.mjs" "$scratch/package" "$scratch/viewer" "$revision"
rm -rf "$target"
mv "$scratch/viewer" "$target"

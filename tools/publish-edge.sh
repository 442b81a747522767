#!/usr/bin/env bash
# Builds one self-contained file for machines that stand beside scanners: the whole program, of which an edge uses
# 'leadglass edge'. It needs nothing installed there but glibc and OpenSSL 3.
# Usage: tools/publish-edge.sh [FOLDER], default artifacts/edge
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-artifacts/edge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A build of its own: that of the checkout stays as it is.
dotnet publish src/Leadglass.Cli --configuration Release --runtime linux-x64 --self-contained true --output "$work/all" \
  --nologo --verbosity quiet -p:ArtifactsPath="$work/build" -p:RunAnalyzers=false -p:RestoreLockedMode=true \
  -p:PublishSingleFile=true -p:EnableSingleFileAnalyzer=false -p:DebugType=none -p:GenerateDocumentationFile=false
mkdir -p "$out"
install -m 755 "$work/all/leadglass" "$out/leadglass"
install -m 644 deploy/leadglass-edge.service docs/edge.md "$out/"
ls -l "$out"

#!/usr/bin/env bash
# Builds one self-contained file for machines that stand beside scanners: the whole program, of which an edge uses
# 'leadglass edge'. It needs nothing installed there but glibc and OpenSSL 3.
# Usage: tools/publish-edge.sh [FOLDER], default artifacts/edge
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-artifacts/edge}
dotnet publish src/Leadglass.Cli --configuration Release --runtime linux-x64 --self-contained true --output "$out.all" \
  --nologo --verbosity quiet \
  -p:PublishSingleFile=true -p:EnableCompressionInSingleFile=false -p:IncludeNativeLibrariesForSelfExtract=false \
  -p:PublishReadyToRun=false -p:DebugType=none -p:GenerateDocumentationFile=false -p:RestoreLockedMode=false \
  -p:RestorePackagesWithLockFile=false
mkdir -p "$out"
install -m 755 "$out.all/leadglass" "$out/leadglass"
install -m 644 deploy/leadglass-edge.service docs/edge.md "$out/"
ls -l "$out"

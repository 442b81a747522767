#!/usr/bin/env bash
# Installs the real peers that the tests talk to. Daemons are installed without being started (RUNLEVEL=1).
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
need storescu dcmtk
need Orthanc orthanc
need curl curl
need chromium chromium
need node nodejs
need npm npm
[ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || missing+=(orthanc-dicomweb)
need gdcmconv libgdcm-tools
# What an audit is compared with, and the lab it is made in: a network of namespaces, recorded.
need nmap nmap
need tcpdump tcpdump
need ip iproute2
need simple_storage ctn
# The decoders of JPEG-LS, JPEG 2000 and JPEG, which the program loads when they are there.
library() { compgen -G "/usr/lib*/*/$1" >/dev/null || compgen -G "/usr/lib*/$1" >/dev/null || missing+=("$2"); }
library libcharls.so.2 libcharls2
library libopenjp2.so.7 libopenjp2-7
library libturbojpeg.so.0 libturbojpeg0
/usr/bin/python3 -c 'import pydicom, numpy' 2>/dev/null || missing+=(python3-pydicom python3-numpy)

if [ "${#missing[@]}" -gt 0 ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"
fi
"$(dirname "$0")/install-npm-peers.sh"

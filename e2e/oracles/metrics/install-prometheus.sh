#!/usr/bin/env bash
# Debian's Prometheus into $SLUICE_CACHE, without installing it: prints the path of its program.
set -euo pipefail
target="${SLUICE_CACHE:-$HOME/.cache/sluice}/debian-prometheus"
if [ ! -x "$target/usr/bin/prometheus" ]; then
  mkdir -p "$target"
  cd "$target"
  apt-get download prometheus > /dev/null 2>&1 || { apt-get update > /dev/null && apt-get download prometheus > /dev/null; }
  for file in prometheus_*.deb; do dpkg -x "$file" .; done
fi
echo "$target/usr/bin/prometheus"

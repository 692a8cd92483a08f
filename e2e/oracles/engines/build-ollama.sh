#!/usr/bin/env bash
# Builds Ollama from Go's module proxy into $SLUICE_CACHE, for the CPU: some 10 minutes of CPU. The module lacks the
# folder of headers that are others' (Go leaves `vendor` out): they come from Debian and from a module that carries one.
set -euo pipefail
version=0.17.4
target="${SLUICE_CACHE:-$HOME/.cache/sluice}/ollama-$version"
[ -x "$target/ollama" ] && exit 0
# A fixed place: its path is a part of what Go's build cache goes by.
headers="$(dirname "$target")/ollama-headers"
mkdir -p "$headers"
(cd "$headers" && apt-get download nlohmann-json3-dev libstb-dev && for file in *.deb; do dpkg -x "$file" .; done)
audio="$(go mod download -json github.com/gen2brain/malgo@v0.11.22 | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')"
mkdir -p "$headers/usr/include/miniaudio" "$target"
cp -f "$audio/miniaudio.h" "$headers/usr/include/miniaudio/"
export CGO_CXXFLAGS="-I$headers/usr/include" CGO_CFLAGS="-I$headers/usr/include"
GOBIN="$target.part" go install -trimpath -ldflags "-X github.com/ollama/ollama/version.Version=$version" "github.com/ollama/ollama@v$version"
mv "$target.part/ollama" "$target/ollama"
rmdir "$target.part"

# Tools of other makers, at fixed versions, in $SLUICE_CACHE. Sourced by .ci/run.

ACTIONLINT_VERSION=1.7.12
# shellcheck disable=SC2034 # lane-code.sh uses it
ZIZMOR_VERSION=1.32.0

ensure_actionlint() {
  local folder="$SLUICE_CACHE/go/actionlint-$ACTIONLINT_VERSION"
  ACTIONLINT="$folder/actionlint"
  [ -x "$ACTIONLINT" ] && return 0
  GOBIN="$folder" go install "github.com/rhysd/actionlint/cmd/actionlint@v$ACTIONLINT_VERSION"
}

# ensure_venv <name> <requirement…>: sets VENV to a virtual environment with exactly these.
ensure_venv() {
  local name="$1"
  shift
  VENV="$SLUICE_CACHE/venv-$name-$(printf '%s\n' "$@" | sha256sum | cut -c1-12)"
  [ -e "$VENV/.ready" ] && return 0
  rm -rf "$VENV"
  python3 -m venv "$VENV" && "$VENV/bin/pip" install --quiet --disable-pip-version-check "$@" && touch "$VENV/.ready"
}

# ensure_apt <program:package…>: Debian packages for programs that are not there.
ensure_apt() {
  local pair absent=()
  for pair in "$@"; do
    command -v "${pair%%:*}" > /dev/null || absent+=("${pair#*:}")
  done
  [ "${#absent[@]}" -eq 0 ] && return 0
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}"
}

# The checkout's own packages, once: lanes may be run alone.
ensure_packages() {
  node scripts/setup.mjs
}

# Node 24 comes with the packages (the machine's may be older): programs of ours run on it.
node24() {
  PATH="$PWD/node_modules/.bin:$PATH" node "$@"
}

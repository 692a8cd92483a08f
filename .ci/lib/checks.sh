# Counts checks. Sourced by .ci/run.

PASSED=0
FAILED=0
NOT_OK=()
ENDED=0
LOG="$(mktemp)"

# However it ends (a signal, a fault in a lane), the last line is the count, and an early end is no success.
on_exit() {
  local code=$?
  rm -f "$LOG"
  [ "$ENDED" -eq 1 ] && exit "$code"
  trap - INT TERM
  missing 'all lanes' "it ended early, with exit code $code"
  summary
  exit 1
}

_tell() { # ok|FAILED name seconds
  printf '%-6s  %s (%s s)\n' "$1" "$2" "$3"
  if [ "$1" = ok ]; then
    PASSED=$((PASSED + 1))
  else
    FAILED=$((FAILED + 1))
    NOT_OK+=("$2")
  fi
}

# check <name> <command…>: one check; the command's output stays in the log.
check() {
  local name="$1" started=$SECONDS status=ok
  shift
  echo "-- $name"
  "$@" 2>&1 || status=FAILED
  _tell "$status" "$name" $((SECONDS - started))
  [ "$status" = ok ]
}

# counted <name> <command…>: a command that counts its own checks and says so in a line `N passed, N failed` or as
# jest does (`Tests: N failed, N passed, N total`). Its numbers are added; a bad exit without a failure is one more, and
# so is every test that was skipped.
counted() {
  local name="$1" started=$SECONDS code passed failed skipped line
  shift
  echo "-- $name"
  "$@" 2>&1 | tee "$LOG"
  code=${PIPESTATUS[0]}
  # Colours go; of several such lines the last one counts.
  line="$(sed 's/\x1b\[[0-9;]*m//g' "$LOG" | grep -E '^(Tests: .* total|[0-9]+ passed, [0-9]+ failed)$' | tail -n 1)"
  passed="$(grep -oE '[0-9]+ passed' <<< "$line" | grep -oE '[0-9]+')"
  failed="$(grep -oE '[0-9]+ failed' <<< "$line" | grep -oE '[0-9]+')"
  skipped="$(grep -oE '[0-9]+ (skipped|todo)' <<< "$line" | grep -oE '[0-9]+' | paste -sd+)"
  passed=${passed:-0}
  failed=${failed:-0}
  if [ -n "$skipped" ]; then
    echo "skipped tests count as failed: $((skipped))"
    failed=$((failed + skipped))
  fi
  if [ "$failed" -eq 0 ] && { [ "$code" -ne 0 ] || [ "$passed" -eq 0 ]; }; then
    failed=1
  fi
  PASSED=$((PASSED + passed))
  FAILED=$((FAILED + failed))
  if [ "$failed" -gt 0 ]; then
    NOT_OK+=("$name: $failed failed, exit code $code")
    printf 'FAILED  %s: %s passed, %s failed (%s s)\n' "$name" "$passed" "$failed" $((SECONDS - started))
    return 1
  fi
  printf 'ok      %s: %s passed (%s s)\n' "$name" "$passed" $((SECONDS - started))
}

# missing <name> <why>: a check that could not run.
missing() {
  echo "-- $1: could not run: $2"
  _tell FAILED "$1 (could not run: $2)" 0
}

summary() {
  local name
  for name in ${NOT_OK[@]+"${NOT_OK[@]}"}; do echo "not ok: $name"; done
  echo "$PASSED passed, $FAILED failed"
  [ "$FAILED" -eq 0 ] && [ "$PASSED" -gt 0 ]
}

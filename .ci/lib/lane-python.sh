# Python as the oracle: hub clients read what model-pull wrote, and the models behave as their description says.

# Checking needs no JAX; training does.
mapfile -t requirements < <(grep -vE '^(#|jax|optax|$)' e2e/models/requirements.txt)
if check 'what the models need is installed' ensure_venv models-check "${requirements[@]}"; then
  check 'the tiny models behave as described' timeout -k 10 600 "$VENV/bin/python" e2e/models/check.py
else
  missing 'the tiny models behave as described' 'its requirements could not be installed'
fi
check 'packages are installed' ensure_packages
# promptfoo is asked to run it too.
check 'ruby is installed' ensure_apt ruby:ruby

# Two at a time: half of a first run is waiting for packages. Each has its own output, told when all have ended.
ORACLE_LOGS="$(mktemp -d)"
export ORACLE_LOGS
run_oracle() {
  local name started=$SECONDS
  name="$(basename "$(dirname "$1")")"
  timeout -k 10 840 "$PWD/node_modules/.bin/node" "$1" > "$ORACLE_LOGS/$name" 2>&1
  echo $? > "$ORACLE_LOGS/$name.code"
  echo "   oracle $name ended after $((SECONDS - started)) s"
}
export -f run_oracle
tell_oracle() {
  cat "$ORACLE_LOGS/$1"
  return "$(cat "$ORACLE_LOGS/$1.code" || echo 1)"
}
# Triton and a docker engine take too long to install for every change.
oracles=()
for oracle in e2e/oracles/*/run.ts; do
  [ "$oracle" = e2e/oracles/engines/run.ts ] && echo '   oracle engines: in lane long' && continue
  [ -f "$oracle" ] && oracles+=("$oracle")
done
if [ "${#oracles[@]}" -gt 0 ]; then
  # shellcheck disable=SC2016 # expanded by the inner shell
  printf '%s\0' "${oracles[@]}" | xargs -0 -n 1 -P 2 bash -c 'run_oracle "$1"' _
  for oracle in "${oracles[@]}"; do
    name="$(basename "$(dirname "$oracle")")"
    counted "oracle $name" tell_oracle "$name"
  done
else
  missing 'oracles' 'there is no e2e/oracles/*/run.ts'
fi
rm -rf "$ORACLE_LOGS"

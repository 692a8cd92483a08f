# Python as the oracle: hub clients read what model-pull wrote, and the models behave as their description says.

# Checking needs no JAX; training does.
mapfile -t requirements < <(grep -vE '^(#|jax|optax|$)' e2e/models/requirements.txt)
if check 'what the models need is installed' ensure_venv models-check "${requirements[@]}"; then
  check 'the tiny models behave as described' timeout -k 10 600 "$VENV/bin/python" e2e/models/check.py
else
  missing 'the tiny models behave as described' 'its requirements could not be installed'
fi
check 'packages are installed' ensure_packages
found=0
for oracle in e2e/oracles/*/run.ts; do
  [ -f "$oracle" ] || continue
  found=1
  counted "oracle $(basename "$(dirname "$oracle")")" timeout -k 10 600 "$PWD/node_modules/.bin/node" "$oracle"
done
[ "$found" -eq 1 ] || missing 'oracles' 'there is no e2e/oracles/*/run.ts'

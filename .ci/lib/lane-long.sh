# What takes too long for every change: 200 killed pulls, races against other clients, an Ollama that is built, 5,000 simulated
# releases. `.ci/run full` runs it beside the usual lanes, and keeps what came out in $SLUICE_CACHE, where a plain `.ci/run`
# shows it.

LONG_RESULT="$SLUICE_CACHE/last-full.txt"
LONG_LOG="$(mktemp)"

# Some 10 minutes each on 2 cores.
logged() {
  PATH="$PWD/node_modules/.bin:$PATH" timeout -k 10 2400 node "$@" 2>&1 | tee -a "$LONG_LOG"
  return "${PIPESTATUS[0]}"
}
on_path() {
  local program absent=0
  for program in "$@"; do
    command -v "$program" > /dev/null || { echo "$program is not on the PATH" && absent=1; }
  done
  return $absent
}

check 'packages are installed' ensure_packages
check '200 killed pulls all end right' logged e2e/oracles/hub/kill.ts 200
if check 'nginx and aria2 are installed' ensure_apt nginx:nginx-light aria2c:aria2; then
  check 'bench/pull: our bars against peers and limits hold' logged bench/pull/run.ts --rounds 5 --check
else
  missing 'bench/pull: our bars against peers and limits hold' 'they could not be installed'
fi
if check 'python3 is installed' on_path python3; then
  check 'bench/load: our bars against the truth and aiperf hold' logged bench/load/run.ts --rounds 5 --check
else
  missing 'bench/load: our bars against the truth and aiperf hold' 'it needs python3 with venv'
fi
if check 'Ollama is built' e2e/oracles/engines/build-ollama.sh; then
  check 'real engines start, Ollama too' logged e2e/oracles/engines/run.ts --all
else
  missing 'real engines start, Ollama too' 'Ollama could not be built'
fi
check 'peers roll out in the lab: Argo Rollouts and Flagger' logged e2e/lab/run.ts argo flagger
check 'controllers of the cluster are driven: Argo Rollouts, Flagger' logged e2e/lab/run.ts controllers
check 'blue-green, A/B and verify in the lab; a release by Git' logged e2e/lab/run.ts strategies gitops
check 'bench/delivery: a bad version reaches at most half as many users as under Argo Rollouts and Flagger' \
  logged bench/delivery/run.ts --check
check '5,000 simulated releases a gate: wrong no oftener than stated' logged bench/stats/simulate.ts --runs 5000
check '10,000 simulated rollouts: equal ones stay, worse ones are found in time' logged bench/rollout/simulate.ts
check 'a driver on Kubernetes, killed at every write: whole ends, users served' logged bench/rollout/kube-kill.ts
check 'bench/stats: our bars beside scipy hold' logged bench/stats/run.ts --check
{
  echo "$(date -u +%Y-%m-%dT%H:%MZ), commit $(git rev-parse --short HEAD), $(nproc) cores: $FAILED checks failed"
  grep -E '^(FAIL|bar |ratio |[0-9]+ pulls,|.*verifies )' "$LONG_LOG"
} > "$LONG_RESULT"
rm -f "$LONG_LOG"

# Built from nothing, the checkout is as it was; types, lint, generated files, workflows.

unchanged() {
  local changes
  changes="$(git status --porcelain)" || return 1
  [ -z "$changes" ] && return 0
  echo "$changes"
  git diff --stat
  return 1
}
rebuild() {
  rm -rf dist node_modules
  timeout -k 10 300 node scripts/setup.mjs && timeout -k 10 600 npm run build
}
dist_is_small() {
  local bytes
  bytes="$(du -sb dist | cut -f1)"
  echo "dist: $bytes bytes"
  [ "$bytes" -gt 0 ] && [ "$bytes" -lt 12000000 ]
}
all_on_node24() {
  local file bad=0
  for file in actions/*/action.yml; do
    grep -qE '^  using: node24$' "$file" || { echo "$file: not node24" && bad=1; }
  done
  return $bad
}
lint_workflows() {
  # Without shellcheck and pyflakes: what is found must not depend on the machine.
  "$ACTIONLINT" -shellcheck= -pyflakes= -config-file .github/actionlint.yaml \
    .github/workflows/*.yml workflows-templates/*.yml
}
audit_workflows() {
  # By name: zizmor does not look into workflows-templates by itself. Offline: the answer must not change by itself.
  "$VENV/bin/zizmor" --offline --no-progress --persona pedantic \
    .github/workflows/*.yml .github/dependabot.yml workflows-templates/*.yml \
    actions/*/action.yml e2e/act/actions/*/action.yml
}

check 'the checkout has no changes of its own' unchanged
if check 'dist is built from nothing' rebuild; then
  check 'the build leaves the checkout unchanged' unchanged
  check 'dist is under 12 MB' dist_is_small
else
  # Later lanes still have something to run.
  git checkout --quiet -- dist 2> /dev/null
  missing 'the build leaves the checkout unchanged' 'there is no build'
  missing 'dist is under 12 MB' 'there is no build'
fi
check 'types' npm run --silent types
check 'lint' npm run --silent lint
check 'generated files are current' node24 scripts/generate.ts --check
check 'the templates carry one stamp' node24 scripts/stamp-templates.ts --check
check 'every action runs on node24' all_on_node24
if check 'actionlint is installed' ensure_actionlint; then
  check 'actionlint finds nothing' lint_workflows
else
  missing 'actionlint finds nothing' 'it could not be installed'
fi
if check 'zizmor is installed' ensure_venv zizmor "zizmor==$ZIZMOR_VERSION"; then
  check 'zizmor (pedantic) finds nothing' audit_workflows
else
  missing 'zizmor (pedantic) finds nothing' 'it could not be installed'
fi

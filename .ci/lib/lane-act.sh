# The starter workflows, run by act with no network.
check 'packages are installed' ensure_packages
act_lane() {
  PATH="$PWD/node_modules/.bin:$PATH" timeout -k 10 900 node e2e/act/run.ts
}
counted 'act' act_lane

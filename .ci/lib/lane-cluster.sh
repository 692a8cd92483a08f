# A real Kubernetes cluster with real pods (e2e/lab). The first time it is built: a quarter of an hour on two cores, kept then.
check 'packages are installed' ensure_packages
cluster_lane() {
  PATH="$PWD/node_modules/.bin:$PATH" timeout -k 60 1500 node e2e/lab/run.ts
}
if [ "$(id -u)" -eq 0 ]; then
  counted 'cluster' cluster_lane
else
  missing 'cluster' 'the lab makes a network and mounts: it needs root'
fi

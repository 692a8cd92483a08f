# The demonstration, in a fresh clone of what is committed.
demo_in_clone() {
  local clone status=0
  clone="$(mktemp -d)" || return 1
  git clone --quiet --no-hardlinks . "$clone/sluice" &&
    (cd "$clone/sluice" && timeout -k 10 600 npm run demo) || status=1
  rm -rf "$clone"
  return $status
}
check 'npm run demo in a fresh clone' demo_in_clone

#!/bin/bash
# Two versions of the program give the same figures: random scenarios' JSON is equal to the byte but for the seconds taken,
# and so are errors and exit codes. For changes that must change none. Builds what draws the scenarios.
# Usage: same_figures.sh <program before> <program after> [scenarios] [seed]
set -eu
before=$1 after=$2 count=${3-200} seed=${4-1}
root=$(dirname -- "$(readlink -f -- "$0")")/..
ninja -C "$root/build" random_scenarios >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/build/random_scenarios" "$work" "$count" "$seed"
cd "$work"
outcome() { # <program> <scenario>
  status=0
  "$1" run "$2" --json >out 2>err || status=$?
  echo "exit $status"
  grep -v '"wall_s"' out || true
  cat err
}
different=0 ran=0
for scenario in *.yaml; do
  outcome "$before" "$scenario" >a
  outcome "$after" "$scenario" >b
  grep -q '^exit 0' a && ran=$((ran + 1))
  cmp -s a b && continue
  different=$((different + 1))
  echo "they differ over:"
  cat "$scenario"
  diff a b | head -n 10
done
echo "$count scenarios, of which $ran run: $different differ"
[ "$different" = 0 ] && [ "$ran" -gt 0 ]

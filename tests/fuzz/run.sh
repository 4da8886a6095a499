#!/bin/sh
# Runs each fuzz target for so many seconds from its corpus; stops at the first crash, leak or hang, and keeps its input.
# Usage: run.sh <fuzz program> <corpus> <seconds> [target...]; TEAPOT_FUZZ_INPUTS ends a target after so many inputs, too.
set -eu
program=$1 corpus=$2 seconds=$3
shift 3
case $seconds in
  '' | *[!0-9]*) echo "teapot: test fuzz: expected seconds, got $seconds" >&2; exit 2 ;;
esac
found=$(dirname "$program")/fuzz-found
mkdir -p "$found"
shm=/dev/shm
[ -d "$shm" ] || shm=${TMPDIR-/tmp}
TMPDIR=$(mktemp -d "$shm/teapot-fuzz-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
# Whole stacks of each allocation, and weights by how rare an input is, would take two fifths of the time.
export ASAN_OPTIONS="malloc_context_size=2${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
[ $# -gt 0 ] || set -- $("$program")
for target in "$@"; do
  mkdir -p "$found/$target"
  # Its own seeds first; what it finds new goes beside the build, not into the project.
  begin=$(date +%s)
  if ! "$program" --target="$target" -max_total_time="$seconds" -runs="${TEAPOT_FUZZ_INPUTS--1}" -entropic=0 -timeout=5 -rss_limit_mb=4096 -max_len=65536 \
       -print_final_stats=1 -artifact_prefix="$found/$target-" "$found/$target" "$corpus/$target" >"$found/$target.log" 2>&1
  then
    tail -n 40 "$found/$target.log" >&2
    echo "teapot: the fuzzer of $target found a fault; the input is in $found" >&2
    exit 1
  fi
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$found/$target.log") inputs in $(($(date +%s) - begin)) s"
done

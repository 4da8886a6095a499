#!/bin/sh
# What the README shows is what the commands beside it print, apart from the seconds they took.
# Usage: readme_test.sh <program> <project>
set -eu
program=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

without_times() { sed -E '/events in [0-9.]+ s$/d; /^[0-9]+ simulated in /d; /results\.csv: /d' "$1"; }

# The lines after "$ ./teapot ..." up to the end of its block.
shown() { awk -v command="\$ ./teapot $1" '$0 == command { inside = 1; next } /^```/ { inside = 0 } inside' README.md; }

failed=0
for command in 'run examples/deepseek-v3-h800.yaml' 'sweep examples/sweep-fabrics.yaml' 'validate'; do
  shown "$command" >"$work/shown"
  case $command in sweep*) extra="--out $work/results" ;; *) extra='' ;; esac
  # Words are meant to split: they are arguments.
  # shellcheck disable=SC2086
  "$program" $command $extra >"$work/printed" 2>/dev/null
  without_times "$work/shown" >"$work/a"
  without_times "$work/printed" >"$work/b"
  if [ ! -s "$work/a" ] || ! diff "$work/a" "$work/b"; then
    echo "README.md does not show what ./teapot $command prints"
    failed=1
  fi
done
exit $failed

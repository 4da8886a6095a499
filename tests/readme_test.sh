#!/bin/sh
# What the README and the pages of docs/ show is what the commands beside it print, apart from the seconds they took.
# What `validate` prints is compared where its cases are replayed (tests/published/replayed_test.cpp).
# Usage: readme_test.sh <program> <project>
set -eu
program=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

without_times() { sed -E '/events in [0-9.]+ s$/d; /^[0-9]+ simulated in /d; /results\.csv: /d' "$1"; }

# The lines after "$ ./teapot ..." up to the end of its block.
shown() { awk -v command="\$ ./teapot $1" '$0 == command { inside = 1; next } /^```/ { inside = 0 } inside' README.md docs/*.md; }

failed=0
for command in 'run examples/deepseek-v3-h800.yaml' 'sweep examples/sweep-fabrics.yaml' 'what-if examples/deepseek-v3-h800.yaml' \
  'serve examples/serve-failed-plane.yaml' \
  'optimize examples/serve-deepseek-v3-h800.yaml --vary serving.prefill.units=3,4,5,6 --keep 0.98'; do
  shown "$command" >"$work/shown"
  case $command in sweep*) extra="--out $work/results" ;; *) extra='' ;; esac
  # Words are meant to split: they are arguments.
  # shellcheck disable=SC2086
  "$program" $command $extra >"$work/printed" 2>/dev/null
  without_times "$work/shown" >"$work/a"
  without_times "$work/printed" >"$work/b"
  if [ ! -s "$work/a" ] || ! diff "$work/a" "$work/b"; then
    echo "README.md and docs/ do not show what ./teapot $command prints"
    failed=1
  fi
done
lines=$(wc -l <README.md)
[ "$lines" -le 150 ] || { echo "README.md has $lines lines, 150 at most"; failed=1; }
# Every file that they name is there.
for file in $(grep -ohE '\]\([A-Za-z./_-]+\)' README.md | tr -d '()]'); do
  [ -e "$file" ] || { echo "README.md names $file, which is not there"; failed=1; }
done
for file in $(grep -ohE '`(examples|topologies|platforms|tests)/[A-Za-z0-9./_-]+`' README.md docs/*.md | tr -d '`'); do
  [ -e "$file" ] || { echo "the pages name $file, which is not there"; failed=1; }
done
exit $failed

#!/bin/sh
# What a person at a terminal sees: tables as wide as the terminal, colours where they help, a sweep's bar at once.
# Usage: terminal_test.sh TEAPOT SOURCE. Exit code 77: skipped, where there is no `script` (util-linux) to make a terminal.
set -u
teapot=$1 source=$2
export TEAPOT_HOME="$source"
command -v script >/dev/null 2>&1 || { echo "skipped: no script (apt-get install bsdutils)"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
fail() { echo "FAILED: $*"; failed=1; }
# at_terminal COLUMNS ARGUMENTS: what the program prints on a terminal of so many columns.
at_terminal() {
  columns=$1 && shift
  script -qec "stty cols $columns rows 40; $teapot $*" /dev/null </dev/null | tr -d '\r'
}
escape=$(printf '\033')
unset COLUMNS NO_COLOR
export TERM=xterm

for columns in 60 80 120; do
  at_terminal $columns fabric cost h800-mpft paper-ft3 >"$work/cost"
  [ -s "$work/cost" ] || fail "nothing is printed on a terminal of $columns columns"
  widest=$(awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' "$work/cost")
  [ "$widest" -le $columns ] || fail "fabric cost is $widest wide on a terminal of $columns columns"
done
# Set last: a shell may set COLUMNS itself, after each command.
narrow=$(script -qec "stty cols 200; env COLUMNS=40 $teapot fabric cost h800-mpft" /dev/null </dev/null | grep -c 'not shown for want of width')
[ "$narrow" -ge 1 ] || fail "COLUMNS=40 is not heeded"
"$teapot" model list >"$work/piped"
widest=$(awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' "$work/piped")
[ "$widest" -gt 100 ] || fail "a pipe does not get the full width"

run="run $source/examples/llama-70b-tp8.yaml"
at_terminal 100 "$run" | grep -q "^$escape.*binding: " || fail "what binds does not stand out on a terminal"
for quiet in 'NO_COLOR=1' 'TERM=dumb'; do
  at_terminal 100 "$run" >"$work/coloured"
  env "$quiet" script -qec "$teapot $run" /dev/null </dev/null | grep -q "$escape\[[0-9;]*m" && fail "colours under $quiet"
done
# Words are meant to split: they are arguments.
# shellcheck disable=SC2086
"$teapot" $run | grep -q "$escape" && fail "escapes in a pipe"

"$teapot" fabric show h800-mpft | tr '\n' ' ' | tr -s ' ' | grep -q '32 ports down and 32 up (arXiv 2505.09343, sections 4.1 and 5.1)' ||
  fail "fabric show cuts the description off"

# The bar is there within a second, though a point takes longer.
printf 'base: %s/examples/deepseek-v3-h800.yaml\naxes: {simulation.seed: [1, 2]}\n' "$source" >"$work/sweep.yaml"
script -qec "$teapot sweep $work/sweep.yaml -j 1 --out $work/out" /dev/null </dev/null >"$work/bar"
grep -q '0/2, simulating' "$work/bar" || fail "no bar before the first point ends"
[ "$(grep -c "$escape\[1;32m" "$work/bar")" -ge 1 ] || fail "the best point does not stand out"
exit $failed

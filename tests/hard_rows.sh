# Rows of the tables of wrong inputs, for hard_inputs.sh and hard_commands.sh: one input, the exit code that is due, and
# what the one line on stderr says. Sourced with $program and $root set; goes to a folder of its own.
# shellcheck shell=bash disable=SC2154
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0 rows=0

# expect <exit code> <regular expression for stderr> <arguments...>
expect() {
  code=$1 pattern=$2
  shift 2
  rows=$((rows + 1))
  status=0
  timeout 20 "$program" "$@" >out 2>err </dev/null || status=$?
  lines=$(wc -l <err)
  longest=$(wc -L <err)
  if [ "$status" != "$code" ] || ! grep -qaE -- "$pattern" err || [ "$lines" != 1 ] || [ "$longest" -gt 1700 ] ||
    grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' err; then
    echo "FAILED: $(printf '%s ' "$@" | cut -c1-300) -> exit $status (expected $code), $lines lines: $(head -c 400 err)"
    failed=1
  fi
}
# refused <pattern> <scenario's text> [arguments...]: as a file
refused() {
  pattern=$1
  printf '%b' "$2" >s.yaml
  shift 2
  expect 2 "$pattern" run s.yaml "$@"
}
# fine <arguments...>: exit 0, nothing on stderr, a finite TPOT or time above zero
fine() {
  rows=$((rows + 1))
  status=0
  timeout 60 "$program" "$@" --json >out 2>err </dev/null || status=$?
  if [ "$status" != 0 ] || [ -s err ] || ! grep -qE '"(tpot_ms|time_us)": [0-9.e+-]*[1-9]' out; then
    echo "FAILED: $* -> exit $status: $(head -c 400 err)"
    failed=1
  fi
}
# full <arguments...>: stdout full or closed is one line and exit 2; a stderr that nobody takes changes nothing
full() {
  rows=$((rows + 1))
  status=0
  timeout 60 "$program" "$@" >/dev/full 2>err || status=$?
  [ "$status" = 2 ] && [ "$(wc -l <err)" = 1 ] || { echo "FAILED: full: $* -> $status $(cat err)"; failed=1; }
  status=0
  timeout 60 "$program" "$@" 2>err >&- || status=$?
  [ "$status" = 2 ] && [ "$(wc -l <err)" = 1 ] || { echo "FAILED: closed: $* -> $status $(cat err)"; failed=1; }
  status=0
  timeout 60 "$program" "$@" >out 2>/dev/full || status=$?
  [ "$status" = 0 ] || { echo "FAILED: stderr full: $* -> $status"; failed=1; }
  status=0
  timeout 60 "$program" "$@" >out 2>&- || status=$?
  [ "$status" = 0 ] || { echo "FAILED: stderr closed: $* -> $status"; failed=1; }
}

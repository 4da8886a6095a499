# Rows of the tables of wrong inputs, for hard_inputs.sh and hard_commands.sh: one input, the exit code that is due, and
# what the one line on stderr says. Sourced with $program, $root and $server set; goes to a folder of its own.
# shellcheck shell=bash disable=SC2154
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0 rows=0

# Command lines are run by a server, each in a child of its own (tests/inputs/row_server.cpp).
coproc rows_server { exec "$server"; }

# ask <seconds> <pattern> <arguments...>: sets status, lines, longest, clean, found; output is in `out` and `err`
ask() {
  rows=$((rows + 1))
  printf '%s\0' "$1" "$2" $(($# - 2)) "${@:3}" >&"${rows_server[1]}"
  read -r status lines longest clean found <&"${rows_server[0]}" || {
    echo "FAILED: the server of rows is gone"
    exit 1
  }
}
# expect <exit code> <regular expression for stderr> <arguments...>
expect() {
  ask 20 "${@:2}"
  if [ "$status" != "$1" ] || [ "$found" != 1 ] || [ "$lines" != 1 ] || [ "$longest" -gt 1700 ] || [ "$clean" != 1 ]; then
    echo "FAILED: $(printf '%s ' "${@:3}" | cut -c1-300) -> exit $status (expected $1), $lines lines: $(head -c 400 err)"
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
  ask 60 . "$@" --json
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

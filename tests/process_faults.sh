#!/bin/bash
# What a run survives, or ends by with one line: a killed child, Ctrl-C, a killed parent, no processes, no files and no
# memory left, files that may not grow, a reader that goes away. Usage: process_faults.sh <program> <project>
set -u
program=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0
fail() { echo "FAILED: $*"; failed=1; }
# Simulates for some seconds: every pair of 128 GPUs by itself.
printf 'model: {from: deepseek-v3, layers: 61}\ndeployment: {gpus: 128, requests_per_gpu: 64}\nsimulation: {network: pair}\n' >long.yaml
printf 'model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 16, requests_per_gpu: 8}\n' >small.yaml
chmod -R a+rX "$work"
# one_line <exit code> <pattern>: of what is in `err`, after `status`
one_line() {
  [ "$status" = "$1" ] && [ "$(wc -l <err)" = 1 ] && grep -qE -- "$2" err || fail "$3: exit $status (expected $1): $(head -c 300 err)"
}
# The child of a process, once there is one.
child_of() {
  for _ in $(seq 200); do
    child=$(cut -d ' ' -f 1 "/proc/$1/task/$1/children" 2>/dev/null)
    [ -n "$child" ] && return
    sleep 0.02
  done
  fail "no child of $1"
  child=0
}
gone() { # <pid>: within two seconds
  for _ in $(seq 100); do
    [ -d "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null || return 0
    sleep 0.02
  done
  return 1
}

"$program" run long.yaml --json >out 2>err &
pid=$!
child_of "$pid"
kill -9 "$child"
status=0
wait "$pid" || status=$?
one_line 3 'killed' 'a killed child'
[ ! -s out ] || fail "a killed child leaves output"

for signal in INT TERM; do
  # As a job of its own, so that Ctrl-C goes to all of it; what a script starts in the background ignores SIGINT otherwise.
  setsid env --default-signal=INT "$program" run long.yaml --html page.html --out tables --trace step.json >out 2>err &
  pid=$!
  child_of "$pid"
  if [ "$signal" = INT ]; then kill -INT -- "-$pid" 2>/dev/null || kill -INT "$pid"; else kill -TERM "$pid"; fi
  status=0
  wait "$pid" || status=$?
  [ "$status" -gt 128 ] || [ -f page.html ] || fail "SIG$signal: exit $status"
  gone "$child" || fail "SIG$signal leaves a child"
  [ -z "$(find . -name '*.part')" ] || fail "SIG$signal leaves half a file: $(find . -name '*.part')"
  rm -rf page.html tables step.json
done

"$program" run long.yaml >out 2>err &
pid=$!
child_of "$pid"
kill -9 "$pid"
wait "$pid" 2>/dev/null
gone "$child" || fail "a killed parent leaves its child"

# A reader that goes away: SIGPIPE, or the error of a write; no word of an abort.
for words in 'fabric show h800-mpft' 'keys' 'platform h800-mpft' 'model list --json'; do
  # shellcheck disable=SC2086
  { "$program" $words 2>err; echo $? >code; } | true
  case $(cat code) in 0 | 2 | 141) ;; *) fail "$words into a closed pipe: exit $(cat code)" ;; esac
  if grep -q terminate err; then fail "$words into a closed pipe: $(cat err)"; fi
done
# A pipe that is full for a while.
"$program" platform h800-mpft --gpus 64 >whole 2>err
"$program" platform h800-mpft --gpus 64 2>err | { sleep 1; cat; } | cmp -s - whole || fail "a slow reader misses something"

status=0
(ulimit -f 1; exec "$program" run small.yaml --html page.html) >out 2>err || status=$?
[ "$status" = 2 ] || [ "$status" = 3 ] || fail "files that may not grow: exit $status $(cat err)"
[ "$(wc -l <err)" = 1 ] && [ ! -e page.html ] && [ -z "$(find . -name '*.part')" ] || fail "files that may not grow: $(cat err)"

for files in 4 5 6 7 8 10; do
  status=0
  (ulimit -n "$files"; exec "$program" run small.yaml --json) >out 2>err || status=$?
  # 127: the loader had no file left for a library, and the program never began.
  case $status in 0) ;; 127) grep -q 'error while loading shared libraries' err || fail "$files open files: $(head -c 300 err)" ;;
    2 | 3) [ "$(wc -l <err)" = 1 ] || fail "$files open files: $(head -c 300 err)" ;; *) fail "$files open files: exit $status $(head -c 300 err)" ;; esac
done

for limit in 64MB 80MB 100MB 150MB; do
  status=0
  "$program" run "$root/examples/deepseek-v3-h800.yaml" --limit-memory "$limit" >out 2>err || status=$?
  case $status in 0) ;; 2 | 3) one_line "$status" 'memory' "--limit-memory $limit" ;; *) fail "--limit-memory $limit: exit $status" ;; esac
done

status=0
(ulimit -t 1; exec "$program" run long.yaml --set model.layers=60) >out 2>err || status=$?
[ "$status" != 0 ] && [ "$(wc -l <err)" -le 1 ] || fail "no time left: exit $status $(head -c 300 err)"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  chmod a+x "$work"
  status=0
  # shellcheck disable=SC2016
  HOME=/nonexistent setpriv --reuid=65533 --regid=65533 --clear-groups bash -c 'ulimit -u 0; exec "$0" run small.yaml' "$program" >out 2>err || status=$?
  one_line 3 'cannot start a child process' 'no processes left'
  mkdir closed && chmod 555 closed
  for words in 'run small.yaml --html closed/x.html' 'run small.yaml --out closed/tables' 'platform gb200-nvl72 -o closed/x.xml' \
    'init -o closed/x.yaml --model llama-3.1-8b --accelerator h100' 'sweep swept.yaml --out closed/swept' 'chakra export small.yaml -o closed/traces'; do
    printf 'base: small.yaml\naxes: {simulation.seed: [1]}\n' >swept.yaml
    status=0
    # shellcheck disable=SC2086
    HOME=/nonexistent setpriv --reuid=65533 --regid=65533 --clear-groups "$program" $words >out 2>err || status=$?
    one_line 2 'denied|cannot be' "$words in a folder that may not be written"
    [ -z "$(ls -A closed)" ] || fail "$words left something in a folder that may not be written"
  done
else
  echo "no processes left, and folders of others: not tried, this needs root and setpriv"
fi

[ "$failed" = 0 ] && echo "all well"
exit $failed

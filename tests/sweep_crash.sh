#!/bin/sh
# What a sweep survives: kill -9 of it and of its workers at twenty moments, Ctrl-C, a full disk, a folder it may not write
# or that holds something else, and two sweeps at once. Usage: sweep_crash.sh TEAPOT (the program) [KILLS [POINTS]]: with 10000
# points (or any square of a whole number) the kills hit a sweep of so many. Exit code 77: skipped.
set -u
teapot=$1 kills=${2-20} points=${3-32}
dir=$(mktemp -d) || exit 1
trap 'umount "$dir/full" 2>/dev/null; rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat >"$dir/sweep.yaml" <<'YAML'
base:
  model: {from: deepseek-v3, layers: 12}
  fabric: {from: h800-mpft, nodes: 8}
  deployment: {gpus: 64, expert_parallel: 64}
  decode: {routing: {load: uniform}}
axes:
  deployment.requests_per_gpu: {from: 8, to: 64, step: 8}
  fabric.nic_bandwidth: {from: 100 Gbps, to: 800 Gbps, factor: 2}
YAML
if [ "$points" != 32 ]; then
  side=$(awk "BEGIN { print int(sqrt($points) + 0.5) }")
  cat >"$dir/sweep.yaml" <<YAML
base:
  model: {from: mixtral-8x7b, layers: 2}
  fabric: {from: h800-mpft, nodes: 2}
  deployment: {gpus: 16, tensor_parallel: 2, expert_parallel: 8}
axes:
  deployment.requests_per_gpu: {from: 2, to: $((2 * side)), step: 2}
  deployment.context_tokens: {from: 128, to: $((128 * side)), step: 128}
YAML
fi
longest=$((400 + points / 2))  # milliseconds until a kill: a large sweep looks through what is there first
sweep() { "$teapot" sweep "$dir/sweep.yaml" -j 2 "$@"; }
# In the background without a shell around it, so that $! is the sweep itself.
start() { "$teapot" sweep "$dir/sweep.yaml" -j 2 --out "$1" >/dev/null 2>&1 & pid=$!; }
# Milliseconds that differ from round to round and from run to run.
pause() {
  ms=$(($(od -An -N2 -tu2 /dev/urandom) % $1))
  sleep "$((ms / 1000)).$(printf '%03d' $((ms % 1000)))"
}

sweep --out "$dir/calm" >/dev/null 2>&1 || fail "the undisturbed run"
expected="$dir/calm/results.csv"

# Rounds go on until so many kills have hit: on a quiet machine some come after the sweep has ended.
killed=0
round=0
while [ "$killed" -lt "$kills" ] && [ "$round" -lt $((10 * kills)) ]; do
  round=$((round + 1))
  start "$dir/wild"
  pause "$longest"
  # Even rounds: a worker, which the sweep replaces. Odd rounds: the sweep, and its workers with it.
  worker=$(cut -d ' ' -f 1 "/proc/$pid/task/$pid/children" 2>/dev/null)
  if [ $((round % 2)) = 0 ]; then
    [ -n "$worker" ] && kill -9 "$worker" 2>/dev/null && killed=$((killed + 1))
    pause 200
  fi
  kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
  wait "$pid" 2>/dev/null
  if [ -f "$dir/wild/results.csv" ]; then
    cmp -s "$dir/wild/results.csv" "$expected" || fail "round $round: results.csv differs"
    rm -rf "$dir/wild"  # finished too early to be killed again: begin anew
  fi
  [ "$points" = 32 ] || continue  # a look at each of thousands takes longer than the round
  for file in "$dir"/wild/points/*.json; do
    [ -e "$file" ] || continue
    tail -c 2 "$file" | grep -q '}' || fail "round $round: $file is cut short"
  done
done
sweep --out "$dir/wild" >/dev/null 2>&1 || fail "resuming after $killed kills"
cmp "$dir/wild/results.csv" "$expected" || fail "results.csv after $killed kills"
cmp "$dir/wild/results.json" "$dir/calm/results.json" || fail "results.json after $killed kills"
[ -z "$(find "$dir/wild" -name '*.part')" ] || fail "half-written files are left"
[ "$killed" -ge "$kills" ] || fail "only $killed kills hit"
echo "killed $killed times in $round rounds, of $(wc -l <"$expected") lines: the same bytes"
[ "$points" = 32 ] || exit 0  # what follows is about other things than kills

start "$dir/stopped"
sleep 0.5
kill -TERM "$pid"
wait "$pid"
[ $? -gt 128 ] || [ -f "$dir/stopped/results.csv" ] || fail "a stopped sweep ends by the signal"
sleep 0.3
[ -z "$(find "$dir/stopped" -name '*.part' 2>/dev/null)" ] || fail "a stopped sweep leaves half-written files"
sweep --out "$dir/stopped" >/dev/null 2>&1 || fail "going on after being stopped"
cmp "$dir/stopped/results.csv" "$expected" || fail "results.csv after being stopped"
echo "stopped and went on: the same bytes"

start "$dir/both"
sleep 0.2
"$teapot" sweep "$dir/sweep.yaml" --out "$dir/both" >/dev/null 2>"$dir/second"
code=$?
wait "$pid" || fail "the first of two sweeps"
cmp "$dir/both/results.csv" "$expected" || fail "results.csv of the first of two sweeps"
# The second waits two seconds for the folder: it is refused, or finds everything done.
if [ "$code" != 0 ]; then
  [ "$code" = 2 ] || fail "exit code $code of the second of two sweeps"
  grep -q 'another sweep is at work' "$dir/second" || fail "message of the second of two sweeps"
fi
echo "two at once: one after the other, or refused"

mkdir "$dir/foreign" && echo mine >"$dir/foreign/notes"
sweep --out "$dir/foreign" >/dev/null 2>"$dir/message"
[ $? = 2 ] || fail "exit code in a foreign folder"
[ "$(ls -A "$dir/foreign")" = notes ] || fail "a foreign folder was changed"
sed 's/to: 64/to: 32/' "$dir/sweep.yaml" >"$dir/other.yaml"
cp -r "$dir/calm" "$dir/before"
"$teapot" sweep "$dir/other.yaml" --out "$dir/calm" >/dev/null 2>"$dir/message"
[ $? = 2 ] || fail "exit code in the folder of another sweep"
grep -q 'holds another sweep' "$dir/message" || fail "message in the folder of another sweep"
for file in results.csv results.json plan.json manifest.json; do
  cmp "$dir/calm/$file" "$dir/before/$file" || fail "the folder of another sweep was changed"
done
echo "folders of others: refused, unchanged"

if [ "$(id -u)" != 0 ]; then
  mkdir "$dir/closed" && chmod 555 "$dir/closed"
  closed=$dir/closed
else
  closed=/proc/teapot  # root may write everywhere else
fi
sweep --out "$closed" >/dev/null 2>"$dir/message"
[ $? = 2 ] || fail "exit code in a folder that may not be written"
[ "$(wc -l <"$dir/message")" = 1 ] || fail "message in a folder that may not be written"
echo "unwritable: $(cat "$dir/message")"

mkdir "$dir/full"
if mount -t tmpfs -o size=256k tmpfs "$dir/full" 2>/dev/null; then
  sweep --out "$dir/full/out" >/dev/null 2>"$dir/message"
  [ $? = 2 ] || fail "exit code on a full disk"
  grep -q 'No space left' "$dir/message" || fail "message on a full disk: $(cat "$dir/message")"
  [ -z "$(find "$dir/full" -name '*.part')" ] || fail "half-written files on a full disk"
  for file in "$dir"/full/out/points/*.json; do
    [ -e "$file" ] || continue
    tail -c 2 "$file" | grep -q '}' || fail "full disk: $file is cut short"
  done
  mount -o remount,size=64m "$dir/full"
  sweep --out "$dir/full/out" >/dev/null 2>&1 || fail "going on when there is room again"
  cmp "$dir/full/out/results.csv" "$expected" || fail "results.csv after a full disk"
  echo "full disk: $(tail -n 1 "$dir/message" | sed "s,$dir,DIR,")"
else
  echo "full disk: skipped, no tmpfs can be mounted here"
fi
echo "all well"

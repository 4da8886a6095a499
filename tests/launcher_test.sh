#!/bin/sh
# The program as a user meets it: exit codes, one line of complaint, output in a pipe, nothing on stderr when all is well.
# Does not look at figures. Usage: launcher_test.sh <program> <project>
set -eu
program=$1 root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect <exit code> <regular expression for stderr> <arguments...>
expect() {
  code=$1 pattern=$2
  shift 2
  status=0
  "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
  lines=$(wc -l <"$work/err")
  if [ "$status" != "$code" ] || ! grep -qE -- "$pattern" "$work/err" || [ "$lines" != 1 ]; then
    echo "FAILED: $* -> exit $status (expected $code), stderr: $(cat "$work/err")"
    failed=1
  fi
}

printf 'modle: deepseek-v3\n' >"$work/misspelled.yaml"
printf 'fabric: {from: h800-mpft, nic_bandwidth: 400}\n' >"$work/unit.yaml"
printf 'deployment: {gpus: 128, expert_parallel: 96}\n' >"$work/divide.yaml"
printf 'deployment: {gpus: 4096, expert_parallel: 256}\n' >"$work/gpus.yaml"
printf 'deployment: {requests_per_gpu: 5000}\n' >"$work/memory.yaml"
printf '' >"$work/empty.yaml"
printf '\177ELF\001\002' >"$work/binary.yaml"
printf 'fabric: {from: h800-mpft, nic_bandwidth: -1 Gbps}\n' >"$work/negative.yaml"
printf 'this is not a platform\n' >"$work/platform.xml"
printf 'platform: platform.xml\n' >"$work/platform.yaml"
for name in misspelled unit divide gpus memory empty binary negative platform; do
  expect 2 "^$work/[a-z]+\.(yaml|xml)" run "$work/$name.yaml"
done
expect 2 'no such file' run "$work/missing.yaml"
expect 2 'scenario is required.*examples/deepseek-v3-h800.yaml' run
expect 2 'unknown command "rnu" .did you mean "run"' rnu
expect 2 'expected key=value' run "$root/examples/paper-limit-nvl72.yaml" --set nonsense

"$program" run "$root/examples/paper-limit-nvl72.yaml" --json >"$work/a.json" 2>"$work/err"
[ ! -s "$work/err" ] || { echo "FAILED: a good run wrote to stderr"; failed=1; }
"$program" run "$root/examples/paper-limit-nvl72.yaml" --json | grep -v wall_s >"$work/b.json"
grep -v wall_s "$work/a.json" | cmp -s - "$work/b.json" || { echo "FAILED: two runs differ"; failed=1; }
"$program" run "$root/examples/paper-limit-nvl72.yaml" | head -n 1 >/dev/null || { echo "FAILED: closed pipe"; failed=1; }
"$program" --help | grep -q '^ *run' || { echo "FAILED: --help does not list run"; failed=1; }
# A step written as Chakra traces and replayed takes as long as the step.
cat >"$work/small.yaml" <<'END'
model: {from: deepseek-v3, layers: 4}
accelerator: gb200
fabric: gb200-nvl72
deployment: {gpus: 4, requests_per_gpu: 8}
decode: {draft_tokens: 0}
END
step() { "$program" run "$@" --json | grep -oE '"step_ms": [0-9.]+'; }
"$program" chakra export "$work/small.yaml" -o "$work/chakra" >/dev/null
[ "$(step "$work/small.yaml")" = "$(step --workload "$work/chakra" --fabric gb200-nvl72)" ] || {
  echo "FAILED: the replay of a Chakra trace differs from the step"
  failed=1
}
expect 2 'no such folder' run --workload "$work/nosuch"

# An installed program reads what stands beside it, through a link to it, too.
mkdir -p "$work/usr/bin" "$work/usr/share/teapot/topologies" "$work/usr/share/teapot/workloads/models"
cp "$program" "$work/usr/bin/teapot"
ln -s "$work/usr/bin/teapot" "$work/linked"
sed 's/^name:.*/name: Only here/' "$root/workloads/models/mistral-7b.yaml" >"$work/usr/share/teapot/workloads/models/only-here.yaml"
(unset TEAPOT_HOME && "$work/linked" model list) | grep -q '^only-here' || {
  echo "FAILED: an installed program does not read share/teapot beside it"
  failed=1
}
exit $failed

#!/bin/bash
# Nothing that a user or a file says makes the program crash, hang or print a figure that is none: each row is one input,
# the exit code that is due and what the one line on stderr says. Usage: hard_inputs.sh <program> <project> <server>
set -u
program=$1 root=$2 server=$3
# shellcheck source=tests/hard_rows.sh
. "$root/tests/hard_rows.sh"

small='model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 16, requests_per_gpu: 8}\ndecode: {draft_tokens: 0}\n'
printf '%b' "$small" >small.yaml

# --- the program says what the server of rows says; no rows of the table
for words in 'run nosuch.yaml' 'run small.yaml --set deployment.gpus=many' 'run small.yaml --set model.layers=0' '--version' 'nosuch'; do
  # shellcheck disable=SC2086
  ask 20 . $words
  code=0
  # shellcheck disable=SC2086
  "$program" $words >own.out 2>own.err || code=$?
  if [ "$code" != "$status" ] || ! cmp -s out own.out || ! cmp -s err own.err; then
    echo "FAILED: $words: served otherwise than run"
    failed=1
  fi
done
rows=0

# --- files that are none
mkdir folder
mkfifo pipe.yaml
ln -s loop.yaml loop.yaml
long=$(printf 'x%.0s' $(seq 300))
head -c 5000000 /dev/zero | tr '\0' 'a' >large.yaml
for file in folder pipe.yaml loop.yaml "$long.yaml" /dev/zero /dev/urandom /dev/tty large.yaml /proc/self/mem nosuch.yaml ''; do
  expect 2 '.' run "$file"
  for key in model accelerator fabric platform decode.runtime decode.communication; do
    case $file in '') continue ;; esac
    expect 2 '.' run small.yaml --set "$key=./${file#/}" --set 'decode.overlap=none'
    case $file in /*) expect 2 '.' run small.yaml --set "$key=$file" ;; esac
  done
  expect 2 '.' run small.yaml --set "decode.routing={load: file, file: '$file'}"
  expect 2 '.' run small.yaml --set "decode.routing={load: trace, file: '$file'}"
  expect 2 '.' run small.yaml --set "deployment.context_tokens={distribution: empirical, file: '$file'}"
  expect 2 '.' collective --platform "$file" --bytes 1MiB
  expect 2 '.' collective --fabric h800-mpft --gpus 8 --matrix "$file"
  expect 2 '.' sweep "$file"
  expect 2 '.' model show "./$file"
  expect 2 '.' fabric show "./$file"
  expect 2 '.' fabric cost h800-mpft --prices "./$file"
  expect 2 '.' compare "$file" small.yaml
done
expect 2 'is a folder' run folder
expect 2 'is a pipe' run pipe.yaml
expect 2 'circle' run loop.yaml
expect 2 'too long' run "$long.yaml"
expect 2 'is a device' run /dev/zero
expect 2 'too large' run large.yaml
expect 2 'no such folder' run --workload nosuch

# --- YAML
refused 'refers to itself|alias' 'a: &a [*a]\n'
refused 'refers to itself|alias' 'model: &a {from: *a}\n'
{
  echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
  for i in $(seq 1 20); do echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"; done
} >laughs.yaml
expect 2 'more than [0-9]+ values' run laughs.yaml
deep=$(printf '[%.0s' $(seq 3000))
refused '.' "a: $deep\n"
refused 'nested more than' "a: $(printf '[%.0s' $(seq 100))$(printf ']%.0s' $(seq 100))\n"
refused '.' "$(printf '{a: %.0s' $(seq 400))"
refused 'more than one document' 'model: deepseek-v3\n---\nmodel: mixtral-8x7b\n'
refused 'not a text file' 'model: \0377\0376\n'
refused 'duplicate' 'model: a\nmodel: b\n'
refused 'single word' '? [a, b]\n: c\n'
refused '.' 'model: "unterminated\n'
refused '.' '\t- a\n'
refused '.' '%%YAML 9.9\n%%YAML 9.9\n---\na: b\n'
refused '.' 'a: !!binary "x"\n'
dots=$(printf 'a.%.0s' $(seq 30000))
expect 2 'deep' run small.yaml --set "${dots}b=1"
expect 2 'empty' run small.yaml --set 'a..b=1'
expect 2 'empty' run small.yaml --set '.a=1'
expect 2 '.' run small.yaml --set "model=$deep"

# --- messages
expect 2 'bytes\) \.\.\.' run small.yaml --set "model=$(head -c 100000 large.yaml)"
refused '\\n' 'model: "deep\\nseek"\n'
refused '.' 'model: "\\x1b[31mred"\n'
refused '.' '"a\\nb": 1\n'
expect 2 '.' run small.yaml --set "deployment.gpus=$(head -c 100000 large.yaml)"
expect 2 '.' "$(head -c 100000 large.yaml)"
expect 2 '^--set deployment.gpus: expected' run small.yaml --set deployment.gpus=many
printf 'garbage' >garbage.bin
expect 2 'is not a trace' run small.yaml --set 'decode.routing={load: trace, file: garbage.bin}'
mkdir chakra && printf 'garbage' >chakra/x.0.et
expect 2 'not a Chakra trace' run --workload chakra

# --- products and ranges
for set in deployment.expert_parallel=65536,deployment.expert_tensor_parallel=65536 \
  deployment.pipeline_parallel=536870912,deployment.tensor_parallel=8 deployment.gpus=2147483647 deployment.gpus=99999999999 \
  deployment.redundant_experts=2147483584 deployment.requests_per_gpu=1e7 deployment.requests_per_gpu=10000000 \
  deployment.requests_per_gpu=0 deployment.context_tokens=1e300 deployment.context_tokens=-1 deployment.context_tokens=1e-300 \
  model.layers=1000000000 model.layers=0 model.hidden=2147483647 model.vocabulary=2147483647 model.experts.routed=2147483647 \
  model.experts.intermediate=2147483647 model.experts.shared=2147483647 model.attention.heads=2147483647 \
  model.attention.kv_rank=2147483647 model.experts.groups=2147483647 \
  fabric.ports_per_nic=65536,fabric.nics_per_gpu=65536 fabric.nodes=2147483647 fabric.gpus_per_node=2147483647 \
  fabric.radix=2147483646 fabric.uplinks=2147483647 fabric.planes=2147483647 fabric.nic_bandwidth=1e-300Gbps \
  fabric.nic_bandwidth=1e300Gbps fabric.nic_latency=1e300s fabric.nic_latency=-1s fabric.nic_bandwidth=nanGbps \
  fabric.nic_bandwidth=infGbps fabric.nic_bandwidth=0Gbps fabric.nvlink_bandwidth=5e-324B/s \
  accelerator.memory_bandwidth=1e-300GB/s accelerator.memory=1e-300GB accelerator.memory=nan accelerator.sms=0 \
  accelerator.launch=1e300s accelerator.kernels.gemm.compute=1e-300 accelerator.kernels.gemm.memory=5e-324 \
  decode.draft_tokens=2147483647 decode.draft_tokens=-1 decode.routing.max_nodes=2147483647 decode.acceptance=nan \
  simulation.seed=-1 simulation.seed=99999999999999999999 decode.routing.top_k=2147483647; do
  arguments=()
  IFS=, read -ra parts <<<"$set"
  for part in "${parts[@]}"; do arguments+=(--set "$part"); done
  expect 2 '.' run small.yaml "${arguments[@]}"
done
for kind in 'kind: leaf-spine, down_ports: 2147483647, up_ports: 2147483647' 'kind: leaf-spine, down_ports: 2000000000, up_ports: 1' \
  'kind: dragonfly, endpoints_per_switch: 2147483647, switches_per_group: 2147483647, global_links_per_switch: 2147483647' \
  'kind: torus, dimensions: [2147483647, 2147483647], endpoints_per_switch: 1' \
  'kind: torus, dimensions: [2, 2], endpoints_per_switch: 4, parallel_cables: 2147483647' \
  'kind: hyperx, dimensions: [100000], endpoints_per_switch: 1' 'kind: slim-fly, q: 2147483647' \
  'kind: slim-fly, q: 5, endpoints_per_switch: 2147483647' 'kind: fat-tree, layers: 3, radix: 2147483646' \
  'kind: multi-rail-fat-tree, rails: 2147483647' 'kind: rail-only, radix: 2147483647'; do
  expect 2 '.' run small.yaml --set "fabric={$kind, nodes: 2, gpus_per_node: 8, nvlink_bandwidth: 160 GB/s, nic_bandwidth: 400 Gbps, nodes_: 1}"
  expect 2 '.' fabric show <(echo) 2>/dev/null
done
expect 2 'at most' run small.yaml --set 'fabric.routing={policy: ecmp, flows: 1000000}'
expect 2 'at most' run small.yaml --set 'fabric.routing={policy: valiant, intermediates: 1000000}'
expect 2 'trace-gpus' run small.yaml --trace t.json --trace-gpus 0-2147483647
expect 2 '.' run small.yaml --trace t.json --trace-gpus 99999999999
expect 2 '.' sensitivity small.yaml --by nan
expect 2 '.' sensitivity small.yaml --by inf
expect 2 '.' sensitivity small.yaml --by 1e300
expect 2 'limit-memory' run "$root/examples/deepseek-v3-h800.yaml" --limit-memory 1
expect 2 'limit-memory' run "$root/examples/deepseek-v3-h800.yaml" --limit-memory lots
expect 2 '.' collective --fabric h800-mpft --gpus 2147483647 --bytes 1
expect 2 '.' collective --fabric h800-mpft --gpus 8 --bytes 1e300
expect 2 '.' collective --fabric h800-mpft --gpus 8 --bytes nan
expect 2 '.' collective --fabric h800-mpft --gpus 8 --op dispatch --hidden 2147483647
expect 2 '.' collective --fabric h800-mpft --gpus 8 --op dispatch --tokens 2147483647

# --- failures and cuts
all=$("$program" run small.yaml --json 2>/dev/null | grep -c tpot_ms)
[ "$all" = 1 ] || { echo "FAILED: the small scenario does not run"; failed=1; }
fine run small.yaml --set 'fabric.failures=[{link: nvl-0-0}]' --set fabric.host_bridge_bandwidth=32GB/s
expect 2 'cut gpu-0-[0-9] off' run small.yaml --set 'fabric.failures=[{plane: 0}, {plane: 1}, {plane: 2}, {plane: 3}, {plane: 4}, {plane: 5}, {plane: 6}, {plane: 7}]'
expect 2 'cut gpu' run small.yaml --set 'fabric.failures=[{tier: nvlink}, {tier: pcie}]'

# --- output that nobody takes
full run small.yaml --json
full run small.yaml
full platform gb200-nvl72
full fabric list
full model show deepseek-v3
full collective --fabric gb200-nvl72 --bytes 1MiB
expect 2 'cannot be written' run small.yaml --html /dev/full
expect 2 'cannot be written' run small.yaml --html folder
mkfifo unread.json
expect 2 'cannot be written' run small.yaml --trace unread.json
status=0
timeout 20 "$program" run --nonsense 2>/dev/full || status=$?
[ "$status" = 2 ] || { echo "FAILED: complaint into a full stderr -> $status"; failed=1; }

# --- a part left at its default can be changed
fine run small.yaml --set accelerator.launch=1us
fine run small.yaml --set fabric.nodes=2
"$program" platform gb200-nvl72 --gpus 8 -o rack.xml >/dev/null
fine collective --platform rack.xml --bytes 1MiB

echo "$rows rows"
exit $failed

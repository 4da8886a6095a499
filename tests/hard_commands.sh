#!/bin/bash
# The table of wrong inputs (tests/hard_inputs.sh) goes on here with what each command reads beside a scenario: requests and
# traces, sweeps, price lists, platform files, matrices, Chakra traces, options. Usage: hard_commands.sh <program> <project> <server>
set -u
program=$1 root=$2 server=$3
# shellcheck source=tests/hard_rows.sh
. "$root/tests/hard_rows.sh"

printf 'model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 16, requests_per_gpu: 8}\n' >small.yaml
service='model: {from: llama-3.1-8b, layers: 2}\naccelerator: h100\nfabric: hgx-h100\ndeployment: {gpus: 1}\n'
printf '%brequests: {arrivals: {constant: 2 /s}, prompt_tokens: 128, output_tokens: 4, duration: 2 s}\n' "$service" >service.yaml
mkdir folder
mkfifo pipe
ln -s loop loop
long=$(printf 'x%.0s' $(seq 300))
serve() { expect 2 "$1" serve service.yaml --cache '' --set "$2"; }
# of_file <pattern> <text> <arguments... with @ for the file>
of_file() {
  pattern=$1
  printf '%b' "$2" >"given.$rows"
  shift 2
  words=()
  for word in "$@"; do words+=("${word//@/given.$rows}"); done
  expect 2 "$pattern" "${words[@]}"
}

# --- serve: requests, pools, traces
for file in folder pipe loop "$long" /dev/zero nosuch; do serve '.' "requests={arrivals: {trace: '$file'}}"; done
serve 'is a folder' 'requests={arrivals: {trace: folder}}'
serve 'is a pipe' 'requests={arrivals: {trace: pipe}}'
for arrivals in '{}' '[]' '{poisson: 40}' '{poisson: -1 /s}' '{poisson: nan /s}' '{poisson: 1e300 /s}' '{poisson: 1e-300 /s}' \
  '{poisson: 0 /s}' '{poisson: 40 /day}' '{poisson: 1 /s, constant: 1 /s}' '{gamma: 1 /s, burstiness: 1e18}' \
  '{gamma: 1 /s, burstiness: 1e-12}' '{gamma: 1 /s, burstiness: -1}' '{poisson: 1 /s, burstiness: 2}' '{concurrency: 0}' \
  '{concurrency: 2000000000}' '{concurrency: 1.5}' '{uniform: 1 /s}' 'often'; do
  serve '.' "requests.arrivals=$arrivals"
done
serve 'no request comes' 'requests.arrivals={poisson: 1e-8 /s}'
for set in requests.duration=0s requests.duration=-1s requests.duration=1e300s requests.duration='nan h' \
  requests.duration='1e12 h' requests.duration='1e-9 s' requests.duration=forever requests.prompt_tokens=0 \
  requests.prompt_tokens=-5 requests.prompt_tokens=1e9 requests.prompt_tokens=many requests.output_tokens=0 \
  requests.output_tokens=1e300 requests.cached_fraction=2 requests.cached_fraction=-0.1 requests.cached_fraction=nan \
  'requests.prompt_tokens={distribution: uniform, from: 10, to: 1}' 'requests.prompt_tokens={distribution: normal, mean: 3}' \
  'requests.prompt_tokens={distribution: lognormal, mean: 100, sigma: 1e9}' requests.limits.ttft=0s requests.limits.tpot=fast \
  requests.limits.nosuch=1s requests.nosuch=1 'requests.arrivals={constant: 6000000 /s}' requests= serving.placement=apart \
  serving.decode.units=0 serving.decode.units=2147483647 serving.decode.units=70000 serving.decode.gpus=2147483647 \
  serving.decode.max_requests_per_gpu=0 serving.decode.max_requests_per_gpu=2147483647 serving.decode.max_tokens=2147483647 \
  serving.decode.nosuch=1 serving.prefill.gpus=1 serving.scheduler.chunk_tokens=0 serving.scheduler.chunk_tokens=2000000000 \
  requests.count=0 requests.count=-3 requests.count=1e9 requests.count=some serving.scheduler.steps_ahead=-1 \
  serving.scheduler.poll_steps=0 serving.scheduler.wait_steps=1e9 serving.scheduler.stream_tokens=0 serving.scheduler.stream_tokens=ten \
  serving.scheduler.policy=lifo serving.nosuch=1 deployment.gpus=9 platform=x.xml accelerator.memory=1GB; do
  serve '.' "$set"
done
for failures in 3 '[3]' '[{plane: 0}]' '[{at: 1 s}]' '[{plane: 0, at: 1}]' '[{plane: 0, at: -1 s}]' '[{plane: 0, at: soon}]' \
  '[{plane: 0, at: 1e300 s}]' '[{plane: 0, at: 5 s, until: 4 s}]' '[{plane: 0, at: 5 s, until: 5 s}]' '[{plane: 99, at: 1 s}]' \
  '[{nosuch: 0, at: 1 s}]' '[{plane: 0, nic: x, at: 1 s}]' '[{switch: nosuch, at: 1 s}]' '{plane: 0, at: 1 s}' \
  "[$(printf '{tier: nvlink, at: 1 s}, %.0s' $(seq 33))]"; do
  serve '.' "serving.failures=$failures"
done
serve 'missing key "at"' 'serving.failures=[{plane: 0}]'
serve 'must be after' 'serving.failures=[{plane: 0, at: 5 s, until: 4 s}]'
serve 'names no part of the fabric' 'serving.failures=[{at: 1 s}]'
for loads in 0 -1 nan 1e9 '' half 1,x "$(seq -s, 1 65)"; do
  expect 2 '--loads' serve service.yaml --cache '' --loads "$loads"
done
expect 2 'requests.limits' serve service.yaml --cache '' --max-load
expect 2 '--max-load' serve service.yaml --cache '' --keep 0.5
expect 2 '.' serve service.yaml --cache '' --max-load --keep 2 --set 'requests.limits={ttft: 1 s}'
expect 2 'unknown kind of trace' serve service.yaml --cache '' --trace x.svg
expect 2 '.' serve service.yaml --cache '' --trace nosuch/x.json
expect 2 '.' serve service.yaml --cache '' --html nosuch/x.html
trace() { of_file "$1" "$2" serve service.yaml --cache '' --set 'requests={arrivals: {trace: @}}'; }
trace 'is empty' ''
trace 'header' 'a,b,c\n1,2,3\n'
trace 'missing column' 'arrival_s,prompt_tokens\n1,2\n'
trace 'holds no request' 'arrival_s,prompt_tokens,output_tokens\n'
trace ':2: .*cells' 'arrival_s,prompt_tokens,output_tokens\n1,2\n'
trace ':2: expected a time' 'arrival_s,prompt_tokens,output_tokens\nnan,2,3\n'
trace ':2: expected a time' 'arrival_s,prompt_tokens,output_tokens\ninf,2,3\n'
trace ':2: expected a time' 'arrival_s,prompt_tokens,output_tokens\n1e300,2,3\n'
trace ':2: .*whole number' 'arrival_s,prompt_tokens,output_tokens\n1,2.5,3\n'
trace ':2: .*whole number' 'arrival_s,prompt_tokens,output_tokens\n1,-2,3\n'
trace ':2: .*whole number' 'arrival_s,prompt_tokens,output_tokens\n1,2,1e12\n'
trace ':2: .*whole number' 'arrival_s,prompt_tokens,output_tokens\n1,nan,3\n'
trace ':3: .*before' 'arrival_s,prompt_tokens,output_tokens\n5,2,3\n4,2,3\n'
trace 'cached_tokens' 'arrival_s,prompt_tokens,output_tokens,cached_tokens\n5,2,3,2\n'
trace ':2: expected a time' 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:15:46,3,4\n'
trace ':2: expected a time' 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 99:99:99,3,4\n'
trace ':2: expected a time' 'TIMESTAMP,ContextTokens,GeneratedTokens\n99999999999-11-16 18:15:46,3,4\n'
trace ':2: expected a time' 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:nan,3,4\n'
trace '.' '{"timestamp": 1}\n'
trace '.' '{"timestamp": -1, "input_length": 5, "output_length": 5}\n'
trace '.' '{"timestamp": 1e300, "input_length": 5, "output_length": 5}\n'
trace 'at most' '{"timestamp": 1, "input_length": 900000000, "output_length": 5}\n'
trace '.' '{"timestamp": 1, "input_length": 5, "output_length": 5, "hash_ids": 3}\n'
trace '.' '{"timestamp": 1, "input_length": 5, "output_length": 5\n'
trace 'needs more cache' 'arrival_s,prompt_tokens,output_tokens\n1,9000000,3\n'
fine_service() {
  ask 60 . serve service.yaml --cache '' --json "$@"
  if [ "$status" != 0 ] || [ -s err ] || grep -E '": (null|nan|inf)' out | grep -qvE '"(prefill|overloaded_since_s)": null' ; then
    echo "FAILED: serve $* -> exit $status: $(head -c 400 err) $(grep -E '": (null|nan|inf)' out)"
    failed=1
  fi
}
fine_service
fine_service --set 'requests.arrivals={concurrency: 3}'
fine_service --set 'requests.arrivals={gamma: 4 /s, burstiness: 10000}'

# --- training: batches, pipelines, layers, memory
cat >train.yaml <<'END'
phase: training
model: deepseek-v2-lite
fabric: {from: h800-mpft, nodes: 4}
deployment: {gpus: 32}
training: {global_batch: 128, pipeline_parallel: 4, pipeline: dualpipe, expert_parallel: 8, recompute: [swiglu]}
END
train() { pattern=$1; shift; expect 2 "$pattern" run train.yaml "$@"; }
train 'do not divide over 8 pipelines.*nearest: 96 or 104' --set training.global_batch=100
train 'in micro-batches of 3' --set training.micro_batch=3
train 'would fit: training.recompute .full.' --set training.sequence_tokens=65536
train 'more than the .* usable' --set training.zero=0 --set model=deepseek-v3
train 'twice the 4 ranks at least' --set training.global_batch=32
train 'do not divide into pipelines of 5' --set training.pipeline_parallel=5
train 'stages for 27 layers' --set training.pipeline=1f1b --set training.pipeline_parallel=32 --set training.expert_parallel=1
train 'must divide the 8 GPUs' --set training.expert_parallel=3
train 'has 27 layers' --set 'training.layers_per_stage=[7, 7, 7, 7]'
train 'rounds of one for each' --set training.pipeline=interleaved --set training.global_batch=48
train 'for .pipeline: interleaved.' --set training.chunks=2
train 'pipeline.*dualpipe' --set training.pipeline=dualpip
train 'only 0 and 1' --set training.zero=2
train 'does not fit' --set training.sequence_tokens=200000
train 'attention heads' --set training.tensor_parallel=5 --set training.pipeline_parallel=1 --set deployment.gpus=30
train 'must be at most' --set training.global_batch=2000000000
train 'micro-batches are too many' --set training.global_batch=16777216
train 'less than the 132 SMs' --set training.communication_sms=132
train 'published' --set training.published=nosuch
train 'trainer' --set training.trainer=nosuch
train 'recompute' --set 'training.recompute=[everything]'
train 'way back is not known' --set model=qwen3-next-80b-a3b
train 'GPUs, but' --set deployment.gpus=64
train 'unknown kind of trace' --trace step.txt
train 'not for phase: training' --explain path
expect 2 'missing key .requests' serve train.yaml
expect 2 '.' run small.yaml --set phase=trainin

# --- sweeps: axes, conditions, names
sweep() { of_file "$1" "base: small.yaml\n$2" sweep @ --out nowhere; }
axes='axes: {deployment.requests_per_gpu: [8, 16]}\n'
for text in '' 'axes: []\n' 'axes: {deployment.requests_per_gpu: []}\n' 'axes: {deployment.requests_per_gpu: 8}\n' \
  'axes: {deployment.requests_per_gpu: {from: 1, to: 1e9, step: 1e-9}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 1, to: 2, step: 0}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 1, to: 2, step: -1}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 1, to: 2, factor: 1}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 0, to: 2, factor: 2}}\n' \
  'axes: {deployment.requests_per_gpu: {from: nan, to: 2, step: 1}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 1, to: inf, step: 1}}\n' \
  'axes: {deployment.requests_per_gpu: {from: 4, to: 2, step: 1}}\n' \
  'axes: {fabric.nic_bandwidth: {from: 1 Gbps, to: 2 us, step: 1 Gbps}}\n' \
  'axes: {deployment.nosuch: [1]}\n' 'axes: {"": [1]}\n' 'axes: {tpot_ms: [1]}\n' 'axes: {a: {zip: {}}}\n' \
  'axes: {a: {zip: {deployment.gpus: [8], deployment.requests_per_gpu: [1, 2]}}}\n' 'axes: {a: {variants: {}}}\n' \
  'axes: {a: {variants: {x: 3}}}\n' 'axes: {a: {variants: {x: {nosuch: 3}}}}\n' \
  "${axes}name: ../out\n" "${axes}name: .hidden\n" "${axes}name: ''\n" "${axes}name: $long\n" "${axes}name: \"a\\\\nb\"\n" \
  "${axes}repeats: 0\n" "${axes}repeats: 2000000000\n" "${axes}nosuch: 1\n" "${axes}drop: x\n" "${axes}drop: [x]\n" \
  "${axes}drop: ['deployment.gpus > ']\n" "${axes}drop: ['deployment.gpus > 64 GB']\n" "${axes}drop: ['deployment.nosuch == 1']\n" \
  "${axes}drop: ['1 / 0 > 1']\n" "${axes}drop: ['1 % 0 > 1']\n" "${axes}drop: ['model == 1']\n" "${axes}drop: ['((((((1 == 1']\n" \
  "${axes}drop: ['1e300 * 1e300 > 1']\n" "${axes}drop: ['1 == 1']\n" "${axes}drop: ['$(printf '(%.0s' $(seq 50000))']\n" \
  "${axes}drop: ['$(printf 'not %.0s' $(seq 50000))1 == 1']\n" "${axes}sample: {points: 0}\n" "${axes}sample: {points: 2000000000}\n"; do
  sweep '.' "$text"
done
expect 2 '.' sweep small.yaml
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" -j 0
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" -j 1000000
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --shard 0/3
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --shard 4/3
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --shard 1/1e9
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --shard x
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --memory lots
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --out /dev/null
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --out small.yaml/x
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --prices nosuch
expect 2 '.' sweep "$root/examples/sweep-ep.yaml" --economics folder
expect 2 'holds no sweep' sweep --collect folder
expect 2 '.' sweep --collect /dev/null
expect 2 '.' sweep

# --- parts and prices
for text in '' '[]' 'a: b' 'switch_usd: 1' 'switch_usd: -1\ncable_usd: 1\nendpoint_cable_usd: 1' \
  'switch_usd: 1e300\ncable_usd: 1\nendpoint_cable_usd: 1' 'switch_usd: nan\ncable_usd: 1\nendpoint_cable_usd: 1' \
  'switch_usd: 1\ncable_usd: 1\nendpoint_cable_usd: 1\ncable_usd_by_tier: 3' \
  'switch_usd: 1\ncable_usd: 1\nendpoint_cable_usd: 1\nspeed: fast' \
  'switches: 3\nnics: []\ncables: []\nscale_up: []' 'switches: [3]\nnics: []\ncables: []\nscale_up: []' \
  'switches: [{name: s, speed: 400 Gbps, ports: 0, usd: 1, W: 1, source: x}]\nnics: []\ncables: []\nscale_up: []' \
  'switches: [{name: s, speed: 400 Gbps, ports: 64, usd: -1, W: 1, source: x}]\nnics: []\ncables: []\nscale_up: []' \
  'switches: []\nnics: []\ncables: [{name: c, speed: 400 Gbps, reach_m: -3, usd: 1, W: 1, source: x}]\nscale_up: []'; do
  printf '%b' "$text" >"given.$rows.yaml"
  expect 2 '.' fabric cost h800-mpft --prices "./given.$rows.yaml"
done
for text in '' '[]' 'amortisation_years: 0' 'amortisation_years: -1' 'utilisation: 0' 'utilisation: 2' \
  'electricity_usd_per_kwh: -1' 'power_overhead: 0' 'accelerators: 3' 'accelerators: {h800: 3}' \
  'accelerators: {h800: {usd: -1, power: 1}}' 'accelerators: {h800: {usd: nan, power: 1}}' 'nosuch: 1'; do
  printf '%b' "$text" >"given.$rows.yaml"
  expect 2 '.' compare small.yaml small.yaml --economics "given.$rows.yaml"
done

# --- collectives and matrices
for words in '--op dispatch --tokens 0' '--op dispatch --tokens 99999' '--op dispatch --tokens 8 --bytes 1' '--op nosuch --bytes 1' \
  '--op send --bytes 1 --from 99' '--op send --bytes 1 --from 2 --to 2' '--op all-reduce' '--op all-reduce --bytes 0' \
  '--op all-reduce --bytes -1' '--op all-reduce --bytes 1e300GB' '--op all-reduce --bytes 1XB' '--op all-reduce --bytes 8 --groups 3' \
  '--op all-reduce --bytes 8 --group-size 1' '--op all-reduce --bytes 8 --group-size 5' '--op all-reduce --bytes 8 --tokens 3' \
  '--op all-reduce --bytes 8 --groups 2 --group-size 2' '--op dispatch --top-k 0' '--op dispatch --top-k 300' \
  '--op dispatch --experts 7' '--op dispatch --experts 2000000000' '--op dispatch --expert-groups 7 --max-nodes 2' '--op dispatch --max-nodes 99' \
  '--op dispatch --precision float' '--op dispatch --seed -1' '--op dispatch --seed 99999999999999999999999' '--op matrix' \
  '--op all-to-all --bytes 1MiB --network packet' '--op all-to-all --bytes 1MiB --communication nosuch' \
  '--op all-to-all --bytes 1MiB --communication {' '--op all-to-all --bytes 1MiB --accelerator nosuch' \
  '--op all-to-all --bytes 1MiB --set nosuch=1' '--op all-to-all --bytes 1MiB --set radix=3' '--op all-to-all --bytes 1MiB --set =1'; do
  # shellcheck disable=SC2086
  expect 2 '.' collective --fabric h800-mpft --gpus 8 $words
done
expect 2 '.' collective --fabric h800-mpft --gpus 1 --bytes 1MiB
expect 2 '.' collective --fabric h800-mpft --gpus 0 --bytes 1MiB
expect 2 '.' collective --fabric h800-mpft --platform x.xml --bytes 1MiB
expect 2 '.' collective --bytes 1MiB
for text in '' '1,2\n' '0,1\n1\n' '0,x\n1,0\n' '0,-1\n1,0\n' '0,nan\n1,0\n' '0,1e300\n1,0\n' '0,0\n0,0\n' '0,1\n1,0\n0,0\n' '5,0\n0,5\n'; do
  of_file '.' "$text" collective --fabric h800-mpft --gpus 2 --matrix @
done
fine collective --fabric h800-mpft --gpus 16 --op broadcast --algorithm direct --bytes 1MiB --network pair
fine collective --fabric h800-mpft --gpus 16 --op dispatch --tokens 1 --network pair

# --- platform files and fabrics
head='<?xml version="1.0"?>\n<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">\n<platform version="4.1">\n'
zone="$head<zone id=\"z\" routing=\"Full\"><host id=\"a\" speed=\"1f\"/><host id=\"b\" speed=\"1f\"/>"
for text in 'hello' '<' '<a/>' '<platform/>' "$head" "$head</platform>" "$zone</zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"0Bps\" latency=\"0s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"-1Bps\" latency=\"0s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"nanBps\" latency=\"0s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"1e-300Bps\" latency=\"0s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"1e300Bps\" latency=\"0s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"1GBps\" latency=\"-1s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"1GBps\" latency=\"nans\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<link id=\"l\" bandwidth=\"1GBps\" latency=\"1e300s\"/><route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" \
  "$zone<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>" "$zone<host id=\"a\" speed=\"1f\"/></zone></platform>" \
  "$head<include file=\"x\"/></platform>" "$head<trace id=\"t\" file=\"/etc/passwd\"/></platform>"; do
  of_file '.' "$text" collective --platform @ --bytes 1MiB
done
expect 2 '.' platform nosuch
expect 2 '.' platform h800-mpft --gpus 0
expect 2 '.' platform h800-mpft --gpus 99999
expect 2 '.' platform h800-mpft --accelerator nosuch
expect 2 '.' platform h800-mpft --host nosuch
expect 2 '.' platform h800-mpft --host "$root/platforms/accelerators/h100.yaml"
expect 2 '.' platform h800-mpft -o folder
expect 2 '.' platform h800-mpft --gpus 8 -o nosuch/x.xml
expect 2 '.' platform paper-slim-fly
for words in 'show nosuch' 'metrics nosuch' 'cost nosuch' 'export nosuch' 'export h800-mpft --format png' 'export h800-mpft -o folder' \
  'show' 'cost h800-mpft --prices nosuch' 'cost h800-mpft --prices folder' 'metrics paper-slim-fly --json extra' 'nosuch' 'show {' \
  'show {kind:' 'show {} ' 'show {kind: torus}' 'export paper-slim-fly'; do
  # shellcheck disable=SC2086
  expect 2 '.' fabric $words
done

# --- memory, hosts, traffic
box='model: deepseek-v3\naccelerator: rtx-4090\ndeployment: {gpus: 1, concurrency: 1, context_tokens: 512}\ndecode: {precision: {weights: q4_k_m}}\n'
cpu='memory: {experts: {device: shared, host: routed, run: cpu}}\n'
refused 'one memory for CPU and GPU' "${box}host: apple-m2-ultra\n$cpu"
refused 'memory: does not fit: .* more than the 192 GB of i9-13900k' "${box}host: i9-13900k\n$cpu"
refused 'more than the 24.48 GB usable' "$box"
refused 'the network has no hosts' "${box}fabric: {kind: single-switch, nodes: 1, gpus_per_node: 2, nvlink_bandwidth: 1 GB/s}\nhost: {from: dual-xeon-6454s, gpu_link_bandwidth: 0 GB/s}\n$cpu"
for memory in 'kv: {host: 1.2}' 'kv: {host: -0.1}' 'kv: {device: 0.5, host: 0.6}' 'kv: {}' 'kv: {host: 0.5, read: later}' \
  'experts: {device: shared, host: shared}' 'experts: {device: 2}' 'experts: {host: routed, run: gpu}' 'experts: {host: 0.5, missed: 2}' \
  'weights: {device: 99 layers}' 'weights: {device: -1 layers}' 'weights: {device: 1.5}' 'weights: {}' 'weights: {device: 24 cars}' \
  'weights: {device: 3 layers, host: 3 layers}' 'neurons: {hot: 2}' 'neurons: {activation: gelu}' 'numa: remote' 'nosuch: 1'; do
  refused 'memory' "${box}host: dual-xeon-6454s\nmemory: {$memory}\n"
done
refused 'no routed experts' "model: llama-3.1-8b\ndeployment: {gpus: 1, requests_per_gpu: 1}\n$cpu"
for host in nosuch '{from: xeon-6454s, sockets: 2}' '{from: xeon-6454s, sockets: 0}' '{from: xeon-6454s, memory: {type: DDR5}}' \
  '{from: xeon-6454s, memory: {size: 0 GB}}' '{from: xeon-6454s, cpu: nosuch}' '{from: xeon-6454s, nosuch: 1}'; do
  refused '.' "${box}host: $host\n$cpu"
done
for traffic in '{kv: {weight: 0}}' '{kv: {weight: -1}}' '{kv: {priority: urgent}}' '{nosuch: {}}'; do
  refused 'traffic' "${box}host: dual-xeon-6454s\n${cpu}traffic: $traffic\n"
done

# --- models, keys, init, other commands
for words in 'show nosuch' 'show folder/' 'show ./pipe' 'show deepseek-v3 --context 0' 'show deepseek-v3 --context nan' \
  'show deepseek-v3 --context 1e300' 'show deepseek-v3 --weights int3' 'show deepseek-v3 --kv nosuch' 'show deepseek-v3 --assume x' \
  'show deepseek-v3 --assume =ignore' 'show' 'page nosuch.csv' 'page folder' 'nosuch'; do
  # shellcheck disable=SC2086
  expect 2 '.' model $words
done
for text in '' '[]' '{}' '{"model_type": 3}' '{"architectures": ["X"], "hidden_size": -1}' \
  '{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 2147483647, "num_attention_heads": 32, "intermediate_size": 8, "vocab_size": 9}' \
  '{"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 2, "num_attention_heads": 0, "intermediate_size": 8, "vocab_size": 9}' \
  '{"architectures": ["LlamaForCausalLM"], "hidden_size": 1e300, "num_hidden_layers": 2, "num_attention_heads": 1, "intermediate_size": 8, "vocab_size": 9}' \
  'name: x\nhidden: 0\n' 'name: x\nhidden: 1\nvocabulary: 1\nlayers: 1\nattention: {heads: 1, kv_heads: 2, head_dim: 1}\n' \
  'name: x\nfrom: ./self.yaml\n'; do
  printf '%b' "$text" >"given.$rows.yaml"
  expect 2 '.' model show "./given.$rows.yaml"
done
printf 'from: ./self.yaml\n' >self.yaml
expect 2 'leads back' model show ./self.yaml
printf 'model: {from: llama-3.1-8b, layers: 2}\naccelerator: h100\nfabric: hgx-h100\nserving: {decode: {gpus: 1}}\nrequests: {arrivals: {constant: 2 /s}, prompt_tokens: 64, output_tokens: 4, duration: 2 s, limits: {ttft: 1 s}}\n' >served.yaml
for words in 'keys nosuch' 'keys deployment.nosuch' 'init --model nosuch' 'init --accelerator nosuch' 'init --fabric nosuch' \
  'init --gpus 0' 'init --gpus 1000000' 'init --gpus x' 'init -o folder' 'init -o nosuch/x.yaml' 'completion csh' 'completion' \
  'validate nosuch' 'validate --page folder' 'chakra export small.yaml' 'chakra export small.yaml -o small.yaml' \
  'chakra export nosuch.yaml -o x' 'chakra' 'optimize small.yaml' 'optimize small.yaml --tpot 5' 'optimize small.yaml --tpot nan' \
  'optimize small.yaml --tpot -1ms' 'optimize small.yaml --tpot 50ms --batch 0' 'optimize small.yaml --tpot 50ms --batch x' \
  'optimize small.yaml --tpot 50ms --ep 0' 'optimize small.yaml --tpot 50ms --fabric nosuch' 'optimize nosuch --tpot 50ms' \
  'optimize small.yaml --tpot 50ms --prices folder' 'optimize small.yaml --tpot 50ms --ttft 1s' \
  'optimize small.yaml --most-load' 'optimize served.yaml --ep 8' 'optimize served.yaml --ttft x' 'optimize served.yaml --keep 2' \
  'optimize served.yaml --fabric nosuch' 'optimize served.yaml --vary serving.decode.unit=2' 'optimize served.yaml --vary x' \
  'optimize served.yaml --vary serving.decode.units=0' 'optimize served.yaml --cache small.yaml/x --prices nosuch' 'sensitivity nosuch' 'sensitivity small.yaml --by 0' 'sensitivity small.yaml --by x' \
  'run small.yaml --set deployment.placement=nosuch' 'run small.yaml --set deployment.placement=[0,0]' \
  'run small.yaml --set deployment.placement=[0]' 'run small.yaml --set deployment.placement=[0,99999]' 'run small.yaml --set deployment.placement={}' \
  'what-if' 'what-if nosuch' 'what-if small.yaml --wishes nosuch' 'what-if small.yaml --wishes folder' 'what-if small.yaml --wishes small.yaml' \
  'what-if small.yaml --html folder' 'what-if small.yaml --set phase=prefill' 'what-if small.yaml --prices folder' 'what-if small.yaml --set fabric.nosuch=1' 'sensitivity small.yaml --by -5' 'compare' 'compare nosuch nosuch' 'compare folder folder' 'compare small.yaml folder:1' \
  'compare small.yaml nosuch:99999999999999999999' 'compare small.yaml small.yaml --html folder' 'help nosuch' 'nosuch' '--nosuch' \
  'run small.yaml --explain nosuch' 'run small.yaml --trace x.png' 'run small.yaml --trace folder' 'run small.yaml --out small.yaml' \
  'run small.yaml --out /proc/x' 'run small.yaml --trace t.json --trace-layers 9-3' 'run small.yaml --trace t.json --trace-layers x' \
  'run small.yaml --trace t.json --trace-window 5ms' 'run small.yaml --trace t.json --trace-window x..y' \
  'run small.yaml --trace t.json --trace-gpus -1' 'run small.yaml --limit-memory nan' 'run small.yaml --limit-memory -5GB' \
  'run --workload folder' 'run --workload folder --fabric nosuch' 'run small.yaml --workload folder' 'run small.yaml extra.yaml' 'run'; do
  # shellcheck disable=SC2086
  expect 2 '.' $words
done
printf '{"tpot_ms": "x"}' >odd.json
expect 2 '.' compare odd.json small.yaml
printf '[1, 2' >cut.json
expect 2 '.' compare cut.json small.yaml

# --- serving stacks and libraries
printf 'from: nccl\nall-to-all: {sm_share: 0.5}\n' >odd.yaml
expect 2 '.' run small.yaml --set decode.communication=./odd.yaml
printf 'from: deepep-normal\ndispatch: {sm_share: 1, library: x}\n' >all.yaml
expect 2 'below 1' run small.yaml --set decode.communication=./all.yaml
for set in 'decode.runtime={from: vllm, per_layer: -1 us}' 'decode.runtime={from: vllm, per_layer: 1e300 s}' 'decode.runtime={per_step: 3}' \
  'decode.collectives={all-to-one: nccl}' 'decode.collectives={all-reduce: nosuch}' 'decode.collectives=nccl' 'decode.precision.kv=fp3' \
  'decode.precision.weights={experts: nosuch}' 'decode.acceptance=1.5' 'decode.routing.exponent=-1' 'decode.routing.drift=1.5' 'decode.routing.drift=0.1' \
  'decode.routing.exponent=1e300' 'decode.routing={load: zipf, exponent: nan}' 'decode.overlap=both' 'phase=training' 'phase=[prefill]' \
  'simulation.network=packet' 'simulation.compute=guessed' 'simulation.seed=1.5' 'deployment.memory_fraction=0' 'deployment.memory_fraction=2' \
  'deployment.concurrency=0' 'deployment.concurrency=99999999999' 'deployment={}x' 'accelerator.nosuch=1' 'accelerator=[]' \
  'fabric.failures=[{link: nosuch}]' 'fabric.failures=[{plane: 99}]' 'fabric.failures=[{plane: -1}]' 'fabric.failures=[3]' 'fabric.failures=3' \
  'fabric.failures=[{switch: nosuch}]' 'fabric.oversubscription=0' 'fabric.oversubscription=nan' 'fabric.oversubscription=1e300' \
  'fabric.technology=[nosuch]' 'fabric.technology=3' 'fabric.planes_failed=99' 'fabric.planes_failed=-1' 'fabric.cable_m=-1' 'fabric.cable_m=1e300' \
  'fabric.message_overhead={nic: -1 us}' 'fabric.nodes=0' 'fabric.gpus_per_node=0' 'fabric.nodes=1.5' 'fabric.kind=nosuch' 'fabric.routing=shortest' \
  'fabric.routing={policy: ugal, minimal_share: 2}' 'fabric.routing={policy: ecmp, flows: 0}' 'fabric.routing=[]'; do
  expect 2 '.' run small.yaml --set "$set"
done

# --- output that nobody takes
printf 'base: small.yaml\nname: swept\naxes: {simulation.seed: [1]}\n' >swept.yaml
"$program" sweep swept.yaml --out swept >out 2>&1 || { echo "FAILED: a sweep of one point: $(cat out)"; failed=1; }
"$program" run small.yaml --json >small.json 2>err || { echo "FAILED: a run: $(cat err)"; failed=1; }
full fabric show h800-mpft
full fabric metrics gb200-nvl72 --json
full fabric cost h800-mpft
full fabric export gb200-nvl72
full model list
full model show deepseek-v3 --yaml
full keys deployment
full keys --schema
full init --model llama-3.1-8b --accelerator h100 -o -
full completion bash
full man
full help run
full --version
full serve service.yaml --cache ''
full sweep swept.yaml --out swept
full sweep --collect swept
full compare small.json swept:1
full compare small.json swept:1 --json
full sensitivity service.yaml
full optimize small.yaml --tpot 50ms --batch 8 --ep 16
full validate deepep-low-latency-h800-nvlink
full chakra export service.yaml -o traces
full run --workload traces --fabric hgx-h100 --json

echo "$rows rows"
exit $failed

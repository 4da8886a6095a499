#!/bin/bash
# The table of wrong inputs (tests/hard_inputs.sh) goes on here with keys that no section has, YAML's own traps, numbers and
# units written wrong, lists changed by --set, and options of other commands. Usage: hard_keys.sh <program> <project> <server>
set -u
program=$1 root=$2 server=$3
# shellcheck source=tests/hard_rows.sh
. "$root/tests/hard_rows.sh"

printf 'model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 16, requests_per_gpu: 8}\ndecode: {draft_tokens: 0}\n' >small.yaml
tiny='model: {from: mixtral-8x7b, layers: 2}\ndeployment: {gpus: 8, requests_per_gpu: 4}\n'

# --- a key that nobody reads would change a figure by not being read: each section refuses it
for section in '' model. model.experts. model.attention. deployment. decode. decode.routing. decode.precision. decode.runtime. \
  decode.communication. simulation. fabric. accelerator. accelerator.kernels.gemm. traffic.kv. memory. host.; do
  expect 2 'unknown key|nosuch' run small.yaml --set "${section}nosuch=1"
done
refused 'give nvlink_bandwidth, or a technology' 'model: {from: mixtral-8x7b, layers: 2}\ndeployment: {gpus: 8, requests_per_gpu: 4}
fabric: {kind: multi-rail-fat-tree, nodes: 4, gpus_per_node: 8, nic_bandwidth: 400 Gbps, technology: infiniband-ndr}\n'
refused 'did you mean .layers' 'model: {from: mixtral-8x7b, layres: 2}\n'
for section in prefill requests serving training; do expect 2 'expected a mapping' run small.yaml --set "$section=5"; done
expect 2 'host' run small.yaml --set host=nosuch
expect 2 'host' run small.yaml --set 'host=[x]'
expect 2 'unknown key "0"' run small.yaml --set deployment.requests_per_gpu.0=4

printf 'base: small.yaml\naxes: {deployment.gpuss: {from: 1, to: 100000, step: 1}}\n' >many.yaml
expect 2 'did you mean .deployment.gpus' sweep many.yaml --out nowhere

# --- what newcomers write: a wrong key is said before what does not fit, and by the name they know it
expect 2 'did you mean .deployment' run small.yaml --set deployement.gpus=8
for alias in tp:tensor_parallel ep:expert_parallel pp:pipeline_parallel batch:requests_per_gpu batch_size:requests_per_gpu \
  isl:context_tokens; do
  expect 2 "write ${alias#*:}" run small.yaml --set "deployment.${alias%:*}=8"
done
expect 2 'did you mean .nic_bandwidth' run small.yaml --set 'fabric.nic_bandwith=400 Gbps'
expect 2 '^--set fabric.nic_bandwidth: ' run small.yaml --set 'fabric.nic_bandwidth=400 Gpbs'
refused 'does not fit.*so would' 'model: llama-3.1-70b\naccelerator: h100\nfabric: hgx-h100\ndeployment: {gpus: 8, requests_per_gpu: 4}\n'
expect 2 'write 2000, or 2048' run small.yaml --set deployment.context_tokens=2k
expect 2 'write 0.85' run small.yaml --set decode.acceptance=85%
expect 2 'did you mean one of llama-3' run small.yaml --set model=llama3
expect 2 'such as .weights' run small.yaml --set decode.precision=fp8

# --- YAML
for text in '<<: *nosuch\n' 'deployment: {<<: {gpus: 8}}\n' "${tiny}deployment: {gpus: 4}\n" '---\n...\n---\n' \
  '# nothing but a comment\n' 'model: mixtral\0000-8x7b\n' '\0357\0273\0277\0357\0273\0277model: deepseek-v3\n' \
  '\0377\0376m\0000o\0000\n' "${tiny}decode: {overlap: !!int none1}\n" 'model: deepseek-v3\n deployment: {gpus: 8}\n' \
  '{model: deepseek-v3, deployment: {gpus: 8}\n' 'model: [deepseek-v3]\n' '- model: deepseek-v3\n' 'deepseek-v3\n' \
  'model: {from: deepseek-v3, from: mixtral-8x7b}\n' 'model: {from: [deepseek-v3]}\n' \
  'MODEL: deepseek-v3\n' 'model: Deepseek-V3\n' 'model : deepseek-v3 \n\tdeployment: {gpus: 8}\n' 'model: "deepseek-v3\\0"\n' \
  'model: ../models/deepseek-v3\n' 'model: ~root/x.yaml\n' 'model: http://example.com/x.yaml\n'; do
  refused '.' "$text"
done
printf '%b' "${tiny//'\n'/'\r\n'}" >crlf.yaml
fine run crlf.yaml
printf '%b' "${tiny//'\n'/'\r'}" >cr.yaml
fine run cr.yaml

# --- numbers and units
for value in 1e 1_000 0x10 0o17 +-5 5. ٥ 5,000 '"8 GPUs"' true '' '~' 1e400 -0 1e-5 16.5 NaN .inf 9999999999999999999999 '[16]' \
  '{gpus: 16}' '16;rm' '$(id)'; do
  expect 2 '.' run small.yaml --set "deployment.gpus=$value"
done
for value in 5 '5 Gb' '5 gbps/s' '5e999 Gbps' 'Gbps' '5 Gbps Gbps' '0x5 Gbps' '5,5 Gbps' '1/2 Gbps' '5%' '[5 Gbps]' '∞ Gbps'; do
  expect 2 '.' run small.yaml --set "fabric.nic_bandwidth=$value"
done
for value in 5 '5 sec' '1 h' '2e9 s' '1 us us' 'us' '-0.0001 ns' '5 m'; do
  expect 2 '.' run small.yaml --set "fabric.switch_latency=$value"
done

# --- lists, names and sections by --set
for set in 'deployment.requests_per_gpu[0]=4' 'deployment[gpus]=4' 'decode.acceptance=[0.5, 2]' 'decode.acceptance=[[0.5]]' \
  'deployment.requests_per_gpu=[]' 'deployment.requests_per_gpu=[4, -1]' 'deployment.requests_per_gpu=[4, x]' \
  'deployment.requests_per_gpu=[1.5]' 'deployment.attention_gpus=0' 'deployment.attention_gpus=' 'deployment.attention_gpus=[1]' \
  'deployment.attention_gpus=2147483647' 'deployment.feed_forwards=routed' 'deployment.feed_forwards=x' 'deployment.placement=[1, 1]' 'deployment.placement=[1.5, 2]' 'deployment.placement=[[0], [1]]' \
  'deployment.placement=[2147483647, 0]' 'deployment.placement=scatter' 'fabric.failures=[{}]' \
  'fabric.failures=[{link: nvl-0-0, plane: 1}]' 'fabric.failures=[{link: [nvl-0-0]}]' 'fabric.failures={link: nvl-0-0}' \
  'fabric.failures=[{tier: nosuch}]' 'fabric.degrade=[{link: nvl-0-0, to: 0}]' 'fabric.degrade=3' '==' 'a=b=c' 'deployment.gpus' \
  ' =1' 'deployment.=1' '{a: b}=1' 'model=deepseek-v3=x' $'a\nb=1' 'deployment.gpus=*a' 'decode.collectives={all-reduce: [nccl]}' \
  'decode.communication.dispatch.carry=x' 'decode.communication={from: nccl, dispatch: {carry: 3}}' \
  'decode.communication={from: deepep-normal, dispatch: {carry: {nosuch: 1}}}' 'decode.draft={from: nosuch}' 'decode.draft=.' \
  'decode.draft_tokens=1.5' 'decode.acceptance=-0.1' 'decode.routing=[]' 'decode.routing={load: file}' 'decode.routing={load: trace}' \
  'simulation.seed=0x1' 'simulation.replicas=0' 'simulation.replicas=1e9' 'traffic=[]' 'traffic.kv.weight=nan' 'traffic.kv.weight=1e300' \
  'traffic.kv.priority=1' 'jobs=' 'jobs=3' 'jobs=[]' 'jobs=[3]' 'jobs=[{}, x]' 'jobs={a: {}}' 'jobs=[{fabric: h800-ft3}]' \
  'jobs=[{name: a}, {name: a}]' 'jobs=[{nosuch: 3}]' 'jobs=[{name: [a]}]' 'jobs=[{jobs: []}]' 'jobs=[{phase: training}]' \
  'jobs=[{deployment: {gpus: 100000}}]' 'jobs=[{deployment: {gpus: 16, placement: [0, 1]}}, {deployment: {gpus: 8, placement: [1]}}]' \
  'jobs=[{deployment: 3}]' 'memory=x' 'memory=[]' 'memory.kv=0.5' 'phase=decode,prefill' 'phase=' 'platform=' 'platform=[]'; do
  expect 2 '.' run small.yaml --set "$set"
done

# --- options of other commands, values that are none
for words in 'run small.yaml --tpot 50ms' 'run small.yaml --gpus 8' 'run small.yaml -j 2' 'run small.yaml --out' 'run small.yaml --set' \
  'run small.yaml --json=maybe' 'run -- --json' 'run @small.yaml' 'run -' 'run small.yaml --html=' 'run small.yaml --trace=' \
  'run small.yaml --assume x' 'run small.yaml --assume =' 'serve small.yaml' 'serve small.yaml --explain' 'serve' \
  'availability' 'availability nosuch.yaml' 'availability small.yaml --fabric nosuch' 'availability small.yaml --reliability nosuch.yaml' \
  'availability small.yaml --reliability small.yaml' 'availability small.yaml --set platform=x.xml' 'availability small.yaml --set phase=prefill' \
  'serve small.yaml --cache small.yaml' 'sweep small.yaml' 'sweep small.yaml --shard 3/2' 'sweep small.yaml -j 0' 'sweep small.yaml -j -1' \
  'sweep small.yaml --engine nosuch' 'sensitivity small.yaml --by' 'collective --fabric h800-mpft --gpus eight --bytes 1MiB' \
  'collective --fabric h800-mpft --gpus 8.5 --bytes 1MiB' 'collective --fabric h800-mpft --gpus 8 --bytes 1..2' \
  'collective --fabric h800-mpft --gpus 8 --bytes 1MiB --from 1' 'collective --fabric h800-mpft --gpus 8 --bytes 1MiB --to 1' \
  'fabric cost' 'fabric export h800-mpft --format' 'platform' 'platform h800-mpft --gpus' 'keys a b' 'keys ..' 'model list nosuch' \
  'optimize small.yaml --tpot 50' 'optimize small.yaml --tpot 1e300ms' 'validate --plot' 'chakra export' 'chakra import x' \
  'validate --curves .' 'completion bash fish' 'run small.yaml --limit-memory 0' '--limit-memory 1GB' '--json' '--set a=b' '-j' 'man x'; do
  # shellcheck disable=SC2086
  expect 2 '.' $words
done

echo "$rows rows"
exit $failed

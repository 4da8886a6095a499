#!/bin/sh
# Pages that the program writes, looked at and used in a real browser: Chromium, driven by puppeteer-core.
# Usage: pages_test.sh TEAPOT SOURCE. Exit code 77: skipped, where Chromium, node or puppeteer-core is missing; with
# TEAPOT_MUST_RUN=1, as continuous integration sets it, puppeteer-core is installed, and not to run is a failure.
set -u
teapot=$1 source=$2
must=${TEAPOT_MUST_RUN-}
export TEAPOT_HOME="$source"
skip() {
  [ -z "$must" ] || { echo "FAILED: must run, and cannot: $*"; exit 1; }
  echo "skipped: $*"
  exit 77
}
browser=
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then browser=$(command -v "$name") && break; fi
done
[ -n "$browser" ] || skip "no Chromium (apt-get install chromium)"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || skip "no node and npm (apt-get install nodejs npm)"
installed() { [ -f "$source/tests/browser/node_modules/puppeteer-core/package.json" ]; }
install() { (cd "$source/tests/browser" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || rm -rf "$source/tests/browser/node_modules"; }
if [ -n "$must" ] && ! installed; then
  for attempt in 1 2 3; do
    install && break
    echo "attempt $attempt to install puppeteer-core failed"
    sleep 5
  done
fi
installed || skip "no puppeteer-core (cd tests/browser && npm ci)"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
small='--set deployment.gpus=16 --set deployment.expert_parallel=16 --set decode.routing.load=uniform'
memory='accelerator={from: h800, memory: 400 GiB}'
example=$source/examples/deepseek-v3-h800.yaml
cat >"$dir/fabrics.yaml" <<YAML
base:
  from: $example
  accelerator: {from: h800, memory: 400 GiB}
  deployment: {gpus: 16, expert_parallel: 16}
axes:
  design:
    variants:
      mpft: {fabric: {from: h800-mpft, nodes: 64}}
      same: {fabric: {from: h800-mpft, nodes: 64}, simulation: {seed: 2}}
      slower: {fabric: {from: h800-mpft, nodes: 64, nic_bandwidth: 200 Gbps}}
      three-layers: {fabric: {from: h800-ft3, nodes: 64}}
YAML
# Words of $small are meant to split.
# shellcheck disable=SC2086
"$teapot" run "$example" $small --set "$memory" --html "$dir/run.html" >/dev/null || fail "run --html"
"$teapot" sweep "$dir/fabrics.yaml" -j 2 --out "$dir/results" --html "$dir/sweep.html" >/dev/null 2>&1 || fail "sweep --html"
"$teapot" compare "$dir/results:1" "$dir/results:3" "$dir/results:4" --html "$dir/comparison.html" >/dev/null ||
  fail "compare --html"
# shellcheck disable=SC2086
"$teapot" what-if "$example" $small --set "$memory" --html "$dir/wishes.html" >/dev/null 2>&1 || fail "what-if --html"
cat >"$dir/service.yaml" <<YAML
model: qwen3-30b-a3b
accelerator: h800
fabric: {from: h800-mpft, nodes: 4}
decode: {overlap: none, runtime: sglang-0.5}
requests:
  arrivals: {poisson: 20 /s}
  prompt_tokens: 1000
  output_tokens: 100
  duration: 20 s
  limits: {ttft: 1 s, tpot: 9 ms}
serving:
  placement: disaggregated
  prefill: {gpus: 8, expert_parallel: 8}
  decode: {gpus: 16, expert_parallel: 16}
  failures: [{plane: 3, at: 8 s, until: 14 s}]
YAML
"$teapot" serve "$dir/service.yaml" --cache "$dir/cache" --loads 0.5,1,2 --max-load --html "$dir/serving.html" >/dev/null 2>&1 ||
  fail "serve --html"
CHROMIUM=$browser node "$source/tests/browser/look.mjs" "$dir" "${KEEP_PICTURES-}"

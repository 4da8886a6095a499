#!/bin/sh
# A newcomer's ten minutes: init, run, change a key, get keys wrong, compare, sweep, read the page. Run with the program
# and the project's folder. Says what went otherwise than the README promises.
set -eu
teapot=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
TEAPOT_HOME=$root
export TEAPOT_HOME

fail() { echo "newcomer: $*" >&2; exit 1; }
says() { # says PATTERN COMMAND...: exit 0, and the output has the pattern
  pattern=$1; shift
  "$@" > out 2> err || fail "$* failed: $(cat err)"
  grep -qe "$pattern" out || fail "$*: no \"$pattern\" in: $(head -5 out)"
}
refuses() { # refuses PATTERN COMMAND...: exit 2, and the complaint has the pattern
  pattern=$1; shift
  code=0; "$@" > out 2> err || code=$?
  [ $code -eq 2 ] || fail "$*: exit $code, not 2"
  grep -qe "$pattern" err || fail "$*: no \"$pattern\" in: $(cat err)"
}

# What is there?
says 'init' "$teapot" --help
says 'binding' "$teapot" help
says 'SCENARIO' "$teapot" help run
says 'GPUs that share' "$teapot" keys deployment.tensor_parallel
says 'oversubscription' "$teapot" keys fabric
refuses 'examples/deepseek-v3-h800.yaml' "$teapot" run

# A scenario that runs, for a model of each family.
says 'wrote scenario.yaml' "$teapot" init --model llama-3.1-70b --accelerator h100 --gpus 8
says 'TPOT' "$teapot" run scenario.yaml
says '"binding"' "$teapot" run scenario.yaml --json
refuses 'exists already' "$teapot" init
says 'expert_parallel' "$teapot" init --model qwen3-30b-a3b --accelerator rtx-4090 -o -
says 'wrote moe.yaml' "$teapot" init --model qwen3-30b-a3b --accelerator h100 -o moe.yaml
says 'TPOT' "$teapot" run moe.yaml

# A key changed, and keys gotten wrong.
says '16 requests a GPU' "$teapot" run scenario.yaml --set deployment.requests_per_gpu=16
refuses 'write deployment.tensor_parallel\|write tensor_parallel' "$teapot" run scenario.yaml --set deployment.tp=8
refuses 'did you mean "deployment"' "$teapot" run scenario.yaml --set deployement.gpus=8
refuses '^--set fabric.nvlink_bandwidth: .*with its unit' "$teapot" run scenario.yaml --set fabric.nvlink_bandwidth=900
refuses 'requests a GPU would' "$teapot" run scenario.yaml --set deployment.requests_per_gpu=100000

# Two designs side by side, a sweep, a page.
cp scenario.yaml faster.yaml
says 'fabric.name' "$teapot" compare scenario.yaml "$root/examples/qwen3-235b-4-nodes.yaml"
cat > sweep.yaml <<'END'
base: scenario.yaml
axes:
  deployment.requests_per_gpu: [1, 2, 4]
END
says 'points' "$teapot" sweep sweep.yaml --html sweep.html
grep -q '<html' sweep.html || fail "the sweep wrote no page"
says 'TPOT' "$teapot" run scenario.yaml --html run.html
grep -q '<html' run.html || fail "the run wrote no page"

# Completion and the manual page.
"$teapot" completion bash > completion.bash
bash -c '. ./completion.bash; COMP_WORDS=(teapot ru); COMP_CWORD=1; _teapot; [ "${COMPREPLY[0]}" = run ]' ||
  fail "bash does not complete ru to run"
bash -c '. ./completion.bash; COMP_WORDS=(teapot run --js); COMP_CWORD=2; _teapot; [ "${COMPREPLY[0]}" = --json ]' ||
  fail "bash does not complete --js to --json"
says 'complete -c teapot' "$teapot" completion fish
says 'compdef' "$teapot" completion zsh
says '\.TH TEAPOT' "$teapot" man
echo "newcomer: as promised"

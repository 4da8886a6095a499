#!/bin/sh
# A sweep as a job array on a real Slurm of one node, started here and stopped at the end: the same bytes as without Slurm.
# Usage: sweep_slurm.sh TEAPOT (the program). Exit code 77: skipped, where Slurm is not installed or does not start; with
# TEAPOT_MUST_RUN=1, as continuous integration sets it, what is missing is installed, and not to run is a failure.
set -u
teapot=$1
must=${TEAPOT_MUST_RUN-}
skip() {
  [ -z "$must" ] || { echo "FAILED: must run, and cannot: $*"; exit 1; }
  echo "skipped: $*"
  exit 77
}
missing() {
  for program in slurmctld slurmd munged sbatch sinfo; do
    command -v "$program" >/dev/null 2>&1 || { echo "$program is not installed (apt-get install slurm-wlm munge)"; return; }
  done
}
[ "$(id -u)" = 0 ] || skip "starting Slurm takes root"
if [ -n "$must" ] && [ -n "$(missing)" ]; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge; } \
    >/dev/null 2>&1
fi
[ -z "$(missing)" ] || skip "$(missing)"

dir=$(mktemp -d) || exit 1
host=$(hostname -s)
munge_pid=''
stop() {
  for daemon in slurmd ctld; do
    [ -f "$dir/$daemon.pid" ] && kill "$(cat "$dir/$daemon.pid")" 2>/dev/null
  done
  [ -n "$munge_pid" ] && kill "$munge_pid" 2>/dev/null
  sleep 1
  rm -rf "$dir"
}
trap stop EXIT
fail() { echo "FAILED: $*"; exit 1; }

# munged refuses keys and sockets in folders that others may write to, so everything of its own lies in /run/munge.
if ! munge -n >/dev/null 2>&1; then
  getent passwd munge >/dev/null || skip "there is no user munge"
  mkdir -p /run/munge && chown munge /run/munge
  [ -f /etc/munge/munge.key ] || su -s /bin/sh munge -c 'mungekey -c' >/dev/null 2>&1 || skip "there is no /etc/munge/munge.key"
  su -s /bin/sh munge -c munged >"$dir/munge.log" 2>&1 || skip "munged does not start: $(tail -n 1 "$dir/munge.log")"
  sleep 1
  munge -n >/dev/null 2>&1 || skip "munged does not answer"
  munge_pid=$(cat /run/munge/munged.pid 2>/dev/null)
fi

mkdir "$dir/state" "$dir/spool" "$dir/log"
cat >"$dir/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmdSpoolDir=$dir/spool
StateSaveLocation=$dir/state
SlurmUser=root
SlurmctldLogFile=$dir/log/ctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldPort=36817
SlurmdPort=36818
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF="$dir/slurm.conf"
slurmctld -f "$SLURM_CONF" >"$dir/log/start" 2>&1 || skip "slurmctld does not start: $(tail -n 1 "$dir/log/start")"
slurmd -f "$SLURM_CONF" >"$dir/log/start" 2>&1 || skip "slurmd does not start: $(tail -n 1 "$dir/log/start")"
idle=''
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sinfo -h -o %t 2>/dev/null | grep -q '^idle' && idle=yes && break
  sleep 1
done
[ -n "$idle" ] || skip "the node does not become idle: $(tail -n 1 "$dir/log/ctld.log")"

cat >"$dir/sweep.yaml" <<'YAML'
base:
  model: {from: deepseek-v3, layers: 6}
  fabric: {from: h800-mpft, nodes: 8}
  deployment: {gpus: 64, expert_parallel: 64}
  decode: {routing: {load: uniform}}
axes:
  deployment.requests_per_gpu: {from: 8, to: 64, factor: 2}
  fabric.nic_bandwidth: [200 Gbps, 400 Gbps]
YAML
"$teapot" sweep "$dir/sweep.yaml" --out "$dir/here" >/dev/null 2>&1 || fail "the sweep without Slurm"
"$teapot" sweep "$dir/sweep.yaml" --engine slurm --tasks 3 --wait --out "$dir/there" >"$dir/output" 2>&1 ||
  fail "the sweep on Slurm: $(tail -n 3 "$dir/output"; cat "$dir"/there/slurm-*.log 2>/dev/null)"
for file in results.csv results.json plan.json; do
  cmp "$dir/here/$file" "$dir/there/$file" || fail "$file differs"
done
"$teapot" sweep "$dir/sweep.yaml" --engine slurm --tasks 2 --out "$dir/later" >"$dir/output" 2>&1 || fail "submitting"
grep -q '^submitted job' "$dir/output" || fail "the message of submitting: $(cat "$dir/output")"
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -z "$(squeue -h)" ] && break
  sleep 1
done
"$teapot" sweep --collect "$dir/later" >/dev/null 2>&1 || fail "collecting"
cmp "$dir/here/results.csv" "$dir/later/results.csv" || fail "results.csv after --collect differs"
echo "a Slurm array and one machine: the same bytes"

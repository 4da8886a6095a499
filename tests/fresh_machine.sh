#!/bin/sh
# The README's commands on a machine that has nothing: a clean chroot of Debian 12 (bookworm) or 13 (trixie), a fresh
# clone, `./teapot run` with all digits of its TPOT and, with `test` as second argument, `./teapot test`.
# Run by hand as root (needs debootstrap, git and about 2 GB): tests/fresh_machine.sh bookworm|trixie [test]
set -eu

release=${1:?usage: tests/fresh_machine.sh bookworm|trixie [test]}
also_test=${2-}
project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
machine=$(mktemp -d "${TMPDIR:-/var/tmp}/teapot-$release.XXXXXX")

cleanup() {
  umount "$machine/proc" 2>/dev/null || true
  rm -rf --one-file-system "$machine"
}
trap cleanup EXIT INT TERM

echo "== $release: a minimal system"
debootstrap --variant=minbase "$release" "$machine" >"$machine.log" 2>&1 || {
  tail -n 5 "$machine.log"
  exit 3
}
rm -f "$machine.log"
mount -t proc proc "$machine/proc"
# What this machine knows about reaching the archive holds for the new one.
cp /etc/resolv.conf /etc/hosts "$machine/etc/"
cp /etc/apt/apt.conf.d/*proxy* "$machine/etc/apt/apt.conf.d/" 2>/dev/null || true
git clone --quiet "$project" "$machine/teapot"

inside() {
  chroot "$machine" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} sh -c "cd /teapot && $1"
}

echo "== $release: ./teapot run examples/deepseek-v3-h800.yaml"
inside './teapot run examples/deepseek-v3-h800.yaml'
inside './teapot run examples/deepseek-v3-h800.yaml --json' | grep -E '"(tpot|step)_ms"'
inside './teapot run examples/deepseek-v3-nvl72.yaml --json' | grep -E '"(tpot|step)_ms"'
inside 'g++ --version | head -n 1; pkg-config --modversion simgrid'
if [ "$also_test" = test ]; then
  echo "== $release: ./teapot test"
  inside './teapot test'
fi

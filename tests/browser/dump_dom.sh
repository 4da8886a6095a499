#!/bin/sh
# Opens an HTML file in headless Chromium, lets it run, and prints the page as it is then; another argument is a file
# for a screenshot (PNG) instead. Exit code 77: there is no Chromium here.
set -eu
page=$1
browser=
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then browser=$name; break; fi
done
if [ -z "$browser" ]; then
  echo "no Chromium: install Debian's package chromium to test pages in a browser" >&2
  exit 77
fi
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
what=--dump-dom
[ $# -gt 1 ] && what=--screenshot=$2
timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --disable-component-update --disable-sync --hide-scrollbars --window-size="${WINDOW:-1300,3000}" \
  --user-data-dir="$profile" $what "file://$page" 2>/dev/null

#!/bin/sh
# The picture in docs/ARCHITECTURE.md is what docs/draw_rooms.sh draws from the code. Usage: architecture_test.sh <project>
set -eu
root=$1
drawn=$("$root/docs/draw_rooms.sh" "$root")
shown=$(sed -n '/^```mermaid$/,/^```$/p' "$root/docs/ARCHITECTURE.md" | sed '1d;$d')
[ "$drawn" = "$shown" ] || {
  echo "docs/ARCHITECTURE.md shows other rooms than the code has; put the output of docs/draw_rooms.sh there"
  exit 1
}

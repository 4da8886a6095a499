#!/bin/sh
# Draws the rooms of the house as a Mermaid graph: an arrow from a room to one whose headers it includes, without those
# that follow from others. Reads the includes; knows no room by name. Usage: docs/draw_rooms.sh [project]
set -eu
cd "${1:-$(dirname -- "$0")/..}"

find sim topologies workloads platforms analysis -name '*.?pp' | LC_ALL=C sort | xargs grep -H '^#include "' |
  awk -F'[:"]' '
    # A room is a folder of a floor, or the floor itself; writers below analysis/output are rooms of their own.
    function room(path, parts, n) {
      n = split(path, parts, "/")
      if (n == 2) return parts[1]
      if (n > 3 && parts[1] "/" parts[2] == "analysis/output") return parts[1] "/" parts[2] "/" parts[3]
      return parts[1] "/" parts[2]
    }
    # main and the version are open to all of analysis.
    $1 ~ /^analysis\/[a-z]+\.[ch]pp$/ || $3 ~ /^analysis\/[a-z]+\.hpp$/ { next }
    { from = room($1); to = room($3); rooms[from] = 1
      if (to != from && $3 ~ /^(sim|topologies|workloads|platforms|analysis)\//) { rooms[to] = 1; edge[from, to] = 1 } }
    END {
      for (pair in edge) path[pair] = 1
      for (k in rooms) for (a in rooms) if ((a, k) in path) for (b in rooms) if ((k, b) in path) path[a, b] = 1
      for (pair in edge) {
        split(pair, ends, SUBSEP)
        follows = 0
        for (k in rooms) {
          if (!((ends[1], k) in path) || !((k, ends[2]) in path)) continue
          if (!((k, ends[1]) in path) && !((ends[2], k) in path)) follows = 1
        }
        if (!follows) print "  " id(ends[1]) "[" ends[1] "] --> " id(ends[2]) "[" ends[2] "]"
      }
    }
    function id(name) { gsub("/", "_", name); return name }' |
  LC_ALL=C sort | { echo 'graph TD'; cat; }

#!/bin/sh
# Draws what KV cache in the hosts' memory costs DeepSeek-V3 on 128 H800, with and without priority for tokens on their way to
# experts: TPOT, and how long dispatch and combine take. Writes the picture, prints the table of docs/kv-offload.md.
# Usage: docs/draw_kv_offload.sh [program] [picture]
set -eu
cd "$(dirname -- "$0")/.."
program=${1:-./teapot} picture=${2:-examples/pictures/kv-offload.svg}
for host in 0 0.02 0.05 0.1 0.2 0.4 0.6 0.8 1; do
  for priority in normal high; do
    "$program" run examples/kv-offload.yaml --set "memory.kv.host=$host" --set "traffic.experts.priority=$priority" --json |
      tr -d ' \n' | sed -E "s/.*\"tpot_ms\":([0-9.]+).*\"exposed_communication_ms\":([0-9.]+).*/$host $priority \1 \2 &/" |
      sed -E 's/^([^ ]+ [^ ]+ [^ ]+ [^ ]+) .*"name":"dispatch","kind":"communication","calls":[0-9]+,"busy_ms":([0-9.]+).*"name":"combine","kind":"communication","calls":[0-9]+,"busy_ms":([0-9.]+).*/\1 \2 \3/'
    echo
  done
done | awk -v picture="$picture" '
  function x(part) { return left + 360 * part }
  function y(value) { return 316 - 270 * value / high }
  function panel(at, title, column, to, step,    i, v, line, p) {
    left = at; high = to
    printf "<text x=\"%d\" y=\"30\" font-size=\"14\" font-weight=\"bold\">%s</text>\n<rect x=\"%d\" y=\"46\" width=\"360\" height=\"270\" fill=\"none\" stroke=\"#888\"/>\n", at, title, at >picture
    for (v = 0; v <= to; v += step)
      printf "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%d</text>\n", at, y(v), at + 360, y(v), at - 6, y(v) + 4, v >picture
    for (v = 0; v <= 100; v += 20)
      printf "<text x=\"%.1f\" y=\"332\" font-size=\"11\" text-anchor=\"middle\">%d%%</text>\n", x(v / 100), v >picture
    for (p = 1; p <= 2; ++p) {
      line = ""
      for (i = 1; i <= n; ++i) line = line sprintf("%.1f,%.1f ", x(part[i]), y(value[i, p, column]))
      printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", line, p == 1 ? "#c0392b" : "#1f6fb2", p == 1 ? "" : " stroke-dasharray=\"6 3\"" >picture
    }
  }
  NF < 6 { next }
  $2 == "normal" { part[++n] = $1 }
  { p = $2 == "normal" ? 1 : 2; value[n, p, 1] = $3; value[n, p, 2] = $4; value[n, p, 3] = $5 + $6 }
  END {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 380\" font-family=\"sans-serif\">\n<rect width=\"900\" height=\"380\" fill=\"white\"/>\n" >picture
    panel(60, "TPOT, ms", 1, 700, 100)
    panel(510, "dispatch and combine, ms a step", 3, 60, 10)
    printf "<text x=\"60\" y=\"364\" font-size=\"12\" fill=\"#c0392b\">no priority</text><text x=\"160\" y=\"364\" font-size=\"12\" fill=\"#1f6fb2\">experts first (dashed)</text><text x=\"870\" y=\"364\" font-size=\"12\" text-anchor=\"end\">part of the KV cache on the host</text>\n</svg>\n" >picture
    print "| cache on the host | TPOT | exposed | dispatch + combine | TPOT, experts first | exposed | dispatch + combine |"
    print "|---:|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= n; ++i)
      printf "| %g%% | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f ms |\n", 100 * part[i], value[i, 1, 1], value[i, 1, 2], value[i, 1, 3], value[i, 2, 1], value[i, 2, 2], value[i, 2, 3]
  }'

#!/bin/sh
# Draws what context costs by kind of attention: TPOT of the sweep below, and how many requests' caches and states eight
# H200 hold beside the weights. Writes the picture, prints the table of docs/long-context.md.
# Usage: docs/draw_attention_kinds.sh [program] [picture]
set -eu
cd "$(dirname -- "$0")/.."
program=${1:-./teapot} picture=${2:-examples/pictures/attention-kinds.svg}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$program" sweep examples/sweep-attention-kinds.yaml --out "$work/sweep" >/dev/null
column() { head -n 1 "$work/sweep/results.csv" | tr ',' '\n' | grep -n "^$1\$" | cut -d: -f1; }
m=$(column model) c=$(column context_tokens) t=$(column tpot_ms)
awk -F, -v m="$m" -v c="$c" -v t="$t" 'NR > 1 { print $m, $c, $t }' "$work/sweep/results.csv" >"$work/tpot"
while read -r model context tpot; do
  fit=$("$program" model show "$model" --context "$context" --json |
    tr -d ' \n' | sed -E 's/.*"accelerator":"H200SXM",[^}]*"requests_on_8_gpus":([0-9]+).*/\1/')
  echo "$model $context $tpot $fit"
done <"$work/tpot" >"$work/points"

awk -v picture="$picture" '
  function x(tokens) { return left + width * log(tokens / 1024) / log(1024) }
  function y(value) { return 316 - 270 * log(value / low) / log(high / low) }
  function k(tokens) { return tokens >= 1048576 ? tokens / 1048576 "M" : tokens / 1024 "k" }
  function panel(at, title, column, from, to,    i, j, decade, line) {
    left = at; width = 360; low = from; high = to
    printf "<text x=\"%d\" y=\"30\" font-size=\"14\" font-weight=\"bold\">%s</text>\n", at, title >picture
    printf "<rect x=\"%d\" y=\"46\" width=\"360\" height=\"270\" fill=\"none\" stroke=\"#888\"/>\n", at >picture
    for (i = 1; i <= contexts; ++i)
      printf "<line x1=\"%.1f\" y1=\"46\" x2=\"%.1f\" y2=\"316\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"332\" font-size=\"11\" text-anchor=\"middle\">%s</text>\n", x(context[i]), x(context[i]), x(context[i]), k(context[i]) >picture
    for (decade = 1; decade <= to; decade *= 10)
      if (decade >= from)
        printf "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" font-size=\"11\" text-anchor=\"end\">%d</text>\n", at, y(decade), at + 360, y(decade), at - 6, y(decade) + 4, decade >picture
    for (j = 1; j <= models; ++j) {
      line = ""
      for (i = 1; i <= contexts; ++i) line = line sprintf("%.1f,%.1f ", x(context[i]), y(value[j, i, column]))
      printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", line, colour[j] >picture
    }
  }
  BEGIN {
    split("#b03030 #d08020 #208050 #2060b0 #7040a0", colour, " ")
    split("full (GQA),full (MLA),window in half of the layers,sparse (indexer),linear in three of four", kind, ",")
  }
  { if (!($1 in seen)) { seen[$1] = ++models; name[models] = $1 }
    if (!($2 in known)) { known[$2] = ++contexts; context[contexts] = $2 }
    value[seen[$1], known[$2], 1] = $3; value[seen[$1], known[$2], 2] = $4 }
  END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 940 400\" font-family=\"sans-serif\"><rect width=\"940\" height=\"400\" fill=\"white\"/>" >picture
    panel(60, "TPOT in ms: 8 requests on each of 32 H200", 1, 5, 500)
    panel(540, "Requests that fit on 8 H200", 2, 1, 100000)
    for (j = 1; j <= models; ++j)
      printf "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%d\" font-size=\"11\">%s: %s</text>\n", 60 + (j - 1) % 3 * 300, 350 + int((j - 1) / 3) * 20, colour[j], 78 + (j - 1) % 3 * 300, 360 + int((j - 1) / 3) * 20, name[j], kind[j] >picture
    print "</svg>" >picture
    line = "| tokens of context |"; rule = "|---:|"
    for (j = 1; j <= models; ++j) { line = line " " name[j] " |"; rule = rule "---:|" }
    print line; print rule
    for (i = 1; i <= contexts; ++i) {
      line = "| " thousands(context[i]) " |"
      for (j = 1; j <= models; ++j) line = line sprintf(" %.1f ms, %s |", value[j, i, 1], thousands(value[j, i, 2]))
      print line
    }
  }
  function thousands(n,    text, rest) {
    text = sprintf("%d", n)
    for (rest = ""; length(text) > 3; text = substr(text, 1, length(text) - 3)) rest = "," substr(text, length(text) - 2) rest
    return text rest
  }' "$work/points"

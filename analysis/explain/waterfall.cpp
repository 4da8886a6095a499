// Divides the time of each collective and rank, and sums up.
// Does not know what a layer is.

#include "analysis/explain/waterfall.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

struct Communication {
  Seconds ideal, wire, latency, software, uneven, waiting, contention, in_flight;
};

void add_collective(const Collective& collective, int op, const Timeline& timeline, CollectiveProfiles& profiles,
                    Communication& sum) {
  const CollectiveProfile& p = profiles.of(collective);
  const auto last = last_to_enter(collective, p, timeline, op);
  for (int rank = 0; rank < timeline.ranks; ++rank) {
    if (!timeline.ran(op, rank)) continue;
    const Seconds start = timeline.start(op, rank);
    const Seconds flight = timeline.end(op, rank) - start;
    sum.in_flight += flight;
    if (p.slowest[at(rank)] < 0) {  // exchanges nothing: it pays the call and goes on
      const Seconds call = std::min(flight, collective.overhead);
      sum.software += call;
      sum.contention += flight - call;
      continue;
    }
    const Seconds excess = flight - collective.overhead - p.latency[at(rank)] - p.drain[at(rank)];
    const Seconds waiting = std::min(excess, timeline.start(op, last[at(rank)]) - start);
    sum.ideal += p.ideal;
    sum.wire += p.bound - p.ideal;
    sum.latency += p.latency[at(rank)];
    sum.software += collective.overhead;
    sum.uneven += p.drain[at(rank)] - p.bound;
    sum.waiting += waiting;
    sum.contention += excess - waiting;
  }
}

/// Time in which the rank computes or communicates.
Seconds covered(const Timeline& timeline, int rank, std::vector<std::pair<double, double>>& spans) {
  spans.clear();
  for (int op = 0; op < timeline.operators; ++op) {
    if (timeline.ran(op, rank)) spans.emplace_back(timeline.start(op, rank).value, timeline.end(op, rank).value);
  }
  std::sort(spans.begin(), spans.end());
  double sum = 0;
  double until = 0;
  for (const auto& [begin, end] : spans) {
    if (end <= until) continue;
    sum += end - std::max(begin, until);
    until = end;
  }
  return {sum};
}

}  // namespace

std::vector<WaterfallPart> waterfall(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles) {
  Communication c;
  std::vector<WaterfallPart> compute;
  std::map<std::string, std::size_t> index;
  Seconds busy, nominal;
  for (int op = 0; op < timeline.operators; ++op) {
    const Operator& o = program.operators[at(op)];
    if (const auto* collective = std::get_if<Collective>(&o.work)) {
      add_collective(*collective, op, timeline, profiles, c);
      continue;
    }
    const auto [found, is_new] = index.emplace(o.name, compute.size());
    if (is_new) compute.push_back({o.name, "compute", {}});
    Seconds& time = compute[found->second].time;
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (!timeline.ran(op, rank)) continue;
      const Seconds alone = std::get<Compute>(o.work).on(rank);
      time += alone;
      nominal += alone;
      busy += timeline.end(op, rank) - timeline.start(op, rank);
    }
  }
  Seconds active;
  std::vector<std::pair<double, double>> spans;
  for (int rank = 0; rank < timeline.ranks; ++rank) active += covered(timeline, rank, spans);

  std::vector<WaterfallPart> parts{
      {"ideal serialisation", "communication", c.ideal}, {"wire efficiency", "communication", c.wire},
      {"latency", "communication", c.latency},           {"software floor", "communication", c.software},
      {"uneven links", "communication", c.uneven},       {"waiting for others", "communication", c.waiting},
      {"contention", "communication", c.contention},     {"hidden by overlap", "overlap", active - c.in_flight - busy}};
  parts.insert(parts.end(), compute.begin(), compute.end());
  parts.push_back({"SMs held by communication", "compute", busy - nominal});
  for (auto& part : parts) part.time = part.time / timeline.ranks;
  parts.push_back({"idle", "idle", timeline.step - active / timeline.ranks});
  return parts;
}

}  // namespace teapot

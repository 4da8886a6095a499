// Sums up when links were busy.
// Knows no file format.

#include "analysis/output/trace/fabric_counters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/index.hpp"

namespace teapot {
namespace {

constexpr int no_gpu = -1;
constexpr std::size_t parts = 1000;
constexpr std::size_t most_links = 4;

/// Seconds that links were busy in each part of a time.
class BusyParts {
 public:
  BusyParts(double from_s, double to_s)
      : from_s_(from_s), part_s_((to_s - from_s) / static_cast<double>(parts)), sums_(parts) {}

  void add(const BusyInterval& busy) {
    const double begin = std::max(0.0, (busy.begin_s - from_s_) / part_s_);
    const double end = std::min(static_cast<double>(parts), (busy.end_s - from_s_) / part_s_);
    for (double at_part = begin; at_part < end;) {
      const auto part = static_cast<std::size_t>(at_part);
      const double until = std::min(end, static_cast<double>(part + 1));
      sums_[part] += (until - at_part) * part_s_;
      at_part = until;
    }
  }
  /// In percent of `links` links; parts of the same use are one point.
  std::vector<std::pair<double, double>> points(double links) const {
    std::vector<std::pair<double, double>> points;
    for (std::size_t part = 0; part < sums_.size(); ++part) {
      const double percent = std::min(100.0, 100 * sums_[part] / (part_s_ * links));
      if (points.empty() || points.back().second != percent)
        points.emplace_back(from_s_ + static_cast<double>(part) * part_s_, percent);
    }
    points.emplace_back(from_s_ + static_cast<double>(parts) * part_s_, 0.0);
    return points;
  }

 private:
  double from_s_;
  double part_s_;
  std::vector<double> sums_;
};

void add_tiers(const Timeline& timeline, const Network& network, double from_s, double to_s,
               std::vector<TraceCounter>& counters) {
  std::map<std::string, std::vector<std::size_t>> tiers;
  for (std::size_t l = 0; l < network.links.size(); ++l) tiers[network.links[l].tier].push_back(l);
  for (const auto& [tier, links] : tiers) {
    BusyParts busy{from_s, to_s};
    bool any = false;
    for (const std::size_t l : links) {
      for (const auto& interval : timeline.busy[l]) busy.add(interval);
      any = any || !timeline.busy[l].empty();
    }
    if (!any) continue;
    counters.push_back({no_gpu, fmt::format("tier {}, mean of {} links", tier, links.size()), "%",
                        busy.points(static_cast<double>(links.size()))});
  }
}

std::vector<std::size_t> busiest_links(const Timeline& timeline, const Network& network) {
  std::vector<char> is_gpu(network.nodes.size());
  for (const int gpu : network.gpus) is_gpu[at(gpu)] = 1;
  std::vector<std::size_t> links;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const Link& link = network.links[l];
    if (!is_gpu[at(link.from)] && !is_gpu[at(link.to)] && !timeline.busy[l].empty()) links.push_back(l);
  }
  std::stable_sort(links.begin(), links.end(),
                   [&](std::size_t a, std::size_t b) { return timeline.links[a].busy > timeline.links[b].busy; });
  links.resize(std::min(links.size(), most_links));
  return links;
}

}  // namespace

std::vector<TraceCounter> fabric_counters(const Timeline& timeline, const Network& network, double from_s,
                                          double to_s) {
  std::vector<TraceCounter> counters;
  if (!(to_s > from_s)) return counters;
  add_tiers(timeline, network, from_s, to_s, counters);
  for (const std::size_t l : busiest_links(timeline, network)) {
    TraceCounter counter{no_gpu, "busiest: " + network.links[l].name, "%", busy_points(timeline.busy[l], from_s, to_s)};
    if (!counter.points.empty()) counters.push_back(std::move(counter));
  }
  return counters;
}

std::vector<std::pair<double, double>> busy_points(const std::vector<BusyInterval>& intervals, double from_s,
                                                   double to_s) {
  std::vector<std::pair<double, double>> points;
  for (const auto& busy : intervals) {
    if (busy.end_s <= from_s || busy.begin_s >= to_s || busy.end_s <= busy.begin_s) continue;
    points.emplace_back(std::max(busy.begin_s, from_s), 100.0);
    points.emplace_back(std::min(busy.end_s, to_s), 0.0);
  }
  return points;
}

}  // namespace teapot

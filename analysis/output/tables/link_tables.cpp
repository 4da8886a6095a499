// Sums up the activity of links.
// Does not know why they were busy.

#include "analysis/output/tables/link_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "analysis/output/tables/csv.hpp"
#include "analysis/output/trace/events.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

constexpr std::size_t busiest_of_tier = 10;

void add_series(std::string& csv, const std::string& link, const std::string& tier, const std::vector<double>& use,
                double bin_us) {
  for (std::size_t b = 0; b < use.size(); ++b) {
    fmt::format_to(std::back_inserter(csv), "{},{},{:.6g},{:.6g},{:.6g}\n", csv_text(link), csv_text(tier),
                   static_cast<double>(b) * bin_us, static_cast<double>(b + 1) * bin_us, use[b]);
  }
}

}  // namespace

std::vector<double> binned(const std::vector<BusyInterval>& busy, Seconds step, int bins) {
  std::vector<double> use(at(bins));
  const double width = step.value / bins;
  if (!(width > 0)) return use;
  for (const auto& interval : busy) {
    const int first = std::clamp(static_cast<int>(interval.begin_s / width), 0, bins - 1);
    const int last = std::clamp(static_cast<int>(interval.end_s / width), 0, bins - 1);
    for (int b = first; b <= last; ++b) {
      const double from = std::max(interval.begin_s, b * width);
      const double to = std::min(interval.end_s, (b + 1) * width);
      if (to > from) use[at(b)] += (to - from) / width;
    }
  }
  return use;
}

namespace {

/// Links that carried anything, by tier.
using Tiers = std::map<std::string, std::vector<int>>;

Tiers used_links(const Timeline& timeline, const Network& network) {
  Tiers tiers;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    if (timeline.links[l].bytes > Bytes{}) tiers[network.links[l].tier].push_back(static_cast<int>(l));
  }
  return tiers;
}

/// The GPUs' own links and the busiest of each tier.
std::set<int> shown_links(const Timeline& timeline, const Network& network, const std::vector<int>& gpus, Tiers tiers) {
  std::set<int> shown;
  for (const int gpu : gpus) {
    for (const int link : own_links(network, gpu)) shown.insert(link);
  }
  for (auto& [tier, links] : tiers) {
    std::stable_sort(links.begin(), links.end(),
                     [&](int a, int b) { return timeline.links[at(a)].busy > timeline.links[at(b)].busy; });
    for (std::size_t i = 0; i < std::min(links.size(), busiest_of_tier); ++i) shown.insert(links[i]);
  }
  return shown;
}

}  // namespace

LinkTables link_tables(const Timeline& timeline, const Network& network, const std::vector<int>& gpus, int bins) {
  assert(timeline.busy.size() == network.links.size() && "simulated with record_links");
  const double step_s = timeline.step.value;
  const Tiers tiers = used_links(timeline, network);
  const std::set<int> shown = shown_links(timeline, network, gpus, tiers);
  LinkTables tables;
  tables.links_csv = "link,tier,from,to,bandwidth_GBps,latency_us,bytes,busy_us,mean_utilisation,peak_utilisation\n";
  tables.series_csv = "link,tier,begin_us,end_us,utilisation\n";
  std::map<std::string, std::vector<double>> mean;
  std::string own_series;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const Link& link = network.links[l];
    const LinkUse& use = timeline.links[l];
    const auto series = binned(timeline.busy[l], timeline.step, bins);
    fmt::format_to(std::back_inserter(tables.links_csv), "{},{},{},{},{:.6g},{:.6g},{},{},{:.6g},{:.6g}\n",
                   csv_text(link.name), csv_text(link.tier), csv_text(network.nodes[at(link.from)].name),
                   csv_text(network.nodes[at(link.to)].name), link.bandwidth.value / 1e9, link.latency.value * 1e6,
                   use.bytes.value, use.busy.value * 1e6, step_s > 0 ? use.busy.value / step_s : 0.0,
                   *std::max_element(series.begin(), series.end()));
    if (!(use.bytes > Bytes{})) continue;
    auto& sum = mean.try_emplace(link.tier, at(bins), 0.0).first->second;
    const double share = 1.0 / static_cast<double>(tiers.at(link.tier).size());
    for (std::size_t b = 0; b < sum.size(); ++b) sum[b] += series[b] * share;
    if (shown.contains(static_cast<int>(l))) add_series(own_series, link.name, link.tier, series, step_s / bins * 1e6);
  }
  for (const auto& [tier, use] : mean) add_series(tables.series_csv, "*", tier, use, step_s / bins * 1e6);
  tables.series_csv += own_series;
  return tables;
}

}  // namespace teapot

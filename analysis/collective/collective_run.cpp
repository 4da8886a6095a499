// One operator in a program, and the facts of its timeline.
// Does not know what the traffic means.

#include "analysis/collective/collective_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

/// Latency of the longest of the pattern's messages: what each further step of a ring waits for.
Seconds longest_hop(const Pattern& pattern, const Network& network) {
  Seconds longest;
  for (int rank = 0; rank < pattern.traffic->ranks; ++rank)
    pattern.traffic->for_each_receiver(
        rank, [&](int to, double) { longest = std::max(longest, latency(network, network.route(rank, to))); });
  return longest;
}

Collective work_of(const Pattern& pattern, const Network& network, const CollectiveCosts& costs) {
  Collective collective;
  collective.traffic = pattern.traffic;
  collective.reversed = pattern.reversed;
  collective.bytes_per_copy = pattern.bytes_per_copy;
  const CollectiveCost cost = costs(call_of(pattern.cost, collective, network.domain));
  charge(collective, cost);
  if (pattern.steps > 1 && !cost.counts_hops)
    collective.overhead += longest_hop(pattern, network) * (pattern.steps - 1);
  return collective;
}

Program one_collective(const Pattern& pattern, const Collective& collective) {
  Program program;
  program.ranks = pattern.traffic->ranks;
  program.streams = {"network"};
  Operator op;
  op.name = "collective";
  op.work = collective;
  program.operators.push_back(op);
  return program;
}

/// Groups that run at the same time end at times of their own.
BytesPerSecond mean_over_groups(const Pattern& pattern, const Timeline& timeline) {
  std::map<int, Seconds> end;
  for (int rank = 0; rank < pattern.traffic->ranks; ++rank) {
    const int group = (*pattern.traffic->groups)[static_cast<std::size_t>(rank)];
    if (group >= 0) end[group] = std::max(end[group], timeline.end(0, rank));
  }
  BytesPerSecond sum;
  for (const auto& [group, time] : end)
    if (time > Seconds{}) sum += pattern.bytes_per_gpu / time;
  return end.empty() ? sum : sum / static_cast<double>(end.size());
}

}  // namespace

CollectiveResult run_collective(const Pattern& pattern, const Network& network, const CollectiveCosts& costs,
                                NetworkDepth depth) {
  SimulationOptions options;
  options.network = depth;
  const Collective work = work_of(pattern, network, costs);
  const Timeline timeline = simulate(one_collective(pattern, work), network, options);
  CollectiveResult result;
  result.library = work.library;
  result.gpus = pattern.traffic->ranks;
  result.bytes_per_gpu = pattern.bytes_per_gpu;
  result.bytes_per_copy = pattern.bytes_per_copy;
  result.time = timeline.step;
  for (int rank = 0; rank < result.gpus; ++rank) result.mean_time += timeline.end(0, rank) / result.gpus;
  if (result.time > Seconds{}) result.algorithm_bandwidth = pattern.bytes_per_gpu / result.time;
  result.bus_bandwidth = result.algorithm_bandwidth * pattern.bus_factor;
  result.mean_group_bandwidth = mean_over_groups(pattern, timeline);
  for (std::size_t i = 0; i < network.links.size(); ++i) {
    const Seconds needed = timeline.links[i].bytes / network.links[i].bandwidth;
    if (needed <= result.bound) continue;
    result.bound = needed;
    result.bottleneck = network.links[i].name;
    result.tier = network.links[i].tier;
  }
  return result;
}

std::string collective_table(const std::vector<CollectiveResult>& results) {
  using Align = TextTable::Align;
  const bool tokens = !results.empty() && results.front().tokens > 0;
  const bool groups = !results.empty() && results.front().groups > 1;
  const auto rate = [](BytesPerSecond bandwidth) { return fmt::format("{:.2f} GB/s", bandwidth.value / 1e9); };
  std::vector<TextTable::Column> columns;
  if (tokens) columns.push_back({"tokens", Align::right});
  for (const char* title : {"bytes per GPU", "time", "algbw", "busbw"}) columns.push_back({title, Align::right});
  if (groups) columns.push_back({"algbw of a group", Align::right});
  columns.push_back({"line-rate bound", Align::right});
  columns.push_back({"binding link"});
  TextTable table{columns};
  for (const auto& r : results) {
    std::vector<std::string> row;
    if (tokens) row.push_back(fmt::format("{:g}", r.tokens));
    row.insert(row.end(),
               {to_text(r.bytes_per_gpu), to_text(r.time), rate(r.algorithm_bandwidth), rate(r.bus_bandwidth)});
    if (groups) row.push_back(rate(r.mean_group_bandwidth));
    row.insert(row.end(),
               {to_text(r.bound), r.bottleneck.empty() ? "-" : fmt::format("{} ({})", r.bottleneck, r.tier)});
    table.add(row);
  }
  return table.to_text();
}

std::string collective_json(const std::vector<CollectiveResult>& results, const std::string& fabric) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const auto& r : results) {
    Json json;
    json["op"] = r.operation;
    json["fabric"] = fabric;
    json["communication"] = r.library;
    json["gpus"] = r.gpus;
    json["groups"] = r.groups;
    if (r.tokens > 0) json["tokens"] = r.tokens;
    json["time_us"] = r.time.value * 1e6;
    json["mean_time_us"] = r.mean_time.value * 1e6;
    json["algbw_GBps"] = r.algorithm_bandwidth.value / 1e9;
    json["busbw_GBps"] = r.bus_bandwidth.value / 1e9;
    if (r.groups > 1) json["mean_group_algbw_GBps"] = r.mean_group_bandwidth.value / 1e9;
    json["bytes_per_gpu"] = r.bytes_per_gpu.value;
    json["bytes_per_copy"] = r.bytes_per_copy.value;
    json["bound_us"] = r.bound.value * 1e6;
    json["bottleneck"] = r.bottleneck;
    json["bottleneck_tier"] = r.tier;
    list.push_back(json);
  }
  return (results.size() == 1 ? list.front() : Json{{"results", list}}).dump(2) + "\n";
}

}  // namespace teapot

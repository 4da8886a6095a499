// Matches nodes by type, name and occurrence, and sorts.
// Does not know what they do.

#include "analysis/output/chakra/merge.hpp"

#include <fmt/format.h>

#include <map>
#include <queue>
#include <string>
#include <unordered_map>

#include "analysis/output/chakra/attributes.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot::chakra {
namespace {

/// What nodes of one operator have in common; `seen` counts what a rank has had of each.
std::string key_of(const Node& node, int rank, const std::string& file, std::map<std::string, int>& seen) {
  if (const auto op = number(node, "teapot_operator")) return fmt::format("#{}", *op);
  std::string key;
  if (node.type() == SEND || node.type() == RECEIVE) {
    const auto source = number(node, "comm_src");
    const auto destination = number(node, "comm_dst");
    if (!source || !destination)
      throw ConfigError(fmt::format("{}: node {}: no comm_src or comm_dst", file, node.id()));
    const double own = node.type() == SEND ? *source : *destination;
    if (own != rank)
      throw ConfigError(fmt::format("{}: node {}: not sent or received by rank {}", file, node.id(), rank));
    key = fmt::format("pair {} {} {}", *source, *destination, number(node, "comm_tag").value_or(0));
    return fmt::format("{} {}", key, seen[key + (node.type() == SEND ? " s" : " r")]++);
  }
  key = fmt::format("{} {} {}", static_cast<int>(node.type()), node.name(), text(node, "pg_name"));
  return fmt::format("{} {}", key, seen[key]++);
}

/// Everything after what it waits for; among what could come next, what was seen first.
std::vector<Merged> sorted(std::vector<Merged> entries) {
  std::vector<std::vector<int>> followers(entries.size());
  std::vector<std::size_t> missing(entries.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < static_cast<int>(entries.size()); ++i) {
    missing[at(i)] = entries[at(i)].after.size();
    for (const int before : entries[at(i)].after) followers[at(before)].push_back(i);
    if (entries[at(i)].after.empty()) ready.push(i);
  }
  std::vector<Merged> result;
  std::vector<int> place(entries.size(), -1);
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    place[at(next)] = static_cast<int>(result.size());
    for (const int follower : followers[at(next)]) {
      if (--missing[at(follower)] == 0) ready.push(follower);
    }
    result.push_back(std::move(entries[at(next)]));
    std::set<int> after;
    for (const int before : result.back().after) after.insert(place[at(before)]);
    result.back().after = std::move(after);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (place[i] >= 0) continue;
    throw ConfigError(fmt::format("node \"{}\" of rank {}: ranks disagree about the order of nodes of this name",
                                  entries[i].members[0].node->name(), entries[i].members[0].rank));
  }
  return result;
}

}  // namespace

std::vector<Merged> merge(const std::vector<RankTrace>& traces) {
  std::vector<Merged> entries;
  std::unordered_map<std::string, int> index;  // looked up only
  for (int rank = 0; rank < static_cast<int>(traces.size()); ++rank) {
    const RankTrace& trace = traces[at(rank)];
    std::map<std::string, int> seen;
    std::unordered_map<std::uint64_t, int> entry_of;  // by id of the node; looked up only
    for (const Node& node : trace.nodes) {
      const auto [found, is_new] =
          index.emplace(key_of(node, rank, trace.file, seen), static_cast<int>(entries.size()));
      if (is_new) entries.emplace_back();
      entries[at(found->second)].members.push_back({rank, &node});
      if (!entry_of.emplace(node.id(), found->second).second) {
        throw ConfigError(fmt::format("{}: two nodes have the id {}", trace.file, node.id()));
      }
    }
    for (const Node& node : trace.nodes) {
      const int entry = entry_of.at(node.id());
      const auto wait_for = [&](std::uint64_t id) {
        const auto before = entry_of.find(id);
        if (before == entry_of.end()) {
          throw ConfigError(fmt::format("{}: node {} waits for node {}, which is missing", trace.file, node.id(), id));
        }
        if (before->second != entry) entries[at(entry)].after.insert(before->second);
      };
      for (const std::uint64_t id : node.control_dependencies()) wait_for(id);
      for (const std::uint64_t id : node.data_dependencies()) wait_for(id);
    }
  }
  return sorted(std::move(entries));
}

}  // namespace teapot::chakra

// Dense collectives as traffic: who sends which part of the buffer to whom.
// Knows no experts and no links.

#include <algorithm>
#include <cassert>
#include <map>

#include "workloads/collectives/pattern.hpp"

namespace teapot {
namespace {

using Row = std::map<int, double>;  // receiver, copies

std::shared_ptr<const Traffic> to_traffic(const std::vector<Row>& rows, const Groups& groups) {
  auto traffic = std::make_shared<Traffic>(static_cast<int>(rows.size()));
  for (const Row& row : rows) {
    for (const auto& [to, copies] : row) traffic->add(to, copies);
    traffic->end_row();
  }
  auto numbers = std::make_shared<std::vector<int>>(rows.size(), -1);
  for (std::size_t group = 0; group < groups.size(); ++group)
    for (const int rank : groups[group]) (*numbers)[static_cast<std::size_t>(rank)] = static_cast<int>(group);
  traffic->groups = std::move(numbers);
  return traffic;
}

std::vector<Row> all_pairs(const Groups& groups, int ranks) {
  std::vector<Row> rows(static_cast<std::size_t>(ranks));
  for (const auto& group : groups)
    for (const int from : group)
      for (const int to : group)
        if (from != to) rows[static_cast<std::size_t>(from)][to] = 1;
  return rows;
}

/// Members of a group by scale-up domain, in the order of their first rank.
std::vector<std::vector<int>> by_domain(const std::vector<int>& group, const std::vector<int>& domain) {
  std::vector<std::vector<int>> nodes;
  std::map<int, std::size_t> place;
  for (const int rank : group) {
    const auto [found, fresh] = place.emplace(domain[static_cast<std::size_t>(rank)], nodes.size());
    if (fresh) nodes.emplace_back();
    nodes[found->second].push_back(rank);
  }
  return nodes;
}

/// The order in which each ring visits the ranks of a group. As NCCL builds them over several nodes: ring c enters a
/// node at its member c, goes round inside, and leaves for member c of the next node, so that all NICs are used.
std::vector<std::vector<int>> rings_of(const std::vector<int>& group, const std::vector<int>& domain) {
  const auto nodes = by_domain(group, domain);
  std::size_t rings = nodes.front().size();
  for (const auto& node : nodes) rings = std::min(rings, node.size());
  if (nodes.size() == 1) rings = 1;
  std::vector<std::vector<int>> orders(rings);
  for (std::size_t c = 0; c < rings; ++c)
    for (const auto& node : nodes)
      for (std::size_t i = 0; i < node.size(); ++i) orders[c].push_back(node[(c + i) % node.size()]);
  return orders;
}

/// Each ring takes an equal part; a chain leaves out the last hop, back to where it began.
std::vector<Row> rings(const Groups& groups, const std::vector<int>& domain, bool chain) {
  std::vector<Row> rows(domain.size());
  for (const auto& group : groups) {
    if (group.size() < 2) continue;
    const auto orders = rings_of(group, domain);
    for (const auto& order : orders) {
      for (std::size_t i = 0; i + (chain ? 1 : 0) < order.size(); ++i)
        rows[static_cast<std::size_t>(order[i])][order[(i + 1) % order.size()]] +=
            1.0 / static_cast<double>(orders.size());
    }
  }
  return rows;
}

}  // namespace

Groups make_groups(int ranks, int size, int stride) {
  assert(size > 0 && stride > 0 && (size == ranks || stride == 1));
  Groups groups(static_cast<std::size_t>(stride > 1 ? stride : (ranks + size - 1) / size));
  for (int rank = 0; rank < ranks; ++rank)
    groups[static_cast<std::size_t>(stride > 1 ? rank % stride : rank / size)].push_back(rank);
  return groups;
}

Pattern dense_pattern(const std::string& operation, Bytes size, Algorithm algorithm, const Groups& groups,
                      const std::vector<int>& domain) {
  const auto n = static_cast<double>(groups.front().size());
  const auto ranks = static_cast<int>(domain.size());
  const double others = (n - 1) / n;
  const bool ring = algorithm == Algorithm::ring && operation != "all-to-all";
  Pattern pattern;
  pattern.bytes_per_gpu = size;
  pattern.cost = operation == "all-to-all" ? "dispatch" : operation;
  pattern.bus_factor = operation == "all-reduce" ? 2 * others : operation == "broadcast" ? 1 : others;
  if (ring) {
    const bool broadcast = operation == "broadcast";
    pattern.traffic = to_traffic(rings(groups, domain, broadcast), groups);
    pattern.bytes_per_copy = size * pattern.bus_factor;
    pattern.steps = static_cast<int>(n - 1) * (operation == "all-reduce" ? 2 : 1);
    return pattern;
  }
  if (operation == "broadcast") {
    std::vector<Row> rows(static_cast<std::size_t>(ranks));
    for (const auto& group : groups)
      for (std::size_t i = 1; i < group.size(); ++i) rows[static_cast<std::size_t>(group[0])][group[i]] = 1;
    pattern.traffic = to_traffic(rows, groups);
    pattern.bytes_per_copy = size;
    return pattern;
  }
  pattern.traffic = to_traffic(all_pairs(groups, ranks), groups);
  pattern.bytes_per_copy = size / n * (operation == "all-reduce" ? 2 : 1);
  pattern.steps = operation == "all-reduce" ? 2 : 1;
  return pattern;
}

Pattern send_pattern(Bytes size, int from, int to, int ranks) {
  std::vector<Row> rows(static_cast<std::size_t>(ranks));
  rows[static_cast<std::size_t>(from)][to] = 1;
  Pattern pattern;
  pattern.traffic = to_traffic(rows, {{from, to}});
  pattern.bytes_per_copy = size;
  pattern.bytes_per_gpu = size;
  pattern.cost = "send";
  return pattern;
}

}  // namespace teapot

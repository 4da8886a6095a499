// What is asked of a communication library, read off the traffic.
// Knows no library.

#include "sim/costs.hpp"

#include <set>

namespace teapot {

double direct_volume(const std::string& operation, int ranks) {
  const double others = ranks > 1 ? (ranks - 1.0) / ranks : 1;
  if (operation == "all-reduce") return 2 * others;
  return operation == "all-gather" || operation == "reduce-scatter" ? others : 1;
}

CollectiveCall call_of(const std::string& operation, const Collective& work, const std::vector<int>& domain) {
  const Traffic& traffic = *work.traffic;
  CollectiveCall call;
  call.operation = operation;
  // Groups are alike, and so are ranks: the first that takes part stands for all.
  int group = -1, first = -1;
  std::set<int> domains;
  call.ranks = 0;
  for (int rank = 0; rank < traffic.ranks; ++rank) {
    const int its = traffic.groups ? (*traffic.groups)[static_cast<std::size_t>(rank)] : 0;
    if (its < 0 || (first >= 0 && its != group)) continue;
    if (first < 0) first = rank;
    group = its;
    ++call.ranks;
    domains.insert(domain.empty() ? 0 : domain[static_cast<std::size_t>(rank)]);
  }
  if (first < 0) return call;
  call.domains = static_cast<int>(domains.size());
  double copies = 0;
  traffic.for_each_receiver(first, [&](int, double count) { copies += count; });
  call.bytes = work.bytes_per_copy * (copies / direct_volume(operation, call.ranks));
  call.tokens = work.bytes_per_copy * traffic.tokens;
  return call;
}

void charge(Collective& work, const CollectiveCost& cost) {
  work.library = cost.library;
  work.overhead = cost.overhead;
  work.wire = cost.wire;
  work.sm_share = cost.sm_share;
  work.carry = cost.carry;
  work.bytes_per_copy = work.bytes_per_copy * cost.volume;
}

}  // namespace teapot

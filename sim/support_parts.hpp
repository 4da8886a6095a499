#pragma once
// Which ranks of groups may wait for which links, many at a time: where routes have parts, ranks that share the way to
// a destination wait for its links together. Knows no time and no bytes.

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/route_table.hpp"

namespace teapot {

/// Calls see(link, bits) for sets of ranks that wait for a link, a bit each, and see_one(link, rank): all together
/// those of every two of a group that send to each other, both of which wait for the links between them.
template <class Set, class One>
class WaitingSets {
 public:
  WaitingSets(const RouteTable& routes, const std::vector<int>& groups, Set set, One one)
      : routes_(routes), groups_(groups), words_((groups.size() + 63) / 64), set_(set), one_(one) {}

  void visit() {
    for (int s = 0; s < static_cast<int>(groups_.size()); ++s) {
      if (group(s) < 0) continue;
      visit_home(s);
      if (!known_sender(s)) visit_middle(s);
      visit_out(s);
    }
  }

 private:
  using Bits = std::vector<std::uint64_t>;
  int group(int rank) const { return groups_[static_cast<std::size_t>(rank)]; }
  static void add(Bits& bits, int rank) { bits[static_cast<std::size_t>(rank) / 64] |= std::uint64_t{1} << rank % 64; }
  static void remove(Bits& bits, int rank) {
    bits[static_cast<std::size_t>(rank) / 64] &= ~(std::uint64_t{1} << rank % 64);
  }

  /// Pairs at home, one by one.
  void visit_home(int s) {
    const RouteTable::Parts parts = routes_.parts(s);
    for (int d = parts.home; d < parts.beyond && d < static_cast<int>(groups_.size()); ++d) {
      if (d == s || group(d) != group(s)) continue;
      routes_.for_each_hop(s, d, [&](int link, double) {
        one_(link, s);
        one_(link, d);
      });
    }
  }
  /// Whether the senders with this one's way and group have been visited with another of them.
  bool known_sender(int s) {
    const std::pair way{routes_.parts(s).middle, group(s)};
    if (std::find(ways_.begin(), ways_.end(), way) != ways_.end()) return true;
    ways_.push_back(way);
    return false;
  }
  void visit_middle(int sender) {
    const RouteTable::Parts way = routes_.parts(sender);
    const std::size_t middles = routes_.middle_links();
    const int none = static_cast<int>(routes_.links());
    Bits senders(words_);
    std::vector<std::vector<int>> at_home(groups_.size());  // by destination: senders that have it at home
    for (int s = 0; s < static_cast<int>(groups_.size()); ++s) {
      const RouteTable::Parts own = routes_.parts(s);
      if (group(s) != group(sender) || own.middle != way.middle) continue;
      add(senders, s);
      for (int d = own.home; d < own.beyond && d < static_cast<int>(groups_.size()); ++d)
        at_home[static_cast<std::size_t>(d)].push_back(s);
    }
    for (int d = 0; d < static_cast<int>(groups_.size()); ++d) {
      if (group(d) != group(sender)) continue;
      const auto& left_out = at_home[static_cast<std::size_t>(d)];
      Bits waiting = senders;
      for (const int s : left_out) remove(waiting, s);
      if (std::all_of(waiting.begin(), waiting.end(), [](std::uint64_t word) { return word == 0; })) continue;
      add(waiting, d);
      set_(routes_.final_link(d), waiting);
      if (way.near[d] != 0) set_(routes_.near_link(d), waiting);
      for (std::size_t i = 0; i < middles; ++i) {
        const int link = way.middle[static_cast<std::size_t>(d) * middles + i];
        if (link != none) set_(link, waiting);
      }
    }
  }
  /// Links out: the sender, and all that it sends to that way.
  void visit_out(int s) {
    const RouteTable::Parts parts = routes_.parts(s);
    auto& receivers = of_kind(parts, group(s));
    for (std::size_t kind = 0; kind < receivers.size(); ++kind) {
      Bits waiting = receivers[kind];
      for (int d = parts.home; d < parts.beyond && d < static_cast<int>(groups_.size()); ++d) remove(waiting, d);
      if (std::all_of(waiting.begin(), waiting.end(), [](std::uint64_t word) { return word == 0; })) continue;
      add(waiting, s);
      routes_.for_each_out(s, kind, [&](int link) { set_(link, waiting); });
    }
  }
  std::vector<Bits>& of_kind(const RouteTable::Parts& parts, int group_number) {
    auto& known = of_kind_[{parts.kind, group_number}];
    if (!known.empty()) return known;
    for (int d = 0; d < static_cast<int>(groups_.size()); ++d) {
      if (group(d) != group_number) continue;
      if (known.size() <= parts.kind[d]) known.resize(parts.kind[d] + std::size_t{1}, Bits(words_));
      add(known[parts.kind[d]], d);
    }
    return known;
  }

  const RouteTable& routes_;
  const std::vector<int>& groups_;
  std::size_t words_;
  Set set_;
  One one_;
  std::vector<std::pair<const int*, int>> ways_;
  std::map<std::pair<const std::uint8_t*, int>, std::vector<Bits>> of_kind_;
};

}  // namespace teapot

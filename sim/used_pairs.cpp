// Walks each distinct matrix of a program once.
// Does not know how bytes travel.

#include "sim/used_pairs.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "sim/collective_support.hpp"
#include "sim/index.hpp"
#include "sim/whole_groups.hpp"

namespace teapot {
namespace {

using Members = std::vector<std::vector<int>>;

Members members_of(const std::vector<int>& groups) {
  std::map<int, std::vector<int>> by_number;
  for (std::size_t rank = 0; rank < groups.size(); ++rank) {
    if (groups[rank] >= 0) by_number[groups[rank]].push_back(static_cast<int>(rank));
  }
  Members members;
  for (auto& [number, ranks] : by_number) members.push_back(std::move(ranks));
  return members;
}

/// The matrices of a program, and the groups of those that are waited for by group.
struct Exchanges {
  std::set<const Traffic*> matrices;
  std::set<const std::vector<int>*> groups;
  std::vector<const Traffic*> within;  // matrices that have not every two of one of these groups

  explicit Exchanges(const Program& program) {
    for (const Operator& op : program.operators) {
      const auto* collective = std::get_if<Collective>(&op.work);
      if (collective == nullptr || !matrices.insert(collective->traffic.get()).second) continue;
      if (collective->traffic->groups && waits_by_group(*collective->traffic, Collective::Start::sender, program.ranks))
        groups.insert(collective->traffic->groups.get());
    }
    for (const Traffic* traffic : matrices) {
      const auto* const of = traffic->groups.get();
      if (groups.count(of) == 0 || at(traffic->ranks) != of->size() || traffic->pairs() != pairs_within(*of))
        within.push_back(traffic);
    }
  }
  double pairs() const {
    double sum = 0;
    for (const Traffic* traffic : matrices) sum += static_cast<double>(traffic->pairs());
    for (const auto* numbers : groups) {
      for (const auto& ranks : members_of(*numbers)) sum += static_cast<double>(ranks.size() * ranks.size());
    }
    return sum;
  }
};

}  // namespace

UsedPairs::UsedPairs(const Program& program) {
  constexpr double few = 1.0 / 8;
  const double all = static_cast<double>(program.endpoints()) * program.endpoints();
  const Exchanges exchanges{program};
  const double used = 2 * exchanges.pairs();
  if (used == 0 || used >= few * all) return;
  peers_.resize(at(program.endpoints()));
  for (const Traffic* traffic : exchanges.within) {
    for (int rank = 0; rank < traffic->ranks; ++rank) {
      traffic->for_each_receiver(rank, [&](int peer, double) {
        peers_[at(rank)].push_back(peer);
        peers_[at(peer)].push_back(rank);
      });
    }
  }
  for (const auto* numbers : exchanges.groups) {
    for (const auto& ranks : members_of(*numbers)) {
      for (const int one : ranks) {
        auto& peers = peers_[at(one)];
        peers.reserve(peers.size() + ranks.size());
        std::copy_if(ranks.begin(), ranks.end(), std::back_inserter(peers), [&](int other) { return other != one; });
      }
    }
  }
  for (auto& peers : peers_) {
    if (!std::is_sorted(peers.begin(), peers.end())) std::sort(peers.begin(), peers.end());
    peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  }
}

}  // namespace teapot

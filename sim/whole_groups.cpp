// Counts a rank's pairs over each link, so that those that are missing can be taken away.
// Does not know who has entered.

#include "sim/whole_groups.hpp"

#include <algorithm>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

/// Calls f(source, destination) for every two of a group.
template <class F>
void for_each_within(const std::vector<int>& groups, F&& f) {
  const int ranks = static_cast<int>(groups.size());
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; groups[at(s)] >= 0 && d < ranks; ++d) {
      if (d != s && groups[at(d)] == groups[at(s)]) f(s, d);
    }
  }
}

/// Calls f(source, destination) for every two of a group that exchange nothing.
template <class F>
void for_each_missing(const std::vector<int>& groups, const Traffic& traffic, F&& f) {
  const int ranks = static_cast<int>(groups.size());
  for (int s = 0; s < ranks; ++s) {
    int next = 0;
    const auto pass = [&](int until) {
      for (; next < until; ++next) {
        if (next != s && groups[at(s)] >= 0 && groups[at(next)] == groups[at(s)]) f(s, next);
      }
      ++next;
    };
    traffic.for_each_receiver(s, [&](int d, double) { pass(d); });
    pass(ranks);
  }
}

}  // namespace

std::size_t pairs_within(const std::vector<int>& groups) {
  std::vector<std::size_t> members(groups.size());
  for (const int group : groups) {
    if (group >= 0) ++members[at(group)];
  }
  std::size_t pairs = 0;
  for (const std::size_t m : members) pairs += m * (m - std::min<std::size_t>(m, 1));
  return pairs;
}

WholeGroups::WholeGroups(const RouteTable& routes, std::size_t links, std::shared_ptr<const std::vector<int>> groups)
    : routes_(routes), groups_(std::move(groups)), pairs_(links * ranks()) {
  const auto words = static_cast<std::uint32_t>((ranks() + 63) / 64);
  std::vector<Support::Words> of_link;
  for (std::size_t link = 0; link < links; ++link) of_link.push_back({0, words, link * words});
  whole_.words = std::make_shared<const std::vector<Support::Words>>(std::move(of_link));
  whole_.touch.assign(links * words, 0);
  whole_.senders.assign(ranks(), 0);
  for_each_within(*groups_, [&](int source, int destination) {
    routes_.for_each_hop(source, destination, [&](int link, double) {
      for (const int rank : {source, destination}) {
        ++pairs_[at(link) * ranks() + at(rank)];
        whole_.touch[at(link) * words + at(rank) / 64] |= std::uint64_t{1} << (rank % 64);
      }
    });
    ++whole_.senders[at(destination)];
  });
}

void WholeGroups::leave_out(int source, int destination, Support& support) {
  --support.senders[at(destination)];
  routes_.for_each_hop(source, destination, [&](int link, double) {
    for (const int rank : {source, destination}) {
      const std::size_t place = at(link) * ranks() + at(rank);
      taken_.push_back(place);
      if (--pairs_[place] == 0)
        support.touch[support.of_link(link).at + at(rank) / 64] &= ~(std::uint64_t{1} << (rank % 64));
    }
  });
}

std::shared_ptr<Support> WholeGroups::support_of(const Traffic& started) {
  auto support = std::make_shared<Support>(whole_);
  for_each_missing(*groups_, started, [&](int s, int d) { leave_out(s, d, *support); });
  for (const std::size_t place : taken_) ++pairs_[place];
  taken_.clear();
  return support;
}

std::vector<double> WholeGroups::latencies_s(const Traffic& started, const std::vector<double>& of_tiers) {
  auto& of_pair = latency_s_[of_tiers];
  if (of_pair.empty()) {
    of_pair.resize(ranks() * ranks());
    for_each_within(*groups_,
                    [&](int s, int d) { of_pair[at(s) * ranks() + at(d)] = routes_.latency_s(s, d, of_tiers); });
  }
  std::vector<double> latest(ranks(), 0.0);
  for (int s = 0; s < static_cast<int>(ranks()); ++s) {
    const double* const row = of_pair.data() + at(s) * ranks();
    started.for_each_receiver(s, [&](int d, double) { latest[at(d)] = std::max(latest[at(d)], row[d]); });
  }
  return latest;
}

}  // namespace teapot

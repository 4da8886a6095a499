// Walks the routes of the pairs once for each matrix.
// Does not know who has entered.

#include "sim/collective_support.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>

#include "sim/index.hpp"
#include "sim/random.hpp"
#include "sim/support_parts.hpp"
#include "sim/whole_groups.hpp"

namespace teapot {
namespace {

/// Calls f(source, destination) for each pair whose bytes `rank` may start.
template <class F>
void for_each_pair(const Traffic& started, Collective::Start start, bool by_group, int rank, F&& f) {
  if (!by_group) {
    const bool by_sender = start == Collective::Start::sender;
    started.for_each_receiver(rank, [&](int peer, double) { by_sender ? f(rank, peer) : f(peer, rank); });
    return;
  }
  const auto& groups = *started.groups;
  if (groups[at(rank)] < 0) return;
  for (int d = 0; d < started.ranks; ++d) {
    if (d != rank && groups[at(d)] == groups[at(rank)]) f(rank, d);
  }
}

// Below it as many links are looked at sooner than it is found which are alike.
constexpr int many_for_alike = 512;

/// Who sends to all of a group has them all wait for its NIC and what lies before it: many links, one set of ranks.
void find_alike(Support& support) {
  const auto words = [&](int link) {
    const Support::Words& w = support.of_link(link);
    return std::span{support.touch}.subspan(w.at, w.count);
  };
  std::unordered_multimap<std::uint64_t, int> known;  // by hash
  for (int link = 0; link < static_cast<int>(support.words->size()); ++link) {
    const std::uint32_t first = support.of_link(link).first;
    std::uint64_t hash = first;
    for (const std::uint64_t word : words(link)) hash = mix(hash ^ word);
    const auto [begin, end] = known.equal_range(hash);
    const auto found = std::find_if(begin, end, [&](const auto& other) {
      return support.of_link(other.second).first == first && std::ranges::equal(words(other.second), words(link));
    });
    support.like.push_back(found == end ? link : found->second);
    if (found == end) known.emplace(hash, link);
  }
}

}  // namespace

bool waits_by_group(const Traffic& started, Collective::Start start, int ranks) {
  constexpr std::size_t many = 64;
  return start == Collective::Start::sender && started.pairs() >= many * at(ranks);
}

Supports::Supports(const RouteTable& routes, std::size_t links, int ranks, std::size_t matrices)
    : routes_(routes), links_(links), ranks_(ranks), cached_(matrices) {}

Supports::~Supports() = default;

std::shared_ptr<Support> Supports::of(const std::shared_ptr<const Traffic>& started, Collective::Start start) {
  const bool by_group =
      waits_by_group(*started, start, ranks_) ||
      // Where every two of a group exchange something, waiting for the senders of the matrix is waiting for the group.
      (start == Collective::Start::sender && started->groups && started->ranks == ranks_ &&
       started->pairs() == pairs_within(*started->groups));
  const Key key{by_group ? std::shared_ptr<const void>{started->groups} : started, start, by_group};
  if (const auto* const known = cached_.find(key)) return *known;
  WholeGroups* const whole = whole_groups(*started, start, by_group);
  return cached_.add(key, whole != nullptr ? whole->support_of(*started) : build(*started, start, by_group));
}

/// Those of its groups, where a matrix has nearly all pairs of them; null where it has not, or there are too many
/// ranks for a count of each on each link.
WholeGroups* Supports::whole_groups(const Traffic& started, Collective::Start start, bool by_group) {
  constexpr int most = 256;
  if (by_group || start != Collective::Start::sender || !started.groups || started.ranks != ranks_ || ranks_ > most ||
      !routes_.knows_all_pairs())
    return nullptr;
  const std::size_t all = pairs_within(*started.groups);
  if (3 * (all - started.pairs()) > all) return nullptr;
  for (const auto& known : wholes_) {
    if (*known->groups() == *started.groups) return known.get();
  }
  if (wholes_.size() >= usual) wholes_.erase(wholes_.begin());
  wholes_.push_back(std::make_unique<WholeGroups>(routes_, links_, started.groups));
  return wholes_.back().get();
}

/// Whether who waits is found many ranks at a time.
bool Supports::by_parts(bool by_group, const Traffic& started) const {
  constexpr int many = 128;  // below it is as fast pair by pair
  return by_group && routes_.has_parts() && started.ranks == ranks_ && ranks_ >= many;
}

/// Words for all ranks on each link where those are few, else only from the first to the last rank that may wait for
/// it.
void Supports::make_room(const Traffic& started, Collective::Start start, Support& support) const {
  constexpr std::uint32_t few = 8;
  const auto all = static_cast<std::uint32_t>((ranks_ + 63) / 64);
  std::vector<Support::Words> of_link(links_, {0, all <= few ? all : 0, 0});
  const auto widen = [&](int link, std::uint32_t low, std::uint32_t beyond) {
    Support::Words& words = of_link[at(link)];
    const std::uint32_t end = words.count == 0 ? beyond : std::max(beyond, words.first + words.count);
    words.first = words.count == 0 ? low : std::min(low, words.first);
    words.count = end - words.first;
  };
  if (all > few && by_parts(support.by_group, started)) {
    WaitingSets{routes_, *started.groups,
                [&](int link, const std::vector<std::uint64_t>& waiting) {
                  const auto some = [](std::uint64_t word) { return word != 0; };
                  const auto first = std::find_if(waiting.begin(), waiting.end(), some) - waiting.begin();
                  const auto beyond = waiting.rend() - std::find_if(waiting.rbegin(), waiting.rend(), some);
                  widen(link, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(beyond));
                },
                [&](int link, int rank) {
                  widen(link, static_cast<std::uint32_t>(rank / 64), static_cast<std::uint32_t>(rank / 64 + 1));
                }}
        .visit();
  }
  for (int rank = 0; all > few && !by_parts(support.by_group, started) && rank < ranks_; ++rank) {
    for_each_pair(started, start, support.by_group, rank, [&](int source, int destination) {
      const int first = std::min(source, destination);
      const int last = std::max(source, destination);
      routes_.for_each_hop(source, destination, [&](int link, double) {
        widen(link, std::min(all - 1, static_cast<std::uint32_t>(first / 64)),
              std::min(all, static_cast<std::uint32_t>(last / 64 + 1)));
      });
    });
  }
  std::size_t used = 0;
  for (Support::Words& words : of_link) {
    words.at = used;
    used += words.count;
  }
  support.touch.assign(used, 0);
  support.words = std::make_shared<const std::vector<Support::Words>>(std::move(of_link));
}

std::shared_ptr<Support> Supports::build(const Traffic& started, Collective::Start start, bool by_group) const {
  auto support = std::make_shared<Support>();
  support->by_group = by_group;
  make_room(started, start, *support);
  support->senders.assign(at(started.ranks), 0);
  const auto wait = [&](int rank, int link) {
    if (rank >= ranks_) return;  // a passive endpoint waits for nothing
    const Support::Words& words = support->of_link(link);
    support->touch[words.at + at(rank) / 64 - words.first] |= std::uint64_t{1} << (rank % 64);
  };
  if (by_parts(by_group, started)) {
    WaitingSets{routes_, *started.groups,
                [&](int link, const std::vector<std::uint64_t>& waiting) {
                  const Support::Words& words = support->of_link(link);
                  for (std::size_t w = 0; w < words.count; ++w)
                    support->touch[words.at + w] |= waiting[words.first + w];
                },
                [&](int link, int rank) { wait(rank, link); }}
        .visit();
    if (ranks_ >= many_for_alike) find_alike(*support);
    return support;  // ranks are counted by group
  }
  const bool fetched = start == Collective::Start::receiver;
  for (int rank = 0; rank < ranks_; ++rank) {
    for_each_pair(started, start, by_group, rank, [&](int source, int destination) {
      routes_.for_each_hop(source, destination, [&](int link, double) {
        if (!fetched) wait(source, link);
        wait(destination, link);
      });
      if (!fetched) ++support->senders[at(destination)];
    });
  }
  if (by_group && ranks_ >= many_for_alike) find_alike(*support);
  return support;
}

std::shared_ptr<const std::vector<double>> Supports::latencies(Support& support, const Traffic& started,
                                                               Collective::Start start, const Wire* wire) {
  const std::vector<double> of_tiers = routes_.tier_latencies_s(wire);
  auto& known = support.latency_s[of_tiers];
  if (known) return known;
  if (WholeGroups* const whole = whole_groups(started, start, support.by_group))
    return known = std::make_shared<const std::vector<double>>(whole->latencies_s(started, of_tiers));
  std::vector<double> latency_s(at(started.ranks), 0.0);
  for (int rank = 0; rank < ranks_; ++rank) {
    for_each_pair(started, start, support.by_group, rank, [&](int source, int destination) {
      double& latest = latency_s[at(destination)];
      latest = std::max(latest, routes_.latency_s(source, destination, of_tiers));
    });
  }
  known = std::make_shared<const std::vector<double>>(std::move(latency_s));
  return known;
}

}  // namespace teapot

// Facts of routes, worked out once.
// Does not know when anything happens.

#include "sim/route_facts.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "sim/index.hpp"

namespace teapot {

LinkPlaces::LinkPlaces(const LinkRows& rows, std::size_t links) : place_of(links), link_at(rows.then_others()) {
  for (int p = 0; p < static_cast<int>(link_at.size()); ++p) {
    if (link_at[at(p)] >= 0) place_of[at(link_at[at(p)])] = p;
  }
}

KeptLoads::KeptLoads(const RouteTable& routes, const LinkRows& rows, const LinkPlaces& places, BatchSums& sums,
                     std::size_t matrices)
    : routes_(routes), rows_(rows), places_(places), sums_(sums), by_place_(places.link_at.size()), kept_(matrices) {}

namespace {

/// Of any rank: no link has more of what it sends.
double most_sent(const Traffic& traffic) {
  double most = 0;
  for (int rank = 0; rank < traffic.ranks; ++rank) {
    double sent = 0;
    traffic.for_each_receiver(rank, [&](int, double copies) { sent += copies; });
    most = std::max(most, sent);
  }
  return most;
}

}  // namespace

/// Keeping costs as much as summing: matrices that come the first time are kept while enough of those before came
/// again.
bool KeptLoads::worth_keeping() const {
  constexpr std::size_t unknown = 512;  // the matrices of two steps
  constexpr std::size_t one_in = 4;
  return came_ <= unknown + one_in * came_again_;
}

std::shared_ptr<KeptLoads::OfMatrix> KeptLoads::of(const std::shared_ptr<const Traffic>& started) {
  Kept* known = kept_.find(started);
  ++(known != nullptr ? came_again_ : came_);
  if (known == nullptr) {
    known = &kept_.add(started, {});
    if (!worth_keeping()) return nullptr;
  }
  if (!known->looked_at) {
    known->looked_at = true;
    if (most_sent(*started) <= std::numeric_limits<std::uint16_t>::max())
      known->loads = std::make_shared<OfMatrix>(OfMatrix{std::vector<std::vector<ShortBlock>>(at(started->ranks)), {}});
  }
  return known->loads;
}

std::span<const WideBlock> KeptLoads::together(OfMatrix& known, const Traffic& started, const std::vector<int>& ranks) {
  const bool all = ranks.size() == known.of_rank.size();
  if (all && !known.of_all.empty()) return known.of_all;
  for (const int rank : ranks) alone(known, started, rank);
  for (const int rank : ranks) by_place_.add(known.of_rank[at(rank)]);
  by_place_.take(several_);
  if (all) known.of_all = several_;
  return several_;
}

std::span<const ShortBlock> KeptLoads::alone(OfMatrix& known, const Traffic& started, int rank) {
  std::vector<ShortBlock>& blocks = known.of_rank[at(rank)];
  if (!blocks.empty() || !started.has_row(rank)) return blocks;
  sums_.gather(routes_, started, {rank});
  const auto add_row = [&](std::size_t place, const std::vector<std::uint32_t>& row, const SlotRun& run) {
    by_place_.add(place + run.first, std::span{row}.subspan(run.first, run.count));
  };
  for (const SlotRun& run : sums_.runs()) {
    add_row(0, sums_.on_final(), run);
    add_row(rows_.final.size(), sums_.on_near(), run);
  }
  add_row(rows_.final.size() + rows_.near.size(), sums_.on_middle(), sums_.middle_run());
  for (const auto& [link, copies] : sums_.on_links())
    by_place_.add(at(places_.place_of[at(link)]), static_cast<std::uint32_t>(copies));
  by_place_.take(found_);
  return blocks = found_;
}

RouteFacts::RouteFacts(RouteTable table, LinkRows link_rows, int ranks, std::size_t matrices)
    : routes(std::move(table)),
      rows(std::move(link_rows)),
      places(rows, routes.links()),
      transposes(matrices),
      supports(routes, routes.links(), ranks, matrices),
      sums(routes.links(), rows) {}

std::shared_ptr<RouteFacts> facts_of(const Network& network, const Program& program) {
  RouteTable routes{network, program};
  LinkRows rows{routes, program};
  return std::make_shared<RouteFacts>(std::move(routes), std::move(rows), program.ranks, Supports::usual);
}

namespace {

/// Of how many matrices facts are kept: about 9 bytes for each two ranks, 75 MB in all.
std::size_t matrices_kept(int ranks) {
  constexpr std::size_t pairs = 8'000'000;
  return pairs / (at(ranks) * at(ranks));
}

}  // namespace

RoutesAsked::RoutesAsked(const Program& program) : ranks(program.ranks), endpoints(program.endpoints()), used(program) {
  std::set<const Wire*> met;
  for (const Operator& op : program.operators) {
    const auto* const collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr || !met.insert(collective->wire.get()).second) continue;
    const Wire wire = collective->wire ? *collective->wire : Wire{};
    if (std::find(wires.begin(), wires.end(), wire) == wires.end()) wires.push_back(wire);
  }
}

namespace {

/// In all that routes depend on: names of nodes are for reports.
bool same_routes(const Network& a, const Network& b) {
  return a.route == b.route && a.links == b.links && a.gpus == b.gpus && a.passive == b.passive && a.host == b.host &&
         a.domain == b.domain && a.alike == b.alike;
}

}  // namespace

std::shared_ptr<RouteFacts> KnownRoutes::of(const Network& network, const Program& program) {
  constexpr std::size_t networks = 4;
  RoutesAsked asked{program};
  const auto asked_again = [&](auto found) {
    std::rotate(found, found + 1, known_.end());
    return known_.back().facts;
  };
  const auto made_from = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.asked == asked && same_routes(known.network, network) &&
           known.facts->rows == LinkRows{known.facts->routes, program};
  });
  if (made_from != known_.end()) return asked_again(made_from);
  const std::size_t matrices = matrices_kept(program.ranks);
  const bool comes_again = matrices >= static_cast<std::size_t>(collectives_of(program));
  if (!comes_again) known_.clear();  // tables of many ranks are large: one at a time
  RouteTable routes{network, program, asked.used};
  LinkRows rows{routes, program};
  const auto same = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.facts->routes == routes && known.facts->rows == rows;
  });
  if (same != known_.end()) {
    same->network = network;
    same->asked = std::move(asked);
    return asked_again(same);
  }
  if (known_.size() >= networks) known_.erase(known_.begin());
  auto facts = std::make_shared<RouteFacts>(std::move(routes), std::move(rows), program.ranks,
                                            comes_again ? matrices : Supports::usual);
  if (comes_again)
    facts->loads = std::make_unique<KeptLoads>(facts->routes, facts->rows, facts->places, facts->sums, matrices);
  known_.push_back({network, std::move(asked), std::move(facts)});
  return known_.back().facts;
}

}  // namespace teapot

// Cuts routes into ways out and what sources share behind them.
// Does not know what is sent.

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <map>
#include <utility>

#include "sim/index.hpp"
#include "sim/route_number.hpp"
#include "sim/route_table.hpp"

namespace teapot {

/// Cuts each rest that may come again where the links end that few sources use, and leaves only links that stand. Rests
/// that each pair has for itself are cut when they come, where they are: they become tails with their numbers.
RouteTable::CutRests RouteTable::cut_rests(SharedPaths& rests, const std::vector<int>& sources, int few) {
  CutRests cut{std::vector<CutRests::Parts>(rests.end_of_looked_for()), {}, sources, few, {}, {}};
  if (rests.end_of_looked_for() == rests.end()) {
    rests.for_each_list(
        [&](SharedPaths::Id id, const std::vector<Hop>& hops) { cut.parts[id] = cut_rest(hops, cut, nullptr); });
    return cut;
  }
  assert(tails_.end() == 0);
  tails_ = std::move(rests);
  for (SharedPaths::Id id = 0; id < cut.parts.size();) {
    const SharedPaths::Id next = id + 1 + tails_.size(id);
    cut.parts[id] = cut_in_place(id, cut);
    id = next;
  }
  return cut;
}

RouteTable::CutRests::Parts RouteTable::parts_of(SharedPaths::Id rest, CutRests& cut) {
  return rest < cut.parts.size() ? cut.parts[rest] : cut_in_place(rest, cut);
}

RouteTable::CutRests::Parts RouteTable::cut_in_place(SharedPaths::Id id, CutRests& cut) {
  cut.hops.clear();
  tails_.for_each_hop(id, [&](int link, double share) { cut.hops.push_back({link, share}); });
  return cut_rest(cut.hops, cut, &id);
}

RouteTable::CutRests::Parts RouteTable::cut_rest(const std::vector<Hop>& hops, CutRests& cut,
                                                 const SharedPaths::Id* in_place) {
  CutRests::Parts parts;
  const auto near = [&](const Hop& hop) { return cut.sources[at(hop.link)] <= cut.few; };
  const auto far = static_cast<std::size_t>(std::find_if_not(hops.begin(), hops.end(), near) - hops.begin());
  std::vector<Hop>& kept = cut.kept;
  const auto filtered = [&](std::size_t from, std::size_t to) {
    kept.clear();
    for (std::size_t i = from; i < to; ++i) {
      if (stands(hops[i].link)) kept.push_back(hops[i]);
    }
  };
  filtered(0, far);
  parts.head = cut.near.add(kept.data(), kept.data() + kept.size());
  filtered(far, hops.size());
  const bool one_path = std::all_of(kept.begin(), kept.end(), [](const Hop& hop) { return hop.share == 1; });
  if (one_path && !kept.empty()) {
    parts.last = kept.back().link;
    kept.pop_back();
  }
  if (in_place == nullptr) {
    parts.links = tails_.add(kept.data(), kept.data() + kept.size());
  } else {
    parts.links = *in_place;
    tails_.replace(*in_place, kept.data(), kept.data() + kept.size());
  }
  return parts;
}

/// Cuts each route where the links end that few sources use, and leaves only links that stand: a source's ways out are
/// few, and what comes after them is shared with all sources nearby.
void RouteTable::cut(const Network& network, int ranks, Raw& raw) {
  constexpr int few = 16;
  rows_.resize(raw.rows.size());
  const CutRests common = cut_rests(raw.common, raw.sources, 0);
  for (const AlikeRoutes& alike : raw.alike) add_alike(ranks, alike, common);
  raw.alike.clear();
  std::vector<std::vector<Hop>> firsts(raw.first.end());
  raw.first.for_each_list([&](SharedPaths::Id id, const std::vector<Hop>& hops) { firsts[id] = hops; });
  CutRests rests = cut_rests(raw.rest, raw.sources, few);
  for (int source = 0; source < static_cast<int>(raw.rows.size()); ++source) {
    RawRow& raw_row = raw.rows[at(source)];
    Base ways = ways_of(source, raw_row, rests, firsts);
    if (Row& row = rows_[at(source)]; raw.partial || row.base != nullptr) {
      row.first = raw_row.begin;
      row.own = std::move(ways);
    } else {
      share(network, ranks, source, ways);
    }
    raw_row = {};
  }
  find_parts();
  heads_.freeze();
  tails_.freeze();
  bundle_numbers_.clear();
}

/// Gives alike sources one row and each its own ways out.
void RouteTable::add_alike(int ranks, const AlikeRoutes& alike, const CutRests& rests) {
  Base& base = *bases_.emplace_back(std::make_unique<Base>(at(ranks)));
  for (int d = 0; d < ranks; ++d) {
    const CutRests::Parts& part = rests.parts[alike.rest[at(d)]];
    base[at(d)] = {number_of({alike.kind[at(d)], part.links}), part.last};
  }
  for (std::size_t m = 0; m < alike.members.size(); ++m) {
    Row& row = rows_[at(alike.members[m])];
    row.base = base.data();
    for (std::size_t k = 0; k < alike.kinds.size(); ++k) {
      const SharedPaths::Id head = head_of(alike.ways_out[m][k], {});
      row.kinds.push_back({head, alike.kinds[k].tiers, alike.kinds[k].latency_s});
    }
  }
}

std::uint32_t RouteTable::number_of(const Bundle& bundle, bool may_be_known) {
  if (!may_be_known) {
    bundles_.push_back(bundle);
    return static_cast<std::uint32_t>(bundles_.size() - 1);
  }
  const auto [found, is_new] = bundle_numbers_.try_emplace(bundle, static_cast<std::uint32_t>(bundles_.size()));
  if (is_new) bundles_.push_back(bundle);
  return found->second;
}

/// Of a way out, and of more hops that are known to stand.
SharedPaths::Id RouteTable::head_of(const std::vector<Hop>& first, const std::vector<Hop>& more) {
  std::vector<Hop> kept;
  for (const Hop& hop : first) {
    if (stands(hop.link)) kept.push_back(hop);
  }
  kept.insert(kept.end(), more.begin(), more.end());
  return heads_.add(kept.data(), kept.data() + kept.size());
}

/// Kinds are numbered from the source on, round all destinations, so that sources in the same place at home number
/// them alike.
RouteTable::Base RouteTable::ways_of(int source, const RawRow& raw, CutRests& rests,
                                     const std::vector<std::vector<Hop>>& firsts) {
  struct Known {
    std::uint32_t kind = 0;
    std::uint32_t bundle = std::numeric_limits<std::uint32_t>::max();  // the last one of this kind
  };
  std::map<std::pair<std::uint16_t, SharedPaths::Id>, Known> known;  // by the raw kind and the near part of the rest
  std::map<Kind, std::uint32_t> numbers;
  std::array<std::pair<std::pair<std::uint32_t, SharedPaths::Id>, Known*>, 64> recent{};
  Row& row = rows_[at(source)];
  const auto find = [&](std::uint16_t raw_kind, SharedPaths::Id near) -> Known& {
    auto& [key, entry] = recent[(raw_kind + 7 * near) % recent.size()];
    if (entry != nullptr && key == std::pair{std::uint32_t{raw_kind}, near}) return *entry;
    const auto [found, is_new] = known.try_emplace({raw_kind, near});
    if (is_new) {
      Kind kind = raw.kinds[raw_kind];
      std::vector<Hop> more;
      rests.near.for_each_hop(near, [&](int link, double share) { more.push_back({link, share}); });
      kind.head = head_of(firsts[kind.head], more);
      found->second.kind = number_among(row.kinds, kind, numbers, std::uint32_t{0});
    }
    key = {raw_kind, near};
    entry = &found->second;
    return *entry;
  };
  Base ways(raw.rest.size());
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const std::size_t d = (at(source - raw.begin) + i) % ways.size();
    const CutRests::Parts part = parts_of(raw.rest[d], rests);
    Known& entry = find(raw.kind[d], part.head);
    if (entry.bundle >= bundles_.size() || bundles_[entry.bundle].links != part.links) {
      entry.bundle = number_of({entry.kind, part.links}, raw.rest[d] < rests.parts.size());
    }
    ways[d] = {entry.bundle, part.last};
  }
  return ways;
}

/// Finds a row that is the same but for those at home: the source's scale-up domain, or where that is most of the
/// network the source itself.
void RouteTable::share(const Network& network, int ranks, int source, const Base& ways) {
  constexpr std::size_t most_tried = 64;
  constexpr Way open{std::numeric_limits<std::uint32_t>::max(), -1};  // nobody's yet
  const Home home = home_of(network, ranks, source);
  Row& row = rows_[at(source)];
  const auto begin = ways.begin() + home.first;
  const auto beyond = ways.begin() + home.last + 1;
  row.first = home.first;
  row.own.assign(begin, beyond);
  const auto fits = [&](const Base& base) {
    const auto same = [&](const Way& a, const Way& b) { return a == b || a == open; };
    const auto behind = base.begin() + (beyond - ways.begin());
    return std::equal(base.begin(), base.begin() + home.first, ways.begin(), same) &&
           std::equal(behind, base.end(), beyond, same);
  };
  const std::size_t tried = std::min(bases_.size(), most_tried);
  auto base = std::find_if(bases_.end() - static_cast<std::ptrdiff_t>(tried), bases_.end(),
                           [&](const auto& known) { return fits(*known); });
  if (base == bases_.end()) base = bases_.insert(base, std::make_unique<Base>(ways.size(), open));
  std::copy(ways.begin(), begin, (*base)->begin());
  std::copy(beyond, ways.end(), (*base)->begin() + (beyond - ways.begin()));
  row.base = (*base)->data();
}

}  // namespace teapot

// Finds out whether routes end in links of their own.
// Does not know what is sent.

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "sim/index.hpp"
#include "sim/route_table.hpp"

namespace teapot {

RouteTable::Asked RouteTable::asked() const {
  struct Sources {
    int count = 0;
    std::vector<int> at_home;  // by destination: of how many sources
  };
  std::map<const Way*, Sources> of_base;
  for (const Row& row : rows_) {
    Sources& sources = of_base[row.base];
    ++sources.count;
    sources.at_home.resize(rows_.size());
    for (std::size_t i = 0; i < row.own.size(); ++i) ++sources.at_home[at(row.first) + i];
  }
  Asked bases;
  for (const auto& [base, sources] : of_base) {
    bases.emplace_back(base, rows_.size());
    for (std::size_t d = 0; d < rows_.size(); ++d) bases.back().second[d] = sources.at_home[d] < sources.count ? 1 : 0;
  }
  return bases;
}

/// The last link to each endpoint, the same from everywhere, and on no other way.
bool RouteTable::find_finals(const Asked& bases) {
  std::vector<int> finals(rows_.size(), -1);
  std::vector<char> taken(links());
  for (const SharedPaths* paths : {&heads_, &tails_}) {
    paths->for_each_list([&](SharedPaths::Id, const std::vector<Hop>& hops) {
      for (const Hop& hop : hops) taken[at(hop.link)] = 1;
    });
  }
  for (const auto& [ways, asked] : bases) {
    for (std::size_t d = 0; d < finals.size(); ++d) {
      if (!asked[d]) continue;
      const int last = ways[d].last;
      if (last < 0 || (finals[d] >= 0 && finals[d] != last)) return false;
      if (std::exchange(finals[d], last) < 0 && std::exchange(taken[at(last)], 1) != 0) return false;
    }
  }
  finals_ = std::move(finals);
  return true;
}

/// The link before the last one, where it leads to one endpoint only.
void RouteTable::find_nears(const Asked& bases) {
  constexpr int nobody = -1;
  constexpr int several = -2;
  std::vector<int> leads_to(links(), nobody);
  const auto see = [&](int link, int destination) {
    int& known = leads_to[at(link)];
    known = known == nobody || known == destination ? destination : several;
  };
  heads_.for_each_list([&](SharedPaths::Id, const std::vector<Hop>& hops) {
    for (const Hop& hop : hops) see(hop.link, several);
  });
  for (const Row& row : rows_) {
    for (const Way& way : row.own)
      tails_.for_each_hop(bundles_[way.bundle].links, [&](int l, double) { see(l, several); });
  }
  const auto each_tail = [&](auto&& f) {
    for (const auto& [ways, asked] : bases) {
      for (std::size_t d = 0; d < asked.size(); ++d) {
        if (!asked[d]) continue;
        int last = nobody;
        tails_.for_each_hop(bundles_[ways[d].bundle].links, [&](int l, double) {
          if (last >= 0) see(last, several);
          last = l;
        });
        if (last >= 0) f(static_cast<int>(d), last);
      }
    }
  };
  each_tail([&](int d, int last) { see(last, d); });
  nears_.assign(rows_.size(), nobody);
  each_tail([&](int d, int last) {
    if (nears_[at(d)] < 0 && leads_to[at(last)] == d) nears_[at(d)] = last;
  });
}

std::vector<int> RouteTable::middle_of(const Way& way, std::size_t destination) const {
  std::vector<int> hops;
  tails_.for_each_hop(bundles_[way.bundle].links, [&](int link, double) { hops.push_back(link); });
  if (!hops.empty() && hops.back() == nears_[destination]) hops.pop_back();
  return hops;
}

RouteTable::Middle RouteTable::middle_of(const Way* ways, const std::vector<char>& asked) const {
  Middle middle{std::vector<int>(rows_.size() * middle_links_, static_cast<int>(links())),
                std::vector<std::uint32_t>(rows_.size())};
  for (std::size_t d = 0; d < rows_.size(); ++d) {
    if (!asked[d]) continue;
    const std::vector<int> hops = middle_of(ways[d], d);
    std::copy(hops.begin(), hops.end(), middle.links.begin() + static_cast<std::ptrdiff_t>(d * middle_links_));
    tails_.for_each_hop(bundles_[ways[d].bundle].links, [&](int link, double) {
      if (link == nears_[d]) middle.near[d] = ~std::uint32_t{0};
    });
  }
  return middle;
}

void RouteTable::find_parts() {
  constexpr std::size_t most_kinds = std::numeric_limits<std::uint8_t>::max();
  if (spreads() || rows_.empty()) return;
  for (const Row& row : rows_) {
    if (row.base == nullptr || row.kinds.size() > most_kinds) return;
  }
  const Asked bases = asked();
  if (!find_finals(bases)) return;
  find_nears(bases);
  middle_links_ = 1;  // at least: two ways are told apart by where their middle links stand
  for (const auto& [ways, asked] : bases) {
    for (std::size_t d = 0; d < rows_.size(); ++d) {
      if (asked[d]) middle_links_ = std::max(middle_links_, middle_of(ways[d], d).size());
    }
  }
  if (middle_links_ > most_middle_links) return finals_.clear();
  std::map<const Way*, std::pair<const std::uint8_t*, const Middle*>> parts;
  for (const auto& [ways, asked] : bases) {
    auto& kind = *kinds_.emplace_back(std::make_unique<std::vector<std::uint8_t>>(rows_.size()));
    for (std::size_t d = 0; d < rows_.size(); ++d) {
      if (asked[d]) kind[d] = static_cast<std::uint8_t>(bundles_[ways[d].bundle].kind);
    }
    auto middle = std::make_unique<Middle>(middle_of(ways, asked));
    const auto same = [&](const auto& known) { return *known == *middle; };
    auto found = std::find_if(middles_.begin(), middles_.end(), same);
    if (found == middles_.end()) found = middles_.insert(found, std::move(middle));
    parts[ways] = {kind.data(), found->get()};
  }
  for (Row& row : rows_) {
    const auto& [kind, middle] = parts[row.base];
    row.kind = kind;
    row.middle = middle->links.data();
    row.near = middle->near.data();
  }
}

}  // namespace teapot

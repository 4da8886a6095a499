// Asks for each route once, and compares neighbours on it.
// Does not know who sends.

#include "sim/pair_paths.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

/// Sums of equal rates may be a bit above what they should equal.
constexpr double rounding = 1 + 1e-12;

/// What stands beside links on the ways.
struct Neighbours {
  std::set<std::pair<int, int>> in_a_row;  // a link, and one after it
  std::vector<char> first, last;           // of any way
};

Neighbours neighbours_of(const std::vector<std::span<const int>>& ways, std::size_t links) {
  Neighbours found{{}, std::vector<char>(links), std::vector<char>(links)};
  for (const auto& way : ways) {
    if (way.empty()) continue;
    found.first[at(way.front())] = found.last[at(way.back())] = 1;
    for (std::size_t i = 1; i < way.size(); ++i) found.in_a_row.insert({way[i - 1], way[i]});
  }
  return found;
}

}  // namespace

/// Each link that is left out rests on those before it, which stand earlier on every way, or else on those behind it,
/// which are not left out for what stands before them: so none rests on itself.
std::vector<char> links_that_never_bind(const std::vector<std::span<const int>>& ways,
                                        const std::vector<double>& rates) {
  const Neighbours beside = neighbours_of(ways, rates.size());
  std::vector<double> before(rates.size()), behind(rates.size());
  for (const auto& [link, next] : beside.in_a_row) before[at(next)] += rates[at(link)];
  std::vector<char> never(rates.size());
  for (std::size_t l = 0; l < rates.size(); ++l) never[l] = !beside.first[l] && before[l] <= rates[l] * rounding;
  std::vector<char> rests = beside.last;  // on what is behind it, it may not
  for (const auto& [link, next] : beside.in_a_row) {
    behind[at(link)] += rates[at(next)];
    rests[at(link)] |= never[at(next)];
  }
  for (std::size_t l = 0; l < rates.size(); ++l) never[l] |= !rests[l] && behind[l] <= rates[l] * rounding;
  return never;
}

PairPaths::PairPaths(const Program& program, const Network& network, const std::vector<double>& rates)
    : endpoints_(program.endpoints()) {
  read_routes(program, network);
  leave_out(rates);
}

void PairPaths::read_routes(const Program& program, const Network& network) {
  const auto endpoint = [&](int e) {
    return e < program.ranks ? e : network.ranks() + program.passive[at(e - program.ranks)];
  };
  for (int source = 0; source < endpoints_; ++source) {
    for (int d = 0; d < endpoints_; ++d) {
      if (d != source) {
        for (const Hop& hop : network.route(endpoint(source), endpoint(d))) {
          if (hop.share != 1) {
            throw ConfigError(network.name +
                              ": network: pair needs one path for each pair of GPUs, and this fabric's routing spreads "
                              "over several (use network: collective, or static routing)");
          }
          links_.push_back(hop.link);
        }
      }
      begin_.push_back(static_cast<std::uint32_t>(links_.size()));
    }
  }
}

void PairPaths::leave_out(const std::vector<double>& rates) {
  std::vector<std::span<const int>> ways;
  for (int p = 0; p < paths(); ++p) ways.push_back(links(p));
  const std::vector<char> never = links_that_never_bind(ways, rates);
  for (const auto& way : ways) {
    const std::size_t begin = binding_.size();
    std::copy_if(way.begin(), way.end(), std::back_inserter(binding_), [&](int link) { return !never[at(link)]; });
    const auto first = binding_.begin() + static_cast<std::ptrdiff_t>(begin);
    std::stable_sort(first, binding_.end(), [&](int a, int b) { return rates[at(a)] < rates[at(b)]; });
    slowest_.push_back(static_cast<std::uint8_t>(std::count_if(
        first, binding_.end(), [&](int link) { return rates[at(link)] <= rates[at(*first)] * rounding; })));
    longest_ = std::max(longest_, binding_.size() - begin);
    binding_begin_.push_back(static_cast<std::uint32_t>(binding_.size()));
  }
}

}  // namespace teapot

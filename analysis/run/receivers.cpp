// Moves entries of those who only receive.
// Does not move any end.

#include "analysis/run/receivers.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "sim/index.hpp"

namespace teapot {

void enter_with_senders(const Program& program, Timeline& timeline) {
  std::map<std::pair<const Traffic*, bool>, std::vector<char>> known;
  for (int op = 0; op < timeline.operators; ++op) {
    const auto* work = std::get_if<Collective>(&program.operators[at(op)].work);
    if (work == nullptr || work->start == Collective::Start::receiver) continue;
    const auto [found, is_new] = known.try_emplace({work->traffic.get(), work->reversed});
    if (is_new) found->second = senders_of(*work->traffic, work->reversed);
    const std::vector<char>& sends = found->second;
    double first = std::numeric_limits<double>::infinity();
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (sends[at(rank)] && timeline.ran(op, rank)) first = std::min(first, timeline.start(op, rank).value);
    }
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (sends[at(rank)] || !timeline.ran(op, rank)) continue;
      const std::size_t cell = at(op) * at(timeline.ranks) + at(rank);
      timeline.start_s[cell] = std::min(std::max(timeline.start_s[cell], first), timeline.end_s[cell]);
    }
  }
}

}  // namespace teapot

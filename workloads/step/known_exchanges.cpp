// Origins and what was drawn from each.
// Does not know what runs on what it keeps.

#include "workloads/step/known_exchanges.hpp"

#include <algorithm>

namespace teapot {

std::shared_ptr<KnownExchanges::Drawn> KnownExchanges::from(DrawnFrom origin) {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const auto& known) { return known.first == origin; });
  if (found == known_.end()) {
    known_.emplace_back(std::move(origin), std::make_shared<Drawn>());
  } else {
    std::rotate(found, found + 1, known_.end());
  }
  return known_.back().second;
}

void KnownExchanges::keep_pairs(std::size_t most) {
  std::size_t pairs = 0;
  auto kept = known_.end();
  while (kept != known_.begin()) {
    for (const auto& [gate, exchange] : *std::prev(kept)->second) pairs += exchange.traffic->pairs();
    if (pairs > most) break;
    --kept;
  }
  known_.erase(known_.begin(), kept);
}

}  // namespace teapot

// The experts that tokens choose most, and a gate that knows no others.
// Counts no copies.

#include <algorithm>
#include <numeric>
#include <utility>

#include "workloads/routing/traffic.hpp"

namespace teapot {

Chooser keep_favourites(const Chooser& chooser, int gpus, const std::vector<int>& tokens, const GateSeed& seed,
                        int distinct) {
  const auto experts = static_cast<std::size_t>(chooser.gate().experts);
  std::vector<std::uint64_t> chosen_by(experts);
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const int n = tokens[tokens.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
    const int drawn = std::min(n, most_drawn);
    chooser.each_token(Random{seed.seed, seed.layer, seed.micro_batch, gpu}, drawn, [&](const std::uint16_t* chosen) {
      for (int i = 0; i < chooser.gate().top_k; ++i) ++chosen_by[chosen[i]];
    });
  }
  std::vector<std::size_t> order(experts);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return chosen_by[a] > chosen_by[b]; });
  std::vector<double> weights = chooser.weights();
  if (weights.empty()) weights.assign(experts, 1.0);
  for (std::size_t i = static_cast<std::size_t>(distinct); i < experts; ++i) weights[order[i]] = 0;
  return Chooser::weighted(chooser.gate(), std::move(weights));
}

}  // namespace teapot

// Draws what is missing.
// Does not know who asks again.

#include "workloads/routing/known_choices.hpp"

#include <algorithm>

namespace teapot {

const std::uint16_t* GateChoices::of(int gpu, int tokens) {
  const auto row = static_cast<std::size_t>(gpu);
  const auto experts = static_cast<std::size_t>(chooser_.gate().experts);
  for (auto next = static_cast<int>(tokens_.size()); next <= gpu; ++next) {
    after_.emplace_back(seed_.seed, seed_.layer, seed_.micro_batch, next);
    tokens_.push_back(0);
    counts_.resize(counts_.size() + experts);
  }
  std::uint16_t* const counts = counts_.data() + row * experts;
  if (tokens < tokens_[row]) {
    std::fill_n(counts, experts, std::uint16_t{0});
    after_[row] = Random{seed_.seed, seed_.layer, seed_.micro_batch, gpu};
    tokens_[row] = 0;
  }
  chooser_.count_next(after_[row], tokens - tokens_[row], counts);
  tokens_[row] = tokens;
  return counts;
}

GateChoices* KnownChoices::of(const Gate& gate, const GateSeed& seed, int gpus) {
  constexpr std::size_t most = 16'000'000;  // 32 MB: eight times what EP 64 takes with 58 layers of two micro-batches
  constexpr std::size_t gates = 128;
  if (static_cast<std::size_t>(gpus) * static_cast<std::size_t>(gate.experts) > most / gates) return nullptr;
  const Key key{gate.experts, gate.top_k, gate.groups, gate.max_groups, seed.seed, seed.layer, seed.micro_batch};
  if (const auto found = known_.find(key); found != known_.end()) return &found->second;
  std::size_t kept = 0;
  for (const auto& [of, choices] : known_) kept += choices.size();
  return kept > most ? nullptr : &known_.emplace(key, GateChoices{gate, seed}).first->second;
}

}  // namespace teapot

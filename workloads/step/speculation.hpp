#pragma once
// Draft tokens: how many a step verifies, and how many of them it keeps.
// Knows no layer and no time.

#include <vector>

#include "sim/config.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/draft.hpp"

namespace teapot {

struct Speculation {
  int draft_tokens = 0;
  std::vector<double> acceptance;  ///< of each draft, given that those before it were accepted
  double tokens_per_step =
      1;  ///< emitted by a request, the mean: expected (1 + a1 + a1 a2 + ...), or of one sampled step
};

/// Reads `draft_tokens`, `acceptance`, `speculation` and `speculation_seed` of `decode:`. `draft`: a small model that
/// drafts; null: the model's own module. Throws ConfigError.
Speculation read_speculation(const Config& decode, const Model& model, const Layout& layout, const Load& load,
                             const Draft* draft = nullptr);

}  // namespace teapot

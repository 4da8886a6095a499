#pragma once
// The cheapest deployment that keeps a limit of TPOT, without visiting every one.
// Does not know how a deployment is simulated and priced: it is given a function.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace teapot {

/// One deployment of the search: expert parallelism (and as many GPUs), fabric, requests a GPU.
struct Candidate {
  int expert_parallel = 0;
  std::string fabric;
  int batch = 0;
};

struct Visit {
  Candidate candidate;
  double tpot_ms = 0;
  double tokens_per_s_per_gpu = 0;
  double usd_per_million_tokens = 0;
  std::string error;  ///< why it cannot be deployed (it does not fit into memory); empty where it can
};

struct SearchSpace {
  std::vector<int> expert_parallel;
  std::vector<std::string> fabrics;
  std::vector<int> batches;
};

struct Optimum {
  std::optional<Visit> best;   ///< nothing where no deployment keeps the limit
  std::vector<Visit> visited;  ///< in the order of visits
  std::size_t grid = 0;        ///< deployments in the whole space
  /// For each EP and fabric TPOT and tokens/s/GPU were seen to grow with the batch, as the search expects. Where they
  /// were not, all its batches were visited.
  bool as_expected = true;
};

/// For each EP and fabric the largest batch within the limit is bisected, since tokens get cheaper with the batch. A
/// pair is left as soon as it cannot win any more: at a larger batch TPOT is no less, so that cost falls at most as the
/// batch grows.
Optimum optimize(const SearchSpace& space, double limit_ms, const std::function<Visit(const Candidate&)>& visit);

}  // namespace teapot

#pragma once
// The cheapest deployment that keeps a limit of TPOT, without visiting every one.
// Does not know what a choice means, nor how a deployment is simulated and priced: it is given a function.

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace teapot {

/// One deployment of the search: a value for each axis, and requests a GPU.
struct Candidate {
  std::vector<std::string> choices;
  int batch = 0;
};

struct Visit {
  Candidate candidate;
  double tpot_ms = 0;
  double tokens_per_s_per_gpu = 0;
  double usd_per_million_tokens = 0;
  std::vector<std::string> warnings;
  std::string error;  ///< why it cannot be deployed (it does not fit into memory); empty where it can
};

struct SearchSpace {
  std::vector<std::vector<std::string>> axes;  ///< values of each
  std::vector<int> batches;
};

/// What was found about one choice on every axis.
struct Group {
  std::vector<std::string> choices;
  std::optional<Visit> best;  ///< the cheapest that keeps the limit, of those visited
  std::string ruled_out;      ///< why no batch of it is an answer
  bool left = false;          ///< before its largest batch was found: it could not become the cheapest any more
};

struct Optimum {
  std::optional<Visit> best;   ///< nothing where no deployment keeps the limit
  std::vector<Group> groups;   ///< cheapest first, those ruled out last
  std::vector<Visit> visited;  ///< in the order of visits
  std::size_t grid = 0;        ///< deployments in the whole space
  /// In each group TPOT and tokens/s/GPU were seen to grow with the batch, as the search expects (2% apart: what is
  /// drawn moves them too). Where they were not, batches all over the range were visited.
  bool as_expected = true;
};

/// For each choice on all axes the largest batch within the limit is bisected, since tokens get cheaper with the batch.
/// A group is left as soon as it cannot win any more: at a larger batch TPOT is no less, so that cost falls at most as
/// the batch grows.
Optimum optimize(const SearchSpace& space, double limit_ms, const std::function<Visit(const Candidate&)>& visit);

}  // namespace teapot

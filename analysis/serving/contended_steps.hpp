#pragma once
// Decode steps while caches of prompts come to their GPUs, simulated on the fabric with the traffic of both: how much
// longer a step takes, and how much longer a cache. Knows no requests and no clock.

#include <map>
#include <set>
#include <string>
#include <utility>

#include "analysis/serving/pool_scenario.hpp"
#include "analysis/serving/simulated_steps.hpp"
#include "analysis/serving/surface.hpp"

namespace teapot {

/// A step and the caches that come meanwhile, over what each takes without the other.
struct Contention {
  double step = 1;
  double cache = 1;
};

/// `caches` of `tokens` each come while `step` runs: each sender sends one after another from the step's beginning, and
/// they are dealt evenly to the groups of GPUs that share attention.
Contention contention(const Scenario& step, const CacheStreams& streams, double tokens, int caches);

class ContendedSteps {
 public:
  /// `folder`: of kept points; empty: none are kept. `reference`: the context of a cache, and of those that decode.
  ContendedSteps(const SimulatedSteps& steps, const CacheStreams& streams, std::string folder,
                 const StepLoad& reference);
  ContendedSteps(const ContendedSteps&) = delete;
  ContendedSteps& operator=(const ContendedSteps&) = delete;

  double step(const StepLoad& load);   ///< as in Contention
  double cache(const StepLoad& load);  ///< as in Contention
  SurfaceFacts facts() const;
  void keep() const;

 private:
  Contention simulated(int requests, int caches);

  const SimulatedSteps& steps_;
  const CacheStreams& streams_;
  StepLoad reference_;
  std::string file_;
  std::map<std::pair<int, int>, Contention> kept_;
  std::set<std::pair<int, int>> asked_;
  Surface step_;
  Surface cache_;
};

}  // namespace teapot

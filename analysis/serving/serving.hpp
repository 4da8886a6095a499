#pragma once
// A service as a scenario describes it: pools on a fabric, and the requests they get. Joins the serving loop to
// simulated steps. Knows no output format.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/scenario/scenario.hpp"
#include "analysis/serving/simulated_steps.hpp"
#include "workloads/serving/service.hpp"

namespace teapot {

/// What a request must keep to count as good; none: whatever it takes.
struct ServingLimits {
  std::optional<Seconds> ttft;
  std::optional<Seconds> tpot;
};

struct ServingScenario {
  std::string name;
  Scenario decode;                  ///< one unit
  std::optional<Scenario> prefill;  ///< one unit, where prompts have a pool of their own
  ArrivalProcess arrivals;
  ServiceShape shape;
  ServingLimits limits;
  Bytes cache_bytes_per_token;  ///< of all layers, on all GPUs that share attention
  Bytes moved_bytes_per_token;  ///< of all layers, once
  int gpus = 0;                 ///< of all pools
  double prefill_gpus = 0;
  double decode_gpus = 0;
  std::function<double(int tokens)> move_cache;  ///< from the first prefill unit to the first decode unit, alone
};

/// Reads `requests:` and `serving:` beside what a run reads. Throws ConfigError.
ServingScenario read_serving(const Tree& tree, const std::string& name);

struct ServingResult {
  ServiceRecord record;
  SurfaceFacts surface;
};

/// `folder`: where points are kept; empty: nowhere.
ServingResult serve(const ServingScenario& scenario, const std::string& folder,
                    const std::function<void(double fraction)>& progress = {});

}  // namespace teapot

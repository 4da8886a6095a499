#pragma once
// A service as a scenario describes it: pools on a fabric, and the requests they get. Joins the serving loop to
// simulated steps. Knows no output format.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/scenario/scenario.hpp"
#include "analysis/serving/contended_steps.hpp"
#include "analysis/serving/simulated_steps.hpp"
#include "workloads/serving/service.hpp"

namespace teapot {

/// What a request must keep to count as good; none: whatever it takes.
struct ServingLimits {
  std::optional<Seconds> ttft;
  std::optional<Seconds> tpot;
};

/// The pools on a fabric some of whose parts have failed.
struct DamagedPools {
  Scenario decode;
  std::optional<Scenario> prefill;
  std::function<double(int tokens)> move_cache;
  std::optional<CacheStreams> streams;
};

/// From a time on the fabric is as these pools have it.
struct ServingEpoch {
  double from_s = 0;
  std::string failed;  ///< in words
  int damaged = -1;    ///< of ServingScenario::damaged; -1: nothing has failed
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
  std::optional<CacheStreams> streams;
  std::vector<DamagedPools> damaged;
  std::vector<ServingEpoch> epochs;  ///< none: nothing fails
};

/// Whether a scenario is one: it says how requests arrive.
bool is_service(const Tree& scenario);

/// Reads `requests:` and `serving:` beside what a run reads. Throws ConfigError.
ServingScenario read_serving(const Tree& tree, const std::string& name);

/// What caches on their way and decode steps take from one another.
struct TransferFacts {
  double alone_s = 0;    ///< that all caches would have taken, nothing else on the links
  double shared_s = 0;   ///< that they took beside decode steps, but for waiting behind one another
  double without_s = 0;  ///< of decode steps without caches on their way, summed over the requests in each
  double with_s = 0;     ///< as they were
  double slowdown() const { return without_s > 0 ? with_s / without_s : 1; }
};

struct ServingResult {
  ServiceRecord record;
  TransferFacts transfer;
  SurfaceFacts surface;
  /// A decode step of the same load in each epoch; the load: what a group had in the mean. None where nothing fails.
  std::vector<double> epoch_steps_s;
  StepLoad epoch_load;
};

/// The steps of a service's pools on its fabric, whole and damaged: several loads may be served with them, and each
/// point is simulated once. `folder`: where points are kept; empty: nowhere.
class SimulatedPools {
 public:
  SimulatedPools(const ServingScenario& scenario, const std::string& folder);
  ~SimulatedPools();
  SimulatedPools(const SimulatedPools&) = delete;
  SimulatedPools& operator=(const SimulatedPools&) = delete;

  /// `scenario`: as the pools were made of, with any number of requests of the same lengths. How the surface was made
  /// is said of all services so far.
  ServingResult serve(const ServingScenario& scenario, const std::function<void(double fraction)>& progress = {});

 private:
  struct PoolSteps;
  StepLoad reference_;
  std::vector<std::unique_ptr<PoolSteps>> fabrics_;  // whole, then the damaged ones
};

/// One service. `folder`: where points are kept; empty: nowhere.
ServingResult serve(const ServingScenario& scenario, const std::string& folder,
                    const std::function<void(double fraction)>& progress = {});

}  // namespace teapot

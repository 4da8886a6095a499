#pragma once
// StepTime of a pool: each point is a step of the pool's scenario simulated on its fabric; points are kept on disk,
// under a name made from the scenario and the program. Knows no requests and no clock.

#include <memory>
#include <string>
#include <vector>

#include "analysis/scenario/scenario.hpp"
#include "workloads/serving/step_time.hpp"

namespace teapot {

/// How a surface was made, for the report.
struct SurfaceFacts {
  std::int64_t simulated = 0;     ///< points, be they from the disk
  std::int64_t interpolated = 0;  ///< steps asked for
  std::vector<double> errors;     ///< relative, at points that were left out
};

class SimulatedSteps {
 public:
  /// `folder`: of kept points; empty: none are kept. `reference`: the load around which steps that decode and compute
  /// prompts at once are taken as sums.
  SimulatedSteps(Scenario scenario, std::string folder, const StepLoad& reference);
  ~SimulatedSteps();
  SimulatedSteps(const SimulatedSteps&) = delete;
  SimulatedSteps& operator=(const SimulatedSteps&) = delete;

  double seconds(const StepLoad& load);
  /// The step itself, simulated (or from the disk), not interpolated.
  double simulated(const StepLoad& load);
  /// The scenario of the step.
  Scenario step(const StepLoad& load) const;
  /// Under which its points are kept; empty: they are not.
  const std::string& name() const { return name_; }
  SurfaceFacts facts() const;
  /// Writes new points to the disk; where that cannot be done they are made again next time.
  void keep() const;
  const Scenario& scenario() const { return scenario_; }

 private:
  struct Surfaces;

  Scenario scenario_;
  std::string folder_;
  StepLoad reference_;
  std::string name_;  // of the file of points
  std::map<std::vector<double>, double> kept_;
  std::unique_ptr<Surfaces> surfaces_;
};

/// Where points are kept unless said otherwise: $XDG_CACHE_HOME/teapot, or ~/.cache/teapot; empty where neither is set.
std::string default_cache_folder();

}  // namespace teapot

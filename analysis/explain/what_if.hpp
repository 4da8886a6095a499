#pragma once
// What the step would be if one resource were faster: asked by simulating again, so that the answer is what a user sees
// who changes the scenario. Knows no output format.

#include <functional>
#include <string>
#include <vector>

#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/scenario/training_scenario.hpp"
#include "sim/units.hpp"

namespace teapot {

/// Something the step is made of that could be faster.
struct Resource {
  std::string name;  ///< arithmetic, memory, launches, serving-stack, software, messages, latency, or a tier of links
  std::string meaning;  ///< for people
};

/// What the scenario can be limited by: what costs nothing is left out. `loaded`: the tiers of links that carry bytes.
std::vector<Resource> resources(const Scenario& scenario, const Program& program,
                                const std::vector<std::string>& loaded);

/// How much faster a resource is made to see whether it binds.
inline constexpr double usual_raise = 1.1;

/// The scenario with the resource `factor` times as fast: bandwidths and peaks multiplied, times divided.
Scenario faster(const Scenario& scenario, const std::string& resource, double factor);

/// The same of a training step; `trainer` is what it makes kernels longer.
std::vector<Resource> resources(const TrainingScenario& scenario);
TrainingScenario faster(const TrainingScenario& scenario, const std::string& resource, double factor);

struct WhatIf {
  Resource resource;
  Seconds raised;      ///< step with the resource 10% faster
  Seconds infinite;    ///< step with the resource 10^6 times as fast
  double gain = 0;     ///< part of the step that 10% more saves
  bool slack = false;  ///< 10% more changes the step by less than 1%
};

/// Simulates two steps for each resource (one where even the infinite one changes less than 0.1%: 10% more cannot
/// change more). The most gain first. `before`: the unchanged scenario's.
std::vector<WhatIf> what_if(const Scenario& scenario, const Run& before, const std::vector<Resource>& resources,
                            const std::function<void(double fraction)>& progress = {});

/// The first resource of what_if's answer whose raise lowers the step; null where none does.
const WhatIf* binding(const std::vector<WhatIf>& answers);

}  // namespace teapot

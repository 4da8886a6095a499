// Propagates residuals of fits to the step.
// Does not know how a step was simulated.

#include "analysis/run/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace teapot {
namespace {

/// Of a kind on this accelerator; where precisions have fits of their own, the larger residual.
double kernel_error(const Accelerator& accelerator, const std::string& kind) {
  double error = 0;
  for (const auto& [name, fit] : accelerator.kernels) {
    if (name == kind || name.starts_with(kind + "-")) error = std::max(error, fit.error);
  }
  return error;
}

}  // namespace

Band band(Seconds step, std::vector<UncertainPart> parts) {
  constexpr double deviations = 1.645 / 0.6745;
  double squares = 0;
  for (const auto& part : parts) squares += std::pow(part.time.value * part.error, 2);
  const Seconds half{deviations * std::sqrt(squares)};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const UncertainPart& a, const UncertainPart& b) { return a.time * a.error > b.time * b.error; });
  return {std::max(Seconds{}, step - half), step + half, std::move(parts)};
}

namespace {

/// Kernels by kind, exposed communication by operation, and what the serving stack adds.
Band propagated(const Scenario& scenario, const Report& report) {
  const auto& communication = scenario.libraries.errors;
  std::map<std::string, UncertainPart> parts;
  const auto add = [&](const std::string& name, Seconds time, double error) {
    UncertainPart& part = parts[name];
    part.name = name;
    part.time += time;
    part.error = error;
  };
  for (const auto& kernel : report.kernels) {
    add(kernel.kind, kernel.time,
        kernel.of_stack ? scenario.machine.runtime.error : kernel_error(scenario.accelerator, kernel.kind));
  }
  for (const auto& one : report.operators) {
    if (!one.communication) continue;
    const auto found = communication.find(one.operation);
    add("exposed " + one.operation, one.exposed, found == communication.end() ? 0 : found->second);
  }
  std::vector<UncertainPart> list;
  for (const auto& [name, part] : parts) list.push_back(part);
  return band(report.step, std::move(list));
}

}  // namespace

StepTraits step_traits(const Scenario& s) {
  StepTraits t;
  t.engine = s.runtime.substr(0, s.runtime.find_first_of("- "));  // generations of an engine are alike
  t.model = s.model.name;
  const bool latent = s.model.layers.front().attention.kind == Attention::Kind::latent;
  t.kind = std::string{latent ? "latent" : "grouped"} + (s.model.has_experts() ? " experts" : " dense");
  t.gpu = s.accelerator.name;
  t.memory_bandwidth = s.accelerator.memory_bandwidth.value;
  const Layout& l = s.layout;
  const bool spread_experts = s.model.has_experts() && l.expert_parallel > 1;
  t.layout = l.gpus == 1 ? "one" : l.tensor_parallel == 1 ? "dp" : spread_experts ? "tp+ep" : "tp";
  t.requests_per_gpu = s.load.requests_per_gpu();
  return t;
}

Band uncertainty(const Scenario& scenario, const Report& report, const std::vector<MeasuredStep>& measured,
                 double prompts) {
  Band range = propagated(scenario, report);
  if (scenario.phase == Phase::prefill) return range;  // the measured steps are decodes
  if (scenario.compute != ComputeDepth::modelled && scenario.compute != ComputeDepth::measured) return range;
  StepTraits traits = step_traits(scenario);
  traits.prompts = prompts;
  if (scenario.machine.runtime.bound) {
    range.low = report.step;
    range.high = std::max(range.high, report.step * above_bound(traits, measured));
    return range;
  }
  const Factors factors = spread(traits, measured);
  range.low = std::min(range.low, report.step * factors.low);
  range.high = std::max(range.high, report.step * factors.high);
  return range;
}

}  // namespace teapot

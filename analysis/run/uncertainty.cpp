// Propagates residuals of fits to the step.
// Does not know how a step was simulated.

#include "analysis/run/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace teapot {
namespace {

/// The operation behind an operator: those of a prediction module have a prefix.
std::string operation_of(const std::string& name) {
  const std::string prefix = "mtp-";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

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

Band uncertainty(const Scenario& scenario, const Report& report) {
  std::map<std::string, UncertainPart> parts;
  const auto add = [&](const std::string& name, Seconds time, double error) {
    UncertainPart& part = parts[name];
    part.name = name;
    part.time += time;
    part.error = error;
  };
  for (const auto& kernel : report.kernels) {
    const bool overhead = kernel.kind == "runtime";
    add(kernel.kind, kernel.time,
        overhead ? scenario.machine.runtime.error : kernel_error(scenario.accelerator, kernel.kind));
  }
  for (const auto& one : report.operators) {
    if (!one.communication) continue;
    const std::string operation = operation_of(one.name);
    add("exposed " + operation, one.exposed, scenario.machine.collective(operation).error);
  }
  std::vector<UncertainPart> list;
  for (const auto& [name, part] : parts) list.push_back(part);
  return band(report.step, std::move(list));
}

}  // namespace teapot

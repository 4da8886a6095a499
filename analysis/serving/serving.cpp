// Serving a scenario's requests with simulated steps.
// Knows no output format.

#include "analysis/serving/serving.hpp"

#include <algorithm>

namespace teapot {
namespace {

/// Means of what steps will meet, around which mixed steps are taken apart.
StepLoad typical(const ArrivalProcess& arrivals, int chunk) {
  double prompt = arrivals.prompt.mean;
  double output = arrivals.output.mean;
  if (!arrivals.trace.empty()) {
    prompt = output = 0;
    for (const Arrival& a : arrivals.trace) {
      prompt += a.prompt_tokens;
      output += a.output_tokens;
    }
    prompt /= static_cast<double>(arrivals.trace.size());
    output /= static_cast<double>(arrivals.trace.size());
  }
  StepLoad load;
  load.context = prompt + output / 2;
  load.looked_at = std::max(1.0, std::max(prompt, std::min<double>(chunk, prompt)) / 2);
  return load;
}

}  // namespace

ServingResult serve(const ServingScenario& s, const std::string& folder,
                    const std::function<void(double fraction)>& progress) {
  const StepLoad reference = typical(s.arrivals, s.shape.decode.max_new_tokens);
  SimulatedSteps decode{s.decode, folder, reference};
  std::optional<SimulatedSteps> prefill;
  if (s.prefill) prefill.emplace(*s.prefill, folder, reference);
  ServiceTimes times;
  times.decode = [&](const StepLoad& load) { return decode.seconds(load); };
  if (prefill) times.prefill = [&](const StepLoad& load) { return prefill->seconds(load); };
  times.move_cache = s.move_cache;
  ServingResult result;
  result.record = serve(s.arrivals, s.shape, times, progress);
  result.surface = decode.facts();
  decode.keep();
  if (!prefill) return result;
  prefill->keep();
  const SurfaceFacts more = prefill->facts();
  result.surface.simulated += more.simulated;
  result.surface.interpolated += more.interpolated;
  result.surface.errors.insert(result.surface.errors.end(), more.errors.begin(), more.errors.end());
  return result;
}

}  // namespace teapot

// Serving a scenario's requests with simulated steps.
// Knows no output format.

#include "analysis/serving/serving.hpp"

#include <algorithm>
#include <cmath>

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

/// What a group of the decode pool had in the mean.
StepLoad mean_load(const std::vector<ServiceSample>& samples, const Pool& pool, double context) {
  double sum = 0;
  for (const ServiceSample& sample : samples) sum += sample.decoding;
  const double groups = static_cast<double>(pool.units) * pool.groups;
  const double mean = sum / (std::max<double>(1, static_cast<double>(samples.size())) * groups);
  StepLoad load;
  load.requests = std::max(1, static_cast<int>(std::lround(mean)));
  load.context = context;
  return load;
}

}  // namespace

/// The steps of both pools on one fabric.
struct SimulatedPools::PoolSteps {
  SimulatedSteps decode;
  std::optional<SimulatedSteps> prefill;

  PoolSteps(const Scenario& decoding, const std::optional<Scenario>& prefilling, const std::string& folder,
            const StepLoad& reference)
      : decode(decoding, folder, reference) {
    if (prefilling) prefill.emplace(*prefilling, folder, reference);
  }
  ServiceTimes times(const std::function<double(int)>& move_cache) {
    ServiceTimes times;
    times.decode = [this](const StepLoad& load) { return decode.seconds(load); };
    if (prefill) times.prefill = [this](const StepLoad& load) { return prefill->seconds(load); };
    times.move_cache = move_cache;
    return times;
  }
  /// Keeps what was simulated, and says how much that was.
  void add_to(SurfaceFacts& sum) const {
    for (const SimulatedSteps* steps : {&decode, prefill ? &*prefill : nullptr}) {
      if (steps == nullptr) continue;
      steps->keep();
      const SurfaceFacts facts = steps->facts();
      sum.simulated += facts.simulated;
      sum.interpolated += facts.interpolated;
      sum.errors.insert(sum.errors.end(), facts.errors.begin(), facts.errors.end());
    }
  }
};

SimulatedPools::SimulatedPools(const ServingScenario& s, const std::string& folder)
    : reference_(typical(s.arrivals, s.shape.decode.max_new_tokens)) {
  fabrics_.push_back(std::make_unique<PoolSteps>(s.decode, s.prefill, folder, reference_));
  for (const DamagedPools& d : s.damaged) {
    fabrics_.push_back(std::make_unique<PoolSteps>(d.decode, d.prefill, folder, reference_));
  }
}

SimulatedPools::~SimulatedPools() = default;

ServingResult SimulatedPools::serve(const ServingScenario& s, const std::function<void(double fraction)>& progress) {
  const auto steps = [&](int damaged) -> PoolSteps& { return *fabrics_[static_cast<std::size_t>(damaged + 1)]; };
  const auto times = [&](int damaged) {
    return steps(damaged).times(damaged < 0 ? s.move_cache : s.damaged[static_cast<std::size_t>(damaged)].move_cache);
  };
  std::vector<TimesFrom> epochs;
  for (const ServingEpoch& epoch : s.epochs) epochs.push_back({epoch.from_s, times(epoch.damaged)});
  if (epochs.empty()) epochs.push_back({0, times(-1)});
  ServingResult result;
  result.record = teapot::serve(s.arrivals, s.shape, epochs, progress);
  if (!s.epochs.empty()) result.epoch_load = mean_load(result.record.samples, s.shape.decode, reference_.context);
  for (const ServingEpoch& epoch : s.epochs) {
    result.epoch_steps_s.push_back(steps(epoch.damaged).decode.simulated(result.epoch_load));
  }
  for (const auto& each : fabrics_) each->add_to(result.surface);
  return result;
}

ServingResult serve(const ServingScenario& s, const std::string& folder,
                    const std::function<void(double fraction)>& progress) {
  return SimulatedPools{s, folder}.serve(s, progress);
}

}  // namespace teapot

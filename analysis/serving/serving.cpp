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

/// The steps of both pools on one fabric, and of caches on their way between them.
struct SimulatedPools::PoolSteps {
  SimulatedSteps decode;
  std::optional<SimulatedSteps> prefill;
  std::optional<ContendedSteps> contended;

  PoolSteps(const Scenario& decoding, const std::optional<Scenario>& prefilling,
            const std::optional<CacheStreams>& streams, const std::string& folder, const StepLoad& reference)
      : decode(decoding, folder, reference) {
    if (prefilling) prefill.emplace(*prefilling, folder, reference);
    if (streams) contended.emplace(decode, *streams, folder, reference);
  }
  /// `sums`: of what caches and steps take from one another.
  ServiceTimes times(const std::function<double(int)>& move_cache, TransferFacts& sums) {
    ServiceTimes times;
    times.decode = [this, &sums](const StepLoad& load) {
      const double without = decode.seconds(load);
      const double with = contended ? without * contended->step(load) : without;
      sums.without_s += without * load.requests;
      sums.with_s += with * load.requests;
      return with;
    };
    if (prefill) times.prefill = [this](const StepLoad& load) { return prefill->seconds(load); };
    if (!contended) return times;
    times.move_cache = [this, move_cache, &sums](int tokens, const StepLoad& beside) {
      const double alone = move_cache(tokens);
      const double shared = alone * contended->cache(beside);
      sums.alone_s += alone;
      sums.shared_s += shared;
      return shared;
    };
    return times;
  }
  /// Keeps what was simulated, and says how much that was.
  void add_to(SurfaceFacts& sum) const {
    const auto add = [&](const auto& steps) {
      steps.keep();
      const SurfaceFacts facts = steps.facts();
      sum.simulated += facts.simulated;
      sum.interpolated += facts.interpolated;
      sum.errors.insert(sum.errors.end(), facts.errors.begin(), facts.errors.end());
    };
    add(decode);
    if (prefill) add(*prefill);
    if (contended) add(*contended);
  }
};

SimulatedPools::SimulatedPools(const ServingScenario& s, const std::string& folder)
    : reference_(typical(s.arrivals, s.shape.decode.max_new_tokens)) {
  fabrics_.push_back(std::make_unique<PoolSteps>(s.decode, s.prefill, s.streams, folder, reference_));
  for (const DamagedPools& d : s.damaged) {
    fabrics_.push_back(std::make_unique<PoolSteps>(d.decode, d.prefill, d.streams, folder, reference_));
  }
}

SimulatedPools::~SimulatedPools() = default;

ServingResult SimulatedPools::serve(const ServingScenario& s, const std::function<void(double fraction)>& progress) {
  const auto steps = [&](int damaged) -> PoolSteps& { return *fabrics_[static_cast<std::size_t>(damaged + 1)]; };
  ServingResult result;
  const auto times = [&](int damaged) {
    return steps(damaged).times(damaged < 0 ? s.move_cache : s.damaged[static_cast<std::size_t>(damaged)].move_cache,
                                result.transfer);
  };
  std::vector<TimesFrom> epochs;
  for (const ServingEpoch& epoch : s.epochs) epochs.push_back({epoch.from_s, times(epoch.damaged)});
  if (epochs.empty()) epochs.push_back({0, times(-1)});
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

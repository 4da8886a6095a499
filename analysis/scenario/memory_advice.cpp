// Tries changes, each read as if it had been written.
// Does not know how memory is counted.

#include "analysis/scenario/memory_advice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <vector>

#include "analysis/scenario/scenario.hpp"
#include "workloads/layout/memory.hpp"

namespace teapot {
namespace {

Bytes need_of(const Model& model, const Draft* draft, const Offload& offload, const Config& deployment,
              const Config& decode) {
  const Layout layout = read_layout(deployment, model);
  const Load load = read_load(deployment, layout);
  const Execution execution = read_execution(decode, model, layout, load);
  const bool drafting = read_speculation(decode, model, layout, load, draft).draft_tokens > 0;
  const Memory memory = memory_per_gpu(model, layout, load, execution.precision, drafting, draft, offload);
  return memory.total();
}

/// Whether it fits with these keys changed; a change that is an error does not.
bool fits(const Scenario& scenario, const std::vector<std::string>& sets, Bytes have) {
  try {
    Tree tree = scenario.source;
    for (const auto& set : sets) apply_set(tree, set);
    const Config config{tree};
    return need_of(scenario.model, scenario.execution.draft.get(), scenario.execution.offload,
                   config.section("deployment"), config.section("decode")) <= have;
  } catch (const ConfigError&) {
    return false;
  }
}

/// The first of some values that fits, in words; empty where none does.
template <class F>
std::string first_that_fits(const Scenario& scenario, const std::vector<int>& values, Bytes have, F&& sets_of,
                            const std::string& name) {
  for (const int value : values) {
    if (fits(scenario, sets_of(value), have)) return fmt::format("{} {}", name, value);
  }
  return {};
}

std::vector<int> doubled(int from, int most) {
  std::vector<int> values;
  for (int value = 2 * from; value <= most; value *= 2) values.push_back(value);
  return values;
}

/// Experts over more of the GPUs there are, else over more GPUs; empty where neither fits.
std::string wider_experts(const Scenario& scenario, Bytes have) {
  const Layout& d = scenario.layout;
  const int gpus = d.gpus * (scenario.replicas.count / scenario.replicas.simulated);
  const auto sets_of = [](int ep) {
    return std::vector<std::string>{fmt::format("deployment.expert_parallel={}", ep)};
  };
  std::string change =
      first_that_fits(scenario, doubled(d.expert_parallel, gpus / d.tensor_parallel), have, sets_of, "expert_parallel");
  if (!change.empty()) return change;
  const auto grown = [&](int ep) {
    std::vector<std::string> sets = sets_of(ep);
    sets.push_back(fmt::format("deployment.gpus={}", ep * d.tensor_parallel));
    return sets;
  };
  return first_that_fits(scenario, doubled(d.expert_parallel, 1024), have, grown, "expert_parallel and gpus");
}

}  // namespace

std::string what_would_fit(const Scenario& scenario, Bytes have) {
  const Layout& d = scenario.layout;
  const Memory need =
      memory_per_gpu(scenario.model, d, scenario.load, scenario.execution.precision,
                     scenario.speculation.draft_tokens > 0, scenario.execution.draft.get(), scenario.execution.offload);
  const double kept = need.weights < have && need.kv > Bytes{}
                          ? std::floor((have - need.weights) / need.kv * scenario.load.requests_per_gpu())
                          : 0;
  std::string text = kept >= 1 ? fmt::format("{:.0f} requests a GPU would", kept) : "not even one request a GPU would";
  std::vector<std::string> changes;
  const auto offer = [&](std::string change) {
    if (!change.empty()) changes.push_back(std::move(change));
  };
  offer(first_that_fits(
      scenario, doubled(d.tensor_parallel, 64), have,
      [&](int tp) {
        std::vector<std::string> sets{fmt::format("deployment.tensor_parallel={}", tp)};
        if (d.gpus < tp) sets.push_back(fmt::format("deployment.gpus={}", tp));
        return sets;
      },
      "tensor_parallel"));
  if (scenario.model.has_experts()) offer(wider_experts(scenario, have));
  for (const char* change : {"kv=fp8", "weights=fp8", "weights=int4"}) {
    if (!fits(scenario, {std::string{"decode.precision."} + change}, have)) continue;
    std::string words = change;
    words.replace(words.find('='), 1, " in ");
    changes.push_back(words);
    break;
  }
  if (changes.empty()) return text;
  return text + fmt::format("; so would {}", fmt::join(changes, ", or "));
}

}  // namespace teapot

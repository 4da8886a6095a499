// Counts what grows without bound.
// Does not run anything.

#include "analysis/run/work_estimate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

// About 5e7 choices and 1e5 messages a second: hours.
constexpr double choices_per_s = 5e7, most_choices = 1e12;
constexpr double most_messages = 2e9;

}  // namespace

double WorkEstimate::seconds() const { return choices / choices_per_s; }

double fabric_seconds(const Tree& scenario) {
  constexpr double gpus_per_s = 23e3;
  const Tree* fabric = scenario.find("fabric");
  if (fabric == nullptr) return 0;
  try {
    Site site;
    figures_of(Config{resolve_named(Config{*fabric}, "topologies", "fabric")}, site);
    return static_cast<double>(site.nodes) * site.gpus / gpus_per_s;
  } catch (const ConfigError&) {  // whoever reads it says what is wrong
    return 0;
  }
}

WorkEstimate work_of(const Scenario& s) {
  WorkEstimate work;
  const double gpus = s.layout.gpus;
  const auto layers = static_cast<double>(s.model.layers.size() + static_cast<std::size_t>(s.execution.draft_passes));
  if (s.model.has_experts() && !s.execution.routing.balanced()) {
    const int top_k = s.execution.routing.top_k > 0 ? s.execution.routing.top_k : s.model.experts.top_k;
    work.choices = s.load.new_tokens_per_gpu() * s.layout.attention_gpus() * top_k * layers;
  }
  if (s.depth == NetworkDepth::pair) work.messages = 2 * layers * gpus * gpus;
  return work;
}

void require_feasible(const WorkEstimate& work) {
  if (work.choices > most_choices) {
    throw ConfigError(
        fmt::format("decode.routing.load: tokens would choose experts {:.1e} times, {:.0f} hours of drawing ({:.0e} at "
                    "most; fewer requests, or load: balanced, which draws nothing)",
                    work.choices, work.seconds() / 3600, most_choices));
  }
  if (work.messages > most_messages) {
    throw ConfigError(
        fmt::format("simulation.network: pair would send about {:.1e} messages one by one ({:.0e} at most; it is for "
                    "up to 128 GPUs: use collective)",
                    work.messages, most_messages));
  }
}

}  // namespace teapot

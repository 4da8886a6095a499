// Serves each cluster, and puts them in order.
// Does not print.

#include "analysis/sweep/service_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/message.hpp"

namespace teapot {
namespace {

/// Why a load does not keep the limits; empty where it does.
std::string missed(const LoadPoint& p, double part, const ServingLimits& limits) {
  if (p.gave_up)
    return fmt::format("more than {:.3g}% of the requests have their first token after {:g} ms", 100 * (1 - part),
                       limits.ttft->value * 1e3);
  if (p.grows) return "its queue grows without end";
  if (p.kept() >= part) return {};
  return fmt::format("{:.1f}% of the requests keep the limits (TTFT P99 {:.0f} ms, TPOT P99 {:.2f} ms)", 100 * p.kept(),
                     p.report.ttft_ms.p99, p.report.tpot_ms.any() ? p.report.tpot_ms.p99 : 0);
}

/// The scenario's own load to its end, since costs are scaled from its tokens: the search has served it so, where it
/// was not given up.
LoadPoint served_whole(const MostLoad& most, const ServingScenario& scenario, const Serve& serve) {
  for (const LoadPoint& p : most.visited) {
    if (p.load == 1 && !p.gave_up) return p;
  }
  return served_at(scenario, 1, serve);
}

}  // namespace

ServiceChoice served_choice(const Tree& scenario, std::vector<std::string> choices, const ServiceGoal& goal,
                            const CostLists& lists, PartReader& parts, const std::string& folder) {
  ServiceChoice c;
  c.choices = std::move(choices);
  try {
    const ServingScenario s = read_serving(scenario, "optimize");
    if (!s.limits.ttft && !s.limits.tpot)
      throw ConfigError("no limits: give --ttft, --tpot or `requests.limits` (such as {ttft: 2 s, tpot: 50 ms})");
    c.gpus = s.gpus;
    SimulatedPools pools{s, folder};
    const Serve serve = [&](const ServingScenario& each) { return pools.serve(each); };
    if (goal.most_load) c.most = most_load(s, goal.part, serve);
    c.asked = c.most ? served_whole(*c.most, s, serve) : served_at(s, 1, serve, goal.part);
    const auto cost = token_cost(scenario, lists, c.asked.report.output_tokens_per_s / s.gpus, parts);
    if (!cost)
      throw ConfigError(
          fmt::format("no price of the accelerator \"{}\", or of the network", accelerator_name(scenario)));
    c.usd = cost->usd_per_gpu * s.gpus;
    c.usd_per_million_tokens = cost->usd_per_million_tokens;
    if (!c.most) {
      c.ruled_out = missed(c.asked, goal.part, s.limits);
    } else if (!c.most->best) {
      c.ruled_out = "no load keeps the limits: " + missed(c.most->visited.front(), goal.part, s.limits);
    }
  } catch (const ConfigError& e) {
    c.ruled_out = one_line(e.what(), 300);
  }
  return c;
}

void rank(std::vector<ServiceChoice>& all, const ServiceGoal& goal) {
  const auto offered = [](const ServiceChoice& c) { return c.most && c.most->best ? c.most->best->offered : 0; };
  std::stable_sort(all.begin(), all.end(), [&](const ServiceChoice& a, const ServiceChoice& b) {
    if (a.ruled_out.empty() != b.ruled_out.empty()) return a.ruled_out.empty();
    if (!a.ruled_out.empty()) return false;
    if (goal.most_load && offered(a) != offered(b)) return offered(a) > offered(b);
    return a.usd < b.usd;
  });
}

}  // namespace teapot

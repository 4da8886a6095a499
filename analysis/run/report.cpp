// Sums a timeline up.
// Does not print.

#include "analysis/run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "analysis/run/rank_sums.hpp"
#include "analysis/run/sides.hpp"
#include "sim/engine.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

/// The ranks that run anything of a name.
struct Runners {
  std::vector<char> runs;  // by rank
  int count = 0;

  void add(const Operator& op, int ranks) {
    runs.resize(at(ranks), 0);
    for (int rank = 0; count < ranks && rank < ranks; ++rank) {
      if (runs[at(rank)] || !op.runs_on(rank)) continue;
      runs[at(rank)] = 1;
      ++count;
    }
  }
};

int run_by(const Operator& op, int ranks) { return op.on ? op.on->size() : ranks; }

std::vector<KernelPart> kernel_times(const Program& program) {
  std::vector<KernelPart> kernels;
  std::unordered_map<std::string_view, std::size_t> index;  // names are the program's
  std::vector<Runners> runners;
  const auto each_part = [&](auto&& f) {
    for (const auto& op : program.operators) {
      const auto* compute = std::get_if<Compute>(&op.work);
      if (compute == nullptr) continue;
      for (const auto& part : compute->parts) f(op, part);
    }
  };
  std::vector<std::size_t> kernel_of;  // by part, in the order of each_part
  each_part([&](const Operator& op, const KernelPart& part) {
    const auto [found, is_new] = index.try_emplace(part.name, kernels.size());
    if (is_new) {
      kernels.push_back(part);
      kernels.back().time = {};
      runners.emplace_back();
    }
    runners[found->second].add(op, program.ranks);
    kernel_of.push_back(found->second);
  });
  auto next = kernel_of.begin();
  each_part([&](const Operator& op, const KernelPart& part) {
    const std::size_t kernel = *next++;
    const double share = static_cast<double>(run_by(op, program.ranks)) / runners[kernel].count;
    kernels[kernel].time += share * part.time;
  });
  return kernels;
}

std::vector<ResourceUse> resource_use(const Network& network, const Timeline& timeline, const Busiest& gpu,
                                      const Busiest& cpu) {
  std::map<std::string, ResourceUse> by_tier;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const double use = timeline.links[l].busy / timeline.step;
    ResourceUse& tier = by_tier[network.links[l].tier];
    if (use > tier.use) tier = {network.links[l].tier, network.links[l].name, use};
  }
  const auto computing = [&](const char* kind, const Busiest& busiest) {
    return ResourceUse{kind, network.nodes[at(network.gpus[at(busiest.rank)])].name,
                       Seconds{busiest.seconds} / timeline.step};
  };
  std::vector<ResourceUse> resources{computing("compute", gpu)};
  if (cpu.seconds > 0) resources.push_back(computing("CPU", cpu));
  for (const auto& [tier, use] : by_tier) {
    if (use.use > 0) resources.push_back(use);
  }
  std::stable_sort(resources.begin(), resources.end(), [](const auto& a, const auto& b) { return a.use > b.use; });
  return resources;
}

/// Operators of a program by name: which entry of Report::operators each is, and who ran it.
struct Named {
  OperatorKinds kinds;
  std::vector<Runners> runners;    // by name
  std::vector<std::int64_t> runs;  // by name: operators times the ranks that ran them
};

Named operators_by_name(const Program& program, Report& r) {
  Named named;
  std::map<std::string, int> names;
  std::set<int> layers;
  for (const Operator& o : program.operators) {
    const auto [found, is_new] = names.emplace(o.name, static_cast<int>(r.operators.size()));
    if (is_new) {
      const auto* collective = std::get_if<Collective>(&o.work);
      const std::string library = collective != nullptr ? collective->library : std::string{};
      r.operators.push_back({o.name, collective != nullptr, o.operation_name(), library, 0, {}, {}, {}});
      named.runners.emplace_back();
      named.runs.push_back(0);
      named.kinds.communication.push_back(collective != nullptr ? 1 : 0);
    }
    const bool on_cpu = at(o.stream) < program.streams.size() && program.streams[at(o.stream)] == "host";
    named.kinds.kind.push_back(found->second);
    named.kinds.on_cpu.push_back(on_cpu ? 1 : 0);
    named.runners[at(found->second)].add(o, program.ranks);
    named.runs[at(found->second)] += run_by(o, program.ranks);
    if (o.layer >= 0) layers.insert(o.layer);
  }
  r.layers = static_cast<int>(layers.size());
  return named;
}

void take_means(const RankSums& sums, const Named& named, double ranks, Report& r) {
  for (std::size_t i = 0; i < r.operators.size(); ++i) {
    const int of = std::max(1, named.runners[i].count);
    r.operators[i].count = static_cast<int>((named.runs[i] + of / 2) / of);
    r.operators[i].busy = {sums.busy[i] / of};
    r.operators[i].exposed = {sums.exposed[i] / of};
    r.operators[i].longest = {sums.longest[i]};
  }
  r.compute = {sums.compute / ranks};
  r.communication = {sums.communication / ranks};
  r.exposed = {sums.exposed_all / ranks};
}

void take_rates(const Scenario& scenario, Report& r) {
  r.tokens_per_step = scenario.speculation.tokens_per_step;
  r.tpot = r.step / r.tokens_per_step;
  r.tokens_per_s_per_user = 1 / r.tpot.value;
  r.tokens_per_s_per_gpu = scenario.requests_per_any_gpu() / r.tpot.value;
  if (scenario.phase == Phase::prefill) r.tokens_per_s_per_gpu = scenario.load.new_tokens_per_gpu() / r.step.value;
  const bool figures = std::isfinite(r.tpot.value) && r.tpot > Seconds{} && std::isfinite(r.tokens_per_s_per_gpu);
  if (!figures)
    throw SimulationError(fmt::format("{}: no figure comes out: a step of {} for {:g} tokens of each request",
                                      scenario.name, to_text(r.step), r.tokens_per_step));
}

}  // namespace

Report report(const Scenario& scenario, const Program& program, const Timeline& timeline) {
  Report r;
  const Named named = operators_by_name(program, r);
  RankSums sums(named.kinds, timeline);
  const int split = scenario.layout.apart() ? scenario.layout.attention_gpus() : timeline.ranks;
  for (const auto& [first, beyond] : {std::pair{0, split}, std::pair{split, timeline.ranks}}) {
    sums.add(first, beyond);
    if (scenario.layout.apart()) add_side({sums.compute}, {sums.exposed_all}, beyond, timeline.step, r.sides);
  }
  take_means(sums, named, timeline.ranks, r);
  r.step = timeline.step;
  r.idle = std::max(Seconds{}, r.step - r.compute - r.exposed);  // below zero by rounding only
  r.overlap_fraction = r.communication.value > 0 ? 1 - r.exposed / r.communication : 0;
  take_rates(scenario, r);
  r.kernels = kernel_times(program);
  r.resources = resource_use(scenario.network, timeline, sums.gpu, sums.cpu);
  return r;
}

}  // namespace teapot

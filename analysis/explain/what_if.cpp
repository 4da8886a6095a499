// Changes scenarios and simulates them.
// Does not know why a resource binds.

#include "analysis/explain/what_if.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "analysis/run/run.hpp"
#include "analysis/scenario/host_side.hpp"
#include "platforms/kernels/kernels.hpp"

namespace teapot {
namespace {

constexpr double infinite = 1e6;
constexpr double slack_below = 0.01;    // change of the step
constexpr double nothing_below = 1e-3;  // change of the step that an infinite resource must make to be tried at +10%

/// Times a kernel as before, scaled by how much the roofline says the changed accelerator takes: measured times move as
/// the model around them does.
TimeKernel scaled(const TimeKernel& time, const Accelerator& before, const Accelerator& after) {
  return [time, old_time = modelled(before), new_time = modelled(after)](const Kernel& kernel) {
    KernelTime t = time(kernel);
    const Seconds was = old_time(kernel).time;
    if (was > Seconds{}) t.time = t.time * (new_time(kernel).time / was);
    return t;
  };
}

/// Of a scenario of any phase.
template <class AnyScenario>
void speed_up_accelerator(AnyScenario& s, const std::string& resource, double factor) {
  const Accelerator before = s.accelerator;
  Accelerator& a = s.accelerator;
  if (resource == "arithmetic") {
    for (auto& [precision, peak] : a.peak) peak *= factor;
  } else if (resource == "memory") {
    a.memory_bandwidth *= factor;
  } else if (resource == "SM loads") {
    for (auto& [kind, fit] : a.kernels) fit.sm_bandwidth *= factor;
  } else {
    a.launch = a.launch / factor;
    for (auto& [kind, fit] : a.kernels) fit.startup = fit.startup / factor;
  }
  s.machine.devices = scaled(s.machine.devices.kinds.front(), before, a);
}

template <class AnyScenario>
void speed_up_collectives(AnyScenario& s, const std::string& resource, double factor) {
  // Equal wires stay one object: the engine keeps costs by wire.
  struct Changed {
    std::shared_ptr<const Wire> from, to;
  };
  s.machine.collective = [of = s.machine.collective, resource, factor,
                          wires = std::make_shared<std::vector<Changed>>()](const CollectiveCall& call) {
    CollectiveCost cost = of(call);
    if (resource == "software") cost.overhead = cost.overhead / factor;
    if (resource == "communication SMs") cost.sm_share /= factor;
    if ((resource != "messages" && resource != "software") || !cost.wire) return cost;
    const auto known =
        std::find_if(wires->begin(), wires->end(), [&](const Changed& wire) { return wire.from == cost.wire; });
    if (known != wires->end()) {
      cost.wire = known->to;
      return cost;
    }
    Wire changed = *cost.wire;
    for (auto& [tier, use] : changed.tiers) {
      Seconds& faster = resource == "messages" ? use.per_message : use.latency;
      faster = faster / factor;
    }
    wires->push_back({cost.wire, std::make_shared<const Wire>(std::move(changed))});
    cost.wire = wires->back().to;
    return cost;
  };
}

bool of_accelerator(const std::string& resource) {
  return resource == "arithmetic" || resource == "memory" || resource == "SM loads" || resource == "launches";
}
bool of_collectives(const std::string& resource) {
  return resource == "software" || resource == "messages" || resource == "communication SMs";
}

void speed_up_links(Network& network, const std::string& resource, double factor) {
  for (Link& link : network.links) {
    if (resource == "latency") link.latency = link.latency / factor;
    if (resource == link.tier) link.bandwidth *= factor;
  }
}

bool computes(const Scenario& s) { return s.compute == ComputeDepth::modelled || s.compute == ComputeDepth::measured; }

}  // namespace

namespace {

std::vector<Resource> computing_resources(const Scenario& scenario) {
  std::vector<Resource> all;
  const auto& kernels = scenario.accelerator.kernels;
  if (computes(scenario)) {
    all.push_back({"arithmetic", "peak of the accelerator's arithmetic, all precisions"});
    all.push_back({"memory", "bandwidth of the accelerator's memory"});
    if (std::any_of(kernels.begin(), kernels.end(),
                    [](const auto& kernel) { return kernel.second.sm_bandwidth > BytesPerSecond{}; })) {
      all.push_back({"SM loads", "what one SM can load from memory when few are busy"});
    }
    all.push_back({"launches", "time between kernels, their prologue and epilogue"});
  }
  if (scenario.machine.host.cpu) all.push_back({"CPU memory", "bandwidth of the memory that the host's CPUs read"});
  const RuntimeCost& runtime = scenario.machine.runtime;
  if (runtime.all() > Seconds{}) {
    all.push_back({"serving stack", "what " + scenario.runtime + " adds to kernels, layers and steps"});
  }
  return all;
}

}  // namespace

std::vector<Resource> resources(const Scenario& scenario, const Program& program,
                                const std::vector<std::string>& loaded) {
  std::vector<Resource> all = computing_resources(scenario);
  if (loaded.empty()) return all;
  const auto any_collective = [&](auto&& has) {
    return std::any_of(program.operators.begin(), program.operators.end(), [&](const Operator& op) {
      const auto* collective = std::get_if<Collective>(&op.work);
      return collective != nullptr && has(*collective);
    });
  };
  const auto pays_messages = [](const Collective& c) {
    return c.wire && std::any_of(c.wire->tiers.begin(), c.wire->tiers.end(),
                                 [](const auto& tier) { return tier.second.per_message > Seconds{}; });
  };
  if (any_collective([](const Collective& c) { return c.overhead > Seconds{}; })) {
    all.push_back({"software", "floor and latency of each call of " + scenario.libraries.name});
  }
  if (any_collective(pays_messages)) all.push_back({"messages", "cost of each message on a wire"});
  if (any_collective([](const Collective& c) { return c.sm_share > 0; })) {
    all.push_back({"communication SMs", "part of the accelerator that communication kernels hold"});
  }
  const auto& links = scenario.network.links;
  if (std::any_of(links.begin(), links.end(), [](const Link& link) { return link.latency > Seconds{}; })) {
    all.push_back({"latency", "latency of all links"});
  }
  for (const auto& tier : loaded) all.push_back({tier, "bandwidth of all " + tier + " links"});
  return all;
}

Scenario faster(const Scenario& scenario, const std::string& resource, double factor) {
  Scenario s = scenario;
  if (of_accelerator(resource)) {
    speed_up_accelerator(s, resource, factor);
  } else if (resource == "CPU memory") {
    s.host->socket_bandwidth *= factor;
    s.host->cpu_link *= factor;
    s.machine.host.cpu = cpu_time(s);
  } else if (resource == "serving stack") {
    RuntimeCost& runtime = s.machine.runtime;
    for (Seconds* cost : {&runtime.per_kernel, &runtime.per_prompt_kernel, &runtime.per_launch, &runtime.per_operator,
                          &runtime.per_layer, &runtime.per_step, &runtime.per_request, &runtime.per_agreement,
                          &runtime.per_copy, &runtime.per_cpu_kernel}) {
      *cost = *cost / factor;
    }
  } else if (of_collectives(resource)) {
    speed_up_collectives(s, resource, factor);
  } else {
    speed_up_links(s.network, resource, factor);
  }
  return s;
}

std::vector<Resource> resources(const TrainingScenario& scenario) {
  std::vector<Resource> all{{"arithmetic", "peak of the accelerator's arithmetic, all precisions"},
                            {"memory", "bandwidth of the accelerator's memory"}};
  if (scenario.cost.kernels > 1 || scenario.cost.overlapped > 1)
    all.push_back({"trainer", "what " + scenario.trainer + " makes kernels longer"});
  all.push_back({"software", "floor and latency of each call of " + scenario.communication});
  if (scenario.model.has_experts())
    all.push_back({"communication SMs", "part of the accelerator that communication kernels hold"});
  all.push_back({"latency", "latency of all links"});
  std::set<std::string> tiers;
  for (const Link& link : scenario.network.links) tiers.insert(link.tier);
  for (const auto& tier : tiers) all.push_back({tier, "bandwidth of all " + tier + " links"});
  return all;
}

TrainingScenario faster(const TrainingScenario& scenario, const std::string& resource, double factor) {
  TrainingScenario s = scenario;
  if (of_accelerator(resource)) {
    speed_up_accelerator(s, resource, factor);
  } else if (resource == "trainer") {
    for (double* longer : {&s.cost.kernels, &s.cost.overlapped}) *longer = 1 + (*longer - 1) / factor;
  } else if (of_collectives(resource)) {
    speed_up_collectives(s, resource, factor);
  } else {
    speed_up_links(s.network, resource, factor);
  }
  return s;
}

std::vector<WhatIf> what_if(const Scenario& scenario, const Run& before, const std::vector<Resource>& resources,
                            const std::function<void(double fraction)>& progress) {
  const Seconds step = before.timeline.step;
  std::vector<WhatIf> answers;
  for (const auto& resource : resources) {
    WhatIf answer;
    answer.resource = resource;
    answer.infinite = run_again(faster(scenario, resource.name, infinite), before).timeline.step;
    const bool matters = std::abs((step - answer.infinite) / step) >= nothing_below;
    answer.raised =
        matters ? run_again(faster(scenario, resource.name, usual_raise), before).timeline.step : answer.infinite;
    answer.gain = (step - answer.raised) / step;
    answer.slack = std::abs(answer.gain) < slack_below;
    answers.push_back(std::move(answer));
    if (progress) progress(static_cast<double>(answers.size()) / static_cast<double>(resources.size()));
  }
  std::stable_sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) {
    return a.gain != b.gain ? a.gain > b.gain : a.infinite < b.infinite;
  });
  return answers;
}

const WhatIf* binding(const std::vector<WhatIf>& answers) {
  return !answers.empty() && answers.front().gain > 0 ? &answers.front() : nullptr;
}

}  // namespace teapot

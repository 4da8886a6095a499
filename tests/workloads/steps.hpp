#pragma once
// A step as tests write it: a model, `deployment:` and `decode:` as text, on a machine whose kernels take what 1 PFLOPS
// and 1 TB/s give.

#include <algorithm>
#include <string>
#include <vector>

#include "sim/catalogue.hpp"
#include "workloads/layout/memory.hpp"
#include "workloads/step/overlap.hpp"
#include "workloads/step/speculation.hpp"
#include "workloads/step/step_program.hpp"

namespace teapot {

inline Model named_model(const std::string& name) {
  return read_model(Config{resolve_named(name, "workloads/models", "model")});
}

inline Machine plain_machine(int gpus, int domain = 8) {
  Machine machine;
  machine.devices = TimeKernel{[](const Kernel& k) {
    return KernelTime{std::max(k.flops / FlopsPerSecond{1e15}, k.bytes / BytesPerSecond{1e12}), Provenance::modelled};
  }};
  machine.collective = [](const CollectiveCall&) { return CollectiveCost{}; };
  for (int gpu = 0; gpu < gpus; ++gpu) machine.domain.push_back(gpu / domain);
  return machine;
}

/// Where a test says nothing: two micro-batches and expected values, so that it can be checked by hand.
inline Tree as_tests_mean_it(const std::string& decode, bool has_experts) {
  Tree tree = parse_yaml(decode, "s.yaml");
  if (!has_experts) return tree;
  if (tree.kind == Tree::Kind::null) tree.kind = Tree::Kind::mapping;
  const auto put = [&](const char* key, const char* value) { set_path(tree, key, parse_yaml(value, "s.yaml")); };
  if (tree.find("overlap") == nullptr) put("overlap", "dual-micro-batch");
  const Tree* routing = tree.find("routing");
  if (routing == nullptr || routing->find("load") == nullptr) put("routing.load", "balanced");
  return tree;
}

struct Step {
  Model model;
  Layout layout;
  Load load;
  Execution execution;
  Speculation speculation;

  Step(Model of, const std::string& deployment, const std::string& decode) : model(std::move(of)) {
    const Config place = Config::parse(deployment, "s.yaml");
    const Config how{as_tests_mean_it(decode, model.has_experts())};
    layout = read_layout(place, model);
    load = read_load(place, layout);
    execution = read_execution(how, model, layout, load);
    speculation = read_speculation(how, model, layout, load);
    load.requests[0].new_tokens = 1 + speculation.draft_tokens;
    execution.draft_passes = speculation.draft_tokens;
  }
  Step(const std::string& model_name, const std::string& deployment, const std::string& decode)
      : Step(named_model(model_name), deployment, decode) {}

  Program program(const Machine& machine, std::uint64_t seed = 1) const {
    Execution how = execution;
    if (how.overlap == "auto") how.overlap = usual_overlap(layout, load, machine.domain);
    return step_program(model, layout, how, load, machine, seed);
  }
  Program program(std::uint64_t seed = 1) const { return program(plain_machine(layout.gpus), seed); }
  Memory memory() const {
    return memory_per_gpu(model, layout, load, execution.precision, speculation.draft_tokens > 0);
  }
};

/// A step with its program, to look operators up by name.
struct BuiltStep : Step {
  Program built;

  BuiltStep(const std::string& model_name, const std::string& deployment, const std::string& decode,
            std::uint64_t seed = 1)
      : Step(model_name, deployment, decode), built(program(seed)) {}

  std::vector<const Operator*> all(const std::string& name) const {
    std::vector<const Operator*> found;
    for (const Operator& op : built.operators) {
      if (op.name == name) found.push_back(&op);
    }
    return found;
  }
  const Compute& compute(const std::string& name) const { return std::get<Compute>(all(name).at(0)->work); }
  const Collective& collective(const std::string& name) const { return std::get<Collective>(all(name).at(0)->work); }
};

}  // namespace teapot

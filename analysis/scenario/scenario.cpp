// Joins the rooms of the house into one checked value.
// Does not run anything.

#include "analysis/scenario/scenario.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "platforms/communication.hpp"
#include "platforms/kernels/table.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "platforms/runtime.hpp"
#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"
#include "workloads/layout/memory.hpp"

namespace teapot {
namespace {

/// What to call a named thing in a report: the name as written, or what it was derived from.
std::string name_of(const Config& parent, const std::string& key, const std::string& fallback) {
  if (!parent.has(key)) return fallback;
  const Config value = parent.at(key);
  const Tree& tree = value.tree();
  if (tree.kind == Tree::Kind::scalar) return tree.text;
  const Tree* from = tree.find("from");
  return from != nullptr && from->kind == Tree::Kind::scalar ? from->text + " (changed)" : "inline";
}

std::string relative_to(const Place& place, const std::string& file) {
  namespace fs = std::filesystem;
  if (fs::path{file}.is_absolute() || !place.file) return file;
  const fs::path beside = fs::path{*place.file}.parent_path() / file;
  return fs::exists(beside) ? beside.string() : file;
}

Network read_network(const Config& config, const Layout& layout, std::string& name, KnownParts* known) {
  const auto need = [&](int gpus) {
    if (gpus >= layout.gpus) return;
    const Config at = config.section("deployment");
    (at.has("gpus") ? at.at("gpus") : at).fail(fmt::format("{} GPUs, but {} has {}", layout.gpus, name, gpus));
  };
  if (config.has("platform")) {
    const Config platform = config.at("platform");
    // `--set fabric= --set platform=...` takes a scenario's fabric away.
    if (config.has("fabric") && config.at("fabric").tree().kind != Tree::Kind::null)
      platform.fail("give either `fabric` or `platform`, not both");
    name = platform.as<std::string>();
    const std::string file = relative_to(platform.tree().place, name);
    if (!std::filesystem::exists(file)) platform.fail("no such file: " + name);
    Network network = read_platform(file, layout.gpus);
    need(network.ranks());
    return network;
  }
  name = name_of(config, "fabric", "h800-mpft");
  const Tree tree = named_part(config, "fabric", "topologies", "fabric", "h800-mpft", known);
  const std::string key = known != nullptr ? fmt::format("{}{}", to_yaml(tree), layout.gpus) : std::string{};
  if (const Network* built = known != nullptr ? known->network(key) : nullptr) return *built;
  const Fabric fabric = build_fabric(Config{tree});
  need(fabric.gpus());
  Network network = to_network(fabric, layout.gpus);
  if (known != nullptr) known->keep(key, network);
  return network;
}

CopyPer copies_per(const std::string& word) {
  return word == "expert" ? CopyPer::expert : word == "gpu" ? CopyPer::gpu : CopyPer::node;
}

TimeKernel time_kernels(ComputeDepth depth, const Accelerator& accelerator) {
  switch (depth) {
    case ComputeDepth::measured:
      return measured(accelerator);
    case ComputeDepth::modelled:
      return modelled(accelerator);
    case ComputeDepth::none:
    case ComputeDepth::as_communication:
      break;
  }
  return [](const Kernel&) { return KernelTime{}; };
}

void require_memory(const Scenario& scenario, const Config& deployment) {
  const double usable = deployment.fraction_or("memory_fraction", 0.95);
  const Memory need = memory_per_gpu(scenario.model, scenario.layout, scenario.load, scenario.execution.precision,
                                     scenario.speculation.draft_tokens > 0);
  const Bytes have = scenario.accelerator.memory * usable;
  const Bytes total = need.weights + need.kv;
  if (total <= have) return;
  deployment.fail(
      fmt::format("does not fit: weights {} and KV cache {} a GPU need {}, {} more than the {} usable of {} "
                  "(memory_fraction {})",
                  to_text(need.weights), to_text(need.kv), to_text(total), to_text(total - have), to_text(have),
                  scenario.accelerator.name, usable));
}

}  // namespace

void apply_set(Tree& tree, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError(fmt::format("--set {}: expected key=value, such as decode.overlap=none", assignment));
  }
  const std::string key = assignment.substr(0, equals);
  set_path(tree, key, parse_yaml(assignment.substr(equals + 1), "--set " + key));
}

Tree load_scenario_tree(const std::string& file, const std::vector<std::string>& sets) {
  Tree tree = load_yaml(file);
  if (tree.kind != Tree::Kind::mapping)
    throw ConfigError(file + ": expected keys and values, such as `model: deepseek-v3`");
  for (const auto& set : sets) apply_set(tree, set);
  return tree;
}

Scenario read_scenario(const Tree& tree, const std::string& name, KnownParts* known) {
  const Config config{tree};
  Scenario s;
  s.name = name;
  s.source = tree;
  s.model = read_model(Config{named_part(config, "model", "workloads/models", "model", "deepseek-v3", known)});
  if (const std::string unknown = unknown_to_a_step(s.model); !unknown.empty())
    config.section("model").fail(fmt::format("{} has {}, which a step does not run yet", s.model.name, unknown));
  s.accelerator = read_accelerator(
      Config{named_part(config, "accelerator", "platforms/accelerators", "accelerator", "h800", known)});

  const Config deployment = config.section("deployment");
  s.layout = read_layout(deployment, s.model);
  s.load = read_load(deployment, s.layout);
  const Config decode = config.section("decode");
  s.execution = read_execution(decode, s.model, s.layout, s.load);
  s.speculation = read_speculation(decode, s.model, s.layout, s.load);
  s.load.requests[0].new_tokens = 1 + s.speculation.draft_tokens;
  s.execution.draft_passes = s.speculation.draft_tokens;
  const Config simulation = config.section("simulation");
  s.depth = simulation.choice_or("network", {"collective", "pair"}, "collective") == "pair" ? NetworkDepth::pair
                                                                                            : NetworkDepth::collective;
  const std::vector<std::string> depths{"modelled", "measured", "none", "as-communication"};
  const std::string depth = simulation.choice_or("compute", depths, "modelled");
  s.compute = static_cast<ComputeDepth>(std::find(depths.begin(), depths.end(), depth) - depths.begin());
  s.seed = static_cast<std::uint64_t>(simulation.non_negative_or<std::int64_t>("seed", 1));

  s.runtime = name_of(decode, "runtime", "ideal");
  s.machine.runtime =
      read_runtime(Config{named_part(decode, "runtime", "platforms/runtimes", "runtime", "ideal", known)});
  s.machine.time = time_kernels(s.compute, s.accelerator);

  require_memory(s, deployment);
  s.network = read_network(config, s.layout, s.fabric, known);
  const ScaleUp scale_up{scale_up_bandwidth(s.network), s.accelerator.communication_latency};
  s.libraries = read_libraries(decode, s.accelerator, scale_up, known);
  s.machine.collective = s.libraries.costs;
  if (!decode.section("routing").has("per")) s.execution.routing.per = copies_per(s.libraries.copies);
  s.machine.domain.assign(s.network.domain.begin(), s.network.domain.begin() + s.layout.gpus);
  config.reject_unread_keys();
  return s;
}

Tree resolved(const Tree& tree, KnownParts* known) {
  const Config config{tree};
  Tree all = tree;
  const auto put = [&](const Config& parent, const std::string& path, const std::string& folder,
                       const std::string& what, const std::string& fallback) {
    Tree part = named_part(parent, path.substr(path.rfind('.') + 1), folder, what, fallback, known);
    set_path(all, path, part);
    return part;
  };
  put(config, "model", "workloads/models", "model", "deepseek-v3");
  const Tree accelerator = put(config, "accelerator", "platforms/accelerators", "accelerator", "h800");
  if (config.has("platform")) {
    Tree file = config.at("platform").tree();
    file.text = std::filesystem::absolute(relative_to(file.place, file.text)).string();
    set_path(all, "platform", file);
  } else {
    put(config, "fabric", "topologies", "fabric", "h800-mpft");
  }
  const Config decode = config.section("decode");
  put(decode, "decode.runtime", "platforms/runtimes", "runtime", "ideal");
  resolve_libraries(decode, accelerator, all, known);
  return all;
}

Scenario load_scenario(const std::string& file, const std::vector<std::string>& sets) {
  return read_scenario(load_scenario_tree(file, sets), std::filesystem::path{file}.stem().string());
}

}  // namespace teapot

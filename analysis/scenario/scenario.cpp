// Joins the rooms of the house into one checked value.
// Does not run anything.

#include "analysis/scenario/scenario.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/memory_advice.hpp"
#include "platforms/communication.hpp"
#include "platforms/kernels/table.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "platforms/runtime.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "topologies/topology.hpp"
#include "workloads/layout/memory.hpp"
#include "workloads/step/overlap.hpp"

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
    Network network = read_platform(file_named(platform, most_trace_bytes), layout.gpus);
    need(network.ranks());
    return network;
  }
  name = name_of(config, "fabric", "h800-mpft");
  const Tree tree = named_part(config, "fabric", "topologies", "fabric", "h800-mpft", known);
  const std::string key = known != nullptr ? fmt::format("{}{}", to_yaml(tree), layout.gpus) : std::string{};
  if (const Network* built = known != nullptr ? known->network(key) : nullptr) return *built;
  const Fabric fabric = build_fabric(config.in_place_of("fabric", tree));
  need(fabric.gpus());
  Network network = to_network(fabric, layout.gpus);
  if (known != nullptr) known->keep(key, network);
  return network;
}

CopyPer copies_per(const std::string& word) {
  return word == "expert" ? CopyPer::expert : word == "gpu" ? CopyPer::gpu : CopyPer::node;
}

/// Where nothing is computed, or no stack runs, no kernel takes time from another.
CollectiveCosts without_sm_time(const CollectiveCosts& costs) {
  return [costs](const CollectiveCall& call) {
    CollectiveCost cost = costs(call);
    cost.sm_time = Seconds{};
    return cost;
  };
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

/// Named things are read where they stand, and so described apart.
void describe_parts(const Config& config, const Config& decode) {
  config.has("model",
             {"What is served: a name, a path to a YAML or to a Hugging Face config.json, or {from: NAME, ...}",
              "deepseek-v3", "deepseek-v3"});
  config.has("accelerator", {"What computes", "h800", "h800", "gpu hardware device"});
  config.has("fabric", {"What connects: a name, a path, {from: NAME, ...}, or a kind with its keys", "h800-mpft",
                        "h800-mpft", "topology network cluster"});
  config.has("platform", {"A SimGrid platform file, in place of `fabric`", "my-cluster.xml", "none"});
  decode.has("runtime", {"What the serving stack adds; `ideal` adds nothing, so that TPOT is a lower bound",
                         "sglang-0.5", "ideal", "stack engine framework backend"});
  decode.has("communication", {"Whose kernels send and receive", "deepep-low-latency", "the accelerator's", "comm"});
}

void require_memory(const Scenario& scenario, const Config& deployment, double usable) {
  const Memory need = memory_per_gpu(scenario.model, scenario.layout, scenario.load, scenario.execution.precision,
                                     scenario.speculation.draft_tokens > 0);
  const Bytes have = scenario.accelerator.memory * usable;
  const Bytes total = need.weights + need.kv;
  if (total <= have) return;
  const std::string reason = fmt::format(
      "does not fit: weights {} and KV cache {} a GPU need {}, {} more than the {} usable of {} "
      "(memory_fraction {}); {}",
      to_text(need.weights), to_text(need.kv), to_text(total), to_text(total - have), to_text(have),
      scenario.accelerator.name, usable, what_would_fit(scenario, have));
  try {
    deployment.fail(reason);
  } catch (const ConfigError& e) {
    throw DoesNotFit(e.what());
  }
}

}  // namespace

void set_key(Tree& scenario, const std::string& key, const Tree& value) {
  static const std::vector<std::pair<std::string, std::string>> parts{
      {"model", "deepseek-v3"}, {"accelerator", "h800"}, {"fabric", "h800-mpft"}};
  for (const auto& [part, name] : parts) {
    const Tree* written = scenario.find(part);
    const bool inside = key.starts_with(part + '.') && key != part + ".from" && key != part + ".kind";
    const bool absent = written == nullptr || written->kind == Tree::Kind::null;
    if (!inside || !absent || (part == "fabric" && scenario.find("platform") != nullptr)) continue;
    Tree fallback;
    fallback.kind = Tree::Kind::scalar;
    fallback.text = name;
    fallback.place = value.place;
    set_path(scenario, part, fallback);
  }
  set_path(scenario, key, value);
}

void apply_set(Tree& tree, const std::string& assignment, PutKey put) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError(
        fmt::format("--set {}: expected key=value, such as decode.overlap=none", one_line(assignment, 200)));
  }
  const std::string key = assignment.substr(0, equals);
  if (key.front() == '.' || key.back() == '.' || key.find("..") != std::string::npos)
    throw ConfigError(fmt::format("--set {}: a part of the key is empty", one_line(key, 200)));
  put(tree, key, parse_yaml(assignment.substr(equals + 1), "--set " + one_line(key, 200)));
}

Tree load_scenario_tree(const std::string& file, const std::vector<std::string>& sets) {
  Tree tree = load_yaml(file);
  if (tree.kind != Tree::Kind::mapping)
    throw ConfigError(file + ": expected keys and values, such as `model: deepseek-v3`");
  for (const auto& set : sets) apply_set(tree, set, set_key);
  return tree;
}

namespace {

Scenario read_parts(const Config& config, const Tree& source, KnownParts* known) {
  Scenario s;
  s.source = source;
  const Config decode = config.section("decode", {"How a step is decoded", "{overlap: none}"});
  describe_parts(config, decode);
  const auto part = [&](const Config& parent, const char* key, const char* folder, const char* what,
                        const std::string& fallback) {
    return parent.in_place_of(key, named_part(parent, key, folder, what, fallback, known));
  };
  s.model = read_model(part(config, "model", "workloads/models", "model", "deepseek-v3"));
  if (const std::string unknown = unknown_to_a_step(s.model); !unknown.empty())
    config.section("model").fail(fmt::format("{} has {}, which a step does not run yet", s.model.name, unknown));
  s.accelerator = read_accelerator(part(config, "accelerator", "platforms/accelerators", "accelerator", "h800"));

  const Config deployment = config.section(
      "deployment", {"How the model is laid over GPUs, and what each serves", "{gpus: 128, tensor_parallel: 1}"});
  s.layout = read_layout(deployment, s.model);
  s.phase = read_phase(config);
  for (const Layer& layer : s.model.layers) {
    if (s.phase == Phase::prefill && layer.attention.kind == Attention::Kind::compressed) {
      config.at("phase").fail("how " + s.model.name + " computes prompts over a compressed cache is not known yet");
    }
  }
  s.load = s.phase == Phase::prefill ? read_prompts(config, s.layout) : read_load(deployment, s.layout);
  const Config how = how_executed(config, s.phase, s.model, s.accelerator, s.load);
  s.execution = read_execution(how, s.model, s.layout, s.load);
  s.speculation = read_speculation(how, s.model, s.layout, s.load);
  if (s.phase == Phase::decode) s.load.requests[0].new_tokens = 1 + s.speculation.draft_tokens;
  s.execution.draft_passes = s.speculation.draft_tokens;
  const Config simulation = config.section("simulation", {"How it is simulated", "{compute: measured}"});
  s.depth = simulation.choice_or("network", {"collective", "pair"}, "collective",
                                 {"Each collective as one transfer, or every pair of it as one: the reference, for "
                                  "tens of GPUs",
                                  "collective"}) == "pair"
                ? NetworkDepth::pair
                : NetworkDepth::collective;
  const std::vector<std::string> depths{"modelled", "measured", "none", "as-communication"};
  const std::string depth = simulation.choice_or(
      "compute", depths, "modelled",
      {"Kernels by a fitted roofline, from measured tables where there are, in no time, or as long as they communicate",
       "measured"});
  s.compute = static_cast<ComputeDepth>(std::find(depths.begin(), depths.end(), depth) - depths.begin());
  s.seed = static_cast<std::uint64_t>(simulation.non_negative_or<std::int64_t>(
      "seed", 1, {"Of the choices of experts, and of all that is drawn", "1"}));

  s.runtime = name_of(how, "runtime", "ideal");
  s.machine.runtime = read_runtime(part(how, "runtime", "platforms/runtimes", "runtime", "ideal"));
  if (s.machine.runtime.bound) s.accelerator.launch = Seconds{};
  s.machine.time = time_kernels(s.compute, s.accelerator);

  const double usable = deployment.fraction_or("memory_fraction", 0.95,
                                               {"Part of the accelerator's memory for weights and KV cache", "0.9", "",
                                                "gpu_memory_utilization mem_fraction_static"});
  s.network = read_network(config, s.layout, s.fabric, known);
  const ScaleUp scale_up{scale_up_bandwidth(s.network), s.accelerator.communication_latency};
  s.libraries = read_libraries(how, s.accelerator, scale_up, known);
  s.machine.collective = s.libraries.costs;
  const bool computes = s.compute == ComputeDepth::modelled || s.compute == ComputeDepth::measured;
  if (!computes || s.machine.runtime.bound) s.machine.collective = without_sm_time(s.libraries.costs);
  if (!how.section("routing").has("per")) s.execution.routing.per = copies_per(s.libraries.copies);
  s.machine.domain.assign(s.network.domain.begin(), s.network.domain.begin() + s.layout.gpus);
  s.overlap_chosen = s.execution.overlap == "auto";
  if (s.overlap_chosen) s.execution.overlap = usual_overlap(s.layout, s.load, s.machine.domain);
  config.section("prefill", {"What a prefill executes otherwise than a decode; keys of `decode`", "{overlap: none}"})
      .tree();
  config.section("requests", {"What `serve` is asked: arrivals and lengths (docs/serving.md)", "{prompt_tokens: 4096}"})
      .tree();
  config.section("serving", {"The pools that `serve` serves with (docs/serving.md)", "{placement: co-located}"}).tree();
  how.reject_unread_keys();
  config.reject_unread_keys();
  require_memory(s, deployment, usable);
  return s;
}

}  // namespace

void note_keys(const Config& config) {
  try {
    read_parts(config, {}, nullptr);
  } catch (const ConfigError&) {  // whoever stops early has said what it asked for until then
  }
}

Scenario read_scenario(const Tree& tree, const std::string& name, KnownParts* known) {
  try {
    Scenario s = read_parts(Config{tree}, tree, known);
    s.name = name;
    return s;
  } catch (const DoesNotFit&) {
    throw;
  } catch (const ConfigError&) {
    if (known != nullptr) throw;  // one of many: whoever reads many looks at their keys once
    auto mistakes = misspelt(tree, known_keys());
    if (mistakes.empty()) throw;
    throw Mistakes(std::move(mistakes));
  }
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
    file.text = std::filesystem::absolute(beside(file.place, file.text)).string();
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
  return read_scenario(load_scenario_tree(file, sets), one_line(std::filesystem::path{file}.stem().string(), 200));
}

}  // namespace teapot

// Joins the rooms of the house into one checked value.
// Does not run anything.

#include "analysis/scenario/scenario.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/scenario/apart.hpp"
#include "analysis/scenario/drafter.hpp"
#include "analysis/scenario/host_side.hpp"
#include "analysis/scenario/jobs.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/memory_advice.hpp"
#include "analysis/scenario/scenario_network.hpp"
#include "analysis/scenario/serving_keys.hpp"
#include "analysis/scenario/stack.hpp"
#include "analysis/scenario/training_scenario.hpp"
#include "platforms/communication.hpp"
#include "platforms/kernels/table.hpp"
#include "platforms/runtime.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "workloads/layout/memory.hpp"
#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

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
  const Memory need =
      memory_per_gpu(scenario.model, scenario.layout, scenario.load, scenario.execution.precision,
                     scenario.speculation.draft_tokens > 0, scenario.execution.draft.get(), scenario.execution.offload);
  const Bytes have = scenario.accelerator.memory * usable;
  const Bytes total = need.total();
  require_host_memory(scenario, need);
  require_feed_forwards_fit(scenario, deployment, usable);
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

/// Reads a scenario section by section; later ones depend on earlier ones.
class ScenarioReader {
 public:
  ScenarioReader(const Config& config, const Tree& source, PartReader& parts) : config_(config), parts_(parts) {
    s_.source = source;
  }

  Scenario read() {
    if (config_.has("jobs", jobs_about()))
      config_.at("jobs").fail("several jobs on one fabric are for `run` (docs/fabrics.md)");
    const Config decode = config_.section("decode", {"How a step is decoded", "{overlap: none}"});
    describe_parts(config_, decode);
    read_served();
    const Config deployment = config_.section(
        "deployment", {"How the model is laid over GPUs, and what each serves", "{gpus: 128, tensor_parallel: 1}"});
    read_loaded(deployment);
    const Config how = how_executed(config_, s_.phase, s_.model, s_.accelerator, s_.load);
    read_executed(how);
    read_simulated(config_.section("simulation", {"How it is simulated", "{compute: measured}"}));
    read_stack(how);
    const double usable = deployment.fraction_or("memory_fraction", 0.95,
                                                 {"Part of the accelerator's memory for weights and KV cache", "0.9",
                                                  "", "gpu_memory_utilization mem_fraction_static"});
    std::string network;
    read_host(config_, s_, parts_);
    const Tree box = s_.host && !config_.has("fabric") ? box_of(s_) : Tree{};
    s_.network =
        read_network(config_, s_.layout, s_.seed, s_.fabric, network, parts_, s_.host ? &*s_.host : nullptr, box);
    read_traffic(config_, s_);
    take_replicas(network);
    use_host(config_, s_);
    read_communication(how);
    s_.machine.domain.assign(s_.network.domain.begin(), s_.network.domain.begin() + s_.layout.gpus);
    s_.overlap_chosen = s_.execution.overlap == "auto";
    if (s_.overlap_chosen) s_.execution.overlap = usual_overlap(s_.layout, s_.load, s_.machine.domain);
    pass_over_other_phases();
    how.reject_unread_keys();
    config_.reject_unread_keys();
    check_apart(config_, s_);
    require_memory(s_, deployment, usable);
    return std::move(s_);
  }

 private:
  Config part(const Config& parent, const char* key, const char* folder, const char* what,
              const std::string& fallback) const {
    return parent.in_place_of(key, parts_.named(parent, key, folder, what, fallback));
  }

  void read_served() {
    s_.model = read_model(part(config_, "model", "workloads/models", "model", "deepseek-v3"));
    if (const std::string unknown = unknown_to_a_step(s_.model); !unknown.empty())
      config_.section("model").fail(fmt::format("{} has {}, which a step does not run yet", s_.model.name, unknown));
    s_.accelerator = read_accelerator(part(config_, "accelerator", "platforms/accelerators", "accelerator", "h800"));
  }

  void read_loaded(const Config& deployment) {
    s_.layout = read_layout(deployment, s_.model);
    s_.phase = read_phase(config_);
    for (const Layer& layer : s_.model.layers) {
      if (s_.phase == Phase::prefill && layer.attention.kind == Attention::Kind::compressed) {
        config_.at("phase").fail("how " + s_.model.name + " computes prompts over a compressed cache is not known yet");
      }
    }
    s_.load = s_.phase == Phase::prefill ? read_prompts(config_, s_.layout) : read_load(deployment, s_.layout);
  }

  void read_executed(const Config& how) {
    s_.execution = read_execution(how, s_.model, s_.layout, s_.load);
    s_.execution.draft = read_drafter(how, s_.model, parts_);
    s_.speculation = read_speculation(how, s_.model, s_.layout, s_.load, s_.execution.draft.get());
    if (s_.phase == Phase::decode) s_.load.requests[0].new_tokens = 1 + s_.speculation.draft_tokens;
    s_.execution.draft_passes = s_.speculation.draft_tokens;
  }

  void read_simulated(const Config& simulation) {
    s_.depth = simulation.choice_or("network", {"collective", "pair"}, "collective",
                                    {"Each collective as one transfer, or every pair of it as one: the reference, for "
                                     "up to 128 GPUs",
                                     "collective"}) == "pair"
                   ? NetworkDepth::pair
                   : NetworkDepth::collective;
    const std::vector<std::string> depths{"modelled", "measured", "none", "as-communication"};
    const std::string depth = simulation.choice_or("compute", depths, "modelled",
                                                   {"Kernels by a fitted roofline, from measured tables where there "
                                                    "are, in no time, or as long as they communicate",
                                                    "measured"});
    s_.compute = static_cast<ComputeDepth>(std::find(depths.begin(), depths.end(), depth) - depths.begin());
    all_replicas_ = simulation.choice_or("replicas", {"one", "all"}, "one",
                                         {"Of replicas that exchange nothing: one, where nothing but the tokens that "
                                          "are drawn tells it from the others, or all; then the slowest counts",
                                          "all"}) == "all";
    s_.seed = static_cast<std::uint64_t>(simulation.non_negative_or<std::int64_t>(
        "seed", 1, {"Of the choices of experts, and of all that is drawn", "1"}));
  }

  /// Cuts the deployment down to one replica where that stands for all.
  void take_replicas(const std::string& network) {
    s_.replicas = replicas_of(s_.layout, s_.model, s_.load);
    if (s_.host && s_.replicas.count > 1) s_.replicas.why = "they share hosts";
    if (all_replicas_) {
      s_.replicas.why = "asked for";
      return;
    }
    compare_networks(s_.network, network, parts_, s_.replicas);
    if (s_.replicas.simulated == s_.replicas.count) return;
    s_.layout.gpus = s_.replicas.gpus;
    s_.network.gpus.resize(static_cast<std::size_t>(s_.layout.gpus));
    s_.network.domain.resize(static_cast<std::size_t>(s_.layout.gpus));
    for (Requests& requests : s_.load.requests) {
      if (requests.counts.size() > 1) requests.counts.resize(static_cast<std::size_t>(s_.layout.gpus));
    }
  }

  void read_stack(const Config& how) {
    s_.runtime = name_of(how, "runtime", "ideal");
    s_.machine.runtime = read_runtime(part(how, "runtime", "platforms/runtimes", "runtime", "ideal"));
    if (s_.machine.runtime.bound) s_.accelerator.launch = Seconds{};
    s_.accelerator = with_libraries(std::move(s_.accelerator), s_.machine.runtime);
    fuse_on(s_.layout, s_.execution.precision, s_.accelerator, s_.machine.runtime);
    s_.machine.devices = time_kernels(s_.compute, s_.accelerator);
  }

  void read_communication(const Config& how) {
    const ScaleUp scale_up{scale_up_bandwidth(s_.network), s_.accelerator.communication_latency};
    s_.libraries = read_libraries(how, s_.accelerator, scale_up, parts_);
    s_.machine.collective = s_.libraries.costs;
    const bool computes = s_.compute == ComputeDepth::modelled || s_.compute == ComputeDepth::measured;
    if (!computes || s_.machine.runtime.bound) s_.machine.collective = without_sm_time(s_.libraries.costs);
    s_.execution.routing.in_place = copies_per(s_.libraries.copies) == CopyPer::expert;
    if (!how.section("routing").has("per")) s_.execution.routing.per = copies_per(s_.libraries.copies);
  }

  /// Keys of it are looked at by whoever runs them; a section is a mapping whoever does.
  void pass_over(const char* section, const About& about) const {
    const Config passed = config_.section(section, about);
    if (passed.tree().kind != Tree::Kind::null && !passed.is_mapping()) passed.fail("expected a mapping");
  }
  /// What other commands and phases read.
  void pass_over_other_phases() const {
    pass_over("training", {"How a model is trained, of `phase: training` (docs/training.md)", "{zero: 1}"});
    pass_over("prefill", {"What a prefill executes otherwise than a decode; keys of `decode`", "{overlap: none}"});
    pass_over("requests", {"What `serve` is asked: arrivals and lengths (docs/serving.md)", "{prompt_tokens: 4096}"});
    pass_over("serving", {"The pools that `serve` serves with (docs/serving.md)", "{placement: co-located}"});
    if (!config_.has("requests") && !config_.has("serving")) describe_serving_keys(config_);
  }

  const Config& config_;
  PartReader& parts_;
  Scenario s_;
  bool all_replicas_ = false;
};

}  // namespace

void note_keys(const Config& config, PartReader& parts) {
  try {
    if (has_jobs(config.tree())) {
      note_jobs(config);
    } else if (trains(config.tree())) {
      read_training_scenario(config, config.tree(), parts);
    } else {
      ScenarioReader{config, {}, parts}.read();
    }
  } catch (const ConfigError&) {  // whoever stops early has said what it asked for until then
  }
}

Scenario read_scenario(const Tree& tree, const std::string& name, PartReader& parts) {
  const Config config{tree};
  Scenario s = ScenarioReader{config, tree, parts}.read();
  s.name = name;
  return s;
}

Scenario read_scenario(const Tree& tree, const std::string& name) {
  PartReader parts;
  try {
    return read_scenario(tree, name, parts);
  } catch (const DoesNotFit&) {
    throw;
  } catch (const ConfigError&) {
    auto mistakes = misspelt(tree, known_keys());
    if (mistakes.empty()) throw;
    throw Mistakes(std::move(mistakes));
  }
}

Scenario load_scenario(const std::string& file, const std::vector<std::string>& sets) {
  return read_scenario(load_scenario_tree(file, sets), one_line(std::filesystem::path{file}.stem().string(), 200));
}

}  // namespace teapot

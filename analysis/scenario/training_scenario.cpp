// Joins model, accelerator, fabric and `training:` into one checked value.
// Does not run anything.

#include "analysis/scenario/training_scenario.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/libraries.hpp"
#include "analysis/scenario/memory_advice.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/scenario/scenario_network.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "platforms/kernels/kernels.hpp"
#include "platforms/kernels/table.hpp"
#include "sim/limits.hpp"
#include "workloads/training/state.hpp"

namespace teapot {
namespace {

class TrainingReader {
 public:
  TrainingReader(const Config& config, const Tree& tree, PartReader& parts) : config_(config), parts_(parts) {
    s_.source = tree;
  }

  TrainingScenario read() {
    config_.has("phase");
    const Config deployment = config_.section("deployment");
    const Config section = config_.section("training");
    read_parts();
    const int gpus = deployment.positive_or<int>("gpus", 128);
    limits::at_most(deployment, "gpus", gpus, limits::gpus);
    const double usable = deployment.fraction_or("memory_fraction", 0.95);
    s_.training = read_training(section, s_.model, gpus);
    read_trainer(section);
    read_simulation(config_.section("simulation"));
    read_fabric(section);
    read_published(section);
    section.reject_unread_keys();
    for (const char* other : {"decode", "prefill", "requests", "serving"}) config_.section(other).tree();
    config_.reject_unread_keys();
    require_room(deployment, usable);
    return std::move(s_);
  }

 private:
  Config part(const Config& parent, const char* key, const char* folder, const char* what,
              const std::string& fallback) const {
    return parent.in_place_of(key, parts_.named(parent, key, folder, what, fallback));
  }

  void read_parts() {
    s_.model = read_model(part(config_, "model", "workloads/models", "model", "deepseek-v3"));
    for (const Layer& layer : s_.model.layers) {
      const Attention::Kind kind = layer.attention.kind;
      const bool known = kind == Attention::Kind::grouped || kind == Attention::Kind::latent;
      if (!known || layer.attention.indexer.top > 0 || layer.shares_weights)
        config_.section("model").fail(s_.model.name + " has layers of which the way back is not known yet");
    }
    s_.accelerator = read_accelerator(part(config_, "accelerator", "platforms/accelerators", "accelerator", "h800"));
  }

  void read_trainer(const Config& section) {
    section.has("trainer",
                {"What the framework adds to kernels; `ideal` adds nothing, so that the step is a lower bound",
                 "hai-llm", "ideal", "framework"});
    s_.trainer = name_of(section, "trainer", "ideal");
    const Config trainer = part(section, "trainer", "platforms/trainers", "trainer", "ideal");
    s_.cost.kernels = trainer.positive_or("kernels", 1.0, {"How much longer they take than modelled alone", "1.3"});
    s_.cost.overlapped =
        trainer.positive_or("overlapped", 1.0, {"How much longer still beside another chunk's exchange", "1.1"});
    s_.cost.weight_products = trainer.positive_or(
        "weight_products", 1.0, {"How much longer products that make gradients of weights take", "1.2"});
    trainer.get_or<std::string>("source", "", {"Where the figures come from", "arXiv 2505.09343, table 4"});
    trainer.reject_unread_keys();
  }

  void read_simulation(const Config& simulation) {
    const bool tables = simulation.choice_or("compute", {"modelled", "measured"}, "modelled") == "measured";
    s_.machine.devices = tables ? measured(s_.accelerator) : modelled(s_.accelerator);
    s_.seed = static_cast<std::uint64_t>(simulation.non_negative_or<std::int64_t>("seed", 1));
    simulation.reject_unread_keys();
  }

  void read_fabric(const Config& section) {
    std::string key;
    s_.network = read_network(config_, s_.training.layout, s_.seed, s_.fabric, key, parts_);
    s_.machine.domain.assign(s_.network.domain.begin(), s_.network.domain.begin() + s_.gpus());
    read_library(section);
    const Layout& l = s_.training.layout;
    s_.group_gpus = std::lcm(l.tensor_parallel, l.expert_gpus());
    if (s_.gpus() % s_.group_gpus != 0) s_.group_gpus = s_.gpus();
    const std::string name = fmt::format("blocks of {}: {}", s_.group_gpus, key);
    const Blocks* known = key.empty() ? nullptr : parts_.blocks(name);
    s_.groups = known != nullptr ? *known : compare_blocks(s_.network, s_.group_gpus);
    if (!key.empty()) parts_.keep(name, s_.groups);
  }

  /// Kernels that decode would not do: large messages, a copy for each node.
  void read_library(const Config& section) {
    section.has("communication", {"Whose kernels send and receive", "deepep-normal",
                                  "deepep-normal where the accelerator's are DeepEP's", "comm"});
    Accelerator accelerator = s_.accelerator;
    if (accelerator.communication == "deepep-low-latency") accelerator.communication = "deepep-normal";
    const ScaleUp scale_up{scale_up_bandwidth(s_.network), accelerator.communication_latency};
    const Libraries libraries = read_libraries(section, accelerator, scale_up, parts_);
    s_.communication = libraries.name;
    const int sms = s_.training.communication_sms;
    if (sms >= accelerator.sms)
      section.at("communication_sms").fail(fmt::format("must be less than the {} SMs there are", accelerator.sms));
    const double share = static_cast<double>(sms) / std::max(1, accelerator.sms);
    s_.machine.collective = [costs = libraries.costs, share](const CollectiveCall& call) {
      CollectiveCost cost = costs(call);
      if (share > 0 && (call.operation == "dispatch" || call.operation == "combine")) cost.sm_share = share;
      return cost;
    };
  }

  void read_published(const Config& section) {
    if (!section.has("published", {"Measured figures to print beside the simulated ones: a name, or a path to a YAML",
                                   "deepseek-v3-mpft", "none"}))
      return;
    const Config figures = section.in_place_of(
        "published", parts_.named(section, "published", "analysis/validation/published", "published step", ""));
    s_.published.source =
        figures.get<std::string>("source", {"Where the published figures stand", "arXiv 2505.09343, table 4"});
    for (const auto& name : figures.keys()) {
      if (name != "source") s_.published.figures[name] = figures.positive<double>(name);
    }
  }

  void require_room(const Config& deployment, double usable) {
    ChunkPrograms programs{s_.model, s_.training, s_.machine, s_.cost, s_.simulated_gpus(), s_.seed};
    const TrainingMemory need = training_memory(s_.model, s_.training, programs);
    const Bytes have = s_.accelerator.memory * usable;
    if (need.total() <= have) return;
    throw_does_not_fit(deployment, need, have);
  }

  /// Whether the step would fit with keys of `training` changed; what cannot be run so does not.
  bool fits_with(const std::vector<std::pair<std::string, std::string>>& changes, Bytes have) const {
    try {
      Tree tree = config_.section("training").tree();
      for (const auto& [key, value] : changes) set_path(tree, key, parse_yaml(value, "training"));
      const Training t = read_training(config_.in_place_of("training", tree), s_.model, s_.gpus());
      ChunkPrograms programs{s_.model, t, s_.machine, s_.cost, t.layout.expert_gpus(), s_.seed};
      return training_memory(s_.model, t, programs).total() <= have;
    } catch (const ConfigError&) {
      return false;
    }
  }

  /// Single changes that would do, else two together.
  std::string what_would_fit(Bytes have) const {
    const Training& t = s_.training;
    const auto doubled = [](int number) { return fmt::format("{}", 2 * number); };
    std::vector<std::pair<std::string, std::string>> changes;
    if (!t.zero) changes.emplace_back("zero", "1");
    if (!t.recompute.contains("full")) changes.emplace_back("recompute", "[full]");
    changes.emplace_back("pipeline_parallel", doubled(t.pipeline.ranks));
    changes.emplace_back("tensor_parallel", doubled(t.layout.tensor_parallel));
    if (t.micro_batch > 1) changes.emplace_back("micro_batch", "1");
    std::vector<std::string> found;
    for (const auto& [key, value] : changes) {
      if (fits_with({{key, value}}, have)) found.push_back(fmt::format("training.{} {}", key, value));
    }
    for (std::size_t i = 0; found.empty() && i < changes.size(); ++i) {
      for (std::size_t j = i + 1; found.empty() && j < changes.size(); ++j) {
        if (fits_with({changes[i], changes[j]}, have))
          found.push_back(fmt::format("training.{} {} with {} {}", changes[i].first, changes[i].second,
                                      changes[j].first, changes[j].second));
      }
    }
    if (!found.empty()) return fmt::format("would fit: {}", fmt::join(found, "; or "));
    return "neither recompute, zero nor twice the pipeline or tensor_parallel would make it fit";
  }

  [[noreturn]] void throw_does_not_fit(const Config& deployment, const TrainingMemory& need, Bytes have) const {
    try {
      deployment.fail(fmt::format(
          "does not fit: weights {}, gradients {}, optimizer {} and activations {} a GPU need {}, {} more than the {} "
          "usable ({})",
          to_text(need.weights), to_text(need.gradients), to_text(need.optimizer), to_text(need.activations),
          to_text(need.total()), to_text(need.total() - have), to_text(have), what_would_fit(have)));
    } catch (const ConfigError& e) {
      throw DoesNotFit(e.what());
    }
  }

  const Config& config_;
  PartReader& parts_;
  TrainingScenario s_;
};

}  // namespace

bool trains(const Tree& scenario) {
  const Tree* phase = scenario.find("phase");
  return phase != nullptr && phase->kind == Tree::Kind::scalar && phase->text == "training";
}

TrainingScenario read_training_scenario(const Config& config, const Tree& tree, PartReader& parts) {
  return TrainingReader{config, tree, parts}.read();
}

TrainingScenario read_training_scenario(const Tree& tree, const std::string& name, PartReader& parts) {
  TrainingScenario s = read_training_scenario(Config{tree}, tree, parts);
  s.name = name;
  return s;
}

TrainingScenario read_training_scenario(const Tree& tree, const std::string& name) {
  PartReader parts;
  try {
    return read_training_scenario(tree, name, parts);
  } catch (const DoesNotFit&) {
    throw;
  } catch (const ConfigError&) {
    auto mistakes = misspelt(tree, known_keys());
    if (mistakes.empty()) throw;
    throw Mistakes(std::move(mistakes));
  }
}

}  // namespace teapot

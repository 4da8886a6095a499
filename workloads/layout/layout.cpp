// Reading and checking a layout.
// Knows no requests, no time and no network.

#include "workloads/layout/layout.hpp"

#include <fmt/format.h>

#include "sim/limits.hpp"

namespace teapot {
namespace {

/// The value at `key`, or the section where the key has its default.
Config place_of(const Config& section, const std::string& key) { return section.has(key) ? section.at(key) : section; }

/// Which GPUs attend, and what the others run.
void read_apart(const Config& section, const Model& model, Layout& d) {
  const int gpus = section.positive_or<int>(
      "attention_gpus", d.gpus,
      {"GPUs that attend, the first ones; the others run feed-forwards alone (attention-FFN disaggregation)", "16",
       "gpus: each does both", "afd num_attention_servers"});
  const std::string moved = section.choice_or(
      "feed_forwards", {"all", "routed"}, "all",
      {"With attention_gpus, what the other GPUs run: all feed-forwards, or routed experts alone, so that shared ones "
       "and dense layers stay with attention",
       "routed"});
  if (!section.has("attention_gpus")) {
    if (section.has("feed_forwards")) section.at("feed_forwards").fail("has no meaning without attention_gpus");
    return;
  }
  const Config attention = section.at("attention_gpus");
  if (gpus >= d.gpus) attention.fail(fmt::format("must leave some of the {} GPUs for feed-forwards", d.gpus));
  d.ffn_gpus = d.gpus - gpus;
  d.only_routed_apart = moved == "routed";
  if (d.all_apart() && model.experts.latent > 0 && model.experts.shared_intermediate > 0) {
    (section.has("feed_forwards") ? section.at("feed_forwards") : attention)
        .fail(model.name + " needs `feed_forwards: routed`: its shared experts take other states than its routed ones");
  }
  if (d.only_routed_apart && !model.has_experts())
    section.at("feed_forwards").fail(model.name + " has no routed experts: all its feed-forwards would stay");
}

void check_expert_gpus(const Config& section, const Layout& d) {
  const std::int64_t group = std::int64_t{d.expert_parallel} * d.expert_tensor_parallel;
  const Config at = place_of(section, "expert_parallel");
  if (d.apart() && group != d.ffn_gpus) {
    at.fail(
        fmt::format("expert_parallel {} x expert_tensor_parallel {} must make up the {} GPUs beside the {} that attend",
                    d.expert_parallel, d.expert_tensor_parallel, d.ffn_gpus, d.attention_gpus()));
  }
  if (!d.apart() && (group > d.gpus || d.gpus % group != 0)) {
    at.fail(fmt::format("{} GPUs do not divide into groups of {} (expert_parallel {} x expert_tensor_parallel {})",
                        d.gpus, group, d.expert_parallel, d.expert_tensor_parallel));
  }
}

void read_experts(const Config& section, const Model& model, Layout& d) {
  const int ranks = d.apart() ? d.ffn_gpus : d.gpus / d.tensor_parallel;
  d.expert_parallel = section.positive_or<int>(
      "expert_parallel", ranks,
      {"Ranks over which the experts of one group are spread", "64",
       "gpus / tensor_parallel; with attention_gpus the other GPUs", "ep ep_size expert_parallel_size moe_ep"});
  // The experts of a model that is tensor parallel throughout are split as its attention is.
  const bool split = !d.apart() && std::int64_t{d.expert_parallel} * d.tensor_parallel == d.gpus;
  d.expert_tensor_parallel = section.positive_or<int>(
      "expert_tensor_parallel", split ? d.tensor_parallel : 1,
      {"GPUs that share one expert", "1", "tensor_parallel where that and expert_parallel make up all GPUs, else 1",
       "etp moe_tp moe_tensor_parallel"});
  d.redundant_experts = section.non_negative_or<int>(
      "redundant_experts", 0, {"Extra copies of experts in each group", "32", "", "ep_num_redundant_experts"});
  limits::at_most(section, "expert_parallel", d.expert_parallel, d.gpus);
  limits::at_most(section, "expert_tensor_parallel", d.expert_tensor_parallel, d.gpus);
  limits::at_most(section, "redundant_experts", d.redundant_experts, limits::experts - model.experts.routed);
  check_expert_gpus(section, d);
  const int slots = model.experts.routed + d.redundant_experts;
  if (slots % d.expert_parallel != 0) {
    const int more = d.expert_parallel - slots % d.expert_parallel;
    place_of(section, "expert_parallel")
        .fail(fmt::format("{} experts and {} redundant ones do not divide over {} ranks (redundant_experts: {} would)",
                          model.experts.routed, d.redundant_experts, d.expert_parallel, d.redundant_experts + more));
  }
  if (model.experts.intermediate % d.expert_tensor_parallel != 0) {
    place_of(section, "expert_tensor_parallel")
        .fail(fmt::format("must divide the experts' intermediate size {}", model.experts.intermediate));
  }
}

/// Layers must be dense and alike from stage to stage, so that all stages do the same at the same time.
void read_pipeline(const Config& section, const Model& model, Layout& d) {
  d.pipeline_parallel = section.positive_or<int>(
      "pipeline_parallel", 1,
      {"Stages, each a run of layers; models without experts", "2", "", "pp pp_size pipeline_parallel_size"});
  if (d.pipeline_parallel == 1) return;
  const Config at = section.at("pipeline_parallel");
  if (d.apart()) at.fail("has no meaning with attention_gpus");
  if (model.has_experts()) at.fail("is for models without experts; " + model.name + " spreads experts over all GPUs");
  if (d.gpus % (std::int64_t{d.tensor_parallel} * d.pipeline_parallel) != 0) {
    at.fail(
        fmt::format("{} stages of {} GPUs must divide the {} GPUs", d.pipeline_parallel, d.tensor_parallel, d.gpus));
  }
  const auto stages = static_cast<std::size_t>(d.pipeline_parallel);
  if (model.layers.size() % stages != 0) at.fail(fmt::format("must divide the {} layers", model.layers.size()));
  const std::size_t each = model.layers.size() / stages;
  for (std::size_t l = each; l < model.layers.size(); ++l) {
    if (!(model.layers[l].attention == model.layers[l % each].attention))
      at.fail("its stages would differ in attention");
  }
}

}  // namespace

Layout read_layout(const Config& section, const Model& model) {
  Layout d;
  d.gpus = section.positive_or<int>("gpus", d.gpus,
                                    {"GPUs of the deployment, the first ones of the fabric", "128", "",
                                     "num_gpus n_gpus world_size dp dp_size data_parallel replicas"});
  limits::at_most(section, "gpus", d.gpus, limits::gpus);
  d.tensor_parallel = section.positive_or<int>("tensor_parallel", 1,
                                               {"GPUs that share the attention of their requests, and the dense layers",
                                                "8", "", "tp tp_size tensor_parallel_size"});
  read_apart(section, model, d);
  if (d.attention_gpus() % d.tensor_parallel != 0) {
    section.at("tensor_parallel")
        .fail(fmt::format("must divide the {} GPUs{}, got {}", d.attention_gpus(), d.apart() ? " that attend" : "",
                          d.tensor_parallel));
  }
  for (const Layer& layer : model.layers) {
    const int parts = layer.attention.split_parts();
    if (parts % d.tensor_parallel != 0) {
      const char* what =
          layer.attention.recurrent() ? "heads (or channels) of its recurrent layers" : "attention heads";
      section.at("tensor_parallel").fail(fmt::format("must divide the {} {}", parts, what));
    }
  }
  read_pipeline(section, model, d);
  if (model.has_experts()) {
    read_experts(section, model, d);
  } else {
    for (const char* key : {"expert_parallel", "expert_tensor_parallel", "redundant_experts"}) {
      if (section.has(key)) section.at(key).fail(model.name + " has no experts");
    }
    d.expert_parallel = 1;
  }
  return d;
}

}  // namespace teapot

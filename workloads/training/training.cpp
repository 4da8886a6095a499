// Reading and checking `training:`.
// Knows no accelerator and no fabric.

#include "workloads/training/training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/limits.hpp"

namespace teapot {
namespace {

constexpr int most_sequences = 1 << 24;
constexpr int most_tasks = 1 << 22;  // chunks of all stages: what a pipeline is walked through

Config place_of(const Config& section, const std::string& key) { return section.has(key) ? section.at(key) : section; }

void read_parallelism(const Config& section, const Model& model, Training& t) {
  Layout& l = t.layout;
  l.tensor_parallel = section.positive_or<int>("tensor_parallel", 1,
                                               {"GPUs that share attention and dense layers", "8", "", "tp tp_size"});
  t.pipeline.ranks = section.positive_or<int>("pipeline_parallel", 1, {"Ranks of a pipeline", "16", "", "pp pp_size"});
  limits::at_most(section, "tensor_parallel", l.tensor_parallel, l.gpus);
  limits::at_most(section, "pipeline_parallel", t.pipeline.ranks, l.gpus);
  const std::int64_t one = std::int64_t{l.tensor_parallel} * t.pipeline.ranks;
  if (l.gpus % one != 0) {
    place_of(section, "pipeline_parallel")
        .fail(fmt::format("{} GPUs do not divide into pipelines of {} (pipeline_parallel {} x tensor_parallel {})",
                          l.gpus, one, t.pipeline.ranks, l.tensor_parallel));
  }
  for (const Layer& layer : model.layers) {
    if (layer.attention.split_parts() % l.tensor_parallel != 0) {
      section.at("tensor_parallel")
          .fail(fmt::format("must divide the {} attention heads", layer.attention.split_parts()));
    }
  }
  if (t.sequence_tokens % l.tensor_parallel != 0)
    section.at("tensor_parallel").fail(fmt::format("must divide the {} tokens of a sequence", t.sequence_tokens));
  l.expert_parallel = 1;
  const int ranks = t.pipeline_gpus();
  if (!model.has_experts()) {
    if (section.has("expert_parallel")) section.at("expert_parallel").fail(model.name + " has no experts");
    return;
  }
  l.expert_parallel = section.positive_or<int>(
      "expert_parallel", std::gcd(ranks, model.experts.routed),
      {"GPUs of one rank of the pipeline over which experts are spread", "64", "as many as divide both", "ep ep_size"});
  const Config at = place_of(section, "expert_parallel");
  if (ranks % l.expert_parallel != 0)
    at.fail(fmt::format("must divide the {} GPUs of a pipeline's rank, got {}", ranks, l.expert_parallel));
  if (model.experts.routed % l.expert_parallel != 0)
    at.fail(fmt::format("must divide the {} experts, got {}", model.experts.routed, l.expert_parallel));
}

/// "96 or 104": those below and above.
std::string nearest_multiples(std::int64_t number, std::int64_t of) {
  const std::int64_t below = number / of * of;
  return below > 0 ? fmt::format("{} or {}", below, below + of) : fmt::format("{}", of);
}

void read_batch(const Config& section, Training& t) {
  const int replicas = t.data_parallel();
  t.micro_batch = section.positive_or<int>("micro_batch", 1, {"Sequences that pass the pipeline together", "1"});
  limits::at_most(section, "micro_batch", t.micro_batch, most_sequences);
  const std::int64_t usual = std::int64_t{8} * t.pipeline.ranks * replicas * t.micro_batch;
  t.global_batch =
      section.positive_or<int>("global_batch", static_cast<int>(std::min<std::int64_t>(usual, most_sequences)),
                               {"Sequences of one step, over all GPUs", "15360",
                                "8 micro-batches for each rank of a pipeline", "gbs batch_size"});
  limits::at_most(section, "global_batch", t.global_batch, most_sequences);
  const std::int64_t round = std::int64_t{replicas} * t.micro_batch;
  if (t.global_batch % round != 0) {
    place_of(section, "global_batch")
        .fail(fmt::format("{} sequences do not divide over {} pipelines in micro-batches of {} (nearest: {})",
                          t.global_batch, replicas, t.micro_batch, nearest_multiples(t.global_batch, round)));
  }
  t.pipeline.micro_batches = static_cast<int>(t.global_batch / round);
}

void read_layers(const Config& section, const Model& model, Training& t) {
  const int stages = schedule(t.schedule).stages(t.pipeline);
  const int layers = static_cast<int>(model.layers.size());
  const Config at = place_of(section, "layers_per_stage");
  if (section.has("layers_per_stage", {"Layers of each stage", "[4, 4, 3, 3]", "as even as can be"})) {
    for (const Config& each : at.items()) t.layers.push_back(each.as_non_negative<int>());
    const int sum = std::accumulate(t.layers.begin(), t.layers.end(), 0);
    if (static_cast<int>(t.layers.size()) != stages || sum != layers) {
      at.fail(fmt::format("{} stages of {} layers in all, but the pipeline has {} stages and {} has {} layers",
                          t.layers.size(), sum, stages, model.name, layers));
    }
    return;
  }
  if (layers < stages)
    place_of(section, "pipeline_parallel").fail(fmt::format("{} stages for {} layers", stages, layers));
  t.layers = split_layers(layers, stages, t.prediction ? model.mtp_modules : 0);
}

void read_pipeline(const Config& section, const Model& model, Training& t) {
  t.schedule = section.choice_or("pipeline", schedule_names(), "1f1b",
                                 {"The order in which a rank passes micro-batches forward and back", "dualpipe"});
  t.pipeline.chunks = section.positive_or<int>("chunks", t.schedule == "interleaved" ? 2 : 1,
                                               {"Stages of each rank, of `pipeline: interleaved`", "2",
                                                "2 where the pipeline is interleaved", "virtual_pipeline"});
  if (t.pipeline.chunks > 1 && t.schedule != "interleaved") section.at("chunks").fail("is for `pipeline: interleaved`");
  limits::at_most(section, "chunks", t.pipeline.chunks, static_cast<int>(model.layers.size()));
  const std::string refusal = schedule(t.schedule).refusal(t.pipeline);
  if (!refusal.empty()) {
    place_of(section, "pipeline")
        .fail(fmt::format("{} {}, got {} micro-batches (global_batch {} over {} pipelines)", t.schedule, refusal,
                          t.pipeline.micro_batches, t.global_batch, t.data_parallel()));
  }
  if (std::int64_t{t.pipeline.micro_batches} * schedule(t.schedule).stages(t.pipeline) > most_tasks)
    place_of(section, "global_batch").fail(fmt::format("{} micro-batches are too many", t.pipeline.micro_batches));
  t.prediction = model.mtp_modules > 0 &&
                 section.get_or<bool>("prediction", true, {"Multi-token prediction modules are trained too", "true"});
  read_layers(section, model, t);
}

void read_recompute(const Config& section, Training& t) {
  const About about{"What is computed again on the way back instead of kept: rmsnorm, mla-up, swiglu, full",
                    "[rmsnorm]", "nothing", "activation_checkpointing"};
  if (!section.has("recompute", about)) return;
  for (const Config& each : section.at("recompute").items())
    t.recompute.insert(each.as_one_of({"rmsnorm", "mla-up", "swiglu", "full"}, "part"));
}

/// Balanced experts, copies once for each node: what a trainer works for, and its kernels do.
Routing read_train_routing(const Config& section, const Model& model, const Layout& layout) {
  const Config routing =
      section.section("routing", {"As decode.routing; load balanced and per node", "{max_nodes: 4}"});
  Tree tree = routing.tree();
  tree.kind = Tree::Kind::mapping;
  if (model.has_experts()) {
    if (tree.find("load") == nullptr) set_path(tree, "load", parse_yaml("balanced", "training"));
    if (tree.find("per") == nullptr) set_path(tree, "per", parse_yaml("node", "training"));
  }
  const Config filled = section.in_place_of("routing", tree);
  Routing r = read_routing(filled, model, layout);
  filled.reject_unread_keys();
  return r;
}

}  // namespace

std::vector<int> split_layers(int layers, int stages, int modules) {
  std::vector<int> split(static_cast<std::size_t>(stages), layers / stages);
  if (layers % stages == 0 && modules == 0) return split;
  const int ends = stages > 1 ? 2 + modules : 0;  // embedding; head and modules
  const int each = (layers + ends + stages - 1) / stages;
  std::fill(split.begin(), split.end(), each);
  int over = each * stages - layers;
  const auto take = [&](std::size_t stage, int count) {
    count = std::min({count, over, split[stage]});
    split[stage] -= count;
    over -= count;
  };
  if (stages > 1) {
    take(split.size() - 1, 1 + modules);
    take(0, 1);
  }
  // What is left over, one layer each, from both ends.
  for (std::size_t i = 0; over > 0; i = (i + 1) % split.size()) {
    take(i % 2 == 0 ? split.size() - 1 - i / 2 : i / 2, 1);
  }
  return split;
}

Training read_training(const Config& section, const Model& model, int gpus) {
  Training t;
  t.layout.gpus = gpus;
  t.sequence_tokens = section.positive_or<int>("sequence_tokens", 4096,
                                               {"Tokens of a sequence", "4096", "", "seq_len sequence_length"});
  limits::at_most(section, "sequence_tokens", t.sequence_tokens, 1 << 24);
  read_parallelism(section, model, t);
  read_batch(section, t);
  read_pipeline(section, model, t);
  const int zero = section.non_negative_or<int>(
      "zero", 1, {"1: optimizer states are divided over the ranks that share weights; 0: each keeps them whole", "1"});
  if (zero > 1) section.at("zero").fail("only 0 and 1 are known: a pipeline keeps weights and gradients whole");
  t.zero = zero == 1;
  read_recompute(section, t);
  t.gradient = section.choice_or("gradients", {"bf16", "fp32"}, "fp32",
                                 {"In which gradients are summed over ranks", "bf16"}) == "bf16"
                   ? Bytes{2}
                   : Bytes{4};
  t.communication_sms = section.non_negative_or<int>(
      "communication_sms", 0, {"SMs that dispatch and combine hold; 0: as their library says", "20"});
  t.routing = read_train_routing(section, model, t.layout);
  t.precision = read_precision(section.section("precision", {"As decode.precision", "{weights: fp8}"}), model.weights,
                               model.formats);
  return t;
}

}  // namespace teapot

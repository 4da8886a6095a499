// Weights and what follows from them, GPU by GPU.
// Knows no order of a pipeline.

#include "workloads/training/state.hpp"

#include <algorithm>
#include <map>

#include "workloads/collectives/pattern.hpp"
#include "workloads/model/kernels.hpp"
#include "workloads/step/step_work.hpp"
#include "workloads/training/backward.hpp"

namespace teapot {
namespace {

constexpr double fp32 = 4;
constexpr double moments = 2 * 2;  // two in BF16

const Schedule& schedule_of(const Training& t) { return schedule(t.schedule); }

/// Ranks that hold the same stages, each once: with two directions a rank and its mirror.
std::vector<std::vector<int>> holders(const Training& t) {
  std::map<std::vector<int>, std::vector<int>> by_stages;
  for (int rank = 0; rank < t.pipeline.ranks; ++rank) {
    by_stages[schedule_of(t).held(t.pipeline, rank)].push_back(rank);
  }
  std::vector<std::vector<int>> all;
  for (auto& [stages, ranks] : by_stages) all.push_back(std::move(ranks));
  return all;
}

/// GPUs `stride` apart within the ranks of the pipeline that hold the same stages.
Groups sharing(const Training& t, int stride) {
  const int each = t.pipeline_gpus();
  Groups groups;
  for (const auto& ranks : holders(t)) {
    for (int first = 0; first < stride; ++first) {
      groups.emplace_back();
      for (const int rank : ranks) {
        for (int gpu = first; gpu < each; gpu += stride) groups.back().push_back(rank * each + gpu);
      }
    }
  }
  return groups;
}

/// The pattern of one operation in which each group sends in proportion to what its ranks hold.
Traffic scaled(const Traffic& whole, const Training& t, const std::vector<double>& part_of_rank) {
  Traffic traffic(whole.ranks);
  traffic.groups = whole.groups;
  for (int gpu = 0; gpu < whole.ranks; ++gpu) {
    const double part = part_of_rank[static_cast<std::size_t>(gpu / t.pipeline_gpus())];
    whole.for_each_receiver(gpu, [&](int to, double copies) { traffic.add(to, copies * part); });
    traffic.end_row();
  }
  return traffic;
}

class OptimizerWriter {
 public:
  OptimizerWriter(const Training& t, const Machine& machine) : t_(t), machine_(machine) {
    program_.ranks = t.layout.gpus;
    program_.streams = {"compute", "communication"};
  }

  void exchange(const char* operation, const char* name, const std::vector<double>& numbers, Bytes each, int stride) {
    const double most = *std::max_element(numbers.begin(), numbers.end());
    const Groups groups = sharing(t_, stride);
    if (most <= 0 || groups.front().size() < 2) return;
    std::vector<double> parts;
    for (const double number : numbers) parts.push_back(number / most);
    const Pattern pattern = dense_pattern(operation, most * each, Algorithm::ring, groups, machine_.domain);
    Collective work;
    work.traffic = std::make_shared<const Traffic>(scaled(*pattern.traffic, t_, parts));
    work.bytes_per_copy = pattern.bytes_per_copy;
    charge(work, machine_.collective(call_of(operation, {pattern.traffic, false, pattern.bytes_per_copy, {}, {}, {}},
                                             machine_.domain)));
    work.sm_share = 0;  // nothing is computed meanwhile
    add(name, 1, std::move(work));
  }
  void update(const std::vector<double>& numbers) {
    Compute work;
    for (const double number : numbers) {
      // Gradient read; weight and moments read and written; the weight to be multiplied with written.
      Kernel kernel = elementwise("optimizer", number, 0, 0);
      kernel.bytes = Bytes{number * (fp32 + 2 * (fp32 + moments) + bf16)};
      const Seconds time = machine_.devices.time(kernel).time;
      work.duration.insert(work.duration.end(), static_cast<std::size_t>(t_.pipeline_gpus()), time);
      work.bytes += kernel.bytes / static_cast<double>(numbers.size());
      if (work.parts.empty()) work.parts = {{kernel.name, kernel.kind, time}};
    }
    add("update", 0, std::move(work));
  }
  Program take() { return std::move(program_); }

 private:
  void add(const char* name, int stream, std::variant<Compute, Collective> work) {
    std::vector<int> after;
    if (!program_.operators.empty()) after = {static_cast<int>(program_.operators.size()) - 1};
    program_.operators.push_back({name, -1, 0, stream, std::move(after), std::move(work)});
  }
  const Training& t_;
  const Machine& machine_;
  Program program_;
};

/// What a chunk leaves behind on its way forward, for its way back: what norms, products, attention and activations
/// read, but for what is computed again.
Bytes kept_of(const std::vector<Kernel>& kernels, const Training& t) {
  Bytes sum;
  const int tp = t.layout.tensor_parallel;  // between products tokens are kept divided (sequence parallel)
  bool again = false;                       // what the next product reads is not kept
  bool after_norm = false;
  for (const Kernel& k : kernels) {
    const Format& held = k.precision == "bf16" ? format("bf16") : t.precision.activations;
    if (k.name.starts_with("norm")) {
      sum += Bytes{k.shape.m * k.shape.n * bf16} / tp;
      after_norm = true;
      again = t.computes_again("rmsnorm");
    } else if (has_weights(k)) {
      const bool read_before = k.name == "shared-up";  // the gate's product reads the same
      if (!again && !read_before) sum += activation_bytes(held, k.shape.m, k.shape.k) / (after_norm ? tp : 1);
      again = after_norm = false;
    } else if (k.kind == "attention-prefill") {
      const bool expanded = t.computes_again("mla-up") && k.shape.kv_heads == k.shape.heads;
      const double tokens = k.shape.batch * k.shape.queries;
      sum += expanded ? Bytes{tokens * k.shape.heads * fp32} : k.bytes;  // sums of the scores alone, or all it read
    } else if (k.name.ends_with("-activation")) {
      const Format& input = t.precision.activations;
      sum += activation_bytes(input, k.shape.m, k.shape.k);
      again = t.computes_again("swiglu");
    }
  }
  return sum;
}

Bytes weights_held(const Training& t, const HeldParameters& held) {
  return matrices(t.precision.weights, held.dense + held.experts - held.vocabulary) + Bytes{bf16 * held.vocabulary};
}

}  // namespace

HeldParameters held_parameters(const Model& model, const Training& t, const std::vector<ChunkPart>& parts) {
  HeldParameters held;
  const int tp = t.layout.tensor_parallel;
  const double vocabulary = static_cast<double>(model.vocabulary) * model.hidden / tp;
  for (const ChunkPart& part : parts) {
    if (part.kind != ChunkPart::Kind::layer) held.vocabulary += vocabulary;
    if (part.kind == ChunkPart::Kind::embedding) held.dense += vocabulary + double{1} * model.positions * model.hidden;
    if (part.kind == ChunkPart::Kind::head) held.dense += vocabulary;
    if (part.kind != ChunkPart::Kind::layer) continue;
    const Layer& layer = part.layer.layer;
    held.dense += attention_parameters(model, layer.attention) / tp;
    if (part.layer.prediction) held.dense += 2.0 * model.hidden * model.hidden;
    if (!layer.experts) {
      held.dense += dense_parameters(model, layer.intermediate) / tp;
      continue;
    }
    held.dense += gate_parameters(model) + shared_expert_parameters(model) + latent_parameters(model);
    held.experts += expert_parameters(model) * t.layout.experts_per_rank(model);
  }
  return held;
}

HeldParameters held_parameters(const Model& model, const Training& t, int rank) {
  HeldParameters sum;
  for (const int stage : schedule_of(t).held(t.pipeline, rank)) {
    auto parts = chunk_parts(model, t, stage);
    // A prediction module shares the head.
    bool head = false;
    std::erase_if(parts,
                  [&](const ChunkPart& p) { return p.kind == ChunkPart::Kind::head && std::exchange(head, true); });
    const HeldParameters one = held_parameters(model, t, parts);
    sum.dense += one.dense;
    sum.vocabulary += one.vocabulary;
    sum.experts += one.experts;
  }
  return sum;
}

int dense_replicas(const Training& t) { return t.data_parallel() * schedule_of(t).directions; }
int expert_replicas(const Training& t) {
  return t.pipeline_gpus() / t.layout.expert_gpus() * schedule_of(t).directions;
}

TrainingMemory training_memory(const Model& model, const Training& t, ChunkPrograms& programs) {
  TrainingMemory most;
  for (int rank = 0; rank < t.pipeline.ranks; ++rank) {
    TrainingMemory m;
    const HeldParameters held = held_parameters(model, t, rank);
    m.weights = weights_held(t, held);
    m.gradients = Bytes{fp32 * (held.dense + held.experts)};
    const double own =
        t.zero ? held.dense / dense_replicas(t) + held.experts / expert_replicas(t) : held.dense + held.experts;
    m.optimizer = Bytes{(fp32 + moments) * own};
    Bytes chunk;  // the larger of those that it holds
    for (const int stage : schedule_of(t).held(t.pipeline, rank)) {
      const auto kernels = programs.kernels(chunk_parts(model, t, stage), Task::Kind::forward);
      const bool full = t.recompute.contains("full");
      const double inputs = t.tokens() / t.layout.tensor_parallel * model.hidden * bf16;
      chunk = std::max(
          chunk, full ? Bytes{inputs * std::max(1, t.layers[static_cast<std::size_t>(stage)])} : kept_of(kernels, t));
    }
    m.activations = chunk * chunks_kept(schedule_of(t).order(t.pipeline, rank));
    if (m.total() > most.total()) most = m;
  }
  return most;
}

Program optimizer_program(const Model& model, const Training& t, const Machine& machine) {
  std::vector<double> dense, experts, own;
  for (int rank = 0; rank < t.pipeline.ranks; ++rank) {
    const HeldParameters held = held_parameters(model, t, rank);
    dense.push_back(held.dense);
    experts.push_back(held.experts);
    own.push_back(t.zero ? held.dense / dense_replicas(t) + held.experts / expert_replicas(t)
                         : held.dense + held.experts);
  }
  OptimizerWriter write{t, machine};
  const int tp = t.layout.tensor_parallel;
  const int ep = t.layout.expert_gpus();
  const char* sum = t.zero ? "reduce-scatter" : "all-reduce";
  write.exchange(sum, "gradients of experts", experts, t.gradient, ep);
  write.exchange(sum, "gradients", dense, t.gradient, tp);
  write.update(own);
  if (t.zero) {
    write.exchange("all-gather", "weights of experts", experts, Bytes{bf16}, ep);
    write.exchange("all-gather", "weights", dense, Bytes{bf16}, tp);
  }
  return write.take();
}

}  // namespace teapot

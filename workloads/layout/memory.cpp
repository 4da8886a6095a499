// What the fullest GPU of a deployment must hold.
// Knows no accelerator: whether it fits is not decided here.

#include <algorithm>
#include <utility>
#include <vector>

#include "workloads/load/requests.hpp"
#include "workloads/step/decode_step.hpp"

namespace teapot {
namespace {

/// Matrices of so many numbers; near enough square that a part of a scale block at an edge does not count.
Bytes matrices(const Format& weights, double numbers) {
  const double rows = weights.block_rows;
  return weight_bytes(weights, rows, numbers / rows);
}

Bytes attention_weights(const Model& model, const Attention& a, const Format& weights, int tensor_parallel) {
  double split = attention_parameters(model, a);
  double whole = 0;
  if (a.kind == Attention::Kind::latent) {  // the way down to the latent is needed whole by each GPU
    whole = static_cast<double>(model.hidden) * (a.q_rank + a.cached_values());
  } else if (a.kv_heads < tensor_parallel) {  // each GPU holds one KV head
    split += 2.0 * model.hidden * a.head_dim * (tensor_parallel - a.kv_heads);
  }
  return matrices(weights, whole + (split - whole) / tensor_parallel);
}

Bytes layer_weights(const Model& model, const Layer& layer, const Deployment& d, const Format& weights) {
  Bytes sum = attention_weights(model, layer.attention, weights, d.tensor_parallel);
  if (!layer.experts) return sum + matrices(weights, dense_parameters(model) / d.tensor_parallel);
  sum += Bytes{2.0 * model.experts.routed * model.hidden};  // the gate, BF16
  sum += d.experts_per_rank(model) * matrices(weights, expert_parameters(model) / d.expert_tensor_parallel);
  if (model.experts.shared_intermediate > 0) sum += matrices(weights, shared_expert_parameters(model));
  return sum;
}

/// Cache of one layer on each GPU of the group that keeps the most.
Bytes layer_kv(const Attention& a, const Deployment& d, const Requests& requests, const Format& kv) {
  double values = a.cached_values();
  if (a.kind == Attention::Kind::grouped) {
    values = 2.0 * a.head_dim * std::max(1.0, static_cast<double>(a.kv_heads) / d.tensor_parallel);
  }
  const int stages = d.pipeline_parallel;
  double most = 0;  // over pipelines; every stage keeps its layers' cache for all requests of the pipeline
  for (int first = 0; first < requests.groups(); first += stages) {
    double kept = 0;
    for (int group = first; group < first + stages; ++group) kept += requests.kept(group, a);
    most = std::max(most, kept);
    if (requests.alike()) break;
  }
  return most * activation_bytes(kv, 1, values);
}

}  // namespace

Memory memory_per_gpu(const Model& model, const Deployment& d, const Decode& decode) {
  Memory memory;
  const Model windowed = with_cache_window(model, decode.precision.kv_window);
  const Requests requests{d, 1};
  const Format& weights = decode.precision.weights;
  std::vector<std::pair<Attention, Bytes>> known;  // a model has few kinds of attention
  const auto kv = [&](const Attention& a) {
    for (const auto& [attention, bytes] : known) {
      if (attention == a) return bytes;
    }
    known.emplace_back(a, layer_kv(a, d, requests, decode.precision.kv));
    return known.back().second;
  };
  for (const Layer& layer : windowed.layers) {
    memory.weights += layer_weights(model, layer, d, weights) / d.pipeline_parallel;
    memory.kv += kv(layer.attention) / d.pipeline_parallel;
  }
  // Input embedding and head stay in BF16; the head's columns are split. A pipeline keeps one on its first stage and
  // the other on its last.
  const double vocabulary = 2.0 * model.vocabulary * model.hidden;
  const Bytes embedding{2.0 * model.positions * model.hidden + vocabulary};
  const Bytes head{vocabulary / d.tensor_parallel};
  if (d.pipeline_parallel > 1) {
    memory.weights += std::max(embedding, head);
  } else {
    memory.weights += embedding;
    if (!model.tied_embeddings || d.tensor_parallel > 1) memory.weights += head;
  }
  if (decode.draft_tokens > 0) {  // one module serves all drafts
    memory.weights +=
        layer_weights(model, model.mtp_layer(), d, weights) + matrices(weights, 2.0 * model.hidden * model.hidden);
    memory.kv += kv(windowed.mtp_layer().attention);
  }
  return memory;
}

}  // namespace teapot

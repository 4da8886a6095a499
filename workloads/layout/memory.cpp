// What the fullest GPU of a layout must hold.
// Knows no accelerator: whether it fits is not decided here.

#include "workloads/layout/memory.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "workloads/model/mixer.hpp"

namespace teapot {
namespace {

Bytes routed_weights(const Model& model, const Layer& layer, const Layout& l, const Precision& p) {
  if (layer.shares_weights || !layer.experts) return {};
  return l.experts_per_rank(model) * matrices(p.weights, expert_parameters(model) / l.expert_tensor_parallel);
}

/// Those of what every token passes, on one of so many GPUs that share them.
Bytes dense_weights(const Model& model, const Layer& layer, const Precision& p, int shared_by) {
  return matrices(p.in(p.dense_part).weights, dense_parameters(model, layer.intermediate) / shared_by);
}

Bytes layer_weights(const Model& model, const Layer& layer, const Layout& l, const Precision& p) {
  if (layer.shares_weights) return {};
  const int tp = l.tensor_parallel;
  Bytes sum = mixer_of(layer.attention).weights(model, layer.attention, p.in(p.attention_part).weights, tp);
  if (!layer.experts) return l.all_apart() ? sum : sum + dense_weights(model, layer, p, tp);
  sum += Bytes{2 * gate_parameters(model)};  // BF16
  if (!l.apart()) sum += routed_weights(model, layer, l, p);
  const double beside = (l.all_apart() ? 0 : shared_expert_parameters(model)) + latent_parameters(model);
  if (beside > 0) sum += matrices(p.in(p.shared_part).weights, beside / (l.experts_follow_attention() ? tp : 1));
  return sum;
}

/// Shared experts and dense layers lie whole on each GPU that runs feed-forwards alone.
Bytes layer_feed_forward(const Model& model, const Layer& layer, const Layout& l, const Precision& p) {
  if (layer.shares_weights) return {};
  if (!layer.experts) return l.all_apart() && layer.intermediate > 0 ? dense_weights(model, layer, p, 1) : Bytes{};
  Bytes sum = routed_weights(model, layer, l, p);
  const double shared = l.all_apart() ? shared_expert_parameters(model) : 0;
  if (shared > 0) sum += matrices(p.in(p.shared_part).weights, shared);
  return sum;
}

/// Cache of one layer on each GPU of the group that keeps the most.
Bytes layer_kv(const Attention& a, const Layout& layout, const Batches& batches, const Format& kv) {
  const int stages = layout.pipeline_parallel;
  Bytes most;  // over pipelines; every stage keeps its layers' cache for all requests of the pipeline
  for (int first = 0; first < batches.groups(); first += stages) {
    Bytes kept;
    for (int group = first; group < first + stages; ++group) {
      for (const Sequences& s : batches.of_group(group, 0, Tokens::all, true).sequences) {
        kept += mixer_of(a).kept(a, kv, s, layout.tensor_parallel);
      }
    }
    most = std::max(most, kept);
    if (batches.alike()) break;
  }
  return most;
}

/// Of one layer's bytes, those that lie on the host.
Memory placed_layer(const Model& model, const Layer& layer, const Layout& l, const Precision& p, Bytes kv,
                    const Offload& o, int index) {
  Memory m;
  const Bytes weights = layer_weights(model, layer, l, p);
  const bool away = o.away(index);
  const Bytes neurons =
      o.split && !layer.experts
          ? matrices(p.in(p.dense_part).weights, dense_parameters(model, layer.intermediate) / l.tensor_parallel)
          : Bytes{};
  m.host_weights = away ? weights - neurons : routed_weights(model, layer, l, p) * o.experts;
  m.host_weights += neurons * (1 - o.hot);
  m.weights = weights - m.host_weights;
  if (neurons > Bytes{})
    m.weights += matrices(
        p.in(p.dense_part).weights,
        predictor_rank(model, layer) * (model.hidden + layer.intermediate / static_cast<double>(l.tensor_parallel)));
  m.host_kv = kv * (away && o.weights_run == Offload::Run::cpu ? 1 : o.kv);
  m.kv = kv - m.host_kv;
  if (away && o.weights_run == Offload::Run::streamed) m.staged += 2 * weights;
  return m;
}

/// Layers and head are split as the model's, joint and embedding are whole on each GPU.
Memory draft_memory(const Draft& draft, const Layout& layout, const Batches& batches, const Precision& of_model) {
  Memory memory;
  const Precision precision = draft_precision(draft, of_model);
  const Model& m = draft.model;
  for (const Layer& layer : with_cache_window(m, precision.kv_window).layers) {
    memory.weights += layer_weights(m, layer, layout, precision);
    memory.kv += layer_kv(layer.attention, layout, batches, precision.kv);
  }
  memory.weights += matrices(precision.weights, draft.joined(true) * m.hidden);
  const double vocabulary = 2.0 * m.vocabulary * m.hidden;
  if (!draft.shares_embedding) memory.weights += Bytes{vocabulary};
  const bool tied = m.tied_embeddings && !draft.shares_embedding && layout.tensor_parallel == 1;
  if (!draft.shares_head && !tied) memory.weights += Bytes{vocabulary / layout.tensor_parallel};
  return memory;
}

}  // namespace

namespace {

/// Input embedding and head stay in BF16; the head's columns are split. A pipeline keeps one on its first stage and the
/// other on its last.
void add_ends(const Model& model, const Layout& layout, const Offload& offload, Memory& memory) {
  const double vocabulary = 2.0 * model.vocabulary * model.hidden;
  const Bytes embedding{2.0 * model.positions * model.hidden + vocabulary};
  const Bytes head{vocabulary / layout.tensor_parallel};
  if (layout.pipeline_parallel > 1) {
    memory.weights += std::max(embedding, head);
    return;
  }
  Bytes& ends = offload.ends_away() ? memory.host_weights : memory.weights;
  ends += embedding;
  if (!model.tied_embeddings || layout.tensor_parallel > 1) ends += head;
}

}  // namespace

Memory memory_per_gpu(const Model& model, const Layout& layout, const Load& load, const Precision& precision,
                      bool drafts, const Draft* draft, const Offload& offload) {
  Memory memory;
  const Model windowed = with_cache_window(model, precision.kv_window);
  const Batches batches{load, layout, 1};
  const Format& weights = precision.weights;
  std::vector<std::pair<Attention, Bytes>> known;  // a model has few kinds of attention
  const auto kv = [&](const Attention& a) {
    for (const auto& [attention, bytes] : known) {
      if (attention == a) return bytes;
    }
    known.emplace_back(a, layer_kv(a, layout, batches, precision.kv));
    return known.back().second;
  };
  for (std::size_t i = 0; i < windowed.layers.size(); ++i) {
    const Layer& layer = windowed.layers[i];
    const Memory one = placed_layer(model, layer, layout, precision, kv(layer.attention), offload, static_cast<int>(i));
    memory.weights += one.weights / layout.pipeline_parallel;
    memory.kv += one.kv / layout.pipeline_parallel;
    memory.host_weights += one.host_weights / layout.pipeline_parallel;
    memory.host_kv += one.host_kv / layout.pipeline_parallel;
    memory.staged = std::max(memory.staged, one.staged);
  }
  add_ends(model, layout, offload, memory);
  if (drafts && draft != nullptr) {
    const Memory own = draft_memory(*draft, layout, batches, precision);
    memory.weights += own.weights;
    memory.kv += own.kv;
  } else if (drafts) {  // one module serves all drafts
    memory.weights += layer_weights(model, model.mtp_layer(), layout, precision) +
                      matrices(weights, 2.0 * model.hidden * model.hidden);
    memory.kv += kv(windowed.mtp_layer().attention);
  }
  return memory;
}

Bytes feed_forward_weights(const Model& model, const Layout& layout, const Precision& precision, bool drafts) {
  Bytes sum;
  for (const Layer& layer : model.layers) sum += layer_feed_forward(model, layer, layout, precision);
  return drafts ? sum + layer_feed_forward(model, model.mtp_layer(), layout, precision) : sum;
}

}  // namespace teapot

// Writing a model as YAML: layers as runs that repeat.
// Knows nothing of how the model is used.

#include <algorithm>
#include <cstdint>

#include "workloads/model/model.hpp"
#include "workloads/model/yaml_mixer.hpp"
#include "workloads/model/yaml_tree.hpp"

namespace teapot {
namespace {

constexpr std::size_t longest_period = 16;  // layers that repeat together in any model known

struct Run {
  std::size_t period = 1;
  std::size_t repeat = 1;
};

/// The run from `at` on that covers most layers; the shortest of those.
Run run_at(const std::vector<Layer>& layers, std::size_t at) {
  Run best;
  for (std::size_t period = 1; period <= longest_period && at + period <= layers.size(); ++period) {
    std::size_t end = at + period;
    while (end < layers.size() && layers[end] == layers[end - period]) ++end;
    const std::size_t repeat = (end - at) / period;
    const bool covers_more = repeat > 1 && period * repeat > best.period * best.repeat;
    if (covers_more) best = {period, repeat};
  }
  return best;
}

Tree layer_tree(const Layer& layer) {
  TreeWriter t;
  if (layer.attention.mixes()) t.put("attention", mixer_tree(layer.attention));
  if (layer.experts) t.put("experts", "true");
  t.put_unless("intermediate", layer.intermediate, 0);
  if (layer.shares_weights) t.put("shares_weights", "true");
  return t.tree();
}

std::vector<Tree> stack(const std::vector<Layer>& layers) {
  std::vector<Tree> items;
  for (std::size_t at = 0; at < layers.size();) {
    const Run run = run_at(layers, at);
    TreeWriter t;
    if (run.repeat > 1) t.put("repeat", static_cast<int>(run.repeat));
    std::vector<Tree> members;
    for (std::size_t i = 0; i < run.period; ++i) members.push_back(layer_tree(layers[at + i]));
    if (run.period == 1) {
      for (const Tree::Entry& entry : members[0].entries) t.put(entry.key, entry.value);
    } else {
      t.put("layers", std::move(members));
    }
    items.push_back(t.tree());
    at += run.period * run.repeat;
  }
  return items;
}

Tree experts_tree(const Experts& e) {
  TreeWriter t;
  t.put("routed", e.routed);
  t.put_unless("zero", e.zero, 0);
  t.put("top_k", e.top_k);
  t.put("intermediate", e.intermediate);
  t.put_unless("shared", e.shared, 0);
  t.put_unless("shared_intermediate", e.shared_intermediate, e.shared * e.intermediate);
  t.put_unless("latent", e.latent, 0);
  t.put_unless("groups", e.groups, 1);
  if (e.shared_gate) t.put("shared_gate", "true");
  if (e.biased) t.put("biased", "true");
  return t.tree();
}

void put_format(TreeWriter& t, const char* part, const Format& format) {
  if (format.density == 1) return t.put(part, format.name);
  TreeWriter sparse;
  sparse.put("format", format.name);
  sparse.put("sparsity", "2:4");
  t.put(part, sparse.tree());
}

Tree weights_tree(const Model& m) {
  TreeWriter t;
  put_format(t, "attention", m.formats.attention);
  put_format(t, "dense", m.formats.dense);
  if (m.has_experts()) put_format(t, "experts", m.formats.experts);
  if (m.has_experts()) put_format(t, "shared", m.formats.shared);
  put_format(t, "vocabulary", m.formats.vocabulary);
  return t.tree();
}

}  // namespace

Tree model_tree(const Model& m) {
  TreeWriter t;
  t.put("name", m.name);
  if (!m.source.empty()) t.put("source", m.source);
  t.put("hidden", m.hidden);
  t.put("vocabulary", m.vocabulary);
  t.put_unless("positions", m.positions, 0);
  if (!m.gated) t.put("gated", "false");
  if (m.tied_embeddings) t.put("tied_embeddings", "true");
  if (!m.active_with_embedding) t.put("active_counts", "head");
  t.put("weights", weights_tree(m));
  if (m.has_experts()) t.put("experts", experts_tree(m.experts));
  if (m.encoder_parameters > 0)
    t.put("encoder_parameters", std::to_string(static_cast<std::int64_t>(m.encoder_parameters)));
  t.put_unless("depth", m.depth, 0);
  t.put("stack", stack(m.layers));
  t.put_unless("mtp_modules", m.mtp_modules, 0);
  if (!m.mtp.empty()) t.put("mtp", stack(m.mtp));
  return t.tree();
}

}  // namespace teapot

// Shapes of EAGLE's heads, and what their files say otherwise than a model's.
// Knows no step.

#include "workloads/model/draft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "workloads/model/huggingface.hpp"
#include "workloads/model/kernels.hpp"
#include "workloads/model/layer_kernels.hpp"

namespace teapot {
namespace {

using Kind = Draft::Kind;

constexpr int usual_candidates = 32'000;  // of published EAGLE-3 heads (SafeAILab/EAGLE, sgl-project/SpecForge)

/// A dense layer with the attention of the model's last layer that has a cache.
Layer like_last(const Model& target, const Config& value) {
  Layer layer;
  layer.attention.kind = Attention::Kind::none;
  for (const Layer& l : target.layers) {
    if (l.attention.mixes() && !l.attention.recurrent() && l.attention.cross == 0) layer.attention = l.attention;
  }
  layer.attention.window = 0;
  layer.attention.indexer = {};
  layer.attention.borrows_cache = false;
  layer.intermediate = target.intermediate;
  if (layer.attention.kind != Attention::Kind::grouped)
    value.fail(
        fmt::format("{} has no layer with heads of keys and values to shape one like; give a file", target.name));
  if (layer.intermediate == 0)
    value.fail(fmt::format("{} has no dense feed-forward to shape one like; give a file", target.name));
  return layer;
}

/// EAGLE-3's attention sees the embedding beside the state.
void widen(Model& model) {
  for (Layer& layer : model.layers) {
    if (layer.attention.kind == Attention::Kind::grouped) layer.attention.input = 2 * model.hidden;
  }
}

std::optional<Kind> kind_of_file(const Tree& tree) {
  if (tree.find("draft_vocab_size") != nullptr) return Kind::eagle3;
  const Tree* names = tree.find("architectures");
  if (names == nullptr || names->kind != Tree::Kind::sequence) return std::nullopt;
  for (const Tree& name : names->items) {
    if (name.text.find("Eagle3") != std::string::npos) return Kind::eagle3;
    if (name.text.find("Eagle") != std::string::npos) return Kind::eagle;
  }
  return std::nullopt;
}

/// Keys of EAGLE's files beside those of a model.
Tree without_draft_keys(Tree tree) {
  for (const char* key : {"draft_vocab_size", "eagle_config", "kind", "target_hidden_size", "norm_before_residual",
                          "norm_before_fc", "eagle_aux_hidden_state_layer_ids", "fc_norm", "speculators_config",
                          "speculators_model_type", "speculators_version", "has_no_defaults_at_init",
                          "use_aux_hidden_state", "parallel_draft_step", "parallel_draft_heads_num_layers"}) {
    std::erase_if(tree.entries, [&](const Tree::Entry& entry) { return entry.key == key; });
  }
  return tree;
}

void require_shape(const Draft& draft, const Model& target, const Config& config) {
  if (draft.model.has_experts() || draft.model.mtp_modules > 0)
    config.fail("a draft with experts or prediction modules is not modelled");
  if (draft.kind != Kind::model && draft.model.hidden != target.hidden)
    config.fail(fmt::format("its hidden size is {}, that of {} {}", draft.model.hidden, target.name, target.hidden));
}

}  // namespace

double Draft::joined(bool verified) const {
  if (kind == Kind::eagle) return 2.0 * model.hidden;
  return kind == Kind::eagle3 && verified ? 3.0 * target_hidden : 0;
}

Draft usual_draft(Kind kind, const Model& target, const Config& value) {
  Draft d;
  d.kind = kind;
  d.target_hidden = target.hidden;
  d.model.name = kind == Kind::eagle ? "EAGLE" : "EAGLE-3";
  d.model.hidden = target.hidden;
  d.model.vocabulary = kind == Kind::eagle ? target.vocabulary : std::min(usual_candidates, target.vocabulary);
  d.model.layers = {like_last(target, value)};
  d.model.intermediate = d.model.layers[0].intermediate;
  d.model.weights = format("bf16");
  d.shares_head = kind == Kind::eagle;
  if (kind == Kind::eagle3) widen(d.model);
  return d;
}

Draft read_draft(const Config& config, const Model& target) {
  Draft d;
  const std::string usual = [&] {
    const auto kind = kind_of_file(config.tree());
    return !kind ? "model" : *kind == Kind::eagle ? "eagle" : "eagle-3";
  }();
  const std::string kind =
      config.choice_or("kind", {"eagle", "eagle-3", "model"}, usual,
                       {"What the file describes, where it does not say it", "eagle", "as its file says"});
  d.kind = kind == "eagle" ? Kind::eagle : kind == "eagle-3" ? Kind::eagle3 : Kind::model;
  const int candidates = config.non_negative_or<int>(
      "draft_vocab_size", 0,
      {"Tokens that an EAGLE-3 head scores, as its config.json writes it; 0: the vocabulary", "32000"});
  const Config rest{without_draft_keys(config.tree())};
  d.model = read_model(rest);
  d.target_hidden = target.hidden;
  d.shares_embedding = d.kind != Kind::model;
  d.shares_head = d.kind == Kind::eagle || (d.kind == Kind::eagle3 && candidates == 0);
  if (candidates > 0) d.model.vocabulary = candidates;
  if (d.kind == Kind::eagle3) widen(d.model);
  require_shape(d, target, config);
  return d;
}

double draft_parameters(const Draft& d) {
  double sum = d.joined(true) * d.model.hidden;
  for (const Layer& layer : d.model.layers)
    sum += attention_parameters(d.model, layer.attention) + dense_parameters(d.model, layer.intermediate);
  const double vocabulary = static_cast<double>(d.model.vocabulary) * d.model.hidden;
  if (!d.shares_embedding) sum += vocabulary;
  if (!d.shares_head && !(d.model.tied_embeddings && !d.shares_embedding)) sum += vocabulary;
  return sum;
}

std::vector<Kernel> join_kernels(const Draft& d, const Precision& p, double tokens, bool verified) {
  const double joined = d.joined(verified);
  if (joined == 0) return {};
  std::vector<Kernel> kernels{elementwise("norm", tokens, joined, joined)};
  add_quantisation(kernels, "quantise", p, tokens, joined);
  kernels.push_back(gemm("draft-join", p, tokens, d.model.hidden, joined));
  return kernels;
}

Precision draft_precision(const Draft& d, const Precision& of_model) {
  Precision p = of_model;
  p.weights = d.model.weights;
  const bool stored_only = p.weights.arithmetic == "bf16" || p.weights.bits > 8;
  p.activations = stored_only ? format("bf16") : format(p.weights.name);
  p.attention_part = p.dense_part = p.shared_part = {};
  return p;
}

}  // namespace teapot

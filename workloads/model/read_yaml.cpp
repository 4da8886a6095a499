// Reading a model's YAML.
// Knows nothing of how the model is used.

#include <fmt/format.h>

#include <algorithm>

#include "sim/limits.hpp"
#include "workloads/model/huggingface.hpp"
#include "workloads/model/limits.hpp"
#include "workloads/model/model.hpp"
#include "workloads/model/yaml_mixer.hpp"

namespace teapot {
namespace {

constexpr int most_layers = 10'000;

/// One attention for all layers, or a list of them that repeats over the layers.
std::vector<Attention> read_attentions(const Config& value) {
  if (!value.is_sequence()) return {read_mixer(value)};
  std::vector<Attention> pattern;
  for (const Config& item : value.items()) pattern.push_back(read_mixer(item));
  if (pattern.empty()) value.fail("must name at least one kind of attention");
  return pattern;
}

Experts read_experts(const Config& config) {
  Experts e;
  e.routed = config.positive<int>("routed", {"Experts of a layer that a gate chooses among", "256"});
  e.zero = config.non_negative_or<int>("zero", 0, {"Choices that compute nothing (LongCat)", "256"});
  e.top_k = config.positive<int>("top_k", {"Experts chosen for each token", "8"});
  if (e.top_k > e.routed) config.at("top_k").fail(fmt::format("must be at most the {} routed experts", e.routed));
  e.shared = config.non_negative_or<int>("shared", 0, {"Experts that every token meets", "1"});
  e.intermediate = config.positive<int>("intermediate", {"Width of a routed expert", "2048"});
  limits::at_most(config, "shared", e.shared, limits::shared_experts);
  limits::at_most(config, "intermediate", e.intermediate, limits::width);
  e.shared_intermediate =
      config.positive_or<int>("shared_intermediate", e.shared * e.intermediate,
                              {"Width of all shared experts together", "2048", "as wide as so many routed ones"});
  e.latent =
      config.non_negative_or<int>("latent", 0, {"Width of the space that experts work in; 0: the hidden size", "1024"});
  e.shared_gate = config.get_or<bool>("shared_gate", false, {"Each token scales what its shared experts give", "true"});
  e.biased = config.get_or<bool>("biased", false, {"Chosen by scores with a bias that balances their load", "true"});
  e.groups = config.positive_or<int>("groups", 1, {"Groups of experts that the gate chooses first", "8"});
  if (e.routed % e.groups != 0) config.at("groups").fail(fmt::format("must divide the {} routed experts", e.routed));
  return e;
}

void read_weights(const Config& config, Model& m) {
  m.weights = format("bf16");
  if (config.has("weights") && config.at("weights").is_mapping()) {
    const Config parts = config.at("weights");
    const auto part = [&](const char* key) {
      return parts.has(key, {"Format of these matrices", "mxfp4"}) ? read_weight_format(parts.at(key)) : format("bf16");
    };
    m.formats = {part("attention"), part("dense"), part("experts"), part("shared"), part("vocabulary")};
    m.weights = m.has_experts() ? m.formats.experts : m.formats.dense;
    return;
  }
  if (config.has("weights",
                 {"Format of the checkpoint, or one for each of attention, dense, experts, shared, vocabulary", "fp8"}))
    m.weights = read_format(config.at("weights"));
  m.formats = {m.weights, m.weights, m.weights, m.weights, format("bf16")};
}

Layer read_layer(const Config& item, const Model& m) {
  Layer layer;
  layer.attention.kind = Attention::Kind::none;
  if (item.has("attention", {"How tokens see one another; a list takes turns over the layers",
                             "{kind: gqa, heads: 64, kv_heads: 8, head_dim: 128}"}))
    layer.attention = read_mixer(item.at("attention"));
  layer.experts = item.get_or<bool>("experts", false, {"Whether it has the model's experts", "true"});
  if (layer.experts && !m.has_experts()) item.at("experts").fail("the model has no `experts:`");
  layer.intermediate =
      item.non_negative_or<int>("intermediate", 0, {"Width of its dense feed-forward; 0: none", "8192"});
  if (layer.experts && layer.intermediate > 0)
    item.at("intermediate").fail("a layer with experts has no dense part (write two)");
  layer.shares_weights =
      item.get_or<bool>("shares_weights", false, {"With the layer like it before: read again, stored once", "true"});
  if (!layer.attention.mixes() && !layer.feeds_forward()) item.fail("must have attention, experts or an intermediate");
  return layer;
}

/// A list of layers; an item may repeat, and may be a list of layers that repeat together.
void read_stack(const Config& value, const Model& m, std::vector<Layer>& layers) {
  for (const Config& item : value.items()) {
    const int repeat = item.positive_or<int>("repeat", 1, {"How often this entry stands in a row", "3"});
    std::vector<Layer> run;
    if (item.has("layers", {"Layers that repeat together", "[{attention: {heads: 64}}]"})) {
      for (const Config& layer : item.at("layers").items()) run.push_back(read_layer(layer, m));
    } else {
      run.push_back(read_layer(item, m));
    }
    if (run.empty() || repeat > most_layers / static_cast<int>(run.size()))
      item.fail(fmt::format("must make between 1 and {} layers", most_layers));
    for (int i = 0; i < repeat; ++i) layers.insert(layers.end(), run.begin(), run.end());
  }
  if (layers.empty()) value.fail("must list at least one layer");
}

/// All layers alike but for a few dense ones before those with experts, and attention that takes turns.
void read_layers(const Config& config, Model& m) {
  const auto pattern =
      read_attentions(config.at("attention", {"How tokens see one another; a list takes turns over the layers",
                                              "{kind: gqa, heads: 64, kv_heads: 8, head_dim: 128}"}));
  const int layers = config.positive<int>("layers", {"Of the model, without prediction modules", "61"});
  if (layers > most_layers) config.at("layers").fail(fmt::format("must be at most {}", most_layers));
  const int dense =
      m.has_experts() ? config.non_negative_or<int>("dense_layers", 0, {"Before those with experts", "3"}) : layers;
  if (dense > layers) config.at("dense_layers").fail(fmt::format("must be at most the {} layers", layers));
  const int every = config.positive_or<int>("experts_every", 1,
                                            {"Of the layers after the dense ones, every so-maniest has experts", "2"});
  for (int l = 0; l < layers; ++l) {
    const bool experts = l >= dense && (l + 1) % every == 0;
    m.layers.push_back({pattern[static_cast<std::size_t>(l) % pattern.size()], experts, experts ? 0 : m.intermediate});
    if (!experts && m.intermediate == 0) config.at("intermediate").fail("must be above zero where a layer is dense");
  }
}

Model read_document(const Config& config) {
  Model m;
  m.name = config.get<std::string>("name", {"What reports call it", "DeepSeek-V3"});
  m.source = config.get_or<std::string>("source", "", {"Model card or paper of the shapes", "arXiv 2412.19437"});
  m.hidden = config.positive<int>("hidden", {"Width of a token's state", "7168"});
  m.vocabulary = config.positive<int>("vocabulary", {"Tokens of the embedding and the head", "129280"});
  m.positions =
      config.non_negative_or<int>("positions", 0, {"Learned positions, which are parameters; 0: rotary", "2048"});
  m.intermediate = config.non_negative_or<int>("intermediate", 0, {"Width of dense feed-forwards", "18432"});
  m.gated = config.get_or<bool>("gated", true, {"Feed-forwards of three matrices, one of them a gate", "true"});
  m.tied_embeddings = config.get_or<bool>("tied_embeddings", false, {"Embedding and head are one matrix", "true"});
  m.active_with_embedding = config.choice_or("active_counts", {"embedding+head", "head"}, "embedding+head",
                                             {"What `active parameters` counts of the vocabulary", "head"}) != "head";
  m.mtp_modules = config.non_negative_or<int>("mtp_modules", 0, {"Prediction modules that draft tokens", "1"});
  if (config.has("experts", {"Of the layers that have some", "{routed: 256, top_k: 8, intermediate: 2048, shared: 1}"}))
    m.experts = read_experts(config.at("experts"));
  read_weights(config, m);
  if (config.has("encoder_parameters", {"Of what sees and hears, which no decode step runs", "400e6"}))
    m.encoder_parameters = config.non_negative<double>("encoder_parameters");
  if (config.has("stack", {"All layers one by one, in place of `layers` and `attention`",
                           "[{repeat: 3, attention: {heads: 32}, intermediate: 8192}]"})) {
    read_stack(config.at("stack"), m, m.layers);
    m.depth = config.non_negative_or<int>(
        "depth", 0, {"Layers as its authors count them, where a layer of theirs is several here", "48"});
    for (const Layer& layer : m.layers) m.intermediate = std::max(m.intermediate, layer.intermediate);
  } else {
    read_layers(config, m);
  }
  if (config.has("mtp", {"Layers of a prediction module, where they are not as the last",
                         "[{attention: {heads: 32}, experts: true}]"}))
    read_stack(config.at("mtp"), m, m.mtp);
  return m;
}

}  // namespace

Model read_model(const Config& config) {
  const bool foreign = is_huggingface(config);
  Model m = foreign ? read_huggingface(config) : read_document(config);
  require_limits(config, m);
  if (!foreign) config.reject_unread_keys();  // of a config.json, its reader says which keys it passed over
  return m;
}

}  // namespace teapot

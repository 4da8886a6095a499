// Reading a model's YAML, and counting what follows from its shapes.
// Knows no accelerator and no deployment.

#include "workloads/model/model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workloads/model/huggingface.hpp"

namespace teapot {
namespace {

Attention read_attention(const Config& config) {
  Attention a;
  const std::string kind = config.choice_or("kind", {"gqa", "mha", "mqa", "mla"}, "gqa");
  a.heads = config.positive<int>("heads");
  a.window = config.non_negative_or<int>("window", 0);
  if (kind == "mla") {
    a.kind = Attention::Kind::latent;
    a.kv_heads = 1;
    a.q_rank = config.non_negative_or<int>("q_rank", 0);
    a.kv_rank = config.positive<int>("kv_rank");
    a.nope_dim = config.positive<int>("nope_dim");
    a.rope_dim = config.positive<int>("rope_dim");
    a.value_dim = config.positive<int>("value_dim");
    a.head_dim = a.kv_rank + a.rope_dim;
    return a;
  }
  a.head_dim = config.positive<int>("head_dim");
  a.kv_heads = kind == "mha" ? a.heads : kind == "mqa" ? 1 : config.positive<int>("kv_heads");
  if (a.heads % a.kv_heads != 0) {
    config.at("kv_heads").fail(fmt::format("must divide the {} heads, got {}", a.heads, a.kv_heads));
  }
  return a;
}

/// One attention for all layers, or a list of them that repeats over the layers.
std::vector<Attention> read_attentions(const Config& value) {
  if (!value.is_sequence()) return {read_attention(value)};
  std::vector<Attention> pattern;
  for (const Config& item : value.items()) pattern.push_back(read_attention(item));
  if (pattern.empty()) value.fail("must name at least one kind of attention");
  return pattern;
}

Experts read_experts(const Config& config) {
  Experts e;
  e.routed = config.positive<int>("routed");
  e.top_k = config.positive<int>("top_k");
  if (e.top_k > e.routed) config.at("top_k").fail(fmt::format("must be at most the {} routed experts", e.routed));
  e.shared = config.non_negative_or<int>("shared", 0);
  e.intermediate = config.positive<int>("intermediate");
  e.shared_intermediate = config.positive_or<int>("shared_intermediate", e.shared * e.intermediate);
  e.groups = config.positive_or<int>("groups", 1);
  if (e.routed % e.groups != 0) config.at("groups").fail(fmt::format("must divide the {} routed experts", e.routed));
  return e;
}

double matrices(const Model& model) { return model.gated ? 3 : 2; }

double embedding_parameters(const Model& model) {
  return (static_cast<double>(model.vocabulary) + model.positions) * model.hidden;
}
double head_parameters(const Model& model) { return static_cast<double>(model.vocabulary) * model.hidden; }

double layer_parameters(const Model& model, const Layer& layer, double routed) {
  double sum = attention_parameters(model, layer.attention);
  if (!layer.experts) return sum + dense_parameters(model);
  sum += static_cast<double>(model.experts.routed) * model.hidden;  // the gate
  return sum + routed * expert_parameters(model) + shared_expert_parameters(model);
}

double total_parameters(const Model& model, double routed) {
  double sum = embedding_parameters(model) + (model.tied_embeddings ? 0 : head_parameters(model));
  for (const Layer& layer : model.layers) sum += layer_parameters(model, layer, routed);
  return sum;
}

}  // namespace

Model read_model(const Config& config) {
  if (is_huggingface(config)) return read_huggingface(config);
  Model m;
  m.name = config.get<std::string>("name");
  m.source = config.get_or<std::string>("source", "");
  m.hidden = config.positive<int>("hidden");
  m.vocabulary = config.positive<int>("vocabulary");
  m.positions = config.non_negative_or<int>("positions", 0);
  m.intermediate = config.non_negative_or<int>("intermediate", 0);
  m.gated = config.get_or<bool>("gated", true);
  m.tied_embeddings = config.get_or<bool>("tied_embeddings", false);
  m.active_with_embedding = config.choice_or("active_counts", {"embedding+head", "head"}, "embedding+head") != "head";
  m.mtp_modules = config.non_negative_or<int>("mtp_modules", 0);
  m.weights = config.has("weights") ? read_format(config.at("weights")) : format("bf16");
  if (config.has("experts")) m.experts = read_experts(config.at("experts"));
  const auto pattern = read_attentions(config.at("attention"));
  const int layers = config.positive<int>("layers");
  const int dense = m.has_experts() ? config.non_negative_or<int>("dense_layers", 0) : layers;
  if (dense > layers) config.at("dense_layers").fail(fmt::format("must be at most the {} layers", layers));
  const int every = config.positive_or<int>("experts_every", 1);
  for (int l = 0; l < layers; ++l) {
    const bool experts = l >= dense && (l + 1) % every == 0;
    m.layers.push_back({pattern[static_cast<std::size_t>(l) % pattern.size()], experts});
    if (!experts && m.intermediate == 0) config.at("intermediate").fail("must be above zero where a layer is dense");
  }
  return m;
}

Model with_cache_window(Model model, int window) {
  if (window <= 0) return model;
  for (Layer& layer : model.layers) {
    int& own = layer.attention.window;
    own = own > 0 ? std::min(own, window) : window;
  }
  return model;
}

double attention_parameters(const Model& model, const Attention& a) {
  const double h = model.hidden;
  const double out = a.heads * a.output_dim() * h;
  if (a.kind == Attention::Kind::grouped) return h * a.head_dim * (a.heads + 2.0 * a.kv_heads) + out;
  const double query = a.q_rank > 0 ? h * a.q_rank + a.q_rank * a.heads * a.query_dim() : h * a.heads * a.query_dim();
  return query + h * (a.kv_rank + a.rope_dim) + static_cast<double>(a.kv_rank) * a.heads * (a.nope_dim + a.value_dim) +
         out;
}

double expert_parameters(const Model& m) { return matrices(m) * m.hidden * m.experts.intermediate; }
double shared_expert_parameters(const Model& m) { return matrices(m) * m.hidden * m.experts.shared_intermediate; }
double dense_parameters(const Model& m) { return matrices(m) * m.hidden * m.intermediate; }

double parameters(const Model& model) { return total_parameters(model, model.experts.routed); }
double active_parameters(const Model& model) {
  return model.active_with_embedding ? total_parameters(model, model.experts.top_k) : multiplied_parameters(model);
}
double multiplied_parameters(const Model& model) {
  const double all = total_parameters(model, model.experts.top_k);
  return model.tied_embeddings ? all : all - embedding_parameters(model);  // a tied matrix is the head's, too
}

double mtp_parameters(const Model& model) {
  // Its layer and the projection of (hidden state, embedding) to the hidden size (arXiv 2412.19437, section 2.2).
  const double join = 2.0 * model.hidden * model.hidden;
  return model.mtp_modules * (layer_parameters(model, model.mtp_layer(), model.experts.routed) + join);
}

Bytes kv_bytes_per_token(const Model& model, const Format& kv) { return kv_bytes(model, kv, 1); }

Bytes kv_bytes(const Model& model, const Format& kv, double context) {
  Bytes sum;
  for (const Layer& layer : model.layers) {
    sum += layer.attention.visible(context) * activation_bytes(kv, 1, layer.attention.cached_values());
  }
  return sum;
}

Flops training_flops_per_token(const Model& model, double sequence) {
  double attention = 0;
  for (const Layer& layer : model.layers) {
    const Attention& a = layer.attention;
    const double window = a.visible(sequence);
    const double seen = window - window * window / (2 * sequence);  // mean of min(position, window)
    attention += 2 * (a.query_dim() + a.output_dim()) * a.heads * seen;
  }
  return {6 * multiplied_parameters(model) + 3 * attention};
}

Flops decode_flops_per_token(const Model& model, double context) {
  double attention = 0;
  for (const Layer& layer : model.layers) {
    const Attention& a = layer.attention;
    const double widths = a.kind == Attention::Kind::latent ? a.cached_values() + a.kv_rank : 2.0 * a.head_dim;
    attention += 2 * widths * a.heads * a.visible(context);
  }
  return {2 * multiplied_parameters(model) + attention};
}

}  // namespace teapot

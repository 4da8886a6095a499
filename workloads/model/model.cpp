// Counting what follows from a model's shapes.
// Knows no accelerator and no deployment.

#include "workloads/model/model.hpp"

#include <algorithm>

namespace teapot {
namespace {

double matrices_of(const Model& model) { return model.gated ? 3 : 2; }

double embedding_parameters(const Model& model) {
  return (static_cast<double>(model.vocabulary) + model.positions) * model.hidden;
}
double head_parameters(const Model& model) { return static_cast<double>(model.vocabulary) * model.hidden; }
double vocabulary_parameters(const Model& model) {
  return embedding_parameters(model) + (model.tied_embeddings ? 0 : head_parameters(model));
}

double layer_parameters(const Model& model, const Layer& layer, double routed) {
  double sum = attention_parameters(model, layer.attention);
  if (!layer.experts) return sum + dense_parameters(model, layer.intermediate);
  sum += gate_parameters(model);
  return sum + routed * expert_parameters(model) + shared_expert_parameters(model) + latent_parameters(model);
}

/// Each time a layer is passed, whether or not its matrices are an earlier layer's.
double passed_parameters(const Model& model, double routed) {
  double sum = vocabulary_parameters(model);
  for (const Layer& layer : model.layers) sum += layer_parameters(model, layer, routed);
  return sum;
}

}  // namespace

Model with_cache_window(Model model, int window) {
  if (window <= 0) return model;
  for (Layer& layer : model.layers) {
    if (layer.attention.recurrent() || !layer.attention.mixes()) continue;
    int& own = layer.attention.window;
    own = own > 0 ? std::min(own, window) : window;
  }
  return model;
}

double attention_parameters(const Model& model, const Attention& a) { return attention_parameters(a, model.hidden); }

double expert_parameters(const Model& m) { return matrices_of(m) * m.experts.width(m.hidden) * m.experts.intermediate; }
double shared_expert_parameters(const Model& m) { return matrices_of(m) * m.hidden * m.experts.shared_intermediate; }
double dense_parameters(const Model& m, int intermediate) { return matrices_of(m) * m.hidden * intermediate; }
double gate_parameters(const Model& m) { return static_cast<double>(m.experts.routed + m.experts.zero) * m.hidden; }
double latent_parameters(const Model& m) { return 2.0 * m.experts.latent * m.hidden; }

ParameterParts parameter_parts(const Model& model) {
  ParameterParts parts;
  parts.vocabulary = vocabulary_parameters(model);
  for (const Layer& layer : model.layers) {
    if (layer.shares_weights) continue;
    parts.attention += attention_parameters(model, layer.attention);
    if (layer.experts) {
      parts.experts += model.experts.routed * expert_parameters(model);
      parts.shared += shared_expert_parameters(model) + latent_parameters(model);
      parts.gates += gate_parameters(model);
    } else {
      parts.dense += dense_parameters(model, layer.intermediate);
    }
  }
  return parts;
}

double parameters(const Model& model) { return parameter_parts(model).total(); }
double active_parameters(const Model& model) {
  return model.active_with_embedding ? passed_parameters(model, model.experts.met()) : multiplied_parameters(model);
}
double active_parameters_with_embedding(const Model& model) { return passed_parameters(model, model.experts.met()); }
double multiplied_parameters(const Model& model) {
  const double all = passed_parameters(model, model.experts.met());
  return model.tied_embeddings ? all : all - embedding_parameters(model);  // a tied matrix is the head's, too
}

double mtp_parameters(const Model& model) {
  if (model.mtp_modules == 0) return 0;
  // Its layers and the projection of (hidden state, embedding) to the hidden size (arXiv 2412.19437, section 2.2).
  double module = 2.0 * model.hidden * model.hidden;
  for (const Layer& layer : model.mtp) module += layer_parameters(model, layer, model.experts.routed);
  if (model.mtp.empty()) module += layer_parameters(model, model.mtp_layer(), model.experts.routed);
  return model.mtp_modules * module;
}

Bytes weights_bytes(const Model& model) {
  const ParameterParts parts = parameter_parts(model);
  const WeightFormats& f = model.formats;
  return matrices(f.vocabulary, parts.vocabulary) + matrices(f.attention, parts.attention) +
         matrices(f.dense, parts.dense) + matrices(f.experts, parts.experts) + matrices(f.shared, parts.shared) +
         Bytes{2 * parts.gates};
}

Bytes weights_bytes(const Model& model, const Format& all) {
  const ParameterParts parts = parameter_parts(model);
  return Bytes{2 * parts.vocabulary} + matrices(all, parts.total() - parts.vocabulary);
}

Bytes kv_bytes_per_token(const Model& model, const Format& kv) {
  return kv_bytes(model, kv, 1) - kv_bytes(model, kv, 0);  // what is kept of an image is there from the start
}

Bytes kv_bytes(const Model& model, const Format& kv, double context) {
  Bytes sum;
  for (const Layer& layer : model.layers) sum += cache_bytes(layer.attention, kv, context);
  return sum;
}

Bytes state_bytes_per_request(const Model& model) {
  Bytes sum;
  for (const Layer& layer : model.layers) sum += state_bytes(layer.attention);
  return sum;
}

Flops training_flops_per_token(const Model& model, double sequence) {
  double attention = 0;
  for (const Layer& layer : model.layers) {
    const double window = layer.attention.visible(sequence);
    const double seen = window - window * window / (2 * sequence);  // mean of min(position, window)
    attention += forward_flops(layer.attention, seen).value;
  }
  return {6 * multiplied_parameters(model) + 3 * attention};
}

Flops decode_flops_per_token(const Model& model, double context) {
  double attention = 0;
  for (const Layer& layer : model.layers) attention += decode_flops(layer.attention, context).value;
  return {2 * multiplied_parameters(model) + attention};
}

}  // namespace teapot

#pragma once
// A language model as data: the shapes that decide its parameters, its KV cache and its arithmetic.
// Knows no accelerator, no deployment and no model by name.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"
#include "workloads/model/precision.hpp"

namespace teapot {

/// Multi-head attention with one of two caches: keys and values of each KV head (MHA, GQA, MQA), or one latent (MLA).
struct Attention {
  enum class Kind { grouped, latent };
  Kind kind = Kind::grouped;
  int heads = 0;
  int kv_heads = 0;  ///< grouped: heads = MHA, 1 = MQA
  int head_dim = 0;  ///< grouped: of query, key and value
  int q_rank = 0;    ///< latent: width of the compressed query, 0 where it is not compressed
  int kv_rank = 0;   ///< latent: width of the compressed keys and values
  int nope_dim = 0;  ///< latent: part of a query head without position
  int rope_dim = 0;  ///< latent: part with position; one key for all heads
  int value_dim = 0;
  int window = 0;  ///< tokens a query looks back at; 0: all

  double query_dim() const { return kind == Kind::latent ? nope_dim + rope_dim : head_dim; }
  double output_dim() const { return kind == Kind::latent ? value_dim : head_dim; }
  /// Numbers kept in the cache for one token of one layer.
  double cached_values() const { return kind == Kind::latent ? kv_rank + rope_dim : 2.0 * kv_heads * head_dim; }
  /// Tokens of the cache that one query reads.
  double visible(double context) const { return window > 0 && window < context ? window : context; }
  bool operator==(const Attention&) const = default;
};

/// Routed and shared experts; no routed ones: the model is dense.
struct Experts {
  int routed = 0;
  int top_k = 0;
  int shared = 0;
  int intermediate = 0;         ///< of one routed expert
  int shared_intermediate = 0;  ///< of all shared experts together
  int groups = 1;               ///< in which the gate chooses under group-limited routing
};

struct Layer {
  Attention attention;
  bool experts = false;  ///< or a dense feed-forward
  bool operator==(const Layer&) const = default;
};

struct Model {
  std::string name;
  std::string source;
  int hidden = 0;
  int vocabulary = 0;
  int positions = 0;  ///< learned position embeddings; 0: none
  int intermediate = 0;
  bool gated = true;                  ///< feed-forward with a gate (three matrices) or without (two)
  bool tied_embeddings = false;       ///< head and input embedding are one matrix
  bool active_with_embedding = true;  ///< whether its authors count the input embedding, a look-up, as active
  Experts experts;
  std::vector<Layer> layers;
  int mtp_modules = 0;  ///< multi-token prediction modules: one layer each, made like the last one
  Format weights;       ///< in which its authors publish it

  bool has_experts() const { return experts.routed > 0; }
  Layer mtp_layer() const { return layers.back(); }
};

/// Reads a model's YAML, or a Hugging Face config.json. Throws ConfigError.
Model read_model(const Config& config);

/// The model with a cache of at most `window` tokens in every layer; 0 leaves it as it is.
Model with_cache_window(Model model, int window);

// Parameter counts; norms and biases, below 0.1% of any model here, are left out.
double attention_parameters(const Model& model, const Attention& attention);
double expert_parameters(const Model& model);         ///< of one routed expert
double shared_expert_parameters(const Model& model);  ///< of all shared experts of a layer
double dense_parameters(const Model& model);          ///< of a dense feed-forward
/// Of the main model, without multi-token prediction modules.
double parameters(const Model& model);
/// Those a token uses, counted as its authors do: with the input embedding or without.
double active_parameters(const Model& model);
/// Those a token is multiplied with: active ones without the input embedding.
double multiplied_parameters(const Model& model);
/// Of the multi-token prediction modules, without the embedding and head they share with the model.
double mtp_parameters(const Model& model);

/// Bytes of KV cache that one more token takes, all layers of the main model (windows not yet full).
Bytes kv_bytes_per_token(const Model& model, const Format& kv);
/// Bytes of KV cache of one request with so many tokens; layers with a window keep no more than it.
Bytes kv_bytes(const Model& model, const Format& kv, double context);

/// Forward and backward pass of one token: 6 x multiplied parameters and three times the causal attention over a
/// sequence, the accounting that gives the figures of arXiv 2505.09343, table 2.
Flops training_flops_per_token(const Model& model, double sequence);
/// One token against a cache of `context` tokens; MLA in its absorbed form.
Flops decode_flops_per_token(const Model& model, double context);

}  // namespace teapot

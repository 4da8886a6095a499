#pragma once
// A language model as data: the shapes that decide its parameters, its KV cache and its arithmetic.
// Knows no accelerator, no deployment and no model by name.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"
#include "workloads/model/attention.hpp"
#include "workloads/model/precision.hpp"
#include "workloads/model/reading.hpp"

namespace teapot {

/// Routed and shared experts; no routed ones: the model is dense.
struct Experts {
  int routed = 0;
  int top_k = 0;
  int shared = 0;
  int intermediate = 0;         ///< of one routed expert
  int shared_intermediate = 0;  ///< of all shared experts together
  int groups = 1;               ///< in which the gate chooses under group-limited routing
  bool shared_gate = false;     ///< what the shared ones give is scaled by a gate of each token (Qwen)
  bool biased = false;          ///< chosen by scores with a bias that balances the load (arXiv 2408.15664)
  int zero = 0;                 ///< choices beside the routed experts that compute nothing (LongCat, arXiv 2509.01322)
  int latent = 0;               ///< width to which a token is projected before routed experts; 0: they see it whole

  /// Routed experts that a token meets, the mean where some of its choices compute nothing.
  int width(int hidden) const { return latent > 0 ? latent : hidden; }  ///< of a token as a routed expert sees it
  double met() const { return zero > 0 ? static_cast<double>(top_k) * routed / (routed + zero) : top_k; }
  bool operator==(const Experts&) const = default;
};

/// One mixer and one feed-forward after it; either may be missing. A layer that has several of them (LongCat's two
/// attentions, Falcon-H1's attention beside Mamba, Arctic's dense feed-forward beside experts) is written as several.
struct Layer {
  Attention attention;
  bool experts = false;         ///< or a dense feed-forward
  int intermediate = 0;         ///< width of the dense one; 0: the layer only mixes, where it has no experts either
  bool shares_weights = false;  ///< its matrices are those of an earlier layer (Zamba2): no parameters of its own

  bool feeds_forward() const { return experts || intermediate > 0; }
  bool operator==(const Layer&) const = default;
};

struct Model {
  std::string name;
  std::string source;
  int hidden = 0;
  int vocabulary = 0;
  int positions = 0;                  ///< learned position embeddings; 0: none
  int intermediate = 0;               ///< of its dense layers, the widest
  bool gated = true;                  ///< feed-forward with a gate (three matrices) or without (two)
  bool tied_embeddings = false;       ///< head and input embedding are one matrix
  bool active_with_embedding = true;  ///< whether the input embedding, a look-up, counts as active: in a YAML as its
                                      ///< authors count, in a config.json never
  Experts experts;
  std::vector<Layer> layers;
  int depth = 0;                  ///< layers as its authors count them; 0: as many as are listed
  int mtp_modules = 0;            ///< multi-token prediction modules: one layer each
  std::vector<Layer> mtp;         ///< of which a module is made; empty: of the last layer
  double encoder_parameters = 0;  ///< of what sees images or hears, which no decode step runs
  Format weights;                 ///< in which its authors publish most of it
  WeightFormats formats;
  Reading reading;  ///< of a config.json

  bool has_experts() const { return experts.routed > 0; }
  Layer mtp_layer() const { return mtp.empty() ? layers.back() : mtp.front(); }
  int layer_count() const { return depth > 0 ? depth : static_cast<int>(layers.size()); }
};

/// Reads a model's YAML, or a Hugging Face config.json. Throws ConfigError.
Model read_model(const Config& config);

/// What of the model a decode step does not know yet; empty where it knows all.
std::string unknown_to_a_step(const Model& model);

/// The model as YAML that read_model reads again, with the same figures.
Tree model_tree(const Model& model);

/// The model with a cache of at most `window` tokens in every layer; 0 leaves it as it is.
Model with_cache_window(Model model, int window);

// Parameter counts; norms and biases, below 0.1% of any model here, are left out.
double attention_parameters(const Model& model, const Attention& attention);
double expert_parameters(const Model& model);                   ///< of one routed expert
double shared_expert_parameters(const Model& model);            ///< of all shared experts of a layer
double gate_parameters(const Model& model);                     ///< of the matrix that scores experts
double latent_parameters(const Model& model);                   ///< of the way to the experts' narrower width and back
double dense_parameters(const Model& model, int intermediate);  ///< of a dense feed-forward
/// Of the main model, without multi-token prediction modules.
double parameters(const Model& model);
/// Those a token uses, counted as its authors do: with the input embedding or without.
double active_parameters(const Model& model);
/// Those a token uses with every matrix of the vocabulary it touches: input embedding and head.
double active_parameters_with_embedding(const Model& model);
/// Those a token is multiplied with: active ones without the input embedding.
double multiplied_parameters(const Model& model);
/// Of the multi-token prediction modules, without the embedding and head they share with the model.
double mtp_parameters(const Model& model);

/// Parameters by the format they are stored in.
struct ParameterParts {
  double attention = 0;
  double dense = 0;
  double experts = 0;
  double shared = 0;
  double gates = 0;
  double vocabulary = 0;

  double total() const { return attention + dense + experts + shared + gates + vocabulary; }
};
ParameterParts parameter_parts(const Model& model);
/// Bytes of the main model as it is published, or with every matrix but embedding and head in `all`.
Bytes weights_bytes(const Model& model);
Bytes weights_bytes(const Model& model, const Format& all);

/// Bytes of KV cache that one more token takes, all layers of the main model (windows not yet full).
Bytes kv_bytes_per_token(const Model& model, const Format& kv);
/// Bytes of KV cache of one request with so many tokens; layers with a window keep no more than it.
Bytes kv_bytes(const Model& model, const Format& kv, double context);

/// Bytes of the states of one request: linear attention, state-space layers and convolutions.
Bytes state_bytes_per_request(const Model& model);

/// Forward and backward pass of one token: 6 x multiplied parameters and three times the causal attention over a
/// sequence, the accounting that gives the figures of arXiv 2505.09343, table 2.
Flops training_flops_per_token(const Model& model, double sequence);
/// One token against a cache of `context` tokens; MLA in its absorbed form.
Flops decode_flops_per_token(const Model& model, double context);

}  // namespace teapot

#pragma once
// What a model_type says that its config.json leaves unsaid: defaults of its configuration class, and shapes that no
// key gives. Knows no model by name.

#include <string>

namespace teapot {

struct Family {
  enum class Word { no, yes, unsaid };

  std::string type;  ///< the model_type
  bool known = true;
  int matrices = 3;                 ///< of a feed-forward; 0: as its activation says
  bool gelu_with_gate = false;      ///< its gate is a GELU
  bool tied = false;                ///< embeddings, where tie_word_embeddings is not written
  bool plain_heads = false;         ///< its class knows no head_dim, or writes it only where it is unusual
  bool experts_everywhere = false;  ///< no layer is dense, but by a list or an interval
  bool one_width = false;           ///< experts are as wide as intermediate_size says
  bool shares_experts = true;       ///< its class knows shared experts
  bool biased_scores = false;       ///< experts are chosen by scores with a bias that balances their load
  bool gates_shared = false;        ///< each token scales what its shared experts give
  bool four_times = false;          ///< its class knows no width of feed-forwards, or leaves it out where usual
  bool multi_head = false;          ///< as many KV heads as heads where num_key_value_heads is not written
  int full_every = 0;               ///< of layers with a window, every so-maniest looks at everything; 0: by key only
  int head_dim = 0;                 ///< where head_dim is not written; 0: hidden size over heads
  bool learned_positions = false;
  bool gates_attention = false;  ///< on the output of attention, as wide as it
  bool head_norm = false;        ///< queries and keys are normalised
  int shared_experts = 0;        ///< always there, in no key
};

/// An unknown type gets the family of Llama, marked as not known.
Family family_of(const std::string& model_type);
/// Why no model of this type is read; empty where there is no such reason.
std::string refusal(const std::string& model_type);

}  // namespace teapot

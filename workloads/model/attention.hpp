#pragma once
// What mixes the tokens of a sequence in a layer: attention over a cache, or a recurrence with a state.
// Knows no layer, no deployment and no model by name; each kind is one file in mixers/.

#include <string>

#include "sim/units.hpp"
#include "workloads/model/precision.hpp"

namespace teapot {

/// Chooses the tokens that attention reads (DeepSeek Sparse Attention, arXiv 2512.02556): scores all keys cheaply.
struct Indexer {
  int heads = 0;
  int dim = 0;              ///< of a query head and of the one key kept for each token
  int top = 0;              ///< rows of the cache that are attended; 0: all, there is no indexer
  bool plain_keys = false;  ///< its keys are kept in BF16 (MiniMax-M3), not in FP8 with a scale
  bool operator==(const Indexer&) const = default;
};

/// A state of constant size instead of a cache: linear attention, state-space models, short convolutions.
struct Recurrence {
  enum class Rule {
    delta,        ///< gated delta rule: decay, erase, write, read (Gated DeltaNet, arXiv 2412.06464; KDA)
    lightning,    ///< decay, write, read (Lightning Attention, arXiv 2501.08313)
    selective,    ///< Mamba: a decay of its own for each channel and state (arXiv 2312.00752)
    dual,         ///< Mamba-2: one decay for each head (arXiv 2405.21060)
    convolution,  ///< a short convolution between two gates (LFM2, arXiv 2511.23404)
    gated_unit,   ///< RG-LRU: a gated decay of each channel (Griffin, arXiv 2402.19427)
  };
  Rule rule = Rule::delta;
  int key_heads = 0;    ///< heads of query and key; Mamba-2: groups that share B and C
  int value_heads = 0;  ///< heads of value and state
  int key_dim = 0;      ///< width of a key; Mamba: size of the state of a channel
  int value_dim = 0;    ///< width of a value head; a state holds value_heads x key_dim x value_dim
  int kernel = 0;       ///< tokens under the convolution before the recurrence; 0: none
  bool gate = false;    ///< linear attention: a gate as wide as the output
  int gate_rank = 0;    ///< of that gate and of a decay for each channel (KDA); 0: full rank, a decay for each head
  int step_rank = 0;    ///< Mamba: rank of the step sizes
  int state_bytes = 4;  ///< of a number of the state
  double inner() const { return static_cast<double>(value_heads) * value_dim; }
  bool operator==(const Recurrence&) const = default;
};

/// Multi-head attention with one of three caches: keys and values of each KV head (MHA, GQA, MQA), one latent (MLA),
/// or one row for several tokens (DeepSeek-V4); or a recurrence; or nothing.
struct Attention {
  enum class Kind { none, grouped, latent, compressed, linear, state_space, convolution, gated_unit };
  Kind kind = Kind::grouped;
  int heads = 0;
  int kv_heads = 0;            ///< grouped: heads = MHA, 1 = MQA
  int head_dim = 0;            ///< grouped: of query and key; compressed: of the row that is key and value
  int q_rank = 0;              ///< width of the compressed query, 0 where it is not compressed
  int kv_rank = 0;             ///< latent: width of the compressed keys and values
  int nope_dim = 0;            ///< latent: part of a query head without position
  int rope_dim = 0;            ///< latent: part with position; one key for all heads
  int value_dim = 0;           ///< latent: of a value head; grouped: 0 where it is head_dim
  int window = 0;              ///< tokens a query looks back at; 0: all
  bool chunked = false;        ///< the window starts anew every `window` tokens (Llama-4)
  int gate = 0;                ///< values for each head that gate its output; 0: no gate
  bool borrows_cache = false;  ///< reads the keys and values of an earlier layer, and makes none
  bool one_key_value = false;  ///< grouped: the value is the key: one projection, one row (Gemma 4)
  bool head_norm = false;      ///< grouped: queries and keys are normalised, head by head or all together
  int input = 0;               ///< grouped: width of what is projected; 0: the hidden size (Zamba2: twice that)
  int cross = 0;        ///< grouped: tokens of an image that it looks at, whatever the context; 0: its own tokens
  int compression = 0;  ///< compressed: tokens that share one row beyond the window; 0: only the window
  int o_rank = 0;       ///< compressed: width of each group of the output's first projection
  int o_groups = 0;
  Indexer indexer;
  Recurrence recurrence;

  bool mixes() const { return kind != Kind::none; }
  bool recurrent() const { return kind >= Kind::linear; }
  /// Query heads, heads of a recurrence, or its channels where it has no heads: what tensor parallelism divides.
  int split_parts() const {
    if (!recurrent()) return heads;
    return recurrence.value_heads > 1 ? recurrence.value_heads : recurrence.value_dim;
  }
  double query_dim() const { return kind == Kind::latent ? nope_dim + rope_dim : head_dim; }
  double output_dim() const { return kind == Kind::latent || value_dim > 0 ? value_dim : head_dim; }
  /// Numbers kept in the cache for one row of one layer, without an indexer's key.
  double cached_values() const;
  /// Rows of the cache that one query reads.
  double visible(double context) const;
  /// Rows of the cache that are kept.
  double kept(double context) const;
  bool operator==(const Attention&) const = default;
};

/// The kind that a rule belongs to.
constexpr Attention::Kind kind_of(Recurrence::Rule rule) {
  using Rule = Recurrence::Rule;
  if (rule == Rule::convolution) return Attention::Kind::convolution;
  if (rule == Rule::gated_unit) return Attention::Kind::gated_unit;
  return rule == Rule::delta || rule == Rule::lightning ? Attention::Kind::linear : Attention::Kind::state_space;
}

/// Numbers of the weight matrices; norms and biases are left out.
double attention_parameters(const Attention& attention, double hidden);
/// Cache of one sequence of so many tokens, an indexer's keys included (FP8 with a 4-byte scale, as vLLM, SGLang and
/// DeepSeek's own code keep them).
Bytes cache_bytes(const Attention& attention, const Format& kv, double context);
/// State of one sequence, whatever its length: recurrences in FP32 (or as the model says), convolutions in BF16.
Bytes state_bytes(const Attention& attention);
/// One new token against `context` earlier ones, beyond its products with weight matrices; MLA in its absorbed form.
Flops decode_flops(const Attention& attention, double context);
/// The same with keys and values spelled out, as training and prefill compute it, against `seen` tokens.
Flops forward_flops(const Attention& attention, double seen);
/// "MLA", "GQA + window", "gated delta rule", ...: for a table.
std::string attention_name(const Attention& attention);

}  // namespace teapot

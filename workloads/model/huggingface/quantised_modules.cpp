// Matching names of modules against patterns.
// Knows no format.

#include "workloads/model/huggingface/quantised_modules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>

namespace teapot {
namespace {

using Names = std::vector<const char*>;

/// Names of a mixer's modules below a layer.
const Names& mixer_names(const Attention& a) {
  static const Names grouped{"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"};
  static const Names latent{"self_attn.q_a_proj", "self_attn.q_b_proj", "self_attn.kv_a_proj_with_mqa",
                            "self_attn.kv_b_proj", "self_attn.o_proj"};
  static const Names linear{"linear_attn.in_proj_qkvz", "linear_attn.out_proj"};
  static const Names space{"mixer.in_proj", "mixer.out_proj"};
  if (a.kind == Attention::Kind::latent) return latent;
  if (!a.recurrent()) return grouped;
  return a.recurrence.rule == Recurrence::Rule::delta || a.recurrence.rule == Recurrence::Rule::lightning ? linear
                                                                                                          : space;
}

const Names dense_names{"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"};
const Names expert_names{"mlp.experts.7.gate_proj", "mlp.experts.7.down_proj"};
const Names shared_names{"mlp.shared_experts.gate_proj", "mlp.shared_experts.down_proj"};

constexpr std::array roots{"model.layers.", "model.language_model.layers.", "language_model.model.layers.",
                           "backbone.layers.", "layers."};

/// "lm_head", "model.layers.0.mlp", "*self_attn*", "re:.*self_attn.*": exact names, parts of a path, globs,
/// expressions.
bool matches(const std::string& pattern, const std::string& module) {
  if (pattern.size() > 400) return false;
  if (pattern.starts_with("re:")) {
    try {
      return std::regex_match(module, std::regex{pattern.substr(3)});
    } catch (const std::regex_error&) {
      return false;
    }
  }
  if (pattern.find('*') != std::string::npos) {
    std::string expression;
    for (const char c : pattern) {
      if (c == '*')
        expression += ".*";
      else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_')
        expression += c;
      else
        expression += std::string{"\\"} + c;
    }
    try {
      return std::regex_match(module, std::regex{expression + "(\\..*)?"}) ||
             std::regex_match(module, std::regex{".*\\." + expression + "(\\..*)?"});
    } catch (const std::regex_error&) {
      return false;
    }
  }
  const std::string padded = "." + module + ".";
  return padded.find("." + pattern + ".") != std::string::npos;
}

bool left_alone(const ModulePatterns& patterns, const std::string& module) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& p) { return matches(p, module); });
}

void add(Tally& tally, const ModulePatterns& patterns, int layer, const Names& names) {
  for (const char* name : names) {
    ++tally.all;
    const bool left = std::any_of(roots.begin(), roots.end(), [&](const char* root) {
      return left_alone(patterns, root + std::to_string(layer) + "." + name);
    });
    tally.left += left ? 1 : 0;
  }
}

}  // namespace

Tallies tally(const ModulePatterns& excluded, const Model& m) {
  Tallies t;
  if (excluded.empty()) return t;
  const double number = static_cast<double>(m.layer_count()) / static_cast<double>(m.layers.size());
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    const int l = static_cast<int>(static_cast<double>(i) * number);
    const Layer& layer = m.layers[i];
    if (layer.attention.mixes()) add(t.attention, excluded, l, mixer_names(layer.attention));
    if (layer.intermediate > 0) add(t.dense, excluded, l, dense_names);
    if (layer.experts) add(t.experts, excluded, l, expert_names);
    if (layer.experts && m.experts.shared > 0) add(t.shared, excluded, l, shared_names);
  }
  return t;
}

}  // namespace teapot

// Matching names of modules against patterns.
// Knows no format.

#include "workloads/model/huggingface/quantised_modules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>

namespace teapot {
namespace {

/// One matrix under the names that checkpoints give it.
using Names = std::vector<const char*>;
using Modules = std::vector<Names>;

const Modules& mixer_modules(const Attention& a) {
  static const Modules grouped{{"self_attn.q_proj", "attn.q_proj", "mixer.q_proj"},
                               {"self_attn.k_proj", "attn.k_proj", "mixer.k_proj"},
                               {"self_attn.v_proj", "attn.v_proj", "mixer.v_proj"},
                               {"self_attn.o_proj", "attn.o_proj", "mixer.o_proj"}};
  static const Modules latent{{"self_attn.q_a_proj", "self_attn.fused_qkv_a_proj_with_mqa"},
                              {"self_attn.q_b_proj", "self_attn.q_proj"},
                              {"self_attn.kv_a_proj_with_mqa", "self_attn.fused_qkv_a_proj_with_mqa"},
                              {"self_attn.kv_b_proj"},
                              {"self_attn.o_proj"}};
  static const Modules compressed{{"attn.wq_a", "attn.fused_wqa_wkv", "self_attn.q_a_proj"},
                                  {"attn.wq_b", "self_attn.q_b_proj"},
                                  {"attn.wkv", "attn.fused_wqa_wkv", "self_attn.kv_proj"},
                                  {"attn.wo_a", "self_attn.o_a_proj"},
                                  {"attn.wo_b", "self_attn.o_b_proj"}};
  static const Modules linear{{"linear_attn.in_proj_qkvz", "linear_attn.in_proj_qkv", "self_attn.q_proj"},
                              {"linear_attn.out_proj", "self_attn.o_proj"}};
  static const Modules space{{"mixer.in_proj", "mamba.in_proj"}, {"mixer.out_proj", "mamba.out_proj"}};
  if (a.kind == Attention::Kind::latent) return latent;
  if (a.kind == Attention::Kind::compressed) return compressed;
  if (!a.recurrent()) return grouped;
  return a.kind == Attention::Kind::linear ? linear : space;
}

const Modules dense_modules{{"mlp.gate_proj", "feed_forward.gate_proj"},
                            {"mlp.up_proj", "feed_forward.up_proj", "mixer.up_proj"},
                            {"mlp.down_proj", "feed_forward.down_proj", "mixer.down_proj"}};
const Modules expert_modules{
    {"mlp.experts.7.gate_proj", "ffn.experts.7.gate_proj", "ffn.experts.7.w1", "block_sparse_moe.experts.7.w1",
     "feed_forward.experts.7.gate_proj", "mixer.experts.7.up_proj"},
    {"mlp.experts.7.down_proj", "ffn.experts.7.down_proj", "ffn.experts.7.w2", "block_sparse_moe.experts.7.w2",
     "feed_forward.experts.7.down_proj", "mixer.experts.7.down_proj"}};
const Modules shared_modules{
    {"mlp.shared_experts.gate_proj", "mlp.shared_expert.gate_proj", "ffn.shared_experts.gate_proj",
     "ffn.shared_experts.w1", "feed_forward.shared_expert.gate_proj", "mixer.shared_experts.up_proj"},
    {"mlp.shared_experts.down_proj", "mlp.shared_expert.down_proj", "ffn.shared_experts.down_proj",
     "ffn.shared_experts.w2", "feed_forward.shared_expert.down_proj", "mixer.shared_experts.down_proj"}};

constexpr std::array roots{"model.layers.", "model.language_model.layers.", "language_model.model.layers.",
                           "backbone.layers.", "layers."};

/// A pattern made ready: an expression, or a part of a path with dots around it.
class Pattern {
 public:
  explicit Pattern(const std::string& text) {
    if (text.size() > 400) return;
    if (text == "Linear") {
      all_ = true;
    } else if (text.starts_with("re:")) {
      compile(text.substr(3));
    } else if (text.find('*') != std::string::npos) {
      const std::string glob = escaped(text);
      compile("(.*\\.)?" + glob + "(\\..*)?$");
    } else {
      part_ = "." + text + ".";
    }
  }

  bool matches(const std::string& module) const {
    if (all_) return true;
    // Those who quantise match an expression at the beginning of a name (Python's re.match), a glob to its end.
    if (expression_) return std::regex_search(module, *expression_, std::regex_constants::match_continuous);
    return !part_.empty() && ("." + module + ".").find(part_) != std::string::npos;
  }

 private:
  void compile(const std::string& text) {
    try {
      expression_ = std::regex{text};
    } catch (const std::regex_error&) {
    }
  }

  static std::string escaped(const std::string& glob) {
    std::string expression;
    for (const char c : glob) {
      if (c == '*') expression += ".*";
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (c != '*') expression += plain ? std::string{c} : std::string{"\\"} + c;
    }
    return expression;
  }

  bool all_ = false;
  std::string part_;
  std::optional<std::regex> expression_;
};

/// Patterns by the layer they name, since checkpoints list thousands.
class PatternSet {
 public:
  explicit PatternSet(const ModulePatterns& patterns) {
    for (const std::string& text : patterns) {
      const std::size_t at = text.find("layers.");
      const std::size_t number = at == std::string::npos ? at : at + 7;
      const bool plain = text.find_first_of("*[(\\|^$") == std::string::npos;
      const bool numbered = plain && number < text.size() && std::isdigit(static_cast<unsigned char>(text[number]));
      (numbered ? by_layer_[std::stoi(text.substr(number, 6))] : general_).emplace_back(text);
    }
  }

  bool matches(int layer, const Names& names) const {
    const auto own = by_layer_.find(layer);
    if (general_.empty() && own == by_layer_.end()) return false;
    for (const char* root : roots) {
      for (const char* name : names) {
        const std::string module = root + std::to_string(layer) + "." + name;
        const auto hit = [&](const Pattern& p) { return p.matches(module); };
        if (std::any_of(general_.begin(), general_.end(), hit)) return true;
        if (own != by_layer_.end() && std::any_of(own->second.begin(), own->second.end(), hit)) return true;
      }
    }
    return false;
  }

 private:
  std::vector<Pattern> general_;
  std::map<int, std::vector<Pattern>> by_layer_;
};

struct Rules {
  std::vector<std::pair<PatternSet, std::string>> named;
  std::optional<std::string> all;
  PatternSet excluded;
  std::string plain;

  const std::string& format_of(int layer, const Names& names) const {
    if (excluded.matches(layer, names)) return plain;
    for (const auto& [targets, name] : named) {
      if (targets.matches(layer, names)) return name;
    }
    return all ? *all : plain;
  }
};

Rules ready(const std::vector<FormatRule>& rules, const ModulePatterns& excluded, const Format& plain) {
  Rules r{{}, std::nullopt, PatternSet{excluded}, plain.name};
  for (const FormatRule& rule : rules) {
    const bool all = std::find(rule.targets.begin(), rule.targets.end(), "Linear") != rule.targets.end();
    if (all)
      r.all = rule.format.name;
    else
      r.named.emplace_back(PatternSet{rule.targets}, rule.format.name);
  }
  return r;
}

void add(FormatCounts& counts, const Rules& rules, int layer, const Modules& modules) {
  for (const Names& names : modules) ++counts[rules.format_of(layer, names)];
}

}  // namespace

PartFormats count_formats(const Model& m, const std::vector<FormatRule>& rules, const ModulePatterns& excluded,
                          const Format& plain) {
  const Rules r = ready(rules, excluded, plain);
  PartFormats counts;
  const double number = static_cast<double>(m.layer_count()) / static_cast<double>(m.layers.size());
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    const int l = static_cast<int>(static_cast<double>(i) * number);
    const Layer& layer = m.layers[i];
    if (layer.attention.mixes()) add(counts.attention, r, l, mixer_modules(layer.attention));
    if (layer.intermediate > 0) add(counts.dense, r, l, dense_modules);
    if (layer.experts) add(counts.experts, r, l, expert_modules);
    if (layer.experts && m.experts.shared > 0) add(counts.shared, r, l, shared_modules);
  }
  return counts;
}

}  // namespace teapot

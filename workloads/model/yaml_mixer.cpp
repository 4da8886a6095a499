// Reading and writing the keys of each kind.
// Knows no layer and no model.

#include "workloads/model/yaml_mixer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "workloads/model/yaml_tree.hpp"

namespace teapot {
namespace {

using Rule = Recurrence::Rule;

const std::vector<std::pair<const char*, Rule>> rules{
    {"delta", Rule::delta},  {"lightning", Rule::lightning},     {"mamba", Rule::selective},
    {"mamba-2", Rule::dual}, {"convolution", Rule::convolution}, {"rg-lru", Rule::gated_unit}};

Attention read_recurrence(const Config& config, Rule rule) {
  Attention a;
  a.kind = kind_of(rule);
  Recurrence& r = a.recurrence;
  r.rule = rule;
  r.value_heads = config.positive_or<int>("value_heads", 1, {"Heads of the state", "32"});
  r.value_dim = config.positive<int>("value_dim", {"Of a head", "128"});
  r.kernel = config.non_negative_or<int>("kernel", 0, {"Width of the convolution before it; 0: none", "4"});
  if (rule == Rule::convolution) return a;
  if (rule == Rule::gated_unit) {
    r.key_dim = 1;
    r.state_bytes = config.positive_or<int>("state_bytes", 4, {"Of a number in the state", "4"});
    return a;
  }
  r.key_dim = config.positive<int>("key_dim", {"Of a head", "128"});
  r.state_bytes = config.positive_or<int>("state_bytes", 4, {"Of a number in the state", "4"});
  if (rule != Rule::selective)
    r.key_heads = config.positive_or<int>("key_heads", r.value_heads,
                                          {"Heads of keys; as many as of values where not given", "16"});
  if (rule == Rule::selective)
    r.step_rank = config.positive<int>("step_rank", {"Of the projection of step sizes (Mamba)", "160"});
  if (rule == Rule::delta || rule == Rule::lightning) {
    r.gate = config.get_or<bool>("gate", false,
                                 {"A gate on the output, as wide as it; of other attention its width", "true", "none"});
    r.gate_rank =
        config.non_negative_or<int>("gate_rank", 0, {"Of the two matrices of the gate; 0: one full matrix", "128"});
  }
  return a;
}

Indexer read_indexer(const Config& config) {
  if (!config.has("indexer", {"Chooses the tokens that attention sees (DeepSeek sparse attention)",
                              "{heads: 64, dim: 128, top: 2048}"}))
    return {};
  const Config indexer = config.at("indexer");
  return {indexer.positive<int>("heads", {"Of the indexer", "64"}),
          indexer.positive<int>("dim", {"Of an indexer's head", "128"}),
          indexer.positive<int>("top", {"Tokens chosen for each query", "2048"}),
          indexer.get_or<bool>("plain_keys", false, {"Its keys are the model's, with no cache of their own", "true"})};
}

void read_latent(const Config& config, Attention& a) {
  a.kind = Attention::Kind::latent;
  a.kv_heads = 1;
  a.kv_rank = config.positive<int>("kv_rank", {"Of the compressed keys and values (MLA)", "512"});
  a.nope_dim = config.positive<int>("nope_dim", {"Of a head, without position", "128"});
  a.rope_dim = config.non_negative<int>("rope_dim", {"Of a head, with position; shared by all heads", "64"});
  a.value_dim = config.positive<int>("value_dim", {"Of a head", "128"});
  a.head_dim = a.kv_rank + a.rope_dim;
}

void read_compressed(const Config& config, Attention& a) {
  a.kind = Attention::Kind::compressed;
  a.kv_heads = 1;
  a.head_dim = config.positive<int>("head_dim", {"Of a head", "128"});
  a.compression =
      config.non_negative_or<int>("compression", 0, {"Tokens that one row of the cache stands for; 0: none", "4"});
  a.o_rank = config.positive<int>("o_rank", {"Of the output projection", "1024"});
  a.o_groups = config.positive<int>("o_groups", {"Groups of the output projection", "8"});
  if (a.window == 0) config.fail("needs a window");
}

void read_grouped(const Config& config, const std::string& kind, Attention& a) {
  a.head_dim = config.positive<int>("head_dim", {"Of a head", "128"});
  a.value_dim = config.non_negative_or<int>("value_dim", 0, {"Of a head; 0: head_dim", "128"});
  a.kv_heads = kind == "mha"   ? a.heads
               : kind == "mqa" ? 1
                               : config.positive<int>("kv_heads", {"Heads of keys and values", "8"});
  if (a.heads % a.kv_heads != 0) {
    config.at("kv_heads").fail(fmt::format("must divide the {} heads, got {}", a.heads, a.kv_heads));
  }
  a.chunked =
      config.get_or<bool>("chunked", false, {"The window is a chunk that begins anew, and does not slide", "true"});
  a.borrows_cache =
      config.get_or<bool>("borrows_cache", false, {"It reads the cache of the layer before and writes none", "true"});
  a.one_key_value = config.get_or<bool>("one_key_value", false, {"Keys are values too: one is stored", "true"});
  a.head_norm = config.get_or<bool>("head_norm", false, {"Queries and keys are normalised", "true"});
  a.input = config.non_negative_or<int>("input", 0, {"Width of what it projects; 0: the hidden size", "4096"});
  a.cross = config.non_negative_or<int>("cross", 0,
                                        {"It attends to so many tokens of an image, and not to the text", "1601"});
}

void write_recurrence(TreeWriter& t, const Recurrence& r) {
  for (const auto& [name, rule] : rules) {
    if (rule == r.rule) t.put("kind", name);
  }
  t.put("value_heads", r.value_heads);
  t.put("value_dim", r.value_dim);
  t.put_unless("kernel", r.kernel, 0);
  if (r.rule == Rule::convolution) return;
  t.put_unless("state_bytes", r.state_bytes, 4);
  if (r.rule == Rule::gated_unit) return;
  t.put("key_dim", r.key_dim);
  if (r.rule != Rule::selective) t.put("key_heads", r.key_heads);
  t.put_unless("step_rank", r.step_rank, 0);
  if (r.gate) t.put("gate", "true");
  t.put_unless("gate_rank", r.gate_rank, 0);
}

void write_attention(TreeWriter& t, const Attention& a) {
  const bool latent = a.kind == Attention::Kind::latent;
  t.put("kind", latent ? "mla" : a.kind == Attention::Kind::compressed ? "compressed" : "gqa");
  t.put("heads", a.heads);
  if (a.kind == Attention::Kind::grouped) t.put("kv_heads", a.kv_heads);
  if (!latent) t.put("head_dim", a.head_dim);
  t.put_unless("q_rank", a.q_rank, 0);
  if (latent) {
    t.put("kv_rank", a.kv_rank);
    t.put("nope_dim", a.nope_dim);
    t.put("rope_dim", a.rope_dim);
  }
  t.put_unless("value_dim", a.value_dim, 0);
  t.put_unless("window", a.window, 0);
  t.put_unless("gate", a.gate, 0);
  t.put_unless("input", a.input, 0);
  t.put_unless("cross", a.cross, 0);
  t.put_unless("compression", a.compression, 0);
  t.put_unless("o_rank", a.o_rank, 0);
  t.put_unless("o_groups", a.o_groups, 0);
  for (const auto& [key, set] : {std::pair{"chunked", a.chunked}, std::pair{"borrows_cache", a.borrows_cache},
                                 std::pair{"one_key_value", a.one_key_value}, std::pair{"head_norm", a.head_norm}}) {
    if (set) t.put(key, "true");
  }
  if (a.indexer.top == 0) return;
  TreeWriter indexer;
  indexer.put("heads", a.indexer.heads);
  indexer.put("dim", a.indexer.dim);
  indexer.put("top", a.indexer.top);
  if (a.indexer.plain_keys) indexer.put("plain_keys", "true");
  t.put("indexer", indexer.tree());
}

}  // namespace

Attention read_mixer(const Config& config) {
  std::vector<std::string> kinds{"gqa", "mha", "mqa", "mla", "compressed"};
  for (const auto& [name, rule] : rules) kinds.emplace_back(name);
  const std::string kind = config.choice_or(
      "kind", kinds, "gqa", {"How tokens see one another, or the rule of a state of constant size", "gqa"});
  for (const auto& [name, rule] : rules) {
    if (kind == name) return read_recurrence(config, rule);
  }
  Attention a;
  a.heads = config.positive<int>("heads", {"Of queries", "64"});
  a.window = config.non_negative_or<int>("window", 0, {"Tokens seen; 0: all", "4096"});
  a.q_rank = config.non_negative_or<int>("q_rank", 0, {"Of the compressed queries; 0: one full matrix", "1536"});
  a.gate = config.non_negative_or<int>(
      "gate", 0, {"Width of the gate on the output; of a state, whether there is one", "4096", "none"});
  a.indexer = read_indexer(config);
  if (kind == "mla") {
    read_latent(config, a);
  } else if (kind == "compressed") {
    read_compressed(config, a);
  } else {
    read_grouped(config, kind, a);
  }
  return a;
}

Tree mixer_tree(const Attention& a) {
  TreeWriter t;
  if (a.recurrent()) {
    write_recurrence(t, a.recurrence);
  } else {
    write_attention(t, a);
  }
  return t.tree();
}

}  // namespace teapot

// The nested parts of multimodal files.
// Knows no shapes.

#include "workloads/model/huggingface/language_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "workloads/model/huggingface.hpp"
#include "workloads/model/huggingface/families.hpp"
#include "workloads/model/huggingface/keys.hpp"

namespace teapot {
namespace {

/// Parts under which a multimodal model keeps its language model.
constexpr std::array language_parts{"text_config",           "llm_config", "language_config", "thinker_config",
                                    "language_model_config", "llm_cfg",    "text_cfg"};

/// Numbers of a configuration class that published files of multimodal models leave out; a part only.
using Defaults = std::map<std::string, int>;
const Defaults& class_defaults(const std::string& type) {
  static const Defaults none;
  static const std::map<std::string, Defaults> table{
      {"gemma3_text",
       {{"vocab_size", 262208}, {"num_attention_heads", 8}, {"num_key_value_heads", 4}, {"head_dim", 256}}},
      {"mistral",
       {{"vocab_size", 32000},
        {"hidden_size", 4096},
        {"intermediate_size", 14336},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 8},
        {"sliding_window", 4096}}},
      {"qwen2",
       {{"vocab_size", 151936},
        {"hidden_size", 4096},
        {"intermediate_size", 22016},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 32}}},
      {"llama",
       {{"vocab_size", 32000},
        {"hidden_size", 4096},
        {"intermediate_size", 11008},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 32}}}};
  const auto found = table.find(type);
  return found == table.end() ? none : found->second;
}

const Tree* text_of(const Tree& tree, const char* key) {
  const Tree* value = tree.find(key);
  return value != nullptr && value->kind == Tree::Kind::scalar ? value : nullptr;
}

std::string word_in(const Tree& tree, const char* key) {
  const Tree* value = text_of(tree, key);
  return value != nullptr ? value->text : "";
}

/// Puts what its configuration class would fill in into a part, and says so.
std::vector<std::string> fill_defaults(Tree& part, const std::string& path) {
  std::vector<std::string> said;
  for (const auto& [key, number] : class_defaults(word_in(part, "model_type"))) {
    if (part.find(key) != nullptr) continue;
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.text = std::to_string(number);
    value.place = part.place;
    part.entries.push_back({key, part.place, value});
    said.push_back(
        fmt::format("{}{}: not given; taken as {}, the default of its configuration class", path, key, number));
  }
  return said;
}

Tree* part_in(Tree& tree, std::string& name) {
  for (const char* key : language_parts) {
    for (Tree::Entry& entry : tree.entries) {
      if (entry.key == key && entry.value.kind == Tree::Kind::mapping) {
        name = key;
        return &entry.value;
      }
    }
  }
  return nullptr;
}

void put(Tree& tree, const std::string& key, const std::string& text, bool quoted = false) {
  Tree value;
  value.kind = Tree::Kind::scalar;
  value.text = text;
  value.quoted = quoted;
  value.place = tree.place;
  std::erase_if(tree.entries, [&](const Tree::Entry& entry) { return entry.key == key; });
  tree.entries.push_back({key, tree.place, value});
}

/// Mamba's first files have no model_type; their configuration class (MambaConfig of github.com/state-spaces/mamba)
/// knows these keys alone.
bool first_mamba(const Tree& tree) {
  if (tree.find("model_type") != nullptr || tree.find("d_model") == nullptr) return false;
  return tree.find("ssm_cfg") != nullptr || tree.find("pad_vocab_size_multiple") != nullptr ||
         tree.find("attn_layer_idx") != nullptr;
}

/// Which of its two layers a file of the first format asks for; the key is read here, and taken out.
bool takes_second_layer(const Keys& keys, Tree& tree, std::vector<std::string>& said) {
  if (!keys.has("ssm_cfg"))
    keys.fail_missing("ssm_cfg", "files of the first Mamba have it; {} stands for its first layer");
  const std::string layer = keys.part("ssm_cfg").word_or("layer", "");
  if (!layer.empty() && layer != "Mamba1" && layer != "Mamba2")
    keys.part("ssm_cfg").fail("layer", fmt::format("unknown \"{}\" (known: Mamba1, Mamba2)", layer));
  if (layer.empty()) said.emplace_back("ssm_cfg.layer: not given; taken as the first kind of Mamba");
  for (Tree::Entry& entry : tree.entries) {
    if (entry.key == "ssm_cfg")
      std::erase_if(entry.value.entries, [](const auto& inner) { return inner.key == "layer"; });
  }
  return layer == "Mamba2";
}

/// They leave everything but width and depth to the code beside them, whose defaults are said.
std::vector<std::string> fill_first_mamba(Tree& tree) {
  if (!first_mamba(tree)) return {};
  const Tree written = tree;
  const Keys keys{Config{written}, {}};
  std::vector<std::string> said;
  const bool second = takes_second_layer(keys, tree, said);
  const int width = keys.positive("d_model");
  const int multiple = keys.has("pad_vocab_size_multiple") ? keys.positive("pad_vocab_size_multiple") : 8;
  const int vocabulary = keys.positive("vocab_size");
  if (multiple > 100'000) keys.fail("pad_vocab_size_multiple", "must be at most 100000");
  put(tree, "model_type", second ? "mamba2" : "mamba", true);
  put(tree, "vocab_size", std::to_string((vocabulary + multiple - 1) / multiple * multiple));
  put(tree, "expand", "2");
  put(tree, "conv_kernel", "4");
  put(tree, "state_size", second ? "128" : "16");
  said.emplace_back("expand, conv_kernel, state_size: not given; taken as the first Mamba code has them");
  said.emplace_back(fmt::format("vocab_size: rounded up to a multiple of {} (pad_vocab_size_multiple)", multiple));
  if (!keys.has("tie_embeddings")) {
    put(tree, "tie_embeddings", "true");
    said.emplace_back("tie_embeddings: not given; taken as true, as the first Mamba code has it");
  }
  if (!second) return said;
  put(tree, "num_heads", std::to_string(2 * width / 64));
  put(tree, "head_dim", "64");
  put(tree, "n_groups", "1");
  said.emplace_back("num_heads, head_dim, n_groups: not given; taken as the first Mamba code has them (ssm_cfg.layer)");
  return said;
}

}  // namespace

Parts find_parts(const Config& config) {
  Parts parts;
  parts.tree = config.tree();
  std::erase_if(parts.tree.entries, [](const Tree::Entry& entry) { return entry.key == "assume"; });
  Tree* at = &parts.tree;
  std::string path;
  std::string name;
  while (Tree* next = part_in(*at, name)) {
    parts.path.push_back(name);
    path += name + '.';
    at = next;
  }
  parts.warnings = parts.path.empty() ? fill_first_mamba(*at) : fill_defaults(*at, path);
  return parts;
}

void refuse_other_kinds(const Config& config, const Tree& text) {
  const Tree& top = config.tree();
  const auto refuse = [&](const char* key, const std::string& why) {
    config.at(key).fail(why + " (a decoder can be written as YAML: see workloads/models)");
  };
  for (const char* key : {"_class_name", "_diffusers_version"}) {
    if (top.find(key) != nullptr) refuse(key, "part of a diffusion pipeline; only decoders of text are modelled");
  }
  if (word_in(top, "is_encoder_decoder") == "true")
    refuse("is_encoder_decoder", "an encoder-decoder model; only decoders are modelled");
  for (const Tree* tree : {&top, &text}) {
    const std::string why = refusal(word_in(*tree, "model_type"));
    if (why.empty()) continue;
    if (tree == &top) refuse("model_type", why);
    throw ConfigError(fmt::format("{}:{}:{}: model_type: {}", tree->place.file ? *tree->place.file : "<text>",
                                  tree->place.line, tree->place.column, why));
  }
}

bool is_huggingface(const Config& config) {
  for (const char* key : {"hidden_size", "architectures", "model_type", "n_embd", "d_model", "_class_name",
                          "transformers_version", "num_hidden_layers", "vocab_size"}) {
    if (config.has(key)) return true;
  }
  return std::any_of(language_parts.begin(), language_parts.end(), [&](const char* key) { return config.has(key); });
}

}  // namespace teapot

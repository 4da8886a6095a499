// The nested parts of multimodal files.
// Knows no shapes.

#include "workloads/model/huggingface/language_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "workloads/model/huggingface.hpp"
#include "workloads/model/huggingface/families.hpp"

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

/// Mamba's first files leave everything but width and depth to the code beside them (github.com/state-spaces/mamba).
std::vector<std::string> fill_first_mamba(Tree& tree) {
  Tree* cfg = nullptr;
  for (Tree::Entry& entry : tree.entries) {
    if (entry.key == "ssm_cfg" && entry.value.kind == Tree::Kind::mapping) cfg = &entry.value;
  }
  if (cfg == nullptr || tree.find("model_type") != nullptr || tree.find("d_model") == nullptr) return {};
  const bool second = word_in(*cfg, "layer") == "Mamba2";
  const int width = std::atoi(word_in(tree, "d_model").c_str());
  const int multiple = std::max(1, std::atoi(word_in(tree, "pad_vocab_size_multiple").c_str()));
  const int vocabulary = std::atoi(word_in(tree, "vocab_size").c_str());
  if (width <= 0 || width > 1'000'000 || vocabulary <= 0 || vocabulary > 100'000'000 || multiple > 100'000) return {};
  if (second) std::erase_if(cfg->entries, [](const Tree::Entry& entry) { return entry.key == "layer"; });
  put(tree, "model_type", second ? "mamba2" : "mamba", true);
  put(tree, "vocab_size", std::to_string((vocabulary + multiple - 1) / multiple * multiple));
  put(tree, "expand", "2");
  put(tree, "conv_kernel", "4");
  put(tree, "state_size", second ? "128" : "16");
  std::vector<std::string> said{
      "expand, conv_kernel, state_size: not given; taken as the first Mamba code has them",
      fmt::format("vocab_size: rounded up to a multiple of {} (pad_vocab_size_multiple)", multiple)};
  if (!second) {
    said.emplace_back("ssm_cfg.layer: not given; taken as the first kind of Mamba");
    return said;
  }
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

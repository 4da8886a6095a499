#pragma once
// Changed config.json files, and what must be said of them: a figure is printed only where leaving out the changed key
// changes nothing; otherwise an error or a warning names it.
// Knows no key's meaning.

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/random.hpp"
#include "workloads/model/huggingface.hpp"

namespace teapot {

using Figures = std::array<double, 10>;

inline Figures figures_of(const Model& m) {
  return {parameters(m),
          active_parameters(m),
          mtp_parameters(m),
          m.encoder_parameters,
          weights_bytes(m).value,
          kv_bytes(m, format("bf16"), 1).value,
          kv_bytes(m, format("bf16"), 100'000).value,
          state_bytes_per_request(m).value,
          decode_flops_per_token(m, 100'000).value,
          training_flops_per_token(m, 4096).value};
}

struct ReadResult {
  std::optional<Figures> figures;
  std::string said;  ///< the error, or all warnings
};

inline ReadResult read_changed(const Tree& tree) {
  try {
    const Model m = read_huggingface(Config{tree});
    ReadResult result{figures_of(m), ""};
    for (const std::string& warning : m.reading.warnings) result.said += warning + '\n';
    return result;
  } catch (const ConfigError& e) {
    return {std::nullopt, e.what()};
  }
}

/// Mappings whose keys are changed: the file itself and the parts it is made of.
inline void collect(Tree& tree, std::vector<Tree*>& mappings) {
  if (tree.kind != Tree::Kind::mapping || tree.entries.empty()) return;
  mappings.push_back(&tree);
  for (Tree::Entry& entry : tree.entries) collect(entry.value, mappings);
}

struct Change {
  std::string what;
  std::string key;      ///< as it was
  std::string new_key;  ///< as it is now; empty where it is gone
  Tree changed;
  Tree without;  ///< with neither
};

inline Tree scalar_of(const std::string& text, bool quoted = false) {
  Tree value;
  value.kind = Tree::Kind::scalar;
  value.text = text;
  value.quoted = quoted;
  return value;
}

inline Tree list_of(std::vector<Tree> items) {
  Tree list;
  list.kind = Tree::Kind::sequence;
  list.items = std::move(items);
  return list;
}

constexpr int ways_to_retype = 10;

/// The value written as another type, as null or as an empty list.
inline Tree retyped(const Tree& value, int way) {
  const Tree list = list_of({value});
  Tree mapping;
  mapping.kind = Tree::Kind::mapping;
  mapping.entries.push_back({"value", value.place, value});
  const std::string text = value.kind == Tree::Kind::scalar ? value.text : "x";
  if (way == 0) return list;
  if (way == 1) return mapping;
  if (way == 2) return scalar_of(text, !value.quoted);
  if (way == 3) return scalar_of(text == "true" || text == "false" ? "17" : "true");
  if (way == 4) return scalar_of("-3.5");
  if (way == 5) return scalar_of("2.5");
  if (way == 6) return scalar_of("1e300");
  if (way == 7) return scalar_of("bfloat", true);
  return way == 8 && value.kind != Tree::Kind::null ? Tree{} : list_of({});
}

enum class Kind { dropped, renamed, retyped, added };

/// One change of the `at`-th key of the `which`-th mapping; `way`: of two names, or of ways_to_retype.
inline Change change_of(const Tree& original, std::size_t which, std::size_t at, Kind kind, int way) {
  Change c;
  c.changed = original;
  c.without = original;
  std::vector<Tree*> mappings;
  collect(c.changed, mappings);
  std::vector<Tree*> others;
  collect(c.without, others);
  Tree& mapping = *mappings[which];
  c.key = mapping.entries[at].key;
  others[which]->entries.erase(others[which]->entries.begin() + static_cast<std::ptrdiff_t>(at));
  if (kind == Kind::dropped) {
    c.what = "dropped";
    std::swap(c.changed, c.without);
  } else if (kind == Kind::renamed) {
    c.what = "renamed";
    c.new_key = way == 0 ? c.key + "_x" : "my_" + c.key;
    mapping.entries[at].key = c.new_key;
  } else {
    c.what = "retyped";
    c.new_key = c.key;
    mapping.entries[at].value = retyped(mapping.entries[at].value, way);
  }
  return c;
}

inline Change with_key_added(const Tree& original, std::size_t which, Random& random) {
  static const std::array words{"moe",    "expert",       "layer",   "head",     "hidden",   "rank",
                                "window", "chunk",        "attn",    "mamba",    "ssm",      "linear",
                                "conv",   "state",        "pattern", "interval", "compress", "quant",
                                "mlp",    "intermediate", "color",   "flavour"};
  const auto word = [&] { return std::string{words[static_cast<std::size_t>(random.uniform() * words.size())]}; };
  Change c;
  c.changed = original;
  c.without = original;
  std::vector<Tree*> mappings;
  collect(c.changed, mappings);
  c.what = "added";
  c.key = c.new_key = fmt::format("{}_{}_{}", word(), word(), static_cast<int>(random.uniform() * 100));
  mappings[which]->entries.push_back(
      {c.new_key, mappings[which]->place, scalar_of(fmt::format("{}", static_cast<int>(random.uniform() * 64)))});
  return c;
}

inline Change random_change(const Tree& original, Random& random) {
  Tree tree = original;
  std::vector<Tree*> mappings;
  collect(tree, mappings);
  const auto which = static_cast<std::size_t>(random.uniform() * static_cast<double>(mappings.size()));
  const auto at = static_cast<std::size_t>(random.uniform() * static_cast<double>(mappings[which]->entries.size()));
  const auto kind = static_cast<Kind>(static_cast<int>(random.uniform() * 4));
  if (kind == Kind::added) return with_key_added(original, which, random);
  return change_of(original, which, at, kind,
                   static_cast<int>(random.uniform() * (kind == Kind::renamed ? 2 : ways_to_retype)));
}

/// Whether a word is in a text, whole.
inline bool names(const std::string& text, const std::string& word) {
  const auto part_of_word = [&](std::size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
  };
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if (!(at > 0 && part_of_word(at - 1)) && !part_of_word(at + word.size())) return true;
  }
  return false;
}

/// What is said of a changed file and was not of the original.
inline std::string news(const std::string& said, const std::string& before) {
  std::string all;
  std::istringstream lines{said};
  for (std::string line; std::getline(lines, line);) {
    if (("\n" + before).find("\n" + line + "\n") == std::string::npos) all += line + '\n';
  }
  return all;
}

/// What is wrong with what was said of a change; empty where all is well.
inline std::string complaint(const Change& c, const ReadResult& original) {
  const ReadResult now = read_changed(c.changed);
  const std::string said = now.figures ? news(now.said, original.said) : now.said;
  if (names(said, c.key) || (!c.new_key.empty() && names(said, c.new_key))) return "";
  if (!now.figures) return "an error that does not name it: " + now.said;
  if (c.what == "dropped" || c.what == "renamed")
    return *now.figures == *original.figures ? "" : "other figures without a word";
  const ReadResult without = read_changed(c.without);
  return without.figures && *without.figures == *now.figures ? "" : "figures that depend on it without a word";
}

}  // namespace teapot

// Checks a scenario against what its readers ask for.
// Knows no key and no range by itself.

#include "analysis/scenario/known_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "analysis/scenario/scenario.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

using Entries = KeyRecord::Entries;

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('.') + 1); }
std::string_view before_last(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

bool goes_by(const KeyEntry& entry, const std::string& name) {
  return std::find(entry.aliases.begin(), entry.aliases.end(), name) != entry.aliases.end();
}

/// The keys of each mapping, by its path: their last parts.
using Sections = std::map<std::string_view, std::vector<std::pair<std::string_view, const KeyEntry*>>>;

Sections sections_of(const Entries& known) {
  Sections sections;
  for (const auto& [key, entry] : known) {
    const bool item = key.ends_with("]") || key.ends_with("*");
    if (!key.empty() && !item) sections[before_last(key)].emplace_back(last_part(key), &entry);
  }
  return sections;
}

std::vector<std::string> children(const Sections& sections, const std::string& path) {
  std::vector<std::string> names;
  const auto section = sections.find(path);
  if (section == sections.end()) return names;
  for (const auto& [name, entry] : section->second) names.emplace_back(name);
  return names;
}

/// What to write in place of a key that is unknown where it stands: the same key under its own name, or in its place.
std::string meant(const Sections& sections, const std::string& path, const std::string& name) {
  const auto own = sections.find(path);
  if (own != sections.end()) {
    for (const auto& [key, entry] : own->second) {
      if (goes_by(*entry, name)) return fmt::format("write {}", key);
    }
  }
  if (!nearest(name, children(sections, path)).empty()) return {};  // a slip of the finger in the right place
  for (const char* section :
       {"deployment", "decode", "decode.precision", "decode.routing", "fabric", "simulation", ""}) {
    const auto other = sections.find(section);
    if (other == sections.end()) continue;
    for (const auto& [key, entry] : other->second) {
      if (key == name || goes_by(*entry, name))
        return fmt::format("write {}{}{}", section, *section == '\0' ? "" : ".", key);
    }
  }
  return {};
}

const Tree* find_path(const Tree& tree, const std::string& path) {
  const Tree* at = &tree;
  for (std::size_t begin = 0; at != nullptr && begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    if (at->kind == Tree::Kind::scalar || at->kind == Tree::Kind::sequence) return at;  // a shorter way to say it all
    at = at->find(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return at;
}

class Check {
 public:
  explicit Check(const Entries& known) : known_(known), sections_(sections_of(known)) {}

  void mapping(const Config& config, const std::string& path) {
    const Tree& tree = config.tree();
    for (const auto& entry : tree.entries) {
      const std::string key = path.empty() ? entry.key : path + '.' + entry.key;
      if (known_.count(key) > 0) {
        value(config.at(entry.key), key);
      } else if (known_.count(path + ".*") > 0) {
        value(config.at(entry.key), path + ".*");
      } else {
        unknown(entry, config.path(), path);
      }
    }
  }

  std::vector<std::string> take() { return std::move(mistakes_); }

 private:
  void unknown(const Tree::Entry& entry, const std::string& written, const std::string& path) {
    const std::string write = meant(sections_, path, entry.key);
    const std::string reason = write.empty() ? unknown_name("key", entry.key, children(sections_, path))
                                             : fmt::format("unknown key \"{}\" ({})", entry.key, write);
    note([&] { fail_at(entry.place, written, reason); });
  }

  void value(const Config& config, const std::string& path) {
    const KeyEntry& entry = known_.at(path);
    if (!entry.folder.empty()) return named(config, path, entry);
    if (config.is_mapping() && entry.types.count("mapping") > 0) return mapping(config, path);
    if (config.is_sequence() && entry.types.count("list") > 0) {
      for (const Config& item : config.items()) {
        if (known_.count(path + "[]") > 0) value(item, path + "[]");
      }
      return;
    }
    if (config.tree().kind != Tree::Kind::null) scalar(config, entry);
  }

  /// A name, a path or a mapping: what it comes to is checked, with the places where each part was written.
  void named(const Config& config, const std::string& path, const KeyEntry& entry) {
    if (config.tree().kind == Tree::Kind::null) return;
    const bool word = config.is_scalar() &&
                      std::find(entry.words.begin(), entry.words.end(), config.tree().text) != entry.words.end();
    if (word) return;
    note([&] {
      const Config whole{resolve_named(config, entry.folder, what_is_named(path))};
      const bool foreign = whole.has("architectures") || whole.has("hidden_size") || whole.has("text_config");
      if (!foreign && whole.is_mapping()) mapping(whole, path);
    });
  }

  void scalar(const Config& config, const KeyEntry& entry) {
    std::string complaint;
    for (const auto& type : entry.types) {
      if (type == "mapping" || type == "list" || (type == "text" && !entry.words.empty())) continue;
      try {
        read(config, type, entry);
        return;
      } catch (const ConfigError& e) {
        if (complaint.empty()) complaint = e.what();
      }
    }
    if (!complaint.empty()) mistakes_.push_back(complaint);
  }

  template <class T>
  static void number(const Config& config, const std::string& type) {
    if (type.ends_with("above zero")) {
      config.as_positive<T>();
    } else if (type.ends_with("not below zero")) {
      config.as_non_negative<T>();
    } else {
      config.as<T>();
    }
  }

  static void fraction(const Config& config) {
    const auto number = config.as<double>();
    if (!(number >= 0 && number <= 1)) config.fail(fmt::format("must be between 0 and 1, got {:g}", number));
  }

  static void read(const Config& config, const std::string& type, const KeyEntry& entry) {
    if (type.starts_with("integer")) return number<std::int64_t>(config, type);
    if (type.starts_with("time")) return number<Seconds>(config, type);
    if (type.starts_with("bytes")) return number<Bytes>(config, type);
    if (type.starts_with("bandwidth")) return number<BytesPerSecond>(config, type);
    if (type.starts_with("FLOP/s")) return number<FlopsPerSecond>(config, type);
    if (type.starts_with("FLOPs")) return number<Flops>(config, type);
    if (type == "true or false") return static_cast<void>(config.as<bool>());
    if (type == "number from 0 to 1") return fraction(config);
    if (type.starts_with("number")) return number<double>(config, type);
    if (!entry.words.empty()) return static_cast<void>(config.as_one_of(entry.words, type));
    config.as<std::string>();
  }

  template <class F>
  void note(F&& f) {
    try {
      f();
    } catch (const ConfigError& e) {
      mistakes_.emplace_back(e.what());
    }
  }

  const Entries& known_;
  const Sections sections_;
  std::vector<std::string> mistakes_;
};

}  // namespace

std::string what_is_named(const std::string& path) {
  const std::string key = path.ends_with(".from") ? path.substr(0, path.size() - 5) : path;
  return std::string{key == "decode.communication" ? "communication library" : last_part(key)};
}

Mistakes::Mistakes(std::vector<std::string> list)
    : ConfigError(list.size() == 1 ? list[0] : fmt::format("{} (and {} more)", list[0], list.size() - 1)),
      lines(std::move(list)) {}

const KeyRecord::Entries& known_keys() {
  static const KeyRecord::Entries known = [] {
    const auto record = std::make_shared<KeyRecord>();
    const Config specimens = Config::load(home() + "/analysis/scenario/specimens.yaml");
    PartReader parts;  // of all specimens, so that each file is read once
    for (const Config& specimen : specimens.items()) note_keys(Config::recording(specimen.tree(), record), parts);
    return record->entries();
  }();
  return known;
}

bool is_known(const std::string& path, const KeyRecord::Entries& known) {
  if (known.count(path) > 0) return true;
  const std::string above{before_last(path)};
  return known.count(above.empty() ? "*" : above + ".*") > 0 ||
         (!above.empty() && above != path && known.count(above) > 0 && !known.at(above).folder.empty() &&
          last_part(path) == "from");
}

KeyRecord::Entries keys_read_by(const Tree& scenario, PartReader& parts) {
  const auto record = std::make_shared<KeyRecord>();
  note_keys(Config::recording(scenario, record), parts);
  return record->entries();
}

Tree with_defaults(const Tree& scenario) {
  Tree all = resolved(scenario);
  PartReader parts;
  for (const auto& [path, entry] : keys_read_by(scenario, parts)) {
    if (entry.fallbacks.size() != 1 || path.find_first_of("[*") != std::string::npos) continue;
    if (find_path(all, path) != nullptr) continue;
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.text = *entry.fallbacks.begin();
    set_path(all, path, value);
  }
  return all;
}

std::vector<std::string> misspelt(const Tree& scenario, const KeyRecord::Entries& known) {
  return misspelt(scenario, "", known);
}

std::vector<std::string> misspelt(const Tree& part, const std::string& path, const KeyRecord::Entries& known) {
  Check check{known};
  check.mapping(Config{part}, path);
  return check.take();
}

}  // namespace teapot

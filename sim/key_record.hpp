#pragma once
// What readers say about the keys they read, written down while they read: the reference of all keys comes from it.
// Knows no reader: whoever wants a reference runs the readers over a recording Config.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace teapot {

/// What the reader of a key says about it, beside its type, range and default, which the read itself shows.
struct About {
  const char* meaning = "";
  const char* example = "";    ///< a value, as YAML
  const char* otherwise = "";  ///< the default in words, where it depends on other keys
  const char* aliases = "";    ///< other names that people type for it, separated by spaces
};

struct KeyEntry {
  std::set<std::string> types;      ///< such as "integer above zero", "bandwidth", "mapping"
  std::vector<std::string> words;   ///< that are allowed, where it is one of a few
  std::string folder;               ///< whose files it may name, below the folder of the project
  std::set<std::string> fallbacks;  ///< its default, as text; several: it depends on other keys
  std::string meaning, example, otherwise;
  std::vector<std::string> aliases;
  bool required = false;  ///< an error where it is missing
};

/// Keys by dotted path: `deployment.gpus`; `[]` for an item of a list, `*` for a name that the user chooses.
class KeyRecord {
 public:
  using Entries = std::map<std::string, KeyEntry>;

  KeyRecord() = default;
  KeyRecord(const KeyRecord&) = delete;

  const Entries& entries() const { return entries_; }
  KeyEntry& at(const std::string& path);
  void describe(const std::string& path, const About& about);
  /// The keys of this mapping are names that the user chooses.
  void open(const std::string& path);

 private:
  std::string canonical(const std::string& path) const;

  Entries entries_;
  std::set<std::string> open_;
  std::unordered_map<std::string, KeyEntry*>
      known_;  ///< by path as it was asked for: readers say several things of each
};

}  // namespace teapot

// Writes the reference of keys as text.
// Knows no key.

#include "analysis/facts/key_reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "sim/config.hpp"

namespace teapot {
namespace {

std::string first_part(const std::string& path) { return path.substr(0, path.find_first_of(".[")); }

/// Keys that only hold others are headings, not entries.
bool says_something(const KeyEntry& entry) {
  return !entry.types.empty() || !entry.folder.empty() || !entry.meaning.empty();
}

std::string in_code(const std::string& text) { return text.empty() ? "" : '`' + text + '`'; }

std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

constexpr const char* units =
    "A quantity carries its unit: `400 Gbps`, `450 GB/s`, `500 ns`, `80 GiB`, `989 TFLOPS`. Decimal prefixes are "
    "powers\n"
    "of 1,000, `Ki`, `Mi` and `Gi` of 1,024; `b` is a bit, `B` a byte. `[]` stands for an item of a list, `*` for a "
    "name\n"
    "that you choose. Any key can be set on the command line: `--set decode.overlap=none`.\n";

}  // namespace

std::string type_text(const KeyEntry& entry) {
  if (!entry.folder.empty()) {
    const std::string words = entry.words.empty() ? "" : fmt::format("one of {}, ", fmt::join(entry.words, ", "));
    return fmt::format("{}name of a file in {}/, path or mapping", words, entry.folder);
  }
  std::vector<std::string> types;
  for (const auto& type : entry.types) {
    if (type == "mapping" || type == "list" || (type == "text" && !entry.words.empty())) continue;
    const bool words = !entry.words.empty() && !type.starts_with("integer") && !type.starts_with("number");
    std::string text = words ? fmt::format("one of {}", fmt::join(entry.words, ", ")) : type;
    if (std::find(types.begin(), types.end(), text) == types.end()) types.push_back(std::move(text));
  }
  for (const char* type : {"list", "mapping"}) {
    if (entry.types.count(type) > 0) types.emplace_back(type);
  }
  return fmt::format("{}", fmt::join(types, ", or "));
}

std::string default_text(const KeyEntry& entry) {
  if (!entry.otherwise.empty()) return entry.otherwise;
  return entry.fallbacks.size() == 1 ? *entry.fallbacks.begin() : std::string{};
}

std::string keys_text(const KeyRecord::Entries& known, const std::string& path) {
  std::string text;
  for (const auto& [key, entry] : known) {
    const bool below = key.starts_with(path + '.') || key.starts_with(path + '[');
    if ((!path.empty() && key != path && !below) || !says_something(entry)) continue;
    text += key + '\n';
    if (!entry.meaning.empty()) text += "    " + entry.meaning + '\n';
    std::string facts = type_text(entry);
    const std::string fallback = default_text(entry);
    for (const auto& [words, what] : {std::pair{"default ", fallback}, std::pair{"such as ", entry.example}})
      if (!what.empty()) facts += (facts.empty() ? "" : "; ") + (words + what);
    text += "    " + facts + '\n';
  }
  if (!text.empty()) return text;
  std::vector<std::string> names;
  for (const auto& [key, entry] : known) names.push_back(key);
  const std::string near = nearest(path, names);
  throw ConfigError(fmt::format("unknown key \"{}\"{}; ./teapot keys lists all", path,
                                near.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", near)));
}

std::string keys_markdown(const KeyRecord::Entries& known) {
  std::string text =
      "# Keys of a scenario\n\n"
      "Written by `./teapot keys --markdown` from what the program's readers ask for. `./teapot keys deployment` "
      "prints a\n"
      "part of it, `./teapot keys --schema` the same as a JSON schema, with which editors complete and check.\n\n" +
      std::string{units};
  std::string section;
  for (const auto& [key, entry] : known) {
    if (first_part(key) != section) {
      section = first_part(key);
      text += fmt::format("\n## {}\n\n| key | takes | default | meaning | such as |\n|---|---|---|---|---|\n", section);
    }
    if (!says_something(entry)) continue;
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", key, escaped(type_text(entry)), escaped(default_text(entry)),
                        escaped(entry.meaning), in_code(escaped(entry.example)));
  }
  return text;
}

}  // namespace teapot

// Reads values out of a document, and complains with their place.
// Knows neither YAML nor which keys exist.

#include "sim/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "sim/number_text.hpp"

namespace teapot {
namespace {

std::string join(const std::string& path, const std::string& key) { return path.empty() ? key : path + '.' + key; }

const char* kind_name(Tree::Kind kind) {
  switch (kind) {
    case Tree::Kind::scalar:
      return "a single value";
    case Tree::Kind::sequence:
      return "a list";
    case Tree::Kind::mapping:
      return "a mapping";
    case Tree::Kind::null:
      break;
  }
  return "nothing";
}

/// What stands there, for a message.
std::string written(const Tree& tree) {
  return tree.kind == Tree::Kind::scalar ? in_quotes(tree.text) : kind_name(tree.kind);
}

template <class T>
bool parse_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end;
}

/// What is read stays within limits that let products of a few such numbers be computed: an int of two of them added,
/// an int64 of two multiplied, a double of many. Seeds and counts of tokens are int64.
template <class T>
void require_sane(const Config& config, T value, const std::string& text) {
  if constexpr (std::is_same_v<T, int>) {
    constexpr int most = 1'000'000'000;
    if (value < -most || value > most) config.fail(fmt::format("must be at most {}, got {}", most, in_quotes(text)));
  } else if constexpr (std::is_same_v<T, double>) {
    constexpr double least = 1e-15, most = 1e18;
    if (value != 0 && (std::abs(value) < least || std::abs(value) > most))
      config.fail(fmt::format("must be 0 or from {:g} to {:g}, got {}", least, most, in_quotes(text)));
  }
}

bool has_leading_zero(const std::string& text) {  // yaml-cpp would read 010 as 8, and nobody knows what was meant
  const std::size_t first = text.find_first_not_of("+-");
  return first != std::string::npos && first + 1 < text.size() && text[first] == '0' && std::isdigit(text[first + 1]);
}

}  // namespace

void fail_at(const Place& place, const std::string& path, const std::string& reason) {
  std::string text = place.file ? *place.file : std::string{"<text>"};
  const bool option = text.starts_with("--set ");  // one value on the command line: no line to count
  if (place.line > 0 && !option) text += fmt::format(":{}:{}", place.line, place.column);
  if (!path.empty() && !(option && text.substr(6) == path)) text += ": " + one_line(path, 200);
  throw ConfigError(text + ": " + reason);
}

Config::Config(Tree tree)
    : root_(std::make_shared<const Tree>(std::move(tree))), tree_(root_.get()), reading_(std::make_shared<Reading>()) {}

Config Config::recording(Tree tree, std::shared_ptr<KeyRecord> record) {
  Config config{std::move(tree)};
  config.reading_->record = std::move(record);
  return config;
}

Config Config::in_place_of(const std::string& key, Tree document) const {
  Config config{std::move(document)};
  config.reading_->record = reading_->record;
  config.reading_->prefix = recorded_path(key);
  return config;
}

bool Config::has(const std::string& key, const About& about) const {
  describe(key, about);
  if (tree_->kind == Tree::Kind::null) return false;
  if (!is_mapping()) fail(fmt::format("expected a mapping such as {{{}: ...}}, got {}", key, written(*tree_)));
  reading_->asked[tree_].insert(key);
  return tree_->find(key) != nullptr;
}

Config Config::at(const std::string& key, const About& about) const {
  if (!has(key, about)) fail(fmt::format("missing key {}", in_quotes(key)));
  return child(*tree_->find(key), join(path_, key));
}

Config Config::section(const std::string& key, const About& about) const {
  if (has(key, about)) return at(key);
  auto root = std::make_shared<Tree>();
  root->place = tree_->place;
  const Tree* tree = root.get();
  return {std::move(root), tree, join(path_, key), reading_};
}

std::vector<std::string> Config::keys() const {
  if (tree_->kind != Tree::Kind::null && !is_mapping()) {
    fail(fmt::format("expected a mapping, got {}", kind_name(tree_->kind)));
  }
  if (reading_->record) reading_->record->open(recorded_path());
  std::vector<std::string> names;
  for (const auto& entry : tree_->entries) {
    names.push_back(entry.key);
    reading_->asked[tree_].insert(entry.key);
  }
  return names;
}

std::vector<Config> Config::items() const {
  if (!is_sequence()) fail(fmt::format("expected a list, got {}", kind_name(tree_->kind)));
  if (reading_->record) reading_->record->at(recorded_path()).types.insert("list");
  std::vector<Config> list;
  for (std::size_t i = 0; i < tree_->items.size(); ++i) {
    list.push_back(child(tree_->items[i], fmt::format("{}[{}]", path_, i)));
  }
  return list;
}

double Config::fraction(const std::string& key, const About& about) const {
  if (reading_->record) note_key(key, "number", Range::fraction, about);
  const Config value = at(key);
  const auto number = value.as<double>();
  if (!(number >= 0 && number <= 1)) value.fail("must be between 0 and 1, got " + one_line(value.tree_->text, 80));
  return number;
}

double Config::fraction_or(const std::string& key, double fallback, const About& about) const {
  if (!has(key)) note(key, Range::fraction, fallback, about);
  return has(key) ? fraction(key, about) : fallback;
}

std::string Config::as_one_of(const std::vector<std::string>& words, const std::string& what) const {
  if (reading_->record) {
    auto& entry = reading_->record->at(recorded_path());
    entry.words = words;
    entry.types.insert(what);
  }
  if (!is_scalar()) fail(fmt::format("expected a {}, got {}", what, kind_name(tree_->kind)));
  const std::string& word = tree_->text;
  if (std::find(words.begin(), words.end(), word) == words.end()) fail(unknown_name(what, word, words));
  return word;
}

std::string Config::choice(const std::string& key, const std::vector<std::string>& words, const About& about) const {
  if (reading_->record) {
    note_key(key, "word", Range::any, about);
    reading_->record->at(recorded_path(key)).words = words;
  }
  return at(key).as_one_of(words);
}

std::string Config::choice_or(const std::string& key, const std::vector<std::string>& words, const std::string& word,
                              const About& about) const {
  if (has(key)) return choice(key, words, about);
  if (reading_->record) {
    note_key(key, "word", Range::any, about);
    note_fallback(key, word);
    reading_->record->at(recorded_path(key)).words = words;
  }
  return word;
}

const Tree& Config::tree() const {
  const auto ask = [&](const auto& self, const Tree& tree) -> void {
    for (const auto& entry : tree.entries) {
      reading_->asked[&tree].insert(entry.key);
      self(self, entry.value);
    }
    for (const auto& item : tree.items) self(self, item);
  };
  ask(ask, *tree_);
  return *tree_;
}

void Config::reject_unread_keys() const {
  const auto asked = reading_->asked.find(tree_);
  for (const auto& entry : tree_->entries) {
    if (asked == reading_->asked.end() || !asked->second.contains(entry.key)) {
      std::vector<std::string> known;
      if (asked != reading_->asked.end()) known.assign(asked->second.begin(), asked->second.end());
      fail_at(entry.place, path_, unknown_name("key", entry.key, known));
    }
    child(entry.value, join(path_, entry.key)).reject_unread_keys();
  }
  for (std::size_t i = 0; i < tree_->items.size(); ++i) {
    child(tree_->items[i], fmt::format("{}[{}]", path_, i)).reject_unread_keys();
  }
}

void Config::fail(const std::string& reason) const { fail_at(tree_->place, path_, reason); }

template <class T>
T Config::as() const {
  if (reading_->record) {
    auto& types = reading_->record->at(recorded_path()).types;
    const std::string type = type_name<T>();
    const bool known = std::any_of(types.begin(), types.end(), [&](const auto& t) { return t.starts_with(type); });
    // What is read as text may be read again as something narrower.
    if (!known && (type != "text" || types.empty())) types.insert(type);
  }
  if (!is_scalar()) fail(fmt::format("expected a single value, got {}", kind_name(tree_->kind)));
  const std::string& text = tree_->text;
  if constexpr (std::is_same_v<T, std::string>) {
    return text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false") fail(fmt::format("expected true or false, got {}", in_quotes(text)));
    return text == "true";
  } else if constexpr (is_quantity<T>) {
    try {
      return parse_quantity<T>(text);
    } catch (const std::invalid_argument& e) {
      fail(e.what());
    }
  } else {
    T value{};
    const char* expected = std::is_floating_point_v<T> ? "a number" : "an integer";
    bool good = parse_number(text, value) && !has_leading_zero(text);
    if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
    if (!good)
      fail(fmt::format("expected {}, got {}{}", expected, in_quotes(text), write_instead(text, std::is_integral_v<T>)));
    require_sane(*this, value, text);
    return value;
  }
}

// Every type a configuration may hold; another one is a link error until it is added here.
#define TEAPOT_CONFIG_TYPE(T) template T Config::as() const;
TEAPOT_CONFIG_TYPE(int)
TEAPOT_CONFIG_TYPE(std::int64_t)
TEAPOT_CONFIG_TYPE(bool)
TEAPOT_CONFIG_TYPE(double)
TEAPOT_CONFIG_TYPE(std::string)
TEAPOT_CONFIG_TYPE(Seconds)
TEAPOT_CONFIG_TYPE(Bytes)
TEAPOT_CONFIG_TYPE(Flops)
TEAPOT_CONFIG_TYPE(BytesPerSecond)
TEAPOT_CONFIG_TYPE(FlopsPerSecond)
#undef TEAPOT_CONFIG_TYPE

}  // namespace teapot

// Reading keys strictly, and naming what was not asked for.
// Knows no key's meaning.

#include "workloads/model/huggingface/keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace teapot {
namespace {

constexpr int largest = 100'000'000;  // of any number that makes a shape

/// JSON has no text without quotes, but a scenario that was written down again, as YAML, does.
bool may_lack_quotes(const Tree& value) {
  const bool yaml = value.place.file && !value.place.file->ends_with(".json");
  const bool word = !value.text.empty() && std::isalpha(static_cast<unsigned char>(value.text.front())) != 0;
  return yaml && word && value.text != "true" && value.text != "false";
}

}  // namespace

Keys::Keys(const Config& mapping, std::set<std::string> ignored)
    : Keys(open({mapping, ""}, std::make_shared<Record>())) {
  record_->ignored = std::move(ignored);
}

Keys::Keys(const Part& part, std::shared_ptr<Record> record)
    : config_(part.config), tree_(&config_.tree()), prefix_(part.prefix), record_(std::move(record)) {}

Keys Keys::open(const Part& part, const std::shared_ptr<Record>& record) {
  record->opened.push_back(part);
  return {part, record};
}

const Tree* Keys::written(const std::string& key) const {
  const Tree* value = tree_->find(key);
  return value != nullptr && value->kind != Tree::Kind::null ? value : nullptr;
}

bool Keys::ignores(const std::string& key) const {
  return record_->ignored.contains(key) || record_->ignored.contains(prefix_ + key);
}

bool Keys::has(const std::string& key) const {
  if (written(key) == nullptr || ignores(key)) return false;
  record_->read[prefix_ + key] = true;
  return true;
}

bool Keys::says_null(const std::string& key) const {
  const Tree* value = tree_->find(key);
  return value != nullptr && value->kind == Tree::Kind::null;
}

void Keys::pass(const std::string& key) const {
  if (written(key) != nullptr) record_->read.try_emplace(prefix_ + key, false);
}

int Keys::whole(const Config& value) const {
  if (value.tree().quoted) value.fail("expected a number, got a text");
  const auto number = value.as_non_negative<std::int64_t>();
  if (number > largest) value.fail(fmt::format("must be at most {}", largest));
  return static_cast<int>(number);
}

int Keys::positive(const std::string& key) const {
  if (!has(key)) fail_missing(key, "");
  const int value = whole(at(key));
  if (value == 0) fail(key, "must be above zero");
  return value;
}

int Keys::count_or(const std::string& key, int fallback) const { return has(key) ? whole(at(key)) : fallback; }

double Keys::number_or(const std::string& key, double fallback) const {
  if (!has(key)) return fallback;
  if (at(key).tree().quoted) fail(key, "expected a number, got a text");
  return at(key).as_non_negative<double>();
}

bool Keys::flag_or(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  if (at(key).tree().quoted) fail(key, "expected true or false, got a text");
  return at(key).as<bool>();
}

std::string Keys::word_or(const std::string& key, const std::string& fallback) const {
  if (!has(key)) return fallback;
  if (at(key).is_scalar() && !at(key).tree().quoted && !may_lack_quotes(at(key).tree()))
    fail(key, "expected a text in quotes");
  return at(key).as<std::string>();
}

std::vector<std::string> Keys::words(const std::string& key) const {
  std::vector<std::string> list;
  if (!has(key)) return list;
  if (!at(key).is_sequence()) fail(key, "expected a list");
  for (const Config& item : at(key).items()) list.push_back(item.as<std::string>());
  return list;
}

std::vector<int> Keys::numbers(const std::string& key) const {
  std::vector<int> list;
  if (!has(key)) return list;
  if (!at(key).is_sequence()) fail(key, "expected a list");
  for (const Config& item : at(key).items()) list.push_back(whole(item));
  return list;
}

std::vector<bool> Keys::flags(const std::string& key) const {
  std::vector<bool> list;
  for (const std::string& word : words(key)) {
    if (word != "0" && word != "1" && word != "true" && word != "false") fail(key, "expected a list of 0 and 1");
    list.push_back(word == "1" || word == "true");
  }
  return list;
}

bool Keys::is_list(const std::string& key) const {
  const Tree* value = written(key);
  return value != nullptr && value->kind == Tree::Kind::sequence;
}

bool Keys::is_mapping(const std::string& key) const {
  const Tree* value = written(key);
  return value != nullptr && value->kind == Tree::Kind::mapping;
}

bool Keys::is_number(const std::string& key) const {
  const Tree* value = written(key);
  return value != nullptr && value->kind == Tree::Kind::scalar && !value->quoted && value->text != "true" &&
         value->text != "false";
}

int Keys::alike_or(const std::string& key, int fallback, int layers) const {
  if (!is_list(key) || layers == 0) return count_or(key, fallback);
  const std::vector<int> each = numbers(key);
  if (each.size() == 1) {  // Skywork-MoE
    warn(key, "a list of one number, taken for every layer");
    return each.front();
  }
  if (each.size() != static_cast<std::size_t>(layers))
    fail(key, fmt::format("speaks of {} layers, not of {}", each.size(), layers));
  if (std::any_of(each.begin(), each.end(), [&](int n) { return n != each.front(); }))
    fail(key, "differs from layer to layer, which is not modelled");
  return each.front();
}

std::optional<int> Keys::any(const std::vector<std::string>& keys, int layers) const {
  std::optional<int> value;
  std::string first;
  for (const std::string& key : keys) {
    if (!has(key)) continue;
    const int found = alike_or(key, 0, layers);
    if (value && *value != found)
      fail(key, fmt::format("says {}, and {}, another name for it, {}", found, first, *value));
    value = found;
    first = key;
  }
  return value;
}

std::string Keys::which(const std::vector<std::string>& keys) const {
  for (const std::string& key : keys) {
    if (written(key) != nullptr && !ignores(key)) return key;
  }
  return keys.front();
}

Keys Keys::part(const std::string& key) const {
  record_->read[prefix_ + key] = true;
  if (!at(key).is_mapping()) fail(key, "expected a mapping");
  for (const Part& known : record_->opened) {
    if (known.prefix == prefix_ + key + '.') return {known, record_};
  }
  return open({at(key), prefix_ + key + '.'}, record_);
}

void Keys::warn(const std::string& key, const std::string& text) const {
  const std::string line = fmt::format("{}{}: {}", prefix_, key, text);
  auto& all = record_->warnings;
  if (std::find(all.begin(), all.end(), line) == all.end()) all.push_back(line);
}

void Keys::fail(const std::string& key, const std::string& reason) const {
  if (tree_->find(key) != nullptr) at(key).fail(reason);
  fail_missing(key, reason);
}

void Keys::fail_missing(const std::string& key, const std::string& why) const {
  config_.fail(fmt::format("missing key \"{}\"{}{}", key, why.empty() ? "" : ": ", why));
}

void Keys::fail_none(const std::vector<std::string>& keys, const std::string& why) const {
  config_.fail(fmt::format("missing key \"{}\"{} (also known as {})", keys.front(), why.empty() ? "" : ": " + why,
                           fmt::join(keys.begin() + 1, keys.end(), ", ")));
}

void Keys::judge(std::vector<std::string>& unknown, Place& first) const {
  for (const Tree::Entry& entry : tree_->entries) {
    const std::string path = prefix_ + entry.key;
    const auto read = record_->read.find(path);
    if (ignores(entry.key)) {
      record_->passed.push_back(path);
      record_->warnings.push_back(path + ": passed over, as assumed");
    } else if (read != record_->read.end()) {
      if (!read->second) record_->passed.push_back(path);
    } else if (entry.value.kind == Tree::Kind::null || never_matters(entry.key)) {
      record_->passed.push_back(path);
    } else if (smells_of_architecture(entry.key)) {
      if (unknown.empty()) first = entry.place;
      unknown.push_back(path);
    } else {
      record_->passed.push_back(path);
      record_->warnings.push_back(path + ": not known; passed over");
    }
  }
}

void Keys::judge_the_rest(bool lenient) const {
  std::vector<std::string> unknown;
  Place first;
  for (const Part& part : record_->opened) Keys{part, record_}.judge(unknown, first);
  if (unknown.empty()) return;
  if (lenient) {
    for (const std::string& key : unknown) warn(key, "not known, and not in these figures");
    return;
  }
  throw ConfigError(fmt::format(
      "{}{}: {}: not known, and may change the architecture (`./teapot model show FILE --yaml` prints what was "
      "understood, to edit; `--assume {}=ignore` goes on without {})",
      first.file ? *first.file : "<text>", first.line > 0 ? fmt::format(":{}:{}", first.line, first.column) : "",
      fmt::join(unknown, ", "), unknown.front(), unknown.size() == 1 ? "it" : "that one"));
}

Reading Keys::reading() const {
  Reading reading;
  for (const auto& [path, decides] : record_->read) {
    if (decides) reading.keys_read.push_back(path);
  }
  reading.keys_passed_over = record_->passed;
  reading.warnings = record_->warnings;
  return reading;
}

}  // namespace teapot

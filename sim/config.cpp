// YAML with places: the only file that includes yaml-cpp.
// Does not know which keys exist.

#include "sim/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <type_traits>

namespace teapot {
namespace {

[[noreturn]] void fail_at(const Place& place, const std::string& path, const std::string& reason) {
  std::string text = place.file ? *place.file : std::string{"<text>"};
  if (place.line > 0) text += fmt::format(":{}:{}", place.line, place.column);
  if (!path.empty()) text += ": " + path;
  throw ConfigError(text + ": " + reason);
}

std::string join(const std::string& path, const std::string& key) { return path.empty() ? key : path + '.' + key; }

Tree convert(const YAML::Node& node, const std::shared_ptr<const std::string>& file, const std::string& path) {
  Tree tree;
  // yaml-cpp counts lines and columns from zero, and gives -1 where it knows no place.
  const auto place_of = [&](const YAML::Node& n) { return Place{file, n.Mark().line + 1, n.Mark().column + 1}; };
  tree.place = place_of(node);
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      tree.kind = Tree::Kind::scalar;
      tree.text = node.Scalar();
      tree.quoted = node.Tag() == "!";
      break;
    case YAML::NodeType::Sequence: {
      tree.kind = Tree::Kind::sequence;
      for (std::size_t i = 0; i < node.size(); ++i) {
        tree.items.push_back(convert(node[i], file, fmt::format("{}[{}]", path, i)));
      }
      break;
    }
    case YAML::NodeType::Map: {
      tree.kind = Tree::Kind::mapping;
      std::set<std::string> seen;  // yaml-cpp keeps duplicate keys and silently answers with the first
      for (const auto& entry : node) {
        if (!entry.first.IsScalar()) fail_at(place_of(entry.first), path, "a key must be a single word");
        const std::string key = entry.first.Scalar();
        if (!seen.insert(key).second) fail_at(place_of(entry.first), join(path, key), "duplicate key");
        tree.entries.push_back({key, place_of(entry.first), convert(entry.second, file, join(path, key))});
      }
      break;
    }
    default:
      break;
  }
  return tree;
}

bool is_text(const std::string& content) {
  return std::none_of(content.begin(), content.end(),
                      [](unsigned char c) { return c < 32 && c != '\n' && c != '\r' && c != '\t'; });
}

int edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {  // two letters swapped
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

YAML::Node to_node(const Tree& tree) {
  YAML::Node node;
  switch (tree.kind) {
    case Tree::Kind::scalar:
      node = tree.text;
      break;
    case Tree::Kind::sequence:
      node = YAML::Node{YAML::NodeType::Sequence};
      for (const auto& item : tree.items) node.push_back(to_node(item));
      break;
    case Tree::Kind::mapping:
      node = YAML::Node{YAML::NodeType::Map};
      for (const auto& entry : tree.entries) node[entry.key] = to_node(entry.value);
      break;
    case Tree::Kind::null:
      break;
  }
  return node;
}

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

template <class T>
bool parse_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  return result.ec == std::errc{} && result.ptr == end;
}

bool has_leading_zero(const std::string& text) {  // yaml-cpp would read 010 as 8, and nobody knows what was meant
  const std::size_t first = text.find_first_not_of("+-");
  return first != std::string::npos && first + 1 < text.size() && text[first] == '0' && std::isdigit(text[first + 1]);
}

}  // namespace

const Tree* Tree::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Tree parse_yaml(const std::string& text, const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  try {
    return convert(YAML::Load(text), name, "");
  } catch (const YAML::Exception& e) {
    fail_at({name, e.mark.line + 1, e.mark.column + 1}, "", e.msg);
  }
}

Tree load_yaml(const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  std::error_code error;
  if (!std::filesystem::exists(file, error)) fail_at({name, 0, 0}, "", "no such file");
  if (std::filesystem::is_directory(file, error)) fail_at({name, 0, 0}, "", "is a folder, not a file");
  std::ifstream stream{file, std::ios::binary};
  std::stringstream content;
  content << stream.rdbuf();
  if (!stream) fail_at({name, 0, 0}, "", "cannot be read");
  if (!is_text(content.str())) fail_at({name, 0, 0}, "", "is not a text file");
  Tree tree = parse_yaml(content.str(), file);
  if (tree.kind == Tree::Kind::null) fail_at({name, 0, 0}, "", "is empty");
  return tree;
}

Tree overlay(Tree base, const Tree& changes) {
  if (base.kind != Tree::Kind::mapping || changes.kind != Tree::Kind::mapping) return changes;
  for (const auto& change : changes.entries) {
    const auto found = std::find_if(base.entries.begin(), base.entries.end(),
                                    [&](const Tree::Entry& entry) { return entry.key == change.key; });
    if (found == base.entries.end()) {
      base.entries.push_back(change);
    } else {
      found->place = change.place;
      found->value = overlay(std::move(found->value), change.value);
    }
  }
  base.place = changes.place;
  return base;
}

void set_path(Tree& tree, const std::string& dotted_path, const Tree& value) {
  const std::size_t dot = dotted_path.find('.');
  const std::string key = dotted_path.substr(0, dot);
  if (tree.kind != Tree::Kind::mapping) {
    // A name becomes {from: name}, so that "fabric: h800-mpft" can be changed with "fabric.planes=4".
    Tree mapping;
    mapping.kind = Tree::Kind::mapping;
    mapping.place = tree.place;
    if (tree.kind == Tree::Kind::scalar) mapping.entries.push_back({"from", tree.place, tree});
    tree = std::move(mapping);
  }
  auto found =
      std::find_if(tree.entries.begin(), tree.entries.end(), [&](const Tree::Entry& e) { return e.key == key; });
  if (found == tree.entries.end()) {
    tree.entries.push_back({key, value.place, Tree{}});
    found = tree.entries.end() - 1;
  }
  if (dot == std::string::npos) {
    found->value = value;
    found->place = value.place;
  } else {
    set_path(found->value, dotted_path.substr(dot + 1), value);
  }
}

std::string to_yaml(const Tree& tree) {
  YAML::Emitter emitter;
  emitter << to_node(tree);
  return std::string{emitter.c_str()} + '\n';
}

std::string nearest(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  int best_distance = std::max<int>(1, static_cast<int>(name.size()) / 3) + 1;
  for (const auto& candidate : known) {
    const int distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string unknown_name(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  const std::string offer = near.empty() ? "" : fmt::format("did you mean \"{}\"? ", near);
  return fmt::format("unknown {} \"{}\" ({}known: {})", what, name, offer,
                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

Config::Config(Tree tree)
    : root_(std::make_shared<const Tree>(std::move(tree))), tree_(root_.get()), asked_(std::make_shared<Asked>()) {}

bool Config::has(const std::string& key) const {
  if (tree_->kind == Tree::Kind::null) return false;
  if (!is_mapping()) fail(fmt::format("expected a mapping, got {}", kind_name(tree_->kind)));
  (*asked_)[tree_].insert(key);
  return tree_->find(key) != nullptr;
}

Config Config::at(const std::string& key) const {
  if (!has(key)) fail(fmt::format("missing key \"{}\"", key));
  return child(*tree_->find(key), join(path_, key));
}

Config Config::section(const std::string& key) const {
  if (has(key)) return at(key);
  auto root = std::make_shared<Tree>();
  root->place = tree_->place;
  const Tree* tree = root.get();
  return {std::move(root), tree, join(path_, key), asked_};
}

std::vector<std::string> Config::keys() const {
  if (tree_->kind != Tree::Kind::null && !is_mapping()) {
    fail(fmt::format("expected a mapping, got {}", kind_name(tree_->kind)));
  }
  std::vector<std::string> names;
  for (const auto& entry : tree_->entries) {
    names.push_back(entry.key);
    (*asked_)[tree_].insert(entry.key);
  }
  return names;
}

std::vector<Config> Config::items() const {
  if (!is_sequence()) fail(fmt::format("expected a list, got {}", kind_name(tree_->kind)));
  std::vector<Config> list;
  for (std::size_t i = 0; i < tree_->items.size(); ++i) {
    list.push_back(child(tree_->items[i], fmt::format("{}[{}]", path_, i)));
  }
  return list;
}

double Config::fraction(const std::string& key) const {
  const Config value = at(key);
  const auto number = value.as<double>();
  if (!(number >= 0 && number <= 1)) value.fail("must be between 0 and 1, got " + value.tree_->text);
  return number;
}

std::string Config::choice(const std::string& key, const std::vector<std::string>& words) const {
  const Config value = at(key);
  auto word = value.as<std::string>();
  if (std::find(words.begin(), words.end(), word) == words.end()) value.fail(unknown_name("word", word, words));
  return word;
}

const Tree& Config::tree() const {
  const auto ask = [&](const auto& self, const Tree& tree) -> void {
    for (const auto& entry : tree.entries) {
      (*asked_)[&tree].insert(entry.key);
      self(self, entry.value);
    }
    for (const auto& item : tree.items) self(self, item);
  };
  ask(ask, *tree_);
  return *tree_;
}

void Config::reject_unread_keys() const {
  const auto asked = asked_->find(tree_);
  for (const auto& entry : tree_->entries) {
    if (asked == asked_->end() || !asked->second.contains(entry.key)) {
      std::vector<std::string> known;
      if (asked != asked_->end()) known.assign(asked->second.begin(), asked->second.end());
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
  if (!is_scalar()) fail(fmt::format("expected a single value, got {}", kind_name(tree_->kind)));
  const std::string& text = tree_->text;
  if constexpr (std::is_same_v<T, std::string>) {
    return text;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (text != "true" && text != "false") fail(fmt::format("expected true or false, got \"{}\"", text));
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
    if (!good) fail(fmt::format("expected {}, got \"{}\"", expected, text));
    return value;
  }
}

// Every type a configuration may hold; another one is a link error until it is added here.
template int Config::as() const;
template std::int64_t Config::as() const;
template bool Config::as() const;
template double Config::as() const;
template std::string Config::as() const;
template Seconds Config::as() const;
template Bytes Config::as() const;
template Flops Config::as() const;
template BytesPerSecond Config::as() const;
template FlopsPerSecond Config::as() const;

}  // namespace teapot

// From YAML to a tree with places and back: the only file that includes yaml-cpp.
// Does not know which keys exist.

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "sim/config.hpp"
#include "sim/input_file.hpp"
#include "sim/yaml_text.hpp"

namespace teapot {
namespace {

std::size_t values_in(const Tree& tree) {
  std::size_t count = 1;
  for (const auto& item : tree.items) count += values_in(item);
  for (const auto& entry : tree.entries) count += values_in(entry.value);
  return count;
}

std::size_t depth_of(const Tree& tree) {
  std::size_t deepest = 0;
  for (const auto& item : tree.items) deepest = std::max(deepest, depth_of(item));
  for (const auto& entry : tree.entries) deepest = std::max(deepest, depth_of(entry.value));
  return deepest + 1;
}

/// Builds a tree from a parser's events: its limits hold while the document is read, whatever aliases make of it.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::shared_ptr<const std::string> file) : file_(std::move(file)) {}

  Tree take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    count(mark, 1);
    add({}, place(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchored_.find(anchor);
    if (known == anchored_.end()) fail_at(place(mark), path(), "an alias that refers to itself");
    if (open_.size() + known->second.depth > deepest_yaml) fail_deep(mark);
    count(mark, known->second.values);
    const Place written = known->second.tree.place;
    add(known->second.tree, written, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    count(mark, 1);
    Tree tree;
    tree.kind = Tree::Kind::scalar;
    tree.text = value;
    tree.quoted = tag == "!";
    add(std::move(tree), place(mark), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    begin(Tree::Kind::sequence, mark, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    begin(Tree::Kind::mapping, mark, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {  ///< a sequence or mapping that has not ended
    Tree tree;
    YAML::anchor_t anchor = 0;
    bool key_read = false;  ///< of a mapping: the next value belongs to the last entry
    std::set<std::string> keys;
  };
  struct Anchored {
    Tree tree;
    std::size_t values = 0;
    std::size_t depth = 0;
  };

  // yaml-cpp counts lines and columns from zero, and gives -1 where it knows no place.
  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  std::string path() const {
    std::string text;
    for (const Open& open : open_) {
      if (open.tree.kind == Tree::Kind::sequence) {
        text += fmt::format("[{}]", open.tree.items.size());
      } else if (open.key_read) {
        text += (text.empty() ? "" : ".") + open.tree.entries.back().key;
      }
    }
    return text;
  }

  [[noreturn]] void fail_deep(const YAML::Mark& mark) const {
    fail_at(place(mark), "", fmt::format("nested more than {} deep", deepest_yaml));
  }

  void count(const YAML::Mark& mark, std::size_t values) {
    values_ += values;
    if (values_ > most_yaml_values)
      fail_at(place(mark), "", fmt::format("holds more than {} values, aliases followed", most_yaml_values));
  }

  void begin(Tree::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (!open_.empty() && open_.back().tree.kind == Tree::Kind::mapping && !open_.back().key_read) fail_key(mark);
    if (open_.size() >= deepest_yaml) fail_deep(mark);
    count(mark, 1);
    Open& open = open_.emplace_back();
    open.tree.kind = kind;
    open.tree.place = place(mark);
    open.anchor = anchor;
  }

  [[noreturn]] void fail_key(const YAML::Mark& mark) const {
    fail_at(place(mark), path(), "a key must be a single word");
  }

  void end() {
    Open open = std::move(open_.back());
    open_.pop_back();
    const Place begun = open.tree.place;
    add(std::move(open.tree), begun, open.anchor);
  }

  void add(Tree tree, const Place& at, YAML::anchor_t anchor) {
    tree.place = at;
    if (anchor != 0) anchored_[anchor] = {tree, values_in(tree), depth_of(tree)};
    if (open_.empty()) {
      root_ = std::move(tree);
      return;
    }
    Open& open = open_.back();
    if (open.tree.kind == Tree::Kind::sequence) {
      open.tree.items.push_back(std::move(tree));
    } else if (std::exchange(open.key_read, !open.key_read)) {
      open.tree.entries.back().value = std::move(tree);
    } else {
      add_key(tree, at);
    }
  }

  /// YAML lets duplicate keys pass, and the first would silently win.
  void add_key(const Tree& key, const Place& at) {
    Open& open = open_.back();
    open.key_read = false;
    if (key.kind != Tree::Kind::scalar) fail_at(at, path(), "a key must be a single word");
    open.tree.entries.push_back({key.text, at, {}});
    open.key_read = true;
    if (!open.keys.insert(key.text).second) fail_at(at, path(), "duplicate key");
  }

  std::shared_ptr<const std::string> file_;
  Tree root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t values_ = 0;
};

/// What yaml-cpp writes plain and reads as something else: line ends and tabs, and the marks between documents.
bool needs_quotes(const std::string& text) {
  return text.starts_with("---") || text.starts_with("...") ||
         std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; });
}

/// Lines may end in CR LF or CR, which are one line break (YAML 1.2.2, 5.4); yaml-cpp takes a CR alone into some
/// values.
std::string with_unix_lines(const std::string& text) {
  std::string lines;
  lines.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r')
      lines += text[i];
    else if (i + 1 == text.size() || text[i + 1] != '\n')
      lines += '\n';
  }
  return lines;
}

void emit(YAML::Emitter& out, const std::string& text) {
  if (needs_quotes(text)) out << YAML::DoubleQuoted;
  out << text;
}

void emit(YAML::Emitter& out, const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::scalar:
      emit(out, tree.text);
      break;
    case Tree::Kind::sequence:
      out << YAML::BeginSeq;
      for (const auto& item : tree.items) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Tree::Kind::mapping:
      out << YAML::BeginMap;
      for (const auto& entry : tree.entries) {
        out << YAML::Key;
        emit(out, entry.key);
        out << YAML::Value;
        emit(out, entry.value);
      }
      out << YAML::EndMap;
      break;
    case Tree::Kind::null:
      out << YAML::Null;
      break;
  }
}

}  // namespace

Tree parse_yaml(const std::string& text, const std::string& file) {
  const auto name = std::make_shared<const std::string>(file);
  if (!is_text(text)) fail_at({name, 0, 0}, "", "is not a text file (UTF-8)");
  TreeBuilder builder{name};
  try {
    std::istringstream stream{with_unix_lines(text)};
    YAML::Parser parser{stream};
    parser.HandleNextDocument(builder);
    TreeBuilder second{name};
    if (parser.HandleNextDocument(second)) fail_at({name, 0, 0}, "", "holds more than one document (---)");
  } catch (const YAML::Exception& e) {
    fail_at({name, e.mark.line + 1, e.mark.column + 1}, "", e.msg);
  }
  return builder.take();
}

Tree load_yaml(const std::string& file) {
  Tree tree = parse_yaml(read_input(file, most_yaml_bytes), file);
  if (tree.kind == Tree::Kind::null) fail_at({std::make_shared<const std::string>(file), 0, 0}, "", "is empty");
  return tree;
}

std::string library_yaml(const std::string& scalar) {
  YAML::Emitter emitter;
  emit(emitter, scalar);
  return emitter.c_str();
}

std::string library_yaml(const Tree& tree) {
  YAML::Emitter emitter;
  emit(emitter, tree);
  return emitter.c_str();
}

}  // namespace teapot

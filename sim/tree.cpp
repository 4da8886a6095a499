// Putting documents over one another, and values into them.
// Does not know how a document was parsed, nor which keys exist.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "sim/config.hpp"

namespace teapot {

const Tree* Tree::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
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

namespace {

bool is_number(const std::string& text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && rest == text.data() + text.size();
}

}  // namespace

void set_path(Tree& tree, const std::string& dotted_path, const Tree& value) {
  if (static_cast<std::size_t>(std::count(dotted_path.begin(), dotted_path.end(), '.')) >= deepest_yaml)
    fail_at(value.place, dotted_path, fmt::format("names a key more than {} deep", deepest_yaml));
  const std::size_t dot = dotted_path.find('.');
  const std::string key = dotted_path.substr(0, dot);
  if (tree.kind != Tree::Kind::mapping) {
    // A name becomes {from: name}, so that "fabric: h800-mpft" can be changed with "fabric.planes=4". A number is none.
    Tree mapping;
    mapping.kind = Tree::Kind::mapping;
    mapping.place = tree.place.file ? tree.place : value.place;
    if (tree.kind == Tree::Kind::scalar && !is_number(tree.text)) mapping.entries.push_back({"from", tree.place, tree});
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

}  // namespace teapot

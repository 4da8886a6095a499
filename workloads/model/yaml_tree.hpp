#pragma once
// Putting a YAML mapping together, key after key.
// Knows no key.

#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

class TreeWriter {
 public:
  TreeWriter() { tree_.kind = Tree::Kind::mapping; }
  void put(const std::string& key, Tree value) { tree_.entries.push_back({key, {}, std::move(value)}); }
  void put(const std::string& key, const std::string& text) { put(key, scalar(text)); }
  void put(const std::string& key, const char* text) { put(key, scalar(text)); }
  void put(const std::string& key, int number) { put(key, scalar(std::to_string(number))); }
  void put(const std::string& key, std::vector<Tree> items) {
    Tree list;
    list.kind = Tree::Kind::sequence;
    list.items = std::move(items);
    put(key, std::move(list));
  }
  void put_unless(const std::string& key, int number, int usual) {
    if (number != usual) put(key, number);
  }
  const Tree& tree() const { return tree_; }

 private:
  static Tree scalar(const std::string& text) {
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.text = text;
    return value;
  }
  Tree tree_;
};

}  // namespace teapot

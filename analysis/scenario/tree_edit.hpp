#pragma once
// Small changes to a scenario's tree before it is read: what a phase or a pool says in place of what stands there.
// Knows no key.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

inline Tree scalar(const std::string& text) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.text = text;
  return tree;
}

inline void erase(Tree& tree, const std::string& key) {
  std::erase_if(tree.entries, [&](const Tree::Entry& entry) { return entry.key == key; });
}

}  // namespace teapot

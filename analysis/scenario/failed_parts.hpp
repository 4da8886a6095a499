#pragma once
// A scenario whose fabric has parts that carry nothing.
// Knows no part by name.

#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// The fabric of a scenario in full: the one that it names or describes, or the default.
Tree fabric_tree(const Tree& scenario);

/// The scenario, its fabric written in full, with these parts failed beside those that it says itself; each is an item
/// of `fabric.failures`.
Tree with_failures(const Tree& scenario, const std::vector<Tree>& parts);

}  // namespace teapot

#pragma once
// Which modules a quantised checkpoint leaves as they were.
// Knows no format.

#include <string>
#include <vector>

#include "workloads/model/model.hpp"

namespace teapot {

/// "lm_head", "model.layers.0.mlp", "*self_attn*", "re:.*self_attn.*": names, parts of a path, globs, expressions.
using ModulePatterns = std::vector<std::string>;

/// How many of the modules of one part of the model stay as they were, of how many.
struct Tally {
  int left = 0;
  int all = 0;
};

struct Tallies {
  Tally attention, dense, experts, shared;
};

/// Over the layers that have the part; where layers are written as several, over a layer for each.
Tallies tally(const ModulePatterns& excluded, const Model& model);

}  // namespace teapot

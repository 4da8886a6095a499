#pragma once
// What a serving loop asks: how long one step of a pool takes. Given by who knows; a test gives a constant.
// Knows no model and no network.

#include <functional>

namespace teapot {

/// What one unit of a pool computes in a step: the groups of GPUs that share attention and have the most to do, which
/// set the pace, and how much the others have.
struct StepLoad {
  int requests = 0;      ///< that decode
  double context = 0;    ///< tokens in the cache of each, the mean
  int new_tokens = 0;    ///< of prompts
  double looked_at = 0;  ///< tokens that a new token of a prompt looks back at, the mean
  double fill = 1;       ///< tokens of all groups over what they were if each had as many as the one with the most
  double arriving = 0;   ///< tokens whose caches come to the unit over the network meanwhile
};

/// Seconds of a step; pure.
using StepTime = std::function<double(const StepLoad&)>;

}  // namespace teapot

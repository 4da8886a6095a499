#pragma once
// Errors of the rows of a case, group by group: what an engine, a model, an accelerator or a precision is met with.
// Knows no case.

#include <string>
#include <vector>

#include "analysis/validation/validation.hpp"

namespace teapot {

/// Rows that share a value of one tag.
struct ErrorGroup {
  std::string tag;    ///< engine, model, GPU, ...
  std::string value;  ///< vllm, h100, ...
  int rows = 0;
  double median = 0;    ///< of the absolute errors
  double tenth = 0;     ///< nine tenths of them are not above it
  double bias = 0;      ///< median of the errors with their signs
  double coverage = 0;  ///< part of the measurements inside the stated band; -1: none was stated
  double below = 0;     ///< part of the measurements below their lower bound; -1: none was stated
};

/// One group for each value of each tag, sorted; before them all rows together. Empty where rows have no tags.
std::vector<ErrorGroup> error_groups(const Validation& one);

}  // namespace teapot

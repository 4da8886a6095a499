#pragma once
// Designs side by side: what was asked differently, then what came out, with ratios to the first.
// Knows no terminal; does not run anything.

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// One column: a result as evaluate() gives it, and the scenario it came from (a null tree where nobody knows it).
struct Design {
  std::string name;
  Tree scenario;
  nlohmann::ordered_json result;
};

/// A key that is not the same in all designs; "-" where a design does not say, "" where nobody knows.
struct InputDifference {
  std::string key;
  std::vector<std::string> values;  ///< one a design
};

/// In the order of the first design that says them. A part changed in place is compared key by key.
std::vector<InputDifference> input_differences(const std::vector<Design>& designs);

/// The parts in which the designs differ: the fabric, the accelerator, decode.overlap, ... With more than one of them,
/// a ratio of results does not show what any one does.
std::vector<std::string> unlike(const std::vector<Design>& designs);

/// What a result is of: "a decode step", "a prefill", "a training step" or "requests served".
std::string work_of(const nlohmann::ordered_json& result);

/// Throws ConfigError where one design's figures are of other work than the first's: tokens a second of decoding, of
/// prompts and of training have the same name and no common meaning.
void check_same_work(const std::vector<Design>& designs);

/// Tables for a terminal, under a warning where they are unlike in several things.
std::string comparison_text(const std::vector<Design>& designs);
nlohmann::ordered_json comparison_json(const std::vector<Design>& designs);

}  // namespace teapot

#pragma once
// What `optimize` chooses between: keys of a scenario, and the values that go to them.
// Knows no key by its meaning.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// A value goes to each of the keys.
struct ChoiceAxis {
  std::string name;  ///< in tables and JSON
  std::vector<std::string> keys;
  std::vector<std::string> values;
};

/// From `--vary decode.overlap=none,dual-micro-batch`. Throws ConfigError.
ChoiceAxis varied(const std::string& text);

/// The scenario with the `i`-th value of `choices` under the keys of the `i`-th axis.
Tree chosen(const Tree& base, const std::vector<ChoiceAxis>& axes, const std::vector<std::string>& choices);

}  // namespace teapot

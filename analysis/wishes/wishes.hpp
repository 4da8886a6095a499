#pragma once
// What could be otherwise in a machine: wishes to vendors and designs that exist, as changes of a scenario.
// Simulates nothing.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

struct Wish {
  std::string name;
  std::string says;                                        ///< what changes, for people
  std::string section;                                     ///< of arXiv 2505.09343
  std::string choice;                                      ///< of wishes with the same word one at most comes true
  bool design = false;                                     ///< another machine or fabric
  std::string parts;                                       ///< its network is of this list's parts; empty: of the usual
  std::vector<std::pair<std::string, std::string>> where;  ///< keys and what they must say; "any": must be there
  std::vector<std::pair<std::string, Tree>>
      set;  ///< keys and what they become; "2 x": twice what they are, "+ 1 us": so much more
};

/// analysis/wishes/wishes.yaml or a file of the same keys. Throws ConfigError.
std::vector<Wish> read_wishes(const Config& config);

/// The resolved scenario with a wish come true. Throws ConfigError with the reason where it means nothing there.
Tree with_wish(const Tree& resolved, const Wish& wish);

}  // namespace teapot

#pragma once
// What was read of a file that was not written for this program, and what was not.
// Knows no key's meaning.

#include <string>
#include <vector>

namespace teapot {

struct Reading {
  std::vector<std::string> keys_read;         ///< they decide the figures
  std::vector<std::string> keys_passed_over;  ///< they do not, or `--assume KEY=ignore` says so
  std::vector<std::string> warnings;          ///< each opens with the key it is about
};

}  // namespace teapot

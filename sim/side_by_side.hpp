#pragma once
// Several programs as one: each on ranks of its own, over and over, on one network.
// Knows no job and no time.

#include <vector>

#include "sim/program.hpp"

namespace teapot {

struct Repeated {
  const Program* program = nullptr;
  int times = 1;
};

struct SideBySide {
  Program program;
  std::vector<int> first_rank;         ///< of each of the programs
  std::vector<std::vector<int>> ends;  ///< of each, by repeat: the operator with which all of its ranks are done
};

/// The ranks of the first program, then those of the second, and so on; their passive endpoints stay where they are. A
/// repeat of a program starts on all of its ranks when the one before has ended on the last of them.
SideBySide side_by_side(const std::vector<Repeated>& programs);

}  // namespace teapot

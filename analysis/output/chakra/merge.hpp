#pragma once
// Nodes of many ranks as operators: which belong together, what they wait for, and in which order they stand.
// Knows no time and no bytes.

#include <set>
#include <vector>

#include "analysis/output/chakra/trace_files.hpp"

namespace teapot::chakra {

struct Member {
  int rank = 0;
  const Node* node = nullptr;
};

/// The nodes that are one operator.
struct Merged {
  std::vector<Member> members;  ///< by rank
  std::set<int> after;          ///< indices of earlier ones
};

/// In an order in which everything stands after what it waits for. Throws ConfigError where there is none.
std::vector<Merged> merge(const std::vector<RankTrace>& traces);

}  // namespace teapot::chakra

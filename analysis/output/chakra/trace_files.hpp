#pragma once
// The nodes of all ranks of a folder of Chakra traces, as they are written.
// Knows no operator.

#include <string>
#include <vector>

#include "analysis/output/chakra/et_def.pb.h"

namespace teapot::chakra {

struct RankTrace {
  std::string file;
  GlobalMetadata head;
  std::vector<Node> nodes;
};

/// By rank. Throws ConfigError where there are none, a rank is missing or a file is not a trace.
std::vector<RankTrace> read_traces(const std::string& folder);

}  // namespace teapot::chakra

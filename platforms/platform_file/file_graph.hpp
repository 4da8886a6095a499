#pragma once
// The graph that a platform file of one flat Dijkstra zone spells out, so that its shortest paths can be searched here:
// SimGrid searches anew for each source, and walks each pair. Knows no SimGrid and no ranks.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "platforms/platform_file/graph.hpp"

namespace teapot {

struct FileGraph {
  PortGraph ports;  ///< vertices and edges; an edge's link is an index into `links`, -1: a step and no link
  std::unordered_map<std::string, int> vertex;  ///< of hosts and routers
  std::vector<std::string> links;               ///< as SimGrid calls them: halves end in _UP and _DOWN
  std::set<std::pair<int, int>> bypassed;       ///< vertices whose route is written beside the graph
};

/// Nothing where the file is of another form than those that `platform` writes: one zone, routes one way of one link,
/// which a fat pipe called `enter` may follow.
std::optional<FileGraph> file_graph(std::string_view xml);

}  // namespace teapot

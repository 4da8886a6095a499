#pragma once
// A fabric as a drawing or a table, for other programs.
// Knows no kind of fabric.

#include <iosfwd>
#include <string>
#include <vector>

#include "topologies/fabric.hpp"

namespace teapot {

/// graphviz (DOT, one edge a cable), graphml (every directed link with its properties), csv (one row a directed link).
std::vector<std::string> export_formats();
void export_fabric(const Fabric& fabric, const std::string& format, std::ostream& out);

}  // namespace teapot

#pragma once
// The traffic of a step as text: copies of a token, bytes of a copy, bytes on scale-up links and over NICs.
// Knows no links; the figures are those of workloads/routing/traffic_table.hpp.

#include <string>
#include <vector>

#include "workloads/routing/traffic_table.hpp"

namespace teapot {

std::string traffic_text(const std::vector<TrafficRow>& rows, const TokenSpread& spread);

}  // namespace teapot

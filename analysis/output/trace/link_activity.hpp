#pragma once
// When each link was busy, worked out from who entered which collective when.
// Knows no file format.

#include <vector>

#include "analysis/run/intervals.hpp"
#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// For each wanted link the times in which it carried bytes, in order and without overlap; other links have none.
/// A link of a collective-depth simulation works at full speed as long as it has anything to send, whoever shares it,
/// so this is exact there; their sum is LinkUse::busy. At depth `pair` links may wait for one another: the same work,
/// drawn as early as it could have been done.
std::vector<std::vector<BusyInterval>> link_activity(const Program& program, const Timeline& timeline,
                                                     const Network& network, const std::vector<char>& wanted);

}  // namespace teapot
